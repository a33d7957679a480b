"""Finds data files in a folder, in whichever layout they lie.

Three layouts are known, and a folder may hold several releases, each in a folder of its own:

* official: ``track_a/test/eng.csv``
* without splits: ``track_a/eng.csv``
* flat: any CSV whose ids say where it belongs (a hub export; a folder of the official layout)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.sheet import peek
from semeval_emo.errors import InputError
from semeval_emo.task import SPLITS, FileSpec, Task

# How far below the folder that a person names a release may start: data/releases/2025-09-english.
DEPTH = 2


@dataclass(frozen=True)
class Found:
    """A file that may hold texts or gold.

    Attributes:
        path: the file.
        base: the release folder that it belongs to.
        layout: ``official``, ``without splits`` or ``flat``.
        direct: True where the person named this folder (or file) rather than one above it.
    """

    path: Path
    base: Path
    layout: str
    direct: bool


def bases(root: Path, depth: int = DEPTH) -> Iterator[Path]:
    """The folder itself, then those below it in which a release may start, nearest first."""
    level = [root]
    for _ in range(depth + 1):
        yield from level
        level = [below for folder in level for below in _folders(folder) if _may_hold_a_release(below)]


def _may_hold_a_release(folder: Path) -> bool:
    """False for the folders inside a release, unless a person named the track's folder itself."""
    if folder.name in SPLITS:
        return folder.parent.name.startswith("track_")
    return not folder.name.startswith((".", "track_", "__"))


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def candidates(root: Path, spec: FileSpec, task: Task) -> Iterator[Found]:
    """The files that may hold what `spec` describes, likeliest first. Lazy: later folders are not touched.

    Raises:
        InputError: there is no such file or folder.
    """
    if root.is_file():
        yield Found(root, root.parent, "flat", direct=True)
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
                    yield Found(path, base, layout, direct)
        for path in flat_files(base):
            if _is_of(spec, peek(path)[1], task):
                yield Found(path, base, "flat", direct)


def flat_files(base: Path) -> list[Path]:
    """The CSV files that lie in a folder itself."""
    try:
        return sorted(path for path in base.glob("*.csv") if path.is_file())
    except OSError:
        return []


def _tracks_sharing_ids(spec: FileSpec, task: Task) -> list[str]:
    """The spec's own track, then those whose files hold its ids too in some release."""
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
