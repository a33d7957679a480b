"""Confidence intervals of all metrics of scorecards, and of the averages over languages.

The resamples are those of `compare` (same seed, same language), so both give a file the same interval.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.scoring import resampling
from semeval_emo.scoring.duplicate_texts import text_clusters
from semeval_emo.scoring.intervals import interval, jackknife_influence_of
from semeval_emo.scoring.metric_values import layout_of_all
from semeval_emo.scoring.metrics import CODABENCH, INTENSITY_METRICS, LABEL_METRICS, RULES, Metric, metric
from semeval_emo.scoring.scorecard import Average, Scorecard, ScoreIntervals, Scores
from semeval_emo.scoring.scorer import task_of
from semeval_emo.task import Task


@dataclass(frozen=True, eq=False)
class _Resampled:
    """Metrics of one file or average: values (F,), replicates (B, F), jackknife influence (m, F) or None."""

    values: NDArray
    replicates: NDArray
    influence: NDArray | None
    texts: int | None
    note: str

    def first(self, count: int) -> _Resampled:
        """Return the first `count` metrics only."""
        influence = None if self.influence is None else self.influence[:, :count]
        return _Resampled(self.values[:count], self.replicates[:, :count], influence, self.texts, self.note)


def with_intervals(
    scores: Scores,
    *,
    resamples: int = resampling.RESAMPLES,
    seed: int = resampling.SEED,
    level: float = resampling.LEVEL,
    method: str = resampling.METHODS[0],
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
) -> Scores:
    """Return the scores with confidence intervals on every card and every average over languages.

    Args:
        scores: result of `score`.
        resamples: number of bootstrap resamples over texts; rows with the same text are drawn together.
        level: coverage of the intervals.
        method: ``bca`` or ``percentile``.
        source: where to find texts if the gold has none, as in `load_gold`.
        task: the task or its name; None means the task of the predictions.

    Raises:
        UsageError: too few resamples, an invalid level, or a file with fewer than two texts.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.scoring import score
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> flipped = gold.labels ^ (np.random.default_rng(0).random(gold.labels.shape) < 0.2)
    >>> card = with_intervals(score(Predictions(gold.spec, flipped, "mine"), gold), resamples=1000).card
    >>> macro_f1 = card.intervals.whole["macro_f1"]
    >>> macro_f1.low < card.score < macro_f1.high
    True
    """
    resampling.check_settings(resamples=resamples, seed=seed, level=level, method=method)

    def intervals(resampled: _Resampled, metrics: Sequence[Metric], emotions: int) -> ScoreIntervals:
        influence = [None] * len(resampled.values) if resampled.influence is None else resampled.influence.T
        columns = zip(resampled.values.tolist(), resampled.replicates.T, influence, strict=True)
        in_order = iter(
            [interval(value, column, level=level, jackknife_influence=own) for value, column, own in columns]
        )
        whole = {metric.name: next(in_order) for metric in metrics if not metric.per_emotion}
        by_emotion = {
            metric.name: tuple(itertools.islice(in_order, emotions)) for metric in metrics if metric.per_emotion
        }
        return ScoreIntervals(whole, by_emotion, resampled.texts, resamples, seed, level, method, resampled.note)

    by_card = [_resample(card, resamples, seed, method, source, task) for card in scores.cards]
    cards = [
        replace(card, intervals=intervals(resampled, _metrics(card), len(card.spec.emotions)))
        for card, resampled in zip(scores.cards, by_card, strict=True)
    ]
    averages = []
    for average in scores.averages:
        members = [pair for pair in zip(scores.cards, by_card, strict=True) if _is_member(pair[0], average)]
        metrics = [metric for metric in _metrics(members[0][0]) if not metric.per_emotion]
        weights = np.array([card.spec.weight for card, _ in members])
        means = intervals(_mean([own.first(len(metrics)) for _, own in members], weights / weights.sum()), metrics, 0)
        signed = "|".join([average.signature, *(f"{key}:{value}" for key, value in means.signature.items())])
        averages.append(replace(average, intervals=means, signature=signed))
    return replace(scores, cards=tuple(cards), averages=tuple(averages))


def _metrics(card: Scorecard) -> list[Metric]:
    """Return the metrics of the whole file, then those per emotion."""
    names = INTENSITY_METRICS if len(card.spec.values) > 2 else LABEL_METRICS
    rule = card.rule if card.rule in RULES else CODABENCH
    return sorted((metric(name, rule, card.spec.empty) for name in names), key=lambda metric: metric.per_emotion)


def _is_member(card: Scorecard, average: Average) -> bool:
    return (card.release, card.spec.track, card.spec.split) == (average.release, average.track, average.split)


def _resample(
    card: Scorecard,
    resamples: int,
    seed: int,
    method: str,
    source: str | os.PathLike[str] | None,
    task: Task | str | None,
) -> _Resampled:
    pair = card.pair
    if pair is None:
        raise UsageError(f"The scorecard of {card.file} has no rows to resample.", "score the predictions again")
    metrics = _metrics(card)
    layout = layout_of_all(len(card.spec.emotions), len(card.spec.values))
    statistics = layout.statistics(pair.gold, pair.predicted)
    clusters = text_clusters(pair, task_of(pair.spec, task), source)

    def scores_of(sums: NDArray) -> NDArray:
        blocks = layout.split(sums)
        columns = [metric(blocks) if metric.per_emotion else metric(blocks)[..., None] for metric in metrics]
        return np.concatenate(columns, axis=-1)

    units = resampling.pool(statistics, clusters.groups)
    replicates = resampling.bootstrap(units, scores_of, resamples=resamples, seed=seed, key=card.spec.language)
    influence = jackknife_influence_of(units, scores_of)[0] if method == "bca" else None
    values = scores_of(statistics.sum(axis=0, dtype=np.int64))
    return _Resampled(values, replicates[0], influence, clusters.texts, clusters.note)


def _mean(languages: Sequence[_Resampled], shares: NDArray) -> _Resampled:
    """Return the average over languages, each resampled independently; `shares` of the languages sum to 1."""
    influence = [
        language.influence * share
        for language, share in zip(languages, shares, strict=True)
        if language.influence is not None
    ]
    texts = [language.texts for language in languages if language.texts is not None]
    return _Resampled(
        values=np.average([language.values for language in languages], axis=0, weights=shares),
        replicates=np.average([language.replicates for language in languages], axis=0, weights=shares),
        influence=np.concatenate(influence) if influence else None,
        texts=sum(texts) if len(texts) == len(languages) else None,
        note=" ".join(dict.fromkeys(language.note for language in languages if language.note)),
    )
