"""What is known of a table before its shape is: its columns by role, and its first rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from semeval_emo.tables.names import is_text_name, normalised_names
from semeval_emo.tables.shapes.shape import REPORTED, AddProblem, Vocabulary
from semeval_emo.tables.table import InputTable, Row

# Words of column names, which say whose labels or which numbers a column has.
GOLD = frozenset(
    {"true", "gold", "golden", "actual", "target", "targets", "truth", "gt", "groundtruth", "ground", "reference"}
    | {"ref", "human", "annotated", "annotation", "annotations", "original", "expected", "correct", "ytrue"}
)
PREDICTED = frozenset(
    {"pred", "preds", "predicted", "prediction", "predictions", "predict", "output", "outputs", "answer", "answers"}
    | {"response", "responses", "hat", "ypred", "guess", "final", "completion", "llm", "gpt", "model", "system"}
)
LABELS = frozenset({"label", "labels", "emotion", "emotions", "class", "classes", "category", "categories", "tags"})
# A column of an answer that has not been parsed: its words are no labels.
RAW = frozenset(
    {"raw", "explanation", "reason", "reasoning", "rationale", "thought", "thoughts", "prompt", "full", "unparsed"}
)
SAMPLE = 50


def words_of(cell: str) -> tuple[str, ...]:
    """Return the words of a column name in lower case.

    >>> words_of("predAnger"), words_of("y_true.joy"), words_of("LABELS")
    (('pred', 'anger'), ('y', 'true', 'joy'), ('labels',))
    """
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell)
    return tuple(filter(None, re.split(r"[\s_\-.:/()\[\]'\"]+", split.casefold())))


@dataclass(frozen=True)
class View:
    """The header and the first rows of a table, with the vocabulary of its labels.

    Attributes:
        rows: the first rows; also the header if it is data.
    """

    table: InputTable
    rows: Sequence[Row]
    vocabulary: Vocabulary
    has_header: bool = True

    @cached_property
    def width(self) -> int:
        """The number of columns."""
        return len(self.table.header)

    @cached_property
    def names(self) -> list[str]:
        """The normalised names of the columns; empty ones if the header is data."""
        return self.normalised(self.table.header) if self.has_header else [""] * self.width

    def normalised(self, cells: Sequence[str]) -> list[str]:
        """Return names as they are compared."""
        return normalised_names(cells, self.vocabulary.labels)

    @cached_property
    def titles(self) -> list[str]:
        """The names of the columns as in the file, or their numbers."""
        cells = self.table.header if self.has_header else [""] * self.width
        return [cell.strip() or f"column {at}" for at, cell in enumerate(cells, 1)]

    @cached_property
    def id(self) -> int | None:
        """The column of ids: by its name, else the one with the most cells that look like ids."""
        if "id" in self.names:
            return self.names.index("id")
        counts = [sum(map(self.vocabulary.is_id, self.cells(at, SAMPLE))) for at in range(self.width)]
        best = max(range(self.width), key=counts.__getitem__, default=None)
        return best if best is not None and counts[best] else None

    @cached_property
    def text(self) -> int | None:
        """The column of texts, or None."""
        texts = [at for at, name in enumerate(self.names) if is_text_name(name) and at != self.id]
        return min(texts, key=lambda at: self.names[at] != "text", default=None)

    @cached_property
    def own(self) -> dict[str, int]:
        """The columns that have the name of a label."""
        return {label: self.names.index(label) for label in self.vocabulary.labels if label in self.names}

    def cells(self, at: int, most: int | None = None) -> Iterator[str]:
        """Yield the cells of a column in the first rows."""
        return (row[at] for _, row in self.rows[:most] if at < len(row))

    def is_empty(self, at: int) -> bool:
        """Return whether a column has only blank cells."""
        return not any(cell.strip() for cell in self.cells(at))

    def text_id(self, row: Sequence[str]) -> str:
        """Return the id of a row."""
        return row[self.id] if self.id is not None and self.id < len(row) else ""

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The header of converted rows: id, labels, and text if there is one."""
        id_column = ("id",) if self.id is not None else ()
        return (*id_column, *self.vocabulary.labels, *(["text"] if self.text is not None else []))

    def row(self, row: Sequence[str], labels: Sequence[str] | None) -> list[str]:
        """Return a converted row; without labels if they are None."""
        cells = [self.text_id(row)] if self.id is not None else []
        cells += labels if labels is not None else [REPORTED] * len(self.vocabulary.labels)
        if self.text is not None:
            cells.append(row[self.text] if self.text < len(row) else "")
        return cells

    def proper(self, rows: Iterable[Row], add: AddProblem, last: int = -1) -> Iterator[tuple[int, list[str], bool]]:
        """Yield (line, cells, True) of each row with the columns of the header, and (line, converted row, False) else.

        Blank rows and repeated headers are passed on. Rows with another number of cells are reported.

        Args:
            last: a column whose cells may have commas without quotes: if it is the last one, it has the cells after it.
        """
        for line, row in rows:
            if not any(cell.strip() for cell in row):
                yield line, [""] * len(self.header), False
            elif self.has_header and self.normalised(row) == self.names:
                yield line, list(self.header), False
            elif len(row) > self.width == last + 1:
                yield line, [*row[:last], f"{self.table.delimiter} ".join(row[last:])], True
            elif len(row) < self.width or any(cell.strip() for cell in row[self.width :]):
                name = "short-row" if len(row) < self.width else "long-row"
                value = self.table.delimiter.join(row[:50])
                add(name, line=line, value=value, cells=len(row), width=self.width, hint="")
                yield line, self.row(row, None), False
            else:
                yield line, row[: self.width], True
