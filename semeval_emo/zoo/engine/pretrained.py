"""The only place that loads models and tokenizers with transformers.

Code in a model folder is never run, and pickles are not read.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer

from semeval_emo.errors import InputError
from semeval_emo.zoo.backbones.model_folder import (
    ADAPTER_CONFIG,
    check_adapters,
    check_model_folder,
    reading_model,
    tensor_shapes,
    weight_files,
)  # fmt: skip
from semeval_emo.zoo.backbones.weights import silence_transformers

# A new head and pooler may be larger than the weights of a tiny model.
MAX_GROWTH, MAX_NEW = 2, 10**7

_BACKBONE_WEIGHT = re.compile(r"\.\d+\.|embed")
"""Names of weights that are not those of a new head or pooler."""


def load_config(folder: Path) -> Any:
    """Load the configuration of a model folder.

    Raises:
        InputError: it cannot be loaded, or needs its own code.
    """
    with reading_model(folder):
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a model folder, or of a folder of adapters.

    Raises:
        InputError: as in `check_model_folder`; or it cannot be loaded, or needs its own code.
    """
    if (folder / ADAPTER_CONFIG).exists():
        check_adapters(folder)
    else:
        check_model_folder(folder)
    with reading_model(folder, "The tokenizer"), silence_transformers():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def load_pretrained(
    auto_class: Any, folder: Path, *, what: str = "The model", new_head: bool = True, **arguments: Any
) -> Any:
    """Load a network from the safetensors files of a folder.

    Args:
        auto_class: such as ``AutoModel``.
        what: the subject of error messages.
        new_head: whether a head and a pooler that the files lack, or have for other labels, are initialised;
            otherwise they are an error.
        arguments: of ``from_pretrained``.

    Raises:
        InputError: as in `check_model_folder`; the folder cannot be loaded or needs its own code; or weights of the
            network are missing.
    """
    check_model_folder(folder)
    with reading_model(folder, what), silence_transformers():
        _check_size(auto_class, folder)
        model, report = auto_class.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
            output_loading_info=True, ignore_mismatched_sizes=new_head, **arguments,
        )  # fmt: skip
    wrong = [name for name, *_ in report["mismatched_keys"] if _BACKBONE_WEIGHT.search(name)]
    if wrong:
        raise InputError(f"{what} in {folder} cannot be loaded: {wrong[0]} has another size than in config.json.")
    missing = sorted(name for name in report["missing_keys"] if not new_head or _BACKBONE_WEIGHT.search(name))
    # Missing weights would be random.
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise InputError(
            f"{what} in {folder} cannot be loaded: its weights lack {missing[0]}{more}.", "copy the whole folder again"
        )
    return model


def _check_size(auto_class: Any, folder: Path) -> None:
    """Check that a network is not much larger than its weights, before memory for missing weights is allocated."""
    # Random states stay as they are.
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        network = auto_class.from_config(load_config(folder), trust_remote_code=False)
    size = sum(parameter.numel() for parameter in network.parameters())
    stored = sum(math.prod(shape) for file in weight_files(folder) for shape in tensor_shapes(file).values())
    if size > MAX_GROWTH * stored + MAX_NEW and not hasattr(network.config, "quantization_config"):
        raise InputError(
            f"{folder / 'config.json'} describes a network of {size:,} parameters; its weights have {stored:,}."
        )


def check_vocabulary(tokenizer: Any, model: Any, folder: Path) -> None:
    """Check that a network has an embedding for every token.

    Special tokens without one, such as that for images in EmbeddingGemma, are encoded as text from then on.

    Raises:
        InputError: it does not, so the tokenizer belongs to another model.
    """
    rows = model.get_input_embeddings().weight.shape[0]
    largest = max(tokenizer.get_vocab().values(), default=0)
    beyond = {number for number in tokenizer.get_vocab().values() if number >= rows}
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    if beyond and beyond <= special:
        tokenizer.split_special_tokens = True
    elif beyond:
        raise InputError(
            f"The tokenizer in {folder} has token ids up to {largest:,}; the model has {rows:,} embeddings.",
            "copy the whole folder again, tokenizer and weights together",
        )
