"""Small models on few threads: the same figures everywhere, and no fight for the cores."""

from __future__ import annotations

import os

# Before torch is imported. One thread: on small models more of them cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from pathlib import Path

import pytest

from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes import load_recipe

# A Llama that trains in a second: short texts, few texts, small layers.
SMALL = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.batch=8",
)  # fmt: skip


@pytest.fixture
def tiny() -> Recipe:
    """`llama-tiny`, smaller still."""
    return load_recipe("llama-tiny", SMALL)


@pytest.fixture
def recipe_folder(tmp_path: Path) -> Path:
    """A folder of recipes to fill."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    return folder
