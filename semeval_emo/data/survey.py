"""Find and read all data files below a folder, and identify their releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.data.folder import NOWHERE, bases, expected_path, flat_files, in_order, placed_files
from semeval_emo.data.gold import as_gold, refusal
from semeval_emo.data.identity import Match, identify
from semeval_emo.data.labels import Gold
from semeval_emo.data.sheet import Sheet, peek, read_sheet
from semeval_emo.data.sources import DataSource
from semeval_emo.errors import EmoError, InputError
from semeval_emo.progress import Progress
from semeval_emo.task import FileKey, Selector, Task, known_tasks, load_task
from semeval_emo.text import plural, printable

# States of a file; only `known` files have gold labels.
KNOWN, BLANK, UNKNOWN, STRAY, REFUSED, UNREADABLE = "known", "blank", "unknown", "stray", "refused", "unreadable"

# Reading this many files takes long enough for a progress message.
MANY = 20


@dataclass(frozen=True, eq=False)
class DataFile:
    """One file of a folder.

    Attributes:
        place: track, language and split; empty strings if unknown.
        state: ``known``, ``blank`` (a known file without labels), ``unknown`` (the labels or texts of no
            known release), ``stray`` (not a language of the task), ``refused`` or ``unreadable``.
        matches: the releases that the file belongs to.
        sheet: the contents; None if the file cannot be read.
    """

    path: Path
    place: FileKey
    state: str
    matches: tuple[Match, ...] = ()
    detail: str = ""
    sheet: Sheet | None = None
    blanks: int = 0

    @property
    def rows(self) -> int:
        """Number of texts."""
        return 0 if self.sheet is None else len(self.sheet)

    @property
    def bare(self) -> bool:
        """Whether the file has labels without texts."""
        return self.sheet is not None and self.sheet.texts is None

    @property
    def releases(self) -> tuple[str, ...]:
        """The keys of the releases that the file belongs to, the default first."""
        return tuple(match.spec.release for match in self.matches)

    def to_dict(self) -> dict[str, Any]:
        """Return the file as JSON data, without its rows."""
        track, language, split = self.place
        return {
            "file": str(self.path),
            "track": track or None,
            "language": language or None,
            "split": split or None,
            "rows": self.rows,
            "state": self.state,
            "releases": list(self.releases),
            "known_by": self.matches[0].by if self.matches else None,
            "blank_cells": self.blanks,
            "detail": self.detail or None,
        }

    def gold(self, release: str | None = None) -> Gold:
        """Return labels and texts, as the file of a release that it belongs to; None for the first.

        Raises:
            InputError: the file does not belong to that release, or its labels are blank.
        """
        for match in self.matches:
            if self.sheet is not None and release in (None, match.spec.release):
                return as_gold(self.sheet, match.spec, self.matches)
        raise InputError(
            f"{self.path} does not belong to {release or 'a known release'}.", "run `semeval-emo data check`"
        )


@dataclass(frozen=True, eq=False)
class Folder:
    """A folder that holds a release, or part of one.

    Attributes:
        releases: the releases that all known files belong to, first those with most files proven by
            hash, then the default; empty if no release covers them all.
        tally: number of files by release.
        ignored: other CSV files of the folder, whose first id is not of the task.
    """

    path: Path
    files: tuple[DataFile, ...]
    releases: tuple[str, ...]
    tally: dict[str, int]
    ignored: tuple[Path, ...] = ()

    @property
    def proven(self) -> int:
        """Number of files that a hash assigns to the first release; ids alone assign the others."""
        return _proven(self.releases[0], [one for one in self.files if one.matches]) if self.releases else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the folder as JSON data."""
        return {
            "folder": str(self.path),
            "release": self.releases[0] if self.releases else None,
            "releases": list(self.releases),
            "files": [file.to_dict() for file in self.files],
            "ignored": [str(path) for path in self.ignored],
        }

    def of(self, *states: str) -> list[DataFile]:
        """Return the files in one of these states."""
        return [one for one in self.files if one.state in states]


def survey(
    root: Path, task: Task, progress: Progress | None = None, selector: Selector | None = None
) -> tuple[Folder, ...]:
    """Read the data files of a folder and its subfolders (or one file) and identify their releases.

    Raises:
        InputError: the folder does not exist or holds no data file.
    """
    progress, selector = progress or Progress(), selector or Selector()
    if root.is_file():
        return (_folder(root.parent, (_read(root, _place_by_ids(root, task), task),), task),)
    if not root.is_dir():
        raise InputError(f"There is no folder or file {root}.", f"give the folder that holds {_example(task)}")
    folders, has_data = [], False
    seen: set[Path] = set()
    for base in bases(root):
        all_places = [(path, place) for path, place in _places(base, task) if path not in seen]
        seen.update(path for path, _ in all_places)
        places = [(path, place) for path, place in all_places if selector.matches(place)]
        has_data = has_data or bool(all_places)
        if len(places) >= MANY:
            progress.message(f"reading {len(places)} files of {base}")
        if places:
            files = tuple(_read(path, place, task) for path, place in places)
            ignored = tuple(path for path in flat_files(base, task) if path not in seen)
            if ignored:
                count = plural(len(ignored), "CSV file")
                progress.message(
                    f"left out: {count} of {base}, whose first id is not of {task.title} (first: {ignored[0].name})"
                )
            folders.append(replace(_folder(base, files, task), ignored=ignored))
    if not has_data:
        raise InputError(
            f"There is no data file of {task.title} in {root}.",
            f"expected {_example(task)} or a file with ids of the task",
        )
    return tuple(folders)


def survey_sources(
    places: Sequence[DataSource], selector: Selector, progress: Progress | None = None
) -> tuple[Task, list[tuple[DataSource, Folder]]]:
    """Return the task of several sources, and the files that a selector matches, folder by folder.

    Without a task in the selector, it is the task whose ids the first source has.

    Raises:
        InputError: a source has no data file.
        UsageError: the task does not have a name of the selector.
    """
    task = load_task(selector.task) if selector.task else task_of(places[0].root)
    selector = selector.of(task)
    selected = []
    for source in places:
        for folder in survey(source.root, task, progress, selector):
            files = tuple(file for file in folder.files if selector.release in (None, *file.releases))
            if folder.tally and files:
                selected.append((source, replace(folder, files=files)))
    return task, selected


def labelled(folders: Iterable[Folder], task: Task, release: str | None = None) -> list[Gold]:
    """Return the gold labels of each file of the task that the folders hold, once.

    Args:
        release: leave out files of other releases. None prefers the default release, and uses another
            one where the default is missing.
    """
    preferred = release or task.default_release

    def rank(file: DataFile) -> tuple[bool, bool]:
        return preferred in file.releases, not file.bare

    chosen: dict[FileKey, DataFile] = {}
    for file in (file for folder in folders for file in folder.of(KNOWN)):
        previous = chosen.get(file.place)
        # A file of the preferred release before any other, one with texts before one without.
        if (preferred in file.releases or release is None) and (previous is None or rank(file) > rank(previous)):
            chosen[file.place] = file
    return [file.gold(preferred if preferred in file.releases else None) for file in chosen.values()]


def left_out(folders: Iterable[Folder]) -> dict[str, list[DataFile]]:
    """Return the files that are not gold labels of a known release, by state."""
    by_state: dict[str, list[DataFile]] = {}
    for folder in folders:
        for file in folder.files:
            if file.state != KNOWN:
                by_state.setdefault(file.state, []).append(file)
    return by_state


def task_of(root: Path) -> Task:
    """Return the task that the ids of the files in a folder belong to; the default task if there is none."""
    for _, task in known_tasks():
        paths = [root] if root.is_file() else (path for base in bases(root) for path, _ in _places(base, task))
        if any(task.places(peek(path, task)[1]) for path in paths):
            return task
    return load_task()


def _example(task: Task) -> str:
    """Return the path of a file of the task."""
    specs = task.specs(task.default_release, split="test") or task.specs()
    return expected_path(specs[0], task) if specs else task.layout.data.file


def _places(base: Path, task: Task) -> Iterator[tuple[Path, FileKey]]:
    """Yield the data files of one folder with their addresses, by folder names or ids."""
    seen: set[Path] = set()
    for path, place in in_order(placed_files(base, task), task):
        if path in seen:
            continue
        seen.add(path)
        if not all(place):
            by_ids = _place_by_ids(path, task)
            place = FileKey(*(own or other for own, other in zip(place, by_ids, strict=True)))
        if place.track:
            yield path, place
    for path in flat_files(base, task):
        place = _place_by_ids(path, task) if path not in seen else NOWHERE
        if any(place):
            yield path, place


def _place_by_ids(path: Path, task: Task) -> FileKey:
    """Return the address of a file by its first id, or `NOWHERE`."""
    specs = task.places(peek(path, task)[1])
    return specs[0].key if specs else NOWHERE


def _read(path: Path, place: FileKey, task: Task) -> DataFile:
    language = place.language
    try:
        sheet = read_sheet(path, task)
    except EmoError as error:
        return DataFile(path, place, UNREADABLE, detail=error.message)
    refused = refusal(sheet, task, place)
    if language not in task.languages:
        if not language:
            return DataFile(path, place, UNKNOWN, detail=f"its ids do not belong to {task.title}", sheet=sheet)
        return DataFile(
            path, place._replace(language=""), STRAY, detail=f"'{language}' is not a language code", sheet=sheet
        )
    if refused:
        return DataFile(path, place, REFUSED, detail=refused, sheet=sheet)
    matches = identify(sheet, task, place)
    if not matches:
        return DataFile(path, place, UNKNOWN, detail=_why(sheet, place, task), sheet=sheet)
    blanks = sheet.blanks([name for name in matches[0].spec.emotions if name in sheet.header])
    state = BLANK if blanks or not sheet.has(matches[0].spec.emotions) else KNOWN
    return DataFile(path, place, state, matches, sheet=sheet, blanks=blanks)


def _why(sheet: Sheet, place: FileKey, task: Task) -> str:
    """Return why a file belongs to no release."""
    specs = task.specs(**place._asdict())
    if not specs:
        return f"no release has a {place.split or 'known'} file of track {place.track} for '{place.language}'"
    same = [spec for spec in specs if spec.rows == len(sheet) and spec.id_set == set(sheet.ids)]
    if same:
        names = ", ".join(spec.release for spec in same)
        what = "labels" if sheet.texts is None or sheet.texts_hash() == same[0].texts_hash else "texts"
        return f"the ids belong to release {names}, but the {what} do not"
    ids = frozenset(sheet.ids)
    whole = next((spec for spec in specs if spec.id_set <= ids), None)
    if whole is not None:
        more = [row_id for row_id in sheet.ids if row_id not in whole.id_set]
        seen = f"and {len(more):,} more (first: {printable(more[0]) or 'a blank id'})" if more else "some of them twice"
        return f"it has the {plural(whole.rows, 'row')} of release {whole.release}, {seen}"
    releases: dict[int, list[str]] = {}
    for spec in specs:
        releases.setdefault(spec.rows, []).append(spec.release)
    counts = ", ".join(f"{rows:,} ({', '.join(names)})" for rows, names in releases.items())
    return f"{len(sheet):,} rows; known row counts: {counts}"


def _folder(base: Path, files: tuple[DataFile, ...], task: Task) -> Folder:
    known = [one for one in files if one.matches]
    tally = Counter(release for one in known for release in one.releases)
    whole = [release for release in task.releases if known and tally[release] == len(known)]
    whole.sort(key=lambda release: (-_proven(release, known), release != task.default_release))
    return Folder(base, files, tuple(whole), dict(tally))


def _proven(release: str, known: list[DataFile]) -> int:
    """Return how many files a hash of labels or texts assigns to a release, and not ids alone."""
    return sum(match.spec.release == release and match.by != "ids" for one in known for match in one.matches)
