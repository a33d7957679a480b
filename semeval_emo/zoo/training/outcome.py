"""The outcome of one language of a series, and what its run folder keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.submission import PackReport
from semeval_emo.submission.packing import archive_name, pack
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import verify_predictions
from semeval_emo.zoo.runs.folder import RunFolder, run_path
from semeval_emo.zoo.runs.state import DONE, check_finished, read_state
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions
from semeval_emo.zoo.training.result import place_dict
from semeval_emo.zoo.training.worker_pool import Failure, RunSummary

# Exit codes from here on are those of a process that a signal has ended.
SIGNALLED = 128


@dataclass(frozen=True)
class Outcome:
    """The result of one language: the summary of its run, or why it was not finished.

    Attributes:
        placement: on the leaderboard; None without a score or comparable rows.
    """

    spec: FileSpec
    folder: RunFolder
    finished: RunSummary | None = None
    failure: Failure | None = None
    placement: Placement | None = None

    @property
    def score(self) -> float | None:
        """The official metric on test, if available."""
        return self.finished.score if self.finished else None

    @property
    def dev(self) -> float | None:
        """The official metric on dev, if available."""
        return next(iter(self.finished.dev.values()), None) if self.finished else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        run, placement = self.finished, self.placement
        return {
            "language": self.spec.language,
            "folder": str(self.folder.path),
            "finished": run is not None,
            "was_done": run.already_done if run else False,
            "seconds": run.seconds if run else None,
            "dev": dict(run.dev) if run else None,
            "score": self.score,
            "overlap": run.overlap if run else None,
            "signature": (run.signature or None) if run else None,
            "constant": run.constant.to_dict() if run else None,
            "notes": list(run.data_notes) if run else [],
            "baseline": placement.baseline.score if placement and placement.baseline else None,
            "rank_1": placement.leader.score if placement and placement.leader else None,
            "place": place_dict(placement),
            "error": self.failure and asdict(self.failure),
            "in_progress_elsewhere": bool(self.failure and self.failure.in_progress),
        }


def planned(recipe: Recipe, task: Task, track: str, language: str, runs: Path) -> Outcome:
    """Return the place of a run that has not been trained yet."""
    spec = task.spec(track, language, "test", recipe.data.release or None)
    return Outcome(spec, RunFolder(run_path(runs, recipe, spec, next(iter(task.tracks))), spec))


def plan(outcome: Outcome, recipe: Recipe, task: Task) -> None:
    """Make the folder of a run that will start later, so that `zoo status` shows it."""
    # Training reports the error of a language that the recipe does not fit, or whose folder cannot be written.
    with suppress(EmoError):
        outcome.folder.plan(resolve_target(recipe, task, outcome.spec.track, outcome.spec.language))


def record_failure(outcome: Outcome, recipe: Recipe, task: Task, log: str = "") -> None:
    """Write why a run failed to its folder, unless it was stopped, or the folder has a run of another recipe.

    Args:
        log: path of the log of the job, if there is one.
    """
    failure, folder, spec = outcome.failure, outcome.folder, outcome.spec
    if failure is None or failure.in_progress or failure.exit_code >= SIGNALLED:
        return
    with suppress(EmoError):
        state = read_state(folder.path / "run.json") or {}
        if state.get("hash") not in (None, resolve_target(recipe, task, spec.track, spec.language).hash):
            return
    with suppress(EmoError):
        folder.record_failure(failure.message, failure.fix, failure.exit_code, log)


def pack_outcomes(outcomes: Sequence[Outcome], task: Task, archive: Path | None = None) -> PackReport | None:
    """Write the zip of the files of a series; None if no language is finished.

    Args:
        archive: its path; by default ``<runs>/<recipe>/track_<t>.zip``. An existing one is replaced.
    """
    files = [outcome.folder.predictions for outcome in outcomes if outcome.finished]
    if not files:
        return None
    spec, home = outcomes[0].spec, outcomes[0].folder.path.parent
    archive = archive or home / archive_name([outcome.spec for outcome in outcomes])
    return pack(files, archive, track=spec.track, release=spec.release, task=task, force=True)


def existing_run(outcome: Outcome, recipe: Recipe, task: Task) -> RunSummary | None:
    """Return the summary of a finished run of this recipe in the outcome's folder; None if there is none."""
    spec, folder = outcome.spec, outcome.folder
    try:
        state = folder.state()
        if state.get("status") != DONE or not folder.predictions.is_file():
            return None
        recipe = resolve_target(recipe, task, spec.track, spec.language)
        return summary(folder, recipe, task) if state.get("hash") == recipe.hash else None
    except EmoError:
        # Training this language reports the error.
        return None


def summary(folder: RunFolder, recipe: Recipe, task: Task) -> RunSummary:
    """Return the summary of a finished run.

    Args:
        recipe: of the run, resolved for its language.

    Raises:
        EmoError: a file of the run cannot be read, or its predictions were changed.
    """
    state = folder.state()
    check_finished(folder.path, state, folder.read_metrics(), recipe)
    verify_predictions(folder, task)
    card = folder.read_score()
    return RunSummary(
        dev=state["dev"], score=card.get("score"), release=card.get("release", ""),
        signature=card.get("signature", ""), seconds=state["seconds"], already_done=True,
        overlap=state.get("overlap"), warnings=tuple(state.get("unverified_gold", ())),
        constant=ConstantPredictions.from_dict(state.get("constant")),
        data_notes=tuple(state.get("data_notes", ())),
    )  # fmt: skip


def with_placement(outcome: Outcome, board: Leaderboard) -> Outcome:
    """Add the rank of a finished run, if the leaderboard has comparable rows."""
    spec, run = outcome.spec, outcome.finished
    if run is None or run.score is None:
        return outcome
    try:
        placement = board.place(run.score, track=spec.track, language=spec.language, release=run.release)
    except UsageError:
        # The leaderboard has no rows for this task, language or release.
        return outcome
    return replace(outcome, placement=placement)
