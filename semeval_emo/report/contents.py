"""Contents of a report: everything about a submission, a run or several systems."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.progress import Progress
from semeval_emo.report.origins import with_origins
from semeval_emo.scoring import Comparison, SystemRuns, compare, score
from semeval_emo.scoring.arrays import array_systems, arrays_of
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import gold_or_source, task_of
from semeval_emo.scoring.systems import check_names, named_paths, short_names
from semeval_emo.submission import Predictions, Probabilities, Report, read_probabilities
from semeval_emo.submission.probabilities import find_probabilities
from semeval_emo.submission.problem import in_order
from semeval_emo.task import FileSpec, Selector, Task, find_task, load_task
from semeval_emo.text import plural, short_repr
from semeval_emo.zoo.runs.folder import RunFolder

STATE = "run.json"


@dataclass(frozen=True, eq=False)
class System:
    """One system of a report; its scorecards, one per file, have intervals if it is the only system."""

    name: str
    cards: tuple[Scorecard, ...]


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """Training log of a run: the lines of its ``metrics.jsonl``, and its ``run.json``."""

    name: str
    rows: tuple[dict[str, Any], ...]
    state: dict[str, Any]

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True, eq=False)
class Placed:
    """Rank of a scorecard: in the default list, and in each list."""

    board: Leaderboard
    placement: Placement
    everywhere: tuple[Placement, ...]


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything that a report shows.

    Attributes:
        systems: one for a submission; several for a comparison, best first.
        scores: of the only system; None in a comparison.
        comparison: None for one system.
        placements: leaderboard ranks of the first system, by card (`key_of`).
        probabilities: of the first system, by card.
        logs: of systems that are runs.
    """

    paths: tuple[str, ...]
    task: Task
    validation: Report
    refused: tuple[str, ...]
    systems: tuple[System, ...]
    scores: Scores | None
    comparison: Comparison | None
    placements: dict[str, Placed]
    probabilities: dict[str, Probabilities]
    logs: tuple[TrainingLog, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output begins with, as `Scores.warnings`."""
        result = self.comparison or self.scores
        return () if result is None else result.warnings

    @property
    def cards(self) -> tuple[Scorecard, ...]:
        """The cards of the first system."""
        return self.systems[0].cards if self.systems else ()

    def __repr__(self) -> str:
        return short_repr(self)


def key_of(card: Scorecard) -> str:
    """Return a key that is unique within a system, such as ``a-eng-test``."""
    spec = card.spec
    return f"{spec.track}-{spec.language}-{spec.split}"


def load_contents(
    paths: Any,
    *,
    gold: Any = None,
    source: Any = None,
    resamples: int,
    seed: int,
    selector: Selector | None = None,
    unverified_gold: bool = False,
    progress: Progress | None = None,
    **labels: Any,
) -> Contents:
    """Read, score, rank and compare prediction files.

    Paths with the same file of the task are systems to compare; other paths are one submission.

    Args:
        paths: files, folders (also of runs) or zips; ``NAME=PATH`` names a system. Or data frames, or either by name.
        gold: as for `score`.
        source: where gold labels are, as in `load_gold`.
        resamples, seed: for intervals and tests.
        selector: the files to report on.
        progress: callback.
        unverified_gold, labels: as for `score`; the labels are arguments such as ``emotions``.

    Raises:
        InputError: a path or the gold is missing.
        ReleaseMismatch: gold and predictions are of different releases.
        UsageError: no path, or an unknown name.
    """
    selector, progress = selector or Selector(), progress or Progress()
    if isinstance(paths, list | tuple) and not paths:
        raise UsageError("There are no paths to report on.", "give a prediction file, a folder or a zip")
    if arrays := arrays_of(paths, gold, labels.get("emotions")):
        given, gold, own_task = array_systems(arrays, gold, **labels)
        named: list[tuple[str, list[Any]]] = [(file.path, [file]) for file in given]
        paths, selector, labels = list(arrays), Selector(own_task or selector.task), {}
    else:
        named = named_paths(paths)
        gold, source = gold_or_source(gold, source)
    options: dict[str, Any] = {"gold": gold, "source": source, "unverified_gold": unverified_gold, **labels}
    runs: list[list[Scores]] = []
    with progress.stage("reading", sum(len(files) for _, files in named)):
        for _, files in named:
            runs.append([])
            for file in files:
                runs[-1].append(score(file, strict=False, **options, **selector.keywords))
                progress.advance()
    results = [result for several in runs for result in several]
    specs = [card.spec for result in results for card in result.cards]
    are_paths = isinstance(paths, list | tuple) and all(isinstance(path, str | os.PathLike) for path in paths)
    shown = tuple(map(os.fspath, paths)) if are_paths else tuple(map(str, _flat([f for _, own in named for f in own])))
    validation = _merged([result.report for result in results if result.report])
    refused = tuple(file for result in results for file in result.refused)
    task = task_of(specs[0], selector.task) if specs else _task(validation, selector.task)
    if len(set(specs)) < len(specs):
        progress.message(f"comparing {len(named)} systems, {resamples:,} resamples")
        systems, comparison = _compared(named, runs, options, resamples, seed, task, selector.track, progress)
        first, scores = systems[0].cards, None
    else:
        whole = results[0]
        if len(results) > 1:
            whole = score(
                _flat([file for _, several in named for file in several]), strict=False, **options, **selector.keywords
            )
        if whole.cards:
            progress.message(f"computing intervals, {resamples:,} resamples")
        scores = with_intervals(whole, resamples=resamples, seed=seed, source=source) if whole.cards else whole
        first, comparison = scores.cards, None
        name = next((name for name, _ in named if name), "") or _name(named)
        systems = (System(name, first),) if first else ()
    return Contents(
        paths=shown,
        task=task,
        validation=validation,
        refused=refused,
        systems=systems,
        scores=scores,
        comparison=comparison,
        placements=_placements(first, task),
        probabilities=_probabilities(first, task) if comparison is None else {},
        logs=_logs(systems),
    )


def _flat(files: Sequence[Any]) -> list[Any]:
    """Return paths and frames; a list of frames is one run in several languages."""
    return [file for item in files for file in (item if isinstance(item, list) else [item])]


def _name(named: Sequence[tuple[str, list[Any]]]) -> str:
    """Return the name of a submission: that of the run, or of the file."""
    files = _flat([file for _, several in named for file in several])
    if len(files) > 1:
        folders = sum(isinstance(file, str | os.PathLike) and Path(file).is_dir() for file in files)
        noun = {0: "file", len(files): "folder"}.get(folders, "path")
        return plural(len(files), noun)
    path = Path(files[0]).resolve()
    # The folder of a track, such as track_a, is in that of the system.
    in_system = path.is_dir() and path.name.lower().startswith("track_")
    return path.parent.name if in_system or (path / STATE).is_file() else path.name


def _task(report: Report, task: str | Task | None) -> Task:
    """Return the task of files that could not be scored."""
    if task is not None:
        return load_task(task)
    return find_task(report.task) or load_task()


def _merged(reports: Sequence[Report]) -> Report:
    files = [file for report in reports for file in report.files]
    problems = [problem for report in reports for problem in report.problems]
    return Report(reports[0].task if reports else "", tuple(files), tuple(in_order(problems)))


def _compared(
    named: Sequence[tuple[str, list[Any]]],
    runs: Sequence[Sequence[Scores]],
    options: dict[str, Any],
    resamples: int,
    seed: int,
    task: Task,
    track: str | None,
    progress: Progress,
) -> tuple[tuple[System, ...], Comparison]:
    """Return the systems, best first, and their comparison: one system per path, or per file of a single path."""
    # By system: its name, a file to derive a name from, and the cards of each run.
    groups = [
        (name, files[0], [result.cards for result in several])
        for (name, files), several in zip(named, runs, strict=True)
    ]
    if len(groups) == 1 and len(groups[0][2]) == 1:
        groups = [("", card.file, [(card,)]) for card in groups[0][2][0]]
    groups = [group for group in groups if all(group[2])]
    shown = iter(short_names([file for name, file, _ in groups if not name]))
    systems, contenders = [], []
    for name, _, cards in groups:
        # The page shows the first run of a system; the comparison uses all of them.
        systems.append(System(name or next(shown), cards[0]))
        contenders.append(SystemRuns(systems[-1].name, tuple(tuple(map(_predictions, one)) for one in cards)))
    check_names([system.name for system in systems])
    comparison = compare(
        contenders, task=task, track=track, resamples=resamples, seed=seed, per_emotion=True, progress=progress,
        **options,
    )  # fmt: skip
    comparison = with_origins(comparison)
    places = {(comparison.track, place.language, comparison.split): at for at, place in enumerate(comparison.places)}

    def taking_part(card: Scorecard) -> bool:
        return _address(card.spec) in places

    order = {one.name: at for at, one in enumerate(comparison.systems)}
    compared = [
        System(one.name, tuple(sorted(filter(taking_part, one.cards), key=lambda card: places[_address(card.spec)])))
        for one in systems
    ]
    return tuple(sorted(compared, key=lambda one: order[one.name])), comparison


def _address(spec: FileSpec) -> tuple[str, str, str]:
    return spec.track, spec.language, spec.split


def _predictions(card: Scorecard) -> Predictions:
    values = card.pair.predicted if card.pair else np.empty((0, 0), np.int8)
    return Predictions(card.spec, values, card.file)


def _placements(cards: Sequence[Scorecard], task: Task) -> dict[str, Placed]:
    board = Leaderboard.load(task)
    placements = {}
    for card in cards:
        try:
            placements[key_of(card)] = Placed(board, board.place(card), board.places(card))
        except UsageError:
            # The board has no rows for this language, split or release.
            continue
    return placements


def _probabilities(cards: Sequence[Scorecard], task: Task) -> dict[str, Probabilities]:
    probabilities = {}
    for card in cards:
        spec, path = card.spec, find_probabilities(card.file, card.spec)
        if path is None or len(spec.values) > 2:
            continue
        try:
            probabilities[key_of(card)] = read_probabilities(path, **spec.address, task=task)
        except EmoError:
            # A file with such a name may be something else, and the user did not name it.
            continue
    return probabilities


def _logs(systems: Sequence[System]) -> tuple[TrainingLog, ...]:
    logs = []
    for system in systems:
        for card in system.cards:
            # The predictions of a run are in RUN/track_x/.
            home = Path(card.file).parent.parent
            if (home / STATE).is_file():
                folder = RunFolder(home, card.spec)
                name = system.name if len(system.cards) == 1 else f"{system.name} {card.spec.language}"
                logs.append(TrainingLog(name, tuple(folder.read_metrics()), folder.state()))
    return tuple(logs)
