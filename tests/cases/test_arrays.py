"""Arrays, numbered columns, other containers and rows without ids become prediction files, by what the user decides."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.task import load_task

SPEC = load_task().spec("a", "eng", "dev")
ORDER = "anger,fear,joy,sadness,surprise"
# Labels that no other order of columns gives.
LABELS = np.array([[(row >> bit) & 1 for bit in range(5)] for row in range(SPEC.rows)])
# Floats that a threshold of 0.5 turns into the labels.
PROBABILITIES = np.where(LABELS == 1, 0.75, 0.25)
TEXTS = [f"Text number {number} is about {number * 7919 % 1000} things." for number in range(SPEC.rows)]


def labels_of(path: Path) -> dict[str, list[int]]:
    rows = list(csv.reader(path.open(encoding="utf-8")))
    assert rows[0] == ["id", *ORDER.split(",")]
    return {row[0]: list(map(int, row[1:])) for row in rows[1:]}


def expected(labels: np.ndarray = LABELS) -> dict[str, list[int]]:
    return dict(zip(SPEC.ids, labels.tolist(), strict=True))


def advised(out: str) -> list[list[str]]:
    """The commands that a screen advises to run."""
    flat = re.sub(r"\s+", " ", out)
    return [
        shlex.split(words) for words in re.findall(r"semeval-emo (fix [^;()]*?--[^;()]*?)(?= \(|;| for | More|$)", flat)
    ]


@pytest.fixture
def fixed(cli, tmp_path):
    """Fixes a file with options, asserts that it is valid and that score's reader takes it, and returns its labels."""

    def run(path: Path, *options: object) -> dict[str, list[int]]:
        result = cli("fix", path, *options, "-o", tmp_path / "fixed.csv")
        assert result.code == 0, result.out + result.err
        assert cli("validate", tmp_path / "fixed.csv", "--track", "a").code in (0, 1)
        return labels_of(tmp_path / "fixed.csv")

    return run


@pytest.fixture
def ids_file(tmp_path) -> Path:
    path = tmp_path / "dev.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "text"], *zip(SPEC.ids, TEXTS, strict=True)])
    return path


def table(path: Path, header: list[str] | None, rows: list[list[object]], **options: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, **options).writerows([*([header] if header else []), *rows])
    return path


def problems(cli, path: Path, *options: object) -> list[dict[str, object]]:
    result = cli("validate", path, "--format", "json", *options)
    return [one for one in json.loads(result.out)["problems"] if one["code"][0] == "E" and one["code"] != "E203"]


# --- case 06: LABEL_k columns -----------------------------------------------------------------------------------------


def test_case_06_numbered_columns_are_one_problem(cli, fixed, shared_dir):
    path = shared_dir / "cases" / "06-label-k-names" / "pred_eng.csv"
    screen = cli("validate", path)
    assert screen.code == 1
    (problem,) = problems(cli, path)
    assert problem["name"] == "numbered-columns"
    assert "id2label" in cli("explain", "numbered-columns").out
    assert "auto-fix" not in screen.out
    assert "--order" in screen.out
    rows = list(csv.reader(path.open()))
    assert fixed(path, "--order", ORDER) == {row[0]: list(map(int, row[1:])) for row in rows[1:]}


# --- cases 08 and 09: rows without ids ---


@pytest.mark.parametrize("case", ["08-row-numbers-no-ids", "09-id-is-row-number"])
def test_cases_08_09_row_numbers(cli, fixed, shared_dir, ids_file, case):
    path = shared_dir / "cases" / case / "pred_eng.csv"
    (problem,) = problems(cli, path)
    assert problem["name"] == "no-ids"
    assert "eng dev of tracks a and c" in problem["message"]
    assert "--ids-from" in problem["fix"]
    refused = cli("fix", path)
    assert refused.code == 1 and "--ids-from" in refused.out
    rows = list(csv.reader(path.open()))[1:]
    assert fixed(path, "--ids-from", ids_file) == {
        text_id: list(map(int, row[1:])) for text_id, row in zip(SPEC.ids, rows, strict=True)
    }


# --- case 16: other containers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pred_eng.parquet", "pred_eng.xlsx"])
def test_case_16_other_containers(cli, fixed, shared_dir, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    path = shared_dir / "cases" / "16-parquet-xlsx" / name
    (problem,) = problems(cli, path)
    assert problem["name"] == "other-container"
    labels = fixed(path)
    assert len(labels) == 116 and labels["eng_dev_track_a_00001"] == [0, 0, 0, 1, 0]
    assert labels["eng_dev_track_a_00116"] == [1, 0, 0, 0, 1]
