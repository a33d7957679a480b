"""What each malformed submission gets: outcomes.csv is the record, and docs/organisers.md the rule."""

from __future__ import annotations

import csv
import html
import os
import re
import zipfile
from pathlib import Path

import pytest
from malformed_cases import cases

from semeval_emo.bundle.program import FAILED, INVALID
from semeval_emo.bundle.validator import check_submission
from semeval_emo.submission import catalogue

RECORD = Path(__file__).with_name("outcomes.csv")
HEADER = ("submission", "exit", "macro_f1", "codes")
CODE = re.compile(r"\b[EW]\d{3}\b")


@pytest.fixture(scope="module")
def sample(unpacked) -> Path:
    return unpacked("sample", "sample", track="a", splits=["test"])


def test_recorded_outcomes(sample, worker):
    """SEMEVAL_EMO_GOLDEN=write rewrites the record; read the difference before committing it."""
    runs = worker(sample, "test", cases())
    rows = [
        (name, str(run.code), f"{run.scores['macro_f1']:.6f}" if run.scores else "", " ".join(codes(run.err)))
        for name, run in runs.items()
    ]
    if os.environ.get("SEMEVAL_EMO_GOLDEN") == "write":
        with RECORD.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([HEADER, *rows])
    with RECORD.open(encoding="utf-8", newline="") as stream:
        assert list(map(tuple, csv.reader(stream))) == [HEADER, *rows]
    for name, run in runs.items():
        # A score, or a failure that is explained: nothing else.
        assert (run.code, run.scores is None) in ((0, False), (INVALID, True)), name
        assert set(codes(run.page)) == set(codes(run.err)), name
        assert (FAILED in run.page) == run.err.startswith(FAILED) == (run.code == INVALID), name
        if run.code == INVALID:
            assert not run.out
            # The remedy of each problem is on the page, and none needs what a participant does not have.
            fixes = re.findall(r"(?m)^      (?:auto-)?fix: (.{20})", run.err)
            # Without the marks where a line may end.
            page = html.unescape(re.sub(r'<wbr>|<span class="whole">|</span>', "", run.page))
            assert all(fix in page for fix in fixes), name
            assert "--subset" not in run.err + run.page
            assert "semeval-emo score" not in run.err + run.page


def test_the_check_of_the_starting_kit_agrees(sample, tmp_path):
    """What it accepts is scored, and what it refuses fails, with the same problems."""
    with RECORD.open(encoding="utf-8", newline="") as stream:
        record = {row["submission"]: (row["exit"] == "0", row["codes"].split()) for row in csv.DictReader(stream)}
    found = {}
    for name, files in cases().items():
        path = tmp_path / "track_a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for member, body in files.items():
                archive.writestr(member, body)
        valid, text = check_submission(str(path), str(sample / "starting_kit/task"))
        found[name] = valid, codes(text)
    assert found == record


def codes(text: str) -> list[str]:
    """The codes of problems in a text."""
    known = {entry.code for entry in catalogue().values()}
    return sorted({*CODE.findall(text)} & known)


def test_no_wrong_label_is_scored():
    """Where a malformed submission has a score, it is that of the valid file, or its labels really are others."""
    with RECORD.open(encoding="utf-8", newline="") as stream:
        scores = {row["submission"]: row["macro_f1"] for row in csv.DictReader(stream)}
    others = {name for name, score in scores.items() if score not in ("", scores["valid"])}
    assert others == {"every label 0"}
