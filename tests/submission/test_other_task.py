"""A file of another task is one problem, and nothing in it is renamed or deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.submission import validate
from semeval_emo.task import load_task

IDS = ("eng_67ae", "eng_cea0", "eng_f776")


def write(folder: Path, header: str, ids: tuple[str, ...] = IDS) -> Path:
    path = folder / "pred_eng.csv"
    width = header.count(",")
    path.write_text("\n".join([header, *(",".join([text_id, *"1" * width]) for text_id in ids)]) + "\n")
    return path


@pytest.mark.parametrize(
    "header", ["id,political,religious,other", "ID,political", "id,anger,love,trust,joy", "id,text,political,other"]
)
def test_a_file_of_another_task_is_one_problem(header: str, tmp_path: Path, cli):
    path = write(tmp_path, header)
    report = validate(path)
    assert (report.counts, report.problems[0].value) == ({"E430": 1}, IDS[0])
    assert "none of the ids or columns is this task's: the first id is 'eng_67ae'" in report.problems[0].message
    assert "--task: task11, sample, or a TOML file" in report.problems[0].fix
    before = path.read_bytes()
    code, out, _ = cli("fix", path, "-o", tmp_path / "fixed")
    assert (code, "Nothing was written." in out, path.read_bytes()) == (1, True, before)


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        ("id,anger,fear,joy,sadness,surprise", IDS),
        ("id,anger,fear,joy,sadness,surprise,run", IDS),
        ("id,angry,joy,run", IDS),
        ("id,political,other", load_task().spec("a", "eng", "dev").ids[:3]),
        ("id,political,other", tuple(i.upper() for i in load_task().spec("a", "eng", "dev").ids[:3])),
    ],
)
def test_a_file_of_this_task_is_checked_as_always(header: str, ids: tuple[str, ...], tmp_path: Path):
    assert "E430" not in validate(write(tmp_path, header, ids)).counts
