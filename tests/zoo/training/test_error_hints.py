"""Commands in the fix of an error work as printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import toy_task


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "board.csv"))


@pytest.mark.parametrize(
    ("name", "more", "fix"),
    [
        ("constant-all", ["--set", "select.metric=pearson"], "--set select.metric=official"),
        ("tfidf-char", ["--track", "b"], "--set loss.kind=mse"),
        ("tfidf-ridge", ["--track", "a"], "--set loss.kind=bce"),
    ],
)
def test_a_metric_that_does_not_fit_the_track(name: str, more: list[str], fix: str, cli):
    words = ["zoo", "train", name, "--data", "sample", "-q", *more]
    code, _, err = cli(*words)
    assert (code, err.splitlines()[-1]) == (2, f"  fix: {fix}")
    assert cli(*words, *shlex.split(fix))[::2] == (0, "")


def test_the_fix_for_an_untrained_member_trains_it(cli):
    toy_task.make_toy(Path())
    words = ["zoo", "train", "tfidf-best", "--language", "xbb", "--runs", "my runs", "--data", "data", "-q",
             "--task", "toy.toml", "--set", 'ensemble.members=["constant-all","constant-majority"]',
             "--set", "select.split=dev", "--set", "threshold.rule=fixed", "--set", "threshold.split=dev",
             "--set", 'data.splits=["train"]']  # fmt: skip
    for member in ("constant-all", "constant-majority"):
        code, _, err = cli(*words)
        assert code == 3
        head, fix = err.splitlines()
        assert head.startswith(
            f"error: The ensemble's member {member} is not trained: there is no my runs/toy/{member}"
        )
        assert fix == (
            f"  fix: semeval-emo zoo train {member} --language xbb --data data --task toy.toml --runs 'my runs'"
        )
        typed = shlex.split(fix.partition("semeval-emo ")[2])
        assert cli(*typed, "-q")[::2] == (0, "")
    assert cli(*words)[0] == 0


def test_each_language_of_a_series_has_its_own_fix(monkeypatch, cli):
    toy_task.make_toy(Path())
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", str(Path().resolve()))
    words = ["zoo", "train", "tfidf-best", "--language", "xaa,xbb", "--data", "data", "--task", "toy"]
    code, _, err = cli(*words)
    assert code == 1
    for language in ("xaa", "xbb"):
        assert f"  fix: semeval-emo zoo train tfidf-folds --language {language} --data data --task toy\n" in err


def test_a_member_that_is_not_a_recipe_has_no_command(cli):
    code, _, err = cli("zoo", "train", "tfidf-best", "--data", "sample", "-q",
                    "--set", 'ensemble.members=["mine","tfidf-folds"]')  # fmt: skip
    assert code == 3
    assert err.endswith("  fix: name a run folder, or a recipe that is trained\n")


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (
            "eng,ind,jav",
            "error: Track a of release 2025 has no ind and no jav.\n  fix: the others: --language eng\n",
        ),
        (
            "ind,jav",
            "error: Track a of release 2025 has no ind and no jav.\n  fix: --language all trains those that it has\n",
        ),
    ],
)
def test_languages_missing_in_the_track(languages: str, message: str, cli):
    assert cli("zoo", "train", "constant-all", "--language", languages) == (2, "", message)
    assert not Path("runs").exists()
