"""The malformed files that the official scorers were run on, with the codes that `validate` reports.

Numbers are those of the measurements: Romanian, 1,119 rows, track A and track B.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.submission import entry, read_submission, validate

TRACKS = ("a", "b")

# Case: the codes under track A, under track B where they differ, and the line of the first problem.
IN_THE_FILE: dict[int, tuple[set[str], set[str] | None, int | None]] = {
    0: (set(), None, None),
    2: ({"E309"}, None, 1),
    4: ({"E304"}, None, 1),
    6: ({"W324"}, None, None),
    8: ({"E308"}, None, 2),
    10: ({"E509"}, None, 2),
    12: ({"E507"}, None, 2),
    14: ({"E512"}, set(), 2),
    16: ({"E512"}, None, 2),
    18: ({"E510"}, None, 2),
    20: ({"E401", "E405"}, None, None),
    22: ({"E401"}, None, None),
    24: ({"E402"}, None, 1121),
    26: ({"E206"}, None, None),
    28: ({"W416"}, None, 2),
    30: ({"E312"}, None, 1),
    32: ({"E318"}, None, 1),
    34: ({"E501"}, None, 2),
    36: ({"E320"}, None, 1),
    38: ({"E307"}, None, 1),
    40: ({"E303"}, None, None),
    42: ({"E315"}, None, 1),
    44: ({"W516"}, None, 2),
    46: ({"E506"}, None, 1121),
    48: ({"E506"}, None, 11),
    50: ({"E406"}, None, 2),
    52: ({"W517"}, None, None),
    54: ({"E513"}, None, 2),
    56: ({"E512"}, None, 2),
    58: ({"E509"}, None, 2),
}


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("case", IN_THE_FILE)
def test_codes_of_malformed_files(
    case: int, track: str, make_file: Callable, malformed: Callable, validate_file: Callable
):
    file = make_file(track, "ron")
    codes, others, line = IN_THE_FILE[case]
    expected = others if track == "b" and others is not None else codes
    name = file.name
    report = validate_file(name, malformed(case, file))
    assert set(report.counts) == expected
    if expected and line:
        assert report.problems[0].line == line
    assert report.valid == (not any(code.startswith("E") for code in expected))


def test_shuffled_ids_are_not_detected(make_file: Callable, malformed: Callable, validate_file: Callable):
    """Case 28: with the rows sorted, the file is valid without warnings (see docs/problems.md)."""
    file = make_file("a", "ron")
    malformed(28, file)
    file.rows.sort()
    report = validate_file(file.name, file.bytes())
    assert (report.valid, report.counts) == (True, {})


@pytest.mark.parametrize(
    ("case", "files", "codes"),
    [
        (60, {"track_{t}/predictions_ron.csv": 1}, {"E202"}),
        (62, {"track_{t}/PRED_ron.csv": 1}, {"E202"}),
        (64, {"track_{t}/pred_ron_{t}.csv": 1}, {"E201"}),
        (66, {"track_{t}/pred_xyz.csv": 1}, {"E204"}),
        (68, {"track_{t}/pred_ron.csv.csv": 1}, {"E201"}),
        (70, {"pred_ron.csv": 1}, {"W117"}),
        (72, {"Track{T}/pred_ron.csv": 1}, {"W118"}),
        (74, {"track_{t}/pred_ron.csv": 1, "__MACOSX/track_{t}/._pred_ron.csv": 0, ".DS_Store": 0}, {"W115"}),
        (76, {"track_{t}/pred_ron.csv": 1, "track_{t}/.ipynb_checkpoints/pred_ron-checkpoint.csv": 1}, {"E114"}),
        (80, {"track_{t}/": 0}, {"E110"}),
        (82, {"track_{t}/pred_ron.csv": 1, "track_{t}/pred_x.csv/": 0}, {"E112"}),
    ],
)
@pytest.mark.parametrize("track", TRACKS)
def test_codes_of_unusual_names(
    case: int, files: dict, codes: set[str], track: str, make_file: Callable, write_files: Callable
):
    body = make_file(track, "ron").bytes()
    folder = write_files({
        name.format(t=track, T=track.upper()): body if whole else b"\0\5\7" for name, whole in files.items()
    })  # fmt: skip
    assert set(validate(folder).counts) == codes


def test_a_checkpoint_in_a_zip_is_an_error(make_file: Callable, write_zip: Callable):
    """Case 76 in a zip, where it fails the whole submission."""
    file = make_file("a", "ron")
    path = write_zip({file.name: file.bytes(), "track_a/.ipynb_checkpoints/pred_ron-checkpoint.csv": file.bytes()})
    report = validate(path)
    assert set(report.counts) == {"E114"}
    assert not report.valid


def test_a_bad_header_does_not_affect_the_other_files(make_file: Callable, write_files: Callable):
    """Case 78: the official scorers stop at the bad header; `read_submission` reads the other file."""
    good, bad = make_file("a", "ron"), make_file("a", "rus")
    bad.header[1] = "angr"
    submission = read_submission(write_files({good.name: good.bytes(), bad.name: bad.bytes()}))
    assert set(submission.report.counts) == {"E312", "E313"}
    assert [predictions.spec.language for predictions in submission.predictions] == ["ron"]
    unknown = next(problem for problem in submission.report.problems if problem.code == "E313")
    assert unknown.message == "column 2, 'angr', is not a column of this file; did you mean 'anger'?"


def test_the_codes_of_all_cases_have_an_outcome_for_each_official_scorer():
    reported = {code for codes, others, _ in IN_THE_FILE.values() for code in codes | (others or set())}
    for code in reported:
        assert len(entry(code).official) == 3, code


def test_values_of_track_b_are_read(make_file: Callable, write_files: Callable):
    file = make_file("b", "ron")
    predictions = read_submission(write_files({file.name: file.bytes()}) / Path(file.name)).predictions[0]
    assert predictions.values.tolist() == [[int(cell) for cell in row[1:]] for row in file.rows]
