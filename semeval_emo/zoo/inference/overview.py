"""Recipes as a person chooses among them: with their sizes and what our own runs reached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard.submitted import SubmittedSystem, read_systems
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.parameter_count import backbone_shape, count_parameters
from semeval_emo.zoo.runs.folder import DONE, RunFolder, run_path


@dataclass(frozen=True)
class RecipeScore:
    """What a recipe reached with us.

    Attributes:
        score: the official figure of its track on test.
        source: the run folder, or the submitted file.
    """

    score: float
    metric: str
    track: str
    language: str
    release: str
    source: str


@dataclass(frozen=True)
class RecipeEntry:
    """A recipe with what is known beside it.

    Attributes:
        track, language, release: what it is trained for where the command does not say.
        sizes: counted from the backbone's shape, without loading anything; None where that is not known.
        ours: of the finished run of this very recipe in the folder of runs, else of the one that was
            submitted; None where there is neither.
    """

    recipe: Recipe
    track: str
    language: str
    release: str
    sizes: ParameterCounts | None
    ours: RecipeScore | None


def recipe_entries(recipes: Sequence[Recipe], runs: Path, task: Task | None = None) -> list[RecipeEntry]:
    """Adds sizes and own scores to recipes."""
    task = task or load_task()
    systems = [one for one in read_systems() if one.task == task.key]
    return [_listed(recipe, runs, task, systems) for recipe in recipes]


def _listed(recipe: Recipe, runs: Path, task: Task, systems: Sequence[SubmittedSystem]) -> RecipeEntry:
    data = recipe.data
    track, release = data.track or next(iter(task.tracks)), task.release(data.release or None).key
    sizes, ours = recipe_sizes(recipe, task), recipe_score(recipe, runs, task, systems)
    return RecipeEntry(recipe, track, data.language, release, sizes, ours)


def recipe_sizes(recipe: Recipe, task: Task) -> ParameterCounts | None:
    """Parameters by the backbone's shape, as `count_parameters` has them."""
    shape = backbone_shape(recipe)
    if shape is None:
        return None
    spec = task.spec(recipe.data.track or next(iter(task.tracks)), recipe.data.language, "test")
    emotions = len(spec.emotions)
    if recipe.family == "embed":
        # Linear models on vectors: the encoder without its own dense layer.
        found = count_parameters(shape, recipe.trainable, recipe.model, emotions, pooled=False)
        return ParameterCounts((shape.hidden + 1) * emotions, found.total) if found else None
    lora = (recipe.options.rank, recipe.options.targets) if recipe.family == "lora" else None
    return count_parameters(shape, recipe.trainable, recipe.model, emotions, lora=lora)


def recipe_score(recipe: Recipe, runs: Path, task: Task, systems: Sequence[SubmittedSystem] = ()) -> RecipeScore | None:
    """The score of the recipe's finished run, if it lies in the folder of runs or was submitted.

    A run of another task or release, or of the recipe as it once was, is none of this recipe.
    """
    try:
        recipe = resolve_target(recipe, task, None, None)
    except UsageError:
        # What cannot be trained has no run.
        return None
    data = recipe.data
    spec = task.spec(data.track, data.language, "test", data.release)
    folder = RunFolder(run_path(runs, recipe, spec, next(iter(task.tracks))), spec)
    card = _card(folder, recipe)
    if (card.get("task"), card.get("release")) == (task.key, spec.release):
        return RecipeScore(card["score"], card["metric"], spec.track, spec.language, spec.release, str(folder.path))
    wanted = (recipe.hash, spec.release, spec.track, spec.language)
    # A system may hold what others hold too; the one of the recipe's own name is where people look.
    for system in sorted(systems, key=lambda one: one.name != recipe.run_name):
        for one in system.files:
            if (one.recipe_hash, one.release, *one.key) == wanted and one.score is not None:
                return RecipeScore(one.score, one.metric, *one.key, one.release, system.path_of(one))
    return None


def _card(folder: RunFolder, recipe: Recipe) -> dict[str, Any]:
    """The scorecard in the folder of a finished run of this very recipe; empty where there is none."""
    try:
        state = folder.state()
        if (state.get("status"), state.get("hash")) != (DONE, recipe.hash):
            return {}
        return json.loads(folder.score.read_text("utf-8"))
    except (EmoError, OSError, ValueError):
        # Unreadable is no score; whoever trains there is told.
        return {}
