"""The user's own rows: one CSV file, separate from the shipped board."""

from __future__ import annotations

import logging
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
from semeval_emo.locks import locked_file
from semeval_emo.text import plural

LOG = logging.getLogger("semeval_emo")
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

    Raises:
        InputError: the folder cannot be created or written.
    """
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(path, str(error.strerror)) from error
    if path.exists() and not path.is_file():
        raise _not_writable(path, "it is not a file")
    waiting = "Waiting for %s, which adds a row to your board."
    with locked_file(path.with_name(f"{path.name}.lock"), lambda holder: LOG.info(waiting, holder)):
        yield


def _not_writable(path: Path, reason: str) -> InputError:
    fix = f"set ${STORE_VARIABLE} to a file you can write"
    return InputError(f"Your board {path} cannot be written: {reason}.", fix)
