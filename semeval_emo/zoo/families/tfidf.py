"""Counts of words and character runs with linear models on top: seconds to train, hard to beat by accident.

scikit-learn throughout; saved with skops, so that loading a model runs no code of its maker.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.families import logistic
from semeval_emo.zoo.families.counts import Counts
from semeval_emo.zoo.family import Family, Job, Sizes
from semeval_emo.zoo.recipe import PositiveFloat, PositiveInt, Recipe, min_and_max, non_empty
from semeval_emo.zoo.selection.grid import Grid, Setting

FILE = "model.skops"

# Beyond what skops trusts by itself: scikit-learn's stand-in for an emotion with one value throughout.
HARMLESS = ["sklearn.multiclass._ConstantPredictor"]

# How scikit-learn says that there are no features.
NOTHING_LEFT = ("no terms remain", "max_df corresponds to < documents than min_df", "empty vocabulary", "0 feature(s)")


@dataclass(frozen=True)
class Options:
    """Features and the linear model.

    Attributes:
        words: shortest and longest run of words; empty for none.
        characters: shortest and longest run of characters inside words; empty for none.
        min_df: features of fewer training texts are dropped.
        model: ``logreg``, ``svm`` (its margins squashed to (0, 1), not calibrated), ``ridge`` (of degrees)
            or ``ordinal`` (of degrees: one logistic regression for each "at least this").
        strength: values tried: C of logreg and svm, alpha of ridge. The best on the selection split stays.
        balanced: values tried: whether each emotion's positives weigh as much as its negatives.
    """

    words: Annotated[tuple[PositiveInt, ...], min_and_max] = (1, 2)
    characters: Annotated[tuple[PositiveInt, ...], min_and_max] = (2, 5)
    min_df: PositiveInt = 2
    model: Literal["logreg", "svm", "ridge", "ordinal"] = "logreg"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (1.0,)
    balanced: Annotated[tuple[bool, ...], non_empty] = (True,)


class Tfidf(Family):
    """Sparse features, one linear model an emotion."""

    Options = Options
    packages: ClassVar[tuple[str, ...]] = ("sklearn", "skops")
    uses: ClassVar[frozenset[str]] = frozenset({"loss"})
    by_folds: ClassVar[bool] = True
    pipeline: Any

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Fits every setting of the grid; the best by the selection metric stays (the first wins ties)."""
        options = self.recipe.options
        pairs = product(options.strength, options.balanced if options.model != "ridge" else (False,))
        grid = Grid(
            [{"strength": strength, "balanced": balanced} for strength, balanced in pairs],
            self._features,
            partial(fit_linears, options.model, self.space.top, train.folds is not None),
            linear_probabilities,
            Counts(list(self._vectorizers().values()), train.texts).features if train.folds else None,
        )
        texts = {split: (examples, _items(examples.texts)) for split, examples in judged.items()}
        try:
            self.pipeline = grid.search(self.recipe, train, _items(train.texts), texts, job)
        except ValueError as error:
            # scikit-learn has no exception of its own for it.
            if not any(words in str(error) for words in NOTHING_LEFT):
                raise
            raise UsageError(
                f"recipe {self.recipe.name}: of {len(train):,} texts no run of words or characters stands in "
                f"tfidf.min_df = {options.min_df} or more.",
                "--set tfidf.min_df=1 keeps every run",
            ) from error

    def _features(self) -> Any:
        from sklearn.pipeline import FeatureUnion

        return FeatureUnion(list(self._vectorizers().items()))

    def _vectorizers(self) -> dict[str, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        options = self.recipe.options
        found = {}
        for analyzer, runs in {"word": options.words, "char_wb": options.characters}.items():
            if not runs:
                continue
            found[analyzer] = TfidfVectorizer(
                analyzer=analyzer, ngram_range=tuple(runs), min_df=options.min_df, sublinear_tf=True
            )
        if not found:
            raise UsageError(f"recipe {self.recipe.name}: neither words nor characters are counted.")
        return found

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of the linear models, each emotion on its own."""
        return linear_probabilities(self.pipeline, texts)

    def save(self, folder: Path) -> None:
        """Writes ``model.skops``."""
        save_skops(self.pipeline, folder / FILE)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads ``model.skops``; objects of any but known scikit-learn and numpy types are refused."""
        model = cls(recipe, space)
        model.pipeline = load_skops(folder / FILE)
        return model

    def sizes(self) -> Sizes:
        """Weights and intercepts of the linear models."""
        return linear_sizes(self.pipeline)


def _items(texts: Sequence[str]) -> np.ndarray:
    """Texts that can be picked by rows."""
    return np.array(texts, dtype=object)


def fit_linears(
    kind: str, top: int, together: bool, matrix: Any, labels: np.ndarray, settings: Sequence[Setting]
) -> Iterator[Any]:
    """Fits every setting of a grid.

    Args:
        together: whether logistic regressions are fitted all at once: sooner, and equal up to the
            tolerance of either way.
        settings: arguments of `fit_linear`, which says what the others are.
    """
    from sklearn.multiclass import OneVsRestClassifier

    if not together or kind not in ("logreg", "ordinal") or len(labels) > logistic.MOST:
        yield from (fit_linear(kind, matrix, labels, top, **one) for one in settings)
        return
    present, known, levels = _columns(kind, labels, top)
    pairs = [(one["strength"], one["balanced"]) for one in settings]
    for models in logistic.fit_together(matrix, present, known, pairs):
        model = OneVsRestClassifier(models[0])
        model.estimators_, model.levels_ = models, levels
        yield model


def fit_linear(kind: str, matrix: Any, labels: np.ndarray, top: int, strength: float, balanced: bool) -> Any:
    """Fits one linear model an emotion.

    Args:
        kind: ``logreg``, ``svm``, ``ridge`` or ``ordinal``.
        matrix: features, shape (n, F), sparse or dense.
        labels: shape (n, L), degrees from 0 to `top`; a text whose label is -1 is not learned from for
            that emotion.
        top: the highest degree; logreg and svm learn "any degree above 0", ordinal each "at least this".
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    weight = "balanced" if balanced else None
    known = labels >= 0
    if kind == "ridge":
        return _ridge(Ridge(alpha=strength, random_state=0), matrix, labels / top, known)
    present, asked, levels = _columns(kind, labels, top)
    if kind == "svm":
        one = LinearSVC(C=strength, class_weight=weight, random_state=0)
    else:
        one = LogisticRegression(C=strength, class_weight=weight, max_iter=1000, random_state=0)
    model = OneVsRestClassifier(one)
    if known.all():
        model.fit(matrix, present)
    else:
        model.estimators_ = [_alone(one, matrix, *pair) for pair in zip(present.T, asked.T, strict=True)]
    model.levels_ = levels
    return model


def _columns(kind: str, labels: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Yes or no of each emotion, or of each level of each emotion, whether it is known, and the number of levels."""
    levels = np.arange(1, top + 1 if kind == "ordinal" else 2)
    # Columns: the levels of the first emotion, then those of the second.
    present = (labels[:, :, None] >= levels).reshape(len(labels), -1).astype(np.int8)
    return present, np.repeat(labels >= 0, len(levels), axis=1), len(levels)


def _alone(one: Any, matrix: Any, present: np.ndarray, known: np.ndarray) -> Any:
    """One fitted model of one column, from the texts where it is known."""
    from sklearn.base import clone
    from sklearn.multiclass import OneVsRestClassifier

    values = np.unique(present[known])
    if len(values) == 2:
        return clone(one).fit(matrix[known], present[known])
    # scikit-learn's stand-in for a column with one value throughout; with nothing known it says no.
    same = np.full((2, 2), values[0] if len(values) else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return OneVsRestClassifier(one).fit(matrix[:2], same).estimators_[0]


def _ridge(model: Any, matrix: Any, degrees: np.ndarray, known: np.ndarray) -> Any:
    """Fits ridge regression of every column, each from the texts where it is known."""
    from sklearn.base import clone

    if known.all():
        return model.fit(matrix, degrees)
    columns = zip(degrees.T, known.T, strict=True)
    parts = [clone(model).fit(matrix[rows], y[rows]) if rows.any() else None for y, rows in columns]
    model.coef_ = np.stack([np.zeros(matrix.shape[1]) if one is None else one.coef_ for one in parts])
    model.intercept_ = np.array([0.0 if one is None else one.intercept_ for one in parts])
    model.n_features_in_ = matrix.shape[1]
    return model


def linear_probabilities(pipeline: Any, features: Any) -> np.ndarray:
    """Numbers in [0, 1] of a fitted linear model or pipeline, shape (n, L), float64."""
    if hasattr(pipeline, "steps"):
        features, pipeline = pipeline[:-1].transform(features), pipeline[-1]
    if not hasattr(pipeline, "estimators_"):
        return np.clip(np.asarray(pipeline.predict(features), dtype=np.float64), 0.0, 1.0)
    found = np.stack([_one_probability(model, features) for model in pipeline.estimators_], axis=1)
    # The mean of "at least 1", "at least 2" ... is the expected degree, scaled to [0, 1].
    levels = getattr(pipeline, "levels_", 1)
    return found if levels == 1 else found.reshape(len(found), -1, levels).mean(2)


def _one_probability(model: Any, features: Any) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(features), dtype=np.float64)[:, 1]
    return 1 / (1 + np.exp(-np.asarray(model.decision_function(features), dtype=np.float64)))


def linear_sizes(pipeline: Any) -> Sizes:
    """Weights and intercepts of a fitted linear model; all of them were trained."""
    last = pipeline[-1] if hasattr(pipeline, "steps") else pipeline
    parts = getattr(last, "estimators_", [last])
    count = sum(int(np.size(p.coef_) + np.size(p.intercept_)) for p in parts if hasattr(p, "coef_"))
    return Sizes(count, count)


def save_skops(model: Any, path: Path) -> None:
    """Writes a scikit-learn object without pickle, whole or not at all."""
    from skops import io

    from semeval_emo.files import write_file

    write_file(path, io.dumps(model))


def load_skops(path: Path) -> Any:
    """Reads a scikit-learn object that `save_skops` wrote.

    Raises:
        UsageError: it holds objects of types that are not known to be harmless.
    """
    from skops import io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return io.load(path, trusted=HARMLESS)
    except UntrustedTypesFoundException as error:
        raise UsageError(f"{path} holds objects that could run code: {error}.", "train the recipe anew") from error
