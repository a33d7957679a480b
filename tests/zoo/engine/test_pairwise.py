"""A language model that is asked about each emotion of a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_backbones import save_backbone
from transformers import AutoModelForCausalLM, AutoTokenizer

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import UsageError
from semeval_emo.zoo.backbones import weights
from semeval_emo.zoo.engine import network
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

TEXTS = ["What a day!", "Oh no, not again.", ""]
PROMPT = "pairwise.prompt=> {text} {emotion}?"
# 240 texts: two steps of two batches of 60.
SETTINGS = (
    "train.epochs=1", "train.batch=60", "train.accumulate=2", "model.max_length=40", "train.precision=fp32",
    "train.lr=1e-2", "train.gradient_checkpointing=false", PROMPT,
)  # fmt: skip


@pytest.fixture
def without_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let recipes train as if they quantized: the backbone keeps full precision, and the adapters are not merged."""
    for module in (weights, network):
        monkeypatch.setattr(module, "check_quantization", lambda recipe: None)
    monkeypatch.setattr(network, "quantization_arguments", lambda recipe, device: {})


def trained(folder: Path, architecture: str, *settings: str, name: str = "qlora-pairwise") -> Any:
    backbone = save_backbone(folder / "backbone", architecture, language_model=True)
    return train(load_recipe(name, [f"model.backbone={backbone}", *SETTINGS, *settings]), source="sample", runs=folder)


def probabilities(model: Any, tokenizer: Any, emotions: tuple[str, ...], texts: list[str]) -> np.ndarray:
    """Return the probability of yes against no after the question, of the whole vocabulary's logits."""
    # The answers " yes" and " no" both begin with a space, which is the last token of the question.
    yes, no = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in "yn")
    rows = []
    for text in texts:
        prompts = [f"> {text} {emotion}? " for emotion in emotions]
        with torch.no_grad():
            last = [model(**tokenizer(prompt, return_tensors="pt")).logits[0, -1] for prompt in prompts]
        rows.append([float((logits[yes] - logits[no]).sigmoid()) for logits in last])
    return np.array(rows)


@pytest.mark.parametrize("architecture", ["gemma2", "qwen3"])
def test_the_probability_of_an_emotion_is_that_of_yes_after_its_question(architecture: str, tmp_path: Path):
    """Gemma 2 caps its logits and shares its embeddings with the output layer; Qwen 3 does neither."""
    result = trained(tmp_path, architecture, "model.quantization=none")
    emotions = result.folder.spec.emotions
    # The adapters are merged: transformers reads an ordinary language model.
    model = AutoModelForCausalLM.from_pretrained(result.folder.model)
    tokenizer = AutoTokenizer.from_pretrained(result.folder.model)
    assert not [name for name, _ in model.named_parameters() if "lora" in name]
    expected = probabilities(model, tokenizer, emotions, TEXTS)
    assert load_model(result.folder.path).family.predict(TEXTS) == pytest.approx(expected, abs=1e-5)
    assert expected.std(1).min() > 1e-4, "the question about each emotion has an answer of its own"
    start = AutoModelForCausalLM.from_pretrained(tmp_path / "backbone")
    assert np.abs(probabilities(start, tokenizer, emotions, TEXTS) - expected).max() > 1e-3, "it was trained"


def test_adapters_of_a_quantized_model_are_loaded_and_predict(tmp_path: Path, without_bitsandbytes: None, capsys):
    result = trained(tmp_path, "qwen3")
    assert (result.folder.model / "adapter_config.json").exists()
    stored = np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    loaded = load_model(result.folder.path)
    texts = load_gold("a", "eng", source="sample").texts
    assert loaded.family.predict(texts) == pytest.approx(stored, abs=1e-6)
    assert loaded.family.parameter_counts() == result.sizes
    assert main(["zoo", "predict", str(result.folder.path), "What a day!"]) == 0
    assert "joy" in capsys.readouterr().out
    card = result.folder.card.read_text()
    assert "the head of this model, the answers yes and no of a language model" in card
    assert "pipeline_tag" not in card


def test_intensities_are_the_probability_of_yes(tmp_path: Path):
    result = trained(tmp_path, "qwen3", "model.quantization=none", name="qlora-pairwise-degrees")
    assert result.scorecard.metric == "pearson"
    assert load_model(result.folder.path).family.predict(TEXTS).shape == (3, 5)


def test_recomputed_states_give_the_same_loss(tmp_path: Path):
    losses = []
    for number, setting in enumerate(("true", "false")):
        runs = tmp_path / str(number)
        recompute = f"train.gradient_checkpointing={setting}"
        result = trained(runs, "qwen3", "model.quantization=none", "pairwise.dropout=0", recompute)
        losses.append(result.rows[0]["loss"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_a_long_text_leaves_room_for_the_question(tmp_path: Path):
    result = trained(tmp_path, "qwen3", "model.quantization=none")
    own = load_model(result.folder.path).family.network
    rows = own.tokens(["x" * 500])
    question = len(" surprise? ")
    assert own.model.questions.shape[1] == question and len(rows[0]) == 40 - question


@pytest.mark.parametrize(
    ("setting", "message", "fix"),
    [
        ("pairwise.prompt=Is it {emotion}? {text}", "must be a text with {text} and, after it, {emotion}", ""),
        ("pairwise.no=yes", "the answers 'yes' and 'yes' begin with the same tokens.", "name other answers, such as"),
        ("model.max_length=8", "the question has 11 tokens, and model.max_length is 8.", "--set model.max_length=111"),
        ("model.backbone=random", "a random language model answers no questions.", ""),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(setting: str, message: str, fix: str, tmp_path: Path):
    with pytest.raises(UsageError) as refused:
        trained(tmp_path, "qwen3", "model.quantization=none", setting)
    assert message in refused.value.message
    assert refused.value.fix.startswith(fix)
