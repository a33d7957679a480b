"""One table model, rendered in every format.

Owns how results become text; knows nothing of what they mean. Rows hold raw values (floats
unrounded, None for a gap); a column's kind says how they are printed, so that CSV and JSON keep
every digit while text, Markdown and LaTeX round.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.errors import UsageError, suggest

DASH = "–"
MINUS = "−"


@dataclass(frozen=True)
class Column:
    """A column: its name and how its values print.

    Kinds: ``text``, ``int``, ``score`` (4 decimals), ``delta`` (signed, 4 decimals), ``percent``
    (a share in [0, 1] printed with one decimal), ``seconds``.
    """

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """A titled table with notes under it.

    Attributes:
        columns: one `Column` per value of a row.
        rows: raw values; None prints as a dash.
        notes: lines under the table: units, sources, flags.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()


def cell(value: Any, kind: str) -> str:
    """Prints one value as its column's kind asks.

    >>> cell(0.71136, "score"), cell(-0.1116, "delta"), cell(None, "int"), cell(0.5, "percent")
    ('0.7114', '−0.1116', '–', '50.0 %')
    """
    if value is None:
        return DASH
    if kind == "int":
        return f"{value:,}" if isinstance(value, int) else clean(str(value))
    if isinstance(value, float):
        if value != value:
            return "nan"
        if kind == "score":
            return f"{value:.4f}"
        if kind == "delta":
            return f"{value:+.4f}".replace("-", MINUS)
        if kind == "percent":
            return f"{100 * value:.1f} %"
        if kind == "seconds":
            return f"{value:,.1f}"
    return clean(str(value))


def clean(text: str) -> str:
    r"""Drops what a terminal would obey rather than show: control characters, bidi overrides.

    >>> clean("a\x1b[31mb")
    'a[31mb'
    """
    return "".join(c for c in text if c == " " or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"))


def text(table: Table) -> str:
    """Plain text, aligned by display width."""
    return "\n".join([table.title, _grid(table, "simple"), *table.notes])


def markdown(table: Table) -> str:
    """A GitHub-flavoured Markdown table."""
    escaped = Table(
        table.title,
        table.columns,
        tuple(tuple(v.replace("|", "\\|") if isinstance(v, str) else v for v in row) for row in table.rows),
        table.notes,
    )
    return "\n".join([f"**{table.title}**", "", _grid(escaped, "pipe"), *(f"\n{note}" for note in table.notes)])


def _grid(table: Table, style: str) -> str:
    from tabulate import tabulate

    cells = [[cell(v, c.kind) for v, c in zip(row, table.columns, strict=True)] for row in table.rows]
    align = ["left" if c.kind == "text" else "right" for c in table.columns]
    return tabulate(
        cells, headers=[c.name for c in table.columns], tablefmt=style, colalign=align, disable_numparse=True
    )


def csv_text(table: Table) -> str:
    """CSV with unrounded values; cells that a spreadsheet would run as formulas are quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([c.name for c in table.columns])
    for row in table.rows:
        writer.writerow([_inert(v) for v in row])
    return out.getvalue().rstrip("\n")


def _inert(value: Any) -> Any:
    if isinstance(value, str):
        value = clean(value)
        return "'" + value if value[:1] in ("=", "+", "-", "@") else value
    return "" if value is None else value


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
    "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", MINUS: "$-$", DASH: "--",
}  # fmt: skip


def latex(table: Table) -> str:
    r"""A booktabs table, ready to paste (needs ``\usepackage{booktabs}``)."""

    def tex(string: str) -> str:
        return "".join(_LATEX.get(c, c) for c in string)

    spec = "".join("l" if c.kind == "text" else "r" for c in table.columns)
    lines = [
        r"\begin{table}[t]", r"\centering", rf"\caption{{{tex(table.title)}}}", rf"\begin{{tabular}}{{{spec}}}",
        r"\toprule", " & ".join(tex(c.name) for c in table.columns) + r" \\", r"\midrule",
    ]  # fmt: skip
    for row in table.rows:
        cells = [tex(cell(v, c.kind)) for v, c in zip(row, table.columns, strict=True)]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {clean(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"])


FORMATS: dict[str, Callable[[Table], str]] = {
    "text": text,
    "markdown": markdown,
    "csv": csv_text,
    "latex": latex,
}


def render(tables: Sequence[Table], style: str) -> str:
    """Renders tables one under the other.

    Raises:
        UsageError: unknown format.
    """
    if style not in FORMATS:
        known = [*FORMATS, "json"]
        raise UsageError(f"There is no format '{style}'.", suggest(style, known) or f"use one of {', '.join(known)}")
    return "\n\n".join(FORMATS[style](table) for table in tables)
