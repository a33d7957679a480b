"""Read data files as the layout of a task writes them, into the columns id, text and one per label."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from semeval_emo.data.columns import ID, TEXT, normalised
from semeval_emo.data.labelled import LIST_NAMES
from semeval_emo.errors import InputError, suggest
from semeval_emo.files import read_utf8
from semeval_emo.task import DEFAULT_LAYOUT, LABELS, FileLayout, Task
from semeval_emo.text import plural, printable

NumberedRows = Iterator[tuple[int, list[str]]]


def own_layout(task: Task | None) -> FileLayout | None:
    """Return the layout of a task's data if it differs from the default one in more than names of files."""
    layout = task.layout.data if task is not None else DEFAULT_LAYOUT.data
    default = DEFAULT_LAYOUT.data
    return None if layout.contents == default.contents else layout


def is_default(first_line: str, layout: FileLayout) -> bool:
    r"""Return whether a file has the columns of the default layout: people convert their files to it.

    >>> ec = FileLayout("", "\t", id="ID", text="Tweet")
    >>> is_default("id,text,anger,joy", ec), is_default("ID\tTweet\tanger", ec)
    (True, False)
    """
    cells = first_line.split(layout.delimiter)
    is_written = len(cells) == len(layout.columns) if layout.columns else layout.id in cells
    return not is_written and ID in next(csv.reader([first_line]), [])


def rows_of(body: str, layout: FileLayout) -> NumberedRows:
    """Yield the rows of a file with the line on which each ends; blank lines are left out.

    Raises:
        csv.Error: quotes are not those of CSV.
    """
    if layout.quotes:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=layout.delimiter)
        yield from ((reader.line_num, row) for row in reader if row)
    else:
        # Only line breaks of files: texts contain others, such as U+2028.
        lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        yield from ((number, line.split(layout.delimiter)) for number, line in enumerate(lines, 1) if line)


def read_written(path: Path, layout: FileLayout, labels: Sequence[str]) -> tuple[tuple[str, ...], NumberedRows]:
    """Return the header in the names of the default layout, and the rows with one cell per label.

    Args:
        labels: all labels of the task, in its order.

    Raises:
        InputError: the file cannot be read, has no column of ids, or a row has other cells than its columns.
    """
    rows = rows_of(read_utf8(path), layout)
    shown = layout.delimiters
    names = list(layout.columns) or next((row for _, row in rows), [])
    if layout.columns:
        first = next(rows, None)
        if first is None:
            raise InputError(f"{path} is empty.", f"expected {', '.join(names)}, separated by {shown}")
        # A line with the names of the columns is no row.
        rows = rows if first[1] == names else itertools.chain([first], rows)
    return in_usual_names(path, names, rows, layout, labels)


def in_usual_names(
    path: Path, names: Sequence[str], rows: NumberedRows, layout: FileLayout, labels: Sequence[str]
) -> tuple[tuple[str, ...], NumberedRows]:
    """Return the header in the names of the default layout, and the rows with one cell per label.

    Args:
        names: the columns as the layout calls them.
        labels: all labels of the task, in its order.

    Raises:
        InputError: there is no column of ids, or a row has other cells than its columns.
    """
    shown = layout.delimiters
    renamed = {layout.id: ID, layout.text: TEXT}
    header = [renamed.get(name, name) for name in names]
    if ID not in header:
        raise InputError(
            f"{path} has no column '{layout.id}': its first line is '{printable(layout.delimiter.join(names), 80)}'.",
            f"expected {layout.shown_header(labels)}",
        )
    at = None if layout.labels == "columns" else labels_at(header)
    columns = [name for place, name in enumerate(header) if place != at]
    if at is not None and layout.no_label == "":
        numbered = list(rows)
        # In a file in which every cell is empty, no label is published.
        if not any(row[at].strip() for _, row in numbered if at < len(row)):
            layout = replace(layout, no_label=None)
        rows = iter(numbered)

    def converted() -> NumberedRows:
        for line, row in rows:
            if len(row) != len(header):
                raise InputError(
                    f"{path} line {line}: {plural(len(row), 'cell')}, expected {len(header)}: {', '.join(names)}.",
                    f"cells are separated by {shown}"
                    + ("" if layout.quotes else ", and a text contains neither it nor a line break"),
                )
            if at is not None:
                marked = _marked(row[at], layout, labels, f"{path} line {line}")
                row = [cell for place, cell in enumerate(row) if place != at] + marked
            elif layout.blank:
                row = [
                    "" if cell == layout.blank and name not in (ID, TEXT) else cell
                    for name, cell in zip(header, row, strict=True)
                ]
            yield line, row

    return (*columns, *(labels if at is not None else ())), converted()


def labels_at(header: Sequence[str]) -> int | None:
    """Return the position of the column with all labels of a text: ``labels``, else the only one with such a name.

    >>> labels_at(["id", "text", "labels"]), labels_at(["id", "text", "Emotion"]), labels_at(["id", "text"])
    (2, 2, None)
    """
    named = [place for place, name in enumerate(header) if normalised(name) in LIST_NAMES]
    if LABELS in header:
        return header.index(LABELS)
    return named[0] if len(named) == 1 else None


def _marked(cell: str, layout: FileLayout, labels: Sequence[str], where: str) -> list[str]:
    """Return a cell per label for one cell that names labels or has their numbers."""
    if cell.strip() == layout.no_label:
        return ["0"] * len(labels)
    # An empty cell is no zero unless the layout says so.
    if cell.strip() == layout.blank:
        return [""] * len(labels)
    # Data frames write a list as ['joy', 'fear'].
    inner = cell.strip().removeprefix("[").removesuffix("]")
    words = [word for part in inner.split(layout.separator) if (word := part.strip().strip("'\""))]
    if layout.labels == "indices":
        wrong = next((word for word in words if not (word.isdecimal() and int(word) < len(labels))), None)
        names = {str(number): number for number in range(len(labels))}
        expected = f"a number from 0 to {len(labels) - 1}"
    else:
        names = {label.casefold(): number for number, label in enumerate(labels)}
        words = [word.casefold() for word in words]
        wrong = next((word for word in words if word not in names), None)
        expected = (wrong and suggest(wrong, labels)) or f"one of {', '.join(labels)}"
    if wrong is not None:
        raise InputError(
            f"{where}: the label '{printable(wrong)}' is not of the task.",
            f"{expected}; '{layout.separator}' is between labels",
        )
    chosen = {names[word] for word in words}
    return [str(int(number in chosen)) for number in range(len(labels))]
