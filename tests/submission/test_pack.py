"""pack: the zip to upload is valid and reproducible."""

from __future__ import annotations

import csv
import hashlib
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.errors import InputError, InvalidSubmission, UsageError
from semeval_emo.submission import pack, read_submission, validate
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import load_task


def inside(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_the_zip_has_only_the_track_folders_at_its_root(make_file, write_files, tmp_path):
    files = [make_file("a", code) for code in ("ron", "deu", "eng")]
    write_files({f"in/{file.name}": file.bytes() for file in files} | {"in/.DS_Store": b"\0", "in/notes.md": b"x"})
    report = pack(tmp_path / "in", tmp_path / "track_a.zip")
    assert report.ok
    assert list(inside(tmp_path / "track_a.zip").items()) == sorted((file.name, file.bytes()) for file in files)
    assert validate(tmp_path / "track_a.zip").counts == {}
    assert report.bytes == (tmp_path / "track_a.zip").stat().st_size
    assert report.sha256 == hashlib.sha256((tmp_path / "track_a.zip").read_bytes()).hexdigest()


def test_the_same_predictions_give_the_same_bytes(make_file, write_files, write_zip, tmp_path, monkeypatch):
    ron, eng = make_file("a", "ron"), make_file("a", "eng")
    ron_bytes, eng_bytes = ron.bytes(), eng.bytes()
    ron.rows.reverse()
    write_files({f"one/{ron.name}": ron_bytes, f"one/{eng.name}": eng_bytes})
    write_files({"two/pred_ron_a.csv": ron.bytes(newline="\r\n"), "two/PRED_eng.csv": eng_bytes})
    path = write_zip({f"deep/{ron.name}": ron_bytes, "TrackA/pred_eng.csv": eng_bytes}, "three.zip")
    first = pack(tmp_path / "one", tmp_path / "a.zip")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert pack([tmp_path / "two" / "PRED_eng.csv", tmp_path / "two" / "pred_ron_a.csv"], tmp_path / "b.zip").ok
    assert pack(path, tmp_path / "c.zip").sha256 == first.sha256
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()


def test_the_bytes_do_not_change(tmp_path):
    """They do not depend on the Python version, the machine or the time."""
    spec = load_task().spec("a", "eng", "dev")
    (tmp_path / "pred_eng.csv").write_bytes(prediction_bytes(spec, np.zeros((spec.rows, 5), int)))
    report = pack(tmp_path / "pred_eng.csv", tmp_path / "x.zip")
    assert report.sha256 == "0237eb5a098dc7d8798a02a903621afc5c1cc39e61caff1790a1ba038e6effd4"
    (info,) = zipfile.ZipFile(tmp_path / "x.zip").infolist()
    assert (info.date_time, info.compress_type, info.external_attr >> 16, info.create_system) == (
        (1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0o100644, 3,
    )  # fmt: skip


def test_packing_again_changes_nothing(make_file, write_files, tmp_path):
    file = make_file("b", "ron")
    write_files({file.name: file.bytes()})
    assert not pack(tmp_path, tmp_path / "b.zip").was_there
    before = (tmp_path / "b.zip").stat().st_mtime_ns
    again = pack(tmp_path, tmp_path / "b.zip")
    assert again.was_there
    assert again.ok
    assert (tmp_path / "b.zip").stat().st_mtime_ns == before
    assert pack(tmp_path / "b.zip", tmp_path / "c.zip").sha256 == again.sha256


def test_an_invalid_file_is_refused(make_file, write_files, tmp_path):
    good, bad = make_file("a", "ron"), make_file("a", "rus")
    bad.rows[3][2] = "1.0"
    write_files({f"in/{good.name}": good.bytes(), f"in/{bad.name}": bad.bytes()})
    report = pack(tmp_path / "in", tmp_path / "a.zip")
    assert not report.ok
    assert not (tmp_path / "a.zip").exists()
    (refusal,) = report.refusals
    assert (Path(refusal.file).name, list(refusal.counts), refusal.problems[0].line) == ("pred_rus.csv", ["E509"], 5)
    assert [one.path for one in report.files] == [good.name]


def test_skip_invalid_leaves_an_invalid_file_out(make_file, write_files, tmp_path):
    good, bad = make_file("a", "ron"), make_file("a", "rus")
    bad.rows.pop()
    write_files({f"in/{good.name}": good.bytes(), f"in/{bad.name}": bad.bytes()})
    report = pack(tmp_path / "in", tmp_path / "a.zip", skip_invalid=True)
    assert report.ok
    assert list(inside(tmp_path / "a.zip")) == [good.name]
    assert len(report.refusals) == 1


@pytest.mark.parametrize("corrupt", [lambda f: f.header.reverse(), lambda f: f.rows.append(f.rows[0])])
def test_pack_does_not_fix_the_content_of_files(corrupt, make_file, write_files, tmp_path):
    file = make_file("a", "ron")
    corrupt(file)
    path = write_files({file.name: file.bytes()}) / file.name
    assert not pack(path, tmp_path / "a.zip").ok


def test_files_that_pack_would_lose_are_refused(make_file, write_zip, tmp_path):
    file = make_file("a", "ron")
    path = write_zip({file.name: file.bytes(), "../pred_rus.csv": make_file("a", "rus").bytes()})
    report = pack(path, tmp_path / "a.zip")
    assert [list(one.counts) for one in report.refusals] == [["E105"]]
    assert not report.ok


def test_a_track_language_or_split_can_be_selected(make_file, write_files, tmp_path):
    files = [make_file("a", "ron"), make_file("b", "ron"), make_file("a", "eng"), make_file("a", "deu", "dev")]
    write_files({f"in/{file.spec.split}/{file.name}": file.bytes() for file in files})
    report = pack(tmp_path / "in", tmp_path / "b.zip", track="b")
    assert [one.path for one in report.files] == ["track_b/pred_ron.csv"]
    report = pack(tmp_path / "in", tmp_path / "c.zip", language="ron")
    assert [one.path for one in report.files] == ["track_a/pred_ron.csv", "track_b/pred_ron.csv"]
    report = pack(tmp_path / "in", tmp_path / "d.zip", split="dev")
    assert [one.path for one in report.files] == ["track_a/pred_deu.csv"]
    with pytest.raises(InvalidSubmission) as caught:
        pack(tmp_path / "in", tmp_path / "e.zip")
    assert str(caught.value) == (
        "A zip has one split; these files are for dev and test.\n  fix: choose one: --split test"
    )
    with pytest.raises(InvalidSubmission, match="There is nothing to pack") as caught:
        pack(tmp_path / "in" / "dev", tmp_path / "e.zip", track="c")
    assert caught.value.fix == "--track c selects none of 2025 track a deu dev"


def test_an_invalid_file_of_another_track_is_ignored(make_file, write_files, tmp_path):
    good, bad = make_file("a", "ron"), make_file("b", "ron")
    bad.rows.pop()
    write_files({f"in/{good.name}": good.bytes(), f"in/{bad.name}": bad.bytes()})
    assert pack(tmp_path / "in", tmp_path / "a.zip", track="a").ok


def test_two_systems_are_refused(make_file, write_files, tmp_path):
    file = make_file("a", "ron")
    write_files({f"in/bert/{file.name}": file.bytes(), f"in/llama/{file.name}": file.bytes()})
    with pytest.raises(InvalidSubmission, match=r"^2 files are for 2025 track a ron test: ") as caught:
        pack(tmp_path / "in", tmp_path / "a.zip")
    assert caught.value.fix == "name only the file to upload; semeval-emo score and compare take all of them"


def test_an_existing_zip_is_replaced_only_with_force(make_file, write_files, tmp_path):
    file = make_file("a", "ron")
    write_files({file.name: file.bytes(), "a.zip": b"mine"})
    with pytest.raises(UsageError, match=r"a\.zip exists and differs\."):
        pack(tmp_path / file.name, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == b"mine"
    assert pack(tmp_path / file.name, tmp_path / "a.zip", force=True).ok
    assert list(inside(tmp_path / "a.zip")) == [file.name]


def test_the_input_is_never_overwritten(make_file, write_zip, tmp_path):
    file = make_file("a", "ron")
    path = write_zip({"pred_ron.csv": file.bytes()})
    before = path.read_bytes()
    (tmp_path / "link.zip").symlink_to(path)
    for out in (path, tmp_path / "link.zip"):
        with pytest.raises(UsageError, match="is the input, which is never overwritten"):
            pack(path, out, force=True)
    assert path.read_bytes() == before


def test_invalid_arguments(make_file, write_files, tmp_path):
    file = make_file("a", "ron")
    write_files({file.name: file.bytes(), "dir.zip/": b""})
    with pytest.raises(UsageError, match=r"does not end in \.zip"):
        pack(tmp_path / file.name, tmp_path / "out.tar")
    with pytest.raises(UsageError, match="is a folder"):
        pack(tmp_path / file.name, tmp_path / "dir.zip")
    with pytest.raises(UsageError, match="There is no track 'z'"):
        pack(tmp_path / file.name, tmp_path / "a.zip", track="z")
    with pytest.raises(InputError, match="does not exist"):
        pack(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match=r"No prediction file was named\."):
        pack([])


def test_default_names(make_file, write_files, tmp_path, monkeypatch):
    a, b = make_file("a", "ron"), make_file("b", "ron")
    write_files({a.name: a.bytes(), b.name: b.bytes()})
    monkeypatch.chdir(tmp_path)
    assert pack(a.name).out == "track_a.zip"
    report = pack(["track_a", "track_b"])
    assert report.out == "submission.zip"
    assert report.notes[0] == (
        "the zip has tracks a, b; if each track is a competition of its own, pack each one alone with --track"
    )
    assert "track a: 1 of 28 languages; an average over all languages counts the missing ones as 0" in report.notes


def test_a_complete_track_has_no_notes(make_file, write_files, tmp_path):
    write_files(
        {
            f"in/{spec.file_name}": make_file("b", spec.language).bytes()
            for spec in load_task().specs("2025", "b", split="test")
        }
    )
    report = pack(tmp_path / "in", tmp_path / "b.zip")
    assert len(report.files) == 11
    assert report.notes == ()


def test_a_mixed_file_is_packed_with_its_own_release(make_file, write_files, tmp_path):
    file = make_file("a", "eng", release="hub")
    path = write_files({file.name: file.bytes()}) / file.name
    assert not pack(path, tmp_path / "a.zip").ok
    report = pack(path, tmp_path / "a.zip", release="hub")
    assert inside(tmp_path / "a.zip") == {file.name: file.bytes()}
    assert report.files[0].spec.release == "hub"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), newline=st.sampled_from(["\n", "\r\n"]), shuffle=st.booleans())
def test_packed_predictions_are_unchanged(seed, newline, shuffle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    random = np.random.default_rng(seed)
    spec = load_task().spec("b", "ron", "dev")
    values = random.integers(0, 4, (spec.rows, 6))
    head, *rows = prediction_bytes(spec, values).decode().splitlines()
    if shuffle:
        random.shuffle(rows)
    (folder / "pred_ron.csv").write_text(newline.join([head, *rows, ""]), newline="")
    report = pack(folder / "pred_ron.csv", folder / "b.zip")
    (read,) = read_submission(folder / "b.zip").predictions
    assert (read.values == values).all()
    assert read.hash == report.files[0].hash


def test_gold_labels_of_every_language_can_be_packed(data_dir, make_file, write_files, tmp_path):
    """All 32 files of track C, with the real labels."""
    root = data_dir / "brighter-2025" if (data_dir / "brighter-2025").is_dir() else data_dir
    files = {}
    for path in sorted((root / "track_c" / "test").glob("*.csv")):
        with path.open(newline="") as stream:
            rows = [[row[0], *row[2:]] for row in csv.reader(stream)]
        files[f"in/pred_{path.stem}.csv"] = "\n".join(",".join(row) for row in rows) + "\n"
    write_files(files)
    report = pack(tmp_path / "in", tmp_path / "track_c.zip")
    assert len(report.files) == 32
    assert validate(tmp_path / "track_c.zip").counts == {}
