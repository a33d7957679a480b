"""Precision-recall curves and calibration of probabilities.

Works on plain arrays of one emotion; `semeval_emo.report` plots the results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Bins of equal width; ten bins as in Guo et al. (2017).
BINS = 10


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """A precision-recall curve.

    Attributes:
        thresholds: shape (k,), decreasing: the distinct probabilities.
        precision, recall: shape (k,), with labels at or above each threshold.
        average: average precision: the mean of precision weighted by the increase in recall.
        prevalence: share of texts with the label, the precision of random guessing.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    average: float
    prevalence: float

    def at(self, threshold: float) -> tuple[float, float] | None:
        """Return precision and recall at a threshold; None if it is above every probability."""
        reached = int(np.count_nonzero(self.thresholds >= threshold))
        return (float(self.precision[reached - 1]), float(self.recall[reached - 1])) if reached else None


def precision_recall(gold: ArrayLike, probabilities: ArrayLike) -> PrecisionRecall | None:
    """Return the precision-recall curve of one emotion.

    Args:
        gold: shape (n,), 0 or 1.
        probabilities: shape (n,).

    Returns:
        The curve; None if no text has the label.

    >>> curve = precision_recall([1, 0, 1], [0.9, 0.8, 0.3])
    >>> curve.recall.tolist(), round(curve.average, 4), curve.at(0.5)
    ([0.5, 0.5, 1.0], 0.8333, (0.5, 0.5))
    """
    present, scores = np.asarray(gold) > 0, np.asarray(probabilities, float)
    if not present.any():
        return None
    order = np.argsort(-scores, kind="stable")
    hits, decreasing = np.cumsum(present[order]), scores[order]
    # Equal probabilities share one threshold.
    last = np.append(np.flatnonzero(np.diff(decreasing)), len(decreasing) - 1)
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    average = float((np.diff(recall, prepend=0.0) * precision).sum())
    return PrecisionRecall(decreasing[last], precision, recall, average, float(present.mean()))


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibration curve.

    Attributes:
        predicted, observed: shape (k,): mean probability and share of gold labels in each non-empty bin.
        counts: shape (k,): number of texts in each bin.
        error: expected calibration error: the mean absolute difference of both, weighted by texts.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    counts: NDArray[np.int64]
    error: float


def calibration(gold: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> Calibration:
    """Return the calibration curve of one emotion, with bins of equal width.

    Args:
        gold: shape (n,), 0 or 1.
        probabilities: shape (n,), in [0, 1].

    >>> curve = calibration([1, 0, 1, 1], [0.9, 0.1, 0.95, 0.15])
    >>> curve.counts.tolist(), curve.observed.tolist(), round(curve.error, 3)
    ([2, 2], [0.5, 1.0], 0.225)
    """
    present, scores = np.asarray(gold) > 0, np.asarray(probabilities, float)
    bin_of = np.minimum((scores * bins).astype(int), bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    filled = counts > 0
    predicted = np.bincount(bin_of, scores, bins)[filled] / counts[filled]
    observed = np.bincount(bin_of, present, bins)[filled] / counts[filled]
    error = float((counts[filled] * np.abs(predicted - observed)).sum() / max(counts.sum(), 1))
    return Calibration(predicted, observed, counts[filled], error)
