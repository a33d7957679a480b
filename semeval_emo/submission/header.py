"""Read the header: find the columns and report what is wrong with their names and order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.submission.layouts import Reading, joined
from semeval_emo.submission.problem import Findings
from semeval_emo.tables.names import SCORE_WORDS, is_text_name, normalised_names, remove_invisible
from semeval_emo.tables.shapes import Shape
from semeval_emo.task import FileLayout, Task
from semeval_emo.text import listed, plural, printable

INDEX_NAMES = frozenset({"", "unnamed:0", "index", "level_0", "rowid"})
# The number of columns without a known name of which a cell is shown.
MOST_SHOWN = 3


@dataclass(frozen=True)
class Columns:
    """The columns of a file.

    Attributes:
        id: index of the id column, or None if there is none.
        labels: index of each emotion's column, in the order of the emotions; None if it is missing.
        width: number of cells in a row.
        has_header: False if the first row is data.
        unnamed: number of columns without a name at the end, whose cells must be empty.
        names: the normalised names, to recognise a header among the rows.
        text: index of the column of texts, or None if there is none.
        has_logits: whether the names of the columns of labels say that they have logits.
    """

    id: int | None
    labels: tuple[int | None, ...]
    width: int
    has_header: bool = True
    unnamed: int = 0
    names: tuple[str, ...] = ()
    text: int | None = None
    has_logits: bool = False

    @classmethod
    def of(cls, shape: Shape, emotions: Sequence[str]) -> Columns:
        """Return the columns of the converted rows of a shape."""
        names = list(shape.header)
        position = {name: at for at, name in enumerate(names)}
        labels = tuple(position.get(name) for name in emotions)
        return cls(position.get("id"), labels, len(names), shape.has_header, names=(*names,), text=position.get("text"))


def read_header(
    cells: Sequence[str],
    line: int,
    sample: Sequence[Sequence[str]],
    emotions: Sequence[str],
    task: Task,
    findings: Findings,
    needs_scores: bool = True,
    reading: Reading | None = None,
) -> Columns:
    """Find the columns and report the problems of the header.

    Args:
        cells: the first row of the file.
        sample: some rows after it, to find the id column by its cells.
        emotions: the expected label columns, in order.
        needs_scores: columns that are named logits need a decision of the user.
        reading: how the file is read; by default as a file of the task.

    >>> from semeval_emo.task import load_task
    >>> findings = Findings("pred_eng.csv")
    >>> read_header(["ID", "joy ", "text", "fear"], 1, [], ["fear", "joy"], load_task(), findings).labels
    (3, 1)
    >>> [p.code for p in findings.problems]
    ['E309', 'E310', 'E311', 'E316']
    """
    reading = reading or Reading(task.layout.predictions)
    layout = reading.layout
    expected = ("id", *(["text"] if layout.text else []), *emotions)
    if layout.columns and not reading.is_free:
        expected = tuple(sorted(expected, key=lambda name: _place(name, layout)))
    facts: dict[str, Any] = {"line": line, "header": task.layout.predictions.shown_header(emotions)}
    if any(is_id(cell, task) for cell in cells):
        findings.add("no-header", value=",".join(cells), remedy=f"add the header above it: {facts['header']}", **facts)
        id_column = next(at for at, cell in enumerate(cells) if is_id(cell, task))
        others = [at for at in range(len(cells)) if at != id_column][len(expected) - len(emotions) - 1 :]
        labels = tuple(others[i] if i < len(others) else None for i in range(len(emotions)))
        return Columns(id_column, labels, len(cells), has_header=False)

    names = normalised_names(cells, task.emotions)
    scores = {} if {*emotions} & {*names} else score_columns(cells, emotions)
    widths = Counter(len(row) for row in sample).most_common(1)
    if widths and widths[0][0] != len(cells) and not scores and not _has_column(names, {*expected, *task.emotions}):
        # Free text: reporting each missing column and each row of another length would not help.
        findings.add("not-a-header", value=",".join(cells), **facts)
        width = widths[0][0]
        return Columns(_find_id_column(sample, width, task), (None,) * len(emotions), width, names=tuple(names))

    named = len(names)
    while named > 1 and not names[named - 1]:
        named -= 1
    # If the unnamed columns have cells, the rows are reported instead, so that no cell is ignored silently.
    if named < len(names) and not any(cell.strip() for row in sample for cell in row[named:]):
        findings.add("trailing-comma", value=",".join(cells), surplus=len(names) - named, **facts)
    position: dict[str, int] = {}
    unexpected: list[int] = []
    for at, own_name in enumerate(names[:named]):
        name = scores.get(at, own_name)
        if name not in expected:
            unexpected.append(at)
        elif name in position:
            first = position[name] + 1
            findings.add("duplicate-column", column=name, value=cells[at], first=first, again=at + 1, **facts)
        else:
            position[name] = at

    header = joined((cell.strip() for cell in cells), layout)
    other_case = [
        at
        for at in position.values()
        if at not in scores and remove_invisible(cells[at]) != remove_invisible(names[at])
    ]
    if other_case:
        at = other_case[0]
        findings.add("header-case", column=cells[at], value=header, expected=names[at], **facts)
    has_logits = any("logit" in names[at] for at in scores)
    if scores:
        _report_scores(cells, scores, has_logits and needs_scores, findings, facts)
    # A label may consist of several words.
    padded = [
        at
        for at in position.values()
        if at not in scores
        and cells[at] != remove_invisible(cells[at])
        and cells[at].casefold() != names[at].casefold()
    ]
    if padded:
        findings.add("header-padding", column=names[padded[0]], value=repr(cells[padded[0]]), **facts)
    if list(position) != [name for name in expected if name in position]:
        findings.add("header-order", value=joined(position, layout), **facts)

    missing = [name for name in expected if name not in position]
    if len(emotions) > 1 and {*emotions} <= {*missing}:
        # One problem, not one for each label and for each column that could be meant.
        unknown = [at for at in unexpected if not _is_spare(names[at], at, task)]
        findings.add("no-labels", seen=header, details=_cells_of(unknown, cells, sample), **facts)
        missing = [name for name in missing if name not in emotions]
        unexpected = [at for at in unexpected if at not in unknown]
    for at in unexpected:
        _report_unexpected(cells[at], names[at], at, missing, task, findings, facts)
    if "id" in missing and (by_cells := _find_id_column(sample, len(cells), task)) is not None:
        position["id"] = by_cells
    for name in missing:
        if name != "text" or name in emotions:
            shown = layout.id if name == "id" else name
            findings.add("missing-column", column=shown, seen=header, **facts)
        elif reading.needs_texts:
            findings.add("missing-texts", column=layout.text, **facts)
    labels = tuple(position.get(name) for name in emotions)
    texts = [at for at, name in enumerate(names) if is_text_name(name)]
    text = min(texts, key=lambda at: names[at] != "text", default=None)
    return Columns(position.get("id"), labels, len(cells), True, len(names) - named, tuple(names), text, has_logits)


def _place(name: str, layout: FileLayout) -> int:
    """Return the place of a column in files without a header."""
    name = {"id": layout.id, "text": layout.text}.get(name, name)
    return layout.columns.index(name) if name in layout.columns else len(layout.columns)


def score_columns(cells: Sequence[str], labels: Sequence[str]) -> dict[int, str]:
    """Return the label of each column whose name has a label and a word for scores; none if a label has several.

    >>> score_columns(["id", "anger_prob", "P(joy)", "pred_fear"], ["anger", "fear", "joy"])
    {1: 'anger', 2: 'joy'}
    """
    found: dict[int, str] = {}
    for at, cell in enumerate(cells):
        words = {*re.findall(r"[^\W_]+", cell.casefold())}
        own = words & {*labels}
        if (
            len(own) == 1
            and words & SCORE_WORDS
            and words - own <= SCORE_WORDS | {"pred", "predicted", "class", "label"}
        ):
            found[at] = own.pop()
    return found if len({*found.values()}) == len(found) else {}


def _report_scores(
    cells: Sequence[str], scores: Mapping[int, str], are_logits: bool, findings: Findings, facts: dict[str, Any]
) -> None:
    first, label = next(iter(scores.items()))
    seen = f"the column '{printable(cells[first])}' has scores of '{label}'"
    if len(scores) > 1:
        seen = f"{len(scores)} columns have scores of labels, such as '{printable(cells[first])}'"
    options = "--scores logits --threshold 0.5" if are_logits else ""
    remedy = f"name the columns {facts['header']}"
    if are_logits:
        remedy = f"apply the sigmoid and a threshold (semeval-emo fix {options})"
    findings.add("score-columns", value=cells[first], seen=seen, remedy=remedy, options=options, **facts)


def _has_column(names: Sequence[str], known: set[str]) -> bool:
    return any(name in known or is_text_name(name) for name in names)


def _is_spare(name: str, at: int, task: Task) -> bool:
    """Return whether a column that a prediction file does not have is known not to have its labels."""
    return (at == 0 and name in INDEX_NAMES) or is_text_name(name) or name in task.emotions


def _cells_of(columns: Sequence[int], header: Sequence[str], sample: Sequence[Sequence[str]]) -> str:
    """Return a clause that shows a cell of each of the first columns; empty without columns."""
    shown = []
    for at in columns[:MOST_SHOWN]:
        cell = next((row[at] for row in sample if at < len(row) and row[at].strip()), "")
        shown.append(f"'{printable(header[at].strip(), 40)}' has cells such as '{printable(cell.strip(), 60)}'")
    more = f" and {plural(len(columns) - MOST_SHOWN, 'more column')}" if len(columns) > MOST_SHOWN else ""
    return f"; {listed(shown)}{more}" if shown else ""


def _report_unexpected(
    cell: str, name: str, at: int, missing: Sequence[str], task: Task, findings: Findings, facts: dict[str, Any]
) -> None:
    """Report a column that a prediction file does not have."""
    if at == 0 and name in INDEX_NAMES:
        findings.add("index-column", column=cell, value=cell, **facts)
    elif is_text_name(name):
        findings.add("text-column", column=cell, value=cell, **facts)
    elif name in task.emotions:
        findings.add("surplus-emotion", column=cell, value=cell, **facts)
    else:
        hint = task.label_hint(name, missing)
        findings.add("unknown-column", column=cell, value=cell, hint=f"; {hint}" if hint else "", at=at + 1, **facts)


def is_id(cell: str, task: Task) -> bool:
    """Return whether a cell has the form of an id of the task."""
    bare = remove_invisible(cell) if len(cell) < 100 else ""
    index = task.id_index
    return index.has_form(bare) or index.has_form(index.with_capitals(bare.lower()))


def _find_id_column(sample: Sequence[Sequence[str]], width: int, task: Task) -> int | None:
    """Return the column with the most cells that look like ids, or None if no cell does."""
    counts = [sum(at < len(row) and is_id(row[at], task) for row in sample) for at in range(width)]
    best = max(range(width), key=counts.__getitem__, default=None)
    return best if best is not None and counts[best] else None
