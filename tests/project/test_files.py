"""Atomic writing of files and folders: links, devices, modes, killed processes, full disks."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import in_child, killed_at_each_step, litter

from semeval_emo import temporary
from semeval_emo.data import load_gold
from semeval_emo.errors import InputError
from semeval_emo.files import full_disk_named, write_file, write_folder, write_lines
from semeval_emo.submission import write_predictions
from semeval_emo.temporary import remove_leftovers, temporary_folder, temporary_name

pytestmark = pytest.mark.skipif(os.name == "nt", reason="left out: links, devices and signals of Unix")


def refused(path: Path, body: str = "new\n") -> str:
    with pytest.raises(InputError) as caught:
        write_file(path, body)
    return str(caught.value).replace(f"{path.parent}/", "")


# --- where the content goes -------------------------------------------------------------------------------------------


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path):
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        before = os.umask(mask)
        try:
            write_file(tmp_path / f"{mask}", "x")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}").stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o664])
def test_an_existing_file_keeps_its_mode(mode: int, tmp_path: Path):
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(mode)
    write_file(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="left out: only root may give a file away")
def test_an_existing_file_keeps_its_owner(tmp_path: Path):
    path = tmp_path / "x"
    path.write_text("old")
    os.chown(path, 1234, 2345)
    write_file(path, "new")
    assert (path.read_text(), path.stat().st_uid, path.stat().st_gid) == ("new", 1234, 2345)


def test_a_link_stays_and_its_target_is_written(tmp_path: Path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "target"
    target.write_text("old")
    (tmp_path / "first").symlink_to("real/target")
    (tmp_path / "second").symlink_to(tmp_path / "first")
    write_file(tmp_path / "second", "new")
    assert (tmp_path / "second").is_symlink() and (tmp_path / "first").is_symlink()
    assert target.read_text() == "new" and not target.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "real", "second"]


def test_a_dangling_link_creates_its_target(tmp_path: Path):
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"


def test_a_link_to_itself_is_refused(tmp_path: Path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert refused(tmp_path / "a") == (
        "a cannot be written: Too many levels of symbolic links.\n"
        "  fix: the link leads back to itself; remove it, or choose another path"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_another_hard_link_keeps_the_old_content(tmp_path: Path):
    (tmp_path / "a").write_text("old")
    os.link(tmp_path / "a", tmp_path / "b")
    write_file(tmp_path / "a", "new")
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == ("new", "old")


def test_a_device_is_written_and_stays(tmp_path: Path):
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("left out: only root may make a device")
    (tmp_path / "link").symlink_to("null")
    for path in (device, tmp_path / "link"):
        write_file(path, "new")
        assert write_lines(path, ["one", "two"]) == 2
        assert stat.S_ISCHR(device.stat().st_mode)
    assert (tmp_path / "link").is_symlink()


def test_a_fifo_is_written_and_stays(tmp_path: Path):
    fifo, body = tmp_path / "fifo", "x" * 200_000
    os.mkfifo(fifo)
    writer = threading.Thread(target=write_file, args=(fifo, body))
    writer.start()
    with fifo.open() as stream:
        assert stream.read() == body
    writer.join()
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_an_open_file_of_this_process_is_not_replaced(tmp_path: Path):
    """`>> log` and `-o /dev/stdout`: the shell has opened the file to append to it."""
    log = tmp_path / "log"
    log.write_text("before\n")
    (tmp_path / "link").symlink_to("/dev/fd")
    with log.open("a") as stream:
        number = stream.fileno()
        for path in (f"/dev/fd/{number}", f"/proc/self/fd/{number}", tmp_path / "link" / str(number)):
            write_file(Path(path), "new\n")
    assert log.read_text() == "before\nnew\nnew\nnew\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "log"]


def test_a_socket_is_refused(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert refused(tmp_path / "s") == (
            "s is a socket, which cannot be written like a file.\n  fix: choose another name"
        )


def test_a_folder_a_missing_folder_and_a_path_through_a_file_are_refused(tmp_path: Path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder") == "folder is a folder, not a file.\n  fix: choose another name"
    assert "No such file or directory.\n  fix: create its folder first" in refused(tmp_path / "none" / "x")
    assert "Not a directory.\n  fix: a part of the path is a file" in refused(tmp_path / "file" / "x")
    assert "File name too long.\n  fix: choose a shorter name" in refused(tmp_path / ("x" * 300))
    assert (tmp_path / "file").read_text() == "old"


def test_a_long_name_has_room_for_its_temporary_file(tmp_path: Path):
    write_file(tmp_path / ("x" * 255), "new")
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


def test_a_read_only_file_is_refused(tmp_path: Path):
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o444)
    assert refused(path) == "x is read-only.\n  fix: make it writable, or choose another path"
    assert path.read_text() == "old"


# --- full disks -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="left out: needs /dev/full")
def test_a_full_device_is_named():
    with pytest.raises(InputError) as caught:
        write_file(Path("/dev/full"), "new")
    assert str(caught.value) == (
        "/dev/full cannot be written: No space left on device.\n"
        "  fix: free some space on the disk, or choose a path on another one"
    )


def test_a_file_that_becomes_too_large_stays_as_it_was(tmp_path: Path):
    path = tmp_path / "x"
    path.write_text("old")

    def write() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        for action in (lambda: write_file(path, "x" * 5000), lambda: write_lines(path, ["x" * 500] * 9)):
            with pytest.raises(InputError) as caught:
                action()
            assert str(caught.value) == (
                f"{path} cannot be written: File too large.\n"
                "  fix: raise the limit of the size of files (ulimit -f), or choose a path on another disk"
            )

    assert in_child(write) == 0
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "old")]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        # Of numpy.save, safetensors, tokenizers and torch.save, as seen on a full disk.
        OSError("1000000 requested and 262112 written"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
        Exception("No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
    ],
    ids=["os", "numpy", "safetensors", "tokenizers", "torch"],
)
def test_a_full_disk_is_named_whatever_a_library_raises(error: Exception, tmp_path: Path):
    with pytest.raises(InputError) as caught, write_folder(tmp_path / "model"):
        raise error
    assert caught.value.message == f"{tmp_path}/model cannot be written: No space left on device."
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="seven"), full_disk_named(tmp_path):
        raise ValueError("seven")


def test_errors_of_the_source_of_lines_are_not_errors_of_the_file(tmp_path: Path):
    def lines() -> Iterator[str]:
        yield "one"
        (tmp_path / "missing").read_text()

    with pytest.raises(FileNotFoundError, match="missing"):
        write_lines(tmp_path / "x", lines())
    assert list(tmp_path.iterdir()) == []


# --- killed processes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [False, True], ids=["new", "replaced"])
def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_file(there: bool, tmp_path: Path):
    folder, path = tmp_path / "out", tmp_path / "out" / "x"

    def write() -> None:
        write_file(path, json.dumps({"new": "n" * 100_000}), parents=True)

    before = json.dumps({"old": 1})
    if there:
        write_file(path, before, parents=True)
    steps, seen = 0, set()
    for _ in killed_at_each_step(write):
        steps += 1
        seen.add("none" if not path.exists() else next(iter(json.loads(path.read_text()))))
        write()
        assert litter(folder) == []
        assert next(iter(json.loads(path.read_text()))) == "new"
        if there:
            write_file(path, before)
        else:
            path.unlink()
    assert seen <= {"old" if there else "none", "new"}
    assert steps > 3


def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_folder(tmp_path: Path):
    target = tmp_path / "model"

    def write(name: str) -> None:
        with write_folder(target) as folder:
            for part in ("a", "b"):
                (folder / part).write_text(name)

    write("old")
    seen = set()
    for _ in killed_at_each_step(lambda: write("new")):
        seen.add(tuple(sorted((path.name, path.read_text()) for path in target.iterdir())))
        write("old")
        assert litter(tmp_path) == []
    assert seen == {(("a", "old"), ("b", "old")), (("a", "new"), ("b", "new"))}


def test_a_killed_process_leaves_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def die() -> None:
        with temporary_folder() as folder:
            (folder / "half").write_text("1")
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(die) == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    with temporary_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_what_is_still_in_use_and_files_of_the_user_are_not_removed(tmp_path: Path):
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        (tmp_path / temporary_name()).write_text("running")
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    (running,) = tmp_path.iterdir()
    own = tmp_path / temporary_name()
    own.mkdir()
    machine, process, started, rest = running.name.removeprefix(temporary.PREFIX).split("-")
    elsewhere = tmp_path / f"{temporary.PREFIX}00000000-{process}-{started}-{rest}"
    reused = tmp_path / f"{temporary.PREFIX}{machine}-{os.getpid()}-7-{rest}"
    mine = [tmp_path / name for name in (".gitignore", ".pred_eng.csv.abc", ".semeval-emo-notes", ".semeval-emo.toml")]
    for path in (elsewhere, reused, *mine):
        path.write_text("x")
    remove_leftovers(tmp_path)
    assert set(tmp_path.iterdir()) == {running, own, elsewhere, *mine}
    # Another machine cannot be asked: what it left is removed after a day.
    day_ago = time.time() - 25 * 3600
    for path in (elsewhere, running, own):
        os.utime(path, (day_ago, day_ago))
    remove_leftovers(tmp_path)
    assert set(tmp_path.iterdir()) == {running, own, *mine}
    # A zombie, which no process has waited for yet, has ended.
    os.write(go[1], b"x")
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    remove_leftovers(tmp_path)
    assert set(tmp_path.iterdir()) == {own, *mine}
    os.waitpid(child, 0)


def test_the_temporary_folder_is_found_without_writing_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`tempfile.gettempdir` writes one, and a killed process leaves it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with temporary_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert tempfile.tempdir is None


def test_a_link_with_the_name_of_a_temporary_folder_is_removed_alone(tmp_path: Path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x").write_text("1")
    name = temporary_name().split("-")
    (tmp_path / "-".join([*name[:4], "7", name[-1]])).symlink_to("precious")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["precious", "x"]


# --- folders ----------------------------------------------------------------------------------------------------------


def test_write_folder_follows_a_link_and_refuses_a_file(tmp_path: Path):
    (tmp_path / "real").mkdir(mode=0o750)
    (tmp_path / "link").symlink_to("real")
    with write_folder(tmp_path / "link") as folder:
        (folder / "new").write_text("2")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "new").exists()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o750
    (tmp_path / "file").write_text("1")
    with pytest.raises(InputError, match="file is a file, not a folder"), write_folder(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "1"


def test_write_folder_replaces_the_old_folder_at_the_end(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("1")
    with write_folder(tmp_path / "model") as folder:
        (folder / "new").write_text("2")
        assert (tmp_path / "model" / "old").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "new"]


def test_write_folder_keeps_the_old_folder_on_an_exception(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("1")
    with pytest.raises(KeyboardInterrupt), write_folder(tmp_path / "model") as folder:
        (folder / "new").write_text("2")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "old"]


def test_write_folder_removes_what_a_killed_process_left(tmp_path: Path):
    def die() -> None:
        with write_folder(tmp_path / "model") as folder:
            (folder / "half").write_text("1")
            os.kill(os.getpid(), signal.SIGKILL)

    in_child(die)
    assert len(list(tmp_path.iterdir())) == 1
    with write_folder(tmp_path / "model"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["model"]


def test_of_two_processes_that_write_a_shared_folder_the_first_wins(tmp_path: Path):
    with write_folder(tmp_path / "weights", shared=True) as folder:
        (folder / "second").write_text("2")
        (tmp_path / "weights").mkdir()
        (tmp_path / "weights" / "first").write_text("1")
    assert [path.name for path in tmp_path.rglob("*")] == ["weights", "first"]


@pytest.mark.parametrize(
    "words",
    [
        ("score", "pred_eng.csv", "-o", "pred_eng.csv"),
        ("validate", "pred_eng.csv", "-o", "./pred_eng.csv"),
        ("score", "pred_eng.csv", "-o", "link.csv"),
        ("score", "pred_eng.csv", "-o", "hard.csv"),
        ("score", ".", "-o", "pred_eng.csv"),
        ("score", "other.csv", "--gold", "pred_eng.csv", "-o", "pred_eng.csv"),
        ("pack", "pred_eng.csv", "--save-report", "pred_eng.csv"),
        ("compare", "other.csv", "pred_eng.csv", "-o", "pred_eng.csv"),
        ("zoo", "predict", "run", "pred_eng.csv", "-o", "pred_eng.csv"),
        ("data", "stats", ".", "-o", "pred_eng.csv"),
    ],
)
def test_no_command_writes_over_a_file_that_it_reads(words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli):
    monkeypatch.chdir(tmp_path)
    body = b"\xef\xbb\xbfid,anger\nx,1\n"
    for name in ("pred_eng.csv", "other.csv"):
        Path(name).write_bytes(body)
    Path("link.csv").symlink_to("pred_eng.csv")
    Path("hard.csv").hardlink_to("pred_eng.csv")
    expected = f"error: {Path(words[-1])} is the input, which is never overwritten.\n  fix: choose another name\n"
    assert cli(*words) == (2, "", expected)
    assert Path("pred_eng.csv").read_bytes() == body


def test_an_earlier_result_in_the_folder_that_is_read_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli):
    monkeypatch.chdir(tmp_path)
    gold = load_gold("a", "eng", source="sample")
    write_predictions(gold.spec, gold.labels, "pred_eng.csv")
    for _ in range(2):
        assert cli("score", ".", "--gold", "sample", "-f", "csv", "-o", "scores.csv").code == 0
    assert Path("scores.csv").read_text("utf-8").startswith("file,release,track,language,split,figure")
