"""Check the parts of a bundle that are of this package: program, gold labels, leaderboard, sample submissions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_emo.bundle.build import PROGRAM, program_files
from semeval_emo.bundle.columns import LONGEST, score_columns
from semeval_emo.bundle.phase import GOLD, PHASE_FILE, BundlePhase
from semeval_emo.bundle.program import evaluate
from semeval_emo.data.gold import gold_for
from semeval_emo.data.task_check import TaskProblem
from semeval_emo.errors import EmoError
from semeval_emo.task import TASK_FILE, Task, load_task
from semeval_emo.text import listed

BUILD_AGAIN = "build the bundle again: semeval-emo task bundle TASK --gold FOLDER"
APP = "/app/program/"
"""Where the worker mounts the scoring program."""


def check_program(folder: Path, name: str, command: Any) -> Any:
    """Yield the problems of a scoring program; return whether it is one of this package.

    Args:
        name: its name in the zip.
        command: the command of its ``metadata.yaml``, if there is one.
    """
    if not isinstance(command, str) or not command.strip():
        yield TaskProblem(name, "error", "metadata.yaml is missing or has no command", BUILD_AGAIN)
        return False
    try:
        words = shlex.split(command.replace("$program/", APP))
    except ValueError:
        words = []
    missing = [word for word in words if word.startswith(APP) and not (folder / word.removeprefix(APP)).exists()]
    if missing or not words:
        yield TaskProblem(name, "error", f"its command, {command}, names a file that is not there", BUILD_AGAIN)
        return False
    expected = {path.removeprefix(f"{PROGRAM}/"): body for path, body in program_files().items()}
    if not (folder / "vendor/semeval_emo/bundle/program.py").is_file():
        yield TaskProblem(name, "note", "it is not the scoring program of semeval-emo, and is not checked", "")
        return False
    absent = [path for path in expected if not (folder / path).is_file()]
    if absent:
        yield TaskProblem(name, "error", f"there is no {listed(absent)}", BUILD_AGAIN)
    changed = [path for path, body in expected.items() if path not in absent and (folder / path).read_bytes() != body]
    if changed:
        yield TaskProblem(
            name, "note", f"{listed(changed)} differ from those of this version of semeval-emo", BUILD_AGAIN
        )
    return True


def check_reference(folder: Path, name: str) -> Any:
    """Yield the problems of reference data; return their phase and task, or None.

    Args:
        name: the name of the folder in the zip.
    """
    try:
        phase, task = BundlePhase.read(folder / PHASE_FILE), load_task(folder / TASK_FILE)
        specs = phase.specs(task)
    except EmoError as error:
        yield TaskProblem(name, "error", error.message.replace(f"{folder}/", ""), error.fix or BUILD_AGAIN)
        return None
    if not specs:
        yield TaskProblem(
            name, "error", f"release {phase.release} has no {phase.split} file of track {phase.track}", BUILD_AGAIN
        )
        return None
    for spec in specs:
        try:
            gold_for(spec, task, folder / GOLD, unverified_gold=phase.unverified_gold)
        except EmoError as error:
            message = error.message.replace(f"{folder}/", "")
            yield TaskProblem(f"{name}: {spec.language}", "error", message, "put the gold labels of this file there")
    return phase, task


def check_leaderboard(
    boards: Sequence[Mapping[str, Any]], known: Sequence[tuple[BundlePhase, Task]]
) -> Iterator[TaskProblem]:
    """Yield columns that the program does not write, does not fit, or that Codabench refuses."""
    if len(boards) != 1:
        yield TaskProblem("leaderboards", "error", f"there are {len(boards)}; all phases use the first one", "keep one")
    given = boards[0].get("columns") if boards else None
    columns = given if isinstance(given, list) and all(isinstance(one, dict) for one in given) else []
    keys = [str(column.get("key")) for column in columns]
    indexes = [column.get("index") for column in columns]
    for what, values in (("key", keys), ("index", indexes)):
        if len({*map(str, values)}) < len(values) or None in values:
            yield TaskProblem("leaderboards", "error", f"a column has no {what}, or that of another one", BUILD_AGAIN)
    for column in columns:
        long = [key for key in ("key", "title") if len(str(column.get(key, ""))) > LONGEST]
        if long:
            yield TaskProblem(
                f"column {column.get('key')}",
                "error",
                f"its {long[0]} is longer than {LONGEST} characters",
                "shorten it",
            )
    phase, task = known[0]
    languages = dict.fromkeys(spec.language for own, _ in known for spec in own.specs(task))
    written = score_columns(task, phase.track, list(languages))
    expected = {column.key: column for column in written}
    unknown = [key for key in keys if key not in expected]
    if unknown:
        yield TaskProblem(
            "leaderboards", "error", f"the scoring program does not write {listed(unknown)}",
            f"it writes {', '.join(list(expected)[:6])}{', …' if len(expected) > 6 else ''}",
        )  # fmt: skip
    if not columns or written[0].key not in keys:
        yield TaskProblem(
            "leaderboards", "error", f"the official metric has no column: {written[0].key}", "add its column"
        )
    elif keys[0] != written[0].key:
        yield TaskProblem(
            "leaderboards", "note", f"the ranking is by {keys[0]}, and the official metric is {written[0].key}",
            "put it first",
        )  # fmt: skip
    for column, key in zip(columns, keys, strict=True):
        wanted = "asc" if key in expected and expected[key].lower_is_better else "desc"
        if key in expected and column.get("sorting", "desc") != wanted:
            yield TaskProblem(f"column {key}", "error", f"its sorting is {column.get('sorting')}", f"write {wanted}")


def check_solution(submission: Path, name: str, reference: Path) -> Iterator[TaskProblem]:
    """Yield why a sample submission is not scored."""
    try:
        result = evaluate(submission, reference)
    except EmoError as error:
        yield TaskProblem(name, "error", error.message.replace(f"{reference}/", ""), BUILD_AGAIN)
        return
    if result.exit_code:
        first = " ".join(result.err.split("\n\n")[0].split("\n")[1:]) or result.err.split("\n")[0]
        yield TaskProblem(name, "error", first, "correct the sample submission")
