"""One model for many languages: reuse the model of a finished run that was trained on the same texts.

If a recipe trains on all languages at once (``data.sources = ["all"]``) and no choice depends on the
target language, the model is the same for every language. The first language trains it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError
from semeval_emo.files import write_folder
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.model import MODEL_INFO, THRESHOLDS, write_model_info

TRAINING_KEYS = ("sizes", "kept", "versions", "commit", "machine", "seed", "processes")
"""Keys of ``run.json`` that belong to training; choices and scores of another run are its own."""

TARGET_SPLITS = ("dev", "test")
"""Splits of the target language, whose scores in ``metrics.jsonl`` do not apply to another language."""


def is_language_independent(recipe: Recipe) -> bool:
    """Return whether the model does not depend on the target language; its thresholds may."""
    select = recipe.select
    keeps_last = select.epoch == "last" and select.patience == 0
    if recipe.data.joint:
        return keeps_last and recipe.trains_jointly
    return not recipe.data.splits and select.split != FOLDS and (keeps_last or select.split not in TARGET_SPLITS)


def reuse_model(folder: RunFolder, recipe: Recipe, space: Space) -> str:
    """Copy the model of a finished run with the same recipe and training data into a run folder.

    Files are hard-linked if the file system allows it; model files are never changed in place.

    Returns:
        Name of the other run's folder; empty if there is none.
    """
    if not is_language_independent(recipe):
        return ""
    data = folder.state()["data"]
    for file in sorted(folder.path.parent.glob("*/run.json")):
        try:
            other = FinishedRun.load(file.parent)
        except InputError:
            continue
        state = other.state
        if (
            any(state["data"].get(name) != data[name] for name in recipe.data.model_sets)
            or _without_language(other.recipe) != _without_language(recipe)
            or (state.get("emotions") != list(space.emotions) and not recipe.data.joint)
        ):
            continue
        with write_folder(folder.model) as model:
            shutil.copytree(other.path / "model", model, copy_function=_link, dirs_exist_ok=True)
            write_model_info(model, recipe, space, folder.spec.task)
        rows = RunFolder(other.path, folder.spec).read_metrics()
        folder.write_metrics([{key: value for key, value in row.items() if key not in TARGET_SPLITS} for row in rows])
        folder.update_state(**{key: state[key] for key in TRAINING_KEYS if key in state})
        return other.path.name
    return ""


def _without_language(recipe: Recipe) -> dict[str, Any]:
    resolved = recipe.resolved()
    if recipe.data.joint:
        resolved["data"]["sources"] = list(recipe.data.joint_languages)
    return resolved | {"data": {key: value for key, value in resolved["data"].items() if key != "language"}}


def _link(source: str, target: str) -> None:
    # Every run has its own copy of these two.
    if Path(source).name in (MODEL_INFO, THRESHOLDS):
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
