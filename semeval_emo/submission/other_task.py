"""Recognise a file of another task: none of its ids, and columns that are not of this task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from semeval_emo.submission.header import INDEX_NAMES
from semeval_emo.submission.identify import ONE_FILE, check_as, task_of
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.rows import KnownIds
from semeval_emo.tables import InputTable, Row
from semeval_emo.tables.names import is_text_name, normalised_names
from semeval_emo.task import FileSpec, Task, known_tasks, task_files
from semeval_emo.text import printable

# Ids that are compared, rows whose cells can be ids if no column is named so, and columns of the other task that a file
# needs beside some of this one.
MOST_IDS, LOOKED_AT, LEAST_COLUMNS = 500, 20, 2


def report_other_task(
    table: InputTable,
    first_rows: Sequence[Row],
    task: Task,
    known_ids: KnownIds,
    findings: Findings,
    guess: FileSpec | None = None,
) -> bool:
    """Report a file of another task as one problem, and return whether it is one.

    None of its ids is one that this task has, even misspelt. Either another known task has such ids, or its columns are
    not of this task: none of them, or at least two columns of numbers beside ids.

    Args:
        guess: the file of this task that its name or the options say.
    """
    names = normalised_names(table.header)
    has_ids = "id" in names
    at = names.index("id") if has_ids else 0
    rows = [row for _, row in first_rows] if has_ids else [table.header, *(row for _, row in first_rows[:LOOKED_AT])]
    # Without a header, commas of texts can hide that cells are separated by tabs.
    parts = (row[at : at + 1] if has_ids else [part for cell in row[:50] for part in cell.split("\t")] for row in rows)
    cells = (cell for row in parts for cell in row if cell.strip())
    ids: list[str] = []
    # The first id of an ordinary file is known, so this loop ends there.
    for cell in islice(cells, MOST_IDS):
        if known_ids.classify(cell) or known_ids.repair(cell):
            return False
        ids.append(cell)
    # Only here are other tasks read. Row numbers are ids of no task in particular.
    owner = task_of([text_id for text_id in ids[: 50 * LOOKED_AT] if not _is_number(text_id)])
    if not ids or (owner is not None and owner.key == task.key):
        return False
    words = [{*re.findall(r"[^\W_]+", name)} for name in names]
    own = [
        name
        for name, its in zip(names, words, strict=True)
        if name in task.emotions or its & {*task.emotions} or task.label_hint(name, task.emotions)
    ]
    columns = [
        (column, cell.strip())
        for column, (cell, name) in enumerate(zip(table.header, names, strict=True))
        if not (name == "id" or name in INDEX_NAMES or name in own or is_text_name(name))
    ]
    others = [
        cell
        for column, cell in columns
        if all(_is_number(row[column]) for _, row in first_rows[:50] if column < len(row))
    ]
    if owner is None and own and (not has_ids or len(others) < LEAST_COLUMNS):
        return False
    # Without columns of this task, also columns of words are those of another.
    others = others or ([] if own else [cell for _, cell in columns])
    first = ids[0] if has_ids else next((cell for cell in ids if task_of([cell]) is owner), ids[0])
    shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
    seen = f"none of the ids{'' if own and not others else ' or columns'} is this task's: "
    if owner is None and not has_ids:
        first = ",".join(table.header)
        seen += f"the first line is '{printable(first)}'"
    else:
        seen += f"the first id is '{printable(first)}'{f', and the columns are {shown}' if others else ''}"
    if owner is None and len(others) >= LEAST_COLUMNS:
        labels = {name for name in names if name in own} | {*normalised_names(others)}
        owner = next((one for _, one in known_tasks() if one.key != task.key and labels <= {*one.emotions}), None)
    name = next((name for name, one in known_tasks() if owner is not None and one.key == owner.key), "")
    if owner is not None and name:
        which = f"{owner.title} has such {'ids' if task_of([first]) is owner else 'columns'}"
        remedy = check_as(name, findings.file.partition("!")[0], ONE_FILE)
    else:
        spec = guess or (task.specs(task.default_release) or task.specs())[0]
        which = f"{task.title} has ids like {next(iter(spec.ids))}"
        which += "" if has_ids else f" below the header {task.layout.predictions.shown_header(spec.emotions)}"
        remedy = f"name the task of the file with --task: {', '.join(task_files())}, or a TOML file that describes it; "
        remedy += "or check the right file"
    findings.add("other-task", value=first, seen=seen, which=which, remedy=remedy)
    return True


def _is_number(cell: str) -> bool:
    try:
        float(cell or "0")
    except ValueError:
        return False
    return True
