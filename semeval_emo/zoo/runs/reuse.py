"""One model for many languages: a run takes over what a finished run has learned from the very same texts.

Where a recipe learns from all languages at once (``data.sources = ["all"]``) and nothing of the language
asked for has a say in the model, it is the same model for every language: trained once, by the first.
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
from semeval_emo.zoo.runs.finished import recipe_and_state
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.model import MODEL_INFO, THRESHOLDS, write_model_info

TARGET_SPLITS = ("dev", "test")
"""Splits of the language asked for; what is said of them in ``metrics.jsonl`` is no other language's."""


def is_language_independent(recipe: Recipe) -> bool:
    """Whether the language asked for has no part in the model, however its thresholds are chosen."""
    select = recipe.select
    blind = select.epoch == "last" and select.patience == 0
    return not recipe.data.splits and select.split != FOLDS and (blind or select.split not in TARGET_SPLITS)


def reuse_model(run: RunFolder, recipe: Recipe, space: Space) -> str:
    """Puts the model of a finished run that learned the same into this one.

    Files are linked where the disk can, since a model is written once.

    Args:
        space: of this run's labels.

    Returns:
        The name of the run's folder; empty where there is none.
    """
    if not is_language_independent(recipe):
        return ""
    mine = run.state()["data"]
    for there in sorted(run.path.parent.glob("*/run.json")):
        folder = there.parent
        try:
            other, state = recipe_and_state(folder)
        except InputError:
            continue
        same = all(state["data"].get(name) == mine[name] for name in recipe.data.training_sets)
        if not (
            same and _but_language(other) == _but_language(recipe) and state.get("emotions") == list(space.emotions)
        ):
            continue
        with write_folder(run.model) as model:
            shutil.copytree(folder / "model", model, copy_function=_link, dirs_exist_ok=True)
            write_model_info(model, recipe, space, run.spec.task)
        rows = RunFolder(folder, run.spec).rows()
        run.record([{key: value for key, value in row.items() if key not in TARGET_SPLITS} for row in rows])
        # What was learned there; its own choices and figures stay there.
        run.update(**{key: state[key] for key in ("sizes", "kept", "versions", "commit", "machine", "seed")})
        return folder.name
    return ""


def _but_language(recipe: Recipe) -> dict[str, Any]:
    found = recipe.resolved()
    return found | {"data": {key: value for key, value in found["data"].items() if key != "language"}}


def _link(source: str, target: str) -> None:
    # These two are each run's own.
    if Path(source).name in (MODEL_INFO, THRESHOLDS):
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
