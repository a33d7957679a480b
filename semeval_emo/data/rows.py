"""Read the rows of a person's own table: CSV in any separator, or another container.

Texts keep every character: CSV is read strictly, because a misplaced quote would otherwise add or remove some.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.tables import RawTable, open_table
from semeval_emo.tables.sniff import remedy
from semeval_emo.text import plural


def separator(header: str) -> str:
    r"""Return the separator of a header: the one of ``, ; \t |`` that occurs most outside quotes.

    >>> separator("id;text"), separator("ID\tTweet"), separator("text")
    (';', '\t', ',')
    """
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def csv_rows(lines: Iterable[str], shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and the rows of a CSV file with the line on which each ends; a blank line is an empty row.

    Raises:
        InputError: it is not valid CSV.
    """
    lines = iter(lines)
    first = next(lines, "").removeprefix("\ufeff")
    rows = csv.reader(itertools.chain([first], lines), delimiter=separator(first), strict=True)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise InputError(
            f"{shown}:{rows.line_num}: not CSV: {error}.",
            'put a text with quotes in quotes and double its own: "She said ""Oh"""; or use JSON lines',
        ) from error


@dataclass(frozen=True)
class OwnTable:
    """A table of the user's own.

    Attributes:
        header: the names of the columns, as in the file.
        rows: the cells as text, as many in each row as in the header.
        lines: the line of the file on which each row ends.
    """

    path: Path
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]


def read_table(path: Path) -> OwnTable:
    """Read a CSV, JSON, JSON lines or Parquet file.

    Raises:
        InputError: the file cannot be read, or a row has more or fewer cells than the header.
    """
    shown = str(path)
    try:
        with path.open("rb") as stream:
            table = open_table(stream, shown)
            if table.magic:
                raise InputError(f"{shown} is {table.magic}, not a table.", remedy(table.magic))
            header, numbered = table.header, []
            if not isinstance(table, RawTable):
                numbered = list(table.rows())
            elif header:
                stream.seek(0)
                lines = csv_rows(io.TextIOWrapper(stream, table.encoding, newline=""), shown)
                header = next(lines)[1]
                numbered = [(line, row) for line, row in lines if row]
    except UnicodeDecodeError as error:
        raise InputError(
            f"{shown} is not UTF-8: byte {error.object[error.start]:#04x} cannot be decoded.",
            "save it as UTF-8, for example: iconv -f LATIN1 -t UTF-8",
        ) from error
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}.") from error
    if not header:
        raise InputError(f"{shown} is empty.", "its first line names the columns: text, and labels")
    wrong = next((at for at, (_, row) in enumerate(numbered) if len(row) != len(header)), None)
    if wrong is not None:
        line, row = numbered[wrong]
        raise InputError(
            f"{shown} line {line}: {plural(len(row), 'cell')}, but the header has {len(header)}.",
            "put quotes around texts that contain commas",
        )
    return OwnTable(path, tuple(header), [row for _, row in numbered], [line for line, _ in numbered])
