"""Read and write the leaderboard's files: CSV rows, and lists, sources and notes in TOML.

An invalid line yields a `RowProblem` instead of an exception, so `leaderboard check` can show all of them, and the
other lines of the file can be used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from semeval_emo.errors import UsageError
from semeval_emo.files import read_utf8
from semeval_emo.leaderboard.model import COLUMNS, NUMBERS, BoardList, Note, Paper, RowProblem, ScoreRow, ScoreSource
from semeval_emo.parse import ShapeError, build, members, read_toml
from semeval_emo.text import printable

LARGEST = 2**22
"""Limit of the size of a CSV file: fifty times the largest one of the board."""
MOST_TEAMS = 10**6
"""Limit of ranks and numbers of teams."""


def read_rows(path: Path, *, own: bool = False) -> tuple[list[ScoreRow], list[RowProblem]]:
    """Return the rows of one CSV file of the board, and a problem for every invalid line.

    Raises:
        InputError: the file is missing or is not UTF-8 text.
    """
    lines = csv.reader(io.StringIO(read_utf8(path, f"The leaderboard file {path}", most=LARGEST), newline=""))
    rows: list[ScoreRow] = []
    problems: list[RowProblem] = []
    try:
        header = next(lines, [])
        if tuple(header) != COLUMNS:
            return [], [_bad_header(path, header)]
        for cells in lines:
            if cells:
                row = _row(cells, path, lines.line_num, own)
                if isinstance(row, ScoreRow):
                    rows.append(row)
                else:
                    problems.append(row)
    except csv.Error as error:
        problems.append(
            RowProblem("not-csv", str(path), lines.line_num, "", "", f"The line is not CSV: {error}.", "fix the line")
        )
    return rows, problems


def _bad_header(path: Path, header: list[str]) -> RowProblem:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    reason = "; ".join(
        part
        for part in (
            f"missing: {', '.join(missing)}" if missing else "",
            f"unknown: {printable(', '.join(unknown), 200)}" if unknown else "",
        )
        if part
    )
    return RowProblem(
        "header", str(path), 1, "", printable(",".join(header), 200),
        f"The header is not that of a leaderboard file ({reason or 'the columns are in a different order'}).",
        "use the header that `semeval-emo leaderboard export` writes",
    )  # fmt: skip


def _row(cells: list[str], path: Path, line: int, own: bool) -> ScoreRow | RowProblem:
    if len(cells) != len(COLUMNS):
        return RowProblem(
            "cells", str(path), line, "", str(len(cells)),
            f"The line has {len(cells)} cells, the header {len(COLUMNS)}.", "quote cells that hold commas",
        )  # fmt: skip
    values: dict[str, Any] = {}
    for name, raw in zip(COLUMNS, cells, strict=True):
        if name not in NUMBERS:
            values[name] = raw
            continue
        try:
            values[name] = NUMBERS[name](raw) if raw else None
            # An infinite score or too many decimals cannot be printed.
            valid = values[name] is None or _is_in_range(name, values[name])
        except (ValueError, OverflowError):
            valid = False
        if not valid:
            expected = (
                "a number" if name == "score" else "a number from 0 to 17" if name == "decimals" else "an integer"
            )
            value = printable(raw)
            return RowProblem(
                "number", str(path), line, name, value, f"'{value}' in column {name} is not {expected}.",
                f"write {expected}, or leave the cell blank",
            )  # fmt: skip
    if values["score"] is not None and values["decimals"] is None:
        return RowProblem(
            "decimals", str(path), line, "decimals", "", "The row has a score but no number of decimals.",
            "count the decimals of the score",
        )  # fmt: skip
    return ScoreRow(**values, file=str(path), line=line, own=own)


def _is_in_range(name: str, value: float) -> bool:
    if name == "score":
        return isfinite(value)
    return 0 <= value <= 17 if name == "decimals" else abs(value) <= MOST_TEAMS


def to_csv(rows: Iterable[ScoreRow], *, inert: bool = False) -> str:
    """Return rows as CSV that `read_rows` can read.

    Args:
        inert: prefix cells that a spreadsheet would run as a formula with ``'``. For exported files only: the
            board itself stores names unchanged.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(list(_cells(row, inert)))
    return out.getvalue()


def _cells(row: ScoreRow, inert: bool) -> Iterator[str]:
    for name in COLUMNS:
        value = row.score_text if name == "score" else getattr(row, name)
        text = "" if value is None else str(value)
        yield "'" + text if inert and name not in NUMBERS and text[:1] in ("=", "+", "-", "@") else text


def read_lists(folder: Path) -> dict[str, BoardList]:
    """Read ``lists.toml`` of a folder; empty if it does not exist."""
    return _read(folder / "lists.toml", lambda raw: {key: build(BoardList, raw[key], key, key=key) for key in raw})


def read_sources(folder: Path) -> dict[str, ScoreSource]:
    """Read ``sources.toml`` of a folder; empty if it does not exist."""
    return _read(folder / "sources.toml", lambda raw: {key: build(ScoreSource, raw[key], key, key=key) for key in raw})


def read_notes(folder: Path) -> list[Note]:
    """Read ``notes.toml`` of a folder; empty if it does not exist."""
    return _read(folder / "notes.toml", lambda raw: [build(Note, table) for table in members(raw, "note", dict, [])])


def read_papers(folder: Path, task: str) -> tuple[Paper, ...]:
    """Read ``papers/<task>.csv`` of a folder; empty if it does not exist.

    Raises:
        InputError: the file is not UTF-8 text.
        UsageError: the columns are not those of `Paper`.
    """
    path = folder / "papers" / f"{task}.csv"
    if not path.is_file():
        return ()
    header, *lines = csv.reader(io.StringIO(read_utf8(path, f"The bibliography {path}", most=LARGEST), newline=""))
    columns = [one.name for one in fields(Paper)]
    if header != columns or any(len(cells) != len(columns) for cells in lines):
        raise UsageError(
            f"The bibliography {path} has the wrong columns: {printable(', '.join(header), 200)}.",
            f"use the columns {', '.join(columns)} in every line",
        )
    return tuple(Paper(*cells) for cells in lines)


T = TypeVar("T")


def _read(path: Path, build_from: Callable[[dict[str, Any]], T]) -> T:
    raw = read_toml(path, f"The leaderboard file {path}") if path.is_file() else {}
    try:
        return build_from(raw)
    except ShapeError as error:
        raise UsageError(
            f"The leaderboard file {path} has the wrong structure: {error}.",
            f"compare it with the {path.name} that ships with the board",
        ) from error
