"""The model families by name. A family's class is imported only when it is used.

To add a family, write a module in `families` and add a line to `FAMILIES`.
"""

from __future__ import annotations

import importlib

from semeval_emo.errors import UsageError, suggest
from semeval_emo.zoo.family import Family

FAMILIES: dict[str, str] = {
    "constant": "semeval_emo.zoo.families.constant:Constant",
    "tfidf": "semeval_emo.zoo.families.tfidf:Tfidf",
    "embed": "semeval_emo.zoo.families.embed:Embed",
    "encoder": "semeval_emo.zoo.families.transformer:Encoder",
    "decoder": "semeval_emo.zoo.families.transformer:Decoder",
    "lora": "semeval_emo.zoo.families.transformer:Lora",
    "pairwise": "semeval_emo.zoo.families.transformer:Pairwise",
    "adopted": "semeval_emo.zoo.families.adopted:Adopted",
    "ensemble": "semeval_emo.zoo.families.ensemble:Ensemble",
}


ADAPTED = ("lora", "pairwise")
"""Families that train adapters on a frozen backbone, which may be quantized."""
PAIRWISE = "pairwise"


def family_class(name: str, where: str = "zoo") -> type[Family]:
    """Import the class of a family.

    Raises:
        UsageError: the family does not exist.

    >>> family_class("constant").__name__
    'Constant'
    """
    if name not in FAMILIES:
        hint = suggest(name, FAMILIES) or f"use one of {', '.join(FAMILIES)}"
        raise UsageError(f"{where}: there is no family '{name}'.", hint)
    module, _, attribute = FAMILIES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
