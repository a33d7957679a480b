"""Finished runs: their recipe, state, probabilities and predictions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import Task, short_hash
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.state import (
    DONE,
    FIX,
    TRAINED,
    check_finished,
    read_metrics,
    read_score,
    read_state,
    read_stored_recipe,
)  # fmt: skip
from semeval_emo.zoo.selection.thresholds import apply_thresholds


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A finished run: its recipe, the overrides by key, and the content of ``run.json``."""

    path: Path
    recipe: Recipe
    settings: dict[str, Any]
    state: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load a run folder.

        Raises:
            InputError: it is not a run folder, the run is not finished, or a file of it cannot be read.
        """
        stored, state = read_stored_recipe(path / "recipe.json"), read_state(path / "run.json")
        if stored is not None and state is None:
            raise InputError(f"The run in {path} has not started.", "repeat the command that planned it, or wait")
        if stored is None or state is None:
            raise InputError(f"{path} is not a run folder.", "name a run folder, such as runs/<recipe>/<language>")
        recipe = from_resolved(stored["resolved"], str(path / "recipe.json"))
        if state["status"] != DONE:
            raise InputError(f"The run in {path} is not finished.", "repeat the command that started it to resume it")
        check_finished(path, state, read_metrics(path), recipe)
        return cls(path, recipe, stored.get("settings", {}), state)

    @property
    def name(self) -> str:
        """Name of the recipe's folder: the recipe and its overrides."""
        return self.path.parent.name

    @property
    def task_key(self) -> str:
        """Key of the task; empty if the version that made the run did not record it."""
        return self.state.get("task") or _task_of_score(self.path / "score.json")

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The metrics of each epoch or setting."""
        return read_metrics(self.path)

    @property
    def seconds(self) -> float:
        """Training time of the run and its ensemble members; of a model that another run trained for it, that run's.

        Raises:
            EmoError: the run is an ensemble of a version that did not record its members.
        """
        if self.recipe.family == "ensemble" and "members" not in self.state:
            raise EmoError(
                f"{self.path} is an ensemble of a version that did not record its members and their training time.",
                "repeat the `zoo ensemble` command with --fresh, which takes seconds",
            )
        trained_by = self.path.parent / str(self.state.get("shares") or "")
        if trained_by != self.path.parent and (trained_by / "run.json").exists():
            return FinishedRun.load(trained_by).seconds
        return float(self.state["seconds"])

    def folder(self, task: Task) -> RunFolder:
        """Return the run folder with the file that the run predicts.

        Raises:
            UsageError: the task has no such file.
        """
        data = self.recipe.data
        return RunFolder(self.path, task.spec(data.track, data.language, "test", data.release))

    def output_hash(self, task: Task) -> str:
        """Return the identity of the run's outputs: hashes of its recipe and of its probabilities and thresholds."""
        folder = self.folder(task)
        files = [folder.probabilities(split) for split in ("train", "dev", "test")]
        contents = [file.read_text("utf-8") for file in files if file.exists()]
        return f"{self.recipe.hash}:{short_hash([*contents, str(self.state['thresholds'])])}"

    def member_record(self) -> dict[str, Any]:
        """Return what an ensemble records of this run as a member."""
        seed = self.recipe.train.seed
        return {"run": self.name, "recipe_hash": self.recipe.hash, "seconds": self.seconds, "seed": seed}


def _task_of_score(path: Path) -> str:
    try:
        return (read_score(path) or {}).get("task", "")
    except InputError:
        return ""


def one_run(path: Path) -> Path:
    """Return the only run folder in a folder, such as the one language of a recipe; a run or model folder as it is.

    Raises:
        UsageError: the folder has several runs.

    >>> one_run(Path("no such folder"))
    PosixPath('no such folder')
    """
    runs = find_runs([path], levels=3) if path.is_dir() else []
    if len(runs) > 1:
        shown = f"{', '.join(map(str, runs[:3]))}{f' and {len(runs) - 3} more' if len(runs) > 3 else ''}"
        raise UsageError(f"{path} has {len(runs)} runs: {shown}.", "name one of them")
    return runs[0] if runs else path


def find_runs(paths: Sequence[Path], levels: int = 1) -> list[Path]:
    """Return the run folders among `paths` and up to `levels` levels below them, each once."""
    folders = []
    for path in paths:
        if (path / "recipe.json").exists():
            folders.append(path)
        else:
            patterns = ["/".join(["*"] * level) for level in range(1, levels + 1)]
            folders += [file.parent for each in patterns for file in sorted(path.glob(f"{each}/recipe.json"))]
    return list(dict.fromkeys(folders))


def load_runs(folders: Iterable[Path]) -> tuple[list[FinishedRun], list[str]]:
    """Load the finished runs among run folders; return them, and why the others were skipped."""
    runs, skipped = [], []
    for folder in folders:
        try:
            runs.append(FinishedRun.load(folder))
        except InputError as error:
            skipped.append(error.message)
    return runs, skipped


def load_probabilities(folder: RunFolder, split: str, task: Task) -> np.ndarray:
    """Return the probabilities of a split: shape (n, L), rows in the official order."""
    address = folder.spec.address | {"split": split}
    return read_probabilities(folder.probabilities(split), **address, task=task).values


def load_oof_probabilities(folder: RunFolder, recipe: Recipe, task: Task) -> np.ndarray:
    """Return the out-of-fold probabilities of the training texts: shape (n, L), split after split.

    If no split of the run's own language was trained on: source after source.
    """
    if not recipe.data.splits:
        return load_array(folder, FOLDS)
    return np.concatenate([load_probabilities(folder, split, task) for split in recipe.data.splits])


def verify_outputs(folder: RunFolder, task: Task) -> None:
    """Set the state of a finished run back to trained if an output file is missing, so that it is written again.

    Raises:
        EmoError: the prediction file was changed.
    """
    probabilities = folder.probabilities("test")
    if folder.predictions.exists() and probabilities.exists():
        verify_predictions(folder, task)
    outputs = (folder.predictions, folder.card, probabilities, folder.probabilities("dev"))
    if not all(path.exists() for path in outputs):
        folder.update_state(status=TRAINED)


def stored_thresholds(path: Path, state: dict[str, Any], space: Space) -> np.ndarray:
    """Return the thresholds in the state of a run: shape (L,), or (L, top) for cut points.

    Raises:
        InputError: they do not fit the label space.
    """
    thresholds = np.array(state.get("thresholds", []), dtype=float)
    emotions = len(space.emotions)
    if thresholds.shape not in ((emotions,), (emotions, space.top)):
        raise InputError(f"{path / 'run.json'} cannot be read: it has no thresholds for {emotions} emotions.", FIX)
    return thresholds


def verify_predictions(folder: RunFolder, task: Task) -> None:
    """Check that the prediction file follows from the run's probabilities and thresholds.

    Raises:
        EmoError: it was changed.
    """
    spec = folder.spec
    space = Space.of(spec)
    thresholds = stored_thresholds(folder.path, folder.state(), space)
    labels = apply_thresholds(load_probabilities(folder, "test", task), thresholds, space)
    if not folder.predictions.is_file():
        raise InputError(f"{folder.predictions} is missing.", "repeat the training command, which writes it again")
    if folder.predictions.read_bytes() != prediction_bytes(spec, labels, texts_of_predictions(folder, task)):
        raise EmoError(
            f"{folder.predictions} was changed after the run wrote it.",
            "delete or move the file, then repeat the training command, which writes it again",
        )


def texts_of_predictions(folder: RunFolder, task: Task) -> Mapping[str, str]:
    """Return the texts of the prediction file of a run, by id; none where prediction files have no texts."""
    if not folder.spec.layout.predictions.text:
        return {}
    found = read_submission(folder.predictions, release=folder.spec.release, task=task).predictions
    return found[0].texts if found else {}


def load_predictions(folder: RunFolder, task: Task) -> Predictions:
    """Return the predictions of a finished run.

    Raises:
        EmoError: the prediction file was changed.
    """
    verify_predictions(folder, task)
    (predictions,) = read_submission(folder.predictions, release=folder.spec.release, task=task).predictions
    return predictions


def save_array(folder: RunFolder, name: str, values: np.ndarray) -> None:
    """Write probabilities for texts of other languages."""
    body = io.BytesIO()
    np.save(body, values)
    write_file(folder.array(name), body.getvalue(), parents=True)


def load_array(folder: RunFolder, name: str) -> np.ndarray:
    """Return what `save_array` wrote: shape (n, L).

    Raises:
        InputError: the file is missing, cannot be read or holds something else.
    """
    path = folder.array(name)
    fix = "--fresh trains the run again"
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if "pickle" in str(error):
            raise InputError(
                f"{path} is a pickle, which can run code when it is opened; expected an array of numbers.", fix
            ) from error
        raise InputError(f"{path} cannot be read: {error}.", fix) from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind != "f":
        raise InputError(f"{path} cannot be read: it is not an array of probabilities.", fix)
    return values
