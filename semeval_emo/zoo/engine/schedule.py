"""Steps, order of the texts, learning rate schedule and optimizer of a training run.

They reproduce what Hugging Face's Trainer does with the same random seed, so that both trainers see the same texts in
the same order at the same rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from transformers import get_scheduler

from semeval_emo.zoo.recipe import TrainConfig


def steps_per_epoch(texts: int, train: TrainConfig) -> int:
    """Return the number of optimizer steps in an epoch; the last one may have fewer texts."""
    return math.ceil(math.ceil(texts / train.batch) / train.accumulate)


def order(texts: int, seed: int, epoch: int) -> list[int]:
    """Return the order of the texts in an epoch (from 0), equal to that of accelerate's seeded sampler.

    >>> order(4, 42, 0) == order(4, 42, 0) != order(4, 42, 1)
    True
    """
    generator = torch.Generator().manual_seed(seed + epoch)
    return torch.randperm(texts, generator=generator).tolist()


WINDOW = 16
"""Texts are sorted by length within this many batches, so that the batches differ between epochs."""


def order_by_length(lengths: Sequence[int], train: TrainConfig, epoch: int) -> list[int]:
    """Return the order of the texts in an epoch (from 0), with texts of similar length in a batch.

    The random order is divided into windows of `WINDOW` batches, each sorted by length; then the batches are shuffled.
    Only the last batch of an epoch may have fewer texts.

    >>> order_by_length([9, 1, 8, 2], TrainConfig(batch=2, seed=1), 0) in ([1, 3, 2, 0], [2, 0, 1, 3])
    True
    """
    size = train.batch * train.accumulate
    shuffled = order(len(lengths), train.seed, epoch)
    window = WINDOW * size
    full, rest = shuffled[: len(shuffled) // size * size], shuffled[len(shuffled) // size * size :]
    batches = []
    for start in range(0, len(full), window):
        by_length = sorted(full[start : start + window], key=lambda i: lengths[i])
        batches += [by_length[i : i + size] for i in range(0, len(by_length), size)]
    generator = torch.Generator().manual_seed(train.seed + epoch)
    batches = [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]
    return [text for batch in [*batches, rest] for text in batch]


def warmup_steps(total: int, train: TrainConfig) -> int:
    """Return the number of steps with a rising learning rate."""
    return math.ceil(total * train.warmup)


def scheduler(optimizer: torch.optim.Optimizer, total: int, train: TrainConfig) -> Any:
    """Return the learning rate schedule over all steps."""
    name = "constant_with_warmup" if train.schedule == "constant" else train.schedule
    return get_scheduler(name, optimizer, num_warmup_steps=warmup_steps(total, train), num_training_steps=total)


def adamw(groups: list[dict[str, Any]]) -> torch.optim.AdamW:
    """Return a fused AdamW with the Trainer's betas and epsilon; each group has its own rates."""
    return torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)
