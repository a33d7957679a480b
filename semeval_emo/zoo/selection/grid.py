"""Settings of a model without epochs, tried on dev or by folds: the search that linear families share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.epochs import GO_ON, Stopped, kept_epoch

Setting = dict[str, Any]


@dataclass(frozen=True)
class Grid:
    """What is tried, and how.

    Attributes:
        settings: what is tried; their names and values stand in ``metrics.jsonl``.
        features: makes unfitted features, a transformer of scikit-learn.
        fit: models from a matrix, labels and settings, one a setting.
        predict: probabilities of a model and a matrix: shape (n, L).
        of_fold: matrices of the rows that a fold learns from and of those that stand aside, where there
            is a quicker way than to fit the features anew.
    """

    settings: Sequence[Setting]
    features: Callable[[], Any]
    fit: Callable[[Any, np.ndarray, Sequence[Setting]], Iterable[Any]]
    predict: Callable[[Any, Any], np.ndarray]
    of_fold: Callable[[np.ndarray, np.ndarray], tuple[Any, Any]] | None = None

    def search(
        self,
        recipe: Recipe,
        train: Examples,
        material: np.ndarray,
        judged: dict[str, tuple[Examples, np.ndarray]],
        job: Job,
    ) -> Any:
        """Fits every setting; the best by the selection metric stays (the first wins ties).

        With folds, features too are fitted to what each fold learns from, once for all settings, and
        the setting that stays is fitted to everything at the end.

        Args:
            material: what features are made of, one item a training text: texts, or their vectors.
            judged: labels and material of the splits that settings are judged on where there are no folds.

        Returns:
            A pipeline of scikit-learn: features and model.
        """
        from sklearn.pipeline import make_pipeline

        rows: list[dict[str, Any]] = [{"epoch": number, **setting} for number, setting in enumerate(self.settings, 1)]
        fitted = self.features()
        if train.folds is not None:
            said = self._by_folds(train, material, job)
            for row, probabilities in zip(rows, said, strict=True):
                row[FOLDS] = job.judge_folds(train.labels[: train.folds.own], probabilities, train.folds)
                job.progress.epoch(row)
            kept = kept_epoch(rows, recipe) - 1
            (model,) = self.fit(fitted.fit_transform(material), train.labels, [self.settings[kept]])
            job.keep(said[kept])
            job.record(rows)
            return make_pipeline(fitted, model)
        matrix = fitted.fit_transform(material)
        unread = {split: fitted.transform(items) for split, (_, items) in judged.items()}
        models = []
        with job.progress.stage("fitting", len(rows)):
            for row, model in zip(rows, self.fit(matrix, train.labels, self.settings), strict=True):
                models.append(model)
                for split, (examples, _) in judged.items():
                    row[split] = job.judge(examples.labels, self.predict(models[-1], unread[split]))
                job.progress.advance()
                job.progress.epoch(row)
                _obey(job)
        job.record(rows)
        return make_pipeline(fitted, models[kept_epoch(rows, recipe) - 1])

    def _by_folds(self, train: Examples, material: np.ndarray, job: Job) -> np.ndarray:
        """Out-of-fold probabilities of every setting: shape (settings, own texts, L)."""
        folds = train.folds
        assert folds is not None
        said = np.zeros((len(self.settings), folds.own, train.labels.shape[1]))
        with job.progress.stage("fitting", folds.count * len(self.settings)):
            for learn, held in folds:
                matrix, unread = (self.of_fold or self._anew(material))(learn, held)
                for i, model in enumerate(self.fit(matrix, train.labels[learn], self.settings)):
                    said[i, held] = self.predict(model, unread)
                    job.progress.advance()
                    _obey(job)
        return said

    def _anew(self, material: np.ndarray) -> Callable[[np.ndarray, np.ndarray], tuple[Any, Any]]:
        """Fits features to the rows that are learned from, and to nothing else."""

        def of_fold(learn: np.ndarray, held: np.ndarray) -> tuple[Any, Any]:
            fitted = self.features()
            return fitted.fit_transform(material[learn]), fitted.transform(material[held])

        return of_fold


def _obey(job: Job) -> None:
    if job.stopping():
        raise Stopped("stopped while settings were tried; they will be tried anew", GO_ON)
