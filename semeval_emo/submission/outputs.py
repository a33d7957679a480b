"""Where `fix` and `pack` write: official paths, and the rules that protect existing files.

An input is never replaced, whatever path or link leads to it; an existing file that differs is replaced only with
`force`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from semeval_emo.errors import UsageError
from semeval_emo.files import write_file
from semeval_emo.task import FileSpec
from semeval_emo.temporary import remove_leftovers


def official_paths(specs: Sequence[FileSpec]) -> list[str]:
    """Return the paths of files in the official layout, with a folder per split if there are several splits.

    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> official_paths([task.spec("a", "eng", "test"), task.spec("c", "eng", "test")])
    ['track_a/pred_eng.csv', 'track_c/pred_eng.csv']
    >>> official_paths([task.spec("a", "eng", "dev"), task.spec("a", "eng", "test")])
    ['dev/track_a/pred_eng.csv', 'test/track_a/pred_eng.csv']
    """
    paths = [spec.layout.predictions.path(spec.key) for spec in specs]
    several = len({spec.split for spec in specs}) > 1 and len({*paths}) < len(paths)
    return [f"{spec.split}/{path}" if several else path for spec, path in zip(specs, paths, strict=True)]


def default_folder(given: Path) -> Path:
    """Return the folder next to an input for fixed files: ``fixed``, or named after the input folder or zip."""
    if given.is_dir():
        resolved = given.resolve()
        # "." and ".." have no parent in their spelling.
        parent = given.parent if given.name not in ("", "..") else Path(os.path.relpath(resolved.parent))
        return parent / f"{resolved.name}-fixed"
    return given.parent / (f"{given.stem}-fixed" if given.suffix.lower() == ".zip" else "fixed")


def output_paths(out: Path, specs: Sequence[FileSpec]) -> list[Path]:
    """Return the path of each file: OUT itself if its suffix is that of a table, else its official path in OUT.

    Raises:
        UsageError: OUT is one file for several results, or a zip.
    """
    if out.suffix.lower() == ".zip":
        raise UsageError(f"{out} is the name of a zip, but fix writes prediction files.", "name a folder, then pack it")
    # Also a device, a FIFO or /dev/stdout.
    suffixes = {".csv", *(Path(spec.file_name).suffix.lower() for spec in specs)} - {""}
    is_file = not out.is_dir() and (out.exists() or out.suffix.lower() in suffixes)
    if not is_file:
        return [out / path for path in official_paths(specs)]
    if len(specs) > 1:
        raise UsageError(
            f"{out} is one file, but there are {len(specs)} results: {', '.join(spec.place for spec in specs[:4])}.",
            "name a folder, or select one result with --track, --language or --split",
        )
    return [out] * len(specs)


def check_free(outputs: Iterable[tuple[Path, bytes]], inputs: Sequence[Path], force: bool) -> None:
    """Check that writing would not destroy a file of the user.

    Args:
        outputs: the path and content of each new file.
        inputs: files and folders that were read.
        force: existing files that differ may be replaced.

    Raises:
        UsageError: a path is an input, is in a folder that was read, or is an existing file with other content.
    """
    for path, body in outputs:
        for given in inputs:
            if given.is_dir() and given.resolve() in path.resolve().parents:
                raise UsageError(f"{path} is inside the input folder, {given}.", "choose another path")
            if path.resolve() == given.resolve() or (path.exists() and given.exists() and path.samefile(given)):
                raise UsageError(f"{path} is the input, which is never overwritten.", "choose another name")
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", "choose another name")
        if path.is_file() and not force and not _has_content(path, body):
            raise UsageError(f"{path} exists and differs.", "choose another path, or replace it with --force")


def write_if_changed(path: Path, body: bytes) -> bool:
    """Write a file and the folders above it unless it has this content; return whether it was written.

    Raises:
        InputError: it cannot be written.
    """
    if _has_content(path, body):
        remove_leftovers(path.parent)
        return False
    write_file(path, body, parents=True)
    return True


def _has_content(path: Path, body: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(body) and path.read_bytes() == body
    except OSError:
        return False
