"""Read files whose layout is not known: delimiter, quotes, header, and the columns of ids and texts."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from semeval_emo.data.columns import ID, TEXT, find_id, find_text, normalised
from semeval_emo.data.labelled import LIST_NAMES
from semeval_emo.data.rows import OwnTable, read_table, separator
from semeval_emo.data.sheet import PARQUET
from semeval_emo.data.split_names import SPLIT_COLUMNS, split_of
from semeval_emo.data.written import rows_of
from semeval_emo.errors import InputError
from semeval_emo.files import read_utf8
from semeval_emo.tables.names import is_text_name
from semeval_emo.tables.sniff import HEAD_BYTES, remedy, sniff
from semeval_emo.task import LABELS, FileLayout
from semeval_emo.text import listed, plural, printable

SEEN = 200
"""Rows by which the delimiter is chosen; then the whole file is read with it."""
LONGEST_ID = 64
TAB = "\t"
LANGUAGE_COLUMNS = ("language", "lang")
NAME_TEXTS = "call the column of texts text; a task is made of files that have the texts, their ids and labels"
QUOTED = "texts in quotation marks keep them, and quotes = true removes them"
_NUMBERS = re.compile(r"\d+(?:[\s,;|]+\d+)*")


@dataclass(frozen=True, eq=False)
class TaskTable:
    """A data file as it is written.

    Attributes:
        table: its columns and rows.
        layout: delimiter, quotes, and the columns if the file has no header.
        has_quotes: whether there is a quotation mark in the file.
        guesses: what is not certain, by the key of the layout.
    """

    table: OwnTable
    layout: FileLayout
    has_quotes: bool
    guesses: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its path."""
        return self.table.path

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column, in file order."""
        at = self.table.header.index(name)
        return [row[at] for row in self.table.rows]


def read_task_table(path: Path) -> TaskTable:
    """Read a data file, and find its columns of ids and texts.

    Raises:
        InputError: it is not separated text, its rows have different numbers of cells, or its columns of ids and texts
            cannot be found.
        MissingExtra: it is a Parquet file, and pyarrow is not installed.
    """
    if path.suffix.lower() == PARQUET:
        return _with_header(read_table(path), FileLayout(""), has_quotes=False, guesses={})
    body = _body(path)
    with_rows, lines, layout = read_rows(path, body)
    quoted = [] if layout.quotes else _quoted_cells(with_rows)
    if any('""' in cell[1:-1] for cell in quoted):
        # No text has a mark twice where another writer than that of CSV quoted it.
        layout = replace(layout, quotes=True)
        numbered = list(rows_of(body, layout))
        with_rows, lines = [row for _, row in numbered], [line for line, _ in numbered]
    first, *rest = with_rows
    if _is_header(first):
        header, rows, lines = tuple(first), rest, lines[1:]
    else:
        header, rows = _named_columns(path, with_rows), with_rows
        layout = replace(layout, columns=header)
    table = OwnTable(path, header, rows, lines)
    guesses = {"quotes": QUOTED} if quoted and not layout.quotes else {}
    if layout.columns:
        guesses["columns"] = "what the columns hold"
        return TaskTable(table, replace(layout, id=ID, text=TEXT), '"' in body, guesses)
    return _with_header(table, layout, '"' in body, guesses)


def _with_header(table: OwnTable, layout: FileLayout, has_quotes: bool, guesses: dict[str, str]) -> TaskTable:
    """Return a table whose columns have names, by which those of ids and texts are found."""
    if not table.rows:
        raise InputError(f"{table.path} has no rows below its header.", "leave it out, or write its texts")
    _refuse_several(table)
    id_name, id_guess = _id_column(table)
    text_name, text_guess = _text_column(table, id_name)
    guesses |= {key: guess for key, guess in {"id": id_guess, "text": text_guess}.items() if guess}
    return TaskTable(table, replace(layout, id=id_name, text=text_name), has_quotes, guesses)


def _body(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: it cannot be read, or is not text.
    """
    try:
        with path.open("rb") as stream:
            magic = sniff(stream.read(HEAD_BYTES))[0]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if magic:
        raise InputError(f"{path} is {magic}, and the data files of a task are CSV or TSV.", remedy(magic))
    return read_utf8(path)


def read_rows(path: Path, body: str | None = None) -> tuple[list[list[str]], list[int], FileLayout]:
    """Return the rows of a file with the header, the line of each, and the delimiter and quotes.

    Args:
        body: its text, if it has been read.

    Raises:
        InputError: the rows do not have the same number of cells.
    """
    body = _body(path) if body is None else body
    problems = []
    for layout in _ways(body):
        try:
            numbered = list(rows_of(body, layout))
        except csv.Error as error:
            problems.append(f"not valid CSV ({error})")
            continue
        widths = Counter(len(row) for _, row in numbered)
        if len(widths) == 1 and next(iter(widths)) > 1:
            return [row for _, row in numbered], [line for line, _ in numbered], layout
        problems += [_uneven(numbered, layout)] if len(widths) > 1 else []
    why = problems[0] if problems else "it has one column only"
    raise InputError(
        f"{path} is not a table of ids and texts: {why}.",
        "its rows need the same number of cells, separated by commas (with quotes around texts that have them) or tabs",
    )


def _uneven(numbered: Sequence[tuple[int, list[str]]], layout: FileLayout) -> str:
    """Return which row has another number of cells than the first."""
    width = len(numbered[0][1])
    line, row = next((line, row) for line, row in numbered if len(row) != width)
    shown = "tabs" if layout.delimiter == TAB else f"'{layout.delimiter}'"
    return f"line {line} has {plural(len(row), 'cell')} separated by {shown}, and the first line {width}"


def _ways(body: str) -> list[FileLayout]:
    """Return the delimiters and quotes that a file may have, the likeliest first.

    The reader of data files decides: all rows need the same number of cells. Quotation marks between tabs belong to the
    text unless the rows need them, because reading them as quotes removes some.
    """
    head = body[: 1 << 16]
    first = head.partition("\n")[0]
    likely = separator(first)
    ways: list[tuple[tuple[int, ...], FileLayout]] = []
    for delimiter in dict.fromkeys([likely, TAB, ",", ";", "|"]):
        bare = FileLayout("", delimiter, quotes=False)
        for layout in (replace(bare, quotes=True), bare):
            widths = _widths(head, layout)
            is_even = len(widths) == 1 and widths[0] > 1
            rank = (is_even, delimiter == likely, layout.quotes == (delimiter != TAB), widths[0] if widths else 0)
            ways.append((tuple(map(int, rank)), layout))
    return [layout for _, layout in sorted(ways, key=lambda way: way[0], reverse=True)]


def _widths(head: str, layout: FileLayout) -> list[int]:
    """Return the different numbers of cells of the first rows."""
    try:
        rows = [row for _, row in itertools.islice(rows_of(head, layout), SEEN)]
    except csv.Error:
        return []
    # The head may end within a row.
    complete = rows[:-1] if len(rows) > 1 and len(rows) < SEEN else rows
    return list(dict.fromkeys(map(len, complete)))


def _quoted_cells(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the cells with quotation marks, if all of them are as CSV writes them; else none."""
    quoted = [cell for row in rows for cell in row if '"' in cell]
    return quoted if all(re.fullmatch(r'"(?:[^"]|"")*"', cell) for cell in quoted) else []


def _is_header(row: Sequence[str]) -> bool:
    """Return whether the first row has names of columns."""
    names = [normalised(cell) for cell in row]
    if any(name == ID or is_text_name(name) or name in LIST_NAMES for name in names):
        return True
    return not any(not name or name[0].isdigit() or len(name.split()) > 3 for name in names)


def _named_columns(path: Path, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return names for the columns of a file without a header: id, text and labels, by what they hold.

    Raises:
        InputError: that is not certain.
    """
    columns = list(zip(*rows, strict=True))
    ids = [at for at, cells in enumerate(columns) if _may_be_ids(cells)]
    marked = [at for at, cells in enumerate(columns) if at not in ids and _may_be_labels(cells)]
    texts = [at for at in range(len(columns)) if at not in (*ids, *marked)]
    if len(columns) > 3 or len(ids) != 1 or len(texts) != 1:
        raise InputError(
            f"{path} has no header, and which of its {len(columns)} columns has the ids, the texts and the labels "
            "is not certain.",
            "write a line with the names of the columns above it, such as id,text,joy,fear",
        )
    names = {ids[0]: ID, texts[0]: TEXT}
    return tuple(names.get(at, LABELS) for at in range(len(columns)))


def _may_be_ids(cells: Sequence[str]) -> bool:
    """Return whether cells are all different and without spaces."""
    return len(set(cells)) == len(cells) and all(
        0 < len(cell) <= LONGEST_ID and not re.search(r"\s", cell) for cell in cells
    )


def _may_be_labels(cells: Sequence[str]) -> bool:
    """Return whether cells have numbers, or few different words."""
    values = Counter(cell.strip() for cell in cells)
    return all(_NUMBERS.fullmatch(value) or not value for value in values) or len(values) <= len(cells) // 5


def _refuse_several(table: OwnTable) -> None:
    """Refuse a file with the texts of several splits or languages: a task has a file for each.

    Raises:
        InputError: a column says that there are several.
    """
    for at, name in enumerate(table.header):
        what = "splits" if normalised(name) in SPLIT_COLUMNS else "languages"
        values = sorted({row[at] for row in table.rows})
        is_column = all(map(split_of, values)) if what == "splits" else normalised(name) in LANGUAGE_COLUMNS
        if is_column and len(values) > 1:
            raise InputError(
                f"{table.path} has several {what}, which its column '{printable(name)}' names: "
                f"{listed(map(printable, values), 5)}.",
                "write a file for each, such as train.csv and dev.csv, or track_a/train/eng.csv",
            )


def _refuse_repeated(table: OwnTable, at: int) -> None:
    """Refuse ids that do not tell the texts from each other.

    Raises:
        InputError: an id is blank, or occurs twice.
    """
    lines: dict[str, int] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        first = lines.setdefault(row[at], line)
        if first != line or not row[at].strip():
            seen = f"the id '{printable(row[at])}' of line {first} again" if row[at].strip() else "no id"
            raise InputError(f"{table.path} line {line} has {seen}.", "give each text an id of its own")


def _id_column(table: OwnTable) -> tuple[str, str]:
    """Return the name of the column of ids, and what is uncertain about it.

    Raises:
        InputError: there is none.
    """
    at = find_id(table.header)
    if at is not None:
        _refuse_repeated(table, at)
        return table.header[at], ""
    columns = list(zip(*table.rows, strict=True))
    # The labels of few texts may differ in all of them.
    unique = [
        at for at, cells in enumerate(columns)
        if table.header[at].strip() and _may_be_ids(cells) and not set(cells) <= set("0123")
    ]  # fmt: skip
    named = [
        at for at in unique if {"id", "ids", "nr", "key"} & set(re.findall(r"[a-z]+", normalised(table.header[at])))
    ]
    chosen = named or unique
    if len(chosen) != 1:
        shown = printable(",".join(table.header), 200)
        seen = f"{plural(len(chosen), 'column')} may be it" if chosen else "no column has a different word in each row"
        raise InputError(
            f"{table.path} has no column '{ID}': its header is {shown}, and {seen}.",
            "a task needs an id for each text: add the column, or train without a task file: "
            "semeval-emo zoo train RECIPE --data FILE",
        )
    name = table.header[chosen[0]]
    return name, "it has another word in each row"


def _text_column(table: OwnTable, id_name: str) -> tuple[str, str]:
    """Return the name of the column of texts, and why if its name does not say: it has most words.

    Raises:
        InputError: there is none.
    """
    try:
        return table.header[find_text(table.header, str(table.path), remedy=NAME_TEXTS)], ""
    except InputError:
        words = {
            name: sum(len(cell.split()) for cell in cells) / len(cells)
            for name, *cells in zip(table.header, *table.rows, strict=True)
            if name != id_name
        }
        by_name = [name for name in words if is_text_name(normalised(name))]
        name = max(by_name or words, key=words.__getitem__, default="")
        if not name or words[name] < 2:
            raise
        others = [other for other in by_name if other != name]
        also = f"; {', '.join(map(printable, others))} may be it too" if others else ""
        return name, f"it has most words{also}"
