"""Several trained recipes that speak together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS, Folds
from semeval_emo.zoo.families.combine import Stack, Weights, fit_stack
from semeval_emo.zoo.family import Family, Job, Untrained
from semeval_emo.zoo.recipe import PositiveFloat, Recipe, non_empty
from semeval_emo.zoo.runs.finished import folder_of, recipe_and_state, run_hash
from semeval_emo.zoo.selection.epochs import kept_epoch
from semeval_emo.zoo.selection.thresholds import labels_of

FILE = "ensemble.json"
MEMBERS = "members"


@dataclass(frozen=True)
class Options:
    """Who speaks, and how they are joined.

    Attributes:
        members: recipes whose runs lie beside this one (same folder of runs, same language), or
            paths of run folders.
        method: ``mean`` of the probabilities, ``weighted`` (weights that make the log-loss on the
            selection split small), ``vote`` (the share of members that say yes at their own thresholds),
            ``stack`` (a logistic regression over what all say of all emotions; by folds alone) or
            ``best`` (the member with the highest score on the selection split speaks alone).
        strength: values tried with ``stack``: C of the logistic regressions.
    """

    members: tuple[str, ...] = ()
    method: Literal["mean", "weighted", "vote", "stack", "best"] = "mean"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (0.1,)


class Ensemble(Family):
    """Members stay in their own folders; the ensemble knows where."""

    Options = Options
    uses: ClassVar[frozenset[str]] = frozenset()
    learns: ClassVar[bool] = False
    by_folds: ClassVar[bool] = True
    folders: list[Path]
    join: Weights | Stack

    def rests_on(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Identities of the members: their recipes, probabilities and thresholds.

        Raises:
            Untrained: a member is not trained.
            UsageError: there are too few, or one cannot be joined with the others.
        """
        members = self.recipe.options.members
        method = self.recipe.options.method
        fewest = 1 if method == "stack" else 2
        if len(set(members)) < fewest:
            raise UsageError(f"recipe {self.recipe.name}: an ensemble needs two members or more.")
        if method == "stack" and (self.recipe.select.split != FOLDS or self.space.top > 1):
            raise UsageError(
                f"recipe {self.recipe.name}: 'stack' fits many weights to yes or no, and so needs folds.",
                "--set ensemble.method=weighted, or members that chose by folds and --set select.split=folds",
            )
        if self.recipe.select.split == FOLDS and not self.recipe.data.splits:
            raise UsageError(
                f"recipe {self.recipe.name}: an ensemble cannot choose by folds of other languages.",
                "--set select.split=dev --set threshold.rule=fixed needs no labels",
            )
        found = {}
        for name in members:
            folder = _member(name, run)
            recipe, state = recipe_and_state(folder)
            _check(self.recipe, name, recipe, state["data"], data)
            found[f"member {name}"] = run_hash(folder_of(folder, recipe, task), recipe)
        return found

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Joins what the members' runs stored; what has to be fitted for it, on the selection split."""
        options, select = self.recipe.options, self.recipe.select
        self.folders = [_member(name, job.work.parent) for name in options.members]
        settings = options.strength if options.method == "stack" else (0.0,)
        rows: list[dict[str, Any]] = []
        if train.folds is None:
            labels, parts = judged[select.split].labels, self._stored(select.split, job)
            self.join, said = self._fitted(parts, labels, 0.0)
            rows = [{"epoch": 1, **said, select.split: job.judge(labels, self.join(parts))}]
        else:
            labels = train.labels[: train.folds.own]
            parts = np.concatenate([self._stored(split, job) for split in self.recipe.data.splits], axis=1)
            joined = [self._by_folds(parts, labels, train.folds, one) for one in settings]
            for number, (one, probabilities) in enumerate(zip(settings, joined, strict=True), 1):
                row = {"epoch": number} | ({"strength": one} if options.method == "stack" else {})
                rows.append(row | {FOLDS: job.judge_folds(labels, probabilities, train.folds)})
            kept = kept_epoch(rows, self.recipe) - 1
            self.join, said = self._fitted(parts, labels, settings[kept])
            rows[kept] |= said
            job.keep(joined[kept])
        for row in rows:
            job.progress.epoch(row)
        job.record(rows)

    def _fitted(self, parts: np.ndarray, labels: np.ndarray, strength: float) -> tuple[Weights | Stack, dict[str, Any]]:
        """A joiner fitted to some texts, and what `metrics.jsonl` says of it."""
        options = self.recipe.options
        if options.method == "stack":
            return fit_stack(parts, labels, strength), {}
        said: dict[str, Any] = {}
        weights = np.full(len(parts), 1 / len(parts))
        if options.method == "weighted":
            weights = fit_weights(parts, lambda joined: -loss(joined, labels / self.space.top, self.space))
        elif options.method == "best":
            scores = [_recorded(folder, self.recipe) for folder in self.folders]
            weights = np.eye(len(parts))[int(np.argmax(scores))]
            said["scores"] = dict(zip(options.members, scores, strict=True))
        said["weights"] = dict(zip(options.members, weights.round(4).tolist(), strict=True))
        return Weights(weights), said

    def _by_folds(self, parts: np.ndarray, labels: np.ndarray, folds: Folds, strength: float) -> np.ndarray:
        """Joined probabilities of texts that the joiner was not fitted to either: shape (n, L)."""
        joined = np.zeros(labels.shape)
        for _, held in folds:
            rest = np.setdiff1d(np.arange(len(labels)), held)
            joined[held] = self._fitted(parts[:, rest], labels[rest], strength)[0](parts[:, held])
        return joined

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
        return self.join(self._stored(split, job))

    def _voice(self, said: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """What a member has to say: its probabilities, or its yes and no with ``vote``."""
        if self.recipe.options.method != "vote":
            return said
        return labels_of(said, thresholds, self.space) / self.space.top

    def members(self) -> tuple[Path, ...]:
        """Those that speak, each once."""
        return tuple(dict.fromkeys(self.folders))

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Joined from what the members' models say of new texts."""
        from semeval_emo.zoo.runs.model import load_model

        models = [load_model(folder) for folder in self.folders]
        return self.join(
            np.stack([self._voice(model.family.predict(texts, progress), model.thresholds) for model in models])
        )

    def save(self, folder: Path) -> None:
        """Writes weights and where the members lie; only `export` copies their models."""
        body = {"members": [str(f) for f in self.folders], **self.join.to_dict()}
        write_file(folder / FILE, json.dumps(body, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads weights and members."""
        model = cls(recipe, space)
        body = json.loads((folder / FILE).read_text("utf-8"))
        # Of an exported model these are inside; a path from the root stays what it is.
        model.folders = [folder / name for name in body["members"]]
        model.join = (Stack if recipe.options.method == "stack" else Weights).from_dict(body)
        return model

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Puts the members' models inside, each as its own family exports it."""
        from semeval_emo.zoo.runs.model import export_model

        super().export(folder, out, recipe)
        body = json.loads((folder / FILE).read_text("utf-8"))
        for number, name in enumerate(body["members"], 1):
            inside = f"{MEMBERS}/{number}-{Path(name).parent.name}"
            # A path from the root; what is inside already came along.
            if not (out / name).is_relative_to(out):
                if not (folder / name / "model").is_dir():
                    raise InputError(
                        f"The ensemble's member {name} is gone, so its model cannot be put inside.",
                        "train it there again",
                    )
                export_model(folder / name / "model", out / inside)
                body["members"][number - 1] = inside
        write_file(out / FILE, json.dumps(body, indent=2) + "\n")


def _member(name: str, here: Path) -> Path:
    """The run folder of a member: beside this run, or a path."""
    # runs/<recipe>/<language>: the member of the same language stands two folders up.
    beside = here.parent.parent / name / here.name
    found = beside if (beside / "model").is_dir() else Path(name)
    if not (found / "model").is_dir():
        raise Untrained(name, f"The ensemble's member {name} is not trained: there is no {beside / 'model'}.")
    return found.resolve()


def _recorded(folder: Path, own: Recipe) -> float:
    """What a member's run says that it reached on the selection split, by the ensemble's metric."""
    metric = own.select.metric
    if own.select.split != FOLDS:
        return float(recipe_and_state(folder)[1]["dev"][metric])
    state, rows = recipe_and_state(folder)[1], (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return float(json.loads(rows[state["kept"] - 1])[FOLDS][metric])


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
    judged_on = own.select.split
    by_folds = member.select.split == FOLDS
    if judged_on == FOLDS and not (by_folds and member.data.splits == own.data.splits):
        raise UsageError(
            f"The ensemble's member {name} has no out-of-fold probabilities of {' and '.join(own.data.splits)}.",
            "join members that chose by folds of the same splits, or --set select.split=dev --set threshold.split=dev",
        )
    if judged_on in member.data.splits and not by_folds:
        raise UsageError(
            f"The ensemble's member {name} has learned {judged_on}, on which the ensemble is chosen.",
            f"train it by folds, or without {judged_on}",
        )
    unsaid = [name for name in member.data.learned if name not in own.data.learned]
    if unsaid:
        raise UsageError(
            f"The ensemble's member {name} was trained on {', '.join(unsaid)} too, which the ensemble does not say.",
            "add it to its data.splits, data.sources or data.extra",
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
