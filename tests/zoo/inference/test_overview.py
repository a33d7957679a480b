"""Our scores in the list of recipes: of the finished run, else of the submitted one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_emo.leaderboard.submitted import FILE, BuildInfo, SubmittedFile, SubmittedSystem, to_toml
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.inference.overview import RecipeScore, recipe_entries
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe

OTHER = load_recipe("tfidf-svm", ["train.seed=7"])
TASK = "semeval-2025-task-11"


def hash_of(recipe: Recipe, language: str = "eng") -> str:
    """Return the hash of the recipe resolved for a language."""
    return resolve_target(recipe, load_task(), "a", language).hash


def submitted(recipe: Recipe, score: float, release: str = "2025", language: str = "eng", **more: str) -> SubmittedFile:
    made = SubmittedFile(
        track="a", language=language, release=release, split="test", recipe=recipe.run_name,
        recipe_hash=hash_of(recipe, language), seed=42, seconds=1.0, selected_on="dev", metric="macro_f1", dev=0.5,
        score=score, interval=(0.1, 0.9), predictions="0", signature="",
        made=BuildInfo("0", "2-core x86-64 VM", {"python": "3"}),
    )  # fmt: skip
    return replace(made, **more)


@pytest.fixture
def submissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    logreg = load_recipe("tfidf-logreg")
    systems = {
        "one": (submitted(logreg, 0.54), submitted(logreg, 0.31, language="afr")),
        "two": (submitted(load_recipe("tfidf-char"), 0.52, release="2025-09"),),
        "three": (submitted(OTHER, 0.51),),
        "four": (submitted(load_recipe("tfidf-folds"), 0.5, recipe_hash="0"),),
    }  # fmt: skip
    for name, made in systems.items():
        folder = tmp_path / "submissions" / name
        folder.mkdir(parents=True)
        (folder / FILE).write_text(to_toml(SubmittedSystem(name, name, TASK, folder, made)))
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(tmp_path / "submissions"))
    return tmp_path


def ours(runs: Path, *names: str) -> list[float | None]:
    return [one.ours and one.ours.score for one in recipe_entries([load_recipe(name) for name in names], runs)]


def test_the_submitted_score_is_shown_without_a_run(submissions: Path):
    found = ours(submissions / "runs", "tfidf-logreg", "tfidf-char", "tfidf-svm", "tfidf-folds", "minilm-ft")
    assert found == [0.54, None, None, None, None], (
        "neither another release nor another setting nor the recipe as it once was is the recipe's own"
    )
    (other,) = recipe_entries([OTHER], submissions)
    assert other.ours == RecipeScore(0.51, "macro_f1", "a", "eng", "2025", "submissions/three/track_a/pred_eng.csv")


CARD = {"score": 0.55, "metric": "macro_f1", "task": TASK, "release": "2025"}


def run_in(folder: Path, state: dict[str, object], card: dict[str, object]) -> None:
    run = folder / "runs" / "tfidf-logreg" / "eng"
    run.mkdir(parents=True, exist_ok=True)
    (run / "run.json").write_text(json.dumps({"status": "done", "hash": hash_of(load_recipe("tfidf-logreg"))} | state))
    (run / "score.json").write_text(json.dumps(CARD | card))


def test_the_score_of_a_run_takes_precedence(submissions: Path):
    run_in(submissions, {}, {})
    assert ours(submissions / "runs", "tfidf-logreg") == [0.55]


@pytest.mark.parametrize(
    ("state", "card"),
    [
        ({"status": "trained"}, {}),
        ({"hash": "0"}, {}),
        ({}, {"task": "sample"}),
        ({}, {"release": "2025-09"}),
        ({}, {"release": "unknown"}),
        ({}, {"score": "0.55"}),
        ({}, {"score": True}),
        ({}, {"metric": 3}),
        ({}, {"metric": "accuracy"}),
    ],
)
def test_runs_of_other_recipes_or_tasks_do_not_count(submissions: Path, state: dict, card: dict):
    run_in(submissions, state, card)
    assert ours(submissions / "runs", "tfidf-logreg") == [0.54]


def test_a_broken_run_folder_does_not_break_the_list(submissions: Path):
    run_in(submissions, {}, {})
    (submissions / "runs" / "tfidf-logreg" / "eng" / "run.json").write_text("{")
    assert ours(submissions / "runs", "tfidf-logreg") == [0.54]
