"""Combining members, and ensembles fitted and scored by folds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import UsageError
from semeval_emo.zoo.families.combine import Stacking, WeightedMean, fit_stacking
from semeval_emo.zoo.inference.ensemble import ensemble_recipe
from semeval_emo.zoo.inference.tune import tune_run
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import RunResult, train

SPLITS = ("train", "dev")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two members selected by folds, and one on dev."""
    runs = tmp_path_factory.mktemp("made")
    for name, settings in {
        "words": ["tfidf.characters=[]"],
        "characters": ["tfidf.words=[]", "tfidf.characters=[1, 3]"],
    }.items():
        made = train(load_recipe("tfidf-folds", settings), source="sample", runs=runs)
        made.folder.path.parent.rename(runs / "sample" / name)
    train(load_recipe("tfidf-logreg"), source="sample", runs=runs)
    return runs


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "runs"))


def join(runs: Path, method: str, *members: str, settings: tuple[str, ...] = ()) -> RunResult:
    paths = [runs / "sample" / member / "eng" for member in members or ("words", "characters")]
    recipe = ensemble_recipe(paths, method, method=method, settings=settings, runs=runs)
    return train(recipe, source="sample", runs=runs)


def stored(runs: Path, name: str, split: str) -> np.ndarray:
    return np.loadtxt(
        runs / "sample" / name / "eng" / split / "prob_eng.csv", delimiter=",", skiprows=1, usecols=range(1, 6)
    )


def all_stored(runs: Path, name: str) -> np.ndarray:
    return np.concatenate([stored(runs, name, split) for split in SPLITS])


def test_stacking_learns_which_member_predicts_which_emotion():
    draw = np.random.default_rng(0)
    gold = (draw.random((400, 2)) < 0.4).astype(np.int8)
    blind = draw.random((400, 2))
    # This member predicts each emotion where the other one is present.
    crossed = np.clip(gold[:, ::-1] * 0.6 + 0.2 + draw.normal(size=gold.shape) * 0.05, 0.01, 0.99)
    stack = fit_stacking(np.stack([blind, crossed]), gold, 1.0)
    assert ((stack(np.stack([blind, crossed])) >= 0.5) == gold).mean() > 0.99
    again = Stacking.from_dict(json.loads(json.dumps(stack.to_dict())))
    assert np.array_equal(again(np.stack([blind, crossed])), stack(np.stack([blind, crossed])))


def test_a_stack_on_own_logits_ignores_those_of_other_emotions():
    draw = np.random.default_rng(3)
    gold = (draw.random((400, 3)) < 0.4).astype(np.int8)
    parts = np.clip(gold * 0.2 + 0.3 + draw.normal(size=(2, 400, 3)) * 0.2, 0.01, 0.99)
    stack = fit_stacking(parts, gold, 0.3, own=True)
    changed = parts.copy()
    changed[:, :, 1:] = 0.5
    assert np.array_equal(stack(parts)[:, 0], stack(changed)[:, 0])
    # With one emotion there is nothing to leave out.
    assert stack.weights[0, [0, 3]] == pytest.approx(fit_stacking(parts[:, :, :1], gold[:, :1], 0.3).weights[0])


def test_the_logits_of_a_stack_are_chosen_out_of_fold(runs: Path):
    settings = ("ensemble.strength=[0.01, 1.0]", 'ensemble.logits=["all", "own"]')
    result = join(runs, "stack", settings=settings)
    assert [(row["logits"], row["strength"]) for row in result.rows] == [
        ("all", 0.01), ("all", 1.0), ("own", 0.01), ("own", 1.0),
    ]  # fmt: skip
    scores = [row["folds"]["macro_f1"] for row in result.rows]
    assert len(set(scores)) > 1 and result.selected_epoch == 1 + scores.index(max(scores))


def test_an_emotion_without_positives_is_never_predicted():
    draw = np.random.default_rng(1)
    gold = np.stack([draw.random(50) < 0.5, np.zeros(50)], axis=1).astype(np.int8)
    parts = draw.random((2, 50, 2))
    assert (fit_stacking(parts, gold, 1.0)(parts)[:, 1] < 0.01).all()


def test_weighted_mean():
    parts = np.random.default_rng(2).random((2, 5, 3))
    assert WeightedMean(np.array([0.25, 0.75]))(parts) == pytest.approx(0.25 * parts[0] + 0.75 * parts[1])


def test_stacking_is_scored_out_of_fold_and_refitted_on_all_texts(runs: Path):
    result = join(runs, "stack", settings=("ensemble.strength=[0.01, 1.0]",))
    assert result.recipe.select.split == result.recipe.threshold.split == "folds"
    assert result.recipe.data.splits == SPLITS
    assert [row["strength"] for row in result.rows] == [0.01, 1.0]
    gold = np.concatenate([load_gold("a", "eng", split, source="sample").labels for split in SPLITS])
    parts = np.stack([all_stored(runs, name) for name in ("words", "characters")])
    kept = result.rows[result.selected_epoch - 1]["strength"]
    everything = fit_stacking(parts, gold, kept)
    own = all_stored(runs, "stack")
    assert not np.allclose(own, everything(parts)), "saved probabilities are out of fold"
    assert np.corrcoef(own.ravel(), everything(parts).ravel())[0, 1] > 0.95
    test = np.stack([stored(runs, name, "test") for name in ("words", "characters")])
    assert stored(runs, "stack", "test") == pytest.approx(everything(test))
    model = load_model(result.folder.path).family
    assert model.predict(load_gold("a", "eng", source="sample").texts) == pytest.approx(everything(test), abs=1e-9)


def test_weights_are_fitted_by_folds(runs: Path):
    result = join(runs, "weighted")
    assert sum(result.rows[0]["weights"].values()) == pytest.approx(1.0, abs=1e-3)
    assert result.rows[0]["folds"]["macro_f1"] > 0.5


def test_best_uses_the_member_with_the_highest_score(runs: Path):
    result = join(runs, "best")
    scores = result.rows[0]["scores"]
    for name, score in scores.items():
        state = json.loads((runs / "sample" / name / "eng" / "run.json").read_text())
        row = (runs / "sample" / name / "eng" / "metrics.jsonl").read_text().splitlines()[state["kept"] - 1]
        assert score == json.loads(row)["folds"]["macro_f1"]
    winner = max(scores, key=scores.get)
    for split in (*SPLITS, "test"):
        assert stored(runs, "best", split) == pytest.approx(stored(runs, winner, split))


def test_with_a_member_selected_on_dev_the_ensemble_is_selected_on_dev(runs: Path):
    """Two members were trained on dev, but their dev probabilities are out of fold."""
    result = join(runs, "mean", "words", "characters", "tfidf-logreg")
    assert result.recipe.select.split == "dev" and result.recipe.data.splits == SPLITS
    parts = [stored(runs, name, "dev") for name in ("words", "characters", "tfidf-logreg")]
    assert stored(runs, "mean", "dev") == pytest.approx(np.mean(parts, axis=0))
    with pytest.raises(UsageError) as refused:
        join(runs, "stack", "words", "tfidf-logreg")
    assert refused.value.message == "recipe stack: 'stack' needs binary labels and selection by folds."


def test_a_member_without_folds_is_refused(runs: Path):
    settings = ("select.split=folds", "threshold.split=folds")
    with pytest.raises(UsageError) as refused:
        join(runs, "mean", "words", "tfidf-logreg", settings=settings)
    assert refused.value.message == (
        "The ensemble's member tfidf-logreg has no out-of-fold probabilities of train and dev."
    )


def test_a_member_trained_on_the_selection_split_is_refused(runs: Path):
    folder = runs / "sample" / "tfidf-logreg" / "eng" / "recipe.json"
    body = json.loads(folder.read_text())
    body["resolved"]["data"]["splits"] = list(SPLITS)
    folder.write_text(json.dumps(body))
    with pytest.raises(UsageError, match="tfidf-logreg was trained on dev, which the ensemble selects on"):
        join(runs, "mean", "words", "tfidf-logreg")


def test_thresholds_of_a_finished_run_are_tuned_by_its_folds(runs: Path):
    tuned = tune_run(runs / "sample" / "words" / "eng", source="sample")
    assert (tuned.split, tuned.texts) == ("folds", 300)
    state = json.loads((runs / "sample" / "words" / "eng" / "run.json").read_text())
    assert tuned.row("per_label").thresholds == tuple(state["thresholds"]), (
        "the recipe's own rule gives the same thresholds"
    )
    with pytest.raises(UsageError, match="has no out-of-fold probabilities"):
        tune_run(runs / "sample" / "tfidf-logreg" / "eng", split="folds", source="sample")


def test_the_command(runs: Path, monkeypatch, capsys):
    monkeypatch.chdir(runs.parent)
    words = [
        "zoo",
        "ensemble",
        "runs/sample/words/eng",
        "runs/sample/characters/eng",
        "--name",
        "both",
        "--data",
        "sample",
    ]
    assert main([*words, "--method", "stack"]) == 0
    output = capsys.readouterr().out
    assert "folds macro F1" in output and "thresholds from the other folds" in output
    assert main(["zoo", "tune", "runs/sample/both/eng", "--data", "sample"]) == 0
    assert "folds, fitted" in capsys.readouterr().out
