"""Tables as aligned plain text: display width, wrapping, panels, right-to-left cells.

`tabulate` aligns the cells and `wcwidth` measures them; this module wraps cells and splits tables that are
wider than the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tabulate import SEPARATING_LINE, TableFormat, tabulate
from wcwidth import wcswidth

from semeval_emo.report.table import Column, Table, best_cells, cell, clean, notes_with_rule
from semeval_emo.text import BOLD, PLAIN

GAP = "  "
NARROWEST = 12

# Isolates keep right-to-left cells from reordering other cells.
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def display_width(string: str) -> int:
    """Return the number of terminal columns of a printable string.

    >>> display_width("joy"), display_width("喜び"), display_width("सुख")
    (3, 4, 2)
    """
    return len(string) if string.isascii() else max(0, wcswidth(string))


def layout(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    columns: Sequence[Column],
    style: str | TableFormat = "simple",
    rules: Sequence[int] = (),
) -> str:
    """Return printed cells as a grid: text left-aligned, numbers right-aligned, with rules after the given rows."""
    # Names are passed as a row and a rule, since tabulate pads headers by two columns.
    body: list[Sequence[str] | str] = [names, SEPARATING_LINE]
    for r, row in enumerate(rows):
        body.append(row)
        if r in rules and r + 1 < len(rows):
            body.append(SEPARATING_LINE)
    sides = ["left" if c.kind in ("text", "name", "letters") else "right" for c in columns]
    grid = tabulate(body, tablefmt=style, disable_numparse=True, colalign=sides, preserve_whitespace=True).split("\n")
    # Without headers the format "simple" has a rule above and below.
    return "\n".join(line.rstrip(" ") for line in (grid[1:-1] if style == "simple" else grid))


def _is_right_to_left(string: str) -> bool:
    """Return whether a string has Arabic, Hebrew or other right-to-left letters."""
    return not string.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in string)


def isolated(line: str) -> str:
    """Return a line with isolates around right-to-left text."""
    return f"{ISOLATE}{line}{END_ISOLATE}" if _is_right_to_left(line) else line


def wrap(string: str, width: int) -> list[str]:
    """Return the lines of a string wrapped to `width` columns: at spaces, else after -, _ or /, else anywhere.

    >>> wrap("a fairly long note", 8)
    ['a fairly', 'long', 'note']
    >>> wrap("unofficial-list-v2", 12)
    ['unofficial-', 'list-v2']
    """
    lines, line = [], ""
    for word in string.split():
        candidate = f"{line} {word}" if line else word
        if display_width(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = ""
        for char in word:
            # Combining marks have no width, so they stay with their letter.
            if line and display_width(line + char) > width:
                cut = max(line.rfind(mark) for mark in "-_/") + 1 or len(line)
                lines.append(line[:cut])
                line = line[cut:]
            line += char
    return [*lines, line] if line or not lines else lines


def text(table: Table, width: int | None = None, colour: bool = False) -> str:
    """Return a table as plain text, aligned by display width.

    Args:
        width: terminal columns; a wider table wraps its text cells (not names and paths), then splits
            into panels that repeat the first column.
        colour: print the best cells in bold.
    """
    strong = best_cells(table) if colour else set()
    cells = [[cell(v, c.kind) for v, c in zip(row, table.columns, strict=True)] for row in table.rows]
    names = [clean(c.name) for c in table.columns]
    last = len(names) - 1
    # Paths are not wrapped, so they do not count for the width of their column.
    whole = {r for r, row in enumerate(table.rows) if width and isinstance(row[last], Path)}
    wrapped = [[*row[:last], "" if r in whole else row[last]] for r, row in enumerate(cells)]
    widths = [max(map(display_width, column)) for column in zip(names, *wrapped, strict=True)]
    widths = fit_widths(widths, table.columns, width)
    parts = []
    for panel in _panels(widths, table.columns, width):
        rows = [
            [row[c] if c == last and r in whole else _fitted(row[c], widths[c], (r, c) in strong) for c in panel]
            for r, row in enumerate(cells)
        ]
        columns = [table.columns[c] for c in panel]
        grid = layout([_fitted(names[c], widths[c]) for c in panel], rows, columns, rules=table.rules)
        # Rules end at the width of the terminal, even under a longer path.
        parts.append("\n".join(line[:width] if set(line) <= {"-", " "} else line for line in grid.split("\n")))
    title = wrap(clean(table.title), width) if width else [clean(table.title)]
    # A signature has no blanks and stays on one line, so that it can be copied.
    notes = [
        line
        for note in map(clean, notes_with_rule(table) if colour else table.notes)
        for line in (wrap(note, width) if width and " " in note else [note])
    ]
    return "\n".join([*title, "\n\n".join(parts), *notes])


def fit_widths(widths: list[int], columns: tuple[Column, ...], width: int | None) -> list[int]:
    """Return column widths that fit the terminal, narrowing the widest text columns first."""
    widths = list(widths)
    spare = sum(widths) + len(GAP) * (len(widths) - 1) - (width or 10**9)
    while spare > 0:
        texts = [c for c, column in enumerate(columns) if column.kind == "text" and widths[c] > NARROWEST]
        if not texts:
            break
        widths[max(texts, key=lambda c: widths[c])] -= 1
        spare -= 1
    return widths


def _panels(widths: list[int], columns: tuple[Column, ...], width: int | None) -> list[list[int]]:
    """Return panels of columns that fit; each begins with the first column, and letters stay with their column."""
    groups: list[list[int]] = []
    for c in range(1, len(widths)):
        if columns[c].kind == "letters" and groups:
            groups[-1].append(c)
        else:
            groups.append([c])
    panels: list[list[int]] = [[0]] if widths else []
    used = widths[0] if widths else 0
    for group in groups:
        needed = sum(len(GAP) + widths[c] for c in group)
        if width and used + needed > width and len(panels[-1]) > 1:
            panels.append([0])
            used = widths[0]
        panels[-1] += group
        used += needed
    return panels


def _fitted(piece: str, width: int, strong: bool = False) -> str:
    """Return a cell wrapped to `width` columns, in bold if `strong`."""
    lines = wrap(piece, width) if display_width(piece) > width else [piece]
    return "\n".join(f"{BOLD}{isolated(line)}{PLAIN}" if strong else isolated(line) for line in lines)
