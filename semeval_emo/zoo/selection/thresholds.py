"""From probabilities to labels: thresholds, and how they are tuned.

Tuned on dev (or out of fold), never on test unless a recipe repeats what others published.
"""

from __future__ import annotations

import numpy as np

from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import Folds
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.selection import cut_points


def labels_of(probabilities: np.ndarray, thresholds: np.ndarray, space: Space) -> np.ndarray:
    """Applies thresholds or cut points, or rounds degrees to the nearest.

    Args:
        probabilities: shape (n, L) in [0, 1].
        thresholds: shape (L,); present means at least this much. Not used for degrees, which are
            rounded, unless they are cut points of shape (L, top), as `cut_points.fit` gives them.

    Returns:
        Labels of shape (n, L), int8.

    >>> labels_of(np.array([[0.5, 0.2]]), np.array([0.5, 0.5]), Space(("joy", "fear"))).tolist()
    [[1, 0]]
    >>> labels_of(np.array([[0.5, 0.1]]), np.array([0.5, 0.5]), Space(("joy", "fear"), top=3)).tolist()
    [[2, 0]]
    """
    if thresholds.ndim == 2:
        return (probabilities[:, :, None] >= thresholds).sum(2).astype(np.int8)
    if space.top == 1:
        return (probabilities >= thresholds).astype(np.int8)
    # Half a degree goes up, as people round; numpy would go to the even one.
    return np.clip(np.floor(probabilities * space.top + 0.5), 0, space.top).astype(np.int8)


def tune(
    probabilities: np.ndarray,
    labels: np.ndarray,
    space: Space,
    rule: ThresholdConfig,
    metric: str,
    parts: np.ndarray | None = None,
) -> np.ndarray:
    """Finds thresholds by a recipe's rule.

    The best value of a grid is the middle of the widest run of equally good ones, so that no
    threshold sits on the edge of a single text. Per-label thresholds lean towards the global one by
    ``shrink / (shrink + positives)``.

    Args:
        probabilities: shape (n, L), of the split that `rule` names.
        labels: shape (n, L); -1 where unknown.
        metric: what the global threshold maximises; a label's own one maximises its F1.
        parts: shape (n,), the part that each text is of, such as its language: what is maximised is then
            the mean over parts, so that a threshold suits a part that nobody has seen. Not used for degrees.

    Returns:
        Thresholds of shape (L,); of degrees, cut points of shape (L, top) unless the rule is fixed.

    >>> p = np.array([[0.9], [0.4], [0.3], [0.1]])
    >>> y = np.array([[1], [1], [0], [0]])
    >>> tune(p, y, Space(("joy",)), ThresholdConfig(rule="global"), "macro_f1").round(2).tolist()
    [0.36]
    """
    emotions = len(space.emotions)
    if rule.rule == "fixed":
        return np.full(emotions, rule.value)
    if space.top > 1:
        return cut_points.fit(probabilities, labels, space.top, rule)
    first, last, step = rule.grid
    grid = np.round(np.arange(first, last + step / 2, step), 6)
    each = [slice(None)] if parts is None else [parts == part for part in np.unique(parts)]
    sums = [_sums(probabilities[rows], labels[rows], grid) for rows in each]
    common = _middle_of_best(grid, np.mean([METRICS[metric](one) for one in sums], axis=0))
    if rule.rule == "global":
        return np.full(emotions, common)
    # Where a part does not know an emotion its F1 is 0 at every threshold, so it has no say.
    own = np.mean([METRICS["f1"](one) for one in sums], axis=0)
    found = np.empty(emotions)
    for i in range(emotions):
        positives = int((labels[:, i] > 0).sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        found[i] = trust * _middle_of_best(grid, own[:, i]) + (1 - trust) * common
    return found


def out_of_fold(
    probabilities: np.ndarray, labels: np.ndarray, folds: Folds, space: Space, rule: ThresholdConfig, metric: str
) -> np.ndarray:
    """Labels whose thresholds were tuned on the other folds: what the rule is worth on new texts.

    Args:
        probabilities: shape (n, L), of the folds' own texts.
        labels: shape (n, L).

    Returns:
        Labels of shape (n, L), int8.
    """
    decided = np.zeros(labels.shape, dtype=np.int8)
    for _, held in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held)
        parts = None if folds.parts is None else folds.parts[rest]
        thresholds = tune(probabilities[rest], labels[rest], space, rule, metric, parts)
        decided[held] = labels_of(probabilities[held], thresholds, space)
    return decided


def _sums(probabilities: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> dict[str, np.ndarray]:
    """True positives, predicted and gold at every threshold of a grid, where gold is known: each of shape (T, L)."""

    def at_least(values: np.ndarray) -> np.ndarray:
        # By sorting once instead of comparing at each threshold.
        return len(values) - np.searchsorted(np.sort(values), grid)

    columns = range(labels.shape[1])
    predicted = np.stack([at_least(probabilities[labels[:, i] >= 0, i]) for i in columns], axis=1)
    tp = np.stack([at_least(probabilities[labels[:, i] > 0, i]) for i in columns], axis=1)
    return {"tp": tp, "predicted": predicted, "gold": np.broadcast_to((labels > 0).sum(0), tp.shape)}


def _middle_of_best(grid: np.ndarray, scores: np.ndarray) -> float:
    """The middle of the longest run of grid points that share the highest score; the first of equals."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(runs, key=len)
    return float(grid[longest].mean())
