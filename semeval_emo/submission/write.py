"""Writes prediction files and probability files: the one writer of both formats.

Both are UTF-8 with LF, the official header, one row a text in the official order. Whoever writes
the same values gets the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.files import write_file
from semeval_emo.submission.names import SUFFIX
from semeval_emo.task import FileSpec

PROBABILITY_PREFIX = "prob_"


def probability_name(spec: FileSpec) -> str:
    """The name of a probability file.

    >>> from semeval_emo.task import load_task
    >>> probability_name(load_task().spec("a", "eng", "dev"))
    'prob_eng.csv'
    """
    return f"{PROBABILITY_PREFIX}{spec.language}{SUFFIX}"


def prediction_bytes(spec: FileSpec, values: NDArray[Any]) -> bytes:
    r"""The bytes of a prediction file.

    Args:
        values: (n, L) whole numbers out of ``spec.values``; rows in the order of ``spec.ids``,
            columns in that of ``spec.emotions``.

    Raises:
        UsageError: the shape is not (n, L), or a value is not allowed.

    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> prediction_bytes(spec, np.zeros((spec.rows, 5), int))[:57]
    b'id,anger,fear,joy,sadness,surprise\neng_dev_track_a_00001,'
    """
    table = _shaped(spec, values)
    if table.dtype.kind not in "biu":
        raise UsageError(
            f"Predictions for {spec.place} are whole numbers; these are {table.dtype}.",
            "apply a threshold to probabilities first",
        )
    allowed = [int(text) for text in spec.values]
    bad = ~np.isin(table, allowed)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise UsageError(
            f"{spec.ids[row]} has {spec.emotions[column]} {table[row, column]}; "
            f"{spec.place} takes {', '.join(spec.values)} ({int(bad.sum()):,} such cells)."
        )
    return _lines(spec, table.astype(int).tolist(), str)


def probability_bytes(spec: FileSpec, values: NDArray[Any]) -> bytes:
    """The bytes of a probability file; reading it gives back the very same floats.

    Args:
        values: (n, L) floats in [0, 1]; rows in the order of ``spec.ids``, columns in that of
            ``spec.emotions``.

    Raises:
        UsageError: the shape is not (n, L), or a value is no probability.
    """
    table = _shaped(spec, values).astype(np.float64)
    bad = ~((table >= 0) & (table <= 1))  # true for nan as well
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise UsageError(
            f"{spec.ids[row]} has {spec.emotions[column]} {float(table[row, column])!r}; "
            f"probabilities lie in [0, 1] ({int(bad.sum()):,} such cells)."
        )
    return _lines(spec, table.tolist(), repr)


def write_predictions(spec: FileSpec, values: NDArray[Any], path: str | os.PathLike[str]) -> None:
    """Writes a prediction file, whole or not at all. Arguments and errors: `prediction_bytes`."""
    write_file(Path(path), prediction_bytes(spec, values))


def write_probabilities(spec: FileSpec, values: NDArray[Any], path: str | os.PathLike[str]) -> None:
    """Writes a probability file, whole or not at all. Arguments and errors: `probability_bytes`."""
    write_file(Path(path), probability_bytes(spec, values))


def _shaped(spec: FileSpec, values: NDArray[Any]) -> NDArray[Any]:
    table = np.asarray(values)
    expected = (spec.rows, len(spec.emotions))
    if table.shape != expected:
        raise UsageError(
            f"{spec.place} has {expected[0]:,} texts and {expected[1]} emotions; the array's shape is {table.shape}."
        )
    return table


def _lines(spec: FileSpec, rows: list[list[Any]], text: Callable[[Any], str]) -> bytes:
    lines = [",".join(spec.header)]
    lines += [f"{one},{','.join(map(text, row))}" for one, row in zip(spec.ids, rows, strict=True)]
    return ("\n".join(lines) + "\n").encode()
