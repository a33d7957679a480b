"""The state of a run, read from its folder: finished, in training, interrupted, failed or not started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from semeval_emo.errors import EmoError, InputError
from semeval_emo.locks import lock_holder
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.runs.finished import find_runs
from semeval_emo.zoo.runs.folder import FAILURE, LOCK
from semeval_emo.zoo.runs.state import (
    DONE,
    read_failure,
    read_metrics,
    read_score,
    read_state,
    read_stored_recipe,
)  # fmt: skip

State = Literal["done", "training", "interrupted", "failed", "not started"]
# Folders of runs of another task are one level deeper.
LEVELS = 3


@dataclass(frozen=True)
class RunStatus:
    """The state of one run.

    Attributes:
        recipe, language: the names of the folders.
        state: ``interrupted``: a process trained here, has not finished and has ended.
        epochs: completed epochs; None for models that are not trained in epochs.
        of_epochs: the epochs of the recipe.
        dev: the official metric on dev; None before the run is done.
        score: the official metric on test; None before the run is done, or without test labels.
        seconds: training time until now.
        process: number and host of the process that trains.
        failure, fix: why training failed, and the remedy.
        log: path of the log of a job that failed; empty if there is none.
    """

    path: Path
    recipe: str
    language: str
    state: State
    epochs: int | None = None
    of_epochs: int | None = None
    dev: float | None = None
    score: float | None = None
    seconds: float | None = None
    process: str = ""
    failure: str = ""
    fix: str = ""
    log: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"path": str(self.path)}


def run_status(path: Path) -> RunStatus:
    """Return the state of the run in a folder, which is not changed."""
    holder = lock_holder(path / LOCK)
    try:
        status = _status(path, holder is not None)
    except EmoError as error:
        return RunStatus(path, path.parent.name, path.name, "failed", failure=error.message, fix=error.fix)
    # A finished run is locked for a moment when it is checked.
    return status if holder is None or status.state == "done" else replace(status, state="training", process=holder)


def run_states(paths: Sequence[Path]) -> list[RunStatus]:
    """Return the states of runs, by recipe and language.

    Args:
        paths: run folders, or folders of them (``runs``, ``runs/tfidf-char``).

    Raises:
        InputError: there is no run.
    """
    return [run_status(folder) for folder in run_folders(paths)]


def run_folders(paths: Sequence[Path]) -> list[Path]:
    """Return the run folders among paths and below them.

    Raises:
        InputError: there is none.
    """
    folders = find_runs(paths, LEVELS)
    if not folders:
        raise InputError(
            f"There is no run in {', '.join(map(str, paths))}.", "name run folders, or a folder of runs, such as runs"
        )
    return folders


def _status(path: Path, held: bool) -> RunStatus:
    stored, state = read_stored_recipe(path / "recipe.json"), read_state(path / "run.json")
    if stored is None:
        raise InputError(f"{path} is not a run folder.", "name a run folder, such as runs/<recipe>/<language>")
    recipe = from_resolved(stored["resolved"], str(path / "recipe.json"))
    status = RunStatus(path, path.parent.name, path.name, "not started")
    if "train" in family_class(recipe.family).recipe_sections:
        status = replace(status, epochs=len(read_metrics(path)), of_epochs=recipe.train.epochs)
    if state is not None:
        status = replace(status, state="interrupted", seconds=state.get("seconds"))
    # A process that trains here has removed it, unless it has just started.
    if not held and (failure := read_failure(path / FAILURE)) is not None:
        return replace(
            status, state="failed", failure=failure["message"], fix=failure["fix"], log=failure["log"]
        )  # fmt: skip
    if state is None or state["status"] != DONE:
        return status
    return replace(
        status, state="done", dev=next(iter(state.get("dev", {}).values()), None),
        score=(read_score(path / "score.json") or {}).get("score"),
    )  # fmt: skip
