"""Sentence vectors of a frozen encoder with linear models on top."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.family import Family, Job, Sizes
from semeval_emo.zoo.recipe import PositiveFloat, Recipe, non_empty
from semeval_emo.zoo.selection.grid import Grid

FILE = "embed.json"
ENCODER = "encoder"


@dataclass(frozen=True)
class Options:
    """The linear model on the vectors.

    Attributes:
        model: ``logreg``, ``svm``, ``ridge`` or ``ordinal``, as in `tfidf`.
        strength, balanced: values tried; the best on the selection split stays.
        precision: of the encoder's matrix products, in training and in predicting.
    """

    model: Literal["logreg", "svm", "ridge", "ordinal"] = "logreg"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (1.0,)
    balanced: Annotated[tuple[bool, ...], non_empty] = (True,)
    precision: Literal["fp32", "bf16"] = "fp32"


class Embed(Family):
    """A frozen encoder, one linear model an emotion."""

    Options = Options
    packages: ClassVar[tuple[str, ...]] = ("sklearn", "skops", "torch", "transformers")
    uses: ClassVar[frozenset[str]] = frozenset({"model", "shape"})
    by_folds: ClassVar[bool] = True
    linear: Any
    backbone: str

    def prepare(self, progress: Progress) -> None:
        """Finds the encoder's weights."""
        self._resolve(progress)

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Embeds every text once, then fits every setting; the best by the selection metric stays."""
        from sklearn.preprocessing import StandardScaler

        options = self.recipe.options
        self.backbone = self._resolve(job.progress)
        vectors = self._remembered(train.texts, job.progress)
        unread = {split: (examples, self._embed(examples.texts, job.progress)) for split, examples in judged.items()}
        grid = Grid(
            [{"strength": one, "balanced": two} for one, two in product(options.strength, options.balanced)],
            StandardScaler,
            partial(tfidf.fit_linears, options.model, self.space.top, train.folds is not None),
            tfidf.linear_probabilities,
        )
        self.linear = grid.search(self.recipe, train, vectors, unread, job)

    def _resolve(self, progress: Progress) -> str:
        from semeval_emo.zoo.backbones.weights import local_folder

        return str(local_folder(self.recipe.model.backbone, progress))

    @cached_property
    def _encoder(self) -> Any:
        from semeval_emo.zoo.engine.embedding import Encoder

        return Encoder.load(self.backbone)

    def _embed(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        found: np.ndarray = self._encoder.embed(texts, self.recipe.model, progress, self.recipe.options.precision)
        return found

    def _remembered(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Vectors of texts to learn from: runs in many languages learn from the same ones."""
        from semeval_emo.zoo.backbones.weights import cache_folder
        from semeval_emo.zoo.engine.vector_cache import identity, remembered

        model = self.recipe.model
        key = identity(Path(self.backbone), (model.pooling, model.max_length, self.recipe.options.precision))
        return remembered(cache_folder() / "vectors" / key, texts, lambda some: self._embed(some, progress))

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of the linear models on the texts' vectors."""
        return tfidf.linear_probabilities(self.linear, self._embed(texts, progress or Progress()))

    def save(self, folder: Path) -> None:
        """Writes the linear models and where the encoder lies; only `export` copies that."""
        tfidf.save_skops(self.linear, folder / tfidf.FILE)
        write_file(folder / FILE, json.dumps({"backbone": self.recipe.model.backbone}) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads the linear models and finds the encoder again."""
        model = cls(recipe, space)
        model.linear = tfidf.load_skops(folder / tfidf.FILE)
        beside = folder / ENCODER
        model.backbone = str(beside) if beside.is_dir() else model._resolve(Progress())
        return model

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Puts the encoder beside the linear models."""
        from semeval_emo.zoo.backbones.weights import local_folder
        from semeval_emo.zoo.engine.embedding import save_encoder

        super().export(folder, out, recipe)
        if not (out / ENCODER).exists():
            save_encoder(str(local_folder(recipe.model.backbone, Progress())), out / ENCODER)
            write_file(out / FILE, json.dumps({"backbone": ENCODER}) + "\n")

    def sizes(self) -> Sizes:
        """The linear models move; the encoder counts towards the total."""
        linear = tfidf.linear_sizes(self.linear)
        return Sizes(linear.trainable, linear.total + self._encoder.size)
