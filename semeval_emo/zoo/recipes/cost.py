"""Estimates of what training a recipe takes, before anything is downloaded: the download, memory and hours of a GPU.

They follow from the recipe, the shape of its backbone, and the numbers of texts and tokens in the task file. Neither
weights nor data nor torch are needed. `docs/gpus.md` has the formulas in words, and a test compares the activations
with those that torch saves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.errors import EmoError
from semeval_emo.task import Task
from semeval_emo.zoo.backbones.weights import is_hub_id, local_path
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.other_languages import implied_track, resolve_target
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import Recipe, ShapeConfig
from semeval_emo.zoo.recipes.parameter_count import CAUSAL, adapted_widths, layer_and_rest, output_layer
from semeval_emo.zoo.registry import ADAPTED, PAIRWISE

GB = 1e9
FP32 = 4
SIZES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2}
"""Bytes of a number in a matrix product, by precision."""
WEIGHT_BYTES = {"none": 4.0, "int8": 1.0, "int4": 0.5 + 4 / 64, "nf4": 0.5 + 4 / 64}
"""Bytes of a weight of a layer; in 4 bits, 64 weights share a scale in fp32."""
ADAM_BYTES = 8
"""AdamW's two moments of a trained parameter, in fp32."""
STEP_BYTES = 40
"""Bytes that AdamW (28) and clipping (12) read and write for a trained parameter in a step."""
CONTEXT_GB = 1.0
"""The context of CUDA, the workspaces of its libraries, and fragmentation."""
UTILISATION = 0.3
"""Share of a GPU's peak that matrix products reach."""
LAUNCH_SECONDS = 1e-3
"""Time of a layer, forward and backward, on a batch so small that starting the kernels takes longer than they do."""
NETWORKS = ("encoder", "decoder", *ADAPTED)
PROMPT_TOKENS = 24
"""Tokens of the question about an emotion of a text, and of the words before the text."""
DEFAULT_TOKENS = 30.0
"""Mean number of tokens of a text, where the task file has none."""
BY_LENGTH_PADDING = 1.05


@dataclass(frozen=True)
class Gpu:
    """A GPU, by its data sheet.

    Attributes:
        memory: in GB.
        bandwidth: of the memory, in GB per second.
        tflops: peak of dense matrix products by precision, accumulated in fp32.
    """

    name: str
    memory: float
    bandwidth: float
    tflops: dict[str, float]

    @property
    def short_name(self) -> str:
        """The name without the memory."""
        return self.name.removesuffix(f" {self.memory:g} GB")


GPUS = (
    Gpu("A100 40 GB", 40, 1555, {"fp32": 19.5, "tf32": 156, "bf16": 312, "fp16": 312}),
    Gpu("RTX 4090 24 GB", 24, 1008, {"fp32": 82.6, "tf32": 82.6, "bf16": 165, "fp16": 165}),
    Gpu("T4 16 GB", 16, 320, {"fp32": 8.1, "fp16": 65}),
)

# Bytes that torch saves for the backward pass, for each token and layer: per value of the hidden size in fp32 and in
# 16 bits (norms and residuals stay in fp32), and the same if only adapters are trained.
_HIDDEN: dict[str, tuple[float, float]] = {
    "bert": (40, 34), "roberta": (40, 34), "mpnet": (40, 28), "distilbert": (36, 32), "rembert": (32, 16),
    "deberta": (44, 30), "modernbert": (40, 24), "llama": (36, 32), "qwen3": (48, 41), "gemma2": (56, 50),
    "gemma": (72, 62),
}  # fmt: skip
_HIDDEN_FROZEN = {"llama": (20, 14), "qwen3": (26, 20), "gemma2": (28, 22), "gemma": (44, 34)}
_ADAPTED = (8, 6)
"""Bytes for each input value of a linear layer with an adapter: the input after dropout, and its mask."""
_SCORES = {"rembert": 4.0, "mpnet": 12.0, "deberta": 12.25, "gemma2": 8.0}
"""Bytes in fp32 for each attention head and pair of tokens, where the attention is not fused."""


@dataclass(frozen=True)
class TrainingCost:
    """What training a recipe for one language takes; for a joint recipe, for all its languages.

    Attributes:
        download: bytes of the weights on the hub; None if they are not from there.
        memory: bytes by purpose: ``weights``, ``gradients``, ``optimizer``, ``activations``, ``other``.
        texts: number of training texts.
        tokens: number of their tokens in an epoch, without padding; with all questions that are asked about them.
        flops: floating-point operations of the whole training and of the predictions for dev and test.
        precision: of matrix products.
        hours: by the name of a GPU; None if it does not have the precision.
    """

    download: float | None
    memory: dict[str, float]
    texts: int
    tokens: float
    flops: float
    precision: str
    hours: dict[str, float | None]

    @property
    def total_memory(self) -> float:
        """Bytes of memory at the peak."""
        return sum(self.memory.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, in GB and hours."""
        return {
            "estimate": True,
            "download_gb": None if self.download is None else round(self.download / GB, 2),
            "memory_gb": {name: round(size / GB, 2) for name, size in self.memory.items()}
            | {"total": round(self.total_memory / GB, 2)},
            "texts": self.texts,
            "tokens_per_epoch": round(self.tokens),
            "petaflops": round(self.flops / 1e15, 3),
            "hours": {name: hours and round(hours, 3) for name, hours in self.hours.items()},
            "utilisation": UTILISATION,
        }


def training_cost(
    recipe: Recipe, shape: ShapeConfig | None, counts: ParameterCounts | None, task: Task
) -> TrainingCost | None:
    """Estimate what training takes on one GPU.

    Args:
        shape, counts: of the backbone and of the whole network; None if they are not known.

    Returns:
        None for a recipe that trains no network, or whose sizes or texts are not known.

    >>> from semeval_emo.task import load_task
    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> from semeval_emo.zoo.recipes.parameter_count import count_parameters
    >>> recipe = load_recipe("mpnet-ft")
    >>> counts = count_parameters(recipe.shape, recipe.trainable, recipe.model, 5)
    >>> cost = training_cost(recipe, recipe.shape, counts, load_task())
    >>> cost.texts, cost.download is None
    (2768, True)
    """
    if shape is None or counts is None or recipe.family not in NETWORKS:
        return None
    try:
        texts, tokens, evaluated = _texts_and_tokens(recipe, task)
        spec = task.spec(implied_track(recipe.data.track, task), recipe.data.language, "test")
    except EmoError:
        return None
    if not texts:
        return None
    # A text is read once for each emotion that is asked about.
    repeats = len(spec.emotions) if recipe.family == PAIRWISE else 1
    work = _work(recipe, shape, texts, repeats, tokens, evaluated)
    return TrainingCost(
        _download(recipe, shape),
        _memory(recipe, shape, counts, repeats),
        texts,
        tokens,
        work.flops,
        recipe.train.precision,
        {gpu.name: _hours(recipe, shape, counts, work, gpu) for gpu in GPUS},
    )


def members_cost(costs: Sequence[tuple[str, TrainingCost | None]]) -> TrainingCost | None:
    """Return what training the members of an ensemble takes, one after the other; None if one is not known.

    Args:
        costs: the backbone of each member, which is downloaded once, and what its training takes.
    """
    known = [cost for _, cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return None
    hours: dict[str, float | None] = {}
    for gpu in GPUS:
        each = [cost.hours[gpu.name] for cost in known]
        hours[gpu.name] = None if None in each else sum(one for one in each if one is not None)
    downloads = {backbone: cost.download for backbone, cost in costs if cost and cost.download is not None}
    largest = max(known, key=lambda cost: cost.total_memory)
    return TrainingCost(
        sum(downloads.values()) if downloads else None,
        largest.memory,
        max(cost.texts for cost in known),
        sum(cost.tokens for cost in known),
        sum(cost.flops for cost in known),
        largest.precision,
        hours,
    )


def _texts_and_tokens(recipe: Recipe, task: Task) -> tuple[int, float, float]:
    """Return the number of training texts, of their tokens, and of the tokens of the dev and test texts."""
    recipe = resolve_target(recipe, task, None, None)
    data = recipe.data
    own = f"{data.track}/{data.language}"
    longest = recipe.model.max_length

    def of_texts(language: str) -> float:
        """Return the mean number of tokens that a text takes."""
        mean = task.tokens.get(language, DEFAULT_TOKENS)
        if recipe.family != PAIRWISE:
            return min(mean, longest)
        spec = task.spec(data.track, data.language, "test", data.release)
        return len(spec.emotions) * min(mean + PROMPT_TOKENS, longest)

    texts, tokens = 0, 0.0
    wanted = {
        (name, split)
        for name in (data.joint_languages if data.joint else (own,))
        for split in data.splits or (["train"] if data.joint else [])
    }
    wanted |= {(name, "train") for name in data.sources if not data.joint}
    for name, split in sorted(wanted):
        track, _, language = name.partition("/")
        for spec in task.specs(data.release, track, language, split):
            sampled = data.most and split == "train" and name in data.sources
            rows = min(spec.rows, data.most) if sampled else spec.rows
            texts += rows
            tokens += rows * of_texts(language)
    mean = of_texts(data.language)
    splits = {spec.split: spec.rows for spec in task.specs(data.release, data.track, data.language)}
    return texts, tokens, mean * (splits.get("dev", 0) * recipe.train.epochs + splits.get("test", 0))


@dataclass(frozen=True)
class _Work:
    """The work of a training.

    Attributes:
        batches: of all epochs.
        depth: layers that each batch runs through.
    """

    flops: float
    batches: float
    steps: float
    depth: int


def _trained_layers(recipe: Recipe, shape: ShapeConfig) -> int:
    """Return the number of layers that gradients pass through."""
    part = recipe.trainable
    return {"head": 0, "last": min(part.layers, shape.layers), "all": shape.layers, "lora": shape.layers}[part.part]


def _caches_states(recipe: Recipe, shape: ShapeConfig) -> bool:
    """Return whether the output of the frozen layers is computed once, as far as the recipe tells."""
    train = recipe.train
    if recipe.trainable.part not in ("head", "last") or train.engine == "plain":
        return False
    if train.precision == "fp16" or train.gradient_checkpointing:
        return False
    return shape.architecture in CAUSAL or recipe.model.dropout == 0


def _work(recipe: Recipe, shape: ShapeConfig, texts: int, repeats: int, tokens: float, evaluated: float) -> _Work:
    train = recipe.train
    mean = tokens / (texts * repeats)
    layer, _ = layer_and_rest(shape)
    # A product takes two operations for each weight and token, and attention two products for each pair of tokens.
    width = (shape.head_dim or shape.hidden // shape.heads) * shape.heads
    forward = 2 * layer + 4 * width * mean
    trained = _trained_layers(recipe, shape)
    backward = 1.0 if recipe.trainable.part == "lora" else 2.0
    recomputed = 1 if train.gradient_checkpointing else 0
    cached = _caches_states(recipe, shape)
    frozen = shape.layers - trained
    per_token = forward * (trained * (1 + backward + recomputed) + (0 if cached else frozen))
    # Of k folds, each network is trained on k - 1.
    repeated = recipe.select.folds - 1 if recipe.select.split == FOLDS else 1
    padded = tokens * _padding(recipe, shape, mean, cached)
    flops = train.epochs * repeated * padded * per_token
    flops += forward * (shape.layers * evaluated + (frozen * tokens if cached else 0))
    batches = train.epochs * repeated * math.ceil(texts / train.batch)
    return _Work(flops, batches, batches / train.accumulate, trained if cached else shape.layers)


def _padding(recipe: Recipe, shape: ShapeConfig, mean: float, cached: bool) -> float:
    """Return how many times as many tokens there are with padding."""
    most = recipe.model.max_length / mean
    if recipe.model.padding == "max_length":
        return most
    if cached and shape.architecture in ("llama", "gemma"):
        return 1.0
    if recipe.train.batches == "by_length":
        return min(BY_LENGTH_PADDING, most)
    # The mean of the longest text of a batch, as measured on five languages: 1.7 for 4 texts, 2.3 for 16, 2.7 for 32.
    return min(1 + math.log2(recipe.train.batch) / 3, most)


def _hours(recipe: Recipe, shape: ShapeConfig, counts: ParameterCounts, work: _Work, gpu: Gpu) -> float | None:
    """Return the hours of a training; None if the GPU does not have the precision."""
    peak = gpu.tflops.get(recipe.train.precision)
    if peak is None:
        return None
    compute = work.flops / (UTILISATION * peak * 1e12)
    kernels = (2.0 if recipe.trainable.part == "lora" else 1.0) * (1.5 if recipe.train.gradient_checkpointing else 1.0)
    launches = work.batches * work.depth * kernels * LAUNCH_SECONDS
    traffic = work.steps * STEP_BYTES * counts.trainable
    if recipe.model.quantization != "none":
        # Each pass reads the quantized weights and writes them in 16 bits.
        passes = 3 if recipe.train.gradient_checkpointing else 2
        weight = WEIGHT_BYTES[recipe.model.quantization] + 2
        traffic += work.batches * passes * weight * shape.layers * layer_and_rest(shape)[0]
    return (max(compute, launches) + traffic / (gpu.bandwidth * GB)) / 3600


def _memory(recipe: Recipe, shape: ShapeConfig, counts: ParameterCounts, repeats: int) -> dict[str, float]:
    """Return the bytes at the peak: the backward pass of a batch of the longest texts."""
    layer, _ = layer_and_rest(shape)
    layers = shape.layers * layer
    quantized = recipe.model.quantization
    weights = layers * WEIGHT_BYTES[quantized] + (counts.total - layers) * FP32
    if SIZES[recipe.train.precision] < FP32:
        # Copies of the trained matrices, and of one frozen layer at a time.
        matrices = min(counts.trainable, layers)
        weights += 2 * matrices + (2 * layer if matrices < layers else 0)
    return {
        "weights": weights,
        "gradients": FP32 * counts.trainable,
        "optimizer": ADAM_BYTES * counts.trainable,
        "activations": recipe.train.batch * repeats * recipe.model.max_length * activation_bytes(recipe, shape),
        "other": CONTEXT_GB * GB,
    }


def activation_bytes(recipe: Recipe, shape: ShapeConfig) -> float:
    """Return the bytes that torch saves for the backward pass, for each token of texts of ``model.max_length``."""
    half = SIZES[recipe.train.precision] < FP32
    number = 2 if half else 4
    architecture, length = shape.architecture, recipe.model.max_length
    adapters = recipe.trainable.part == "lora"
    frozen = _HIDDEN_FROZEN.get(architecture) if adapters else None
    gated = architecture in (*CAUSAL, "modernbert")
    layer = (frozen or _HIDDEN[architecture])[half] * shape.hidden
    layer += number * shape.mlp * ((3 if frozen else 4) if gated else 2)
    layer += _scores(shape, length) * (0.5 if half and architecture != "gemma2" else 1)
    if adapters:
        targets: Sequence[str] = getattr(recipe.options, "targets", ())
        widths = adapted_widths(shape, targets) or ()
        layer += _ADAPTED[half] * sum(width for width, _ in widths)
    layers = _trained_layers(recipe, shape)
    if recipe.train.gradient_checkpointing and layers:
        return layers * FP32 * shape.hidden + layer
    return layers * layer


def _scores(shape: ShapeConfig, length: int) -> float:
    """Return the bytes of attention scores for each token, in fp32, where the attention is not fused."""
    scores = _SCORES.get(shape.architecture, 0.0) * shape.heads * length
    if shape.architecture == "deberta":
        # Scores of 512 relative positions in two directions, and their keys and queries for each text.
        scores += 2 * FP32 * 512 * (shape.heads + shape.hidden / length)
    return scores


def _download(recipe: Recipe, shape: ShapeConfig) -> float | None:
    """Return the bytes of the weights on the hub."""
    backbone = recipe.model.backbone
    if not is_hub_id(backbone) or local_path(backbone).is_dir():
        return None
    layer, rest = layer_and_rest(shape)
    return float(SIZES[recipe.model.stored] * (shape.layers * layer + rest + output_layer(shape)))
