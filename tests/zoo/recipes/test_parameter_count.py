"""Parameter counts computed from a shape equal those of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers

from semeval_emo.zoo.engine.adapters import add_adapters
from semeval_emo.zoo.engine.network import freeze
from semeval_emo.zoo.engine.pairwise import YesNoQuestions
from semeval_emo.zoo.engine.parameter_groups import count_layers, is_trainable
from semeval_emo.zoo.engine.pooling import FirstTokenPooled, MeanPooled
from semeval_emo.zoo.families.transformer import LoraOptions
from semeval_emo.zoo.recipe import ModelConfig, ShapeConfig, TrainableConfig
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.recipes.parameter_count import CAUSAL, backbone_shape, count_parameters, read_shape

CONFIGS = {
    "llama": lambda s: transformers.LlamaConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, num_key_value_heads=s.kv_heads or s.heads, num_labels=5,
    ),
    "bert": lambda s: transformers.BertConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, max_position_embeddings=s.positions, num_labels=5,
    ),
    "distilbert": lambda s: transformers.DistilBertConfig(
        vocab_size=s.vocabulary, dim=s.hidden, hidden_dim=s.mlp, n_layers=s.layers, n_heads=s.heads,
        max_position_embeddings=s.positions, num_labels=5,
    ),
    "mpnet": lambda s: transformers.MPNetConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, max_position_embeddings=s.positions, num_labels=5,
    ),
    # The configuration of microsoft/deberta-v3-small.
    "deberta": lambda s: transformers.DebertaV2Config(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, type_vocab_size=0, relative_attention=True, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
        max_relative_positions=-1, num_labels=5,
    ),
    "roberta": lambda s: transformers.XLMRobertaConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, max_position_embeddings=s.positions, type_vocab_size=1, num_labels=5,
    ),
    "rembert": lambda s: transformers.RemBertConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, max_position_embeddings=s.positions, input_embedding_size=s.embedding,
        num_labels=5,
    ),
    "modernbert": lambda s: transformers.ModernBertConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, num_labels=5,
    ),
    "gemma2": lambda s: transformers.Gemma2Config(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, num_key_value_heads=s.kv_heads, head_dim=s.head_dim, num_labels=5,
    ),
    "qwen3": lambda s: transformers.Qwen3Config(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, num_key_value_heads=s.kv_heads, head_dim=s.head_dim, num_labels=5,
    ),
}  # fmt: skip


LLAMAS = ("llama-4layer", "smollm2-full", "llama-tiny", "qlora-gemma2-9b", "qlora-qwen3-8b")
ENCODERS = (
    "minilm-ft", "distilbert-2epochs", "mpnet-ft", "deberta-10epochs", "xlmr-ft", "afroxlmr-ft", "roberta-large-ft",
    "labse-ft", "rembert-ft", "deberta-large-ft", "modernbert-ft",
)  # fmt: skip
PARTS = (TrainableConfig("head"), TrainableConfig("last", 2), TrainableConfig("all"))
CASES = [(name, part) for name in (*LLAMAS, *ENCODERS) for part in PARTS]
# A Llama has a norm after its last layer; encoders do not.
CASES += [(name, TrainableConfig("last", 1, final_norm=True)) for name in LLAMAS]


@pytest.mark.parametrize(("name", "part"), CASES)
def test_counts_equal_those_of_the_network(name: str, part: TrainableConfig):
    shape = load_recipe(name).shape
    with torch.device("meta"):
        network = transformers.AutoModelForSequenceClassification.from_config(CONFIGS[shape.architecture](shape))
    layers = count_layers(name for name, _ in network.named_parameters())
    assert layers == shape.layers
    found = count_parameters(shape, part, ModelConfig(), 5)
    assert found.total == sum(p.numel() for p in network.parameters())
    assert found.trainable == sum(p.numel() for n, p in network.named_parameters() if is_trainable(n, part, layers))


def test_counts_of_an_mlp_head():
    shape = ShapeConfig("llama", layers=1, hidden=10, mlp=20, heads=2, vocabulary=30)
    head = count_parameters(shape, TrainableConfig("head"), ModelConfig(head="mlp", head_hidden=(7,)), 5)
    assert head.trainable == (10 * 7 + 7) + (7 * 5 + 5)


LORAS = [
    (name, targets)
    for name, several in {
        "smollm2-full": [(), ("q_proj", "k_proj", "o_proj"), ("gate_proj", "down_proj")],
        "minilm-ft": [(), ("query", "key")],
        "distilbert-2epochs": [("q_lin", "lin1", "lin2")],
        "mpnet-ft": [("q", "o")],
        "deberta-10epochs": [()],
        "xlmr-ft": [(), ("key", "value")],
        "rembert-ft": [("query",)],
        "modernbert-ft": [("Wqkv", "Wi")],
        "qlora-gemma2-9b": [(), ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")],
        "qlora-qwen3-8b": [(), ("k_proj", "o_proj", "down_proj")],
    }.items()
    for targets in several
]


@pytest.mark.parametrize(("name", "targets"), LORAS)
def test_adapter_counts_equal_those_of_the_network(name: str, targets: tuple[str, ...]):
    recipe = load_recipe(name)
    adapted = replace(
        recipe,
        family="lora",
        trainable=TrainableConfig("lora"),
        model=ModelConfig(),
        options=LoraOptions(rank=3, targets=targets),
    )
    with torch.device("meta"):
        network = transformers.AutoModelForSequenceClassification.from_config(
            CONFIGS[recipe.shape.architecture](recipe.shape)
        )
        network = add_adapters(network, adapted)
    assert count_parameters(recipe.shape, TrainableConfig("lora"), ModelConfig(), 5, lora=(3, targets)) == freeze(
        network, adapted
    )


@pytest.mark.parametrize("name", ["qlora-gemma2-9b", "qlora-qwen3-8b"])
def test_counts_of_a_language_model_that_is_asked(name: str):
    """Qwen 3 has an output layer of its own."""
    recipe = load_recipe("qlora-pairwise", ["model.quantization=none"])
    shape = load_recipe(name).shape
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(CONFIGS[shape.architecture](shape))
        asked = add_adapters(YesNoQuestions(model, [[1, 2], [3]], (4, 5)), recipe)
    lora = (recipe.options.rank, recipe.options.targets)
    assert count_parameters(shape, recipe.trainable, recipe.model, 2, lora=lora, asked=True) == freeze(asked, recipe)


def test_adapters_on_unknown_layers_are_not_counted():
    shape = load_recipe("mpnet-ft").shape
    assert count_parameters(shape, TrainableConfig("lora"), ModelConfig(), 5, lora=(8, ())) is None, (
        "peft has no default here"
    )
    assert count_parameters(shape, TrainableConfig("lora"), ModelConfig(), 5, lora=(8, ("elsewhere",))) is None


@pytest.mark.parametrize("name", [*LLAMAS, *ENCODERS])
def test_the_shape_is_read_from_a_folder(name: str, tmp_path: Path):
    shape = load_recipe(name).shape
    CONFIGS[shape.architecture](shape).save_pretrained(tmp_path)
    # 0 key/value heads: as many as heads.
    assert read_shape(tmp_path / "config.json") == replace(shape, kv_heads=shape.kv_heads or kv_heads(shape))


def kv_heads(shape: ShapeConfig) -> int:
    return shape.heads if shape.architecture in CAUSAL else 0


@pytest.mark.parametrize(
    "said", ["{", "[]", '{"model_type": "t5"}', '{"model_type": "llama", "hidden_size": 8}', '{"model_type": []}']
)
def test_a_config_without_a_formula_has_no_shape(said: str, tmp_path: Path):
    (tmp_path / "config.json").write_text(said)
    assert read_shape(tmp_path / "config.json") is None


def test_a_llama_with_other_layers_has_no_shape(tmp_path: Path):
    config = CONFIGS["llama"](load_recipe("llama-tiny").shape)
    config.attention_bias = True
    config.save_pretrained(tmp_path)
    assert read_shape(tmp_path / "config.json") is None


def test_an_overridden_backbone_does_not_use_the_shape_of_the_recipe(tmp_path: Path):
    small = ShapeConfig("llama", layers=5, hidden=16, mlp=24, heads=2, vocabulary=100, kv_heads=1)
    CONFIGS["llama"](small).save_pretrained(tmp_path)
    assert backbone_shape(load_recipe("llama-4layer", [f"model.backbone={tmp_path}"])) == small
    assert backbone_shape(load_recipe("llama-4layer", ["model.backbone=somebody/else"])) is None
    assert backbone_shape(load_recipe("llama-4layer")).layers == 16


@pytest.mark.parametrize("part", PARTS)
def test_counts_of_a_head_on_the_first_token(part: TrainableConfig):
    recipe = load_recipe("e5-large-ft")
    with torch.device("meta"):
        network = FirstTokenPooled(transformers.AutoModel.from_config(CONFIGS["roberta"](recipe.shape)), 5)
    found = count_parameters(recipe.shape, part, recipe.model, 5)
    assert found.total == sum(p.numel() for p in network.parameters())
    trained = [p.numel() for n, p in network.named_parameters() if is_trainable(n, part, recipe.shape.layers)]
    assert found.trainable == sum(trained)


@pytest.mark.parametrize("part", PARTS)
def test_counts_of_an_encoder_with_the_mean_over_tokens(part: TrainableConfig):
    """Also of Gemma 3, whose class in transformers has another head."""
    recipe = load_recipe("gemma-ft")
    shape = recipe.shape
    config = transformers.Gemma3TextConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        head_dim=256, num_labels=5,
    )  # fmt: skip
    with torch.device("meta"):
        network = MeanPooled(transformers.AutoModel.from_config(config), 5)
    found = count_parameters(shape, part, recipe.model, 5)
    assert found.total == sum(p.numel() for p in network.parameters())
    trained = [p.numel() for n, p in network.named_parameters() if is_trainable(n, part, shape.layers)]
    assert found.trainable == sum(trained)
