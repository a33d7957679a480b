"""Prediction files made for tests: no line of them comes from real data."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from semeval_emo.submission import Report, validate
from semeval_emo.task import FileSpec, load_task


@dataclass
class Made:
    """A valid prediction file of a spec, to be spoilt. Rows are lists of cells; line N is rows[N - 2]."""

    spec: FileSpec
    header: list[str] = field(init=False)
    rows: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        values = self.spec.values
        self.header = list(self.spec.header)
        self.rows = [
            [one, *(values[(n * 7 + k * k + n // 5) % len(values)] for k in range(len(self.spec.emotions)))]
            for n, one in enumerate(self.spec.ids)
        ]

    @property
    def name(self) -> str:
        """Where the file belongs, below a folder."""
        return f"track_{self.spec.track}/{self.spec.file_name}"

    def text(self, delimiter: str = ",", newline: str = "\n") -> str:
        return "".join(delimiter.join(row) + newline for row in [self.header, *self.rows])

    def bytes(self, **how: str) -> bytes:
        return self.text(**how).encode()


@pytest.fixture(scope="session")
def made() -> Callable[..., Made]:
    """Makes a valid file: made("a", "ron"), made("b", "eng", "dev", release="hub")."""

    def make(track: str, language: str, split: str = "test", release: str | None = None) -> Made:
        return Made(load_task().spec(track, language, split, release))

    return make


@pytest.fixture
def put(tmp_path: Path) -> Callable[[dict[str, bytes | str]], Path]:
    """Writes files below a folder of their own and returns it; a name that ends in / is a folder."""

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
def checked(put: Callable[[dict[str, bytes | str]], Path]) -> Callable[..., Report]:
    """Writes one file and validates it by its name."""

    def check(name: str, body: bytes | str, **how: str) -> Report:
        return validate(put({name: body}) / name, **how)

    return check


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[[dict[str, bytes | str]], Path]:
    """Writes a zip of these files."""

    def write(files: dict[str, bytes | str], name: str = "track.zip") -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as whole:
            for inside, body in files.items():
                whole.writestr(inside, body)
        return tmp_path / name

    return write
