"""Reads the header: which column is which, and what is wrong with their names and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.errors import suggest
from semeval_emo.submission.cells import remove_invisible
from semeval_emo.submission.identify import prefix_of
from semeval_emo.submission.problem import Findings
from semeval_emo.task import Task

INDEX_NAMES = frozenset({"", "unnamed:0", "index", "level_0", "rowid"})
TEXT_NAMES = frozenset({"text", "tweet", "sentence", "content", "cleantext", "clean_text"})


@dataclass(frozen=True)
class Columns:
    """Where the cells of a row stand.

    Attributes:
        id: index of the id column, or None where there is none.
        labels: index of each emotion's column in the order of the emotions; None where it is missing.
        width: how many cells a row has.
        has_header: False where the first row is data already.
        unnamed: how many of the last columns have no name; nothing may stand in them.
        names: the names in plain letters, by which a header among the rows is compared with this one.
    """

    id: int | None
    labels: tuple[int | None, ...]
    width: int
    has_header: bool = True
    unnamed: int = 0
    names: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True where every column that is needed is there."""
        return self.id is not None and None not in self.labels


def read_header(
    cells: Sequence[str],
    line: int,
    sample: Sequence[Sequence[str]],
    emotions: Sequence[str],
    task: Task,
    found: Findings,
) -> Columns:
    """Finds the columns and reports what is wrong with the header.

    Args:
        cells: the first row of the file.
        sample: some rows after it, to find the column of ids by what it holds.
        emotions: the label columns expected, in order.

    >>> from semeval_emo.task import load_task
    >>> found = Findings("pred_eng.csv")
    >>> read_header(["ID", "joy ", "text", "fear"], 1, [], ["fear", "joy"], load_task(), found).labels
    (3, 1)
    >>> [p.code for p in found.problems]
    ['E309', 'E310', 'E311', 'E316']
    """
    expected = ("id", *emotions)
    wanted = ",".join(expected)
    facts: dict[str, Any] = {"line": line, "header": wanted}
    if _holds_id(cells, task):
        found.add("no-header", value=",".join(cells), **facts)
        at = next(i for i, cell in enumerate(cells) if _holds_id([cell], task))
        rest = [i for i in range(len(cells)) if i != at]
        labels = tuple(rest[i] if i < len(rest) else None for i in range(len(emotions)))
        return Columns(at, labels, len(cells), has_header=False)

    names = plain_names(cells)
    width = Counter(len(row) for row in sample).most_common(1)
    if width and width[0][0] != len(cells) and not {*expected, *task.emotions, *TEXT_NAMES} & {*names}:
        # Free text: what it lacks, and how the rows differ from it, would be a list without end.
        found.add("not-a-header", value=",".join(cells), **facts)
        return Columns(_id_column(sample, width[0][0], task), (None,) * len(emotions), width[0][0], names=tuple(names))

    last = len(names)
    while last > 1 and not names[last - 1]:
        last -= 1
    # Where something stands below, the rows are reported: no column may be left out unseen.
    if last < len(names) and not any(cell.strip() for row in sample for cell in row[last:]):
        found.add("trailing-comma", value=",".join(cells), surplus=len(names) - last, **facts)
    place: dict[str, int] = {}
    strange: list[int] = []
    for at, name in enumerate(names[:last]):
        if name not in expected:
            strange.append(at)
        elif name in place:
            found.add("duplicate-column", column=name, value=cells[at], first=place[name] + 1, again=at + 1, **facts)
        else:
            place[name] = at

    seen = ",".join(cell.strip() for cell in cells)
    odd = [at for at in place.values() if remove_invisible(cells[at]) != names[at]]
    if odd:
        found.add("header-case", column=cells[odd[0]], value=seen, expected=names[odd[0]], **facts)
    padded = [at for at in place.values() if cells[at] != remove_invisible(cells[at])]
    if padded:
        found.add("header-padding", column=names[padded[0]], value=repr(cells[padded[0]]), **facts)
    order = sorted(place, key=place.__getitem__)
    if order != [name for name in expected if name in place]:
        found.add("header-order", value=",".join(order), **facts)

    lacking = [name for name in expected if name not in place]
    for at in strange:
        _report_strange(cells[at], names[at], at, lacking, task, found, facts)
    if "id" in lacking and (found_at := _id_column(sample, len(cells), task)) is not None:
        place["id"] = found_at
    for name in lacking:
        found.add("missing-column", column=name, seen=seen, **facts)
    labels = tuple(place.get(name) for name in emotions)
    return Columns(place.get("id"), labels, len(cells), unnamed=len(names) - last, names=tuple(names))


def plain_names(cells: Sequence[str]) -> list[str]:
    """Names of columns without case, quotes and blanks.

    >>> plain_names(["ID", " 'Joy' "])
    ['id', 'joy']
    """
    return [remove_invisible(cell).strip("'\"").casefold() for cell in cells]


def _report_strange(
    cell: str, name: str, at: int, lacking: Sequence[str], task: Task, found: Findings, facts: dict[str, Any]
) -> None:
    """Reports a column that no prediction file has."""
    if at == 0 and name in INDEX_NAMES:
        found.add("index-column", column=cell, value=cell, **facts)
    elif name in TEXT_NAMES:
        found.add("text-column", column=cell, value=cell, **facts)
    elif name in task.emotions:
        found.add("surplus-emotion", column=cell, value=cell, **facts)
    else:
        hint = suggest(name, lacking)
        found.add("unknown-column", column=cell, value=cell, hint=f"; {hint}" if hint else "", at=at + 1, **facts)


def _holds_id(cells: Sequence[str], task: Task) -> bool:
    return any(prefix_of(remove_invisible(cell).lower()) in task.by_prefix for cell in cells if len(cell) < 100)


def _id_column(sample: Sequence[Sequence[str]], width: int, task: Task) -> int | None:
    """The column whose cells look most like ids, or None where none does."""
    counts = [sum(at < len(row) and _holds_id([row[at]], task) for row in sample) for at in range(width)]
    best = max(range(width), key=counts.__getitem__, default=None)
    return best if best is not None and counts[best] else None
