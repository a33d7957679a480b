"""Values of all metrics for arrays, or for chunks of rows larger than memory.

Works on plain arrays; `scorer` adds files, releases and provenance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeval_emo.errors import UsageError, suggest
from semeval_emo.scoring.metrics import CODABENCH, INTENSITY_METRICS, LABEL_METRICS, METRICS, layout_of, metric
from semeval_emo.scoring.statistics import Layout
from semeval_emo.text import short_repr

# Rows per chunk: about 8 MB of statistics with six emotions.
CHUNK = 65_536

ROUNDINGS = {"organisers": 4, "codabench": 6}
"""Number of decimals that each official scorer prints."""


@dataclass(frozen=True)
class MetricValues:
    """Values of all metrics of one file.

    Attributes:
        texts: the number of texts, n.
        emotions: the label columns, in order.
        whole: metrics of the whole file by name.
        by_emotion: metrics and counts per emotion, by name; tuples in the order of `emotions`.
        unlabelled: number of texts with no label in gold and predictions, which Jaccard and samples
            F1 count as 0 or 1 (`Track.empty`); None for intensities.

    >>> metrics = score_arrays([[1, 0], [1, 1]], [[1, 0], [0, 1]], ("joy", "fear"))
    >>> round(metrics.whole["macro_f1"], 4), metrics.by_emotion["tp"]
    (0.8333, (1, 1))
    """

    texts: int
    emotions: tuple[str, ...]
    whole: dict[str, float]
    by_emotion: dict[str, tuple[float, ...]]
    unlabelled: int | None = None

    @property
    def never_predicted(self) -> tuple[str, ...]:
        """The emotions that are predicted for no text."""
        if self.unlabelled is None:
            counts = self.by_emotion["predicted_mean"]
        else:
            counts = tuple(map(sum, zip(self.by_emotion["tp"], self.by_emotion["fp"], strict=True)))
        return tuple(name for name, count in zip(self.emotions, counts, strict=True) if not count and self.texts)

    @property
    def always_predicted(self) -> tuple[str, ...]:
        """The emotions that are predicted for every text; empty for intensities."""
        if self.unlabelled is None:
            return ()
        counts = map(sum, zip(self.by_emotion["tp"], self.by_emotion["fp"], strict=True))
        return tuple(name for name, n in zip(self.emotions, counts, strict=True) if n == self.texts > 0)

    def value(self, name: str) -> float:
        """Return one value by name: ``macro_f1`` of the whole file, ``f1.anger`` of one emotion.

        Raises:
            UsageError: the name is unknown.
        """
        if name in self.whole:
            return self.whole[name]
        base, _, emotion = name.partition(".")
        if base in self.by_emotion and emotion in self.emotions:
            return self.by_emotion[base][self.emotions.index(emotion)]
        known = [*self.whole, *(f"{k}.{e}" for k in self.by_emotion for e in self.emotions)]
        raise UsageError(
            f"There is no metric '{name}' for this file.",
            suggest(name, known)
            or f"use one of {', '.join(self.whole)}, or a metric per emotion: f1.{self.emotions[0]}",
        )

    def rounded(self, rounding: str) -> MetricValues:
        """Return the values rounded as an official scorer prints them.

        Args:
            rounding: ``organisers`` (4 decimals; each Pearson r rounded before the mean over
                emotions) or ``codabench`` (6 decimals, the mean taken before rounding).

        Raises:
            UsageError: unknown rounding.
        """
        by_emotion = {
            name: tuple(value if isinstance(value, int) else round_as(value, rounding) for value in row)
            for name, row in self.by_emotion.items()
        }
        whole = dict(self.whole)
        if rounding == "organisers" and "pearson" in whole:
            from statistics import mean

            # The exact mean, as in the checker: of six values with four decimals, every sixth mean is a tie.
            whole["pearson"] = mean(by_emotion["emotion_pearson"])
        whole = {name: round_as(value, rounding) for name, value in whole.items()}
        return MetricValues(self.texts, self.emotions, whole, by_emotion, self.unlabelled)

    def __repr__(self) -> str:
        return short_repr(
            self,
            texts=self.texts,
            emotions=self.emotions,
            **{name: round(value, 4) for name, value in self.whole.items()},
        )


def round_as(value: float, rounding: str) -> float:
    """Round one value as an official scorer does; nan stays nan.

    The organisers' checker uses `numpy.round` (scale, then round half to even), the Codabench scorer
    Python's `round` (correctly rounded); they differ only on ties.

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
    """Return the statistics that all metrics of labels (V = 2) or intensities (V > 2) need."""
    names = INTENSITY_METRICS if values > 2 else LABEL_METRICS
    return layout_of([METRICS[name] for name in names], emotions, values)


def metric_values(
    layout: Layout, sums: NDArray, emotions: tuple[str, ...], rule: str = CODABENCH, empty: int = 0
) -> MetricValues:
    """Return the values of all metrics from summed statistics.

    Args:
        layout: from `layout_of_all`.
        sums: shape (K,).
        emotions: names of the L columns.
        rule, empty: how metrics are defined where they are undefined in mathematics, as for `metrics.metric`.
    """
    blocks = layout.split(sums)
    names = INTENSITY_METRICS if layout.values > 2 else LABEL_METRICS
    whole, by_emotion = {}, {}
    for name in names:
        values = metric(name, rule, empty)(blocks)
        if METRICS[name].per_emotion:
            by_emotion[name] = tuple(map(float, values))
        else:
            whole[name] = float(values)
    if layout.values > 2:
        texts, unlabelled = int(blocks["texts"][0]), None
        totals = {"gold_mean": blocks["x"], "predicted_mean": blocks["y"]}
        by_emotion |= {name: tuple(float(total) / max(texts, 1) for total in row) for name, row in totals.items()}
    else:
        tp, predicted, gold = (blocks[name].astype(int) for name in ("tp", "predicted", "gold"))
        texts, unlabelled = int(blocks["outcomes"].sum()), int(blocks["outcomes"][0])
        counts = {"support": gold, "tp": tp, "fp": predicted - tp, "fn": gold - tp, "tn": texts - predicted - gold + tp}
        by_emotion |= {name: tuple(row.tolist()) for name, row in counts.items()}
    return MetricValues(texts, emotions, whole, by_emotion, unlabelled)


def score_arrays(
    gold: ArrayLike,
    predicted: ArrayLike,
    emotions: tuple[str, ...],
    *,
    values: int = 2,
    rule: str = CODABENCH,
    empty: int = 0,
) -> MetricValues:
    """Return the values of all metrics for two arrays.

    Args:
        gold: shape (n, L), integers from 0 to `values` - 1.
        predicted: likewise; rows are the same texts in the same order.
        emotions: names of the L columns.
        values: number of values of a cell: 2 for labels, more for intensities.
        rule, empty: how metrics are defined where they are undefined in mathematics, as for `metrics.metric`.

    Raises:
        UsageError: the shapes differ, or a value is out of range.
    """
    x, y = np.asarray(gold), np.asarray(predicted)
    if x.shape != y.shape:
        raise UsageError(f"Gold has the shape {x.shape} and the predictions {y.shape}; they must be the same.")
    starts = range(0, max(len(x), 1), CHUNK)
    chunks = ((x[i : i + CHUNK], y[i : i + CHUNK]) for i in starts)
    return score_chunks(chunks, emotions, values=values, rule=rule, empty=empty)


def score_chunks(
    chunks: Iterable[tuple[ArrayLike, ArrayLike]],
    emotions: tuple[str, ...],
    *,
    values: int = 2,
    rule: str = CODABENCH,
    empty: int = 0,
) -> MetricValues:
    """Return the exact values of all metrics for rows that come in chunks, in constant memory.

    Args:
        chunks: pairs (gold, predicted) as in `score_arrays`, of any size.

    Raises:
        UsageError: the shapes differ, or a value is out of range.

    >>> halves = [([[1, 0]], [[1, 0]]), ([[1, 1]], [[0, 1]])]
    >>> score_chunks(halves, ("joy", "fear")) == score_arrays([[1, 0], [1, 1]], [[1, 0], [0, 1]], ("joy", "fear"))
    True
    """
    layout = layout_of_all(len(emotions), values)
    total = np.zeros(layout.width, np.int64)
    for gold, predicted in chunks:
        total += layout.sums(gold, predicted)
    return metric_values(layout, total, emotions, rule, empty)
