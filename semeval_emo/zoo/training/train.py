"""One run: from a recipe to a model, its predictions, and what they are worth.

Every stage leaves its result whole in the run folder before the next begins, so that a run killed
at any moment goes on with the same command and ends with the same predictions.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.data import Gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.progress import Progress
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import read_submission
from semeval_emo.submission.write import write_predictions, write_probabilities
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.other_languages import SOURCES, resolve_target
from semeval_emo.zoo.dataset.splits import (
    data_hash,
    fold_names,
    language_groups,
    load_splits,
    training_examples,
    training_golds,
)
from semeval_emo.zoo.family import MissingRun, ParameterCounts
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import require
from semeval_emo.zoo.runs.finished import (
    load_array,
    load_oof_probabilities,
    load_probabilities,
    member,
    save_array,
    verify_outputs,
)
from semeval_emo.zoo.runs.folder import DONE, TRAINED, TRAINING, RunFolder, locked, run_path
from semeval_emo.zoo.runs.model import THRESHOLDS, load_model, save_model
from semeval_emo.zoo.runs.provenance import commit, machine, versions
from semeval_emo.zoo.runs.reuse import reuse_model
from semeval_emo.zoo.runs.tasks import resolve_task
from semeval_emo.zoo.selection.epochs import check_metric, check_selection, selected_epoch
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune
from semeval_emo.zoo.training import card
from semeval_emo.zoo.training.job import TrainingRun, score_probabilities
from semeval_emo.zoo.training.leakage import count_leakage
from semeval_emo.zoo.training.remedies import RUNS, train_command


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes:
        rows: the lines of ``metrics.jsonl``.
        kept: number of the epoch that was kept.
        thresholds: one per emotion; of degrees its cut points, or nothing that counts where they are rounded.
        seconds: spent training, over all processes that took part, and its members' where it is joined.
        members: what `finished.member` says of each run that it was joined from.
        resumed: True where an earlier process had begun the run.
        already_done: True where there was nothing left to do.
        dev: the dev figures of what was kept, at the thresholds.
        scorecard: None where the test labels are not at hand.
        placement: None where the board has nothing to compare with.
        overlap: as `splits.count_leakage` gives it; None in a run of a version that did not look.
    """

    recipe: Recipe
    folder: RunFolder
    rows: tuple[dict[str, Any], ...]
    kept: int
    thresholds: tuple[float | list[float], ...]
    sizes: ParameterCounts | None
    seconds: float
    resumed: bool
    already_done: bool
    dev: dict[str, float]
    scorecard: Scorecard | None
    placement: Placement | None
    overlap: dict[str, Any] | None
    members: tuple[dict[str, Any], ...] = ()
    data_notes: tuple[str, ...] = ()


def train(
    recipe: Recipe,
    *,
    track: str | None = None,
    language: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    runs: Path = RUNS,
    fresh: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Trains a recipe, or goes on where an earlier process was stopped, up to the scored file.

    Args:
        track, language: instead of the recipe's own.
        source: as in `load_gold`: a folder, ``hub``, ``sample`` or None.
        runs: the folder of all runs.
        fresh: forget an earlier run in the same folder.
        progress: who looks on.

    Raises:
        UsageError: the recipe does not fit the task, or the folder holds another experiment.
        EmoError: a finished run's prediction file was changed.
        InputError: data, weights or packages are missing.
        Locked: another process trains in the same folder.
        Stopped: the person asked to stop.
    """
    progress = progress or Progress()
    plan = _plan(recipe, track, language, source, task)
    recipe, task = plan.recipe, plan.task
    path = run_path(runs, recipe, plan.spec, next(iter(task.tracks)))
    family = family_class(recipe.family)(recipe, plan.space)
    if fresh or RunFolder(path, plan.spec).state().get("status") != DONE:
        family.prepare(progress)
    golds = plan.load(source)
    hashes = {split: data_hash(gold) for split, gold in golds.items()}
    try:
        hashes |= family.dependency_hashes(path, hashes, task)
    except MissingRun as error:
        command = train_command(error.run, recipe.data, source=source, task=task, runs=runs)
        raise InputError(error.message, command or error.fix) from error
    with locked(path):
        folder = RunFolder(path, plan.spec)
        resumed = folder.begin(recipe, hashes, fresh)
        if folder.state()["status"] == DONE:
            verify_outputs(folder, task)
        already_done = folder.state()["status"] == DONE
        if family.supports_distributed:
            distributed.init()
            distributed.broadcast(folder.state()["status"] == TRAINING)
        if not already_done:
            run = TrainingRun(recipe, folder, plan.space, progress, task)
            _fit(run, golds)
            _predict(run, golds)
            _finish(run, golds, task)
        return _result(recipe, folder, task, golds, resumed, already_done)


def train_nonzero_rank(
    recipe: Recipe,
    *,
    track: str | None = None,
    language: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    runs: Path = RUNS,
) -> None:
    """Takes part in a training that another process leads with `train`; writes and says nothing.

    What every process but the first calls, with the same arguments.
    """
    plan = _plan(recipe, track, language, source, task)
    kind = family_class(recipe.family)
    if not kind.supports_distributed:
        return
    golds = plan.load(source)
    distributed.init()
    try:
        if distributed.broadcast(False):
            path = run_path(runs, plan.recipe, plan.spec, next(iter(plan.task.tracks)))
            run = TrainingRun(plan.recipe, RunFolder(path, plan.spec), plan.space, Progress(), plan.task)
            with run.listening():
                kind(plan.recipe, plan.space).fit(*training_examples(run.recipe, golds), run)
    finally:
        distributed.close()


@dataclass(frozen=True)
class _Plan:
    """A recipe with its place found."""

    recipe: Recipe
    task: Task
    spec: FileSpec
    space: Space

    def load(self, source: str | os.PathLike[str] | None) -> dict[str, Gold]:
        return load_splits(self.recipe, source, self.task)


def _plan(
    recipe: Recipe,
    track: str | None,
    language: str | None,
    source: str | os.PathLike[str] | None,
    task: Task | str | None,
) -> _Plan:
    task = resolve_task(task, source)
    kind = family_class(recipe.family)
    require(kind.packages, f"The family '{recipe.family}'")
    recipe = resolve_target(recipe, task, track, language)
    data = recipe.data
    spec = task.spec(data.track, data.language, "test", data.release or None)
    space = Space(spec.emotions, len(spec.values) - 1)
    check_metric(recipe, kind, space)
    check_selection(recipe, kind)
    return _Plan(recipe, task, spec, space)


def _fit(run: TrainingRun, golds: dict[str, Gold]) -> None:
    if run.folder.state()["status"] != TRAINING:
        return
    recipe, folder = run.recipe, run.folder
    folder.update(emotions=list(run.space.emotions))
    shared = reuse_model(folder, recipe, run.space)
    if shared:
        run.progress.message(f"the model of {shared} has learned from the same texts, so it is this run's too")
        folder.update(status=TRAINED, seconds=0.0, shares=shared)
        return
    train_on, judged = training_examples(recipe, golds)
    model = family_class(recipe.family)(recipe, run.space)
    folder.update(versions=versions(), commit=commit(), machine=machine(), seed=recipe.train.seed)
    # Of an earlier process that was killed nothing is known but what it had added by its last checkpoint.
    began = time.monotonic()
    earlier = float(folder.state().get("seconds", 0.0))
    try:
        with run.listening():
            model.fit(train_on, judged, run)
    finally:
        distributed.close()
        folder.update(seconds=round(earlier + time.monotonic() - began, 3))
    sizes = model.parameter_counts()
    save_model(model, folder.model, folder.spec.task)
    members = [member(path) for path in model.members()]
    # Without its members' time there would be nothing to join.
    spent = folder.state()["seconds"] + sum(one["seconds"] for one in members)
    folder.update(
        status=TRAINED,
        seconds=round(spent, 3),
        **({"members": members} if members else {}),
        sizes=[sizes.trainable, sizes.total] if sizes else None,
        kept=selected_epoch(folder.rows(), recipe),
    )


def _predict(run: TrainingRun, golds: dict[str, Gold]) -> None:
    """Probabilities of dev and test, by the model as it was saved."""
    missing = [split for split in ("dev", "test") if not run.folder.probabilities(split).exists()]
    others = SOURCES in golds and not run.folder.array(SOURCES).exists()
    if not missing and not others:
        return
    model = load_model(run.folder.model).family
    if others:
        save_array(run.folder, SOURCES, model.predict(golds[SOURCES].texts or (), run.progress))
    for split in missing:
        gold = golds[split]
        path = run.folder.probabilities(split)
        path.parent.mkdir(exist_ok=True)
        said = model.stored_probabilities(split, run)
        write_probabilities(gold.spec, model.predict(gold.texts or (), run.progress) if said is None else said, path)


def _finish(run: TrainingRun, golds: dict[str, Gold], task: Task) -> None:
    """Thresholds, the prediction file, the score and the card."""
    recipe, folder = run.recipe, run.folder
    found = {split: load_probabilities(folder, split, task) for split in ("dev", "test")}
    labels = {split: golds[split].labels for split in found}
    if recipe.select.split == FOLDS:
        found[FOLDS] = load_oof_probabilities(folder, recipe, task)
        labels[FOLDS] = np.concatenate([golds[name].labels for name in fold_names(recipe)])
    if SOURCES in golds:
        found[SOURCES], labels[SOURCES] = load_array(folder, SOURCES), golds[SOURCES].labels
    tuned_on, metric = recipe.threshold.split, recipe.select.metric
    thresholds = tune(
        found[tuned_on], labels[tuned_on], run.space, recipe.threshold, metric, language_groups(tuned_on, recipe, golds)
    )
    folder.predictions.parent.mkdir(exist_ok=True)
    write_predictions(folder.spec, apply_thresholds(found["test"], thresholds, run.space), folder.predictions)
    overlap = count_leakage(training_golds(recipe, golds), golds["test"], found["test"], thresholds, run)
    dev = score_probabilities(golds["dev"].labels, found["dev"], thresholds, run.space)
    folder.update(thresholds=thresholds.tolist(), dev=dev, overlap=overlap)
    scorecard = _score(folder, golds["test"], task)
    if scorecard is not None:
        write_file(folder.score, json.dumps(scorecard.to_dict(), indent=2, ensure_ascii=False) + "\n")
    write_file(folder.card, card.model_card(recipe, folder, scorecard, task))
    # The thresholds belong to the model: `zoo predict` finds them there.
    write_file(folder.model / THRESHOLDS, json.dumps(thresholds.tolist()) + "\n")
    folder.update(status=DONE)
    shutil.rmtree(folder.work, ignore_errors=True)


def _score(folder: RunFolder, gold: Gold, task: Task) -> Scorecard | None:
    """The scorecard of the run's prediction file, read back and validated; None without test labels."""
    spec = folder.spec
    read = read_submission(folder.predictions, release=spec.release, task=task)
    if not read.report.valid:
        # Our own writer made it, so this is a bug of ours, not a mistake of the person's.
        raise AssertionError(f"the zoo wrote an invalid file: {read.report.problems}")
    if (gold.labels < 0).any():
        return None
    return score(read.predictions, gold, task=task).cards[0]


def _place(scorecard: Scorecard | None, task: Task) -> Placement | None:
    if scorecard is None:
        return None
    try:
        return Leaderboard.load(task).place(scorecard)
    except UsageError:
        # The board has no rows for this task, language or release.
        return None


def _result(
    recipe: Recipe, folder: RunFolder, task: Task, golds: dict[str, Gold], resumed: bool, already_done: bool
) -> RunResult:
    state = folder.state()
    scorecard = _score(folder, golds["test"], task)
    return RunResult(
        recipe=recipe,
        folder=folder,
        rows=tuple(folder.rows()),
        kept=state["kept"],
        thresholds=tuple(state["thresholds"]),
        sizes=ParameterCounts(*state["sizes"]) if state["sizes"] else None,
        seconds=state["seconds"],
        resumed=resumed,
        already_done=already_done,
        dev=state["dev"],
        scorecard=scorecard,
        placement=_place(scorecard, task),
        overlap=state.get("overlap"),
        members=tuple(state.get("members", ())),
        data_notes=tuple(gold.note for gold in golds.values() if gold.note),
    )
