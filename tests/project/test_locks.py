"""Locks between processes: who holds them, and file systems without locks."""

from __future__ import annotations

import errno
import logging
import os
import threading
from pathlib import Path

import pytest

from semeval_emo import locks
from semeval_emo.errors import InputError
from semeval_emo.leaderboard.store import locked as board_locked
from semeval_emo.locks import host, locked_file
from semeval_emo.zoo.runs.folder import Locked, locked

pytestmark = pytest.mark.skipif(os.name == "nt", reason="left out: locks of Unix")


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(handle: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks.fcntl, "flock", flock)


def test_the_holder_is_named_with_its_host(tmp_path: Path):
    with locked(tmp_path / "run"), pytest.raises(Locked) as refused, locked(tmp_path / "run"):
        pass
    assert str(refused.value) == (
        f"Another process (process {os.getpid()} on {host()}) is training in {tmp_path}/run.\n"
        "  fix: wait until it has finished, or choose another folder of runs with --runs"
    )


def test_a_lock_file_of_another_program_is_not_shown(tmp_path: Path):
    seen: list[str] = []

    def refuse(holder: str) -> None:
        seen.append(holder)
        raise Locked(holder)

    with locked_file(tmp_path / "lock", refuse):
        (tmp_path / "lock").write_text("\x1b[31m any text")
        with pytest.raises(Locked), locked_file(tmp_path / "lock", refuse):
            pass
        (tmp_path / "lock").write_text("process 12")  # of an earlier version
        with pytest.raises(Locked), locked_file(tmp_path / "lock", refuse):
            pass
    assert seen == ["its number is not known", "process 12"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
@pytest.mark.parametrize("lock", [locked, board_locked], ids=["run", "board"])
def test_a_file_system_without_locks_is_used_with_a_warning(number, lock, tmp_path: Path, monkeypatch, caplog):
    failing(monkeypatch, number)
    monkeypatch.setattr(logging.getLogger("semeval_emo"), "propagate", True)
    with lock(tmp_path / "x"):
        pass
    folder = tmp_path / "x" if lock is locked else tmp_path
    assert list(dict.fromkeys(caplog.messages)) == [
        f"The file system of {folder} has no locks ({os.strerror(number)}): run no second command there at the same "
        "time."
    ]


@pytest.mark.parametrize("lock", [locked, board_locked], ids=["run", "board"])
def test_another_error_is_not_another_process(lock, tmp_path: Path, monkeypatch):
    failing(monkeypatch, errno.EIO)
    with pytest.raises(InputError, match=r"lock cannot be locked: Input/output error\.$"), lock(tmp_path / "x"):
        pass


def test_a_second_command_waits_for_the_board_and_says_so(tmp_path: Path, monkeypatch, caplog):
    log = logging.getLogger("semeval_emo")
    monkeypatch.setattr(log, "propagate", True)
    caplog.set_level(logging.INFO, "semeval_emo")
    order: list[str] = []

    def second() -> None:
        with board_locked(tmp_path / "board.csv"):
            order.append("second")

    waiter = threading.Thread(target=second)
    with board_locked(tmp_path / "board.csv"):
        waiter.start()
        while not caplog.messages:
            waiter.join(0.01)
        order.append("first")
    waiter.join()
    assert order == ["first", "second"]
    assert list(dict.fromkeys(caplog.messages)) == [
        f"Waiting for process {os.getpid()} on {host()}, which adds a row to your board."
    ]


def test_a_board_that_is_a_device_is_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="fifo cannot be written: it is not a file"), board_locked(tmp_path / "fifo"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["fifo"]


def test_links_to_one_board_share_a_lock(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.csv").symlink_to("real/board.csv")
    with board_locked(tmp_path / "link.csv"):
        assert [path.name for path in (tmp_path / "real").iterdir()] == ["board.csv.lock"]
