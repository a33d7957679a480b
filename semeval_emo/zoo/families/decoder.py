"""Llama-like language models that read left to right; the last token speaks for the text."""

from __future__ import annotations

from semeval_emo.zoo.families.transformer import Transformer


class Decoder(Transformer):
    """A causal language model with a classification head on its last token."""
