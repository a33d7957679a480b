"""Conclusions of a comparison: corrected p-values, significant differences, wins over languages, signature."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_emo import __version__
from semeval_emo.data.gold import UNVERIFIED
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
    systems: AlignedSystems,
    metric: Metric,
    estimates: Sequence[Estimates],
    settings: Settings,
    against: tuple[VersusPublished, ...],
    notes: tuple[str, ...],
    warnings: tuple[str, ...] = (),
) -> Comparison:
    """Return the comparison; the estimates are one per language, then the average if there are several."""
    several = len(estimates) > 1
    # Letters follow the ranks of the last estimates: the average, or the only language.
    order = np.argsort(estimates[-1].ranks, kind="stable").tolist()
    corrected = _corrected(estimates, settings, several)
    results = [
        _language_result(own, order, p, metric, settings, systems.names)
        for own, p in zip(estimates, corrected, strict=True)
    ]
    spec = systems.specs[0]
    weights = {own.language: own.weight for own in systems.specs}
    files = [[file.hash for run in runs for file in run] for runs in systems.predictions]
    hashes = [short_hash(own) for own in files]
    last = estimates[-1].subset
    count = len(order)
    return Comparison(
        metric=metric.name,
        title=metric.title,
        lower_is_better=metric.lower_is_better,
        task=spec.task,
        track=spec.track,
        split=spec.split,
        release=last.release,
        systems=tuple(
            ComparedSystem(
                letter=significance.letter(at),
                name=systems.names[i],
                files=tuple(tuple(file.path for file in run) for run in systems.predictions[i]),
                # One file has the hash that it has in its own scores.
                hash=files[i][0] if len(files[i]) == 1 else hashes[i],
                predictions=tuple(tuple(file.hash for file in run) for run in systems.predictions[i]),
            )
            for at, i in enumerate(order)
        ),
        places=tuple(results[: len(systems.specs)]),
        average=results[-1] if several else None,
        tallies=_wins(estimates[:-1], order, metric, settings) if several else (),
        against=against,
        settings=settings,
        notes=notes,
        warnings=warnings,
        label_noun=spec.label_noun,
        weights=weights if several and {*weights.values()} != {1} else {},
        signature=signature(
            f"compare_{metric.name}",
            {
                "release": last.release,
                "task": spec.task,
                "track": spec.track,
                "langs": "+".join(spec.language for spec in systems.specs),
                "split": spec.split,
                "n": last.rows,
                "texts": "unknown" if last.texts is None else last.texts,
                "gold": short_hash(sorted(own.subset.gold_hash for own in estimates[: len(systems.specs)])),
                "unverified_gold": "yes" if any(warning.startswith(UNVERIFIED) for warning in warnings) else "",
                "systems": count,
                "runs": sum(len(runs) for runs in systems.predictions),
                "pred": short_hash(sorted(hashes)),
                "empty": spec.empty or "",
                "weights": "+".join(f"{own.language}={own.weight:g}" for own in systems.specs if own.weight != 1),
                "bs": settings.resamples,
                "ar": settings.trials if settings.test == RANDOMISATION and count > 1 else "",
                "ci": settings.interval,
                "family": settings.family if count > 1 else "",
                "correction": settings.correction if count > 1 else "",
                "seed": settings.seed,
                "v": __version__,
            },
        ),
    )


def _corrected(estimates: Sequence[Estimates], settings: Settings, several: bool) -> list[NDArray]:
    """Return corrected p-values of each subset, shape (S, S); a family of languages excludes the average."""
    systems = len(estimates[0].scores)
    p = np.stack([own.p[:, 0] for own in estimates])
    fdr = settings.correction != "Holm"
    if not several:
        return list(significance.adjusted(p, systems, settings.family, fdr=fdr))
    family = "rivals" if settings.family == "languages" else settings.family
    return [
        *significance.adjusted(p[:-1], systems, settings.family, fdr=fdr),
        *significance.adjusted(p[-1:], systems, family, fdr=fdr),
    ]


def _language_result(
    estimates: Estimates, order: list[int], p: NDArray, metric: Metric, settings: Settings, names: tuple[str, ...]
) -> LanguageResult:
    letter = {i: significance.letter(at) for at, i in enumerate(order)}
    better = _better(estimates, metric)
    standings = [
        SystemResult(
            letter=letter[i],
            name=names[i],
            score=estimates.scores[i][0],
            rank=int(estimates.ranks[i]),
            rank_low=estimates.low[i],
            rank_high=estimates.high[i],
            best=float(estimates.best[i]),
            beats=tuple(letter[j] for j in order if j != i and better[i, j] and p[i, j] <= settings.alpha),
            emotions=dict(zip(estimates.subset.emotions, estimates.scores[i][1:], strict=True)),
            run_scores=estimates.run_scores[i] if len(estimates.run_scores[i]) > 1 else (),
            run_sd=statistics.stdev(estimates.run_scores[i]) if len(estimates.run_scores[i]) > 1 else None,
        )
        for i in sorted(order, key=lambda i: estimates.ranks[i])
    ]
    subset = estimates.subset
    return LanguageResult(
        language=subset.language,
        name=subset.name,
        release=subset.release,
        rows=subset.rows,
        texts=subset.texts,
        gold_hash=subset.gold_hash,
        standings=tuple(standings),
        differences=tuple(
            _difference(estimates, i, j, letter, p, better, settings)
            for at, i in enumerate(order)
            for j in order[at + 1 :]
        ),
    )


def _better(estimates: Estimates, metric: Metric) -> NDArray[np.bool_]:
    """Return whether system i scores better than system j, shape (S, S)."""
    goodness = np.array([row[0].value for row in estimates.scores]) * (-1 if metric.lower_is_better else 1)
    return goodness[:, None] > goodness[None] + significance.TIE


def _difference(
    estimates: Estimates, i: int, j: int, letter: dict[int, str], p: NDArray, better: NDArray, settings: Settings
) -> Difference:
    at = _pair_index(i, j, len(estimates.scores))
    raw = estimates.p[at]
    # In a family of rivals, the family of the better system counts: the test is whether it wins.
    corrected = p[j, i] if better[j, i] else p[i, j]
    correct = significance.holm if settings.correction == "Holm" else significance.benjamini_hochberg
    by_emotion = correct(raw[1:])

    def difference(value: Interval, p_raw: float, p_corrected: float, emotions: dict[str, Difference]) -> Difference:
        return Difference(
            first=letter[i],
            second=letter[j],
            value=value if i < j else value.negated(),
            p=float(p_raw),
            p_adjusted=float(p_corrected),
            significant=bool(p_corrected <= settings.alpha),
            detectable=significance.detectable(value.se, alpha=settings.alpha, power=settings.power),
            emotions=emotions,
        )

    emotions = {
        name: difference(estimates.differences[at][1 + f], raw[1 + f], by_emotion[f], {})
        for f, name in enumerate(estimates.subset.emotions)
    }
    return difference(estimates.differences[at][0], raw[0], corrected, emotions)


def _pair_index(i: int, j: int, systems: int) -> int:
    """Return the index of a pair in `significance.pairs`."""
    low, high = min(i, j), max(i, j)
    return low * systems - low * (low + 1) // 2 + high - low - 1


def _wins(
    estimates: Sequence[Estimates], order: list[int], metric: Metric, settings: Settings
) -> tuple[WinTieLoss, ...]:
    """Return significant wins over languages, corrected over the languages of each pair."""
    systems = len(order)
    p = significance.adjusted(
        np.stack([own.p[:, 0] for own in estimates]), systems, "languages", fdr=settings.correction != "Holm"
    )
    better = np.stack([_better(own, metric) for own in estimates])
    wins = (better & (p <= settings.alpha)).sum(axis=0)
    return tuple(
        WinTieLoss(
            first=significance.letter(a),
            second=significance.letter(b),
            wins=int(wins[i, j]),
            ties=int(len(estimates) - wins[i, j] - wins[j, i]),
            losses=int(wins[j, i]),
        )
        for a, i in enumerate(order)
        for b, j in enumerate(order)
        if a < b
    )
