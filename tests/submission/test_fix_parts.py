"""fix: files with rows of several files, folders, zips, and output paths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import FixReport, entry, fix, read_submission, validate


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def done(report: FixReport) -> dict[str, int]:
    """Return the number of changes by the name of the problem."""
    return {entry(one.code).name if one.code else "": one.count for one in report.changes}


def reasons(report: FixReport) -> set[str]:
    return {code for one in report.refusals for code in one.counts}


# ---- splitting


def test_mixed_tracks_become_one_file_each(make_file, fix_file):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a_bytes, c_bytes = a.bytes(), c.bytes()
    a.rows += c.rows
    report, out = fix_file("pred_eng.csv", a.bytes())
    assert out == {"track_a/pred_eng.csv": a_bytes, "track_c/pred_eng.csv": c_bytes}
    assert done(report) == {"mixed-tracks": 1}
    assert report.ok


def test_a_part_is_refused_with_its_own_codes_only(make_file, fix_file):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a.rows[3][2] = "maybe"
    a.rows += c.rows[:-1]
    report, out = fix_file("pred_eng.csv", a.bytes())
    assert out == {}
    assert [(one.part, one.counts, one.why) for one in report.refusals] == [
        ("2025 track a eng test", {"E514": 1}, ""),
        ("2025 track c eng test", {}, "only 2,766 of 2,767 rows are present; missing rows are never filled in"),
    ]


def test_one_track_of_a_mixed_file_is_written_to_a_file(make_file, write_files, tmp_path):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a_bytes = a.bytes()
    a.rows += c.rows
    path = write_files({"pred_eng.csv": a.bytes()}) / "pred_eng.csv"
    with pytest.raises(UsageError) as caught:
        fix(path, tmp_path / "new.csv")
    assert str(caught.value) == (
        f"{tmp_path}/new.csv is one file, but there are 2 results: 2025 track a eng test, 2025 track c eng test.\n"
        "  fix: name a folder, or select one result with --track, --language or --split"
    )
    report = fix(path, tmp_path / "clean" / "pred_eng.csv", track="a")
    assert (tmp_path / "clean" / "pred_eng.csv").read_bytes() == a_bytes
    assert report.ok
    assert report.notes == ()


def test_a_mixed_file_is_complete_in_its_own_release(make_file, fix_file):
    file = make_file("a", "eng", release="hub")
    report, out = fix_file(file.name, file.bytes(), release="hub")
    assert report.unchanged
    assert out == {file.name: file.bytes()}


def test_the_complete_part_of_a_mixed_file_is_written(make_file, fix_file):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a_bytes = a.bytes()
    c.rows[5][2] = ""
    a.rows += c.rows
    report, out = fix_file("pred_eng.csv", a.bytes())
    assert out == {"track_a/pred_eng.csv": a_bytes}
    (refusal,) = report.refusals
    assert refusal.part == "2025 track c eng test"
    assert [(p.code, p.line, p.column) for p in refusal.problems] == [("E507", 2767 + 7, "fear")]


def test_a_part_with_rows_missing_is_refused(make_file, fix_file):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a.rows += c.rows[:100]
    report, out = fix_file("pred_eng.csv", a.bytes())
    assert list(out) == ["track_a/pred_eng.csv"]
    assert [one.why for one in report.refusals] == [
        "only 100 of 2,767 rows are present; missing rows are never filled in"
    ]


def test_languages_with_other_emotions_are_separated(make_file, fix_file):
    eng, deu = make_file("a", "eng", "dev"), make_file("a", "deu", "dev")
    file = make_file("a", "deu", "dev")
    file.rows += [[one, anger, "0", *rest] for one, anger, *rest in eng.rows]
    report, out = fix_file("all.csv", file.bytes())
    assert out == {"track_a/pred_eng.csv": eng.bytes(), "track_a/pred_deu.csv": deu.bytes()}
    assert report.ok


def test_intensities_among_binary_rows_are_found(make_file, fix_file, write_files):
    """Rows of track A after those of track B, one with an intensity: the values of B are not valid on A."""
    b, a = make_file("b", "deu", "dev"), make_file("a", "deu", "dev")
    b_bytes = b.bytes()
    a.rows[3][1] = "2"
    b.rows += a.rows
    (read,) = read_submission(write_files({"pred_deu.csv": b.bytes()}) / "pred_deu.csv").predictions
    assert read.spec.track == "b"
    report, out = fix_file("pred_deu.csv", b.bytes())
    assert out == {"track_b/pred_deu.csv": b_bytes}
    (refusal,) = report.refusals
    assert refusal.part == "2025 track a deu dev"
    assert [(p.code, p.line, p.column, p.value) for p in refusal.problems] == [("E512", 205, "anger", "2")]


def test_each_split_gets_its_own_folder(make_file, fix_file):
    dev, test = make_file("a", "eng", "dev"), make_file("a", "eng")
    dev_bytes, test_bytes = dev.bytes(), test.bytes()
    test.rows += dev.rows
    report, out = fix_file("pred_eng.csv", test.bytes())
    assert out == {"dev/track_a/pred_eng.csv": dev_bytes, "test/track_a/pred_eng.csv": test_bytes}
    assert report.ok
    assert validate(Path(report.out)).valid


def test_a_track_that_the_file_does_not_have_is_refused(make_file, fix_file):
    report, out = fix_file("pred_eng.csv", make_file("a", "eng", "dev").bytes(), track="b")
    assert out == {}
    assert [one.why for one in report.refusals] == [
        "the file has the rows of 2025 track a eng dev, which the options do not select"
    ]


# ---- folders and zips


def test_a_zip_with_many_problems(make_file, write_zip, tmp_path):
    ron, eng = make_file("a", "ron"), make_file("a", "eng")
    path = write_zip({
        "out/TrackA/PRED_ron.csv": ron.bytes(newline="\r\n"),
        "out/TrackA/pred_eng_a.csv": eng.bytes(),
        "__MACOSX/out/._PRED_ron.csv": b"\0\5\7",
        "out/TrackA/.ipynb_checkpoints/pred_eng-checkpoint.csv": eng.bytes(),
        "out/.DS_Store": b"\0",
    })  # fmt: skip
    report = fix(path, tmp_path / "out")
    assert contents(tmp_path / "out") == {ron.name: ron.bytes(), eng.name: eng.bytes()}
    assert report.ok
    assert set(done(report)) == {
        "name-unseen", "name-extra", "crlf", "litter", "checkpoint-copy", "track-folder-name"
    }  # fmt: skip
    assert validate(tmp_path / "out").counts == {}


def test_a_folder_in_which_one_file_cannot_be_fixed(make_file, write_files, tmp_path):
    good, bad = make_file("a", "ron"), make_file("a", "rus")
    bad.header[1] = "angerr"
    write_files({f"in/{good.name}": good.bytes(), f"in/{bad.name}": bad.bytes()})
    report = fix(tmp_path / "in", tmp_path / "out")
    assert contents(tmp_path / "out") == {good.name: good.bytes()}
    assert not report.ok
    assert [Path(one.file).name for one in report.refusals] == ["pred_rus.csv"]
    # The column may be the missing one, so it is not deleted.
    assert reasons(report) == {"E312", "E313"}


def test_two_systems_for_one_place_are_not_merged(make_file, write_files, tmp_path):
    one, other = make_file("a", "ron"), make_file("a", "ron")
    other.rows[0][1] = "1" if other.rows[0][1] == "0" else "0"
    write_files({f"in/bert/{one.name}": one.bytes(), f"in/llama/{one.name}": other.bytes()})
    report = fix(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (refusal,) = report.refusals
    assert refusal.why == (
        f"2 files are for 2025 track a ron test and differ: {tmp_path}/in/bert/track_a/pred_ron.csv, "
        f"{tmp_path}/in/llama/track_a/pred_ron.csv. Fix the one that you choose; semeval-emo score and compare "
        "take all of them, semeval-emo ensemble combines them"
    )


@pytest.mark.parametrize("same", [True, False])
def test_an_identical_copy_is_removed(same, make_file, write_files, tmp_path):
    one, other = make_file("a", "ron"), make_file("a", "ron")
    if not same:
        other.rows[0][1] = "1" if other.rows[0][1] == "0" else "0"
    write_files({f"in/{one.name}": one.bytes(), "in/track_a/pred_ron (1).csv": other.bytes(newline="\r\n")})
    report = fix(tmp_path / "in", tmp_path / "out")
    assert report.ok == same
    assert (contents(tmp_path / "out") if same else None) == ({one.name: one.bytes()} if same else None)
    if same:
        assert done(report)["same-place"] == 1
    else:
        assert "2 files are for 2025 track a ron test and differ" in report.refusals[0].why
        assert report.changes == ()


def test_a_file_that_is_not_an_archive_is_refused(write_files, tmp_path):
    report = fix(write_files({"a.zip": b"id,anger\n"}) / "a.zip", tmp_path / "out")
    assert reasons(report) == {"E101"}
    assert not (tmp_path / "out").exists()


# ---- output paths


def test_a_valid_file_without_out_writes_nothing(make_file, write_files, tmp_path):
    file = make_file("a", "eng", "dev")
    report = fix(write_files({file.name: file.bytes()}) / file.name)
    assert report.unchanged
    assert report.out == ""
    assert contents(tmp_path) == {file.name: file.bytes()}


def test_a_valid_file_with_out_is_copied(make_file, fix_file):
    file = make_file("a", "eng", "dev")
    report, out = fix_file(file.name, file.bytes())
    assert report.unchanged
    assert out == {file.name: file.bytes()}


def test_the_default_folder_is_next_to_the_input(make_file, write_files, tmp_path, monkeypatch):
    file = make_file("a", "eng", "dev")
    write_files({"pred_ENG.csv": file.bytes(), "runs/pred_ENG.csv": file.bytes()})
    monkeypatch.chdir(tmp_path)
    assert [one.path for one in fix("pred_ENG.csv").written] == ["fixed/track_a/pred_eng.csv"]
    assert [one.path for one in fix("runs").written] == ["runs-fixed/track_a/pred_eng.csv"]
    monkeypatch.chdir(tmp_path / "runs")
    assert [one.path for one in fix(".").written] == ["../runs-fixed/track_a/pred_eng.csv"]


@pytest.mark.parametrize("way", ["itself", "link", "hard link", "linked folder", "dotted"])
def test_the_input_is_never_overwritten(way, make_file, write_files, tmp_path):
    file = make_file("a", "eng", "dev")
    path = write_files({"in/pred_eng.csv": file.bytes(newline="\r\n")}) / "in" / "pred_eng.csv"
    before = path.read_bytes()
    out = path
    if way == "link":
        out = tmp_path / "link.csv"
        out.symlink_to(path)
    elif way == "hard link":
        out = tmp_path / "hard.csv"
        os.link(path, out)
    elif way == "linked folder":
        (tmp_path / "also").symlink_to(tmp_path / "in")
        out = tmp_path / "also" / "pred_eng.csv"
    elif way == "dotted":
        out = tmp_path / "in" / ".." / "in" / "pred_eng.csv"
    with pytest.raises(UsageError, match="is the input, which is never overwritten"):
        fix(path, out, force=True)
    assert path.read_bytes() == before


def test_nothing_is_written_to_the_input_folder(make_file, write_files, tmp_path):
    write_files({"in/PRED_eng.csv": make_file("a", "eng", "dev").bytes()})
    with pytest.raises(UsageError, match="is inside the input folder"):
        fix(tmp_path / "in", tmp_path / "in" / "fixed")
    assert list(contents(tmp_path)) == ["in/PRED_eng.csv"]


def test_an_existing_file_is_replaced_only_with_force(make_file, write_files, tmp_path):
    file = make_file("a", "eng", "dev")
    write_files({"PRED_eng.csv": file.bytes(), "out/track_a/pred_eng.csv": b"mine\n"})
    with pytest.raises(UsageError) as caught:
        fix(tmp_path / "PRED_eng.csv", tmp_path / "out")
    assert str(caught.value) == (
        f"{tmp_path}/out/track_a/pred_eng.csv exists and differs.\n"
        "  fix: choose another path, or replace it with --force"
    )
    assert (tmp_path / "out/track_a/pred_eng.csv").read_bytes() == b"mine\n"
    fix(tmp_path / "PRED_eng.csv", tmp_path / "out", force=True)
    fix(tmp_path / "PRED_eng.csv", tmp_path / "out")  # the same again needs no force
    assert (tmp_path / "out/track_a/pred_eng.csv").read_bytes() == file.bytes()


def test_nothing_is_written_if_one_path_is_taken(make_file, write_files, tmp_path):
    a, c = make_file("a", "eng"), make_file("c", "eng")
    a.rows += c.rows
    write_files({"pred_eng.csv": a.bytes(), "out/track_c/pred_eng.csv": b"mine\n"})
    with pytest.raises(UsageError):
        fix(tmp_path / "pred_eng.csv", tmp_path / "out")
    assert list(contents(tmp_path / "out")) == ["track_c/pred_eng.csv"]


def test_an_unofficial_output_name_is_noted(make_file, write_files, tmp_path):
    path = write_files({"pred_eng.csv": make_file("a", "eng", "dev").bytes()}) / "pred_eng.csv"
    report = fix(path, tmp_path / "mine.csv")
    assert report.notes == ("mine.csv is not an official name: the official scorers look for pred_eng.csv",)


def test_invalid_output_paths(make_file, write_files, tmp_path):
    file = make_file("a", "eng", "dev")
    path = write_files({"PRED_eng.csv": file.bytes(), "out/track_a/pred_eng.csv/": b"", "file": b"x"}) / "PRED_eng.csv"
    with pytest.raises(UsageError, match=r"is the name of a zip, but fix writes prediction files\."):
        fix(path, tmp_path / "out.zip")
    with pytest.raises(UsageError, match="is a folder"):
        fix(path, tmp_path / "out")
    with pytest.raises(InputError, match=r"cannot be created: (Not a directory|File exists)"):
        fix(path, tmp_path / "file" / "below")
    with pytest.raises(InputError, match="does not exist"):
        fix(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="There is no track 'x'"):
        fix(path, track="x")
