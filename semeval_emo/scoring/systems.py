"""Systems of a comparison: their names, and the files that all of them predicted."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from semeval_emo.errors import InvalidSubmission, ReleaseMismatch, UsageError
from semeval_emo.scoring.scorer import refused_files, rows_left_out
from semeval_emo.submission import Predictions, entry, read_submission
from semeval_emo.tables.frames import FrameFile, Thresholds, input_files, is_frame
from semeval_emo.task import FileSpec, Selector, Task
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.data import Gold

# How many problems of an unreadable file an error message lists.
_SHOWN = 3


@dataclass(frozen=True)
class SystemRuns:
    """One system of a comparison.

    Attributes:
        name: its name in tables.
        runs: one or several runs (seeds); each is a tuple of predictions, one per language.
        notes: remarks on how the files were read.
    """

    name: str
    runs: tuple[tuple[Predictions, ...], ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class AlignedSystems:
    """Systems with the same files in every run.

    Attributes:
        names: of the systems.
        specs: the files, in the task's order of languages.
        predictions: by system, by run, by file (as `specs`).
        notes: what was left out.
    """

    names: tuple[str, ...]
    specs: tuple[FileSpec, ...]
    predictions: tuple[tuple[tuple[Predictions, ...], ...], ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return short_repr(self)


def read_system_runs(
    arguments: Any,
    selector: Selector,
    *,
    one_recipe: bool = False,
    source: str | os.PathLike[str] | None = None,
    gold: Sequence[Gold] = (),
    threshold: Thresholds | None = None,
) -> list[SystemRuns]:
    """Read the systems of a comparison.

    Args:
        arguments: files, folders or zips; ``NAME=PATH`` names a system, ``NAME=PATH,PATH,...`` has
            several runs of one system. A single folder of files for one language is read as one
            system per file. Or data frames, or either of them by name.
        threshold: of probabilities in data frames.
        selector: as for `read_submission`.
        one_recipe: all arguments are runs of one system.
        source, gold: as for `read_submission`.

    Raises:
        InputError: a path does not exist.
        InvalidSubmission: a file cannot be scored.
        UsageError: two systems have the same name.
    """
    named = named_paths(arguments, threshold)
    runs = [[_read(path, selector, source=source, gold=gold) for path in paths] for _, paths in named]
    if len(runs) == 1 and len(runs[0]) == 1:
        named, runs = _one_system_per_file(named, runs)
    notes = tuple(dict.fromkeys(note for group in runs for run in group for note in run.notes))
    if one_recipe:
        name = named[0][0] or _shared_name([path for _, paths in named for path in paths])
        return [SystemRuns(name, tuple(run.predictions for group in runs for run in group), notes)]
    unnamed = iter(short_names([str(paths[0]) for name, paths in named if not name]))
    names = [name or next(unnamed) for name, _ in named]
    check_names(names)
    return [
        SystemRuns(name, tuple(run.predictions for run in group), tuple(note for run in group for note in run.notes))
        for name, group in zip(names, runs, strict=True)
    ]


def named_paths(arguments: Any, threshold: Thresholds | None = None) -> list[tuple[str, list[Any]]]:
    """Return the name of each system, which may be empty, and what each of its runs is read from.

    Args:
        arguments: ``NAME=PATH`` and ``NAME=PATH,PATH,...`` with a path for each run; data frames; or paths, frames,
            ``{language: frame}`` and lists of them by name.
        threshold: of probabilities in data frames.

    Raises:
        InputError: an argument is something else.

    >>> named_paths(["mine=a.csv,b.csv", "c.csv"])
    [('mine', ['a.csv', 'b.csv']), ('', ['c.csv'])]
    >>> named_paths({"mine": ["a.csv", "b.csv"]})
    [('mine', ['a.csv', 'b.csv'])]
    """
    if isinstance(arguments, Mapping):
        return [
            (
                str(name),
                [_run(own, str(name), threshold) for own in (runs if isinstance(runs, list | tuple) else [runs])],
            )
            for name, runs in arguments.items()
        ]
    items = list(arguments) if isinstance(arguments, list | tuple) else [arguments]
    if not all(isinstance(item, str | os.PathLike) for item in items):
        files = input_files(items, as_labels=True, threshold=threshold)
        return [(str(file) if isinstance(file, FrameFile) else "", [file]) for file in files]
    named: list[tuple[str, list[Any]]] = []
    for text in _expand_folder([str(os.fspath(path)) for path in items]):
        name, equals, paths = text.partition("=")
        is_named = equals and name and not Path(text).exists()
        # A path can contain commas: run folders are named after their settings.
        split = [paths] if Path(paths).exists() else paths.split(",")
        named.append((name, split) if is_named else ("", [text]))
    return named


def check_names(names: Sequence[str]) -> None:
    """Raise UsageError if two systems have the same name."""
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise UsageError(
            f"Two systems have the name '{duplicate}'.",
            f"give each its own name, or the files of one system in a folder: {duplicate}=FOLDER",
        )


def _run(given: Any, name: str, threshold: Thresholds | None) -> Any:
    """Return what one run is read from: a path, a frame, or a list of frames of several languages."""
    files = input_files({name: given} if is_frame(given) else given, as_labels=True, threshold=threshold)
    return files[0] if len(files) == 1 else files


def _expand_folder(arguments: list[str]) -> list[str]:
    """Replace a single folder by its files, unless they have the names of a submission (pred_*.csv)."""
    folder = Path(arguments[0]) if len(arguments) == 1 else None
    if folder is None or not folder.is_dir():
        return arguments
    files = sorted(str(path) for path in folder.glob("*.csv"))
    return files if files and not any(Path(path).name.startswith("pred_") for path in files) else arguments


@dataclass(frozen=True)
class _RunFiles:
    predictions: tuple[Predictions, ...]
    notes: tuple[str, ...]


def _one_system_per_file(
    named: list[tuple[str, list[Any]]], runs: list[list[_RunFiles]]
) -> tuple[list[tuple[str, list[Any]]], list[list[_RunFiles]]]:
    """Split a folder with several predictions of the same file of the task into one system per file."""
    (run,) = runs[0]
    if len({file.spec for file in run.predictions}) == len(run.predictions):
        return named, runs
    paths = list(dict.fromkeys(file.path for file in run.predictions))
    by_path = [tuple(file for file in run.predictions if file.path == path) for path in paths]
    return [("", [path]) for path in paths], [[_RunFiles(files, run.notes)] for files in by_path]


def _read(path: Any, selector: Selector, **known: Any) -> _RunFiles:
    submission = read_submission(path, **selector.keywords, **known)
    shown = ", ".join(map(str, path)) if isinstance(path, list) else path
    refused = refused_files(submission.report, selector)
    notes = (
        *(f"{file} is left out; `semeval-emo validate` shows why it cannot be scored." for file in refused),
        *submission.report.doubts,
    )
    if not submission.predictions:
        errors = [problem for problem in submission.report.problems if problem.severity.value == "error"]
        # What prevents scoring comes first.
        errors.sort(key=lambda problem: entry(problem.code).scorable)
        listed = "; ".join(f"{p.file}{f':{p.line}' if p.line else ''}: {p.message}" for p in errors[:_SHOWN])
        raise InvalidSubmission(
            f"{shown} has no predictions that can be scored{f': {listed}' if listed else ''}.",
            f"semeval-emo validate {shown}"
            if isinstance(path, str)
            else "semeval_emo.validate(...) lists the problems of files and frames",
        )
    return _RunFiles(submission.predictions, (*notes, *rows_left_out(submission.report)))


def align_systems(systems: Sequence[SystemRuns], task: Task, *, track: str | None = None) -> AlignedSystems:
    """Return the systems with the files that every run of every system predicted.

    Args:
        track: the track to compare on; None selects the first that all systems have.

    Raises:
        ReleaseMismatch: the systems predicted different releases.
        UsageError: a run has two predictions of the same file, or no file is common to all systems.
    """
    runs = [(system, run) for system in systems for run in system.runs]
    _check_releases([(system.name, file.spec) for system, run in runs for file in run])
    tables = [_by_spec(system, run) for system, run in runs]
    common = set(tables[0]).intersection(*tables[1:])
    every = {spec for table in tables for spec in table}
    tracks = [key for key in task.tracks if any(spec.track == key for spec in common)]
    key = task.track(track).key if track else next(iter(tracks), None)
    specs = [spec for spec in common if spec.track == key]
    splits = sorted({spec.split for spec in specs})
    if not specs:
        listed = "; ".join(f"{system.name}: {_listing(table)}" for (system, _), table in zip(runs, tables, strict=True))
        raise UsageError(f"There is no file that all systems predicted{f' on track {key}' if key else ''}. {listed}.")
    if len(splits) > 1:
        raise UsageError(f"The systems predicted {' and '.join(splits)}.", f"choose one with --split {splits[-1]}")
    order = list(task.languages)
    specs.sort(key=lambda spec: order.index(spec.language))
    by_run = iter(tables)
    return AlignedSystems(
        names=tuple(system.name for system in systems),
        specs=tuple(specs),
        predictions=tuple(
            tuple(tuple(table[spec] for spec in specs) for table in itertools.islice(by_run, len(system.runs)))
            for system in systems
        ),
        notes=(
            *dict.fromkeys(note for system in systems for note in system.notes),
            *_left_out(every, common, key, tracks),
        ),
    )


def _left_out(every: set[FileSpec], common: set[FileSpec], key: str | None, tracks: list[str]) -> list[str]:
    splits = {spec.split for spec in common}
    missing = sorted(
        spec.language if {spec.split} == splits else f"{spec.language} {spec.split}"
        for spec in every - common
        if spec.track == key
    )
    notes = [f"Left out, because not every system predicted it: {', '.join(missing)}."] if missing else []
    others = [other for other in tracks if other != key]
    if others:
        notes.append(f"The files also contain track {' and '.join(others)}; compare it with --track {others[0]}.")
    return notes


def _listing(table: dict[FileSpec, Predictions]) -> str:
    return ", ".join(f"{spec.track}/{spec.language}/{spec.split}" for spec in table)


def _check_releases(specs: Sequence[tuple[str, FileSpec]]) -> None:
    releases: dict[tuple[str, str], str] = {}
    for name, spec in specs:
        releases.setdefault((spec.task, spec.release), name)
    if len(releases) > 1:
        listed = "; ".join(
            f"{name} predicted release {release} of {task}" for (task, release), name in releases.items()
        )
        raise ReleaseMismatch(
            f"Systems of different releases cannot be compared: {listed}. The same id can mean a different text.",
            "compare predictions of one release",
        )


def _by_spec(system: SystemRuns, run: Sequence[Predictions]) -> dict[FileSpec, Predictions]:
    table: dict[FileSpec, Predictions] = {}
    for file in run:
        if file.spec in table:
            raise UsageError(
                f"'{system.name}' has two predictions of {file.spec.place}: {table[file.spec].path} and {file.path}.",
                "a system has one file per language; NAME=PATH,PATH are several runs of one system",
            )
        table[file.spec] = file
    return table


def short_names(paths: Sequence[str]) -> list[str]:
    """Return the shortest distinct ends of paths, without what all have in common.

    >>> short_names(["runs/tfidf/pred_eng.csv", "runs/bert/pred_eng.csv"])
    ['tfidf', 'bert']
    >>> short_names(["out/llama_4layer_run.csv", "out/llama_3layer_run.csv"])
    ['4layer_run', '3layer_run']
    """
    parts = [_parts(path) for path in paths]
    if len(paths) > 1:
        while len({own[-1] for own in parts}) == 1 and all(len(own) > 1 for own in parts):
            parts = [own[:-1] for own in parts]
    deepest = max(map(len, parts), default=0)
    for depth in range(1, deepest + 1):
        names = ["/".join(own[-depth:]) for own in parts]
        if len(set(names)) == len(names):
            return _without_common_start(names)
    return ["/".join(own) for own in parts]


def _parts(path: str) -> tuple[str, ...]:
    # "archive.zip!track_a/pred_eng.csv" is a file inside an archive.
    pure = PurePath(path.replace("!", "/"))
    return (*(part for part in pure.parts[:-1] if part not in ("/", "..")), pure.stem or path)


def _without_common_start(names: list[str]) -> list[str]:
    words = [_words(name) for name in names]
    shared = _shared(words)
    shorter = ["".join(own[shared:]) for own in words]
    # Names without a letter are not informative: "batch_2" and "batch_3" stay as they are.
    return shorter if len(names) > 1 and all(any(c.isalpha() for c in name) for name in shorter) else names


def _shared_name(paths: Sequence[str]) -> str:
    """Return the common start of all paths, from their last common folder."""
    words = [_words("/".join(_parts(path))) for path in paths]
    start = "".join(words[0][: _shared(words)]).rstrip("_-./ ")
    return PurePath(start).name or "system"


def _words(name: str) -> list[str]:
    return re.split(r"(?<=[_\-./ ])", name)


def _shared(words: Sequence[Sequence[str]]) -> int:
    """Return the length of the common prefix."""
    columns = zip(*words, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, columns))
