"""Output formats of tables: text, Markdown, CSV, JSON and LaTeX.

Texts, ids, names and paths are untrusted, so each format escapes them: markup, spreadsheet formulas,
terminal escapes and LaTeX commands.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tabulate import DataRow, Line, TableFormat

from semeval_emo.errors import UsageError, suggest
from semeval_emo.report.grid import display_width, fit_widths, isolated, layout, text, wrap
from semeval_emo.report.table import DASH, MINUS, Column, Link, Table, best_cells, cell, clean, notes_with_rule


def _format(row: DataRow, rule: Line | Callable, around: tuple[str, str] = ("", ""), padding: int = 0) -> TableFormat:
    """Return a table format for `grid.layout`: rows, the rule between them, lines above and below."""
    above, below = (Line(line, "", "", "") if line else None for line in around)
    return TableFormat(above, rule, None, below, row, row, padding=padding, with_header_hide=None)


def _bars(widths: Sequence[int], sides: Sequence[str]) -> str:
    """Return the second line of a Markdown table; a colon marks a right-aligned column."""
    bars = ("-" * (w - 3) + ":" if side == "right" else "-" * (w - 2) for w, side in zip(widths, sides, strict=True))
    return f"| {' | '.join(bars)} |"


_PIPE = _format(DataRow("|", "|", "|"), _bars, padding=1)
# The booktabs format of tabulate escapes cells; these are escaped already and contain commands.
_BOOKTABS = _format(DataRow("", " & ", r" \\"), Line(r"\midrule", "", "", ""), (r"\toprule", r"\bottomrule"))

# Characters of the words in a label.
LONGEST_KEY = 50
# Approximate number of characters of a line on a page.
LINE = 80

TABLES_SCHEMA = "semeval-emo/tables/1"


def markdown(table: Table) -> str:
    """Return a table in GitHub-flavoured Markdown, with letters as superscripts and the best cells in bold."""
    columns, rows = _marked(table, _markdown_text, "**{}**", _html_superscript, "[{}]({})")
    names = [_markdown_text(column.name) for column in columns]
    grid = layout(names, [[isolated(c) for c in row] for row in rows], columns, _PIPE)
    notes = [f"\n{_markdown_text(note)}" for note in notes_with_rule(table)]
    return "\n".join([f"**{_markdown_text(table.title)}**", "", grid, *notes])


def _markdown_text(string: str) -> str:
    """Return text with Markdown characters escaped, except underscores inside words."""
    escaped = re.sub(r"([\\`*\[\]|~])", r"\\\1", clean(string))
    escaped = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)
    escaped = re.sub(r"&(?=#|\w+;)", "&amp;", escaped).replace("<", "&lt;")
    return re.sub(r"^\s*([#>+-])", r"\\\1", escaped)


def _marked(
    table: Table, escape: Callable[[str], str], strong: str, raised: Callable[[str, str], str], linked: str = "{}"
) -> tuple[list[Column], list[list[str]]]:
    """Return columns and cells as escaped text, the best in bold, `letters` raised onto the column before them.

    Args:
        raised: for letters and the longest ones of their column.
    """
    best = best_cells(table)
    kept = _kept(table)
    marks = [c for c, column in enumerate(table.columns) if column.kind == "letters" and c]
    longest = {c: max((str(row[c] or "") for row in table.rows), key=len, default="") for c in marks}
    rows = []
    for r, row in enumerate(table.rows):
        printed = []
        for c in kept:
            piece = escape(cell(row[c], table.columns[c].kind))
            if isinstance(row[c], Link):
                piece = linked.format(piece, quote(row[c].to, safe="/:#+,=~"))
            piece = strong.format(piece) if (r, c) in best else piece
            following = c + 1
            if following < len(row) and following not in kept:
                piece += raised(escape(str(row[following] or "")), escape(longest[following]))
            printed.append(piece)
        rows.append(printed)
    return [table.columns[c] for c in kept], rows


def _kept(table: Table) -> list[int]:
    """Return the columns that remain when letters are raised."""
    return [c for c, column in enumerate(table.columns) if column.kind != "letters" or c == 0]


def csv_text(table: Table) -> str:
    """Return CSV: unrounded values, cells that look like formulas begin with '; notes on rows are the last column."""
    if any(table.row_notes):
        rows = tuple((*row, note) for row, note in zip(table.rows, table.row_notes, strict=True))
        table = replace(table, columns=(*table.columns, Column("note")), rows=rows, row_notes=())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_escape_formula(c.key or c.name) for c in table.columns])
    for row in table.rows:
        writer.writerow([_escape_formula(v) for v in row])
    return out.getvalue().rstrip("\n")


def _escape_formula(value: Any) -> Any:
    if isinstance(value, Link):
        value = value.value
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, str):
        value = clean(value)
        return "'" + value if value.lstrip()[:1] in tuple("=+-@") else value
    return "" if value is None else value


def json_text(tables: Sequence[Table]) -> str:
    """Return tables as JSON: a record per row, unrounded values, null for missing values and NaN."""
    body = [
        {
            "title": table.title,
            "rows": [
                {c.key or c.name: plain(v) for c, v in zip(table.columns, row, strict=True)} for row in table.rows
            ],
            "notes": list(table.notes),
        }
        for table in tables
    ]  # fmt: skip
    return dump_json({"schema": TABLES_SCHEMA, "tables": body})


def dump_json(payload: Any) -> str:
    r"""Return data as indented JSON, with control and invisible characters escaped.

    >>> dump_json("é\u202e")
    '"é\\u202e"'
    """
    body = json.dumps(plain(payload), ensure_ascii=False, allow_nan=False, indent=2)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", body)


# C1 controls, zero-width and bidi characters, line separators, byte-order mark, lone surrogates.
_CONTROL = re.compile("[\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def plain(value: Any) -> Any:
    """Return nested values as JSON types: arrays become lists, NaN becomes None, other objects become text.

    >>> plain({"a": (1, float("nan")), 2: None})
    {'a': [1, None], '2': None}
    """
    if isinstance(value, Link):
        value = value.value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value if value is None or isinstance(value, (str, int)) else str(value)


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
    "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    MINUS: "$-$", DASH: "--", "Δ": r"$\Delta$", "±": r"$\pm$", "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$",
    "→": r"$\rightarrow$", "…": r"\ldots{}", "\ufffd": "?",
    # At the start of a row these would be the argument of the \\ before it.
    "[": "{[}", "*": "{*}",
}  # fmt: skip


# \raggedright redefines \\, which ends the row.
_RAGGED = r"\raggedright\let\\\tabularnewline "
_BREAKS, _MAY_BREAK = r"(\\_|[/,])(?=\S)", r"\1\\allowbreak{}"


def _label_key(text: str) -> str:
    """Return a key of a label, from the words of a title.

    >>> _label_key("Track A · eng · macro F1")
    'tab:track-a-eng-macro-f1'
    >>> _label_key("macro F1 of two systems in the languages of track A, test")
    'tab:macro-f1-of-two-systems-in-the-languages-of-track'
    """
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if len(words) > LONGEST_KEY:
        words = words[: LONGEST_KEY + 1].rpartition("-")[0] or words[:LONGEST_KEY]
    return f"tab:{words}"


def _latex_text(string: str) -> str:
    return "".join(_LATEX.get(c, c) for c in clean(string))


def _html_superscript(letters: str, _longest: str) -> str:
    return f"<sup>{letters}</sup>" if letters else ""


def _superscript(letters: str, longest: str) -> str:
    r"""Return letters as wide as the longest ones of their column, so that the numbers before them are aligned.

    >>> print(_superscript("b", "b"), _superscript("b", "b c"))
    \textsuperscript{b} \textsuperscript{\rlap{b}\phantom{b c}}
    """
    if letters == longest:
        return rf"\textsuperscript{{{letters}}}" if letters else ""
    shown = rf"\rlap{{{letters}}}" if letters else ""
    return rf"\textsuperscript{{{shown}\phantom{{{longest}}}}}"


def _wrapping(table: Table) -> tuple[dict[int, float], int]:
    """Return the text columns that must wrap, with their shares of a line, and the characters of a line.

    `letters` columns are not counted.
    """
    kept = _kept(table)
    columns = tuple(table.columns[c] for c in kept)
    names = [[column.name for column in columns]]
    cells = [[cell(row[c], table.columns[c].kind) for c in kept] for row in table.rows]
    widths = [max(map(display_width, column)) for column in zip(*names, *cells, strict=True)]
    fitting = fit_widths(widths, columns, LINE)
    line = max(LINE, sum(fitting) + 2 * (len(fitting) - 1))
    return {c: fit / line for c, (width, fit) in enumerate(zip(widths, fitting, strict=True)) if fit < width}, line


def _smaller(line: int) -> list[str]:
    r"""Return the LaTeX commands for type and gaps that fit a number of characters on a line."""
    sizes = ((2.0, r"\tiny", 1), (1.0, r"\footnotesize", 3))
    fitting = [rf"{size}\setlength{{\tabcolsep}}{{{gap}pt}}" for over, size, gap in sizes if line > over * LINE]
    return fitting[:1]


def latex(table: Table, caption: str = "", label: str = "") -> str:
    r"""Return a LaTeX table with booktabs: the best cells in bold, letters as superscripts.

    Needs ``\usepackage{booktabs}`` and, for straight double quotes, ``\usepackage[T1]{fontenc}``.

    Args:
        caption: the caption; by default the title of the table.
        label: the key for ``\ref``; by default ``tab:`` and the words of the title.

    Raises:
        UsageError: the label has characters that LaTeX does not take.
    """
    if not re.fullmatch(r"[A-Za-z0-9:._+-]*", label):
        raise UsageError(f"'{clean(label)}' cannot be a LaTeX label.", "use ASCII letters, digits and : . _ + -")
    columns, rows = _marked(table, _latex_text, r"\textbf{{{}}}", _superscript)
    sides = ["l" if c.kind in ("text", "name") else "r" for c in columns]
    wrapping, line = _wrapping(table)
    for c, share in wrapping.items():
        sides[c] = rf"p{{{share:.2f}\linewidth}}"
        for row in rows:
            # Ids, paths and lists of names have no spaces to wrap at.
            row[c] = _RAGGED + re.sub(_BREAKS, _MAY_BREAK, row[c])
    spec = "".join(sides)
    grid = layout([_latex_text(c.name) for c in columns], rows, columns, _BOOKTABS, table.rules)
    lines = [
        r"\begin{table}[t]",
        r"\centering",
        *_smaller(line),
        rf"\caption{{{_latex_text(caption or table.title)}}}",
        # After the caption, which has the number that \ref prints.
        rf"\label{{{label or _label_key(table.title)}}}",
        rf"\begin{{tabular}}{{{spec}}}",
        grid,
        r"\end{tabular}",
    ]
    lines += [f"% {clean(note)}" for note in notes_with_rule(table)]
    return "\n".join([*lines, r"\end{table}"])


def heads(warnings: Sequence[str], style: str, width: int | None = None) -> str:
    r"""Return the lines with which a result in text, Markdown or LaTeX begins; empty for CSV and JSON.

    >>> heads(["Unverified gold: a_b.csv."], "markdown")
    '> Unverified gold: a_b.csv.\n\n'
    """
    if style == "text":
        return "".join("\n".join(wrap(clean(warning), width or 100)) + "\n\n" for warning in warnings)
    if style == "markdown":
        return "".join(f"> {_markdown_text(warning)}\n\n" for warning in warnings)
    return "".join(f"% {clean(warning)}\n" for warning in warnings) if style == "latex" else ""


# To add a format, add a function and an entry.
FORMATS: dict[str, Callable[[Table], str]] = {"markdown": markdown, "csv": csv_text, "latex": latex}


def render(
    tables: Sequence[Table],
    style: str,
    *,
    width: int | None = None,
    colour: bool = False,
    caption: str = "",
    label: str = "",
) -> str:
    """Return tables in one format, one after the other.

    Args:
        style: ``text``, ``markdown``, ``csv``, ``json`` or ``latex``.
        width: columns of the terminal, for the text format: wider tables wrap their texts, then
            split into panels; None sets no limit.
        colour: whether the text format may use terminal escapes (bold).
        caption, label: of the first LaTeX table, as for `latex`. The next ones have their titles, and the label with
            a number.

    Raises:
        UsageError: unknown format.
    """
    if style == "text":
        return "\n\n".join(text(table, width, colour) for table in tables)
    if style == "json":
        return json_text(tables)
    if style not in FORMATS:
        known = ["text", *FORMATS, "json"]
        raise UsageError(f"There is no format '{style}'.", suggest(style, known) or f"use one of {', '.join(known)}")
    if style == "latex":
        bases = [label or _label_key(table.title) for table in tables]
        # A key is used once: several tables of one label, or of one title, get numbers.
        earlier = [bases[:at].count(base) for at, base in enumerate(bases)]
        keys = [f"{base}-{count + 1}" if count else base for base, count in zip(bases, earlier, strict=True)]
        captions = [caption, *[""] * (len(tables) - 1)]
        return "\n\n".join(map(latex, tables, captions, keys))
    return "\n\n".join(FORMATS[style](table) for table in tables)
