"""Check a bundle: what Codabench would refuse, and what its scoring program cannot score."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from semeval_emo.bundle.build import COMPETITION, IMAGE, KIT
from semeval_emo.bundle.check_task import (
    BUILD_AGAIN,
    check_leaderboard,
    check_program,
    check_reference,
    check_solution,
)
from semeval_emo.bundle.dates import FIRST_DAY
from semeval_emo.bundle.pages import TO_WRITE
from semeval_emo.bundle.phase import BundlePhase
from semeval_emo.data.task_check import TaskProblem
from semeval_emo.errors import InputError, MissingExtra
from semeval_emo.files import read_utf8
from semeval_emo.submission.archive import CHUNK, ArchiveEntry, ArchiveError, members, open_entry, reason
from semeval_emo.submission.problem import Findings, Problem, Severity, entry
from semeval_emo.task import Task
from semeval_emo.temporary import temporary_folder
from semeval_emo.text import printable

MOST_YAML = 2**20
"""Limit of the size of ``competition.yaml``."""
VERSION = "2"
REQUIRED = ("title", "image", "terms", "pages", "tasks", "phases", "leaderboards")
NESTED = "archive-nested"
CODALAB = "codalab/codalab-legacy:"


def check_bundle(path: str | os.PathLike[str]) -> list[TaskProblem]:
    """Return what is missing or wrong in a bundle; empty if nothing is.

    Its sample submissions are scored by this package, not by the code in the bundle, which is not run.

    Raises:
        InputError: the file cannot be read.
        MissingExtra: PyYAML is not installed.
    """
    path = Path(path)
    findings = Findings(str(path))
    try:
        safe = members(path, findings)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {reason(error)}.", "check the path") from error
    names = {name for name, _ in safe} | {str(one.value) for one in findings.problems if _is_nested(one)}
    problems = [_archive_problem(problem) for problem in findings.problems]
    if COMPETITION not in dict(safe):
        if not any(problem.level == "error" for problem in problems):
            below = next((name for name in names if PurePosixPath(name).name == COMPETITION), "")
            fix = f"zip the content of the folder {PurePosixPath(below).parent}, not the folder" if below else ""
            problems.append(
                TaskProblem(COMPETITION, "error", "the zip has no such file at its root", fix or BUILD_AGAIN)
            )
        return problems
    with temporary_folder() as folder:
        try:
            _unpack(path, safe, folder)
        except (ArchiveError, OSError) as error:
            return [*problems, TaskProblem(path.name, "error", f"it cannot be unpacked: {error}", BUILD_AGAIN)]
        return [*problems, *_unpacked(folder, names)]


def _is_nested(problem: Problem) -> bool:
    return entry(problem.code).name == NESTED


def _archive_problem(problem: Problem) -> TaskProblem:
    if _is_nested(problem):
        return TaskProblem(
            problem.value or problem.file, "note", "it is a zip in the zip, and is not checked", "use a folder"
        )
    level = "error" if problem.severity is Severity.error else "note"
    return TaskProblem(problem.value or problem.file, level, problem.message, problem.fix)


def _unpack(path: Path, safe: Sequence[tuple[str, ArchiveEntry]], folder: Path) -> None:
    """Write the entries that are safe to read to a folder, but the code of the starting kit, which is not checked."""
    for name, one in safe:
        if not name.endswith("/") and not name.startswith(f"{KIT}/vendor/"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open_entry(path, one) as stream, target.open("wb") as output:
                shutil.copyfileobj(stream, output, CHUNK)


def read_yaml(path: Path) -> Any:
    """Return the contents of a YAML file.

    Raises:
        InputError: it cannot be read, or is not YAML.
        MissingExtra: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise MissingExtra("Checking a bundle", "bundle") from None
    body = read_utf8(path, path.name, most=MOST_YAML)
    try:
        return yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split()) or "it is nested too deeply"
        raise InputError(f"{path.name} is not YAML: {printable(why, 200)}.", "correct it") from error


def _unpacked(folder: Path, names: set[str]) -> Iterator[TaskProblem]:
    """Yield the problems of a bundle in a folder; `names` also has what was not unpacked."""
    try:
        competition = read_yaml(folder / COMPETITION)
    except InputError as error:
        yield TaskProblem(COMPETITION, "error", error.message, error.fix)
        return
    if not isinstance(competition, dict):
        yield TaskProblem(COMPETITION, "error", "it is not a table of keys and values", BUILD_AGAIN)
        return
    if str(competition.get("version")) != VERSION:
        yield TaskProblem(
            COMPETITION, "error", f"'version' is {competition.get('version')}", f"write version: {VERSION}"
        )
    missing = [key for key in REQUIRED if not competition.get(key)]
    if missing:
        yield TaskProblem(COMPETITION, "error", f"{', '.join(missing)} missing or empty", "Codabench needs these keys")
    yield from _files(folder, competition, names)
    yield from _image(competition)
    tasks = yield from _items(competition, "tasks")
    phases = yield from _items(competition, "phases")
    indexes = [task.get("index") for task in tasks]
    if len({str(index) for index in indexes}) < len(indexes) or None in indexes:
        yield TaskProblem("tasks", "error", "an index is missing or occurs twice", "number the tasks from 0")
    known: dict[str, tuple[BundlePhase, Task]] = {}
    is_ours = True
    for program in dict.fromkeys(str(task.get("scoring_program")) for task in tasks):
        ours = yield from _program(folder, program, names)
        is_ours = is_ours and ours
    for task in tasks if is_ours else ():
        place = str(task.get("reference_data"))
        if not (_is_there(place, names) and (folder / place).is_dir()):
            yield TaskProblem(f"task {task.get('index')}", "error", f"there is no folder {place}", BUILD_AGAIN)
            continue
        read = yield from check_reference(folder / place, place)
        if read is not None:
            known[str(task.get("index"))] = read
    yield from _phases(phases, set(map(str, indexes)), names)
    if is_ours and known:
        yield from check_leaderboard((yield from _items(competition, "leaderboards")), list(known.values()))
        yield from _solutions(folder, competition, tasks, known, names)


def _items(table: Mapping[str, Any], key: str) -> Any:
    """Yield a problem unless a key has a list of tables; return these."""
    items = table.get(key) or []
    if not (isinstance(items, list) and all(isinstance(item, dict) for item in items)):
        yield TaskProblem(key, "error", "it is not a list of tables", "compare it with that of a new bundle")
        return []
    return items


def _is_there(name: Any, names: set[str]) -> bool:
    """Return whether a path of ``competition.yaml`` is a file or a folder of the zip."""
    path = str(name).rstrip("/")
    return bool(path) and (path in names or any(one.startswith(f"{path}/") for one in names))


def _files(folder: Path, competition: Mapping[str, Any], names: set[str]) -> Iterator[TaskProblem]:
    """Yield the logo and the pages that are missing or empty, and what the organisers have not written."""
    pages = yield from _items(competition, "pages")
    for key, name in (
        ("image", competition.get("image")), ("terms", competition.get("terms")),
        *((f"page {page.get('title')}", page.get("file")) for page in pages),
    ):  # fmt: skip
        if not (_is_there(name, names) and (folder / str(name)).is_file()):
            yield TaskProblem(key, "error", f"there is no file {name}", "add it, or correct its name")
        elif not (folder / str(name)).stat().st_size:
            yield TaskProblem(key, "error", f"{name} is empty, which Codabench refuses", "write it")
        elif key != "image":
            try:
                is_open = TO_WRITE in read_utf8(folder / str(name), str(name))
            except InputError as error:
                yield TaskProblem(key, "error", error.message, error.fix)
                continue
            if is_open:
                yield TaskProblem(key, "note", f"{name} has a part that is to be written by the organisers", "write it")


def _image(competition: Mapping[str, Any]) -> Iterator[TaskProblem]:
    """Yield a Docker image that is known to be too old."""
    image = competition.get("docker_image")
    if image is None or (str(image).startswith(CODALAB) and image != IMAGE):
        what = "there is none, and the default one has Python 3.7" if image is None else f"{image} has an older Python"
        yield TaskProblem("docker_image", "error", what, f"write docker_image: {IMAGE}")


def _program(folder: Path, program: str, names: set[str]) -> Any:
    """Yield the problems of a scoring program; return whether it is one of this package."""
    if not _is_there(program, names):
        yield TaskProblem("tasks", "error", f"there is no scoring program {program}", BUILD_AGAIN)
        return False
    if not (folder / program).is_dir():
        return False
    try:
        metadata = next(
            (read_yaml(path) for name in ("metadata.yaml", "metadata") if (path := folder / program / name).is_file()),
            None,
        )
    except InputError as error:
        yield TaskProblem(program, "error", error.message, error.fix)
        return False
    command = metadata.get("command") if isinstance(metadata, dict) else None
    return (yield from check_program(folder / program, program, command))


def _phases(phases: Sequence[Mapping[str, Any]], tasks: set[str], names: set[str]) -> Iterator[TaskProblem]:
    """Yield phases that overlap, have no end, or name what is not there."""
    before: datetime | None = None
    for at, phase in enumerate(phases):
        where = f"phase {phase.get('name', at)}"
        start, end = _time(phase.get("start")), _time(phase.get("end"))
        if start is None or (phase.get("end") and end is None):
            yield TaskProblem(where, "error", "its dates cannot be read", "write 2027-01-31 23:59:00")
        elif end is None and at < len(phases) - 1:
            yield TaskProblem(where, "error", "it has no end, and a phase comes after it", "write its end")
        elif end is not None and end <= start:
            yield TaskProblem(where, "error", "it ends before it begins", "correct its dates")
        elif before is not None and start <= before:
            yield TaskProblem(where, "error", "it begins before the phase before it has ended", "correct its dates")
        elif start.year >= FIRST_DAY.year:
            yield TaskProblem(where, "note", f"it begins in {start.year}, so it is not open", "set its dates")
        before = end
        own = phase.get("tasks")
        if not isinstance(own, list) or not own or not {str(index) for index in own} <= tasks:
            yield TaskProblem(where, "error", f"its tasks are {own}", f"name some of {', '.join(sorted(tasks))}")
        for key in ("starting_kit", "public_data"):
            if key in phase and not _is_there(phase[key], names):
                yield TaskProblem(where, "error", f"there is no {key} {phase[key]}", "add it, or remove the key")


def _time(value: Any) -> datetime | None:
    """Return a date of YAML: a date, a time, or a text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def _solutions(
    folder: Path,
    competition: Mapping[str, Any],
    tasks: Sequence[Mapping[str, Any]],
    known: Mapping[str, tuple[BundlePhase, Task]],
    names: set[str],
) -> Iterator[TaskProblem]:
    """Yield the sample submissions that cannot be scored."""
    references = {str(task.get("index")): str(task.get("reference_data")) for task in tasks}
    for solution in (yield from _items(competition, "solutions")):
        place, own = str(solution.get("path")), solution.get("tasks")
        if not (_is_there(place, names) and (folder / place).is_dir()):
            yield TaskProblem("solutions", "error", f"there is no folder {place}", "add it, or remove the solution")
            continue
        for index in map(str, own if isinstance(own, list) else ()):
            if index in known:
                yield from check_solution(folder / place, place, folder / references[index])
