"""Realistic malformed files: one problem each with the right code, and no unsafe repair."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.submission import fix, read_submission, validate
from semeval_emo.text import printable

RON = "track_a/pred_ron.csv"


def records(file) -> list[dict[str, str]]:
    return [dict(zip(file.header, row, strict=True)) for row in file.rows]


def tarred(file) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(RON)
        info.size = len(file.bytes())
        archive.addfile(info, io.BytesIO(file.bytes()))
    return buffer.getvalue()


NOT_TABLES: dict[str, tuple[Callable, str, str]] = {
    "settings": (lambda f: b'{"seed": 3}', "JSON", "write one object with id and labels for each text"),
    "a page": (lambda f: b"\n<!DOCTYPE html>\n<html><p>404, not found</p>", "HTML", "download the file itself again"),
    "a table": (lambda f: b"<table border=1><tr><td>id</td></tr></table>", "HTML", "download the file itself again"),
    "XML": (lambda f: b"<?xml version='1.0'?><a/>", "XML", "export it as CSV"),
    "LFS": (lambda f: b"version https://git-lfs.github.com/spec/v1\nsize 1\n", "a Git LFS pointer", "git lfs pull"),
    "tar": (tarred, "a tar archive", "unpack it"),
    "gzip": (lambda f: b"\x1f\x8b\x08" + bytes(20), "a gzip file", "unpack it"),
}


JSON: dict[str, Callable] = {
    "records": lambda f: json.dumps(records(f)).encode(),
    "indented": lambda f: json.dumps(records(f), indent=2).encode(),
    "lines": lambda f: "\n".join(map(json.dumps, records(f))).encode(),
    "lists": lambda f: json.dumps([f.header, *f.rows]).encode(),
    "with BOM": lambda f: b"\xef\xbb\xbf" + json.dumps(records(f)).encode(),
}


@pytest.mark.parametrize("case", JSON)
def test_json_is_read(case, make_file, write_files, tmp_path):
    file = make_file("a", "ron", "dev")
    path = write_files({RON: JSON[case](file)}) / RON
    assert validate(path).counts == {"E340": 1} | ({"E304": 1} if case == "with BOM" else {})
    assert Path(fix(path, tmp_path / "out").written[0].path).read_bytes() == file.bytes()


@pytest.mark.parametrize("case", NOT_TABLES)
def test_a_file_that_is_not_a_table_is_reported_with_its_format_only(case, make_file, write_files):
    make, kind, remedy = NOT_TABLES[case]
    (problem,) = validate(write_files({RON: make(make_file("a", "ron", "dev"))})).problems
    assert problem.message == f"the file is {kind}, not CSV"
    assert remedy in problem.fix


def test_the_name_of_an_archive_is_not_reported(write_files):
    assert validate(write_files({"run.tar.gz": b"\x1f\x8b" + bytes(20)}) / "run.tar.gz").counts == {"E302": 1}


def unnamed(file) -> None:
    file.header.append("")
    for row in file.rows:
        row.append("1")


def unnamed_late(file) -> None:
    """Only row 101 has a cell in the unnamed column; the header is checked with the first rows only."""
    file.header.append("")
    for n, row in enumerate(file.rows):
        row.append("x" if n == 100 else "")


def decimal_commas(file) -> None:
    for row in file.rows:
        row[1:] = [f"0,{cell}" for cell in row[1:]]


def other_order(file) -> None:
    """The second half of the file has a header with the columns in reverse order."""
    for row in file.rows[60:]:
        row[1:] = row[:0:-1]
    file.rows.insert(60, [file.header[0], *file.header[:0:-1]])


def wider_order(file) -> None:
    """The second half of the file has a header with one more column."""
    file.rows.insert(60, [*file.header, "joy"])


def from_zero(file) -> None:
    for n, row in enumerate(file.rows):
        row[0] = f"{row[0][:-5]}{n:05d}"


def words(file) -> None:
    for row in file.rows:
        row[1:] = ["ja" if cell == "1" else "nein" for cell in row[1:]]


def other_language(file) -> None:
    file.header[1:] = ["Wut", "Ekel", "Angst", "Freude", "Trauer", "Erstaunen"]


# Files that a repair would have to guess: their codes, and a part of a message or fix.
GUESSES: dict[str, tuple[Callable, dict[str, int], str]] = {
    "a column without a name": (unnamed, {"E502": 123}, "has 8 cells, the header has 7"),
    "one cell without a name": (unnamed_late, {"E318": 1, "E502": 1}, "has 8 cells, the header has 7"),
    "decimal commas": (decimal_commas, {"E502": 123}, "perhaps commas are used as decimal points"),
    "two orders of columns": (other_order, {"E520": 1}, "a header with other columns is among the rows"),
    "a wider header below": (wider_order, {"E520": 1}, "a header with other columns is among the rows"),
    "ids from 0": (from_zero, {"E401": 1, "E402": 1}, "if yours are numbered from 0, every row has the previous id"),
    "words in German": (words, {"E514": 738}, "semeval-emo fix --map nein=LABEL,ja=LABEL"),
    "names in German": (other_language, {"E312": 1, "E313": 1, "E332": 1}, "or rename the column that contains it"),
}


@pytest.mark.parametrize("case", GUESSES)
def test_an_ambiguous_file_is_neither_fixed_nor_read(case, make_file, write_files, tmp_path):
    change, counts, part = GUESSES[case]
    file = make_file("a", "ron", "dev")
    change(file)
    path = write_files({RON: file.bytes()}) / RON
    report = validate(path)
    assert report.counts == counts
    assert any(part in f"{problem.message} / {problem.fix}" for problem in report.problems)
    assert fix(path, tmp_path / "out").written == ()
    assert read_submission(path).predictions == ()


def messy(file) -> bytes:
    """Saved by Excel: BOM, sep=, semicolons, CRLF, capitals, another order, the id last, an apostrophe."""
    rows = [[cell.upper() for cell in file.header], *([f"'{row[0]}", *row[1:]] for row in file.rows)]
    text = "sep=;\r\n" + "".join(";".join(row[::-1]) + "\r\n" for row in rows)
    return b"\xef\xbb\xbf" + text.encode()


def concatenated(file) -> bytes:
    half = len(file.rows) // 2
    head = ",".join(file.header)
    both = [",".join(name.title() for name in file.header), *map(",".join, file.rows[:half]), head]
    return "\n".join([*both, *map(",".join, file.rows[half:])]).encode()


LOSSLESS: dict[str, Callable] = {
    "messy": messy,
    "comments": lambda f: b"# model: x, lr 1e-5\n# today\n" + f.bytes(),
    "blank first line": lambda f: b"\n" + f.bytes(),
    "two headers": lambda f: f.bytes().split(b"\n")[0] + b"\n" + f.bytes(),
    "concatenated": concatenated,
    "blanks between": lambda f: f.bytes(delimiter=" "),
    "negative zero": lambda f: f.bytes().replace(b",0", b",-0.0"),
    "scientific": lambda f: f.bytes().replace(b",1", b",1.0e+00"),
    "decimal commas": lambda f: f.bytes(delimiter=";").replace(b";1", b";1,0"),
    "no-break blanks": lambda f: f.bytes().replace(b",1", ",\xa01".encode()),
    "Windows text": lambda f: b"".join(
        line + (b",text\n" if n == 0 else b",caf\xe9 \x80\n") for n, line in enumerate(f.bytes().splitlines())
    ),
}


@pytest.mark.parametrize("case", LOSSLESS)
def test_an_unambiguous_file_is_fixed_completely(case, make_file, write_files, tmp_path):
    file = make_file("a", "ron", "dev")
    path = write_files({RON: LOSSLESS[case](file)}) / RON
    assert not validate(path).valid
    assert fix(path, tmp_path / "out").ok
    assert (tmp_path / "out" / RON).read_bytes() == file.bytes()


def test_probabilities_are_reported_with_one_code(make_file, write_files, tmp_path):
    """1.000 among fractions is a probability, which `fix` does not change without a threshold."""
    file = make_file("a", "ron", "dev")
    for n, row in enumerate(file.rows):
        row[1:] = ["1.000" if n == 3 and cell == "1" else "0.73" if cell == "1" else "0.000" for cell in row[1:]]
    path = write_files({RON: file.bytes()}) / RON
    assert validate(path).counts == {"E511": 738}
    assert fix(path, tmp_path / "out").written == ()
    assert fix(path, tmp_path / "out", threshold=0.5).ok
    # Decimals in a column without fractions are labels.
    for row in file.rows:
        row[2] = "1.0"
    assert validate(write_files({RON: file.bytes()})).counts == {"E509": 123, "E511": 615}


def test_binary_labels_on_an_intensity_track(make_file, validate_file):
    file = make_file("b", "ron", "dev")
    for row in file.rows:
        row[1:] = [str(int(cell) % 2) for cell in row[1:]]
    report = validate_file(file.name, file.bytes())
    assert report.counts == {"W519": 1} and report.valid
    assert report.problems[0].message == "no label in any of 123 rows is above 1; intensities go up to 3"


def test_columns_that_are_constant_in_one_of_two_languages_are_not_reported(make_file, validate_file):
    """English has no disgust, so fear is constant in its rows below a header of six emotions."""
    ron, eng = make_file("a", "ron", "dev"), make_file("a", "eng", "dev")
    ron.rows += [[*row[:2], "0", *row[2:]] for row in eng.rows]
    assert validate_file(ron.name, ron.bytes()).counts == {"E412": 1}


def test_one_file_at_the_root_and_in_its_track_folder(make_file, write_files, write_zip, tmp_path):
    file = make_file("a", "ron", "dev")
    both = write_zip({RON: file.bytes(), "pred_ron.csv": file.bytes()})
    report = validate(both)
    assert report.counts == {"W117": 1, "E205": 2}
    assert "are both for '2025 track a ron dev'" in next(p.message for p in report.problems if p.code == "E205")
    assert read_submission(both).predictions == ()
    fixed = fix(both, tmp_path / "out")
    assert [change.done for change in fixed.changes if change.code == "E205"] == ["one of several identical files kept"]
    # A folder on disk may contain several systems.
    folder = write_files({f"systems/{RON}": file.bytes(), "systems/pred_ron.csv": file.bytes()}) / "systems"
    assert validate(folder).counts == {"W117": 1}


def test_files_of_several_systems_in_a_folder_are_not_duplicates(make_file, write_files):
    """The reference system keeps its runs like this: the names tell no language. Each can be scored."""
    body = make_file("a", "ron", "dev").bytes()
    folder = write_files({f"runs/prediction_{name}.csv": body for name in ("bert", "llama")}) / "runs"
    assert validate(folder).counts == {"W117": 2, "E121": 1, "E202": 2}
    assert len(read_submission(folder).predictions) == 2


def test_ignored_files_are_counted_by_suffix(make_file, write_files):
    body = make_file("a", "ron", "dev").bytes()
    report = validate(
        write_files({RON: body, "track_a/LLAMA_3layer.csv": body, "track_a/b.csv": body, "track_a/notes.txt": b"x"})
    )
    assert [problem.message for problem in report.problems] == [
        "3 files not read as predictions (2 .csv, 1 .txt), such as 'track_a/LLAMA_3layer.csv'"
    ]


def test_escaped_text_is_truncated():
    assert len(printable("\0" * 500, 60)) <= 60
