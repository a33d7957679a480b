"""Finished runs as others use them: their recipe, their state, their stored probabilities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.task import Task, short_hash
from semeval_emo.zoo.folder import DONE, RunFolder
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes import from_resolved


def recipe_and_state(path: Path) -> tuple[Recipe, dict[str, Any]]:
    """The recipe and the state of a finished run.

    Raises:
        InputError: the folder is none, or the run is not finished.
    """
    try:
        recipe = from_resolved(json.loads((path / "recipe.json").read_text("utf-8"))["resolved"])
        state = json.loads((path / "run.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no run folder.", "name one, such as runs/<recipe>/<language>") from error
    if state.get("status") != DONE:
        raise InputError(f"The run in {path} is not finished.", "the command that began it goes on")
    return recipe, state


def folder_of(path: Path, recipe: Recipe, task: Task) -> RunFolder:
    """The folder with the file that its run predicts.

    Raises:
        UsageError: the task has no such file.
    """
    data = recipe.data
    return RunFolder(path, task.spec(data.track, data.language, "test", data.release))


def stored(folder: RunFolder, split: str, task: Task) -> np.ndarray:
    """The probabilities of a split in a run folder: shape (n, L), rows in the official order."""
    spec = folder.spec
    return read_probabilities(
        folder.probabilities(split),
        track=spec.track, language=spec.language, split=split, release=spec.release, task=task,
    ).values  # fmt: skip


def stored_folds(folder: RunFolder, recipe: Recipe, task: Task) -> np.ndarray:
    """The out-of-fold probabilities of all that a run was trained on: shape (own texts, L), split after split."""
    return np.concatenate([stored(folder, split, task) for split in recipe.data.splits])


def run_hash(folder: RunFolder, recipe: Recipe) -> str:
    """Identity of what a run says: the hash of its recipe, and that of its probabilities and thresholds."""
    files = [folder.probabilities(split) for split in ("train", "dev", "test")]
    said = [file.read_text("utf-8") for file in files if file.exists()]
    return f"{recipe.hash}:{short_hash([*said, str(folder.state()['thresholds'])])}"
