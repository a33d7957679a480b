"""Intervals from bootstrap replicates: percentile, and BCa, which sets bias and skewness right."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.scoring.resampling import LEVEL, ScoreFunction, check_size, merged, pool

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty over texts.

    Attributes:
        value: the figure on the whole test set (not the mean of the replicates).
        low, high: the ends of the interval.
        se: the standard deviation of the replicates.
    """

    value: float
    low: float
    high: float
    se: float

    def negated(self) -> Interval:
        """The interval of the figure with its sign turned: of the difference the other way round."""
        return Interval(-self.value, -self.high, -self.low, self.se)

    def scaled(self, factor: float) -> Interval:
        """The interval of the figure times a positive number."""
        return Interval(self.value * factor, self.low * factor, self.high * factor, self.se * factor)


def interval(
    value: float, replicates: NDArray, *, level: float = LEVEL, jackknife_influence: NDArray | None = None
) -> Interval:
    """The interval of one figure: BCa where the pulls of the texts are given, else percentile.

    Args:
        value: the figure on all texts.
        replicates: shape (B,).
        level: coverage aimed at, in (0, 1).
        pulls: shape (m,), from `jackknife_influence_of`; they turn percentile into BCa (Efron 1987), which falls
            back to percentile where it is undefined (all replicates on one side of the figure).

    Returns:
        The interval; its ends are nan where a replicate is nan (`metrics.ORGANISERS`).

    >>> import numpy as np
    >>> found = interval(0.5, np.linspace(0, 1, 101))
    >>> round(found.low, 3), round(found.high, 3)
    (0.025, 0.975)
    """
    if np.isnan(value) or np.isnan(replicates).any():
        return Interval(float(value), float("nan"), float("nan"), float("nan"))
    tail = (1 - level) / 2
    correction = BcaCorrection.of(value, replicates, jackknife_influence)
    # Sorting whole and interpolating is five times faster than numpy.quantile, and the same.
    rising = np.sort(replicates)
    low, high = (_between(rising, correction.share(quantile)) for quantile in (tail, 1 - tail))
    return Interval(float(value), low, high, float(np.std(replicates, ddof=1)))


def _between(rising: NDArray, quantile: float) -> float:
    place = quantile * (rising.size - 1)
    below = int(place)
    above = min(below + 1, rising.size - 1)
    return float(rising[below] + (place - below) * (rising[above] - rising[below]))


@dataclass(frozen=True)
class BcaCorrection:
    """How BCa reads the replicates: which share of them a quantile stands for.

    Macro-F1 with rare emotions is biased: a resample that holds few of them scores lower. Percentile
    ends then lie too low, by twice the bias, which an average over many languages does not shrink.

    Attributes:
        bias: how far the figure lies from the middle of its replicates, in standard normal units.
        skew: how fast its standard error changes with its value (the acceleration).
    """

    bias: float = 0.0
    skew: float = 0.0

    @classmethod
    def of(cls, value: float, replicates: NDArray, jackknife_influence: NDArray | None) -> BcaCorrection:
        """The correction of one figure; none without pulls, or where it is undefined."""
        if jackknife_influence is None:
            return cls()
        below = float(((replicates < value).mean() + (replicates <= value).mean()) / 2)
        spread = float((jackknife_influence**2).sum()) ** 1.5
        if not 0 < below < 1 or spread == 0:
            return cls()
        return cls(_NORMAL.inv_cdf(below), float((jackknife_influence**3).sum()) / (6 * spread))

    def share(self, quantile: float) -> float:
        """The share of replicates below the end that stands at a quantile."""
        if not (self.bias or self.skew):
            return quantile
        z = self.bias + _NORMAL.inv_cdf(quantile)
        return _NORMAL.cdf(self.bias + z / (1 - self.skew * z))

    def quantile(self, share: float) -> float:
        """The quantile at which a share of replicates stands: the inverse of `share`.

        >>> round(BcaCorrection(0.1, 0.02).quantile(BcaCorrection(0.1, 0.02).share(0.025)), 6)
        0.025
        """
        if not (self.bias or self.skew) or not 0 < share < 1:
            return share
        z = _NORMAL.inv_cdf(share) - self.bias
        return _NORMAL.cdf(z / (1 + self.skew * z) - self.bias)


def jackknife_influence_of(
    statistics: ArrayLike, of: ScoreFunction, groups: ArrayLike | None = None
) -> NDArray[np.float64]:
    """How far each text pulls each figure: the jackknife, without a refit.

    The pull of a text is the mean of the figures with one text left out, less the figure without
    this one, times (m - 1) / m. Pulls of a difference are differences of pulls; those of an average
    over languages are the pulls of all languages, each over the number of languages.

    Args:
        statistics, of, groups: as for `bootstrap`.

    Returns:
        Shape (S, m) or (S, m, F), m the number of clusters.

    >>> import numpy as np
    >>> jackknife_influence_of(np.array([[1], [2], [6]]), lambda sums: sums[..., 0]).round(3).tolist()
    [[-1.333, -0.667, 2.0]]
    """
    units = pool(statistics, groups)
    size = units.shape[1]
    check_size(size)
    totals = units.sum(axis=1, dtype=np.int64)
    rows, index = merged(units)
    left = np.ascontiguousarray((totals[:, None] - rows).transpose(0, 2, 1)).astype(np.float64)
    figures = of(np.moveaxis(left, 1, -1))[:, index]
    return (figures.mean(axis=1, keepdims=True) - figures) * ((size - 1) / size)
