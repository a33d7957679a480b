"""Cut points: the values from which a number in [0, 1] counts as intensity 1, 2 and so on.

The official metric for intensities is most often Pearson's r of integer intensities, averaged over emotions.
Predictions of an uncertain model stay near the mean, so rounding to the nearest intensity would never give the highest
one. Cut points are tuned for the metric, on dev or out of fold, as thresholds are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from semeval_emo.scoring.metrics import METRICS, Metric
from semeval_emo.zoo.recipe import ThresholdConfig

MAX_SETS = 200_000
"""The largest number of sets of cut points to try per emotion; finer grids are thinned."""


def rounding_cut_points(top: int) -> np.ndarray:
    """Return the cut points of rounding to the nearest intensity: shape (top,).

    >>> rounding_cut_points(3).round(3).tolist()
    [0.167, 0.5, 0.833]
    """
    return (np.arange(top) + 0.5) / top


def format_threshold(value: float | Sequence[float]) -> str:
    """Format a threshold, or the cut points of an emotion.

    >>> format_threshold(0.5), format_threshold([0.1, 0.25, 0.8])
    ('0.50', '0.10 0.25 0.80')
    """
    return f"{value:.2f}" if isinstance(value, int | float) else " ".join(f"{cut:.2f}" for cut in value)


def fit(
    probabilities: np.ndarray, labels: np.ndarray, top: int, rule: ThresholdConfig, metric: str = "pearson"
) -> np.ndarray:
    """Fit cut points by a recipe's rule; on the data they are fitted to they are never worse than rounding.

    ``per_label`` shrinks the cut points of an emotion towards the global ones by ``shrink / (shrink + positives)``,
    as for thresholds. Matching the frequency of each intensity instead would be no better: even where an emotion never
    has the highest intensity, predicting it for the most certain texts raises r.

    Args:
        probabilities: shape (n, L), intensities scaled to [0, 1].
        labels: shape (n, L), intensities from 0 to `top`; -1 where unknown.
        metric: a metric of intensities, which is a mean over emotions.

    Returns:
        Cut points of shape (L, top), ascending along the last axis.

    >>> p = np.array([[0.1], [0.2], [0.3], [0.4]])
    >>> rule = ThresholdConfig(rule="global", grid=(0.15, 0.35, 0.1))
    >>> fit(p, np.array([[0], [1], [2], [3]]), 3, rule).round(2).tolist()
    [[0.15, 0.25, 0.35]]
    """
    columns = [(p[y >= 0], y[y >= 0]) for p, y in zip(probabilities.T, labels.T, strict=True)]
    rounding = rounding_cut_points(top)
    grid, sets = _candidates(rule.grid, top)
    # An emotion with a single intensity carries no information, although the scorer gives 1 for two constant columns.
    own_metric = METRICS[f"emotion_{metric}"]
    scores = np.stack([_gains(p, y, grid, sets, own_metric) * (len(np.unique(y)) > 1) for p, y in columns])
    common = grid[sets[_middle(sets, scores.mean(0))]]
    if rule.rule == "global":
        return np.tile(common, (len(columns), 1))
    cut_points = []
    for (p, y), score in zip(columns, scores, strict=True):
        own = grid[sets[_middle(sets, score)]]
        positives = int((y > 0).sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        shrunk = trust * own + (1 - trust) * common
        index = np.arange(top)[None]
        better = _gains(p, y, shrunk, index, own_metric) >= _gains(p, y, rounding, index, own_metric)
        cut_points.append(shrunk if better[0] else rounding)
    return np.stack(cut_points)


@lru_cache(maxsize=4)
def _candidates(bounds: tuple[float, ...], top: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid, shape (G,), and all ascending sets of `top` of its points as indices, shape (sets, top)."""
    first, last, step = bounds
    stride = 1
    while True:
        points = np.arange(first, last + step / 2, step)[::stride]
        grid = np.unique(np.round([*points, *rounding_cut_points(top)], 6))
        # The grid is rounded, but the cut points of rounding must stay exact.
        for cut in rounding_cut_points(top):
            grid[np.abs(grid - cut).argmin()] = cut
        if comb(len(grid) + top - 1, top) <= MAX_SETS or len(points) == 1:
            # In this order each cut point is a column without gaps, which `_gains` adds several times faster.
            return grid, np.asfortranarray(list(combinations_with_replacement(range(len(grid)), top)))
        stride += 1


def _gains(p: np.ndarray, y: np.ndarray, grid: np.ndarray, sets: np.ndarray, metric: Metric) -> np.ndarray:
    """Return the metric of gold intensities and the intensities of each set of cut points, shape (sets,).

    Higher is better. All sums are sums of the number of texts of each gold intensity above each cut point.
    """
    top = sets.shape[1]
    values = np.arange(top + 1)
    # Of each gold intensity, the number of texts at or above each grid point: shape (G, top + 1).
    above = np.stack([np.sum(y == v) - np.searchsorted(np.sort(p[y == v]), grid) for v in values], axis=1)
    texts, intensities = above.sum(1), above @ values
    gold = np.bincount(y, minlength=top + 1)
    sums = {
        "texts": np.array(len(p)),
        "x": np.array(gold @ values),
        "xx": np.array(gold @ values**2),
        # The intensity of a text above k cut points is k ones, and its square the sum of the first k odd numbers.
        "y": sum(texts[points] for points in sets.T),
        "yy": sum(texts[points] * odd for points, odd in zip(sets.T, range(1, 2 * top, 2), strict=True)),
        "xy": sum(intensities[points] for points in sets.T),
    }
    if {"joint", "gap"} & set(metric.blocks):
        reached = above[sets].transpose(0, 2, 1)
        whole = np.broadcast_to(gold[:, None], (len(sets), top + 1, 1))
        joint = -np.diff(np.concatenate([whole, reached, np.zeros_like(whole)], axis=2), axis=2)
        sums["gap"] = (joint * np.abs(values[:, None] - values)).sum((1, 2))
        sums["joint"] = joint.reshape(len(sets), -1)
    whole_sums = {name: value if name == "joint" else value[..., None] for name, value in sums.items()}
    return metric.gain(metric(whole_sums)[:, 0])


def _middle(sets: np.ndarray, scores: np.ndarray) -> int:
    """Return the index of the set closest to the mean of all sets with the highest score.

    A cut point in the middle does not depend on a single text.
    """
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    tied = sets[best]
    return int(best[np.abs(tied - tied.mean(0)).sum(1).argmin()])
