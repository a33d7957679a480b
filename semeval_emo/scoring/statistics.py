"""What a score needs to know of each text: its sufficient statistics, as blocks of whole numbers.

Every metric of this package is a function of the *sums* of these numbers over texts. So weights
over texts (bootstrap counts, swaps, languages to merge, chunks of a file) act on all metrics by the
same product ``weights @ statistics``, and because every statistic is a small whole number that
product is exact in float64 and does not depend on the order of texts or on the number of threads.

Owns the blocks and their layout; `metrics` owns the functions of their sums.
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
class Block:
    """Some statistics of a text that belong together.

    Attributes:
        name: how metrics ask for it.
        width: how many columns it has, given the number of emotions L and of values V.
        per_text: (gold (n, L), predicted (n, L), V) -> (n, width), whole numbers.
    """

    name: str
    width: Callable[[int, int], int]
    per_text: Callable[[NDArray, NDArray, int], NDArray]


def _outcomes(gold: NDArray, predicted: NDArray, values: int) -> NDArray:
    """One-hot of (labels in common, labels in the union): all that a mean over texts asks of a text."""
    common = (gold & predicted).sum(1)
    union = (gold | predicted).sum(1)
    return _one_hot(union * (union + 1) // 2 + common, _outcome_count(gold.shape[1], values))


def _outcome_count(emotions: int, _values: int) -> int:
    return (emotions + 1) * (emotions + 2) // 2


def _joint(gold: NDArray, predicted: NDArray, values: int) -> NDArray:
    """One-hot of (gold value, predicted value) for each emotion: the joint table behind rank figures."""
    rows, emotions = gold.shape
    cell = gold.astype(np.intp) * values + predicted + np.arange(emotions) * values * values
    found = np.zeros((rows, emotions * values * values), np.int8)
    np.put_along_axis(found, cell, 1, axis=1)
    return found


def _one_hot(index: NDArray, width: int) -> NDArray:
    found = np.zeros((len(index), width), np.int8)
    found[np.arange(len(index)), index] = 1
    return found


def _each(emotions: int, _values: int) -> int:
    return emotions


# Names are those of the literature: tp, predicted, gold for labels; sums of x (gold) and y (predicted)
# for degrees. "outcomes" counts texts by (labels in common, labels in the union), at column
# union * (union + 1) / 2 + common. "joint" counts (gold, predicted) pairs of values, emotion by emotion.
BLOCKS = {
    block.name: block
    for block in (
        Block("texts", lambda _l, _v: 1, lambda gold, _p, _v: np.ones((len(gold), 1), np.int8)),
        Block("tp", _each, lambda gold, predicted, _v: gold & predicted),
        Block("predicted", _each, lambda _g, predicted, _v: predicted),
        Block("gold", _each, lambda gold, _p, _v: gold),
        Block("outcomes", _outcome_count, _outcomes),
        Block("x", _each, lambda gold, _p, _v: gold),
        Block("y", _each, lambda _g, predicted, _v: predicted),
        Block("xx", _each, lambda gold, _p, _v: gold * gold),
        Block("yy", _each, lambda _g, predicted, _v: predicted * predicted),
        Block("xy", _each, lambda gold, predicted, _v: gold * predicted),
        Block("gap", _each, lambda gold, predicted, _v: np.abs(gold - predicted)),
        Block("joint", lambda emotions, values: emotions * values * values, _joint),
    )
}


@dataclass(frozen=True)
class Layout:
    """Which statistics are kept of a text, and in which columns they stand.

    Attributes:
        blocks: names of `BLOCKS`, in the order of their columns.
        emotions: the number of emotions, L.
        values: the number of allowed values, V: cells are 0 to V - 1 (2 for labels, 4 for degrees).

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
    def places(self) -> dict[str, slice]:
        """The columns of each block."""
        found, start = {}, 0
        for name in self.blocks:
            end = start + BLOCKS[name].width(self.emotions, self.values)
            found[name] = slice(start, end)
            start = end
        return found

    @property
    def width(self) -> int:
        """How many columns there are, K."""
        return max((place.stop for place in self.places.values()), default=0)

    @property
    def dtype(self) -> type[np.signedinteger]:
        """The smallest integers that hold every product of two values."""
        return np.int8 if (self.values - 1) ** 2 <= np.iinfo(np.int8).max else np.int32

    def statistics(self, gold: ArrayLike, predicted: ArrayLike) -> NDArray:
        """The statistics of every text.

        Args:
            gold: shape (n, L), whole numbers from 0 to V - 1.
            predicted: the same shape and range; rows are the same texts in the same order.

        Returns:
            Shape (n, K), int8 (int32 where V > 12). Sum it with ``dtype=np.int64`` or multiply it as float64.

        Raises:
            UsageError: shapes differ, or a value is no whole number of the allowed range.
        """
        x, y = self._checked(gold, "gold"), self._checked(predicted, "predictions")
        if x.shape != y.shape:
            raise UsageError(f"Gold has the shape {x.shape} and the predictions {y.shape}; they must be the same.")
        found = np.empty((len(x), self.width), self.dtype)
        for name, place in self.places.items():
            found[:, place] = BLOCKS[name].per_text(x, y, self.values)
        return found

    def sums(self, gold: ArrayLike, predicted: ArrayLike) -> NDArray:
        """The statistics summed over all texts: shape (K,), int64, exact."""
        return self.statistics(gold, predicted).sum(axis=0, dtype=np.int64)

    def split(self, sums: NDArray) -> dict[str, NDArray]:
        """Names the blocks of summed statistics: shape (..., K) to views of shape (..., width)."""
        return {name: sums[..., place] for name, place in self.places.items()}

    def _checked(self, values: ArrayLike, who: str) -> NDArray:
        found = np.asarray(values)
        if found.ndim != 2 or found.shape[1] != self.emotions:
            raise UsageError(f"The {who} have the shape {found.shape}; expected (texts, {self.emotions}).")
        # A sentinel such as -1 for a blank cell must never be counted as a label.
        if found.size and (found.min() < 0 or found.max() >= self.values or not np.all(found == np.floor(found))):
            raise UsageError(f"The {who} hold values other than whole numbers from 0 to {self.values - 1}.")
        return found.astype(self.dtype, copy=False)


def layout_for(blocks: Iterable[str], emotions: int, values: int = 2) -> Layout:
    """A layout with each of the named blocks once, in the order of `BLOCKS`."""
    wanted = set(blocks)
    return Layout(tuple(name for name in BLOCKS if name in wanted), emotions, values)
