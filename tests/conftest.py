"""Where tests find real data, and what is said when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
    """The folder that holds docs/facts and leaderboard/ beside the data."""
    return _folder("SEMEVAL_EMO_SHARED")


def pytest_terminal_summary(terminalreporter) -> None:
    """Says at the end what was left out, and how to have it: a green suite should not claim more than it saw."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda one: -one[1]):
        terminalreporter.write_line(f"{count} test{'s' if count > 1 else ''} {reason}")
