"""Which texts stand in which batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

TOKENS = 1024
"""Tokens in a batch from which nothing is learned."""
LIKE = 8
"""Texts whose lengths differ by less may be reordered for the sake of their beginnings."""


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


def packs(lengths: Sequence[int], tokens: int, cores: int = 1) -> Iterator[list[int]]:
    """Batches of texts laid end to end, the longest first: those of like length share a batch.

    Args:
        lengths: tokens of each text.
        tokens: the most that a batch may hold; a longer text stands alone.
        cores: how many batches run side by side; each core gets as many of them, all of about one size, as
            far as the limit lets them.

    >>> list(packs([3, 9, 4, 1], tokens=8))
    [[1], [2, 0, 3]]
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    return _cut(order, [lengths[i] for i in order], tokens, cores)


def packs_alike(rows: Sequence[Sequence[int]], tokens: int, cores: int = 1) -> Iterator[list[int]]:
    """Packs in which texts follow each other that begin alike, since they may share those tokens.

    Args:
        rows: token ids of each text.
        tokens, cores: as `packs` takes them; shared tokens count once.

    >>> list(packs_alike([[1, 2], [3, 4], [1, 2, 5], [1, 2]], tokens=5))
    [[0, 3, 2, 1]]
    """
    # Lengths differ little within a pack, for attention is padded to the longest.
    order = sorted(range(len(rows)), key=lambda i: (-(len(rows[i]) // LIKE), rows[i], i))
    ordered = [rows[i] for i in order]
    own = [len(row) - common for row, common in zip(ordered, beginnings(ordered), strict=True)]
    return _cut(order, own, tokens, cores)


def beginnings(rows: Sequence[Sequence[int]]) -> list[int]:
    """How many tokens each text begins with as the one before it does.

    >>> beginnings([[1, 2], [1, 2, 5], [1, 3], [1, 3]])
    [0, 2, 1, 2]
    """
    found = []
    for before, row in itertools.pairwise([[], *rows]):
        unlike = (place for place, (one, other) in enumerate(zip(before, row, strict=False)) if one != other)
        found.append(next(unlike, min(len(before), len(row))))
    return found


def _cut(order: Sequence[int], costs: Sequence[int], tokens: int, cores: int) -> Iterator[list[int]]:
    """Texts in this order, cut to batches of like cost."""
    total, needed, filled = sum(costs), 1, 0
    for cost in costs:
        if filled and filled + cost > tokens:
            needed, filled = needed + 1, 0
        filled += cost
    count = -(-needed // cores) * cores
    batch: list[int] = []
    made = held = begun = 0
    for i, cost in zip(order, costs, strict=True):
        # Cut where the middle of a text comes after the mark, or where the batch is full.
        if batch and ((2 * held + cost) * count > 2 * total * (made + 1) or held - begun + cost > tokens):
            yield batch
            batch = []
            made = max(made + 1, held * count // total)
            begun = held
        batch.append(i)
        held += cost
    if batch:
        yield batch
