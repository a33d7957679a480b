"""Refuses recipes whose fields contradict each other; what a single field may be stands at the field (`limits`)."""

from __future__ import annotations

from semeval_emo.errors import UsageError
from semeval_emo.zoo.recipe import Recipe, Shape, Trainable


def check(recipe: Recipe, where: str) -> None:
    """Refuses what no field can know alone.

    Args:
        where: what the recipe is called in messages.

    Raises:
        UsageError: adapters without the family that has them, or the other way round; no last layers to
            train; a shape that no transformer has.
    """
    _trainable(recipe.trainable, recipe.family, where)
    if recipe.shape is not None:
        _shape(recipe.shape, where)


def _trainable(trainable: Trainable, family: str, where: str) -> None:
    lora = "lora"
    if trainable.part == lora != family:
        raise UsageError(
            f"{where}: trainable.part = 'lora' trains adapters, which the family '{family}' does not have.",
            "use one of head, last, all, or a recipe of the family 'lora'",
        )
    if family == lora != trainable.part:
        raise UsageError(
            f"{where}: the family 'lora' trains adapters and a head, not trainable.part = '{trainable.part}'.",
            "--set trainable.part=lora",
        )
    if trainable.part == "last" and not trainable.layers:
        raise UsageError(
            f"{where}: trainable.part = 'last' trains the last layers, and trainable.layers is 0.",
            "--set trainable.layers=N, or --set trainable.part=head",
        )


def _shape(shape: Shape, where: str) -> None:
    if shape.hidden % shape.heads:
        raise UsageError(
            f"{where}: shape.hidden = {shape.hidden} cannot be shared out among shape.heads = {shape.heads}.",
            "let hidden be a multiple of heads",
        )
    if shape.kv_heads and shape.heads % shape.kv_heads:
        raise UsageError(
            f"{where}: shape.heads = {shape.heads} cannot be shared out among shape.kv_heads = {shape.kv_heads}.",
            "let heads be a multiple of kv_heads, or kv_heads 0 for as many as heads",
        )
    if shape.architecture == "llama" and shape.hidden // shape.heads % 2:
        raise UsageError(
            f"{where}: a llama turns pairs of numbers in each head, and shape.hidden / shape.heads is "
            f"{shape.hidden // shape.heads}.",
            "let it be even",
        )
