"""Tables of a series: one row per language, means and wins, failures."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from semeval_emo.report.origins import origin_notes
from semeval_emo.report.results import overlap_words
from semeval_emo.report.runs import TEST_NOTE
from semeval_emo.report.scores import weights_note
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import release_words, shown_track
from semeval_emo.text import plural
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.seeds import origin_of_folder
from semeval_emo.zoo.selection.epochs import zero_shot_note
from semeval_emo.zoo.training.outcome import Outcome
from semeval_emo.zoo.training.series import Series, baseline_row, leader_row, mean

# A language that another process is training, perhaps on another host.
IN_PROGRESS = "in progress elsewhere"
MOST_COMMANDS = 3
"""How many commands the notes list."""
MOST_NOTES = 3
"""How many notes on the data are listed."""


def line(outcome: Outcome, done: int, total: int) -> str:
    """Return the progress line of a language that has ended."""
    head = f"[{done:>{len(str(total))}}/{total}] {outcome.spec.language:<4}"
    if outcome.failure is not None and outcome.failure.in_progress:
        return f"{head} {IN_PROGRESS}"
    if outcome.failure is not None:
        # `failures` shows the whole message at the end.
        return f"{head} failed: {shorten(outcome.failure.message, 80, placeholder=' …')}"
    run = outcome.finished
    assert run is not None
    dev = "  ".join(f"dev {value:.4f}" for value in list(run.dev.values())[:1])
    test = "not scored" if run.score is None else f"test {run.score:.4f}"
    seconds = "already done" if run.already_done else f"{run.seconds:,.1f} s"
    return f"{head} {test}  {dev}  {seconds}"


def tables(series: Series) -> list[Table]:
    """Return the summary: one row per language, the means over finished languages, and notes."""
    rows = [_row(outcome) for outcome in series.outcomes]
    rules = (len(rows) - 1,)
    if len(series.finished) > 1:
        rows.append(_mean_row(series))
    columns = (
        Column("language"), Column("labels", "int"), Column("dev", "score"), Column("test", "score"),
        Column("base", "score"), Column("vs base", "delta"), Column("top", "score"), Column("vs top", "delta"),
        Column("rank"), Column("of", "int"),
    )  # fmt: skip
    metric = METRICS[series.task.tracks[series.track].metric].title
    title = f"{series.recipe.run_name} · track {shown_track(series.track)} · {metric} · {release_words(series.release)}"
    return [Table(title, columns, tuple(rows), tuple(_notes(series)), rules)]


def _row(outcome: Outcome) -> tuple[Any, ...]:
    placement = outcome.placement
    baseline, leader = (placement.baseline, placement.leader) if placement else (None, None)
    rank = placement.rank.partition(" of ")[0].replace(" to ", "–") if placement and placement.rank else None
    return (
        outcome.spec.language, len(outcome.spec.emotions), outcome.dev, outcome.score,
        baseline.score if baseline else None, placement.gap(baseline) if placement else None,
        leader.score if leader else None, placement.gap(leader) if placement else None,
        rank if outcome.finished else "elsewhere" if outcome.failure and outcome.failure.in_progress else "failed",
        placement.teams + 1 if placement and placement.teams is not None else None,
    )  # fmt: skip


def _overlap(series: Series, outcome: Outcome) -> tuple[int, float | None]:
    """Return the number of test texts that are also training texts, and the official metric without them."""
    overlap = (outcome.finished.overlap if outcome.finished else None) or {}
    without = overlap.get("without") or {}
    return overlap.get("normalised", 0), without.get(series.task.tracks[series.track].metric)


def _mean_row(series: Series) -> tuple[Any, ...]:
    """Return means over all languages; means of differences are over the languages that have both scores."""
    gaps = []
    for row_of in (baseline_row, leader_row):
        pairs = series.compared_with(row_of)
        own = [series.task.tracks[series.track].weights.get(row.language, 1.0) for _, row in pairs]
        gaps += [
            mean([row.score for _, row in pairs], own),
            mean([score - (row.score or 0.0) for score, row in pairs], own),
        ]
    return (
        "mean", None, mean([outcome.dev for outcome in series.finished], series.weights),
        mean([outcome.score for outcome in series.finished], series.weights), *gaps, None, None,
    )  # fmt: skip


def _notes(series: Series) -> list[str]:
    notes = []
    board = next((outcome.placement.among.title for outcome in series.finished if outcome.placement), "")
    counts = []
    for name, row_of in (("the baseline", baseline_row), ("rank 1", leader_row)):
        won, equal, total = series.wins(row_of)
        if total:
            counts.append(f"above {name} in {won} of {total}" + (f" (equal in {equal})" if equal else ""))
    if counts:
        notes.append(f"base: the baseline; top: rank 1; rank: in the {board}, with this score.")
        notes.append(f"{' and '.join(counts).capitalize()} languages; ties are not counted as wins.")
    weights = {outcome.spec.language: outcome.spec.weight for outcome in series.finished}
    notes += weights_note(weights) if len({*weights.values()}) > 1 else []
    unscored = [outcome.spec.language for outcome in series.finished if outcome.score is None]
    if unscored:
        notes.append(f"Not scored, because the test labels are not available: {', '.join(unscored)}.")
    notes += overlap_words([(outcome.spec.language, *_overlap(series, outcome)) for outcome in series.finished])
    notes += _data_notes(series)
    notes += _constant_notes(series)
    if series.recipe.selects_on_test:
        notes.append(f"{TEST_NOTE}.")
    if series.finished:
        run = FinishedRun.load(series.finished[0].folder.path)
        zero_shot = zero_shot_note(run.recipe, run.metrics, "the target language")
        notes += [zero_shot] if zero_shot else []
    if series.in_progress:
        codes = ", ".join(outcome.spec.language for outcome in series.in_progress)
        notes.append(f"{IN_PROGRESS.capitalize()}, not in the means: {codes}.")
    notes += origin_notes(
        (series.recipe.run_name, outcome.spec.language, origin_of_folder(outcome.folder.path))
        for outcome in series.finished
    )
    if series.failed:
        notes.append(f"Failed, not in the means: {', '.join(outcome.spec.language for outcome in series.failed)}.")
    return notes


def in_progress(series: Series) -> list[str]:
    """Return a line for each language that another process is training."""
    return [
        f"\n{outcome.spec.language} is {IN_PROGRESS}: {outcome.failure.message}\n"
        "  The same command, when it has finished, adds it to the zip."
        for outcome in series.in_progress
        if outcome.failure
    ]


def _data_notes(series: Series) -> list[str]:
    """Return the first notes on the data of the runs, such as rows that are left out, and the number of the others."""
    runs = [outcome.finished for outcome in series.finished if outcome.finished]
    every = list(dict.fromkeys(note for run in runs for note in run.data_notes))
    more = len(every) - MOST_NOTES
    return [
        *every[:MOST_NOTES],
        *([f"{plural(more, 'more note')} on the data in the run folders."] if more > 0 else []),
    ]


def _constant_notes(series: Series) -> list[str]:
    """Return which emotions are predicted for no text or for every one, and a command that fits thresholds."""
    runs = [(outcome.spec, outcome.finished) for outcome in series.finished if outcome.finished]
    notes = []
    for words, name in (("Never predicted", "never"), ("Predicted for every text", "always")):
        found = [(spec, getattr(run.constant, name)) for spec, run in runs]
        listed = [
            f"{spec.language} "
            + (f"every {spec.label_noun}" if len(emotions) == len(spec.emotions) else ", ".join(emotions))
            for spec, emotions in found
            if emotions
        ]
        notes += [f"{words} on test: {'; '.join(listed)}."] if listed else []
    commands = [run.tune_command for _, run in runs if run.tune_command]
    notes += [f"Fit thresholds: {command}" for command in commands[:MOST_COMMANDS]]
    if len(commands) > MOST_COMMANDS:
        notes.append(f"Likewise for {plural(len(commands) - MOST_COMMANDS, 'more run')}.")
    return notes


def failures(series: Series) -> list[str]:
    """Return the error messages of failed languages, each once."""
    codes_by_error: dict[tuple[str, str], list[str]] = {}
    for outcome in series.failed:
        assert outcome.failure is not None
        error = (outcome.failure.message, outcome.failure.fix)
        codes_by_error.setdefault(error, []).append(outcome.spec.language)
    return [
        f"\nerror: {', '.join(codes)}: {message}" + (f"\n  fix: {fix}" if fix else "")
        for (message, fix), codes in codes_by_error.items()
    ]
