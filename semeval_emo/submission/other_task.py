"""Recognise a file of another task: none of its ids, and columns that are not of this task."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from semeval_emo.submission.header import INDEX_NAMES
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.rows import KnownIds
from semeval_emo.tables import InputTable, Row
from semeval_emo.tables.names import is_text_name, normalised_names
from semeval_emo.task import Task, task_files

# Ids that are compared, and columns of the other task that a file needs beside some of this one.
MOST_IDS, LEAST_COLUMNS = 500, 2


def report_other_task(
    table: InputTable, first_rows: Sequence[Row], task: Task, known_ids: KnownIds, findings: Findings
) -> bool:
    """Report a file of another task as one problem, and return whether it is one.

    Its rows have ids, but none that this task has, even misspelt; and its columns of numbers are not of this task: at
    least two of them, or all.
    """
    names = normalised_names(table.header)
    if "id" not in names:
        return False
    at = names.index("id")
    first = ""
    # The first id of an ordinary file is known, so this loop ends there.
    for text_id in islice((row[at] for _, row in first_rows if at < len(row) and row[at].strip()), MOST_IDS):
        if known_ids.classify(text_id) or known_ids.repair(text_id):
            return False
        first = first or text_id
    if not first:
        return False
    own = [name for name in names if name in task.emotions or task.label_hint(name, task.emotions)]
    others = [
        cell.strip()
        for column, (cell, name) in enumerate(zip(table.header, names, strict=True))
        if not (name == "id" or name in INDEX_NAMES or name in own or is_text_name(name))
        and all(_is_number(row[column]) for _, row in first_rows[:50] if column < len(row))
    ]
    if len(others) < (LEAST_COLUMNS if own else 1):
        return False
    findings.add(
        "other-task",
        value=first,
        columns=", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else ""),
        task=task.title,
        example=next(iter((task.specs(task.default_release) or task.specs())[0].ids)),
        known=", ".join(task_files()),
    )
    return True


def _is_number(cell: str) -> bool:
    try:
        float(cell or "0")
    except ValueError:
        return False
    return True
