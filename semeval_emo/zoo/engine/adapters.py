"""Low-rank adapters by peft, on a backbone in full precision or quantized by bitsandbytes."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.parse import ShapeError, members, read_json
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.model_folder import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    first_line,
    read_table,
    reading_model,
)
from semeval_emo.zoo.backbones.weights import find_backbone, silence_transformers
from semeval_emo.zoo.engine.devices import product_dtype
from semeval_emo.zoo.engine.parameter_groups import HEADS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.registry import PAIRWISE

BACKBONE = "backbone"
"""Folder of the backbone in an exported model."""
OUTPUT_LAYER = "lm_head"
LABELS = "labels.json"
"""The labels of adapters for many languages, which are more than those of a run."""


def quantization_arguments(recipe: Recipe, device: torch.device) -> dict[str, Any]:
    """Return the arguments that load a backbone in 8 or 4 bits on a device; a head keeps full precision."""
    quantization = recipe.model.quantization
    if quantization == "none":
        return {}
    # It would report every matrix product whose input it casts.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from transformers import BitsAndBytesConfig

    # A new head has no weights to quantize, and the output layer of a language model is kept as well. The names are
    # patterns from the start of a module's name.
    skipped = [rf"(?:.*\.)?{head}" for head in (*HEADS, OUTPUT_LAYER)]
    if quantization == "int8":
        config = BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skipped)
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4" if quantization == "nf4" else "fp4",
            bnb_4bit_compute_dtype=product_dtype(recipe.train.precision, device) or torch.float32,
            llm_int8_skip_modules=skipped,
        )
    return {"quantization_config": config, "device_map": {"": device}}


def keep_stored_weights(model: Any) -> None:
    """Let the 4-bit layers of a network on a CPU always multiply with the weights as they were quantized.

    At the first prediction, bitsandbytes would pack them for CPUs with bf16 instructions: no gradient passes through a
    packed layer, and saving a checkpoint unpacks its scales with less precision.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def parameter_size(parameter: torch.nn.Parameter) -> int:
    """Return the number of values of a parameter; 4-bit weights store two in a byte."""
    state = getattr(parameter, "quant_state", None)
    return parameter.numel() if state is None else math.prod(state.shape)


def add_adapters(model: Any, recipe: Recipe) -> Any:
    """Add low-rank adapters, and train the whole head: peft saves it with them.

    Raises:
        UsageError: peft does not know the layers of the network, or it has none of those of the recipe.
    """
    from peft import LoraConfig, TaskType, get_peft_model, prepare_model_for_kbit_training

    options = recipe.options
    if recipe.model.quantization != "none":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    pairwise = recipe.family == PAIRWISE
    config = LoraConfig(
        task_type=None if pairwise else TaskType.SEQ_CLS,
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=list(options.targets) or None,
        modules_to_save=None if pairwise else heads_of(model),
    )
    try:
        with silence_transformers():
            return get_peft_model(model, config)
    except ValueError as error:
        linear = {name.rpartition(".")[2] for name, module in model.named_modules() if hasattr(module, "in_features")}
        layers = ", ".join(sorted(linear.difference(HEADS)))
        raise UsageError(
            f"recipe {recipe.name}: peft finds no layer of {type(model).__name__} to adapt: {first_line(error)}.",
            f"name layers with --set 'lora.targets=[...]'; its linear layers are {layers}",
        ) from error


def heads_of(model: Any) -> list[str]:
    """Return the names of the modules of a network's head, such as ``classifier`` and ``pooler``."""
    parts = {part for name, _ in model.named_parameters() for part in name.split(".")}
    return [name for name in HEADS if name in parts]


def load_adapters(model: Any, folder: Path) -> None:
    """Load the weights of adapters and their head, which `save_adapters` wrote, into a network that has them.

    Raises:
        InputError: they cannot be read, or are those of another network.
    """
    from peft import get_peft_model_state_dict, set_peft_model_state_dict

    with reading_model(folder, "The adapters"):
        weights = load_file(folder / ADAPTER_WEIGHTS)
        different = sorted(set(weights) ^ set(get_peft_model_state_dict(model)))
        if different:
            missing = different[0] not in weights
            raise ValueError(f"they {'lack' if missing else 'have unknown weights'} {different[0]}")
        set_peft_model_state_dict(model, weights)


def save_adapters(model: Any, folder: Path, backbone: str) -> None:
    """Save the adapters and the head, with the name of the backbone instead of its path on this machine."""
    model.save_pretrained(folder)
    # An empty form, with the path of the backbone.
    (folder / "README.md").unlink(missing_ok=True)
    config = read_table(folder / ADAPTER_CONFIG) | {"base_model_name_or_path": backbone}
    write_file(folder / ADAPTER_CONFIG, json.dumps(config, indent=2) + "\n")


def save_labels(labels: Sequence[str], folder: Path) -> None:
    """Save the names of a network's outputs beside its adapters."""
    write_file(folder / LABELS, json.dumps(list(labels)) + "\n")


def read_labels(folder: Path, own: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the outputs of saved adapters: those that `save_labels` wrote, else those of the run.

    Raises:
        InputError: the file is not a list of names.
    """
    path = folder / LABELS
    if not path.exists():
        return tuple(own)
    try:
        return tuple(members({LABELS: read_json(path)}, LABELS, str))
    except ShapeError as error:
        raise InputError(f"{path} cannot be read: {error}.", "copy the whole folder again") from error


def find_adapted_backbone(folder: Path, recipe: Recipe) -> Path:
    """Return the folder of the backbone of saved adapters: the exported one, or that of the recipe.

    Raises:
        InputError: it is not on this machine.
    """
    if (folder / BACKBONE).is_dir():
        return folder / BACKBONE
    try:
        return find_backbone(recipe.model.backbone, Progress())
    except InputError as error:
        raise InputError(
            f"The adapters in {folder} need their backbone. {error.message}",
            "where they were trained, `semeval-emo zoo export RUN -o FOLDER` copies it, too",
        ) from error
