"""fix: unambiguous problems are fixed, ambiguous ones are refused, and the input is not changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.errors import UsageError
from semeval_emo.submission import FixReport, entry, fix, read_submission
from semeval_emo.submission.write import probability_bytes
from semeval_emo.task import load_task

# Cases of test_official_cases.py with the labels of the valid file, by track; the labels of the others are unknown.
SAME = {
    "a": (0, 2, 4, 6, 8, 18, 32, 38, 40, 42, 44, 46, 48, 50),
    "b": (0, 2, 4, 6, 8, 32, 38, 40, 42, 44, 46, 48, 50),
}
REFUSED = {
    "a": {12: "E507", 14: "E512", 16: "E512", 20: "E405", 22: "E401", 24: "E402", 30: "E312", 34: "E501", 36: "E320",
          56: "E512"},
    "b": {12: "E507", 16: "E512", 18: "E510", 20: "E405", 22: "E401", 24: "E402", 30: "E312", 34: "E501", 36: "E320",
          56: "E512"},
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def done(report: FixReport) -> dict[str, int]:
    """Return the number of changes by the name of the problem."""
    return {entry(one.code).name if one.code else "": one.count for one in report.changes}


def reasons(report: FixReport) -> set[str]:
    return {code for one in report.refusals for code in one.counts}


# ---- the cases that the official scorers were run on


@pytest.mark.parametrize(("track", "case"), [(track, case) for track in SAME for case in SAME[track]])
def test_a_lossless_case_becomes_the_valid_file(track, case, make_file, malformed, fix_file):
    report, out = fix_file(make_file(track, "ron").name, malformed(case, make_file(track, "ron")))
    assert out == {f"track_{track}/pred_ron.csv": make_file(track, "ron").bytes()}
    assert report.ok
    assert report.unchanged == (case == 0)


@pytest.mark.parametrize("track", "ab")
@pytest.mark.parametrize("case", [10, 54, 58])
def test_a_value_case_becomes_the_file_with_that_integer(track, case, make_file, malformed, fix_file):
    valid = make_file(track, "ron")
    if case != 10:
        valid.rows[0][1] = "1"
    _, out = fix_file(valid.name, malformed(case, make_file(track, "ron")))
    assert out == {valid.name: valid.bytes()}


@pytest.mark.parametrize(("track", "case"), [(track, case) for track in REFUSED for case in REFUSED[track]])
def test_ambiguous_cases_are_refused_and_nothing_is_written(track, case, make_file, malformed, fix_file):
    report, out = fix_file(make_file(track, "ron").name, malformed(case, make_file(track, "ron")))
    assert out == {}
    assert not report.ok
    assert report.written == ()
    assert REFUSED[track][case] in reasons(report)


def test_intensities_on_an_intensity_track_are_valid(make_file, malformed, fix_file):
    report, out = fix_file("track_b/pred_ron.csv", malformed(14, make_file("b", "ron")))
    assert report.unchanged
    assert b",2," in out["track_b/pred_ron.csv"]


def test_ids_determine_the_track(make_file, malformed, fix_file):
    """Case 26: the ids of track C in the folder of track A."""
    file = make_file("a", "ron")
    report, out = fix_file(file.name, malformed(26, file))
    assert list(out) == ["track_c/pred_ron.csv"]
    assert done(report) == {"wrong-track": 1}
    assert report.changes[0].done == "moved to the folder of the track of its ids"


def test_rows_are_sorted_and_a_constant_column_is_kept(make_file, malformed, fix_file, write_files, tmp_path):
    file = make_file("a", "ron")
    body = malformed(28, file)
    file.rows.sort()
    report, out = fix_file(file.name, body)
    assert out == {file.name: file.bytes()}
    assert done(report) == {"row-order": 1}
    path = write_files({"two/pred_ron.csv": malformed(52, make_file("a", "ron"))}) / "two" / "pred_ron.csv"
    assert fix(path).unchanged


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("track_a/predictions_ron.csv", "name-unseen"),
        ("track_a/PRED_ron.csv", "name-unseen"),
        ("track_a/pred_ron_a.csv", "name-extra"),
        ("track_a/pred_xyz.csv", "name-unknown-language"),
        ("track_a/pred_rum.csv", "name-alias"),
        ("track_a/pred_ron.csv.csv", "name-extra"),
        ("track_a/pred_ron (1).csv", "name-extra"),
        ("llama.csv", "name-unseen"),
        ("track_a/pred_deu.csv", "wrong-language"),
    ],
)
def test_a_name_is_corrected_by_the_ids(name, problem, make_file, fix_file):
    report, out = fix_file(name, make_file("a", "ron").bytes())
    assert out == {"track_a/pred_ron.csv": make_file("a", "ron").bytes()}
    assert done(report) == {problem: 1}
    assert report.ok


# ---- other unambiguous problems


def test_many_problems_at_once(make_file, fix_file):
    valid = make_file("a", "eng", "dev")
    file = make_file("a", "eng", "dev")
    file.header = ["", "ID", " Surprise", "text", "disgust", "Anger", "fear", "JOY", "sadness", "score", ""]
    mixed = []
    for n, (one, anger, fear, joy, sadness, surprise) in enumerate(file.rows):
        mixed.append([
            str(n), one.upper() if n % 2 else one.replace("_000", "_"), f"{surprise}.0", '"a, ""text"""', "0",
            "True" if anger == "1" else "False", f"0{fear}", f" {joy}", f"{sadness}e0", "0.73", "",
        ])  # fmt: skip
    file.rows = [*mixed[:5], mixed[4], *mixed[:4:-1]]
    body = b"\xef\xbb\xbf" + file.text(newline="\r\n").replace("\r\n", "\r\n\r\n", 3).encode()
    report, out = fix_file("pred_ENG_a.csv", body)
    assert out == {"track_a/pred_eng.csv": valid.bytes()}
    assert report.ok
    assert done(report) == {
        "name-extra": 1, "byte-order-mark": 1, "header-case": 1, "header-padding": 1, "header-order": 1,
        "index-column": 1, "text-column": 1, "surplus-emotion": 1, "unknown-column": 1, "trailing-comma": 1,
        "crlf": 1, "blank-line": 3, "duplicate-id": 1, "id-case": 58, "id-zeros": 51,
        "row-order": 1, "float-cell": 234, "boolean-cell": 117, "number-form": 117, "padded-cell": 117,
    }  # fmt: skip


def test_a_semicolon_file_with_decimal_commas(make_file, fix_file):
    valid = make_file("b", "ron", "dev")
    file = make_file("b", "ron", "dev")
    for row in file.rows:
        row[1:] = [f"{cell},0" for cell in row[1:]]
    report, out = fix_file(file.name, file.text(delimiter=";").encode("utf-16"))
    assert out == {valid.name: valid.bytes()}
    assert done(report) == {"not-utf-8": 1, "delimiter": 1, "float-cell": 123 * 6}


def test_a_valid_file_without_a_final_line_break_is_not_changed(make_file, fix_file):
    file = make_file("a", "eng", "dev")
    report, out = fix_file(file.name, file.bytes()[:-1])
    assert out == {file.name: file.bytes()[:-1]}
    assert (report.changes, report.unchanged) == ((), True)


def test_undecodable_bytes_are_removed_with_their_column(make_file, fix_file):
    file = make_file("a", "eng", "dev")
    file.header.insert(1, "text")
    for row in file.rows:
        row.insert(1, "caf\udce9")
    report, out = fix_file(file.name, file.text().encode("utf-8", "surrogateescape"))
    assert out == {file.name: make_file("a", "eng", "dev").bytes()}
    assert set(done(report)) == {"undecodable", "text-column"}


def test_a_repeated_header(make_file, fix_file):
    file = make_file("a", "eng", "dev")
    half = len(file.rows) // 2
    file.rows.insert(half, list(file.header))
    report, out = fix_file(file.name, file.bytes())
    assert out == {file.name: make_file("a", "eng", "dev").bytes()}
    assert done(report) == {"repeated-header": 1}


# ---- probabilities


def test_probabilities_need_a_threshold(make_file, fix_file):
    file = make_file("a", "eng", "dev")
    for row in file.rows:
        row[1:] = [("0.8" if cell == "1" else "0.2") for cell in row[1:]]
    report, out = fix_file(file.name, file.bytes())
    assert out == {}
    assert reasons(report) == {"E511"}


def test_a_threshold_converts_probabilities_to_labels(make_file, write_files, tmp_path):
    file = make_file("a", "eng", "dev")
    valid = file.bytes()
    for row in file.rows:
        row[1:] = [("0.5" if cell == "1" else "0.4999999") for cell in row[1:]]
    path = write_files({"in/prob_eng.csv": file.bytes()}) / "in" / "prob_eng.csv"
    report = fix(path, threshold=0.5)
    assert contents(tmp_path / "in" / "fixed") == {file.name: valid}
    assert report.changes[-1].done == "probabilities converted to labels: 1 from 0.5 on"
    assert report.changes[-1].count == 116 * 5


def test_probabilities_of_the_zoo_are_converted_with_a_threshold(tmp_path):
    import numpy as np

    spec = load_task().spec("c", "jav", "dev")
    values = np.random.default_rng(0).random((spec.rows, len(spec.emotions)))
    (tmp_path / "prob_jav.csv").write_bytes(probability_bytes(spec, values))
    fix(tmp_path / "prob_jav.csv", tmp_path / "out", threshold=0.3)
    (read,) = read_submission(tmp_path / "out").predictions
    assert (read.values == (values >= 0.3)).all()


def test_a_threshold_does_not_apply_to_intensities(make_file, fix_file):
    file = make_file("b", "eng", "dev")
    file.rows[0][1] = "0.5"
    with pytest.raises(UsageError, match="A threshold gives 0 or 1, but these labels are 0, 1, 2, 3"):
        fix_file(file.name, file.bytes(), threshold=0.5)


@pytest.mark.parametrize("threshold", [0, -1, 1.5, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold, make_file, fix_file):
    with pytest.raises(UsageError, match="The threshold must be greater than 0 and at most 1"):
        fix_file("pred_eng.csv", make_file("a", "eng", "dev").bytes(), threshold=threshold)
