"""The estimates of `zoo show`: memory, tokens and hours."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers
from tiny_backbones import CONFIGS, config_of

from semeval_emo.task import load_task
from semeval_emo.zoo.engine.adapters import add_adapters
from semeval_emo.zoo.families.transformer import LoraOptions
from semeval_emo.zoo.inference.overview import recipe_entries
from semeval_emo.zoo.recipe import Recipe, ShapeConfig, TrainableConfig
from semeval_emo.zoo.recipes.cost import GPUS, activation_bytes
from semeval_emo.zoo.recipes.load import load_recipe

LENGTH = 32
HIDDEN, MLP, HEADS = 64, 256, 4


def saved_bytes(model: Any, precision: str, batch: int) -> int:
    """Return the bytes that torch saves for the backward pass, without the weights."""
    weights = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    sizes: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        kept.append(tensor)
        return tensor

    kept: list[torch.Tensor] = []
    ids = torch.randint(5, 90, (batch, LENGTH))
    products = torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
    model.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), products:
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    return sum(sizes.values())


def layer_bytes(architecture: str, recipe: Recipe, layers: int) -> float:
    """Return the bytes per token of a network with some layers, as the difference of two batch sizes."""
    sizes = {"hidden_size": HIDDEN, "intermediate_size": MLP, "num_hidden_layers": layers, "num_attention_heads": HEADS}
    heads = {"head_dim": HIDDEN // HEADS} if "head_dim" in CONFIGS[architecture][1] else {}
    model = transformers.AutoModelForSequenceClassification.from_config(config_of(architecture, **sizes, **heads))
    if recipe.trainable.part == "lora":
        model = add_adapters(model, recipe)
    if recipe.train.gradient_checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    few, many = (saved_bytes(model, recipe.train.precision, batch) for batch in (2, 6))
    return (many - few) / (4 * LENGTH)


def recipe_of(precision: str, targets: tuple[str, ...] = ()) -> Recipe:
    recipe = load_recipe("minilm-ft", [f"train.precision={precision}", f"model.max_length={LENGTH}"])
    if not targets:
        return recipe
    options = LoraOptions(rank=2, dropout=0.1, targets=targets)
    return replace(recipe, family="lora", trainable=TrainableConfig("lora"), options=options)


EVERY = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
CASES = [(architecture, ()) for architecture in CONFIGS]
CASES += [(architecture, EVERY) for architecture in ("llama", "gemma2", "qwen3")]
CASES += [("llama", ("q_proj", "v_proj"))]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(("architecture", "targets"), CASES)
def test_the_activations_of_a_layer_are_what_torch_saves(architecture: str, targets: tuple[str, ...], precision: str):
    recipe = recipe_of(precision, targets)
    shape = ShapeConfig(architecture, layers=1, hidden=HIDDEN, mlp=MLP, heads=HEADS, kv_heads=1, vocabulary=300)
    saved = layer_bytes(architecture, recipe, 3) - layer_bytes(architecture, recipe, 2)
    if architecture in ("bert", "roberta"):
        # Attention is fused on a GPU; on a CPU with dropout it is not.
        saved -= 12 * HEADS * LENGTH
    assert activation_bytes(recipe, shape) == pytest.approx(saved, rel=0.25)


def test_recomputed_states_keep_the_input_of_each_layer():
    recipe = load_recipe("minilm-ft", ["train.gradient_checkpointing=true", f"model.max_length={LENGTH}"])
    shape = ShapeConfig("bert", layers=3, hidden=HIDDEN, mlp=MLP, heads=HEADS, vocabulary=300)
    assert layer_bytes("bert", recipe, 3) - layer_bytes("bert", recipe, 2) == 4 * HIDDEN
    one = activation_bytes(recipe, replace(shape, layers=1))
    assert activation_bytes(recipe, shape) - one == 2 * 4 * HIDDEN


def cost_of(tmp_path, name: str, *settings: str):
    (entry,) = recipe_entries([load_recipe(name, settings)], tmp_path)
    return entry.cost


def test_memory_is_weights_gradients_moments_and_activations(tmp_path):
    (entry,) = recipe_entries([load_recipe("e5-large-ft")], tmp_path)
    memory, count = entry.cost.memory, entry.sizes.total
    assert (memory["weights"], memory["gradients"], memory["optimizer"]) == (4 * count, 4 * count, 8 * count)
    assert entry.cost.total_memory == sum(memory.values())
    half = cost_of(tmp_path, "e5-large-ft", "train.batch=8")
    assert half.memory["activations"] == memory["activations"] / 2
    few = cost_of(tmp_path, "e5-large-ft", "trainable.part=last", "trainable.layers=4")
    assert few.memory["activations"] == memory["activations"] / 6
    assert few.memory["optimizer"] == 8 * (4 * (12 * 1024**2 + 13 * 1024) + 5 * 1025)


def test_texts_and_tokens_are_those_of_the_task(tmp_path):
    task = load_task()
    cost = cost_of(tmp_path, "e5-large-ft", "data.language=deu")
    assert (cost.texts, cost.tokens) == (2603, 2603 * task.tokens["deu"])
    every = cost_of(tmp_path, "e5-large-ft", 'data.sources=["others"]')
    assert every.texts == 65_098
    assert every.tokens == pytest.approx(2_427_577, rel=0.01), "as counted with Gemma's tokenizer"
    joint = cost_of(tmp_path, "gemma-joint")
    codes = set(load_recipe("gemma-joint").data.sources)
    rows = sum(spec.rows for spec in task.specs("2025", "a") if spec.language in codes and spec.split != "test")
    assert joint.texts == rows
    assert cost_of(tmp_path, "e5-joint").texts < 28 * 400 + 1


def test_hours_grow_with_the_work(tmp_path):
    once = cost_of(tmp_path, "e5-large-ft", "train.epochs=1", "data.language=som")
    ten = cost_of(tmp_path, "e5-large-ft", "train.epochs=10", "data.language=som")
    assert 9 < ten.hours["T4 16 GB"] / once.hours["T4 16 GB"] < 10
    frozen = cost_of(tmp_path, "llama-4layer")
    whole = cost_of(tmp_path, "llama-4layer", "train.engine=plain")
    assert frozen.flops < whole.flops / 2, "the frozen layers run once"
    assert set(once.hours) == {gpu.name for gpu in GPUS}
    assert cost_of(tmp_path, "mpnet-ft").hours["T4 16 GB"] is None, "a T4 has no bf16"


def test_the_estimate_is_near_the_time_in_the_notebooks_of_the_source(tmp_path):
    """Final_submission_Part1.ipynb prints 1.41 s a batch of 16 texts padded to 150 tokens, in fp32 on Colab's GPU."""
    cost = cost_of(tmp_path, "e5-large-ft", "model.padding=max_length", "train.epochs=1")
    assert 0.5 < cost.hours["T4 16 GB"] * 3600 / (173 * 1.41) < 2


def test_recipes_without_a_network_have_no_estimate(tmp_path):
    assert [cost_of(tmp_path, name) for name in ("tfidf-folds", "constant-all", "e5-stack")] == [None] * 3
    assert cost_of(tmp_path, "llama-4layer", "model.backbone=somebody/else") is None


def test_the_members_of_an_ensemble_are_trained_one_after_the_other(tmp_path):
    members = load_recipe("ensemble-llm").options.members
    costs = {name: cost_of(tmp_path, name) for name in members}
    cost = cost_of(tmp_path, "ensemble-llm")
    for gpu, hours in cost.hours.items():
        each = [one.hours[gpu] for one in costs.values()]
        assert hours == (None if None in each else pytest.approx(sum(each)))
    assert cost.total_memory == max(one.total_memory for one in costs.values())
    assert cost.download == costs["qlora-gemma2-9b"].download + costs["qlora-qwen3-8b"].download, "Gemma once"


def test_a_text_is_read_once_for_each_emotion_that_is_asked_about(tmp_path):
    asked, whole = (cost_of(tmp_path, name, "train.batch=4") for name in ("qlora-pairwise", "qlora-gemma2-9b"))
    assert asked.tokens == 5 * (whole.tokens + 24 * whole.texts)
    assert asked.memory["activations"] == 5 * whole.memory["activations"]
    six = cost_of(tmp_path, "qlora-pairwise", "data.language=deu")
    assert six.tokens / six.texts == 6 * (load_task().tokens["deu"] + 24)
