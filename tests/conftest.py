"""Fixtures of every test: the command line, and folders of real data; one thread, for the same numbers everywhere."""

from __future__ import annotations

import gc
import importlib
import os

# Set before numpy and torch are imported. With small models more threads are slower, and tests run in parallel.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from semeval_emo.cli.app import main
from semeval_emo.cli.start import COLLECTIONS

WIDE = 10_000


class Result(NamedTuple):
    """What a command line returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command line: ``code, out, err = cli("score", path, "--quiet")``. No error may show a traceback.

    No text wraps, unless the test sets $COLUMNS: where it breaks depends on the length of the paths in it.
    """

    def run(*words: object) -> Result:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            if "COLUMNS" not in os.environ:
                patch.setenv("COLUMNS", str(WIDE))
                patch.setattr("semeval_emo.text.LONGEST_LINE", WIDE)
            code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)

    return run


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"left out: needs real files, set ${variable} (see CONTRIBUTING.md)")
    folder = Path(value)
    # Set but wrong is a mistake to report, not a reason to skip.
    assert folder.is_dir(), f"${variable} names {folder}, which is not a folder"
    return folder


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds brighter-2025/, releases/ and seed/."""
    return _folder("SEMEVAL_EMO_DATA")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder that contains docs/facts and leaderboard/ next to the data."""
    return _folder("SEMEVAL_EMO_SHARED")


def pytest_configure() -> None:
    """Collects garbage as rarely as the command does, and forgets the size of the terminal.

    Processes of pytest-xdist have a size even without a terminal, which readline has set in their parent.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    gc.set_threshold(*COLLECTIONS)


def pytest_collection_finish() -> None:
    """Leaves all tests and modules out of later collections; each training with transformers asks for one."""
    # Imported before, because it asks what refers to the random generators that packages register with it.
    importlib.import_module("hypothesis")
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter) -> None:
    """Reports at the end which tests were left out, and what they need."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda one: -one[1]):
        terminalreporter.write_line(f"{count} test{'s' if count > 1 else ''} {reason}")
