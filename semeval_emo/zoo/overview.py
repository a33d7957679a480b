"""Recipes as a person chooses among them: with their sizes and what our own runs reached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.leaderboard.submitted import System, read_systems
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.family import Sizes
from semeval_emo.zoo.folder import DONE, RunFolder, run_path
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.shape import count


@dataclass(frozen=True)
class Listed:
    """A recipe with what is known beside it.

    Attributes:
        sizes: counted from the recipe's shape, without loading anything; None where it has none.
        ours: the official metric of the finished run in the folder of runs, else of the run that was
            submitted; None where there is neither.
    """

    recipe: Recipe
    sizes: Sizes | None
    ours: float | None


def overview(recipes: Sequence[Recipe], runs: Path, task: Task | None = None) -> list[Listed]:
    """Adds sizes and own scores to recipes."""
    task = task or load_task()
    systems = [one for one in read_systems() if one.task == task.key]
    return [Listed(recipe, sizes_of(recipe, task), measured(recipe, runs, task, systems)) for recipe in recipes]


def sizes_of(recipe: Recipe, task: Task) -> Sizes | None:
    """Parameters by the recipe's shape, as `shape.count` has them."""
    if recipe.shape is None:
        return None
    spec = task.spec(recipe.data.track or next(iter(task.tracks)), recipe.data.language, "test")
    emotions = len(spec.emotions)
    if recipe.family == "embed":
        # Linear models on vectors: the encoder without its own dense layer.
        found = count(recipe.shape, recipe.trainable, recipe.model, emotions, pooled=False)
        return Sizes((recipe.shape.hidden + 1) * emotions, found.total) if found else None
    return count(recipe.shape, recipe.trainable, recipe.model, emotions)


def measured(recipe: Recipe, runs: Path, task: Task, systems: Sequence[System] = ()) -> float | None:
    """The score of the recipe's finished run, if it lies in the folder of runs or was submitted."""
    track = recipe.data.track or next(iter(task.tracks))
    spec = task.spec(track, recipe.data.language, "test")
    folder = RunFolder(run_path(runs, recipe, spec, next(iter(task.tracks))), spec)
    if folder.state().get("status") == DONE and folder.score.exists():
        return float(json.loads(folder.score.read_text("utf-8"))["score"])
    submitted = {(file.recipe, file.release, *file.key): file.score for system in systems for file in system.files}
    return submitted.get((recipe.label, spec.release, spec.track, spec.language))
