"""Every table that people bring, as a data frame: the answers of the file that the frame writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import semeval_emo

CASES = (
    "01-one-file-per-emotion", "02-list-of-names-in-a-cell", "03-comma-list-in-a-cell", "06-label-k-names",
    "08-row-numbers-no-ids", "09-id-is-row-number", "12-llm-raw-response", "14-labels-and-prob-columns",
    "18-all-languages-one-frame", "19-other-names-for-emotions", "20-neutral-column", "21-track-b-regression",
    "22-track-b-words", "23-first-51-rows", "24-yes-no", "26-sample-of-sixty-files",
    "37-thresholds-per-emotion", "47-dev-ids-test-phase",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_frame_gets_the_answers_of_its_file(case: str, shared_dir: Path, tmp_path: Path):
    path = next(iter(sorted((shared_dir / "cases" / case).glob("*.csv"))))
    frame = pd.read_csv(path)
    written = tmp_path / "pred_eng.csv"
    frame.to_csv(written, index=False)
    of_file, of_frame = semeval_emo.validate(written), semeval_emo.validate({"eng": frame})
    assert of_frame.counts == of_file.counts
    assert [problem.fix for problem in of_frame.problems] == [problem.fix for problem in of_file.problems]
    assert len(repr(of_frame)) < 300 and len(of_frame.to_frame()) == len(of_file.problems)
    fixed, fixed_file = semeval_emo.fix({"eng": frame}), semeval_emo.fix(written, tmp_path / "out")
    assert [change.done for change in fixed.changes] == [change.done for change in fixed_file.changes]
    assert [own.hash for own in fixed.predictions] == [own.hash for own in fixed_file.predictions]


def test_a_parquet_file_as_a_frame(shared_dir: Path):
    pytest.importorskip("pyarrow")
    path = shared_dir / "cases" / "16-parquet-xlsx" / "pred_eng.parquet"
    assert semeval_emo.validate(pd.read_parquet(path)).counts.keys() <= semeval_emo.validate(path).counts.keys()
