"""Whether a recipe can be trained on this machine now, and what it needs otherwise."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from semeval_emo.errors import EmoError, install_line
from semeval_emo.zoo.backbones.weights import PACKAGE_EXTRAS, PACKAGE_PREFIX, RANDOM, local_path, own_model
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import TFIDF_PACKAGES

READY, EXTRA, DOWNLOAD, GATED = range(4)
GATED_LICENCES = ("llama", "gemma")
"""How the licences begin that have to be accepted on the Hugging Face hub."""


@dataclass(frozen=True, order=True)
class Readiness:
    """What a recipe needs to be trained.

    Attributes:
        level: `READY`, `EXTRA` (an optional dependency), `DOWNLOAD` (from the hub) or `GATED` (a licence on the hub).
        extras: of the optional dependencies to install, with commas.
    """

    level: int
    extras: str = ""

    @property
    def words(self) -> str:
        """What is missing; empty if nothing is."""
        install = [install_line(self.extras)] if self.extras else []
        weights = {
            DOWNLOAD: ["weights from the Hugging Face hub"],
            GATED: ["a licence to accept on the Hugging Face hub (hf auth login)"],
        }
        return " and ".join([*install, *weights.get(self.level, [])])


def readiness(recipe: Recipe) -> Readiness:
    """Return what a recipe needs to be trained here, an ensemble with its members.

    Imports nothing heavy and does not use the network.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> readiness(load_recipe("constant-all")).level == READY
    True
    """
    if recipe.family == "ensemble":
        members = [_member(name) for name in recipe.options.members]
        needs = [readiness(member) for member in members if member is not None]
        extras = [extra for need in needs for extra in need.extras.split(",") if extra]
        return Readiness(max((need.level for need in needs), default=READY), ",".join(dict.fromkeys(extras)))
    packages = set(family_class(recipe.family).packages)
    missing = {name for name in packages if importlib.util.find_spec(name) is None}
    extras = [("tfidf" if packages <= TFIDF_PACKAGES else "zoo")] if missing else []
    backbone = recipe.model.backbone if "model" in family_class(recipe.family).recipe_sections else ""
    if backbone.startswith(PACKAGE_PREFIX):
        name = backbone.removeprefix(PACKAGE_PREFIX).partition("/")[0]
        if not any(re.sub(r"-part-?\d+$", "", installed) == name for installed in _distributions()):
            extras.append(PACKAGE_EXTRAS.get(name, "weights"))
    elif backbone not in ("", RANDOM) and not local_path(backbone).is_dir() and not _is_downloaded(backbone):
        return Readiness(GATED if recipe.model.licence.startswith(GATED_LICENCES) else DOWNLOAD, ",".join(extras))
    return Readiness(EXTRA if extras else READY, ",".join(extras))


def _member(name: str) -> Recipe | None:
    try:
        return load_recipe(name)
    except EmoError:
        # A run folder.
        return None


@cache
def _distributions() -> frozenset[str]:
    return frozenset(re.sub(r"[-_.]+", "-", d.name.lower()) for d in metadata.distributions())


def _is_downloaded(backbone: str) -> bool:
    """Return whether the cache of the Hugging Face hub has a model, or ``$SEMEVAL_EMO_MODELS``."""
    if own_model(backbone) is not None:
        return True
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    cache_folder = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    return any((cache_folder / f"models--{backbone.replace('/', '--')}" / "snapshots").glob("*/config.json"))
