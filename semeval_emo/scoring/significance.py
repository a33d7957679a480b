"""Tests between systems on plain arrays: p-values, corrections, ranks, letters, power.

`resampling` draws the resamples. The p-value is that of approximate randomisation (Noreen 1989; Yeh
2000): under the null hypothesis the predictions of two systems for a text are exchangeable, so random
swaps show how large a difference is by chance. A t-test, a McNemar test or an unpaired z-test is not
valid for F-measures (Dror et al. 2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.scoring.resampling import SEED, ScoreFunction, blocks, exact_float, generator, pool

TRIALS = 10_000
ALPHA = 0.05
FAMILIES = ("rivals", "pairs", "languages")
POWER = 0.8

# Differences up to this count as ties: F1 of the same counts can differ in its last bits.
TIE = 1e-9

# Pairs of systems and trials per step: arrays that fit into the CPU cache are twice as fast.
_PAIRS, _STEP = 4, 500


def pairs(systems: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every pair of systems once: indices i < j, each of shape (P,), P = S (S - 1) / 2.

    >>> [index.tolist() for index in pairs(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    return np.triu_indices(systems, 1)


class SwapSampler:
    """Samples differences between systems after random swaps of their predictions, text by text.

    All pairs of systems share the same swaps; this does not change the test of each pair.

    Args:
        statistics: shape (S, n, K), integers.
        of: function of sums (..., K) that returns scores (..., F).
        seed, key: identify the random stream (`resampling.generator`).
        groups: shape (n,): clusters of rows that are swapped together (`resampling.clusters`).
    """

    def __init__(
        self,
        statistics: ArrayLike,
        of: ScoreFunction,
        *,
        seed: int = SEED,
        key: str = "",
        groups: ArrayLike | None = None,
    ) -> None:
        units = pool(statistics, groups)
        self.systems, self.size, self._width = units.shape
        self._of = of
        self._totals = units.sum(axis=1, dtype=np.int64).astype(np.float64)[..., None]
        # A swap has no effect where all systems have the same statistics.
        self._differ = (units != units[:1]).any(axis=(0, 2))
        self._rows = np.ascontiguousarray(units[:, self._differ].transpose(0, 2, 1))
        self._float = exact_float(units, self.size)
        self._rng = generator(seed, "swaps", key)

    @property
    def width(self) -> int:
        """The largest number of cells that one trial needs, for `resampling.blocks`."""
        return max(self.size, self.systems * self._width, len(pairs(self.systems)[0]))

    def observed(self) -> NDArray[np.float64]:
        """Return the differences without swaps: shape (P, F), first system minus second."""
        values = self._scores(self._totals)[:, 0]
        first, second = pairs(self.systems)
        return values[first] - values[second]

    def differences(self, trials: int) -> NDArray[np.float64]:
        """Return the differences of the next trials: shape (P, trials, F)."""
        words = self._rng.integers(0, 1 << 32, size=(trials, -(-self.size // 32)), dtype=np.uint32)
        bits = np.unpackbits(words.astype("<u4", copy=False).view(np.uint8), axis=1, count=self.size)
        wide = self._rows.reshape(self.systems * self._width, -1).astype(self._float)
        # What the swaps move out of each system's sums.
        moved = wide @ bits[:, self._differ].astype(self._float).T
        moved = moved.reshape(self.systems, self._width, trials)
        steps = [self._step(moved[..., at : at + _STEP].astype(np.float64)) for at in range(0, trials, _STEP)]
        return np.concatenate(steps, axis=1)

    def _step(self, moved: NDArray) -> NDArray:
        differences = []
        buffer = np.empty((2, _PAIRS, *moved.shape[1:]))
        for i in range(self.systems - 1):
            for j in range(i + 1, self.systems, _PAIRS):
                rivals = slice(j, min(j + _PAIRS, self.systems))
                both = buffer[:, : rivals.stop - j]
                gain = np.subtract(moved[rivals], moved[i], out=both[1])
                np.add(self._totals[i], gain, out=both[0])
                np.subtract(self._totals[rivals], gain, out=both[1])
                scores = self._scores(both)
                differences.append(scores[0] - scores[1])
        return np.concatenate(differences)

    def _scores(self, sums: NDArray) -> NDArray:
        """Return the scores of sums with the statistics on the second last axis."""
        return self._of(sums.swapaxes(-2, -1))


def count_reached(differences: NDArray, observed: NDArray) -> NDArray[np.int64]:
    """Return the number of trials with a difference at least as large as the observed one, in either direction.

    Args:
        differences: shape (P, trials, ...).
        observed: shape (P, ...).

    Returns:
        Shape (P, ...).
    """
    return (np.abs(differences) >= np.abs(observed)[:, None] - TIE).sum(axis=1)


def randomisation_test(
    statistics: ArrayLike,
    of: ScoreFunction,
    *,
    trials: int = TRIALS,
    seed: int = SEED,
    key: str = "",
    groups: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return two-sided p-values of all pairs of systems by approximate randomisation.

    Args:
        statistics: shape (S, n, K), integers: `Layout.statistics` of each system.
        of: function of sums (..., K) that returns scores (..., F).
        trials: the number of trials, R. No p-value is below 1 / (R + 1).
        seed, key, groups: as for `resampling.bootstrap`.

    Returns:
        Shape (P, F), pairs in the order of `pairs`: (1 + trials that reach the difference) / (R + 1).

    >>> import numpy as np
    >>> right = np.array([[[1]] * 9 + [[0]], [[0]] * 9 + [[1]]])
    >>> p = randomisation_test(right, lambda sums: sums / 10, trials=20_000, seed=1)
    >>> abs(float(p[0, 0]) - 22 / 1024) < 0.004
    True
    """
    swaps = SwapSampler(statistics, of, seed=seed, key=key, groups=groups)
    observed = swaps.observed()
    count = np.zeros(observed.shape, np.int64)
    for block in blocks(trials, swaps.width):
        count += count_reached(swaps.differences(block), observed)
    return (1 + count) / (trials + 1)


def bootstrap_p(replicates: NDArray, observed: NDArray) -> NDArray[np.float64]:
    """Return two-sided p-values from replicates of differences, centred at 0.

    Taking the absolute value before centring, as Moses and sacreBLEU do, doubles the rate of false
    positives.

    Args:
        replicates: shape (P, B, ...).
        observed: shape (P, ...).

    >>> import numpy as np
    >>> round(float(bootstrap_p(np.linspace(0, 2, 999)[None], np.array([1.0]))[0]), 3)
    0.003
    """
    return (1 + count_reached(replicates - observed[:, None], observed)) / (replicates.shape[1] + 1)


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Return p-values with Holm's correction, which controls the family-wise error rate (Holm 1979).

    >>> [round(x, 2) for x in holm([0.01, 0.04, 0.03, 0.005]).tolist()]
    [0.03, 0.06, 0.06, 0.02]
    """
    raw = np.asarray(p, float)
    order = raw.argsort(kind="stable")
    stepped = np.maximum.accumulate((raw.size - np.arange(raw.size)) * raw[order])
    return np.minimum(1, stepped)[order.argsort()]


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Return p-values corrected to control the false discovery rate (Benjamini and Hochberg 1995).

    >>> [round(x, 2) for x in benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).tolist()]
    [0.02, 0.04, 0.04, 0.02]
    """
    raw = np.asarray(p, float)
    order = raw.argsort(kind="stable")[::-1]
    stepped = np.minimum.accumulate(raw.size / (raw.size - np.arange(raw.size)) * raw[order])
    return np.minimum(1, stepped)[order.argsort()]


def ranks(scores: NDArray, *, lower_is_better: bool = False) -> NDArray[np.int64]:
    """Return ranks from 1; equal scores share the better rank.

    Args:
        scores: shape (S, ...).

    >>> import numpy as np
    >>> ranks(np.array([0.5, 0.7, 0.7, 0.2])).tolist()
    [3, 1, 1, 4]
    """
    goodness = -scores if lower_is_better else scores
    return np.stack([1 + (goodness > own + TIE).sum(axis=0) for own in goodness])


def best_shares(ranks: NDArray) -> NDArray[np.float64]:
    """Return the share of replicates in which each system ranks first; ties share it.

    Args:
        ranks: shape (S, B).

    Returns:
        Shape (S,), sums to 1.
    """
    first = ranks == 1
    return (first / first.sum(axis=0)).mean(axis=1)


def rank_interval(ranks: NDArray, level: float) -> tuple[int, int]:
    """Return the interval of a system's rank that covers `level` of the replicates: ranks of shape (B,)."""
    tail = (1 - level) / 2
    low, high = np.quantile(ranks, (tail, 1 - tail), method="inverted_cdf")
    return int(low), int(high)


def letter(index: int) -> str:
    """Return the letter of a system: a to z, then aa, ab and so on.

    >>> [letter(i) for i in (0, 25, 26, 701, 702)]
    ['a', 'z', 'aa', 'zz', 'aaa']
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("a") + rest) + name
    return name


def letters(indices: Iterable[int]) -> str:
    """Return the letters of several systems, with three or more in sequence as a range.

    >>> letters([1, 3, 4, 5, 26])
    'b d–f aa'
    """
    runs: list[list[int]] = []
    for index in sorted(indices):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return " ".join(
        f"{letter(run[0])}–{letter(run[-1])}" if len(run) > 2 else " ".join(map(letter, run)) for run in runs
    )


def detectable(se: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest true difference that a test detects with this power, given its standard error.

    >>> round(detectable(0.01), 3)
    0.028
    """
    normal = NormalDist()
    return se * (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power))


def adjusted(p: NDArray, systems: int, family: str, *, fdr: bool = False) -> NDArray[np.float64]:
    """Correct p-values within a family of tests.

    Args:
        p: shape (Q, P): languages by pairs of systems in the order of `pairs`.
        family: ``rivals``: the tests of one system against all others in one language, so that the
            value in row i, column j belongs to the family of i; ``pairs``: all pairs in one language;
            ``languages``: all languages for one pair.
        fdr: Benjamini-Hochberg instead of Holm.

    Returns:
        Shape (Q, S, S), nan on the diagonal.

    >>> adjusted(np.array([[0.01, 0.04, 0.5]]), 3, "rivals")[0].round(2).tolist()
    [[nan, 0.02, 0.04], [0.02, nan, 0.5], [0.08, 0.5, nan]]
    """
    correct = benjamini_hochberg if fdr else holm
    first, second = pairs(systems)
    corrected = np.full((len(p), systems, systems), np.nan)
    if family != "rivals":
        corrected[:, first, second] = np.apply_along_axis(correct, 1 if family == "pairs" else 0, p)
        corrected[:, second, first] = corrected[:, first, second]
        return corrected
    raw = corrected.copy()
    raw[:, first, second] = raw[:, second, first] = p
    others = ~np.eye(systems, dtype=bool)
    for q in range(len(p)):
        for i in range(systems):
            corrected[q, i, others[i]] = correct(raw[q, i, others[i]])
    return corrected
