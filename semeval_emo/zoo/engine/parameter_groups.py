"""Trainable parameters and their optimizer groups, as pure functions of parameter names and a recipe."""

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
HEADS = ("score", "classifier", "pre_classifier", "pooler", "classification_head", "head")
"""Names of the modules of heads."""


@dataclass(frozen=True)
class ParameterRole:
    """The part of the network that a parameter belongs to.

    Attributes:
        role: ``head``, ``layers``, ``norm`` (the final one), ``embeddings`` (everything else) or ``adapters``.
        layer: index of the layer, from 0; None outside of layers.
    """

    role: str
    layer: int | None = None


@dataclass(frozen=True)
class GroupPlan:
    """Names of parameters with the same learning rate and weight decay."""

    role: str
    lr: float
    weight_decay: float
    names: tuple[str, ...]


def role_of(name: str) -> ParameterRole:
    """Return the role of a parameter by its name in a Hugging Face classification model.

    >>> role_of("model.layers.15.mlp.up_proj.weight")
    ParameterRole(role='layers', layer=15)
    >>> names = ("score.weight", "model.norm.weight", "bert.pooler.dense.bias", "model.embed_tokens.weight")
    >>> [role_of(name).role for name in names]
    ['head', 'norm', 'head', 'embeddings']
    """
    if "lora_" in name:
        return ParameterRole(ADAPTERS)
    layer = _LAYER.search(name)
    if layer:
        return ParameterRole(LAYERS, int(layer.group(1)))
    if any(part in HEADS for part in name.split(".")):
        return ParameterRole(HEAD)
    return ParameterRole(NORM if _FINAL_NORM.search(name) else EMBEDDINGS)


def is_trainable(name: str, trainable: TrainableConfig, layers: int) -> bool:
    """Return whether a parameter is trained.

    >>> [is_trainable(f"model.layers.{i}.mlp.up_proj.weight", TrainableConfig("last", 2), 4) for i in range(4)]
    [False, False, True, True]
    """
    parameter = role_of(name)
    if trainable.part == "all" or parameter.role == HEAD:
        return True
    if parameter.role == NORM:
        return trainable.final_norm
    if parameter.role == ADAPTERS:
        return trainable.part == "lora"
    return trainable.part == "last" and parameter.layer is not None and parameter.layer >= layers - trainable.layers


def count_layers(names: Iterable[str]) -> int:
    """Return the number of layers of a network, given the names of its parameters."""
    return 1 + max((layer for name in names if (layer := role_of(name).layer) is not None), default=-1)


def check_layers(trainable: TrainableConfig, layers: int, recipe: str) -> None:
    """Check that the network has the layers to train.

    Raises:
        UsageError: with ``last``, the recipe trains no layer or more layers than there are.
    """
    if trainable.part == "last" and not 1 <= trainable.layers <= layers:
        raise UsageError(
            f"recipe {recipe}: it trains the last {trainable.layers} layers of a network of {layers}.",
            f"--set trainable.layers=N with N from 1 to {layers}",
        )


def plan_groups(names: Sequence[str], recipe: Recipe) -> list[GroupPlan]:
    """Group the trainable parameters by learning rate and weight decay, in the order of the first parameters.

    A group has the rates of its role in the recipe, or those of `TrainConfig` if the role has none. Biases and norms
    do not decay unless ``train.decay_norms`` is set.

    Args:
        names: names of the trainable parameters, in the network's order.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> names = ["model.layers.15.mlp.up_proj.weight", "model.layers.15.input_layernorm.weight", "score.weight"]
    >>> for group in plan_groups(names, load_recipe("llama-4layer")):
    ...     print(group.role, group.lr, group.weight_decay, len(group.names))
    layers 1e-06 0.01 2
    head 1e-05 0.01 1
    """
    train = recipe.train
    groups: dict[tuple[str, float, float], list[str]] = {}
    for name in names:
        role = role_of(name).role
        own = getattr(recipe.groups, role)
        lr = train.lr if own.lr is None else own.lr
        decay = train.weight_decay if own.weight_decay is None else own.weight_decay
        if _NORM_OR_BIAS.search(name) and not train.decay_norms:
            decay = 0.0
        groups.setdefault((role, lr, decay), []).append(name)
    return [GroupPlan(role, lr, decay, tuple(group)) for (role, lr, decay), group in groups.items()]


def optimizer_groups(parameters: Mapping[str, Any], recipe: Recipe) -> list[dict[str, Any]]:
    """Return the groups as a torch optimizer takes them."""
    return [
        {"params": [parameters[n] for n in g.names], "lr": g.lr, "weight_decay": g.weight_decay, "role": g.role}
        for g in plan_groups(list(parameters), recipe)
    ]
