"""Read CSV files of texts or gold labels by column name, and hash them.

`submission/` reads prediction files. This module uses only the csv module, because `score` reads gold
labels at each run and importing pandas takes longer than reading the file.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np

from semeval_emo.data.columns import ID, TEXT
from semeval_emo.data.rows import read_table
from semeval_emo.data.written import in_usual_names, is_default, own_layout, read_written, rows_of
from semeval_emo.errors import InputError
from semeval_emo.files import read_utf8
from semeval_emo.tables.frames import FrameFile
from semeval_emo.task import FileLayout, FileSpec, Task, short_hash
from semeval_emo.text import printable, short_repr

PARQUET = ".parquet"
HEAD = 65536
"""How much of a file is read to find its first id, in bytes."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """The contents of a data file.

    Attributes:
        header: column names as in the file, without a byte order mark.
        rows: cells as text; each row has as many as the header.
        lines: the line of the file on which each row ends (quoted texts may have line breaks).
    """

    path: Path
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    _hashes: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[str]:
        """Return the cells of one column, in file order."""
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    @property
    def ids(self) -> list[str]:
        """The ids, in file order."""
        return self.column(ID)

    @property
    def texts(self) -> list[str] | None:
        """The texts; None if the file has labels only."""
        return self.column(TEXT) if TEXT in self.header else None

    def has(self, columns: Collection[str]) -> bool:
        """Return whether the file has all these columns."""
        return set(columns) <= set(self.header)

    def texts_hash(self) -> str:
        """Return the `short_hash` of ``id<TAB>text`` lines in the order of ids; empty without texts."""
        if TEXT not in self.header:
            return ""
        return self._hash((ID, TEXT))

    def labels_hash(self, emotions: Sequence[str]) -> str:
        """Return the `short_hash` of ``id<TAB>label<TAB>...`` lines in the order of ids; empty if a cell is blank."""
        columns = (ID, *emotions)
        if columns not in self._hashes and (not self.has(emotions) or self.blanks(emotions)):
            self._hashes[columns] = ""
        return self._hash(columns)

    def _hash(self, columns: tuple[str, ...]) -> str:
        if columns not in self._hashes:
            lines = zip(*(self.column(name) for name in columns), strict=True)
            # A tab sorts before all characters of an id, so this sorts by id.
            self._hashes[columns] = short_hash(sorted(map("\t".join, lines)))
        return self._hashes[columns]

    def blanks(self, emotions: Sequence[str]) -> int:
        """Return the number of blank label cells."""
        counts = Counter(chain.from_iterable(map(self.column, emotions)))
        return sum(count for cell, count in counts.items() if not cell.strip())

    def labels(self, emotions: Sequence[str], values: Sequence[str], blank: int | None = None) -> np.ndarray:
        """Return the label cells as numbers.

        Args:
            emotions: the columns, in this order.
            values: the allowed cell texts, integers.
            blank: the value of a blank cell; None makes it an error.

        Returns:
            Array of shape (rows, emotions), int8.

        Raises:
            InputError: a cell has another value.
        """
        code = {value: int(value) for value in values}
        if blank is not None:
            code[""] = blank
        labels = np.empty((len(self), len(emotions)), dtype=np.int8)
        for j, name in enumerate(emotions):
            cells = self.column(name)
            try:
                labels[:, j] = [code[cell] for cell in cells]
            except KeyError:
                i = next(i for i, cell in enumerate(cells) if cell not in code)
                raise InputError(
                    f"{self.path} line {self.lines[i]}: the label of '{name}' is '{printable(cells[i])}', "
                    f"expected one of {', '.join(values)}.",
                    "correct the cell",
                ) from None
        return labels

    def take(self, keep: Collection[str]) -> Sheet:
        """Return the rows whose ids are in `keep`, in file order."""
        at = self.header.index(ID)
        picked = [(row, line) for row, line in zip(self.rows, self.lines, strict=True) if row[at] in keep]
        return Sheet(self.path, self.header, [row for row, _ in picked], [line for _, line in picked])

    def __repr__(self) -> str:
        return short_repr(self, path=str(self.path), header=self.header, rows=len(self))


def read_sheet(path: Path, task: Task | None = None) -> Sheet:
    """Read a CSV or Parquet file of texts or labels, or one in the layout of a task.

    Raises:
        InputError: the file cannot be read, is not UTF-8, has no ``id`` column or a duplicate column,
            or a row has more or fewer cells than the header.
    """
    layout = own_layout(task)
    # What is no text has the names of the layout's columns, not its delimiter.
    is_text = path.suffix != PARQUET and not isinstance(path, FrameFile)
    if task is not None and layout is not None and is_text and not is_default(_first_line(path), layout):
        try:
            columns, numbered = read_written(path, layout, task.emotions)
            pairs = list(numbered)
        except csv.Error as error:
            raise InputError(f"{path}: not valid CSV ({error}).", "look for a quote that is not closed") from error
        _refuse_twice(columns, path)
        return Sheet(path, columns, [row for _, row in pairs], [line for line, _ in pairs])
    if path.suffix == PARQUET:
        table = read_table(path)
        return _sheet(path, table.header, table.rows, table.lines, layout, task)
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""))
    try:
        header = tuple(next(reader, ()))
        rows, lines = [], []
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(
            f"{path} line {reader.line_num}: not valid CSV ({error}).", "look for a quote that is not closed"
        ) from error
    if not is_text:
        return _sheet(path, header, rows, lines, layout, task)
    _check_ids(path, header)
    _refuse_twice(header, path)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise InputError(
                f"{path} line {line}: {len(row)} cells, but the header has {len(header)}.",
                "put quotes around texts that contain commas",
            )
    return Sheet(path, header, rows, lines)


def _sheet(
    path: Path,
    header: tuple[str, ...],
    rows: list[list[str]],
    lines: list[int],
    layout: FileLayout | None,
    task: Task | None,
) -> Sheet:
    """Return a table in memory, with the columns of a layout or the usual ones."""
    if task is not None and layout is not None and {layout.id, ID} & {*header}:
        own = layout if layout.id in header else replace(layout, id=ID, text=TEXT)
        header, numbered = in_usual_names(path, header, zip(lines, rows, strict=True), own, task.emotions)
        pairs = list(numbered)
        rows, lines = [row for _, row in pairs], [line for line, _ in pairs]
    _check_ids(path, header)
    _refuse_twice(header, path)
    return Sheet(path, header, rows, lines)


def _check_ids(path: Path, header: Sequence[str]) -> None:
    if ID not in header:
        raise InputError(
            f"{path} has no column '{ID}': its header is {','.join(header)[:80]!r}.",
            "the first line names the columns: id, then text or emotions",
        )


def _refuse_twice(header: Sequence[str], path: Path) -> None:
    duplicate = next((name for name, count in Counter(header).items() if name and count > 1), None)
    if duplicate is not None:
        raise InputError(f"{path} has the column '{printable(duplicate)}' twice.", "remove one of them")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.readline(HEAD).decode("utf-8-sig", "replace").strip()
    except OSError:
        # The reader reports it.
        return ""


def frame_with(spec: FileSpec, frames: Iterable[Path], task: Task) -> Path:
    """Return the frame that has an id of a file; several frames are those of several languages.

    Raises:
        InputError: there is none.
    """
    frames = list(frames)
    for frame in frames:
        if not spec.id_set.isdisjoint(read_sheet(frame, task).ids):
            return frame
    names = ", ".join(map(str, frames))
    raise InputError(f"The gold labels {names} have no id of {spec.place}.", "pass the gold labels of this file too")


def peek(path: Path, task: Task | None = None) -> tuple[tuple[str, ...], str]:
    """Return the header and the first id of a file without reading the rest; empty if it is not a data file."""
    layout = own_layout(task)
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD).decode("utf-8-sig", "replace")
        if layout is not None and not is_default(head.partition("\n")[0].strip(), layout):
            rows = (row for _, row in rows_of(head, layout))
            names = tuple(layout.columns or next(rows, ()))
            row = next(rows, [])
            return names, row[names.index(layout.id)] if layout.id in names and len(row) == len(names) else ""
        reader = csv.reader(io.StringIO(head, newline=""))
        header = tuple(next(reader, ()))
        first = next(reader, [])
    except (OSError, csv.Error):
        return (), ""
    if ID not in header or len(first) <= header.index(ID):
        return header, ""
    return header, first[header.index(ID)]
