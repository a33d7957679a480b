"""Long tables: a row for each text and label, with or without a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from semeval_emo.tables.decisions import BLANK, Decisions
from semeval_emo.tables.names import SCORE_WORDS
from semeval_emo.tables.shapes.cell import NamedLabels
from semeval_emo.tables.shapes.listed import NamesColumn, is_fraction, is_zero, label_cells, needed
from semeval_emo.tables.shapes.shape import AddProblem, Shape, Vocabulary
from semeval_emo.tables.shapes.view import GOLD, PREDICTED, View, words_of
from semeval_emo.tables.table import Row

_VALUE_WORDS = frozenset({"value", "values", "intensity", "degree", "present", "level", "label", "labels", "class"})
_OTHER_WORDS = frozenset({"rank", "index", "idx", "position", "order", "count", "n", "line", "row", "run", "seed"})
_WORDS = frozenset({"true", "false", "yes", "no", "none", "low", "medium", "moderate", "high"})


def is_long(view: View, column: NamesColumn) -> bool:
    """Return whether ids are repeated, with several names in all. Blank ids are none."""
    if view.id is None or column.has_several:
        return False
    pairs = [(view.text_id(row), row[column.at]) for _, row in view.rows if len(row) > column.at and view.text_id(row)]
    ids = {text_id for text_id, _ in pairs}
    return len(ids) < len({*pairs})


def _value_column(view: View, column: NamesColumn) -> int | None:
    """Return the column that has the values of the names, or None."""
    ranked = []
    for at in range(view.width):
        words = {*words_of(view.table.header[at])}
        if at in (view.id, view.text, column.at) or words & (GOLD | _OTHER_WORDS):
            continue
        cells = {cell.strip().lower() for cell in view.cells(at)}
        if cells == {""} or not all(_is_value(cell) for cell in cells if cell):
            continue
        is_label = cells <= {*view.vocabulary.values, "true", "false", ""}
        rank = 0 if words & PREDICTED else 1 if words & _VALUE_WORDS else 2 if words & SCORE_WORDS else 3
        ranked.append((not is_label, rank, at))
    return min(ranked)[-1] if ranked else None


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell in _WORDS
    return True


@dataclass
class _Text:
    """What the rows of one id say."""

    line: int
    row: list[str]
    named: NamedLabels = field(default_factory=NamedLabels)
    is_bad: bool = False


def long_shape(view: View, column: NamesColumn, decisions: Decisions) -> Shape:
    """Return the shape of a long table."""
    vocabulary, title, value_at = view.vocabulary, view.titles[column.at], _value_column(view, column)
    is_full = value_at is not None and any(is_zero(cell) or is_fraction(cell) for cell in view.cells(value_at))
    is_blank_none = decisions.words.get(BLANK) == 0
    names: dict[str, set[str]] = {}
    for _, row in view.rows:
        if len(row) > column.at:
            names.setdefault(view.text_id(row), set()).update(column.reader.read(row[column.at]).values)
    column.fewest = min(map(len, names.values()), default=0)
    remedy = needed(column, vocabulary, is_blank_none, has_values=value_at is not None)
    header = ",".join(("id", *vocabulary.labels))
    facts = {
        "line": view.table.header_line or None, "column": title, "value": column.example, "header": header,
        "values": f", and the value in '{view.titles[value_at]}'" if value_at is not None else "",
        "options": f"--map {BLANK}=0" if BLANK in remedy else "",
        "remedy": remedy or f"write one row for each text and one column for each label; the header should be {header}",
    }  # fmt: skip

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        texts: dict[str, _Text] = {}
        for line, cells, is_row in view.proper(rows, add):
            if not is_row:
                yield line, cells
                continue
            text = texts.setdefault(view.text_id(cells).strip(), _Text(line, cells))
            named = column.reader.read(cells[column.at])
            if named.is_blank and not is_blank_none:
                text.is_bad = True
                if not remedy:
                    add("blank-answer", line=line, column=title)
            elif named.unknown:
                text.is_bad = label_cells(named, view, line, view.text_id(cells), title, add) is None
            else:
                _join(text, _with_value(named, cells[value_at].strip(), vocabulary) if value_at else named, line, add)
        for text in texts.values():
            labels = None
            if not text.is_bad and not (remedy and text.named.values and vocabulary.needs_degrees):
                labels = label_cells(text.named, view, text.line, view.text_id(text.row), title, add, is_full)
            yield text.line, view.row(text.row, labels)

    repair = f"rows of each id joined by the names in '{title}'"
    return Shape("long-table", facts, view.header, convert, not remedy, repair=repair)


def _with_value(named: NamedLabels, value: str, vocabulary: Vocabulary) -> NamedLabels:
    if vocabulary.is_binary and value.lower() in ("true", "false"):
        value = str(int(value.lower() == "true"))
    return replace(named, values=dict.fromkeys(named.values, value or "nan"))


def _join(text: _Text, named: NamedLabels, line: int, add: AddProblem) -> None:
    """Add the names of one more row to those of its text."""
    for label, value in named.values.items():
        before = text.named.values.get(label, value)
        if before != value:
            add("two-values", line=line, column=label, value=value, other=before)
            text.is_bad = True
    text.named = replace(
        text.named, values=text.named.values | named.values, is_none=text.named.is_none or named.is_none
    )
