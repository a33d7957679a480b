"""What people bring as data: other tasks, training data, texts, and folders in another order."""

from __future__ import annotations

from pathlib import Path

from semeval_emo.data import load_gold
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.extra_data import load_own_file


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
