"""Parameter groups as a pure function, losses and schedules: no training needed to see that they are right."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from transformers import LlamaConfig, LlamaForSequenceClassification

from semeval_emo.errors import UsageError
from semeval_emo.zoo.engine.losses import loss_function, positive_weights
from semeval_emo.zoo.engine.parameter_groups import check_layers, is_trainable, plan_groups
from semeval_emo.zoo.engine.schedule import order, steps_per_epoch, warmup_steps
from semeval_emo.zoo.recipe import LossConfig, TrainableConfig, TrainConfig
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


def test_the_headline_recipe_has_two_groups_at_two_rates():
    names, groups = trainable("llama-4layer")
    assert {(g.role, g.lr, g.weight_decay) for g in groups} == {("layers", 1e-6, 0.01), ("head", 1e-5, 0.01)}
    by = {g.role: g.names for g in groups}
    assert by["head"] == ("score.weight",)
    assert {name.split(".")[2] for name in by["layers"]} == {"12", "13", "14", "15"}
    assert len(by["layers"]) == 4 * 9
    assert "model.norm.weight" not in names
    # Every parameter that moves is in one group, once.
    assert sorted(name for g in groups for name in g.names) == sorted(names)


def test_norms_are_spared_where_the_trainer_would():
    _, groups = trainable("llama-3layer")
    decays = {name: g.weight_decay for g in groups for name in g.names}
    assert decays["model.layers.15.input_layernorm.weight"] == 0.0
    assert decays["model.layers.15.mlp.up_proj.weight"] == 0.01


def test_the_final_norm_moves_only_where_asked():
    assert "model.norm.weight" in trainable("llama-4layer", "trainable.final_norm=true")[0]
    assert "model.norm.weight" in trainable("llama-4layer", "trainable.part=all")[0]
    assert trainable("llama-4layer", "trainable.part=head")[0] == ["score.weight"]


@pytest.mark.parametrize("layers", [0, 17])
def test_more_layers_than_there_are(layers: int):
    with pytest.raises(UsageError) as refused:
        check_layers(TrainableConfig("last", layers), 16, "x")
    assert refused.value.message == f"recipe x: it trains the last {layers} layers of a network of 16."
    assert refused.value.fix == "--set trainable.layers=N with N from 1 to 16"


def test_positive_weights_are_scikit_learns():
    labels = (np.random.default_rng(0).random((50, 3)) < (0.1, 0.5, 0.9)).astype(np.int8)
    expected = [compute_class_weight("balanced", classes=np.array([0, 1]), y=labels[:, i])[1] for i in range(3)]
    assert positive_weights(labels, "per_label") == pytest.approx(expected)
    flat = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels.ravel())[1]
    assert positive_weights(labels, "global") == pytest.approx([flat] * 3)
    assert positive_weights(labels, "none") is None


def test_losses_by_hand():
    logits, degrees = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, 1]])
    device = torch.device("cpu")
    plain = loss_function(LossConfig(), labels, 1, device)(logits, degrees)
    assert float(plain) == pytest.approx((np.log(2) + np.log1p(np.exp(2.0))) / 2)
    weighted = loss_function(LossConfig(pos_weight="per_label"), labels, 1, device)(logits, degrees)
    assert float(weighted) == pytest.approx((2 * np.log(2) + np.log1p(np.exp(2.0))) / 2)
    squared = loss_function(LossConfig("mse"), labels, 3, device)(logits, degrees)
    assert float(squared) == pytest.approx(((0.5 - 1 / 3) ** 2 + (1 / (1 + np.exp(-2.0))) ** 2) / 2)


def test_steps_and_order():
    assert steps_per_epoch(2768, TrainConfig(batch=2)) == 1384
    assert steps_per_epoch(61, TrainConfig(batch=3, accumulate=2)) == 11
    assert warmup_steps(100, TrainConfig(warmup=0.06)) == 6
    assert sorted(order(10, 42, 3)) == list(range(10))
    assert order(10, 42, 3) == order(10, 45, 0), "the seed and the epoch are added, as accelerate does"
