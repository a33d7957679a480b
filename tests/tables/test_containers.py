"""Tables of other file formats than text: their cells, their sizes, and damaged files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.errors import InputError, MissingExtra
from semeval_emo.tables import containers, open_table


def read(body: bytes, name: str = "file") -> tuple[list[str], list[list[str]]]:
    table = open_table(io.BytesIO(body), name)
    return table.header, [cells for _, cells in table.rows()]


def npy(array: np.ndarray, **options: bool) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def parquet(**columns: object) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream)
    return stream.getvalue()


SHEET = '<worksheet xmlns="http://x"><sheetData>{rows}</sheetData></worksheet>'
ID = '<c r="A3" t="inlineStr"><is><t>id</t></is></c>'
HEADER = f'<row r="3">{ID}<c r="B3" t="s"><v>0</v></c><c r="C3" t="s"><v>1</v></c></row>'


def workbook(
    *sheets: str, shared: str = "<sst><si><t>joy</t></si><si><r><t>fe</t></r><r><t>ar</t></r></si></sst>"
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/sharedStrings.xml", shared)
        for number, rows in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", SHEET.format(rows=rows))
    return stream.getvalue()


def test_parquet_cells_are_those_of_a_csv_file():
    header, rows = read(parquet(id=["a", "b"], joy=[True, None], fear=[1, 0], p=[0.5, 1.0], labels=[["joy"], []]))
    assert header == ["id", "joy", "fear", "p", "labels"]
    assert rows == [["a", "True", "1", "0.5", '["joy"]'], ["b", "", "0", "1.0", "[]"]]


def test_the_nameless_index_of_pandas_in_parquet_has_no_name():
    assert read(parquet(__index_level_0__=[0], joy=[1]))[0] == ["", "joy"]
    # Pandas stores it after the columns; a CSV file has it before them.
    header, rows = read(parquet(id=["a", "b"], joy=[1, 0], __index_level_0__=[7, 3]))
    assert (header, rows) == (["", "id", "joy"], [["7", "a", "1"], ["3", "b", "0"]])


def test_feather_is_read():
    pa = pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    from pyarrow import feather

    stream = io.BytesIO()
    feather.write_feather(pa.table({"id": ["a"], "joy": [1]}), stream)
    assert read(stream.getvalue()) == (["id", "joy"], [["a", "1"]])


def test_a_feather_file_with_damaged_offsets_is_an_input_error():
    """Offsets that lead out of the file once ended the process."""
    pa = pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    from pyarrow import feather

    stream = io.BytesIO()
    feather.write_feather(pa.table({"id": ["a", "bc", "def"] * 5}), stream, compression="uncompressed")
    body = stream.getvalue()
    refused = 0
    for at in range(0, len(body), 4):
        try:
            read(body[:at] + b"\xff\xff\xff\x7f" + body[at + 4 :], "pred_eng.feather")
        except InputError:
            refused += 1
    assert refused


def test_an_array_has_numbers_for_names():
    assert read(npy(np.array([[0, 1], [1, 0]]))) == (["0", "1"], [["0", "1"], ["1", "0"]])
    assert read(npz(only=np.array([[0.25, 1.0]]))) == (["0", "1"], [["0.25", "1.0"]])


def test_records_have_names():
    records = np.array([("a", 1)], dtype=[("id", "U5"), ("joy", int)])
    assert read(npy(records)) == (["id", "joy"], [["a", "1"]])


def test_an_npz_with_ids_names_and_gold():
    body = npz(
        ids=np.array(["a", "b"]), labels=np.eye(2), predictions=1 - np.eye(2), emotions=np.array(["joy", "fear"])
    )
    assert read(body) == (["id", "joy", "fear"], [["a", "0.0", "1.0"], ["b", "1.0", "0.0"]])


@pytest.mark.parametrize(
    "body, message",
    [
        (lambda: npy(np.zeros((2, 2, 2))), "an array of shape (2, 2, 2), expected two dimensions"),
        (lambda: npy(np.array([["a", None]], dtype=object)), "which only pickle reads; it is not opened"),
        (lambda: npy(np.zeros((500, 5)))[:-8], "is cut off"),
        (lambda: npy(np.zeros((2, 5)))[:40], "cannot be read"),
        (lambda: npz(ids=np.array(["a"]), predictions=np.eye(2)), "has 1 ids and 2 rows of predictions"),
        (lambda: npz(one=np.eye(2), two=np.eye(2)), "which of them are the predictions is not clear"),
        (lambda: npz(x=np.eye(2))[:-30], "cannot be read"),
        (lambda: parquet(id=["a"])[:-20], "cannot be read"),
        (lambda: workbook(HEADER)[:-40], "cannot be read"),
        (lambda: workbook(HEADER, HEADER), "has 2 sheets with cells, expected one"),
        (lambda: workbook(""), "has no cells"),
        (lambda: workbook(HEADER, shared="<!DOCTYPE x [<!ENTITY a 'b'>]><sst/>"), "an XML document type"),
        (lambda: workbook('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "more than 1,000 columns"),
    ],
)
def test_damaged_and_unclear_files_are_input_errors(body, message):
    with pytest.raises(InputError, match=r"^pred_eng") as caught:
        read(body(), "pred_eng")
    assert message in caught.value.message


def test_sizes_are_bounded(monkeypatch):
    monkeypatch.setattr(containers, "MOST_BYTES", 100_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(npz(x=np.zeros((100_000, 5))), "pred_eng.npz")
    with pytest.raises(InputError, match="more than 0 MiB"):
        read(npy(np.zeros((100_000, 5))), "pred_eng.npy")


def test_a_header_that_announces_terabytes_allocates_nothing():
    body = npy(np.zeros((100, 5))).replace(b"(100, 5)", b"(1" + b"0" * 12 + b", 5)")
    with pytest.raises(InputError):
        read(body, "pred_eng.npy")


def test_a_workbook_keeps_its_row_numbers():
    body = workbook(HEADER + '<row r="5"><c r="A5" t="str"><v>x_1</v></c><c r="C5" t="b"><v>1</v></c></row>')
    table = open_table(io.BytesIO(body), "pred_eng.xlsx")
    assert table.header == ["id", "joy", "fear"]
    assert list(table.rows()) == [(5, ["x_1", "", "True"])]


def test_without_pyarrow_the_extra_is_named(monkeypatch):
    body = parquet(id=["a"])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match="parquet") as caught:
        read(body, "pred_eng.parquet")
    assert "pip install" in caught.value.fix


@pytest.mark.parametrize("name", ["predictions.pt", "logits.pth", "predictions.bin", "out"])
def test_files_of_pytorch_are_named_and_not_opened(name: str, tmp_path: Path, cli):
    """They are zips of a pickle and its arrays, as `torch.save` writes them."""
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for member in ("data.pkl", "byteorder", "data/0", "version"):
            archive.writestr(f"predictions/{member}", b"\x80\x02")
    _, out, _ = cli("validate", tmp_path / name)
    assert "E302  the file is a PyTorch file" in out and "E111" not in out


def test_pickles_are_named_and_not_opened(tmp_path: Path, cli):
    path = tmp_path / "pred_eng.pkl"
    path.write_bytes(b"\x80\x04\x95")
    screen = cli("validate", path)
    assert screen.code == 1 and "a Python pickle" in screen.out and "run code" in screen.out
