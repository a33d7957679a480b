"""Bootstrap replicates of any figure, over texts.

Owns how texts are drawn; `intervals` owns what is made of the replicates, `significance` the tests
between systems. All of it rests on one fact: a figure is a function of summed statistics
(`statistics`), so a resample is a row of weights and ten thousand of them are one matrix product.
Three things make the digits the same on every run, machine and thread count:

* statistics and weights are whole numbers and their sums stay below 2**24 (float32) or 2**53
  (float64), so a BLAS may add them in any order and cut them up among any threads;
* every language has its own stream of random numbers, keyed by its name, so a figure does not
  depend on which other languages are computed, nor in what order;
* the stream is read text by text, so it depends neither on the size of the blocks that bound the
  memory, nor on which systems are compared, nor on whether equal rows were merged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.errors import UsageError

RESAMPLES = 10_000
SEED = 12345
LEVEL = 0.95
METHODS = ("bca", "percentile")

ScoreFunction = Callable[[NDArray], NDArray]
"""Sums of shape (..., K) to figures of shape (...) or (..., F)."""

# Cells of the largest temporary: 8 M float32 weights are 32 MB. Few large products also beat many small
# ones: on a busy machine each call of a threaded BLAS can wait for a core.
_CELLS = 1 << 23
_CACHED = 1 << 16


def generator(seed: int, *key: str) -> np.random.Generator:
    """The stream of random numbers of one purpose and language.

    It is a child of the seed as `SeedSequence.spawn` makes them, but keyed by name and not by turn.

    >>> generator(1, "bootstrap", "deu").random() == generator(1, "bootstrap", "deu").random()
    True
    >>> generator(1, "bootstrap", "deu").random() == generator(1, "bootstrap", "eng").random()
    False
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple("/".join(key).encode())))


def check_settings(
    *, resamples: int, seed: int, level: float, method: str = METHODS[0], trials: int = RESAMPLES
) -> None:
    """Refuses settings that make no sense.

    Raises:
        UsageError: fewer than 100 resamples or trials, a negative seed, a level outside (0, 1), an
            unknown kind of interval.
    """
    if method not in METHODS:
        raise UsageError(f"There is no interval '{method}'.", f"use one of {', '.join(METHODS)}")
    for name, number in (("resamples", resamples), ("trials", trials)):
        if number < 100:
            raise UsageError(f"{number} {name} are too few.", "use 100 or more; 10,000 is the default")
    if seed < 0:
        raise UsageError(f"The seed is {seed}; it must be 0 or more.")
    if not 0 < level < 1:
        raise UsageError(f"The level of the intervals is {level:g}; it must be between 0 and 1.", "95 % is 0.95")


def clusters(names: Sequence[object]) -> NDArray[np.intp]:
    """Numbers rows that must be drawn together, in the order of their first occurrence.

    Args:
        names: what the rows are told apart by, such as their normalised texts; length n.

    Returns:
        Shape (n,): the cluster of each row, 0 to m - 1.

    >>> clusters(["a", "b", "a", "c"]).tolist()
    [0, 1, 0, 2]
    """
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.intp)


def pool(statistics: ArrayLike, groups: ArrayLike | None = None) -> NDArray:
    """Adds the statistics of rows of one cluster, so that the cluster is the unit that is drawn.

    Rows that repeat a text are no independent evidence: drawn one by one, a test set in which every
    text stands twice gives intervals too narrow by the square root of two.

    Args:
        statistics: shape (S, n, K) or (n, K), whole numbers.
        groups: shape (n,), as `clusters` makes it; None where no row repeats another.

    Returns:
        Shape (S, m, K), the smallest integers that hold the sums.

    >>> pool([[1, 0], [1, 1], [0, 1]], [0, 1, 0]).tolist()
    [[[1, 1], [1, 1]]]
    """
    found = np.asarray(statistics)
    if found.ndim == 2:
        found = found[None]
    if found.ndim != 3 or not np.issubdtype(found.dtype, np.integer):
        raise UsageError(f"Statistics are whole numbers of shape (S, n, K) or (n, K), not {found.dtype} {found.shape}.")
    if groups is None:
        return found
    index = np.asarray(groups)
    if index.shape != found.shape[1:2]:
        raise UsageError(f"There are {found.shape[1]:,} rows and {index.size:,} numbers of clusters.")
    size = int(index.max(initial=-1)) + 1
    if size == found.shape[1]:
        return found
    summed = np.zeros((found.shape[0], size, found.shape[2]), np.int64)
    for k, system in enumerate(found):
        np.add.at(summed[k], index, system)
    return summed.astype(np.min_scalar_type(-int(np.abs(summed).max(initial=1)) - 1), copy=False)


def bootstrap(
    statistics: ArrayLike,
    of: ScoreFunction,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    key: str = "",
    groups: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Bootstrap replicates of figures of several systems, all from the same draws of texts.

    The draws are shared, so the difference of two rows is a paired replicate of the difference.

    Args:
        statistics: shape (S, n, K) or (n, K), whole numbers: what `Layout.statistics` gives, by system.
        of: sums (..., K) to figures (...) or (..., F); it must treat leading axes alike.
        resamples: how many, B.
        key: the name of the stream, by custom the language.
        groups: shape (n,): rows to be drawn together (`clusters`).

    Returns:
        Shape (S, B) or (S, B, F).

    >>> import numpy as np
    >>> hits = np.array([[1], [0], [1], [1]])
    >>> shares = bootstrap(hits, lambda sums: sums[..., 0] / 4, resamples=2000, seed=1)
    >>> shares.shape, round(float(shares.mean()), 1)
    ((1, 2000), 0.8)
    """
    units = pool(statistics, groups)
    systems, size, width = units.shape
    check_size(size)
    rows, index = merged(units)
    exact = exact_float(rows, size)
    wide = np.ascontiguousarray(rows.transpose(0, 2, 1).reshape(systems * width, -1)).astype(exact)
    rng = generator(seed, "bootstrap", key)
    # Some resamples at a time, so that the draws stay in the cache.
    few = max(1, _CACHED // size)
    found = []
    for block in blocks(resamples, max(rows.shape[1], systems * width)):
        weights = np.empty((block, rows.shape[1]), exact)
        for start in range(0, block, few):
            some = weights[start : start + few]
            for row, draw in zip(some, index.take(rng.integers(0, size, (len(some), size))), strict=True):
                row[:] = np.bincount(draw, minlength=rows.shape[1])
        sums = (wide @ weights.T).astype(np.float64).reshape(systems, width, block)
        # The long axis stays innermost in memory, which the figures' arithmetic is several times faster on.
        found.append(of(np.moveaxis(sums, 1, -1)))
    return np.concatenate(found, axis=1)


def merged(units: NDArray) -> tuple[NDArray, NDArray[np.intp]]:
    """Merges texts that all systems answered with the same statistics: exact, and a smaller product."""
    systems, size, width = units.shape
    flat = np.ascontiguousarray(units.transpose(1, 0, 2)).reshape(size, systems * width)
    keys = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
    _, first, index = np.unique(keys, return_index=True, return_inverse=True)
    return units[:, first], index


def exact_float(units: NDArray, size: int) -> type[np.floating]:
    """The fastest float in which every sum over a resample is a whole number without rounding."""
    largest = int(np.abs(units).max(initial=0)) * size
    if largest >= 1 << 53:
        raise UsageError(f"Sums of {size:,} rows are too large to be exact.")
    return np.float32 if largest < 1 << 24 else np.float64


def blocks(total: int, width: int) -> Iterator[int]:
    """Cuts `total` rows into blocks, so that a block of this width has a bounded size."""
    step = max(1, min(total, _CELLS // max(width, 1)))
    for start in range(0, total, step):
        yield min(step, total - start)


def check_size(size: int) -> None:
    """Refuses to resample what has no spread to learn from.

    Raises:
        UsageError: fewer than two texts.
    """
    if size < 2:
        raise UsageError(f"Resampling needs at least two different texts; there is {size}.")


def over_runs(replicates: NDArray, draws: NDArray) -> NDArray:
    """Two-level replicates of the mean over several runs (seeds) of one recipe.

    Args:
        replicates: shape (k, B) or (k, B, F): the runs' replicates from the same draws of texts.
        draws: shape (B, k), from `draw_runs`: the weight of each run in each replicate.

    Returns:
        Shape (B,) or (B, F).
    """
    return np.einsum("kb...,bk->b...", replicates, draws)


def draw_runs(runs: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draws runs with replacement: shape (B, k), rows sum to 1.

    k - 1 of k runs are drawn. Drawing k would make the variance between runs (k - 1)/k of what it
    is, a third too small for three seeds; k - 1 makes it right (Rao and Wu 1988).

    >>> draw_runs(1, 2, generator(1)).tolist()
    [[1.0], [1.0]]
    """
    if runs == 1:
        return np.ones((resamples, 1))
    return rng.multinomial(runs - 1, np.full(runs, 1 / runs), size=resamples) / (runs - 1)
