"""Which texts stand in which batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

TOKENS = 1024
"""Tokens in a batch from which nothing is learned."""


def by_length(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Batches of texts of like length, the longest first, so that padding costs next to nothing.

    Args:
        lengths: tokens of each text.
        tokens: the most that a batch may hold, padding included; a longer text stands alone.

    >>> list(by_length([3, 9, 4, 1], tokens=10))
    [[1], [2, 0], [3]]
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def of_equal_length(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Batches of texts of one length each, the longest first: they need no padding and no mask.

    Args:
        lengths: tokens of each text.
        tokens: the most that a batch may hold; a longer text stands alone.

    >>> list(of_equal_length([3, 9, 3, 3], tokens=6))
    [[1], [0, 2], [3]]
    """
    by: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        by.setdefault(length, []).append(i)
    for length in sorted(by, reverse=True):
        most = max(1, tokens // max(1, length))
        for start in range(0, len(by[length]), most):
            yield by[length][start : start + most]


def packs(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Batches of texts laid end to end, the longest first: those of like length share a batch.

    Args:
        lengths: tokens of each text.
        tokens: the most that a batch may hold; a longer text stands alone.

    >>> list(packs([3, 9, 4, 1], tokens=8))
    [[1], [2, 0, 3]]
    """
    batch: list[int] = []
    held = 0
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and held + lengths[i] > tokens:
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += lengths[i]
    if batch:
        yield batch
