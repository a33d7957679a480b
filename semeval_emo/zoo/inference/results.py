"""Finished runs of one file side by side: the seeds of a recipe in one line, with intervals and what they cost."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from semeval_emo.data.gold import gold_for
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.progress import Progress
from semeval_emo.scoring.comparing import compare
from semeval_emo.scoring.comparison import Comparison, SystemResult
from semeval_emo.scoring.scorer import score
from semeval_emo.scoring.systems import SystemRuns
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.inference.submit import selected_on
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import folder_of, recipe_and_state, training_seconds
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.tasks import resolve_task


@dataclass(frozen=True)
class RecipeResult:
    """A recipe and its runs.

    Attributes:
        name: the recipe's, or the folder's where more than the seed was overridden.
        folders: of its runs, one a seed.
        dev: the official metric on dev, a mean over runs, at the runs' own thresholds.
        seconds: of training, members' included, a mean over runs; None where it is not known of members.
        selected_on: the split that had a say in epochs, settings or thresholds.
        standing: the score on test, a mean over runs, with its interval over runs and texts.
    """

    name: str
    title: str
    folders: tuple[Path, ...]
    seeds: tuple[int, ...]
    dev: float
    seconds: float | None
    sizes: ParameterCounts | None
    selected_on: str
    standing: SystemResult


@dataclass(frozen=True)
class Results:
    """What `compare_runs` returns.

    Attributes:
        lines: the best first.
        placement: of the best on the leaderboard, for what rank 1 and the baseline reached; None where
            the board has no rows of this file.
        left: runs that were passed over, and why.
    """

    comparison: Comparison
    lines: tuple[RecipeResult, ...]
    placement: Placement | None
    left: tuple[str, ...]


@dataclass(frozen=True)
class _ComparedRun:
    folder: RunFolder
    recipe: Recipe
    state: dict[str, Any]
    only_seed: bool


def compare_runs(
    paths: Sequence[Path],
    *,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    progress: Progress | None = None,
) -> Results:
    """Scores finished runs again and compares them.

    Args:
        paths: run folders, or folders of them (``runs``, ``runs/tfidf-char``).
        source: of the test labels, as in `load_gold`.

    Raises:
        InputError: fewer than two finished runs, or no test labels.
        UsageError: runs of several files.
    """
    left: list[str] = []
    stored = {path: state for path in _folders(paths) if (state := _finished(path, left)) is not None}
    keys = {state.get("task", load_task().key) for _, state in stored.values()}
    if len(keys) > 1 and task is None:
        raise UsageError(f"These are runs of several tasks: {', '.join(sorted(keys))}.", "name runs of one, or --task")
    task = resolve_task(task, source, next(iter(keys), ""))
    runs = [_read(path, task, *one) for path, one in stored.items()]
    places = {run.folder.spec.place for run in runs}
    if len(places) > 1:
        raise UsageError(
            f"These are runs of several files: {', '.join(sorted(places))}.", "name runs of one, such as runs/*/eng"
        )
    if len(runs) < 2:
        raise InputError("There are fewer than two finished runs.", "name run folders, such as runs/*/eng")
    spec = runs[0].folder.spec
    gold = gold_for(spec, task, source)
    groups: dict[str, list[_ComparedRun]] = {}
    for run in runs:
        groups.setdefault(_but_the_seed(run.recipe), []).append(run)
    named = _named([sorted(group, key=lambda run: run.recipe.train.seed) for group in groups.values()])
    contenders = [SystemRuns(name, tuple(_said(run, task) for run in group)) for name, group in named.items()]
    found = compare(contenders, gold=[gold], source=source, task=task, progress=progress)
    lines = tuple(_line(named[standing.name], standing) for standing in found.lead.standings)
    best = next(one for one in contenders if one.name == lines[0].name)
    card = score(best.runs[0], gold, task=task).cards[0]
    try:
        placement = Leaderboard.load(task).place(card)
    except UsageError:
        placement = None
    return Results(found, lines, placement, tuple(left))


def _folders(paths: Sequence[Path]) -> list[Path]:
    found = []
    for path in paths:
        inside = [path] if (path / "recipe.json").exists() else [
            one.parent for depth in ("*", "*/*") for one in sorted(path.glob(f"{depth}/recipe.json"))
        ]  # fmt: skip
        if not inside:
            raise InputError(f"{path} holds no run.", "name run folders, such as runs/*/eng")
        found += inside
    return list(dict.fromkeys(found))


def _finished(path: Path, left: list[str]) -> tuple[Recipe, dict[str, Any]] | None:
    """The recipe and the state of a run; None where it is not finished, as one may be that trains just now."""
    try:
        return recipe_and_state(path)
    except InputError as error:
        left.append(error.message)
        return None


def _read(path: Path, task: Task, recipe: Recipe, state: dict[str, Any]) -> _ComparedRun:
    settings = json.loads((path / "recipe.json").read_text("utf-8"))["settings"]
    return _ComparedRun(folder_of(path, recipe, task), recipe, state, set(settings) <= {"train.seed"})


def _said(run: _ComparedRun, task: Task) -> tuple[Predictions, ...]:
    return read_submission(run.folder.predictions, release=run.folder.spec.release, task=task).predictions


def _but_the_seed(recipe: Recipe) -> str:
    """What runs of one recipe with several seeds have in common."""
    return json.dumps(replace(recipe, train=replace(recipe.train, seed=0)).resolved(), sort_keys=True)


def _named(groups: Sequence[list[_ComparedRun]]) -> dict[str, list[_ComparedRun]]:
    """Groups by the recipe's name; by a folder's where it changed between runs, or more than its seed was set."""
    names = [group[0].recipe.name for group in groups]
    return {
        name if group[0].only_seed and names.count(name) == 1 else group[0].folder.path.parent.name: group
        for name, group in zip(names, groups, strict=True)
    }


def _line(runs: Sequence[_ComparedRun], standing: SystemResult) -> RecipeResult:
    first = runs[0]
    return RecipeResult(
        name=standing.name,
        title=first.recipe.title,
        folders=tuple(run.folder.path for run in runs),
        seeds=tuple(run.recipe.train.seed for run in runs),
        dev=fmean(run.state["dev"][first.recipe.select.metric] for run in runs),
        seconds=_seconds(runs),
        sizes=ParameterCounts(*first.state["sizes"]) if first.state["sizes"] else None,
        selected_on=selected_on(first.recipe, first.folder.rows()),
        standing=standing,
    )


def _seconds(runs: Sequence[_ComparedRun]) -> float | None:
    try:
        return fmean(training_seconds(run.folder.path, run.recipe, run.state) for run in runs)
    except EmoError:
        return None
