"""Write files and folders atomically; find the data folders that ship with the package.

A file is written to a temporary file in the same folder, which takes its name at the end, so a process that is killed
leaves the old file or the new one. Its temporary files and folders carry the process in their name: the next command
that writes there removes those whose process has ended.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.temporary import DISK_FULL, PREFIX, remove_leftovers, temporary_name
from semeval_emo.text import printable

# Descriptors of this process, such as /dev/stdout and /dev/fd/3 behind their links.
_DESCRIPTORS = re.compile(r"/dev/fd|/proc/(\d+)(?:/task/\d+)?/fd")
# Errors of an operation that a file system does not have, such as locks.
UNSUPPORTED = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_REMEDIES = {
    errno.ENOSPC: "free some space on the disk, or choose a path on another one",
    errno.EDQUOT: "delete some of your files, or choose a path on another disk",
    errno.EFBIG: "raise the limit of the size of files (ulimit -f), or choose a path on another disk",
    errno.ENOENT: "create its folder first, or choose another path",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another path",
    errno.EEXIST: "choose another path",
    errno.ELOOP: "the link leads back to itself; remove it, or choose another path",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EACCES: "choose a path that you may write to",
    errno.EPERM: "choose a path that you may write to",
    errno.EROFS: "choose a path that you may write to",
}


def write_file(path: Path, body: str | bytes, parents: bool = False) -> None:
    """Write a file atomically (`replace_file`).

    Raises:
        InputError: the folder does not exist, or the file cannot be written.
    """
    if parents:
        make_folder(path.parent)
    with replace_file(path) as stream:
        stream.write(body.encode("utf-8") if isinstance(body, str) else body)


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines to a file atomically (`replace_file`), in constant memory; return their number.

    Raises:
        InputError: the folder does not exist, or the file cannot be written.
    """
    count = 0
    with replace_file(path) as stream:
        for line in lines:
            stream.write(f"{line}\n".encode())
            count += 1
    return count


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a stream whose content becomes that of a file at the end; on an exception the file stays as it was.

    A link stays, and the file that it leads to is written. An existing file keeps its mode, and its owner if this
    process may set it; a new one has the mode of the umask. Other hard links keep the old content. A device, a FIFO
    and a descriptor (``/dev/stdout``) cannot be replaced and are written directly.

    Raises:
        InputError: it is a folder, a socket or read-only, its folder does not exist, or it cannot be written.
        BrokenPipeError: the reader of a pipe has closed it.
    """
    try:
        descriptor = _descriptor(path)
        old = None if descriptor is not None else _status(path)
        # For root every file is writable; it is not replaced either if its owner has made it read-only.
        if old is not None and (not old.st_mode & 0o222 or not os.access(path, os.W_OK)):
            raise InputError(f"{path} is read-only.", "make it writable, or choose another path")
        if descriptor is not None:
            with os.fdopen(os.dup(descriptor), "wb") as stream:
                yield stream
        elif old is not None and not stat.S_ISREG(old.st_mode):
            with os.fdopen(os.open(path, os.O_WRONLY), "wb") as stream:
                yield stream
        else:
            with _replacing(Path(os.path.realpath(path)) if path.is_symlink() else path, old) as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        named = str(error.filename or path)
        if named != str(path) and PREFIX not in named:
            raise  # about a file that the caller reads
        raise _cannot_write(path, error) from error


def _status(path: Path) -> os.stat_result | None:
    """Return the status of the file that a path leads to; None if there is none.

    Raises:
        InputError: it is a folder or a socket.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder, not a file.", "choose another name")
    if stat.S_ISSOCK(status.st_mode):
        raise InputError(f"{path} is a socket, which cannot be written like a file.", "choose another name")
    return status


def _descriptor(path: Path) -> int | None:
    """Return the number of a path that leads to an open file of this process, such as ``/dev/stdout``; else None.

    Its file must not be replaced: the shell has opened it, perhaps to append.
    """
    for _ in range(40):
        parent = Path(os.path.realpath(path.parent))
        match = _DESCRIPTORS.fullmatch(str(parent))
        if match and path.name.isdigit() and match[1] in (None, str(os.getpid())):
            return int(path.name)
        if not path.is_symlink():
            return None
        path = parent / path.readlink()
    return None


@contextmanager
def _replacing(path: Path, old: os.stat_result | None) -> Iterator[IO[bytes]]:
    """Yield a temporary file that takes the name of `path` at the end, and is removed on an exception."""
    remove_leftovers(path.parent)
    temporary = path.with_name(temporary_name())
    # A file that others may not read must not be readable while it is written.
    handle = os.open(temporary, _CREATE, 0o666 if old is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            if old is not None:
                _keep_owner_and_mode(temporary, old)
            # A full disk or quota of a network file system may be reported only now.
            try:
                os.fsync(handle)
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _keep_owner_and_mode(path: Path, old: os.stat_result) -> None:
    if hasattr(os, "chown"):
        new = path.stat()
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            # Only root may give a file away; the group alone may still be possible.
            for owner in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
                try:
                    os.chown(path, *owner)
                except OSError:
                    continue
                break
    path.chmod(stat.S_IMODE(old.st_mode) & 0o777)


@contextmanager
def write_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """Write a folder atomically: yield an empty folder next to it that takes its name at the end.

    An existing folder is replaced; on an exception it is kept, and the new folder is removed.

    Args:
        shared: several processes may write the same folder at once, with the same content; the first to finish wins.

    Raises:
        InputError: it is a file, or the disk is full.
    """
    # Also of a folder without a name, such as "..".
    target = Path(os.path.realpath(path)) if path.is_symlink() or path.name in ("", "..") else path
    if target.exists() and not target.is_dir():
        raise InputError(f"{path} is a file, not a folder.", "choose another path")
    make_folder(target.parent)
    remove_leftovers(target.parent)
    temporary = target.with_name(temporary_name())
    try:
        with full_disk_named(path):
            temporary.mkdir()
            yield temporary
        if not target.is_dir():
            temporary.rename(target)
        elif not shared:
            _replace_folder(temporary, target)
    except OSError:
        if not (shared and target.is_dir()):
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace_folder(new: Path, target: Path) -> None:
    """Let a folder take the place of another one, which takes its place, or is removed."""
    new.chmod(stat.S_IMODE(target.stat().st_mode))
    if _exchange(new, target):
        return
    old = target.with_name(temporary_name())
    target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically, if the system can; Python has no function for it."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    current_folder, exchange = -100, 2
    return renameat2(current_folder, os.fsencode(one), current_folder, os.fsencode(other), exchange) == 0


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Raise the errors of a full disk as one that names `path`; libraries raise them with other types and texts.

    Raises:
        InputError: the disk is full.
    """
    try:
        yield
    except EmoError:
        raise
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        # safetensors and tokenizers; then torch.save and numpy.save, which write less than they should.
        if match := re.search(r"\(os error (\d+)\)", str(error)):
            number = int(match[1])
        elif "inline_container.cc" in str(error) or re.search(r"requested and \d+ written", str(error)):
            number = errno.ENOSPC
        if number not in DISK_FULL:
            raise
        raise _cannot_write(path, OSError(number, os.strerror(number))) from error


def make_folder(path: Path) -> None:
    """Create a folder and its parents where they are missing.

    Raises:
        InputError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {path} cannot be created: {error.strerror}.", _REMEDIES.get(error.errno or 0, "")
        ) from error


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written: {error.strerror or error}.", _REMEDIES.get(error.errno or 0, ""))


LARGEST = 2**28
"""Limit of the size of a text file that is read whole."""

# What a file that is no text is by its first bytes, and the remedy.
_BINARY = {
    b"PK\x03\x04": ("a zip archive or a workbook", "unpack the archive, or export the workbook as CSV"),
    b"\x1f\x8b": ("a gzip archive", "unpack it"),
    b"PAR1": ("a parquet file", "write it as CSV (in pandas: read_parquet, then to_csv)"),
}


def read_utf8(path: Path, shown: str = "", *, most: int = LARGEST, fix: str = "") -> str:
    """Read a text file of the user; a byte order mark is skipped.

    Args:
        shown: the name of the file in error messages; its path by default.
        most: the limit of its size in bytes.
        fix: the remedy for a file that is too large or not UTF-8.

    Raises:
        InputError: the file cannot be read, is larger than `most`, is not UTF-8, or is an archive or a table in another
            format.
    """
    shown = shown or str(path)
    try:
        with path.open("rb") as stream:
            body = stream.read(most + 1)
        if len(body) > most:
            raise InputError(f"{shown} cannot be read: it is larger than {most:,} bytes.", fix or "check the path")
        for start, (what, remedy) in _BINARY.items():
            if body.startswith(start):
                raise InputError(f"{shown} is {what}, not a text file.", remedy)
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


def as_umask(file: Path) -> None:
    """Give a file the mode that the user's umask asks for; some libraries make it readable by its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    file.chmod(0o666 & ~mask)


LONGEST_NAME = 150
"""Limit of the bytes of a name, so that a file name of 255 bytes has room for what is added to it."""


def check_name(name: str, what: str) -> str:
    """Return the name of a recipe, a run, a system or a task, which is also that of its folder, if it is valid.

    A valid name cannot lead out of its folder, hide a file or be taken for an option.

    Args:
        what: what has the name, for the message.

    Raises:
        UsageError: it is not valid.

    >>> check_name("tfidf-char", "a run")
    'tfidf-char'
    >>> check_name("..", "a run")
    Traceback (most recent call last):
    semeval_emo.errors.UsageError: '..' is not a valid name of a run.
      fix: begin with a letter or a digit, and use letters, digits, '-', '_', '.' and '+', 150 bytes at most
    """
    size = len(name.encode("utf-8", "replace"))
    valid = all(_is_letter(c) or c in "-.+" for c in name) and 0 < size <= LONGEST_NAME
    if not valid or not _is_letter(name[0]) or name.endswith("."):
        raise UsageError(
            f"'{printable(name)}' is not a valid name of {what}.",
            f"begin with a letter or a digit, and use letters, digits, '-', '_', '.' and '+', {LONGEST_NAME} bytes at "
            "most",
        )
    return name


def _is_letter(character: str) -> bool:
    # Marks are parts of letters in many scripts.
    return character.isalnum() or character == "_" or unicodedata.category(character) in ("Mn", "Mc")


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


def without_home(path: str) -> str:
    """Return a path for a page that others read: relative to this folder, or the last parts of an absolute path.

    >>> without_home("/disk/me/emotions/runs/mine/track_a/pred_eng.csv"), without_home("/disk/me/pred_eng.csv")
    ('…/mine/track_a/pred_eng.csv', '…/pred_eng.csv')
    """
    own = Path(path)
    if not own.is_absolute():
        return path
    if own.is_relative_to(Path.cwd()):
        return str(own.relative_to(Path.cwd()))
    # The first folders say where somebody works, not what the file is.
    parts = own.parts[3:] or own.parts[-1:]
    return "/".join(("…", *parts[-3:]))


def shown_path(path: Path) -> str:
    """Return a path for a command line: relative to the current folder if it is in it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
