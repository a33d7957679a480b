"""Cut points between degrees: from where a number in [0, 1] counts as at least one, at least two, and so on.

The official metric of degrees is Pearson's r of whole degrees, a mean over emotions. A model that is
unsure stays near the mean, so rounding to the nearest degree would never say the highest; cut points
are fitted to what r makes of them, on dev or out of fold, as thresholds are fitted to F1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.recipe import ThresholdConfig

# Sets of cut points tried for an emotion; a finer grid than that is thinned.
MOST = 200_000


def nearest(top: int) -> np.ndarray:
    """The cut points of rounding to the nearest degree: shape (top,).

    >>> nearest(3).round(3).tolist()
    [0.167, 0.5, 0.833]
    """
    return (np.arange(top) + 0.5) / top


def words(cut: float | Sequence[float]) -> str:
    """A threshold, or the cut points of an emotion, as people read them.

    >>> words(0.5), words([0.1, 0.25, 0.8])
    ('0.50', '0.10 0.25 0.80')
    """
    return f"{cut:.2f}" if isinstance(cut, int | float) else " ".join(f"{one:.2f}" for one in cut)


def fit(probabilities: np.ndarray, labels: np.ndarray, top: int, rule: ThresholdConfig) -> np.ndarray:
    """Finds cut points by a recipe's rule; on what they are fitted to they are no worse than rounding.

    ``per_label`` draws an emotion's cut points towards the common ones by ``shrink / (shrink + positives)``,
    as thresholds are. By how often each degree occurs would be no better: where an emotion never has
    the highest degree, saying it of the surest texts still raises r.

    Args:
        probabilities: shape (n, L), degrees scaled to [0, 1].
        labels: shape (n, L), degrees from 0 to `top`; -1 where unknown.

    Returns:
        Cut points of shape (L, top), rising along the last axis.

    >>> p = np.array([[0.1], [0.2], [0.3], [0.4]])
    >>> rule = ThresholdConfig(rule="global", grid=(0.15, 0.35, 0.1))
    >>> fit(p, np.array([[0], [1], [2], [3]]), 3, rule).round(2).tolist()
    [[0.15, 0.25, 0.35]]
    """
    columns = [(p[y >= 0], y[y >= 0]) for p, y in zip(probabilities.T, labels.T, strict=True)]
    plain = nearest(top)
    grid, sets = _candidates(rule, top)
    # An emotion that is never seen to vary has nothing to say, though the scorer gives 1 where both are silent.
    scores = np.stack([_pearson(p, y, grid, sets) * (len(np.unique(y)) > 1) for p, y in columns])
    common = grid[sets[_middle(sets, scores.mean(0))]]
    if rule.rule == "global":
        return np.tile(common, (len(columns), 1))
    found = []
    for (p, y), score in zip(columns, scores, strict=True):
        own = grid[sets[_middle(sets, score)]]
        positives = int((y > 0).sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        drawn = trust * own + (1 - trust) * common
        each = np.arange(top)[None]
        better = _pearson(p, y, drawn, each) >= _pearson(p, y, plain, each)
        found.append(drawn if better[0] else plain)
    return np.stack(found)


def _candidates(rule: ThresholdConfig, top: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid, and every rising set of `top` of its points as row numbers: shapes (G,) and (sets, top)."""
    first, last, step = rule.grid
    every = 1
    while True:
        points = np.arange(first, last + step / 2, step)[::every]
        grid = np.unique(np.round([*points, *nearest(top)], 6))
        # Rounded apart from it, the cut point of rounding would not be that of rounding.
        for cut in nearest(top):
            grid[np.abs(grid - cut).argmin()] = cut
        if comb(len(grid) + top - 1, top) <= MOST or len(points) == 1:
            return grid, np.array(list(combinations_with_replacement(range(len(grid)), top)))
        every += 1


def _pearson(p: np.ndarray, y: np.ndarray, grid: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Pearson's r of gold degrees and those that each set of cut points gives: shape (sets,).

    Every sum that r needs is a sum over the cut points: of a text that passes k of them, k ones make
    its degree, and the first k odd numbers its square.
    """
    order = np.argsort(p, kind="stable")
    passed = np.searchsorted(p[order], grid)
    # From each cut point on: how many texts, and the sum of their gold degrees.
    texts = len(p) - passed
    degrees = np.append(np.cumsum(y[order][::-1].astype(np.int64))[::-1], 0)[passed]
    odd = 2 * np.arange(sets.shape[1]) + 1
    sums = {
        "texts": np.array(len(p)),
        "x": np.array(y.sum(dtype=np.int64)),
        "xx": np.array((y.astype(np.int64) ** 2).sum()),
        "y": texts[sets].sum(1),
        "yy": (texts[sets] * odd).sum(1),
        "xy": degrees[sets].sum(1),
    }
    return METRICS["emotion_pearson"]({name: value[..., None] for name, value in sums.items()})[:, 0]


def _middle(sets: np.ndarray, scores: np.ndarray) -> int:
    """The set nearest to the mean of all that share the highest score, so that no cut sits on the edge of one text."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    tied = sets[best]
    return int(best[np.abs(tied - tied.mean(0)).sum(1).argmin()])
