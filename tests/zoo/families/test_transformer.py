"""Trained transformers are ordinary Hugging Face folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel, pipeline
from transformers.utils import logging

from semeval_emo.data import load_gold
from semeval_emo.errors import UsageError
from semeval_emo.zoo.engine.network import byte_tokenizer
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import RunResult, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    settings = ["shape.hidden=32", "shape.mlp=48", "model.max_length=24", "train.epochs=2", "groups.layers.lr=1e-3"]
    return train(load_recipe("llama-tiny", settings), source="sample", runs=tmp_path_factory.mktemp("runs"))


def stored(result: RunResult) -> np.ndarray:
    return np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))


def test_from_pretrained_reproduces_the_probabilities(trained: RunResult):
    model = AutoModelForSequenceClassification.from_pretrained(trained.folder.model)
    tokenizer = AutoTokenizer.from_pretrained(trained.folder.model)
    assert type(model).__name__ == "LlamaForSequenceClassification"
    assert model.config.problem_type == "multi_label_classification"
    assert tuple(model.config.id2label.values()) == trained.folder.spec.emotions
    texts = load_gold("a", "eng", source="sample").texts[:20]
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=24, return_tensors="pt")
    with torch.no_grad():
        probabilities = torch.sigmoid(model(**batch).logits).numpy()
    assert probabilities == pytest.approx(stored(trained)[:20], abs=1e-6)


def test_pipeline_returns_every_emotion(trained: RunResult):
    logging.disable_progress_bar()
    classify = pipeline("text-classification", model=str(trained.folder.model), top_k=None)
    text = load_gold("a", "eng", source="sample").texts[3]
    scores = {label["label"]: label["score"] for label in classify([text], truncation=True, max_length=24)[0]}
    expected = dict(zip(trained.folder.spec.emotions, stored(trained)[3], strict=True))
    assert scores == pytest.approx(expected, abs=1e-6)


def test_only_trained_layers_differ_from_the_initial_weights(trained: RunResult):
    """Compare with a network of the same seed before training."""
    from semeval_emo.progress import Progress
    from semeval_emo.zoo.engine.network import build

    fresh = build(trained.recipe, load_model(trained.folder.path).space, Progress()).model.state_dict()
    kept = AutoModelForSequenceClassification.from_pretrained(trained.folder.model).state_dict()
    assert set(kept) == set(fresh)
    changed = {name for name in kept if not torch.equal(kept[name], fresh[name])}
    assert changed == {n for n in kept if n.startswith(("score", *(f"model.layers.{i}." for i in range(4, 8))))}


def test_the_model_card(trained: RunResult):
    text = trained.folder.card.read_text()
    assert text.startswith("---\ntags: ")
    assert f"| test | macro_f1 | {trained.scorecard.score:.4f} |" in text
    assert f"`{trained.scorecard.signature}`" in text
    assert "Selected on test" not in text
    assert 'pipeline_tag: "text-classification"' in text


def test_the_card_of_a_run_selected_on_test_has_a_warning(tmp_path: Path):
    settings = ["shape.hidden=16", "shape.mlp=16", "model.max_length=8", "train.epochs=1", "select.split=test"]
    result = train(load_recipe("llama-tiny", settings), source="sample", runs=tmp_path)
    assert result.recipe.selects_on_test
    assert "**Selected on test: the test score is optimistic" in result.folder.card.read_text()
    assert "| test (selected on test) | macro_f1 |" in result.folder.card.read_text()
    assert set(result.rows[0]) >= {"dev", "test"}


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    tokenizer = byte_tokenizer()
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=300, max_position_embeddings=40, pad_token_id=0, **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def of_bert(folder: Path, *settings: str) -> Recipe:
    small = [f"model.backbone={folder}", "model.max_length=16", "train.epochs=1", "train.batch=32", "train.warmup=0.0"]
    return load_recipe("minilm-ft", [*small, *settings])


def test_an_encoder_is_trained_saved_and_loaded(small_bert: Path, tmp_path: Path):
    result = train(of_bert(small_bert), source="sample", runs=tmp_path)
    assert result.sizes.trainable == result.sizes.total
    texts = load_gold("a", "eng", source="sample").texts
    assert np.array_equal(load_model(result.folder.path).family.predict(texts), stored(result))
    model = AutoModelForSequenceClassification.from_pretrained(result.folder.model)
    assert type(model).__name__ == "BertForSequenceClassification"


def test_training_the_last_layer_of_an_encoder(small_bert: Path, tmp_path: Path):
    result = train(of_bert(small_bert, "trainable.part=last", "trainable.layers=1"), source="sample", runs=tmp_path)
    before = BertModel.from_pretrained(small_bert).state_dict()
    after = AutoModelForSequenceClassification.from_pretrained(result.folder.model).bert.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and all(name.startswith(("encoder.layer.1.", "pooler.")) for name in moved)


def test_linear_model_on_frozen_embeddings(small_bert: Path, tmp_path: Path):
    recipe = load_recipe("minilm-linear", [f"model.backbone={small_bert}", "model.max_length=16"])
    result = train(recipe, source="sample", runs=tmp_path)
    texts = load_gold("a", "eng", source="sample").texts
    assert np.array_equal(load_model(result.folder.path).family.predict(texts), stored(result))
    assert result.sizes.trainable == (16 + 1) * 5


def test_lora_without_quantization(small_bert: Path, tmp_path: Path):
    tiny = ["shape.hidden=16", "shape.mlp=16", "model.max_length=8"]
    base = train(load_recipe("llama-tiny", [*tiny, "train.epochs=1"]), source="sample", runs=tmp_path)
    recipe = load_recipe(
        "llama-lora-int8-batch8",
        [f"model.backbone={base.folder.model}", "model.quantization=none", "train.epochs=1", "train.batch=32",
         "model.max_length=8", "train.precision=fp32", "train.lr=1e-3"],
    )  # fmt: skip
    result = train(recipe, source="sample", runs=tmp_path)
    assert 0 < result.sizes.trainable < result.sizes.total
    # The adapters are merged, so loading does not need peft.
    model = AutoModelForSequenceClassification.from_pretrained(result.folder.model)
    assert type(model).__name__ == "LlamaForSequenceClassification"
    assert not [name for name, _ in model.named_parameters() if "lora" in name]
    texts = load_gold("a", "eng", source="sample").texts
    assert load_model(result.folder.path).family.predict(texts) == pytest.approx(stored(result), abs=1e-7)


def test_bf16_is_close_to_fp32_and_only_for_networks(trained: RunResult, tmp_path: Path):
    texts = load_gold("a", "eng", source="sample").texts
    whole, half = (load_model(trained.folder.path, precision=p).family.predict(texts) for p in ("fp32", "bf16"))
    assert np.array_equal(whole, stored(trained))
    assert 0 < np.abs(whole - half).max() < 0.02
    linear = train(load_recipe("constant-all"), source="sample", runs=tmp_path)
    with pytest.raises(UsageError, match="which has no precision"):
        load_model(linear.folder.path, precision="bf16")
