"""What people bring as data: other tasks, training data, texts, and folders in another order."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.submission import validate
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.extra_data import load_own_file
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train


def test_45_split_first_folders(shared_dir: Path, cli):
    case = shared_dir / "cases" / "45-split-first-folders"
    for split, rows in (("train", 240), ("dev", 60), ("test", 200)):
        gold = load_gold("a", "eng", split, source=case, task="sample")
        assert (gold.source, len(gold)) == (str(case / split / "track_a" / "eng.csv"), rows)
    code, out, _ = cli("data", "check", case)
    assert (code, "3 of 6 files, identified by their hashes" in out) == (0, True)


def test_40_training_data_in_capitals(shared_dir: Path, tmp_path: Path, cli):
    case = shared_dir / "cases" / "40-training-data-in-capitals"
    task = load_task("sample")
    spec = task.spec("a", "eng", "test")
    files = sorted(case.iterdir())
    assert len(files) == 11
    for path in files:
        gold = load_own_file(path, spec, task)
        assert len(set(gold.ids)) == len(gold) == (116 if path.name.startswith("aug") else 2)
        if len(gold) == 2:
            assert gold.labels.tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 0, 1]], path.name
    extra = f"data.extra={[str(path) for path in files]}".replace("'", '"')
    code, _, err = cli(
        "zoo", "train", "constant-majority", "--data", "sample", "--runs", tmp_path, "--set", extra, "--quiet"
    )
    assert (code, "error" in err) == (0, False)


def test_41_texts_under_another_name(shared_dir: Path, tmp_path: Path, cli):
    case = shared_dir / "cases" / "41-texts-under-another-name"
    run = train(load_recipe("constant-majority"), source="sample", runs=tmp_path).folder.model
    files = {
        "array.json": (["7", "8"], ""),
        "semi.csv": (["1", "2"], ""),
        "sentence.csv": (["1", "2"], "Texts from column 'sentence'.\n"),
        "sentences.csv": (["1", "2"], "Texts from column 'sentence'.\n"),
        "tweet.tsv": (["1", "2"], "Texts from column 'Tweet'.\n"),
        "tweets.tsv": (["0", "1", "2"], "Texts from column 'Tweet'.\n"),
    }
    for name, (ids, note) in files.items():
        code, out, err = cli("zoo", "predict", run, case / name, "--as", "labels")
        assert (code, [line.split(",")[0] for line in out.splitlines()[1:]], err) == (0, ids, note), name
    code, out, err = cli("zoo", "predict", run, case / "null.jsonl")
    problem = f"error: {case / 'null.jsonl'}:2: the text is null, not a string.\n  fix: write its text, or remove it\n"
    assert (code, out, err) == (3, "", problem)
    assert {path.name for path in case.iterdir()} == {*files, "null.jsonl"}


@pytest.mark.parametrize(
    ("case", "toml", "track"), [("33-polar-2026", "polar.toml", "2"), ("34-semeval2018-ec", "ec.toml", "ec")]
)
def test_33_34_other_tasks(case: str, toml: str, track: str, shared_dir: Path, tmp_path: Path, cli):
    """Without a task file one problem; with a task file without files no crash; with its pinned files it validates."""
    folder = shared_dir / "cases" / case
    file, data = folder / "pred_eng.csv", folder / "data"
    report = validate(file)
    if case.startswith("33"):
        assert report.counts == {"E430": 1}
        assert "none of the ids or columns is this task's" in report.problems[0].message
    else:
        # SemEval-2018 E-c is a shipped task; the ids of the case are some of its dev and test files.
        assert {part.spec.task for part in report.files[0].parts} == {"semeval-2018-ec"}
        assert "E430" not in report.counts
    empty = folder / toml
    pin = "write the output of `semeval-emo data pin FOLDER` under [releases.NAME.files] of its task file"
    for words in (
        ("validate", file),
        ("fix", file, "-o", tmp_path / "fixed"),
        ("pack", file, "-o", tmp_path / "x.zip"),
        ("score", file, "--gold", data),
        ("data", "list", data),
        ("data", "check", data),
        ("data", "stats", data),
        (
            "zoo",
            "train",
            "constant-majority",
            "--track",
            track,
            "--language",
            "eng",
            "--data",
            data,
            "--runs",
            tmp_path,
        ),
    ):
        code, out, err = cli(*words, "--task", empty)
        assert code in (0, 1, 2, 3), words
        assert pin in " ".join(f"{out} {err}".split()), words
    # The lists of ids are written next to the task file.
    task = tmp_path / toml
    task.write_text(empty.read_text())
    code, table, _ = cli("data", "pin", data, "--task", task)
    assert code == 0
    task.write_text(f"{empty.read_text()}\n{table}")
    assert validate(file, task=task).valid
    assert cli("score", file, "--task", task, "--gold", data).code == 0
    assert cli("data", "check", data, "--task", task).code == 0


def test_34_a_task_file_with_its_files(shared_dir: Path):
    folder = shared_dir / "cases" / "34-semeval2018-ec"
    assert validate(folder / "pred_eng.csv", task=folder / "ec2.toml").valid
