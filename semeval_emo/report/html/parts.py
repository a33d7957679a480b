"""The parts of a page: tables, plots and paragraphs in sections. Templates only lay them out.

Strings stay plain here; the templates escape every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any

from semeval_emo.report.plots.style import Plot, inline
from semeval_emo.report.table import Table, best_cells, cell, clean

NUMBERS = ("int", "score", "score6", "delta", "percent", "decimal", "decimal2", "seconds")
# Inches; a plot that is wider wants the whole width of a page.
WIDE = 6.5
# Columns that hold sentences.
PROSE = ("text", "what", "fix")


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: as people read it.
        raised: marks that stand above it.
        order: what the column is sorted by: a number, or text in lower case.
        strong: whether it is the best of its column.
        share: from 0 to 1, drawn as a bar behind a percentage; None for anything else.
    """

    text: str
    raised: str = ""
    order: str = ""
    strong: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Head:
    """The head of a column; prose wants room."""

    name: str
    is_number: bool
    is_prose: bool = False


@dataclass(frozen=True)
class Rows:
    """A table as a page has it: `foot` stays at the end however the rest is sorted.

    Attributes:
        sortable: False for a table whose order means something, such as a ladder.
        blocks: rows in groups, ruled off from each other; one group where the table is sortable.
    """

    title: str
    heads: tuple[Head, ...]
    blocks: tuple[tuple[tuple[Cell, ...], ...], ...]
    foot: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    sortable: bool
    kind: str = "table"
    mine: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether the table wants the whole width."""
        return len(self.heads) > 4 or any(head.is_prose for head in self.heads)

    def is_mine(self, row: tuple[Cell, ...]) -> bool:
        """Whether a row is the reader's own among those of others."""
        return bool(self.mine) and any(one.text == self.mine for one in row)


@dataclass(frozen=True)
class Picture:
    """A plot: its SVG is our own drawing and goes into the page as it is."""

    title: str
    about: str
    svg: str
    is_wide: bool = False
    kind: str = "picture"


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    lines: tuple[str, ...]
    kind: str = "prose"


@dataclass(frozen=True)
class Fact:
    """A line of provenance; a long one can be copied."""

    name: str
    value: str
    can_copy: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    facts: tuple[Fact, ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Group:
    """Blocks that belong together; with a title they fold away."""

    blocks: tuple[Any, ...]
    title: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    groups: tuple[Group, ...]
    lead: str = ""


def rows_of(table: Table, *, foot: bool = False, sortable: bool = True, mine: str = "") -> Rows:
    """A table for the page.

    Args:
        foot: the rows under the last rule are sums or means of those above.
        sortable: whether its rows can be put in another order.
        mine: a cell's text that marks the reader's own row.
    """
    columns = table.columns
    # Marks stand above the value of the column before them.
    marks = {c + 1 for c in range(len(columns) - 1) if columns[c + 1].kind == "letters"}
    kept = [c for c in range(len(columns)) if c not in marks]
    best = best_cells(table)
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
    return Rows(
        title=clean(table.title),
        heads=tuple(Head(clean(columns[c].name), columns[c].kind in NUMBERS, columns[c].name in PROSE) for c in kept),
        blocks=tuple(tuple(body[a:b]) for a, b in pairwise(cuts)),
        foot=tuple(made[start:]),
        notes=tuple(clean(note) for note in table.notes),
        sortable=sortable and len(body) > 1,
        mine=mine,
    )


def _cell(value: Any, kind: str, raised: str, strong: bool) -> Cell:
    is_number = isinstance(value, Real) or (value is not None and hasattr(value, "as_tuple"))
    order = "" if value is None else str(float(value)) if is_number else clean(str(value)).lower()
    share = min(max(float(value), 0.0), 1.0) if kind == "percent" and isinstance(value, Real) else None
    return Cell(cell(value, kind), raised, "" if order == "nan" else order, strong, share)


def pictures_of(plots: Sequence[Plot]) -> dict[str, Picture]:
    """The plots as pictures, by name."""
    return {
        plot.name: Picture(clean(plot.title), clean(plot.about), inline(plot), plot.figure.get_figwidth() > WIDE)
        for plot in plots
    }
