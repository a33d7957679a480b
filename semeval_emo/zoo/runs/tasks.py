"""Which task a command of the zoo is about, and where the runs of a task lie."""

from __future__ import annotations

import os
import re
from pathlib import Path

from semeval_emo.data.gold import SAMPLE
from semeval_emo.errors import UsageError
from semeval_emo.task import Task, find_task, load_task


def resolve_task(task: Task | str | None, source: str | os.PathLike[str] | None, run: str = "") -> Task:
    """The task that a person names; else the sample's, where that is the source; else that of a run; else the default.

    Args:
        task: what the person named, if anything.
        source: as in `load_gold`.
        run: key of the task that a run or a model says it is of; empty where it says nothing.

    Raises:
        UsageError: the run is of a task that is not known here.

    >>> resolve_task(None, "sample").key, resolve_task("task11", None, "sample").key
    ('sample', 'semeval-2025-task-11')
    """
    if isinstance(task, Task):
        return task
    if task is not None or str(source) == SAMPLE or not run:
        return load_task(SAMPLE if task is None and str(source) == SAMPLE else task)
    found = find_task(run)
    if found is None:
        raise UsageError(f"This is of the task '{run}', which is not known here.", "--task names its file")
    return found


def task_runs(runs: Path, key: str) -> Path:
    """Where the runs of a task lie: those of the default task in the folder of runs, others in a folder of their own.

    >>> task_runs(Path("runs"), "sample").as_posix(), task_runs(Path("runs"), load_task().key).as_posix()
    ('runs/sample', 'runs')
    """
    return runs if key in ("", load_task().key) else runs / re.sub(r"[^\w.-]+", "-", key)
