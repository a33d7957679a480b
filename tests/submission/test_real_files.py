"""The prediction files of the reference system, and the gold labels of the competition as predictions."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.submission import read_submission, validate
from semeval_emo.task import load_task

pytestmark = pytest.mark.data


def test_the_prediction_file_of_the_reference_system(data_dir: Path):
    path = data_dir / "seed" / "pred_eng.csv"
    report = validate(path)
    assert not report.valid
    assert report.counts == {"E311": 1, "E410": 1}
    order, mixed = report.problems
    assert (order.line, order.message) == (
        1,
        "the columns are id,joy,sadness,anger,fear,surprise; expected id,anger,fear,joy,sadness,surprise",
    )
    assert order.fix == "reorder the columns by name"
    assert (mixed.line, mixed.value) == (2769, "c")
    assert mixed.message.startswith("5,534 rows, but track a has 2,767: lines 2769 to 5535 are of track c")
    assert mixed.message.endswith("belongs to release hub (--release hub)")
    assert report.files[0].rows == 5534
    assert [predictions.spec.track for predictions in read_submission(path).predictions] == ["a", "c"]
    assert validate(path, release="hub").counts == {"E311": 1}


def test_other_prediction_files_of_the_reference_system(data_dir: Path):
    paths = sorted((data_dir / "seed" / "predictions").glob("*.csv"))
    report = validate(paths)
    assert len(report.files) == len(paths) == 7
    assert report.counts == {"E202": 7, "E311": 7, "E410": 7}


@pytest.mark.parametrize("track", ["a", "b", "c"])
@pytest.mark.parametrize("split", ["dev", "test"])
def test_gold_as_predictions_is_valid(track: str, split: str, data_dir: Path, write_files: Callable):
    """All 28 + 11 + 32 files of each split, without their text column."""
    files: dict[str, bytes | str] = {}
    for path in sorted((data_dir / "brighter-2025" / f"track_{track}" / split).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = [[cell for at, cell in enumerate(row) if at != 1] for row in csv.reader(stream)]
        files[f"track_{track}/pred_{path.stem}.csv"] = "".join(",".join(row) + "\n" for row in rows)
    submission = read_submission(write_files(files))
    assert submission.report.valid
    assert set(submission.report.counts) <= {"W517"}
    places = {(one.spec.track, one.spec.language, one.spec.split) for one in submission.predictions}
    assert places == {(track, spec.language, split) for spec in load_task().specs("2025", track, split=split)}
    assert len(places) == {"a": 28, "b": 11, "c": 32}[track]


def test_gold_with_texts_is_reported_as_a_text_column(data_dir: Path, write_files: Callable):
    """One text of track C's Zulu gold contains U+2028, which does not end a line."""
    body = (data_dir / "brighter-2025" / "track_c" / "test" / "zul.csv").read_bytes()
    report = validate(write_files({"pred_zul.csv": body}))
    assert report.counts == {"W117": 1, "E316": 1}
    assert report.files[-1].rows == 2047
