"""Confidence intervals from bootstrap replicates: percentile, and BCa, which corrects bias and skewness."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.scoring.resampling import LEVEL, ScoreFunction, check_size, merged, pool

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """A score with its confidence interval over texts.

    Attributes:
        value: the score on the whole test set (not the mean of the replicates).
        low, high: the bounds of the interval.
        se: the standard error: the standard deviation of the replicates.
    """

    value: float
    low: float
    high: float
    se: float

    def compared_with(self, score: float) -> int | None:
        """Return 1 if the whole interval is above a score, -1 if below, 0 if it contains it; None without bounds.

        >>> own = Interval(0.5, 0.4, 0.6, 0.05)
        >>> own.compared_with(0.39), own.compared_with(0.4), own.compared_with(0.61)
        (1, 0, -1)
        """
        if self.low != self.low or self.high != self.high:
            return None
        return (self.low > score) - (self.high < score)

    def negated(self) -> Interval:
        """Return the interval of the negated value, such as the opposite difference."""
        return Interval(-self.value, -self.high, -self.low, self.se)

    def scaled(self, factor: float) -> Interval:
        """Return the interval of the value times a positive number."""
        return Interval(self.value * factor, self.low * factor, self.high * factor, self.se * factor)


def interval(
    value: float, replicates: NDArray, *, level: float = LEVEL, jackknife_influence: NDArray | None = None
) -> Interval:
    """Return the confidence interval of one score: BCa if the jackknife influence is given, else percentile.

    Args:
        value: the score on all texts.
        replicates: shape (B,).
        level: nominal coverage, in (0, 1).
        jackknife_influence: shape (m,), from `jackknife_influence_of`. With it the interval is BCa (Efron
            1987), or percentile where BCa is undefined (all replicates on one side of the score).

    Returns:
        The interval; its bounds are nan if a replicate is nan (`metrics.ORGANISERS`).

    >>> import numpy as np
    >>> result = interval(0.5, np.linspace(0, 1, 101))
    >>> round(result.low, 3), round(result.high, 3)
    (0.025, 0.975)
    """
    if np.isnan(value) or np.isnan(replicates).any():
        return Interval(float(value), float("nan"), float("nan"), float("nan"))
    tail = (1 - level) / 2
    correction = BcaCorrection.of(value, replicates, jackknife_influence)
    # Five times faster than numpy.quantile, with the same result.
    rising = np.sort(replicates)
    low, high = (_interpolated(rising, correction.share(quantile)) for quantile in (tail, 1 - tail))
    return Interval(float(value), low, high, float(np.std(replicates, ddof=1)))


def _interpolated(rising: NDArray, quantile: float) -> float:
    position = quantile * (rising.size - 1)
    below = int(position)
    above = min(below + 1, rising.size - 1)
    return float(rising[below] + (position - below) * (rising[above] - rising[below]))


@dataclass(frozen=True)
class BcaCorrection:
    """Bias and acceleration of a BCa interval: which share of the replicates a quantile corresponds to.

    Macro-F1 with rare emotions is biased: a resample with few of them scores lower. Percentile bounds
    are then too low by twice the bias, and averaging over many languages does not reduce that.

    Attributes:
        bias: distance of the score from the median of its replicates, in standard normal units.
        skew: rate of change of the standard error with the score (the acceleration).
    """

    bias: float = 0.0
    skew: float = 0.0

    @classmethod
    def of(cls, value: float, replicates: NDArray, jackknife_influence: NDArray | None) -> BcaCorrection:
        """Return the correction of one score; no correction without influence values or if it is undefined."""
        if jackknife_influence is None:
            return cls()
        below = float(((replicates < value).mean() + (replicates <= value).mean()) / 2)
        spread = float((jackknife_influence**2).sum()) ** 1.5
        if not 0 < below < 1 or spread == 0:
            return cls()
        return cls(_NORMAL.inv_cdf(below), float((jackknife_influence**3).sum()) / (6 * spread))

    def share(self, quantile: float) -> float:
        """Return the share of replicates below the bound at a quantile."""
        if not (self.bias or self.skew):
            return quantile
        z = self.bias + _NORMAL.inv_cdf(quantile)
        return _NORMAL.cdf(self.bias + z / (1 - self.skew * z))

    def quantile(self, share: float) -> float:
        """Return the quantile of a share of replicates: the inverse of `share`.

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
    """Return the jackknife influence of each text on each score.

    The influence of a text is the mean of the scores with one text left out, minus the score without
    this one, times (m - 1) / m. The influence on a difference is the difference of the influences; that
    on an average over languages is the influence in each language divided by their number.

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
    left_out = np.ascontiguousarray((totals[:, None] - rows).transpose(0, 2, 1)).astype(np.float64)
    scores = of(np.moveaxis(left_out, 1, -1))[:, index]
    return (scores.mean(axis=1, keepdims=True) - scores) * ((size - 1) / size)
