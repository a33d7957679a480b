"""Parameter counts of transformers, computed from their shape without loading them.

The shape is that of the recipe, or that of the ``config.json`` of a local folder, so that `zoo list`
needs neither torch nor weights. A test compares each formula with the real model.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError
from semeval_emo.parse import ShapeError, member, read_json
from semeval_emo.zoo.backbones.weights import local_path
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import ModelConfig, Recipe, ShapeConfig, TrainableConfig


def count_parameters(
    shape: ShapeConfig,
    trainable: TrainableConfig,
    model: ModelConfig,
    emotions: int,
    *,
    pooled: bool = True,
    lora: tuple[int, Sequence[str]] | None = None,
    asked: bool = False,
) -> ParameterCounts | None:
    """Return the parameter counts of a backbone with its head.

    Args:
        emotions: width of the last layer.
        pooled: whether an encoder has a dense layer before the last one.
        asked: whether a language model answers with its own output layer, instead of a head.
        lora: rank of the adapters, and names of the layers that have one (empty for peft's default).

    Returns:
        None if the sizes of the layers with adapters are not known.

    >>> llama = ShapeConfig("llama", layers=16, hidden=2048, mlp=8192, heads=32, kv_heads=8, vocabulary=128256)
    >>> count_parameters(llama, TrainableConfig("last", 4), ModelConfig(), 5)
    ParameterCounts(trainable=243296256, total=1235824640)
    """
    adapters = _adapters(shape, *lora) if lora and trainable.part == "lora" else 0
    if adapters is None or (trainable.part == "lora" and not lora):
        return None
    layer, rest = layer_and_rest(shape)
    head = _head(shape, model, emotions, pooled)
    if asked:
        head, rest = 0, rest + output_layer(shape)
    total = shape.layers * layer + rest + head + adapters
    last = head + trainable.layers * layer
    trained = {"head": head, "last": last, "all": total, "lora": head + adapters}[trainable.part]
    if trainable.final_norm and trainable.part == "last":
        trained += shape.hidden
    return ParameterCounts(trained, total)


CAUSAL = ("llama", "gemma", "gemma2", "qwen3")
"""Architectures of language models. Their head gets the state of the last token and has no bias."""


def layer_and_rest(shape: ShapeConfig) -> tuple[int, int]:
    """Return the parameters of a layer, and those outside of layers and head: embeddings, the final norm."""
    sizes = {
        "llama": _llama, "gemma": _gemma, "gemma2": _gemma2, "qwen3": _qwen3, "bert": _bert, "roberta": _roberta,
        "distilbert": _distilbert, "mpnet": _mpnet, "deberta": _deberta, "rembert": _rembert,
        "modernbert": _modernbert,
    }  # fmt: skip
    return sizes[shape.architecture](shape)


def output_layer(shape: ShapeConfig) -> int:
    """Return the parameters of the output layer of a language model; 0 if they are those of its embeddings."""
    return 0 if shape.tied else shape.vocabulary * shape.hidden


def _linear(width: int, height: int) -> int:
    return width * height + height


def is_direct(model: ModelConfig) -> bool:
    """Return whether the head is one layer on the state of the first token or on the mean, by `engine.pooling`."""
    return model.head == "direct" or model.pooling == "mean"


def _head(shape: ShapeConfig, model: ModelConfig, emotions: int, pooled: bool) -> int:
    """Return the parameters of the head; the classes of most encoders have a dense layer before the last one."""
    widths = [shape.hidden, *(model.head_hidden if model.head == "mlp" else ()), emotions]
    causal = shape.architecture in CAUSAL
    if model.head == "linear" and causal and not is_direct(model):
        return shape.hidden * emotions
    dense = 0
    if pooled and not causal and not is_direct(model):
        # ModernBERT's has a norm instead of a bias.
        dense = _linear(shape.hidden, shape.hidden)
    return dense + sum(_linear(a, b) for a, b in pairwise(widths))


def _adapters(shape: ShapeConfig, rank: int, targets: Sequence[str]) -> int | None:
    """Return the parameters of the adapters: two low-rank matrices for each adapted linear layer; None if not known."""
    widths = adapted_widths(shape, targets)
    return None if widths is None else shape.layers * rank * sum(map(sum, widths))


def adapted_widths(shape: ShapeConfig, targets: Sequence[str]) -> list[tuple[int, int]] | None:
    """Return the inputs and outputs of each linear layer with an adapter, in one layer; None if not known."""
    square, up, down = (shape.hidden, shape.hidden), (shape.hidden, shape.mlp), (shape.mlp, shape.hidden)
    query, narrow = (shape.hidden, _query_width(shape)), (shape.hidden, _kv_width(shape))
    causal = {
        "q_proj": query, "k_proj": narrow, "v_proj": narrow, "o_proj": query[::-1],
        "gate_proj": up, "up_proj": up, "down_proj": down,
    }  # fmt: skip
    bert = dict.fromkeys(("query", "key", "value"), square)
    linear = {
        "llama": causal,
        "gemma": causal,
        "gemma2": causal,
        "qwen3": causal,
        "bert": bert,
        "roberta": bert,
        "rembert": bert,
        "distilbert": dict.fromkeys(("q_lin", "k_lin", "v_lin", "out_lin"), square) | {"lin1": up, "lin2": down},
        "mpnet": dict.fromkeys(("q", "k", "v", "o"), square),
        "deberta": dict.fromkeys(("query_proj", "key_proj", "value_proj"), square),
        "modernbert": {"Wqkv": (shape.hidden, 3 * shape.hidden), "Wi": (shape.hidden, 2 * shape.mlp)},
    }[shape.architecture]  # fmt: skip
    # Defaults of peft, which has none for other architectures.
    defaults = {
        "llama": ("q_proj", "v_proj"), "gemma2": ("q_proj", "v_proj"), "qwen3": ("q_proj", "v_proj"),
        "bert": ("query", "value"), "roberta": ("query", "value"), "deberta": ("query_proj", "value_proj"),
    }  # fmt: skip
    names = set(targets or defaults.get(shape.architecture, ()))
    return [linear[name] for name in sorted(names)] if names and names <= linear.keys() else None


def _head_width(shape: ShapeConfig) -> int:
    return shape.head_dim or shape.hidden // shape.heads


def _query_width(shape: ShapeConfig) -> int:
    return _head_width(shape) * shape.heads


def _kv_width(shape: ShapeConfig) -> int:
    return _head_width(shape) * (shape.kv_heads or shape.heads)


def _llama(shape: ShapeConfig) -> tuple[int, int]:
    attention = 2 * shape.hidden * (_query_width(shape) + _kv_width(shape))
    return attention + 3 * shape.hidden * shape.mlp + 2 * shape.hidden, shape.vocabulary * shape.hidden + shape.hidden


def _qwen3(shape: ShapeConfig) -> tuple[int, int]:
    layer, rest = _llama(shape)
    # Norms of queries and keys.
    return layer + 2 * _head_width(shape), rest


def _gemma2(shape: ShapeConfig) -> tuple[int, int]:
    layer, rest = _llama(shape)
    # Four norms a layer instead of two.
    return layer + 2 * shape.hidden, rest


def _gemma(shape: ShapeConfig) -> tuple[int, int]:
    layer, rest = _gemma2(shape)
    # Norms of queries and keys.
    return layer + 2 * _head_width(shape), rest


def _encoder_layer(shape: ShapeConfig) -> int:
    attention = 4 * _linear(shape.hidden, shape.hidden)
    feed = _linear(shape.hidden, shape.mlp) + _linear(shape.mlp, shape.hidden)
    return attention + feed + 2 * 2 * shape.hidden


def _bert(shape: ShapeConfig) -> tuple[int, int]:
    # Two token types and the norm of the embeddings.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2 + 2) * shape.hidden


def _roberta(shape: ShapeConfig) -> tuple[int, int]:
    # One token type.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 1 + 2) * shape.hidden


def _rembert(shape: ShapeConfig) -> tuple[int, int]:
    # Narrow embeddings, and a linear layer that widens them.
    width = shape.embedding or shape.hidden
    embeddings = (shape.vocabulary + shape.positions + 2 + 2) * width
    return _encoder_layer(shape), embeddings + _linear(width, shape.hidden)


def _modernbert(shape: ShapeConfig) -> tuple[int, int]:
    # No biases; rotary positions; the first layer has no norm of its attention, but there is a final norm.
    layer = 4 * shape.hidden**2 + 3 * shape.hidden * shape.mlp + 2 * shape.hidden
    return layer, (shape.vocabulary + 1) * shape.hidden


def _distilbert(shape: ShapeConfig) -> tuple[int, int]:
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2) * shape.hidden


def _mpnet(shape: ShapeConfig) -> tuple[int, int]:
    # 32 buckets of relative positions, one weight per head.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2) * shape.hidden + 32 * shape.heads


def _deberta(shape: ShapeConfig) -> tuple[int, int]:
    # 512 relative positions and their norm instead of position embeddings.
    return _encoder_layer(shape), (shape.vocabulary + 512 + 2 + 2) * shape.hidden


def backbone_shape(recipe: Recipe) -> ShapeConfig | None:
    """Return the shape of a recipe's backbone; None if it is not known.

    The shape of a local folder is read from it. The shape in the recipe does not apply to a backbone given by --set.
    """
    backbone = recipe.model.backbone
    config = local_path(backbone) / "config.json"
    if backbone and config.is_file():
        return read_shape(config)
    changed = any(key == "model.backbone" for key, _ in recipe.settings)
    return None if changed and backbone != "random" else recipe.shape


# Names of the fields of `ShapeConfig` in config.json, by Hugging Face's `model_type`.
_FIELDS = {
    "layers": "num_hidden_layers", "hidden": "hidden_size", "mlp": "intermediate_size",
    "heads": "num_attention_heads", "vocabulary": "vocab_size",
}  # fmt: skip
_POSITIONS = {"positions": "max_position_embeddings"}
_DECODER = {"kv_heads": "num_key_value_heads", "head_dim": "head_dim"}
_CONFIGS: dict[str, tuple[Any, dict[str, str]]] = {
    "llama": ("llama", _FIELDS | {"kv_heads": "num_key_value_heads"}),
    "gemma3_text": ("gemma", _FIELDS | {"kv_heads": "num_key_value_heads"}),
    "gemma2": ("gemma2", _FIELDS | _DECODER),
    "qwen3": ("qwen3", _FIELDS | _DECODER),
    "bert": ("bert", _FIELDS | _POSITIONS),
    "roberta": ("roberta", _FIELDS | _POSITIONS),
    "xlm-roberta": ("roberta", _FIELDS | _POSITIONS),
    "rembert": ("rembert", _FIELDS | _POSITIONS | {"embedding": "input_embedding_size"}),
    "modernbert": ("modernbert", _FIELDS),
    "mpnet": ("mpnet", _FIELDS | _POSITIONS),
    "deberta-v2": ("deberta", _FIELDS),
    "distilbert": (
        "distilbert",
        {
            "layers": "n_layers", "hidden": "dim", "mlp": "hidden_dim", "heads": "n_heads",
            "vocabulary": "vocab_size", **_POSITIONS,
        },
    ),
}  # fmt: skip


def read_shape(config: Path) -> ShapeConfig | None:
    """Return the shape in a ``config.json``; None if the formulas of this module do not apply to it."""
    try:
        values = read_json(config)
        architecture, names = _CONFIGS[member(values, "model_type", str)]
        fields: dict[str, Any] = {field: member(values, name, int) for field, name in names.items()}
    except (EmoError, ShapeError, KeyError):
        return None
    if any(value < (field not in ("kv_heads", "positions", "head_dim")) for field, value in fields.items()):
        return None
    # Assumptions of the formulas.
    head_dim = fields["hidden"] // max(1, fields["heads"])
    assumed = {
        "gemma": {"attention_bias": False, "head_dim": head_dim},
        "llama": {"attention_bias": False, "mlp_bias": False, "head_dim": head_dim},
        "gemma2": {"attention_bias": False},
        "qwen3": {"attention_bias": False},
        "bert": {"type_vocab_size": 2},
        "roberta": {"type_vocab_size": 1},
        "rembert": {"type_vocab_size": 2},
        "modernbert": {
            "attention_bias": False, "mlp_bias": False, "norm_bias": False, "classifier_bias": False,
        },
        "deberta": {
            "type_vocab_size": 0, "relative_attention": True, "position_buckets": 256, "share_att_key": True,
            "norm_rel_ebd": "layer_norm", "position_biased_input": False,
        },
    }.get(architecture, {})  # fmt: skip
    if any(values.get(name, value) not in (value, None) for name, value in assumed.items()):
        return None
    # Of Qwen 3, the output layer has weights of its own unless its configuration says otherwise.
    tied = architecture != "qwen3" or values.get("tie_word_embeddings") is True
    return ShapeConfig(architecture, **fields, tied=tied)
