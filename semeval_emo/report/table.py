"""Tables: columns and rows of raw values, independent of the output format.

Floats are unrounded and missing values are None. The kind of a column sets how values are printed in
text, Markdown and LaTeX; CSV and JSON keep every digit. `semeval_emo.report.formats` has a function per format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semeval_emo.scoring.intervals import Interval
    from semeval_emo.task import FileSpec

DASH = "–"
MINUS = "−"
BOLD_RULE = "Bold: the best score of the column. It need not be significantly better than the next one."

# Joiners are part of Indic and Arabic scripts; other format characters are removed.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Column:
    """A column: its name and the kind of its values.

    Attributes:
        kind: ``text``, ``int``, ``score`` (4 decimals), ``score6`` (6), ``delta`` (signed, 4 decimals if it is not an
            integer), ``percent`` (a share in [0, 1] printed with one decimal), ``decimal`` (1 decimal), ``decimal2``
            (2), ``seconds``, ``name`` (text that is never wrapped), or ``letters`` (marks of the column before it,
            such as ``ab``: superscripts in Markdown and LaTeX).
        best: ``max`` or ``min`` to print the best cells in bold.
        key: name in CSV and JSON, if it differs from the heading.
    """

    name: str
    kind: str = "text"
    best: str = ""
    key: str = ""


def label_column(spec: FileSpec) -> Column:
    """Return the column of labels, headed with the word of the task."""
    return Column(spec.label_noun, key="emotion")


@dataclass(frozen=True)
class Link:
    """A value with a link target, which Markdown shows as a link; other formats print the value."""

    value: Any
    to: str


@dataclass(frozen=True)
class Table:
    """A titled table with notes under it.

    Attributes:
        columns: one `Column` per value of a row.
        rows: raw values; None prints as a dash. A `Path` in the last column is never wrapped, even if it is
            wider than the terminal.
        notes: lines under the table: units, sources, flags.
        rules: numbers of the rows (from 0) that are followed by a horizontal line.
        row_notes: a note on each row, or empty; the last column in CSV, which has no notes under the table.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()
    rules: tuple[int, ...] = ()
    row_notes: tuple[str, ...] = ()


def with_notes(tables: Sequence[Table], notes: Sequence[str]) -> list[Table]:
    """Return the tables with more notes under the last one."""
    return [*tables[:-1], *(replace(table, notes=(*table.notes, *notes)) for table in tables[-1:])]


def with_warnings(table: Table, warnings: Sequence[str]) -> Table:
    """Return the table with a last column that has the warnings in every row, for CSV."""
    text = " ".join(warnings)
    return replace(table, columns=(*table.columns, Column("warning")), rows=tuple((*row, text) for row in table.rows))


def with_first_notes(tables: Sequence[Table], notes: Sequence[str]) -> list[Table]:
    """Return the tables with more notes under the first one."""
    return [*(replace(table, notes=(*table.notes, *notes)) for table in tables[:1]), *tables[1:]]


def cell(value: Any, kind: str) -> str:
    """Return a value as text, by the kind of its column.

    >>> cell(0.71136, "score"), cell(-0.1116, "delta"), cell(1178, "delta"), cell(None, "int"), cell(0.5, "percent")
    ('0.7114', '−0.1116', '+1,178', '–', '50.0 %')
    """
    if isinstance(value, Link):
        return cell(value.value, kind)
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral) and kind == "delta":
        return f"{int(value):+,}".replace("-", MINUS) if value else "0"
    if isinstance(value, Integral) and kind in ("int", "text"):
        return f"{int(value):,}".replace("-", MINUS) if kind == "int" else str(int(value))
    if isinstance(value, Real) and kind in _PRINTED:
        number = float(value)
        return "nan" if number != number else _PRINTED[kind](number)
    return clean(str(value))


def _delta(number: float) -> str:
    printed = f"{number:+.4f}".replace("-", MINUS)
    # A difference that rounds to zero has no sign.
    return printed if printed.strip("+0.−") else "0.0000"


def range_of(interval: Interval | None, *, signed: bool = False) -> str | None:
    """Return the bounds of an interval as text.

    >>> from semeval_emo.scoring.intervals import Interval
    >>> range_of(Interval(0.5, 0.4, 0.6, 0.05)), range_of(Interval(0.1, -0.1, 0.3, 0.1), signed=True)
    ('[0.4000, 0.6000]', '[−0.1000, +0.3000]')
    """
    if interval is None:
        return None
    kind = "delta" if signed else "score"
    return f"[{cell(interval.low, kind)}, {cell(interval.high, kind)}]".replace("-", MINUS)


_PRINTED = {
    "score": "{:.4f}".format,
    "score6": "{:.6f}".format,
    "delta": _delta,
    "percent": lambda share: f"{100 * share:.1f} %",
    "seconds": "{:,.1f}".format,
    "decimal": "{:,.1f}".format,
    "decimal2": "{:,.2f}".format,
    "int": "{:,.0f}".format,
}


def clean(text: str) -> str:
    r"""Return text without control characters and bidi overrides, which terminals interpret.

    >>> clean("a\x1b[31mb")
    'a[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    kept = (c for c in text if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"))
    # A lone surrogate stands for an undecodable byte and cannot be encoded.
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in kept)


def best_cells(table: Table) -> set[tuple[int, int]]:
    """Return the (row, column) of the bold cells: those that print like the best value of a `best` column."""
    cells = set()
    for c, column in enumerate(table.columns):
        values = [(row[c], r) for r, row in enumerate(table.rows) if isinstance(row[c], Real) and row[c] == row[c]]
        if column.best and values:
            top = (max if column.best == "max" else min)(values)[0]
            printed = cell(top, column.kind)
            cells |= {(r, c) for value, r in values if cell(value, column.kind) == printed}
    return cells


def notes_with_rule(table: Table) -> tuple[str, ...]:
    """Return the notes of a table that is printed with its best cells in bold, and what bold means."""
    return (*table.notes, *((BOLD_RULE,) if best_cells(table) else ()))
