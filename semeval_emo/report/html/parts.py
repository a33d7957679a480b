"""Parts of a page: sections of tables, plots and paragraphs, which the templates lay out.

Strings are plain text; the templates escape all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from numbers import Real
from typing import Any

from semeval_emo.report.plots.style import Plot, inline
from semeval_emo.report.table import Table, best_cells, cell, clean, notes_with_rule
from semeval_emo.task import Task

NUMBERS = ("int", "score", "score6", "delta", "percent", "decimal", "decimal2", "seconds")
# Plots wider than this (in inches) use the full width of the page.
WIDE = 6.5
# Columns of sentences.
PROSE = ("text", "where", "what", "fix")
# Characters of a table that fits into half of a page, and those of the mark of a column that sorts.
HALF_PAGE, SORT_MARK = 62, 2
# Tables with more rows scroll in a box of their own.
LONG = 40


@dataclass(frozen=True)
class TableCell:
    """A cell of a table.

    Attributes:
        order: sort key: a number, or text in lower case.
        strong: whether it is the best value of its column.
        share: from 0 to 1, drawn as a bar behind a percentage; None for other values.
    """

    text: str
    raised: str = ""
    order: str = ""
    strong: bool = False
    share: float | None = None


@dataclass(frozen=True)
class ColumnHeader:
    """Header of a column; columns of sentences are wider.

    Attributes:
        marks: characters of the longest superscript, so that the numbers of a column with superscripts are aligned.
    """

    name: str
    is_number: bool
    is_prose: bool = False
    marks: int = 0


@dataclass(frozen=True)
class TableBlock:
    """A table of a page.

    Attributes:
        blocks: groups of rows, with a rule between them; one group if the table is sortable.
        foot: rows that stay at the end when the others are sorted.
        sortable: False if the order of the rows has a meaning, as in a ranking.
        mine: text of a cell that marks the row of the user.
    """

    title: str
    heads: tuple[ColumnHeader, ...]
    blocks: tuple[tuple[tuple[TableCell, ...], ...], ...]
    foot: tuple[tuple[TableCell, ...], ...]
    notes: tuple[str, ...]
    sortable: bool
    kind: str = "table"
    mine: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether the table uses the full width of the page."""
        return len(self.heads) > 4 or any(head.is_prose for head in self.heads) or self._characters > HALF_PAGE

    @property
    def _characters(self) -> int:
        """Characters of the longest line of each column."""
        rows = [row for block in (*self.blocks, self.foot) for row in block]
        return (
            sum(
                max(len(head.name) + SORT_MARK * self.sortable, *(len(row[at].text) for row in rows))
                for at, head in enumerate(self.heads)
            )
            if rows
            else 0
        )

    @property
    def is_long(self) -> bool:
        """Whether the table scrolls in a box of its own."""
        return sum(map(len, self.blocks)) > LONG

    def is_mine(self, row: tuple[TableCell, ...]) -> bool:
        """Return whether a row is the one of the user."""
        return bool(self.mine) and any(cell.text == self.mine for cell in row)


@dataclass(frozen=True)
class PlotImage:
    """A plot, whose SVG is inserted without escaping; the note below it says how to read it."""

    title: str
    about: str
    svg: str
    note: str = ""
    is_wide: bool = False
    kind: str = "picture"


@dataclass(frozen=True)
class Paragraphs:
    """Paragraphs."""

    lines: tuple[str, ...]
    is_wide: bool = False
    kind: str = "prose"


@dataclass(frozen=True)
class Definition:
    """A name with its value, with a button to copy it if `can_copy`."""

    name: str
    value: str
    can_copy: bool = False


@dataclass(frozen=True)
class DefinitionList:
    """A list of names with values."""

    facts: tuple[Definition, ...]
    kind: str = "facts"


@dataclass(frozen=True)
class BlockGroup:
    """Blocks that belong together; with a title they can be collapsed."""

    blocks: tuple[Any, ...]
    title: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    groups: tuple[BlockGroup, ...]
    lead: str = ""


def table_block(table: Table, *, foot: bool = False, sortable: bool = True, mine: str = "") -> TableBlock:
    """Return a table as a block of the page.

    Args:
        foot: whether the rows after the last rule are sums or means of those before.
    """
    columns = table.columns
    # Columns of letters become superscripts of the column before them.
    marks = {c + 1 for c in range(len(columns) - 1) if columns[c + 1].kind == "letters"}
    kept = [c for c in range(len(columns)) if c not in marks]
    best = best_cells(table)
    longest = {c - 1: max((len(clean(str(row[c] or ""))) for row in table.rows), default=0) for c in marks}
    made = []
    for r, row in enumerate(table.rows):
        cells = []
        for c in kept:
            raised = str(row[c + 1] or "") if c + 1 in marks else ""
            cells.append(_cell(row[c], columns[c].kind, clean(raised), (r, c) in best))
        made.append(tuple(cells))
    ends = [rule + 1 for rule in table.rules if rule + 1 < len(made)]
    start = ends[-1] if foot and ends else len(made)
    body = made[:start]
    cuts = [0, *([] if sortable else [end for end in ends if end < start]), start]
    return TableBlock(
        title=clean(table.title),
        heads=tuple(
            ColumnHeader(
                clean(columns[c].name), columns[c].kind in NUMBERS, columns[c].name in PROSE, longest.get(c, 0)
            )
            for c in kept
        ),
        blocks=tuple(tuple(body[a:b]) for a, b in pairwise(cuts)),
        foot=tuple(made[start:]),
        notes=tuple(clean(note) for note in notes_with_rule(table)),
        sortable=sortable and len(body) > 1,
        mine=mine,
    )


def _cell(value: Any, kind: str, raised: str, strong: bool) -> TableCell:
    is_number = isinstance(value, Real) or (value is not None and hasattr(value, "as_tuple"))
    order = "" if value is None else str(float(value)) if is_number else clean(str(value)).lower()
    share = min(max(float(value), 0.0), 1.0) if kind == "percent" and isinstance(value, Real) else None
    return TableCell(cell(value, kind), raised, "" if order == "nan" else order, strong, share)


def with_languages(table: Table, task: Task) -> Table:
    """Return a table with languages as in the text of a page, such as ``English (eng)`` for ``eng English``."""
    names = {f"{code} {language.name}": f"{language.name} ({code})" for code, language in task.languages.items()}
    start, dot, end = table.title.rpartition(" · ")
    at = next((at for at, column in enumerate(table.columns) if column.name == "language"), 0)
    rows = tuple((*row[:at], names.get(row[at], row[at]), *row[at + 1 :]) for row in table.rows)
    return replace(table, title=start + dot + names.get(end, end), rows=rows)


def plot_images(plots: Sequence[Plot]) -> dict[str, PlotImage]:
    """Return the plots as images, by name."""
    return {
        plot.name: PlotImage(
            clean(plot.title), clean(plot.about), inline(plot), clean(plot.note), plot.figure.get_figwidth() > WIDE
        )
        for plot in plots
    }
