"""Checkpoints of the tail trainer. A resumed run ends with the same bytes as an uninterrupted one.

Checkpoints are written whole or not at all. The weights of the selected epoch are in a separate file named by its
number. It is written before the checkpoint that refers to it, and the file of the previous epoch is removed last.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from semeval_emo.files import write_file
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.epochs import selected_epoch, stopped_after


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


class Checkpointer:
    """Writes and reads the checkpoints of a run."""

    def __init__(
        self, job: Job, recipe: Recipe, parameters: Mapping[str, torch.nn.Parameter], optimizer: Any, schedule: Any
    ) -> None:
        self.job, self.recipe = job, recipe
        self.parameters, self.optimizer, self.schedule = parameters, optimizer, schedule
        self._saved = time.monotonic()

    @property
    def file(self) -> Path:
        """The checkpoint file."""
        return self.job.work / "checkpoint.pt"

    def _weights_file(self, epoch: int) -> Path:
        return self.job.work / f"kept-{epoch}.safetensors"

    def resume(self) -> TrainState:
        """Load the checkpoint if there is one, else return the initial state."""
        if not self.file.exists():
            return TrainState()
        # weights_only: only tensors and plain containers are loaded, no code.
        stored = torch.load(self.file, map_location="cpu", weights_only=True)
        self._load_weights(stored["weights"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.schedule.load_state_dict(stored["schedule"])
        device = next(iter(self.parameters.values())).device
        # Checkpoints of older versions have no logits.
        logits = [step_logits.to(device) for step_logits in stored.get("seen", [])]
        state = TrainState(stored["epoch"], tuple(json.loads(stored["rows"])), stored["losses"], logits)
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
            write_file(self._weights_file(selected), save({n: p.detach().cpu() for n, p in self.parameters.items()}))
        self.save(state)
        self.job.record(state.rows)
        for file in self.job.work.glob("kept-*.safetensors"):
            if file != self._weights_file(selected):
                file.unlink()
        if self.job.stop_requested():
            raise stopped_after(state.epoch, 0)

    def load_selected(self, state: TrainState) -> None:
        """Load the weights of the selected epoch into the network."""
        self._load_weights(load_file(self._weights_file(selected_epoch(state.rows, self.recipe))))

    @torch.no_grad()
    def _load_weights(self, weights: Mapping[str, torch.Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(weights[name])
