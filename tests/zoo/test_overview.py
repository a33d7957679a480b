"""Our own score beside a recipe: of the run at hand, else of what was submitted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeval_emo.leaderboard.submitted import FILE, Making, Submitted, System, to_toml
from semeval_emo.zoo.overview import overview
from semeval_emo.zoo.recipes import load_recipe

OTHER = load_recipe("tfidf-svm", ["train.seed=7"])


def submitted(recipe: str, score: float, release: str = "2025", language: str = "eng") -> Submitted:
    return Submitted(
        track="a", language=language, release=release, split="test", recipe=recipe, recipe_hash="0", seed=42,
        seconds=1.0, selected_on="dev", metric="macro_f1", dev=0.5, score=score, interval=(0.1, 0.9),
        predictions="0", signature="", made=Making("0", "2-core x86-64 VM", {"python": "3"}),
    )  # fmt: skip


@pytest.fixture
def submissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = (submitted("tfidf-logreg", 0.54), submitted("tfidf-logreg", 0.31, language="afr"))
    systems = {
        "one": files, "two": (submitted("tfidf-char", 0.52, release="2025-09"),),
        "three": (submitted(OTHER.label, 0.51),),
    }  # fmt: skip
    for name, made in systems.items():
        folder = tmp_path / "submissions" / name
        folder.mkdir(parents=True)
        system = System(name, name, "semeval-2025-task-11", folder, made)
        (folder / FILE).write_text(to_toml(system))
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(tmp_path / "submissions"))
    return tmp_path


def ours(runs: Path, *names: str) -> list[float | None]:
    return [one.ours for one in overview([load_recipe(name) for name in names], runs)]


def test_what_was_submitted_stands_where_there_is_no_run(submissions: Path):
    found = ours(submissions / "runs", "tfidf-logreg", "tfidf-char", "tfidf-svm", "minilm-ft")
    assert found == [0.54, None, None, None], "neither another release nor another setting is the recipe's own"
    assert [one.ours for one in overview([OTHER], submissions)] == [0.51]


def test_the_run_at_hand_wins(submissions: Path):
    run = submissions / "runs" / "tfidf-logreg" / "eng"
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"status": "done"}))
    (run / "score.json").write_text(json.dumps({"score": 0.55}))
    assert ours(submissions / "runs", "tfidf-logreg") == [0.55]
