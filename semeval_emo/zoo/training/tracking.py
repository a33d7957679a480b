"""Losses and metrics of a training in an experiment tracker, by the progress callback of all engines and families."""

from __future__ import annotations

import importlib
import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.model_folder import first_line
from semeval_emo.zoo.recipe import Recipe

TrackerName = Literal["trackio", "tensorboard", "wandb", "mlflow"]
PROJECT = "semeval-emo"
LOG_STEPS = 10
"""The loss is logged as the mean of this many steps: a tracker may need a request for each value."""


class Tracker(Protocol):
    """An open run of an experiment tracker."""

    def log(self, values: dict[str, float], step: int) -> None:
        """Add values of an optimizer step."""

    def close(self) -> None:
        """End the run."""


class WandbTracker:
    """A run of wandb, or of trackio, which has the same functions."""

    def __init__(self, name: str, title: str, config: dict[str, Any]) -> None:
        self.module = importlib.import_module(name)
        self.module.init(project=PROJECT, name=title, config=config)

    def log(self, values: dict[str, float], step: int) -> None:
        """Add values of an optimizer step."""
        self.module.log(values, step=step)

    def close(self) -> None:
        """End the run."""
        self.module.finish()


class TensorboardTracker:
    """Event files of TensorBoard in a folder."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder))
        self.writer.add_text("recipe", "\n".join(f"    {key} = {value}" for key, value in config.items()))

    def log(self, values: dict[str, float], step: int) -> None:
        """Add values of an optimizer step."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is not written yet."""
        self.writer.close()


class MlflowTracker:
    """A run of MLflow, in the experiment `PROJECT`."""

    def __init__(self, title: str, config: dict[str, Any]) -> None:
        self.module = importlib.import_module("mlflow")
        self.module.set_experiment(PROJECT)
        self.module.start_run(run_name=title)
        self.module.log_params(config)

    def log(self, values: dict[str, float], step: int) -> None:
        """Add values of an optimizer step."""
        self.module.log_metrics(values, step=step)

    def close(self) -> None:
        """End the run."""
        self.module.end_run()


def check_tracker(name: str | None) -> None:
    """Check that a tracker exists and is installed.

    Raises:
        UsageError: there is no such tracker.
        InputError: it is not installed.
    """
    names = get_args(TrackerName)
    if name is None:
        return
    if name not in names:
        raise UsageError(f"There is no tracker '{name}'.", suggest(name, names) or f"use one of {', '.join(names)}")
    if importlib.util.find_spec(name) is None:
        raise InputError(f"Logging to {name} needs the package {name}, which is not installed.", f"pip install {name}")


def open_tracker(name: str, folder: Path, title: str, recipe: Recipe) -> Tracker:
    """Start a run of a tracker.

    Args:
        folder: the run folder, for event files of TensorBoard.
        title: of the run.
    """
    config = flattened(recipe.resolved(), ".")
    if name == "tensorboard":
        return TensorboardTracker(folder / "tensorboard", config)
    return MlflowTracker(title, config) if name == "mlflow" else WandbTracker(name, title, config)


def flattened(table: Mapping[str, Any], separator: str = "/") -> dict[str, Any]:
    """Return a nested table as one with joined keys; empty cells are left out.

    >>> flattened({"epoch": 1, "dev": {"loss": 0.5}, "shape": None})
    {'epoch': 1, 'dev/loss': 0.5}
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            result |= {f"{key}{separator}{name}": cell for name, cell in flattened(value, separator).items()}
        elif value is not None:
            result[key] = value
    return result


@dataclass
class TrackedProgress(Progress):
    """A progress callback that also logs: the loss of steps, the metrics of epochs and of the result.

    A tracker that fails does not stop the training.
    """

    progress: Progress
    tracker: Tracker
    name: str

    def __post_init__(self) -> None:
        self.step = 0
        self._losses: list[float] = []
        self._failed = False

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Start a stage; steps of an earlier process count."""
        self.step = max(self.step, done) if name == "training" else self.step
        self.progress.start(name, total, done)

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Complete steps; log the mean loss of every `LOG_STEPS`."""
        self.progress.advance(count, loss)
        if loss is not None:
            self.step += count
            self._losses.append(loss)
            if len(self._losses) >= LOG_STEPS:
                self._log_losses()

    def detail(self, text: str, fraction: float) -> None:
        """Show what runs at the moment."""
        self.progress.detail(text, fraction)

    def finish(self) -> None:
        """End the stage."""
        self.progress.finish()

    def epoch(self, row: dict[str, Any]) -> None:
        """Show and log the metrics of an epoch."""
        self.progress.epoch(row)
        self._log_losses()
        self.log(flattened(row))

    def message(self, text: str) -> None:
        """Show a message for the user."""
        self.progress.message(text)

    def log(self, values: dict[str, Any]) -> None:
        """Log the numbers among some values."""
        numbers = {key: float(value) for key, value in values.items() if isinstance(value, int | float)}
        self._try(lambda: self.tracker.log(numbers, self.step))

    def close(self) -> None:
        """End the run of the tracker."""
        self._log_losses()
        self._try(self.tracker.close)

    def _log_losses(self) -> None:
        if self._losses:
            self.log({"step/loss": float(np.mean(self._losses))})
            self._losses.clear()

    def _try(self, call: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            with _messages_of_tracker(self.progress):
                call()
        # Trackers use networks, databases and files of their own.
        except Exception as error:
            self._failed = True
            self.message(f"logging to {self.name} failed, and the training goes on without it: {first_line(error)}")


@contextmanager
def _messages_of_tracker(progress: Progress) -> Iterator[None]:
    """Show what a tracker prints as messages: standard output is for the result, such as JSON."""
    with redirect_stdout(io.StringIO()) as printed:
        yield
    for line in printed.getvalue().splitlines():
        if line.strip():
            progress.message(line.strip())


@contextmanager
def tracked(progress: Progress, name: str | None, folder: Path, recipe: Recipe) -> Iterator[Progress | TrackedProgress]:
    """Return a progress callback that also logs to a tracker; the same callback without one.

    Raises:
        InputError: the tracker cannot start a run.
    """
    if name is None:
        yield progress
        return
    title = f"{recipe.run_name}/{folder.name}"
    try:
        with _messages_of_tracker(progress):
            tracker = open_tracker(name, folder, title, recipe)
    except Exception as error:
        raise InputError(f"{name} cannot start a run: {first_line(error)}.", "leave out --log-to") from error
    own = TrackedProgress(progress, tracker, name)
    try:
        yield own
    finally:
        own.close()
