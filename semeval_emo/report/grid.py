"""A table as aligned plain text: display width, wrapping, panels, right-to-left cells.

`tabulate` lays the grid out and `wcwidth` measures it; this module decides what goes into a cell and
how a table that is wider than the terminal is broken up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tabulate import SEPARATING_LINE, TableFormat, tabulate
from wcwidth import wcswidth

from semeval_emo.report.table import Column, Table, best_cells, cell, clean
from semeval_emo.text import BOLD, PLAIN

GAP = "  "
NARROWEST = 12

# An isolate keeps a right-to-left cell from reordering its neighbours.
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def display_width(string: str) -> int:
    """How many terminal columns a printable string takes.

    >>> display_width("joy"), display_width("喜び"), display_width("सुख")
    (3, 4, 2)
    """
    return len(string) if string.isascii() else max(0, wcswidth(string))


def laid_out(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    columns: Sequence[Column],
    style: str | TableFormat = "simple",
    rules: Sequence[int] = (),
) -> str:
    """Lays printed cells out as a grid: texts to the left, numbers to the right, rules under the rows named."""
    # The names go in as a row and a rule: as headers, tabulate would pad each of them by two columns.
    body: list[Sequence[str] | str] = [names, SEPARATING_LINE]
    for r, row in enumerate(rows):
        body.append(row)
        if r in rules and r + 1 < len(rows):
            body.append(SEPARATING_LINE)
    sides = ["left" if c.kind in ("text", "name", "letters") else "right" for c in columns]
    grid = tabulate(body, tablefmt=style, disable_numparse=True, colalign=sides, preserve_whitespace=True).split("\n")
    # Without headers the format "simple" draws a rule above and below.
    return "\n".join(line.rstrip(" ") for line in (grid[1:-1] if style == "simple" else grid))


def _is_right_to_left(string: str) -> bool:
    """True where a string holds Arabic, Hebrew or other right-to-left letters."""
    return not string.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in string)


def isolated(line: str) -> str:
    """A line that cannot reorder its neighbours: right-to-left text comes between isolates."""
    return f"{ISOLATE}{line}{END_ISOLATE}" if _is_right_to_left(line) else line


def wrap(string: str, width: int) -> list[str]:
    """Breaks a string into lines of at most `width` columns: at spaces, else after -, _ or /, else anywhere.

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
            # Marks go with their letter: they add no width, so they never start a line.
            if line and display_width(line + char) > width:
                cut = max(line.rfind(mark) for mark in "-_/") + 1 or len(line)
                lines.append(line[:cut])
                line = line[cut:]
            line += char
    return [*lines, line] if line or not lines else lines


def text(table: Table, width: int | None = None, colour: bool = False) -> str:
    """Plain text, aligned by display width.

    Args:
        width: terminal columns; a wider table wraps its text cells (no names, no paths), then splits
            into panels that repeat the first column.
        colour: True prints the best cells in bold.
    """
    strong = best_cells(table) if colour else set()
    cells = [[cell(v, c.kind) for v, c in zip(row, table.columns, strict=True)] for row in table.rows]
    names = [clean(c.name) for c in table.columns]
    last = len(names) - 1
    # What is copied whole takes no part in what is narrowed.
    whole = {r for r, row in enumerate(table.rows) if width and isinstance(row[last], Path)}
    bending = [[*row[:last], "" if r in whole else row[last]] for r, row in enumerate(cells)]
    widths = [max(map(display_width, column)) for column in zip(names, *bending, strict=True)]
    widths = narrowed(widths, table.columns, width)
    parts = []
    for panel in _panels(widths, table.columns, width):
        rows = [
            [row[c] if c == last and r in whole else _fitted(row[c], widths[c], (r, c) in strong) for c in panel]
            for r, row in enumerate(cells)
        ]
        columns = [table.columns[c] for c in panel]
        grid = laid_out([_fitted(names[c], widths[c]) for c in panel], rows, columns, rules=table.rules)
        # A rule is as wide as its column, and so as a path that stands out.
        parts.append("\n".join(line[:width] if set(line) <= {"-", " "} else line for line in grid.split("\n")))
    title = wrap(clean(table.title), width) if width else [clean(table.title)]
    # A signature has no blanks: it is copied whole, so it stands on one line whatever its length.
    notes = [
        line for note in map(clean, table.notes) for line in (wrap(note, width) if width and " " in note else [note])
    ]
    return "\n".join([*title, "\n\n".join(parts), *notes])


def narrowed(widths: list[int], columns: tuple[Column, ...], width: int | None) -> list[int]:
    """Widths that fit: the widest text columns give, a character at a time, until the table fits or none can."""
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
    """Groups columns into panels that fit; each panel begins with the first column, and letters stay with theirs."""
    groups: list[list[int]] = []
    for c in range(1, len(widths)):
        if columns[c].kind == "letters" and groups:
            groups[-1].append(c)
        else:
            groups.append([c])
    panels: list[list[int]] = [[0]] if widths else []
    used = widths[0] if widths else 0
    for group in groups:
        wanted = sum(len(GAP) + widths[c] for c in group)
        if width and used + wanted > width and len(panels[-1]) > 1:
            panels.append([0])
            used = widths[0]
        panels[-1] += group
        used += wanted
    return panels


def _fitted(piece: str, width: int, strong: bool = False) -> str:
    """A cell broken into lines of at most `width` columns, each in bold where asked."""
    lines = wrap(piece, width) if display_width(piece) > width else [piece]
    return "\n".join(f"{BOLD}{isolated(line)}{PLAIN}" if strong else isolated(line) for line in lines)
