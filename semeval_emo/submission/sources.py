"""Finds prediction files: in what a person names, be it a file, a folder or a zip.

Owns where files lie, what their names hint at and what is wrong with either (places 1 and 2 of the
catalogue); says nothing of what is in them.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.submission import archive
from semeval_emo.submission.names import (
    PREFIX,
    SUFFIX,
    TABLE_SUFFIXES,
    TRACK_FOLDER,
    Name,
    folder_track,
    is_prediction_name,
    read_name,
)
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.problem import shown as printable
from semeval_emo.task import Task

# Folders and files that editors, notebooks and file managers leave behind; hidden files are litter too.
LITTER_FOLDERS = ("__MACOSX",)
LITTER_FILES = ("thumbs.db", "desktop.ini", "ehthumbs.db")
CHECKPOINTS = ".ipynb_checkpoints"
LONGEST_NAME = 4096


@dataclass(frozen=True)
class Source:
    """One prediction file, wherever it lies.

    Attributes:
        shown: its name for people, ``archive.zip!track_a/pred_eng.csv`` inside a zip.
        base: its own name, without folders.
        container: the file, folder or zip that was named.
        name: what the name says.
        track: the track that its name or the nearest ``track_x`` folder hints at, or None.
        size: in bytes, unpacked.
        path: the file on disk (the zip itself for a file in a zip).
        member: the entry of the zip, or None.
        findings: what is wrong with its name.
    """

    shown: str
    base: str
    container: str
    name: Name
    track: str | None
    size: int
    path: Path
    member: zipfile.ZipInfo | None
    findings: Findings

    @property
    def language(self) -> str | None:
        """The language code that the name hints at, or None."""
        return self.name.language

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Opens the bytes for reading.

        Raises:
            InputError: they cannot be read.
        """
        try:
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as whole, whole.open(self.member) as stream:
                    yield stream
        except (OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{self.shown} cannot be read: {archive.reason(error)}.") from error


@dataclass(frozen=True)
class Sources:
    """What was found.

    Attributes:
        files: the files to read, in the order of the paths, sorted within folders and zips.
        findings: problems of folders and zips; those of names are with each file.
    """

    files: tuple[Source, ...]
    findings: tuple[Findings, ...]


def find_sources(paths: Sequence[str | os.PathLike[str]], task: Task) -> Sources:
    """Finds the prediction files that `paths` hold.

    A file named outright is taken whatever it is called. In folders and zips a table is taken when
    its name begins with ``pred`` or holds a language code.

    Raises:
        UsageError: no path, or ``-``.
        InputError: a path does not exist, or is neither a file nor a folder.
    """
    if not paths:
        raise UsageError("No prediction file was named.", "name a file, a folder or a zip")
    files: dict[tuple[Path, int], Source] = {}
    findings = []
    for given in paths:
        path = _existing(os.fspath(given))
        found = Findings(printable(os.fspath(given), LONGEST_NAME))
        try:
            sources = _inside(path, found, task)
        except OSError as error:
            raise InputError(f"{given} cannot be read: {archive.reason(error)}.") from error
        _check_pairs(sources, found)
        findings.append(found)
        for source in sources:
            # The same file named twice is one file.
            at = -1 if source.member is None else source.member.header_offset
            files.setdefault((source.path.resolve(), at), source)
    return Sources(tuple(files.values()), tuple(findings))


def _existing(given: str) -> Path:
    if given == "-":
        raise UsageError(
            "Standard input ('-') is not read: the name of a file tells its language.",
            f"write the predictions to a file named {PREFIX}<language>{SUFFIX} and name that",
        )
    path = Path(given)
    try:
        if path.is_dir() or path.is_file():
            return path
        if path.exists():
            raise InputError(f"{given} is neither a file nor a folder.", "name a file, a folder or a zip")
        if path.is_symlink():
            raise InputError(f"{given} is a link that leads nowhere.", "check where it points")
        beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise InputError(f"{given} cannot be read: {archive.reason(error)}.") from error
    raise InputError(f"{given} does not exist.", suggest(path.name, beside) or "check the path")


def _inside(path: Path, found: Findings, task: Task) -> list[Source]:
    if path.is_dir():
        above = path.resolve().parts[-2:]
        return _select(path, dict.fromkeys(_walk(path)), above, found, task)
    with path.open("rb") as stream:
        zipped = archive.looks_zipped(stream)
    suffix = path.suffix.lower()
    if suffix == ".zip" or (zipped and suffix not in TABLE_SUFFIXES):
        return _select(path, dict(archive.members(path, found)), (), found, task)
    track, _ = folder_track(path.resolve().parts[-3:-1], task)
    return [_source(found.file, path.name, found, track, path.stat().st_size, path, None, task)]


def _walk(path: Path) -> list[str]:
    """Everything below a folder, as a zip would list it. Links to folders are not followed."""
    listed: list[str] = []
    for root, folders, names in os.walk(path):
        below = Path(root).relative_to(path)
        # Hidden folders (.git, .venv) hold no predictions and may be huge; of notebooks' copies people should hear.
        folders[:] = sorted(f for f in folders if f == CHECKPOINTS or not f.startswith("."))
        listed += [f"{(below / folder).as_posix()}/" for folder in folders]
        listed += [(below / name).as_posix() for name in sorted(names)]
        if len(listed) > archive.MOST_FILES:
            raise UsageError(
                f"{path} holds more than {archive.MOST_FILES:,} files.",
                "name the folder that holds the prediction files",
            )
    return sorted(listed)


def _select(
    path: Path, entries: dict[str, zipfile.ZipInfo | None], above: Sequence[str], found: Findings, task: Task
) -> list[Source]:
    """Takes the prediction files among the entries of a folder or zip, and says what was left."""
    refused = bool(found.problems)
    sorts: dict[str, list[str]] = {}
    for name in entries:
        sorts.setdefault(_sort(name, task), []).append(name)
    zipped = path.is_file()
    for name in sorts.get("folder-as-file", []):
        found.add("folder-as-file", value=name.rstrip("/"))
    copies = sorts.get("checkpoint", [])
    if copies:
        found.add("checkpoint-copy" if zipped else "litter", value=copies[0], count=len(copies))
    litter = sorts.get("litter", [])
    if litter:
        found.add("litter", value=litter[0], count=len(litter))
    wanted, others = sorts.get("prediction", []), sorts.get("other", []) + sorts.get("table", [])
    if not wanted and refused:
        pass  # what was refused has been told; to say that nothing is there would mislead
    elif not wanted and not others:
        folders = ", ".join(sorts.get("folder", [])[:3])
        holds = f"only the folder {folders}" if folders else "only files of the system" if litter else "nothing"
        found.add("nothing-inside", holds=holds)
    elif not wanted:
        example = f"{PREFIX}{next(iter(task.languages))}{SUFFIX}"
        more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
        found.add("no-predictions", holds=", ".join(others[:3]) + more, example=example)
    elif sorts.get("table"):
        tables = sorted(sorts["table"], key=lambda name: not name.lower().endswith(SUFFIX))
        found.add("left-out", value=tables[0], count=len(tables), kinds=_kinds(tables))

    sources = []
    odd: dict[tuple[str, str], list[str]] = {}
    for name in wanted:
        parts = PurePosixPath(name).parts
        track, folder = folder_track((*above, *parts[:-1]), task)
        expected = task.tracks[track].folder if track else f"{TRACK_FOLDER}<track>"
        if folder is None:
            odd.setdefault(("no-track-folder", expected), []).append(name)
        elif folder != expected:
            odd.setdefault(("track-folder-name", expected), []).append(folder)
        elif zipped and parts[:-1] != (folder,):
            odd.setdefault(("nested-folders", expected), []).append(name)
        info = entries[name]
        inner = printable(name, LONGEST_NAME)
        shown = f"{found.file}!{inner}" if info else os.fspath(Path(found.file) / inner)
        size = _readable(path, name, info, found)
        if size is not None:
            file = path if info else path / name
            sources.append(_source(shown, parts[-1], found, track, size, file, info, task))
    for (problem, expected), names in odd.items():
        found.add(problem, value=names[0], count=len(names), expected=expected)
    return sources


def _kinds(names: Sequence[str]) -> str:
    """Counts files by their suffix.

    >>> _kinds(["a.csv", "b.CSV", "notes.txt"])
    '2 .csv, 1 .txt'
    """
    suffixes = [PurePosixPath(name).suffix.lower() for name in names]
    return ", ".join(f"{suffixes.count(one):,} {one}" for one in dict.fromkeys(suffixes))


def _sort(name: str, task: Task) -> str:
    """What an entry of a folder or zip is: one word."""
    *folders, base = PurePosixPath(name).parts or ("",)
    is_folder = name.endswith("/")
    if CHECKPOINTS in folders:
        return "checkpoint" if is_prediction_name(base, task) else "litter"
    if any(map(_is_litter, folders)) or _is_litter(base):
        return "folder" if is_folder else "litter"
    if any(_is_file_name(folder, task) for folder in folders):
        return "within"
    if is_folder:
        return "folder-as-file" if _is_file_name(base, task) else "folder"
    if is_prediction_name(base, task):
        return "prediction"
    is_table = base.lower().endswith((*TABLE_SUFFIXES, ".zip")) and not base.lower().startswith("prob")
    return "table" if is_table else "other"


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name in LITTER_FOLDERS or name.lower() in LITTER_FILES


def _is_file_name(folder: str, task: Task) -> bool:
    return folder.lower().endswith(SUFFIX) and is_prediction_name(folder, task)


def _readable(path: Path, name: str, info: zipfile.ZipInfo | None, found: Findings) -> int | None:
    """The size of a file that can be read; None (and a finding) for any other."""
    if info is not None:
        return info.file_size if archive.is_intact(path, name, info, found) else None
    file = path / name
    try:
        if not file.is_file():
            found.add("unreadable", value=name, why="it is a broken link" if file.is_symlink() else "it is no file")
            return None
        with file.open("rb"):
            return file.stat().st_size
    except OSError as error:
        found.add("unreadable", value=name, why=archive.reason(error))
        return None


def _source(
    shown: str, base: str, found: Findings, track: str | None, size: int, path: Path,
    member: zipfile.ZipInfo | None, task: Task,
) -> Source:  # fmt: skip
    """Makes a source and says what is wrong with its name."""
    name = read_name(base, task)
    findings = Findings(shown)
    if name.code:
        findings.add(name.code, value=base, why=name.why, hint=name.hint or f"{PREFIX}<language>{SUFFIX}")
    return Source(shown, base, found.file, name, track or name.track, size, path, member, findings)


def _check_pairs(sources: Sequence[Source], found: Findings) -> None:
    """Finds two files of one container that say they are the same language and track."""
    first: dict[tuple[str, str | None, str], Source] = {}
    for source in sources:
        if source.language is None:
            continue
        # Folders on disk may hold several systems, each in a folder of its own; a zip is one submission.
        beside = "" if source.member else str(source.path.parent)
        other = first.setdefault((source.language, source.track, beside), source)
        if other is not source:
            for one, twin in ((other, source), (source, other)):
                one.findings.add("two-files", value=one.base, other=twin.shown, language=source.language)
