"""TF-IDF features with one linear model per emotion, all by scikit-learn.

Models are saved with skops, so that loading one cannot run code.
"""

from __future__ import annotations

import copy
import importlib
import json
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.tables.sniff import HEAD_BYTES, sniff
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.families import logistic
from semeval_emo.zoo.family import Family, Job, ParameterCounts
from semeval_emo.zoo.recipe import PositiveFloat, PositiveInt, Recipe, min_and_max, non_empty
from semeval_emo.zoo.selection.grid import GridSearch, Setting

FILE = "model.skops"
RETRAIN = "train the recipe again"

# Trusted in addition to skops' own list: scikit-learn's model of an emotion with a single value.
TRUSTED_TYPES = ["sklearn.multiclass._ConstantPredictor"]

# scikit-learn's error messages when no feature is left.
NO_FEATURES_ERRORS = (
    "no terms remain", "max_df corresponds to < documents than min_df", "empty vocabulary", "0 feature(s)",
)  # fmt: skip


@dataclass(frozen=True)
class TfidfOptions:
    """Features and linear model.

    Attributes:
        words: shortest and longest word n-grams; empty for none.
        characters: shortest and longest character n-grams inside words; empty for none.
        min_df: n-grams in fewer training texts are dropped.
        model: ``logreg``, ``svm`` (margins mapped to (0, 1) by the logistic function, not calibrated), ``ridge``
            (on intensities) or ``ordinal`` (on intensities: one logistic regression per "at least this intensity").
        strength: values to try: C of logreg, svm and ordinal, alpha of ridge.
        balanced: values to try: whether the positives of each emotion weigh as much as its negatives.
    """

    words: Annotated[tuple[PositiveInt, ...], min_and_max] = (1, 2)
    characters: Annotated[tuple[PositiveInt, ...], min_and_max] = (2, 5)
    min_df: PositiveInt = 2
    model: Literal["logreg", "svm", "ridge", "ordinal"] = "logreg"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (1.0,)
    balanced: Annotated[tuple[bool, ...], non_empty] = (True,)


class Tfidf(Family):
    """Sparse n-gram features, one linear model per emotion."""

    options_class = TfidfOptions
    packages: ClassVar[tuple[str, ...]] = ("sklearn", "skops")
    recipe_sections: ClassVar[frozenset[str]] = frozenset({"loss"})
    supports_folds: ClassVar[bool] = True
    pipeline: Any

    @classmethod
    def unused_options(cls, options: Any) -> tuple[str, ...]:
        """Return what ``ridge`` does not use."""
        return ("balanced",) if options.model == "ridge" else ()

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Fit every setting of the grid; keep the best by the selection metric (the first of equals)."""
        options = self.recipe.options
        pairs = product(options.strength, options.balanced if options.model != "ridge" else (False,))
        grid = GridSearch(
            [{"strength": strength, "balanced": balanced} for strength, balanced in pairs],
            self._features,
            partial(fit_linear_models, options.model, self.space.top, train.folds is not None),
            linear_probabilities,
            FoldFeatures(list(self._vectorizers().values()), train.texts).of_fold if train.folds else None,
        )
        eval_inputs = {split: (examples, _as_array(examples.texts)) for split, examples in eval_splits.items()}
        try:
            self.pipeline = grid.search(self.recipe, train, _as_array(train.texts), eval_inputs, job)
        except ValueError as error:
            # scikit-learn has no specific exception for this.
            if not any(message in str(error) for message in NO_FEATURES_ERRORS):
                raise
            raise UsageError(
                f"recipe {self.recipe.name}: no n-gram occurs in tfidf.min_df = {options.min_df} or more of the "
                f"{len(train):,} texts.",
                "--set tfidf.min_df=1 keeps every n-gram",
            ) from error

    def _features(self) -> Any:
        from sklearn.pipeline import FeatureUnion

        return FeatureUnion(list(self._vectorizers().items()))

    def _vectorizers(self) -> dict[str, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        options = self.recipe.options
        vectorizers = {
            analyzer: TfidfVectorizer(
                analyzer=analyzer, ngram_range=tuple(ngram_range), min_df=options.min_df, sublinear_tf=True
            )
            for analyzer, ngram_range in {"word": options.words, "char_wb": options.characters}.items()
            if ngram_range
        }
        if not vectorizers:
            raise UsageError(f"recipe {self.recipe.name}: tfidf.words and tfidf.characters are both empty.")
        return vectorizers

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the probabilities of the linear models: shape (n, L), float64."""
        return linear_probabilities(self.pipeline, texts)

    def save(self, folder: Path) -> None:
        """Save ``model.skops``."""
        save_skops(_with_vocabularies(self.pipeline, _as_text), folder / FILE)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load ``model.skops``; only known scikit-learn and numpy types are accepted."""
        model = cls(recipe, space)
        path = folder / FILE
        try:
            model.pipeline = _with_vocabularies(load_skops(path), _as_table)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise InputError(f"{path} has no vocabulary of n-grams: {type(error).__name__}.", RETRAIN) from error
        return model

    def parameter_counts(self) -> ParameterCounts:
        """Count weights and intercepts of the linear models."""
        return count_linear_parameters(self.pipeline)


def _with_vocabularies(pipeline: Any, change: Callable[[Any], Any]) -> Any:
    """Return a shallow copy of a pipeline whose vectorizers have another form of their vocabulary.

    skops writes and reads a table of n-grams an entry at a time, each of which takes as long as training on it does.
    """
    union = copy.copy(pipeline[0])
    union.transformer_list = []
    for name, vectorizer in pipeline[0].transformer_list:
        changed = copy.copy(vectorizer)
        changed.vocabulary_ = change(vectorizer.vocabulary_)
        union.transformer_list.append((name, changed))
    whole = copy.copy(pipeline)
    whole.steps = [(pipeline.steps[0][0], union), *pipeline.steps[1:]]
    return whole


def _as_text(vocabulary: dict[str, int]) -> str:
    """Return the n-grams in the order of their columns, as a JSON list."""
    return json.dumps(sorted(vocabulary, key=vocabulary.__getitem__), ensure_ascii=False)


def _as_table(vocabulary: str | dict[str, int]) -> dict[str, int]:
    """Return the column of each n-gram; models of earlier versions have this table."""
    if isinstance(vocabulary, dict):
        return vocabulary
    return {str(ngram): column for column, ngram in enumerate(json.loads(vocabulary))}


class FoldFeatures:
    """TF-IDF features of each fold from n-gram counts that are computed once.

    Counting n-grams takes most of the time of TF-IDF and depends on one text only. Document frequencies are computed
    for each fold from its training rows, so the features equal those of vectorizers fitted to these rows alone.

    Args:
        vectorizers: unfitted ``TfidfVectorizer``; their matrices are concatenated.
    """

    def __init__(self, vectorizers: Sequence[Any], texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.pipeline import make_union

        self._vectorizers = vectorizers
        counters = [CountVectorizer(analyzer=each.analyzer, ngram_range=each.ngram_range) for each in vectorizers]
        self._counts = make_union(*counters).fit_transform(texts)
        # The first column of each vectorizer, and the end of the last.
        self._edges = np.cumsum([0, *(len(counter.vocabulary_) for counter in counters)])

    def of_fold(self, train_rows: np.ndarray, held_out: np.ndarray) -> tuple[Any, Any]:
        """Return sparse matrices of the training rows (len(train_rows), F) and held-out rows (len(held_out), F)."""
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.preprocessing import FunctionTransformer

        counts = self._counts[train_rows]
        document_frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        parts = []
        for vectorizer, (first, last) in zip(self._vectorizers, pairwise(self._edges), strict=True):
            kept = first + np.flatnonzero(document_frequency[first:last] >= vectorizer.min_df)
            select = FunctionTransformer(itemgetter((slice(None), kept)))
            parts.append(make_pipeline(select, TfidfTransformer(sublinear_tf=vectorizer.sublinear_tf)))
        union = make_union(*parts)
        return union.fit_transform(counts), union.transform(self._counts[held_out])


def _as_array(texts: Sequence[str]) -> np.ndarray:
    """Return texts as an array that can be indexed by rows."""
    return np.array(texts, dtype=object)


def fit_linear_models(
    model_type: str, top: int, batched: bool, matrix: Any, labels: np.ndarray, settings: Sequence[Setting]
) -> Iterator[Any]:
    """Fit a linear model for every setting of a grid.

    Args:
        batched: whether to fit all logistic regressions at once; faster, and equal up to the solvers' tolerance.
        settings: `strength` and `balanced` of each model; the other arguments are those of `fit_linear_model`.
    """
    from sklearn.multiclass import OneVsRestClassifier

    if not batched or model_type not in ("logreg", "ordinal") or len(labels) > logistic.MAX_TEXTS:
        yield from (fit_linear_model(model_type, matrix, labels, top, **setting) for setting in settings)
        return
    present, known, levels = _binary_targets(model_type, labels, top)
    pairs = [(setting["strength"], setting["balanced"]) for setting in settings]
    for models in logistic.fit_logistic_regressions(matrix, present, known, pairs):
        model = OneVsRestClassifier(models[0])
        model.estimators_, model.levels_ = models, levels
        yield model


def fit_linear_model(
    model_type: str, matrix: Any, labels: np.ndarray, top: int, strength: float, balanced: bool
) -> Any:
    """Fit one linear model per emotion.

    Args:
        model_type: ``logreg``, ``svm``, ``ridge`` or ``ordinal``.
        matrix: features, shape (n, F), sparse or dense.
        labels: shape (n, L), intensities from 0 to `top`; -1 excludes the text from the fit of that emotion.
        top: the highest intensity. logreg and svm are fitted to "intensity above 0", ordinal to each "at least k".
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    weight = "balanced" if balanced else None
    known = labels >= 0
    if model_type == "ridge":
        return _fit_ridge(Ridge(alpha=strength, random_state=0), matrix, labels / top, known)
    present, known_targets, levels = _binary_targets(model_type, labels, top)
    if model_type == "svm":
        estimator = LinearSVC(C=strength, class_weight=weight, random_state=0)
    else:
        estimator = LogisticRegression(C=strength, class_weight=weight, max_iter=1000, random_state=0)
    model = OneVsRestClassifier(estimator)
    if known.all():
        with warnings.catch_warnings():
            # Of labels with a single value, such as rare ones in a fold.
            warnings.simplefilter("ignore", UserWarning)
            model.fit(matrix, present)
    else:
        model.estimators_ = [
            _fit_column(estimator, matrix, *column) for column in zip(present.T, known_targets.T, strict=True)
        ]
    model.levels_ = levels
    return model


def _binary_targets(model_type: str, labels: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the binary targets of each emotion and level, a mask of the known ones, and the number of levels."""
    levels = np.arange(1, top + 1 if model_type == "ordinal" else 2)
    # Columns: the levels of the first emotion, then those of the second.
    present = (labels[:, :, None] >= levels).reshape(len(labels), -1).astype(np.int8)
    return present, np.repeat(labels >= 0, len(levels), axis=1), len(levels)


def _fit_column(estimator: Any, matrix: Any, present: np.ndarray, known: np.ndarray) -> Any:
    """Fit a copy of the estimator to one column, using the texts whose label is known."""
    from sklearn.base import clone
    from sklearn.multiclass import OneVsRestClassifier

    values = np.unique(present[known])
    if len(values) == 2:
        return clone(estimator).fit(matrix[known], present[known])
    # scikit-learn's model of a column with a single value; 0 if no label is known.
    constant = np.full((2, 2), values[0] if len(values) else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return OneVsRestClassifier(estimator).fit(matrix[:2], constant).estimators_[0]


def _fit_ridge(model: Any, matrix: Any, intensities: np.ndarray, known: np.ndarray) -> Any:
    """Fit ridge regression to every column, using the texts whose label is known."""
    from sklearn.base import clone

    if known.all():
        return model.fit(matrix, intensities)
    columns = zip(intensities.T, known.T, strict=True)
    fitted = [clone(model).fit(matrix[rows], y[rows]) if rows.any() else None for y, rows in columns]
    model.coef_ = np.stack([np.zeros(matrix.shape[1]) if column is None else column.coef_ for column in fitted])
    model.intercept_ = np.array([0.0 if column is None else column.intercept_ for column in fitted])
    model.n_features_in_ = matrix.shape[1]
    return model


def linear_probabilities(pipeline: Any, features: Any) -> np.ndarray:
    """Return the predictions of a fitted linear model or pipeline in [0, 1]: shape (n, L), float64."""
    if hasattr(pipeline, "steps"):
        features, pipeline = pipeline[:-1].transform(features), pipeline[-1]
    if not hasattr(pipeline, "estimators_"):
        return np.clip(np.asarray(pipeline.predict(features), dtype=np.float64), 0.0, 1.0)
    probabilities = np.stack([_positive_probability(model, features) for model in pipeline.estimators_], axis=1)
    # The mean of the probabilities of "at least 1", "at least 2" ... is the expected intensity scaled to [0, 1].
    levels = getattr(pipeline, "levels_", 1)
    return probabilities if levels == 1 else probabilities.reshape(len(probabilities), -1, levels).mean(2)


def _positive_probability(model: Any, features: Any) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(features), dtype=np.float64)[:, 1]
    return 1 / (1 + np.exp(-np.asarray(model.decision_function(features), dtype=np.float64)))


def count_linear_parameters(pipeline: Any) -> ParameterCounts:
    """Count the weights and intercepts of a fitted linear model, all of them trainable."""
    last = pipeline[-1] if hasattr(pipeline, "steps") else pipeline
    models = getattr(last, "estimators_", [last])
    count = sum(int(np.size(m.coef_) + np.size(m.intercept_)) for m in models if hasattr(m, "coef_"))
    return ParameterCounts(count, count)


def save_skops(model: Any, path: Path) -> None:
    """Save a scikit-learn object with skops."""
    write_file(path, _skops_io().dumps(model))


def _skops_io() -> ModuleType:
    """Import skops.io without torch.

    It imports every package of scikit-learn to list the estimators. One of them wraps torch, which takes longer to
    import than all the others together, and has no estimator.
    """
    wrapper = "sklearn.externals.array_api_compat.torch"
    hidden = "skops.io" not in sys.modules and wrapper not in sys.modules
    if hidden:
        # Importing a module that is None in this table raises ImportError, which scikit-learn ignores here.
        sys.modules[wrapper] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("skops.io")
    finally:
        if hidden:
            del sys.modules[wrapper]


def load_skops(path: Path) -> Any:
    """Load a scikit-learn object that `save_skops` wrote.

    Raises:
        InputError: the file cannot be read, is a pickle, or contains more than its size, such as a zip bomb.
        UsageError: the file contains objects of untrusted types.
    """
    io = _skops_io()
    from skops.io.exceptions import UntrustedTypesFoundException

    fix = RETRAIN
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if head[:1] == b"\x80" or sniff(head)[0] == "a Python pickle":
            raise InputError(
                f"{path} is a Python pickle, which can run code when it is opened; expected a skops file.", fix
            )
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
                raise InputError(f"{path} is compressed, unlike the models that this package writes.", fix)
        return io.load(path, trusted=TRUSTED_TYPES)
    except UntrustedTypesFoundException as error:
        raise UsageError(f"{path} contains objects that could run code: {error}.", fix) from error
    except EmoError:
        raise
    # skops has no common base class of its errors.
    except Exception as error:
        raise InputError(f"{path} is not a complete skops file: {type(error).__name__}.", fix) from error
