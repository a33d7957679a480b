"""Which families exist, and where their classes live. Nothing is imported before it is asked for.

A new family is one file under `families` and one line here.
"""

from __future__ import annotations

import importlib

from semeval_emo.errors import UsageError, suggest
from semeval_emo.zoo.family import Family

FAMILIES: dict[str, str] = {
    "constant": "semeval_emo.zoo.families.constant:Constant",
    "tfidf": "semeval_emo.zoo.families.tfidf:Tfidf",
    "embed": "semeval_emo.zoo.families.embed:Embed",
    "encoder": "semeval_emo.zoo.families.encoder:Encoder",
    "decoder": "semeval_emo.zoo.families.decoder:Decoder",
    "lora": "semeval_emo.zoo.families.lora:Lora",
    "ensemble": "semeval_emo.zoo.families.ensemble:Ensemble",
}


def family_class(name: str, where: str = "zoo") -> type[Family]:
    """Imports the class of a family.

    Raises:
        UsageError: no such family.

    >>> family_class("constant").__name__
    'Constant'
    """
    if name not in FAMILIES:
        near = suggest(name, FAMILIES) or f"use one of {', '.join(FAMILIES)}"
        raise UsageError(f"{where}: there is no family '{name}'.", near)
    module, _, attribute = FAMILIES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
