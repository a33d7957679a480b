"""Checks of the leaderboard's rows: each yields problems, and all run in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from math import isfinite
from typing import Any

from semeval_emo.errors import suggest
from semeval_emo.leaderboard.model import (
    ANY_RELEASE,
    COLUMNS,
    FLAGS,
    KINDS,
    NUMBERS,
    SELECTED_ON,
    BoardList,
    RowProblem,
    ScoreRow,
    ScoreSource,
)
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import FileKey, Task
from semeval_emo.text import printable

LONGEST = 300
"""The longest text of a cell, in characters."""
_LINKS = ("https://", "http://", "doi:", "arxiv:")


@dataclass(frozen=True)
class BoardCheck:
    """Result of `Leaderboard.check`.

    Attributes:
        rows: number of rows by file, in the order of reading.
        flagged: number of rows by flag.
        other_tasks: number of the user's own rows by task, for tasks that were not checked.
    """

    rows: dict[str, int]
    flagged: dict[str, int]
    problems: tuple[RowProblem, ...]
    other_tasks: dict[str, int] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether there are no problems."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/leaderboard-check/1``."""
        return {
            "schema": "semeval-emo/leaderboard-check/1", "valid": self.valid, "rows": self.rows,
            "flagged": self.flagged, "other_tasks": self.other_tasks,
            "faults": [asdict(problem) for problem in self.problems],
        }  # fmt: skip


def score_range(metric: str) -> tuple[float, float]:
    """Return the range of a metric; a correlation can be negative.

    >>> score_range("macro_f1"), score_range("pearson")
    ((0.0, 1.0), (-1.0, 1.0))
    """
    return (-1.0, 1.0) if {"xy", "joint"} & set(METRICS[metric].blocks) else (0.0, 1.0)


def ranked_metrics() -> list[str]:
    """Return the metrics of a board: metrics of the whole file where higher is better."""
    return [name for name, metric in METRICS.items() if not metric.per_emotion and not metric.lower_is_better]


def check_row(
    row: ScoreRow, task: Task, lists: Mapping[str, BoardList], sources: Mapping[str, ScoreSource]
) -> Iterator[RowProblem]:
    """Check one row: names, ranges, source, text."""
    problem = _problem_maker(row)
    yield from _texts(row, problem)
    yield from _file(row, task, problem)
    for column, known in (
        ("list", list(lists)), ("kind", KINDS), ("selected_on", SELECTED_ON), ("flag", FLAGS),
        ("metric", ranked_metrics()),
    ):  # fmt: skip
        value = getattr(row, column)
        if value not in known:
            fix = suggest(value, known) or f"use one of: {', '.join(name or '(blank)' for name in known)}"
            yield problem("unknown-name", column, f"'{printable(value)}' is not a known {column}.", fix)
    yield from _numbers(row, problem)
    if row.source not in sources and not row.source.lower().startswith(_LINKS):
        yield problem(
            "source", "source", f"The source '{printable(row.source)}' is not known.",
            suggest(row.source, sources) or "name a key of sources.toml, or a URL or DOI",
        )  # fmt: skip
    elif not row.source.lower().startswith(_LINKS) and not row.where:
        yield problem(
            "where",
            "where",
            "The row does not name the place in its source.",
            "name the table, page or file: --where TEXT",
        )


_ProblemMaker = Callable[[str, str, str, str], RowProblem]


def _problem_maker(row: ScoreRow) -> _ProblemMaker:
    def problem(code: str, column: str, message: str, fix: str) -> RowProblem:
        value = printable(str(getattr(row, column) or "")) if column else ""
        return RowProblem(code, row.file, row.line, column, value, message, fix)

    return problem


def unknown_task(row: ScoreRow, known: Iterable[str]) -> RowProblem:
    """Return the problem of a row with an unknown task."""
    fix = suggest(row.task, known) or f"use one of: {', '.join(sorted(known))}"
    return _problem_maker(row)("task", "task", f"There is no task '{printable(row.task)}'.", fix)


def _texts(row: ScoreRow, problem: _ProblemMaker) -> Iterator[RowProblem]:
    for column in COLUMNS:
        value = getattr(row, column)
        if column in NUMBERS:
            continue
        if value != value.strip() or printable(value, LONGEST + 1) != value:
            yield problem(
                "text", column, f"Column {column} contains a line break, an invisible character or outer spaces: "
                f"'{printable(value)}'.", "write it on one line, without invisible characters",
            )  # fmt: skip
        elif len(value) > LONGEST:
            yield problem("text", column, f"Column {column} has {len(value)} characters.", f"keep to {LONGEST}")


def _file(row: ScoreRow, task: Task, problem: _ProblemMaker) -> Iterator[RowProblem]:
    """Check that task, release, split, track and language are those of an existing file."""
    if row.task != task.key:
        yield problem(
            "task", "task", f"The task of the row is '{printable(row.task)}', not {task.key}.", f"write {task.key}"
        )
        return
    problems = []
    if row.release != ANY_RELEASE and row.release not in task.releases:
        hint = f"use one of: {', '.join([*task.releases, ANY_RELEASE])}"
        problems.append(problem("release", "release", f"There is no release '{printable(row.release)}'.", hint))
    if row.split not in task.splits:
        hint = f"use one of: {', '.join(task.splits)}"
        problems.append(problem("split", "split", f"There is no split '{printable(row.split)}'.", hint))
    for key in row.tracks:
        if key not in task.tracks:
            hint = f"use one of: {', '.join(task.tracks)}"
            problems.append(problem("track", "track", f"There is no track '{printable(key)}'.", hint))
    if row.language not in task.languages:
        message = f"There is no language '{printable(row.language)}'."
        problems.append(problem("language", "language", message, task.hint(row.language)))
    yield from problems
    if problems:
        return
    releases = task.releases.values() if row.release == ANY_RELEASE else [task.releases[row.release]]
    for key in row.tracks:
        place = FileKey(key, row.language, row.split)
        if not any(place in release.specs for release in releases):
            yield problem(
                "no-such-file", "language",
                f"Release {row.release} has no {row.split} file of track {key} for '{row.language}'.",
                "correct the track, the language or the release",
            )  # fmt: skip


def _numbers(row: ScoreRow, problem: _ProblemMaker) -> Iterator[RowProblem]:
    if row.score is None and row.rank is None:
        yield problem("empty", "score", "The row has neither a score nor a rank.", "give one of them")
    if row.score is not None:
        if row.decimals is None or not 0 <= row.decimals <= 17:
            yield problem(
                "decimals", "decimals", "The row has a score but no number of decimals.",
                "count the decimals of the score",
            )  # fmt: skip
        elif isfinite(row.score) and round(row.score, row.decimals) != row.score:
            yield problem(
                "decimals", "decimals", f"The score {row.score} has more than {row.decimals} decimals.",
                "correct the score or its decimals",
            )  # fmt: skip
        if row.metric in METRICS:
            low, high = score_range(row.metric)
            # `not (low <= score <= high)` also reports nan.
            if not low <= row.score <= high:
                hint = (
                    "divide a percentage by 100" if 1 < row.score <= 100 else f"give a number from {low:g} to {high:g}"
                )
                yield problem("score", "score", f"The score {row.score} is not from {low:g} to {high:g}.", hint)
    for column in ("rank", "teams"):
        value = getattr(row, column)
        if value is not None and value < 1:
            yield problem("rank", column, f"Column {column} is {value}.", "count from 1, or leave it blank")
    if row.rank is not None and row.teams is not None and row.rank > row.teams:
        yield problem("rank", "rank", f"Rank {row.rank} of {row.teams} teams.", "correct one of the two")
    if not row.system and row.rank is None:
        yield problem("system", "system", "The row names no system and has no rank.", "name the team or system")


def check_together(rows: Iterable[ScoreRow], lists: Mapping[str, BoardList]) -> Iterator[RowProblem]:
    """Check rows against each other: unique keys and, in a ranked list, the order and the number of teams."""
    seen: dict[tuple[str, ...], ScoreRow] = {}
    cells: dict[tuple[str, ...], list[ScoreRow]] = {}
    for row in rows:
        first = seen.setdefault(row.key, row)
        if first is not row:
            yield _problem_maker(row)(
                "duplicate", "system",
                f"{row.name} is already in list {row.list}, track {row.track}, {row.language} ({_at(first)}).",
                "delete one of them, or give them different settings",
            )  # fmt: skip
        if row.list in lists and lists[row.list].ranked:
            cells.setdefault(row.cell, []).append(row)
    for cell in cells.values():
        yield from _ranking(cell)


def _ranking(rows: list[ScoreRow]) -> Iterator[RowProblem]:
    teams = {row.teams: row for row in rows if row.teams is not None}
    if len(teams) > 1:
        counts = sorted(teams)
        yield _problem_maker(teams[counts[-1]])(
            "teams", "teams", f"List {rows[0].list}, track {rows[0].track}, {rows[0].language} has {counts[0]} teams "
            f"in one row and {counts[-1]} in another.", "correct one of them: a list has one number of teams",
        )  # fmt: skip
    order = sorted((row for row in rows if row.rank is not None and row.usable), key=lambda row: row.rank or 0)
    for better, worse in pairwise(order):
        one, other = better.score or 0.0, worse.score or 0.0
        if better.rank == worse.rank and one != other:
            message = (
                f"Rank {worse.rank} has {better.score_text} ({_at(better)}) and {worse.score_text} ({_at(worse)})."
            )
        elif one < other:
            message = (
                f"Rank {worse.rank} has {worse.score_text}, more than the {better.score_text} of rank {better.rank} "
                f"({_at(better)})."
            )
        else:
            continue
        yield _problem_maker(worse)(
            "rank-order", "score", message, "correct a number, or flag the doubtful row as suspect"
        )


def _at(row: ScoreRow) -> str:
    return f"line {row.line} of {row.file}" if row.line else "the new row"
