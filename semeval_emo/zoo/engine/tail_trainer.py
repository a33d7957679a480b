"""Trains the tail of a network on the activations of its frozen prefix.

The same losses as the plain way (same seed, order, batch, loss, clipping, optimizer and schedule): a
test holds them to 1e-5 over 50 steps. Nothing here is random after the order, so a checkpoint is
weights, optimizer and place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.engine import epoch_metrics, schedule
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.batches import MAX_TOKENS, packed_batches
from semeval_emo.zoo.engine.checkpoint import Checkpointer, TrainState
from semeval_emo.zoo.engine.flat_parameters import FlatParameters, Stepper
from semeval_emo.zoo.engine.frozen_prefix import Prefix
from semeval_emo.zoo.engine.llama import Tail
from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import cores, parallel_map
from semeval_emo.zoo.engine.small_batch_adamw import SmallBatchAdamW
from semeval_emo.zoo.family import Job


@dataclass(frozen=True, eq=False)
class Inputs:
    """Activations and labels of a split."""

    prefix: Prefix
    examples: Examples


class TailTrainer:
    """One training run of a tail.

    Args:
        first: number of the first layer that moves.
        loss: of logits and degrees.
    """

    def __init__(self, network: Network, first: int, train: Inputs, loss: LossFunction) -> None:
        self.network, self.inputs, self.loss = network, train, loss
        self.train = network.recipe.train
        self.parameters = {name: p for name, p in network.model.named_parameters() if p.requires_grad}
        self.flat = FlatParameters(self.parameters, network.recipe)
        self.stepper = Stepper(self.flat, self.train.clip)
        self.optimizer = self.stepper.optimizer
        self.tail = Tail(network.model, first)
        self.lean = SmallBatchAdamW(self.flat, self.optimizer, self.tail.products, self.train.clip)
        written = {gradient.data_ptr() for product in self.tail.products for gradient in product.written}
        # What autograd adds to must be cleared first; the products write theirs anew.
        self._added = [p.grad for p in self.parameters.values() if p.grad is not None]
        self._added = [gradient for gradient in self._added if gradient.data_ptr() not in written]
        self.degrees = torch.tensor(train.examples.labels, dtype=torch.float32, device=network.device)
        self.steps = schedule.steps_per_epoch(len(train.examples), self.train)
        self.schedule = schedule.scheduler(self.optimizer, self.steps * self.train.epochs, self.train)

    def batches(self, epoch: int, done: int = 0) -> Iterator[list[list[int]]]:
        """The steps of an epoch (from 0) after the first `done`: each a list of batches to accumulate."""
        texts = schedule.order(len(self.inputs.examples), self.train.seed, epoch)
        size, each = self.train.batch, self.train.batch * self.train.accumulate
        for step in range(done, self.steps):
            taken = texts[step * each : (step + 1) * each]
            yield [taken[i : i + size] for i in range(0, len(taken), size)]

    def step(self, batches: Sequence[Sequence[int]], seen: list[torch.Tensor] | None = None) -> float:
        """One optimizer step; returns the mean loss of its batches.

        Args:
            seen: takes up the logits of each batch.
        """
        total = 0.0
        for gradient in self._added:
            gradient.zero_()
        lean = False
        for number, batch in enumerate(batches):
            states, lengths = self.inputs.prefix.of(batch, self.network.device)
            lean = self.network.inference_dtype is None and self.lean.able(len(states), len(batches))
            for product in self.tail.products:
                product.anew, product.holding = number == 0, lean
            with self.network.autocast():
                logits = self.tail(states, PackedSequences.of(lengths, self.network.device))
                loss = self.loss(logits, self.degrees[list(batch)]) / len(batches)
            loss.backward()
            if seen is not None:
                seen.append(logits.detach())
            total += float(loss.detach())
        (self.lean if lean else self.stepper).step()
        self.schedule.step()
        return total

    def predict(self, inputs: Inputs) -> torch.Tensor:
        """Logits of a split, shape (n, L); texts of like length run together."""
        found = torch.zeros(len(inputs.examples), self.degrees.shape[1], device=self.network.device)
        device = self.network.device

        def run(batch: list[int]) -> torch.Tensor:
            states, counts = inputs.prefix.of(batch, device)
            return self.tail(states, PackedSequences.of(counts, device)).float()

        batches = list(packed_batches(inputs.prefix.lengths.tolist(), MAX_TOKENS, cores(device)))
        for batch, logits in parallel_map(run, batches, device, self.network.inference_dtype):
            found[batch] = logits
        return found

    def run(self, judged: dict[str, Inputs], job: Job) -> None:
        """Trains to the end, from where an earlier process left off; the kept epoch's weights stay in the network."""
        checkpointer = Checkpointer(job, self.network.recipe, self.parameters, self.optimizer, self.schedule)
        place = checkpointer.resume()
        with job.progress.stage("training", self.steps * self.train.epochs, place.epoch * self.steps + place.step):
            while place.epoch < self.train.epochs and not checkpointer.exhausted(place):
                began = time.monotonic()
                for batches in self.batches(place.epoch, place.step):
                    place.losses.append(self.step(batches, place.seen))
                    job.progress.advance(1, place.losses[-1])
                    checkpointer.perhaps(place)
                row: dict[str, Any] = {"epoch": place.epoch + 1, "loss": round(float(np.mean(place.losses)), 6)}
                row |= self._seen(place, job)
                for split, inputs in judged.items():
                    row[split] = epoch_metrics.judged(self.predict(inputs), inputs.examples.labels, self.loss, job)
                row["seconds"] = round(time.monotonic() - began, 2)
                job.progress.epoch(row)
                place = place.after(row)
                checkpointer.epoch(place)
        checkpointer.restore_kept(place)
        self.flat.release()

    def _seen(self, place: TrainState, job: Job) -> dict[str, Any]:
        """Figures of the training texts."""
        labels = self.inputs.examples.labels[schedule.order(len(self.inputs.examples), self.train.seed, place.epoch)]
        logits = torch.cat(place.seen).float()
        return epoch_metrics.seen(logits, labels[-len(logits) :], len(labels), job)
