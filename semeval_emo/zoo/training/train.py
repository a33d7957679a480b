"""Training of one run: from a recipe to a model, its predictions and its scores.

Every stage writes its result to the run folder before the next one starts. A run that was killed is
resumed by the same command and gives the same predictions.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.data import Gold
from semeval_emo.data.gold import HUB, SAMPLE
from semeval_emo.data.overlap import leaks
from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import shown_path, write_file
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.parse import read_json
from semeval_emo.progress import Progress
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import read_submission
from semeval_emo.submission.write import write_predictions, write_probabilities
from semeval_emo.task import FileSpec, Task, load_task, task_files
from semeval_emo.text import capitalized
from semeval_emo.zoo import distributed
from semeval_emo.zoo.backbones.weights import weights_version
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.joint import JointSet, joint_set
from semeval_emo.zoo.dataset.other_languages import SOURCES, resolve_target
from semeval_emo.zoo.dataset.splits import (
    data_hash,
    fold_names,
    language_groups,
    load_splits,
    training_examples,
    training_golds,
)
from semeval_emo.zoo.family import Family, MissingRun, ParameterCounts
from semeval_emo.zoo.recipe import DataConfig, Recipe
from semeval_emo.zoo.recipes.adopted import FAMILY, UNKNOWN_TRAINING
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import require
from semeval_emo.zoo.runs.finished import (
    FinishedRun,
    load_array,
    load_oof_probabilities,
    load_probabilities,
    save_array,
    verify_outputs,
)
from semeval_emo.zoo.runs.folder import RUNS, RunFolder, keep_task, locked, resolve_task, run_path
from semeval_emo.zoo.runs.model import THRESHOLDS, load_model, save_model, thresholds_text
from semeval_emo.zoo.runs.provenance import commit, machine, versions
from semeval_emo.zoo.runs.reuse import reuse_model
from semeval_emo.zoo.runs.seeds import origin_of
from semeval_emo.zoo.runs.state import DONE, TRAINED, TRAINING, check_finished
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions, constant_predictions
from semeval_emo.zoo.selection.epochs import check_metric, check_selection, selected_epoch
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune
from semeval_emo.zoo.training.card import model_card, update_seed_lines
from semeval_emo.zoo.training.job import TrainingRun, enough_memory, score_probabilities
from semeval_emo.zoo.training.own import fit_recipe
from semeval_emo.zoo.training.result import RunResult
from semeval_emo.zoo.training.tracking import TrackedProgress, check_tracker, tracked


def train(
    recipe: Recipe,
    *,
    track: str | None = None,
    language: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    runs: Path = RUNS,
    fresh: bool = False,
    log_to: str | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Train a recipe, or resume its run, up to the scored prediction file.

    Args:
        track, language: instead of those of the recipe.
        source: as in `load_gold`: a folder, ``hub``, ``sample`` or None.
        fresh: delete an earlier run in the same folder.
        log_to: experiment tracker for losses and metrics, as in `tracking.TrackerName`.

    Raises:
        UsageError: the recipe does not fit the task, or the folder contains another experiment.
        EmoError: the prediction file of the finished run was changed.
        InputError: data, weights or packages are missing.
        Locked: another process trains in the same folder.
        TrainingStopped: the user stopped training.
    """
    progress = progress or Progress()
    check_tracker(log_to)
    setup = _Setup.create(recipe, track, language, source, task)
    recipe, task = setup.recipe, setup.task
    folder = setup.run_folder(runs)
    family = setup.family(recipe, setup.space)
    if fresh or folder.state().get("status") != DONE:
        family.prepare(progress)
    golds = load_splits(recipe, source, task)
    hashes = {split: data_hash(gold) for split, gold in golds.items()}
    try:
        hashes |= family.dependency_hashes(folder.path, hashes, task)
    except MissingRun as error:
        command = train_command(error.run, recipe.data, source=source, task=task, runs=runs)
        raise InputError(error.message, command or error.fix) from error
    with locked(folder.path):
        resumed = folder.start_or_resume(recipe, hashes, fresh)
        keep_task(task, runs, source)
        if source is not None and str(source) != SAMPLE:
            # Later commands find the data by it.
            folder.update_state(source=str(source) if str(source) == HUB else str(Path(source).resolve()))
        if folder.state()["status"] == DONE:
            verify_outputs(folder, task)
        status = folder.state()["status"]
        if family.supports_distributed:
            distributed.init()
        if status != TRAINING:
            _tell_other_processes(family, False)
        if status != DONE:
            if unverified := [gold.unverified for gold in golds.values() if gold.unverified]:
                folder.update_state(unverified_gold=unverified)
            if notes := [gold.note for gold in golds.values() if gold.note]:
                folder.update_state(data_notes=notes)
            with tracked(progress, log_to, folder.path, recipe) as own_progress:
                run = TrainingRun(recipe, folder, setup.space, own_progress, task)
                if status == TRAINING:
                    _fit(run, golds)
                _predict(run, golds)
                _finish(run, golds)
                if isinstance(own_progress, TrackedProgress):
                    own_progress.log(_final_scores(folder))
        result = _result(recipe, folder, task, golds, resumed, status == DONE)
    if recipe.threshold.rule == "fixed" and result.constant.can_change(result.scores_zero):
        result = replace(result, tune_command=tune_command(folder.path))
    return result


def _final_scores(folder: RunFolder) -> dict[str, Any]:
    """Return the scores of a finished run on dev, and on test if its labels are known, for a tracker."""
    scores = {f"result/dev/{name}": value for name, value in folder.state()["dev"].items()}
    if folder.score.exists():
        card = read_json(folder.score)
        scores[f"result/test/{card['metric']}"] = card["score"]
    return scores


def train_nonzero_rank(
    recipe: Recipe,
    *,
    track: str | None = None,
    language: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    runs: Path = RUNS,
) -> None:
    """Take part in distributed training as a process of rank 1 or higher, while rank 0 runs `train`.

    Called with the same arguments as `train`; writes and prints nothing.
    """
    setup = _Setup.create(recipe, track, language, source, task)
    if not setup.family.supports_distributed:
        return
    golds = load_splits(setup.recipe, source, setup.task)
    distributed.init()
    try:
        if distributed.broadcast(False):
            run = TrainingRun(setup.recipe, setup.run_folder(runs), setup.space, Progress(), setup.task)
            run.joint = _joint_set(run, golds)
            _fit_model(run, golds)
    finally:
        distributed.close()


@dataclass(frozen=True)
class _Setup:
    """A recipe resolved for its target and checked."""

    recipe: Recipe
    task: Task
    spec: FileSpec
    space: Space
    family: type[Family]

    @classmethod
    def create(
        cls,
        recipe: Recipe,
        track: str | None,
        language: str | None,
        source: str | os.PathLike[str] | None,
        task: Task | str | None,
    ) -> _Setup:
        task = resolve_task(task, source)
        family = family_class(recipe.family)
        require(family.packages, f"The family '{recipe.family}'")
        if family.supports_distributed:
            distributed.check_configuration(recipe.train.precision)
        if task.is_own_split:
            recipe = fit_recipe(recipe, task, track)
        recipe = resolve_target(recipe, task, track, language)
        data = recipe.data
        spec = task.spec(data.track, data.language, "test", data.release or None)
        space = Space.of(spec)
        check_metric(recipe, family, space)
        check_selection(recipe, family)
        return cls(recipe, task, spec, space, family)

    def run_folder(self, runs: Path) -> RunFolder:
        return RunFolder(run_path(runs, self.recipe, self.spec, next(iter(self.task.tracks))), self.spec)


def _tell_other_processes(family: Family | type[Family], trains: bool) -> None:
    """Tell the processes of `train_nonzero_rank` whether a network is trained now, which they take part in."""
    if family.supports_distributed:
        distributed.broadcast(trains)


def _joint_set(run: TrainingRun, golds: dict[str, Gold]) -> JointSet | None:
    """Return the texts of all languages if the run trains one model for them."""
    return joint_set(run.recipe, golds, run.space, run.task) if run.recipe.trains_jointly else None


def _fit_model(run: TrainingRun, golds: dict[str, Gold]) -> Family:
    """Train the model of a run; in distributed training, every process does."""
    recipe, joint = run.recipe, run.joint
    train_on, eval_splits = (joint.train, {}) if joint else training_examples(recipe, golds)
    model = family_class(recipe.family)(recipe, joint.space if joint else run.space)
    with run.handle_signals():
        model.fit(train_on, eval_splits, run)
    return model


def _fit(run: TrainingRun, golds: dict[str, Gold]) -> None:
    """Train the model, or reuse that of another language."""
    recipe, folder = run.recipe, run.folder
    folder.update_state(emotions=list(run.space.emotions))
    run.joint = _joint_set(run, golds)
    family = family_class(recipe.family)
    shared = reuse_model(folder, recipe, run.space)
    _tell_other_processes(family, not shared)
    if shared:
        run.progress.message(f"using the model of {shared}, which was trained on the same texts")
        if run.joint and recipe.select.split == FOLDS:
            _score_own_folds(run, run.joint, folder.path.parent / shared)
        folder.update_state(status=TRAINED, seconds=0.0, shares=shared)
        return
    folder.update_state(
        versions=versions(), commit=commit(), machine=machine(), seed=recipe.train.seed,
        processes=distributed.world_size() if family.supports_distributed else 1,
    )  # fmt: skip
    # Time of an earlier process that was killed is only known up to its last checkpoint.
    started = time.monotonic()
    earlier = float(folder.state().get("seconds", 0.0))
    try:
        with enough_memory(recipe):
            model = _fit_model(run, golds)
    finally:
        distributed.close()
        folder.update_state(seconds=round(earlier + time.monotonic() - started, 3))
    # A model for many languages knows more emotions than the run predicts.
    model.space = run.space
    sizes = model.parameter_counts()
    save_model(model, folder.model, folder.spec.task)
    backbone = recipe.model.backbone if "model" in family.recipe_sections else ""
    # Of an ensemble, the weights of its members.
    of_members = [FinishedRun.load(path).state["versions"] for path in model.members()]
    weights = {name: value for each in of_members for name, value in each.items() if value.startswith("sha256:")}
    folder.update_state(versions=versions() | weights | weights_version(backbone))
    members = [FinishedRun.load(path).member_record() for path in model.members()]
    # An ensemble includes the training time of its members.
    seconds = folder.state()["seconds"] + sum(member["seconds"] for member in members)
    folder.update_state(
        status=TRAINED,
        seconds=round(seconds, 3),
        **({"members": members} if members else {}),
        sizes=[sizes.trainable, sizes.total] if sizes else None,
        kept=selected_epoch(folder.read_metrics(), recipe),
    )
    run.end_if_stopped()


def _score_own_folds(run: TrainingRun, joint: JointSet, other: Path) -> None:
    """Take the out-of-fold probabilities of the target's texts from the run that trained the model for it."""
    probabilities = load_array(RunFolder(other, run.folder.spec), FOLDS)
    assert joint.train.folds is not None
    run.save_out_of_fold(probabilities)
    rows = run.folder.read_metrics()
    rows[-1][FOLDS] = run.score_out_of_fold(joint.train.labels, probabilities, joint.train.folds)
    run.record(rows)


def _predict(run: TrainingRun, golds: dict[str, Gold]) -> None:
    """Write the probabilities of dev and test, predicted by the saved model."""
    missing = [split for split in ("dev", "test") if not run.folder.probabilities(split).exists()]
    sources_missing = SOURCES in golds and not run.folder.array(SOURCES).exists()
    if not missing and not sources_missing:
        return
    model = load_model(run.folder.model, check=False).family
    if sources_missing:
        save_array(run.folder, SOURCES, model.predict(golds[SOURCES].texts or (), run.progress))
    for split in missing:
        gold = golds[split]
        path = run.folder.probabilities(split)
        path.parent.mkdir(exist_ok=True)
        probabilities = model.stored_probabilities(split, run)
        if probabilities is None:
            probabilities = model.predict(gold.texts or (), run.progress)
        write_probabilities(gold.spec, probabilities, path)


def _finish(run: TrainingRun, golds: dict[str, Gold]) -> None:
    """Tune the thresholds; write the prediction file, the score and the model card."""
    recipe, folder, task = run.recipe, run.folder, run.task
    probabilities = {split: load_probabilities(folder, split, task) for split in ("dev", "test")}
    labels = {split: golds[split].labels for split in probabilities}
    if recipe.select.split == FOLDS:
        probabilities[FOLDS] = load_oof_probabilities(folder, recipe, task)
        labels[FOLDS] = np.concatenate([golds[name].labels for name in fold_names(recipe)])
    if SOURCES in golds:
        probabilities[SOURCES], labels[SOURCES] = load_array(folder, SOURCES), golds[SOURCES].labels
    split, metric = recipe.threshold.split, recipe.select.metric
    groups = language_groups(split, recipe, golds)
    thresholds = tune(probabilities[split], labels[split], run.space, recipe.threshold, metric, groups)
    folder.predictions.parent.mkdir(exist_ok=True)
    test_labels = apply_thresholds(probabilities["test"], thresholds, run.space)
    texts = dict(zip(golds["test"].ids, golds["test"].texts or (), strict=False))
    write_predictions(folder.spec, test_labels, folder.predictions, texts)
    overlap = count_leakage(training_golds(recipe, golds), golds["test"], probabilities["test"], thresholds, run)
    # The official metric first: a recipe can select by another one.
    dev: dict[str, float] = {}
    for name in dict.fromkeys((task.track(folder.spec.track).metric, metric)):
        dev |= score_probabilities(labels["dev"], probabilities["dev"], thresholds, run.space, name)
    constant = constant_predictions(probabilities["test"], thresholds, run.space)
    folder.update_state(thresholds=thresholds.tolist(), dev=dev, overlap=overlap, constant=constant.to_dict())
    scorecard = _score(folder, golds["test"], task)
    if scorecard is not None:
        write_file(folder.score, json.dumps(scorecard.to_dict(), indent=2, ensure_ascii=False) + "\n")
    write_file(folder.card, model_card(recipe, folder, scorecard, task))
    # The thresholds are part of the model: `zoo predict` reads them there.
    write_file(folder.model / THRESHOLDS, thresholds_text(run.space.emotions, thresholds.tolist()))
    folder.update_state(status=DONE)
    update_seed_lines(FinishedRun.load(folder.path))
    shutil.rmtree(folder.work, ignore_errors=True)


def count_leakage(
    training: Sequence[Gold], test: Gold, probabilities: np.ndarray, thresholds: np.ndarray, run: TrainingRun
) -> dict[str, Any]:
    """Count the test texts that are also training texts, and score the other test texts.

    Returns:
        Counts by degree of overlap, and ``without``: the metrics on the other texts; None if the test labels
        are not available, or if no or all texts overlap.
    """
    overlap = leaks(list(training), test)
    leaked = set(overlap.ids())
    counts: dict[str, Any] = {"exact": overlap.exact, "normalised": overlap.normalised, "without": None}
    if not leaked:
        return counts
    rows = [row for row, id_ in enumerate(test.ids) if id_ not in leaked]
    if rows and (test.labels >= 0).all():
        counts["without"] = score_probabilities(
            test.labels[rows], probabilities[rows], thresholds, run.space, run.recipe.select.metric
        )
    run.progress.message(
        f"{overlap.normalised:,} test texts are also training texts ({overlap.exact:,} exact copies)"
        + ("; the score without them is shown, too" if counts["without"] else "")
    )
    return counts


def _score(folder: RunFolder, gold: Gold, task: Task, intervals: bool = False) -> Scorecard | None:
    """Return the scorecard of the prediction file, read and validated; None without test labels."""
    submission = read_submission(folder.predictions, release=folder.spec.release, task=task)
    if not submission.report.valid:
        # The package wrote the file, so this is a bug and not an error of the user.
        raise AssertionError(f"the zoo wrote an invalid file: {submission.report.problems}")
    if (gold.labels < 0).any():
        return None
    scores = score(submission.predictions, gold, task=task)
    return (with_intervals(scores, task=task) if intervals and len(gold) > 1 else scores).cards[0]


def _place(scorecard: Scorecard | None, task: Task) -> Placement | None:
    if scorecard is None:
        return None
    try:
        return Leaderboard.load(task).place(scorecard)
    except UsageError:
        # The leaderboard has no rows for this task, language or release.
        return None


def _result(
    recipe: Recipe, folder: RunFolder, task: Task, golds: dict[str, Gold], resumed: bool, already_done: bool
) -> RunResult:
    state, rows = folder.state(), folder.read_metrics()
    check_finished(folder.path, state, rows, recipe)
    # The test split of one's own data is small.
    scorecard = _score(folder, golds["test"], task, intervals=task.is_own_split)
    return RunResult(
        recipe=recipe,
        folder=folder,
        rows=tuple(rows),
        selected_epoch=state["kept"],
        thresholds=tuple(state["thresholds"]),
        sizes=ParameterCounts(*state["sizes"]) if state["sizes"] else None,
        seconds=state["seconds"],
        resumed=resumed,
        already_done=already_done,
        dev=state["dev"],
        scorecard=scorecard,
        placement=_place(scorecard, task),
        overlap=state.get("overlap"),
        origin=origin_of(FinishedRun.load(folder.path)),
        members=tuple(state.get("members", ())),
        data_notes=(
            *(gold.note for gold in golds.values() if gold.note),
            *([f"{capitalized(UNKNOWN_TRAINING)}."] if recipe.family == FAMILY else []),
        ),
        warnings=tuple(
            dict.fromkeys(
                [
                    *(gold.unverified for gold in golds.values() if gold.unverified),
                    *(scorecard.warnings if scorecard else ()),
                ]
            )
        ),
        constant=ConstantPredictions.from_dict(state.get("constant")),
    )


def train_command(
    name: str, target: DataConfig, *, source: str | os.PathLike[str] | None, task: Task, runs: Path = RUNS
) -> str:
    """Return the command that trains a recipe for the target of another run; empty if there is no such recipe.

    Args:
        target: track, language and release.

    >>> target = DataConfig(track="b", language="hau", release="2025")
    >>> train_command("tfidf-folds", target, source=None, task=load_task(), runs=Path("my runs"))
    "semeval-emo zoo train tfidf-folds --track b --language hau --runs 'my runs'"
    """
    try:
        default = load_recipe(name).data
    except UsageError:
        return ""
    words = ["semeval-emo", "zoo", "train", name]
    if target.track != (default.track or next(iter(task.tracks))):
        words += ["--track", target.track]
    if target.language != default.language:
        words += ["--language", target.language]
    if target.release != (default.release or task.default_release):
        words += ["--set", f"data.release={target.release}"]
    if source is not None:
        words += ["--data", os.fspath(source)]
    if target.unverified_gold:
        words.append("--unverified-gold")
    if task.key != load_task(SAMPLE if str(source) == SAMPLE else None).key:
        names = {path.resolve(): name for name, path in task_files().items()}
        words += ["--task", names.get(task.file, shown_path(task.file)) if task.file else "FILE"]
    if runs != RUNS:
        words += ["--runs", str(runs)]
    return shlex.join(words)


def tune_command(folder: Path) -> str:
    """Return the command that fits thresholds to a finished run, which knows its task and its data.

    >>> tune_command(Path("my runs/eng"))
    "semeval-emo zoo tune 'my runs/eng'"
    """
    return shlex.join(["semeval-emo", "zoo", "tune", str(folder)])
