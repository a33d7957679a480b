"""Small Hugging Face classification models with random weights, as people bring them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    Qwen2Config,
    Qwen2ForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from semeval_emo.zoo.engine.network import byte_tokenizer

EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")
SIZES = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
TINY = {"vocab_size": 300, "max_position_embeddings": 40}
CLASSES = {
    "bert": (BertForSequenceClassification, BertConfig, {**TINY, **SIZES, "pad_token_id": 0}),
    "roberta": (RobertaForSequenceClassification, RobertaConfig, {**TINY, **SIZES, "pad_token_id": 0}),
    "xlm-roberta": (XLMRobertaForSequenceClassification, XLMRobertaConfig, {**TINY, **SIZES, "pad_token_id": 0}),
    "deberta": (DebertaV2ForSequenceClassification, DebertaV2Config, {**TINY, **SIZES, "pad_token_id": 0}),
    "distilbert": (
        DistilBertForSequenceClassification, DistilBertConfig,
        {**TINY, "dim": 16, "hidden_dim": 16, "n_layers": 2, "n_heads": 2, "pad_token_id": 0},
    ),
    "llama": (LlamaForSequenceClassification, LlamaConfig, {**TINY, **SIZES, "pad_token_id": 0}),
    "llama without padding": (LlamaForSequenceClassification, LlamaConfig, {**TINY, **SIZES, "pad_token_id": None}),
    "qwen": (
        Qwen2ForSequenceClassification, Qwen2Config,
        {**TINY, **SIZES, "num_key_value_heads": 2, "pad_token_id": 0},
    ),
    "gpt2 without padding": (
        GPT2ForSequenceClassification, GPT2Config,
        {"vocab_size": 300, "n_positions": 40, "n_embd": 16, "n_layer": 2, "n_head": 2, "pad_token_id": None},
    ),
}  # fmt: skip


def save_bert(folder: Path) -> Path:
    """Save a tiny BERT without a head and its tokenizer; return the folder."""
    BertModel(BertConfig(**CLASSES["bert"][2])).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def save_classifier(
    folder: Path,
    labels: Sequence[str] | None = EMOTIONS,
    *,
    architecture: str = "bert",
    problem_type: str | None = "multi_label_classification",
    outputs: int = 5,
    seed: int = 0,
) -> Path:
    """Save a model with these labels, without names of labels for None."""
    torch.manual_seed(seed)
    model_class, config_class, sizes = CLASSES[architecture]
    names = {} if labels is None else {"id2label": dict(enumerate(labels))}
    config = config_class(
        num_labels=outputs if labels is None else len(labels), problem_type=problem_type, **sizes, **names
    )
    model = model_class(config)
    for parameter in model.parameters():
        # Larger weights, so that texts differ.
        parameter.data.mul_(4)
    model.save_pretrained(folder)
    tokenizer = byte_tokenizer()
    if "without padding" in architecture:
        tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    # A training run of the Trainer leaves this pickle beside the weights.
    (folder / "training_args.bin").write_bytes(b"\x80\x04N.")
    return folder


def edit_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
