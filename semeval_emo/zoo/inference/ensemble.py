"""An ensemble of finished runs that somebody names, as a recipe: what `zoo ensemble` trains."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from semeval_emo.errors import UsageError
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import recipe_files, recipe_from_table
from semeval_emo.zoo.runs.finished import recipe_and_state
from semeval_emo.zoo.runs.tasks import task_runs

READ = ("splits", "sources", "extra", "allow")
"""Fields of a recipe's data that say what it has read."""


def ensemble_recipe(
    members: Sequence[Path],
    name: str,
    *,
    method: Literal["mean", "weighted", "vote", "stack", "best"] = "mean",
    settings: Sequence[str] = (),
    runs: Path = Path("runs"),
) -> Recipe:
    """The recipe of an ensemble of run folders; data and metric are those of the first.

    Args:
        name: of the recipe, and so of its run folder.
        settings: overrides, as in `load_recipe`.
        runs: the folder of all runs; members in it are known by their names, others by their paths.

    Raises:
        UsageError: a name that cannot be one, or is a shipped recipe's; members of different files.
        InputError: a member is no finished run.
    """
    if not re.fullmatch(r"\w[\w.+-]*", name):
        raise UsageError(f"'{name}' cannot name a run: use letters, digits, '-', '_', '.' and '+'.")
    if name in recipe_files():
        raise UsageError(f"'{name}' is the name of a shipped recipe.", f"semeval-emo zoo train {name}, or another name")
    found = [recipe_and_state(path) for path in members]
    recipes, keys = [recipe for recipe, _ in found], [state.get("task", "") for _, state in found]
    places = [_place(recipe, key) for recipe, key in zip(recipes, keys, strict=True)]
    for path, place in zip(members, places, strict=True):
        if place != places[0]:
            raise UsageError(
                f"Members must speak of the same texts: {members[0]} is a run of {places[0]}, {path} of {place}.",
                "join runs of one track, language and release",
            )
    data, select = recipes[0].data, recipes[0].select
    # Where all chose by the same folds, so does the ensemble; dev is the least that all have.
    by_folds = bool(data.splits) and all(
        one.select.split == FOLDS and (one.data.splits, one.data.sources) == (data.splits, data.sources)
        for one in recipes
    )
    judged_on = FOLDS if by_folds else "dev"
    table: dict[str, Any] = {
        "family": "ensemble",
        "title": f"{method.capitalize()} of {len(members)} runs",
        "data": {
            **{"track": data.track, "language": data.language, "release": data.release},
            # What any of them has read, the ensemble has read.
            **{name: _union([getattr(one.data, name) for one in recipes]) for name in READ},
        },
        "select": {"metric": select.metric, "split": judged_on},
        # Members are of many kinds; whether 0.5 fits their mean has to be seen. Votes were thresholded already.
        "threshold": {"rule": "fixed" if method == "vote" else "global", "split": judged_on},
        "ensemble": {"members": [_name(path, task_runs(runs, keys[0])) for path in members], "method": method},
    }
    return recipe_from_table(name, table, settings)


def task_of_run(path: Path) -> str:
    """Key of the task that a finished run is of; empty where an older version did not say."""
    return recipe_and_state(path)[1].get("task", "")


def _place(recipe: Recipe, key: str) -> str:
    data = recipe.data
    named = f"{key} " if key not in ("", load_task().key) else ""
    return f"{named}track {data.track}, {data.language}, release {data.release}"


def _union(names: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for some in names for name in some))


def _name(path: Path, runs: Path) -> str:
    full = path.resolve()
    # runs/<recipe>/<language>
    return full.parent.name if full.parent.parent == runs.resolve() else str(path)
