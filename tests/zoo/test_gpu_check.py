"""`benchmarks/gpu_check.py`, which somebody with a GPU runs: its checks name recipes and settings that exist."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

import pytest

from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.registry import FAMILIES

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_check.py"


@pytest.mark.skipif(not SCRIPT.exists(), reason="left out: needs the folder benchmarks of the repository")
def test_every_check_trains_a_recipe_that_exists():
    script = runpy.run_path(str(SCRIPT))
    backbones = {"": "", script["ENCODER"]: "encoder", script["DECODER"]: "decoder"}
    folders = argparse.Namespace(encoder="encoder", decoder="decoder")
    families = {"adopted", "ensemble"}
    for check in script["CHECKS"]:
        if check.name not in families:
            for precision in check.precisions:
                recipe = load_recipe(check.recipe, script["settings_of"](check, precision, folders))
                families.add(recipe.family)
                assert recipe.model.backbone == backbones[check.backbone]
    assert families == set(FAMILIES)
