"""Labels as one name in each of several numbered columns: emotion_1, emotion_2, ..."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from semeval_emo import fix, load_task, validate
from semeval_emo.submission.fix_report import FixReport

SPEC = load_task().spec("a", "eng", "dev")
# Labels with every number of emotions, also none.
LABELS = [[(n >> at) & 1 for at in range(5)] for n in range(SPEC.rows)]
NAMED = [[name for name, label in zip(SPEC.emotions, row, strict=True) if label] for row in LABELS]


def write(folder: Path, header: list[str], rows: list[list[object]], name: str = "pred_eng.csv") -> Path:
    with (folder / name).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return folder / name


def labels_of(report: FixReport) -> list[list[int]]:
    assert report.ok, report.refusals
    (predictions,) = report.predictions
    return predictions.values.tolist()


def slots(rows: list[list[str]], width: int = 5) -> list[list[object]]:
    return [[text_id, *names, *[""] * (width - len(names))] for text_id, names in zip(SPEC.ids, rows, strict=True)]


def test_a_name_in_each_of_several_columns(tmp_path: Path):
    header = ["id", *(f"emotion_{at}" for at in range(1, 6))]
    path = write(tmp_path, header, slots([names or ["none"] for names in NAMED]))
    (problem,) = validate(path).problems
    assert problem.message.startswith("the labels are names in the column 'emotion_1 to emotion_5'")
    assert labels_of(fix(path, tmp_path / "whole")) == LABELS
    path = write(tmp_path, header, slots(NAMED), "pred_eng_2.csv")
    assert not fix(path, tmp_path / "blank").written
    assert labels_of(fix(path, tmp_path / "fixed", words={"blank": 0})) == LABELS


@pytest.mark.parametrize(
    "rows",
    [
        [[SPEC.emotions[n % 5], SPEC.emotions[n % 3]] for n in range(SPEC.rows)],
        [[SPEC.emotions[n % 5], SPEC.emotions[(n + 1) % 5]] for n in range(SPEC.rows)],
        [["", SPEC.emotions[n % 5]] if n % 2 else [SPEC.emotions[n % 5]] for n in range(SPEC.rows)],
    ],
    ids=["they agree in a row", "a ranking", "the first is blank"],
)
def test_columns_of_several_systems_are_not_joined(rows: list[list[str]], tmp_path: Path):
    path = write(tmp_path, ["id", "pred_1", "pred_2"], slots(rows, 2))
    assert validate(path).counts == {"E334": 1} and not fix(path, tmp_path / "fixed").ok
