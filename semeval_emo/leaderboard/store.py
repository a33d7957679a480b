"""The user's own rows: one CSV file, separate from the shipped board."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.files import write_file
from semeval_emo.leaderboard.model import ScoreRow
from semeval_emo.leaderboard.read import read_rows, to_csv
from semeval_emo.text import plural

STORE_VARIABLE = "SEMEVAL_EMO_BOARD"


def store_path() -> Path:
    """Return the file of the user's own rows: ``$SEMEVAL_EMO_BOARD``, else ``board.csv`` in the user's data folder."""
    variable = os.environ.get(STORE_VARIABLE)
    if variable:
        path = Path(variable).expanduser()
        return path / "board.csv" if path.is_dir() else path
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "semeval-emo" / "board.csv"


def append(path: Path, row: ScoreRow, check: Callable[[Sequence[ScoreRow], ScoreRow], None]) -> list[ScoreRow]:
    """Append a row to the file, which is created if it does not exist, and return the rows of the file.

    Args:
        check: called with the rows of the file and the new one (line 0); raises an error if they conflict.

    Raises:
        InputError: the file cannot be read or written, or has invalid lines.
    """
    with locked(path):
        # Read under the lock: another command may have added rows since the board was loaded.
        rows, problems = read_rows(path, own=True) if path.is_file() else ([], [])
        if problems:
            raise InputError(
                f"No row can be added to your board {path}: {plural(len(problems), 'line')} cannot be read. "
                f"Line {problems[0].line}: {problems[0].message}",
                problems[0].fix,
            )
        new = replace(row, file=str(path), line=0, own=True)
        check(rows, new)
        write_file(path, to_csv([*rows, new]))
        return read_rows(path, own=True)[0]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock the store, so that concurrent commands do not lose rows.

    The operating system locks a file next to the store and releases it when the process ends, so there are no
    stale locks.

    Raises:
        InputError: the folder cannot be created or written.
    """
    lock_file = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"Your board {path} cannot be written: {error.strerror}.", f"set ${STORE_VARIABLE} to a file you can write"
        ) from error
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
