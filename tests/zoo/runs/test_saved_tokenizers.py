"""Saved tokenizers have the recipe's length: Hugging Face's pipeline gives the probabilities of `zoo predict`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification as Classifier
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    RobertaConfig,
    RobertaModel,
    pipeline,
)
from transformers.utils import logging

from semeval_emo.cli.app import main
from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine.network import build, byte_tokenizer
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model, write_model_info
from semeval_emo.zoo.training.train import train

SIZES = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SHORT = ["train.epochs=1", "train.batch=32", "model.max_length=12", "train.precision=fp32"]
TEXTS = ["Oh!", "a", "What a day, what a day, what a day! I was so happy, and then so very sad about all of it."]


def bert(folder: Path) -> Path:
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=300, max_position_embeddings=40, pad_token_id=0, **SIZES)).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def roberta(folder: Path) -> Path:
    torch.manual_seed(0)
    config = RobertaConfig(vocab_size=300, max_position_embeddings=42, pad_token_id=0, **SIZES)
    RobertaModel(config).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def llama(folder: Path) -> Path:
    """A causal model whose tokenizer pads on the left and has no token to pad with, as many have."""
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(vocab_size=300, **SIZES)).save_pretrained(folder)
    tokenizer = byte_tokenizer()
    tokenizer.pad_token = None
    tokenizer.padding_side = "left"
    tokenizer.save_pretrained(folder)
    return folder


LORA = ["model.quantization=none", "train.lr=1e-3"]
RECIPES = {
    "encoder": ("minilm-ft", bert, []),
    "encoder (RoBERTa)": ("minilm-ft", roberta, []),
    "decoder": ("smollm2-full", llama, ["trainable.layers=2"]),
    "decoder, last layer": ("smollm2-4layer", llama, ["trainable.layers=1"]),
    "lora": ("llama-lora-int8-batch8", llama, LORA),
}


def trained(family: str, tmp_path: Path) -> Path:
    name, backbone, settings = RECIPES[family]
    folder = backbone(tmp_path / "backbone")
    recipe = load_recipe(name, [f"model.backbone={folder}", *SHORT, *settings])
    return train(recipe, source="sample", runs=tmp_path / "runs").folder.path


def piped(model: object, **options: object) -> np.ndarray:
    """Return what Hugging Face's pipeline gives: shape (texts, emotions), sorted by emotion."""
    logging.disable_progress_bar()
    classify = pipeline(
        "text-classification", model=model, truncation=True, top_k=None, function_to_apply="sigmoid", **options
    )
    return np.array([[row["score"] for row in sorted(rows, key=lambda row: row["label"])] for rows in classify(TEXTS)])


@pytest.mark.parametrize("family", RECIPES)
def test_the_pipeline_gives_what_zoo_predict_gives(family: str, tmp_path: Path):
    run = trained(family, tmp_path)
    expected = load_model(run).family.predict(TEXTS)
    assert np.abs(piped(str(run / "model")) - expected).max() < 1e-5
    assert main(["zoo", "export", str(run), "-o", str(tmp_path / "mine"), "--quiet"]) == 0
    assert np.abs(piped(str(tmp_path / "mine")) - expected).max() < 1e-5
    assert np.abs(piped(str(tmp_path / "mine"), batch_size=3) - expected).max() < 1e-5


def test_adapters_that_are_not_merged_are_loaded_with_their_labels(tmp_path: Path):
    """As a run with an int8 backbone saves them; this one is not quantized, so that no GPU is needed."""
    folder = llama(tmp_path / "backbone")
    recipe = load_recipe("llama-lora-int8-batch8", [f"model.backbone={folder}", *SHORT, *LORA])
    space = Space(("anger", "fear", "joy"))
    network = build(recipe, space, Progress())
    network.save(tmp_path / "model")
    write_model_info(tmp_path / "model", recipe, space, "")
    assert not (tmp_path / "model" / "config.json").exists()
    expected = load_model(tmp_path / "model").family.predict(TEXTS)
    network.model.eval()
    with torch.no_grad():
        logits = torch.cat([network.model(torch.tensor([row])).logits for row in network.tokens(TEXTS)])
    assert np.abs(expected - logits.sigmoid().numpy()).max() < 1e-5
    labels = {"num_labels": 3, "id2label": dict(enumerate(space.emotions))}
    model = Classifier.from_pretrained(tmp_path / "model", **labels)
    model.config.pad_token_id = network.model.config.pad_token_id
    assert np.abs(piped(model, tokenizer=str(tmp_path / "model")) - expected).max() < 1e-5


def test_an_exported_encoder_of_embeddings_truncates(tmp_path: Path):
    recipe = load_recipe("minilm-linear", [f"model.backbone={bert(tmp_path / 'backbone')}", "model.max_length=12"])
    run = train(recipe, source="sample", runs=tmp_path / "runs").folder.path
    expected = load_model(run).family.predict(TEXTS)
    assert main(["zoo", "export", str(run), "-o", str(tmp_path / "mine"), "--quiet"]) == 0
    assert np.array_equal(load_model(tmp_path / "mine").family.predict(TEXTS), expected)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "mine" / "encoder")
    assert len(tokenizer(TEXTS[2], truncation=True)["input_ids"]) == 12


@pytest.mark.parametrize("family", ["encoder", "decoder"])
def test_a_model_of_an_earlier_version_predicts_as_before(family: str, tmp_path: Path):
    run = trained(family, tmp_path)
    expected = load_model(run).family.predict(TEXTS)
    path = run / "model" / "tokenizer_config.json"
    config = json.loads(path.read_text())
    assert config.pop("model_max_length") == 12
    path.write_text(json.dumps(config))
    assert np.array_equal(load_model(run).family.predict(TEXTS), expected)


@pytest.mark.parametrize("backbone", [bert, roberta])
def test_a_trained_model_is_a_backbone_for_longer_texts_and_other_labels(backbone, tmp_path: Path):
    recipe = load_recipe("minilm-ft", [f"model.backbone={backbone(tmp_path / 'backbone')}", *SHORT])
    model = train(recipe, source="sample", runs=tmp_path / "runs").folder.model
    build(load_recipe("minilm-ft", [f"model.backbone={model}", "model.max_length=40"]), Space(("joy",)), Progress())
    limit = 40 if backbone is bert else 41
    with pytest.raises(UsageError, match=f"supports 1 to {limit} tokens, but model.max_length is 42"):
        build(load_recipe("minilm-ft", [f"model.backbone={model}", "model.max_length=42"]), Space(("joy",)), Progress())
