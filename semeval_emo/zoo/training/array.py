"""Division of many runs into tasks: those of a job array, or the shard of one process.

The division depends only on the recipes and the task, not on which runs are finished, so that processes that
know nothing of each other agree on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.task import Task
from semeval_emo.text import printable
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.reuse import is_language_independent

# The variables of schedulers: number of a task of an array, lowest and highest number, and the distance of two.
ARRAYS = (
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"),
    ("SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE"),
)
COUNT = "SLURM_ARRAY_TASK_COUNT"
# Those of PBS, AWS Batch and LSF, which do not tell how many tasks there are. LSF sets 0 outside of an array.
WITHOUT_COUNT = ("PBS_ARRAY_INDEX", "PBS_ARRAYID", "AWS_BATCH_JOB_ARRAY_INDEX", "LSB_JOBINDEX")


@dataclass(frozen=True)
class ArrayTask:
    """Runs of one recipe that one process trains one after the other."""

    recipe: Recipe
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Shard:
    """A part of the runs: the `number`-th (from 1) of `count` parts.

    Attributes:
        variable: the environment variable that it was read from; empty if the user named it.
    """

    number: int
    count: int
    variable: str = ""


def array_tasks(recipes: Sequence[Recipe], languages: Sequence[str], task: Task, track: str) -> list[ArrayTask]:
    """Return a task per run; the runs of a recipe that share a model are one task.

    Args:
        recipes: a recipe with one or more random seeds.
        languages: codes.

    Returns:
        The tasks, those with the most texts first, which balances the load.
    """
    tasks = []
    for recipe in recipes:
        sharing: dict[tuple[str, ...], list[str]] = {}
        for code in languages:
            training_sets = _shared_training_sets(recipe, code, task, track)
            if training_sets:
                sharing.setdefault(training_sets, []).append(code)
            else:
                tasks.append(ArrayTask(recipe, (code,)))
        tasks += [ArrayTask(recipe, tuple(codes)) for codes in sharing.values()]

    def texts(part: ArrayTask) -> int:
        release = task.release(part.recipe.data.release or None).key
        return sum(file.rows for code in part.languages for file in task.specs(release, track, code))

    return sorted(tasks, key=lambda part: -texts(part))


def _shared_training_sets(recipe: Recipe, language: str, task: Task, track: str) -> tuple[str, ...]:
    """Return the names of the training data, whose model other languages with the same share; empty if none can."""
    try:
        resolved = resolve_target(recipe, task, track, language)
    except EmoError:
        # Training this language reports the error.
        return ()
    return resolved.data.model_sets if is_language_independent(resolved) else ()


def tasks_of_shard(tasks: Sequence[ArrayTask], shard: Shard) -> list[ArrayTask]:
    """Return the tasks of a shard, those of a recipe as one.

    >>> from semeval_emo.task import load_task
    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> recipe = load_recipe("tfidf-char")
    >>> tasks = array_tasks([recipe], ["eng", "hau", "yor"], load_task(), "a")
    >>> [tasks_of_shard(tasks, Shard(number, 2))[0].languages for number in (1, 2)]
    [('eng', 'hau'), ('yor',)]
    """
    languages: dict[str, tuple[str, ...]] = {}
    recipes = {}
    for part in tasks[shard.number - 1 :: shard.count]:
        recipes[part.recipe.run_name] = part.recipe
        languages[part.recipe.run_name] = (*languages.get(part.recipe.run_name, ()), *part.languages)
    return [ArrayTask(recipe, languages[name]) for name, recipe in recipes.items()]


def parse_shard(text: str) -> Shard:
    """Parse ``I/N``.

    Raises:
        UsageError: it is not a shard.

    >>> parse_shard("2/8")
    Shard(number=2, count=8, variable='')
    """
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(
            f"--shard {printable(text)} is not a part of the runs.", "write I/N with I from 1 to N, such as --shard 2/8"
        )
    return Shard(int(found[1]), int(found[2]))


def shard_of_job(environment: Mapping[str, str] | None = None) -> Shard | None:
    """Return the shard of this process in a job array of SLURM or Grid Engine; None outside of one.

    Raises:
        UsageError: the numbers of the array have no common distance.

    >>> slurm = {"ID": "4", "MIN": "0", "MAX": "6", "STEP": "2", "COUNT": "4"}
    >>> shard_of_job({f"SLURM_ARRAY_TASK_{name}": value for name, value in slurm.items()})
    Shard(number=3, count=4, variable='SLURM_ARRAY_TASK_ID')
    """
    environment = os.environ if environment is None else environment
    for names in ARRAYS:
        values = [environment.get(name, "") for name in names]
        if not all(re.fullmatch(r"\d{1,9}", value) for value in values):
            continue
        number, low, high, step = map(int, values)
        count = (high - low) // max(step, 1) + 1
        counted = environment.get(COUNT, str(count)) if names[0].startswith("SLURM") else str(count)
        if step < 1 or (number - low) % step or not low <= number <= high or counted != str(count):
            raise UsageError(
                f"The numbers of this job array ({names[0]}={number}, {low} to {high}) are not evenly spaced.",
                "name the part of the runs that this job trains: --shard I/N; --shard 1/1 for all",
            )
        return Shard((number - low) // step + 1, count, names[0])
    return None


def index_without_count(environment: Mapping[str, str] | None = None) -> str:
    """Return the variable of a job array that has no number of tasks, as of PBS; empty if there is none."""
    environment = os.environ if environment is None else environment
    values = {name: environment.get(name, "") for name in WITHOUT_COUNT}
    return next((name for name, value in values.items() if value and (name, value) != ("LSB_JOBINDEX", "0")), "")
