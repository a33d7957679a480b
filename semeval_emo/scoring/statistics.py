"""Sufficient statistics of each text, as blocks of integers.

Every metric of this package is a function of the *sums* of these numbers over texts. So weights
over texts (bootstrap counts, swaps, merged languages, chunks of a file) act on all metrics through
the product ``weights @ statistics``. Every statistic is a small integer, so that product is
exact in float64 and independent of the order of texts and the number of threads.

This module defines the blocks and their layout; `metrics` defines the functions of their sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.errors import UsageError

Sums = Mapping[str, NDArray]


@dataclass(frozen=True)
class StatisticBlock:
    """A group of statistics of a text.

    Attributes:
        name: name used by metrics.
        width: number of columns, given the number of emotions L and of values V.
        per_text: (gold (n, L), predicted (n, L), V) -> (n, width), integers.
    """

    name: str
    width: Callable[[int, int], int]
    per_text: Callable[[NDArray, NDArray, int], NDArray]


def _outcomes(gold: NDArray, predicted: NDArray, values: int) -> NDArray:
    """Return one-hot (labels in common, labels in the union), which determines the means over texts."""
    common = (gold & predicted).sum(1)
    union = (gold | predicted).sum(1)
    return _one_hot(outcome_column(common, union), outcome_count(gold.shape[1]))


def outcome_column(common: NDArray, union: NDArray) -> NDArray:
    """Return the column of the block ``outcomes`` of texts with these numbers of labels in common and in the union."""
    return union * (union + 1) // 2 + common


def outcome_count(emotions: int) -> int:
    """Return the number of columns of the block ``outcomes``."""
    return (emotions + 1) * (emotions + 2) // 2


def _joint(gold: NDArray, predicted: NDArray, values: int) -> NDArray:
    """Return one-hot (gold value, predicted value) for each emotion, for rank correlations."""
    rows, emotions = gold.shape
    cell = gold.astype(np.intp) * values + predicted + np.arange(emotions) * values * values
    one_hot = np.zeros((rows, emotions * values * values), np.int8)
    np.put_along_axis(one_hot, cell, 1, axis=1)
    return one_hot


def _one_hot(index: NDArray, width: int) -> NDArray:
    one_hot = np.zeros((len(index), width), np.int8)
    one_hot[np.arange(len(index)), index] = 1
    return one_hot


def _each(emotions: int, _values: int) -> int:
    return emotions


# tp, predicted, gold are counts of labels; x (gold) and y (predicted) are sums of
# intensities. "outcomes" counts texts by (labels in common, labels in the union), at column
# union * (union + 1) / 2 + common. "joint" counts (gold, predicted) pairs of values, emotion by emotion.
BLOCKS = {
    block.name: block
    for block in (
        StatisticBlock("texts", lambda _l, _v: 1, lambda gold, _p, _v: np.ones((len(gold), 1), np.int8)),
        StatisticBlock("tp", _each, lambda gold, predicted, _v: gold & predicted),
        StatisticBlock("predicted", _each, lambda _g, predicted, _v: predicted),
        StatisticBlock("gold", _each, lambda gold, _p, _v: gold),
        StatisticBlock("outcomes", lambda emotions, _v: outcome_count(emotions), _outcomes),
        StatisticBlock("x", _each, lambda gold, _p, _v: gold),
        StatisticBlock("y", _each, lambda _g, predicted, _v: predicted),
        StatisticBlock("xx", _each, lambda gold, _p, _v: gold * gold),
        StatisticBlock("yy", _each, lambda _g, predicted, _v: predicted * predicted),
        StatisticBlock("xy", _each, lambda gold, predicted, _v: gold * predicted),
        StatisticBlock("gap", _each, lambda gold, predicted, _v: np.abs(gold - predicted)),
        StatisticBlock("joint", lambda emotions, values: emotions * values * values, _joint),
    )
}


@dataclass(frozen=True)
class Layout:
    """The statistics of a text and their columns.

    Attributes:
        blocks: names of `BLOCKS`, in the order of their columns.
        emotions: the number of emotions, L.
        values: the number of allowed values, V: cells are 0 to V - 1 (V = 2 for labels, 4 for intensities).

    >>> layout = Layout(("tp", "predicted", "gold"), emotions=2)
    >>> layout.statistics([[1, 0], [1, 1]], [[1, 1], [0, 1]]).tolist()
    [[1, 0, 1, 1, 1, 0], [0, 1, 0, 1, 1, 1]]
    >>> layout.split(layout.sums([[1, 0], [1, 1]], [[1, 1], [0, 1]]))["tp"].tolist()
    [1, 1]
    """

    blocks: tuple[str, ...]
    emotions: int
    values: int = 2

    @cached_property
    def columns(self) -> dict[str, slice]:
        """The columns of each block."""
        columns, start = {}, 0
        for name in self.blocks:
            end = start + BLOCKS[name].width(self.emotions, self.values)
            columns[name] = slice(start, end)
            start = end
        return columns

    @property
    def width(self) -> int:
        """The number of columns, K."""
        return max((columns.stop for columns in self.columns.values()), default=0)

    @property
    def dtype(self) -> type[np.signedinteger]:
        """The smallest integer type that holds every product of two values."""
        return np.int8 if (self.values - 1) ** 2 <= np.iinfo(np.int8).max else np.int32

    def statistics(self, gold: ArrayLike, predicted: ArrayLike) -> NDArray:
        """Return the statistics of every text.

        Args:
            gold: shape (n, L), integers from 0 to V - 1.
            predicted: the same shape and range; rows are the same texts in the same order.

        Returns:
            Shape (n, K), int8 (int32 where V > 12). Sum it with ``dtype=np.int64`` or multiply it as float64.

        Raises:
            UsageError: the shapes differ, or a value is not an integer of the allowed range.
        """
        x, y = self._checked(gold, "gold labels"), self._checked(predicted, "predictions")
        if x.shape != y.shape:
            raise UsageError(f"Gold has the shape {x.shape} and the predictions {y.shape}; they must be the same.")
        statistics = np.empty((len(x), self.width), self.dtype)
        for name, columns in self.columns.items():
            statistics[:, columns] = BLOCKS[name].per_text(x, y, self.values)
        return statistics

    def sums(self, gold: ArrayLike, predicted: ArrayLike) -> NDArray:
        """Return the statistics summed over all texts: shape (K,), int64, exact."""
        return self.statistics(gold, predicted).sum(axis=0, dtype=np.int64)

    def split(self, sums: NDArray) -> dict[str, NDArray]:
        """Return views of shape (..., width) into sums of shape (..., K), by block name."""
        return {name: sums[..., columns] for name, columns in self.columns.items()}

    def _checked(self, values: ArrayLike, name: str) -> NDArray:
        array = np.asarray(values)
        if array.ndim != 2 or array.shape[1] != self.emotions:
            raise UsageError(f"The {name} have the shape {array.shape}; expected (texts, {self.emotions}).")
        # A sentinel such as -1 for a blank cell must never be counted as a label.
        if array.size and (array.min() < 0 or array.max() >= self.values or not np.all(array == np.floor(array))):
            raise UsageError(f"The {name} contain values other than integers from 0 to {self.values - 1}.")
        return array.astype(self.dtype, copy=False)


def layout_for(blocks: Iterable[str], emotions: int, values: int = 2) -> Layout:
    """Return a layout with each of the named blocks once, in the order of `BLOCKS`."""
    names = set(blocks)
    return Layout(tuple(name for name in BLOCKS if name in names), emotions, values)
