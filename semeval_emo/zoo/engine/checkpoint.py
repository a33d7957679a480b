"""Checkpoints of a tail's training: whole or not at all, and enough to go on to the same bytes.

Beside the checkpoint lies one file with the weights of the kept epoch, named by its number: the
checkpoint that knows of an epoch is written after that epoch's file, and the older file goes last.
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
from semeval_emo.zoo.selection.epochs import patience_exhausted, selected_epoch, stopped_after


@dataclass
class TrainState:
    """How far a training run is.

    Attributes:
        epoch: epochs done.
        rows: metrics of the epochs done.
        losses: of the optimizer steps done in the next one.
        seen: logits of these steps, each of shape (B, L).
    """

    epoch: int = 0
    rows: tuple[dict[str, Any], ...] = ()
    losses: list[float] = field(default_factory=list)
    seen: list[torch.Tensor] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Optimizer steps done in the next epoch."""
        return len(self.losses)

    def after(self, row: dict[str, Any]) -> TrainState:
        """The place at the end of the epoch, of which `row` tells."""
        return TrainState(self.epoch + 1, (*self.rows, row))


class Checkpointer:
    """Writes and reads the checkpoints of one run."""

    def __init__(
        self, job: Job, recipe: Recipe, parameters: Mapping[str, torch.nn.Parameter], optimizer: Any, schedule: Any
    ) -> None:
        self.job, self.recipe = job, recipe
        self.parameters, self.optimizer, self.schedule = parameters, optimizer, schedule
        self._saved = time.monotonic()

    @property
    def file(self) -> Path:
        """The checkpoint."""
        return self.job.work / "checkpoint.pt"

    def _kept_file(self, epoch: int) -> Path:
        return self.job.work / f"kept-{epoch}.safetensors"

    def resume(self) -> TrainState:
        """Loads the checkpoint, if there is one."""
        if not self.file.exists():
            return TrainState()
        # weights_only: tensors and plain containers; nothing in the file can run.
        stored = torch.load(self.file, map_location="cpu", weights_only=True)
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(stored["weights"][name])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.schedule.load_state_dict(stored["schedule"])
        device = next(iter(self.parameters.values())).device
        # Checkpoints of older versions have no logits.
        seen = [logits.to(device) for logits in stored.get("seen", [])]
        place = TrainState(stored["epoch"], tuple(json.loads(stored["rows"])), stored["losses"], seen)
        self.job.record(place.rows)
        self.job.progress.message(f"going on after epoch {place.epoch}, step {place.step}")
        return place

    def save(self, place: TrainState) -> None:
        """Writes the checkpoint."""
        stream = io.BytesIO()
        state = {
            "weights": {name: p.detach() for name, p in self.parameters.items()},
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": place.epoch,
            "rows": json.dumps(place.rows),
            "losses": place.losses,
            "seen": [torch.cat(place.seen).float().cpu()] if place.seen else [],
        }
        torch.save(state, stream)
        write_file(self.file, stream.getvalue())
        self._saved = time.monotonic()

    def perhaps(self, place: TrainState) -> None:
        """Saves where the last checkpoint is old, or the person wants to stop.

        Raises:
            Stopped: the person wants to stop.
        """
        stopping = self.job.stop_requested()
        if stopping or time.monotonic() - self._saved > 60 * self.recipe.train.save_minutes:
            self.save(place)
        if stopping:
            raise stopped_after(place.epoch, place.step)

    def epoch(self, place: TrainState) -> None:
        """Saves after an epoch, and the weights of the kept one if it is this."""
        kept = selected_epoch(place.rows, self.recipe)
        if kept == place.epoch:
            write_file(self._kept_file(kept), save({n: p.detach().cpu() for n, p in self.parameters.items()}))
        self.save(place)
        self.job.record(place.rows)
        for old in self.job.work.glob("kept-*.safetensors"):
            if old != self._kept_file(kept):
                old.unlink()
        if self.job.stop_requested():
            raise stopped_after(place.epoch, 0)

    def exhausted(self, place: TrainState) -> bool:
        """True where the recipe's patience has run out."""
        return patience_exhausted(place.rows, self.recipe)

    def restore_kept(self, place: TrainState) -> None:
        """Puts the kept epoch's weights into the network."""
        weights = load_file(self._kept_file(selected_epoch(place.rows, self.recipe)))
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(weights[name])
