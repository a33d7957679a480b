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
from semeval_emo.zoo.family import Examples, Family, Job, Space, Watcher
from semeval_emo.zoo.recipe import Recipe

FILE = "ensemble.json"


@dataclass(frozen=True)
class Options:
    """Who speaks, and how they are joined.

    Attributes:
        members: recipes whose runs lie beside this one (same folder of runs, same language), or
            paths of run folders.
        method: ``mean`` of the probabilities, ``weighted`` (weights fitted on the selection split) or
            ``vote`` (the share of members that say yes at their own thresholds).
    """

    members: tuple[str, ...] = ()
    method: Literal["mean", "weighted", "vote"] = "mean"


class Ensemble(Family):
    """Members stay in their own folders; the ensemble knows where."""

    Options = Options
    uses: ClassVar[frozenset[str]] = frozenset()
    folders: list[Path]
    weights: np.ndarray

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Finds the members' runs and, with ``weighted``, fits their weights."""
        options, select = self.recipe.options, self.recipe.select
        if len(options.members) < 2:
            raise UsageError(f"recipe {self.recipe.name}: an ensemble needs two members or more.")
        here = job.work.parent
        self.folders = [_member(name, here) for name in options.members]
        self.weights = np.full(len(self.folders), 1 / len(self.folders))
        examples = judged[select.split]
        parts = self._parts(examples.texts, job.watch)
        if options.method == "weighted":
            self.weights = fit_weights(parts, lambda joined: job.judge(examples.labels, joined)[select.metric])
        row = {
            "epoch": 1,
            "weights": dict(zip(options.members, self.weights.round(4).tolist(), strict=True)),
            select.split: job.judge(examples.labels, np.tensordot(self.weights, parts, 1)),
        }
        job.watch.epoch(row)
        job.record([row])

    def _parts(self, texts: Sequence[str], watch: Watcher | None) -> np.ndarray:
        """What each member says: shape (members, n, L)."""
        from semeval_emo.zoo.decide import labels_of
        from semeval_emo.zoo.model import load_model

        parts = []
        for folder in self.folders:
            model = load_model(folder)
            if model.space != self.space:
                raise UsageError(
                    f"{folder} predicts {', '.join(model.space.emotions)}; "
                    f"the ensemble predicts {', '.join(self.space.emotions)}."
                )
            said = model.family.predict(texts, watch)
            if self.recipe.options.method == "vote":
                said = labels_of(said, model.thresholds, self.space) / self.space.top
            parts.append(said)
        return np.stack(parts)

    def predict(self, texts: Sequence[str], watch: Watcher | None = None) -> np.ndarray:
        """The weighted mean of what the members say."""
        joined: np.ndarray = np.tensordot(self.weights, self._parts(texts, watch), 1)
        return np.clip(joined, 0.0, 1.0)

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
