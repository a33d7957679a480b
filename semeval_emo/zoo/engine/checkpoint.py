"""Checkpoints of the tail trainer, and the selected epoch's weights of both trainers.

A resumed run ends with the same bytes as an uninterrupted one. Checkpoints are written atomically. The weights
of an epoch are written before the checkpoint that refers to them, and those of the previous epoch are removed last.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file, save

from semeval_emo.errors import EmoError, InputError
from semeval_emo.files import write_file
from semeval_emo.parse import parse_json
from semeval_emo.zoo.backbones.model_folder import first_line
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.epochs import selected_epoch, stopped_after


@contextmanager
def reading_checkpoint(path: Path) -> Iterator[None]:
    """Turn every error of reading a checkpoint into an input error with its name.

    Raises:
        InputError: it cannot be read, or contains objects that could run code.
    """
    try:
        yield
    except EmoError:
        raise
    # torch, safetensors and the optimizers raise errors of many types.
    except Exception as error:
        reason = "it contains objects that could run code" if isinstance(error, UnpicklingError) else first_line(error)
        raise InputError(
            f"The checkpoint {path} cannot be read: {reason.rstrip('.')}.", "--fresh deletes the run and starts again"
        ) from error


@dataclass
class TrainState:
    """Progress of a training run.

    Attributes:
        epoch: number of finished epochs.
        rows: metrics of the finished epochs.
        losses: of the finished optimizer steps of the current epoch.
        logits: of these steps, each of shape (B, L).
    """

    epoch: int = 0
    rows: tuple[dict[str, Any], ...] = ()
    losses: list[float] = field(default_factory=list)
    logits: list[torch.Tensor] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Number of finished optimizer steps of the current epoch."""
        return len(self.losses)

    def next_epoch(self, row: dict[str, Any]) -> TrainState:
        """Return the state at the end of the epoch whose metrics are `row`."""
        return TrainState(self.epoch + 1, (*self.rows, row))


class SelectedWeights:
    """The trained weights of the selected epoch, in a file named by its number."""

    def __init__(self, folder: Path, parameters: Mapping[str, torch.nn.Parameter]) -> None:
        self.folder, self.parameters = folder, parameters

    def _file(self, epoch: int) -> Path:
        return self.folder / f"kept-{epoch}.safetensors"

    def save(self, epoch: int) -> None:
        """Save the current weights."""
        write_file(self._file(epoch), save({name: p.detach().cpu() for name, p in self.parameters.items()}))

    def remove_others(self, epoch: int) -> None:
        """Remove the weights of all other epochs."""
        for file in self.folder.glob("kept-*.safetensors"):
            if file != self._file(epoch):
                file.unlink()

    def load(self, epoch: int) -> None:
        """Load the weights into the network."""
        with reading_checkpoint(self._file(epoch)):
            copy_weights(load_file(self._file(epoch)), self.parameters)


@torch.no_grad()
def copy_weights(weights: Mapping[str, torch.Tensor], parameters: Mapping[str, torch.nn.Parameter]) -> None:
    """Copy weights to the parameters of the same name."""
    for name, parameter in parameters.items():
        parameter.copy_(weights[name])


class Checkpointer:
    """Writes and reads the checkpoints of a run."""

    def __init__(
        self, job: Job, recipe: Recipe, parameters: Mapping[str, torch.nn.Parameter], optimizer: Any, schedule: Any
    ) -> None:
        self.job, self.recipe = job, recipe
        self.parameters, self.optimizer, self.schedule = parameters, optimizer, schedule
        self.selected_weights = SelectedWeights(job.work, parameters)
        self._saved = time.monotonic()

    @property
    def file(self) -> Path:
        """The checkpoint file."""
        return self.job.work / "checkpoint.pt"

    def resume(self) -> TrainState:
        """Load the checkpoint if there is one, else return the initial state."""
        if not self.file.exists():
            return TrainState()
        with reading_checkpoint(self.file):
            # weights_only: only tensors and plain containers are loaded, no code.
            stored = torch.load(self.file, map_location="cpu", weights_only=True)
            copy_weights(stored["weights"], self.parameters)
            self.optimizer.load_state_dict(stored["optimizer"])
            self.schedule.load_state_dict(stored["schedule"])
            device = next(iter(self.parameters.values())).device
            # Checkpoints of older versions have no logits.
            logits = [step_logits.to(device) for step_logits in stored.get("seen", [])]
            rows = parse_json(stored["rows"], f"The checkpoint {self.file}")
            state = TrainState(int(stored["epoch"]), tuple(rows), list(stored["losses"]), logits)
        self.job.record(state.rows)
        self.job.progress.message(f"resuming after epoch {state.epoch}, step {state.step}")
        return state

    def save(self, state: TrainState) -> None:
        """Write the checkpoint."""
        stream = io.BytesIO()
        stored = {
            "weights": {name: p.detach() for name, p in self.parameters.items()},
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": state.epoch,
            "rows": json.dumps(state.rows),
            "losses": state.losses,
            "seen": [torch.cat(state.logits).float().cpu()] if state.logits else [],
        }
        torch.save(stored, stream)
        write_file(self.file, stream.getvalue())
        self._saved = time.monotonic()

    def save_if_due(self, state: TrainState) -> None:
        """Write the checkpoint if the last one is older than ``train.save_minutes`` or a stop was requested.

        Raises:
            TrainingStopped: a stop was requested.
        """
        stopping = self.job.stop_requested()
        if stopping or time.monotonic() - self._saved > 60 * self.recipe.train.save_minutes:
            self.save(state)
        if stopping:
            raise stopped_after(state.epoch, state.step)

    def end_epoch(self, state: TrainState) -> None:
        """Write the checkpoint after an epoch, and the weights if this is the selected epoch so far.

        Raises:
            TrainingStopped: a stop was requested.
        """
        selected = selected_epoch(state.rows, self.recipe)
        if selected == state.epoch:
            self.selected_weights.save(selected)
        self.save(state)
        self.job.record(state.rows)
        self.selected_weights.remove_others(selected)
        if self.job.stop_requested():
            raise stopped_after(state.epoch, 0)
