"""Bootstrap replicates of any score, over texts.

This module draws texts; `intervals` makes intervals of the replicates, and `significance` tests
differences between systems. A score is a function of summed statistics (`statistics`), so a resample
is a row of weights, and ten thousand resamples are one matrix product. The results are identical on
every run, machine and number of threads:

* statistics and weights are integers with sums below 2**24 (float32) or 2**53 (float64), so a
  BLAS may add them in any order and on any number of threads;
* every language has its own stream of random numbers, keyed by its name, so scores do not depend on
  which other languages are computed, nor in what order;
* the stream is consumed text by text, so it does not depend on the block size, on the systems that
  are compared, or on whether equal rows were merged.
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
"""Function of sums of shape (..., K) that returns scores of shape (...) or (..., F)."""

# Cells of the largest temporary array: 8 M float32 weights are 32 MB. Few large products are also faster
# than many small ones: on a busy machine each call of a threaded BLAS can wait for a core.
_CELLS = 1 << 23
_CACHED = 1 << 16


def generator(seed: int, *key: str) -> np.random.Generator:
    """Return the random generator of one purpose and language.

    It is a child of the seed like those of `SeedSequence.spawn`, but keyed by name instead of by order.

    >>> generator(1, "bootstrap", "deu").random() == generator(1, "bootstrap", "deu").random()
    True
    >>> generator(1, "bootstrap", "deu").random() == generator(1, "bootstrap", "eng").random()
    False
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple("/".join(key).encode())))


MOST = 1_000_000
"""Limit of resamples and trials."""


def check_settings(
    *, resamples: int, seed: int, level: float, method: str = METHODS[0], trials: int = RESAMPLES
) -> None:
    """Check the settings of resampling.

    Raises:
        UsageError: fewer than 100 or more than a million resamples or trials, a negative seed, a level outside
            (0, 1), or an unknown interval method.
    """
    if method not in METHODS:
        raise UsageError(f"There is no interval method '{method}'.", f"use one of {', '.join(METHODS)}")
    for name, number in (("resamples", resamples), ("trials", trials)):
        if number < 100:
            raise UsageError(f"{number} {name} are too few.", "use 100 or more; 10,000 is the default")
        if number > MOST:
            raise UsageError(f"{number:,} {name} are too many.", f"use {MOST:,} or fewer; 10,000 is the default")
    if seed < 0:
        raise UsageError(f"The seed is {seed}; it must be 0 or more.")
    if not 0 < level < 1:
        raise UsageError(f"The level of the intervals is {level:g}; it must be between 0 and 1.", "95 % is 0.95")


def clusters(names: Sequence[object]) -> NDArray[np.intp]:
    """Number the clusters of rows with equal names, in the order of first occurrence.

    Args:
        names: what identifies the cluster of a row, such as its normalised text; length n.

    Returns:
        Shape (n,): the cluster of each row, 0 to m - 1.

    >>> clusters(["a", "b", "a", "c"]).tolist()
    [0, 1, 0, 2]
    """
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.intp)


def pool(statistics: ArrayLike, groups: ArrayLike | None = None) -> NDArray:
    """Sum the statistics of the rows of each cluster, so that clusters are the units of resampling.

    Rows with the same text are not independent: drawn one by one, a test set that has every text
    twice gives intervals that are too narrow by a factor of the square root of two.

    Args:
        statistics: shape (S, n, K) or (n, K), integers.
        groups: shape (n,), from `clusters`; None if all texts are distinct.

    Returns:
        Shape (S, m, K), of the smallest integer type that holds the sums.

    >>> pool([[1, 0], [1, 1], [0, 1]], [0, 1, 0]).tolist()
    [[[1, 1], [1, 1]]]
    """
    rows = np.asarray(statistics)
    if rows.ndim == 2:
        rows = rows[None]
    if rows.ndim != 3 or not np.issubdtype(rows.dtype, np.integer):
        raise UsageError(f"Statistics are integers of shape (S, n, K) or (n, K), not {rows.dtype} {rows.shape}.")
    if groups is None:
        return rows
    index = np.asarray(groups)
    if index.shape != rows.shape[1:2]:
        raise UsageError(f"There are {rows.shape[1]:,} rows and {index.size:,} cluster numbers.")
    size = int(index.max(initial=-1)) + 1
    if size == rows.shape[1]:
        return rows
    summed = np.zeros((rows.shape[0], size, rows.shape[2]), np.int64)
    for k, system in enumerate(rows):
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
    """Return bootstrap replicates of the scores of several systems, from the same resamples of texts.

    The resamples are shared, so the difference of two rows is a paired replicate of the difference.

    Args:
        statistics: shape (S, n, K) or (n, K), integers: `Layout.statistics` of each system.
        of: function of sums (..., K) that returns scores (...) or (..., F).
        resamples: the number of resamples, B.
        key: the name of the random stream, usually the language.
        groups: shape (n,): clusters of rows that are drawn together (`clusters`).

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
    # Process a few resamples at a time, so that the draws stay in the CPU cache.
    few = max(1, _CACHED // size)
    replicates = []
    for block in blocks(resamples, max(rows.shape[1], systems * width)):
        weights = np.empty((block, rows.shape[1]), exact)
        for start in range(0, block, few):
            some = weights[start : start + few]
            for row, draw in zip(some, index.take(rng.integers(0, size, (len(some), size))), strict=True):
                row[:] = np.bincount(draw, minlength=rows.shape[1])
        sums = (wide @ weights.T).astype(np.float64).reshape(systems, width, block)
        # With the long axis innermost in memory, `of` is several times faster.
        replicates.append(of(np.moveaxis(sums, 1, -1)))
    return np.concatenate(replicates, axis=1)


def merged(units: NDArray) -> tuple[NDArray, NDArray[np.intp]]:
    """Merge texts with the same statistics in all systems; exact, and it makes the product smaller."""
    systems, size, width = units.shape
    flat = np.ascontiguousarray(units.transpose(1, 0, 2)).reshape(size, systems * width)
    keys = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
    _, first, index = np.unique(keys, return_index=True, return_inverse=True)
    return units[:, first], index


def exact_float(units: NDArray, size: int) -> type[np.floating]:
    """Return the fastest float type that represents every sum over a resample exactly."""
    largest = int(np.abs(units).max(initial=0)) * size
    if largest >= 1 << 53:
        raise UsageError(f"Sums of {size:,} rows are too large to be exact.")
    return np.float32 if largest < 1 << 24 else np.float64


def blocks(total: int, width: int) -> Iterator[int]:
    """Yield the sizes of blocks of rows of this width, each of bounded memory."""
    step = max(1, min(total, _CELLS // max(width, 1)))
    for start in range(0, total, step):
        yield min(step, total - start)


def check_size(size: int) -> None:
    """Check that there are enough texts to resample.

    Raises:
        UsageError: fewer than two texts.
    """
    if size < 2:
        raise UsageError(f"Resampling needs at least two distinct texts; there is {size}.")


def over_runs(replicates: NDArray, draws: NDArray) -> NDArray:
    """Return two-level replicates of the mean over several runs (seeds) of one recipe.

    Args:
        replicates: shape (k, B) or (k, B, F): replicates of each run, from the same resamples of texts.
        draws: shape (B, k), from `draw_runs`: the weight of each run in each replicate.

    Returns:
        Shape (B,) or (B, F).
    """
    return np.einsum("kb...,bk->b...", replicates, draws)


def draw_runs(runs: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw runs with replacement: shape (B, k), rows sum to 1.

    k - 1 of k runs are drawn. Drawing k would underestimate the variance between runs by a factor of
    (k - 1)/k, a third for three seeds; drawing k - 1 is unbiased (Rao and Wu 1988).

    >>> draw_runs(1, 2, generator(1)).tolist()
    [[1.0], [1.0]]
    """
    if runs == 1:
        return np.ones((resamples, 1))
    return rng.multinomial(runs - 1, np.full(runs, 1 / runs), size=resamples) / (runs - 1)
