"""What is handed in: the folders that the official scorers get, made from the paths that the user names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from semeval_emo.submission import archive
from semeval_emo.submission.names import folder_track, name_form
from semeval_emo.submission.problem import Findings, entry
from semeval_emo.submission.result import FileReport
from semeval_emo.submission.scorers.outcome import HandedFolder
from semeval_emo.submission.sources import InputFile
from semeval_emo.task import FileSpec, Selector, Task

# Bytes of a file that the ports read; the largest file of a task has a sixteenth of it.
MOST_BYTES = 1 << 22
# Problems of files in which both scorers find exactly the header, the ids and the labels of the gold file's form.
HARMLESS = {"crlf", "lone-cr", "row-order", "no-degrees"}
CONSTANT = {"constant-column", "all-zero"}
ZIP = ".zip"

Checked = tuple[InputFile, FileReport]


@dataclass(frozen=True)
class HandedIn:
    """One submission.

    Attributes:
        shown: the path as the user named it.
        folder: the unpacked zip, or the folder that would be zipped.
        files: the prediction files that were checked, by their path in `folder`.
        broken: why a zip cannot be unpacked; empty if it can.
    """

    shown: str
    folder: HandedFolder
    files: Mapping[str, Checked] = field(default_factory=dict)
    broken: str = ""


def handed_in(
    paths: Sequence[str | os.PathLike[str]],
    findings: Sequence[Findings],
    checked: Sequence[Checked],
    task: Task,
    selector: Selector,
) -> Iterator[HandedIn]:
    """Yield the submissions that the paths are.

    A folder or a zip is one submission; a folder that holds several systems, each with its own track folders, is one
    for each. Files that are named one by one are the files of a track folder.

    Args:
        findings: the problems of the paths themselves.
    """
    by_container: dict[str, list[Checked]] = {each.file: [] for each in findings}
    for source, report in checked:
        by_container[source.container].append((source, report))
    single: dict[str, dict[str, Checked]] = {}
    for given, of_path in zip(paths, findings, strict=True):
        path, shown, mine = (
            given if isinstance(given, Path) else Path(given),
            of_path.file,
            by_container.pop(of_path.file, None),
        )
        if mine is None:
            continue  # named before
        if path.is_dir():
            yield from _folders(path, shown, mine, task)
        elif mine and mine[0][0].member is None:
            ((source, report),) = mine
            place = f"{_track_folder(source, report, task, selector)}/{source.base}"
            unit = next((unit for unit, files in single.items() if place not in files), shown)
            single.setdefault(unit, {})[place] = source, report
        elif mine or path.suffix.lower() == ZIP:
            yield _unpacked(path, mine, of_path)
    for shown, files in single.items():
        listing = {place: source.path for place, (source, _) in files.items()}
        yield HandedIn(shown, _on_disk("", listing, files), files)


def _track_folder(source: InputFile, report: FileReport, task: Task, selector: Selector) -> str:
    """Return the folder that a single file is handed in with: its own if that is named after a track."""
    track, name = folder_track(source.path.resolve().parts[-2:-1], task)
    if track and name:
        return name
    track = report.parts[0].spec.track if report.parts else source.track
    return name_form(task).folder_of(selector.track or track or next(iter(task.tracks)))


def _folders(path: Path, shown: str, mine: Sequence[Checked], task: Task) -> Iterator[HandedIn]:
    """Yield a folder as one submission, or its systems if two of them have the same language of the same track."""
    listing, name = _walk(path), path.resolve().name
    files = {_below(source.path, path): (source, report) for source, report in mine}
    systems: dict[str, dict[str, Checked]] = {}
    for place, file in files.items():
        systems.setdefault(_system(place, task), {})[place] = file
    if len(systems) == 1 or len({(source.track, source.language) for source, _ in mine}) == len(mine):
        yield HandedIn(shown, _on_disk(name, listing, files), files)
        return
    inside: dict[str, dict[str, Path]] = {system: {} for system in systems}
    for place, at in listing.items():
        system = next((parent for parent in map(str, PurePosixPath(place).parents) if parent in systems), "")
        if system:
            inside[system][place.removeprefix(f"{system}/")] = at
        elif place in systems.get("", ()):
            inside[""][place] = at
    for system, own in systems.items():
        own = {place.removeprefix(f"{system}/"): file for place, file in own.items()}
        folder = _on_disk(system.rpartition("/")[2] or name, inside[system], own)
        yield HandedIn(f"{shown}/{system}" if system else shown, folder, own)


def _system(place: str, task: Task) -> str:
    """Return the folder that has the track folder of a file, or else the file itself; empty at the top."""
    *folders, _ = PurePosixPath(place).parts
    at = max((at for at, name in enumerate(folders) if folder_track([name], task)[0]), default=len(folders))
    return "/".join(folders[:at])


def _below(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _walk(path: Path) -> dict[str, Path]:
    """Return what is below a folder, hidden folders last: scorers read them too. Links to folders are not followed."""
    found: dict[str, Path] = {}
    roots = [path]
    for start in roots:
        for root, folders, names in os.walk(start):
            # Without hidden folders there are fewer, or `find_files` has refused the folder.
            if len(found) > archive.MOST_FILES:
                return found
            at = Path(root)
            found |= {f"{_below(at / name, path)}/": at / name for name in folders}
            found |= {_below(at / name, path): at / name for name in names}
            roots += [at / name for name in folders if name.startswith(".")]
            folders[:] = [name for name in folders if not name.startswith(".")]
    return found


def _on_disk(name: str, listing: Mapping[str, Path], files: Mapping[str, Checked]) -> HandedFolder:
    def read_bytes(path: str) -> bytes:
        with listing[path].open("rb") as stream:
            return stream.read(MOST_BYTES)

    return _folder(name, listing, read_bytes, files)


def _folder(
    name: str, entries: Iterable[str], read_bytes: Callable[[str], bytes], files: Mapping[str, Checked]
) -> HandedFolder:
    """Return a folder of these entries and of the folders that they are in."""
    paths = {path for path in entries if path.strip("/")}
    paths |= {f"{parent}/" for path in paths for parent in map(str, PurePosixPath(path).parents) if parent != "."}
    return HandedFolder(name, tuple(sorted(paths)), read_bytes, canonical(files))


def _unpacked(path: Path, mine: Sequence[Checked], findings: Findings) -> HandedIn:
    """Return a zip as the platform unpacks it: of two entries of one name the last, paths without .. and drives."""
    broken = next((each.message for each in findings.problems if entry(each.code).name in _NOT_UNPACKED), "")
    entries = {} if broken else {_inside(each.name): each for each in archive.all_entries(path)}

    def read_bytes(name: str) -> bytes:
        try:
            with archive.open_entry(path, entries[name]) as stream:
                return stream.read(MOST_BYTES)
        except archive.ArchiveError as error:
            raise OSError from error

    files = {_inside(source.member.name): (source, report) for source, report in mine if source.member is not None}
    return HandedIn(findings.file, _folder(path.stem, entries, read_bytes, files), files, broken)


def _inside(name: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(parts) + "/" * name.endswith("/")


_NOT_UNPACKED = ("archive-not-zip", "archive-corrupt", "archive-encrypted", "archive-oversized")


def canonical(files: Mapping[str, Checked]) -> dict[str, FileSpec]:
    """Return the file of the task for every file that needs no port: its check found nothing that a scorer minds."""
    found = {}
    for path, (_, report) in files.items():
        names = {entry(code).name for code in report.counts if code[1] not in "12"}
        spec = report.parts[0].spec if len(report.parts) == 1 else None
        if spec is None or report.parts[0].rows != spec.rows or report.lines != spec.rows + 1:
            continue
        if names <= (HARMLESS if len(spec.values) > 2 else HARMLESS | CONSTANT):
            found[path] = spec
    return found


def checker_folders(submission: HandedIn, files: Sequence[str], track: str | None, task: Task) -> list[HandedFolder]:
    """Return the folders that the organisers' checker gets for the files of one track.

    They are at the top of the submission, or the submission itself if it is a track folder. Beside a folder that is
    named after the track, no other one is handed in.
    """
    folder = submission.folder
    names: dict[str | None, None] = {}
    for file in files:
        parts = PurePosixPath(file).parts
        inside = len(parts) > 1 and (parts[0].startswith("track_") or not folder.name.startswith("track_"))
        names[parts[0] if inside else None] = None
    if not files:
        names = dict.fromkeys(top_tracks(submission, task)) or {None: None}
    own = [name for name in names if track and folder_track([name or folder.name], task)[0] == track]
    tracks = [name for name in names if (name or folder.name).startswith("track_")]
    return [folder if name is None else folder.below(name) for name in own or tracks or names]


def top_tracks(submission: HandedIn, task: Task) -> dict[str | None, str]:
    """Return the track of the submission's own name (None), or of the folders at its top, by folder."""
    own, _ = folder_track([submission.folder.name], task)
    if own:
        return {None: own}
    tops = [name for name in submission.folder.names if f"{name}/" in submission.folder.path_set]
    return {name: track for name in tops if (track := folder_track([name], task)[0])}
