"""Labels of a task may have capitals, spaces and signs; a header in another case is still recognised."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.submission import fix, validate

TASK = """
key = "topics"
title = "Topics"
default_release = "1"
emotions = ["Happy", "off topic", "racial/ethnic"]
ids = { prefix = "Doc-", width = 3 }
[tracks.a]
title = "Labels"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[languages]
eng = ["English", "Indo-European", "Latin"]
[releases.1]
title = "First"
published = 2025-01-01
source = "invented"
[releases.1.files]
"a/eng/test" = { blocks = [["Doc-", 3, 1, 3]] }
"""
ROWS = "Doc-001,1,0,0\nDoc-002,0,1,0\nDoc-003,0,0,1\n"


@pytest.fixture
def task(tmp_path: Path) -> str:
    path = tmp_path / "topics.toml"
    path.write_text(TASK, encoding="utf-8")
    return str(path)


def test_labels_with_capitals_and_spaces_are_valid(tmp_path: Path, task: str) -> None:
    (tmp_path / "pred_eng.csv").write_text("id,Happy,off topic,racial/ethnic\n" + ROWS)
    report = validate(tmp_path / "pred_eng.csv", task=task)
    assert (report.valid, report.problems) == (True, ())


@pytest.mark.parametrize("header", ["id,happy,Off Topic,RACIAL/ETHNIC", "ID,HAPPY,offtopic,racial/ethnic"])
def test_labels_in_another_case_are_fixed(tmp_path: Path, task: str, header: str) -> None:
    (tmp_path / "pred_eng.csv").write_text(f"{header}\n{ROWS}")
    report = validate(tmp_path / "pred_eng.csv", task=task)
    assert [problem.code for problem in report.problems] == ["E309"]
    fix(tmp_path / "pred_eng.csv", tmp_path / "fixed.csv", task=task)
    assert (tmp_path / "fixed.csv").read_text() == f"id,Happy,off topic,racial/ethnic\n{ROWS}"


def test_a_file_without_a_header_is_recognised_by_ids_with_capitals(tmp_path: Path, task: str) -> None:
    (tmp_path / "pred_eng.csv").write_text(ROWS)
    assert [problem.code for problem in validate(tmp_path / "pred_eng.csv", task=task).problems] == ["E319"]


@pytest.mark.parametrize(
    "cells", [("happy", "['off topic']", "racial/ethnic"), ("Happy", "Off Topic", "RACIAL/ETHNIC")]
)
def test_names_of_several_words_in_a_cell(tmp_path: Path, task: str, cells: tuple[str, ...]) -> None:
    rows = [f'Doc-00{number},"{cell}"' for number, cell in enumerate(cells, 1)]
    (tmp_path / "pred_eng.csv").write_text("\n".join(["id,labels", *rows]) + "\n")
    report = fix(tmp_path / "pred_eng.csv", tmp_path / "fixed.csv", task=task)
    assert report.ok, report.refusals
    assert (tmp_path / "fixed.csv").read_text() == f"id,Happy,off topic,racial/ethnic\n{ROWS}"


@pytest.mark.parametrize("name", ["racial_ethnic", "racial ethnic", "Racial-Ethnic"])
def test_a_slash_in_a_label_may_be_another_sign(tmp_path: Path, task: str, name: str) -> None:
    path = tmp_path / "pred_eng.csv"
    path.write_text(f"id,Happy,off_topic,{name}\n{ROWS}", encoding="utf-8")
    assert set(validate(path, task=task).counts) == {"E332"}
    fix(path, tmp_path / "fixed", task=task)
    (fixed,) = (tmp_path / "fixed").rglob("*.csv")
    assert fixed.read_text() == f"id,Happy,off topic,racial/ethnic\n{ROWS}"


def test_an_integer_beyond_a_scale_with_fractions_is_out_of_range(tmp_path: Path, task: str) -> None:
    degrees = TASK.replace('["0", "1"]', '["0", "1", "2"]').replace("macro_f1", "mae")
    Path(task).write_text(degrees, encoding="utf-8")
    path = tmp_path / "pred_eng.csv"
    path.write_text("id,Happy,off topic,racial/ethnic\nDoc-001,1.5,0,3\nDoc-002,0,1,0\nDoc-003,0,0,1\n")
    assert [problem.message for problem in validate(path, task=task).problems if problem.line] == [
        "'1.5' is a fraction; expected 0, 1 or 2",
        "'3' is out of range; expected 0, 1 or 2",
    ]


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("", "a row of zeros"),
        ('labels = "names"', "a row with no label"),
        ('labels = "names"\nno_label = "-"', "a row with -"),
    ],
)
def test_a_missing_row_is_not_a_text_without_labels(tmp_path: Path, task: str, keys: str, row: str, cli) -> None:
    Path(task).write_text(TASK.replace("[tracks.a]", f"[layout.predictions]\n{keys}\n[tracks.a]"), encoding="utf-8")
    path = tmp_path / "pred_eng.csv"
    body = (
        "id,labels\nDoc-001,Happy\nDoc-003,off topic\n" if keys else "id,Happy,off topic,racial/ethnic\nDoc-001,1,0,0\n"
    )
    path.write_text(body)
    shown = cli("validate", path, "--task", task).out
    assert f"a text without any label is {row}, not a missing row" in " ".join(shown.split())
    code = shown.rpartition("More about a code: semeval-emo ")[2].split()
    assert code == ["explain", "E401", "--task", task] and cli(*code).code == 0
