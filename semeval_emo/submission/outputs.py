"""Where new files go: beside what is there, never over it.

Owns the rules of writing that `fix` and `pack` share: an input is never replaced, by whatever path
or link it is reached; a file that exists and differs is replaced only when asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from semeval_emo.errors import UsageError
from semeval_emo.files import write_file
from semeval_emo.submission.names import SUFFIX, TRACK_FOLDER
from semeval_emo.task import FileSpec


def official_paths(specs: Sequence[FileSpec]) -> list[str]:
    """Where files lie in the official layout; under a folder for each split where there are several.

    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> official_paths([task.spec("a", "eng", "test"), task.spec("c", "eng", "test")])
    ['track_a/pred_eng.csv', 'track_c/pred_eng.csv']
    >>> official_paths([task.spec("a", "eng", "dev"), task.spec("a", "eng", "test")])
    ['dev/track_a/pred_eng.csv', 'test/track_a/pred_eng.csv']
    """
    several = len({spec.split for spec in specs}) > 1
    return [f"{spec.split + '/' if several else ''}{TRACK_FOLDER}{spec.track}/{spec.file_name}" for spec in specs]


def default_folder(given: Path) -> Path:
    """The folder beside an input that repairs go to: ``fixed``, or named after a folder or zip."""
    if given.is_dir():
        whole = given.resolve()
        # "." and ".." do not say what they lie in.
        beside = given.parent if given.name not in ("", "..") else Path(os.path.relpath(whole.parent))
        return beside / f"{whole.name}-fixed"
    return given.parent / (f"{given.stem}-fixed" if given.suffix.lower() == ".zip" else "fixed")


def places_for(out: Path, specs: Sequence[FileSpec]) -> list[Path]:
    """Where each file goes under OUT, which is a CSV file for one and a folder for several.

    Raises:
        UsageError: several files for one name, or a name of another kind.
    """
    if out.suffix.lower() == ".zip":
        raise UsageError(f"{out} would be a zip; fix writes files.", "name a folder, then semeval-emo pack it")
    is_file = out.is_file() or (out.suffix.lower() == SUFFIX and not out.is_dir())
    if not is_file:
        return [out / path for path in official_paths(specs)]
    if len(specs) > 1:
        raise UsageError(
            f"{len(specs)} files come out, and {out} is one: {', '.join(spec.place for spec in specs[:4])}.",
            "name a folder, or choose one file with --track, --language or --split",
        )
    return [out] * len(specs)


def check_free(places: Iterable[tuple[Path, bytes]], inputs: Sequence[Path], force: bool) -> None:
    """Makes sure that nothing of the user's would be lost.

    Args:
        places: what would be written where.
        inputs: files and folders that were read.
        force: True where existing files that differ may be replaced.

    Raises:
        UsageError: a place is an input, lies in a folder that was read, or holds something else.
    """
    for place, body in places:
        for one in inputs:
            if one.is_dir() and one.resolve() in place.resolve().parents:
                raise UsageError(f"{place} lies in the folder that is read, {one}.", "choose another place")
            if place.resolve() == one.resolve() or (place.exists() and one.exists() and place.samefile(one)):
                raise UsageError(f"{place} is the input; it is never written over.", "choose another name")
        if place.is_dir():
            raise UsageError(f"{place} is a folder.", "choose another name")
        if place.exists() and not force and not _holds(place, body):
            raise UsageError(f"{place} exists and differs.", "choose another place, or say --force to replace it")


def write_new(place: Path, body: bytes) -> bool:
    """Writes a file into its folder, which is made; leaves one alone that is the same already.

    Returns:
        True where it was written.

    Raises:
        InputError: it cannot be written.
    """
    if _holds(place, body):
        return False
    write_file(place, body, parents=True)
    return True


def _holds(place: Path, body: bytes) -> bool:
    try:
        return place.is_file() and place.stat().st_size == len(body) and place.read_bytes() == body
    except OSError:
        return False
