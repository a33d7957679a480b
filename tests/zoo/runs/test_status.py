"""`zoo status`: the state of every run, from its folder."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
import toy_task

from semeval_emo.locks import host, lock_holder, locked_file
from semeval_emo.zoo.runs.folder import Locked, locked
from semeval_emo.zoo.runs.status import run_status

NAME = "constant-all"


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return toy_task.make_toy(tmp_path)


def words(*more: str, name: str = NAME) -> list[str]:
    return ["zoo", "train", name, "--task", "toy.toml", "--data", "data", "-q", *more]


def states(cli, *paths: str) -> dict[str, str]:
    code, out, _ = cli("zoo", "status", *paths, "-f", "json")
    assert code == 0
    return {each["language"]: each["state"] for each in json.loads(out)["runs"]}


def test_a_series_with_a_failure(cli):
    Path("data/track_a/dev/xbb.csv").unlink()
    assert cli(*words("--language", "all")).code == 1
    code, out, err = cli("zoo", "status")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["3", "runs:", "2", "done,", "1", "failed"]
    scores = json.loads(Path(f"runs/toy/{NAME}/xaa/score.json").read_text())
    assert lines[3][:3] == [NAME, "xaa", "done"] and lines[3][4] == f"{scores['score']:.4f}"
    assert lines[4] == [NAME, "xbb", "failed", "–", "–", "–"]
    assert err == (
        f"\nerror: {NAME}/xbb: There is no dev file of track a for 'xbb' in data.\n"
        "  fix: expected data/track_a/dev/xbb.csv; `semeval-emo data list` shows the available data\n"
    )
    # The next attempt removes it.
    toy_task.make_toy(Path())
    assert cli(*words("--language", "xbb")).code == 0
    assert states(cli) == dict.fromkeys(toy_task.LANGUAGES, "done")
    assert not Path(f"runs/toy/{NAME}/xbb/failure.json").exists()


def test_a_run_that_waits_for_its_turn_may_still_change(cli):
    cli(*words("--language", "xaa"))
    planned = Path(f"runs/toy/{NAME}/xbb")
    planned.mkdir()
    shutil.copy(f"runs/toy/{NAME}/xaa/recipe.json", planned)
    assert states(cli, "runs/toy") == {"xaa": "done", "xbb": "not started"}
    code, _, err = cli("zoo", "results", str(planned))
    assert code == 3
    assert f"The run in {planned} has not started." in err
    # The recipe in it is that of another language, and nothing was trained by it.
    assert cli(*words("--language", "xbb")).code == 0
    assert states(cli) == {"xaa": "done", "xbb": "done"}
    stored = json.loads((planned / "recipe.json").read_text())
    assert stored["resolved"]["data"]["language"] == "xbb"


def test_a_run_in_training_and_an_interrupted_one(cli):
    cli(*words("--language", "xaa", name="constant-majority"))
    path = Path("runs/toy/constant-majority/xaa")
    state = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(state | {"status": "training"}))
    assert states(cli) == {"xaa": "interrupted"}
    with locked(path):
        status = run_status(path)
        code, out, _ = cli("zoo", "status", "runs/toy/constant-majority")
    assert (status.state, status.process) == ("training", f"process {os.getpid()} on {host()}")
    assert code == 0 and out.startswith("1 run: 1 training\n") and status.process in out
    assert "interrupted: no process is training the run" in cli("zoo", "status").out


def test_a_folder_without_runs(cli):
    assert cli("zoo", "status") == (
        3, "", "error: There is no run in runs.\n  fix: name run folders, or a folder of runs, such as runs\n",
    )  # fmt: skip


def test_a_damaged_run_is_a_failed_one(cli):
    cli(*words("--language", "xaa"))
    Path(f"runs/toy/{NAME}/xaa/run.json").write_text("{")
    code, out, err = cli("zoo", "status")
    assert code == 0 and out.startswith("1 run: 1 failed\n")
    assert f"error: {NAME}/xaa: runs/toy/{NAME}/xaa/run.json cannot be read" in err


@pytest.mark.skipif(os.name == "nt", reason="left out: locks of Unix")
def test_looking_at_a_lock_keeps_nobody_out(tmp_path: Path):
    """A process that takes the lock while others look at it must not be told that it is held."""
    path, stop = tmp_path / "lock", threading.Event()
    path.touch()

    def look() -> None:
        while not stop.is_set():
            lock_holder(path)
            time.sleep(0.001)

    def refuse(holder: str) -> None:
        raise Locked(holder)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            with locked_file(path, refuse):
                pass
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert lock_holder(path) is None
