"""How a series looks: a line per language, means and wins, what failed and why."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import Any

from semeval_emo.leaderboard import Placement, ScoreRow
from semeval_emo.report.results import overlap_words
from semeval_emo.report.table import Column, Table
from semeval_emo.report.zoo import TEST_MARK
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.runs.finished import recipe_and_state
from semeval_emo.zoo.selection.epochs import zero_shot_note
from semeval_emo.zoo.training.series import Outcome, Series, mean


def line(outcome: Outcome, done: int, total: int) -> str:
    """What is said when a language ends."""
    head = f"[{done:>{len(str(total))}}/{total}] {outcome.spec.language:<4}"
    if outcome.failure is not None:
        # In full at the end, each reason once.
        reason = shorten(outcome.failure.message, 80, placeholder=" …")
        return f"{head} failed: {reason}"
    found = outcome.finished
    assert found is not None
    dev = "  ".join(f"dev {value:.4f}" for value in list(found.dev.values())[:1])
    test = "not scored" if found.score is None else f"test {found.score:.4f}"
    how = "was done" if found.already_done else f"{found.seconds:,.1f} s"
    return f"{head} {test}  {dev}  {how}"


def tables(series: Series) -> list[Table]:
    """The summary: a line per language, the mean of those that are finished, and the wins under it."""
    rows = [_row(one) for one in series.outcomes]
    rules = (len(rows) - 1,)
    if len(series.finished) > 1:
        rows.append(_mean(series))
    columns = (
        Column("language"), Column("labels", "int"), Column("dev", "score"), Column("test", "score"),
        Column("base", "score"), Column("to base", "delta"), Column("top", "score"), Column("to top", "delta"),
        Column("place"), Column("of", "int"),
    )  # fmt: skip
    return [Table(_title(series), columns, tuple(rows), tuple(_notes(series)), rules)]


def _title(series: Series) -> str:
    metric = METRICS[series.task.tracks[series.track].metric].title
    return f"{series.recipe.run_name} · track {series.track.upper()} · {metric} · release {series.release}"


def _row(one: Outcome) -> tuple[Any, ...]:
    place = one.placement
    baseline, leader = (place.baseline, place.leader) if place else (None, None)
    rank = place.rank.partition(" of ")[0].replace(" to ", "–") if place and place.rank else None
    return (
        one.spec.language, len(one.spec.emotions), _dev(one), one.score,
        baseline.score if baseline else None, place.gap(baseline) if place else None,
        leader.score if leader else None, place.gap(leader) if place else None,
        rank if one.finished else "failed", place.teams + 1 if place and place.teams is not None else None,
    )  # fmt: skip


def _dev(one: Outcome) -> float | None:
    return next(iter(one.finished.dev.values()), None) if one.finished else None


def _overlap(series: Series, one: Outcome) -> tuple[int, float | None]:
    """How many test texts training has too, and the official figure without them."""
    found = (one.finished.overlap if one.finished else None) or {}
    without = found.get("without") or {}
    return found.get("normalised", 0), without.get(series.task.tracks[series.track].metric)


def _mean(series: Series) -> tuple[Any, ...]:
    """Means over all languages; those of a difference over the languages that have both figures."""
    gaps = {}
    for name, which in (("baseline", _baseline), ("leader", _leader)):
        pairs = series.against(which)
        gaps[name] = (mean([row.score for _, row in pairs]), mean([s - (row.score or 0.0) for s, row in pairs]))
    return (
        "mean", None, mean([_dev(one) for one in series.finished]),
        mean([one.score for one in series.finished]), *gaps["baseline"], *gaps["leader"], None, None,
    )  # fmt: skip


def _baseline(place: Placement) -> ScoreRow | None:
    return place.baseline


def _leader(place: Placement) -> ScoreRow | None:
    return place.leader


def wins(series: Series, which: Callable[[Placement], ScoreRow | None]) -> tuple[int, int, int]:
    """Languages in which the score is higher at the printed precision, equal, and compared at all."""
    said = [row.compare_to(score) for score, row in series.against(which)]
    return said.count(-1), said.count(0), len(said)


def _notes(series: Series) -> list[str]:
    notes = []
    among = next((one.placement.among.title for one in series.finished if one.placement), "")
    told = []
    for name, which in (("the baseline", _baseline), ("rank 1", _leader)):
        won, equal, of = wins(series, which)
        if of:
            told.append(f"above {name} in {won} of {of}" + (f", equal in {equal}" if equal else ""))
    if told:
        notes.append(f"base: the baseline; top: rank 1; place: in the {among}, this score included.")
        notes.append(f"{' and '.join(told).capitalize()} languages; a tie is no win.")
    unscored = [one.spec.language for one in series.finished if one.score is None]
    if unscored:
        notes.append(f"Not scored, since the test labels are not at hand: {', '.join(unscored)}.")
    notes += overlap_words([(one.spec.language, *_overlap(series, one)) for one in series.finished])
    if series.recipe.selects_on_test:
        notes.append(f"{TEST_MARK} the test split has a say in what is kept, so the test scores are optimistic.")
    if series.finished:
        folder = series.finished[0].folder
        whose = zero_shot_note(recipe_and_state(folder.path)[0], folder.rows(), "the target language")
        notes += [whose] if whose else []
    if series.failed:
        notes.append(f"Failed, and in no mean: {', '.join(one.spec.language for one in series.failed)}.")
    return notes


def failures(series: Series) -> list[str]:
    """What failed, each reason once, in the words of errors."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in series.failed:
        assert one.failure is not None
        reasons.setdefault((one.failure.message, one.failure.fix), []).append(one.spec.language)
    return [
        f"\nerror: {', '.join(codes)}: {message}" + (f"\n  fix: {fix}" if fix else "")
        for (message, fix), codes in reasons.items()
    ]


def to_dict(series: Series) -> dict[str, Any]:
    """A series as JSON has it."""
    return {
        "schema": "semeval-emo/zoo-train-series/1",
        "recipe": series.recipe.run_name,
        "settings": dict(series.recipe.settings),
        "task": series.task.key,
        "release": series.release,
        "track": series.track,
        "metric": series.task.tracks[series.track].metric,
        "selects_on_test": series.recipe.selects_on_test,
        "languages": [_outcome_dict(one) for one in series.outcomes],
        "mean": {
            "dev": mean([_dev(one) for one in series.finished]),
            "test": mean([one.score for one in series.finished]),
        },
        "above_baseline": dict(zip(("won", "equal", "of"), wins(series, _baseline), strict=True)),
        "above_rank_1": dict(zip(("won", "equal", "of"), wins(series, _leader), strict=True)),
        "zip": None if series.packed is None else series.packed.to_dict(),
        "seconds": series.seconds,
        "jobs": series.jobs,
    }


def _outcome_dict(one: Outcome) -> dict[str, Any]:
    found, place = one.finished, one.placement
    return {
        "language": one.spec.language,
        "folder": str(one.folder.path),
        "finished": found is not None,
        "was_done": found.already_done if found else False,
        "seconds": found.seconds if found else None,
        "dev": dict(found.dev) if found else None,
        "score": one.score,
        "overlap": found.overlap if found else None,
        "signature": (found.signature or None) if found else None,
        "baseline": place.baseline.score if place and place.baseline else None,
        "rank_1": place.leader.score if place and place.leader else None,
        "place": {"list": place.among.key, "rank": place.rank, "low": place.low, "high": place.high} if place else None,
        "error": None
        if one.failure is None
        else {"message": one.failure.message, "fix": one.failure.fix, "exit_code": one.failure.exit_code},
    }
