"""A table as aligned plain text: display width, wrapping, panels, right-to-left cells.

Written here rather than taken from a library because every command pays for the import, and
because wide and right-to-left scripts must align without further packages.
"""

from __future__ import annotations

import unicodedata

from semeval_emo.report.table import Column, Table, best_cells, cell, clean

GAP = "  "
NARROWEST = 12
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
# An isolate keeps a right-to-left cell from reordering its neighbours.
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
EMOJI_STYLE = "\ufe0f"
JOINER = "\u200d"


def display_width(string: str) -> int:
    """How many terminal columns a string takes.

    >>> display_width("joy"), display_width("喜び"), display_width("सुख")
    (3, 4, 2)
    """
    if string.isascii():
        return len(string)
    total, joined, last = 0, False, 0
    for char in string:
        if char == JOINER:
            joined = True
        elif char == EMOJI_STYLE:
            # Asks for the picture form, which is two columns wide.
            total += 2 - last if last else 0
            last = 2
        elif unicodedata.category(char) not in ("Mn", "Me", "Cf"):
            wide = unicodedata.east_asian_width(char) in "WF"
            # After a joiner a picture melts into the one before it.
            last = 0 if joined and wide else 1 + wide
            total += last
            joined = False
    return total


def is_right_to_left(string: str) -> bool:
    """True where a string holds Arabic, Hebrew or other right-to-left letters."""
    return not string.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in string)


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
        width: terminal columns; a wider table wraps its text cells, then splits into panels that
            repeat the first column.
        colour: True prints the best cells in bold.
    """
    strong = best_cells(table) if colour else set()
    cells = [[cell(v, c.kind) for v, c in zip(row, table.columns, strict=True)] for row in table.rows]
    names = [clean(c.name) for c in table.columns]
    widths = [max(map(display_width, column)) for column in zip(names, *cells, strict=True)]
    widths = _shrunk(widths, table.columns, width)
    parts = []
    for panel in _panels(widths, width):
        rule = GAP.join("-" * widths[c] for c in panel)
        lines = [_line(names, panel, widths, table.columns), rule]
        for r, row in enumerate(cells):
            lines.append(_line(row, panel, widths, table.columns, {c for at, c in strong if at == r}))
            if r in table.rules and r + 1 < len(cells):
                lines.append(rule)
        parts.append("\n".join(lines))
    title = wrap(clean(table.title), width) if width else [clean(table.title)]
    notes = [line for note in table.notes for line in (wrap(clean(note), width) if width else [clean(note)])]
    return "\n".join([*title, "\n\n".join(parts), *notes])


def _shrunk(widths: list[int], columns: tuple[Column, ...], width: int | None) -> list[int]:
    """Narrows the widest text columns, one column of the terminal at a time, until the table fits or none can give."""
    widths = list(widths)
    spare = sum(widths) + len(GAP) * (len(widths) - 1) - (width or 10**9)
    while spare > 0:
        texts = [c for c, column in enumerate(columns) if column.kind == "text" and widths[c] > NARROWEST]
        if not texts:
            break
        widths[max(texts, key=lambda c: widths[c])] -= 1
        spare -= 1
    return widths


def _panels(widths: list[int], width: int | None) -> list[list[int]]:
    """Groups columns into panels that fit; each panel begins with the first column."""
    panels: list[list[int]] = [[0]] if widths else []
    used = widths[0] if widths else 0
    for c in range(1, len(widths)):
        used += len(GAP) + widths[c]
        if width and used > width and len(panels[-1]) > 1:
            panels.append([0])
            used = widths[0] + len(GAP) + widths[c]
        panels[-1].append(c)
    return panels


def _line(
    row: list[str],
    panel: list[int],
    widths: list[int],
    columns: tuple[Column, ...],
    strong: set[int] | frozenset[int] = frozenset(),
) -> str:
    """One row as one or more lines of text: as many as its tallest wrapped cell."""
    wrapped = {c: wrap(row[c], widths[c]) if display_width(row[c]) > widths[c] else [row[c]] for c in panel}
    lines = []
    for k in range(max(len(lines) for lines in wrapped.values())):
        printed = []
        for c in panel:
            piece = wrapped[c][k] if k < len(wrapped[c]) else ""
            padding = " " * (widths[c] - display_width(piece))
            if is_right_to_left(piece):
                piece = f"{ISOLATE}{piece}{END_ISOLATE}"
            if c in strong:
                piece = f"{BOLD}{piece}{PLAIN}"
            printed.append(piece + padding if columns[c].kind in ("text", "letters") else padding + piece)
        lines.append(GAP.join(printed).rstrip(" "))
    return "\n".join(lines)
