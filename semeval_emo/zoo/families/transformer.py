"""Fine-tuned transformers: the families `encoder`, `decoder` and `lora`, trained and saved by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.text import printable
from semeval_emo.zoo.backbones.model_folder import ADAPTER_CONFIG
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.joint import output_name
from semeval_emo.zoo.family import Family, Job, ParameterCounts
from semeval_emo.zoo.recipe import Dropout, PositiveFloat, PositiveInt, Recipe

if TYPE_CHECKING:
    from semeval_emo.zoo.engine.fold_training import FoldNetworks
    from semeval_emo.zoo.engine.network import Network
    from semeval_emo.zoo.engine.predictor import Predictor


@dataclass(frozen=True)
class NoOptions:
    """Options of a family that has none of its own."""


class Transformer(Family):
    """A network of a Hugging Face sequence classification class.

    Attributes:
        fallback_recipe: the most similar recipe with weights from pip, suggested where the weights are missing.
    """

    options_class: ClassVar[type] = NoOptions
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers", "accelerate", "safetensors")
    recipe_sections: ClassVar[frozenset[str]] = frozenset({"model", "shape", "trainable", "groups", "loss", "train"})
    supports_distributed: ClassVar[bool] = True
    supports_folds: ClassVar[bool] = True
    fallback_recipe: ClassVar[str] = "smollm2-4layer-tuned"
    network: Network
    folds: FoldNetworks | None = None

    def prepare(self, progress: Progress) -> None:
        """Check what the recipe needs, and find the backbone's weights, without importing torch for fp32."""
        from semeval_emo.zoo.backbones.weights import RANDOM, check_quantization, find_backbone

        check_quantization(self.recipe)
        check_precision(self.recipe, self.recipe.train.precision, "train.precision")
        if self.recipe.model.backbone != RANDOM:
            find_backbone(self.recipe.model.backbone, progress, self.fallback_recipe)

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Build the network from its backbone and train it."""
        from semeval_emo.zoo.engine.finetune import fit
        from semeval_emo.zoo.engine.fold_training import fit_folds

        if train.folds is not None:
            self.folds = fit_folds(self.recipe, self.space, train, job)
            self.network = self.folds.network
            return
        self.network = fit(self.recipe, self.space, train, eval_splits, job)

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the sigmoids of the logits, of all folds' networks their mean: shape (n, L), float64."""
        labels = self._network_labels()
        columns = [labels.index(output_name(self.recipe, emotion)) for emotion in self.space.emotions]
        probabilities: np.ndarray = (self.folds or self._predictor).probabilities(texts, progress or Progress())
        return probabilities[:, columns]

    def _network_labels(self) -> list[str]:
        """Return the labels of the network's outputs, which are more than the run's where it is for many languages."""
        names = self.network.model.config.id2label
        return [names.get(i) for i in range(len(names))]

    @cached_property
    def _predictor(self) -> Predictor:
        # Cached, since it may hold a copy of the weights in bf16.
        from semeval_emo.zoo.engine.predictor import Predictor

        return Predictor(self.network)

    def save(self, folder: Path) -> None:
        """Save an ordinary Hugging Face folder: configuration, safetensors, tokenizer; and the weights of all folds."""
        (self.folds or self.network).save(folder)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` wrote."""
        from semeval_emo.zoo.engine.fold_training import FoldNetworks
        from semeval_emo.zoo.engine.network import load

        model = cls(recipe, space)
        if recipe.select.split == FOLDS:
            model.folds = FoldNetworks.load(folder, recipe, space)
            model.network = model.folds.network
        else:
            model.network = load(folder, recipe, space)
        labels = model._network_labels()
        own = [output_name(recipe, emotion) for emotion in space.emotions]
        if labels != own and not (recipe.data.joint and set(own) <= set(labels)):
            raise wrong_labels(folder, labels, own)
        return model

    def parameter_counts(self) -> ParameterCounts:
        """Return the parameter counts of the network."""
        return self.network.parameter_counts


def check_precision(recipe: Recipe, precision: str, key: str) -> None:
    """Check that this machine has a precision; torch is imported only for one that it may not have.

    Raises:
        UsageError: it does not.
    """
    if precision != "fp32":
        from semeval_emo.zoo.engine import devices

        devices.check_precision(precision, devices.default_device(), f"recipe {recipe.name}: {key}")


def wrong_labels(folder: Path, stored: Sequence[object], expected: Sequence[str]) -> InputError:
    """Return the error of a model whose configuration has other labels than it was saved with."""
    return InputError(
        f"The weights in {folder} predict {printable(', '.join(map(str, stored)), 100)}; the model was trained for "
        f"{', '.join(expected)}.",
        "copy the whole folder again",
    )


class Encoder(Transformer):
    """A BERT-like bidirectional encoder, pooled as its Hugging Face classification class does."""

    fallback_recipe: ClassVar[str] = "minilm-ft"


class Decoder(Transformer):
    """A causal language model such as Llama with a classification head on the last token."""


@dataclass(frozen=True)
class LoraOptions:
    """The adapters; `rank`, `alpha` and `dropout` as in Hu et al. 2021.

    Attributes:
        targets: names of the layers that get an adapter; empty for peft's default for the architecture.
    """

    rank: PositiveInt = 8
    alpha: PositiveFloat = 16.0
    dropout: Dropout = 0.1
    targets: tuple[str, ...] = ()


class Lora(Transformer):
    """Low-rank adapters (peft) and a trained head on a frozen backbone, which bitsandbytes can quantize.

    Adapters of a backbone in full precision are merged into it; those of a quantized one are saved without it.
    """

    options_class: ClassVar[type] = LoraOptions
    # The adapters of several folds do not make one model folder.
    supports_folds: ClassVar[bool] = False
    packages: ClassVar[tuple[str, ...]] = (*Transformer.packages, "peft")

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Copy the model, and the backbone of adapters unless it is on the hub."""
        from semeval_emo.zoo.backbones.weights import copy_weights, is_hub_id, local_path
        from semeval_emo.zoo.engine.adapters import BACKBONE, find_adapted_backbone

        super().export(folder, out, recipe)
        backbone = recipe.model.backbone
        on_hub = is_hub_id(backbone) and not local_path(backbone).is_dir()
        if (out / ADAPTER_CONFIG).exists() and not (out / BACKBONE).exists() and not on_hub:
            copy_weights(find_adapted_backbone(folder, recipe), out / BACKBONE)


PROMPT = (
    "Text: {text}\nIs the emotion {emotion} expressed in the text, as most people would perceive it? "
    "Answer yes or no.\nAnswer:"
)


def prompt_with_places(prompt: str) -> str:
    """Check that a prompt has a place for the text and then one for the emotion; return what is expected otherwise.

    >>> prompt_with_places("{text} Is it {emotion}?"), prompt_with_places("Is {emotion} in {text}?")
    ('', 'a text with {text} and, after it, {emotion}')
    """
    before, text, after = prompt.partition("{text}")
    valid = text and "{emotion}" in after and "{emotion}" not in before and "{text}" not in after
    return "" if valid else "a text with {text} and, after it, {emotion}"


@dataclass(frozen=True)
class PairwiseOptions(LoraOptions):
    """The adapters, and the question about each emotion of a text.

    Attributes:
        prompt: what the model reads: a text with ``{text}`` and, after it, ``{emotion}``; the answer follows.
        yes, no: the answers; their first different tokens are compared.
    """

    prompt: Annotated[str, prompt_with_places] = PROMPT
    yes: str = "yes"
    no: str = "no"


class Pairwise(Lora):
    """A language model with adapters that is asked about each emotion of a text; its logit is yes minus no."""

    options_class: ClassVar[type] = PairwiseOptions
