"""BERT-like encoders, pooled as their own classification class does."""

from __future__ import annotations

from typing import ClassVar

from semeval_emo.zoo.families.transformer import Transformer


class Encoder(Transformer):
    """A bidirectional encoder with its classification head."""

    instead: ClassVar[str] = "minilm-ft"
