"""Train a recipe by name, on the data of a known task or on a user's own: `semeval_emo.train`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.folder import RUNS
from semeval_emo.zoo.training.own import own_data
from semeval_emo.zoo.training.result import RunResult
from semeval_emo.zoo.training.train import train as train_recipe


def train(
    recipe: str | Recipe,
    data: Any = None,
    *,
    settings: Sequence[str] | Mapping[str, Any] = (),
    seed: int | None = None,
    track: str | None = None,
    language: str | None = None,
    column: str | None = None,
    order: Sequence[str] = (),
    task: Task | str | None = None,
    runs: str | os.PathLike[str] = RUNS,
    fresh: bool = False,
    log_to: str | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Train a recipe, or resume its run, and score it.

    Args:
        recipe: name of a recipe, or its TOML file.
        data: of the task: a folder, ``hub``, ``sample`` or None as in `load_gold`. Or of one's own: a DataFrame, a file
            or a folder of texts and labels, or ``{"train": ..., "test": ...}``. They are split and stored with the run.
        settings: overrides of the recipe, such as ``{"train.epochs": 2}`` or ``["train.epochs=2"]``.
        seed: the random seed, as ``train.seed``.
        track, language: instead of those of the recipe; the code of the language of one's own texts.
        column: the column of one's own texts.
        order: the names of the classes 0, 1, ..., if one's own labels are numbers of classes.
        task: as in `load_gold`.
        runs: the folder of all runs.
        fresh: delete an earlier run in the same folder.
        log_to: ``trackio``, ``tensorboard``, ``wandb`` or ``mlflow``: log losses and metrics there, too.

    Raises:
        EmoError: as for `semeval-emo zoo train`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as runs:
    ...     result = train("constant-all", "sample", runs=runs)
    >>> round(result.scores["macro_f1"], 2)
    0.4
    """
    if isinstance(settings, Mapping):
        settings = [f"{key}={_setting(value)}" for key, value in settings.items()]
    overrides = [*settings, *([f"train.seed={seed}"] if seed is not None else [])]
    loaded = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), overrides)
    own = own_data(data, Path(runs), task=task, language=language, column=column, order=order, fresh=fresh)
    if own is not None:
        data, task, language = None, own.task, None
    return train_recipe(
        loaded, track=track, language=language, source=data, task=task, runs=Path(runs), fresh=fresh, log_to=log_to,
        progress=progress,
    )  # fmt: skip


def _setting(value: Any) -> str:
    """Return a value as on the command line."""
    import json

    return value if isinstance(value, str) else json.dumps(value)
