"""A run as a family sees it: where checkpoints go, who looks on, how an epoch is judged, when to stop."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.submission.write import write_probabilities
from semeval_emo.task import Task
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS, Folds
from semeval_emo.zoo.distributed import is_main_process
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import load_probabilities, save_array
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.selection.thresholds import apply_thresholds, out_of_fold_labels


@dataclass
class TrainingRun:
    """The run as a family sees it (`family.Job`)."""

    recipe: Recipe
    folder: RunFolder
    space: Space
    progress: Progress
    task: Task

    def __post_init__(self) -> None:
        self.work = self.folder.work
        self._stop = False

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Writes ``metrics.jsonl`` anew.

        Raises:
            UsageError: a loss is no number any more, so nothing that follows would mean anything.
        """
        lost = next((row for row in rows if not math.isfinite(row.get("loss", 0.0))), None)
        if lost is not None:
            raise UsageError(
                f"Recipe {self.recipe.name}: the loss of epoch {lost['epoch']} is {lost['loss']}; nothing was learned.",
                "lower the rates (train.lr, groups) and train anew, with --fresh in the same folder",
            )
        if is_main_process():
            self.folder.record(rows)

    def score(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Scores probabilities at the recipe's fixed threshold."""
        return score_probabilities(
            labels, probabilities, np.full(len(self.space.emotions), self.recipe.threshold.value), self.space
        )

    def score_out_of_fold(self, labels: np.ndarray, probabilities: np.ndarray, folds: Folds) -> dict[str, float]:
        """Scores out-of-fold probabilities, with thresholds by the recipe's rule from the other folds."""
        recipe = self.recipe
        decided = out_of_fold_labels(probabilities, labels, folds, self.space, recipe.threshold, recipe.select.metric)
        return score_labels(labels, decided, self.space)

    def save_out_of_fold(self, probabilities: np.ndarray) -> None:
        """Stores the out-of-fold probabilities of what is trained on, split by split: shape (own texts, L)."""
        data = self.recipe.data
        if not data.splits:
            save_array(self.folder, FOLDS, probabilities)
        for split in data.splits:
            spec = self.task.spec(data.track, data.language, split, data.release)
            path = self.folder.probabilities(split)
            path.parent.mkdir(exist_ok=True)
            write_probabilities(spec, probabilities[: spec.rows], path)
            probabilities = probabilities[spec.rows :]

    def load_probabilities(self, run: Path, split: str) -> np.ndarray:
        """The probabilities that another finished run of the same file stored."""
        return load_probabilities(RunFolder(run, self.folder.spec), split, self.task)

    def stop_requested(self) -> bool:
        """True when Ctrl-C was pressed (or the machine asked the process to end)."""
        return self._stop

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turns the first Ctrl-C into a wish that the family obeys; a second one ends the process at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}

        def wish(number: int, frame: FrameType | None) -> None:
            self._stop = True
            for one, handler in before.items():
                signal.signal(one, handler)
            self.progress.message("stopping after this step; once more ends it at once")

        for one in before:
            signal.signal(one, wish)
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def score_probabilities(
    labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray, space: Space
) -> dict[str, float]:
    """The figures that epochs are chosen by, at thresholds."""
    return score_labels(labels, apply_thresholds(probabilities, thresholds, space), space)


def score_labels(labels: np.ndarray, decided: np.ndarray, space: Space) -> dict[str, float]:
    """Macro and micro F1 of labels, or Pearson of degrees; where gold is unknown (-1) nothing was asked."""
    known = labels >= 0
    if space.top > 1 and not known.all():
        alone = [
            score_labels(labels[rows, i : i + 1], decided[rows, i : i + 1], Space(space.emotions[i : i + 1], space.top))
            for i, rows in enumerate(known.T)
        ]
        return {"pearson": float(np.mean([one["pearson"] for one in alone]))}
    # What is neither gold nor said counts nowhere in F1.
    labels, decided = labels * known, decided * known
    whole = score_arrays(labels, decided, space.emotions, values=space.top + 1).whole
    names = ("pearson",) if space.top > 1 else ("macro_f1", "micro_f1")
    return {name: float(whole[name]) for name in names}
