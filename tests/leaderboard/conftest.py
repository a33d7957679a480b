"""A leaderboard of the shipped rows, and rows for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from semeval_emo.leaderboard import Leaderboard, ScoreRow


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a temporary store instead of the user's own."""
    path = tmp_path / "own" / "board.csv"
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(path))
    return path


@pytest.fixture(scope="module", autouse=True)
def without_ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave out the project's own systems, so that new ones do not change these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(tmp_path_factory.mktemp("submissions")))
        yield


@pytest.fixture(scope="module")
def board(without_ours: None) -> Leaderboard:
    return Leaderboard.load(own=False)


@pytest.fixture
def make_row() -> Callable[..., ScoreRow]:
    def make(**changes: Any) -> ScoreRow:
        values: dict[str, Any] = {
            "task": "semeval-2025-task-11", "release": "2025", "split": "test", "track": "a", "language": "eng",
            "list": "mine", "rank": None, "teams": None, "system": "my model", "setting": "", "metric": "macro_f1",
            "score": 0.7114, "decimals": 4, "kind": "user", "selected_on": "dev", "flag": "", "source": "own",
            "where": "runs/7", "note": "",
        }  # fmt: skip
        return ScoreRow(**values | changes)

    return make
