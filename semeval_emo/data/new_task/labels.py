"""Find the labels of the files of a task: columns of numbers, or one column of names or of their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semeval_emo.data.labelled import HIGHEST as USUAL_HIGHEST
from semeval_emo.data.labelled import NO_LABEL, labelled, number_of
from semeval_emo.data.new_task.tables import TaskTable
from semeval_emo.data.written import labels_at
from semeval_emo.errors import InputError
from semeval_emo.task import FileKey
from semeval_emo.text import plural, printable

SEPARATORS = ",;|"
HIGHEST = 10
"""The highest degree, where no column has labels up to `USUAL_HIGHEST`."""
_NUMBERS = re.compile(r"\[?\d+(?:[\s,;|]+\d+)*\]?")


@dataclass(frozen=True, eq=False)
class TaskLabels:
    """The labels of one file.

    Attributes:
        names: in the order of the file; those of the other files if the labels are not published.
        top: the highest degree, 1 for labels of 0 and 1; 0 if the labels are not published.
        blank: what unpublished labels have in their cells.
        unused: columns that are neither ids, texts nor labels.
        doubts: what is doubtful about them, as sentences without a full stop.
        in_cell: whether one cell names them.
    """

    names: tuple[str, ...]
    top: int
    blank: str = ""
    unused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    in_cell: bool = False

    @property
    def is_published(self) -> bool:
        """Whether the file has labels."""
        return self.top > 0


@dataclass(frozen=True)
class Writing:
    """How all files of a task write labels: the keys `labels`, `separator` and `no_label` of a layout."""

    labels: str = "columns"
    separator: str = ","
    no_label: str | None = None


def find_labels(tables: Sequence[TaskTable], names: Sequence[str] = ()) -> tuple[list[TaskLabels], Writing]:
    """Return the labels of each file, and how they are written.

    Args:
        names: all labels in the order of their numbers, from a file of names beside the data.

    Raises:
        InputError: no file has labels, or they cannot be told from other columns.
    """
    labels: dict[Path, TaskLabels] = {}
    errors: dict[Path, InputError] = {}
    for table in tables:
        try:
            labels[table.path] = _labels(table)
        except InputError as error:
            errors[table.path] = error
    if not labels and any(_has_numbers(table) for table in tables):
        numbered = _numbered(tables, names)
        return numbered, Writing("indices", _separator(tables), _no_label(tables, numbered))
    known = list(dict.fromkeys(name for own in labels.values() for name in own.names))
    if not known:
        nothing = InputError(f"No text of {tables[0].path} has a label.", "give a folder that has labels too")
        raise next(iter(errors.values()), nothing)
    in_cells = {own.in_cell for own in labels.values()}
    if len(in_cells) > 1:
        first, other = (next(path for path, own in labels.items() if own.in_cell is way) for way in (True, False))
        raise InputError(
            f"{first} names its labels in one column, and {other} has a column for each.", "write them in one way"
        )
    in_cell = in_cells.pop()
    for table in tables:
        if table.path in errors:
            own = _unpublished(table, known, in_cell)
            if own is None:
                raise errors[table.path]
            labels[table.path] = own
    found = [labels[table.path] for table in tables]
    if not in_cell:
        return found, Writing()
    # A file has only the names that occur in it.
    every = tuple(names) if set(names) >= set(known) else tuple(known)
    return [replace(own, names=every) for own in found], Writing("names", _separator(tables), _no_label(tables, found))


def _no_label(tables: Sequence[TaskTable], labels: Sequence[TaskLabels]) -> str | None:
    """Return the cell of texts without labels in files whose labels are published; None if every text has one."""
    published = [table for table, own in zip(tables, labels, strict=True) if own.is_published]
    cells = (cell.strip() for table in published for cell in _label_cells(table) or ())
    return next((cell for cell in cells if cell.casefold() in NO_LABEL), None)


def _separator(tables: Sequence[TaskTable]) -> str:
    """Return what separates labels in a cell: the mark that most cells have, a comma if none has one."""
    cells = [cell for table in tables for cell in _label_cells(table) or ()]
    return max(SEPARATORS, key=lambda mark: sum(mark in cell for cell in cells))


def _has_numbers(table: TaskTable) -> bool:
    """Return whether the column of labels has the numbers of labels."""
    cells = [cell for cell in _label_cells(table) or () if cell.strip()]
    return bool(cells) and all(_NUMBERS.fullmatch(cell.strip()) for cell in cells)


def _label_cells(table: TaskTable) -> list[str] | None:
    """Return the cells of the column of labels in one cell; None if there is none."""
    at = labels_at(table.table.header)
    return None if at is None else [row[at] for row in table.table.rows]


def _labels(table: TaskTable) -> TaskLabels:
    """Return the labels of a file whose labels are published.

    Raises:
        InputError: it has none, or they cannot be told.
    """
    usual = _in_usual_names(table).table
    try:
        own = labelled(usual)
    except InputError:
        own = labelled(usual, highest=HIGHEST)
        # A single column of such numbers is rarely a label.
        if own.top <= USUAL_HIGHEST or len(own.emotions) < 2:
            raise
    _refuse_other_numbers(table, own.emotions)
    layout = table.layout
    unused = tuple(name for name in own.unused if name not in (layout.id, layout.text))
    empty = () if own.labels.any() else (f"no text of {table.path.name} has a label: are they published",)
    return TaskLabels(own.emotions, own.top, "", unused, empty, own.from_names)


def _in_usual_names(table: TaskTable) -> TaskTable:
    """Return a table whose columns of ids and texts have the usual names, by which the reader finds them."""
    renamed = {table.layout.id: "id", table.layout.text: "text"}
    header = tuple(
        renamed.get(name, f"{name} (not used)" if name in ("id", "text") else name) for name in table.table.header
    )
    return replace(table, table=replace(table.table, header=header))


def _refuse_other_numbers(table: TaskTable, names: Sequence[str]) -> None:
    """Refuse labels that are not written as integers: data files are compared by their cells."""
    for name in names:
        if name not in table.table.header:
            continue
        for line, cell in zip(table.table.lines, table.cells(name), strict=True):
            if not (cell.isascii() and cell.isdecimal() and cell == str(int(cell))):
                raise InputError(
                    f"{table.path} line {line}: the label '{printable(name)}' is '{printable(cell)}', which is read "
                    f"as {number_of(cell)}.",
                    "write labels as 0 and 1, or degrees as integers",
                )


def _unpublished(table: TaskTable, known: Sequence[str], in_cell: bool) -> TaskLabels | None:
    """Return the labels of a file that has none of them, or the same mark in all their cells; None if it has others."""
    if in_cell:
        cells = _label_cells(table)
        columns = [] if cells is None else [cells]
        names = tuple(known)
    else:
        names = tuple(name for name in table.table.header if name in known) or tuple(known)
        columns = [table.cells(name) for name in names if name in table.table.header]
    values = {cell.strip() for cells in columns for cell in cells}
    if len(values) > 1 or any(value.isdecimal() for value in values):
        return None
    return TaskLabels(names, 0, next(iter(values), ""))


def _numbered(tables: Sequence[TaskTable], names: Sequence[str]) -> list[TaskLabels]:
    """Return the labels of files that have their numbers in a cell.

    Raises:
        InputError: there are no names, or fewer than numbers.
    """
    for table in tables:
        numbers = [int(number) for cell in _label_cells(table) or () for number in re.findall(r"\d+", cell)]
        highest = max(numbers, default=0)
        if highest >= len(names):
            have = f"the file of names beside it has {plural(len(names), 'name')}" if names else "no file names them"
            raise InputError(
                f"{table.path} has labels as numbers up to {highest}, and {have}.",
                "put a file labels.txt beside the data, with the name of a label on each line, in the order of the "
                "numbers from 0",
            )
    return [TaskLabels(tuple(names), 1 if any(map(str.strip, _label_cells(table) or ())) else 0) for table in tables]


def labels_by_place(labels: Mapping[FileKey, TaskLabels]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the labels of each track and language, which are the same in all its splits.

    Args:
        labels: by track, language and split.

    Raises:
        InputError: two splits have other labels.
    """
    found: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {}
    for (track, language, split), own in labels.items():
        if own.is_published:
            before, where = found.setdefault((track, language), (own.names, split))
            if set(before) != set(own.names):
                other = sorted(set(before) ^ set(own.names))
                raise InputError(
                    f"The {where} and {split} files of {language} disagree on their labels: only one of them has "
                    f"{printable(', '.join(other), 200)}.",
                    "give all splits of a language the same columns of labels, or leave a file out",
                )
    return {place: names for place, (names, _) in found.items()}
