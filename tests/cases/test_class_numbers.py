"""Numbers of labels in one column: LABEL_0 of a model without names, class numbers such as 0,3."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo import fix, load_task, read_submission, validate
from semeval_emo.errors import UsageError

SPEC = load_task().spec("a", "eng", "dev")
ORDER = ("surprise", "anger", "joy", "sadness", "fear")
# Labels with every number of emotions, also none.
NUMBERS = [[at for at in range(5) if (n >> at) & 1] for n in range(SPEC.rows)]
LABELS = [[int(ORDER.index(name) in numbers) for name in SPEC.emotions] for numbers in NUMBERS]


def write(folder: Path, cells: list[str], column: str = "labels") -> Path:
    rows = [f'{text_id},"{cell}"' for text_id, cell in zip(SPEC.ids, cells, strict=True)]
    path = folder / "pred_eng.csv"
    path.write_text("\n".join([f"id,{column}", *rows]) + "\n")
    return path


def fixed(path: Path, folder: Path, **decisions: object) -> list[list[int]]:
    report = fix(path, folder / "fixed", order=ORDER, **decisions)  # type: ignore[arg-type]
    assert report.ok, report.refusals
    (predictions,) = read_submission(folder / "fixed").predictions
    return predictions.values.tolist()


@pytest.mark.parametrize(
    "cell",
    [
        lambda numbers: str([f"LABEL_{number}" for number in numbers]),
        lambda numbers: " ".join(f"label_{number}" for number in numbers) or "none",
        str,
        lambda numbers: ",".join(map(str, numbers)) or "none",
    ],
)
def test_lists_of_numbers(cell: Callable[[list[int]], str], tmp_path: Path):
    path = write(tmp_path, [cell(numbers) for numbers in NUMBERS])
    assert validate(path).counts == {"E350": 1}
    assert not fix(path, tmp_path / "refused").written
    assert fixed(path, tmp_path) == LABELS
    with pytest.raises(UsageError, match="5 values a row"):
        fix(path, tmp_path / "other", order=ORDER[:4])


def test_one_number_in_each_row(tmp_path: Path):
    path = write(tmp_path, [f"LABEL_{n % 5}" for n in range(SPEC.rows)], "prediction")
    assert validate(path).counts == {"E350": 1}
    labels = [[int(ORDER[n % 5] == name) for name in SPEC.emotions] for n in range(SPEC.rows)]
    assert fixed(path, tmp_path) == labels


def test_blank_cells_have_to_be_decided(tmp_path: Path):
    path = write(tmp_path, [",".join(map(str, numbers)) for numbers in NUMBERS])
    report = fix(path, tmp_path / "refused", order=ORDER)
    assert [problem.code for refusal in report.refusals for problem in refusal.problems][:1] == ["E336"]
    assert fixed(path, tmp_path, words={"blank": 0}) == LABELS


def test_json_lines(tmp_path: Path):
    rows = [{"id": text_id, "labels": numbers} for text_id, numbers in zip(SPEC.ids, NUMBERS, strict=True)]
    path = tmp_path / "pred_eng.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert "E350" in validate(path).counts
    assert fixed(path, tmp_path) == LABELS


@pytest.mark.parametrize("column", ["num_labels", "count", "length_of_class"])
def test_counts_are_no_numbers_of_labels(column: str, tmp_path: Path):
    assert "E350" not in validate(write(tmp_path, [str(len(numbers)) for numbers in NUMBERS], column)).counts
