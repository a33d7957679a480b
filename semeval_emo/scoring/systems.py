"""Who takes part in a comparison: systems, their names, and the files that all of them predicted."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from semeval_emo.errors import InvalidSubmission, ReleaseMismatch, UsageError
from semeval_emo.scoring.scorer import refused_files
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.task import FileSpec, Selector, Task

# How many problems of an unreadable file are told before `validate` is pointed at.
_SHOWN = 3


@dataclass(frozen=True)
class SystemRuns:
    """One system of a comparison.

    Attributes:
        name: what people call it.
        runs: one or several runs of it (seeds); each is its predictions, one file a language.
        notes: what a person must know of how it was read.
    """

    name: str
    runs: tuple[tuple[Predictions, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlignedSystems:
    """What can be compared: the same files, predicted by every system in every run.

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


def read_system_runs(
    arguments: Sequence[str | os.PathLike[str]], selector: Selector, *, one_recipe: bool = False
) -> list[SystemRuns]:
    """Reads the systems of a comparison.

    Args:
        arguments: each a file, folder or zip, or ``NAME=PATH`` to name it, or ``NAME=PATH,PATH,...``
            for several runs of one system. A single folder of files for one language is read as
            one system a file.
        one_recipe: all arguments are runs of one system.
        selector: the files to compare.

    Raises:
        InputError: a path does not exist.
        InvalidSubmission: a file cannot be scored.
        UsageError: two systems of one name.
    """
    named = named_paths(arguments)
    runs = [[_read(path, selector) for path in paths] for _, paths in named]
    if len(runs) == 1 and len(runs[0]) == 1:
        named, runs = _one_a_file(named, runs)
    notes = tuple(dict.fromkeys(note for group in runs for run in group for note in run.notes))
    if one_recipe:
        name = named[0][0] or _shared_name([path for _, paths in named for path in paths])
        return [SystemRuns(name, tuple(run.predictions for group in runs for run in group), notes)]
    shown = iter(short_names([paths[0] for name, paths in named if not name]))
    names = [name or next(shown) for name, _ in named]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"Two systems are called '{twice}'.", "name them apart: NAME=PATH")
    return [
        SystemRuns(name, tuple(run.predictions for run in group), tuple(note for run in group for note in run.notes))
        for name, group in zip(names, runs, strict=True)
    ]


def named_paths(arguments: Sequence[str | os.PathLike[str]]) -> list[tuple[str, list[str]]]:
    """Takes ``NAME=PATH`` and ``NAME=PATH,PATH,...`` apart; a bare path has the name "".

    >>> named_paths(["mine=a.csv,b.csv", "c.csv"])
    [('mine', ['a.csv', 'b.csv']), ('', ['c.csv'])]
    """
    named: list[tuple[str, list[str]]] = []
    for text in _spread([str(os.fspath(one)) for one in arguments]):
        name, equals, paths = text.partition("=")
        is_named = equals and name and not Path(text).exists()
        # A path may hold commas itself: run folders are named after their settings.
        several = [paths] if Path(paths).exists() else paths.split(",")
        named.append((name, several) if is_named else ("", [text]))
    return named


def _spread(arguments: list[str]) -> list[str]:
    """A single folder of prediction files that have names of their own becomes its files."""
    folder = Path(arguments[0]) if len(arguments) == 1 else None
    if folder is None or not folder.is_dir():
        return arguments
    own = sorted(str(path) for path in folder.glob("*.csv"))
    return own if own and not any(Path(path).name.startswith("pred_") for path in own) else arguments


@dataclass(frozen=True)
class _Run:
    predictions: tuple[Predictions, ...]
    notes: tuple[str, ...]


def _one_a_file(
    named: list[tuple[str, list[str]]], runs: list[list[_Run]]
) -> tuple[list[tuple[str, list[str]]], list[list[_Run]]]:
    """Takes a folder that answers one file of the task several times apart into one system a file."""
    (run,) = runs[0]
    if len({one.spec for one in run.predictions}) == len(run.predictions):
        return named, runs
    paths = list(dict.fromkeys(one.path for one in run.predictions))
    parts = [tuple(one for one in run.predictions if one.path == path) for path in paths]
    return [("", [path]) for path in paths], [[_Run(part, run.notes)] for part in parts]


def _read(path: str, selector: Selector) -> _Run:
    found = read_submission(path, **selector.keywords)
    refused = refused_files(found.report, selector)
    notes = tuple(f"{file} is left out: `semeval-emo validate` says why it cannot be scored." for file in refused)
    if not found.predictions:
        problems = [p for p in found.report.problems if p.severity.value == "error"]
        told = "; ".join(f"{p.file}{f':{p.line}' if p.line else ''}: {p.message}" for p in problems[:_SHOWN])
        raise InvalidSubmission(
            f"{path} holds no predictions that can be scored{f': {told}' if told else ''}.",
            f"semeval-emo validate {path}",
        )
    return _Run(found.predictions, notes)


def align_systems(contenders: Sequence[SystemRuns], task: Task, *, track: str | None = None) -> AlignedSystems:
    """Finds the files that every run of every system predicted.

    Args:
        track: the track to compare on; None takes the first that all have.

    Raises:
        ReleaseMismatch: the systems predicted different releases.
        UsageError: two files of a run answer the same file of the task, or nothing is common to all.
    """
    everyone = [(contender, run) for contender in contenders for run in contender.runs]
    _check_releases([(contender.name, one.spec) for contender, run in everyone for one in run])
    tables = [_by_spec(contender, run) for contender, run in everyone]
    common = set(tables[0]).intersection(*tables[1:])
    every = {spec for table in tables for spec in table}
    tracks = [key for key in task.tracks if any(spec.track == key for spec in common)]
    key = task.track(track).key if track else next(iter(tracks), None)
    specs = [spec for spec in common if spec.track == key]
    splits = sorted({spec.split for spec in specs})
    if not specs:
        have = "; ".join(
            f"{contender.name}: {_listing(table)}" for (contender, _), table in zip(everyone, tables, strict=True)
        )
        raise UsageError(f"There is no file that all systems predicted{f' on track {key}' if key else ''}. {have}.")
    if len(splits) > 1:
        raise UsageError(f"The systems predicted {' and '.join(splits)}.", f"choose one with --split {splits[-1]}")
    order = list(task.languages)
    specs.sort(key=lambda spec: order.index(spec.language))
    told = dict.fromkeys(note for contender in contenders for note in contender.notes)
    return AlignedSystems(
        names=tuple(contender.name for contender in contenders),
        specs=tuple(specs),
        predictions=tuple(
            tuple(tuple(_by_spec(contender, run)[spec] for spec in specs) for run in contender.runs)
            for contender in contenders
        ),
        notes=(*told, *_left_out(every, common, key, tracks)),
    )


def _left_out(every: set[FileSpec], common: set[FileSpec], key: str | None, tracks: list[str]) -> list[str]:
    lost = sorted({spec.language for spec in every - common if spec.track == key})
    notes = [f"Left out, because not every system predicted it: {', '.join(lost)}."] if lost else []
    others = [one for one in tracks if one != key]
    if others:
        notes.append(f"The files also hold track {' and '.join(others)}: --track {others[0]} compares that.")
    return notes


def _listing(table: dict[FileSpec, Predictions]) -> str:
    return ", ".join(f"{spec.track}/{spec.language}/{spec.split}" for spec in table)


def _check_releases(specs: Sequence[tuple[str, FileSpec]]) -> None:
    releases: dict[tuple[str, str], str] = {}
    for name, spec in specs:
        releases.setdefault((spec.task, spec.release), name)
    if len(releases) > 1:
        told = "; ".join(f"{name} predicted release {release} of {task}" for (task, release), name in releases.items())
        raise ReleaseMismatch(
            f"Systems of different releases cannot be compared: {told}. The same id is another text there.",
            "compare predictions of one release",
        )


def _by_spec(contender: SystemRuns, run: Sequence[Predictions]) -> dict[FileSpec, Predictions]:
    found: dict[FileSpec, Predictions] = {}
    for one in run:
        if one.spec in found:
            raise UsageError(
                f"'{contender.name}' answers {one.spec.place} twice: {found[one.spec].path} and {one.path}.",
                "a system has one file a language; runs of one system are NAME=PATH,PATH",
            )
        found[one.spec] = one
    return found


def short_names(paths: Sequence[str]) -> list[str]:
    """Names for paths: the shortest ends that tell them apart, without what all have in common.

    >>> short_names(["runs/tfidf/pred_eng.csv", "runs/bert/pred_eng.csv"])
    ['tfidf', 'bert']
    >>> short_names(["out/llama_4layer_run.csv", "out/llama_3layer_run.csv"])
    ['4layer_run', '3layer_run']
    """
    parts = [_parts(path) for path in paths]
    if len(paths) > 1:
        while len({one[-1] for one in parts}) == 1 and all(len(one) > 1 for one in parts):
            parts = [one[:-1] for one in parts]
    deepest = max(map(len, parts), default=0)
    for depth in range(1, deepest + 1):
        names = ["/".join(one[-depth:]) for one in parts]
        if len(set(names)) == len(names):
            return _without_common_start(names)
    return ["/".join(one) for one in parts]


def _parts(path: str) -> tuple[str, ...]:
    # "archive.zip!track_a/pred_eng.csv" is a file inside an archive.
    pure = PurePath(path.replace("!", "/"))
    return (*(part for part in pure.parts[:-1] if part not in ("/", "..")), pure.stem or path)


def _without_common_start(names: list[str]) -> list[str]:
    words = [_words(name) for name in names]
    shared = _shared(words)
    shorter = ["".join(one[shared:]) for one in words]
    # Bare numbers say nothing: "batch_2" and "batch_3" stay as they are.
    return shorter if len(names) > 1 and all(any(c.isalpha() for c in one) for one in shorter) else names


def _shared_name(paths: Sequence[str]) -> str:
    """The words that all runs of one recipe begin with, from the last folder that they share."""
    words = [_words("/".join(_parts(path))) for path in paths]
    start = "".join(words[0][: _shared(words)]).rstrip("_-./ ")
    return PurePath(start).name or "system"


def _words(name: str) -> list[str]:
    return re.split(r"(?<=[_\-./ ])", name)


def _shared(words: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    columns = zip(*words, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, columns))
