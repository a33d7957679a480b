"""Whether a folder of data can be trusted: its release, and everything odd about its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from semeval_emo.data.cache import read_manifest
from semeval_emo.data.overlap import DEGREES, Texts, letters, overlap
from semeval_emo.data.stats import repeated
from semeval_emo.data.survey import BLANK, KNOWN, REFUSED, STRAY, UNKNOWN, UNREADABLE, DataFile, Folder, survey
from semeval_emo.errors import EmoError, InputError
from semeval_emo.task import SPLITS, Task

# What is said of a file with each kind of oddity, worst first.
KINDS = {
    UNREADABLE: "cannot be read",
    REFUSED: "of a release that cannot be scored",
    BLANK: "the gold labels are blank",
    UNKNOWN: "of no known release",
    "changed": "no longer what was fetched",
    "altered": "labels of a release, but other texts",
    STRAY: "not a language",
}


@dataclass(frozen=True)
class Oddity:
    """Something about a file that a person must know before trusting it.

    Attributes:
        kind: a key of `KINDS`.
        path: the file.
        message: what was seen.
        fix: what to do about it.
    """

    kind: str
    path: Path
    message: str
    fix: str


@dataclass(frozen=True)
class Leak:
    """Texts of one split that stand in an earlier split of the same language.

    Attributes:
        language: the language.
        train: where they could be learnt from, as (track, split); several where tracks repeat each
            other's texts.
        evaluation: where they are evaluated, likewise.
        rows: texts of the evaluation side.
        exact, normalised, letters: how many of them are shared, at each degree (see `overlap`).
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
        """The share of the evaluation texts that are shared once normalised."""
        return self.normalised / self.rows


@dataclass(frozen=True)
class Conflict:
    """Texts that stand in one file more than once, with different labels.

    Attributes:
        place: track, language and split.
        texts: how many texts come more than once.
        conflicting: how many of them are labelled differently.
        ids: the ids of the first such text.
    """

    place: tuple[str, str, str]
    texts: int
    conflicting: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class FolderCheck:
    """What was found in one folder.

    Attributes:
        expected: how many files its release has; 0 where it has none.
    """

    folder: Folder
    expected: int
    oddities: tuple[Oddity, ...]
    leaks: tuple[Leak, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class DataCheck:
    """The answer of `check_data`.

    Attributes:
        folders: the folders that hold data.
        others: folders below the one asked for whose files are of no known release, and how many
            files each has: predictions, as a rule.
    """

    root: Path
    task: Task
    folders: tuple[FolderCheck, ...]
    others: tuple[tuple[Path, int], ...]

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Everything odd, folder by folder."""
        return tuple(one for folder in self.folders for one in folder.oddities)


def check_data(
    root: Path,
    task: Task,
    language: str | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> DataCheck:
    """Reads a folder and says what it is and what is wrong with it.

    Args:
        language: look for overlap and conflicting labels in this language alone.
        progress: told what is being done.

    Raises:
        InputError: there is no such folder, or no gold in it.
    """
    folders, others = [], []
    for folder in survey(root, task, progress):
        if not any(one.matches for one in folder.files) and folder.path not in (root, root.parent):
            others.append((folder.path, len(folder.files)))
        else:
            progress(f"comparing the texts of {folder.path}")
            folders.append(_check(folder, task, language))
    if not folders:
        count = sum(files for _, files in others)
        raise InputError(
            f"There is no gold of {task.title} in {root}: the labels of all files ({count}) are of no known release.",
            "predictions are checked by `semeval-emo validate`",
        )
    return DataCheck(root, task, tuple(folders), tuple(others))


def _check(folder: Folder, task: Task, language: str | None) -> FolderCheck:
    # Tracks repeat each other's texts, so each text's letters are worked out once.
    form = cache(letters)
    texts = {
        one.path: Texts(one.sheet.ids, one.sheet.texts, form)
        for one in folder.files
        if one.sheet is not None and one.sheet.texts is not None and _wanted(one, language)
    }
    return FolderCheck(
        folder=folder,
        expected=len(task.release(folder.releases[0]).specs) if folder.releases else 0,
        oddities=tuple(_oddities(folder, texts)),
        leaks=tuple(_leaks(folder, texts)),
        conflicts=tuple(_conflicts(folder, texts)),
    )


def _wanted(one: DataFile, language: str | None) -> bool:
    return language is None or one.place[1] in ("", language)


def _oddities(folder: Folder, texts: dict[Path, Texts]) -> Iterator[Oddity]:
    found = [*_by_state(folder, texts), *_changed(folder)]
    order = list(KINDS)
    yield from sorted(found, key=lambda one: order.index(one.kind))


def _by_state(folder: Folder, texts: dict[Path, Texts]) -> Iterator[Oddity]:
    for one in folder.files:
        if one.state == BLANK and one.sheet is not None:
            emotions = one.matches[0].spec.emotions
            cells = len(one.sheet) * len(emotions)
            seen = f"{one.blanks:,} of {cells:,} label cells are blank" if one.blanks else "it has no label columns"
            yield Oddity(BLANK, one.path, seen, "blank is not zero: score this split against another release")
        elif one.state == STRAY:
            seen = "; ".join([one.detail, *_copies(one, folder, texts)])
            yield Oddity(STRAY, one.path, seen, "do not train on it, and do not take it for a language")
        elif one.state == UNKNOWN:
            fix = "take the file from its publisher again, or leave it out"
            bare = one.sheet is not None and one.sheet.texts is None
            yield Oddity(
                UNKNOWN, one.path, one.detail, f"{fix}; predictions go to `semeval-emo validate`" if bare else fix
            )
        elif one.state == REFUSED:
            yield Oddity(REFUSED, one.path, f"it is of {one.detail}", "take the file from a later release")
        elif one.state == UNREADABLE:
            yield Oddity(UNREADABLE, one.path, one.detail, "take the file from its publisher again")
        elif one.matches[0].texts_differ:
            yield Oddity("altered", one.path, "its texts are not those of the release", "do not train on it")


def _copies(stray: DataFile, folder: Folder, texts: dict[Path, Texts]) -> Iterator[str]:
    """Where the texts of a file that is no language stand as well."""
    if stray.path not in texts:
        return
    best = None
    for one in folder.of(KNOWN, BLANK):
        if one.path in texts and one.place[2] == SPLITS[-1]:
            shared = overlap(texts[stray.path], texts[one.path])
            count = shared.count(DEGREES[-1])
            if count and (best is None or count > best[0]):
                best = count, shared.normalised, one.place
    if best is not None:
        count, normalised, (track, language, split) = best
        yield (
            f"{count:,} of its {stray.rows:,} texts stand in track {track} {language} {split} "
            f"({normalised:,} once case and spaces are made alike, the others but for punctuation)"
        )


def _changed(folder: Folder) -> Iterator[Oddity]:
    """Fetched files whose hashes are no longer those of the manifest."""
    try:
        manifest = read_manifest(folder.path)
    except EmoError as error:
        yield Oddity(UNREADABLE, folder.path, error.message, error.fix)
        return
    known = manifest.files if manifest is not None else {}
    for one in folder.files:
        entry = known.get(one.path.relative_to(folder.path).as_posix())
        if entry is not None and one.sheet is not None and one.sheet.texts_hash() != entry["texts"]:
            yield Oddity("changed", one.path, "its texts are not what was fetched", "remove the folder and fetch again")


def _leaks(folder: Folder, texts: dict[Path, Texts]) -> Iterator[Leak]:
    """Overlap of every split with every later one, within and across tracks, language by language."""
    sides = [(one.place, texts[one.path]) for one in folder.of(KNOWN, BLANK) if one.path in texts]
    for language in dict.fromkeys(place[1] for place, _ in sides):
        here = [(place, side) for place, side in sides if place[1] == language]
        found: dict[tuple, list[tuple[str, str]]] = {}
        for (track, _, split), train in here:
            for evaluation in _alike(train, [one for one in here if _later(one[0][2], split)]):
                found.setdefault((split, *evaluation), []).append((track, split))
        for (_, places, *counts), trains in found.items():
            rows, exact, normalised, wide = counts
            yield Leak(language, tuple(trains), places, rows, exact, normalised, wide)


def _later(split: str, than: str) -> bool:
    return SPLITS.index(split) > SPLITS.index(than)


def _alike(train: Texts, sides: Sequence[tuple[tuple[str, str, str], Texts]]) -> list[tuple]:
    """The sides that share texts with `train`, those of one split and the same counts as one."""
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
            groups = repeated(side.texts)
            odd = [rows for rows in groups.values() if len({tuple(c[at] for c in columns) for at in rows}) > 1]
            if odd:
                yield Conflict(one.place, len(groups), len(odd), tuple(side.ids[at] for at in odd[0]))
