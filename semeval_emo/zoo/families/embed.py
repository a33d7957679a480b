"""Sentence embeddings of a frozen encoder with a linear model per emotion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.families.transformer import check_precision
from semeval_emo.zoo.family import Family, Job, ParameterCounts
from semeval_emo.zoo.recipe import ADDED_LATER, PositiveFloat, Precision, Recipe, non_empty
from semeval_emo.zoo.selection.grid import GridSearch

FILE = "embed.json"
ENCODER = "encoder"
FALLBACK = "e5-linear"
"""The recipe with weights from pip that is named where weights are missing."""

MOST_CACHED = 10_000
"""The most texts of one prediction whose embeddings are stored for later runs."""


@dataclass(frozen=True)
class EmbedOptions:
    """The linear model on the embeddings.

    Attributes:
        model: ``logreg``, ``svm``, ``ridge`` or ``ordinal``, as in `tfidf`.
        strength, balanced: values to try, as in `tfidf`.
        precision: of the encoder's matrix products, in training and prediction.
        prompt: put before every text; or the name of a prompt in the folder's config_sentence_transformers.json.
        dense: whether the dense layers that follow the pooling in a folder of sentence-transformers are applied.
    """

    model: Literal["logreg", "svm", "ridge", "ordinal"] = "logreg"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (1.0,)
    balanced: Annotated[tuple[bool, ...], non_empty] = (True,)
    precision: Precision = "fp32"
    prompt: str = field(default="", metadata=ADDED_LATER)
    dense: bool = field(default=False, metadata=ADDED_LATER)


class Embed(Family):
    """A frozen encoder, one linear model per emotion."""

    options_class = EmbedOptions
    packages: ClassVar[tuple[str, ...]] = ("sklearn", "skops", "torch", "transformers")
    recipe_sections: ClassVar[frozenset[str]] = frozenset({"model", "shape"})
    supports_folds: ClassVar[bool] = True
    linear: Any
    backbone: str

    @classmethod
    def unused_options(cls, options: Any) -> tuple[str, ...]:
        """Return what ``ridge`` does not use."""
        return ("balanced",) if options.model == "ridge" else ()

    def prepare(self, progress: Progress) -> None:
        """Check the precision, and find the encoder's weights."""
        check_precision(self.recipe, self.recipe.options.precision, "embed.precision")
        self._find_backbone(progress)

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Embed every text once and fit every setting; keep the best by the selection metric (the first of equals)."""
        from sklearn.preprocessing import StandardScaler

        options = self.recipe.options
        self.backbone = self._find_backbone(job.progress)
        vectors = self._cached_vectors(train.texts, job.progress)
        eval_inputs = {
            split: (examples, self._embed(examples.texts, job.progress)) for split, examples in eval_splits.items()
        }
        pairs = product(options.strength, options.balanced)
        grid = GridSearch(
            [{"strength": strength, "balanced": balanced} for strength, balanced in pairs],
            StandardScaler,
            partial(tfidf.fit_linear_models, options.model, self.space.top, train.folds is not None),
            tfidf.linear_probabilities,
        )
        self.linear = grid.search(self.recipe, train, vectors, eval_inputs, job)

    def _find_backbone(self, progress: Progress) -> str:
        from semeval_emo.zoo.backbones.weights import find_backbone

        return str(find_backbone(self.recipe.model.backbone, progress, FALLBACK))

    @cached_property
    def _encoder(self) -> Any:
        from semeval_emo.zoo.engine.embedding import SentenceEncoder

        options = self.recipe.options
        return SentenceEncoder.load(self.backbone, prompt=options.prompt, dense=options.dense)

    def _embed(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        vectors: np.ndarray = self._encoder.embed(texts, self.recipe.model, progress, self.recipe.options.precision)
        return vectors

    def _cached_vectors(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Return embeddings, cached on disk: runs for many languages and of several recipes share texts."""
        from semeval_emo.zoo.backbones.weights import cache_folder
        from semeval_emo.zoo.engine.vector_cache import cache_key, cached_vectors

        model = self.recipe.model
        options = self.recipe.options
        added = (options.prompt, options.dense) if options.prompt or options.dense else ()
        settings = (model.pooling, model.max_length, options.precision, *added)
        key = cache_key(Path(self.backbone), settings)
        return cached_vectors(cache_folder() / "vectors" / key, texts, lambda missing: self._embed(missing, progress))

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the probabilities of the linear models: shape (n, L), float64."""
        embed = self._cached_vectors if len(texts) <= MOST_CACHED else self._embed
        return tfidf.linear_probabilities(self.linear, embed(texts, progress or Progress()))

    def save(self, folder: Path) -> None:
        """Save the linear models and the name of the encoder, which only `export` copies."""
        tfidf.save_skops(self.linear, folder / tfidf.FILE)
        write_file(folder / FILE, json.dumps({"backbone": self.recipe.model.backbone}) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` or `export` wrote."""
        model = cls(recipe, space)
        model.linear = tfidf.load_skops(folder / tfidf.FILE)
        exported = folder / ENCODER
        model.backbone = str(exported) if exported.is_dir() else model._find_backbone(Progress())
        return model

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Copy the linear models and the encoder."""
        from semeval_emo.zoo.backbones.weights import find_backbone
        from semeval_emo.zoo.engine.embedding import save_encoder

        super().export(folder, out, recipe)
        if not (out / ENCODER).exists():
            backbone = str(find_backbone(recipe.model.backbone, Progress()))
            save_encoder(backbone, out / ENCODER, recipe.model.max_length, dense=recipe.options.dense)
            write_file(out / FILE, json.dumps({"backbone": ENCODER}) + "\n")

    def parameter_counts(self) -> ParameterCounts:
        """Count the linear models as trainable; the encoder counts towards the total."""
        linear = tfidf.count_linear_parameters(self.linear)
        return ParameterCounts(linear.trainable, linear.total + self._encoder.parameter_count)
