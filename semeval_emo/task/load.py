"""Read tasks from TOML files.

docs/add-a-task.md describes the format; `task11.toml` and `sample.toml` are examples.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from semeval_emo.errors import EmoError, InputError, UsageError, suggest
from semeval_emo.parse import ShapeError, member, read_toml
from semeval_emo.task.build import build_task
from semeval_emo.task.model import Task
from semeval_emo.text import printable

HERE = Path(__file__).parent
DEFAULT_TASK = "task11"
TASKS_VARIABLE = "SEMEVAL_EMO_TASKS"
TASK_FILE = "task.toml"
"""The file of a task in the folder of its runs, such as ``runs/moods/task.toml``."""
RUNS = Path("runs")
"""The default folder of all runs."""
DEPTH = 5
"""How many levels above a file of a run the folder of its task may be."""
LOG = logging.getLogger("semeval_emo")


def task_files() -> dict[str, Path]:
    """Return the TOML files of all known tasks by name: the shipped ones, then those of ``$SEMEVAL_EMO_TASKS``."""
    found = {path.stem: path for path in sorted(HERE.glob("*.toml"), key=lambda p: (p.stem != DEFAULT_TASK, p.stem))}
    extra = os.environ.get(TASKS_VARIABLE)
    if extra:
        found |= {path.stem: path for path in sorted(Path(extra).glob("*.toml"))}
    return found


def load_task(name: Task | str | os.PathLike[str] | None = None) -> Task:
    """Load a task by name or from a TOML file.

    Args:
        name: ``task11`` (the default), ``sample``, the name of a file in ``$SEMEVAL_EMO_TASKS``, or a path
            that ends in ``.toml``, or a folder with ``task.toml``. A `Task` is returned as it is.

    Raises:
        UsageError: no task has this name, or the file does not describe a task.
        InputError: the file cannot be read.

    >>> load_task().spec("a", "eng", "test").rows
    2767
    """
    if isinstance(name, Task):
        return name
    text = str(name or DEFAULT_TASK)
    known = task_files()
    path = Path(text) if text.endswith(".toml") else known.get(text)
    if path is None and (Path(text) / TASK_FILE).is_file():
        path = Path(text) / TASK_FILE
    if path is None:
        raise UsageError(
            f"There is no task '{printable(text)}'.",
            suggest(text, known) or f"use one of {', '.join(known)}, or the path of a TOML file",
        )
    try:
        path = path.resolve()
        version = path.stat() if path.is_file() else None
    # RuntimeError: a link that leads to itself.
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"The task file {printable(text, 200)} cannot be read: {error}.", "check the path") from error
    task = _load(path, version and (version.st_mtime_ns, version.st_size))
    _LOADED[task.key] = task
    return task


def known_tasks() -> Iterator[tuple[str, Task]]:
    """Yield the known tasks with the names of their files; a file that cannot be loaded is left out with a warning.

    The tasks that runs in ``runs`` brought come last, with the paths of their files.
    """
    of_runs = {path.as_posix(): path for path in sorted(RUNS.glob(f"*/{TASK_FILE}"))}
    for name, path in [*task_files().items(), *of_runs.items()]:
        try:
            task = load_task(path)
        except EmoError as error:
            if path not in _REPORTED:
                _REPORTED.add(path)
                origin = f"${TASKS_VARIABLE}" if name not in of_runs else f"{RUNS}/"
                LOG.warning(f"note: a task of {origin} is left out. {error.message}")
            continue
        yield name, task


_REPORTED: set[Path] = set()
_LOADED: dict[str, Task] = {}


def task_near(path: str | os.PathLike[str]) -> Task | None:
    """Return the task of a run folder or of a file in it, if its runs have a task file of their own; else None."""
    folder = Path.cwd() / path
    for file in (above / TASK_FILE for above in (folder, *folder.parents[:DEPTH])):
        # Another program's file may have this name.
        with contextlib.suppress(EmoError, OSError):
            if file.is_file():
                return load_task(file)
    return None


def find_task(key: str) -> Task | None:
    """Return the known task with a key, or one that this process has loaded before, or None.

    >>> find_task("sample").title, find_task("nothing")
    ('Built-in sample (made-up texts, not SemEval)', None)
    """
    return next((task for _, task in known_tasks() if task.key == key), _LOADED.get(key))


@cache
def _load(path: Path, version: tuple[int, int] | None) -> Task:
    """Load a task file; `version` is its time and size, so that a changed file is read again."""
    raw = read_toml(path, f"The task file {path}")
    try:
        folders = {key: member(raw, key, str, "") for key in ("data", "leaderboard")}
        paths = {key: path.parent / name if name else None for key, name in folders.items()}
        return replace(build_task(raw, path), file=path, data=paths["data"], leaderboard=paths["leaderboard"])
    except ShapeError as error:
        raise UsageError(
            f"The task file {path} does not describe a task: {error}.",
            "compare it with semeval_emo/task/sample.toml and docs/add-a-task.md",
        ) from error
