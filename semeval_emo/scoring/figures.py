"""Every figure of one set of sums, and sums over more rows than memory holds.

Works on plain arrays; `scorer` adds files, releases and provenance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.errors import UsageError, suggest
from semeval_emo.scoring.metrics import CODABENCH, INTENSITY_METRICS, LABEL_METRICS, METRICS, layout_of, metric
from semeval_emo.scoring.statistics import Layout

# Rows whose statistics are in memory at once: some 8 MB with six emotions.
CHUNK = 65_536

ROUNDINGS = {"organisers": 4, "codabench": 6}
"""How many decimals each official scorer prints."""


@dataclass(frozen=True)
class Figures:
    """What the metrics make of some sums.

    Attributes:
        texts: the number of texts, n.
        emotions: the label columns, in order.
        whole: figures of the whole file by metric name.
        by_emotion: figures and counts per emotion; each tuple runs along `emotions`.
        silent: texts with no label in gold and none predicted, which Jaccard and samples F1 count
            as 0; None for degrees.

    >>> figures = score_arrays([[1, 0], [1, 1]], [[1, 0], [0, 1]], ("joy", "fear"))
    >>> round(figures.whole["macro_f1"], 4), figures.by_emotion["tp"]
    (0.8333, (1, 1))
    """

    texts: int
    emotions: tuple[str, ...]
    whole: dict[str, float]
    by_emotion: dict[str, tuple[float, ...]]
    silent: int | None = None

    def value(self, name: str) -> float:
        """Looks a figure up: ``macro_f1`` of the whole, ``f1.anger`` of one emotion.

        Raises:
            UsageError: no such figure here.
        """
        if name in self.whole:
            return self.whole[name]
        kind, _, emotion = name.partition(".")
        if kind in self.by_emotion and emotion in self.emotions:
            return self.by_emotion[kind][self.emotions.index(emotion)]
        known = [*self.whole, *(f"{k}.{e}" for k in self.by_emotion for e in self.emotions)]
        raise UsageError(
            f"There is no figure '{name}' here.",
            suggest(name, known) or f"use one of {', '.join(self.whole)}, or f1.{self.emotions[0]} and the like",
        )

    def rounded(self, rounding: str) -> Figures:
        """The figures as an official scorer prints them.

        Args:
            rounding: ``organisers`` (4 decimals; each Pearson r rounded before the mean over
                emotions) or ``codabench`` (6 decimals, the mean taken before rounding).

        Raises:
            UsageError: unknown rounding.
        """
        by_emotion = {
            name: tuple(one if isinstance(one, int) else round_as(one, rounding) for one in row)
            for name, row in self.by_emotion.items()
        }
        whole = dict(self.whole)
        if rounding == "organisers" and "pearson" in whole:
            whole["pearson"] = math.fsum(by_emotion["emotion_pearson"]) / len(self.emotions)
        whole = {name: round_as(one, rounding) for name, one in whole.items()}
        return Figures(self.texts, self.emotions, whole, by_emotion, self.silent)


def round_as(value: float, rounding: str) -> float:
    """Rounds one figure as an official scorer does; nan stays nan.

    The organisers' checker rounds numpy's numbers (scale, then round half to even), the Codabench
    scorer Python's (correctly rounded); they part only on ties.

    Raises:
        UsageError: unknown scorer.

    >>> round_as(0.7113649, "organisers"), round_as(0.7113649, "codabench")
    (0.7114, 0.711365)
    """
    if rounding not in ROUNDINGS:
        raise UsageError(f"There is no rounding '{rounding}'.", f"use one of {', '.join(ROUNDINGS)}")
    decimals = ROUNDINGS[rounding]
    return float(np.round(value, decimals)) if rounding == "organisers" else round(float(value), decimals)


def layout_of_all(emotions: int, values: int = 2) -> Layout:
    """The statistics behind every metric of labels (V = 2) or of degrees (V > 2)."""
    names = INTENSITY_METRICS if values > 2 else LABEL_METRICS
    return layout_of([METRICS[name] for name in names], emotions, values)


def figures_of(layout: Layout, sums: NDArray, emotions: tuple[str, ...], rule: str = CODABENCH) -> Figures:
    """Every figure of summed statistics.

    Args:
        layout: of `layout_of_all`.
        sums: shape (K,).
        emotions: names of the L columns.
        rule: what Pearson and Spearman make of a constant column, one of `metrics.RULES`.
    """
    parts = layout.split(sums)
    names = INTENSITY_METRICS if layout.values > 2 else LABEL_METRICS
    whole, by_emotion = {}, {}
    for one in (metric(name, rule) for name in names):
        if one.per_emotion:
            by_emotion[one.name] = tuple(map(float, one(parts)))
        else:
            whole[one.name] = float(one(parts))
    if layout.values > 2:
        texts, silent = int(parts["texts"][0]), None
        means = {"gold_mean": parts["x"], "predicted_mean": parts["y"]}
        by_emotion |= {name: tuple(float(one) / max(texts, 1) for one in row) for name, row in means.items()}
    else:
        tp, predicted, gold = (parts[name].astype(int) for name in ("tp", "predicted", "gold"))
        texts, silent = int(parts["outcomes"].sum()), int(parts["outcomes"][0])
        counts = {"support": gold, "tp": tp, "fp": predicted - tp, "fn": gold - tp, "tn": texts - predicted - gold + tp}
        by_emotion |= {name: tuple(row.tolist()) for name, row in counts.items()}
    return Figures(texts, emotions, whole, by_emotion, silent)


def score_arrays(
    gold: ArrayLike, predicted: ArrayLike, emotions: tuple[str, ...], *, values: int = 2, rule: str = CODABENCH
) -> Figures:
    """Every figure of two matrices that lie in memory.

    Args:
        gold: shape (n, L), whole numbers from 0 to `values` - 1.
        predicted: likewise; rows are the same texts in the same order.
        emotions: names of the L columns.
        values: how many values a cell can have: 2 for labels, more for degrees.
        rule: what Pearson and Spearman make of a constant column, one of `metrics.RULES`.

    Raises:
        UsageError: shapes differ, or a value out of range.
    """
    x, y = np.asarray(gold), np.asarray(predicted)
    if x.shape != y.shape:
        raise UsageError(f"Gold has the shape {x.shape} and the predictions {y.shape}; they must be the same.")
    starts = range(0, max(len(x), 1), CHUNK)
    return score_chunks(((x[i : i + CHUNK], y[i : i + CHUNK]) for i in starts), emotions, values=values, rule=rule)


def score_chunks(
    chunks: Iterable[tuple[ArrayLike, ArrayLike]],
    emotions: tuple[str, ...],
    *,
    values: int = 2,
    rule: str = CODABENCH,
) -> Figures:
    """Every figure of rows that come in pieces: exact, in memory that does not grow with their number.

    Args:
        chunks: pairs (gold, predicted) as in `score_arrays`, in any sizes.

    Raises:
        UsageError: shapes differ, or a value out of range.

    >>> halves = [([[1, 0]], [[1, 0]]), ([[1, 1]], [[0, 1]])]
    >>> score_chunks(halves, ("joy", "fear")) == score_arrays([[1, 0], [1, 1]], [[1, 0], [0, 1]], ("joy", "fear"))
    True
    """
    layout = layout_of_all(len(emotions), values)
    total = np.zeros(layout.width, np.int64)
    for gold, predicted in chunks:
        total += layout.sums(gold, predicted)
    return figures_of(layout, total, emotions, rule)
