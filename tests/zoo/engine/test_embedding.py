"""Sentence embeddings: prompts, dense layers, tokens without an embedding, and folders of models beside the hub."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import Gemma3TextConfig, Gemma3TextModel

from semeval_emo.cli.app import main
from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.weights import MODELS_VARIABLE, find_backbone
from semeval_emo.zoo.engine.embedding import SentenceEncoder, save_encoder
from semeval_emo.zoo.engine.network import byte_tokenizer
from semeval_emo.zoo.recipe import ModelConfig
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.recipes.readiness import GATED, readiness

TEXTS = ["so happy", "afraid of the dark, and of much else", "hm"]
PROMPT = "task: classification | query: "
MODEL = ModelConfig(pooling="mean", max_length=64)


@pytest.fixture(params=[16, 64], ids=["padded", "packed"])
def gemma(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A tiny encoder in the shape of EmbeddingGemma: bidirectional layers, prompts, two dense layers.

    Texts longer than the window of its local layers are padded, others are concatenated.
    """
    torch.manual_seed(0)
    folder = tmp_path / "models/owner/tiny-gemma"
    config = Gemma3TextConfig(
        vocab_size=300, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, max_position_embeddings=128, use_bidirectional_attention=True,
        sliding_window=request.param, layer_types=["sliding_attention", "full_attention"], pad_token_id=0,
    )  # fmt: skip
    Gemma3TextModel(config).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"), ("3_Dense", "Dense")]
    modules.append(("4_Normalize", "Normalize"))
    (folder / "modules.json").write_text(
        json.dumps([{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in modules])
    )
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"Classification": PROMPT}}))
    for name, shape in (("2_Dense", (32, 16)), ("3_Dense", (8, 32))):
        (folder / name).mkdir()
        save_file({"linear.weight": torch.randn(shape)}, folder / name / "model.safetensors")
        (folder / name / "config.json").write_text('{"activation_function": "torch.nn.modules.linear.Identity"}')
    return folder


def embed(folder: Path, texts: list[str], **options: object) -> np.ndarray:
    return SentenceEncoder.load(str(folder), **options).embed(texts, MODEL, Progress())


def test_a_prompt_stands_before_every_text_and_may_be_named(gemma: Path):
    plain = embed(gemma, TEXTS)
    prompted = embed(gemma, TEXTS, prompt=PROMPT)
    assert prompted == pytest.approx(embed(gemma, [PROMPT + text for text in TEXTS]), abs=1e-6)
    assert (embed(gemma, TEXTS, prompt="Classification") == prompted).all()
    assert np.abs(plain - prompted).max() > 1e-3


def test_vectors_are_those_of_transformers(gemma: Path):
    """Mean over the tokens of the last layer, then the dense layers, each text alone."""
    network, tokenizer = Gemma3TextModel.from_pretrained(gemma).eval(), byte_tokenizer()
    dense = [SentenceEncoder.load(str(gemma), dense=True).dense[at].numpy() for at in range(2)]
    assert [layer.shape for layer in dense] == [(32, 16), (8, 32)]
    for plain, after, text in zip(embed(gemma, TEXTS), embed(gemma, TEXTS, dense=True), TEXTS, strict=True):
        with torch.inference_mode():
            states = network(**tokenizer([text], return_tensors="pt")).last_hidden_state[0].mean(0).numpy()
        assert plain == pytest.approx(states / np.linalg.norm(states), abs=1e-5)
        projected = dense[1] @ (dense[0] @ states)
        assert after == pytest.approx(projected / np.linalg.norm(projected), abs=1e-5)


def test_an_exported_encoder_keeps_prompts_and_dense_layers(gemma: Path, tmp_path: Path):
    save_encoder(str(gemma), tmp_path / "out", 64, dense=True)
    options = {"prompt": "Classification", "dense": True}
    assert (embed(tmp_path / "out", TEXTS, **options) == embed(gemma, TEXTS, **options)).all()


@pytest.mark.parametrize(
    ("file", "body", "said"),
    [
        ("modules.json", "[]", "it names no dense layer in a folder of the model"),
        ("modules.json", '[{"path": "../x", "type": "x.Dense"}]', "it names no dense layer in a folder of the model"),
        ("modules.json", '{"a": 1}', "'it' is a table, expected a list"),
        ("2_Dense/config.json", '{"activation_function": "Tanh"}', "has a bias or an activation"),
        ("2_Dense/config.json", "{", "cannot be read"),
        ("2_Dense/model.safetensors", "no", "cannot be loaded"),
        ("config_sentence_transformers.json", '{"prompts": []}', "'prompts' is a list, expected a table"),
    ],
)
def test_a_damaged_folder_is_an_input_error(file: str, body: str, said: str, gemma: Path):
    (gemma / file).write_text(body)
    with pytest.raises(InputError) as caught:
        SentenceEncoder.load(str(gemma), prompt="Classification", dense=True)
    assert said in caught.value.message


def test_without_dense_layers_the_option_is_refused(gemma: Path):
    (gemma / "modules.json").unlink()
    with pytest.raises(InputError, match=r"has no modules\.json") as caught:
        SentenceEncoder.load(str(gemma), dense=True)
    assert caught.value.fix == "--set embed.dense=false"


def test_a_special_token_without_an_embedding_is_read_as_text(gemma: Path):
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    network = Gemma3TextModel.from_pretrained(gemma)
    network.resize_token_embeddings(tokenizer.convert_tokens_to_ids("<image>"))
    network.save_pretrained(gemma)
    tokenizer.save_pretrained(gemma)
    vectors = embed(gemma, ["an <image> here", "none"])
    assert np.isfinite(vectors).all() and np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    tokenizer.add_tokens(["ordinary"])
    tokenizer.save_pretrained(gemma)
    with pytest.raises(InputError, match="token ids up to"):
        embed(gemma, ["x"])


def test_a_folder_of_models_stands_for_the_hub(gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv("SEMEVAL_EMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert find_backbone("owner/tiny-gemma", Progress()) == gemma
    here, elsewhere = (load_recipe("gemma-linear", [f"model.backbone=owner/{name}"]) for name in ("tiny-gemma", "x"))
    assert (readiness(here).words, readiness(elsewhere).level) == ("", GATED)
    settings = ("model.backbone=owner/tiny-gemma", "embed.dense=true", "select.folds=3", "embed.strength=[1.0]")
    words = ["zoo", "train", "gemma-linear", "--data", "sample", "-q", "--format", "json"]
    assert main([*words, *(word for setting in settings for word in ("--set", setting))]) == 0
    result = json.loads(capsys.readouterr().out)
    # The recipe names the model, not the folder of this machine.
    assert result["recipe"]["model"]["backbone"] == "owner/tiny-gemma"
    assert result["recipe"]["embed"]["prompt"] == PROMPT
    digest = hashlib.sha256((gemma / "model.safetensors").read_bytes()).hexdigest()
    run = Path(result["folder"])
    assert json.loads((run / "run.json").read_text())["versions"]["owner/tiny-gemma"] == f"sha256:{digest}"
    card = (run / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "subject to the Gemma Terms of Use" in card and digest in card
