"""Find data files in a folder.

Three layouts are known; a folder may hold several releases, each in a subfolder:

* official: ``track_a/test/eng.csv``
* without splits: ``track_a/eng.csv``
* flat: any CSV file, identified by its ids (a hub export)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.sheet import peek
from semeval_emo.errors import InputError
from semeval_emo.task import SPLITS, FileSpec, Task

# How many levels below the given folder a release may start: data/releases/2025-09-english.
DEPTH = 2


@dataclass(frozen=True)
class Candidate:
    """A file that may hold texts or gold labels.

    Attributes:
        base: the folder of its release.
        layout: ``official``, ``without splits`` or ``flat``.
        direct: whether the user named this folder or file, and not a folder above it.
    """

    path: Path
    base: Path
    layout: str
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
        yield Candidate(root, root.parent, "flat", direct=True)
        return
    if not root.is_dir():
        raise InputError(f"There is no folder {root}.", "give the folder that holds track_a/test/… or a CSV file")
    tracks = _tracks_sharing_ids(spec, task)
    for base in bases(root):
        direct = base == root
        for track in tracks:
            folder = base / f"track_{track}"
            for layout, path in (
                ("official", folder / spec.split / f"{spec.language}.csv"),
                ("without splits", folder / f"{spec.language}.csv"),
            ):
                if path.is_file():
                    yield Candidate(path, base, layout, direct)
        for path in flat_files(base):
            if _is_of(spec, peek(path)[1], task):
                yield Candidate(path, base, "flat", direct)


def flat_files(base: Path) -> list[Path]:
    """Return the CSV files of a folder, without subfolders."""
    return _below(base, lambda path: path.name.endswith(".csv") and path.is_file())


def _tracks_sharing_ids(spec: FileSpec, task: Task) -> list[str]:
    """Return the track of `spec`, then the tracks whose files have the same ids in some release."""
    tracks = [spec.track]
    for block in spec.blocks:
        for other in task.by_prefix[block.prefix]:
            if other.track not in tracks:
                tracks.append(other.track)
    return tracks


def _is_of(spec: FileSpec, first_id: str, task: Task) -> bool:
    return any(
        place.language == spec.language and place.split == spec.split and spec.track in _tracks_sharing_ids(place, task)
        for place in task.places(first_id)
    )
