"""Commands to type as remedies, with the arguments of the run that failed, so that following them leads on."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from semeval_emo.data.gold import SAMPLE
from semeval_emo.errors import UsageError
from semeval_emo.task import Task, load_task, task_files
from semeval_emo.zoo.recipe import DataConfig
from semeval_emo.zoo.recipes.load import load_recipe

RUNS = Path("runs")
"""The folder of all runs where none is named."""


def train_command(
    name: str, like: DataConfig, *, source: str | os.PathLike[str] | None, task: Task, runs: Path = RUNS
) -> str:
    """The command that trains a recipe on the file of another run, beside it; empty where there is no such recipe.

    Args:
        like: what the other run is of: track, language, release.
        source, task, runs: of the other run.

    >>> from semeval_emo.zoo.recipe import DataConfig
    >>> like = DataConfig(track="b", language="hau", release="2025")
    >>> train_command("tfidf-folds", like, source=None, task=load_task(), runs=Path("my runs"))
    "semeval-emo zoo train tfidf-folds --track b --language hau --runs 'my runs'"
    """
    try:
        own = load_recipe(name).data
    except UsageError:
        return ""
    words = ["semeval-emo", "zoo", "train", name]
    if like.track != (own.track or next(iter(task.tracks))):
        words += ["--track", like.track]
    if like.language != own.language:
        words += ["--language", like.language]
    if like.release != (own.release or task.default_release):
        words += ["--set", f"data.release={like.release}"]
    if source is not None:
        words += ["--data", os.fspath(source)]
    words += _task_words(task, source)
    if runs != RUNS:
        words += ["--runs", str(runs)]
    return shlex.join(words)


def _task_words(task: Task, source: str | os.PathLike[str] | None) -> list[str]:
    if task.key == load_task(SAMPLE if str(source) == SAMPLE else None).key:
        return []
    # A task that was named by its file does not know where that lies.
    return ["--task", next((name for name in task_files() if load_task(name).key == task.key), "FILE")]
