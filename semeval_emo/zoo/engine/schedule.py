"""Steps, order and learning rates of a training run: pure functions of a recipe and a number of texts.

They repeat what Hugging Face's Trainer does with the same seed, so that every engine sees the same
texts in the same order at the same rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from transformers import get_scheduler

from semeval_emo.zoo.recipe import TrainConfig


def steps_per_epoch(texts: int, train: TrainConfig) -> int:
    """Optimizer steps in an epoch; the last one may see fewer texts."""
    return math.ceil(math.ceil(texts / train.batch) / train.accumulate)


def order(texts: int, seed: int, epoch: int) -> list[int]:
    """The order of the texts in an epoch (from 0), as accelerate's seeded sampler draws it.

    >>> order(4, 42, 0) == order(4, 42, 0) != order(4, 42, 1)
    True
    """
    generator = torch.Generator().manual_seed(seed + epoch)
    return torch.randperm(texts, generator=generator).tolist()


# Texts are sorted by length within so many batches, so that every epoch mixes them anew.
WINDOW = 16


def order_by_length(lengths: Sequence[int], train: TrainConfig, epoch: int) -> list[int]:
    """The order of the texts in an epoch (from 0), those of like length in one batch.

    The random order is cut into windows of `WINDOW` batches, each sorted by length; the batches are
    then shuffled. Only the last of an epoch may be short of texts, as the steps count it.

    >>> order_by_length([9, 1, 8, 2], TrainConfig(batch=2, seed=1), 0) in ([1, 3, 2, 0], [2, 0, 1, 3])
    True
    """
    size = train.batch * train.accumulate
    drawn = order(len(lengths), train.seed, epoch)
    window = WINDOW * size
    full, rest = drawn[: len(drawn) // size * size], drawn[len(drawn) // size * size :]
    batches = []
    for start in range(0, len(full), window):
        part = sorted(full[start : start + window], key=lambda i: lengths[i])
        batches += [part[i : i + size] for i in range(0, len(part), size)]
    generator = torch.Generator().manual_seed(train.seed + epoch)
    shuffled = [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]
    return [text for batch in [*shuffled, rest] for text in batch]


def warmup_steps(total: int, train: TrainConfig) -> int:
    """Steps in which the rate rises."""
    return math.ceil(total * train.warmup)


def scheduler(optimizer: torch.optim.Optimizer, total: int, train: TrainConfig) -> Any:
    """The learning rate's schedule over all steps."""
    name = "constant_with_warmup" if train.schedule == "constant" else train.schedule
    return get_scheduler(name, optimizer, num_warmup_steps=warmup_steps(total, train), num_training_steps=total)


def adamw(groups: list[dict[str, Any]]) -> torch.optim.AdamW:
    """Fused AdamW with the Trainer's betas and epsilon; each group brings its rates."""
    return torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)
