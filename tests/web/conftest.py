"""The page of `make web`, its builder and its Python module, and made-up files with typical mistakes."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from semeval_emo.data.sample import sample_folder
from semeval_emo.task import load_task

ROOT = Path(__file__).parents[2]
GOLD = sample_folder() / "track_a" / "test" / "eng.csv"


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """The script web/build.py."""
    if not (ROOT / "web" / "build.py").is_file():
        pytest.skip("left out: not a checkout")
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _rows(track: str = "a") -> tuple[list[str], list[list[str]]]:
    """Return the header and rows of a valid file of the built-in sample."""
    body = (sample_folder() / "predictions" / "strong" / f"track_{track}" / "pred_eng.csv").read_text("utf-8")
    header, *rows = (line.split(",") for line in body.splitlines())
    return header, rows


def _probabilities(folder: Path) -> Path:
    """Return a file with semicolons and probabilities."""
    header, rows = _rows()
    path = folder / "prob_eng.csv"
    cells = [[row[0], *("0.9" if cell == "1" else "0.125" for cell in row[1:])] for row in rows]
    path.write_text("\n".join(";".join(row) for row in [header, *cells]) + "\n", "utf-8")
    return path


def _incomplete(folder: Path) -> Path:
    """Return a file in which a row is missing, one occurs twice with other labels, and a cell is no label."""
    header, rows = _rows()
    rows = [*rows[:-1], [rows[0][0], *("1" if cell == "0" else "0" for cell in rows[0][1:])]]
    rows[4] = [*rows[4][:-1], "maybe"]
    path = folder / "pred_eng.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", "utf-8")
    return path


def _archive(folder: Path) -> Path:
    """Return a zip with a wrong folder, a wrong name, decimals and a column of texts."""
    header, rows = _rows()
    cells = [[*row[:1], "made-up text", *(f"{cell}.0" for cell in row[1:])] for row in rows]
    body = "\n".join(",".join(row) for row in [[header[0], "text", *header[1:]], *cells])
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("my submission/Track-A/predictions_english.csv", body)
        archive.writestr("__MACOSX/._predictions_english.csv", b"\0")
    return path


def _picture(folder: Path) -> Path:
    """Return a file that is no table."""
    path = folder / "pred_eng.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    return path


MALFORMED: dict[str, Callable[[Path], Path]] = {
    "probabilities": _probabilities,
    "incomplete": _incomplete,
    "archive": _archive,
    "picture": _picture,
}


@pytest.fixture
def malformed(tmp_path: Path) -> Callable[[str], Path]:
    """Writes one of the malformed files and returns its path."""
    return lambda name: MALFORMED[name](tmp_path)


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    """A valid file of the built-in sample."""
    header, rows = _rows()
    assert load_task("sample").spec("a", "eng", "test").rows == len(rows)
    path = tmp_path / "pred_eng.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", "utf-8")
    return path


@pytest.fixture
def gold() -> Path:
    """The gold labels of these files."""
    return GOLD
