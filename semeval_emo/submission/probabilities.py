"""Probability files, ``prob_<language>.csv``: reading them, and turning them into labels.

Owns the one format of design idea 9: the header of predictions, floats in [0, 1]. Which threshold
is right is for `semeval_emo.zoo` to find, on dev; here it is only applied.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import InputError, InvalidSubmission, UsageError
from semeval_emo.submission.identify import Inferred, grouped, parts_of, task_of
from semeval_emo.submission.raw import RawTable
from semeval_emo.task import FileSpec, Selector, Task, load_task
from semeval_emo.text import printable


@dataclass(frozen=True)
class Probabilities:
    """How probable each emotion of each text is.

    Attributes:
        values: (n, L) floats in [0, 1]; rows in the order of ``spec.ids``, columns in that of
            ``spec.emotions``.
        path: where they were read from.
    """

    spec: FileSpec
    values: NDArray[np.float64]
    path: str


def read_probabilities(
    path: str | os.PathLike[str],
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | None = None,
) -> Probabilities:
    """Reads a probability file. Rows may stand in any order; nothing is repaired.

    Raises:
        InputError: the file cannot be read.
        InvalidSubmission: it is not a whole, well-formed probability file, or not the one that the
            options ask for.
    """
    shown_path = os.fspath(path)
    try:
        with Path(path).open("rb") as stream:
            table = RawTable(stream)
            if table.magic:
                raise InvalidSubmission(f"{shown_path} is {table.magic}, not text.")
            rows = _rows(shown_path, table)
    except OSError as error:
        raise InputError(f"{shown_path} cannot be read: {error.strerror}.") from error
    task = task or task_of(rows) or load_task()
    spec = _spec(shown_path, rows, task, Selector(task, track, language, split, release).of(task))
    header = tuple(table.header)
    if header != spec.header:
        raise InvalidSubmission(
            f"{shown_path}: the header is '{printable(','.join(header))}', expected '{','.join(spec.header)}'."
        )
    for one in rows:
        if one not in spec.id_set:
            raise InvalidSubmission(f"{shown_path}:{rows[one][0]}: there is no id '{printable(one)}' in {spec.place}.")
    missing = [one for one in spec.ids if one not in rows]
    if missing:
        raise InvalidSubmission(
            f"{shown_path}: {len(missing):,} of {spec.rows:,} texts of {spec.place} are missing, such as {missing[0]}."
        )
    values = np.array([_floats(shown_path, *rows[one], spec) for one in spec.ids], dtype=np.float64)
    return Probabilities(spec, values, shown_path)


def beside(path: str | os.PathLike[str], spec: FileSpec) -> Path | None:
    """Finds the probability file that belongs to a prediction file.

    It lies in the same folder, or where a run folder has it: ``<run>/<split>/`` beside ``<run>/track_x/``.

    Returns:
        The path; None where there is none, and for a file in a zip.
    """
    folder, name = Path(path).parent, f"prob_{spec.language}.csv"
    for one in (folder / name, folder.parent / spec.split / name):
        if Path(path).is_file() and one.is_file():
            return one
    return None


def to_labels(values: NDArray[np.float64], threshold: float | NDArray[np.float64], spec: FileSpec) -> NDArray[np.int8]:
    """Says yes where a probability is at least the threshold.

    Args:
        values: (n, L) probabilities.
        threshold: one for all emotions, or (L,) one for each.

    Raises:
        UsageError: the threshold is not in [0, 1], or the file takes degrees rather than yes or no.

    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> to_labels(np.array([[0.2, 0.5, 0.7, 0.0, 1.0]]), 0.5, spec)
    array([[0, 1, 1, 0, 1]], dtype=int8)
    """
    if len(spec.values) > 2:
        raise UsageError(
            f"One threshold cannot make degrees: {spec.place} takes {', '.join(spec.values)}.",
            "write whole numbers yourself, or let the zoo fit cut points on dev",
        )
    cut = np.asarray(threshold, dtype=np.float64)
    if not ((cut >= 0) & (cut <= 1)).all():
        raise UsageError(f"A threshold lies in [0, 1]; {threshold} does not.")
    return (values >= cut).astype(np.int8)


def _rows(path: str, table: RawTable) -> dict[str, tuple[int, list[str]]]:
    """The cells after the id, with their line, by id."""
    rows: dict[str, tuple[int, list[str]]] = {}
    for line, cells in table.rows():
        if cells[0] in rows:
            raise InvalidSubmission(
                f"{path}:{line}: the id '{printable(cells[0])}' stands already on line {rows[cells[0]][0]}."
            )
        rows[cells[0]] = line, cells[1:]
    if not rows:
        raise InvalidSubmission(f"{path} holds no probabilities.")
    return rows


def _spec(path: str, rows: dict[str, tuple[int, list[str]]], task: Task, selector: Selector) -> FileSpec:
    parts = parts_of(grouped(one for one in rows if task.places(one)), task, selector, Inferred())
    for spec in filter(selector.matches, parts):
        return spec
    first = printable(next(iter(rows)))
    if parts:
        wanted = " ".join(selector.address.values())
        raise InvalidSubmission(f"{path} holds {parts[0].place}, not {wanted}.", "drop the options, or name its file")
    raise InvalidSubmission(
        f"{path}: the ids are none of release {selector.release or task.default_release}; the first is '{first}'."
    )


def _floats(path: str, line: int, cells: list[str], spec: FileSpec) -> list[float]:
    if len(cells) != len(spec.emotions):
        raise InvalidSubmission(f"{path}:{line}: {len(cells)} values, expected {len(spec.emotions)}.")
    numbers = []
    for emotion, cell in zip(spec.emotions, cells, strict=True):
        try:
            number = float(cell)
        except ValueError:
            number = float("nan")
        if not 0 <= number <= 1:
            raise InvalidSubmission(f"{path}:{line}: {emotion} is '{printable(cell)}', expected a number from 0 to 1.")
        numbers.append(number)
    return numbers
