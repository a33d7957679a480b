"""Grid search over the settings of a model without epochs, on dev or by folds; used by the linear families."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.epochs import RESUME_HINT, TrainingStopped, selected_epoch

Setting = dict[str, Any]
FoldFeatures = Callable[[np.ndarray, np.ndarray], tuple[Any, Any]]
"""Feature matrices of the training rows and of the held-out rows of a fold."""


@dataclass(frozen=True)
class GridSearch:
    """A grid search.

    Attributes:
        settings: the settings to try; their names and values are written to ``metrics.jsonl``.
        features: returns an unfitted scikit-learn transformer.
        fit: fits one model per setting to a matrix and labels.
        predict: probabilities of a model for a matrix: shape (n, L).
        fold_features: a faster way to get the features of a fold than to fit the transformer to its training rows.
    """

    settings: Sequence[Setting]
    features: Callable[[], Any]
    fit: Callable[[Any, np.ndarray, Sequence[Setting]], Iterable[Any]]
    predict: Callable[[Any, Any], np.ndarray]
    fold_features: FoldFeatures | None = None

    def search(
        self,
        recipe: Recipe,
        train: Examples,
        inputs: np.ndarray,
        eval_splits: dict[str, tuple[Examples, np.ndarray]],
        job: Job,
    ) -> Any:
        """Fit every setting and return the best by the selection metric (the first of equals).

        With folds, the features too are fitted to the training rows of each fold, once for all settings, and the
        best setting is refitted to all rows.

        Args:
            inputs: what the features are computed from, one item per training text: texts or sentence vectors.
            eval_splits: labels and inputs of the splits to score on; not used with folds.

        Returns:
            A scikit-learn pipeline of features and model.
        """
        from sklearn.pipeline import make_pipeline

        rows: list[dict[str, Any]] = [{"epoch": number, **setting} for number, setting in enumerate(self.settings, 1)]
        features = self.features()
        if train.folds is not None:
            out_of_fold = self._predict_out_of_fold(train, inputs, job)
            for row, probabilities in zip(rows, out_of_fold, strict=True):
                row[FOLDS] = job.score_out_of_fold(train.labels[: train.folds.n_predicted], probabilities, train.folds)
                job.progress.epoch(row)
            best = selected_epoch(rows, recipe) - 1
            (model,) = self.fit(features.fit_transform(inputs), train.labels, [self.settings[best]])
            job.save_out_of_fold(out_of_fold[best])
            job.record(rows)
            return make_pipeline(features, model)
        matrix = features.fit_transform(inputs)
        eval_features = {split: features.transform(items) for split, (_, items) in eval_splits.items()}
        models = []
        with job.progress.stage("fitting", len(rows)):
            for row, model in zip(rows, self.fit(matrix, train.labels, self.settings), strict=True):
                models.append(model)
                for split, (examples, _) in eval_splits.items():
                    row[split] = job.score(examples.labels, self.predict(models[-1], eval_features[split]))
                job.progress.advance()
                job.progress.epoch(row)
                _raise_if_stopped(job)
        job.record(rows)
        return make_pipeline(features, models[selected_epoch(rows, recipe) - 1])

    def _predict_out_of_fold(self, train: Examples, inputs: np.ndarray, job: Job) -> np.ndarray:
        """Return out-of-fold probabilities of every setting: shape (settings, own texts, L)."""
        folds = train.folds
        assert folds is not None
        fold_features = self.fold_features or self._refit_features(inputs)
        probabilities = np.zeros((len(self.settings), folds.n_predicted, train.labels.shape[1]))
        with job.progress.stage("fitting", folds.n_folds * len(self.settings)):
            for train_rows, held_out in folds:
                matrix, held_out_matrix = fold_features(train_rows, held_out)
                for i, model in enumerate(self.fit(matrix, train.labels[train_rows], self.settings)):
                    probabilities[i, held_out] = self.predict(model, held_out_matrix)
                    job.progress.advance()
                    _raise_if_stopped(job)
        return probabilities

    def _refit_features(self, inputs: np.ndarray) -> FoldFeatures:
        def fold_features(train_rows: np.ndarray, held_out: np.ndarray) -> tuple[Any, Any]:
            features = self.features()
            return features.fit_transform(inputs[train_rows]), features.transform(inputs[held_out])

        return fold_features


def _raise_if_stopped(job: Job) -> None:
    if job.stop_requested():
        raise TrainingStopped("stopped during the grid search, which will start over", RESUME_HINT)
