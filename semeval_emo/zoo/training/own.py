"""Training on a user's own data: makes the task, and fits recipes to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semeval_emo.data.folder import flat_files
from semeval_emo.data.gold import HUB, SAMPLE
from semeval_emo.data.sheet import peek, read_sheet
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.submission.identify import task_of
from semeval_emo.task import SPLITS, Task
from semeval_emo.zoo.dataset.own_data import BINARY, DEGREES, FEW, OwnData, make_task
from semeval_emo.zoo.dataset.own_files import is_own_data
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import list_recipes
from semeval_emo.zoo.recipes.readiness import READY, readiness
from semeval_emo.zoo.registry import family_class


def own_data(
    source: Any,
    runs: Path,
    *,
    task: Task | str | None = None,
    language: str | None = None,
    column: str | None = None,
    order: Sequence[str] = (),
    fresh: bool = False,
) -> OwnData | None:
    """Return the task that is made of a user's own data; None for the data of a known task.

    Args:
        source: as in `train`, or one's own as in `make_task`.
        task: as in `train`.
        language: the code of the texts' language, for names of files.
        column: the column of texts.
        order: the names of numbered classes.

    Raises:
        InputError: the data cannot be read or split.
        UsageError: the run folder has a task of other texts.
    """
    is_path = isinstance(source, str | os.PathLike)
    if is_path:
        source = Path(source)
    elif source is not None and task is not None:
        raise UsageError("Data in memory are a task of their own.", "leave out the task")
    if task is not None or source is None or (is_path and (str(source) in (HUB, SAMPLE) or not is_own(source))):
        if column is not None or order:
            option = "--column" if column is not None else "--order"
            raise UsageError(f"{option} is for texts and labels of your own.", "name their file with --data")
        return None
    if language is not None and ("," in language or language == "all"):
        raise UsageError(f"{source} has the texts of one language.", "--language names one code, such as eng")
    return make_task(source, runs, column=column, order=order, language=language, fresh=fresh)


def fit_recipe(recipe: Recipe, task: Task, track: str | None = None) -> Recipe:
    """Return a recipe for a task of own data: its language, and selection by folds if there are few texts.

    Raises:
        UsageError: the recipe needs other languages or other labels.
    """
    track = track or recipe.data.track or BINARY
    _refuse(recipe, track, tuple(task.tracks))
    language = next(iter(task.languages))
    target = replace(recipe.data, track=track, language=language, release="")
    recipe = replace(recipe, data=target)
    few = sum(task.spec(track, language, split).rows for split in ("train", "dev")) < FEW
    family = family_class(recipe.family)
    # Folds of a fine-tuned network take several times as long.
    by_folds = recipe.family != "ensemble" and family.supports_folds and "train" not in family.recipe_sections
    if not few or recipe.select.split != "dev" or not by_folds:
        return recipe
    threshold = recipe.threshold
    if threshold.split == "dev":
        threshold = replace(threshold, split="folds")
    return replace(
        recipe,
        data=replace(target, splits=("train", "dev")),
        select=replace(recipe.select, split="folds"),
        threshold=threshold,
    )


def is_own(source: Path) -> bool:
    """Return whether data is a user's own: not a folder in a known layout, nor a file with all splits of a task."""
    if source.suffix and not source.exists():
        # A missing file is reported by the reader.
        return True
    files = [source] if source.is_file() else flat_files(source)
    task = next((task for file in files if (task := task_of([peek(file)[1]]))), None)
    if not is_own_data(source):
        if task is None and files and not any(path.is_dir() for path in source.iterdir()):
            raise InputError(
                f"{source} has {len(files)} tables, and none of them is called train.",
                "name one file, or call the files train.csv, dev.csv and test.csv",
            )
        return False
    if task is None:
        return True
    splits = set()
    for file in files:
        try:
            groups = task.id_index.by_group(read_sheet(file).ids)
        except EmoError:
            continue
        splits |= {spec.split for group in groups for spec in task.id_index.groups.get(group, ())}
    return splits != set(SPLITS)


def _refuse(recipe: Recipe, track: str, tracks: tuple[str, ...]) -> None:
    """Refuse a recipe that cannot be trained on own data with these tracks."""
    reason = _needs_more(recipe)
    if not reason and track not in tracks:
        if (recipe.data.track or BINARY) in tracks:
            why = (
                "the labels are 0 and 1, not degrees"
                if track == DEGREES
                else f"they are for track {' and '.join(tracks)}"
            )
            raise UsageError(f"Your own data cannot be used for track {track}: {why}.", "leave out --track")
        reason = "predicts degrees, and the labels are 0 and 1" if track == DEGREES else f"is for track {track}"
    if reason:
        names = ", ".join(usable_recipes(tracks))
        raise UsageError(f"Recipe {recipe.name} {reason}, so it cannot be trained on your own data.", f"use {names}")


def _needs_more(recipe: Recipe) -> str:
    """Return what a recipe needs besides texts and labels of one language, as the end of a sentence."""
    data = recipe.data
    if not family_class(recipe.family).trains_on_splits:
        return ""
    if data.sources or not data.splits:
        return "is trained on other languages of the task"
    if any("/" in name and not name.endswith(".csv") for name in data.extra):
        return "is trained on other tracks of the task"
    return ""


def usable_recipes(tracks: tuple[str, ...]) -> list[str]:
    """Return the names of the recipes that can be trained on own data with the installed packages."""
    return [
        recipe.name
        for recipe in list_recipes(on_error=lambda error: None)
        if not recipe.published
        and recipe.family != "ensemble"
        and (recipe.data.track or BINARY) in tracks
        and not _needs_more(recipe)
        and readiness(recipe).level == READY
    ]
