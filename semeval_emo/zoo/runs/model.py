"""A trained model on disk: any family's files and, beside them, what they are.

A model folder stands alone: `zoo predict` needs no run folder, no recipe file and no task.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import as_umask, write_file, write_folder
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.family import Family
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import require

MODEL_INFO = "semeval_emo.json"
THRESHOLDS = "thresholds.json"


@dataclass(frozen=True, eq=False)
class Model:
    """A model that can predict.

    Attributes:
        thresholds: shape (L,); cut points of degrees (L, top).
        task: key of the task that it was trained on; empty where an older version did not say.
    """

    recipe: Recipe
    space: Space
    family: Family
    thresholds: np.ndarray
    task: str = ""


def save_model(family: Family, folder: Path, task: str) -> None:
    """Write a model folder, whole or not at all.

    Args:
        task: key of the task that it was trained on.
    """
    with write_folder(folder) as new:
        family.save(new)
        write_model_info(new, family.recipe, family.space, task)
        _open_up(new)


def write_model_info(folder: Path, recipe: Recipe, space: Space, task: str) -> None:
    """Writes what a model folder is of, beside the family's files."""
    about = {"task": task, "emotions": list(space.emotions), "top": space.top, "recipe": recipe.resolved()}
    write_file(folder / MODEL_INFO, json.dumps(about, indent=2) + "\n")


def load_model(
    folder: Path | str, thresholds_file: Path | None = None, precision: Literal["fp32", "bf16"] | None = None
) -> Model:
    """Loads a model folder, or the model of a run folder.

    Args:
        thresholds_file: thresholds to use instead of the model's own.
        precision: of a network's products, instead of the one it was trained in.

    Raises:
        InputError: there is no model, or no thresholds for it in the file.
        UsageError: the model is no network, so it has no precision to choose.
    """
    folder = Path(folder)
    inside = folder / "model" if (folder / "model" / MODEL_INFO).exists() else folder
    about, recipe = _about(inside, folder)
    space = Space(tuple(about["emotions"]), about["top"])
    thresholds = np.full(len(space.emotions), recipe.threshold.value)
    if thresholds_file is not None or (inside / THRESHOLDS).exists():
        thresholds = _thresholds(thresholds_file or inside / THRESHOLDS, space)
    kind = family_class(recipe.family)
    require(kind.packages, f"The family '{recipe.family}'")
    if precision is not None:
        if "train" not in kind.recipe_sections:
            raise UsageError(f"{folder} is of the family '{recipe.family}', which has no precision to choose.")
        recipe = replace(recipe, train=replace(recipe.train, precision=precision))
    return Model(recipe, space, kind.load(inside, recipe, space), thresholds, about.get("task", ""))


def export_model(folder: Path, out: Path) -> None:
    """Copies a model folder to where it stands alone: nothing in it leads elsewhere on this machine.

    Raises:
        InputError: there is no model, or what it needs is gone.
    """
    _, recipe = _about(folder, folder)
    family_class(recipe.family).export(folder, out, recipe)
    _open_up(out)


def _about(inside: Path, named: Path) -> tuple[dict[str, Any], Recipe]:
    try:
        about = json.loads((inside / MODEL_INFO).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{named} holds no model of the zoo.", "name a run folder, such as runs/<recipe>/<language>"
        ) from error
    return about, from_resolved(about["recipe"])


def _open_up(folder: Path) -> None:
    # safetensors keeps its files from everybody else.
    for path in folder.rglob("*"):
        if path.is_file():
            as_umask(path)


def _thresholds(path: Path, space: Space) -> np.ndarray:
    try:
        found = np.array(json.loads(path.read_text("utf-8")), dtype=float)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} holds no thresholds.", "`semeval-emo zoo tune RUN` writes them") from error
    emotions = len(space.emotions)
    if found.ndim == 2 and space.top > 1 and found.shape != (emotions, space.top):
        raise InputError(
            f"{path} holds {len(found)} times {found.shape[1]} cut points; the model predicts {emotions} emotions "
            f"of {space.top} degrees."
        )
    if found.shape != (emotions,) and (found.ndim != 2 or space.top == 1):
        raise InputError(f"{path} holds {found.size} thresholds; the model predicts {emotions} emotions.")
    return found
