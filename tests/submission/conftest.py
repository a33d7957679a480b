"""Synthetic prediction files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from semeval_emo.submission import FixReport, Report, fix, validate
from semeval_emo.task import FileSpec, load_task


@dataclass
class ValidFile:
    """A valid prediction file that tests modify. Rows are lists of cells; line N is ``rows[N - 2]``."""

    spec: FileSpec
    header: list[str] = field(init=False)
    rows: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        values = self.spec.values
        self.header = list(self.spec.header)
        self.rows = [
            [text_id, *(values[(n * 7 + k * k + n // 5) % len(values)] for k in range(len(self.spec.emotions)))]
            for n, text_id in enumerate(self.spec.ids)
        ]

    @property
    def name(self) -> str:
        """The path of the file in the official folder."""
        return f"track_{self.spec.track}/{self.spec.file_name}"

    def text(self, delimiter: str = ",", newline: str = "\n") -> str:
        return "".join(delimiter.join(row) + newline for row in [self.header, *self.rows])

    def bytes(self, **options: str) -> bytes:
        return self.text(**options).encode()


@pytest.fixture(scope="session")
def make_file() -> Callable[..., ValidFile]:
    """Return a valid file: ``make_file("a", "ron")``, ``make_file("b", "eng", "dev", release="hub")``."""

    def make(track: str, language: str, split: str = "test", release: str | None = None) -> ValidFile:
        return ValidFile(load_task().spec(track, language, split, release))

    return make


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[dict[str, bytes | str]], Path]:
    """Write files into a temporary folder and return it; a name that ends in / is a folder."""

    def write(files: dict[str, bytes | str]) -> Path:
        for name, body in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return tmp_path

    return write


@pytest.fixture
def validate_file(write_files: Callable[[dict[str, bytes | str]], Path]) -> Callable[..., Report]:
    """Write a file and validate it."""

    def check(name: str, body: bytes | str, **options: str) -> Report:
        return validate(write_files({name: body}) / name, **options)

    return check


@pytest.fixture
def write_zip(tmp_path: Path) -> Callable[[dict[str, bytes | str]], Path]:
    """Write a zip of files and return its path."""

    def write(files: dict[str, bytes | str], name: str = "track.zip") -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as whole:
            for inside, body in files.items():
                whole.writestr(inside, body)
        return tmp_path / name

    return write


@pytest.fixture
def fix_file(write_files: Callable, tmp_path: Path) -> Callable[..., tuple[FixReport, dict[str, bytes]]]:
    """Write a file, fix it into a folder, and return the report and the files of the folder."""

    def run(name: str, body: bytes | str, **options) -> tuple[FixReport, dict[str, bytes]]:
        path = write_files({f"in/{name}": body}) / "in" / name
        before = path.read_bytes()
        report = fix(path, tmp_path / "out", **options)
        assert path.read_bytes() == before
        out = tmp_path / "out"
        return report, {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}

    return run


@pytest.fixture
def run(cli, monkeypatch, tmp_path) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in the temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return cli


@pytest.fixture(scope="session")
def malformed() -> Callable[[int, ValidFile], bytes]:
    """Return a malformed file of test_official_cases.py: ``malformed(10, make_file("a", "ron"))``."""
    return _malformed


def _malformed(case: int, file: ValidFile) -> bytes:
    """Return the bytes of a malformed file that the official scorers were run on, made from a valid file."""
    rows, header = file.rows, file.header
    match case:
        case 0:
            pass
        case 2:
            file.header = ["ID", *(name.capitalize() for name in header[1:])]
        case 4:
            return b"\xef\xbb\xbf" + file.bytes()
        case 6:
            return file.bytes(newline="\r")
        case 8:
            for row in rows:
                row[0] = f'"{row[0]}"'
        case 10:
            rows[0][1:] = [f"{cell}.0" for cell in rows[0][1:]]
        case 12:
            for row in rows:
                row[1:] = [""] * len(row[1:])
        case 14 | 16 | 54 | 56 | 58:
            rows[0][1] = {14: "2", 16: "-1", 54: "01", 56: "1_0", 58: "1e0"}[case]
        case 18:
            for row in rows:
                row[1:] = [str(cell != "0") for cell in row[1:]]
        case 20:
            rows[1][0] = rows[0][0]
            rows[1][1:] = [*rows[0][2:], "1" if rows[0][1] == "0" else "0"]
        case 22:
            del rows[4]
        case 24:
            rows.append([rows[-1][0].replace("_01119", "_99999"), *rows[-1][1:]])
        case 26:
            for row in rows:
                row[0] = row[0].replace(f"track_{file.spec.track}", "track_c")
                row[1:] = [cell if cell in "01" else "1" for cell in row[1:]]
        case 28:
            ids = [row[0] for row in rows]
            for row, other in zip(rows, ids[1:] + ids[:1], strict=True):
                row[0] = other
        case 30:
            header.pop()
            for row in rows:
                row.pop()
        case 32:
            header.append("")
            for row in rows:
                row.append("")
        case 34:
            rows[0].pop()
        case 36:
            rows.clear()
        case 38:
            return file.bytes(delimiter=";")
        case 40:
            return file.text().encode("utf-16")
        case 42:
            header.insert(0, "")
            for n, row in enumerate(rows):
                row.insert(0, str(n))
        case 44:
            for row in rows:
                row[1:] = [f" {cell}" for cell in row[1:]]
        case 46:
            return file.bytes() + b"\n"
        case 48:
            lines = file.text().split("\n")
            return "\n".join([*lines[:10], "", *lines[10:]]).encode()
        case 50:
            for row in rows:
                prefix, number = row[0].rsplit("_", 1)
                row[0] = f"{prefix}_{int(number)}"
        case 52:
            for row in rows:
                row[1:] = ["1"] * len(row[1:])
        case _:
            raise AssertionError(case)
    return file.bytes()
