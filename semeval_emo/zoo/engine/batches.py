"""Grouping texts into batches for inference, with little or no padding."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

MAX_TOKENS = 1024
"""The most tokens in an inference batch."""
LENGTH_BUCKET = 8
"""Texts whose lengths differ by less than this may be reordered so that texts with a common prefix are adjacent."""


def padded_batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Group texts of similar length, the longest first, so that little is padded.

    Args:
        max_tokens: the most tokens in a batch, padding included; a longer text gets its own batch.

    >>> list(padded_batches([3, 9, 4, 1], max_tokens=10))
    [[1], [2, 0], [3]]
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > max_tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def equal_length_batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Group texts of equal length, the longest first; they need no padding.

    Args:
        max_tokens: the most tokens in a batch; a longer text gets its own batch.

    >>> list(equal_length_batches([3, 9, 3, 3], max_tokens=6))
    [[1], [0, 2], [3]]
    """
    by_length: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        by_length.setdefault(length, []).append(i)
    for length in sorted(by_length, reverse=True):
        size = max(1, max_tokens // max(1, length))
        for start in range(0, len(by_length[length]), size):
            yield by_length[length][start : start + size]


def packed_batches(lengths: Sequence[int], max_tokens: int, workers: int = 1) -> Iterator[list[int]]:
    """Group texts of similar length, the longest first, for batches without padding.

    Args:
        max_tokens: the most tokens in a batch; a longer text gets its own batch.
        workers: how many batches run at the same time. Each worker gets the same number of batches of about the same
            size, as far as `max_tokens` allows.

    >>> list(packed_batches([3, 9, 4, 1], max_tokens=8))
    [[1], [2, 0, 3]]
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    return _split(order, [lengths[i] for i in order], max_tokens, workers)


def prefix_sharing_batches(rows: Sequence[Sequence[int]], max_tokens: int, workers: int = 1) -> Iterator[list[int]]:
    """Group texts as `packed_batches`, with texts that share a prefix next to each other.

    Args:
        rows: token ids of each text.
        max_tokens, workers: as in `packed_batches`; tokens shared with the previous text do not count.

    >>> list(prefix_sharing_batches([[1, 2], [3, 4], [1, 2, 5], [1, 2]], max_tokens=5))
    [[0, 3, 2, 1]]
    """
    # Lengths are similar within a batch, because attention pads to the longest text.
    order = sorted(range(len(rows)), key=lambda i: (-(len(rows[i]) // LENGTH_BUCKET), rows[i], i))
    ordered = [rows[i] for i in order]
    costs = [len(row) - shared for row, shared in zip(ordered, shared_prefix_lengths(ordered), strict=True)]
    return _split(order, costs, max_tokens, workers)


def shared_prefix_lengths(rows: Sequence[Sequence[int]]) -> list[int]:
    """Return how many tokens each text has in common with the start of the previous one.

    >>> shared_prefix_lengths([[1, 2], [1, 2, 5], [1, 3], [1, 3]])
    [0, 2, 1, 2]
    """
    shared = []
    for previous, row in itertools.pairwise([[], *rows]):
        different = (i for i, (a, b) in enumerate(zip(previous, row, strict=False)) if a != b)
        shared.append(next(different, min(len(previous), len(row))))
    return shared


def _split(order: Sequence[int], costs: Sequence[int], max_tokens: int, workers: int) -> Iterator[list[int]]:
    """Split texts in the given order into batches of similar cost."""
    total, needed, filled = sum(costs), 1, 0
    for cost in costs:
        if filled and filled + cost > max_tokens:
            needed, filled = needed + 1, 0
        filled += cost
    count = -(-needed // workers) * workers
    batch: list[int] = []
    finished = position = start = 0
    for i, cost in zip(order, costs, strict=True):
        # Split where the middle of a text is beyond the batch's share of the total, or where the batch is full.
        beyond = (2 * position + cost) * count > 2 * total * (finished + 1)
        if batch and (beyond or position - start + cost > max_tokens):
            yield batch
            batch = []
            finished = max(finished + 1, position * count // total)
            start = position
        batch.append(i)
        position += cost
    if batch:
        yield batch
