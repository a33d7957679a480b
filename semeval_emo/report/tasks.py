"""Tables of shared tasks: `task list`, `task show`, `task new` and `task check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from semeval_emo.data.new_task import Draft
from semeval_emo.data.task_check import TaskProblem
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import FileKey, FileLayout, FileSpec, Task, fill
from semeval_emo.text import listed, plural

TAB = "⇥"
"""How a tab is shown in a line of a file."""
LONGEST_LINE = 72
"""How much of an example line is shown."""


def summary(name: str, task: Task) -> dict[str, Any]:
    """Return what `task list` says of a task, as JSON."""
    return {
        "name": name,
        "key": task.key,
        "title": task.title,
        "labels": list(task.emotions),
        "tracks": {
            key: {
                "title": track.title,
                "metric": track.metric,
                "metrics": list(track.metrics),
                "values": list(track.values),
            }
            for key, track in task.tracks.items()
        },
        "languages": list(task.languages),
        "release": task.default_release,
    }


def payload(name: str, task: Task) -> dict[str, Any]:
    """Return a task as JSON, ``semeval-emo/task/1``."""
    return {
        "schema": "semeval-emo/task/1",
        **summary(name, task),
        "cite": task.cite,
        "layout": asdict(task.layout),
        "releases": {
            key: {name: getattr(release, name) for name in ("title", "published", "source", "note")}
            for key, release in task.releases.items()
        },
        "files": [{**spec.address, "rows": spec.rows} for spec in task.specs(task.default_release)],
    }


def task_table(known: Sequence[tuple[str, Task]]) -> Table:
    """Return the known tasks, one per row."""
    rows = tuple(
        (name, task.title, " ".join(task.tracks), len(task.languages), len(task.emotions),
         ", ".join(dict.fromkeys(METRICS[track.metric].title for track in task.tracks.values())))
        for name, task in known
    )  # fmt: skip
    columns = (
        Column("task"), Column("title"), Column("tracks"), Column("languages", "int"), Column("labels", "int"),
        Column("official metric"),
    )  # fmt: skip
    return Table("Tasks", columns, rows)


def tables(task: Task) -> list[Table]:
    """Return the tables of one task: tracks, languages with their rows, and how files look."""
    release = task.release()
    notes = [f"Labels: {', '.join(task.emotions)}.", f"Release {release.key}: {release.title}, {release.source}."]
    notes += [release.note] if release.note else []
    notes += [f"Cite: {task.cite}."] if task.cite else []
    tracks = Table(
        task.title,
        (Column("track"), Column("what"), Column("values"), Column("official metric"), Column("averaging")),
        tuple(
            (key, track.title, f"{track.values[0]} to {track.values[-1]}" if track.is_intensity else "0 or 1",
             ", ".join(METRICS[name].title for name in track.metrics), track.averaging)
            for key, track in task.tracks.items()
        ),
        tuple(notes),
    )  # fmt: skip
    return [tracks, _rows(task), _files(task)]


def draft_payload(draft: Draft, path: Path, written: Sequence[Path]) -> dict[str, Any]:
    """Return a new task file as JSON, ``semeval-emo/task-new/1``."""
    return {
        "schema": "semeval-emo/task-new/1",
        "task": draft.task.key,
        "file": str(path),
        "data": str(draft.root),
        "written": [str(file) for file in written],
        "layout": asdict(draft.task.layout.data),
        "files": [
            {**spec.address, "rows": spec.rows, "has_labels": bool(spec.labels_hash)} for spec in draft.task.specs()
        ],
        "left_out": [{"file": file, "why": why} for file, why in draft.left_out],
        "guesses": [guess._asdict() for guess in draft.guesses],
    }


def draft_tables(draft: Draft) -> list[Table]:
    """Return what a new task file says of the data: texts by language, files left out, and what was guessed."""
    task = draft.task
    blank = ["/".join(spec.key) for spec in task.specs() if not spec.labels_hash]
    notes = [f"Labels: {listed(task.emotions, 12)}."]
    notes += [f"Labels are not published, or blank, in {listed(blank, 4)}."] if blank else []
    tables = [replace(_rows(task), title=f"Texts of {draft.root}", notes=tuple(notes))]
    if draft.left_out:
        tables.append(Table("Left out", (Column("file"), Column("why")), draft.left_out))
    guesses = tuple((guess.line, guess.where, guess.why) for guess in draft.guesses)
    return [*tables, Table("Guesses to check", (Column("line", "int"), Column("key"), Column("guess")), guesses)]


def problem_table(task: Task, problems: Sequence[TaskProblem]) -> Table:
    """Return what `task check` found."""
    return Table(f"{task.title}: {plural(len(task.specs()), 'file')}", *problem_rows(problems))


def problem_rows(problems: Sequence[TaskProblem]) -> tuple[tuple[Column, ...], tuple[tuple[str, ...], ...]]:
    """Return problems as the columns and rows of a table."""
    columns = (Column("where"), Column("level"), Column("problem"), Column("fix"))
    return columns, tuple((problem.where, problem.level, problem.message, problem.fix) for problem in problems)


def _rows(task: Task) -> Table:
    """Return the number of texts of each language, by track and split."""
    specs = task.specs(task.default_release)
    places = list(dict.fromkeys((spec.track, spec.split) for spec in specs))
    rows = {(spec.language, spec.track, spec.split): spec.rows for spec in specs}
    several = len(task.tracks) > 1
    columns = [Column(f"{track} {split}" if several else split, "int") for track, split in places]
    return Table(
        f"Texts of release {task.default_release}",
        (Column("code"), Column("language"), *columns),
        tuple(
            (code, language.name, *(rows.get((code, track, split)) for track, split in places))
            for code, language in task.languages.items()
            if any(key[0] == code for key in rows)
        ),
    )


def _files(task: Task) -> Table:
    """Return how the files of data and of predictions are named and written, with an example line."""
    specs = task.specs(task.default_release, split="test") or task.specs()
    rows = []
    for what, layout in (("texts and labels", task.layout.data), ("predictions", task.layout.predictions)):
        path = layout.path(specs[0].key) if specs else layout.file
        lines = _example(layout, specs[0]) if specs else [""]
        rows += [(what if at == 0 else "", path if at == 0 else "", line) for at, line in enumerate(lines)]
    first = specs[0].key if specs else FileKey(next(iter(task.tracks)), "", "")
    notes = [f"Predictions are packed as {fill(task.layout.archive, first)}."]
    if any(TAB in line for *_, line in rows):
        notes.append(f"{TAB} is a tab.")
    return Table(
        "Files",
        (Column("what"), Column("path"), Column("lines")),
        tuple(rows),
        tuple(notes),
    )


def _example(layout: FileLayout, spec: FileSpec) -> list[str]:
    """Return the header, if there is one, and a made-up row."""
    cells = {layout.id: spec.ids[0], layout.text: "A text", "labels": "0" if layout.labels == "indices" else ""}
    cells["labels"] = cells["labels"] or spec.emotions[0]
    header = layout.header(spec.emotions)
    lines = [] if layout.columns else [header]
    lines.append(tuple(cells.get(name, "0") for name in header))
    mark = TAB if layout.delimiter == "\t" else layout.delimiter
    shown = [mark.join(line) for line in lines]
    return [line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…" for line in shown]
