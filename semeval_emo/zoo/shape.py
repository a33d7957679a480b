"""Counts the parameters of a transformer from its shape, without loading it.

So that `zoo list` can say how large a model is, and how much of it moves, with no torch and no
weights. A test compares every formula with the real model.
"""

from __future__ import annotations

from itertools import pairwise

from semeval_emo.zoo.family import Sizes
from semeval_emo.zoo.recipe import Model, Shape, Trainable


def count(shape: Shape, trainable: Trainable, model: Model, emotions: int, *, pooled: bool = True) -> Sizes | None:
    """Parameters of a backbone with its head.

    Args:
        emotions: width of the head's last layer.
        pooled: whether an encoder's own dense layer stands before the last one (False where vectors
            are taken as they are).

    Returns:
        None for LoRA, whose size depends on what the adapters are put on.

    >>> llama = Shape("llama", layers=16, hidden=2048, mlp=8192, heads=32, kv_heads=8, vocabulary=128256)
    >>> count(llama, Trainable("last", 4), Model(), 5)
    Sizes(trainable=243296256, total=1235824640)
    """
    if trainable.part == "lora":
        return None
    sizes = {"llama": _llama, "bert": _bert, "distilbert": _distilbert, "mpnet": _mpnet, "deberta": _deberta}
    layer, rest = sizes[shape.architecture](shape)
    head = _head(shape, model, emotions, pooled)
    total = shape.layers * layer + rest + head
    moves = {"head": head, "last": head + trainable.layers * layer, "all": total}[trainable.part]
    if trainable.final_norm and trainable.part == "last":
        moves += shape.hidden
    return Sizes(moves, total)


def _linear(width: int, height: int) -> int:
    return width * height + height


def _head(shape: Shape, model: Model, emotions: int, pooled: bool) -> int:
    """What stands on the layers: Llama's single linear layer has no bias; an encoder has a dense layer before it."""
    widths = [shape.hidden, *(model.head_hidden if model.head == "mlp" else ()), emotions]
    if model.head == "linear" and shape.architecture == "llama":
        return shape.hidden * emotions
    dense = _linear(shape.hidden, shape.hidden) if pooled and shape.architecture != "llama" else 0
    return dense + sum(_linear(a, b) for a, b in pairwise(widths))


def _llama(shape: Shape) -> tuple[int, int]:
    kv = shape.hidden // shape.heads * (shape.kv_heads or shape.heads)
    attention = 2 * shape.hidden * shape.hidden + 2 * shape.hidden * kv
    return attention + 3 * shape.hidden * shape.mlp + 2 * shape.hidden, shape.vocabulary * shape.hidden + shape.hidden


def _encoder_layer(shape: Shape) -> int:
    attention = 4 * _linear(shape.hidden, shape.hidden)
    feed = _linear(shape.hidden, shape.mlp) + _linear(shape.mlp, shape.hidden)
    return attention + feed + 2 * 2 * shape.hidden


def _bert(shape: Shape) -> tuple[int, int]:
    # Two token types and the norm over the embeddings.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2 + 2) * shape.hidden


def _distilbert(shape: Shape) -> tuple[int, int]:
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2) * shape.hidden


def _mpnet(shape: Shape) -> tuple[int, int]:
    # 32 buckets of distances, one weight a head.
    return _encoder_layer(shape), (shape.vocabulary + shape.positions + 2) * shape.hidden + 32 * shape.heads


def _deberta(shape: Shape) -> tuple[int, int]:
    # 512 relative positions and their norm stand in for position embeddings.
    return _encoder_layer(shape), (shape.vocabulary + 512 + 2 + 2) * shape.hidden
