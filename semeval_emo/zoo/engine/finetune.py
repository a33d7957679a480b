"""Trains a network by the way that fits it: the tail alone on a frozen prefix, or the whole by the Trainer."""

from __future__ import annotations

from semeval_emo.errors import UsageError
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import hf_trainer, llama
from semeval_emo.zoo.engine.frozen_prefix import compute, room_for
from semeval_emo.zoo.engine.losses import LossFunction, loss_function
from semeval_emo.zoo.engine.network import Network, build
from semeval_emo.zoo.engine.parameter_groups import count_layers
from semeval_emo.zoo.engine.processor import cost_of_bf16
from semeval_emo.zoo.engine.tail_trainer import Inputs, TailTrainer
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe

SLOW = 1.2
"""What bf16 may cost, in terms of fp32, before somebody should be told."""


def fit(recipe: Recipe, space: Space, train: Examples, judged: dict[str, Examples], job: Job) -> Network:
    """Builds the network of a recipe and trains it.

    Raises:
        UsageError: ``train.engine = "prefix"`` where the prefix cannot be computed once.
    """
    network = build(recipe, space, job.progress)
    if recipe.train.precision == "bf16" and network.device.type == "cpu" and (cost := cost_of_bf16()) > SLOW:
        job.progress.message(
            f"bf16 takes this processor {cost:.1f} times as long as fp32: --set train.precision=fp32 is the faster way"
        )
    loss = loss_function(recipe.loss, train.labels, space.top, network.device)
    obstacle = "the recipe asks for the plain way" if recipe.train.engine == "plain" else prefix_obstacle(network)
    if not obstacle:
        obstacle = _on_prefix(network, train, judged, loss, job)
        if not obstacle:
            return network
    if recipe.train.engine == "prefix":
        raise UsageError(f"recipe {recipe.name}: its frozen layers cannot be computed once: {obstacle}.")
    hf_trainer.train(network, train, judged, loss, job)
    if recipe.trainable.part == "lora" and recipe.model.quantization == "none":
        # Folded into the weights, so that the folder is an ordinary one; 8 and 4 bits cannot take them up.
        network.model = network.model.merge_and_unload()
    return network


def prefix_obstacle(network: Network) -> str:
    """Why the frozen layers cannot be computed once; empty where they can."""
    recipe = network.recipe
    if recipe.trainable.part not in ("head", "last"):
        return "no layer below the trained ones is frozen"
    if recipe.train.batches == "by_length":
        return "batches by length are for ways that pad"
    if distributed.world_size() > 1:
        return "several processes train together"
    if not llama.is_llama(network.model):
        return f"{type(network.model).__name__} is not a Llama with SiLU and without dropout"
    return ""


def _frozen(first: int, layers: int) -> str:
    """What is frozen below the layer `first`, in words."""
    if first == layers:
        return "all layers are frozen: their output at the last token"
    if first < 2:
        return "layer 0 is frozen: its output" if first else "the embeddings are frozen: their output"
    return f"layers 0-{first - 1} are frozen: their output"


def _on_prefix(network: Network, train: Examples, judged: dict[str, Examples], loss: LossFunction, job: Job) -> str:
    """Trains the tail; returns what kept it from that, if anything did."""
    recipe = network.recipe
    layers = count_layers(name for name, _ in network.model.named_parameters())
    first = layers - (recipe.trainable.layers if recipe.trainable.part == "last" else 0)
    splits = {"train": train, **judged}
    rows = {split: network.tokens(examples.texts) for split, examples in splits.items()}
    only_last = first == layers
    tokens = sum(len(all_rows) if only_last else sum(map(len, all_rows)) for all_rows in rows.values())
    size = 2 if recipe.train.precision == "bf16" else 4
    hidden = network.model.config.hidden_size
    room = room_for(tokens, hidden, size, recipe.train.cache_mb, recipe.train.cache_disk_mb, job.work)
    texts = f"{sum(map(len, splits.values())):,} texts ({tokens:,} tokens)"
    frozen = f"{_frozen(first, layers)} for {texts}"
    if room.place == "nowhere":
        job.progress.message(f"{frozen} would take {room}, {room.why}, so every step runs the whole network")
        return room.why
    job.progress.message(f"{frozen} is computed once, {room}")
    network.model.eval()
    inputs = {
        split: Inputs(
            compute(
                network, rows[split], first, job.work / f"prefix-{split}.bin" if room.place == "disk" else None,
                job.progress, f"prefix {split}",
            ),
            examples,
        )
        for split, examples in splits.items()
    }  # fmt: skip
    trainer = TailTrainer(network, first, inputs["train"], loss)
    trainer.run({split: inputs[split] for split in judged}, job)
    for file in job.work.glob("prefix-*.bin"):
        file.unlink()
    return ""
