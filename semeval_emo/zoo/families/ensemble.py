"""Ensembles of trained recipes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.parse import ShapeError, members, read_json
from semeval_emo.progress import Progress
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import Task
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS, Folds
from semeval_emo.zoo.families.combine import MARGIN, Combination, Stacking, WeightedMean, fit_stacking
from semeval_emo.zoo.family import Family, Job, MissingRun
from semeval_emo.zoo.recipe import ADDED_LATER, PositiveFloat, Recipe, non_empty
from semeval_emo.zoo.runs.finished import FinishedRun, stored_thresholds
from semeval_emo.zoo.selection.epochs import selected_epoch
from semeval_emo.zoo.selection.thresholds import apply_thresholds

if TYPE_CHECKING:
    from semeval_emo.zoo.runs.model import Model

FILE = "ensemble.json"
MEMBERS = "members"
_LOADING: set[Path] = set()
"""The members that are being loaded."""


@dataclass(frozen=True)
class EnsembleOptions:
    """The members and how they are combined.

    Attributes:
        members: recipes with runs in the same folder of runs and of the same language, or paths of run folders.
        method: ``mean`` of the probabilities; ``weighted`` (weights with a low log-loss on the selection split);
            ``vote`` (the share of members that predict the emotion at their own thresholds); ``stack`` (a logistic
            regression per emotion on all members' predictions; only with folds); ``best`` (only the member with
            the highest score on the selection split).
        strength: values to try for ``stack``: C of the logistic regressions.
        logits: whose logits to try as features of an emotion's regression in ``stack``: of ``all`` emotions, or only
            its ``own``, which are fewer to fit.
    """

    members: tuple[str, ...] = ()
    method: Literal["mean", "weighted", "vote", "stack", "best"] = "mean"
    strength: Annotated[tuple[PositiveFloat, ...], non_empty] = (0.1,)
    logits: Annotated[tuple[Literal["all", "own"], ...], non_empty] = field(default=("all",), metadata=ADDED_LATER)


class Ensemble(Family):
    """An ensemble; the members stay in their own run folders."""

    options_class = EnsembleOptions
    recipe_sections: ClassVar[frozenset[str]] = frozenset()
    trains_on_splits: ClassVar[bool] = False
    supports_folds: ClassVar[bool] = True
    folders: list[Path]
    combine: Combination

    @classmethod
    def unused_options(cls, options: EnsembleOptions) -> tuple[str, ...]:
        """Return the settings of ``stack`` for other methods."""
        return () if options.method == "stack" else ("strength", "logits")

    def dependency_hashes(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Return hashes of the members: of their recipes, probabilities and thresholds.

        Raises:
            MissingRun: a member is not trained.
            UsageError: there are too few members, or one does not fit the others.
        """
        members = self.recipe.options.members
        method = self.recipe.options.method
        minimum = 1 if method == "stack" else 2
        if len(set(members)) < minimum:
            raise UsageError(f"recipe {self.recipe.name}: an ensemble needs at least two members.")
        if method == "stack" and (self.recipe.select.split != FOLDS or self.space.top > 1):
            raise UsageError(
                f"recipe {self.recipe.name}: 'stack' needs binary labels and selection by folds.",
                "--set ensemble.method=weighted, or use members selected by folds and --set select.split=folds",
            )
        if self.recipe.select.split == FOLDS and not self.recipe.data.splits:
            raise UsageError(
                f"recipe {self.recipe.name}: an ensemble cannot select by folds of other languages.",
                "--set select.split=dev --set threshold.rule=fixed needs no labels",
            )
        hashes = {}
        for name in members:
            member = FinishedRun.load(_member(name, run))
            _check_member(self.recipe, name, member.recipe, member.state["data"], data)
            hashes[f"member {name}"] = member.output_hash(task)
        return hashes

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Combine the probabilities that the members' runs saved, fitted on the selection split if necessary."""
        options, select = self.recipe.options, self.recipe.select
        self.folders = [_member(name, job.work.parent) for name in options.members]
        settings: list[dict[str, Any]] = [{}]
        if options.method == "stack":
            pairs = product(options.logits, options.strength)
            settings = [{"strength": strength, "logits": logits} for logits, strength in pairs]
        rows: list[dict[str, Any]] = []
        if train.folds is None:
            labels, members = eval_splits[select.split].labels, self._member_probabilities(select.split, job)
            self.combine, details = self._fit_combination(members, labels, {})
            rows = [{"epoch": 1, **details, select.split: job.score(labels, self.combine(members))}]
        else:
            labels = train.labels[: train.folds.n_predicted]
            members = np.concatenate([self._member_probabilities(s, job) for s in self.recipe.data.splits], axis=1)
            out_of_fold = [self._predict_out_of_fold(members, labels, train.folds, setting) for setting in settings]
            for number, (setting, probabilities) in enumerate(zip(settings, out_of_fold, strict=True), 1):
                # Where there is nothing to choose from, the rows are those of earlier versions.
                shown = {name: value for name, value in setting.items() if name != "logits" or len(options.logits) > 1}
                score = job.score_out_of_fold(labels, probabilities, train.folds)
                rows.append({"epoch": number, **shown, FOLDS: score})
            best = selected_epoch(rows, self.recipe) - 1
            self.combine, details = self._fit_combination(members, labels, settings[best])
            rows[best] |= details
            job.save_out_of_fold(out_of_fold[best])
        for row in rows:
            job.progress.epoch(row)
        job.record(rows)

    def _fit_combination(
        self, members: np.ndarray, labels: np.ndarray, setting: dict[str, Any]
    ) -> tuple[Combination, dict[str, Any]]:
        """Return a combination fitted to members (members, n, L) and labels (n, L), and fields for its metrics row."""
        options = self.recipe.options
        if options.method == "stack":
            return fit_stacking(members, labels, setting["strength"], own=setting["logits"] == "own"), {}
        details: dict[str, Any] = {}
        weights = np.full(len(members), 1 / len(members))
        if options.method == "weighted":
            targets = labels / self.space.top
            weights = fit_weights(members, lambda combined: -combination_loss(combined, targets, self.space))
        elif options.method == "best":
            scores = [_recorded_score(folder, self.recipe) for folder in self.folders]
            best = max(scores, key=METRICS[self.recipe.select.metric].gain)
            weights = np.eye(len(members))[scores.index(best)]
            details["scores"] = dict(zip(options.members, scores, strict=True))
        details["weights"] = dict(zip(options.members, weights.round(4).tolist(), strict=True))
        return WeightedMean(weights), details

    def _predict_out_of_fold(
        self, members: np.ndarray, labels: np.ndarray, folds: Folds, setting: dict[str, Any]
    ) -> np.ndarray:
        """Return combined probabilities, each fold's by a combination fitted to the other folds: shape (n, L)."""
        probabilities = np.zeros(labels.shape)
        for _, held_out in folds:
            rest = np.setdiff1d(np.arange(len(labels)), held_out)
            combine, _ = self._fit_combination(members[:, rest], labels[rest], setting)
            probabilities[held_out] = combine(members[:, held_out])
        return probabilities

    def _member_probabilities(self, split: str, job: Job) -> np.ndarray:
        """Return the probabilities that each member's run saved: shape (members, n, L)."""
        states = [FinishedRun.load(folder).state for folder in self.folders]
        return np.stack(
            [
                self._votes(job.load_probabilities(folder, split), stored_thresholds(folder, state, self.space))
                for folder, state in zip(self.folders, states, strict=True)
            ]
        )

    def stored_probabilities(self, split: str, job: Job) -> np.ndarray:
        """Combine the members' saved probabilities, without loading their models."""
        return self.combine(self._member_probabilities(split, job))

    def _votes(self, probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """Return a member's labels scaled to [0, 1] with ``vote``, else its probabilities."""
        if self.recipe.options.method != "vote":
            return probabilities
        return apply_thresholds(probabilities, thresholds, self.space) / self.space.top

    def members(self) -> tuple[Path, ...]:
        """Return the members' run folders without repetition."""
        return tuple(dict.fromkeys(self.folders))

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Combine the predictions of the members' models: shape (n, L), float64."""
        return self.combine(
            np.stack([self._votes(model.family.predict(texts, progress), model.thresholds) for model in self._models])
        )

    @cached_property
    def _models(self) -> list[Model]:
        """The members' models.

        Raises:
            InputError: one cannot be loaded, predicts other emotions, or is an ensemble of this one.
        """
        from semeval_emo.zoo.runs.model import load_model

        models = []
        for folder in map(Path.resolve, self.folders):
            if folder in _LOADING:
                raise InputError(f"The ensemble's member {folder} is an ensemble with itself as a member.")
            _LOADING.add(folder)
            try:
                model = load_model(folder)
            finally:
                _LOADING.discard(folder)
            if model.space != self.space:
                raise InputError(
                    f"The ensemble's member {folder} predicts {', '.join(model.space.emotions)}; the ensemble was "
                    f"made for {', '.join(self.space.emotions)}.",
                    "copy the whole folder again",
                )
            models.append(model)
        return models

    def save(self, folder: Path) -> None:
        """Save the weights and the members' paths; only `export` copies the models."""
        body = {"members": [str(f) for f in self.folders], **self.combine.to_dict()}
        write_file(folder / FILE, json.dumps(body, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` or `export` wrote."""
        model = cls(recipe, space)
        body, names = _read(folder)
        # Relative paths are inside an exported model; absolute paths are unchanged by the join.
        model.folders = [folder / name for name in names]
        method = Stacking if recipe.options.method == "stack" else WeightedMean
        try:
            model.combine = method.from_dict(body)
            model.combine.check(len(names), len(space.emotions))
        except ShapeError as error:
            raise InputError(f"{folder / FILE} cannot be read: {error}.") from error
        return model

    @classmethod
    def export(cls, folder: Path, out: Path, recipe: Recipe) -> None:
        """Copy the weights and export the members' models into the folder."""
        from semeval_emo.zoo.runs.model import export_model

        super().export(folder, out, recipe)
        body, names = _read(folder)
        for number, name in enumerate(names, 1):
            inside = f"{MEMBERS}/{number}-{Path(name).parent.name}"
            # Relative members are inside the folder and already copied.
            if not (out / name).is_relative_to(out):
                if not (folder / name / "model").is_dir():
                    raise InputError(
                        f"The ensemble's member {name} does not exist any more, so its model cannot be exported.",
                        "train it there again",
                    )
                export_model(folder / name / "model", out / inside)
                body["members"][number - 1] = inside
        write_file(out / FILE, json.dumps(body, indent=2) + "\n")


def member_folders(folder: Path) -> list[Path]:
    """Return the run folders of the members of a saved ensemble.

    Args:
        folder: its model folder.

    Raises:
        InputError: it cannot be read.
    """
    return [folder / name for name in _read(folder)[1]]


def _read(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the content of `FILE` in a model folder, and the paths of the members in it."""
    body = read_json(folder / FILE)
    try:
        names = members(body, "members", str)
        if not names or any("\0" in name for name in names):
            raise ShapeError("it names no members")
    except ShapeError as error:
        raise InputError(f"{folder / FILE} cannot be read: {error}.") from error
    return body, names


def _member(name: str, run: Path) -> Path:
    """Return the run folder of a member, given the ensemble's: a run of the same language, or a path."""
    # Run folders are runs/<recipe>/<language>.
    sibling = run.parent.parent / name / run.name
    folder = sibling if (sibling / "model").is_dir() else Path(name)
    if not (folder / "model").is_dir():
        raise MissingRun(name, f"The ensemble's member {name} is not trained: there is no {sibling / 'model'}.")
    return folder.resolve()


def _recorded_score(folder: Path, ensemble: Recipe) -> float:
    """Return the score of a member's run on the ensemble's selection split by the ensemble's metric."""
    metric = ensemble.select.metric
    run = FinishedRun.load(folder)
    scores = run.state["dev"] if ensemble.select.split != FOLDS else run.metrics[run.state["kept"] - 1][FOLDS]
    if metric not in scores:
        raise UsageError(f"The ensemble's member {folder} has no {metric}, which the ensemble selects by.")
    return float(scores[metric])


def _check_member(
    ensemble: Recipe, name: str, member: Recipe, member_data: dict[str, str], data: dict[str, str]
) -> None:
    """Check that a member fits the ensemble's data, and that its use of test data is visible in the ensemble.

    Args:
        name: as the recipe gives it.
        member_data, data: hashes of the member's splits and of the ensemble's.
    """
    for key in ("track", "language", "release"):
        own, other = getattr(ensemble.data, key), getattr(member.data, key)
        if own != other:
            raise UsageError(f"The ensemble's member {name} has {key} {other}; the ensemble has {own}.")
    for split in ("dev", "test"):
        if member_data.get(split) != data[split]:
            raise UsageError(
                f"The ensemble's member {name} was run on a different {split} split.",
                "name the data it was run on with --data",
            )
    selection = ensemble.select.split
    by_folds = member.select.split == FOLDS
    if selection == FOLDS and not (by_folds and member.data.splits == ensemble.data.splits):
        raise UsageError(
            f"The ensemble's member {name} has no out-of-fold probabilities of {' and '.join(ensemble.data.splits)}.",
            "use members selected by folds of the same splits, or --set select.split=dev --set threshold.split=dev",
        )
    if selection in member.data.splits and not by_folds:
        raise UsageError(
            f"The ensemble's member {name} was trained on {selection}, which the ensemble selects on.",
            f"train it by folds, or without {selection}",
        )
    missing = [source for source in member.data.training_sets if source not in ensemble.data.training_sets]
    if missing:
        raise UsageError(
            f"The ensemble's member {name} was also trained on {', '.join(missing)}, which the ensemble does not list.",
            "add it to data.splits, data.sources or data.extra",
        )
    if member.selects_on_test and not ensemble.selects_on_test:
        raise UsageError(
            f"The ensemble's member {name} was selected on test, so the ensemble's test score would be optimistic.",
            "--set select.split=test marks the ensemble as selected on test in every table",
        )


def combination_loss(combined: np.ndarray, targets: np.ndarray, space: Space) -> float:
    """Return the mean log-loss, or the mean squared error of intensities; smooth, unlike F1 on a small dev split.

    Args:
        combined: shape (n, L), probabilities.
        targets: shape (n, L), labels scaled to [0, 1].
    """
    if space.top > 1:
        return float(((combined - targets) ** 2).mean())
    clipped = np.clip(combined, MARGIN, 1 - MARGIN)
    return float(-np.where(targets > 0, np.log(clipped), np.log1p(-clipped)).mean())


def fit_weights(members: np.ndarray, score: Callable[[np.ndarray], float]) -> np.ndarray:
    """Fit weights that sum to one by greedy selection with replacement (Caruana et al. 2004).

    Args:
        members: shape (members, n, L).
        score: function of combined probabilities, higher is better.

    Returns:
        Weights of shape (members,): how often each member was selected, as a share.
    """
    counts = np.zeros(len(members))
    best_counts, best = counts, float("-inf")
    for _ in range(4 * len(members)):
        trials = []
        for member in range(len(members)):
            trial = counts.copy()
            trial[member] += 1
            trials.append((score(np.tensordot(trial / trial.sum(), members, 1)), -member))
        value, negated = max(trials)
        counts[-negated] += 1
        if value > best + 1e-12:
            best, best_counts = value, counts.copy()
    return best_counts / best_counts.sum()
