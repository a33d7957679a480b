"""Comparison of finished runs of one file; runs of a recipe with several random seeds count as one system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from semeval_emo.data.gold import gold_for
from semeval_emo.data.sources import source_near
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.progress import Progress
from semeval_emo.scoring.comparing import compare
from semeval_emo.scoring.comparison import Comparison, SystemResult
from semeval_emo.scoring.scorer import score
from semeval_emo.scoring.systems import SystemRuns
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.inference.submit import selected_on
from semeval_emo.zoo.runs.finished import FinishedRun, find_runs, load_runs
from semeval_emo.zoo.runs.folder import resolve_task
from semeval_emo.zoo.runs.seeds import origin_of, without_seed


@dataclass(frozen=True)
class RecipeResult:
    """A recipe and its runs.

    Attributes:
        name: of the recipe, or of the run folder if more than the seed was overridden.
        folders: of its runs, one per seed.
        dev: mean over runs of the official metric on dev, at the thresholds of each run; None if one did not record it.
        seconds: mean training time of a run, with its ensemble members; None if that of members is not recorded.
        selected_on: the split that epochs, settings or thresholds were selected on.
        result: the score on test, a mean over runs, with its interval over runs and texts.
        origin: of the first run: all seeds of the recipe, with those of runs that are not compared, and the members
            of an ensemble.
    """

    name: str
    title: str
    folders: tuple[Path, ...]
    seeds: tuple[int, ...]
    dev: float | None
    seconds: float | None
    sizes: ParameterCounts | None
    selected_on: str
    result: SystemResult
    origin: ScoreOrigin

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        score = self.result.score
        return {
            "name": self.name,
            "title": self.title,
            "folders": [str(path) for path in self.folders],
            "seeds": list(self.seeds),
            "score": score.value,
            "interval": [score.low, score.high],
            "runs": list(self.result.run_scores),
            "sd": self.result.run_sd,
            "dev": self.dev,
            "selected_on": self.selected_on,
            "parameters": self.sizes and self.sizes.to_dict(),
            "seconds": self.seconds,
            "origin": self.origin.to_dict(),
        }


@dataclass(frozen=True)
class RunComparison:
    """Result of `compare_runs`.

    Attributes:
        recipes: the best first.
        placement: of the best on the leaderboard, with rank 1 and the baseline; None if the leaderboard has no
            rows for the file.
        skipped: why other runs were skipped.
        warnings: on unverified gold of training or test, and on predictions that are the gold labels.
    """

    comparison: Comparison
    recipes: tuple[RecipeResult, ...]
    placement: Placement | None
    skipped: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-results/1``."""
        return {
            "schema": "semeval-emo/zoo-results/1",
            "lines": [recipe.to_dict() for recipe in self.recipes],
            "comparison": self.comparison.to_dict(),
            "skipped": list(self.skipped),
        }


def compare_runs(
    paths: Sequence[Path],
    *,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    unverified_gold: bool = False,
    progress: Progress | None = None,
) -> RunComparison:
    """Score finished runs again and compare them; a single run is scored.

    Args:
        paths: run folders, or folders of them (``runs``, ``runs/tfidf-char``).
        source: of the test labels, as in `load_gold`.
        unverified_gold: as in `load_gold`.

    Raises:
        InputError: no finished run, or no test labels.
        UsageError: runs of several files.
    """
    found = []
    for path in paths:
        # In runs/, those of other tasks and of own data are one level deeper.
        below = find_runs([path], levels=2) or find_runs([path], levels=3)
        if not below:
            raise InputError(f"{path} contains no runs.", "name run folders, such as runs/*/eng")
        found += below
    runs, skipped = load_runs(dict.fromkeys(found))
    keys = {run.task_key or load_task().key for run in runs}
    if len(keys) > 1 and task is None:
        raise UsageError(
            f"These are runs of several tasks: {', '.join(sorted(keys))}.", "name runs of one task, or add --task"
        )
    task = resolve_task(task, source, next(iter(keys), ""), runs[0].path if runs else None)
    source = source_near(runs[0].path) if source is None and runs else source
    predictions_of: dict[Path, tuple[Predictions, ...]] = {}
    for run in runs:
        try:
            predictions_of[run.path] = _read_predictions(run, task)
        except EmoError as error:
            skipped.append(error.message)
    runs = [run for run in runs if run.path in predictions_of]
    specs = {run.folder(task).spec for run in runs}
    if len(specs) > 1:
        raise UsageError(
            f"These are runs of several files: {', '.join(sorted(spec.place for spec in specs))}.",
            "name runs of one file, such as runs/*/eng",
        )
    if not runs:
        reasons = "".join(f"\n  {reason}" for reason in skipped)
        raise InputError(f"There is no finished run.{reasons}", "name run folders, such as runs/*/eng")
    gold = gold_for(specs.pop(), task, source, unverified_gold=unverified_gold)
    groups: dict[str, list[FinishedRun]] = {}
    for run in runs:
        groups.setdefault(without_seed(run.recipe), []).append(run)
    by_name = _name_groups([sorted(group, key=lambda run: run.recipe.train.seed) for group in groups.values()])
    predictions = {name: tuple(predictions_of[run.path] for run in group) for name, group in by_name.items()}
    systems = [SystemRuns(name, system_runs) for name, system_runs in predictions.items()]
    comparison = compare(systems, gold=[gold], source=source, task=task, alone=True, progress=progress)
    recipes = tuple(
        _recipe_result(by_name[result.name], result, comparison.metric) for result in comparison.lead.standings
    )
    try:
        best = score(predictions[recipes[0].name][0], gold, task=task).cards[0]
        placement = Leaderboard.load(task).place(best)
    except UsageError:
        placement = None
    trained = [warning for run in runs for warning in run.state.get("unverified_gold", ())]
    warnings = tuple(dict.fromkeys((*comparison.warnings, *trained)))
    return RunComparison(comparison, recipes, placement, tuple(skipped), warnings)


def _read_predictions(run: FinishedRun, task: Task) -> tuple[Predictions, ...]:
    """Return the predictions of a finished run.

    Raises:
        EmoError: the task has no such file, or the predictions are not a valid file.
    """
    folder = run.folder(task)
    submission = read_submission(folder.predictions, release=folder.spec.release, task=task)
    if not submission.report.valid or not submission.predictions:
        raise InputError(f"{folder.predictions} is not a valid prediction file.")
    return submission.predictions


def _name_groups(groups: Sequence[list[FinishedRun]]) -> dict[str, list[FinishedRun]]:
    """Return groups by recipe name, or by folder name if the name is ambiguous or more than the seed was overridden.

    Folders of the same name are named by their paths.
    """
    names = [group[0].recipe.name for group in groups]
    names = [
        name if set(group[0].settings) <= {"train.seed"} and names.count(name) == 1 else group[0].name
        for name, group in zip(names, groups, strict=True)
    ]
    return {
        name if names.count(name) == 1 else str(group[0].path): group for name, group in zip(names, groups, strict=True)
    }


def _recipe_result(runs: Sequence[FinishedRun], result: SystemResult, metric: str) -> RecipeResult:
    first = runs[0]
    # Runs of earlier versions recorded only the metric that they were selected by.
    dev = [run.state["dev"].get(metric) for run in runs]
    try:
        seconds = fmean(run.seconds for run in runs)
    except EmoError:
        seconds = None
    return RecipeResult(
        name=result.name,
        title=first.recipe.title,
        folders=tuple(run.path for run in runs),
        seeds=tuple(run.recipe.train.seed for run in runs),
        dev=None if None in dev else fmean(dev),
        seconds=seconds,
        sizes=ParameterCounts(*first.state["sizes"]) if first.state["sizes"] else None,
        selected_on=selected_on(first),
        result=result,
        origin=_with_scores(origin_of(first), runs, result),
    )


def _with_scores(origin: ScoreOrigin, runs: Sequence[FinishedRun], result: SystemResult) -> ScoreOrigin:
    """Return the origin with the scores that were computed now, which runs without ``score.json`` do not record."""
    values = result.run_scores or (result.score.value,)
    scores = {run.recipe.train.seed: value for run, value in zip(runs, values, strict=True)}
    return replace(origin, runs=tuple(replace(run, score=scores.get(run.seed, run.score)) for run in origin.runs))
