"""Runs record their task: commands use it, and runs of two tasks have different folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy_task

from semeval_emo.cli.app import main
from semeval_emo.task import load_task


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "board.csv"))


def on_sample(name: str, *more: str) -> Path:
    assert main(["zoo", "train", name, "--data", "sample", "-q", *more]) == 0
    return Path("runs/sample", name, "eng")


def test_commands_use_the_recorded_task_of_a_run(cli, capsys):
    path = on_sample("tfidf-char")
    assert json.loads((path / "run.json").read_text())["task"] == "sample"
    assert json.loads((path / "model" / "semeval_emo.json").read_text())["task"] == "sample"
    score = json.loads((path / "score.json").read_text())["score"]
    capsys.readouterr()
    code, out, err = cli("zoo", "evaluate", str(path), "--format", "json")
    assert (code, err) == (0, "")
    card = json.loads(out)["scorecards"][0]
    assert card["score"] == score and "task:sample" in card["signature"]
    code, out, _ = cli("zoo", "tune", str(path), "-q")
    assert code == 0 and out.startswith("tfidf-char: thresholds · release 1 track a eng test")
    # The model folder records it, too.
    assert (
        json.loads(cli("zoo", "evaluate", str(path / "model"), "--format", "json")[1])["scorecards"][0]["score"]
        == score
    )


def test_an_ensemble_uses_the_task_of_its_members(cli):
    for name in ("constant-all", "constant-majority"):
        on_sample(name)
    members = [f"runs/sample/{name}/eng" for name in ("constant-all", "constant-majority")]
    code, _, err = cli("zoo", "ensemble", *members, "--name", "both")
    assert code == 0, err
    assert json.loads(Path("runs/sample/both/eng/recipe.json").read_text())["resolved"]["ensemble"]["members"] == [
        "constant-all",
        "constant-majority",
    ]
    code, out, err = cli("zoo", "results", "runs/sample", "-q")
    assert code == 0 and "task:sample" in out


def test_runs_of_two_tasks_have_different_folders(cli):
    toy_task.make_toy(Path())
    on_sample("constant-all")
    words = ["--task", "toy.toml", "--data", "data", "-q"]
    assert cli("zoo", "train", "constant-all", "--language", "xaa", *words)[0] == 0
    assert Path("runs/toy/constant-all/xaa/score.json").exists() and Path("runs/sample/constant-all/eng").exists()
    both = ["runs/sample/constant-all", "runs/toy/constant-all"]
    code, _, err = cli("zoo", "results", *both)
    assert code == 2
    assert err == "error: These are runs of several tasks: sample, toy.\n  fix: name runs of one task, or add --task\n"
    code, _, err = cli("zoo", "ensemble", *(f"{run}/{code}" for run, code in zip(both, ("eng", "xaa"), strict=True)),
                       "--name", "odd")  # fmt: skip
    assert code == 2
    assert err == (
        "error: The members of an ensemble must predict the same texts: runs/sample/constant-all/eng is a run of "
        "sample track a, eng, release 1, runs/toy/constant-all/xaa of toy track a, xaa, release 1.\n"
        "  fix: combine runs of one track, language and release\n"
    )


def test_a_run_of_a_task_file_elsewhere_knows_task_and_data(cli):
    toy_task.make_toy(Path("toys"))
    where = ("--language", "xaa", "--task", "toys/toy.toml", "--data", "toys/data")
    cli("zoo", "train", "constant-all", *where, "-q", "--runs", "deep/runs")
    Path("toys/toy.toml").unlink()
    load_task.__globals__["_LOADED"].clear()
    run = "deep/runs/toy/constant-all/xaa"
    for command in (["evaluate", run], ["tune", run], ["submit", run, "-o", "mine"], ["results", run], ["card", run]):
        assert cli("zoo", *command, "-q").code == 0
    assert "macro F1" in cli("score", f"{run}/track_a/pred_xaa.csv").out
    assert cli("validate", f"{run}/track_a/pred_xaa.csv").code == 0


def test_an_unknown_recorded_task_must_be_named(cli):
    toy_task.make_toy(Path())
    cli("zoo", "train", "constant-all", "--language", "xaa", "--task", "toy.toml", "--data", "data", "-q")
    run = "runs/toy/constant-all/xaa"
    Path("runs/toy/task.toml").unlink()
    load_task.__globals__["_LOADED"].clear()
    for command in (["evaluate", run], ["tune", run], ["submit", run, "-o", "mine"]):
        code, _, err = cli("zoo", *command)
        assert code == 2
        assert err == "error: The task 'toy' of the run is not known.\n  fix: name its file with --task\n"
    assert cli("zoo", "evaluate", run, "--task", "toy.toml", "--data", "data", "-q")[0] == 0


@pytest.mark.data
def test_a_run_without_a_recorded_task_uses_the_default_task(data_dir: Path, cli):
    code, _, _ = cli("zoo", "train", "constant-all", "-q")
    path = Path("runs/constant-all/eng")
    state = json.loads((path / "run.json").read_text())
    assert (code, state.pop("task")) == (0, load_task().key)
    (path / "run.json").write_text(json.dumps(state))
    assert cli("zoo", "train", "constant-all")[2].startswith("runs/constant-all/eng is already finished")
    assert cli("zoo", "tune", str(path), "-q")[0] == 0
