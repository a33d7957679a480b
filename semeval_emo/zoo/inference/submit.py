"""Takes the predictions of finished runs into a system's folder, with how they were made and what they scored."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.data.gold import gold_for
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.leaderboard.submitted import (
    FILE,
    BuildInfo,
    EnsembleMember,
    SubmittedFile,
    SubmittedSystem,
    read_system,
    to_toml,
)
from semeval_emo.progress import Progress
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Predictions
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import Task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import list_recipes
from semeval_emo.zoo.runs.finished import folder_of, load_predictions, recipe_and_state, training_seconds
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.tasks import resolve_task

# How near a score must come to the one that the run recorded.
NEAR = 1e-9


@dataclass(frozen=True)
class FileUpdate:
    """One file that was taken, and whether the folder had one in its place: ``new``, ``replaced`` or ``same``."""

    file: SubmittedFile
    how: str


@dataclass(frozen=True)
class SubmitReport:
    """What `submit` returns.

    Attributes:
        system: as it is now, with what it held before.
        taken: what came from the runs.
        left: runs that were passed over, and why.
    """

    system: SubmittedSystem
    taken: tuple[FileUpdate, ...]
    left: tuple[str, ...]

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
                for update in self.taken
            ],
            "files": len(self.system.files),
            "left": list(self.left),
        }


@dataclass(frozen=True)
class _SubmittedRun:
    folder: RunFolder
    recipe: Recipe
    state: dict[str, Any]
    task: Task


def submit(
    paths: Sequence[Path],
    to: Path,
    *,
    title: str = "",
    best_on_dev: bool = False,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    progress: Progress | None = None,
) -> SubmitReport:
    """Writes the predictions of finished runs and their provenance into a system's folder.

    What the folder holds of other tracks and languages stays. Where the test labels are at hand, each
    file is scored again and its interval taken down.

    Args:
        paths: run folders, or folders of them, such as ``runs/tfidf-char``.
        to: the system's folder; its name is the system's.
        title: what the system is; by default the title of its recipe.
        best_on_dev: of several runs for one track and language, take the better one on dev.
        source: of the test labels, as in `load_gold`.
        task: of the runs; by default the one that they say they are of.

    Raises:
        InputError: no finished run.
        UsageError: several runs for one place, or runs of several tasks.
        EmoError: a prediction file is not the one that its run scored, or a joined run of an earlier
            version does not know its members.
    """
    progress = progress or Progress()
    left: list[str] = []
    found = [_read(path, task) for path in _run_folders(paths, left)]
    if not found:
        raise InputError(
            f"There is no finished run in {', '.join(map(str, paths))}." + (f" {left[0]}" if left else ""),
            "name run folders, or a folder of them, such as runs/tfidf-char",
        )
    of = {one.task.key for one in found}
    if len(of) > 1:
        raise UsageError(f"The runs are of several tasks: {', '.join(sorted(of))}.", "submit each alone")
    chosen = _one_each(found, best_on_dev, left)
    before = read_system(to) if (to / FILE).exists() else SubmittedSystem(to.name, "", found[0].task.key, to, ())
    if before.task != found[0].task.key:
        raise UsageError(f"{to} holds a system of task {before.task}, and the runs are of {found[0].task.key}.")
    held = {one.key: one for one in before.files}
    taken, bodies = [], {}
    with progress.stage("scoring", len(chosen)):
        for one in chosen:
            file, body = _take(one, source)
            old = held.get(file.key)
            same = old is not None and (old.predictions, old.recipe_hash) == (file.predictions, file.recipe_hash)
            taken.append(FileUpdate(file, "same" if same else "new" if old is None else "replaced"))
            held[file.key], bodies[to / file.name] = file, body
            progress.advance()
    name = title or _title(before, chosen, best_on_dev)
    system = replace(before, title=name, files=tuple(sorted(held.values(), key=lambda one: one.key)))
    for path, body in bodies.items():
        write_file(path, body, parents=True)
    # Last, since it says what lies there.
    write_file(to / FILE, to_toml(system))
    return SubmitReport(system, tuple(taken), tuple(left))


def _run_folders(paths: Sequence[Path], left: list[str]) -> Iterator[Path]:
    """The finished runs among the paths and right below them; names the others."""
    for path in paths:
        inside = [path] if (path / "recipe.json").exists() else sorted(path.glob("*/"))
        for one in inside:
            if not (one / "recipe.json").exists():
                continue
            try:
                recipe_and_state(one)
            except InputError as error:
                left.append(error.message)
                continue
            yield one


def _read(path: Path, task: Task | str | None) -> _SubmittedRun:
    recipe, state = recipe_and_state(path)
    if task is None:
        score_file = path / "score.json"
        scored = json.loads(score_file.read_text("utf-8"))["task"] if score_file.exists() else ""
        chosen = resolve_task(None, None, state.get("task", scored))
    else:
        chosen = resolve_task(task, None)
    return _SubmittedRun(folder_of(path, recipe, chosen), recipe, state, chosen)


def _one_each(found: Sequence[_SubmittedRun], best_on_dev: bool, left: list[str]) -> list[_SubmittedRun]:
    """One run for each track and language."""
    places: dict[tuple[str, str], list[_SubmittedRun]] = {}
    for one in found:
        places.setdefault((one.folder.spec.track, one.folder.spec.language), []).append(one)
    chosen = []
    for (track, language), several in places.items():
        if len(several) > 1 and not best_on_dev:
            raise UsageError(
                f"{several[0].folder.path} and {several[1].folder.path} are both track {track}, {language}.",
                "name one of them, or let --best-on-dev choose",
            )
        # The first of equals, as everywhere.
        best = max(several, key=lambda one: next(iter(one.state["dev"].values())))
        left += [f"{one.folder.path} is not as good on dev as {best.folder.path}." for one in several if one != best]
        chosen.append(best)
    return chosen


def _take(found: _SubmittedRun, source: str | os.PathLike[str] | None) -> tuple[SubmittedFile, bytes]:
    folder, recipe, state = found.folder, found.recipe, found.state
    spec = folder.spec
    said, recorded = load_predictions(folder, found.task), folder.recorded()
    card = _scored(said, found, source)
    if card is not None and recorded and abs(card.score - recorded["score"]) > NEAR:
        raise EmoError(
            f"{folder.predictions} scores {card.score!r}, and its run recorded {recorded['score']!r}.",
            "score against the labels of the same release: --gold FOLDER",
        )
    metric = found.task.track(spec.track).metric
    overlap = state.get("overlap") or {}
    intervals = card.intervals if card is not None else None
    interval = intervals.whole[metric] if intervals is not None else None
    file = SubmittedFile(
        track=spec.track,
        language=spec.language,
        release=spec.release,
        split=spec.split,
        recipe=folder.path.parent.name,
        recipe_hash=recipe.hash,
        seed=recipe.train.seed,
        seconds=training_seconds(folder.path, recipe, state),
        selected_on=selected_on(recipe, folder.rows()),
        metric=metric,
        dev=state["dev"].get(metric),
        score=recorded["score"] if recorded else card.score if card else None,
        interval=(round(interval.low, 6), round(interval.high, 6)) if interval else (),
        predictions=said.hash,
        signature=replace(card, intervals=None).signature if card else recorded["signature"] if recorded else "",
        made=BuildInfo(state.get("commit", ""), state.get("machine", ""), state["versions"]),
        overlap=overlap.get("normalised", 0),
        without=(overlap.get("without") or {}).get(metric),
        members=tuple(EnsembleMember(**one) for one in state.get("members", ())),
    )
    return file, prediction_bytes(spec, said.values)


def _scored(said: Predictions, found: _SubmittedRun, source: str | os.PathLike[str] | None) -> Scorecard | None:
    """The card with its intervals; None where the labels of that very release are not at hand."""
    spec = said.spec
    try:
        gold = gold_for(spec, found.task, source)  # fmt: skip
    except EmoError:
        return None
    if spec.release not in gold.releases:
        return None
    return with_intervals(score([said], gold, task=found.task), source=source, task=found.task).cards[0]


def selected_on(recipe: Recipe, rows: Sequence[dict[str, Any]]) -> str:
    """What had a say in the settings, the epoch or the thresholds: the split that most forbids trust.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> selected_on(load_recipe("constant-all"), []), selected_on(load_recipe("tfidf-char"), [{}])
    ('none', 'dev')
    """
    said = {recipe.threshold.split} if recipe.threshold.rule != "fixed" else set()
    weights = any("weights" in row for row in rows)
    if (recipe.select.epoch == "best" and len(rows) > 1) or weights:
        said.add(recipe.select.split)
    return next((split for split in ("test", "dev", "sources", "folds") if split in said), "none")


def _title(before: SubmittedSystem, chosen: Sequence[_SubmittedRun], best_on_dev: bool) -> str:
    names = list(dict.fromkeys(one.folder.path.parent.name for one in chosen))
    if len(names) > 1:
        return ("the best on dev of " if best_on_dev else "") + ", ".join(names)
    # A run keeps what decides its result, and so no title.
    titles = {one.name: one.title for one in list_recipes()}
    return before.title or titles.get(chosen[0].recipe.name) or names[0]
