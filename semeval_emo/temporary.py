"""Names of temporary files that tell whose they are, and the removal of those that a killed process left.

The name holds the machine, the process and its start: another process, also on another machine that shares the folder,
removes nothing that is still in use, and no file of the user has such a name.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from semeval_emo.errors import InputError

# .semeval-emo-<machine>-<process>-<its start>-<random>.tmp
PREFIX = ".semeval-emo-"
_TEMPORARY = re.compile(re.escape(PREFIX) + r"([0-9a-f]{8})-(\d{1,9})-(\d{1,20})-[0-9a-f]{8}\.tmp")
# Whether a process of another machine still runs cannot be asked; its temporary files are kept for a day.
FOREIGN_SECONDS = 24 * 3600
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder in the system's folder for temporary files; it is removed at the end.

    Raises:
        InputError: the disk is full.
    """
    parent = _system_folder()
    remove_leftovers(parent)
    folder = parent / temporary_name()
    try:
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise InputError(
            f"The temporary folder {parent} cannot be written: {error.strerror}.",
            "free some space there, or set $TMPDIR to another folder",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _system_folder() -> Path:
    """Return the system's folder for temporary files.

    `tempfile.gettempdir` writes a file to find out whether a folder can be written, which a killed process leaves.
    """
    for folder in (*map(os.environ.get, ("TMPDIR", "TEMP", "TMP")), "/tmp"):
        if folder and Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return Path(folder)
    import tempfile  # slow, and few systems need it

    return Path(tempfile.gettempdir())


def temporary_name() -> str:
    """Return a new name for a file or folder of this process, which `remove_leftovers` knows when it has ended."""
    process = os.getpid()
    return f"{PREFIX}{_machine()}-{process}-{_start_time(process) or 0}-{os.urandom(4).hex()}.tmp"


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders in a folder whose process has ended."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and _is_leftover(entry):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        Path(entry.path).unlink()


def _is_leftover(entry: os.DirEntry[str]) -> bool:
    match = _TEMPORARY.fullmatch(entry.name)
    if match is None:
        return False
    machine, process, started = match[1], int(match[2]), match[3]
    # On Windows there is no harmless way to ask for a process.
    if machine != _machine() or os.name == "nt":
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > FOREIGN_SECONDS
    return _start_time(process) not in (started, "0")


@functools.cache
def _machine() -> str:
    """Return a hash of the host, its start and its container; the same for processes that can see each other."""
    parts = [os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), str(Path("/proc/self/ns/pid").readlink())]
    name = "|".join(parts)
    return f"{zlib.crc32(name.encode()):08x}"


def _start_time(process: int) -> str:
    """Return when a process started, in the system's own units; 0 if that is not known, empty if it has ended."""
    try:
        if os.name != "nt":
            os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return ""
    except OSError:
        pass  # of another user
    try:
        # The name of the program, in brackets, may contain spaces and brackets.
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return "0"
    return "" if fields[0] in "ZX" else fields[19]
