"""What encoder, decoder and lora share: a Hugging Face network, trained and saved by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.family import Family, Job, Sizes
from semeval_emo.zoo.recipe import Recipe

if TYPE_CHECKING:
    from semeval_emo.zoo.engine.network import Network
    from semeval_emo.zoo.engine.predictor import Predictor


@dataclass(frozen=True)
class Options:
    """A family without options of its own."""


class Transformer(Family):
    """A network of Hugging Face's sequence classification classes."""

    Options: ClassVar[type] = Options
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers", "accelerate", "safetensors")
    uses: ClassVar[frozenset[str]] = frozenset({"model", "shape", "trainable", "groups", "loss", "train"})
    together: ClassVar[bool] = True
    instead: ClassVar[str] = "smollm2-4layer-tuned"
    network: Network

    def prepare(self, progress: Progress) -> None:
        """Finds the backbone's weights, without torch: who lacks them is told at once."""
        from semeval_emo.zoo.backbones.weights import RANDOM, check_quantization, local_folder

        check_quantization(self.recipe)
        if self.recipe.model.backbone != RANDOM:
            local_folder(self.recipe.model.backbone, progress, self.instead)

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Builds the network from its backbone and trains it."""
        from semeval_emo.zoo.engine.finetune import fit

        self.network = fit(self.recipe, self.space, train, judged, job)

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Sigmoids of the logits; texts of equal length run together, so nothing is padded."""
        return self._predictor.probabilities(texts, progress or Progress())

    @cached_property
    def _predictor(self) -> Predictor:
        """Made once: it may keep a copy of the weights in another precision."""
        from semeval_emo.zoo.engine.predictor import Predictor

        return Predictor(self.network)

    def save(self, folder: Path) -> None:
        """Writes an ordinary Hugging Face folder: configuration, safetensors, tokenizer."""
        self.network.save(folder)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads what `save` wrote."""
        from semeval_emo.zoo.engine.network import load

        model = cls(recipe, space)
        model.network = load(folder, recipe)
        return model

    def sizes(self) -> Sizes:
        """Counted on the network."""
        return self.network.sizes
