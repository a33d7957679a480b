"""The recipe of an ensemble of given runs, which `zoo ensemble` trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from semeval_emo.errors import UsageError
from semeval_emo.files import check_name
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import recipe_files, recipe_from_table
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import task_runs

TRAINING_DATA = ("splits", "sources", "extra", "allow")
"""Fields of `DataConfig` that name training data."""


def ensemble_recipe(
    members: Sequence[Path],
    name: str,
    *,
    method: Literal["mean", "weighted", "vote", "stack", "best"] = "mean",
    settings: Sequence[str] = (),
    runs: Path = Path("runs"),
) -> Recipe:
    """Return the recipe of an ensemble of run folders; data and metric are those of the first.

    Args:
        name: of the recipe, and so of its run folder.
        settings: overrides, as in `load_recipe`.
        runs: the folder of all runs; members in it are recorded by name, others by path.

    Raises:
        UsageError: the name is not valid or that of a shipped recipe, or the members predict different files.
        InputError: a member is not a finished run.
    """
    check_name(name, "a run")
    if name in recipe_files():
        raise UsageError(
            f"'{name}' is the name of a shipped recipe.", f"semeval-emo zoo train {name}, or choose another name"
        )
    first, *others = [FinishedRun.load(path) for path in members]
    for member in others:
        if _place(member) != _place(first):
            raise UsageError(
                f"The members of an ensemble must predict the same texts: {first.path} is a run of {_place(first)}, "
                f"{member.path} of {_place(member)}.",
                "combine runs of one track, language and release",
            )
    recipes = [member.recipe for member in (first, *others)]
    data = first.recipe.data
    # If all members select on the same folds, so does the ensemble; all have dev.
    same_folds = bool(data.splits) and all(
        recipe.select.split == FOLDS and recipe.data.splits == data.splits for recipe in recipes
    )
    split = FOLDS if same_folds else "dev"
    runs = task_runs(runs, first.task_key)
    table: dict[str, Any] = {
        "family": "ensemble",
        "title": f"{method.capitalize()} of {len(members)} runs",
        "data": {
            "track": data.track,
            "language": data.language,
            "release": data.release,
            # The training data of the ensemble is that of all its members.
            **{field: _union([getattr(recipe.data, field) for recipe in recipes]) for field in TRAINING_DATA},
            "joint": same_folds and any(recipe.data.joint for recipe in recipes),
        },
        "select": {"metric": first.recipe.select.metric, "split": split},
        # 0.5 may not suit the mean of different models. Votes are thresholded already.
        "threshold": {"rule": "fixed" if method == "vote" else "global", "split": split},
        "ensemble": {"members": [_member_name(path, runs) for path in members], "method": method},
    }
    return recipe_from_table(name, table, settings)


def _place(run: FinishedRun) -> str:
    data, key = run.recipe.data, run.task_key
    task = f"{key} " if key not in ("", load_task().key) else ""
    return f"{task}track {data.track}, {data.language}, release {data.release}"


def _union(lists: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))


def _member_name(path: Path, runs: Path) -> str:
    """Return the name of a run in `runs` (``<runs>/<name>/<language>``), or the path of another run."""
    full = path.resolve()
    return full.parent.name if full.parent.parent == runs.resolve() else str(path)
