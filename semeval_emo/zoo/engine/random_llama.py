"""A Llama of random weights and a tokenizer of bytes: the smoke model, and any true shape without its weights."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast

from semeval_emo.errors import UsageError
from semeval_emo.zoo.recipe import Recipe

PAD, END = "<pad>", "<end>"


def build(recipe: Recipe, config: dict[str, Any]) -> tuple[Any, Any]:
    """Builds the network of the recipe's shape; the caller has set the seed.

    Raises:
        UsageError: no shape, or not that of a Llama.
    """
    shape = recipe.shape
    if shape is None or shape.architecture != "llama":
        raise UsageError(f"recipe {recipe.name}: a random backbone needs the [shape] of a llama.")
    tokenizer = byte_tokenizer()
    if shape.vocabulary < len(tokenizer):
        raise UsageError(f"recipe {recipe.name}: shape.vocabulary must be at least {len(tokenizer)}.")
    made = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads or shape.heads,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        **config,
    )
    return LlamaForSequenceClassification(made), tokenizer


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, for any language; and a token each for padding and the end."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {PAD: 0, END: 1} | {letter: i for i, letter in enumerate(alphabet, 2)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token=PAD, eos_token=END)
