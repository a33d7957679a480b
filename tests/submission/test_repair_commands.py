"""The commands fix and pack: output, exit codes and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_fix_lists_every_change_and_new_file(make_file, write_files, run):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a.rows += c.rows
    order = [0, 3, 4, 1, 2, 5]
    a.header, a.rows = [a.header[at] for at in order], [[row[at] for at in order] for row in a.rows]
    write_files({"pred_eng.csv": a.bytes()})
    code, out, err = run("fix", "pred_eng.csv")
    assert (code, err) == (0, "")
    assert (
        out
        == """\
Changed
  E311  columns reordered by name
        line 1: 'id,joy,sadness,anger,fear,surprise'
  E410  rows separated by track
        5,534 rows, but track a has 2,767: lines 2769 to 5535 are of track c (2,767 of its 2,767
          rows); a file like this belongs to release hub (--release hub)

Written and validated
  fixed/track_a/pred_eng.csv   2,767 rows  2025 track a eng test
  fixed/track_c/pred_eng.csv   2,767 rows  2025 track c eng test

Fixed: 2 files. The input is unchanged.
Next: semeval-emo score fixed
"""
    )


def test_fix_lists_refusals_with_reasons(make_file, write_files, run, tmp_path):
    file = make_file("a", "eng", "dev")
    for row in file.rows[:9]:
        row[3] = ""
    file.rows[20][1] = "maybe"
    write_files({"pred_eng.csv": file.bytes()})
    code, out, err = run("fix", "pred_eng.csv")
    assert (code, err) == (1, "")
    assert (
        out
        == """\
Not fixed automatically
  pred_eng.csv (2025 track a eng dev)
    E507  line 2: joy: the cell is blank; expected 0 or 1
    E507  line 3: joy: the cell is blank; expected 0 or 1
    E507  line 4: joy: the cell is blank; expected 0 or 1
          … and 6 more like these
          fix: predict the label; write 0 if it is absent
    E514  line 22: anger: 'maybe' is not 0 or 1
          fix: define the label of each word: semeval-emo fix --map maybe=LABEL; LABEL is 0 or 1

Nothing was written.
"""
    )
    assert [path.name for path in tmp_path.iterdir()] == ["pred_eng.csv"]


def test_fix_lists_missing_rows_as_ranges(make_file, write_files, run):
    file = make_file("a", "eng", "dev")
    del file.rows[40], file.rows[3:19]
    write_files({"pred_eng.csv": file.bytes()})
    code, out, _ = run("fix", "pred_eng.csv")
    assert code == 1
    assert (
        out
        == """\
Not fixed automatically
  pred_eng.csv (2025 track a eng dev)
    E401  there is no row for eng_dev_track_a_00004 to eng_dev_track_a_00019 (16 ids)
    E401  there is no row for eng_dev_track_a_00041
          fix: predict every text of 2025 track a eng dev; a text without any label is a row of
               zeros, not a missing row; score --subset scores the rows that are there

Nothing was written.
"""
    )


def test_fix_suggests_a_threshold(make_file, write_files, run):
    file = make_file("a", "eng", "dev")
    file.rows[0][1:] = ["0.9", "0.1", "0.2", "0.3", "0.4"]
    write_files({"pred_eng.csv": file.bytes()})
    code, out, _ = run("fix", "pred_eng.csv")
    assert code == 1
    assert out.endswith(
        "If these are probabilities, choose a threshold on the dev split; 0.5 is an example.\n"
        "Next: semeval-emo fix pred_eng.csv --threshold 0.5\n"
    )
    code, out, _ = run("fix", "pred_eng.csv", "--threshold", "0.5", "-o", "out.csv")
    assert code == 0
    assert "probabilities converted to labels: 1 from 0.5 on (5 times)" in out
    assert "Note: out.csv is not an official name: the official scorers look for pred_eng.csv" in out


def test_fix_of_a_valid_file(make_file, write_files, run):
    write_files({"pred_eng.csv": make_file("a", "eng", "dev").bytes()})
    assert run("fix", "pred_eng.csv") == (
        0,
        "Nothing to fix: pred_eng.csv is valid.\nNext: semeval-emo score pred_eng.csv\n",
        "",
    )
    code, out, _ = run("fix", "pred_eng.csv", "-o", "copy")
    assert code == 0
    assert out.endswith("Nothing to fix: the new file is an exact copy.\n")


def test_fix_as_json_and_tables(make_file, write_files, run):
    file = make_file("a", "eng", "dev")
    file.rows[0][2] = "1.0"
    write_files({"pred_eng.csv": file.bytes()})
    code, out, _ = run("fix", "pred_eng.csv", "--format", "json")
    seen = json.loads(out)
    assert code == 0
    assert seen["schema"] == "semeval-emo/fix/1"
    assert (seen["ok"], seen["unchanged"], seen["out"]) == (True, False, "fixed")
    assert seen["written"][0]["path"] == "fixed/track_a/pred_eng.csv"
    assert seen["changes"][0]["code"] == "E509"
    assert seen["changes"][0]["examples"][0]["value"] == "1.0"
    code, out, _ = run("fix", "pred_eng.csv", "--format", "csv")
    assert "pred_eng.csv,E509,decimals converted to integers,1,2" in out
    code, out, _ = run("fix", "pred_eng.csv", "--format", "markdown")
    assert "**Changed**" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["fix", "gone.csv"], 3, "error: gone.csv does not exist.\n  fix: did you mean 'one.csv'?"),
        (["fix", "one.csv", "-o", "one.csv"], 2, "error: one.csv is the input, which is never overwritten."),
        (
            ["fix", "one.csv", "--threshold", "7"],
            2,
            "error: The threshold must be greater than 0 and at most 1, not 7.",
        ),
        (["fix", "one.csv", "--track", "q"], 2, "error: There is no track 'q'"),
        (["fix", "-"], 2, "error: Standard input ('-') is not supported"),
        (["pack", "-o", "a.zip"], 3, "error: No path given, and there is no pred_*.csv in this folder nor in"),
        (["fix", "-o", "fixed"], 3, "error: No path given, and there is no pred_*.csv in this folder nor in"),
        (["pack", "one.csv", "-o", "a.rar"], 2, "error: The name of the archive, a.rar, does not end in .zip."),
        (["pack", "gone.csv"], 3, "error: gone.csv does not exist."),
    ],
)
def test_errors_have_an_exit_code_and_a_fix(words, code, said, make_file, write_files, run):
    write_files({"one.csv": make_file("a", "eng", "dev").bytes(newline="\r\n")})
    seen, out, err = run(*words)
    assert (seen, out) == (code, "")
    assert err.startswith(said)


def test_pack_lists_the_files(make_file, write_files, run):
    write_files(
        {"in/pred_ron_a.csv": make_file("a", "ron").bytes(), "in/track_a/pred_eng.csv": make_file("a", "eng").bytes()}
    )
    code, out, err = run("pack", "in", "-o", "track_a.zip")
    assert (code, err) == (0, "")
    *lines, last = out.splitlines()
    assert lines == [
        "Files in track_a.zip",
        "  track_a/pred_eng.csv   2,767 rows  2025 track a eng test",
        "  track_a/pred_ron.csv   1,119 rows  2025 track a ron test",
        "",
        "Renamed",
        "  in/pred_ron_a.csv → track_a/pred_ron.csv",
        "",
        "track_a.zip: 2 files, 130,808 bytes, written and validated.",
        "Note: track a: 2 of 28 languages; an average over all languages counts the missing ones as 0",
    ]
    assert last.startswith("sha256 ")
    code, out, _ = run("pack", "in", "-o", "track_a.zip", "--format", "json")
    assert json.loads(out)["schema"] == "semeval-emo/pack/1"
    assert json.loads(out)["was_there"]


def test_pack_lists_refusals_and_the_next_command(make_file, write_files, run, tmp_path):
    good, bad = make_file("a", "eng", "dev"), make_file("a", "ron", "dev")
    bad.rows[0][1] = "1.0"
    write_files({"in/pred_eng.csv": good.bytes(), "in/pred_ron.csv": bad.bytes()})
    code, out, _ = run("pack", "in")
    assert code == 1
    assert (
        out
        == """\
Not packed: these files are not valid
  in/pred_ron.csv
    E509  line 2: anger: '1.0' is a decimal; expected 0 or 1
          fix: write integers (in pandas: frame.astype(int))

Nothing was written.
Next: semeval-emo fix in/pred_ron.csv
To pack only the 1 valid file, use --skip-invalid.
"""
    )
    code, out, _ = run("pack", "in", "--skip-invalid")
    assert code == 0
    assert out.startswith("Left out\n  in/pred_ron.csv\n")
    assert (tmp_path / "track_a.zip").exists()


def test_from_a_bad_file_to_a_zip(make_file, write_files, run):
    """Fix what `validate` reports, pack it, and the zip is valid."""
    file = make_file("a", "eng")
    file.header = [name.capitalize() for name in file.header]
    write_files({"pred_ENG.csv": file.bytes()})
    assert run("validate", "pred_ENG.csv")[0] == 1
    assert run("fix", "pred_ENG.csv")[0] == 0
    assert run("pack", "fixed")[0] == 0
    code, out, _ = run("validate", "track_a.zip")
    assert code == 0
    assert "Valid: 1 file." in out


@pytest.mark.parametrize("folder", ["", "submissions/mine/"])
def test_without_a_path_all_commands_take_the_same_files(folder: str, make_file, write_files, run):
    for language in ("eng", "ron"):
        write_files({f"{folder}track_a/pred_{language}.csv": make_file("a", language).bytes()})
    where = "submissions/" if folder else "this folder"
    names = f"{folder}track_a/pred_eng.csv, {folder}track_a/pred_ron.csv"
    for command, doing in (("validate", "checking"), ("fix", "fixing"), ("pack", "packing"), ("score", "scoring")):
        code, _, err = run(command)
        assert err.startswith(f"No path given: {doing} the prediction files of {where}: {names}.\n")
        assert command == "score" or code == 0
    assert Path("track_a.zip").is_file()


def test_fix_takes_several_files(make_file, write_files, run):
    for language in ("eng", "ron"):
        file = make_file("a", language, "dev")
        file.rows[0][1] = "1.0"
        write_files({f"pred_{language}.csv": file.bytes()})
    assert run("fix", "pred_eng.csv", "pred_ron.csv", "-o", "fixed")[0] == 0
    assert sorted(path.name for path in Path("fixed/track_a").iterdir()) == ["pred_eng.csv", "pred_ron.csv"]
    code, out, _ = run("fix", "pred_eng.csv", "pred_ron.csv", "-f", "json")
    assert (code, json.loads(out)["source"]) == (0, "pred_eng.csv, pred_ron.csv")


def test_the_report_of_fix_and_pack_can_be_saved(make_file, write_files, run):
    file = make_file("a", "eng", "dev")
    file.rows[0][1] = "1.0"
    write_files({"pred_eng.csv": file.bytes()})
    assert run("fix", "pred_eng.csv", "-o", "fixed", "--save-report", "fix.txt", "-q") == (0, "", "")
    assert "Fixed: 1 file" in Path("fix.txt").read_text()
    assert run("pack", "fixed", "-o", "a.zip", "--save-report", "pack.json", "-f", "json", "-q") == (0, "", "")
    assert json.loads(Path("pack.json").read_text())["schema"] == "semeval-emo/pack/1"


OLD_SPELLINGS = [
    (["--out", "old"], [("--out", "--output")], ["old"]),
    (["--out=old"], [("--out", "--output")], ["old"]),
    (
        ["--out", "old", "--output", "r.txt"],
        [("--out", "--output"), ("--output", "--save-report")],
        ["old", "r.txt"],
    ),
    (["-o", "old", "--output", "r.txt"], [("--output", "--save-report")], ["old", "r.txt"]),
]


@pytest.mark.parametrize(("words", "renamed", "written"), OLD_SPELLINGS)
def test_old_spellings_of_fix_work_with_a_note(words, renamed, written, make_file, write_files, run):
    file = make_file("a", "eng", "dev")
    file.rows[0][1] = "1.0"
    write_files({"pred_eng.csv": file.bytes()})
    code, _, err = run("fix", "pred_eng.csv", *words)
    notes = [f"note: {old} is now {new}" for old, new in renamed]
    assert (code, [line for line in err.splitlines() if line.startswith("note: ")]) == (0, notes)
    assert Path("old").is_dir() and all(Path(name).exists() for name in written)
