"""Gathers the files of a board: the shipped folder, further files and folders, the user's own rows, our submissions."""

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
    """All that was read for one task; the fields are those of `Leaderboard`."""

    rows: tuple[ScoreRow, ...]
    lists: dict[str, BoardList]
    sources: dict[str, ScoreSource]
    notes: tuple[Note, ...]
    faults: tuple[RowProblem, ...]
    files: tuple[Path, ...]


def read_board(task: Task, extra: Sequence[Path], own: bool) -> BoardData:
    """Reads the rows of a task. What is not sound in files that did not ship becomes a fault, and no row.

    Raises:
        InputError: a file or folder is missing or unreadable.
    """
    home = shipped("leaderboard")
    if not home.is_dir():
        raise InputError(f"The leaderboard folder {home} does not exist.", "set $SEMEVAL_EMO_LEADERBOARD")
    theirs = [path for one in extra for path in (sorted(one.glob("*.csv")) if one.is_dir() else [one])]
    if own and store_path().is_file():
        theirs.append(store_path())
    folders = [home, *(one for one in extra if one.is_dir())]
    lists = {key: one for folder in folders for key, one in read_lists(folder).items()}
    sources = {key: one for folder in folders for key, one in read_sources(folder).items()}
    known = {task.key, *(load_task(name).key for name in task_files())}
    rows: list[ScoreRow] = []
    faults: list[RowProblem] = []
    files = [(path, False) for path in sorted(home.glob("*.csv"))] + [(path, True) for path in theirs]
    for path, mine in files:
        read, wrong = read_rows(path, own=mine)
        faults += wrong
        # A row of a task that nobody knows would be on no board at all.
        faults += [unknown_task(row, known) for row in read if row.task not in known]
        for row in read:
            if row.task == task.key:
                # Tests hold that the shipped rows are sound; those of others are looked at before they count.
                unsound = list(check_row(row, task, lists, sources)) if mine else []
                faults += unsound
                rows += [] if unsound else [row]
    systems = [system for system in read_systems() if system.task == task.key]
    rows += rows_of(systems)
    notes = tuple(note for folder in folders for note in read_notes(folder))
    paths = (*(path for path, _ in files), *(system.path / FILE for system in systems))
    return BoardData(tuple(rows), lists, sources, notes, tuple(faults), paths)
