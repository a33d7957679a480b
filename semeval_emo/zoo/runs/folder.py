"""The folder of one run: its files, its state, and the lock that keeps a second process out.

Layout::

    runs/<recipe>/<language>/           (runs/<task>/<recipe>/<language>/ for other tasks than the default one)
      recipe.json        the resolved recipe
      run.json           state, task, versions, data hashes, seeds, sizes, thresholds, scores
      metrics.jsonl      one line per epoch
      model/             the model: a Hugging Face folder, or skops files
      dev/prob_<language>.csv, test/prob_<language>.csv
                         train/ too if the run selects on folds; training texts are predicted out of fold
      sources/*.npy      probabilities for texts of other languages, if choices are based on them
      track_<t>/pred_<language>.csv, score.json, MODEL_CARD.md
      work/              checkpoints; removed when the run is done
      failure.json       why training failed in a series; removed when it starts again
      lock               held while a process trains here

A folder that has only ``recipe.json`` is that of a run which has not started.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from semeval_emo.data.gold import HUB, SAMPLE
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.files import check_name, make_folder, read_utf8, write_file
from semeval_emo.locks import locked_file
from semeval_emo.task import TASK_FILE, FileSpec, IdList, Task, find_task, load_task, task_files, task_near
from semeval_emo.task.load import RUNS as RUNS
from semeval_emo.temporary import PREFIX, remove_leftovers
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.schema import differences
from semeval_emo.zoo.runs.state import DONE, TRAINING, read_metrics, read_score, read_state, read_stored_recipe

# Names of files in a run folder.
LOCK = "lock"
FAILURE = "failure.json"


class Locked(EmoError):
    """Another process uses this run folder."""

    exit_code = 1


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Attributes:
        spec: the predicted file; its track, language and split name the files in the folder.
    """

    path: Path
    spec: FileSpec

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def work(self) -> Path:
        """Folder of the checkpoints of an unfinished run."""
        return self.path / "work"

    @property
    def model(self) -> Path:
        """Folder of the trained model."""
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        """The prediction file, in a folder of its track as in a submission, where the layout has one."""
        folder = PurePosixPath(self.spec.layout.predictions.path(self.spec.key)).parent.name
        return self.path / (folder or f"track_{self.spec.track}") / self.spec.file_name

    @property
    def metrics(self) -> Path:
        """The metrics of each epoch, one JSON line per epoch."""
        return self.path / "metrics.jsonl"

    @property
    def score(self) -> Path:
        """The scorecard as JSON."""
        return self.path / "score.json"

    @property
    def failure(self) -> Path:
        """Why training failed in a series, as JSON."""
        return self.path / FAILURE

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "MODEL_CARD.md"

    def probabilities(self, split: str) -> Path:
        """Return the path of the probabilities of a split."""
        return self.path / split / f"prob_{self.spec.language}.csv"

    def array(self, name: str) -> Path:
        """Return the path of probabilities for texts of other languages, which are not a file of the task."""
        return self.path / "sources" / f"{name}.npy"

    def state(self) -> dict[str, Any]:
        """Return the content of ``run.json``; empty if there is no run.

        Raises:
            InputError: it is not the state of a run.
        """
        return read_state(self.path / "run.json") or {}

    def update_state(self, **values: Any) -> None:
        """Add values to ``run.json``."""
        write_file(self.path / "run.json", json.dumps(self.state() | values, indent=2, ensure_ascii=False) + "\n")

    def read_score(self) -> dict[str, Any]:
        """Return the content of ``score.json``; empty if the run was not scored."""
        return read_score(self.score) or {}

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the lines of ``metrics.jsonl`` (`read_metrics`)."""
        return read_metrics(self.path)

    def write_metrics(self, rows: Sequence[dict[str, Any]]) -> None:
        """Rewrite ``metrics.jsonl`` as a whole, so that a killed process leaves neither partial nor repeated lines."""
        write_file(self.metrics, "".join(json.dumps(row) + "\n" for row in rows))

    def start_or_resume(self, recipe: Recipe, data: dict[str, str], fresh: bool) -> bool:
        """Prepare the folder for a run of a recipe.

        Args:
            data: hashes of the training and evaluation data, by split.
            fresh: delete an earlier run, even one that cannot be read.

        Returns:
            True if an earlier run of the same recipe is resumed.

        Raises:
            UsageError: the folder contains a run of another recipe or other data, or is not a run folder.
            InputError: the earlier run cannot be read.
        """
        if fresh:
            self.clear()
        others = self._contents()
        # Of a run that has not started, the recipe may have changed since it was planned.
        stored = read_stored_recipe(self.path / "recipe.json") if others else None
        if stored is None:
            if others:
                raise UsageError(
                    f"{self.path} is not a run folder: it contains {', '.join(others[:3])}.",
                    "choose another folder of runs with --runs",
                )
            self._write_recipe(recipe)
        self.failure.unlink(missing_ok=True)
        if not self.state():
            self.work.mkdir(exist_ok=True)
            self.update_state(status=TRAINING, task=self.spec.task, hash=recipe.hash, data=data)
            if stored is None:
                return False
        # The work of a run that is done is removed; a process may have been killed just before.
        if self.state().get("status") == DONE:
            shutil.rmtree(self.work, ignore_errors=True)
        for folder in {leftover.parent for leftover in self.path.rglob(f"{PREFIX}*")}:
            remove_leftovers(folder)
        assert stored is not None
        changed = differences(stored["resolved"], recipe.resolved())
        changed += differences(self.state().get("data", {}), data, "data")
        if changed:
            raise UsageError(
                f"{self.path} contains a run with another recipe or other data: {'; '.join(changed[:3])}"
                + (f" and {len(changed) - 3} more." if len(changed) > 3 else "."),
                "--fresh deletes that run, --runs chooses another folder of runs",
            )
        return True

    def clear(self) -> None:
        """Delete the run in this folder, even one that cannot be read; another folder is left as it is."""
        if not (self.path / "recipe.json").exists():
            return
        for child in self.path.iterdir():
            if child.name not in (LOCK, "recipe.json"):
                shutil.rmtree(child) if child.is_dir() else child.unlink()
        # Last, because this file marks the folder as a run folder, which may be emptied.
        (self.path / "recipe.json").unlink()

    def plan(self, recipe: Recipe) -> None:
        """Make the folder of a run that will start later, and forget an earlier failure.

        A run that has started, and a folder with anything else in it, are left as they are.

        Raises:
            InputError: the folder cannot be written.
        """
        make_folder(self.path)
        if not self._contents():
            self._write_recipe(recipe)
        if (self.path / "recipe.json").exists():
            self.failure.unlink(missing_ok=True)

    def _contents(self) -> list[str]:
        """Return the names of what is in the folder, besides the files that it has before a run starts."""
        # Names with a leading dot are temporary files of a process that was killed.
        names = (path.name for path in self.path.iterdir())
        return sorted(name for name in names if name not in (LOCK, FAILURE, "recipe.json") and name[0] != ".")

    def _write_recipe(self, recipe: Recipe) -> None:
        body = {"resolved": recipe.resolved(), "settings": dict(recipe.settings), "kin": recipe.bases}
        write_file(self.path / "recipe.json", json.dumps(body, indent=2) + "\n")

    def record_failure(self, message: str, fix: str, exit_code: int, log: str = "") -> None:
        """Write why training failed, for later commands; a folder without a run is left as it is.

        Args:
            log: path of the log of the job, if there is one.
        """
        if (self.path / "recipe.json").exists():
            body = {"message": message, "fix": fix, "exit_code": exit_code, "log": log}
            write_file(self.failure, json.dumps(body, indent=2, ensure_ascii=False) + "\n")


def run_path(runs: Path, recipe: Recipe, spec: FileSpec, first_track: str) -> Path:
    """Return the folder of a run: ``<runs>/<recipe>/<language>``, with ``-track_b`` for other tracks than the first.

    Runs of other tasks than the default one are in a folder of the task (`task_runs`).
    """
    suffix = "" if spec.track == first_track else f"-track_{spec.track}"
    return task_runs(runs, spec.task) / recipe.run_name / f"{spec.language}{suffix}"


def task_runs(runs: Path, key: str) -> Path:
    """Return the folder of a task's runs: `runs` for the default task, a folder in it for others.

    >>> task_runs(Path("runs"), "sample").as_posix(), task_runs(Path("runs"), load_task().key).as_posix()
    ('runs/sample', 'runs')
    """
    if key in ("", load_task().key):
        return runs
    return runs / check_name(re.sub(r"[^\w.-]+", "-", key), "a task")


def folder_of_runs(members: Sequence[Path], key: str) -> Path:
    """Return the folder of all runs that these run folders are in, the inverse of `task_runs`; ``runs`` if they differ.

    Args:
        key: the key of their task.

    >>> folder_of_runs([Path("mine/sample/a/eng"), Path("mine/sample/b/eng")], "sample").as_posix()
    'mine'
    >>> folder_of_runs([Path("mine/a/eng"), Path("other/b/eng")], load_task().key).as_posix()
    'runs'
    """
    depth = len(task_runs(RUNS, key).parts) + 1
    paths = [path if len(path.parts) > depth else path.resolve() for path in members]
    found = {path.parents[depth - 1] for path in paths if len(path.parents) > depth - 1}
    if len(found) != 1 or any(task_runs(folder, key) != path.parents[1] for folder in found for path in paths):
        return RUNS
    return found.pop()


def resolve_task(
    task: Task | str | None, source: str | os.PathLike[str] | None, run: str = "", path: Path | None = None
) -> Task:
    """Return the task that is named; else the sample's, if that is the source; else that of a run; else the default.

    Args:
        task: the task that the user named, if any.
        source: as in `load_gold`.
        run: key of the task that a run or a model was trained for; empty if it is not recorded.
        path: the run folder, or a folder or file in it.

    Raises:
        UsageError: the task of the run is not known.

    >>> resolve_task(None, "sample").key, resolve_task("task11", None, "sample").key
    ('sample', 'semeval-2025-task-11')
    """
    if isinstance(task, Task):
        return task
    if task is not None or str(source) == SAMPLE or not run:
        return load_task(SAMPLE if task is None and str(source) == SAMPLE else task)
    near = task_near(path) if path is not None else None
    known = near if near is not None and near.key == run else find_task(run)
    if known is None:
        raise UsageError(f"The task '{run}' of the run is not known.", "name its file with --task")
    return known


def keep_task(task: Task, runs: Path, source: str | os.PathLike[str] | None) -> None:
    """Copy a task file, its lists of ids and the place of its data into the folder of its runs, for later commands.

    Shipped tasks and those of ``$SEMEVAL_EMO_TASKS`` are known anyway.
    """
    target = task_runs(runs, task.key) / TASK_FILE
    if task.file is None or task.file in (path.resolve() for path in task_files().values()):
        return
    if target.exists() and target.samefile(task.file):
        return
    data = task.data if source is None or str(source) in (HUB, SAMPLE) else Path(source).resolve()
    if data is None and target.is_file():
        data = load_task(target).data
    blocks = [block for release in task.releases.values() for spec in release.specs.values() for block in spec.blocks]
    for path in {block.path for block in blocks if isinstance(block, IdList) and block.path}:
        kept = target.parent / path.relative_to(task.file.parent)
        if path.is_file() and not (kept.is_file() and kept.read_bytes() == path.read_bytes()):
            write_file(kept, path.read_bytes(), parents=True)
    text = re.sub(r"^data *=.*\n", "", read_utf8(task.file), count=1, flags=re.M)
    text = text if data is None else f"data = {json.dumps(str(data))}\n{text}"
    if not target.is_file() or read_utf8(target) != text:
        write_file(target, text, parents=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a run folder, which is created if it does not exist.

    Raises:
        Locked: another process holds it.
        InputError: the folder cannot be created or locked.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The run folder {path} cannot be created: {error.strerror}.", "choose another folder of runs with --runs"
        ) from error

    def refuse(holder: str) -> None:
        raise Locked(
            f"Another process ({holder}) is training in {path}.",
            "wait until it has finished, or choose another folder of runs with --runs",
        )

    with locked_file(path / LOCK, refuse):
        yield
