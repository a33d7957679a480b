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
