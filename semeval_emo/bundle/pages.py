"""The texts of a bundle: pages of the competition and the README of the starting kit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo.scoring.metrics import METRICS
from semeval_emo.submission.packing import archive_name
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import FileSpec, Task, shown_track

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
PAGES = {"Overview": "overview.md", "Evaluation": "evaluation.md", "Data": "data.md", "Terms": "terms.md"}
"""The pages of the competition: their titles and files."""
TO_WRITE = "**To be written by the organisers**"
"""Marks what the pages leave to the organisers."""
ROWS = 3
"""The rows of an example file that are shown."""


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # The texts are Markdown, and those of the task are its organisers' own.
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def title_of(task: Task, track: str) -> str:
    """Return the title of the competition of a track."""
    return task.title if len(task.tracks) == 1 else f"{task.title}, track {shown_track(track)}"


def pages(task: Task, track: str, release: str, specs: Sequence[FileSpec]) -> dict[str, str]:
    """Return the pages of the competition by their files.

    Args:
        specs: the files of all phases.
    """
    by_header: dict[tuple[str, ...], FileSpec] = {}
    for spec in specs:
        by_header.setdefault(spec.header + spec.emotions, spec)
    several = len(by_header) > 1
    values = _values(task, track, specs) | {
        "release": task.release(release),
        "labels": list(dict.fromkeys(label for spec in specs for label in spec.emotions)),
        "several": len({spec.language for spec in specs}) > 1,
        "examples": [(_example(spec), f"`{spec.file_name}`" if several else "") for spec in by_header.values()],
        "tabs": specs[0].layout.predictions.delimiter == "\t",
        "to_write": TO_WRITE,
    }
    return {file: _environment().get_template(f"{file}.j2").render(values) for file in PAGES.values()}


def kit_readme(task: Task, track: str, specs: Sequence[FileSpec]) -> str:
    """Return the README of the starting kit; `specs` are the files of all phases."""
    folders = {split: sample_folder(split) for split in dict.fromkeys(spec.split for spec in specs)}
    values = _values(task, track, specs) | {"folders": folders}
    return _environment().get_template("starting_kit.md.j2").render(values)


def sample_folder(split: str) -> str:
    """Return the folder of the starting kit with a valid submission for a phase."""
    return f"sample_submission_{split}"


def _values(task: Task, track: str, specs: Sequence[FileSpec]) -> dict[str, Any]:
    """Return the values that several templates have."""
    own = task.track(track)
    return {
        "task": task, "track": own, "title": title_of(task, track), "specs": specs,
        "official": [METRICS[name].title for name in own.metrics],
        "paths": [spec.layout.predictions.path(spec.key) for spec in specs],
        "archive": archive_name(specs[:1]),
    }  # fmt: skip


def _example(spec: FileSpec) -> list[str]:
    """Return the first lines of a file of predictions, with the lowest values."""
    import numpy as np

    few = spec.only(set(spec.ids[:ROWS]))
    body = prediction_bytes(few, np.zeros((few.rows, len(spec.emotions)), int), dict.fromkeys(few.ids, "A text"))
    return body.decode("utf-8").splitlines()
