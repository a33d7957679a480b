"""The output of the commands validate and explain."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from semeval_emo.report.submission import catalogue_page
from semeval_emo.submission import catalogue
from semeval_emo.task import load_task

ROOT = Path(__file__).parents[2]


def test_a_valid_file_has_one_line_the_official_outcomes_and_the_next_command(make_file, write_files, run):
    write_files({"pred_eng.csv": make_file("a", "eng").bytes()})
    assert run("validate", "pred_eng.csv") == (
        0,
        """\
pred_eng.csv: valid, 2,767 rows of 2025 track a eng test

organisers-2025, track a: scored
codabench-2026, track a: scored against the gold labels of 2025; its own gold labels (release
  codabench-2026) have other ids and reject this file

Valid: 1 file.
Next: semeval-emo score pred_eng.csv
""",
        "",
    )


def test_problems_have_their_fix_and_the_outcome_is_that_of_the_submission(make_file, write_files, run):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a.rows += c.rows
    order = [0, 3, 4, 1, 2, 5]
    a.header, a.rows = [a.header[at] for at in order], [[row[at] for at in order] for row in a.rows]
    write_files({"pred_eng.csv": a.bytes()})
    code, out, err = run("validate", "pred_eng.csv")
    assert (code, err) == (1, "")
    assert (
        out
        == """\
pred_eng.csv: 2,767 rows of 2025 track a eng test, and 2,767 rows of 2025 track c eng test; 2 errors

  pred_eng.csv:1  E311  the columns are id,joy,sadness,anger,fear,surprise; expected
      id,anger,fear,joy,sadness,surprise
      auto-fix: reorder the columns by name

  pred_eng.csv:2769  E410  5,534 rows, but track a has 2,767: lines 2769 to 5535 are of track c
      (2,767 of its 2,767 rows); a file like this belongs to release hub (--release hub)
      auto-fix: split the file: one file per track

organisers-2025, track a: rejected: the header of pred_eng.csv is
  'id,joy,sadness,anger,fear,surprise', not 'id,anger,fear,joy,sadness,surprise'
codabench-2026, track a: rejected: the header of pred_eng.csv is
  'id,joy,sadness,anger,fear,surprise', not 'id,anger,fear,joy,sadness,surprise'

Not valid: 2 errors.
Next: semeval-emo fix pred_eng.csv
More about a code: semeval-emo explain E311
"""
    )


def test_the_first_examples_and_the_count_of_the_others(make_file, write_files, run):
    file = make_file("a", "ron", "dev")
    for row in file.rows:
        row[2] = "nan"
    write_files({"pred_ron.csv": file.bytes()})
    code, out, _ = run("validate", "pred_ron.csv")
    assert code == 1
    assert "  pred_ron.csv:6  E508  disgust: 'nan' is a missing value; expected 0 or 1\n" in out
    assert "pred_ron.csv:7" not in out
    assert "      … and 118 more like these\n" in out
    assert "Next:" not in out


def test_the_number_of_errors_that_fix_can_fix(make_file, write_files, run):
    file = make_file("a", "ron", "dev")
    file.header[1] = "Anger"
    file.rows[1][2] = "nan"
    write_files({"pred_ron.csv": file.bytes()})
    _, out, _ = run("validate", "pred_ron.csv")
    assert "\nsemeval-emo fix can fix 1 of 2 kinds of errors (auto-fix); fix E508 by hand first.\n" in out


def test_warnings_do_not_fail(make_file, write_files, run):
    file = make_file("b", "ron")
    for row in file.rows:
        row[1:] = ["0"] * 6
    write_files({"pred_ron.csv": file.bytes()})
    code, out, _ = run("validate", "pred_ron.csv")
    assert code == 0
    assert "W518  every label in all 1,119 rows is 0" in out
    out = " ".join(out.split())
    assert "organisers-2025, track b: scored: Pearson r is nan (constant anger, disgust, fear, joy, sadness, " in out
    assert "Valid: 1 file, with 1 warning." in out


def test_without_a_path_the_files_of_the_folder_are_checked(make_file, write_files, run):
    write_files(
        {
            "pred_eng.csv": make_file("a", "eng").bytes(),
            "track_b/pred_ron.csv": make_file("b", "ron").bytes(),
            "notes.csv": "x",
        }
    )
    code, out, err = run("validate")
    assert code == 0
    assert out.splitlines()[:2] == [
        "pred_eng.csv: valid, 2,767 rows of 2025 track a eng test",
        f"{Path('track_b/pred_ron.csv')}: valid, 1,119 rows of 2025 track b ron test",
    ]
    assert err == (
        "No path given: checking the prediction files of this folder: pred_eng.csv, track_b/pred_ron.csv.\n\n"
    )
    assert run("validate", "--quiet")[2] == ""


def test_an_empty_folder_without_a_path(run):
    assert run("validate") == (
        3,
        "",
        "error: No path given, and there is no pred_*.csv in this folder nor in submissions/.\n"
        "  fix: give a path: a prediction file, a folder or a zip\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["pred_deu.csv"], 3, "error: pred_deu.csv does not exist.\n  fix: did you mean 'pred_eng.csv'?\n"),
        (["-"], 2, "error: Standard input ('-') is not supported"),
        (["pred_eng.csv", "--track", "d"], 2, "error: There is no track 'd'"),
        (["pred_eng.csv", "--release", "2024"], 2, "error: Files of release 2024 cannot be checked"),
        (["pred_eng.csv", "--format", "yaml"], 2, "error: "),
    ],
)
def test_usage_and_input_errors(words, code, message, make_file, write_files, run):
    write_files({"pred_eng.csv": make_file("a", "eng").bytes()})
    exit_code, out, err = run("validate", *words)
    assert (exit_code, out) == (code, "")
    assert err.startswith(message)


def test_a_pipe_is_not_read(tmp_path, run):
    os.mkfifo(tmp_path / "pred_eng.csv")
    assert run("validate", "pred_eng.csv")[::2] == (
        3,
        "error: pred_eng.csv is neither a file nor a folder.\n  fix: name a file, a folder or a zip\n",
    )


def test_json(make_file, write_files, run):
    file = make_file("a", "ron")
    file.rows[3][1] = "1.0"
    write_files({"pred_ron.csv": file.bytes()})
    code, out, _ = run("validate", "pred_ron.csv", "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert (report["schema"], report["valid"], report["task"]) == (
        "semeval-emo/validate/1",
        False,
        "semeval-2025-task-11",
    )
    assert (report["errors"], report["warnings"], report["counts"]) == (1, 0, {"E509": 1})
    assert report["official"] == [
        {
            "scorer": "organisers-2025", "track": "a", "outcome": "crashed",
            "message": "crashed: pred_ron.csv does not have 6 labels in every row; a row with a cell that is not an "
            "integer counts as seven zeros (ValueError)",
        },
        {
            "scorer": "codabench-2026", "track": "a", "outcome": "rejected",
            "message": "rejected: anger of ron_test_track_a_00004 in pred_ron.csv is '1.0', expected 0 or 1",
        },
    ]  # fmt: skip
    assert report["files"] == [
        {
            "file": "pred_ron.csv", "kind": "predictions", "valid": False, "rows": 1119, "lines": 1120,
            "encoding": "utf-8",
            "parts": [
                {
                    "release": "2025", "track": "a", "language": "ron", "split": "test", "rows": 1119,
                    "expected_rows": 1119, "lines": [2, 1120], "fits_releases": ["2025", "2025-09"], "scorable": False,
                }
            ],
            "counts": {"E509": 1},
            "repairs": {"E509": "decimals converted to integers"},
            "joined": [],
        }
    ]  # fmt: skip
    problem = report["problems"][0]
    assert problem.pop("official")["codabench-2026"] == "fails the whole submission: invalid value"
    assert problem == {
        "code": "E509", "name": "float-cell", "severity": "error", "file": "pred_ron.csv", "line": 5, "column": "anger",
        "value": "1.0", "message": "'1.0' is a decimal; expected 0 or 1", "count": 1,
        "fix": "write integers (in pandas: frame.astype(int))",
    }  # fmt: skip


def test_csv_has_one_row_for_each_example(make_file, write_files, run):
    file = make_file("a", "ron", "dev")
    for row in file.rows:
        row[2] = "nan"
    write_files({"pred_ron.csv": file.bytes()})
    _, out, _ = run("validate", "pred_ron.csv", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["line"], row["code"], row["of this kind"]) for row in rows] == [
        (str(n), "E508", "123") for n in range(2, 7)
    ]


def test_a_report_can_be_written_to_a_file(make_file, write_files, run, tmp_path):
    write_files({"pred_eng.csv": make_file("a", "eng").bytes()})
    code, out, err = run("validate", "pred_eng.csv", "--format", "markdown", "--output", "report.md")
    assert (code, out, err) == (0, "", "Written to report.md.\n")
    assert "| pred_eng.csv | yes" in (tmp_path / "report.md").read_text()


def test_terminal_escapes_in_cells_are_escaped(make_file, write_files, run):
    file = make_file("a", "ron", "dev")
    file.rows[0][1] = "\x1b[31mred"
    write_files({"pred_ron.csv": file.bytes()})
    _, out, _ = run("validate", "pred_ron.csv")
    assert "\x1b" not in out
    assert r"'\x1b[31mred'" in out


def test_terminal_escapes_in_file_names_are_escaped(make_file, write_zip, run):
    write_zip({"track_a/pred_ron\x1b[31m.csv": make_file("a", "ron", "dev").bytes()})
    for style in ("text", "markdown", "csv", "json"):
        code, out, _ = run("validate", "track.zip", "--format", style)
        assert code == 1
        assert "\x1b" not in out
        assert "pred_ron" in out


def test_explain_a_code(run):
    code, out, _ = run("explain", "header-case")
    assert code == 0
    assert out.startswith("E309  header-case: another case in the header\nError, place: text and header.\n")
    assert "  codabench-2026      accepts the header, then crashes (KeyError): the whole submission scores 0; if" in out
    assert run("explain", "e309")[1] == out


def test_explain_shows_the_outcome_on_intensity_tracks(run):
    out = " ".join(run("explain", "E507")[1].split())
    assert (
        "crashes: it replaces the row with seven zeros, whatever the number of labels; on intensity tracks: "
        "silently scores the row as all zeros" in out
    )


def test_explain_lists_every_code(run):
    _, out, _ = run("explain")
    for entry in catalogue().values():
        assert f"  {entry.code}  {entry.name}" in out
    _, out, _ = run("explain", "--format", "json")
    assert [entry["code"] for entry in json.loads(out)["problems"]] == [entry.code for entry in catalogue().values()]


def test_explain_an_unknown_code(run):
    assert run("explain", "E999") == (
        2,
        "",
        "error: There is no problem code 'E999'.\n  fix: semeval-emo explain lists all codes\n",
    )
    assert run("explain", "header-cas")[2].endswith("fix: did you mean 'header-case'?\n")


def test_the_page_equals_the_catalogue():
    """To update the page: semeval-emo explain --format markdown > docs/problems.md."""
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert page == catalogue_page(load_task()) + "\n"


def test_explain_prints_the_page(run):
    assert run("explain", "--format", "markdown")[1] == catalogue_page(load_task()) + "\n"
