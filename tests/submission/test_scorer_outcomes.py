"""What the official scorers do, against the recorded outcomes of the scorers themselves."""

from __future__ import annotations

import csv
import functools
import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from semeval_emo.data import gold as gold_module
from semeval_emo.submission import Report, entry, validate
from semeval_emo.submission.scorers import handed_in

ORGANISERS, CODABENCH = "organisers-2025", "codabench-2026"
OUTCOMES = {"score": "scored", "reject": "rejected", "fail": "rejected", "crash": "crashed", "nothing": "nothing"}


class Recorded(NamedTuple):
    """What the scorers did with one case; a score is the text that they printed, empty if it was not recorded."""

    case: str
    outcomes: dict[str, str]
    scores: dict[str, str]

    @property
    def track(self) -> str:
        return self.case[0]

    @property
    def mutation(self) -> str:
        return self.case.split("-", 2)[2]


@pytest.fixture(scope="module")
def recorded(shared_dir: Path) -> list[Recorded]:
    with (shared_dir / "scorers/outcomes.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [
        Recorded(
            row["case"],
            {ORGANISERS: OUTCOMES[row["organisers_outcome"]], CODABENCH: OUTCOMES[row["codabench_outcome"]]},
            {ORGANISERS: row["organisers_score"], CODABENCH: row["codabench_score"]},
        )
        for row in rows
    ]


@pytest.fixture(scope="module")
def malformed_files(shared_dir: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("malformed", shared_dir / "scorers/malformed.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cases(recorded: list[Recorded], malformed_files: ModuleType, tmp_path_factory) -> dict[str, Path]:
    """The recorded cases as they are handed in."""
    out = tmp_path_factory.mktemp("cases")
    for one in recorded:
        track, language, mutation = one.case.split("-", 2)
        malformed_files.place(track, language, mutation, out / one.case)
    return {one.case: out / one.case for one in recorded}


@pytest.fixture(scope="module")
def reports(cases: dict[str, Path]) -> dict[str, Report]:
    return {case: validate(path) for case, path in cases.items()}


def outcomes(report: Report) -> list[tuple[str, str | None, str]]:
    return [(one.scorer, one.track, one.outcome) for one in report.official]


def test_every_recorded_outcome(recorded: list[Recorded], reports: dict[str, Report]):
    assert len(recorded) == 418
    for one in recorded:
        expected = [(scorer, one.track, outcome) for scorer, outcome in one.outcomes.items()]
        assert outcomes(reports[one.case]) == expected, one.case


def test_the_track_folder_or_the_option_gives_the_same_outcomes(recorded: list[Recorded], cases: dict[str, Path]):
    names = ("valid", "other_track_ids", "other_split_ids", "ids_numbers", "empty")
    for one in recorded:
        if not one.mutation.startswith(("name_", "folder_", "checkpoint", "macosx")) and one.mutation not in names:
            continue
        expected = [(scorer, one.track, outcome) for scorer, outcome in one.outcomes.items()]
        assert outcomes(validate(cases[one.case], track=one.track)) == expected, one.case
        if one.mutation not in ("folder_root", "folder_nested"):
            (inner,) = [path for path in cases[one.case].iterdir() if path.name != "__MACOSX"]
            assert outcomes(validate(inner)) == expected, one.case


def test_every_recorded_score(
    recorded: list[Recorded], cases: dict[str, Path], data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gold_module, "gold_for", functools.cache(gold_module.gold_for))
    gold, counted = data_dir / "brighter-2025", 0
    for one in recorded:
        if not any(one.scores.values()):
            continue
        for outcome in validate(cases[one.case], gold=gold).official:
            if text := one.scores[outcome.scorer]:
                (score,) = outcome.scores.values()
                assert score == float(text) or (math.isnan(score) and text == "nan"), (one.case, outcome)
                counted += 1
    assert counted == 221


# The words by which the texts of the catalogue say what a scorer does.
CLAIMS = {
    "scored": r"\b(scores(?! nothing)|ignores|does not read)\b",
    "rejected": r"\b(rejects|fails the whole submission|is not started|reports that there are no)\b",
    "crashed": r"\bcrashes\b",
    "nothing": r"\bscores nothing|nothing is scored\b",
}


def claimed(text: str) -> set[str]:
    return {outcome for outcome, words in CLAIMS.items() if re.search(words, text)}


def test_the_catalogue_contradicts_no_recorded_outcome(recorded: list[Recorded], reports: dict[str, Report]):
    """A scored file has only problems that the scorer may score; otherwise a problem says why it is not."""
    for one in recorded:
        # A nested track folder on disk is not reported: what is handed in is the user's choice.
        if one.mutation == "folder_nested":
            continue
        for scorer, outcome in one.outcomes.items():
            by_code = {
                code: claimed(entry(code).official_for(one.track == "b").get(scorer, ""))
                for code in reports[one.case].counts
            }
            if outcome == "scored":
                assert all(outcome in outcomes for outcomes in by_code.values()), (one.case, scorer, by_code)
            else:
                assert any(outcome in outcomes for outcomes in by_code.values()), (one.case, scorer, by_code)


def test_files_that_need_no_port_are_scored_as_the_ports_do(
    recorded: list[Recorded], cases: dict[str, Path], reports: dict[str, Report], monkeypatch: pytest.MonkeyPatch
):
    clean = [one.case for one in recorded if reports[one.case].valid]
    assert len(clean) > 30
    monkeypatch.setattr(handed_in, "canonical", lambda files: {})
    for case in clean:
        assert validate(cases[case]).official == reports[case].official, case
