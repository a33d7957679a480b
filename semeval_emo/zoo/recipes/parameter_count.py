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
) -> ParameterCounts | None:
    """Return the parameter counts of a backbone with its head.

    Args:
        emotions: width of the last layer.
        pooled: whether an encoder has a dense layer before the last one.
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
    sizes = {
        "llama": _llama,
        "gemma": _gemma,
        "bert": _bert,
        "distilbert": _distilbert,
        "mpnet": _mpnet,
        "deberta": _deberta,
    }
    layer, rest = sizes[shape.architecture](shape)
    head = _head(shape, model, emotions, pooled)
    total = shape.layers * layer + rest + head + adapters
    last = head + trainable.layers * layer
    trained = {"head": head, "last": last, "all": total, "lora": head + adapters}[trainable.part]
    if trainable.final_norm and trainable.part == "last":
        trained += shape.hidden
    return ParameterCounts(trained, total)


def _linear(width: int, height: int) -> int:
    return width * height + height


def _head(shape: ShapeConfig, model: ModelConfig, emotions: int, pooled: bool) -> int:
    """Return the parameters of the head: Llama's linear layer has no bias; encoders have a dense layer before it."""
    widths = [shape.hidden, *(model.head_hidden if model.head == "mlp" else ()), emotions]
    if model.head == "linear" and shape.architecture == "llama":
        return shape.hidden * emotions
    has_dense = pooled and shape.architecture not in ("llama", "gemma") and model.pooling != "mean"
    dense = _linear(shape.hidden, shape.hidden) if has_dense else 0
    return dense + sum(_linear(a, b) for a, b in pairwise(widths))


def _adapters(shape: ShapeConfig, rank: int, targets: Sequence[str]) -> int | None:
    """Return the parameters of the adapters: two low-rank matrices for each adapted linear layer; None if not known."""
    square, up, down = (shape.hidden, shape.hidden), (shape.hidden, shape.mlp), (shape.mlp, shape.hidden)
    narrow = (shape.hidden, _kv_width(shape))
    causal = {
        "q_proj": square, "k_proj": narrow, "v_proj": narrow, "o_proj": square,
        "gate_proj": up, "up_proj": up, "down_proj": down,
    }  # fmt: skip
    linear = {
        "llama": causal,
        "gemma": causal,
        "bert": dict.fromkeys(("query", "key", "value"), square),
        "distilbert": dict.fromkeys(("q_lin", "k_lin", "v_lin", "out_lin"), square) | {"lin1": up, "lin2": down},
        "mpnet": dict.fromkeys(("q", "k", "v", "o"), square),
        "deberta": dict.fromkeys(("query_proj", "key_proj", "value_proj"), square),
    }[shape.architecture]  # fmt: skip
    # Defaults of peft, which has none for other architectures.
    defaults = {"llama": ("q_proj", "v_proj"), "bert": ("query", "value"), "deberta": ("query_proj", "value_proj")}
    names = set(targets or defaults.get(shape.architecture, ()))
    if not names or not names <= linear.keys():
        return None
    return shape.layers * rank * sum(sum(linear[name]) for name in names)


def _kv_width(shape: ShapeConfig) -> int:
    return shape.hidden // shape.heads * (shape.kv_heads or shape.heads)


def _llama(shape: ShapeConfig) -> tuple[int, int]:
    kv = _kv_width(shape)
    attention = 2 * shape.hidden * shape.hidden + 2 * shape.hidden * kv
    return attention + 3 * shape.hidden * shape.mlp + 2 * shape.hidden, shape.vocabulary * shape.hidden + shape.hidden


def _gemma(shape: ShapeConfig) -> tuple[int, int]:
    layer, rest = _llama(shape)
    # Four norms a layer instead of two, and norms of queries and keys.
    return layer + 2 * shape.hidden + 2 * (shape.hidden // shape.heads), rest


def _encoder_layer(shape: ShapeConfig) -> int:
    attention = 4 * _linear(shape.hidden, shape.hidden)
    feed = _linear(shape.hidden, shape.mlp) + _linear(shape.mlp, shape.hidden)
    return attention + feed + 2 * 2 * shape.hidden


def _bert(shape: ShapeConfig) -> tuple[int, int]:
    # Two token types and the norm of the embeddings.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2 + 2) * shape.hidden


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
_CONFIGS: dict[str, tuple[Any, dict[str, str]]] = {
    "llama": ("llama", _FIELDS | {"kv_heads": "num_key_value_heads"}),
    "gemma3_text": ("gemma", _FIELDS | {"kv_heads": "num_key_value_heads"}),
    "bert": ("bert", _FIELDS | _POSITIONS),
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
    if any(value < (field not in ("kv_heads", "positions")) for field, value in fields.items()):
        return None
    # Assumptions of the formulas.
    head_dim = fields["hidden"] // max(1, fields["heads"])
    assumed = {
        "gemma": {"attention_bias": False, "head_dim": head_dim},
        "llama": {"attention_bias": False, "mlp_bias": False, "head_dim": head_dim},
        "bert": {"type_vocab_size": 2},
        "deberta": {
            "type_vocab_size": 0, "relative_attention": True, "position_buckets": 256, "share_att_key": True,
            "norm_rel_ebd": "layer_norm", "position_biased_input": False,
        },
    }.get(architecture, {})  # fmt: skip
    if any(values.get(name, value) not in (value, None) for name, value in assumed.items()):
        return None
    return ShapeConfig(architecture, **fields)
