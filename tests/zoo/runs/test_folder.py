"""Run folders with missing, changed or broken files: the error messages, and that their fixes work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from semeval_emo.cli.app import main


def train(cli, runs: Path, *more: str, name: str = "constant-all") -> tuple[int, str]:
    code, _, err = cli("zoo", "train", name, "--data", "sample", "--runs", runs, "-q", *more)
    return code, err


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs with a trained model, to be copied."""
    runs = tmp_path_factory.mktemp("finished")
    assert main(["zoo", "train", "tfidf-logreg", "--data", "sample", "--runs", str(runs), "-q"]) == 0
    return runs


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("run.json", "{ nonsense"), ("run.json", "[]"), ("run.json", "null"), ("run.json", '{"seconds": 1}'),
        ("recipe.json", ""), ("recipe.json", "{}"), ("recipe.json", "\x00"), ("metrics.jsonl", "{"),
    ],
)  # fmt: skip
def test_an_unreadable_run_can_be_repeated_with_fresh(file: str, body: str, finished: Path, tmp_path: Path, cli):
    name = "tfidf-logreg"
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (path,) = tmp_path.rglob(file)
    good = path.read_bytes()
    path.write_text(body)
    code, err = train(cli, tmp_path, name=name)
    assert code == 3
    assert err.startswith(f"error: {path} cannot be read: ")
    assert err.endswith(".\n  fix: --fresh deletes the run and starts again\n")
    assert train(cli, tmp_path, "--fresh", name=name) == (0, "")
    assert train(cli, tmp_path, name=name) == (0, "")
    assert file == "run.json" or path.read_bytes() != body.encode()
    assert file != "recipe.json" or path.read_bytes() == good


@pytest.mark.parametrize("gone", ["track_a/pred_eng.csv", "MODEL_CARD.md", "test/prob_eng.csv", "dev/prob_eng.csv"])
def test_missing_outputs_of_a_finished_run_are_written_again(gone: str, tmp_path: Path, cli):
    train(cli, tmp_path)
    (run_file,) = tmp_path.rglob("run.json")
    path = run_file.parent / gone
    before = path.read_bytes()
    model = (run_file.parent / "model" / "constant.json").stat().st_mtime_ns
    path.unlink()
    assert train(cli, tmp_path) == (0, "")
    assert path.read_bytes() == before
    assert (run_file.parent / "model" / "constant.json").stat().st_mtime_ns == model, "the model is not trained again"
    assert json.loads(run_file.read_text())["status"] == "done"


@pytest.mark.parametrize("more", [(), ("--only-missing",)])
@pytest.mark.parametrize(
    "edit", [lambda body: body.replace(b",1,1,1,1,1\n", b",0,1,1,1,1\n", 1), lambda body: b"x,y\n"]
)
def test_a_changed_prediction_file_is_refused(edit, more, tmp_path: Path, cli):
    train(cli, tmp_path)
    (path,) = tmp_path.rglob("pred_eng.csv")
    before = path.read_bytes()
    path.write_bytes(edit(before))
    code, err = train(cli, tmp_path, *more)
    assert code == 2
    assert err == (
        f"error: {path} was changed after the run wrote it.\n"
        "  fix: delete or move the file, then repeat the training command, which writes it again\n"
    )
    assert path.read_bytes() == edit(before), "the changed file is kept"
    path.unlink()
    assert train(cli, tmp_path, *more)[0] == 0
    assert path.read_bytes() == before
