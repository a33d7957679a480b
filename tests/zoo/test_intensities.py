"""Runs that predict intensities: cut points in run folders, tables, model cards, `zoo tune` and `zoo predict`."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.submission import validate
from semeval_emo.task import load_task
from semeval_emo.zoo.inference.tune import tune_run
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import RunResult, train

CUT = ("threshold.rule=per_label", "threshold.grid=[0.05, 0.95, 0.05]")


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train(load_recipe("tfidf-ridge"), source="sample", runs=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    recipe = load_recipe("tfidf-ridge", ["tfidf.model=ordinal", *CUT])
    return train(recipe, source="sample", runs=tmp_path_factory.mktemp("runs"))


def stored(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 6))


def test_predictions_follow_from_the_cut_points(cut: RunResult):
    points = np.array([*json.loads((cut.folder.model / "thresholds.json").read_text()).values()])
    assert points.shape == (5, 3) and (np.diff(points) >= 0).all()
    assert [list(one) for one in cut.thresholds] == points.tolist()
    said = stored(cut.folder.probabilities("test"))
    by_hand = sum((said >= points[:, k]).astype(int) for k in range(3))
    assert np.array_equal(stored(cut.folder.predictions), by_hand)
    assert validate(cut.folder.predictions).valid


def test_the_model_card_lists_cut_points(cut: RunResult, rounded: RunResult):
    card = cut.folder.card.read_text()
    assert "| emotion | cut point of 1 | cut point of 2 | cut point of 3 |\n|---|---:|---:|---:|\n| anger | 0." in card
    assert "by pearson on dev; cut points tuned on dev." in card
    plain = rounded.folder.card.read_text()
    assert "5 emotions; intensities are rounded to the nearest integer." in plain and "| threshold |" not in plain


def test_predictions_are_independent_of_test_labels(cut: RunResult, tmp_path: Path):
    """With random test labels all predictions are the same bytes."""
    folder = Path(shutil.copytree(sample_folder(), tmp_path / "release"))
    file = folder / "track_b" / "test" / "eng.csv"
    with file.open(newline="", encoding="utf-8") as handle:
        head, *rows = csv.reader(handle)
    draw = np.random.default_rng(0)
    with file.open("w", newline="", encoding="utf-8") as handle:
        noisy = [[*row[:2], *draw.integers(0, 4, len(row) - 2)] for row in rows]
        csv.writer(handle, lineterminator="\n").writerows([head, *noisy])
    recipe = replace(cut.recipe, data=replace(cut.recipe.data, unverified_gold=True))
    result = train(recipe, source=folder, task="sample", runs=tmp_path / "runs")
    assert result.scorecard is None or result.scorecard.score != cut.scorecard.score
    for one, other in (
        (result.folder.predictions, cut.folder.predictions),
        (result.folder.probabilities("test"), cut.folder.probabilities("test")),
        (result.folder.model / "thresholds.json", cut.folder.model / "thresholds.json"),
    ):
        assert one.read_bytes() == other.read_bytes()
    tuned = [
        tune_run(one.folder.path, source=where, task="sample") for one, where in ((cut, "sample"), (result, folder))
    ]
    assert tuned[0].predictions.read_bytes() == tuned[1].predictions.read_bytes()


def test_tune_fits_cut_points_to_a_run_with_rounded_intensities(rounded: RunResult, tmp_path: Path, capsys):
    run = Path(shutil.copytree(rounded.folder.path, tmp_path / "eng-track_b"))
    tuned = tune_run(run, source="sample")
    rows = {row.rule: row for row in tuned.rows}
    assert rows["as trained"].fitted == rows["as trained"].out_of_fold == rounded.dev["pearson"]
    assert rows["per_label"].fitted >= rows["as trained"].fitted
    assert rows["global"].fitted >= rows["as trained"].fitted
    assert np.array(rows["per_label"].thresholds).shape == (5, 3)
    assert tuned.positives == tuple((load_gold("b", "eng", "dev", source="sample").labels > 0).sum(0))
    assert main(["zoo", "tune", str(run), "--data", "sample", "--threshold-rule", "global"]) == 0
    said = capsys.readouterr().out
    assert "tfidf-ridge: cut points" in said and "rounded" in said
    assert "Cut points of 1, 2, 3 on a scale from 0 to 1." in said
    texts = tmp_path / "texts.csv"
    gold = load_gold("b", "eng", source="sample")
    with texts.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([("id", "text"), *zip(gold.ids, gold.texts, strict=True)])
    use = ["--thresholds", str(run / "tuned" / "thresholds.json")]
    assert main(["zoo", "predict", str(run), str(texts), "--as", "labels", *use]) == 0
    assert capsys.readouterr().out == (run / "tuned" / "track_b" / "pred_eng.csv").read_text()
    texts.with_name("bad.json").write_text("[[0.1, 0.2]]")
    assert main(["zoo", "predict", str(run), str(texts), "--thresholds", str(texts.with_name("bad.json"))]) == 3
    assert (
        "bad.json contains 1 x 2 cut points; the model predicts 5 emotions with intensities from 0 to 3."
        in capsys.readouterr().err
    )


def test_the_table_of_a_run_shows_cut_points(tmp_path: Path, capsys):
    words = ["zoo", "train", "tfidf-ridge", "--data", "sample", "--runs", str(tmp_path), "--quiet"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "intensities rounded to the nearest" in said and "threshold" not in said
    assert main([*words, "--fresh", "--format", "json", *(x for one in CUT for x in ("--set", one))]) == 0
    found = json.loads(capsys.readouterr().out)["thresholds"]
    assert all(len(points) == 3 for points in found.values())
    assert main([*words, *(x for one in CUT for x in ("--set", one))]) == 0
    assert sum(line.startswith("cut points ") for line in capsys.readouterr().out.splitlines()) == 5


def test_a_network_is_trained_on_intensities(tmp_path: Path):
    small = ("shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.batch=8")
    intensities = ("data.track=b", "loss.kind=mse", "select.metric=pearson", *CUT)
    result = train(load_recipe("llama-tiny", [*small, *intensities]), source="sample", runs=tmp_path)
    assert validate(result.folder.predictions).valid and np.array(result.thresholds).shape == (5, 3)
    recipe = load_recipe("minilm-degrees")
    assert (recipe.data.track, recipe.loss.kind, recipe.select.metric, recipe.family) == (
        "b",
        "mse",
        "official",
        "encoder",
    )


def test_cut_points_of_folds_are_tuned_out_of_fold(tmp_path: Path):
    recipe = load_recipe("tfidf-ridge", ["select.split=folds", "threshold.split=folds", "select.folds=3", *CUT])
    result = train(recipe, source="sample", runs=tmp_path)
    assert np.array(result.thresholds).shape == (5, 3)
    assert "folds" in result.rows[0] and result.dev["pearson"] > 0.6


def test_recipes_for_intensities_select_by_the_official_metric_of_the_task(tmp_path: Path):
    """A task whose official metric is MAE, where lower is better: the best setting has the lowest."""
    text = (Path(load_task("sample").file)).read_text(encoding="utf-8")
    head, _, rest = text.partition("[tracks.b]")
    toml = tmp_path / "mae.toml"
    toml.write_text(head + "[tracks.b]" + rest.replace('metric = "pearson"', 'metric = "mae"', 1), encoding="utf-8")
    result = train(load_recipe("tfidf-ridge"), source="sample", task=load_task(toml), runs=tmp_path)
    assert result.recipe.select.metric == "mae" and next(iter(result.dev)) == "mae"
    values = [row["dev"]["mae"] for row in result.rows]
    assert values[result.selected_epoch - 1] == min(values) < max(values)
