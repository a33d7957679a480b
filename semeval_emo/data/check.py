"""Check a data folder: its release, problems of its files, texts shared between splits, conflicting labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from semeval_emo.data.cache import read_manifest
from semeval_emo.data.overlap import DEGREES, Texts, letters, overlap
from semeval_emo.data.stats import duplicate_rows
from semeval_emo.data.survey import BLANK, KNOWN, REFUSED, STRAY, UNKNOWN, UNREADABLE, DataFile, Folder, survey
from semeval_emo.errors import EmoError, InputError
from semeval_emo.progress import Progress
from semeval_emo.task import PIN_FILES, SPLITS, FileKey, Task
from semeval_emo.text import plural

# Kinds of problems, worst first.
KINDS = {
    UNREADABLE: "cannot be read",
    REFUSED: "of a release that cannot be scored",
    BLANK: "the gold labels are blank",
    UNKNOWN: "of no known release",
    "changed": "changed since it was fetched",
    "altered": "labels of a release, but other texts",
    STRAY: "not a language of the task",
}


@dataclass(frozen=True)
class DataProblem:
    """A problem of one data file; `kind` is a key of `KINDS`."""

    kind: str
    path: Path
    message: str
    fix: str


@dataclass(frozen=True)
class Leak:
    """Texts of one split that also occur in an earlier split of the same language.

    Attributes:
        train: (track, split) of the earlier splits; several if tracks share the same texts.
        evaluation: (track, split) of the later splits.
        rows: number of texts of a later split.
        exact, normalised, letters: how many of them are shared, by degree (see `overlap`).
    """

    language: str
    train: tuple[tuple[str, str], ...]
    evaluation: tuple[tuple[str, str], ...]
    rows: int
    exact: int
    normalised: int
    letters: int

    @property
    def share(self) -> float:
        """The share of evaluation texts that occur in the earlier split after normalisation."""
        return self.normalised / self.rows


@dataclass(frozen=True)
class Conflict:
    """Duplicate texts of one file that have different labels.

    Attributes:
        texts: number of different duplicate texts.
        conflicting: how many of them have different labels.
        ids: the ids of the first conflicting text.
    """

    place: FileKey
    texts: int
    conflicting: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class FolderCheck:
    """The check of one folder; `expected` is the number of files of its release, 0 if that is unknown."""

    folder: Folder
    expected: int
    problems: tuple[DataProblem, ...]
    leaks: tuple[Leak, ...]
    conflicts: tuple[Conflict, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the folder and its problems as JSON data; overlap and conflicts are complete."""
        return {
            **self.folder.to_dict(),
            "expected_files": self.expected,
            "problems": [
                {"kind": odd.kind, "file": str(odd.path), "message": odd.message, "fix": odd.fix}
                for odd in self.problems
            ],
            "overlap": [asdict(leak) for leak in self.leaks],
            "conflicts": [asdict(conflict) for conflict in self.conflicts],
        }


@dataclass(frozen=True)
class DataCheck:
    """The result of `check_data`.

    Attributes:
        folders: folders with data of a known release.
        others: folders without (usually predictions), each with its number of files.
    """

    root: Path
    task: Task
    folders: tuple[FolderCheck, ...]
    others: tuple[tuple[Path, int], ...]

    @property
    def problems(self) -> tuple[DataProblem, ...]:
        """The problems of all folders."""
        return tuple(one for folder in self.folders for one in folder.problems)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/data-check/1``."""
        return {
            "schema": "semeval-emo/data-check/1",
            "root": str(self.root),
            "task": self.task.key,
            "problems": len(self.problems),
            "folders": [folder.to_dict() for folder in self.folders],
            "other_folders": [{"folder": str(path), "files": count} for path, count in self.others],
        }


def check_data(root: Path, task: Task, language: str | None = None, progress: Progress | None = None) -> DataCheck:
    """Check the data files in a folder and its subfolders.

    Args:
        language: search this language only for overlap and conflicting labels.

    Raises:
        InputError: the folder does not exist or has no gold labels.
    """
    progress = progress or Progress()
    folders, others = [], []
    for folder in survey(root, task, progress):
        if not any(one.matches for one in folder.files) and folder.path not in (root, root.parent):
            others.append((folder.path, len(folder.files)))
        else:
            progress.message(f"comparing the texts of {folder.path}")
            folders.append(_check(folder, task, language))
    if not folders:
        count = sum(files for _, files in others)
        raise InputError(
            f"No gold labels of {task.title} in {root}: no known release has its {plural(count, 'file')}.",
            "`semeval-emo validate` checks predictions",
        )
    return DataCheck(root, task, tuple(folders), tuple(others))


def _check(folder: Folder, task: Task, language: str | None) -> FolderCheck:
    # Tracks share texts, so the letters of each text are computed once.
    form = cache(letters)
    texts = {
        one.path: Texts(one.sheet.ids, one.sheet.texts, form)
        for one in folder.files
        if one.sheet is not None and one.sheet.texts is not None and language in (None, one.place.language or language)
    }
    return FolderCheck(
        folder=folder,
        expected=len(task.release(folder.releases[0]).specs) if folder.releases else 0,
        problems=tuple(_problems(folder, texts, task)),
        leaks=tuple(_leaks(folder, texts, task.splits)),
        conflicts=tuple(_conflicts(folder, texts)),
    )


def _problems(folder: Folder, texts: dict[Path, Texts], task: Task) -> Iterator[DataProblem]:
    yield from sorted([*_by_state(folder, texts, task), *_changed(folder)], key=lambda one: list(KINDS).index(one.kind))


def _by_state(folder: Folder, texts: dict[Path, Texts], task: Task) -> Iterator[DataProblem]:
    for one in folder.files:
        if one.state == BLANK and one.sheet is not None:
            emotions = one.matches[0].spec.emotions
            cells = len(one.sheet) * len(emotions)
            seen = f"{one.blanks:,} of {cells:,} label cells are blank" if one.blanks else "there are no label columns"
            others = "use another release" if len(task.releases) > 1 else "pass the folder with its labels as --gold"
            yield DataProblem(BLANK, one.path, seen, f"blank does not mean 0: {others} to score this split")
        elif one.state == STRAY:
            seen = "; ".join([one.detail, *_copies(one, folder, texts)])
            yield DataProblem(STRAY, one.path, seen, "do not train on it")
        elif one.state == UNKNOWN:
            fix = "download it again, or leave it out if it is your own" if task.specs() else PIN_FILES
            bare = one.sheet is not None and one.sheet.texts is None
            yield DataProblem(
                UNKNOWN, one.path, one.detail, f"{fix}; `semeval-emo validate` checks predictions" if bare else fix
            )
        elif one.state == REFUSED:
            yield DataProblem(REFUSED, one.path, f"it belongs to {one.detail}", "use a later release")
        elif one.state == UNREADABLE:
            yield DataProblem(UNREADABLE, one.path, one.detail, "correct it, or leave it out")
        elif one.matches[0].texts_differ:
            yield DataProblem("altered", one.path, "its texts are not those of the release", "do not train on it")


def _copies(stray: DataFile, folder: Folder, texts: dict[Path, Texts]) -> Iterator[str]:
    """Yield where else the texts of a file occur that is not of a language."""
    if stray.path not in texts:
        return
    best = None
    for one in folder.of(KNOWN, BLANK):
        if one.path in texts and one.place.split == SPLITS[-1]:
            shared = overlap(texts[stray.path], texts[one.path])
            count = shared.count(DEGREES[-1])
            if count and (best is None or count > best[0]):
                best = count, shared.normalised, one.place
    if best is not None:
        count, normalised, (track, language, split) = best
        yield (
            f"{count:,} of its {stray.rows:,} texts occur in track {track} {language} {split} "
            f"({normalised:,} apart from case and spaces, the others apart from punctuation)"
        )


def _changed(folder: Folder) -> Iterator[DataProblem]:
    """Yield fetched files whose hashes differ from the manifest."""
    try:
        manifest = read_manifest(folder.path)
    except EmoError as error:
        yield DataProblem(UNREADABLE, folder.path, error.message, error.fix)
        return
    known = manifest.files if manifest is not None else {}
    for one in folder.files:
        entry = known.get(one.path.relative_to(folder.path).as_posix())
        if entry is not None and one.sheet is not None and one.sheet.texts_hash() != entry["texts"]:
            yield DataProblem(
                "changed", one.path, "its texts differ from the fetched ones", "remove the folder and fetch again"
            )


def _leaks(folder: Folder, texts: dict[Path, Texts], splits: tuple[str, ...]) -> Iterator[Leak]:
    """Yield the overlap of each split with each later one, within and across tracks."""
    sides = [(one.place, texts[one.path]) for one in folder.of(KNOWN, BLANK) if one.path in texts]
    for language in dict.fromkeys(place.language for place, _ in sides):
        here = [(place, side) for place, side in sides if place.language == language]
        found: dict[tuple, list[tuple[str, str]]] = {}
        for (track, _, split), train in here:
            later = splits[splits.index(split) + 1 :]
            for evaluation in _sharing(train, [one for one in here if one[0].split in later]):
                found.setdefault((split, *evaluation), []).append((track, split))
        for (_, places, *counts), trains in found.items():
            rows, exact, normalised, wide = counts
            yield Leak(language, tuple(trains), places, rows, exact, normalised, wide)


def _sharing(train: Texts, sides: Sequence[tuple[FileKey, Texts]]) -> list[tuple]:
    """Return the sides that share texts with `train`; sides of one split with equal counts are merged."""
    merged: dict[tuple, list[tuple[str, str]]] = {}
    for (track, _, split), evaluation in sides:
        shared = overlap(train, evaluation)
        counts = tuple(shared.count(degree) for degree in DEGREES)
        if counts[-1]:
            merged.setdefault((split, len(evaluation), *counts), []).append((track, split))
    return [(tuple(places), *counts) for (_, *counts), places in merged.items()]


def _conflicts(folder: Folder, texts: dict[Path, Texts]) -> Iterator[Conflict]:
    for one in folder.of(KNOWN):
        if one.path in texts and one.sheet is not None:
            side = texts[one.path]
            columns = [one.sheet.column(name) for name in one.matches[0].spec.emotions]
            groups = duplicate_rows(side.texts)
            differing = [rows for rows in groups.values() if len({tuple(c[at] for c in columns) for at in rows}) > 1]
            if differing:
                yield Conflict(one.place, len(groups), len(differing), tuple(side.ids[at] for at in differing[0]))
