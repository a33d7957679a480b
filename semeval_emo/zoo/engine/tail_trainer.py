"""Training of a network's last layers on the cached output of its frozen layers.

The losses are those of the Trainer with the same seed, order, batches, loss, clipping, optimizer and schedule (a test
compares them to 1e-5 over 50 steps). Only the order of the texts is random, so a checkpoint needs no random state.
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
from semeval_emo.zoo.engine.compiled import is_worthwhile
from semeval_emo.zoo.engine.flat_parameters import FlatAdamW, FlatParameters, FusedLinear
from semeval_emo.zoo.engine.frozen_prefix import FrozenStates
from semeval_emo.zoo.engine.gemma import PackedGemmaTail, is_gemma
from semeval_emo.zoo.engine.layer_cut import LayerCut
from semeval_emo.zoo.engine.llama import PackedLlamaTail, is_llama
from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import parallel_map, worker_count
from semeval_emo.zoo.engine.pooling import MeanPooled
from semeval_emo.zoo.engine.small_batch_adamw import SmallBatchAdamW
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.selection.epochs import patience_exhausted, selected_epoch


@dataclass(frozen=True, eq=False)
class TailInputs:
    """Frozen states and labels of a split."""

    frozen: FrozenStates
    examples: Examples


def is_packed(network: Network) -> bool:
    """Return whether the layers of a network have a path without padding."""
    is_mean = isinstance(network.model, MeanPooled) and network.model.pooling == "mean"
    return is_llama(network.model) or (is_mean and is_gemma(network.model, network.recipe.model.max_length))


class PackedTail:
    """The last layers of a Llama or a Gemma, on concatenated texts."""

    def __init__(self, network: Network, first: int, tokens: int) -> None:
        self.device = network.device
        self.layers: PackedLlamaTail | PackedGemmaTail
        if is_llama(network.model):
            self.layers = PackedLlamaTail(network.model, first)
        else:
            self.layers = PackedGemmaTail(network.model, first, compiling=is_worthwhile(tokens, self.device))
        self.fused_layers = self.layers.fused_layers

    def __call__(self, frozen: FrozenStates, batch: Sequence[int]) -> torch.Tensor:
        """Return the logits of some texts, shape (B, L)."""
        states, lengths = frozen.batch(batch, self.device)
        return self.layers(states, PackedSequences.from_lengths(lengths, self.device))

    def close(self) -> None:
        """Do nothing: the network was not changed."""


class PaddedTail:
    """The last layers of any other network, on padded texts."""

    def __init__(self, network: Network, first: int) -> None:
        self.device = network.device
        self.cut = LayerCut(network.model, first, network.tokenizer.pad_token_id)
        self.fused_layers: list[FusedLinear] = []
        self.close = self.cut.close

    def __call__(self, frozen: FrozenStates, batch: Sequence[int]) -> torch.Tensor:
        """Return the logits of some texts, shape (B, L)."""
        # Without autocast the layers take states of their own type.
        dtype = None if torch.is_autocast_enabled(self.device.type) else torch.float32
        states, lengths = frozen.batch(batch, self.device)
        return self.cut.above([frozen.rows[i] for i in batch], states.to(dtype or states.dtype).split(lengths))


def make_tail(network: Network, first: int, tokens: int) -> PackedTail | PaddedTail:
    """Return the layers of a network from `first` on, for work on this many tokens; `close` ends their use."""
    return PackedTail(network, first, tokens) if is_packed(network) else PaddedTail(network, first)


def tail_logits(network: Network, tail: PackedTail | PaddedTail, frozen: FrozenStates) -> torch.Tensor:
    """Return the logits of texts with these states: shape (n, L)."""
    device, dtype = network.device, network.inference_dtype
    logits = torch.zeros(len(frozen.lengths), network.model.config.num_labels, device=device)

    def run(batch: list[int]) -> torch.Tensor:
        return tail(frozen, batch).float()

    batches = list(packed_batches(frozen.lengths.tolist(), MAX_TOKENS, worker_count(device)))
    for batch, batch_logits in parallel_map(run, batches, device, dtype):
        logits[batch] = batch_logits
    return logits


class TailTrainer:
    """Trains the layers from `first` on."""

    def __init__(self, network: Network, first: int, train: TailInputs, loss: LossFunction) -> None:
        self.network, self.inputs, self.loss = network, train, loss
        self.train = network.recipe.train
        self.parameters = {name: p for name, p in network.model.named_parameters() if p.requires_grad}
        self.flat = FlatParameters(self.parameters, network.recipe)
        self.flat_adamw = FlatAdamW(self.flat, self.train.clip)
        self.optimizer = self.flat_adamw.optimizer
        self.tail = make_tail(network, first, int(train.frozen.lengths.sum()) * self.train.epochs)
        self.small_batch_adamw = SmallBatchAdamW(self.flat, self.optimizer, self.tail.fused_layers, self.train.clip)
        written = {gradient.data_ptr() for fused in self.tail.fused_layers for gradient in fused.weight_grads}
        # Gradients that autograd accumulates must be zeroed before each step; fused layers overwrite theirs.
        gradients = [p.grad for p in self.parameters.values() if p.grad is not None]
        self._accumulated = [gradient for gradient in gradients if gradient.data_ptr() not in written]
        self.intensities = torch.tensor(train.examples.labels, dtype=torch.float32, device=network.device)
        self.steps = schedule.steps_per_epoch(len(train.examples), self.train)
        self.schedule = schedule.scheduler(self.optimizer, self.steps * self.train.epochs, self.train)

    def batches(self, epoch: int, done: int = 0) -> Iterator[list[list[int]]]:
        """Yield the steps of an epoch (from 0) after the first `done`, each as a list of batches to accumulate."""
        texts = self.order(epoch)
        size, per_step = self.train.batch, self.train.batch * self.train.accumulate
        for step in range(done, self.steps):
            selected = texts[step * per_step : (step + 1) * per_step]
            yield [selected[i : i + size] for i in range(0, len(selected), size)]

    def order(self, epoch: int) -> list[int]:
        """Return the order of the texts in an epoch (from 0)."""
        if self.train.batches == "by_length":
            return list(schedule.order_by_length(self.inputs.frozen.lengths.tolist(), self.train, epoch))
        return list(schedule.order(len(self.inputs.examples), self.train.seed, epoch))

    def step(self, batches: Sequence[Sequence[int]], step_logits: list[torch.Tensor] | None = None) -> float:
        """Take a step and return the mean loss of its batches; their logits are appended to `step_logits`."""
        losses: list[torch.Tensor] = []
        for gradient in self._accumulated:
            gradient.zero_()
        small = False
        for number, batch in enumerate(batches):
            is_fp32 = self.network.inference_dtype is None
            tokens = int(self.inputs.frozen.lengths[list(batch)].sum())
            small = is_fp32 and self.small_batch_adamw.is_faster(tokens, len(batches))
            for fused in self.tail.fused_layers:
                fused.overwrite_grads, fused.defer_grads = number == 0, small
            with self.network.autocast():
                logits = self.tail(self.inputs.frozen, batch)
                loss = self.loss(logits, self.intensities[list(batch)]) / len(batches)
            loss.backward()
            if step_logits is not None:
                step_logits.append(logits.detach())
            losses.append(loss.detach())
        (self.small_batch_adamw if small else self.flat_adamw).step()
        self.schedule.step()
        # Read once a step: a GPU is waited for.
        return float(sum(torch.stack(losses).tolist()))

    def predict(self, inputs: TailInputs) -> torch.Tensor:
        """Return the logits of a split: shape (n, L)."""
        return tail_logits(self.network, self.tail, inputs.frozen)

    def run(self, eval_splits: dict[str, TailInputs], job: Job) -> None:
        """Train from the last checkpoint to the end, and load the selected epoch's weights into the network."""
        recipe = self.network.recipe
        checkpointer = Checkpointer(job, recipe, self.parameters, self.optimizer, self.schedule)
        state = checkpointer.resume()
        with job.progress.stage("training", self.steps * self.train.epochs, state.epoch * self.steps + state.step):
            while state.epoch < self.train.epochs and not patience_exhausted(state.rows, recipe):
                start = time.monotonic()
                for batches in self.batches(state.epoch, state.step):
                    state.losses.append(self.step(batches, state.logits))
                    job.progress.advance(1, state.losses[-1])
                    checkpointer.save_if_due(state)
                row: dict[str, Any] = {"epoch": state.epoch + 1, "loss": round(float(np.mean(state.losses)), 6)}
                row |= self._train_metrics(state, job)
                for split, inputs in eval_splits.items():
                    row[split] = epoch_metrics.eval_metrics(
                        self.predict(inputs), inputs.examples.labels, self.loss, job
                    )
                row["seconds"] = round(time.monotonic() - start, 2)
                job.progress.epoch(row)
                state = state.next_epoch(row)
                checkpointer.end_epoch(state)
        checkpointer.selected_weights.load(selected_epoch(state.rows, recipe))
        self.flat.release()
        self.tail.close()

    def _train_metrics(self, state: TrainState, job: Job) -> dict[str, Any]:
        order = self.order(state.epoch)
        labels = self.inputs.examples.labels[order]
        logits = torch.cat(state.logits).float()
        return epoch_metrics.train_metrics(logits, labels[-len(logits) :], len(labels), job)
