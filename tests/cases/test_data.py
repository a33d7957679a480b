"""What people bring as data: other tasks, training data, texts, and folders in another order."""

from __future__ import annotations

from pathlib import Path

from semeval_emo.data import load_gold


def test_45_split_first_folders(shared_dir: Path, cli):
    case = shared_dir / "cases" / "45-split-first-folders"
    for split, rows in (("train", 240), ("dev", 60), ("test", 200)):
        gold = load_gold("a", "eng", split, source=case, task="sample")
        assert (gold.source, len(gold)) == (str(case / split / "track_a" / "eng.csv"), rows)
    code, out, _ = cli("data", "check", case)
    assert (code, "3 of 6 files, identified by their hashes" in out) == (0, True)
