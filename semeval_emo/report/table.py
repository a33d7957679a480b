"""One table model, rendered in every format.

Owns how results become text; knows nothing of what they mean. Rows hold raw values (floats
unrounded, None for a gap); a column's kind says how they are printed, so that CSV and JSON keep
every digit while text, Markdown and LaTeX round. Each format is one function of
`semeval_emo.report.formats`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

DASH = "–"
MINUS = "−"

# Joiners shape the letters of Indic and Arabic scripts; every other format character is dropped.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Column:
    """A column: its name and how its values print.

    Attributes:
        kind: ``text``, ``int``, ``score`` (4 decimals), ``score6`` (6), ``delta`` (signed, 4 decimals), ``percent``
            (a share in [0, 1] printed with one decimal), ``decimal`` (1 decimal), ``decimal2`` (2), ``seconds``,
            ``name`` (a text that people copy: never broken), or ``letters`` (marks of the column before it, such as
            ``ab``: a column of its own in text, CSV and JSON, superscripts in Markdown and LaTeX).
        best: ``max`` or ``min`` where one end is the good one; the best cells print in bold.
        key: name in CSV and JSON, if it differs from the heading.
    """

    name: str
    kind: str = "text"
    best: str = ""
    key: str = ""


@dataclass(frozen=True)
class Link:
    """A value that leads somewhere. Markdown links it; the other formats print the value alone."""

    value: Any
    to: str


@dataclass(frozen=True)
class Table:
    """A titled table with notes under it.

    Attributes:
        columns: one `Column` per value of a row.
        rows: raw values; None prints as a dash. A `Path` in the last column is never broken: where it is
            wider than the terminal, it stands out over the edge.
        notes: lines under the table: units, sources, flags.
        rules: numbers of the rows (from 0) under which a line is drawn, to set off a rank-1 row or a
            baseline.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()
    rules: tuple[int, ...] = ()


def cell(value: Any, kind: str) -> str:
    """Prints one value as its column's kind asks.

    >>> cell(0.71136, "score"), cell(-0.1116, "delta"), cell(None, "int"), cell(0.5, "percent")
    ('0.7114', '−0.1116', '–', '50.0 %')
    """
    if isinstance(value, Link):
        return cell(value.value, kind)
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral) and kind in ("int", "text"):
        return f"{int(value):,}".replace("-", MINUS) if kind == "int" else str(int(value))
    if isinstance(value, Real) and kind in _PRINTED:
        number = float(value)
        return "nan" if number != number else _PRINTED[kind](number)
    return clean(str(value))


def _delta(number: float) -> str:
    printed = f"{number:+.4f}".replace("-", MINUS)
    # A difference that rounds to nothing has no direction.
    return printed if printed.strip("+0.−") else "0.0000"


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
    r"""Drops what a terminal would obey rather than show: control characters, bidi overrides.

    >>> clean("a\x1b[31mb")
    'a[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    kept = (c for c in text if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"))
    # A lone surrogate stands for a byte that was no text; it cannot be written out, and should not vanish.
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in kept)


def best_cells(table: Table) -> set[tuple[int, int]]:
    """The (row, column) places that print in bold: all that print like the best value of a `best` column."""
    found = set()
    for c, column in enumerate(table.columns):
        values = [(row[c], r) for r, row in enumerate(table.rows) if isinstance(row[c], Real) and row[c] == row[c]]
        if column.best and values:
            top = (max if column.best == "max" else min)(values)[0]
            printed = cell(top, column.kind)
            found |= {(r, c) for value, r in values if cell(value, column.kind) == printed}
    return found
