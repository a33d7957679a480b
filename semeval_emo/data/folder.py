"""Find data files in a folder.

The names of folders and files say what a file is, in any order. A folder may hold several releases, each in a
subfolder.

* official: ``track_a/test/eng.csv``
* other orders: ``test/track_a/eng.csv``, ``track_a/eng_test.csv``, ``eng/test.csv``, and as Parquet files
  ``track_a/eng/test-00000-of-00001.parquet``
* without splits: ``track_a/eng.csv``
* flat: any CSV file, identified by its ids (a hub export)
* the layout of another task, such as ``2018-E-c-En-dev.txt``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from semeval_emo.data.sheet import PARQUET, peek
from semeval_emo.data.split_names import split_of
from semeval_emo.errors import InputError
from semeval_emo.task import DEFAULT_LAYOUT, SPLITS, FileKey, FileSpec, Task

# How many levels below the given folder a release may start: data/releases/2025-09-english.
DEPTH = 2
SUFFIXES = (".csv", PARQUET)
NOWHERE = FileKey("", "", "")
# The number of a Parquet file on the hub.
_SHARD = re.compile(r"-\d+-of-\d+$")


@dataclass(frozen=True)
class Candidate:
    """A file that may hold texts or gold labels.

    Attributes:
        base: the folder of its release.
        is_placed: whether the names of its folders and file say what it is, and not its ids.
        direct: whether the user named this folder or file, and not a folder above it.
    """

    path: Path
    base: Path
    is_placed: bool
    direct: bool


def bases(root: Path, depth: int = DEPTH) -> Iterator[Path]:
    """Yield the folder and the subfolders in which a release may start, nearest first."""
    level = [root]
    for _ in range(depth + 1):
        yield from level
        level = [below for folder in level for below in _below(folder, Path.is_dir) if _may_hold_a_release(below)]


def _may_hold_a_release(folder: Path) -> bool:
    """Return False for folders inside a release, unless the user named the folder of a track."""
    if folder.name in SPLITS:
        return folder.parent.name.startswith("track_")
    return not folder.name.startswith((".", "track_", "__"))


def _below(folder: Path, is_kept: Callable[[Path], bool]) -> list[Path]:
    """Return some of the files and folders in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(filter(is_kept, folder.iterdir()))
    except OSError:
        return []


def candidates(root: Path, spec: FileSpec, task: Task) -> Iterator[Candidate]:
    """Yield the files that may hold what `spec` describes, most likely first, without reading further folders.

    Raises:
        InputError: the file or folder does not exist.
    """
    if root.is_file():
        yield Candidate(root, root.parent, is_placed=False, direct=True)
        return
    if not root.is_dir():
        raise InputError(f"There is no folder {root}.", f"give the folder that holds {expected_path(spec, task)}")
    tracks = _tracks_sharing_ids(spec, task)
    for base in bases(root):
        seen: set[Path] = set()
        for path in _placed(base, spec, tracks, task):
            if path not in seen:
                seen.add(path)
                yield Candidate(path, base, is_placed=True, direct=base == root)
        for path in flat_files(base, task):
            if path not in seen and _is_of(spec, peek(path, task)[1], task):
                yield Candidate(path, base, is_placed=False, direct=base == root)


def expected_path(spec: FileSpec, task: Task) -> str:
    """Return the path of a file in the layout of its task."""
    return task.layout.data.path(spec.key)


def _placed(base: Path, spec: FileSpec, tracks: list[str], task: Task) -> Iterator[Path]:
    """Yield the files whose folders and names say that they hold what `spec` describes; a path may occur twice."""
    name = f"{spec.language}.csv"
    for track in tracks:
        folder = base / f"track_{track}"
        yield from (path for path in (folder / spec.split / name, folder / name) if path.is_file())
    for path, place in placed_files(base, task):
        if place.language == spec.language and place.track in ("", *tracks) and place.split in ("", spec.split):
            yield path


def placed_files(base: Path, task: Task, place: FileKey = NOWHERE) -> Iterator[tuple[Path, FileKey]]:
    """Yield the data files in the folders of a release, with what the names of folders and files say of them.

    Args:
        place: what the name of the folder itself says.

    Returns:
        The paths, and their addresses with an empty text for what no name says. In a folder of a track, the name of any
        CSV file counts as a language.
    """
    if place == NOWHERE:
        yield from _in_layout(base, task)
    for path in _below(base, lambda path: path.suffix in SUFFIXES and any(place) and path.is_file()):
        known = _with(place, re.split(r"[_.\s-]+", _SHARD.sub("", path.stem)), task)
        if known is not None and known.language:
            yield path, known
        elif place.track and not place.language and path.suffix == ".csv":
            yield path, place._replace(language=_named(path.stem, task.languages) or path.stem)
    for folder in _below(base, Path.is_dir):
        known = _with(place, [folder.name], task)
        if known is not None:
            yield from placed_files(folder, task, known)


def _in_layout(base: Path, task: Task) -> Iterator[tuple[Path, FileKey]]:
    """Yield the files that are named as the layout of a task says, if that is not the default one."""
    layout = task.layout.data
    if layout.file == DEFAULT_LAYOUT.data.file:
        return
    level = [base]
    for _ in range(layout.file.count("/")):
        level = [below for folder in level for below in _below(folder, Path.is_dir)]
    for path in (path for folder in level for path in _below(folder, Path.is_file)):
        # Parquet files have the same names but for the suffix.
        named = path.with_suffix(Path(layout.name).suffix) if path.suffix == PARQUET else path
        said = layout.address(named.relative_to(base).as_posix())
        if said is not None:
            place = FileKey(
                track=_named(said.get("track"), task.tracks),
                language=_named(said.get("language"), task.languages),
                split=_split(said.get("split"), task),
            )
            if all(value or name not in said for name, value in place._asdict().items()):
                yield path, place


def _named(word: str | None, names: Iterable[str]) -> str:
    """Return the name that a word is, ignoring case; the only one if there is no word; else an empty text."""
    names = list(names)
    if word is None:
        return names[0] if len(names) == 1 else ""
    return next((name for name in names if name.lower() == word.lower()), "")


def _split(word: str | None, task: Task) -> str:
    """Return the split that a word is; the only one if there is no word; else an empty text."""
    return _named(word, task.splits) or _named(split_of(word or "") or word, task.splits)


def in_order(files: Iterable[tuple[Path, FileKey]], task: Task) -> list[tuple[Path, FileKey]]:
    """Return files in the order of the task's tracks, and of the splits; the others last."""
    tracks, splits = list(task.tracks), list(task.splits)

    def rank(file: tuple[Path, FileKey]) -> tuple[int, int]:
        track, _, split = file[1]
        return (tracks.index(track) if track else len(tracks), splits.index(split) if split else len(splits))

    return sorted(files, key=rank)


def _with(place: FileKey, words: list[str], task: Task) -> FileKey | None:
    """Return an address with what more words say; None if a word says nothing, or another thing."""
    for word in words:
        track = re.fullmatch(r"(?:sub)?(?:track|task)[\s_-]*(\w+)", word, re.IGNORECASE)
        split = _split(word, task)
        if track and track[1].lower() in task.tracks:
            field, value = "track", track[1].lower()
        elif split:
            field, value = "split", split
        elif language := _named(word, task.languages):
            field, value = "language", language
        else:
            return None
        if getattr(place, field):
            return None
        place = place._replace(**{field: value})
    return place


def flat_files(base: Path, task: Task | None = None) -> list[Path]:
    """Return the CSV files of a folder, and those with the suffix of a task's data, without subfolders."""
    layout = task.layout if task is not None else DEFAULT_LAYOUT
    suffix = Path(layout.data.name).suffix
    predictions = replace(layout.predictions, file=layout.predictions.name)

    def is_data(path: Path) -> bool:
        # Predictions may lie beside the data, with the same suffix.
        own = path.suffix == suffix and (suffix == ".csv" or predictions.address(path.name) is None)
        return (own or path.suffix == ".csv") and path.is_file()

    return _below(base, is_data)


def _tracks_sharing_ids(spec: FileSpec, task: Task) -> list[str]:
    """Return the track of `spec`, then the tracks whose files have the same ids in some release."""
    tracks = [spec.track]
    for group in task.id_index.groups_of(spec):
        for other in task.id_index.groups.get(group, ()):
            if other.track not in tracks:
                tracks.append(other.track)
    return tracks


def _is_of(spec: FileSpec, first_id: str, task: Task) -> bool:
    return any(
        place.language == spec.language and place.split == spec.split and spec.track in _tracks_sharing_ids(place, task)
        for place in task.places(first_id)
    )
