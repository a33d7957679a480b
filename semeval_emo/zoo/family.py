"""The interface of a model family.

Imports nothing heavy: families import torch and scikit-learn inside their methods, so that listing recipes is fast.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space

if TYPE_CHECKING:
    from semeval_emo.task import Task
    from semeval_emo.zoo.dataset.folds import Folds
    from semeval_emo.zoo.recipe import Recipe


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of trainable parameters and of all parameters."""

    trainable: int
    total: int

    def to_dict(self) -> dict[str, int]:
        """Return the JSON form."""
        return {"trained": self.trainable, "all": self.total}


class Job(Protocol):
    """The training run that is passed to a family.

    Attributes:
        work: folder for checkpoints. It survives a killed process and is removed when the run is finished.
    """

    work: Path
    progress: Progress

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Rewrite ``metrics.jsonl``: one row per epoch, for all epochs so far."""

    def score(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Score probabilities at the recipe's fixed threshold: ``macro_f1`` and ``micro_f1``, or ``pearson``."""

    def score_out_of_fold(self, labels: np.ndarray, probabilities: np.ndarray, folds: Folds) -> dict[str, float]:
        """Score out-of-fold probabilities; the thresholds of each fold are tuned on the other folds."""

    def save_out_of_fold(self, probabilities: np.ndarray) -> None:
        """Save the out-of-fold probabilities of the training texts: shape (own texts, L)."""

    def load_probabilities(self, run: Path, split: str) -> np.ndarray:
        """Load the probabilities that another finished run saved for the same split: shape (n, L)."""

    def stop_requested(self) -> bool:
        """Return True once the user has asked to stop: save and raise `TrainingStopped`."""


class MissingRun(InputError):
    """A run that this one depends on does not exist; `run` is its name, usually that of a recipe."""

    def __init__(self, run: str, message: str) -> None:
        super().__init__(message, "name a run folder, or a recipe that is trained")
        self.run = run


class Family(ABC):
    """Base class of the model families.

    Attributes:
        options_class: frozen dataclass of the family's own table in a recipe.
        packages: imports beyond the core install; checked before any work starts.
        recipe_sections: sections of a recipe that the family uses, besides `data`, `select` and `threshold`.
        supports_distributed: whether several processes can train one model; otherwise only the main one trains.
        supports_folds: whether the family can select by folds (``select.split = "folds"``). It then gets
            `Examples.folds`, scores with `Job.score_out_of_fold` and calls `Job.save_out_of_fold`.
        trains_on_splits: whether the family itself trains on the recipe's splits. An ensemble does not: its
            recipe lists what the members were trained on.
    """

    options_class: ClassVar[type]
    packages: ClassVar[tuple[str, ...]] = ()
    recipe_sections: ClassVar[frozenset[str]] = frozenset()
    supports_distributed: ClassVar[bool] = False
    supports_folds: ClassVar[bool] = False
    trains_on_splits: ClassVar[bool] = True

    def __init__(self, recipe: Recipe, space: Space) -> None:
        self.recipe = recipe
        self.space = space

    def prepare(self, progress: Progress) -> None:
        """Find weights and devices before any data is read; raise if the recipe cannot be trained here."""
        return

    def dependency_hashes(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Return the hashes of the other runs that this one depends on, by name; stored with the data's hashes.

        Args:
            data: hashes of this run's splits.

        Raises:
            MissingRun: one of them does not exist.
        """
        return {}

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Copy a saved model together with all files it needs from this machine.

        Raises:
            InputError: a file it needs is missing.
        """
        shutil.copytree(folder, out, dirs_exist_ok=True)

    def stored_probabilities(self, split: str, job: Job) -> np.ndarray | None:
        """Return the probabilities of one of the run's splits if they need no texts, else None."""
        return None

    @abstractmethod
    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Train, or resume where an earlier process was stopped.

        Args:
            eval_splits: splits to score after each epoch, by name. They include the selection split, unless
                that is the folds of `train`.
        """

    @abstractmethod
    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the probability of each emotion, or its intensity scaled to [0, 1]: shape (n, L), float64."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Save the model in an existing folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` wrote."""

    @classmethod
    def unused_options(cls, options: Any) -> tuple[str, ...]:
        """Return the names of the options that have no effect beside the others."""
        return ()

    def members(self) -> tuple[Path, ...]:
        """Return the run folders of an ensemble's members; empty for other families."""
        return ()

    def parameter_counts(self) -> ParameterCounts | None:
        """Return the parameter counts of the fitted model; None where it has no parameters to count."""
        return None
