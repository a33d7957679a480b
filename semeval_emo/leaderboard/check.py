"""Checks of the board's rows: each yields faults, none raises, all run in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

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
from semeval_emo.task import SPLITS, Task
from semeval_emo.text import printable

LONGEST = 300
"""Characters in one cell; a longer one is a paste that went wrong."""
_LINKS = ("https://", "http://", "doi:", "arxiv:")


@dataclass(frozen=True)
class BoardCheck:
    """What `Leaderboard.check` found.

    Attributes:
        rows: rows read, by file, in the order of reading.
        flagged: rows by flag.
        faults: everything wrong; empty for a sound board.
    """

    rows: dict[str, int]
    flagged: dict[str, int]
    faults: tuple[RowProblem, ...]

    @property
    def valid(self) -> bool:
        """True where nothing is wrong."""
        return not self.faults


def score_range(metric: str) -> tuple[float, float]:
    """The values that a metric can take: a correlation can be negative.

    >>> score_range("macro_f1"), score_range("pearson")
    ((0.0, 1.0), (-1.0, 1.0))
    """
    return (-1.0, 1.0) if {"xy", "joint"} & set(METRICS[metric].blocks) else (0.0, 1.0)


def ranked_metrics() -> list[str]:
    """The metrics that a board can hold: one figure for a file, the higher the better."""
    return [name for name, metric in METRICS.items() if not metric.per_emotion and not metric.lower_is_better]


def check_row(
    row: ScoreRow, task: Task, lists: Mapping[str, BoardList], sources: Mapping[str, ScoreSource]
) -> Iterator[RowProblem]:
    """Checks one row by itself: names, ranges, source, text."""
    fault = _faults_of(row)
    yield from _texts(row, fault)
    yield from _place(row, task, fault)
    for column, known in (
        ("list", list(lists)), ("kind", KINDS), ("selected_on", SELECTED_ON), ("flag", FLAGS),
        ("metric", ranked_metrics()),
    ):  # fmt: skip
        value = getattr(row, column)
        if value not in known:
            near = suggest(value, known) or f"use one of: {', '.join(name or '(blank)' for name in known)}"
            yield fault("unknown-name", column, f"'{printable(value)}' is not a known {column}.", near)
    yield from _figures(row, fault)
    if row.source not in sources and not row.source.lower().startswith(_LINKS):
        yield fault(
            "source", "source", f"The source '{printable(row.source)}' is not known.",
            suggest(row.source, sources) or "name a key of sources.toml, or a URL or DOI",
        )  # fmt: skip
    elif not row.source.lower().startswith(_LINKS) and not row.where:
        yield fault(
            "where", "where", "The row does not say where in its source it stands.", "name the table, page or file"
        )


_FaultMaker = Callable[[str, str, str, str], RowProblem]


def _faults_of(row: ScoreRow) -> _FaultMaker:
    def fault(code: str, column: str, message: str, fix: str) -> RowProblem:
        value = printable(str(getattr(row, column) or "")) if column else ""
        return RowProblem(code, row.file, row.line, column, value, message, fix)

    return fault


def unknown_task(row: ScoreRow, known: Iterable[str]) -> RowProblem:
    """A row of a task that is not known."""
    near = suggest(row.task, known) or f"use one of: {', '.join(sorted(known))}"
    return _faults_of(row)("task", "task", f"There is no task '{printable(row.task)}'.", near)


def _texts(row: ScoreRow, fault: _FaultMaker) -> Iterator[RowProblem]:
    for column in COLUMNS:
        value = getattr(row, column)
        if column in NUMBERS:
            continue
        if value != value.strip() or printable(value, LONGEST + 1) != value:
            yield fault(
                "text", column, f"Column {column} holds a line break, a hidden character or spaces at its ends: "
                f"'{printable(value)}'.", "write it on one line, as it is read",
            )  # fmt: skip
        elif len(value) > LONGEST:
            yield fault("text", column, f"Column {column} has {len(value)} characters.", f"keep to {LONGEST}")


def _place(row: ScoreRow, task: Task, fault: _FaultMaker) -> Iterator[RowProblem]:
    """Task, release, split, track and language name a file that exists."""
    if row.task != task.key:
        yield fault(
            "task", "task", f"The row is of task '{printable(row.task)}', not of {task.key}.", f"write {task.key}"
        )
        return
    wrong = False
    if row.release != ANY_RELEASE and row.release not in task.releases:
        wrong = True
        known = [*task.releases, ANY_RELEASE]
        yield fault(
            "release", "release", f"There is no release '{printable(row.release)}'.", f"use one of: {', '.join(known)}"
        )
    if row.split not in SPLITS:
        wrong = True
        yield fault(
            "split", "split", f"There is no split '{printable(row.split)}'.", f"use one of: {', '.join(SPLITS)}"
        )
    for key in row.tracks:
        if key not in task.tracks:
            wrong = True
            yield fault(
                "track", "track", f"There is no track '{printable(key)}'.", f"use one of: {', '.join(task.tracks)}"
            )
    if row.language not in task.languages:
        wrong = True
        yield fault(
            "language", "language", f"There is no language '{printable(row.language)}'.", task.hint(row.language)
        )
    if wrong:
        return
    release = None if row.release == ANY_RELEASE else row.release
    for key in row.tracks:
        if not task.specs(release, key, row.language, row.split):
            yield fault(
                "no-such-file", "language",
                f"Release {row.release} has no {row.split} file of track {key} for '{row.language}'.",
                "correct the track, the language or the release",
            )  # fmt: skip


def _figures(row: ScoreRow, fault: _FaultMaker) -> Iterator[RowProblem]:
    if row.score is None and row.rank is None:
        yield fault("empty", "score", "The row has neither a score nor a rank.", "give one of them")
    if row.score is not None:
        if row.decimals is None or not 0 <= row.decimals <= 17:
            yield fault(
                "decimals", "decimals", "The row has a score and does not say how many decimals its source prints.",
                "count the decimals of the score",
            )  # fmt: skip
        elif isfinite(row.score) and round(row.score, row.decimals) != row.score:
            yield fault(
                "decimals", "decimals", f"The score {row.score} has more than {row.decimals} decimals.",
                "correct the score or its decimals",
            )  # fmt: skip
        if row.metric in METRICS:
            low, high = score_range(row.metric)
            # Written this way round so that nan is a fault too.
            if not low <= row.score <= high:
                hint = (
                    "divide a percentage by 100" if 1 < row.score <= 100 else f"give a number from {low:g} to {high:g}"
                )
                yield fault("score", "score", f"The score {row.score} is not from {low:g} to {high:g}.", hint)
    for column in ("rank", "teams"):
        value = getattr(row, column)
        if value is not None and value < 1:
            yield fault("rank", column, f"The column {column} holds {value}.", "count from 1, or leave it blank")
    if row.rank is not None and row.teams is not None and row.rank > row.teams:
        yield fault("rank", "rank", f"Rank {row.rank} of {row.teams} teams.", "correct one of the two")
    if not row.system and row.rank is None:
        yield fault("system", "system", "The row names no system and has no rank.", "name the team or system")


def check_together(rows: Iterable[ScoreRow], lists: Mapping[str, BoardList]) -> Iterator[RowProblem]:
    """Checks rows against each other: unique keys; in a ranked list, one order and one number of teams."""
    seen: dict[tuple[str, ...], ScoreRow] = {}
    cells: dict[tuple[str, ...], list[ScoreRow]] = {}
    for row in rows:
        first = seen.setdefault(row.key, row)
        if first is not row:
            yield _faults_of(row)(
                "duplicate", "system",
                f"{row.name} stands in list {row.list}, track {row.track}, {row.language} already ({_at(first)}).",
                "delete one of the two, or tell them apart by setting",
            )  # fmt: skip
        if row.list in lists and lists[row.list].ranked:
            cells.setdefault(row.cell, []).append(row)
    for cell in cells.values():
        yield from _ranking(cell)


def _ranking(rows: list[ScoreRow]) -> Iterator[RowProblem]:
    teams = {row.teams: row for row in rows if row.teams is not None}
    if len(teams) > 1:
        counts = sorted(teams)
        yield _faults_of(teams[counts[-1]])(
            "teams", "teams", f"List {rows[0].list}, track {rows[0].track}, {rows[0].language} has {counts[0]} teams "
            f"in one row and {counts[-1]} in another.", "a list has one number of teams: correct it",
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
        yield _faults_of(worse)("rank-order", "score", message, "correct a figure, or flag the doubtful row: suspect")


def _at(row: ScoreRow) -> str:
    return f"line {row.line} of {row.file}" if row.line else "the new row"
