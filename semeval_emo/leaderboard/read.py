"""Reads and writes the leaderboard's files: CSV rows, and lists, sources and notes in TOML.

A line that does not describe a row becomes a `RowProblem`, never an exception: `leaderboard check` shows all of
them at once, and one bad line of the user's does not hide the rest.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import read_utf8
from semeval_emo.leaderboard.model import COLUMNS, NUMBERS, BoardList, Note, RowProblem, ScoreRow, ScoreSource
from semeval_emo.text import printable


def read_rows(path: Path, *, own: bool = False) -> tuple[list[ScoreRow], list[RowProblem]]:
    """Reads one CSV file of the board.

    Returns:
        The rows that could be read, and a fault for every line that could not.

    Raises:
        InputError: the file is missing or is not UTF-8 text.
    """
    lines = csv.reader(io.StringIO(read_utf8(path, f"The leaderboard file {path}"), newline=""))
    rows: list[ScoreRow] = []
    faults: list[RowProblem] = []
    try:
        header = next(lines, [])
        if tuple(header) != COLUMNS:
            return [], [_bad_header(path, header)]
        for cells in lines:
            if cells:
                found = _row(cells, path, lines.line_num, own)
                if isinstance(found, ScoreRow):
                    rows.append(found)
                else:
                    faults.append(found)
    except csv.Error as error:
        faults.append(
            RowProblem("not-csv", str(path), lines.line_num, "", "", f"The line is not CSV: {error}.", "fix the line")
        )
    return rows, faults


def _bad_header(path: Path, header: list[str]) -> RowProblem:
    absent = [name for name in COLUMNS if name not in header]
    surplus = [name for name in header if name not in COLUMNS]
    seen = "; ".join(
        part
        for part in (
            f"missing: {', '.join(absent)}" if absent else "",
            f"unknown: {', '.join(surplus)}" if surplus else "",
        )
        if part
    )
    return RowProblem(
        "header", str(path), 1, "", ",".join(header),
        f"The header is not that of a leaderboard file ({seen or 'the columns stand in another order'}).",
        "begin the file with the header that `semeval-emo leaderboard export` writes",
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
            # An infinity or a count of decimals beyond any float would fail wherever the score is printed.
            sound = values[name] is None or (isfinite(values[name]) and (name != "decimals" or 0 <= values[name] <= 17))
        except (ValueError, OverflowError):
            sound = False
        if not sound:
            kind = (
                "a number" if name == "score" else "a number from 0 to 17" if name == "decimals" else "a whole number"
            )
            return RowProblem(
                "number", str(path), line, name, printable(raw), f"'{printable(raw)}' in column {name} is not {kind}.",
                f"write {kind}, or leave the cell blank",
            )  # fmt: skip
    if values["score"] is not None and values["decimals"] is None:
        return RowProblem(
            "decimals", str(path), line, "decimals", "", "The row does not say how many decimals its source prints.",
            "count the decimals of the score",
        )  # fmt: skip
    return ScoreRow(**values, file=str(path), line=line, own=own)


def to_csv(rows: Iterable[ScoreRow], *, inert: bool = False) -> str:
    """Writes rows in the board's own layout, so that they can be read back.

    Args:
        inert: quote cells that a spreadsheet would run as a formula with ``'``. For files that leave the
            board; the board itself keeps names as they are.
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
    """Reads ``lists.toml`` of a folder; empty where there is none."""
    return _read(folder / "lists.toml", lambda raw: {key: BoardList(key=key, **one) for key, one in raw.items()})


def read_sources(folder: Path) -> dict[str, ScoreSource]:
    """Reads ``sources.toml`` of a folder; empty where there is none."""
    return _read(folder / "sources.toml", lambda raw: {key: ScoreSource(key=key, **one) for key, one in raw.items()})


def read_notes(folder: Path) -> list[Note]:
    """Reads ``notes.toml`` of a folder; empty where there is none."""
    return _read(folder / "notes.toml", lambda raw: [_note(one) for one in raw.get("note", [])])


def _note(one: dict[str, Any]) -> Note:
    return Note(**{**one, "lists": tuple(one.get("lists", ())), "scores": tuple(one.get("scores", ()))})


T = TypeVar("T")


def _read(path: Path, build: Callable[[dict[str, Any]], T]) -> T:
    raw = _toml(path)
    try:
        return build(raw)
    except (TypeError, AttributeError) as error:
        raise UsageError(
            f"The leaderboard file {path} does not hold what it should: {error}.",
            f"compare it with the {path.name} that ships with the board",
        ) from error


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The leaderboard file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The leaderboard file {path} is not valid TOML: {error}.") from error
