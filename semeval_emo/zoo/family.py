"""The one protocol behind which every kind of model stands.

Owns the nouns that families and the training command share. Imports nothing heavy: families import
torch and scikit-learn inside their methods, so that listing recipes costs nothing.
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
class Sizes:
    """Numbers of parameters."""

    trainable: int
    total: int


class Job(Protocol):
    """What a family may use of the run it trains in.

    Attributes:
        work: a folder for checkpoints; it outlives a killed process and is removed at the end.
        progress: progress callback.
    """

    work: Path
    progress: Progress

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Writes ``metrics.jsonl`` anew: one row an epoch, all epochs so far."""

    def judge(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Scores probabilities at the recipe's fixed threshold: ``macro_f1``, ``micro_f1`` or ``pearson``."""

    def judge_folds(self, labels: np.ndarray, probabilities: np.ndarray, folds: Folds) -> dict[str, float]:
        """Scores out-of-fold probabilities, with thresholds by the recipe's rule from the other folds."""

    def keep(self, probabilities: np.ndarray) -> None:
        """Stores the out-of-fold probabilities of what is trained on: shape (own texts, L)."""

    def said(self, run: Path, split: str) -> np.ndarray:
        """The probabilities that another finished run of the same file stored: shape (n, L)."""

    def stopping(self) -> bool:
        """True when the person asked to stop: save and raise `Stopped`."""


class Untrained(InputError):
    """A run that this one rests on is not there.

    Attributes:
        run: its name, as a recipe is named.
    """

    def __init__(self, run: str, message: str) -> None:
        super().__init__(message, "name a run folder, or a recipe that is trained")
        self.run = run


class Family(ABC):
    """One kind of model.

    Attributes:
        Options: frozen dataclass of the family's own table in a recipe.
        packages: what the family imports beyond the core install; asked for before any work.
        uses: sections of a recipe that the family obeys, beside `data`, `select` and `threshold`.
        together: whether several processes can train one model; where not, the first trains alone.
        by_folds: whether it can choose by folds (``select.split = "folds"``): it then gets `Examples.folds`,
            judges by `Job.judge_folds` and gives what it keeps to `Job.keep`.
        learns: whether it learns from the splits itself; where not, others did, and say how.
    """

    Options: ClassVar[type]
    packages: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[frozenset[str]] = frozenset()
    together: ClassVar[bool] = False
    by_folds: ClassVar[bool] = False
    learns: ClassVar[bool] = True

    def __init__(self, recipe: Recipe, space: Space) -> None:
        self.recipe = recipe
        self.space = space

    def prepare(self, progress: Progress) -> None:
        """Finds weights and devices before any data is read; raises what keeps the recipe from training here."""
        return

    def rests_on(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Identities of the other runs that this one rests on, by name; a run folder keeps them with its data's.

        Args:
            run: this run's folder.
            data: hashes of this run's splits.

        Raises:
            Untrained: one of them is not there.
        """
        return {}

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Copies a saved model to where it stands alone, with what else it needs of this machine.

        Raises:
            InputError: what it needs is gone.
        """
        shutil.copytree(folder, out, dirs_exist_ok=True)

    def stored(self, split: str, job: Job) -> np.ndarray | None:
        """Probabilities of a split of the run's own, where they need no texts; None where they do."""
        return None

    @abstractmethod
    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Trains, or goes on training where an earlier process was stopped.

        Args:
            train: what is learned from.
            judged: splits to score each epoch on, by name; the selection split is among them, unless
                that is the folds of `train`.
            job: the run.
        """

    @abstractmethod
    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of each emotion, or degrees scaled to [0, 1]: shape (n, L), float64."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads what `save` wrote."""

    def members(self) -> tuple[Path, ...]:
        """The folders of the runs that it was joined from; none where it was not."""
        return ()

    def sizes(self) -> Sizes | None:
        """Parameters of the fitted model; None where the word makes no sense."""
        return None
