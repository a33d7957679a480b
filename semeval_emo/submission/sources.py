"""Find prediction files in the files, folders and zips that the user names.

Problems of names and folders (places 1 and 2 of the catalogue) are reported; the content of prediction files is not
read here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.submission import archive
from semeval_emo.submission.identify import ALL_FILES, check_as
from semeval_emo.submission.names import (
    CONTAINER_SUFFIXES,
    TABLE_SUFFIXES,
    FileName,
    folder_track,
    is_prediction_name,
    name_form,
    owner_of_names,
    parse_name,
)
from semeval_emo.submission.problem import Findings, entry
from semeval_emo.tables.frames import FrameFile
from semeval_emo.tables.sniff import HEAD_BYTES, sniff
from semeval_emo.task import TASK_FILE, Task
from semeval_emo.text import alternatives, printable

# Folders and files of editors, notebooks and file managers; hidden files count as such too.
LITTER_FOLDERS = ("__MACOSX",)
LITTER_FILES = ("thumbs.db", "desktop.ini", "ehthumbs.db")
CHECKPOINTS = ".ipynb_checkpoints"
LONGEST_NAME = 4096
# What `zoo train --data` writes beside a task file.
TASK_DATA = ("data", "rows.csv")


@dataclass(frozen=True)
class InputFile:
    """A prediction file on disk or in a zip.

    Attributes:
        display_name: its path as shown to the user, ``archive.zip!track_a/pred_eng.csv`` inside a zip.
        container: the file, folder or zip that the user named.
        track: the track of its name or of the nearest ``track_x`` folder, or None.
        size: in bytes, unpacked.
        path: the file on disk (the zip itself for a file in a zip).
        member: the entry of the zip, or None.
        findings: the problems of its name.
        joined: the paths of the files that it was made of (`semeval_emo.submission.joining`).
    """

    display_name: str
    base: str
    container: str
    name: FileName
    track: str | None
    size: int
    path: Path
    member: archive.ArchiveEntry | None
    findings: Findings
    joined: tuple[str, ...] = ()

    @property
    def language(self) -> str | None:
        """The language code of the name, or None."""
        return self.name.language

    def without_name_problem(self) -> InputFile:
        """Return the file without the problem of its name, for a file that no name is right for."""
        if self.name.problem is None:
            return self
        code, findings = entry(self.name.problem).code, Findings(self.display_name)
        findings.counts = {other: count for other, count in self.findings.counts.items() if other != code}
        findings.problems = [problem for problem in self.findings.problems if problem.code != code]
        return replace(self, name=replace(self.name, problem=None), findings=findings)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file for reading bytes.

        Raises:
            InputError: it cannot be read.
        """
        try:
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with archive.open_entry(self.path, self.member) as stream:
                    yield stream
        except (OSError, archive.ArchiveError) as error:
            raise InputError(f"{self.display_name} cannot be read: {archive.reason(error)}.") from error


@dataclass(frozen=True)
class InputFiles:
    """The prediction files of some paths.

    Attributes:
        files: the files to read, in the order of the paths, sorted within folders and zips.
        findings: problems of folders and zips; each file has the problems of its own name.
    """

    files: tuple[InputFile, ...]
    findings: tuple[Findings, ...]


def find_files(paths: Sequence[str | os.PathLike[str]], task: Task) -> InputFiles:
    """Find the prediction files in files, folders and zips.

    A file that is named by its own path is read whatever its name is. In folders and zips a table is read if its
    name starts with ``pred`` or contains a language code.

    Raises:
        UsageError: no path, or ``-``.
        InputError: a path does not exist, or is neither a file nor a folder.
    """
    if not paths:
        raise UsageError("No prediction file was named.", "name a file, a folder or a zip")
    files: dict[tuple[Path, int], InputFile] = {}
    all_findings = []
    for at, given in enumerate(paths):
        if isinstance(given, FrameFile):
            file = _frame_source(given, task)
            all_findings.append(Findings(file.container))
            files[given, at] = file
            continue
        path = _existing(os.fspath(given), task)
        findings = Findings(printable(os.fspath(given), LONGEST_NAME))
        try:
            inside = _files_of(path, findings, task)
        except OSError as error:
            raise InputError(f"{given} cannot be read: {archive.reason(error)}.") from error
        _check_duplicates(inside)
        all_findings.append(findings)
        for file in inside:
            # A file that is named twice is read once.
            offset = -1 if file.member is None else file.member.offset
            files.setdefault((file.path.resolve(), offset), file)
    return InputFiles(tuple(files.values()), tuple(all_findings))


def _frame_source(frame: FrameFile, task: Task) -> InputFile:
    """Return a frame as an input file; its name is the official one if it is a language."""
    shown = printable(str(frame), LONGEST_NAME)
    is_language = str(frame) in task.languages
    base = name_form(task).filled(str(frame)) if is_language else f"{frame.name}.csv"
    name = replace(parse_name(base, task), problem=None)
    return InputFile(shown, base, shown, name, name.track, len(frame.body), frame, None, Findings(shown))


def _existing(given: str, task: Task) -> Path:
    if given == "-":
        raise UsageError(
            "Standard input ('-') is not supported, since the language is taken from the file name.",
            f"write the predictions to a file named {name_form(task).filled()} and name that file",
        )
    path = Path(given)
    try:
        if path.is_dir() or path.is_file():
            return path
        if path.exists():
            raise InputError(f"{given} is neither a file nor a folder.", "name a file, a folder or a zip")
        if path.is_symlink():
            raise InputError(f"{given} is a broken link.", "check the target of the link")
        siblings = [sibling.name for sibling in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise InputError(f"{given} cannot be read: {archive.reason(error)}.") from error
    raise InputError(f"{given} does not exist.", suggest(path.name, siblings) or "check the path")


def _files_of(path: Path, findings: Findings, task: Task) -> list[InputFile]:
    if path.is_dir():
        parents = path.resolve().parts[-2:]
        return _select(path, dict.fromkeys(_walk(path)), parents, findings, task)
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    # Workbooks, arrays of NumPy and files of PyTorch begin like a zip.
    zipped = archive.looks_zipped(io.BytesIO(head)) and sniff(head)[0].endswith("zip archive")
    suffix = path.suffix.lower()
    if suffix == ".zip" or (zipped and suffix not in (*TABLE_SUFFIXES, *CONTAINER_SUFFIXES)):
        return _select(path, dict(archive.members(path, findings)), (), findings, task)
    track, _ = folder_track(path.resolve().parts[-3:-1], task)
    return [_input_file(findings.file, path.name, findings, track, path.stat().st_size, path, None, task)]


def _walk(path: Path) -> list[str]:
    """List everything below a folder in the form of a zip's entries. Links to folders are not followed."""
    entries: list[str] = []
    for root, folders, names in os.walk(path):
        below = Path(root).relative_to(path)
        # Hidden folders (.git, .venv) have no predictions and can be huge; copies made by notebooks are reported.
        folders[:] = sorted(f for f in folders if f == CHECKPOINTS or not f.startswith("."))
        if TASK_FILE in names:
            # The texts and gold labels of own data are no predictions.
            folders[:] = [folder for folder in folders if folder not in TASK_DATA]
            names = [name for name in names if name not in TASK_DATA]
        entries += [f"{(below / folder).as_posix()}/" for folder in folders]
        entries += [(below / name).as_posix() for name in sorted(names)]
        if len(entries) > archive.MOST_FILES:
            raise UsageError(
                f"{path} has more than {archive.MOST_FILES:,} files.",
                "name the folder that contains the prediction files",
            )
    return sorted(entries)


def _select(
    path: Path, entries: dict[str, archive.ArchiveEntry | None], parents: Sequence[str], findings: Findings, task: Task
) -> list[InputFile]:
    """Return the prediction files among the entries of a folder or zip, and report the others."""
    has_problems, names = bool(findings.problems), name_form(task)
    by_kind: dict[str, list[str]] = {}
    for name in entries:
        by_kind.setdefault(_kind(name, task), []).append(name)
    zipped = path.is_file()
    for name in by_kind.get("folder-as-file", []):
        findings.add("folder-as-file", value=name.rstrip("/"))
    copies = by_kind.get("checkpoint", [])
    if copies:
        findings.add("checkpoint-copy", value=copies[0], count=len(copies))
    litter = by_kind.get("litter", [])
    if litter:
        findings.add("litter", value=litter[0], count=len(litter))
    # Beside CSV files, files of other formats hold something else: probabilities or features.
    predictions = by_kind.get("prediction") or ([] if by_kind.get("table") else by_kind.get("container", []))
    others = by_kind.get("other", []) + by_kind.get("table", [])
    if not predictions and (has_problems or by_kind.get("folder-as-file")):
        pass  # a message that nothing is inside would be misleading
    elif not predictions and not others:
        folders = by_kind.get("folder", [])[:3]
        named = f"only the folder{'s' * (len(folders) > 1)} {', '.join(folders)}"
        holds = named if folders else "only system files" if litter else "nothing"
        findings.add("nothing-inside", holds=holds)
    elif not predictions:
        _report_no_predictions(others, task, findings)
    elif by_kind.get("table"):
        tables = sorted(by_kind["table"], key=lambda name: not name.lower().endswith(names.suffix))
        findings.add("left-out", value=tables[0], count=len(tables), kinds=_count_suffixes(tables), form=names.filled())

    files = []
    misplaced: dict[tuple[str, str], list[str]] = {}
    for name in predictions:
        parts = PurePosixPath(name).parts
        track, folder = folder_track((*parents, *parts[:-1]), task)
        expected = names.folder_of(track) if track else alternatives([names.folder_of(each) for each in task.tracks])
        if "{track}" not in names.folder:
            # Where the layout has no folder of the track, only the place in a zip is known.
            if zipped and len(parts) > 1 and not names.folder:
                misplaced.setdefault(("nested-folders", names.filled()), []).append(name)
        elif folder is None:
            misplaced.setdefault(("no-track-folder", expected), []).append(name)
        elif folder != expected:
            misplaced.setdefault(("track-folder-name", expected), []).append(folder)
        elif zipped and parts[:-1] != (folder,):
            misplaced.setdefault(("nested-folders", expected), []).append(name)
        info = entries[name]
        inner = printable(name, LONGEST_NAME)
        display_name = f"{findings.file}!{inner}" if info else os.fspath(Path(findings.file) / inner)
        size = _readable_size(path, name, info, findings)
        if size is not None:
            on_disk = path if info else path / name
            files.append(_input_file(display_name, parts[-1], findings, track, size, on_disk, info, task))
    for (problem, expected), those in misplaced.items():
        findings.add(problem, value=those[0], count=len(those), expected=expected)
    return files


def _report_no_predictions(others: Sequence[str], task: Task, findings: Findings) -> None:
    """Report a folder or zip of other files: of another known task, if they have its names."""
    names = name_form(task)
    holds = ", ".join(others[:3]) + (f" and {len(others) - 3:,} more" if len(others) > 3 else "")
    owner = owner_of_names((PurePosixPath(name).name for name in others), task)
    if owner is None:
        example = names.filled(next(iter(task.languages)), next(iter(task.tracks)))
        findings.add("no-predictions", holds=holds, form=names.filled(), example=example)
        return
    name, other = owner
    findings.add(
        "other-task",
        value=others[0],
        seen=f"no file inside is named {names.filled()}: it contains {holds}",
        which=f"{other.title} has files named {name_form(other).filled()}",
        remedy=check_as(name, findings.file, ALL_FILES),
    )


def _count_suffixes(names: Sequence[str]) -> str:
    """Count files by suffix.

    >>> _count_suffixes(["a.csv", "b.CSV", "notes.txt"])
    '2 .csv, 1 .txt'
    """
    suffixes = [PurePosixPath(name).suffix.lower() for name in names]
    return ", ".join(f"{suffixes.count(suffix):,} {suffix}" for suffix in dict.fromkeys(suffixes))


def _kind(name: str, task: Task) -> str:
    """Return the kind of an entry of a folder or zip."""
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
    if is_prediction_name(base, task, CONTAINER_SUFFIXES):
        return "container"
    is_table = base.lower().endswith((*TABLE_SUFFIXES, ".zip")) and not base.lower().startswith("prob")
    return "table" if is_table else "other"


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name in LITTER_FOLDERS or name.lower() in LITTER_FILES


def _is_file_name(folder: str, task: Task) -> bool:
    return folder.lower().endswith(name_form(task).suffix or ".csv") and is_prediction_name(folder, task)


def _readable_size(path: Path, name: str, info: archive.ArchiveEntry | None, findings: Findings) -> int | None:
    """Return the size of a file, or report that it cannot be read and return None."""
    if info is not None:
        return info.size if archive.is_intact(path, name, info, findings) else None
    file = path / name
    try:
        if not file.is_file():
            why = "it is a broken link" if file.is_symlink() else "it is not a regular file"
            findings.add("unreadable", value=name, why=why)
            return None
        with file.open("rb"):
            return file.stat().st_size
    except OSError as error:
        findings.add("unreadable", value=name, why=archive.reason(error))
        return None


def _input_file(
    display_name: str, base: str, container: Findings, track: str | None, size: int, path: Path,
    member: archive.ArchiveEntry | None, task: Task,
) -> InputFile:  # fmt: skip
    """Return an input file with the problems of its name."""
    name = parse_name(base, task)
    findings = Findings(display_name)
    if name.problem:
        findings.add(name.problem, value=base, why=name.why, hint=name.hint or name_form(task).filled())
    return InputFile(display_name, base, container.file, name, track or name.track, size, path, member, findings)


def _check_duplicates(files: Sequence[InputFile]) -> None:
    """Report two files of one zip with the same language and track. A folder may have several systems."""
    first: dict[tuple[str, str | None], InputFile] = {}
    for file in files:
        if file.language is None or not file.name.is_certain or file.member is None:
            continue
        other = first.setdefault((file.language, file.track), file)
        if other is not file:
            for this, twin in ((other, file), (file, other)):
                this.findings.add("two-files", value=this.base, other=twin.display_name, language=file.language)
