"""A series: one recipe trained in many languages of a track, one run each, and one zip of all their files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from statistics import fmean
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement, ScoreRow
from semeval_emo.progress import Progress
from semeval_emo.submission import PackReport
from semeval_emo.submission.packing import ZIP
from semeval_emo.task import Task
from semeval_emo.text import plural
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.extra_data import is_own_file
from semeval_emo.zoo.dataset.other_languages import implied_track, resolve_target
from semeval_emo.zoo.recipe import DataConfig, Recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.runs.folder import RUNS, resolve_task
from semeval_emo.zoo.selection.epochs import TrainingStopped
from semeval_emo.zoo.training.outcome import (
    Outcome,
    existing_run,
    pack_outcomes,
    plan,
    planned,
    record_failure,
    with_placement,
)
from semeval_emo.zoo.training.tracking import check_tracker
from semeval_emo.zoo.training.worker_pool import BUG, Failure, RunSummary, WorkerPool, WorkItem

ALL = "all"
# Seconds between two updates of the progress display.
POLL_TIMEOUT = 0.5


@dataclass(frozen=True)
class Series:
    """Result of `train_series`.

    Attributes:
        outcomes: one per language, in the order of the task.
        packed: the zip of all finished files; None if there are none.
    """

    recipe: Recipe
    task: Task
    track: str
    release: str
    outcomes: tuple[Outcome, ...]
    packed: PackReport | None
    seconds: float
    jobs: int

    @property
    def finished(self) -> list[Outcome]:
        """The languages that have a file."""
        return [outcome for outcome in self.outcomes if outcome.finished is not None]

    @property
    def failed(self) -> list[Outcome]:
        """The languages that failed."""
        return [outcome for outcome in self.outcomes if outcome.failure and not outcome.failure.in_progress]

    @property
    def in_progress(self) -> list[Outcome]:
        """The languages that another process is training."""
        return [outcome for outcome in self.outcomes if outcome.failure and outcome.failure.in_progress]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all runs, each once."""
        runs = [outcome.finished for outcome in self.outcomes if outcome.finished]
        return tuple(dict.fromkeys(warning for run in runs for warning in run.warnings))

    @property
    def exit_code(self) -> int:
        """0 if no language failed, 70 if one failed because of a bug, else 1."""
        codes = [outcome.failure.exit_code for outcome in self.failed if outcome.failure]
        return BUG if BUG in codes else 1 if codes else 0

    @property
    def weights(self) -> list[float]:
        """The weights of the finished languages in means (`Track.weights`)."""
        return [outcome.spec.weight for outcome in self.finished]

    def compared_with(self, row_of: RowGetter) -> list[tuple[float, ScoreRow]]:
        """Return the scores that have a comparable leaderboard row, with that row.

        Args:
            row_of: returns a row of a placement, such as its baseline or its leader.
        """
        pairs = []
        for outcome in self.finished:
            row = row_of(outcome.placement) if outcome.placement else None
            if outcome.score is not None and row is not None and row.usable:
                pairs.append((outcome.score, row))
        return pairs

    def wins(self, row_of: RowGetter) -> tuple[int, int, int]:
        """Return the number of languages with a higher score, with an equal one at printed precision, and in total."""
        signs = [row.compare_to(score) for score, row in self.compared_with(row_of)]
        return signs.count(-1), signs.count(0), len(signs)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-train-series/1``."""
        return {
            "schema": "semeval-emo/zoo-train-series/1",
            "recipe": self.recipe.run_name,
            "settings": dict(self.recipe.settings),
            "task": self.task.key,
            "release": self.release,
            "track": self.track,
            "metric": self.task.tracks[self.track].metric,
            "selects_on_test": self.recipe.selects_on_test,
            "languages": [outcome.to_dict() for outcome in self.outcomes],
            "mean": {
                "dev": mean([outcome.dev for outcome in self.finished], self.weights),
                "test": mean([outcome.score for outcome in self.finished], self.weights),
            },
            "above_baseline": dict(zip(("won", "equal", "of"), self.wins(baseline_row), strict=True)),
            "above_rank_1": dict(zip(("won", "equal", "of"), self.wins(leader_row), strict=True)),
            "zip": self.packed and self.packed.to_dict(),
            "seconds": self.seconds,
            "jobs": self.jobs,
        }


RowGetter = Callable[[Placement], ScoreRow | None]
baseline_row: RowGetter = attrgetter("baseline")
leader_row: RowGetter = attrgetter("leader")


def select_languages(recipe: Recipe, task: Task, track: str, languages: str = ALL) -> list[str]:
    """Return language codes, in the order of the task.

    ``all`` stands for the languages of the track that have the data that the recipe needs. Given codes only need
    to exist in the track; missing data of one language is reported as the failure of that language.

    Args:
        languages: codes separated by commas, or ``all``.

    Raises:
        UsageError: an unknown code, one that the track does not have, or no language with the data that the
            recipe needs.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> recipe = load_recipe("tfidf-char")
    >>> len(select_languages(recipe, task, "a")), select_languages(recipe, task, "a", "hau,eng")
    (28, ['eng', 'hau'])
    """
    release = task.release(recipe.data.release or None)
    asked = {code.strip() for code in languages.split(",")} - {""}
    if ALL not in asked:
        known = {task.language(code).code for code in asked}
        if not known:
            raise UsageError("--language names no language.", "name codes, such as eng,hau, or all")
        available = [code for code in task.languages if code in known and (track, code, "test") in release.specs]
        missing = sorted(known.difference(available))
        if missing:
            raise UsageError(
                f"Track {track} of release {release.key} has no {' and no '.join(missing)}.",
                f"the others: --language {','.join(available)}"
                if available
                else "--language all trains those that it has",
            )
        return available
    codes, errors = [], []
    for code in task.languages:
        try:
            data = resolve_target(recipe, task, track, code).data
        except UsageError as error:
            errors.append(error)
            continue
        if all((file_track, code, split) in release.specs for file_track, split in _own_files(data)):
            codes.append(code)
    if codes:
        return codes
    if errors:
        raise errors[0]
    needs = " and ".join(f"{split} of track {t}" for t, split in _own_files(replace(recipe.data, track=track)))
    raise UsageError(f"No language of release {release.key} has the data that recipe {recipe.name} needs: {needs}.")


def _own_files(data: DataConfig) -> list[tuple[str, str]]:
    """Return the track and split of each file in the target language that a recipe reads."""
    own = [(data.track, split) for split in dict.fromkeys((*data.splits, "dev", "test"))]
    added = [name.partition("/") for name in data.extra if not is_own_file(name)]
    return own + [(track, split) for track, _, split in added]


def mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """Return the weighted mean of the values that are not None; None if there are none.

    >>> mean([0.5, None, 1.0], [1, 1, 1]), mean([0.5, 1.0], [3, 1])
    (0.75, 0.625)
    """
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    return fmean(*zip(*known, strict=True)) if known else None


def default_jobs(recipe: Recipe) -> int:
    """Return the number of languages to train at a time: one per core; 1 with torch, which uses all cores itself."""
    if _uses_torch(recipe):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _uses_torch(recipe: Recipe) -> bool:
    """Return whether training takes long and saves checkpoints; other families train in seconds."""
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
    packs: bool = True,
    log_to: str | None = None,
    progress: Progress | None = None,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> Series:
    """Train a recipe in many languages, one run each (`train.train`), and pack the predictions.

    Finished runs are checked but not repeated; interrupted runs are resumed. A language that fails is
    listed in `Series.failed`, and one that another process is training in `Series.in_progress`; neither stops
    the others. Languages are trained in worker processes,
    so a script that calls this needs the guard ``if __name__ == "__main__"``.

    Args:
        languages: codes separated by commas, or ``all`` (`select_languages`).
        track, source, task, runs, fresh, log_to: as for `train.train`.
        only_missing: do not check finished runs of the same recipe against their data.
        jobs: number of languages at a time, each with one thread if more than one; None for `default_jobs`.
        archive: the zip to write; by default ``<runs>/<recipe>/track_<t>.zip``. An existing one is replaced.
        packs: write the zip; False if these are not all the languages that belong in it.
        on_outcome: called when a language ends, with its outcome, the number of languages done and their total.

    Raises:
        UsageError: the recipe fits no language, an unknown name, or options that exclude each other.
        EmoError: every language failed for the same reason, which is raised.
        TrainingStopped: Ctrl-C.
    """
    task = resolve_task(task, source)
    check_options(fresh, only_missing, jobs, archive)
    check_tracker(log_to)
    progress = progress or Progress()
    track = task.track(track or implied_track(recipe.data.track, task)).key
    board = Leaderboard.load(task)
    outcomes = {}
    for code in select_languages(recipe, task, track, languages):
        outcome = planned(recipe, task, track, code, runs)
        if only_missing:
            outcome = with_placement(replace(outcome, finished=existing_run(outcome, recipe, task)), board)
        outcomes[code] = outcome
    missing = [code for code, outcome in outcomes.items() if outcome.finished is None]
    for code in missing:
        plan(outcomes[code], recipe, task)
    jobs = max(1, min(jobs or default_jobs(recipe), len(missing)))
    started = time.monotonic()
    done = len(outcomes) - len(missing)
    if done:
        progress.message(f"{done} of {len(outcomes)} languages are already finished and are not trained again")
    if missing:
        progress.message(f"training {plural(len(missing), 'language')}, {jobs} at a time")
    item = WorkItem(recipe, track, None if source is None else os.fspath(source), task, runs, fresh, log_to)
    pool = WorkerPool(item, threads=1 if jobs > 1 else None)
    try:
        with progress.stage("languages", len(outcomes), done):
            for code, result in _results(pool, _by_size(missing, outcomes, task), jobs, progress):
                end = {"finished": result} if isinstance(result, RunSummary) else {"failure": result}
                outcomes[code] = with_placement(replace(outcomes[code], **end), board)
                record_failure(outcomes[code], recipe, task)
                done += 1
                if on_outcome is not None:
                    on_outcome(outcomes[code], done, len(outcomes))
                progress.advance()
    except KeyboardInterrupt as interrupt:
        if _uses_torch(recipe):
            _stop_workers(pool, progress)
        finished = sum(outcome.finished is not None for outcome in outcomes.values())
        raise TrainingStopped(
            f"stopped with {finished} of {len(outcomes)} languages finished",
            "the same command resumes; --only-missing skips finished languages without checking them",
        ) from interrupt
    finally:
        pool.kill()
    # The last of several processes that share the languages packs all of them.
    for code, outcome in outcomes.items():
        if outcome.failure and outcome.failure.in_progress and (run := existing_run(outcome, recipe, task)):
            outcomes[code] = with_placement(replace(outcome, finished=run, failure=None), board)
    final = tuple(outcomes.values())
    _raise_common_failure(final)
    return Series(
        recipe=recipe, task=task, track=track, release=final[0].spec.release, outcomes=final,
        packed=pack_outcomes(final, task, archive) if packs else None,
        seconds=time.monotonic() - started, jobs=jobs,
    )  # fmt: skip


def check_options(fresh: bool, only_missing: bool, jobs: int | None, archive: Path | None) -> None:
    """Check the options of a series.

    Raises:
        UsageError: options exclude each other, or a value is out of range.
    """
    if fresh and only_missing:
        raise UsageError("--fresh and --only-missing exclude each other.", "choose one of the two")
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs must be 1 or more, not {jobs}.")
    if archive is not None and archive.suffix.lower() != ZIP:
        raise UsageError(f"The name of the archive, {archive}, does not end in {ZIP}.")
    if distributed.world_size() > 1:
        raise UsageError(
            "A series of languages cannot be trained by torchrun.",
            "name one language, or train the series without torchrun: --jobs trains several languages at a time",
        )


def _by_size(codes: Sequence[str], outcomes: dict[str, Outcome], task: Task) -> dict[str, int]:
    """Return the number of texts of each language, the largest first, which balances the load of the workers."""

    def texts(code: str) -> int:
        spec = outcomes[code].spec
        return sum(file.rows for file in task.specs(spec.release, spec.track, code))

    return dict(sorted({code: texts(code) for code in codes}.items(), key=lambda item: -item[1]))


def _results(
    pool: WorkerPool, sizes: dict[str, int], jobs: int, progress: Progress
) -> Iterator[tuple[str, RunSummary | Failure]]:
    """Yield each language with its result, in the order in which they end."""
    waiting, done = list(sizes), 0
    stages: dict[str, str] = {}
    while waiting or pool.busy:
        while waiting and len(pool.busy) < jobs:
            pool.submit(waiting.pop(0))
        for message in pool.poll(POLL_TIMEOUT):
            language = message.language
            if message.result is not None:
                done += sizes[language]
                stages.pop(language, None)
                yield language, message.result
            elif message.kind == "progress":
                percent = f" {message.fraction:.0%}" if message.fraction else ""
                stages[language] = f"{language} {message.text}{percent}"
            else:
                progress.message(f"{language}: {message.text}")
        progress.detail(", ".join(stages.values()), done / sum(sizes.values()))


def _stop_workers(pool: WorkerPool, progress: Progress) -> None:
    """Let all workers save and stop; another Ctrl-C stops waiting for them. Saved checkpoints are kept either way."""
    if pool.busy:
        progress.message(f"stopping {', '.join(pool.busy)} after this step; press Ctrl-C again to stop immediately")
    pool.terminate()
    try:
        while pool.busy:
            pool.poll(POLL_TIMEOUT)
    except KeyboardInterrupt:
        return


def _raise_common_failure(outcomes: Sequence[Outcome]) -> None:
    """Raise the failure of all languages if they all failed for the same reason."""
    failures = {outcome.failure for outcome in outcomes}
    failure = failures.pop() if len(failures) == 1 else None
    if failure is not None and failure.exit_code != BUG and not failure.in_progress:
        error = EmoError(failure.message, failure.fix)
        error.exit_code = failure.exit_code
        raise error
