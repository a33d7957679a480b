"""Every hash of the task file, computed from the real files with hashlib and csv alone."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from semeval_emo.task import FileSpec, load_task

TASK = load_task()
pytestmark = pytest.mark.data


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda row: row["id"])


def digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def compare(spec: FileSpec, rows: list[dict[str, str]]) -> None:
    assert len(rows) == spec.rows, spec.place
    assert [row["id"] for row in rows] == sorted(spec.ids), spec.place
    if spec.texts_hash:
        assert digest([f"{row['id']}\t{row['text']}" for row in rows]) == spec.texts_hash, spec.place
    cells = [[row[name] for name in spec.emotions] for row in rows]
    if spec.labels_hash:
        labels = ["\t".join([row["id"], *values]) for row, values in zip(rows, cells, strict=True)]
        assert digest(labels) == spec.labels_hash, spec.place
        assert {value for values in cells for value in values} <= set(spec.values), spec.place
    else:
        assert {value for values in cells for value in values} == {""}, spec.place


def test_every_file_of_the_competition(data_dir):
    specs = TASK.specs("2025")
    for spec in specs:
        compare(spec, rows_of(data_dir / f"brighter-2025/track_{spec.track}/{spec.split}/{spec.language}.csv"))
        assert spec.texts_hash and spec.labels_hash, spec.place
    assert len(specs) == 180


def test_every_file_of_the_re_release(data_dir):
    changed = [
        spec
        for spec in TASK.specs("2025-09")
        if spec.texts_hash != TASK.spec(spec.track, spec.language, spec.split).texts_hash
    ]
    assert {(s.track, s.language) for s in changed} == {("a", "eng"), ("b", "eng")}
    for spec in changed:
        compare(spec, rows_of(data_dir / f"releases/2025-09-english/track_{spec.track}/{spec.split}/eng.csv"))
    assert [spec.place for spec in changed if not spec.labels_hash] == ["2025-09 track a eng test"]


def test_every_file_of_the_reproduction(data_dir):
    specs = TASK.specs("codabench-2026")
    for spec in specs:
        compare(spec, rows_of(data_dir / f"releases/codabench-2026/track_{spec.track}/{spec.language}.csv"))
        assert spec.labels_hash, spec.place
    assert len(specs) == 71


def test_the_file_of_the_hub(data_dir):
    spec = TASK.spec("a", "eng", "test", "hub")
    compare(spec, rows_of(data_dir / "releases/hub-2025-05/eng_test_gold.csv"))
    assert spec.labels_hash
