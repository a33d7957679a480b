"""Fine-tuned transformers: the families `encoder`, `decoder` and `lora`, trained and saved by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.text import printable
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS
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
        """Find the backbone's weights without importing torch, so that missing weights are reported at once."""
        from semeval_emo.zoo.backbones.weights import RANDOM, check_quantization, find_backbone

        check_quantization(self.recipe)
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
        columns = [labels.index(emotion) for emotion in self.space.emotions]
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
        if labels != list(space.emotions) and not (recipe.data.joint and set(space.emotions) <= set(labels)):
            raise wrong_labels(folder, labels, space.emotions)
        return model

    def parameter_counts(self) -> ParameterCounts:
        """Return the parameter counts of the network."""
        return self.network.parameter_counts


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
    """Low-rank adapters (peft) and a trained head on a frozen backbone; int8 and int4 need a GPU and bitsandbytes."""

    options_class: ClassVar[type] = LoraOptions
    # The adapters of several folds do not make one model folder.
    supports_folds: ClassVar[bool] = False
    packages: ClassVar[tuple[str, ...]] = (*Transformer.packages, "peft")
