"""Backbones of the architectures of the zoo in a tiny size, with random weights and a tokenizer of bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers

from semeval_emo.zoo.engine.network import byte_tokenizer

SIZES = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
ENCODER = {**SIZES, "vocab_size": 300, "max_position_embeddings": 160, "pad_token_id": 0}
DECODER = {
    **SIZES, "vocab_size": 300, "num_key_value_heads": 1, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1,
}  # fmt: skip
RELATIVE = {
    "type_vocab_size": 0, "relative_attention": True, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
    "share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False,
}  # fmt: skip
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertConfig", ENCODER),
    "roberta": ("XLMRobertaConfig", {**ENCODER, "type_vocab_size": 1}),
    "mpnet": ("MPNetConfig", ENCODER),
    "rembert": ("RemBertConfig", {**ENCODER, "input_embedding_size": 8}),
    "deberta": ("DebertaV2Config", {**ENCODER, **RELATIVE}),
    "modernbert": (
        "ModernBertConfig", {**SIZES, "vocab_size": 300, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1,
                             "cls_token_id": 1, "sep_token_id": 1},
    ),
    "llama": ("LlamaConfig", DECODER),
    "gemma2": ("Gemma2Config", {**DECODER, "head_dim": 8}),
    "qwen3": ("Qwen3Config", {**DECODER, "head_dim": 8}),
}  # fmt: skip


def config_of(architecture: str, **more: Any) -> Any:
    """Return the configuration of a tiny network; `more` replaces some of its values."""
    name, values = CONFIGS[architecture]
    return getattr(transformers, name)(**{**values, **more})


def save_backbone(folder: Path, architecture: str, *, language_model: bool = False) -> Path:
    """Save a tiny backbone, with its output layer if it is a `language_model`; return the folder."""
    auto = transformers.AutoModelForCausalLM if language_model else transformers.AutoModel
    torch.manual_seed(0)
    model = auto.from_config(config_of(architecture))
    for parameter in model.parameters():
        # Larger weights, so that texts differ.
        parameter.data.mul_(3)
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder
