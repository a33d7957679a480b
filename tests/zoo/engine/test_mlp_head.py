"""MLP heads, which ``from_pretrained`` does not load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from transformers import BertConfig, BertModel

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.zoo.engine.network import byte_tokenizer
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

HEAD = ["model.head=mlp", "model.head_hidden=[12, 8]", "train.epochs=1", "train.batch=32"]


def llama(folder: Path) -> Recipe:
    small = ["shape.hidden=16", "shape.mlp=16", "shape.layers=2", "trainable.layers=1", "model.max_length=8"]
    return load_recipe("llama-tiny", [*small, *HEAD])


def bert(folder: Path) -> Recipe:
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=300, max_position_embeddings=40, pad_token_id=0, **sizes)).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return load_recipe("minilm-ft", [*HEAD, f"model.backbone={folder}", "model.max_length=8", "train.warmup=0.0"])


@pytest.mark.parametrize("make", [llama, bert])
def test_counts_of_an_mlp_head_is_saved_and_loaded(make, tmp_path: Path):
    result = train(make(tmp_path / "backbone"), source="sample", runs=tmp_path)
    texts = load_gold("a", "eng", source="sample").texts
    stored = np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    assert stored.std(0).max() > 0
    for folder in (result.folder.path, result.folder.model):
        found = load_model(folder)
        assert np.array_equal(found.family.predict(texts), stored)
        parameters = found.family.network.model.named_parameters()
        widths = [len(p) for name, p in parameters if name.startswith(("score", "classifier")) and p.ndim == 2]
        assert widths == [12, 8, 5]


def test_the_card_warns_that_transformers_cannot_load_an_mlp_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    result = train(llama(tmp_path), source="sample", runs=tmp_path)
    assert main(["zoo", "export", str(result.folder.path), "-o", str(tmp_path / "mine")]) == 0
    card = (tmp_path / "mine" / "README.md").read_text()
    assert "cannot load the head of this model" in card
    assert "pipeline_tag" not in card
    assert 'library_name: "semeval-emo"' in card
    # The exported model can be loaded as described in the model card.
    texts = load_gold("a", "eng", source="sample").texts[:5]
    both = [load_model(folder).family.predict(texts) for folder in (tmp_path / "mine", result.folder.path)]
    assert np.array_equal(*both)
