"""The training run that is passed to a family: checkpoints, progress, scores of epochs, and stopping."""

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

from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.scoring.metrics import layout_of, metric
from semeval_emo.submission.write import write_probabilities
from semeval_emo.task import Task
from semeval_emo.zoo.backbones.model_folder import first_line
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS, Folds
from semeval_emo.zoo.dataset.joint import JointSet
from semeval_emo.zoo.distributed import is_main_process
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import load_probabilities, save_array
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.selection.epochs import RESUME_HINT, TrainingStopped
from semeval_emo.zoo.selection.thresholds import apply_thresholds, out_of_fold_labels


@dataclass
class TrainingRun:
    """A run in training (`family.Job`)."""

    recipe: Recipe
    folder: RunFolder
    space: Space
    progress: Progress
    task: Task
    joint: JointSet | None = None

    def __post_init__(self) -> None:
        self.work = self.folder.work
        # The number of the signal that requests it.
        self._stop = 0

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Rewrite ``metrics.jsonl``.

        Raises:
            UsageError: a loss is not finite, so training has diverged.
        """
        diverged = next((row for row in rows if not math.isfinite(row.get("loss", 0.0))), None)
        if diverged is not None:
            raise UsageError(
                f"Recipe {self.recipe.name}: training diverged: the loss of epoch {diverged['epoch']} is "
                f"{diverged['loss']}.",
                "lower the learning rates (train.lr, groups) and train again with --fresh",
            )
        if is_main_process():
            self.folder.write_metrics(rows)

    def score(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Score probabilities at the recipe's fixed threshold."""
        space = self.joint.space if self.joint else self.space
        thresholds = np.full(len(space.emotions), self.recipe.threshold.value)
        return score_probabilities(labels, probabilities, thresholds, space, self.recipe.select.metric)

    def score_out_of_fold(self, labels: np.ndarray, probabilities: np.ndarray, folds: Folds) -> dict[str, float]:
        """Score out-of-fold probabilities; the thresholds of each fold are tuned on the other folds.

        Of a model for many languages, those of the target language are scored.
        """
        recipe = self.recipe
        if self.joint:
            labels, probabilities, folds = self.joint.own(labels), self.joint.own(probabilities), self.joint.own_folds
        predicted = out_of_fold_labels(probabilities, labels, folds, self.space, recipe.threshold, recipe.select.metric)
        return score_labels(labels, predicted, self.space, recipe.select.metric)

    def save_out_of_fold(self, probabilities: np.ndarray) -> None:
        """Save the out-of-fold probabilities of the training texts, split by split: shape (n, L)."""
        data = self.recipe.data
        if not data.splits or self.joint:
            save_array(self.folder, FOLDS, probabilities)
        if self.joint:
            probabilities = self.joint.own(probabilities)
        for split in data.splits:
            spec = self.task.spec(data.track, data.language, split, data.release)
            path = self.folder.probabilities(split)
            path.parent.mkdir(exist_ok=True)
            write_probabilities(spec, probabilities[: spec.rows], path)
            probabilities = probabilities[spec.rows :]

    def load_probabilities(self, run: Path, split: str) -> np.ndarray:
        """Load the probabilities that another finished run saved for the same split: shape (n, L)."""
        return load_probabilities(RunFolder(run, self.folder.spec), split, self.task)

    def stop_requested(self) -> bool:
        """Return True after Ctrl-C, or after the system asked the process to terminate."""
        return bool(self._stop)

    def end_if_stopped(self) -> None:
        """End a run whose training was complete before it saw the request to stop.

        Raises:
            TrainingStopped: a stop was requested.
        """
        if self._stop:
            raise self._with_exit_code(TrainingStopped("stopped after training; everything is saved", RESUME_HINT))

    def _with_exit_code(self, stopped: TrainingStopped) -> TrainingStopped:
        if self._stop:
            stopped.exit_code = 128 + self._stop
        return stopped

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """Let the first Ctrl-C, SIGTERM or SIGHUP request a stop; a second one ends the process immediately."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        # The terminal was closed; nohup ignores it.
        hangup = getattr(signal, "SIGHUP", None)
        if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
            handlers[hangup] = signal.getsignal(hangup)

        def restore() -> None:
            for number, handler in handlers.items():
                signal.signal(number, handler)

        def request_stop(number: int, _frame: FrameType | None) -> None:
            self._stop = number
            restore()
            self.progress.message("stopping after this step; press Ctrl-C again to stop immediately")

        for number in handlers:
            signal.signal(number, request_stop)
        try:
            yield
        except TrainingStopped as stopped:
            raise self._with_exit_code(stopped) from None
        finally:
            restore()


@contextmanager
def enough_memory(recipe: Recipe) -> Iterator[None]:
    """Report that a recipe needs more memory than there is.

    Raises:
        InputError: it does.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch raises a RuntimeError on a CPU, and a subclass of it on a GPU.
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        raise InputError(
            f"Recipe {recipe.name} needs more memory than there is ({first_line(error)}).",
            "choose a smaller model, or smaller batches (train.batch)",
        ) from error


def score_probabilities(
    labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray, space: Space, selected_by: str
) -> dict[str, float]:
    """Return the metrics that a run records, as `score_labels` does, at thresholds."""
    return score_labels(labels, apply_thresholds(probabilities, thresholds, space), space, selected_by)


def score_labels(labels: np.ndarray, predicted: np.ndarray, space: Space, selected_by: str) -> dict[str, float]:
    """Return the metrics that a run records; unknown gold labels (-1) do not count.

    Args:
        labels, predicted: shape (n, L), from 0 to the highest value of the space.
        selected_by: the metric that models are selected by, the first of the result.

    Returns:
        Also macro and micro F1 of labels, or Pearson of intensities.

    >>> space = Space(("joy", "fear"), empty=1)
    >>> score_labels(np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 0]]), space, "jaccard")
    {'jaccard': 0.75, 'macro_f1': 0.5, 'micro_f1': 0.6666666666666666}
    """
    names = dict.fromkeys((selected_by, *(("pearson",) if space.top > 1 else ("macro_f1", "micro_f1"))))
    known = labels >= 0
    if space.top > 1 and not known.all():
        per_emotion = [
            score_labels(
                labels[rows, i : i + 1], predicted[rows, i : i + 1],
                Space(space.emotions[i : i + 1], space.top), selected_by,
            )
            for i, rows in enumerate(known.T)
        ]  # fmt: skip
        return {name: float(np.mean([scores[name] for scores in per_emotion])) for name in names}
    # A text without a known label is left out; other true negatives do not affect F1.
    rows = known.any(1)
    labels, predicted = (labels * known)[rows], (predicted * known)[rows]
    metrics = [metric(name, empty=space.empty) for name in names]
    layout = layout_of(metrics, len(space.emotions), space.top + 1)
    sums = layout.split(layout.sums(labels, predicted))
    return {own.name: float(own(sums)) for own in metrics}
