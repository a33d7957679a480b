"""Model folders: save, load and export a trained model of any family.

A model folder is self-contained: `zoo predict` needs neither the run folder nor the recipe file nor the task.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import as_umask, write_file, write_folder
from semeval_emo.text import plural
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.family import Family
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import require

MODEL_INFO = "semeval_emo.json"
THRESHOLDS = "thresholds.json"
RUN_HINT = "name a run folder, such as runs/<recipe>/<language>"


@dataclass(frozen=True, eq=False)
class Model:
    """A model that can predict.

    Attributes:
        thresholds: shape (L,); cut points of intensities: shape (L, top).
        task: key of the task that it was trained on; empty if an older version did not record it.
    """

    recipe: Recipe
    space: Space
    family: Family
    thresholds: np.ndarray
    task: str = ""


def save_model(family: Family, folder: Path, task: str) -> None:
    """Write a model folder atomically; `task` is the key of the task that the model was trained on."""
    with write_folder(folder) as new:
        family.save(new)
        write_model_info(new, family.recipe, family.space, task)
        _apply_umask(new)


def write_model_info(folder: Path, recipe: Recipe, space: Space, task: str) -> None:
    """Write the task, labels and recipe of a model into its folder."""
    info = {"task": task, "emotions": list(space.emotions), "top": space.top, "recipe": recipe.resolved()}
    write_file(folder / MODEL_INFO, json.dumps(info, indent=2) + "\n")


def load_model(
    folder: Path | str, thresholds_file: Path | None = None, precision: Literal["fp32", "bf16"] | None = None
) -> Model:
    """Load a model folder, or the model of a run folder.

    Args:
        thresholds_file: thresholds to use instead of those of the model.
        precision: of a network's matrix products; None for the training precision.

    Raises:
        InputError: there is no model, or the file has no thresholds for it.
        UsageError: a precision is given for a model that is not a neural network.
    """
    folder = Path(folder)
    model_folder = folder / "model" if (folder / "model" / MODEL_INFO).exists() else folder
    info, recipe = _read_info(model_folder, folder)
    space = Space(tuple(info["emotions"]), info["top"])
    thresholds = np.full(len(space.emotions), recipe.threshold.value)
    if thresholds_file is not None or (model_folder / THRESHOLDS).exists():
        thresholds = _read_thresholds(thresholds_file or model_folder / THRESHOLDS, space)
    family = family_class(recipe.family)
    require(family.packages, f"The family '{recipe.family}'")
    if precision is not None:
        if "train" not in family.recipe_sections:
            raise UsageError(f"The model in {folder} is of the family '{recipe.family}', which has no precision.")
        recipe = replace(recipe, train=replace(recipe.train, precision=precision))
    return Model(recipe, space, family.load(model_folder, recipe, space), thresholds, info.get("task", ""))


def read_card(run: Path) -> str:
    """Return the model card of a finished run.

    Raises:
        InputError: there is none.
    """
    try:
        return (run / "MODEL_CARD.md").read_text("utf-8")
    except OSError as error:
        raise InputError(f"{run} does not contain a finished run.", RUN_HINT) from error


def export_run(run: Path, out: Path) -> tuple[str, ...]:
    """Copy the model of a run into a new folder for the Hub, its card as README.md; return the names of the files.

    Raises:
        InputError: the run is not finished, or something that its model needs is missing.
        UsageError: the folder exists and is not empty.
    """
    card = read_card(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} already exists.", "name a new folder; existing files are not overwritten")
    try:
        with write_folder(out) as folder:
            export_model(run / "model", folder)
            (folder / "README.md").write_text(card, "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}.") from error
    return tuple(sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()))


def export_model(folder: Path, out: Path) -> None:
    """Copy a model folder and everything that its model needs from this machine.

    Raises:
        InputError: there is no model, or something that it needs is missing.
    """
    _, recipe = _read_info(folder, folder)
    family_class(recipe.family).export(folder, out, recipe)
    _apply_umask(out)


def _read_info(folder: Path, named: Path) -> tuple[dict[str, Any], Recipe]:
    """Return the content of `MODEL_INFO` and its recipe; errors name the folder that the user named."""
    try:
        info = json.loads((folder / MODEL_INFO).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{named} does not contain a trained model.", RUN_HINT) from error
    return info, from_resolved(info["recipe"])


def _apply_umask(folder: Path) -> None:
    # safetensors makes its files readable by their owner only.
    for path in folder.rglob("*"):
        if path.is_file():
            as_umask(path)


def _read_thresholds(path: Path, space: Space) -> np.ndarray:
    try:
        thresholds = np.array(json.loads(path.read_text("utf-8")), dtype=float)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} does not contain thresholds.", "`semeval-emo zoo tune RUN` writes them") from error
    emotions = len(space.emotions)
    if thresholds.ndim == 2 and space.top > 1 and thresholds.shape != (emotions, space.top):
        raise InputError(
            f"{path} contains {len(thresholds)} x {thresholds.shape[1]} cut points; the model predicts {emotions} "
            f"emotions with intensities from 0 to {space.top}."
        )
    if thresholds.shape != (emotions,) and (thresholds.ndim != 2 or space.top == 1):
        raise InputError(
            f"{path} contains {plural(thresholds.size, 'threshold')}; the model predicts {emotions} emotions."
        )
    return thresholds
