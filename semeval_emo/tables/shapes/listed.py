"""A column that names the labels of each text: a list, words between commas, an answer, JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from semeval_emo.tables.decisions import BLANK, Decisions
from semeval_emo.tables.names import SCORE_WORDS
from semeval_emo.tables.shapes.cell import CellReader, NamedLabels
from semeval_emo.tables.shapes.shape import AddProblem, Shape, Vocabulary
from semeval_emo.tables.shapes.vectors import numbered_columns
from semeval_emo.tables.shapes.view import GOLD, LABELS, PREDICTED, RAW, View, words_of
from semeval_emo.tables.table import Row
from semeval_emo.text import plural

# The share of cells that have to name labels, if the name of the column says that it has them and if it does not.
MOST_NAMED, MOST = 0.5, 0.9
MOST_NAMES = 100
SAMPLE = 2_000


@dataclass
class NamesColumn:
    """A column whose cells name labels.

    Attributes:
        rank: whose labels they are by the name of the column: 0 predicted, 1 labels, 2 another name, 3 scores, 4 gold.
        example: the cell that is shown.
        blank: number of blank cells, and the line of the first one.
        synonyms: names that are not the label's own, and the label of each.
        has_several: True if a cell has several names or is a list.
        is_valued: True if names have values; `is_full` if a label that is not named has no value then.
        fewest: the smallest number of names of a text.
    """

    at: int
    rank: int
    reader: CellReader
    cells: list[str] = field(default_factory=list)
    example: str = ""
    blank: int = 0
    first_blank: int = 0
    good: int = 0
    bad: int = 0
    synonyms: dict[str, str] = field(default_factory=dict)
    has_several: bool = False
    is_valued: bool = False
    is_full: bool = False
    fewest: int = MOST_NAMES

    def add(self, line: int, cell: str) -> None:
        """Count one cell."""
        named = self.reader.read(cell)
        if named.is_blank:
            self.blank += 1
            self.first_blank = self.first_blank or line
            return
        if named.unknown:
            self.bad += 1
            return
        self.good += 1
        self.synonyms |= {name: label for label, name in named.synonyms.items()}
        self.has_several |= named.is_list
        self.fewest = min(self.fewest, len(named.values))
        if not named.values:
            return
        if not self.example or (len(named.values) > 1 and self.example.count(",") == 0):
            self.example = cell
        if named.is_valued:
            self.is_valued = True
            self.is_full |= any(is_zero(value) or is_fraction(value) for value in named.values.values())

    @property
    def has_labels(self) -> bool:
        """True if the column names labels."""
        share = self.good / max(1, self.good + self.bad)
        return bool(self.example) and share >= (MOST_NAMED if self.rank in (0, 1) else MOST)


def names_columns(view: View, only: int | None = None) -> list[NamesColumn]:
    """Return the columns that name labels, those that are most likely predictions first.

    Args:
        only: the column that the user has chosen.
    """
    reader = CellReader(view.vocabulary)
    others = {view.id, view.text, *view.own.values()}
    columns = []
    for at in range(view.width) if only is None else [only]:
        name = view.table.header[at] if view.has_header else ""
        if only is None and (at in others or not RAW.isdisjoint(words_of(name))):
            continue
        column = NamesColumn(at, rank_of(name), reader)
        for line, row in view.rows[:SAMPLE]:
            if at < len(row):
                # Commas without quotes make several cells of the last one.
                cell = row[at] if at < view.width - 1 else f"{view.table.delimiter} ".join(row[at:])
                column.add(line, cell)
            if column.bad > 20 and not column.good:
                break
        if column.has_labels or only is not None:
            columns.append(column)
    return sorted(columns, key=lambda column: column.rank)


def rank_of(name: str) -> int:
    """Return the rank of a column by its name, as in `NamesColumn`."""
    words = {*words_of(name)}
    if words & GOLD:
        return 4
    if words & SCORE_WORDS:
        return 3
    if words & PREDICTED:
        return 0
    return 1 if words & LABELS else 2


def listed_shape(view: View, column: NamesColumn, decisions: Decisions, slots: Sequence[int] = ()) -> Shape:
    """Return the shape of a table whose labels are the names in a column.

    Args:
        slots: the columns whose cells have been put into this one, as `joined_slots` does.
    """
    vocabulary = view.vocabulary
    title = f"{view.titles[slots[0]]} to {view.titles[slots[-1]]}" if slots else view.titles[column.at]
    is_blank_none = decisions.words.get(BLANK) == 0
    remedy = needed(column, vocabulary, is_blank_none, column.is_valued)
    option = f"--map {BLANK}=0" if BLANK in remedy else ""
    if not remedy and not decisions.column and (score := _score_beside(view, column)):
        option = f"--label-column {shlex.quote(title)}"
        remedy = (
            f"'{score}' has the scores of these labels, as of a pipeline that gives only the best label of each text: "
            f"predict all with top_k=None; if no text has another label, semeval-emo fix {option}"
        )
    kept = {view.id, view.text, column.at, *slots, *view.own.values()}
    unused = [view.titles[at] for at in range(view.width) if at not in kept and view.has_header]
    synonyms = ", ".join(f"'{name}' as {label}" for name, label in sorted(column.synonyms.items()))
    details = []
    if view.own:
        details.append(f"{', '.join(view.titles[at] for at in view.own.values())} are blank")
    if column.blank:
        cells = f"{plural(column.blank, 'cell')} of '{title}' {'is' if column.blank == 1 else 'are'} blank"
        details.append(f"{cells}, the first on line {column.first_blank}")
    if unused:
        details.append(f"not used: {', '.join(unused)}")
    if synonyms:
        details.append(f"{synonyms} by synonyms")
    header = ",".join(("id", *vocabulary.labels))
    facts = {
        "line": view.table.header_line or None, "column": title, "value": column.example,
        "what": "names with values" if column.is_valued else "names",
        "details": "".join(f"; {detail}" for detail in details), "header": header,
        "options": option,
        "remedy": remedy or f"write one column for each label; the header should be {header}",
    }  # fmt: skip
    repair = f"labels read from the names in '{title}'{f' ({synonyms})' if synonyms else ''}"
    if column.blank and is_blank_none:
        repair += ", blank cells as no label"

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        for line, cells, is_row in view.proper(rows, add, column.at):
            if not is_row:
                yield line, cells
                continue
            named = column.reader.read(cells[column.at])
            if named.is_blank and not is_blank_none:
                if not remedy:
                    add("blank-answer", line=line, column=title)
                yield line, view.row(cells, None)
                continue
            if vocabulary.needs_degrees and not column.is_valued and named.values:
                yield line, view.row(cells, None)
                continue
            yield line, view.row(cells, label_cells(named, view, line, view.text_id(cells), title, add, column.is_full))

    return Shape("label-names", facts, view.header, convert, not remedy, view.has_header, repair)


def slots_of(view: View, columns: Sequence[NamesColumn]) -> list[int]:
    """Return the numbered columns that list the names of a text, such as emotion_1 to emotion_3; none if they do not.

    They are filled from the first one on, in no row with a name twice, and not all in every row: columns of several
    systems or annotators agree somewhere, and a ranking is full.
    """
    slots = numbered_columns(view.names)
    if not {column.at for column in columns} <= {*slots} or columns[0].rank == 4:
        return []
    reader, sizes = columns[0].reader, set[int]()
    for _, row in view.rows:
        cells = [row[at].strip() for at in slots if at < len(row)]
        filled = [cell for cell in cells if not reader.read(cell).is_blank]
        names = [name for cell in filled for name in reader.read(cell).values]
        if cells[: len(filled)] != filled or len({*names}) < len(names) or any(map(_is_list, map(reader.read, filled))):
            return []
        sizes.add(len(names))
    return slots if max(sizes, default=0) > 1 and min(sizes) < len(slots) else []


def _is_list(named: NamedLabels) -> bool:
    return named.is_list or named.is_valued or bool(named.unknown)


def joined_slots(view: View, slots: Sequence[int], decisions: Decisions) -> Shape:
    """Return the shape of a table whose labels are the names in several columns, as from `slots_of`."""
    first, *rest = slots

    def join(row: Sequence[str]) -> list[str]:
        if view.has_header and view.normalised(row) == view.names:
            return list(row)
        cells = ["" if at in rest else cell for at, cell in enumerate(row)]
        cells[first : first + 1] = ["; ".join(row[at].strip() for at in slots if at < len(row) and row[at].strip())]
        return cells

    joined = replace(view, rows=[(line, join(row)) for line, row in view.rows])
    (column,) = names_columns(joined, first)
    shape = listed_shape(joined, column, decisions, slots)

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        return shape.convert(((line, join(row)) for line, row in rows), add)

    return replace(shape, convert=convert)


def _score_beside(view: View, column: NamesColumn) -> str:
    """Return the column of scores of a column with one name in each row, as a pipeline writes them; else empty."""
    if column.has_several or column.is_valued or not view.has_header:
        return ""
    for at, title in enumerate(view.titles):
        cells = [cell for cell in view.cells(at) if cell.strip()]
        if SCORE_WORDS.issuperset(words_of(title)) and any(map(is_fraction, cells)):
            return title
    return ""


def needed(column: NamesColumn, vocabulary: Vocabulary, is_blank_none: bool, has_values: bool) -> str:
    """Return what the user has to decide, with the option or the edit that does; empty if nothing."""
    if vocabulary.needs_degrees and not has_values:
        return f"write the intensity of each name, such as {vocabulary.labels[0]}:{vocabulary.values[-1]}"
    if not has_values and column.good > 1 and column.fewest == len(vocabulary.labels) > 1:
        return "every text has the names of all labels, as in a ranking: write only those that apply"
    if column.blank and not is_blank_none:
        return (
            f"semeval-emo fix --map {BLANK}=0 reads blank cells as no label; if answers are missing there, write them "
            "first"
        )
    return ""


def label_cells(
    named: NamedLabels, view: View, line: int, text_id: str, column: str, add: AddProblem, is_full: bool = False
) -> list[str] | None:
    """Return the cells of the labels of one text, or None if a name is no label, which is reported.

    Args:
        is_full: True if a label that is not named is missing, because others are named with 0.
    """
    vocabulary = view.vocabulary
    own = vocabulary.labels_of(text_id) or vocabulary.labels
    unknown = named.unknown or next((label for label in named.values if label not in own), "")
    if unknown:
        add("unknown-label", line=line, column=column, value=unknown, names=", ".join(own))
        return None
    bare = next((label for label, value in named.values.items() if not value), "")
    if bare and vocabulary.needs_degrees:
        add("name-without-degree", line=line, column=column, value=bare, top=vocabulary.values[-1])
        return None
    absent = "" if is_full and not named.is_none else vocabulary.values[0]
    present = vocabulary.values[1]
    return [(named.values[label] or present) if label in named.values else absent for label in vocabulary.labels]


def is_fraction(value: str) -> bool:
    """Return whether a value is a number with a fraction, such as a probability."""
    try:
        return not float(value).is_integer()
    except ValueError:
        return False


def is_zero(value: str) -> bool:
    """Return whether a value is 0."""
    try:
        return float(value) == 0
    except ValueError:
        return False
