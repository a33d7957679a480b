"""Low-rank adapters by peft, on weights in full or in 8 or 4 bits."""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig, TaskType, get_peft_model, prepare_model_for_kbit_training

from semeval_emo.zoo.recipe import Recipe


def add_adapters(model: Any, recipe: Recipe) -> Any:
    """Puts adapters on a network; peft lets its head move too."""
    options = recipe.options
    if recipe.model.quantization != "none":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    config = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=list(options.targets) or None,
    )
    return get_peft_model(model, config)


def quantized(recipe: Recipe) -> dict[str, Any]:
    """How a backbone is loaded in 8 or 4 bits; the head stays in full."""
    from transformers import BitsAndBytesConfig

    if recipe.model.quantization == "int8":
        config = BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=["score"])
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16, llm_int8_skip_modules=["score"]
        )
    return {"quantization_config": config, "device_map": {"": 0}}
