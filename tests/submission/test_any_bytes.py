"""Any content of a file or zip gives a report or an EmoError, never another exception."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from semeval_emo.errors import EmoError, InputError
from semeval_emo.report.formats import render
from semeval_emo.report.submission import validation_tables, validation_text
from semeval_emo.submission import Report, read_submission, validate
from semeval_emo.tables.raw import RawTable
from semeval_emo.task import load_task

SPEC = load_task().spec("a", "ron", "dev")
VALID = "".join(
    ",".join(row) + "\n" for row in [SPEC.header, *((text_id, "1", "0", "0", "1", "0", "1") for text_id in SPEC.ids)]
)
BODY = VALID.encode()
BOUNDS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Content that breaks readers: quotes, separators, line ends of every kind, NULs, halves of characters, marks.
PIECES = [
    b'"', b'""', b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b", b"\x1c", b"\x1b[31m", b"nan", b"1e999", b"-0", b"{file}", b"%s",
    b"9" * 5000, b"ron_dev_track_a_", b"eng_test_track_a_00001,", b"id,", b"_", b"0x1", b" " * 300, b"PK\x03\x04",
    *(digit.encode() for digit in "１٣²"),
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, len(BODY)), st.integers(0, 40), st.sampled_from(PIECES) | st.binary(max_size=12)),
    max_size=8,
)


def mutated(edits: list[tuple[int, int, bytes]], body: bytes = BODY) -> bytes:
    for at, cut, piece in edits:
        body = body[:at] + piece + body[at + cut :]
    return body


def check_no_exception(path: Path) -> None:
    """Check that validating, reading and rendering succeed or raise an EmoError, with printable results."""
    try:
        report = validate(path)
    except EmoError:
        return
    assert isinstance(report, Report)
    json.dumps(report.to_dict()).encode()
    validation_text(report, [str(path)]).encode()
    for style in ("markdown", "csv", "latex"):
        render(validation_tables(report), style).encode()
    submission = read_submission(path)
    assert submission.report.counts == report.counts
    for predictions in submission.predictions:
        assert predictions.values.shape == (predictions.spec.rows, len(predictions.spec.emotions))
    assert report.valid == (report.errors == 0)


@BOUNDS
@given(edits=EDITS)
@example(edits=[(0, 40, b"")])
@example(edits=[(len(BODY) - 1, 1, b'"')])
def test_mutated_files(edits: list, tmp_path: Path):
    path = tmp_path / "pred_ron.csv"
    path.write_bytes(mutated(edits))
    check_no_exception(path)


@BOUNDS
@given(
    body=st.binary(max_size=400), bom=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0"])
)
def test_any_bytes_at_all(body: bytes, bom: bytes, tmp_path: Path):
    path = tmp_path / "pred_ron.csv"
    path.write_bytes(bom + body)
    check_no_exception(path)


@BOUNDS
@given(rows=st.lists(st.lists(st.text(max_size=8), max_size=9), max_size=6), header=st.booleans())
def test_any_cells(rows: list[list[str]], header: bool, tmp_path: Path):
    lines = [",".join(SPEC.header)] * header + [",".join(row) for row in rows]
    path = tmp_path / "pred_ron.csv"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    check_no_exception(path)


def zip_of(body: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zip_file:
        zip_file.writestr("track_a/pred_ron.csv", body)
        zip_file.writestr("__MACOSX/._pred_ron.csv", b"\0\0")
    return buffer.getvalue()


@BOUNDS
@given(edits=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 9), st.binary(max_size=9)), max_size=4))
def test_mutated_zips(edits: list, tmp_path: Path):
    path = tmp_path / "track.zip"
    path.write_bytes(mutated(edits, zip_of(BODY)))
    check_no_exception(path)


@BOUNDS
@given(edits=EDITS)
def test_mutated_files_in_zips(edits: list, tmp_path: Path):
    path = tmp_path / "track.zip"
    path.write_bytes(zip_of(mutated(edits)))
    check_no_exception(path)


class DrippingStream(io.BytesIO):
    """A stream whose reads return fewer bytes than requested, as those of pipes and zips may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(random.Random(self.tell()).randint(1, 7))


@BOUNDS
@given(edits=EDITS)
def test_the_sizes_of_reads_do_not_matter(edits: list):
    body = mutated(edits)
    table, dripped = RawTable(io.BytesIO(body)), RawTable(DrippingStream(body))
    assert list(table.rows()) == list(dripped.rows())
    assert (table.encoding, table.magic, table.header) == (dripped.encoding, dripped.magic, dripped.header)
    assert (table.newlines, table.lines, table.anomalies) == (dripped.newlines, dripped.lines, dripped.anomalies)


@BOUNDS
@given(rows=st.lists(st.lists(st.text(alphabet='ab"\n,;', max_size=5), min_size=3, max_size=3), min_size=1, max_size=5))
def test_quoted_cells_are_read_as_csv_writes_them(rows: list[list[str]]):
    """Cells that the standard library quotes on one line are read unchanged."""
    import csv

    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["x", "y", "z"], *rows])
    table = RawTable(io.BytesIO(out.getvalue().encode()))
    assert [cells for _, cells in table.rows()] == rows


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    import gc
    import tracemalloc

    path = tmp_path / "pred_ron.csv"
    with path.open("w") as stream:
        stream.write(VALID)
        for n in range(60_000):
            stream.write(f"{SPEC.ids[0]},1,0,0,1,0,{n % 2}\nother-{n},0,0,0,0,0,0\n")
    # The tests collect garbage rarely, so that the peak would be that of the garbage.
    rarely = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    tracemalloc.start()
    report = validate(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.set_threshold(*rarely)
    assert report.counts == {"E404": 30_000, "E403": 60_000, "E405": 30_000, "W517": 6}
    assert peak < 16_000_000 < path.stat().st_size * 5


@pytest.mark.parametrize("kind", ["pipe", "missing", "no-permission", "folder"])
def test_paths_that_are_not_files(kind: str, tmp_path: Path):
    path = tmp_path / "pred_ron.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "no-permission":
        path.write_bytes(BODY)
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("left out: this user may read everything")
    elif kind == "folder":
        path.mkdir()
        assert validate(path).counts == {"E110": 1}
        return
    with pytest.raises(InputError):
        validate(path)


def test_a_link_to_a_file_is_read(tmp_path: Path, write_files: Callable):
    write_files({"run/real.csv": BODY})
    link = tmp_path / "pred_ron.csv"
    link.symlink_to(tmp_path / "run" / "real.csv")
    assert validate(link).valid
