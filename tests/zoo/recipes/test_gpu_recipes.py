"""The recipes for GPUs, on tiny backbones of the same architecture: trained for two steps, loaded again, predicted."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from cross_task import EMOTIONS, make_cross
from tiny_backbones import save_backbone

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.zoo.backbones import weights
from semeval_emo.zoo.engine import network
from semeval_emo.zoo.inference.overview import recipe_entries
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

ENCODERS = (
    "e5-large-ft", "e5-large-mlp", "rembert-ft", "xlmr-ft", "labse-ft", "afroxlmr-ft", "roberta-large-ft",
    "deberta-large-ft", "modernbert-ft",
)  # fmt: skip
QLORAS = ("qlora-gemma2-9b", "qlora-qwen3-8b")
# 240 texts: two steps of two batches of 60.
TWO_STEPS = (
    "train.epochs=1", "train.batch=60", "train.accumulate=2", "model.max_length=24", "train.precision=fp32",
    "data.language=eng", "train.lr=1e-2",
)  # fmt: skip
TEXTS = ["What a day!", "Oh no, not again.", "I am so happy", ""]


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_trains_two_steps_and_predicts_after_loading(name: str, tmp_path: Path, capsys):
    backbone = save_backbone(tmp_path / "backbone", load_recipe(name).shape.architecture)
    hidden = ["model.head_hidden=[12]"] if name == "e5-large-mlp" else []
    result = train(
        load_recipe(name, [f"model.backbone={backbone}", *TWO_STEPS, *hidden]), source="sample", runs=tmp_path
    )
    assert [row["epoch"] for row in result.rows] == [1]
    loaded = load_model(result.folder.path)
    expected = np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    texts = load_gold("a", "eng", source="sample").texts
    assert loaded.family.predict(texts) == pytest.approx(expected, abs=1e-6)
    assert expected.std(0).max() > 1e-4, "texts differ"
    assert loaded.family.parameter_counts() == result.sizes
    assert main(["zoo", "predict", str(result.folder.path), "What a day!"]) == 0
    assert "joy" in capsys.readouterr().out


@pytest.fixture
def without_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let recipes train as if they quantized: the backbone keeps full precision, and the adapters are not merged."""
    for module in (weights, network):
        monkeypatch.setattr(module, "check_quantization", lambda recipe: None)
    monkeypatch.setattr(network, "quantization_arguments", lambda recipe, device: {})


@pytest.mark.parametrize("name", QLORAS)
def test_adapters_train_two_steps_and_predict_after_loading(name: str, tmp_path: Path, without_bitsandbytes: None):
    backbone = save_backbone(tmp_path / "backbone", load_recipe(name).shape.architecture)
    result = train(load_recipe(name, [f"model.backbone={backbone}", *TWO_STEPS]), source="sample", runs=tmp_path)
    assert (result.folder.model / "adapter_config.json").exists(), "the quantized backbone is not saved"
    loaded = load_model(result.folder.path)
    expected = np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    texts = load_gold("a", "eng", source="sample").texts
    assert loaded.family.predict(texts) == pytest.approx(expected, abs=1e-6)
    assert loaded.family.parameter_counts() == result.sizes


@pytest.mark.parametrize("name", QLORAS)
def test_a_quantized_recipe_needs_bitsandbytes(name: str, tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else find(name))
    code, _, err = cli("zoo", "train", name, "--data", "sample", "--runs", tmp_path)
    assert code == 3
    assert f"Recipe {name} loads its backbone in nf4, which needs bitsandbytes." in err


@pytest.mark.parametrize("name", [f"{name}-joint" for name in QLORAS])
def test_one_model_for_all_languages_is_trained_once_and_loaded_for_each(
    name: str, tmp_path: Path, without_bitsandbytes: None
):
    """The adapters of a joint model have the emotions of all languages, also where a run has fewer (xbb: no fear)."""
    make_cross(tmp_path)
    backbone = save_backbone(tmp_path / "backbone", load_recipe(name).shape.architecture)
    settings = [f"model.backbone={backbone}", *TWO_STEPS[:-2], "train.lr=1e-2"]
    results = {
        language: train(
            load_recipe(name, settings), language=language, source=tmp_path / "data", runs=tmp_path / "runs",
            task=str(tmp_path / "cross.toml"),
        )
        for language in EMOTIONS
    }  # fmt: skip
    shares = {language: result.folder.state().get("shares") for language, result in results.items()}
    first = next(iter(EMOTIONS))
    assert shares == {language: None if language == first else first for language in EMOTIONS}
    for language, result in results.items():
        emotions = result.folder.spec.emotions
        assert emotions == tuple(EMOTIONS[language])
        model = load_model(result.folder.path)
        assert model.predict("What a day!").labels.keys() == set(emotions)
        outputs = set(model.family.network.model.config.id2label.values())
        assert outputs == {emotion for own in EMOTIONS.values() for emotion in own}


def test_a_head_on_the_first_token_has_dropout_in_training_only(tmp_path: Path):
    backbone = save_backbone(tmp_path / "backbone", "roberta")
    result = train(
        load_recipe("e5-large-ft", [f"model.backbone={backbone}", *TWO_STEPS]), source="sample", runs=tmp_path
    )
    card = result.folder.card.read_text()
    assert "the head of this model, one layer on the first token" in card
    assert "`semeval_emo.zoo.engine.pooling.FirstTokenPooled` both" in card
    model = load_model(result.folder.path).family.network.model
    assert type(model).__name__ == "FirstTokenPooled" and model.score.weight.shape == (5, 16)


@pytest.mark.parametrize("name", [*ENCODERS, *QLORAS, "qlora-pairwise", "gemma-ft", "mpnet-ft", "llama-4layer"])
def test_show_says_what_a_recipe_takes_before_a_download(name: str, cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "150")
    code, out, _ = cli("zoo", "show", name)
    assert code == 0
    for row in ("shape ", "parameters ", "Training on a GPU (estimate)", "A100 40 GB ", "RTX 4090 24 GB ", "T4 16 GB "):
        assert f"\n{row}" in out
    assert "Estimates, not measured." in out
    if not load_recipe(name).model.backbone.startswith("package:"):
        assert "\ndownload " in out


PUBLISHED = {
    "e5-large-ft": {"eng": 0.7340, "esp": 0.8054, "ukr": 0.6012, "rus": 0.8831, "hin": 0.8901},
    "rembert-ft": {"eng": 0.7083},
    "labse-ft": {"eng": 0.6424},
    "xlmr-ft": {"eng": 0.6730},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_scores_are_those_of_the_leaderboard_with_a_source(name: str, tmp_path: Path, cli):
    (entry,) = recipe_entries([load_recipe(name)], tmp_path)
    scores = {one.language: one.score for one in entry.published}
    assert {language: scores[language] for language in PUBLISHED[name]} == PUBLISHED[name]
    assert entry.published_score == PUBLISHED[name]["eng"]
    addresses = {source.url for source in Leaderboard.load(own=False).sources.values()}
    assert all(one.url in addresses and one.source for one in entry.published)
    out = cli("zoo", "show", name).out
    assert "Published: macro F1 on test" in out
    assert ["eng", f"{entry.published_score:.4f}"] in [line.split() for line in out.splitlines()]
    assert entry.published[0].url in out
    shown = json.loads(cli("zoo", "show", name, "--format", "json").out)
    assert shown["published"]["scores"][0]["url"] == entry.published[0].url


DEGREES = (
    "e5-large-degrees", "rembert-degrees", "xlmr-degrees", "labse-degrees", "deberta-large-degrees",
    "qlora-gemma2-9b-degrees", "qlora-qwen3-8b-degrees", "qlora-pairwise-degrees",
)  # fmt: skip


@pytest.mark.parametrize("name", DEGREES)
def test_a_recipe_for_intensities_differs_in_data_loss_and_cut_points_only(name: str):
    recipe = load_recipe(name)
    base = load_recipe(recipe.bases[0])
    differences = {key for key, value in recipe.resolved().items() if value != base.resolved()[key]}
    assert differences == {"name", "data", "loss", "threshold"}
    assert (recipe.data.track, recipe.loss.kind, recipe.threshold.rule) == ("b", "mse", "per_label")
    assert recipe.predicts_intensities


def test_an_encoder_learns_intensities(tmp_path: Path):
    backbone = save_backbone(tmp_path / "backbone", "rembert")
    recipe = load_recipe("rembert-degrees", [f"model.backbone={backbone}", *TWO_STEPS])
    result = train(recipe, source="sample", runs=tmp_path)
    assert result.scorecard.metric == "pearson"
    assert load_model(result.folder.path).family.predict(TEXTS).shape == (4, 5)


def test_the_mean_of_the_official_baseline_for_intensities(tmp_path: Path):
    (entry,) = recipe_entries([load_recipe("rembert-degrees")], tmp_path)
    assert len(entry.published) == 11 and entry.published[0].metric == "pearson"
    assert sum(one.score for one in entry.published) / 11 == pytest.approx(0.4781, abs=5e-5)


def test_the_members_of_ensembles_are_recipes_of_their_track():
    for name in ("ensemble-llm", "ensemble-llm-degrees"):
        recipe = load_recipe(name)
        members = [load_recipe(member) for member in recipe.options.members]
        assert {one.data.track for one in members} == {recipe.data.track}
        assert all(one.model.quantization == "nf4" for one in members)


def test_the_mean_of_the_official_baseline(tmp_path: Path):
    (entry,) = recipe_entries([load_recipe("rembert-ft")], tmp_path)
    assert len(entry.published) == 28
    assert sum(one.score for one in entry.published) / 28 == pytest.approx(0.5093, abs=5e-5)
