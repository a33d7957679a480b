"""A lock between processes, which the operating system releases when its process ends, however it ends."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.files import UNSUPPORTED

LOG = logging.getLogger("semeval_emo")
HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)
# `lock_holder` has the lock for a moment, which must not look like another process at work.
TRIES = 4
PAUSE = 0.02


@contextmanager
def locked_file(path: Path, if_held: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a file, which is created if it does not exist, and stays.

    On a file system without locks a warning is logged and the lock is not held.

    Args:
        if_held: called if another process holds the lock, with its number and host as far as they are known. It
            raises an error, or returns to wait for the lock.

    Raises:
        InputError: the file cannot be opened or locked.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "choose a folder that you may write to"
        ) from error
    try:
        try:
            if not _try_lock_repeatedly(handle):
                if_held(_holder(handle))
                _wait(handle)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise InputError(f"{path} cannot be locked: {error.strerror}.") from error
            LOG.warning(
                "The file system of %s has no locks (%s): run no second command there at the same time.",
                path.parent, error.strerror,
            )  # fmt: skip
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} on {host()}".encode(), 0)
        yield
    finally:
        os.close(handle)


def lock_holder(path: Path) -> str | None:
    """Return who holds the lock of a file, as `locked_file` describes it; None if no process does.

    On a file system without locks, or if the file cannot be read, the answer is None.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if _try_shared_lock(handle) else _holder(handle)
    except OSError:
        return None
    finally:
        os.close(handle)


def _try_lock_repeatedly(handle: int) -> bool:
    for _ in range(TRIES):
        if _try_lock(handle):
            return True
        time.sleep(PAUSE)
    return _try_lock(handle)


def host() -> str:
    """Return the name of this machine."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def _holder(handle: int) -> str:
    text = os.read(handle, 300).decode("utf-8", "replace").strip()
    return text if re.fullmatch(r"process \d+( on [\w.-]+)?", text) else "its number is not known"


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, how: int) -> None:
        # A byte far behind the text, because locked bytes cannot be read by other processes.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, how, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

    def _try_lock(handle: int) -> bool:
        try:
            _lock(handle, msvcrt.LK_NBLCK)
        except OSError as error:
            if error.errno in HELD:
                return False
            raise
        return True

    # Windows has no shared locks here; closing the file releases this one.
    _try_shared_lock = _try_lock

    def _wait(handle: int) -> None:
        while True:
            try:
                return _lock(handle, msvcrt.LK_LOCK)
            except OSError as error:
                # After ten seconds.
                if error.errno != errno.EDEADLK:
                    raise
else:
    import fcntl

    def _try_lock(handle: int, how: int = fcntl.LOCK_EX) -> bool:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in HELD:
                return False
            raise
        return True

    def _try_shared_lock(handle: int) -> bool:
        return _try_lock(handle, fcntl.LOCK_SH)

    def _wait(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
