"""The series that run folders belong to: their tables and zips, for runs that other processes have trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import RunFolder, resolve_task
from semeval_emo.zoo.runs.seeds import without_seed
from semeval_emo.zoo.runs.state import read_state, read_stored_recipe
from semeval_emo.zoo.runs.status import run_folders, run_status
from semeval_emo.zoo.training.outcome import Outcome, pack_outcomes, summary, with_placement
from semeval_emo.zoo.training.series import Series, mean
from semeval_emo.zoo.training.worker_pool import Failure

SCHEMA = "semeval-emo/zoo-collect/1"


@dataclass(frozen=True)
class LanguageScores:
    """The scores of one language over the random seeds of a recipe.

    Attributes:
        seeds: of the finished runs.
        dev, score: means of the official metric on dev and test; None without finished runs or test labels.
        sd: standard deviation of the score over the seeds (n - 1); None for less than two.
        placement: of the first finished run, for the baseline and rank 1.
    """

    spec: FileSpec
    seeds: tuple[int, ...]
    dev: float | None
    score: float | None
    sd: float | None
    placement: Placement | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "language": self.spec.language, "seeds": list(self.seeds), "dev": self.dev, "score": self.score,
            "sd": self.sd,
        }  # fmt: skip


@dataclass(frozen=True)
class SeedSeries:
    """The series of one recipe with one or more random seeds."""

    series: tuple[Series, ...]

    @property
    def recipe(self) -> Recipe:
        """The recipe with the first seed."""
        return self.series[0].recipe

    @property
    def seeds(self) -> list[int]:
        """The random seeds."""
        return [each.recipe.train.seed for each in self.series]

    @property
    def exit_code(self) -> int:
        """The highest exit code of the series."""
        return max(each.exit_code for each in self.series)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all runs, each once."""
        return tuple(dict.fromkeys(warning for each in self.series for warning in each.warnings))

    @property
    def languages(self) -> list[LanguageScores]:
        """The scores of each language, in the order of the task."""
        runs: dict[str, list[tuple[int, Outcome]]] = {}
        for seed, each in zip(self.seeds, self.series, strict=True):
            for outcome in each.outcomes:
                runs.setdefault(outcome.spec.language, []).append((seed, outcome))
        order = list(self.series[0].task.languages)
        return [_language_scores(runs[code]) for code in sorted(runs, key=order.index)]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "recipe": self.recipe.name,
            "seeds": self.seeds,
            "languages": [scores.to_dict() for scores in self.languages],
            "mean": {
                "dev": mean([each.dev for each in self.languages], self.weights),
                "test": mean([each.score for each in self.languages], self.weights),
            },
            "series": [each.to_dict() for each in self.series],
        }

    @property
    def weights(self) -> list[float]:
        """The weights of the languages in means (`Track.weights`)."""
        return [scores.spec.weight for scores in self.languages]


def _language_scores(runs: Sequence[tuple[int, Outcome]]) -> LanguageScores:
    finished = [(seed, outcome) for seed, outcome in runs if outcome.finished is not None]
    dev = [outcome.dev for _, outcome in finished if outcome.dev is not None]
    scores = [outcome.score for _, outcome in finished if outcome.score is not None]
    return LanguageScores(
        runs[0][1].spec, tuple(seed for seed, _ in finished),
        fmean(dev) if dev else None, fmean(scores) if scores else None, stdev(scores) if len(scores) > 1 else None,
        next((outcome.placement for _, outcome in finished if outcome.placement), None),
    )  # fmt: skip


def collect(
    paths: Sequence[Path], *, task: Task | str | None = None, archive: Path | None = None
) -> tuple[SeedSeries, ...]:
    """Return the series that runs belong to, and write the zip of each; nothing is trained.

    Args:
        paths: run folders, or folders of them.
        task: of the runs; by default read from them.
        archive: the zip, if the runs are of one series; by default ``<runs>/<recipe>/track_<t>.zip``.

    Raises:
        InputError: there is no run, or none has started.
        UsageError: an archive is named, and there are several series.
    """
    folders: dict[tuple[Path, str, str], list[tuple[Path, Recipe]]] = {}
    for path in run_folders(paths):
        recipe = _stored_recipe(path)
        folders.setdefault((path.parent, recipe.data.track, recipe.data.release), []).append((path, recipe))
    if archive is not None and len(folders) > 1:
        raise UsageError(f"These are runs of {len(folders)} series, and {archive} would be one zip.", "omit --zip")
    collected = [_collect(members, task, archive) for members in folders.values()]
    return tuple(SeedSeries(tuple(series)) for series in _by_recipe(collected))


def _stored_recipe(path: Path) -> Recipe:
    stored = read_stored_recipe(path / "recipe.json")
    assert stored is not None  # `run_folders` finds folders by this file.
    recipe = from_resolved(stored["resolved"], str(path / "recipe.json"))
    # `from_resolved` leaves out a seed that the model does not depend on.
    train = stored["resolved"].get("train")
    seed = train.get("seed") if isinstance(train, dict) else None
    if isinstance(seed, int):
        recipe = replace(recipe, train=replace(recipe.train, seed=seed))
    return replace(recipe, settings=tuple(stored.get("settings", {}).items()))


def _collect(members: Sequence[tuple[Path, Recipe]], task: Task | str | None, archive: Path | None) -> Series:
    """Return the series of runs of one recipe and seed, and write its zip."""
    keys = dict.fromkeys(key for path, _ in members if (key := _task_key(path)))
    if not keys and task is None:
        raise InputError(f"No run in {members[0][0].parent} has started.", "see `semeval-emo zoo status`")
    known = resolve_task(task, None, next(iter(keys), ""), members[0][0])
    board = Leaderboard.load(known)
    order = list(known.languages)
    outcomes = [_outcome(path, recipe, known, board) for path, recipe in members]
    outcomes.sort(key=lambda outcome: order.index(outcome.spec.language))
    recipe, spec = members[0][1], outcomes[0].spec
    return Series(
        recipe=recipe, task=known, track=spec.track, release=spec.release, outcomes=tuple(outcomes),
        packed=None if known.is_own_split else pack_outcomes(outcomes, known, archive),
        seconds=sum(outcome.finished.seconds for outcome in outcomes if outcome.finished), jobs=1,
    )  # fmt: skip


def _task_key(path: Path) -> str:
    try:
        return (read_state(path / "run.json") or {}).get("task", "")
    except InputError:
        return ""


def _outcome(path: Path, recipe: Recipe, task: Task, board: Leaderboard) -> Outcome:
    data = recipe.data
    spec = task.spec(data.track, data.language, "test", data.release or None)
    outcome, status = Outcome(spec, RunFolder(path, spec)), run_status(path)
    if status.state == "training":
        return replace(outcome, failure=Failure(f"{status.process} is training in {path}.", in_progress=True))
    if status.state == "failed":
        return replace(outcome, failure=Failure(status.failure, status.fix, 1))
    try:
        run = FinishedRun.load(path)
        return with_placement(replace(outcome, finished=summary(outcome.folder, run.recipe, task)), board)
    except EmoError as error:
        return replace(outcome, failure=Failure(error.message, error.fix, 1))


def _by_recipe(collected: Iterable[Series]) -> list[list[Series]]:
    """Return the series of each recipe, which differ only in the random seed, by seed."""
    groups: dict[tuple[str, ...], list[Series]] = {}
    for series in collected:
        recipe = series.recipe
        same = without_seed(replace(recipe, data=replace(recipe.data, language="")))
        key = (same, series.task.key, str(series.outcomes[0].folder.path.parents[1]))
        groups.setdefault(key, []).append(series)
    return [sorted(group, key=lambda series: series.recipe.train.seed) for group in groups.values()]
