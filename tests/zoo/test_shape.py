"""Parameters counted from a shape are those of the real network."""

from __future__ import annotations

import pytest
import torch
import transformers

from semeval_emo.zoo.engine.groups import count_layers, moves
from semeval_emo.zoo.recipe import Model, Shape, Trainable
from semeval_emo.zoo.recipes import load_recipe
from semeval_emo.zoo.shape import count

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
    # As microsoft/deberta-v3-small has it.
    "deberta": lambda s: transformers.DebertaV2Config(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.mlp, num_hidden_layers=s.layers,
        num_attention_heads=s.heads, type_vocab_size=0, relative_attention=True, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
        max_relative_positions=-1, num_labels=5,
    ),
}  # fmt: skip


LLAMAS = ("llama-4layer", "smollm2-full", "llama-tiny")
ENCODERS = ("minilm-ft", "distilbert-2epochs", "mpnet-ft", "deberta-10epochs")
PARTS = (Trainable("head"), Trainable("last", 2), Trainable("all"))
CASES = [(name, part) for name in (*LLAMAS, *ENCODERS) for part in PARTS]
# Encoders end with the norm of their last layer; a Llama has one more.
CASES += [(name, Trainable("last", 1, final_norm=True)) for name in LLAMAS]


@pytest.mark.parametrize(("name", "part"), CASES)
def test_counts_are_those_of_the_network(name: str, part: Trainable):
    shape = load_recipe(name).shape
    with torch.device("meta"):
        network = transformers.AutoModelForSequenceClassification.from_config(CONFIGS[shape.architecture](shape))
    layers = count_layers(name for name, _ in network.named_parameters())
    assert layers == shape.layers
    found = count(shape, part, Model(), 5)
    assert found.total == sum(p.numel() for p in network.parameters())
    assert found.trainable == sum(p.numel() for n, p in network.named_parameters() if moves(n, part, layers))


def test_an_mlp_head_and_adapters():
    shape = Shape("llama", layers=1, hidden=10, mlp=20, heads=2, vocabulary=30)
    head = count(shape, Trainable("head"), Model(head="mlp", head_hidden=(7,)), 5)
    assert head.trainable == (10 * 7 + 7) + (7 * 5 + 5)
    assert count(shape, Trainable("lora"), Model(), 5) is None
