"""Thresholds: applying them to probabilities, and tuning them."""

from __future__ import annotations

from typing import Any

import numpy as np

from semeval_emo.parse import ShapeError, expect
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import Folds
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.selection import cut_points


def parse_thresholds(content: Any) -> np.ndarray:
    """Return thresholds of a JSON file: shape (L,), or (L, top) for cut points.

    Raises:
        ShapeError: it is not a list of finite numbers, or of lists of equally many finite numbers.

    >>> parse_thresholds([0.5, 0.4]).tolist(), parse_thresholds([[0.2, 0.6]]).tolist()
    ([0.5, 0.4], [[0.2, 0.6]])
    """
    rows = [expect(row, list, "an emotion") if isinstance(row, list) else [row] for row in expect(content, list, "it")]
    values = [[expect(value, float, "a threshold") for value in row] for row in rows]
    if not values or len({(len(row), type(entry) is list) for row, entry in zip(values, content, strict=True)}) > 1:
        raise ShapeError("the emotions have no or different numbers of thresholds")
    thresholds = np.array(values if type(content[0]) is list else [row[0] for row in values], dtype=float)
    if not np.isfinite(thresholds).all():
        raise ShapeError("a threshold is not a finite number")
    return thresholds


def apply_thresholds(probabilities: np.ndarray, thresholds: np.ndarray, space: Space) -> np.ndarray:
    """Apply thresholds or cut points, or round to the nearest intensity.

    Args:
        probabilities: shape (n, L) in [0, 1].
        thresholds: shape (L,); an emotion is present from its threshold on. Intensities are rounded instead, unless
            these are the cut points of `cut_points.fit`, shape (L, top).

    Returns:
        Labels of shape (n, L), int8.

    >>> apply_thresholds(np.array([[0.5, 0.2]]), np.array([0.5, 0.5]), Space(("joy", "fear"))).tolist()
    [[1, 0]]
    >>> apply_thresholds(np.array([[0.5, 0.1]]), np.array([0.5, 0.5]), Space(("joy", "fear"), top=3)).tolist()
    [[2, 0]]
    """
    if thresholds.ndim == 2:
        return (probabilities[:, :, None] >= thresholds).sum(2).astype(np.int8)
    if space.top == 1:
        return (probabilities >= thresholds).astype(np.int8)
    # Round half up; np.round would round half to even.
    return np.clip(np.floor(probabilities * space.top + 0.5), 0, space.top).astype(np.int8)


def tune(
    probabilities: np.ndarray,
    labels: np.ndarray,
    space: Space,
    rule: ThresholdConfig,
    metric: str,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Tune thresholds by a recipe's rule.

    The best value of the grid is the middle of the longest run of equally good ones, so that no threshold depends
    on a single text. Per-label thresholds are shrunk towards the global one by ``shrink / (shrink + positives)``.

    Args:
        probabilities: shape (n, L), of the split that `rule` names.
        labels: shape (n, L); -1 where unknown.
        metric: the metric that the global threshold maximises; a per-label threshold maximises the label's F1.
        groups: shape (n,), the group of each text, such as its language. The mean over groups is maximised, so
            that the thresholds suit an unseen group. Not used for intensities.

    Returns:
        Thresholds of shape (L,); for intensities, cut points of shape (L, top) unless the rule is fixed.

    >>> p = np.array([[0.9], [0.4], [0.3], [0.1]])
    >>> y = np.array([[1], [1], [0], [0]])
    >>> tune(p, y, Space(("joy",)), ThresholdConfig(rule="global"), "macro_f1").round(2).tolist()
    [0.36]
    """
    emotions = len(space.emotions)
    if rule.rule == "fixed":
        return np.array(rule.values) if rule.values else np.full(emotions, rule.value)
    if space.top > 1:
        return cut_points.fit(probabilities, labels, space.top, rule)
    first, last, step = rule.grid
    grid = np.round(np.arange(first, last + step / 2, step), 6)
    masks = [slice(None)] if groups is None else [groups == group for group in np.unique(groups)]
    counts = [_counts(probabilities[rows], labels[rows], grid) for rows in masks]
    common = _middle_of_best(grid, np.mean([METRICS[metric](group) for group in counts], axis=0))
    if rule.rule == "global":
        return np.full(emotions, common)
    # A group without labels of an emotion has F1 0 at every threshold, so it does not affect the maximum.
    own = np.mean([METRICS["f1"](group) for group in counts], axis=0)
    thresholds = np.empty(emotions)
    for i in range(emotions):
        positives = int((labels[:, i] > 0).sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        thresholds[i] = trust * _middle_of_best(grid, own[:, i]) + (1 - trust) * common
    return thresholds


def out_of_fold_labels(
    probabilities: np.ndarray, labels: np.ndarray, folds: Folds, space: Space, rule: ThresholdConfig, metric: str
) -> np.ndarray:
    """Return labels, shape (n, L), with thresholds tuned on the other folds: an estimate of the rule on new texts.

    Args:
        probabilities: shape (n, L), out-of-fold probabilities of the folds' own texts.
    """
    predicted = np.zeros(labels.shape, dtype=np.int8)
    for _, held_out in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        groups = None if folds.groups is None else folds.groups[rest]
        thresholds = tune(probabilities[rest], labels[rest], space, rule, metric, groups)
        predicted[held_out] = apply_thresholds(probabilities[held_out], thresholds, space)
    return predicted


def _counts(probabilities: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> dict[str, np.ndarray]:
    """Count true positives, predicted and gold positives with known labels at every threshold: each of shape (T, L)."""

    def at_least(values: np.ndarray) -> np.ndarray:
        return len(values) - np.searchsorted(np.sort(values), grid)

    columns = range(labels.shape[1])
    predicted = np.stack([at_least(probabilities[labels[:, i] >= 0, i]) for i in columns], axis=1)
    tp = np.stack([at_least(probabilities[labels[:, i] > 0, i]) for i in columns], axis=1)
    return {"tp": tp, "predicted": predicted, "gold": np.broadcast_to((labels > 0).sum(0), tp.shape)}


def _middle_of_best(grid: np.ndarray, scores: np.ndarray) -> float:
    """Return the middle of the longest (the first of equals) run of grid points with the highest score."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(runs, key=len)
    return float(grid[longest].mean())
