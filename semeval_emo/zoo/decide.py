"""From probabilities to labels: thresholds, and how they are tuned.

Tuned on dev (or out of fold), never on test unless a recipe repeats what others published.
"""

from __future__ import annotations

import numpy as np

from semeval_emo.scoring.figures import score_arrays
from semeval_emo.zoo.family import Space
from semeval_emo.zoo.recipe import Threshold


def labels_of(probabilities: np.ndarray, thresholds: np.ndarray, space: Space) -> np.ndarray:
    """Applies thresholds, or rounds degrees to the nearest.

    Args:
        probabilities: shape (n, L) in [0, 1].
        thresholds: shape (L,); present means at least this much. Not used for degrees.

    Returns:
        Labels of shape (n, L), int8.

    >>> labels_of(np.array([[0.5, 0.2]]), np.array([0.5, 0.5]), Space(("joy", "fear"))).tolist()
    [[1, 0]]
    >>> labels_of(np.array([[0.5, 0.1]]), np.array([0.5, 0.5]), Space(("joy", "fear"), top=3)).tolist()
    [[2, 0]]
    """
    if space.top == 1:
        return (probabilities >= thresholds).astype(np.int8)
    # Half a degree goes up, as people round; numpy would go to the even one.
    return np.clip(np.floor(probabilities * space.top + 0.5), 0, space.top).astype(np.int8)


def tune(probabilities: np.ndarray, labels: np.ndarray, space: Space, rule: Threshold, metric: str) -> np.ndarray:
    """Finds thresholds by a recipe's rule.

    The best value of a grid is the middle of the widest run of equally good ones, so that no
    threshold sits on the edge of a single text. Per-label thresholds lean towards the global one by
    ``shrink / (shrink + positives)``.

    Args:
        probabilities: shape (n, L), of the split that `rule` names.
        labels: shape (n, L).
        metric: what the global threshold maximises; a label's own one maximises its F1.

    Returns:
        Thresholds of shape (L,).

    >>> p = np.array([[0.9], [0.4], [0.3], [0.1]])
    >>> y = np.array([[1], [1], [0], [0]])
    >>> tune(p, y, Space(("joy",)), Threshold(rule="global"), "macro_f1").round(2).tolist()
    [0.36]
    """
    emotions = len(space.emotions)
    if rule.rule == "fixed" or space.top > 1:
        return np.full(emotions, rule.value)
    first, last, step = rule.grid
    grid = np.round(np.arange(first, last + step / 2, step), 6)
    scores = [score_arrays(labels, probabilities >= t, space.emotions).whole[metric] for t in grid]
    common = _middle_of_best(grid, np.array(scores))
    if rule.rule == "global":
        return np.full(emotions, common)
    found = np.empty(emotions)
    for i in range(emotions):
        own = [_f1(labels[:, i], probabilities[:, i] >= t) for t in grid]
        positives = int(labels[:, i].sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        found[i] = trust * _middle_of_best(grid, np.array(own)) + (1 - trust) * common
    return found


def _f1(gold: np.ndarray, predicted: np.ndarray) -> float:
    total = int(gold.sum() + predicted.sum())
    return 2 * int((gold * predicted).sum()) / total if total else 0.0


def _middle_of_best(grid: np.ndarray, scores: np.ndarray) -> float:
    """The middle of the longest run of grid points that share the highest score; the first of equals."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(runs, key=len)
    return float(grid[longest].mean())
