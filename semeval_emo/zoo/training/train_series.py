"""Leads a series: hands languages to workers, gathers what they reach, and packs it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.progress import Progress
from semeval_emo.submission.packing import ZIP, pack
from semeval_emo.task import Task
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.runs.finished import verify_predictions
from semeval_emo.zoo.runs.folder import DONE, RunFolder, run_path
from semeval_emo.zoo.runs.tasks import resolve_task
from semeval_emo.zoo.selection.epochs import TrainingStopped
from semeval_emo.zoo.training.series import ALL, Outcome, Series, select_languages
from semeval_emo.zoo.training.train import RUNS
from semeval_emo.zoo.training.worker_pool import BUG, Failure, RunSummary, WorkerPool, WorkItem

# How often the leader looks up from waiting, in seconds: it redraws what it shows.
TICK = 0.5


def default_jobs(recipe: Recipe) -> int:
    """How many processes pay: one a core; one alone where torch spreads over the cores by itself."""
    if _saves(recipe):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _saves(recipe: Recipe) -> bool:
    """True where training is long and saves as it goes; others lose nothing by being ended at once."""
    return "torch" in family_class(recipe.family).packages


def train_series(
    recipe: Recipe,
    languages: str = ALL,
    *,
    track: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    runs: Path = RUNS,
    fresh: bool = False,
    only_missing: bool = False,
    jobs: int | None = None,
    archive: Path | None = None,
    progress: Progress | None = None,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> Series:
    """Trains a recipe in many languages, a run each (`run.train`), and packs what they predict.

    Runs that are finished are looked at again but not redone, others go on where they were stopped.
    A language that fails is in `Series.failed`, and does not stop the others. Languages are trained
    in processes of their own; a script that calls this needs the guard ``if __name__ == "__main__"``.

    Args:
        languages: codes with commas between, or ``all`` (`languages_of`).
        track, source, task, runs, fresh: as for `run.train`.
        only_missing: take a finished run of the same recipe as it is, without looking at its data.
        jobs: how many languages at a time, with one thread each where that is more than one; None for
            as many as pay (`default_jobs`).
        archive: the zip; by default ``<runs>/<recipe>/track_<t>.zip``. It is written anew.
        progress: progress callback.
        on_outcome: called when a language ends, with its outcome, the number of languages done and their total.

    Raises:
        UsageError: the recipe fits no language, an unknown name, or options that exclude each other.
        EmoError: every language failed, and all for the same reason: that one.
        Stopped: Ctrl-C.
    """
    task = resolve_task(task, source)
    _check(fresh, only_missing, jobs, archive)
    progress = progress or Progress()
    key = task.track(track or recipe.data.track or next(iter(task.tracks))).key
    board = Leaderboard.load(task)
    outcomes = {}
    for code in select_languages(recipe, task, key, languages):
        one = _place_for(recipe, task, key, code, runs)
        outcomes[code] = _placed(_as_found(one, recipe, task), board) if only_missing else one
    missing = [code for code, one in outcomes.items() if one.finished is None]
    size = max(1, min(jobs or default_jobs(recipe), len(missing)))
    began = time.monotonic()
    finished = len(outcomes) - len(missing)
    if finished:
        progress.message(f"{finished} of {len(outcomes)} languages are already finished and are not trained again")
    if missing:
        progress.message(f"training {len(missing)} languages, {size} at a time")
    progress.start("languages", len(outcomes), finished)
    pool = WorkerPool(
        WorkItem(recipe, key, None if source is None else os.fspath(source), task, runs, fresh),
        threads=1 if size > 1 else None,
    )
    try:
        for code, result in _results(pool, _by_size(missing, outcomes, task), size, progress):
            outcomes[code] = _placed(_ended(outcomes[code], result), board)
            finished += 1
            if on_outcome is not None:
                on_outcome(outcomes[code], finished, len(outcomes))
            progress.advance()
    except KeyboardInterrupt as stopped:
        if _saves(recipe):
            _wait_for_all(pool, progress)
        there = sum(one.finished is not None for one in outcomes.values())
        raise TrainingStopped(
            f"stopped with {there} of {len(outcomes)} languages finished",
            "the same command goes on; --only-missing skips what is finished without a look",
        ) from stopped
    finally:
        pool.end()
        progress.finish()
    _raise_common(list(outcomes.values()))
    final = tuple(outcomes.values())
    release = final[0].spec.release
    files = [one.folder.predictions for one in final if one.finished]
    place = archive or final[0].folder.path.parent / f"track_{key}{ZIP}"
    return Series(
        recipe=recipe, task=task, track=key, release=release, outcomes=final,
        packed=pack(files, place, track=key, release=release, task=task, force=True) if files else None,
        seconds=time.monotonic() - began, jobs=size,
    )  # fmt: skip


def _check(fresh: bool, only_missing: bool, jobs: int | None, archive: Path | None) -> None:
    if fresh and only_missing:
        raise UsageError("--fresh trains anew what --only-missing leaves alone.", "choose one of the two")
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs {jobs} leaves nobody to work.", "name 1 or more")
    if archive is not None and archive.suffix.lower() != ZIP:
        raise UsageError(f"The name of the archive, {archive}, does not end in {ZIP}.")
    if distributed.world_size() > 1:
        raise UsageError(
            "Several processes that train one model cannot share a series.",
            "name one language, or train the series without torchrun: --jobs runs several languages at a time",
        )


def _place_for(recipe: Recipe, task: Task, track: str, language: str, runs: Path) -> Outcome:
    spec = task.spec(track, language, "test", recipe.data.release or None)
    return Outcome(spec, RunFolder(run_path(runs, recipe, spec, next(iter(task.tracks))), spec))


def _as_found(one: Outcome, recipe: Recipe, task: Task) -> Outcome:
    """The outcome with what its folder says of a finished run, if it holds one of this very recipe."""
    try:
        state = one.folder.state()
        if state.get("status") != DONE or not one.folder.predictions.is_file():
            return one
        same = state.get("hash") == resolve_target(recipe, task, one.spec.track, one.spec.language).hash
        if not same:
            return one
        verify_predictions(one.folder, task)
        card = one.folder.recorded()
    except EmoError:
        # Whoever trains it meets the same, and says it of this language alone.
        return one
    return replace(
        one,
        finished=RunSummary(
            dev=state["dev"], score=card.get("score"), release=card.get("release", ""),
            signature=card.get("signature", ""), seconds=state["seconds"], already_done=True,
            overlap=state.get("overlap"),
        ),
    )  # fmt: skip


def _placed(one: Outcome, board: Leaderboard) -> Outcome:
    spec, found = one.spec, one.finished
    if found is None or found.score is None or one.placement is not None:
        return one
    try:
        placement = board.place(found.score, track=spec.track, language=spec.language, release=found.release)
    except UsageError:
        # The board has no rows for this task, language or release.
        return one
    return replace(one, placement=placement)


def _ended(one: Outcome, result: RunSummary | Failure) -> Outcome:
    if isinstance(result, RunSummary):
        return replace(one, finished=result)
    return replace(one, failure=result)


def _by_size(codes: Sequence[str], outcomes: dict[str, Outcome], task: Task) -> dict[str, int]:
    """Languages with the number of their texts, the largest first, so that none is left alone at the end."""

    def texts(code: str) -> int:
        spec = outcomes[code].spec
        return sum(one.rows for one in task.specs(spec.release, spec.track, code))

    return dict(sorted({code: texts(code) for code in codes}.items(), key=lambda item: -item[1]))


def _results(
    pool: WorkerPool, weights: dict[str, int], size: int, progress: Progress
) -> Iterator[tuple[str, RunSummary | Failure]]:
    """Each language with its result, as they come."""
    waiting, done = list(weights), 0
    at_work: dict[str, str] = {}
    while waiting or pool.at_work:
        while waiting and len(pool.at_work) < size:
            pool.give(waiting.pop(0))
        for event in pool.hear(TICK):
            if event.result is not None:
                done += weights[event.language]
                at_work.pop(event.language, None)
                yield event.language, event.result
            elif event.kind == "work":
                at_work[event.language] = f"{event.language} {event.what}" + (
                    f" {event.share:.0%}" if event.share else ""
                )
            else:
                progress.message(f"{event.language}: {event.what}")
        progress.detail(", ".join(at_work.values()), done / sum(weights.values()))


def _wait_for_all(pool: WorkerPool, progress: Progress) -> None:
    """Lets everybody save; another Ctrl-C ends them at once, and nothing saved is lost."""
    if pool.at_work:
        progress.message(f"stopping {', '.join(pool.at_work)} after this step; once more ends it at once")
    pool.ask_to_stop()
    try:
        while pool.at_work:
            pool.hear(TICK)
    except KeyboardInterrupt:
        return


def _raise_common(outcomes: Sequence[Outcome]) -> None:
    """Raises the one reason for which nothing at all was finished, where there is only one."""
    reasons = {one.failure for one in outcomes}
    only = reasons.pop() if len(reasons) == 1 else None
    if only is not None and only.exit_code != BUG:
        error = EmoError(only.message, only.fix)
        error.exit_code = only.exit_code
        raise error
