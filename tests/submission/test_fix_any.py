"""fix: property tests, and the real files of the reference system."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.data import load_gold
from semeval_emo.errors import EmoError
from semeval_emo.scoring import score_arrays
from semeval_emo.submission import FixReport, entry, fix, pack, read_submission, validate


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def done(report: FixReport) -> dict[str, int]:
    """Return the number of changes by the name of the problem."""
    return {entry(one.code).name if one.code else "": one.count for one in report.changes}


# ---- properties


CELLS = st.sampled_from(["0", "1", "1.0", "True", "False", " 1", "01", "1e0", "+0", "１", "", "2", "nan", "0.5", "x"])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_fixed_files_are_valid_and_fixing_them_again_changes_nothing(data, make_file, tmp_path_factory):
    """For any changes to a file, fix writes nothing, or valid files that a second fix does not change."""
    folder = tmp_path_factory.mktemp("fix")
    file = make_file("a", "eng", "dev")
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
def test_no_bytes_raise_an_unexpected_exception(body, name, tmp_path_factory):
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
def test_no_zip_raises_an_unexpected_exception(data, make_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zips")
    file = make_file("a", "eng", "dev")
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


def test_a_real_file_becomes_two_valid_files(data_dir, tmp_path):
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


def test_real_files_score_as_measured_after_fix(data_dir, shared_dir, tmp_path):
    published = json.loads((shared_dir / "docs" / "facts" / "seed_scores.json").read_text())
    expected = {Path(one["file"]).name: one["track_a_competition"] for one in published if "Predictions" in one["file"]}
    expected["pred_eng.csv"] = published[0]["track_a_competition"]
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
