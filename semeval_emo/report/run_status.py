"""The table of the states of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from semeval_emo.report.table import Column, Table
from semeval_emo.text import plural
from semeval_emo.zoo.runs.status import RunStatus, State

# Every run has the first three; the others are shown if a run has them.
COLUMNS = (
    Column("recipe", "name"), Column("language"), Column("state"), Column("epochs"), Column("dev", "score"),
    Column("test", "score"), Column("seconds", "seconds"), Column("trained by"),
)  # fmt: skip
ALWAYS = 3


def table(states: Sequence[RunStatus]) -> Table:
    """Return one row per run, with the number of runs in each state as the title."""
    rows = [_row(status) for status in states]
    shown = [i for i in range(len(COLUMNS)) if i < ALWAYS or any(row[i] is not None for row in rows)]
    counts = Counter(status.state for status in states)
    parts = [f"{counts[state]} {state}" for state in get_args(State) if counts[state]]
    return Table(
        f"{plural(len(states), 'run')}: {', '.join(parts)}",
        tuple(COLUMNS[i] for i in shown),
        tuple(tuple(row[i] for i in shown) for row in rows),
        _notes(states),
    )


def _row(status: RunStatus) -> tuple[Any, ...]:
    epochs = None if status.epochs is None else f"{status.epochs} of {status.of_epochs}"
    return (
        status.recipe, status.language, status.state, epochs, status.dev, status.score, status.seconds,
        status.process or None,
    )  # fmt: skip


def _notes(states: Sequence[RunStatus]) -> tuple[str, ...]:
    notes = []
    if any(status.state == "interrupted" for status in states):
        notes.append("interrupted: no process is training the run; the command that started it resumes it.")
    if any(status.state == "not started" for status in states):
        notes.append("not started: a series planned the run, and its turn has not come or the series was stopped.")
    return tuple(notes)


def failures(states: Sequence[RunStatus]) -> list[str]:
    """Return the errors of failed runs, each once, with the runs that have it."""
    runs_by_error: dict[tuple[str, str], list[RunStatus]] = {}
    for status in states:
        if status.state == "failed":
            runs_by_error.setdefault((status.failure, status.fix), []).append(status)
    lines = []
    for (message, fix), failed in runs_by_error.items():
        names = ", ".join(f"{status.recipe}/{status.language}" for status in failed)
        logs = [f"\n  log: {failed[0].log}"] if failed[0].log else []
        lines.append("".join([f"\nerror: {names}: {message}", *([f"\n  fix: {fix}"] if fix else []), *logs]))
    return lines
