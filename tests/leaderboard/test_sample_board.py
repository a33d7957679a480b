"""The sample's leaderboard: recomputed scores, not labelled as SemEval."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from semeval_emo.data import load_gold
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.scoring import score
from semeval_emo.submission import read_submission
from semeval_emo.task import load_task


@pytest.fixture(scope="module")
def systems() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_systems", Path(__file__).with_name("sample_systems.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def board() -> Leaderboard:
    return Leaderboard.load("sample")


def test_it_has_no_rows_of_the_competition(board: Leaderboard) -> None:
    assert {row.list for row in board.rows} == {"sample"}
    assert board.default_list == "sample"
    assert "not SemEval" in board.find_list().title
    assert not {row.list for row in Leaderboard.load().rows} & {"sample"}


@pytest.mark.parametrize("track", ["a", "b"])
@pytest.mark.parametrize("name", ["every emotion", "no emotion", "drawn at random", "emotion words"])
def test_the_scores_of_the_simple_systems_are_recomputed(
    board: Leaderboard, systems: ModuleType, track: str, name: str
) -> None:
    (row,) = [row for row in board.filter(track=track) if row.system == name]
    assert row.score == round(systems.measured(track, name), 4)


def test_all_scores_are_recomputed(board: Leaderboard, systems: ModuleType) -> None:
    pytest.importorskip("sklearn", reason="left out: needs scikit-learn (the dev extra)")
    assert list(board.rows) == systems.rows()


def test_the_score_of_every_emotion_follows_from_prevalence(board: Leaderboard) -> None:
    """Independent check: F1 of all ones is 2p / (1 + p)."""
    gold = load_gold("a", "eng", "test", source="sample", task=load_task("sample"))
    shares = gold.labels.mean(axis=0)
    (row,) = [row for row in board.filter(track="a") if row.system == "every emotion"]
    assert row.score == pytest.approx((2 * shares / (1 + shares)).mean(), abs=5e-5)


def test_the_whole_list_is_known_so_a_rank_is_exact(board: Leaderboard) -> None:
    ranks = {x: board.place(x, track="a", language="eng").rank for x in (0.9, 0.5, 0.3, 0.1, 0.0)}
    assert ranks == {0.9: "1 of 6", 0.5: "2 of 6", 0.3: "3 of 6", 0.1: "5 of 6", 0.0: "5 of 6"}


def test_the_shipped_predictions_are_placed_by_their_scorecard(board: Leaderboard, tmp_path: Path) -> None:
    task = load_task("sample")
    spec = task.spec("a", "eng", "test")
    path = tmp_path / "pred_eng.csv"
    lines = [",".join(spec.header), *(f"{one}{',1' * len(spec.emotions)}" for one in spec.ids)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (predictions,) = read_submission(path).predictions
    (card,) = score(predictions, load_gold("a", "eng", "test", source="sample", task=task)).cards
    placed = board.place(card)
    assert [row.system for row in placed.ties] == ["every emotion"]
    assert placed.rank == "2 of 6"
    assert (placed.at.task, placed.at.release) == ("sample", "1")
