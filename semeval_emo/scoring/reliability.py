"""What probabilities are worth before a threshold: precision against recall, and calibration.

Works on plain arrays of one emotion; the points are for `semeval_emo.report` to draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Equal widths, so that a bin says what its name says; ten is the custom since Guo et al. (2017).
BINS = 10


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at every threshold that makes a difference.

    Attributes:
        thresholds: shape (k,), falling: the probabilities that occur.
        precision, recall: shape (k,), of labels given from each threshold up.
        average: average precision: the mean of precision, weighted by the gain in recall.
        prevalence: the share of texts that have the label, which is the precision of guessing.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    average: float
    prevalence: float

    def at(self, threshold: float) -> tuple[float, float] | None:
        """Precision and recall at a threshold; None where it is above every probability."""
        reached = int(np.count_nonzero(self.thresholds >= threshold))
        return (float(self.precision[reached - 1]), float(self.recall[reached - 1])) if reached else None


def precision_recall(gold: ArrayLike, probabilities: ArrayLike) -> PrecisionRecall | None:
    """Precision and recall of one emotion at all thresholds.

    Args:
        gold: shape (n,), 0 or 1.
        probabilities: shape (n,).

    Returns:
        The curve; None where no text has the label.

    >>> curve = precision_recall([1, 0, 1], [0.9, 0.8, 0.3])
    >>> curve.recall.tolist(), round(curve.average, 4), curve.at(0.5)
    ([0.5, 0.5, 1.0], 0.8333, (0.5, 0.5))
    """
    present, scores = np.asarray(gold) > 0, np.asarray(probabilities, float)
    if not present.any():
        return None
    order = np.argsort(-scores, kind="stable")
    hits, falling = np.cumsum(present[order]), scores[order]
    # Equal probabilities are reached together.
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    average = float((np.diff(recall, prepend=0.0) * precision).sum())
    return PrecisionRecall(falling[last], precision, recall, average, float(present.mean()))


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often a label holds that was given some probability.

    Attributes:
        predicted, observed: shape (k,): mean probability and share of gold labels of each bin that is not empty.
        counts: shape (k,): texts in it.
        error: expected calibration error: the mean gap between the two, weighted by texts.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    counts: NDArray[np.int64]
    error: float


def calibration(gold: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> Calibration:
    """Sets probabilities beside what came true, in bins of equal width.

    Args:
        gold: shape (n,), 0 or 1.
        probabilities: shape (n,), in [0, 1].

    >>> found = calibration([1, 0, 1, 1], [0.9, 0.1, 0.95, 0.15])
    >>> found.counts.tolist(), found.observed.tolist(), round(found.error, 3)
    ([2, 2], [0.5, 1.0], 0.225)
    """
    present, scores = np.asarray(gold) > 0, np.asarray(probabilities, float)
    place = np.minimum((scores * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    held = counts > 0
    predicted = np.bincount(place, scores, bins)[held] / counts[held]
    observed = np.bincount(place, present, bins)[held] / counts[held]
    error = float((counts[held] * np.abs(predicted - observed)).sum() / max(counts.sum(), 1))
    return Calibration(predicted, observed, counts[held], error)
