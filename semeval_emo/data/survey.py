"""What lies in a folder: every data file below it, read and named by its release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.folder import bases, flat_files
from semeval_emo.data.gold import Gold, as_gold, refusal
from semeval_emo.data.identity import Match, identify
from semeval_emo.data.sheet import Sheet, peek, read_sheet
from semeval_emo.errors import EmoError, InputError
from semeval_emo.task import SPLITS, Task, load_task, task_files

# What a file can be. Only `known` ones are gold.
KNOWN, BLANK, UNKNOWN, STRAY, REFUSED, UNREADABLE = "known", "blank", "unknown", "stray", "refused", "unreadable"

Place = tuple[str, str, str]

# Fewer files than this are read before a person wonders.
MANY = 20


@dataclass(frozen=True, eq=False)
class DataFile:
    """One file of a folder.

    Attributes:
        path: the file.
        place: track, language and split; empty strings where nothing says.
        state: ``known``, ``blank`` (a known file whose labels are missing), ``unknown`` (the labels or
            texts of no known release), ``stray`` (no language of the task), ``refused`` or ``unreadable``.
        matches: the releases that it is.
        detail: why it is not known, in words.
        sheet: what it holds; None where it cannot be read.
        blanks: blank label cells.
    """

    path: Path
    place: Place
    state: str
    matches: tuple[Match, ...] = ()
    detail: str = ""
    sheet: Sheet | None = None
    blanks: int = 0

    @property
    def rows(self) -> int:
        """How many texts it has."""
        return 0 if self.sheet is None else len(self.sheet)

    @property
    def bare(self) -> bool:
        """True where it has labels without texts."""
        return self.sheet is not None and self.sheet.texts is None

    @property
    def releases(self) -> tuple[str, ...]:
        """The keys of the releases that it is, the default first."""
        return tuple(match.spec.release for match in self.matches)

    def gold(self, release: str | None = None) -> Gold:
        """The file's labels and texts, as the file of a release that it is; None means its first.

        Raises:
            InputError: it is not of that release, or its labels are blank.
        """
        for match in self.matches:
            if self.sheet is not None and release in (None, match.spec.release):
                return as_gold(self.sheet, match.spec, self.matches)
        raise InputError(
            f"{self.path} is not of {release or 'any known release'}.", "`semeval-emo data check` says why"
        )


@dataclass(frozen=True, eq=False)
class Folder:
    """A folder that holds a release, or part of one.

    Attributes:
        path: the folder.
        files: its data files.
        releases: the releases that all its known files are, the best proven and then the default
            first; empty where no one release covers them.
        tally: how many files each release covers.
    """

    path: Path
    files: tuple[DataFile, ...]
    releases: tuple[str, ...]
    tally: dict[str, int]

    @property
    def proven(self) -> int:
        """How many files are of the first release by hash; the others have its ids, and no hash is pinned."""
        return _proven(self.releases[0], [one for one in self.files if one.matches]) if self.releases else 0

    def of(self, *states: str) -> list[DataFile]:
        """The files in one of these states."""
        return [one for one in self.files if one.state in states]


def survey(
    root: Path,
    task: Task,
    progress: Callable[[str], None] = lambda message: None,
    wanted: Callable[[Place], bool] = lambda place: True,
) -> tuple[Folder, ...]:
    """Reads the data files in a folder and those below it (or one file), and says which release each is.

    Args:
        progress: told what is being read, where it takes a while.
        wanted: which places to read; the others are left out.

    Raises:
        InputError: there is no such folder, or no data file in it.
    """
    if root.is_file():
        return (_folder(root.parent, (_read(root, _place_by_ids(root, task), task),), task),)
    if not root.is_dir():
        raise InputError(f"There is no folder or file {root}.", "give the folder that holds track_a/test/…")
    found, there = [], False
    for base in bases(root):
        all_places = list(_places(base, task))
        places = [(path, place) for path, place in all_places if wanted(place)]
        there = there or bool(all_places)
        if len(places) >= MANY:
            progress(f"reading {len(places)} files of {base}")
        if places:
            files = tuple(_read(path, place, task) for path, place in places)
            found.append(_folder(base, files, task))
    if not there:
        raise InputError(
            f"There is no data file of {task.title} in {root}.",
            "expected track_a/test/eng.csv, track_a/eng.csv or a CSV whose ids are the task's",
        )
    return tuple(found)


def labelled(folders: Iterable[Folder], task: Task, release: str | None = None) -> list[Gold]:
    """The gold of every place that the folders hold, once.

    Args:
        release: leave out what is not of this release. None prefers the task's default, place by
            place, and takes what there is where it is missing.
    """
    wanted = release or task.default_release
    chosen: dict[Place, DataFile] = {}
    for one in (one for folder in folders for one in folder.of(KNOWN)):
        had = chosen.get(one.place)
        # A file of the wanted release before any other, one with texts before one without.
        if (wanted in one.releases or release is None) and (had is None or _rank(one, wanted) > _rank(had, wanted)):
            chosen[one.place] = one
    return [one.gold(wanted if wanted in one.releases else None) for one in chosen.values()]


def _rank(one: DataFile, wanted: str) -> tuple[bool, bool]:
    return wanted in one.releases, not one.bare


def task_of(root: Path) -> Task:
    """The task whose ids a folder's files have; the default task where none fits."""
    for name in task_files():
        task = load_task(name)
        paths = [root] if root.is_file() else (path for base in bases(root) for path, _ in _places(base, task))
        if any(task.places(peek(path)[1]) for path in paths):
            return task
    return load_task()


def _places(base: Path, task: Task) -> Iterator[tuple[Path, Place]]:
    """The data files of one folder and where they say that they belong."""
    for track in task.tracks.values():
        for split in SPLITS:
            for path in flat_files(base / track.folder / split):
                yield path, (track.key, path.stem, split)
        for path in flat_files(base / track.folder):
            yield path, (track.key, path.stem, _place_by_ids(path, task)[2])
    for path in flat_files(base):
        place = _place_by_ids(path, task)
        if any(place):
            yield path, place


def _place_by_ids(path: Path, task: Task) -> Place:
    """Where the first id of a file says that it belongs; empty strings where it says nothing."""
    places = task.places(peek(path)[1])
    return (places[0].track, places[0].language, places[0].split) if places else ("", "", "")


def _read(path: Path, place: Place, task: Task) -> DataFile:
    track, language, split = place
    try:
        sheet = read_sheet(path)
    except EmoError as error:
        return DataFile(path, place, UNREADABLE, detail=error.message)
    refused = refusal(sheet, task, *place)
    if language not in task.languages:
        if not language:
            return DataFile(path, place, UNKNOWN, detail=f"its ids are those of no file of {task.title}", sheet=sheet)
        return DataFile(path, (track, "", split), STRAY, detail=f"'{language}' is no language code", sheet=sheet)
    if refused:
        return DataFile(path, place, REFUSED, detail=refused, sheet=sheet)
    matches = identify(sheet, task, *place)
    if not matches:
        return DataFile(path, place, UNKNOWN, detail=_why(sheet, place, task), sheet=sheet)
    blanks = sheet.blanks([name for name in matches[0].spec.emotions if name in sheet.header])
    state = BLANK if blanks or not sheet.has(matches[0].spec.emotions) else KNOWN
    return DataFile(path, place, state, matches, sheet=sheet, blanks=blanks)


def _why(sheet: Sheet, place: Place, task: Task) -> str:
    """What keeps a file from being one of the releases."""
    track, language, split = place
    specs = task.specs(track=track, language=language, split=split)
    if not specs:
        return f"no release has a {split or 'known'} file of track {track} for '{language}'"
    same = [spec for spec in specs if spec.rows == len(sheet) and spec.id_set == set(sheet.ids)]
    if same:
        names = ", ".join(spec.release for spec in same)
        what = "labels" if sheet.texts is None or sheet.texts_hash() == same[0].texts_hash else "texts"
        return f"the ids are those of {names}, the {what} are not"
    counts = ", ".join(f"{rows:,} ({names})" for rows, names in _row_counts(specs).items())
    return f"{len(sheet):,} rows; known: {counts}"


def _row_counts(specs: list) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for spec in specs:
        found.setdefault(spec.rows, []).append(spec.release)
    return {rows: ", ".join(names) for rows, names in found.items()}


def _folder(base: Path, files: tuple[DataFile, ...], task: Task) -> Folder:
    known = [one for one in files if one.matches]
    tally = Counter(release for one in known for release in one.releases)
    whole = [release for release in task.releases if known and tally[release] == len(known)]
    whole.sort(key=lambda release: (-_proven(release, known), release != task.default_release))
    return Folder(base, files, tuple(whole), dict(tally))


def _proven(release: str, known: list[DataFile]) -> int:
    """How many files are of a release by a hash of labels or texts rather than by ids alone."""
    return sum(match.spec.release == release and match.by != "ids" for one in known for match in one.matches)
