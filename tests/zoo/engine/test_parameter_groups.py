"""Trainable parameters and their optimizer groups."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

from semeval_emo.errors import UsageError
from semeval_emo.zoo.engine.parameter_groups import check_layers, is_trainable, plan_groups
from semeval_emo.zoo.recipe import TrainableConfig
from semeval_emo.zoo.recipes.load import load_recipe


def llama_names() -> list[str]:
    with torch.device("meta"):
        config = LlamaConfig(
            num_hidden_layers=16, hidden_size=8, intermediate_size=8, num_attention_heads=2, vocab_size=9
        )
        return [name for name, _ in LlamaForSequenceClassification(config).named_parameters()]


def trainable(name: str, *settings: str) -> tuple[list[str], list]:
    recipe = load_recipe(name, settings)
    names = [one for one in llama_names() if is_trainable(one, recipe.trainable, 16)]
    return names, plan_groups(names, recipe)


def test_the_main_recipe_has_two_groups_with_different_rates():
    names, groups = trainable("llama-4layer")
    assert {(g.role, g.lr, g.weight_decay) for g in groups} == {("layers", 1e-6, 0.01), ("head", 1e-5, 0.01)}
    by = {g.role: g.names for g in groups}
    assert by["head"] == ("score.weight",)
    assert {name.split(".")[2] for name in by["layers"]} == {"12", "13", "14", "15"}
    assert len(by["layers"]) == 4 * 9
    assert "model.norm.weight" not in names
    # Every trainable parameter is in exactly one group.
    assert sorted(name for g in groups for name in g.names) == sorted(names)


def test_norms_do_not_decay_by_default_as_in_the_trainer():
    _, groups = trainable("llama-3layer")
    decays = {name: g.weight_decay for g in groups for name in g.names}
    assert decays["model.layers.15.input_layernorm.weight"] == 0.0
    assert decays["model.layers.15.mlp.up_proj.weight"] == 0.01


def test_the_final_norm_is_trained_only_on_request():
    assert "model.norm.weight" in trainable("llama-4layer", "trainable.final_norm=true")[0]
    assert "model.norm.weight" in trainable("llama-4layer", "trainable.part=all")[0]
    assert trainable("llama-4layer", "trainable.part=head")[0] == ["score.weight"]


@pytest.mark.parametrize("layers", [0, 17])
def test_training_no_layer_or_too_many_is_refused(layers: int):
    with pytest.raises(UsageError) as refused:
        check_layers(TrainableConfig("last", layers), 16, "x")
    assert refused.value.message == f"recipe x: it trains the last {layers} layers of a network of 16."
    assert refused.value.fix == "--set trainable.layers=N with N from 1 to 16"
