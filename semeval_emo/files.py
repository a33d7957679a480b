"""Write files and folders atomically; find the data folders that ship with the package."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from semeval_emo.errors import InputError


def write_file(path: Path, body: str | bytes, parents: bool = False) -> None:
    """Write a file atomically: to a temporary file in the same folder, then rename it.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    if parents:
        make_folder(path.parent)
    with _replacing(path) as stream:
        stream.write(body.encode("utf-8") if isinstance(body, str) else body)


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines to a file atomically, in constant memory; return their number.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    count = 0
    with _replacing(path) as stream:
        for line in lines:
            stream.write(f"{line}\n".encode())
            count += 1
    return count


@contextmanager
def write_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """Write a folder atomically: yield an empty folder next to it that takes its name at the end.

    An existing folder is replaced; on an exception it is kept, and the new folder is removed.

    Args:
        shared: several processes may write the same folder at once, with the same content; the first to finish wins.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid() if shared else 'new'}")
    # Left by a process that was killed.
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if not shared:
            shutil.rmtree(path, ignore_errors=True)
        try:
            temporary.rename(path)
        except OSError:
            if not (shared and path.is_dir()):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def make_folder(path: Path) -> None:
    """Create a folder and its parents where they are missing.

    Raises:
        InputError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {path} cannot be created: {error.strerror}.") from error


LARGEST = 2**28
"""Limit of the size of a text file that is read whole."""


def read_utf8(path: Path, shown: str = "", *, most: int = LARGEST, fix: str = "") -> str:
    """Read a text file of the user; a byte order mark is skipped.

    Args:
        shown: the name of the file in error messages; its path by default.
        most: the limit of its size in bytes.
        fix: the remedy for a file that is too large or not UTF-8.

    Raises:
        InputError: the file cannot be read, is larger than `most`, or is not UTF-8.
    """
    shown = shown or str(path)
    try:
        with path.open("rb") as stream:
            body = stream.read(most + 1)
        if len(body) > most:
            raise InputError(f"{shown} cannot be read: it is larger than {most:,} bytes.", fix or "check the path")
        return body.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}.", fix) from error
    # A path with a NUL is a ValueError.
    except UnicodeDecodeError as error:
        raise InputError(
            f"{shown} is not UTF-8: byte {error.start} cannot be decoded.", fix or "save the file again as UTF-8"
        ) from error
    except ValueError as error:
        raise InputError(f"{shown} cannot be read: {error}.", "check the path") from error


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that takes the name of `path` at the end, and is removed on an exception."""
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
    """Give a file the mode that the user's umask asks for; some libraries make it readable by its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    file.chmod(0o666 & ~mask)


def shipped(folder: str) -> Path:
    """Return a data folder that ships with the package: ``zoo``, ``leaderboard`` or ``submissions``.

    It is the value of ``$SEMEVAL_EMO_ZOO`` (and so on) if that is set, else the copy in the wheel, else the
    folder at the top of the checkout. The wheel's ``submissions`` has no prediction files.
    """
    chosen = os.environ.get(f"SEMEVAL_EMO_{folder.upper()}")
    if chosen:
        return Path(chosen)
    package = Path(__file__).parent
    inside = package / f"_{folder}"
    return inside if inside.is_dir() else package.parent / folder
