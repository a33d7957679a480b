"""Several trained recipes that speak together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_whole
from semeval_emo.task import Task
from semeval_emo.zoo.decide import labels_of
from semeval_emo.zoo.family import Examples, Family, Job, Space, Watcher
from semeval_emo.zoo.finished import folder_of, recipe_and_state, run_hash
from semeval_emo.zoo.recipe import Recipe

FILE = "ensemble.json"


@dataclass(frozen=True)
class Options:
    """Who speaks, and how they are joined.

    Attributes:
        members: recipes whose runs lie beside this one (same folder of runs, same language), or
            paths of run folders.
        method: ``mean`` of the probabilities, ``weighted`` (weights that make the log-loss on the
            selection split small) or ``vote`` (the share of members that say yes at their own thresholds).
    """

    members: tuple[str, ...] = ()
    method: Literal["mean", "weighted", "vote"] = "mean"


class Ensemble(Family):
    """Members stay in their own folders; the ensemble knows where."""

    Options = Options
    uses: ClassVar[frozenset[str]] = frozenset()
    learns: ClassVar[bool] = False
    folders: list[Path]
    weights: np.ndarray

    def rests_on(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Identities of the members: their recipes, probabilities and thresholds.

        Raises:
            InputError: a member is not trained.
            UsageError: there are too few, or one cannot be joined with the others.
        """
        members = self.recipe.options.members
        if len(set(members)) < 2:
            raise UsageError(f"recipe {self.recipe.name}: an ensemble needs two members or more.")
        found = {}
        for name in members:
            folder = _member(name, run)
            recipe, state = recipe_and_state(folder)
            _check(self.recipe, name, recipe, state["data"], data)
            found[f"member {name}"] = run_hash(folder_of(folder, recipe, task), recipe)
        return found

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Joins what the members' runs stored and, with ``weighted``, fits their weights."""
        options, select = self.recipe.options, self.recipe.select
        self.folders = [_member(name, job.work.parent) for name in options.members]
        self.weights = np.full(len(self.folders), 1 / len(self.folders))
        labels = judged[select.split].labels
        parts = self._stored(select.split, job)
        if options.method == "weighted":
            self.weights = fit_weights(parts, lambda joined: -loss(joined, labels / self.space.top, self.space))
        row = {
            "epoch": 1,
            "weights": dict(zip(options.members, self.weights.round(4).tolist(), strict=True)),
            select.split: job.judge(labels, np.tensordot(self.weights, parts, 1)),
        }
        job.watch.epoch(row)
        job.record([row])

    def _stored(self, split: str, job: Job) -> np.ndarray:
        """What each member's run stored: shape (members, n, L)."""
        states = [recipe_and_state(folder)[1] for folder in self.folders]
        parts = [
            self._voice(job.said(folder, split), np.array(state["thresholds"]))
            for folder, state in zip(self.folders, states, strict=True)
        ]
        return np.stack(parts)

    def stored(self, split: str, job: Job) -> np.ndarray:
        """Joined from the members' files: no member is loaded."""
        return self._joined(self._stored(split, job))

    def _voice(self, said: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """What a member has to say: its probabilities, or its yes and no with ``vote``."""
        if self.recipe.options.method != "vote":
            return said
        return labels_of(said, thresholds, self.space) / self.space.top

    def _joined(self, parts: np.ndarray) -> np.ndarray:
        joined: np.ndarray = np.tensordot(self.weights, parts, 1)
        return np.clip(joined, 0.0, 1.0)

    def predict(self, texts: Sequence[str], watch: Watcher | None = None) -> np.ndarray:
        """Joined from what the members' models say of new texts."""
        from semeval_emo.zoo.model import load_model

        models = [load_model(folder) for folder in self.folders]
        return self._joined(
            np.stack([self._voice(model.family.predict(texts, watch), model.thresholds) for model in models])
        )

    def save(self, folder: Path) -> None:
        """Writes weights and where the members lie (their models are not copied)."""
        body = {"members": [str(f) for f in self.folders], "weights": self.weights.tolist()}
        write_whole(folder / FILE, json.dumps(body, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads weights and members."""
        model = cls(recipe, space)
        body = json.loads((folder / FILE).read_text("utf-8"))
        model.folders = [Path(name) for name in body["members"]]
        model.weights = np.array(body["weights"])
        return model


def _member(name: str, here: Path) -> Path:
    """The run folder of a member: beside this run, or a path."""
    # runs/<recipe>/<language>: the member of the same language stands two folders up.
    beside = here.parent.parent / name / here.name
    found = beside if (beside / "model").is_dir() else Path(name)
    if not (found / "model").is_dir():
        raise InputError(
            f"The ensemble's member {name} is not trained: there is no {beside / 'model'}.",
            f"semeval-emo zoo train {name}",
        )
    return found.resolve()


def _check(own: Recipe, name: str, member: Recipe, its_data: dict[str, str], data: dict[str, str]) -> None:
    """Refuses a member that speaks of other texts, or whose choice hides that test had a say."""
    for field in ("track", "language", "release"):
        wanted, found = getattr(own.data, field), getattr(member.data, field)
        if wanted != found:
            raise UsageError(f"The ensemble's member {name} has {field} {found}; the ensemble has {wanted}.")
    for split in ("dev", "test"):
        if its_data[split] != data[split]:
            raise UsageError(
                f"The ensemble's member {name} was run on another {split} split than the one at hand.",
                "--data names where that lies",
            )
    unsaid = [
        name for name in (*member.data.splits, *member.data.extra) if name not in own.data.splits + own.data.extra
    ]
    if unsaid:
        raise UsageError(
            f"The ensemble's member {name} was trained on {', '.join(unsaid)} too, which the ensemble does not say.",
            "add it to its data.splits or data.extra",
        )
    if member.selects_on_test and not own.selects_on_test:
        raise UsageError(
            f"The ensemble's member {name} was selected on test, so the ensemble's test score would be optimistic.",
            "--set select.split=test says so, and every table marks it",
        )


def loss(joined: np.ndarray, wanted: np.ndarray, space: Space) -> float:
    """Mean log-loss, or mean squared error of degrees: smooth, where F1 jumps with single texts of a small dev split.

    Args:
        joined: shape (n, L), probabilities.
        wanted: shape (n, L), labels scaled to [0, 1].
    """
    if space.top > 1:
        return float(((joined - wanted) ** 2).mean())
    # A member that is sure and wrong once must not decide everything.
    sure = np.clip(joined, 1e-3, 1 - 1e-3)
    return float(-np.where(wanted > 0, np.log(sure), np.log1p(-sure)).mean())


def fit_weights(parts: np.ndarray, score: Callable[[np.ndarray], float]) -> np.ndarray:
    """Weights that sum to one, by greedy selection with replacement (Caruana et al. 2004).

    Args:
        parts: shape (members, n, L).
        score: function of joined probabilities, higher is better.

    Returns:
        Weights of shape (members,): the share of each member among the picks.
    """
    picks = np.zeros(len(parts))
    best_picks, best = picks, float("-inf")
    for _ in range(4 * len(parts)):
        trials = []
        for member in range(len(parts)):
            one = picks.copy()
            one[member] += 1
            trials.append((score(np.tensordot(one / one.sum(), parts, 1)), -member))
        value, minus = max(trials)
        picks[-minus] += 1
        if value > best + 1e-12:
            best, best_picks = value, picks.copy()
    return best_picks / best_picks.sum()
