"""Which parameters move, and at which rate: pure functions of names and a recipe.

Nothing here holds state, so a test needs no training to see that the groups are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.errors import UsageError
from semeval_emo.zoo.recipe import Recipe, TrainableConfig

HEAD, LAYERS, NORM, EMBEDDINGS, ADAPTERS = "head", "layers", "norm", "embeddings", "adapters"

_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks?)\.(\d+)\.")
_FINAL_NORM = re.compile(r"(?:^|\.)(?:norm|final_layernorm|final_norm|ln_f)\.(?:weight|bias)$")
_NORM_OR_BIAS = re.compile(r"bias$|layernorm|rmsnorm|(?:^|[._])norm(?:$|[._])", re.IGNORECASE)
_HEADS = ("score", "classifier", "pre_classifier", "pooler", "classification_head")


@dataclass(frozen=True)
class Place:
    """Where a parameter stands.

    Attributes:
        role: ``head``, ``layers``, ``norm`` (the final one), ``embeddings`` (all else below and beside
            the layers) or ``adapters``.
        layer: number of the layer, from 0; None outside of layers.
    """

    role: str
    layer: int | None = None


@dataclass(frozen=True)
class GroupPlan:
    """Parameters that share their rates."""

    role: str
    lr: float
    weight_decay: float
    names: tuple[str, ...]


def place_of(name: str) -> Place:
    """Where a parameter stands, by its name in a Hugging Face classification model.

    >>> place_of("model.layers.15.mlp.up_proj.weight")
    Place(role='layers', layer=15)
    >>> names = ("score.weight", "model.norm.weight", "bert.pooler.dense.bias", "model.embed_tokens.weight")
    >>> [place_of(name).role for name in names]
    ['head', 'norm', 'head', 'embeddings']
    """
    if "lora_" in name:
        return Place(ADAPTERS)
    layer = _LAYER.search(name)
    if layer:
        return Place(LAYERS, int(layer.group(1)))
    if any(part in _HEADS for part in name.split(".")):
        return Place(HEAD)
    return Place(NORM if _FINAL_NORM.search(name) else EMBEDDINGS)


def moves(name: str, trainable: TrainableConfig, layers: int) -> bool:
    """Whether a parameter is trained.

    Args:
        layers: how many layers the network has.

    >>> [moves(f"model.layers.{i}.mlp.up_proj.weight", TrainableConfig("last", 2), 4) for i in range(4)]
    [False, False, True, True]
    """
    place = place_of(name)
    if trainable.part == "all":
        return True
    if place.role == HEAD:
        return True
    if place.role == NORM:
        return trainable.final_norm
    if place.role == ADAPTERS:
        return trainable.part == "lora"
    return trainable.part == "last" and place.layer is not None and place.layer >= layers - trainable.layers


def count_layers(names: Iterable[str]) -> int:
    """How many layers a network has."""
    return 1 + max((place.layer for place in map(place_of, names) if place.layer is not None), default=-1)


def check_layers(trainable: TrainableConfig, layers: int, recipe: str) -> None:
    """Refuses to unfreeze more layers than there are.

    Raises:
        UsageError: more than there are, or none with ``last``.
    """
    if trainable.part == "last" and not 1 <= trainable.layers <= layers:
        raise UsageError(
            f"recipe {recipe}: it trains the last {trainable.layers} layers of a network of {layers}.",
            f"--set trainable.layers=N with N from 1 to {layers}",
        )


def plan(names: Sequence[str], recipe: Recipe) -> list[GroupPlan]:
    """Sorts the trainable parameters into groups of equal rates.

    A group has the rates of its role in the recipe, or those of `Train` where it names none. Biases
    and norms do not decay unless the recipe says so.

    Args:
        names: names of the parameters that move, in the network's order.

    Returns:
        Groups in the order in which their first parameter stands.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> names = ["model.layers.15.mlp.up_proj.weight", "model.layers.15.input_layernorm.weight", "score.weight"]
    >>> for group in plan(names, load_recipe("llama-4layer")):
    ...     print(group.role, group.lr, group.weight_decay, len(group.names))
    layers 1e-06 0.01 2
    head 1e-05 0.01 1
    """
    train = recipe.train
    found: dict[tuple[str, float, float], list[str]] = {}
    for name in names:
        role = place_of(name).role
        own = getattr(recipe.groups, role)
        lr = train.lr if own.lr is None else own.lr
        decay = train.weight_decay if own.weight_decay is None else own.weight_decay
        if _NORM_OR_BIAS.search(name) and not train.decay_norms:
            decay = 0.0
        found.setdefault((role, lr, decay), []).append(name)
    return [GroupPlan(role, lr, decay, tuple(group)) for (role, lr, decay), group in found.items()]


def optimizer_groups(parameters: Mapping[str, Any], recipe: Recipe) -> list[dict[str, Any]]:
    """The groups as an optimizer takes them.

    Args:
        parameters: trainable parameters by name.
    """
    return [
        {"params": [parameters[n] for n in g.names], "lr": g.lr, "weight_decay": g.weight_decay, "role": g.role}
        for g in plan(list(parameters), recipe)
    ]
