"""Load the files of a board: the shipped folder, extra files and folders, the user's own rows, our submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.files import shipped
from semeval_emo.leaderboard.check import check_row, unknown_task
from semeval_emo.leaderboard.model import BoardList, Note, RowProblem, ScoreRow, ScoreSource
from semeval_emo.leaderboard.read import read_lists, read_notes, read_rows, read_sources
from semeval_emo.leaderboard.store import store_path
from semeval_emo.leaderboard.submitted import FILE, read_systems, rows_of
from semeval_emo.task import Task, load_task, task_files


@dataclass(frozen=True)
class BoardData:
    """The data of one task; the fields are those of `Leaderboard`."""

    rows: tuple[ScoreRow, ...]
    lists: dict[str, BoardList]
    sources: dict[str, ScoreSource]
    notes: tuple[Note, ...]
    problems: tuple[RowProblem, ...]
    files: tuple[Path, ...]


def load_rows(task: Task, extra: Sequence[Path], own: bool) -> BoardData:
    """Read the rows of a task. Invalid rows of files that are not shipped are reported as problems and left out.

    Raises:
        InputError: a file or folder is missing or unreadable.
    """
    home = shipped("leaderboard")
    if not home.is_dir():
        raise InputError(f"The leaderboard folder {home} does not exist.", "set $SEMEVAL_EMO_LEADERBOARD")
    user_files = [file for path in extra for file in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]
    if own and store_path().is_file():
        user_files.append(store_path())
    folders = [home, *(path for path in extra if path.is_dir())]
    lists = {key: own_list for folder in folders for key, own_list in read_lists(folder).items()}
    sources = {key: source for folder in folders for key, source in read_sources(folder).items()}
    known = {task.key, *(load_task(name).key for name in task_files())}
    rows: list[ScoreRow] = []
    problems: list[RowProblem] = []
    files = [(path, False) for path in sorted(home.glob("*.csv"))] + [(path, True) for path in user_files]
    for path, is_own in files:
        read, invalid_lines = read_rows(path, own=is_own)
        problems += invalid_lines
        # A row with an unknown task would not be on any board.
        problems += [unknown_task(row, known) for row in read if row.task not in known]
        for row in read:
            if row.task == task.key:
                # The shipped rows are checked by tests.
                invalid = list(check_row(row, task, lists, sources)) if is_own else []
                problems += invalid
                rows += [] if invalid else [row]
    systems = [system for system in read_systems() if system.task == task.key]
    rows += rows_of(systems)
    notes = tuple(note for folder in folders for note in read_notes(folder))
    paths = (*(path for path, _ in files), *(system.path / FILE for system in systems))
    return BoardData(tuple(rows), lists, sources, notes, tuple(problems), paths)
