"""The folder of one run: where everything about it lies, and the lock that keeps a second process out.

Layout::

    runs/<recipe>/<language>/           (runs/<task>/<recipe>/<language>/ of any but the default task)
      recipe.json        the resolved recipe, complete
      run.json           state, task, versions, data hashes, seeds, sizes, thresholds, scores
      metrics.jsonl      one line per epoch
      model/             the model: a Hugging Face folder, or skops files
      dev/prob_<language>.csv, test/prob_<language>.csv
      sources/*.npy      what was said of other languages' texts, where choices are made on those
                         with folds train/ too; of what was trained on they are out of fold
      track_<t>/pred_<language>.csv, score.json, MODEL_CARD.md
      work/              checkpoints; gone when the run is done
      lock               held while a process trains here
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.task import FileSpec
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.schema import differences
from semeval_emo.zoo.runs.tasks import task_runs

# States of a run, in order.
TRAINING = "training"
TRAINED = "trained"
DONE = "done"


class Locked(EmoError):
    """Another process works in this run folder."""

    exit_code = 1


@dataclass(frozen=True)
class RunFolder:
    """One run's folder.

    Attributes:
        path: the folder.
        spec: the file that is predicted: its track, language and split name the files inside.
    """

    path: Path
    spec: FileSpec

    @property
    def work(self) -> Path:
        """Checkpoints of an unfinished run."""
        return self.path / "work"

    @property
    def model(self) -> Path:
        """The finished model."""
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        """The prediction file in the layout that the organisers ask for."""
        return self.path / f"track_{self.spec.track}" / self.spec.file_name

    @property
    def metrics(self) -> Path:
        """One JSON line per epoch."""
        return self.path / "metrics.jsonl"

    @property
    def score(self) -> Path:
        """The scorecard as JSON."""
        return self.path / "score.json"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "MODEL_CARD.md"

    def probabilities(self, split: str) -> Path:
        """The probabilities of a split."""
        return self.path / split / f"prob_{self.spec.language}.csv"

    def array(self, name: str) -> Path:
        """Probabilities of texts of other languages, which are no file of the task."""
        return self.path / "sources" / f"{name}.npy"

    def state(self) -> dict[str, Any]:
        """What ``run.json`` says; empty where no run has begun.

        Raises:
            InputError: it is no state of a run.
        """
        return _read(self.path / "run.json", "status") or {}

    def update(self, **values: Any) -> None:
        """Adds to ``run.json``, whole or not at all."""
        write_file(self.path / "run.json", json.dumps(self.state() | values, indent=2, ensure_ascii=False) + "\n")

    def recorded(self) -> dict[str, Any]:
        """What ``score.json`` says; empty where the run was not scored."""
        return _read(self.score, "score") or {}

    def rows(self) -> list[dict[str, Any]]:
        """The lines of ``metrics.jsonl``.

        Raises:
            InputError: they cannot be read.
        """
        if not self.metrics.exists():
            return []
        try:
            return [json.loads(line) for line in self.metrics.read_text("utf-8").splitlines() if line]
        except (OSError, ValueError) as error:
            raise _unreadable(self.metrics, str(error)) from error

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Writes ``metrics.jsonl`` anew, so that a killed process never leaves half a line or a line twice."""
        write_file(self.metrics, "".join(json.dumps(row) + "\n" for row in rows))

    def begin(self, recipe: Recipe, data: dict[str, str], fresh: bool) -> bool:
        """Readies the folder for a recipe.

        Args:
            data: hashes of what is trained and judged on, by split.
            fresh: forget an earlier run, be it readable or not.

        Returns:
            True where an earlier run of the same recipe goes on.

        Raises:
            UsageError: the folder holds a run of another recipe or other data, or is no run folder.
            InputError: what it holds of a run cannot be read.
        """
        stored = None if fresh else _read(self.path / "recipe.json", "resolved")
        if fresh and (self.path / "recipe.json").exists():
            for child in self.path.iterdir():
                if child.name not in ("lock", "recipe.json"):
                    shutil.rmtree(child) if child.is_dir() else child.unlink()
            # Last, since its presence says that the folder is a run's and may be emptied.
            (self.path / "recipe.json").unlink()
        if stored is None:
            # Names with a dot are what a process left that was killed while it wrote.
            strangers = [p.name for p in self.path.iterdir() if p.name != "lock" and not p.name.startswith(".")]
            if strangers:
                raise UsageError(
                    f"{self.path} is no run folder: it holds {', '.join(sorted(strangers)[:3])}.",
                    "name another place with --runs",
                )
            body = {"resolved": recipe.resolved(), "settings": dict(recipe.settings), "kin": recipe.bases}
            write_file(self.path / "recipe.json", json.dumps(body, indent=2) + "\n")
        if not self.state():
            self.work.mkdir(exist_ok=True)
            self.update(status=TRAINING, task=self.spec.task, hash=recipe.hash, data=data)
            if stored is None:
                return False
        for leftover in self.path.rglob(".*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        assert stored is not None
        changed = differences(stored["resolved"], recipe.resolved())
        changed += differences(self.state().get("data", {}), data, "data")
        if changed:
            raise UsageError(
                f"{self.path} holds a run of another experiment: {'; '.join(changed[:3])}"
                + (f" and {len(changed) - 3} more." if len(changed) > 3 else "."),
                "--fresh starts anew there, --runs names another place",
            )
        return True


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """A JSON object that has a key; None where there is no file."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(found, dict) or key not in found:
        raise _unreadable(path, f"it says nothing of '{key}'")
    return found


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"{path} cannot be read: {why}.", "--fresh starts anew")


def run_path(runs: Path, recipe: Recipe, spec: FileSpec, first_track: str) -> Path:
    """Where a run lies: ``<runs>/<recipe>/<language>``, with ``-track_b`` and the like off the first track.

    Below a folder of the task's own where that is not the default one (`tasks.task_runs`).
    """
    suffix = "" if spec.track == first_track else f"-track_{spec.track}"
    return task_runs(runs, spec.task) / recipe.run_name / f"{spec.language}{suffix}"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a run folder's lock; makes the folder where it is not there.

    The lock is the kernel's (flock), so one that a killed process leaves behind is free at once.

    Raises:
        Locked: another process holds it.
        InputError: the folder cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(
            f"The run folder {path} cannot be created: {error.strerror}.", "name another with --runs"
        ) from error
    try:
        if not _take(handle):
            holder = os.read(handle, 32).decode("ascii", "replace").strip()
            raise Locked(
                f"Another process{f' ({holder})' if holder else ''} is training in {path}.",
                "wait for it, or name another place with --runs",
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        # A byte far beyond the text, since these locks keep others from reading what they cover.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
