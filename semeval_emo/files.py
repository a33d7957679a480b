"""Writing files so that nothing of the user's is ever half-written, and finding the shipped data folders."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from semeval_emo.errors import InputError


def write_whole(path: Path, body: str | bytes) -> None:
    """Writes a file whole or not at all: a temporary file beside it, then a rename.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    with _beside(path) as stream:
        stream.write(body.encode("utf-8") if isinstance(body, str) else body)


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Writes lines as they come, whole or not at all; memory does not grow with their number.

    Returns:
        How many lines there were.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    count = 0
    with _beside(path) as stream:
        for line in lines:
            stream.write(f"{line}\n".encode())
            count += 1
    return count


def read_utf8(path: Path, shown: str = "") -> str:
    """Reads a text file of a person; a byte order mark is passed over.

    Args:
        shown: what the file is called in errors; by default its path.

    Raises:
        InputError: the file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{shown or path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{shown or path} is not UTF-8: byte {error.start} cannot be decoded.", "save the file again as UTF-8"
        ) from error


@contextmanager
def _beside(path: Path) -> Iterator[IO[bytes]]:
    """A stream into a temporary file that takes the path's name at the end, and vanishes on an error."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        as_umask(Path(temporary))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def as_umask(file: Path) -> None:
    """Gives a file the mode that the person's umask asks for; some writers keep theirs from everybody else."""
    mask = os.umask(0)
    os.umask(mask)
    file.chmod(0o666 & ~mask)


def shipped(folder: str) -> Path:
    """Finds a data folder that ships with the package: ``zoo``, ``leaderboard`` or ``submissions``.

    ``$SEMEVAL_EMO_ZOO`` and the like win, then the wheel's copy, then the folder at the top of the
    checkout. Of ``submissions`` the wheel has no prediction files.
    """
    chosen = os.environ.get(f"SEMEVAL_EMO_{folder.upper()}")
    if chosen:
        return Path(chosen)
    here = Path(__file__).parent
    inside = here / f"_{folder}"
    return inside if inside.is_dir() else here.parent / folder
