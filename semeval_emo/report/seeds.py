"""Tables of a recipe trained with several random seeds: means over seeds, one row per language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from semeval_emo.leaderboard import Placement, ScoreRow
from semeval_emo.report.runs import TEST_NOTE
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import release_words, shown_track
from semeval_emo.zoo.training.collect import LanguageScores, SeedSeries
from semeval_emo.zoo.training.series import baseline_row, leader_row, mean


def table(collected: SeedSeries) -> Table:
    """Return one row per language with means over seeds, and the means over languages."""
    columns = (
        Column("language"), Column("labels", "int"), Column("seeds", "int"), Column("dev", "score"),
        Column("test", "score"), Column("sd", "score"), Column("base", "score"), Column("vs base", "delta"),
        Column("top", "score"), Column("vs top", "delta"),
    )  # fmt: skip
    languages, series = collected.languages, collected.series[0]
    rows = [_row(scores) for scores in languages]
    rules = (len(rows) - 1,)
    if len(rows) > 1:
        rows.append(_mean_row(collected))
    metric = METRICS[series.task.tracks[series.track].metric].title
    title = (
        f"{collected.recipe.name} · {len(collected.seeds)} seeds · track {shown_track(series.track)} · {metric} · "
        f"{release_words(series.release)}"
    )
    return Table(title, columns, tuple(rows), tuple(_notes(collected)), rules)


def _row(scores: LanguageScores) -> tuple[Any, ...]:
    return (
        scores.spec.language, len(scores.spec.emotions), len(scores.seeds), scores.dev, scores.score, scores.sd,
        *_against(scores, baseline_row), *_against(scores, leader_row),
    )  # fmt: skip


def _against(
    scores: LanguageScores, row_of: Callable[[Placement], ScoreRow | None]
) -> tuple[float | None, float | None]:
    """Return the score of a leaderboard row, and how far the mean over seeds is above it."""
    row = row_of(scores.placement) if scores.placement else None
    if row is None or row.score is None:
        return None, None
    return row.score, scores.score - row.score if scores.score is not None and row.usable else None


def _mean_row(collected: SeedSeries) -> tuple[Any, ...]:
    languages, weights = collected.languages, collected.weights
    # Means of leaderboard scores are over the languages that have both.
    compared = []
    for row_of in (baseline_row, leader_row):
        pairs = [_against(scores, row_of) for scores in languages]
        compared += [
            mean([row if gap is not None else None for row, gap in pairs], weights),
            mean([gap for _, gap in pairs], weights),
        ]
    return (
        "mean", None, None, mean([scores.dev for scores in languages], weights),
        mean([scores.score for scores in languages], weights), None, *compared,
    )  # fmt: skip


def _notes(collected: SeedSeries) -> list[str]:
    notes = ["Means over random seeds; sd: standard deviation of test over them."]
    means = []
    for seed, series in zip(collected.seeds, collected.series, strict=True):
        test = mean([outcome.score for outcome in series.finished], series.weights)
        count = len(series.finished)
        total = "" if count == len(series.outcomes) else f" ({count} of {len(series.outcomes)} languages)"
        means.append(f"{seed} {test:.4f}{total}" if test is not None else f"{seed} –{total}")
    notes.append(f"Mean over languages by seed: {', '.join(means)}.")
    if any(scores.placement for scores in collected.languages):
        notes.append("base: the baseline; top: rank 1 of the leaderboard.")
    if collected.recipe.selects_on_test:
        notes.append(f"{TEST_NOTE}.")
    return notes
