"""Metrics: functions of summed per-text statistics, defined once for scores, resampling and merging.

A metric has the names of the statistics that it needs (`statistics.BLOCKS`) and a pure function of
their sums that broadcasts over leading axes: sums of shape (..., K) give scores of shape (...) for a
metric of the whole file, or (..., L) for a metric per emotion. For weights W of shape (B, n)::

    layout = layout_of([METRICS["macro_f1"]], emotions=5)
    scores = METRICS["macro_f1"](layout.split(W @ layout.statistics(gold, predicted)))     # (B,)

As in the official scorers, an undefined precision, recall or F1 is 0. Pearson r of a constant column
is undefined in mathematics; `CODABENCH` and `ORGANISERS` are the values that the official scorers use.
Samples F1 and Jaccard of a text without labels in gold and predictions are undefined too; a track says
whether they are 0 or 1 (`Track.empty`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError, suggest
from semeval_emo.scoring.statistics import Layout, Sums, layout_for

T = TypeVar("T", float, NDArray)

# Pearson r of a constant column. Codabench scorer (2026) and tasks without scorers: 0.0, or 1.0 where both columns are
# constant and equal. Organisers' checker (January 2025): scipy's nan, which makes the average nan.
CODABENCH = "codabench"
ORGANISERS = "organisers-2025"
RULES = (CODABENCH, ORGANISERS)
CONSTANT_IS_0 = "constant-is-0"
"""The name of the rule `CODABENCH` in tasks that have no scorer of that name."""
# Samples F1 and Jaccard of a text without labels in gold and predictions: `zero_division` of scikit-learn.
EMPTY_RULES = (0, 1)


@dataclass(frozen=True)
class Metric:
    """A metric: the statistics it needs and a function of their sums.

    Attributes:
        name: name in options and JSON, such as ``macro_f1``.
        title: name in tables, such as ``macro F1``.
        blocks: names of `statistics.BLOCKS`.
        of: function of the summed blocks, each of shape (..., width).
        per_emotion: True if the result has shape (..., L) instead of (...).
        lower_is_better: True for errors.
    """

    name: str
    title: str
    blocks: tuple[str, ...]
    of: Callable[[Sums], NDArray]
    per_emotion: bool = False
    lower_is_better: bool = False

    def __call__(self, sums: Sums) -> NDArray:
        """Return the scores of summed statistics: shape (...) or, per emotion, (..., L)."""
        return self.of(sums)

    def gain(self, value: T) -> T:
        """Return a value of the metric with the sign that makes higher values better."""
        return -value if self.lower_is_better else value


def ratio(top: NDArray, bottom: NDArray) -> NDArray:
    """Divide, with 0 where the ratio is undefined (the organisers' rule for F1).

    >>> ratio(np.array([1, 0]), np.array([2, 0])).tolist()
    [0.5, 0.0]
    """
    top, bottom = np.broadcast_arrays(top, bottom)
    # zeros_like keeps the memory order of the axes, which makes resampling fast.
    return np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom != 0)


def _precision(s: Sums) -> NDArray:
    return ratio(s["tp"], s["predicted"])


def _recall(s: Sums) -> NDArray:
    return ratio(s["tp"], s["gold"])


def _f1(s: Sums) -> NDArray:
    return ratio(2 * s["tp"], s["predicted"] + s["gold"])


def _micro(metric: Callable[[Sums], NDArray]) -> Callable[[Sums], NDArray]:
    """Return the metric of the counts pooled over emotions."""
    return lambda s: metric({name: s[name].sum(-1) for name in ("tp", "predicted", "gold")})


def _macro(metric: Callable[[Sums], NDArray]) -> Callable[[Sums], NDArray]:
    """Return the unweighted mean of the metric over emotions."""
    return lambda s: metric(s).mean(-1)


def _over_texts(value: Callable[[NDArray, NDArray, int], NDArray]) -> Callable[[Sums], NDArray]:
    """Return the mean over texts of a function of (labels in common, labels in the union, L); 0 without texts."""

    def of(s: Sums) -> NDArray:
        counts = s["outcomes"]
        emotions = int(np.sqrt(2 * counts.shape[-1])) - 1  # counts.shape[-1] = (L + 1)(L + 2) / 2
        union = np.repeat(np.arange(emotions + 1), np.arange(1, emotions + 2))
        common = np.arange(counts.shape[-1]) - union * (union + 1) // 2
        return ratio((counts * value(common, union, emotions)).sum(-1), counts.sum(-1))

    return of


def _pearson(rule: str) -> Callable[[Sums], NDArray]:
    def of(s: Sums) -> NDArray:
        n = s["texts"]
        covariance = n * s["xy"] - s["x"] * s["y"]
        var_x, var_y = n * s["xx"] - s["x"] * s["x"], n * s["yy"] - s["y"] * s["y"]
        return _correlation(covariance, var_x, var_y, s["x"] == s["y"], rule)

    return of


def _correlation(covariance: NDArray, var_x: NDArray, var_y: NDArray, same_mean: NDArray, rule: str) -> NDArray:
    # One square root of the product: sqrt(v * v) is exactly v, so a perfect prediction scores exactly 1.
    spread = np.sqrt(np.asarray(var_x, float) * var_y)
    if rule == ORGANISERS:
        undefined = np.full(spread.shape, np.nan)
    else:
        undefined = np.where((var_x == 0) & (var_y == 0) & same_mean, 1.0, 0.0)
    return np.clip(np.divide(covariance, spread, out=undefined, where=spread > 0), -1, 1)


def _spearman(rule: str) -> Callable[[Sums], NDArray]:
    """Return Pearson r of average ranks, computed from the joint counts of the V values."""

    def of(s: Sums) -> NDArray:
        emotions = s["x"].shape[-1]
        values = round((s["joint"].shape[-1] / emotions) ** 0.5)
        joint = s["joint"].reshape(*s["joint"].shape[:-1], emotions, values, values)
        x, y = _mid_ranks(joint.sum(-1)), _mid_ranks(joint.sum(-2))
        covariance = (joint * x[..., :, None] * y[..., None, :]).sum((-2, -1))
        var_x, var_y = (joint.sum(-1) * x * x).sum(-1), (joint.sum(-2) * y * y).sum(-1)
        return _correlation(covariance, var_x, var_y, s["x"] == s["y"], rule)

    return of


def _mid_ranks(counts: NDArray) -> NDArray:
    """Return twice the average rank of each value, minus the mean: counts (..., V) to (..., V)."""
    # float64: the cube of ten million rows overflows int64.
    return np.asarray(2 * np.cumsum(counts, -1) - counts - counts.sum(-1, keepdims=True), float)


def _mae(s: Sums) -> NDArray:
    return ratio(s["gap"], s["texts"])


_COUNTS = ("tp", "predicted", "gold")
_MOMENTS = ("texts", "x", "y", "xx", "yy", "xy")


def _metrics(rule: str, empty: int) -> dict[str, Metric]:
    pearson, spearman = _pearson(rule), _spearman(rule)
    over = ("outcomes",)
    metrics = [
        Metric("macro_f1", "macro F1", _COUNTS, _macro(_f1)),
        Metric("macro_precision", "macro precision", _COUNTS, _macro(_precision)),
        Metric("macro_recall", "macro recall", _COUNTS, _macro(_recall)),
        Metric("micro_f1", "micro F1", _COUNTS, _micro(_f1)),
        Metric("micro_precision", "micro precision", _COUNTS, _micro(_precision)),
        Metric("micro_recall", "micro recall", _COUNTS, _micro(_recall)),
        Metric("samples_f1", "samples F1", over, _over_texts(lambda c, u, _: ratio(2 * c, c + u) + empty * (u == 0))),
        Metric("jaccard", "Jaccard", over, _over_texts(lambda c, u, _: ratio(c, u) + empty * (u == 0))),
        Metric("exact_match", "exact match", over, _over_texts(lambda c, u, _: 1.0 * (c == u))),
        Metric("hamming_loss", "Hamming loss", over, _over_texts(lambda c, u, n: (u - c) / n), lower_is_better=True),
        Metric("precision", "precision", _COUNTS, _precision, per_emotion=True),
        Metric("recall", "recall", _COUNTS, _recall, per_emotion=True),
        Metric("f1", "F1", _COUNTS, _f1, per_emotion=True),
        Metric("pearson", "Pearson r", _MOMENTS, _macro(pearson)),
        Metric("spearman", "Spearman rho", ("x", "y", "joint"), _macro(spearman)),
        Metric("mae", "MAE", ("texts", "gap"), _macro(_mae), lower_is_better=True),
        Metric("emotion_pearson", "Pearson r", _MOMENTS, pearson, per_emotion=True),
        Metric("emotion_spearman", "Spearman rho", ("x", "y", "joint"), spearman, per_emotion=True),
        Metric("emotion_mae", "MAE", ("texts", "gap"), _mae, per_emotion=True, lower_is_better=True),
    ]
    return {metric.name: metric for metric in metrics}


_BY_RULE = {(rule, empty): _metrics(rule, empty) for rule in RULES for empty in EMPTY_RULES}

METRICS = _BY_RULE[CODABENCH, 0]
"""Every metric by name, with the default rules for constant columns and for texts without labels."""

LABEL_METRICS = tuple(name for name, m in METRICS.items() if {"tp", "outcomes"} & set(m.blocks))
"""Metrics of binary labels (tracks A and C)."""

INTENSITY_METRICS = tuple(name for name in METRICS if name not in LABEL_METRICS)
"""Metrics of intensities (track B)."""


def metric(name: str, rule: str = CODABENCH, empty: int = 0) -> Metric:
    """Return a metric by name.

    Args:
        rule: how Pearson and Spearman of a constant column are defined, one of `RULES`.
        empty: samples F1 and Jaccard of a text without labels in gold and predictions, 0 or 1 (`Track.empty`).

    Raises:
        UsageError: the metric or a rule is unknown.

    >>> metric("macro_f1").title
    'macro F1'
    """
    if rule not in RULES:
        raise UsageError(f"There is no rule '{rule}' for constant columns.", f"use one of {', '.join(RULES)}")
    if empty not in EMPTY_RULES:
        raise UsageError(f"There is no rule '{empty}' for texts without labels.", "use 0 or 1")
    if name not in METRICS:
        raise UsageError(f"There is no metric '{name}'.", suggest(name, METRICS) or f"use one of {', '.join(METRICS)}")
    return _BY_RULE[rule, empty][name]


def layout_of(metrics: Iterable[Metric], emotions: int, values: int = 2) -> Layout:
    """Return the layout of the statistics that these metrics need.

    >>> layout_of([METRICS["macro_f1"], METRICS["micro_f1"]], emotions=5).width
    15
    """
    return layout_for((block for m in metrics for block in m.blocks), emotions, values)


def label_metric(official: str, has_degrees: bool) -> str:
    """Return the metric of each label that belongs to the official metric of a track.

    >>> label_metric("spearman", True), label_metric("pearson", True), label_metric("jaccard", False)
    ('emotion_spearman', 'emotion_pearson', 'f1')
    """
    if not has_degrees:
        return "f1"
    own = f"emotion_{official}"
    return own if own in METRICS else "emotion_pearson"
