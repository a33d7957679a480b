"""Thresholds: applying them to probabilities, and tuning them."""

from __future__ import annotations

from typing import Any

import numpy as np

from semeval_emo.parse import ShapeError, expect
from semeval_emo.scoring.metrics import metric as scoring_metric
from semeval_emo.scoring.statistics import outcome_column, outcome_count
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

    The neutral label is left out where another is present.

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
        labels = (probabilities[:, :, None] >= thresholds).sum(2)
    elif space.top == 1:
        labels = probabilities >= thresholds
    else:
        # Round half up; np.round would round half to even.
        labels = np.clip(np.floor(probabilities * space.top + 0.5), 0, space.top)
    labels = labels.astype(np.int8)
    if space.neutral:
        column = space.emotions.index(space.neutral)
        labels[(labels > 0).sum(1) > 1, column] = 0
    return labels


def tune(
    probabilities: np.ndarray,
    labels: np.ndarray,
    space: Space,
    rule: ThresholdConfig,
    metric: str,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Tune thresholds by a recipe's rule.

    The global threshold maximises the metric. From it, label after label gets the threshold that maximises the metric
    with those of the other labels as they are, once; for macro F1 that is the one with the label's highest F1. It is
    then shrunk towards the global one by ``shrink / (shrink + positives)``. The best value of the grid is the middle
    of the longest run of equally good ones, so that no threshold depends on a single text.

    Args:
        probabilities: shape (n, L), of the split that `rule` names.
        labels: shape (n, L); -1 where unknown.
        metric: the metric of the whole file to maximise, or to minimise if lower is better.
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
        return cut_points.fit(probabilities, labels, space.top, rule, metric)
    first, last, step = rule.grid
    grid = np.round(np.arange(first, last + step / 2, step), 6)
    masks = [slice(None)] if groups is None else [groups == group for group in np.unique(groups)]
    tuned = scoring_metric(metric, empty=space.empty)
    sums_class: type[_Texts] | type[_Counts] = _Texts if "outcomes" in tuned.blocks else _Counts
    parts = [sums_class(probabilities[rows], labels[rows], grid) for rows in masks]

    def best(chosen: np.ndarray | None = None, label: int = 0) -> np.ndarray:
        """Return the best run of thresholds of all labels, or of one with the others as chosen, as indices."""
        sums = [part.sums(chosen, label) for part in parts]
        return _longest_best(tuned.gain(np.mean([tuned(part) for part in sums], axis=0)))

    run = best()
    common = float(grid[run].mean())
    thresholds = np.full(emotions, common)
    if rule.rule == "global":
        return thresholds
    chosen = np.full(emotions, run[(len(run) - 1) // 2])
    for i in range(emotions):
        run = best(chosen, i)
        chosen[i] = run[(len(run) - 1) // 2]
        positives = int((labels[:, i] > 0).sum())
        trust = positives / (positives + rule.shrink) if positives else 0.0
        thresholds[i] = trust * float(grid[run].mean()) + (1 - trust) * common
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


class _Counts:
    """Counts of true positives, predicted and gold positives with known labels at every threshold: shape (T, L)."""

    def __init__(self, probabilities: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> None:
        def at_least(values: np.ndarray) -> np.ndarray:
            return len(values) - np.searchsorted(np.sort(values), grid)

        columns = range(labels.shape[1])
        self.counts = {
            "tp": np.stack([at_least(probabilities[labels[:, i] > 0, i]) for i in columns], axis=1),
            "predicted": np.stack([at_least(probabilities[labels[:, i] >= 0, i]) for i in columns], axis=1),
            "gold": np.broadcast_to((labels > 0).sum(0), (len(grid), labels.shape[1])),
        }

    def sums(self, chosen: np.ndarray | None, label: int) -> dict[str, np.ndarray]:
        """Return the sums of `scoring.statistics` at every threshold of all labels, or of one label: shape (T, L).

        Args:
            chosen: the thresholds of the other labels, shape (L,), as indices; None for the same of all labels.
        """
        if chosen is None:
            return self.counts
        rows = np.tile(chosen, (len(self.counts["tp"]), 1))
        rows[:, label] = np.arange(len(rows))
        return {name: np.take_along_axis(values, rows, axis=0) for name, values in self.counts.items()}


class _Texts:
    """Probabilities and labels, for metrics that are means over texts; texts without a known label do not count."""

    def __init__(self, probabilities: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> None:
        known = labels >= 0
        rows = known.any(1)
        self.gold = (labels[rows] > 0) & known[rows]
        # The number of thresholds at which the label is predicted: the grid is ascending.
        self.reached = np.searchsorted(grid, probabilities[rows], side="right") * known[rows]
        self.thresholds = len(grid)

    def sums(self, chosen: np.ndarray | None, label: int) -> dict[str, np.ndarray]:
        """Return as in `_Counts`, but the block ``outcomes``: shape (T, `outcome_count`)."""
        labels = self.gold.shape[1]
        varies = np.full(labels, chosen is None)
        varies[label] = True
        reached, gold = self.reached[:, varies], self.gold[:, varies]
        fixed = self.reached[:, ~varies] > (0 if chosen is None else chosen[~varies])
        fixed_common = (fixed & self.gold[:, ~varies]).sum(1)
        fixed_union = (fixed | self.gold[:, ~varies]).sum(1)
        width = outcome_count(labels)
        outcomes = np.empty((self.thresholds, width))
        for at in range(self.thresholds):
            predicted = reached > at
            union = fixed_union + (predicted | gold).sum(1)
            common = fixed_common + (predicted & gold).sum(1)
            outcomes[at] = np.bincount(outcome_column(common, union), minlength=width)
        return {"outcomes": outcomes}


def _longest_best(scores: np.ndarray) -> np.ndarray:
    """Return the indices of the longest (the first of equals) run of grid points with the highest score."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return max(np.split(best, np.flatnonzero(np.diff(best) > 1) + 1), key=len)
