"""Submission of finished runs: their predictions and provenance, copied into the folder of a system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.data.gold import gold_for
from semeval_emo.data.sources import source_near
from semeval_emo.errors import EmoError, InputError, UnverifiedGold, UsageError
from semeval_emo.files import check_name, write_file
from semeval_emo.leaderboard.submitted import (
    FILE,
    BuildInfo,
    SubmittedFile,
    SubmittedSystem,
    read_system,
    to_toml,
)
from semeval_emo.progress import Progress
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Predictions
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import Task
from semeval_emo.zoo.recipes.load import list_recipes
from semeval_emo.zoo.runs.finished import FinishedRun, find_runs, load_predictions, load_runs
from semeval_emo.zoo.runs.folder import resolve_task
from semeval_emo.zoo.runs.seeds import members_of, seed_runs

# Largest difference between a score and the one that the run recorded.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class FileUpdate:
    """A file of a system, and how it got there: ``new``, ``replaced``, ``same``, or ``kept``: better on dev."""

    file: SubmittedFile
    how: str


@dataclass(frozen=True)
class SubmitReport:
    """Result of `submit`, with the reasons why other runs were skipped, and warnings on unverified gold."""

    system: SubmittedSystem
    updates: tuple[FileUpdate, ...]
    skipped: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-submit/1``."""
        folder = self.system.path
        return {
            "schema": "semeval-emo/zoo-submit/1",
            "system": self.system.name,
            "title": self.system.title,
            "folder": str(folder),
            "taken": [
                asdict(update.file) | {"path": str(folder / update.file.name), "how": update.how}
                for update in self.updates
            ],
            "files": len(self.system.files),
            "left": list(self.skipped),
        }


def submit(
    paths: Sequence[Path],
    to: Path,
    *,
    title: str = "",
    best_on_dev: bool = False,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    unverified_gold: bool = False,
    progress: Progress | None = None,
) -> SubmitReport:
    """Copy the predictions of finished runs and their provenance into the folder of a system.

    Files of other tracks and languages in the folder are kept. If the test labels are available, each
    file is scored again and the interval of its score is recorded.

    Args:
        paths: run folders, or folders of them, such as ``runs/tfidf-char``.
        to: the folder; its name is the name of the system.
        title: of the system; by default the title of its recipe.
        best_on_dev: among several runs for one track and language, and the file in the folder, take the best on dev.
        source: of the test labels, as in `load_gold`.
        task: of the runs; by default the recorded one.
        unverified_gold: as in `load_gold`; the files are then flagged on the leaderboard.

    Raises:
        InputError: no finished run.
        UsageError: several runs for one file, or runs of several tasks.
        EmoError: a prediction file was changed, or an ensemble of an earlier version did not record its members.
    """
    progress = progress or Progress()
    # '.' has a name, too.
    name = check_name(to.absolute().name, "a system")
    runs, skipped = load_runs(find_runs(paths))
    if not runs:
        raise InputError(
            f"There is no finished run in {', '.join(map(str, paths))}." + (f" {skipped[0]}" if skipped else ""),
            "name run folders, or a folder of them, such as runs/tfidf-char",
        )
    tasks = [resolve_task(task, None, run.task_key, run.path) for run in runs]
    keys = {each.key for each in tasks}
    if len(keys) > 1:
        raise UsageError(f"These are runs of several tasks: {', '.join(sorted(keys))}.", "submit each task separately")
    task = tasks[0]
    selected, not_best = _one_per_file(runs, task, best_on_dev)
    runs = [run for run, _ in selected]
    old = read_system(to) if (to / FILE).exists() else SubmittedSystem(name, "", task.key, to, ())
    old = replace(old, name=name)
    if old.task != task.key:
        raise UsageError(f"{to} contains a system of task {old.task}; the runs are of task {task.key}.")
    files = {file.key: file for file in old.files}
    updates, contents, warnings = [], {}, []
    with progress.stage("scoring", len(runs)):
        for run, candidates in selected:
            file, content, unverified = _submitted_file(
                run, task, source_near(run.path) if source is None else source, unverified_gold
            )
            file = replace(file, candidates=candidates)
            previous = files.get(file.key)
            if best_on_dev and previous is not None:
                names = (*(previous.candidates or (previous.recipe,)), *(candidates or (file.recipe,)))
                tried = tuple(dict.fromkeys(names))
                file = replace(file, candidates=tried if len(tried) > 1 else ())
                if file.recipe != previous.recipe and _is_better(previous, file):
                    files[file.key] = replace(previous, candidates=file.candidates)
                    updates.append(FileUpdate(files[file.key], "kept"))
                    progress.advance()
                    continue
            warnings += unverified
            if previous is None:
                how = "new"
            elif (previous.predictions, previous.recipe_hash) == (file.predictions, file.recipe_hash):
                how = "same"
                file = replace(file, candidates=candidates or previous.candidates)
            else:
                how = "replaced"
            updates.append(FileUpdate(file, how))
            files[file.key], contents[to / file.name] = file, content
            progress.advance()
    system = replace(
        old,
        title=title or _default_title(old, runs, best_on_dev),
        files=tuple(sorted(files.values(), key=lambda file: file.key)),
    )
    for path, content in contents.items():
        write_file(path, content, parents=True)
    # Last, because it describes the other files.
    write_file(to / FILE, to_toml(system))
    return SubmitReport(system, tuple(updates), (*skipped, *not_best), tuple(dict.fromkeys(warnings)))


def _one_per_file(
    runs: Sequence[FinishedRun], task: Task, best_on_dev: bool
) -> tuple[list[tuple[FinishedRun, tuple[str, ...]]], list[str]]:
    """Return one run for each track and language with the names of its candidates, and why others were skipped."""
    by_file: dict[tuple[str, str], list[FinishedRun]] = {}
    for run in runs:
        spec = run.folder(task).spec
        by_file.setdefault((spec.track, spec.language), []).append(run)
    selected, skipped = [], []
    for (track, language), candidates in by_file.items():
        if len(candidates) > 1 and not best_on_dev:
            raise UsageError(
                f"{candidates[0].path} and {candidates[1].path} are both runs for track {track}, {language}.",
                "name one of them, or add --best-on-dev",
            )
        # The first of equals, as in all such choices.
        best = max(candidates, key=_dev_gain)
        skipped += [f"{run.path} scores no better on dev than {best.path}." for run in candidates if run is not best]
        selected.append((best, tuple(run.name for run in candidates) if len(candidates) > 1 else ()))
    return selected, skipped


def _dev_gain(run: FinishedRun) -> float:
    """Return what a run was selected by on dev; higher is better."""
    name = run.recipe.select.metric
    return METRICS[name].gain(float(run.state["dev"][name]))


def _is_better(one: SubmittedFile, other: SubmittedFile) -> bool:
    """Return whether a file is at least as good as another on dev; not if one has no score there."""
    if one.dev is None or other.dev is None or one.metric != other.metric:
        return False
    gain = METRICS[one.metric].gain
    return gain(one.dev) >= gain(other.dev)


def _submitted_file(
    run: FinishedRun, task: Task, source: str | os.PathLike[str] | None, unverified_gold: bool
) -> tuple[SubmittedFile, bytes, list[str]]:
    """Return the entry of a run's prediction file, the content of the file, and warnings."""
    folder = run.folder(task)
    spec = folder.spec
    predictions, recorded = load_predictions(folder, task), folder.read_score()
    card = _score(predictions, task, source, unverified_gold)
    warnings = [*(card.warnings if card else ()), *run.state.get("unverified_gold", ())]
    if card is not None and recorded and abs(card.score - recorded["score"]) > TOLERANCE:
        raise EmoError(
            f"{folder.predictions} scores {card.score!r}; its run recorded {recorded['score']!r}.",
            "score against the labels of the same release: --gold FOLDER",
        )
    metric = task.track(spec.track).metric
    overlap = run.state.get("overlap") or {}
    interval = card.intervals.whole[metric] if card is not None and card.intervals is not None else None
    signature = replace(card, intervals=None).signature if card else recorded.get("signature", "")
    file = SubmittedFile(
        track=spec.track,
        language=spec.language,
        release=spec.release,
        split=spec.split,
        recipe=run.name,
        recipe_hash=run.recipe.hash,
        seed=run.recipe.train.seed,
        seconds=run.seconds,
        selected_on=selected_on(run),
        metric=metric,
        dev=run.state["dev"].get(metric),
        score=recorded["score"] if recorded else card.score if card else None,
        interval=(round(interval.low, 6), round(interval.high, 6)) if interval else (),
        predictions=predictions.hash,
        signature=signature,
        made=BuildInfo(run.state.get("commit", ""), run.state.get("machine", ""), run.state["versions"]),
        overlap=overlap.get("normalised", 0),
        without=(overlap.get("without") or {}).get(metric),
        members=members_of(run),
        seeds=seed_runs(run),
        unverified=bool(warnings),
    )
    place = folder.predictions.relative_to(folder.path).as_posix()
    file = replace(file, path="" if place == file.name else place)
    return file, prediction_bytes(spec, predictions.values, predictions.texts), warnings


def _score(
    predictions: Predictions, task: Task, source: str | os.PathLike[str] | None, unverified_gold: bool
) -> Scorecard | None:
    """Return the scorecard with intervals; None if the labels of the same release are not available."""
    try:
        gold = gold_for(predictions.spec, task, source, unverified_gold=unverified_gold)
    except UnverifiedGold:
        raise
    except EmoError:
        return None
    return with_intervals(score([predictions], gold, task=task), source=source, task=task).cards[0]


def selected_on(run: FinishedRun) -> str:
    """Return the split that settings, epoch or thresholds were selected on, the least trustworthy of several.

    ``none`` if nothing was selected.
    """
    recipe = run.recipe
    rows = run.metrics
    splits = {recipe.threshold.split} if recipe.threshold.rule != "fixed" else set()
    if (recipe.select.epoch == "best" and len(rows) > 1) or any("weights" in row for row in rows):
        splits.add(recipe.select.split)
    return next((split for split in ("test", "dev", "sources", "folds") if split in splits), "none")


def _default_title(old: SubmittedSystem, runs: Sequence[FinishedRun], best_on_dev: bool) -> str:
    names = list(dict.fromkeys(run.name for run in runs))
    if len(names) > 1:
        return ("the best on dev of " if best_on_dev else "") + ", ".join(names)
    # Runs do not store the title of their recipe.
    titles = {recipe.name: recipe.title for recipe in list_recipes(on_error=lambda _: None)}
    return old.title or titles.get(runs[0].recipe.name) or names[0]
