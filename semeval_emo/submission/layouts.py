"""Prediction files in the layout of their task: names of columns, files without a header, labels in one cell.

A table is converted where it is read, so that the checks see the columns ``id``, ``text`` and the labels whatever the
layout calls them. A file in another layout, such as Task 11's, is read too, and each difference is a problem.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from semeval_emo.submission.problem import Findings
from semeval_emo.submission.sources import InputFile
from semeval_emo.tables import InputTable, Row
from semeval_emo.tables.frames import FrameFile
from semeval_emo.tables.names import is_text_name, normalised_names
from semeval_emo.tables.raw import USUAL, Dialect
from semeval_emo.tables.shapes.shape import AddProblem, Shape
from semeval_emo.task import LABELS, FileLayout, Task

if TYPE_CHECKING:
    from semeval_emo.tables.shapes.view import View

ID, TEXT = "id", "text"


def joined(names: Iterable[str], layout: FileLayout) -> str:
    """Return names of columns as in the layout, with a space for a delimiter that is not visible."""
    own = {ID: layout.id, TEXT: layout.text or TEXT}
    return (" " if layout.delimiter.isspace() else layout.delimiter).join(own.get(name, name) for name in names)


class Reading(NamedTuple):
    """How one file is read.

    Attributes:
        layout: of the prediction files of the task.
        is_free: True for frames and files that were joined in memory: only what they say counts, not how.
    """

    layout: FileLayout
    is_free: bool = False

    @classmethod
    def of(cls, source: InputFile, task: Task) -> Reading:
        """Return how a file of a task is read."""
        return cls(task.layout.predictions, isinstance(source.path, FrameFile))

    @property
    def dialect(self) -> Dialect:
        """How its rows are expected to be written."""
        layout = self.layout
        if self.is_free:
            return USUAL._replace(id=layout.id)
        return Dialect(layout.delimiter, layout.quotes, layout.id, not layout.columns, bool(layout.text))

    @property
    def is_plain(self) -> bool:
        """True if the columns are ``id`` and the labels, below a header."""
        layout = self.layout
        return layout.id == ID and not (layout.text or layout.columns) and layout.labels == "columns"

    @property
    def needs_texts(self) -> bool:
        """True if the file has to have a column of texts."""
        return bool(self.layout.text) and not self.is_free

    def may_quote(self, delimiter: str) -> bool:
        """True if quoted cells are no problem of their own in a file with this delimiter."""
        layout = self.layout
        needs = bool(layout.text) or layout.labels != "columns"
        return self.is_free or (needs and (layout.quotes or delimiter != layout.delimiter))


def convert_names(
    table: InputTable, first_rows: list[Row], rows: Iterator[Row], reading: Reading, task: Task, findings: Findings
) -> tuple[list[Row], Iterator[Row]]:
    """Give the columns of a table the names ``id`` and ``text``, and report names that are not the layout's.

    Returns:
        The first rows and the others: with the first line of a file without a header, and repeated headers converted.
    """
    layout, own = reading.layout, list(table.header)
    facts: dict[str, Any] = {"line": table.header_line, "header": task.layout.predictions.shown_header(task.emotions)}
    is_silent = reading.is_free or table.container != "CSV"
    if layout.columns and not is_silent:
        if {ID, *normalised_names([layout.id])}.isdisjoint(normalised_names(own)):
            first_rows = [(table.header_line, own), *first_rows]
            table.header = [_roles(layout).get(name, name) for name in layout.columns]
            return first_rows, rows
        findings.add("surplus-header", value=",".join(own), **facts)
    table.header, renamed = _renamed(own, layout)
    if renamed and not is_silent:
        pairs = ", ".join(f"'{seen}' as {expected}" for seen, expected in renamed)
        findings.add("column-names", value=",".join(own), pairs=pairs, file_format="", **facts)

    def converted(some: Iterable[Row]) -> Iterator[Row]:
        for line, row in some:
            yield line, table.header if row == own else row

    return list(converted(first_rows)), converted(rows)


def _roles(layout: FileLayout) -> dict[str, str]:
    return {layout.id: ID} | ({layout.text: TEXT} if layout.text else {})


def _renamed(own: Sequence[str], layout: FileLayout) -> tuple[list[str], list[tuple[str, str]]]:
    """Return a header with the names ``id`` and ``text``, and the columns that the layout calls otherwise.

    >>> _renamed(["ID", "text", "joy"], FileLayout("", id="ID", text="Tweet"))
    (['id', 'text', 'joy'], [('text', 'Tweet')])
    """
    header, names, renamed = list(own), normalised_names(own), []
    wanted = {**_roles(layout), **({LABELS: LABELS} if layout.labels != "columns" else {})}
    for expected, role in wanted.items():
        if expected in own:
            header[own.index(expected)] = role
            continue
        (folded,) = normalised_names([expected])
        free = [at for at in range(len(own)) if own[at] not in wanted]
        found = [at for at in free if names[at] == folded] or [at for at in free if names[at] == role]
        if role == TEXT and not found:
            found = [at for at in free if is_text_name(names[at])]
        if found:
            header[found[0]] = role
            renamed.append((own[found[0]], expected))
    return header, renamed


def labels_in_cell(view: View, reading: Reading) -> Shape:
    """Return the shape of a table whose labels are in one cell, as the layout says.

    Cells in another form, such as names in capitals or a list, are read too, and reported.
    """
    from semeval_emo.tables.shapes.cell import CellReader

    layout, vocabulary = reading.layout, view.vocabulary
    column, reader = view.table.header.index(LABELS), CellReader(vocabulary)
    how = "names as the task spells them," if layout.labels == "names" else "numbers from 0"
    how += f" separated by '{layout.separator}'"

    def cells_of(cell: str, line: int, text_id: str, add: AddProblem) -> list[str] | None:
        labels = parsed(cell, layout, vocabulary.labels)
        if labels is None:
            named = reader.read(cell)
            unknown = named.unknown or next((label for label in named.values if label not in vocabulary.labels), "")
            if named.is_blank:
                add("blank-answer", line=line, column=LABELS)
                return None
            if unknown or named.is_valued:
                names = ", ".join(vocabulary.labels) if layout.labels == "names" else how
                add("unknown-label", line=line, column=LABELS, value=unknown or cell, names=names)
                return None
            add("label-form", line=line, column=LABELS, value=cell, how=how)
            labels = [*named.values]
        own = vocabulary.labels_of(text_id) or vocabulary.labels
        unknown = next((label for label in labels if label not in own), "")
        if unknown:
            add("unknown-label", line=line, column=LABELS, value=unknown, names=", ".join(own))
            return None
        return [vocabulary.values[label in labels] for label in vocabulary.labels]

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        for line, cells, is_row in view.proper(rows, add, column):
            if is_row:
                cells = view.row(cells, cells_of(cells[column], line, view.text_id(cells), add))
            yield line, cells

    return Shape("", {}, view.header, convert)


def parsed(cell: str, layout: FileLayout, labels: Collection[str]) -> list[str] | None:
    """Return the labels of a cell that is written as the layout says; None for other cells.

    >>> layout = FileLayout("", labels="indices", order=("joy", "fear", "anger"))
    >>> parsed("2,0", layout, layout.order), parsed("", layout, layout.order), parsed("joy", layout, layout.order)
    (['anger', 'joy'], [], None)
    """
    if cell == (layout.no_label or ""):
        return []
    if cell.strip() in ("", layout.blank):
        return [] if not (cell.strip() or layout.no_label) else None
    words = [word.strip() for word in cell.split(layout.separator)]
    if layout.labels == "indices":
        by_number = {str(at): label for at, label in enumerate(layout.order)}
        words = [by_number.get(word, "") for word in words]
    return words if len({*words}) == len(words) and {*words} <= {*layout.order, *labels} - {""} else None


def in_layout(facts: Mapping[str, Any], task: Task, labels: Sequence[str], is_decided: bool) -> dict[str, Any]:
    """Return the facts of a shape with the header of the layout in place of the usual one."""
    usual, own = ",".join((ID, *labels)), task.layout.predictions.shown_header(labels)
    changed = {name: value.replace(usual, own) if isinstance(value, str) else value for name, value in facts.items()}
    if is_decided and "remedy" in changed and task.layout.predictions.labels != "columns":
        changed["remedy"] = f"write the labels in the column '{LABELS}'; the header should be {own}"
    return changed


def repairs_of(reading: Reading, has_texts: bool, texts_added: str | None) -> dict[str, str]:
    """Return what `fix` does in this layout, by the names of the problems.

    Args:
        has_texts: the file has texts that are kept.
        texts_added: what becomes of a missing column of texts.
    """
    layout = reading.layout
    done = {
        "delimiter": f"cells separated by {layout.delimiters}",
        "other-container": f"written as {layout.written_as}",
    }
    if has_texts:
        # The column of texts is kept.
        done |= {"undecodable": "", "multiline-cell": "line breaks in texts replaced by spaces"}
    if texts_added is not None:
        done["missing-texts"] = texts_added
    return done
