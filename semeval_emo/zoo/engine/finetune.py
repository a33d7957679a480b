"""Fine-tuning a network: only its last layers on cached frozen states, or the whole network with the Trainer."""

from __future__ import annotations

import time

import torch

from semeval_emo.errors import UsageError
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import hf_trainer, llama
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states, plan_cache
from semeval_emo.zoo.engine.layer_cut import dropouts, layer_list
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import Network, build
from semeval_emo.zoo.engine.parameter_groups import count_layers
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe

BF16_WARNING_RATIO = 1.2
"""Warn if matrix products in bf16 take this many times as long as in fp32."""


def fit(recipe: Recipe, space: Space, train: Examples, eval_splits: dict[str, Examples], job: Job) -> Network:
    """Build the network of a recipe and train it.

    Raises:
        UsageError: ``train.engine = "prefix"``, but the frozen states cannot be cached.
    """
    network = build(recipe, space, job.progress)
    warn_of_slow_bf16(recipe, network, job)
    loss = loss_function(recipe.loss, train.labels, space.top, network.device)
    inputs = frozen_inputs(network, {"train": train, **eval_splits}, job)
    if inputs is None:
        hf_trainer.train(network, train, eval_splits, loss, job)
        if recipe.trainable.part == "lora" and recipe.model.quantization == "none":
            # Merged adapters make an ordinary model folder; quantized weights cannot be merged with.
            network.model = network.model.merge_and_unload()
    else:
        trainer = TailTrainer(network, first_trained_layer(network), inputs.pop("train"), loss)
        trainer.run(inputs, job)
        remove_states(job)
    return network


def warn_of_slow_bf16(recipe: Recipe, network: Network, job: Job) -> None:
    """Say that fp32 is faster, if it is."""
    if recipe.train.precision == "bf16" and network.device.type == "cpu":
        ratio = bf16_time_ratio()
        if ratio > BF16_WARNING_RATIO:
            job.progress.message(
                f"bf16 takes {ratio:.1f} times as long as fp32 on this CPU: --set train.precision=fp32 is faster"
            )


def first_trained_layer(network: Network) -> int:
    """Return the index of the first trained layer; the number of layers if only the head is trained."""
    trainable = network.recipe.trainable
    layers = count_layers(name for name, _ in network.model.named_parameters())
    return layers - (trainable.layers if trainable.part == "last" else 0)


def frozen_inputs(network: Network, splits: dict[str, Examples], job: Job) -> dict[str, TailInputs] | None:
    """Compute the output of the frozen layers for the texts of some splits; None if it is not cached.

    Raises:
        UsageError: ``train.engine = "prefix"``, but it cannot be cached.
    """
    recipe = network.recipe
    obstacle = 'train.engine is "plain"' if recipe.train.engine == "plain" else prefix_obstacle(network)
    inputs: dict[str, TailInputs] = {}
    if not obstacle:
        obstacle = _compute_states(network, splits, inputs, job)
    if obstacle and recipe.train.engine == "prefix":
        raise UsageError(f"recipe {recipe.name}: the output of its frozen layers cannot be cached: {obstacle}.")
    return None if obstacle else inputs


def remove_states(job: Job) -> None:
    """Remove the cached output of frozen layers."""
    for file in job.work.glob("prefix-*.bin"):
        file.unlink()


def prefix_obstacle(network: Network) -> str:
    """Return why the output of the frozen layers cannot be cached; empty if it can."""
    recipe = network.recipe
    if recipe.trainable.part not in ("head", "last"):
        return "no layer below the trained ones is frozen"
    if distributed.world_size() > 1:
        return "training is distributed over several processes"
    if llama.is_llama(network.model):
        return 'train.batches = "by_length" is for padded batches' if recipe.train.batches == "by_length" else ""
    name = type(network.model).__name__
    if recipe.trainable.part == "head":
        return f"no layer of {name} is trained"
    if layer_list(network.model) is None:
        return f"the layers of {name} are not one list"
    if dropouts(network.model):
        return f"{name} has dropout (--set model.dropout=0)"
    return ""


def bf16_time_ratio() -> float:
    """Return how many times as long a matrix product takes in bf16 as in fp32 on this CPU, measured in milliseconds.

    CPUs without bf16 instructions emulate them with fp32.
    """
    # Ones, since random numbers would change the state of the recipe's seed.
    return _fastest_product(torch.ones(512, 512, dtype=torch.bfloat16)) / _fastest_product(torch.ones(512, 512))


def _fastest_product(matrix: torch.Tensor) -> float:
    """Return the seconds of the fastest of eight products; other processes only make some slower."""
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _describe_frozen(first: int, layers: int) -> str:
    """Return what is frozen below the layer `first`, for a message."""
    if first == layers:
        return "all layers are frozen: their output at the last token"
    if first < 2:
        return "layer 0 is frozen: its output" if first else "the embeddings are frozen: their output"
    return f"layers 0-{first - 1} are frozen: their output"


def _compute_states(network: Network, splits: dict[str, Examples], inputs: dict[str, TailInputs], job: Job) -> str:
    """Add the cached states of each split to `inputs`; return why they cannot be cached, or empty."""
    recipe = network.recipe
    layers = count_layers(name for name, _ in network.model.named_parameters())
    first = first_trained_layer(network)
    rows = {split: network.tokens(examples.texts) for split, examples in splits.items()}
    last_only = first == layers
    tokens = sum(len(split_rows) if last_only else sum(map(len, split_rows)) for split_rows in rows.values())
    itemsize = 2 if recipe.train.precision == "bf16" else 4
    hidden = network.model.config.hidden_size
    cache = plan_cache(tokens, hidden, itemsize, recipe.train.cache_mb, recipe.train.cache_disk_mb, job.work)
    texts = f"{sum(map(len, splits.values())):,} texts ({tokens:,} tokens)"
    frozen = f"{_describe_frozen(first, layers)} for {texts}"
    if cache.location == "none":
        job.progress.message(f"{frozen} would take {cache}, {cache.reason}, so every step runs the whole network")
        return cache.reason
    job.progress.message(f"{frozen} is computed once, {cache}")
    network.model.eval()
    for split, examples in splits.items():
        file = job.work / f"prefix-{split}.bin" if cache.location == "disk" else None
        states = compute_frozen_states(network, rows[split], first, file, job.progress, f"prefix {split}")
        inputs[split] = TailInputs(states, examples)
    return ""
