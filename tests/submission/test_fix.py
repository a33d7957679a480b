"""fix: what is certain is repaired, what would be a guess is refused, and the input stays as it was."""

from __future__ import annotations

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeval_emo.data import load_gold
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.scoring import score_arrays
from semeval_emo.submission import FixReport, entry, fix, pack, read_submission, validate
from semeval_emo.submission.write import probability_bytes
from semeval_emo.task import load_task

TASK = load_task()
# Cases of docs/official-scorers that say the same as the valid file, by track; the others cannot be known.
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
    """What was done, by the name of the problem."""
    return {entry(one.code).name if one.code else "": one.count for one in report.changes}


def reasons(report: FixReport) -> set[str]:
    return {code for one in report.refusals for code in one.counts}


@pytest.fixture
def mend(put: Callable, tmp_path: Path) -> Callable[..., tuple[FixReport, dict[str, bytes]]]:
    """Writes one file, fixes it into a folder, and gives the report and what the folder holds."""

    def run(name: str, body: bytes | str, **how) -> tuple[FixReport, dict[str, bytes]]:
        path = put({f"in/{name}": body}) / "in" / name
        before = path.read_bytes()
        report = fix(path, tmp_path / "out", **how)
        assert path.read_bytes() == before
        return report, contents(tmp_path / "out")

    return run


# ---- the cases that the official scorers were run on


@pytest.mark.parametrize(("track", "case"), [(track, case) for track in SAME for case in SAME[track]])
def test_a_lossless_case_gives_the_bytes_of_the_valid_file(track, case, made, spoilt, mend):
    report, out = mend(made(track, "ron").name, spoilt(case, made(track, "ron")))
    assert out == {f"track_{track}/pred_ron.csv": made(track, "ron").bytes()}
    assert report.ok
    assert report.unchanged == (case == 0)


@pytest.mark.parametrize("track", "ab")
@pytest.mark.parametrize("case", [10, 54, 58])
def test_a_value_case_gives_the_file_with_that_value_as_an_integer(track, case, made, spoilt, mend):
    valid = made(track, "ron")
    if case != 10:
        valid.rows[0][1] = "1"
    _, out = mend(valid.name, spoilt(case, made(track, "ron")))
    assert out == {valid.name: valid.bytes()}


@pytest.mark.parametrize(("track", "case"), [(track, case) for track in REFUSED for case in REFUSED[track]])
def test_what_cannot_be_known_is_refused_and_nothing_is_written(track, case, made, spoilt, mend):
    report, out = mend(made(track, "ron").name, spoilt(case, made(track, "ron")))
    assert out == {}
    assert not report.ok
    assert report.written == ()
    assert REFUSED[track][case] in reasons(report)


def test_degrees_in_a_file_of_degrees_are_fine(made, spoilt, mend):
    report, out = mend("track_b/pred_ron.csv", spoilt(14, made("b", "ron")))
    assert report.unchanged
    assert b",2," in out["track_b/pred_ron.csv"]


def test_ids_decide_the_track(made, spoilt, mend):
    """Case 26: the ids of track C in the folder of track A."""
    file = made("a", "ron")
    report, out = mend(file.name, spoilt(26, file))
    assert list(out) == ["track_c/pred_ron.csv"]
    assert done(report) == {"wrong-track": 1}
    assert report.changes[0].done == "put into the folder of the track that its ids say"


def test_rows_are_sorted_and_a_constant_column_is_no_fault(made, spoilt, mend, put, tmp_path):
    file = made("a", "ron")
    body = spoilt(28, file)
    file.rows.sort()
    report, out = mend(file.name, body)
    assert out == {file.name: file.bytes()}
    assert done(report) == {"row-order": 1}
    path = put({"two/pred_ron.csv": spoilt(52, made("a", "ron"))}) / "two" / "pred_ron.csv"
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
def test_a_name_is_put_right_by_the_ids(name, problem, made, mend):
    report, out = mend(name, made("a", "ron").bytes())
    assert out == {"track_a/pred_ron.csv": made("a", "ron").bytes()}
    assert done(report) == {problem: 1}
    assert report.ok


# ---- more of what is certain


def test_many_faults_at_once(made, mend):
    valid = made("a", "eng", "dev")
    file = made("a", "eng", "dev")
    file.header = ["", "ID", " Surprise", "text", "disgust", "Anger", "fear", "JOY", "sadness", "score", ""]
    mixed = []
    for n, (one, anger, fear, joy, sadness, surprise) in enumerate(file.rows):
        mixed.append([
            str(n), one.upper() if n % 2 else one.replace("_000", "_"), f"{surprise}.0", f'"a, ""text"" {n}"', "0",
            "True" if anger == "1" else "False", f"0{fear}", f" {joy}", f"{sadness}e0", "0.73", "",
        ])  # fmt: skip
    file.rows = [*mixed[:5], mixed[4], *mixed[:4:-1]]
    body = b"\xef\xbb\xbf" + file.text(newline="\r\n").replace("\r\n", "\r\n\r\n", 3).encode()
    report, out = mend("pred_ENG_a.csv", body)
    assert out == {"track_a/pred_eng.csv": valid.bytes()}
    assert report.ok
    assert done(report) == {
        "name-extra": 1, "byte-order-mark": 1, "header-case": 1, "header-padding": 1, "header-order": 1,
        "index-column": 1, "text-column": 1, "surplus-emotion": 1, "unknown-column": 1, "trailing-comma": 1,
        "crlf": 1, "blank-line": 3, "duplicate-id": 1, "id-case": 58, "id-zeros": 51,
        "row-order": 1, "float-cell": 234, "boolean-cell": 117, "number-form": 117, "padded-cell": 117,
    }  # fmt: skip


def test_a_semicolon_file_with_decimal_commas(made, mend):
    valid = made("b", "ron", "dev")
    file = made("b", "ron", "dev")
    for row in file.rows:
        row[1:] = [f"{cell},0" for cell in row[1:]]
    report, out = mend(file.name, file.text(delimiter=";").encode("utf-16"))
    assert out == {valid.name: valid.bytes()}
    assert done(report) == {"not-utf-8": 1, "delimiter": 1, "float-cell": 123 * 6}


def test_a_missing_line_end_is_the_only_change(made, mend):
    file = made("a", "eng", "dev")
    report, out = mend(file.name, file.bytes()[:-1])
    assert out == {file.name: file.bytes()}
    assert [one.done for one in report.changes] == ["last row ended with a line end"]
    assert not report.unchanged


def test_undecodable_bytes_in_a_column_that_goes_do_no_harm(made, mend):
    file = made("a", "eng", "dev")
    file.header.insert(1, "text")
    for row in file.rows:
        row.insert(1, "caf\udce9")
    report, out = mend(file.name, file.text().encode("utf-8", "surrogateescape"))
    assert out == {file.name: made("a", "eng", "dev").bytes()}
    assert set(done(report)) == {"undecodable", "text-column"}


def test_a_file_with_the_header_repeated(made, mend):
    file = made("a", "eng", "dev")
    half = len(file.rows) // 2
    file.rows.insert(half, list(file.header))
    report, out = mend(file.name, file.bytes())
    assert out == {file.name: made("a", "eng", "dev").bytes()}
    assert done(report) == {"repeated-header": 1}


# ---- splitting


def test_mixed_tracks_become_a_file_each(made, mend):
    a, c = made("a", "eng"), made("c", "eng")
    a_bytes, c_bytes = a.bytes(), c.bytes()
    a.rows += c.rows
    report, out = mend("pred_eng.csv", a.bytes())
    assert out == {"track_a/pred_eng.csv": a_bytes, "track_c/pred_eng.csv": c_bytes}
    assert done(report) == {"mixed-tracks": 1}
    assert report.ok


def test_one_track_of_a_mixed_file_goes_to_a_file(made, put, tmp_path):
    a, c = made("a", "eng"), made("c", "eng")
    a_bytes = a.bytes()
    a.rows += c.rows
    path = put({"pred_eng.csv": a.bytes()}) / "pred_eng.csv"
    with pytest.raises(UsageError) as caught:
        fix(path, tmp_path / "new.csv")
    assert str(caught.value) == (
        f"2 files come out, and {tmp_path}/new.csv is one: 2025 track a eng test, 2025 track c eng test.\n"
        "  fix: name a folder, or choose one file with --track, --language or --split"
    )
    report = fix(path, tmp_path / "clean" / "pred_eng.csv", track="a")
    assert (tmp_path / "clean" / "pred_eng.csv").read_bytes() == a_bytes
    assert report.ok
    assert report.notes == ()


def test_a_mixed_file_is_whole_under_its_own_release(made, mend):
    file = made("a", "eng", release="hub")
    report, out = mend(file.name, file.bytes(), release="hub")
    assert report.unchanged
    assert out == {file.name: file.bytes()}


def test_the_whole_part_of_a_mixed_file_is_written_and_the_other_refused(made, mend):
    a, c = made("a", "eng"), made("c", "eng")
    a_bytes = a.bytes()
    c.rows[5][2] = ""
    a.rows += c.rows
    report, out = mend("pred_eng.csv", a.bytes())
    assert out == {"track_a/pred_eng.csv": a_bytes}
    (refusal,) = report.refusals
    assert refusal.what == "2025 track c eng test"
    assert [(p.code, p.line, p.column) for p in refusal.problems] == [("E507", 2767 + 7, "fear")]


def test_a_part_with_rows_missing_is_refused(made, mend):
    a, c = made("a", "eng"), made("c", "eng")
    a.rows += c.rows[:100]
    report, out = mend("pred_eng.csv", a.bytes())
    assert list(out) == ["track_a/pred_eng.csv"]
    assert [one.why for one in report.refusals] == ["only 100 of 2,767 rows are there; none is filled in"]


def test_languages_with_other_emotions_are_told_apart(made, mend):
    eng, deu = made("a", "eng", "dev"), made("a", "deu", "dev")
    file = made("a", "deu", "dev")
    file.rows += [[one, anger, "0", *rest] for one, anger, *rest in eng.rows]
    report, out = mend("all.csv", file.bytes())
    assert out == {"track_a/pred_eng.csv": eng.bytes(), "track_a/pred_deu.csv": deu.bytes()}
    assert report.ok


def test_degrees_among_rows_of_yes_and_no_are_seen(made, mend, put):
    """Rows of track A after those of track B, one with a degree: the values of B are not those of A."""
    b, a = made("b", "deu", "dev"), made("a", "deu", "dev")
    b_bytes = b.bytes()
    a.rows[3][1] = "2"
    b.rows += a.rows
    (read,) = read_submission(put({"pred_deu.csv": b.bytes()}) / "pred_deu.csv").predictions
    assert read.spec.track == "b"
    report, out = mend("pred_deu.csv", b.bytes())
    assert out == {"track_b/pred_deu.csv": b_bytes}
    (refusal,) = report.refusals
    assert refusal.what == "2025 track a deu dev"
    assert refusal.why == "1 of its rows hold no valid labels; the first is line 205"


def test_splits_get_folders_of_their_own(made, mend):
    dev, test = made("a", "eng", "dev"), made("a", "eng")
    dev_bytes, test_bytes = dev.bytes(), test.bytes()
    test.rows += dev.rows
    report, out = mend("pred_eng.csv", test.bytes())
    assert out == {"dev/track_a/pred_eng.csv": dev_bytes, "test/track_a/pred_eng.csv": test_bytes}
    assert report.ok
    assert validate(Path(report.out)).valid


def test_a_track_that_is_not_there_is_refused(made, mend):
    report, out = mend("pred_eng.csv", made("a", "eng", "dev").bytes(), track="b")
    assert out == {}
    assert [one.why for one in report.refusals] == [
        "it holds 2025 track a eng dev, which is not what the options ask for"
    ]


# ---- folders and zips


def test_a_zip_full_of_oddities(made, zipped, tmp_path):
    ron, eng = made("a", "ron"), made("a", "eng")
    path = zipped({
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


def test_a_folder_where_one_file_needs_its_person(made, put, tmp_path):
    good, bad = made("a", "ron"), made("a", "rus")
    bad.header[1] = "angry"
    put({f"in/{good.name}": good.bytes(), f"in/{bad.name}": bad.bytes()})
    report = fix(tmp_path / "in", tmp_path / "out")
    assert contents(tmp_path / "out") == {good.name: good.bytes()}
    assert not report.ok
    assert [Path(one.file).name for one in report.refusals] == ["pred_rus.csv"]
    assert reasons(report) == {"E312"}


def test_two_systems_for_one_place_are_not_merged(made, put, tmp_path):
    one, other = made("a", "ron"), made("a", "ron")
    other.rows[0][1] = "1" if other.rows[0][1] == "0" else "0"
    put({f"in/bert/{one.name}": one.bytes(), f"in/llama/{one.name}": other.bytes()})
    report = fix(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (refusal,) = report.refusals
    assert refusal.why == (
        f"{tmp_path}/in/bert/track_a/pred_ron.csv and {tmp_path}/in/llama/track_a/pred_ron.csv "
        "are all 2025 track a ron test, and differ: mend them one at a time"
    )


def test_an_archive_that_is_none_is_refused(put, tmp_path):
    report = fix(put({"a.zip": b"id,anger\n"}) / "a.zip", tmp_path / "out")
    assert reasons(report) == {"E101"}
    assert not (tmp_path / "out").exists()


# ---- probabilities


def test_probabilities_need_a_threshold(made, mend):
    file = made("a", "eng", "dev")
    for row in file.rows:
        row[1:] = [("0.8" if cell == "1" else "0.2") for cell in row[1:]]
    report, out = mend(file.name, file.bytes())
    assert out == {}
    assert reasons(report) == {"E511"}


def test_a_threshold_makes_labels_when_asked(made, put, tmp_path):
    file = made("a", "eng", "dev")
    valid = file.bytes()
    for row in file.rows:
        row[1:] = [("0.5" if cell == "1" else "0.4999999") for cell in row[1:]]
    path = put({"in/prob_eng.csv": file.bytes()}) / "in" / "prob_eng.csv"
    report = fix(path, threshold=0.5)
    assert contents(tmp_path / "in" / "fixed") == {file.name: valid}
    assert report.changes[-1].done == "probabilities turned into labels: 1 from 0.5 on"
    assert report.changes[-1].count == 116 * 5


def test_what_the_zoo_writes_can_be_cut(tmp_path):
    import numpy as np

    spec = TASK.spec("c", "jav", "dev")
    values = np.random.default_rng(0).random((spec.rows, len(spec.emotions)))
    (tmp_path / "prob_jav.csv").write_bytes(probability_bytes(spec, values))
    fix(tmp_path / "prob_jav.csv", tmp_path / "out", threshold=0.3)
    (read,) = read_submission(tmp_path / "out").predictions
    assert (read.values == (values >= 0.3)).all()


def test_degrees_cannot_be_cut(made, mend):
    file = made("b", "eng", "dev")
    file.rows[0][1] = "0.5"
    report, out = mend(file.name, file.bytes(), threshold=0.5)
    assert out == {}
    assert reasons(report) == {"E511"}
    assert report.refusals[0].why == "a fraction tells no degree; write 0, 1, 2 or 3 yourself"


@pytest.mark.parametrize("threshold", [0, -1, 1.5, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold, made, mend):
    with pytest.raises(UsageError, match="A threshold lies above 0 and at most at 1"):
        mend("pred_eng.csv", made("a", "eng", "dev").bytes(), threshold=threshold)


# ---- where it writes


def test_nothing_wrong_and_no_out_writes_nothing(made, put, tmp_path):
    file = made("a", "eng", "dev")
    report = fix(put({file.name: file.bytes()}) / file.name)
    assert report.unchanged
    assert report.out == ""
    assert contents(tmp_path) == {file.name: file.bytes()}


def test_nothing_wrong_and_an_out_gives_a_copy(made, mend):
    file = made("a", "eng", "dev")
    report, out = mend(file.name, file.bytes())
    assert report.unchanged
    assert out == {file.name: file.bytes()}


def test_the_default_place_is_beside_the_input(made, put, tmp_path, monkeypatch):
    file = made("a", "eng", "dev")
    put({"pred_ENG.csv": file.bytes(), "runs/pred_ENG.csv": file.bytes()})
    monkeypatch.chdir(tmp_path)
    assert [one.path for one in fix("pred_ENG.csv").written] == ["fixed/track_a/pred_eng.csv"]
    assert [one.path for one in fix("runs").written] == ["runs-fixed/track_a/pred_eng.csv"]
    monkeypatch.chdir(tmp_path / "runs")
    assert [one.path for one in fix(".").written] == ["../runs-fixed/track_a/pred_eng.csv"]


@pytest.mark.parametrize("way", ["itself", "link", "hard link", "linked folder", "dotted"])
def test_the_input_is_never_written_over(way, made, put, tmp_path):
    file = made("a", "eng", "dev")
    path = put({"in/pred_eng.csv": file.bytes(newline="\r\n")}) / "in" / "pred_eng.csv"
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
    with pytest.raises(UsageError, match="is the input; it is never written over"):
        fix(path, out, force=True)
    assert path.read_bytes() == before


def test_nothing_is_written_into_the_folder_that_is_read(made, put, tmp_path):
    put({"in/PRED_eng.csv": made("a", "eng", "dev").bytes()})
    with pytest.raises(UsageError, match="lies in the folder that is read"):
        fix(tmp_path / "in", tmp_path / "in" / "fixed")
    assert list(contents(tmp_path)) == ["in/PRED_eng.csv"]


def test_a_file_that_is_there_and_differs_is_kept_unless_forced(made, put, tmp_path):
    file = made("a", "eng", "dev")
    put({"PRED_eng.csv": file.bytes(), "out/track_a/pred_eng.csv": b"mine\n"})
    with pytest.raises(UsageError) as caught:
        fix(tmp_path / "PRED_eng.csv", tmp_path / "out")
    assert str(caught.value) == (
        f"{tmp_path}/out/track_a/pred_eng.csv exists and differs.\n"
        "  fix: choose another place, or say --force to replace it"
    )
    assert (tmp_path / "out/track_a/pred_eng.csv").read_bytes() == b"mine\n"
    fix(tmp_path / "PRED_eng.csv", tmp_path / "out", force=True)
    fix(tmp_path / "PRED_eng.csv", tmp_path / "out")  # the same again needs no force
    assert (tmp_path / "out/track_a/pred_eng.csv").read_bytes() == file.bytes()


def test_all_or_nothing_where_one_place_is_taken(made, put, tmp_path):
    a, c = made("a", "eng"), made("c", "eng")
    a.rows += c.rows
    put({"pred_eng.csv": a.bytes(), "out/track_c/pred_eng.csv": b"mine\n"})
    with pytest.raises(UsageError):
        fix(tmp_path / "pred_eng.csv", tmp_path / "out")
    assert list(contents(tmp_path / "out")) == ["track_c/pred_eng.csv"]


def test_a_name_of_ones_own_is_told(made, put, tmp_path):
    path = put({"pred_eng.csv": made("a", "eng", "dev").bytes()}) / "pred_eng.csv"
    report = fix(path, tmp_path / "mine.csv")
    assert report.notes == ("mine.csv is a name of your own: the official tools look for pred_eng.csv",)


def test_bad_places(made, put, tmp_path):
    file = made("a", "eng", "dev")
    path = put({"PRED_eng.csv": file.bytes(), "out/track_a/pred_eng.csv/": b"", "file": b"x"}) / "PRED_eng.csv"
    with pytest.raises(UsageError, match=r"would be a zip; fix writes files\."):
        fix(path, tmp_path / "out.zip")
    with pytest.raises(UsageError, match="is a folder"):
        fix(path, tmp_path / "out")
    with pytest.raises(InputError, match=r"cannot be made: (Not a directory|File exists)"):
        fix(path, tmp_path / "file" / "below")
    with pytest.raises(InputError, match="does not exist"):
        fix(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="There is no track 'x'"):
        fix(path, track="x")


# ---- properties


CELLS = st.sampled_from(["0", "1", "1.0", "True", "False", " 1", "01", "1e0", "+0", "１", "", "2", "nan", "0.5", "x"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_validates_and_is_a_fixed_point(data, made, tmp_path_factory):
    """Whatever happened to a file: fix writes nothing, or what validates and is left alone by a second fix."""
    folder = tmp_path_factory.mktemp("fix")
    file = made("a", "eng", "dev")
    for _ in range(data.draw(st.integers(0, 6))):
        row = data.draw(st.sampled_from(file.rows))
        row[data.draw(st.integers(1, 5))] = data.draw(CELLS)
    match data.draw(st.integers(0, 6)):
        case 0:
            file.rows = data.draw(st.permutations(file.rows))
        case 1:
            file.rows.append(list(data.draw(st.sampled_from(file.rows))))
        case 2:
            order = data.draw(st.permutations(range(6)))
            file.header = [file.header[at] for at in order]
            file.rows = [[row[at] for at in order] for row in file.rows]
        case 3:
            file.header.insert(data.draw(st.integers(0, 6)), data.draw(st.sampled_from(["text", "", "x", "disgust"])))
            file.rows = [[*row, "0"] for row in file.rows]
        case 4:
            file.header = [data.draw(st.sampled_from([name, name.upper(), f" {name}"])) for name in file.header]
    body = file.text(
        delimiter=data.draw(st.sampled_from(",;\t")), newline=data.draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    ).encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(st.binary(max_size=4)) + body[at + data.draw(st.integers(0, 4)) :]
    path = folder / data.draw(st.sampled_from(["pred_eng.csv", "PRED_eng.csv", "x.csv"]))
    path.write_bytes(body)
    report = fix(path, folder / "out")
    assert path.read_bytes() == body
    if not report.written:
        assert not report.ok
        assert all(one.problems or one.why for one in report.refusals)
        assert not (folder / "out").exists()
        return
    assert validate(folder / "out").valid
    first = contents(folder / "out")
    again = fix(folder / "out", folder / "again")
    assert again.unchanged
    assert contents(folder / "again") == first


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=400), name=st.sampled_from(["pred_eng.csv", "a.zip", "x", "pred_eng (1).CSV"]))
def test_no_bytes_raise_anything_unforeseen(body, name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    (folder / name).write_bytes(body)
    try:
        report = fix(folder / name, folder / "out")
    except EmoError:
        return
    assert not report.ok
    assert not (folder / "out").exists()


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_zip_raises_anything_unforeseen(data, made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zips")
    file = made("a", "eng", "dev")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        archive.writestr(data.draw(st.sampled_from([file.name, "pred_eng.csv", "x/pred_eng_a.csv"])), file.bytes())
        archive.writestr("__MACOSX/._pred_eng.csv", b"\0")
    body = bytearray(raw.getvalue())
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "s.zip"
    path.write_bytes(body)
    for act in (validate, read_submission, partial(fix, out=folder / "out"), partial(pack, out=folder / "o.zip")):
        with contextlib.suppress(EmoError):
            act(path)
    assert path.read_bytes() == body
    assert not (folder / "out").exists() or validate(folder / "out").valid


# ---- real files


def test_the_seeds_file_becomes_two_valid_ones(data_dir, tmp_path):
    report = fix(data_dir / "seed" / "pred_eng.csv", tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == ["track_a/pred_eng.csv", "track_c/pred_eng.csv"]
    assert done(report) == {"header-order": 1, "mixed-tracks": 1}
    assert validate(tmp_path / "out").counts == {}
    seed = {}
    header, *rows = (data_dir / "seed" / "pred_eng.csv").read_text().splitlines()
    for row in rows:
        one, *cells = row.split(",")
        seed[one] = dict(zip(header.split(",")[1:], cells, strict=True))
    for one in read_submission(tmp_path / "out").predictions:
        assert one.spec.rows == 2767
        for name, values in zip(one.spec.ids, one.values.tolist(), strict=True):
            assert [seed[name][emotion] for emotion in one.spec.emotions] == list(map(str, values))


def test_the_seeds_files_score_after_fix_as_they_were_measured(data_dir, shared_dir, tmp_path):
    figures = json.loads((shared_dir / "docs" / "facts" / "seed_scores.json").read_text())
    expected = {Path(one["file"]).name: one["track_a_competition"] for one in figures if "Predictions" in one["file"]}
    expected["pred_eng.csv"] = figures[0]["track_a_competition"]
    files = [data_dir / "seed" / "pred_eng.csv", *sorted((data_dir / "seed" / "predictions").glob("*.csv"))]
    assert len(files) == 8
    gold = load_gold("a", "eng", source=data_dir)
    for path in files:
        report = fix(path, tmp_path / path.stem)
        assert report.ok, path.name
        assert [one.spec.track for one in report.written] == ["a", "c"]
        (read,) = read_submission(report.written[0].path).predictions
        seen = score_arrays(gold.labels, read.values, read.spec.emotions)
        for average, names in expected[path.name].items():
            rounded = [round(seen.whole[f"{average}_{name}"], 4) for name in ("precision", "recall", "f1")]
            assert rounded == names, path.name
