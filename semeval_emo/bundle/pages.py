"""The texts of a bundle: pages of the competition and the README of the starting kit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo.report.scores import weight_words
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.submission.packing import archive_name
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import LABELS, FileSpec, Task, shown_track

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
    languages = dict.fromkeys(spec.language for spec in specs)
    weights = {code: task.track(track).weights.get(code, 1.0) for code in languages}
    values = _values(task, track, specs) | {
        "release": task.release(release),
        "labels": list(dict.fromkeys(label for spec in specs for label in spec.emotions)),
        "several": len(languages) > 1,
        "weights": weight_words(weights) if len({*weights.values()}) > 1 else "",
        "cells": _cells(task, track, specs[0]),
        "examples": [
            (_example(spec, task.neutral), f"`{spec.file_name}`" if several else "") for spec in by_header.values()
        ],
        "tabs": specs[0].layout.predictions.delimiter == "\t",
        "to_write": TO_WRITE,
    }
    return {file: _environment().get_template(f"{file}.j2").render(values) for file in PAGES.values()}


def kit_readme(task: Task, track: str, specs: Sequence[FileSpec]) -> str:
    """Return the README of the starting kit; `specs` are the files of all phases."""
    folders = {split: sample_folder(split) for split in dict.fromkeys(spec.split for spec in specs)}
    values = _values(task, track, specs) | {
        "folders": folders,
        "in_columns": specs[0].layout.predictions.labels == "columns",
    }
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


def _cells(task: Task, track: str, spec: FileSpec) -> str:
    """Return what the cells of labels in a file of predictions have."""
    layout = spec.layout.predictions
    if layout.labels == "columns":
        return f"Values are {', '.join(task.track(track).values)}."
    numbers = f", from 0 ({layout.order[0]}) to {len(layout.order) - 1} ({layout.order[-1]})"
    what = "names of the labels" if layout.labels == "names" else f"numbers of the labels{numbers}"
    unlabelled = f"`{layout.no_label}`" if layout.no_label else "nothing"
    words = f"The column `{LABELS}` has the {what} of the text, separated by `{layout.separator}`"
    alone = f" A text has `{task.neutral}` only alone." if task.neutral in spec.emotions else ""
    return f"{words}; for a text without labels it has {unlabelled}.{alone}"


def _example(spec: FileSpec, neutral: str) -> list[str]:
    """Return the first lines of a file of predictions: the lowest values, or a row with no, one and two names."""
    import numpy as np

    few = spec.only(set(spec.ids[:ROWS]))
    labels = np.zeros((few.rows, len(spec.emotions)), int)
    if spec.layout.predictions.labels != "columns":
        others = [at for at, name in enumerate(spec.emotions) if name != neutral]
        for row in range(1, few.rows):
            labels[row, others[:row]] = 1
    body = prediction_bytes(few, labels, dict.fromkeys(few.ids, "A text"))
    return body.decode("utf-8").splitlines()
