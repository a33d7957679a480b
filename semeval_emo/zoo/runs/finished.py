"""Finished runs as others use them: their recipe, their state, their stored probabilities."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.errors import EmoError, InputError
from semeval_emo.files import write_file
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import Task, short_hash
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.runs.folder import DONE, TRAINED, RunFolder
from semeval_emo.zoo.selection.thresholds import apply_thresholds


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


def member(path: Path) -> dict[str, Any]:
    """What a joined run keeps of a member: its name, the hash of its recipe, and the seconds that it took."""
    recipe, state = recipe_and_state(path)
    return {"run": path.parent.name, "recipe_hash": recipe.hash, "seconds": training_seconds(path, recipe, state)}


def training_seconds(path: Path, recipe: Recipe, state: dict[str, Any]) -> float:
    """Seconds spent training a run and its members.

    Raises:
        EmoError: it is joined, and was made by a version that did not take its members down.
    """
    if recipe.family == "ensemble" and "members" not in state:
        raise EmoError(
            f"{path} joins runs, and was made by a version that took down neither their names nor their time.",
            "the command that joined them, with --fresh, takes seconds",
        )
    return float(state["seconds"])


def load_probabilities(folder: RunFolder, split: str, task: Task) -> np.ndarray:
    """The probabilities of a split in a run folder: shape (n, L), rows in the official order."""
    spec = folder.spec
    return read_probabilities(
        folder.probabilities(split),
        track=spec.track, language=spec.language, split=split, release=spec.release, task=task,
    ).values  # fmt: skip


def load_oof_probabilities(folder: RunFolder, recipe: Recipe, task: Task) -> np.ndarray:
    """The out-of-fold probabilities of all that a run was trained on: shape (own texts, L), split after split.

    Or, where its language has no split of its own, source after source.
    """
    if not recipe.data.splits:
        return load_array(folder, FOLDS)
    return np.concatenate([load_probabilities(folder, split, task) for split in recipe.data.splits])


def verify_outputs(folder: RunFolder, task: Task) -> None:
    """Looks whether a finished run still has its files: what is gone is to be written again.

    Raises:
        EmoError: the prediction file is not the one that the run wrote.
    """
    said = folder.probabilities("test")
    if folder.predictions.exists() and said.exists():
        verify_predictions(folder, task)
    if not all(path.exists() for path in (folder.predictions, folder.card, said, folder.probabilities("dev"))):
        folder.update(status=TRAINED)


def verify_predictions(folder: RunFolder, task: Task) -> None:
    """Refuses a prediction file that is not what the run's probabilities and thresholds give.

    Raises:
        EmoError: somebody changed it.
    """
    spec = folder.spec
    thresholds = np.array(folder.state()["thresholds"])
    decided = apply_thresholds(
        load_probabilities(folder, "test", task), thresholds, Space(spec.emotions, len(spec.values) - 1)
    )
    if folder.predictions.read_bytes() != prediction_bytes(spec, decided):
        raise EmoError(
            f"{folder.predictions} is not the file that its run wrote.",
            "delete it, or move it away if it is yours: the command that trained the run writes it again",
        )


def load_predictions(folder: RunFolder, task: Task) -> Predictions:
    """The prediction file of a finished run, as the run wrote it.

    Raises:
        EmoError: somebody changed it since.
    """
    verify_predictions(folder, task)
    (found,) = read_submission(folder.predictions, release=folder.spec.release, task=task).predictions
    return found


def save_array(folder: RunFolder, name: str, values: np.ndarray) -> None:
    """Stores probabilities of texts of other languages, whole or not at all."""
    body = io.BytesIO()
    np.save(body, values)
    path = folder.array(name)
    write_file(path, body.getvalue(), parents=True)


def load_array(folder: RunFolder, name: str) -> np.ndarray:
    """What `save_array` stored: shape (n, L).

    Raises:
        InputError: it is not there.
    """
    try:
        return np.load(folder.array(name))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder.array(name)} cannot be read: {error}.", "--fresh trains the run anew") from error


def run_hash(folder: RunFolder, recipe: Recipe) -> str:
    """Identity of what a run says: the hash of its recipe, and that of its probabilities and thresholds."""
    files = [folder.probabilities(split) for split in ("train", "dev", "test")]
    said = [file.read_text("utf-8") for file in files if file.exists()]
    return f"{recipe.hash}:{short_hash([*said, str(folder.state()['thresholds'])])}"
