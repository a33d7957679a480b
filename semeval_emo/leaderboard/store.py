"""The user's own rows: one CSV file beside the shipped board, appended to whole or not at all."""

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

STORE_VARIABLE = "SEMEVAL_EMO_BOARD"


def store_path() -> Path:
    """The file of the user's own rows: ``$SEMEVAL_EMO_BOARD``, else ``board.csv`` in the user's data folder."""
    chosen = os.environ.get(STORE_VARIABLE)
    if chosen:
        path = Path(chosen).expanduser()
        return path / "board.csv" if path.is_dir() else path
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "semeval-emo" / "board.csv"


def append(path: Path, row: ScoreRow, sound: Callable[[Sequence[ScoreRow], ScoreRow], None]) -> list[ScoreRow]:
    """Adds a row at the end of the file, which is made where absent.

    Args:
        sound: is given the rows of the file and the new one (line 0), and raises where they do not go together.

    Returns:
        The rows of the file as they are now.

    Raises:
        InputError: the file cannot be read or written, or holds lines that cannot be read.
    """
    with locked(path):
        # Read under the lock: another command may have added rows since the board was loaded.
        kept, wrong = read_rows(path, own=True) if path.is_file() else ([], [])
        if wrong:
            raise InputError(
                f"Your board {path} cannot be added to: {len(wrong)} of its lines cannot be read. "
                f"Line {wrong[0].line}: {wrong[0].message}",
                wrong[0].fix,
            )
        placed = replace(row, file=str(path), line=0, own=True)
        sound(kept, placed)
        write_file(path, to_csv([*kept, placed]))
        return read_rows(path, own=True)[0]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the store alone, so that two commands at once lose no row.

    The lock is the operating system's, on a file beside the store: it ends with the process that holds it,
    however that ends, so nothing stale is left to clear away.

    Raises:
        InputError: the folder cannot be created or written.
    """
    beside = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
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
