"""Reading data files: any bytes give a sheet or a clear error."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeval_emo.data.sheet import peek, read_sheet
from semeval_emo.errors import InputError

RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@RELAXED
@given(st.binary(max_size=80) | st.text('id,\n\r"xX01\0', max_size=60).map(str.encode))
def test_arbitrary_bytes_give_no_traceback(tmp_path: Path, body: bytes):
    path = tmp_path / "x.csv"
    path.write_bytes(body)
    peek(path)
    try:
        assert read_sheet(path).header
    except InputError as error:
        assert str(path) in error.message


@pytest.mark.parametrize(
    ("start", "message", "fix"),
    [
        (b"PK\x03\x04", "is a zip archive or a workbook, not a text file.", "unpack the archive"),
        (b"\x1f\x8b\x08", "is a gzip archive, not a text file.", "unpack it"),
        (b"PAR1\x15", "is a parquet file, not a text file.", "write it as CSV"),
    ],
)
def test_archives_and_tables_are_named(tmp_path: Path, start: bytes, message: str, fix: str):
    path = tmp_path / "gold.csv"
    path.write_bytes(start + b"\x00\xff" * 20)
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    assert caught.value.message == f"{path} {message}" and fix in str(caught.value.fix)


@RELAXED
@given(st.lists(CELL, max_size=5))
def test_texts_are_read_as_written(tmp_path: Path, texts: list[str]):
    out = io.StringIO(newline="")
    rows = [["id", "text"], *([f"i{n}", text] for n, text in enumerate(texts))]
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    path = tmp_path / "x.csv"
    path.write_bytes(out.getvalue().encode())
    sheet = read_sheet(path)
    assert sheet.texts == texts
    assert sheet.ids == [f"i{n}" for n in range(len(texts))]


def test_labels_are_numbers_and_blank_only_if_allowed(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("id,b,a\n1,0,2\n2,,1\n")
    sheet = read_sheet(path)
    assert sheet.blanks(["a", "b"]) == 1
    assert sheet.labels(["a", "b"], ["0", "1", "2"], blank=-1).tolist() == [[2, 0], [1, -1]]
    assert sheet.labels(["a"], ["0", "1", "2"]).dtype == np.int8
    with pytest.raises(InputError, match="line 3: the label of 'b' is '', expected one of 0, 1, 2"):
        sheet.labels(["a", "b"], ["0", "1", "2"])


def test_rows_are_reported_by_their_last_line(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text('id,text,a\n1,"two\nlines",0\n\n2,one,x\n')
    with pytest.raises(InputError, match="line 5: the label of 'a' is 'x'"):
        read_sheet(path).labels(["a"], ["0"])


def test_hashes_do_not_depend_on_the_order_of_rows_or_columns(tmp_path: Path):
    one, other = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text("id,text,a,b\nx1,s,0,1\nx2,t,1,0\n")
    other.write_text("b,a,text,id\n0,1,t,x2\n1,0,s,x1\n")
    left, right = read_sheet(one), read_sheet(other)
    assert left.texts_hash() == right.texts_hash()
    assert left.labels_hash(["a", "b"]) == right.labels_hash(["a", "b"])
    assert left.labels_hash(["b", "a"]) != left.labels_hash(["a", "b"])
