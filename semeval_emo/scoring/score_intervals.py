"""Intervals of every figure of a scorecard, and of the averages over languages.

The draws are those of `compare` (same seed, same language), so both give a file the same interval.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.scoring import resampling
from semeval_emo.scoring.duplicate_texts import repeats_of
from semeval_emo.scoring.figures import layout_of_all
from semeval_emo.scoring.intervals import Interval, interval, jackknife_influence_of
from semeval_emo.scoring.metrics import CODABENCH, INTENSITY_METRICS, LABEL_METRICS, Metric, metric
from semeval_emo.scoring.scorecard import UNDEFINED, Average, Scorecard, Scores
from semeval_emo.scoring.scorer import task_of
from semeval_emo.task import Task


@dataclass(frozen=True)
class Intervals:
    """Intervals of all figures of one card or average.

    Attributes:
        whole: figures of the whole file by metric name.
        by_emotion: figures per emotion, in the order of the card's emotions.
        texts: different texts, which are what is drawn; None where they are not known.
        note: what a person must know of repeated texts; empty when there is nothing.
    """

    whole: dict[str, Interval]
    by_emotion: dict[str, tuple[Interval, ...]]
    texts: int | None
    resamples: int
    seed: int
    level: float
    method: str
    note: str = ""

    @property
    def signature(self) -> dict[str, object]:
        """What a signature says of them."""
        return {"bs": self.resamples, "ci": self.method, "level": self.level, "seed": self.seed}

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "resamples": self.resamples,
            "seed": self.seed,
            "level": self.level,
            "method": self.method,
            "texts": self.texts,
            "note": self.note or None,
            "figures": {name: asdict(one) for name, one in self.whole.items()},
            "by_emotion": {name: [asdict(one) for one in row] for name, row in self.by_emotion.items()},
        }


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Figures of one file or average: values (F,), replicates (B, F), pulls (m, F) or None."""

    values: NDArray
    replicates: NDArray
    jackknife_influence: NDArray | None
    texts: int | None
    note: str

    def first(self, figures: int) -> _Drawn:
        """The first figures only."""
        jackknife_influence = None if self.jackknife_influence is None else self.jackknife_influence[:, :figures]
        return _Drawn(self.values[:figures], self.replicates[:, :figures], jackknife_influence, self.texts, self.note)


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
    """Adds to every card, and to every average over languages, the intervals of its figures.

    Args:
        scores: what `score` returned.
        resamples: of the bootstrap over texts; rows that repeat a text are drawn together.
        level: coverage of the intervals.
        method: ``bca`` or ``percentile``.
        source: where texts may be found when the gold has none, as in `load_gold`.
        task: the task or its name; None means the one that the predictions belong to.

    Raises:
        UsageError: too few resamples, an impossible level, or a file of fewer than two texts.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.scoring import score
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> flipped = gold.labels ^ (np.random.default_rng(0).random(gold.labels.shape) < 0.2)
    >>> card = with_intervals(score(Predictions(gold.spec, flipped, "mine"), gold), resamples=1000).card
    >>> one = card.intervals.whole["macro_f1"]
    >>> one.low < card.score < one.high
    True
    """
    resampling.check_settings(resamples=resamples, seed=seed, level=level, method=method)

    def intervals(drawn: _Drawn, metrics: Sequence[Metric], emotions: int) -> Intervals:
        jackknife_influence = (
            [None] * len(drawn.values) if drawn.jackknife_influence is None else drawn.jackknife_influence.T
        )
        columns = zip(drawn.values.tolist(), drawn.replicates.T, jackknife_influence, strict=True)
        found = iter(
            [interval(value, column, level=level, jackknife_influence=pull) for value, column, pull in columns]
        )
        whole = {one.name: next(found) for one in metrics if not one.per_emotion}
        by_emotion = {one.name: tuple(itertools.islice(found, emotions)) for one in metrics if one.per_emotion}
        return Intervals(whole, by_emotion, drawn.texts, resamples, seed, level, method, drawn.note)

    drawn = [_draw(card, resamples, seed, method, source, task) for card in scores.cards]
    cards = [
        replace(card, intervals=intervals(one, _metrics(card), len(card.spec.emotions)))
        for card, one in zip(scores.cards, drawn, strict=True)
    ]
    averages = []
    for average in scores.averages:
        parts = [(card, one) for card, one in zip(scores.cards, drawn, strict=True) if _is_part(card, average)]
        whole = [one for one in _metrics(parts[0][0]) if not one.per_emotion]
        mean = _mean([one.first(len(whole)) for _, one in parts])
        found = intervals(mean, whole, 0)
        signed = "|".join([average.signature, *(f"{key}:{value}" for key, value in found.signature.items())])
        averages.append(replace(average, intervals=found, signature=signed))
    return replace(scores, cards=tuple(cards), averages=tuple(averages))


def _metrics(card: Scorecard) -> list[Metric]:
    """Those of the whole file first, then those per emotion."""
    names = INTENSITY_METRICS if len(card.spec.values) > 2 else LABEL_METRICS
    rule = CODABENCH if card.rule == UNDEFINED else card.rule
    return sorted((metric(name, rule) for name in names), key=lambda one: one.per_emotion)


def _is_part(card: Scorecard, average: Average) -> bool:
    return (card.release, card.spec.track, card.spec.split) == (average.release, average.track, average.split)


def _draw(
    card: Scorecard,
    resamples: int,
    seed: int,
    method: str,
    source: str | os.PathLike[str] | None,
    task: Task | str | None,
) -> _Drawn:
    pair = card.pair
    if pair is None:
        raise UsageError(f"The scorecard of {card.file} has no rows to draw from.", "score the predictions anew")
    metrics = _metrics(card)
    layout = layout_of_all(len(card.spec.emotions), len(card.spec.values))
    statistics = layout.statistics(pair.gold, pair.predicted)
    repeats = repeats_of(pair, task_of(pair.spec, task), source)

    def of(sums: NDArray) -> NDArray:
        parts = layout.split(sums)
        found = [one(parts) if one.per_emotion else one(parts)[..., None] for one in metrics]
        return np.concatenate(found, axis=-1)

    units = resampling.pool(statistics, repeats.groups)
    replicates = resampling.bootstrap(units, of, resamples=resamples, seed=seed, key=card.spec.language)
    jackknife_influence = jackknife_influence_of(units, of)[0] if method == "bca" else None
    values = of(statistics.sum(axis=0, dtype=np.int64))
    return _Drawn(values, replicates[0], jackknife_influence, repeats.texts, repeats.note)


def _mean(parts: Sequence[_Drawn]) -> _Drawn:
    """The average over languages, each resampled on its own."""
    size = len(parts)
    jackknife_influence = [one.jackknife_influence / size for one in parts if one.jackknife_influence is not None]
    texts = [one.texts for one in parts if one.texts is not None]
    return _Drawn(
        values=np.mean([one.values for one in parts], axis=0),
        replicates=np.mean([one.replicates for one in parts], axis=0),
        jackknife_influence=np.concatenate(jackknife_influence) if jackknife_influence else None,
        texts=sum(texts) if len(texts) == size else None,
        note=" ".join(dict.fromkeys(one.note for one in parts if one.note)),
    )
