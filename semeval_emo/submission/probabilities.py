"""Probability files, ``prob_<language>.csv``.

They have the header ``id`` and the labels, and floats in [0, 1]. `semeval_emo.zoo` finds thresholds on dev.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import InputError, InvalidSubmission
from semeval_emo.submission.identify import matching_specs, task_of
from semeval_emo.tables.frames import data_frame
from semeval_emo.tables.names import SCORE_WORDS, normalised_names
from semeval_emo.tables.raw import RawTable
from semeval_emo.tables.results import Result
from semeval_emo.task import FileSpec, Selector, Task, load_task
from semeval_emo.text import plural, printable, short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame


@dataclass(frozen=True)
class Probabilities(Result):
    """The predicted probability of each emotion for each text.

    Attributes:
        values: floats in [0, 1] of shape (n, L); rows in the order of ``spec.ids``, columns in that of
            ``spec.emotions``.
    """

    spec: FileSpec
    values: NDArray[np.float64]
    path: str

    def to_frame(self) -> DataFrame:
        """Return a probability file as a frame: the ids and a column for each emotion."""
        columns = {name: self.values[:, i] for i, name in enumerate(self.spec.emotions)}
        return data_frame({"id": list(self.spec.ids)} | columns)

    def __repr__(self) -> str:
        return short_repr(self, path=self.path, place=self.spec.place, rows=len(self.values))


def read_probabilities(
    path: str | os.PathLike[str],
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | None = None,
) -> Probabilities:
    """Read a probability file. Its rows and columns may be in any order; a column can be named ``anger_prob``.

    Args:
        track, language, split, release, task: as for `validate`.

    Raises:
        InputError: the file cannot be read.
        InvalidSubmission: it is not a complete, valid probability file, or not the selected one.
    """
    shown_path = os.fspath(path)
    try:
        with (path if isinstance(path, Path) else Path(path)).open("rb") as stream:
            table = RawTable(stream)
            if table.magic:
                raise InvalidSubmission(f"{shown_path} is {table.magic}, not text.")
            rows = _rows(shown_path, table)
    except OSError as error:
        raise InputError(f"{shown_path} cannot be read: {error.strerror}.") from error
    task = task or task_of(rows, Path(path)) or load_task()
    spec = _spec(shown_path, rows, task, Selector(task, track, language, split, release).of(task))
    columns = _columns(normalised_names(table.header, spec.emotions), spec)
    if not columns:
        header, expected = ",".join(table.header), ",".join(("id", *spec.emotions))
        raise InvalidSubmission(f"{shown_path}: the header is '{printable(header)}', expected '{expected}'.")
    for text_id, (line, _) in rows.items():
        if text_id not in spec.id_set:
            raise InvalidSubmission(f"{shown_path}:{line}: there is no id '{printable(text_id)}' in {spec.place}.")
    missing = [text_id for text_id in spec.ids if text_id not in rows]
    if missing:
        raise InvalidSubmission(
            f"{shown_path}: {len(missing):,} of {spec.rows:,} texts of {spec.place} are missing, such as {missing[0]}."
        )
    values = np.array([_floats(shown_path, *rows[text_id], columns, spec) for text_id in spec.ids], dtype=np.float64)
    return Probabilities(spec, values, shown_path)


def find_probabilities(path: str | os.PathLike[str], spec: FileSpec) -> Path | None:
    """Find the probability file of a prediction file.

    It is in the same folder or, in a run folder, in ``<run>/<split>/`` next to ``<run>/track_x/``.

    Returns:
        The path; None if there is none, or if the prediction file is in a zip.
    """
    folder, name = Path(path).parent, f"prob_{spec.language}.csv"
    if not Path(path).is_file():
        return None
    return next((p for p in (folder / name, folder.parent / spec.split / name) if p.is_file()), None)


def _rows(path: str, table: RawTable) -> dict[str, tuple[int, list[str]]]:
    """Return line and cells by id."""
    rows: dict[str, tuple[int, list[str]]] = {}
    names, width = normalised_names(table.header), len(table.header)
    at = names.index("id") if "id" in names else 0
    for line, cells in table.rows():
        if len(cells) != width:
            raise InvalidSubmission(f"{path}:{line}: {plural(len(cells), 'cell')}, expected {width}.")
        text_id = cells[at]
        if text_id in rows:
            raise InvalidSubmission(
                f"{path}:{line}: the id '{printable(text_id)}' is already on line {rows[text_id][0]}."
            )
        rows[text_id] = line, cells
    if not rows:
        raise InvalidSubmission(f"{path} has no rows of probabilities.")
    return rows


def _spec(path: str, rows: dict[str, tuple[int, list[str]]], task: Task, selector: Selector) -> FileSpec:
    specs = matching_specs(task.id_index.by_group(list(filter(task.places, rows))), task, selector, Selector())
    for spec in filter(selector.matches, specs):
        return spec
    if specs:
        selected = " ".join(selector.address.values())
        raise InvalidSubmission(
            f"{path} has {specs[0].place}, not {selected}.", "leave the options out, or name another file"
        )
    release = selector.release or task.default_release
    raise InvalidSubmission(f"{path}: release {release} has no such ids; the first is '{printable(next(iter(rows)))}'.")


def _columns(names: Sequence[str], spec: FileSpec) -> list[int]:
    """Return the column of each emotion; empty if there is not one of each. ``anger_prob`` comes before ``anger``."""
    scores: dict[str, list[int]] = {}
    bare: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        words = [word for word in re.split(r"[\W_]+", name) if word not in SCORE_WORDS]
        if name in spec.emotions:
            bare.setdefault(name, []).append(at)
        elif len(words) == 1:
            scores.setdefault(words[0], []).append(at)
    for found in (scores, bare):
        if all(len(found.get(emotion, ())) == 1 for emotion in spec.emotions):
            return [found[emotion][0] for emotion in spec.emotions]
    return []


def _floats(path: str, line: int, cells: list[str], columns: Sequence[int], spec: FileSpec) -> list[float]:
    numbers = []
    for emotion, column in zip(spec.emotions, columns, strict=True):
        cell = cells[column]
        try:
            number = float(cell)
        except ValueError:
            number = float("nan")
        if not 0 <= number <= 1:
            raise InvalidSubmission(f"{path}:{line}: {emotion} is '{printable(cell)}', expected a number from 0 to 1.")
        numbers.append(number)
    return numbers
