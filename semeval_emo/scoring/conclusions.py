"""From numbers to conclusions: corrected p-values, who beats whom, wins over languages, the signature."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_emo import __version__
from semeval_emo.scoring import significance
from semeval_emo.scoring.comparison import (
    RANDOMISATION,
    ComparedSystem,
    Comparison,
    Difference,
    LanguageResult,
    Settings,
    SystemResult,
    WinTieLoss,
)
from semeval_emo.scoring.estimates import Estimates
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import Metric
from semeval_emo.scoring.published import VersusPublished
from semeval_emo.scoring.scorecard import signature
from semeval_emo.scoring.systems import AlignedSystems
from semeval_emo.task import short_hash


def conclude(
    lineup: AlignedSystems,
    metric: Metric,
    found: Sequence[Estimates],
    settings: Settings,
    against: tuple[VersusPublished, ...],
    notes: tuple[str, ...],
) -> Comparison:
    """Draws the conclusions.

    Args:
        found: one per language, then the average where there are several.
    """
    several = len(found) > 1
    # Letters go by the leading place, the last: its best system is a.
    order = np.argsort(found[-1].ranks, kind="stable").tolist()
    corrected = _corrected(found, settings, several)
    places = [_place(one, order, p, metric, settings, lineup.names) for one, p in zip(found, corrected, strict=True)]
    first = lineup.specs[0]
    hashes = [short_hash([one.hash for run in runs for one in run]) for runs in lineup.predictions]
    systems = tuple(
        ComparedSystem(
            letter=significance.letter(at),
            name=lineup.names[i],
            files=tuple(tuple(one.path for one in run) for run in lineup.predictions[i]),
            hash=hashes[i],
        )
        for at, i in enumerate(order)
    )
    last = found[-1].ground
    return Comparison(
        metric=metric.name,
        title=metric.title,
        lower_is_better=metric.lower_is_better,
        task=first.task,
        track=first.track,
        split=first.split,
        release=last.release,
        systems=systems,
        places=tuple(places[: len(lineup.specs)]),
        average=places[-1] if several else None,
        tallies=_tallies(found[:-1], order, metric, settings) if several else (),
        against=against,
        settings=settings,
        notes=notes,
        signature=signature(
            f"compare_{metric.name}",
            {
                "release": last.release,
                "task": first.task,
                "track": first.track,
                "langs": "+".join(spec.language for spec in lineup.specs),
                "split": first.split,
                "n": last.rows,
                "texts": "unknown" if last.texts is None else last.texts,
                "gold": short_hash(sorted(one.ground.gold_hash for one in found[: len(lineup.specs)])),
                "systems": len(systems),
                "runs": sum(len(runs) for runs in lineup.predictions),
                "pred": short_hash(sorted(hashes)),
                "bs": settings.resamples,
                "ar": settings.trials if settings.test == RANDOMISATION and len(systems) > 1 else "",
                "ci": settings.interval,
                "family": settings.family if len(systems) > 1 else "",
                "correction": settings.correction if len(systems) > 1 else "",
                "seed": settings.seed,
                "v": __version__,
            },
        ),
    )


def _corrected(found: Sequence[Estimates], settings: Settings, several: bool) -> list[NDArray]:
    """Corrected p-values of each place, shape (S, S); the average is no member of a family of languages."""
    systems = len(found[0].scores)
    p = np.stack([one.p[:, 0] for one in found])
    languages = p[:-1] if several else p
    rest = p[-1:] if several else p[:0]
    inside = "rivals" if settings.family == "languages" else settings.family
    parts = [(languages, settings.family), (rest, inside)]
    fdr = settings.correction != "Holm"
    return [row for part, family in parts if len(part) for row in significance.adjusted(part, systems, family, fdr=fdr)]


def _place(
    found: Estimates, order: list[int], p: NDArray, metric: Metric, settings: Settings, names: tuple[str, ...]
) -> LanguageResult:
    letter = {i: significance.letter(at) for at, i in enumerate(order)}
    better = _better(found, metric)
    standings = [
        SystemResult(
            letter=letter[i],
            name=names[i],
            score=found.scores[i][0],
            rank=int(found.ranks[i]),
            rank_low=found.low[i],
            rank_high=found.high[i],
            best=float(found.best[i]),
            beats=tuple(letter[j] for j in order if j != i and better[i, j] and p[i, j] <= settings.alpha),
            emotions=dict(zip(found.ground.emotions, found.scores[i][1:], strict=True)),
            run_scores=found.run_scores[i] if len(found.run_scores[i]) > 1 else (),
            run_sd=statistics.stdev(found.run_scores[i]) if len(found.run_scores[i]) > 1 else None,
        )
        for i in sorted(order, key=lambda i: found.ranks[i])
    ]
    ground = found.ground
    return LanguageResult(
        language=ground.language,
        name=ground.name,
        release=ground.release,
        rows=ground.rows,
        texts=ground.texts,
        gold_hash=ground.gold_hash,
        standings=tuple(standings),
        differences=tuple(
            _difference(found, i, j, letter, p, better, settings) for at, i in enumerate(order) for j in order[at + 1 :]
        ),
    )


def _better(found: Estimates, metric: Metric) -> NDArray[np.bool_]:
    """Shape (S, S): whether i scores better than j."""
    goodness = np.array([row[0].value for row in found.scores]) * (-1 if metric.lower_is_better else 1)
    return goodness[:, None] > goodness[None] + significance.TIE


def _difference(
    found: Estimates, i: int, j: int, letter: dict[int, str], p: NDArray, better: NDArray, settings: Settings
) -> Difference:
    at = _pair(i, j, len(found.scores))
    sign = 1 if i < j else -1
    raw = found.p[at]
    # In a family of rivals the better system's row decides: it is the one that claims to win.
    corrected = p[j, i] if better[j, i] else p[i, j]
    correct = significance.holm if settings.correction == "Holm" else significance.benjamini_hochberg
    parts = correct(raw[1:])

    def one(value: Interval, p_raw: float, p_corrected: float, emotions: dict[str, Difference]) -> Difference:
        return Difference(
            first=letter[i],
            second=letter[j],
            value=value if sign == 1 else value.negated(),
            p=float(p_raw),
            p_adjusted=float(p_corrected),
            significant=bool(p_corrected <= settings.alpha),
            detectable=significance.detectable(value.se, alpha=settings.alpha, power=settings.power),
            emotions=emotions,
        )

    emotions = {
        name: one(found.differences[at][1 + f], raw[1 + f], parts[f], {})
        for f, name in enumerate(found.ground.emotions)
    }
    return one(found.differences[at][0], raw[0], corrected, emotions)


def _pair(i: int, j: int, systems: int) -> int:
    """Where the pair stands in `significance.pairs`."""
    low, high = min(i, j), max(i, j)
    return low * systems - low * (low + 1) // 2 + high - low - 1


def _tallies(
    found: Sequence[Estimates], order: list[int], metric: Metric, settings: Settings
) -> tuple[WinTieLoss, ...]:
    """Significant wins over the languages, corrected over the languages of each pair."""
    systems = len(order)
    p = significance.adjusted(
        np.stack([one.p[:, 0] for one in found]), systems, "languages", fdr=settings.correction != "Holm"
    )
    better = np.stack([_better(one, metric) for one in found])
    wins = (better & (p <= settings.alpha)).sum(axis=0)
    return tuple(
        WinTieLoss(
            first=significance.letter(a),
            second=significance.letter(b),
            wins=int(wins[i, j]),
            ties=int(len(found) - wins[i, j] - wins[j, i]),
            losses=int(wins[j, i]),
        )
        for a, i in enumerate(order)
        for b, j in enumerate(order)
        if a < b
    )
