"""The recipe of a classification model of someone else, which is used as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semeval_emo.zoo.backbones.classifier import Classifier
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import recipe_from_table

FAMILY = "adopted"
UNKNOWN_TRAINING = "what the model was trained on is not known: it may have seen these texts"


def adopted_recipe(
    classifier: Classifier,
    model: str,
    name: str = "",
    *,
    data: Mapping[str, Any] | None = None,
    threshold: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return the recipe of a model.

    Args:
        model: its folder, or its name on the hub.
        name: of the recipe; by default the last part of `model`.
        data: the section of the target: track, language, release.
        threshold: the section of the thresholds.
    """
    table = {
        "family": FAMILY,
        "title": f"Hugging Face model {model}",
        "data": {"splits": [], **(data or {})},
        "model": {"backbone": model, "max_length": classifier.max_length},
        "threshold": dict(threshold or {}),
        FAMILY: {"labels": list(classifier.labels), "activation": classifier.activation},
    }
    return recipe_from_table(name or default_name(model), table)


def default_name(model: str) -> str:
    """Return the name of a run of a model.

    >>> default_name("someone/My emotions (v2)"), default_name("../")
    ('My-emotions-v2', 'model')
    """
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", Path(model).name).strip("-_.+")[:100] or "model"
