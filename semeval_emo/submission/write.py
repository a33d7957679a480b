"""Write prediction files and probability files.

Both are UTF-8 with LF line ends and one row per text in the official order. Prediction files are in the layout of their
task; probability files have the header ``id`` and the labels, and commas. The same values give the same bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.files import write_file
from semeval_emo.task import DEFAULT_LAYOUT, LABELS, FileLayout, FileSpec
from semeval_emo.text import plural

NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def prediction_bytes(spec: FileSpec, values: NDArray[Any], texts: Mapping[str, str] = NO_TEXTS) -> bytes:
    r"""Return the bytes of a prediction file.

    Args:
        values: integers among ``spec.values``, shape (n, L); rows in the order of ``spec.ids``,
            columns in that of ``spec.emotions``.
        texts: by id, for a layout that has texts; a text that is not there is written as a blank cell. What the layout
            cannot write in a cell, such as a tab between tabs, becomes a space.

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
            f"Predictions for {spec.place} must be integers, not {table.dtype}.",
            "apply a threshold to probabilities first",
        )
    bad = ~np.isin(table, [int(text) for text in spec.values])
    _refuse(spec, table, bad, f"{spec.place} takes {', '.join(spec.values)}")
    rows = table.astype(int).tolist()
    layout = spec.layout.predictions
    if layout == DEFAULT_LAYOUT.predictions:
        return _lines(spec, rows, str)
    header = layout.header(spec.emotions)
    lines = [] if layout.columns else [header]
    for text_id, row in zip(spec.ids, rows, strict=True):
        cells = dict(zip(spec.emotions, map(str, row), strict=True))
        named = [label for label, value in zip(spec.emotions, row, strict=True) if value]
        if layout.labels == "indices":
            named = [str(layout.order.index(label)) for label in named]
        cells |= {LABELS: layout.separator.join(named) or layout.no_label or "", layout.id: text_id}
        if layout.text:
            cells[layout.text] = texts.get(text_id, "")
        lines.append(tuple(cells[name] for name in header))
    text = "".join(f"{layout.delimiter.join(_cell(cell, layout) for cell in line)}\n" for line in lines)
    # The bytes of a text that is not UTF-8.
    return text.encode("utf-8", "surrogateescape")


def _cell(cell: str, layout: FileLayout) -> str:
    """Return a cell as a layout can write it."""
    if layout.quotes:
        return f'"{cell.replace(chr(34), chr(34) * 2)}"' if any(c in cell for c in f'{layout.delimiter}"\n\r') else cell
    return re.sub(rf"[\0\r\n{re.escape(layout.delimiter)}]+", " ", cell)


def probability_bytes(spec: FileSpec, values: NDArray[Any]) -> bytes:
    """Return the bytes of a probability file; reading it gives exactly the same floats.

    Args:
        values: floats in [0, 1] of shape (n, L); rows in the order of ``spec.ids``, columns in that of
            ``spec.emotions``.

    Raises:
        UsageError: the shape is not (n, L), or a value is not in [0, 1].
    """
    table = _shaped(spec, values).astype(np.float64)
    bad = ~((table >= 0) & (table <= 1))  # True for nan too
    _refuse(spec, table, bad, "probabilities are in [0, 1]")
    return _lines(spec, table.tolist(), repr)


def write_predictions(
    spec: FileSpec, values: NDArray[Any], path: str | os.PathLike[str], texts: Mapping[str, str] = NO_TEXTS
) -> None:
    """Write a prediction file atomically. Arguments and errors are those of `prediction_bytes`."""
    write_file(Path(path), prediction_bytes(spec, values, texts))


def write_probabilities(spec: FileSpec, values: NDArray[Any], path: str | os.PathLike[str]) -> None:
    """Write a probability file atomically. Arguments and errors are those of `probability_bytes`."""
    write_file(Path(path), probability_bytes(spec, values))


def _shaped(spec: FileSpec, values: NDArray[Any]) -> NDArray[Any]:
    table = np.asarray(values)
    expected = (spec.rows, len(spec.emotions))
    if table.shape != expected:
        raise UsageError(
            f"{spec.place} has {expected[0]:,} texts and {expected[1]} emotions; the array's shape is {table.shape}."
        )
    return table


def _refuse(spec: FileSpec, table: NDArray[Any], bad: NDArray[np.bool_], rule: str) -> None:
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = table[row, column].item()
        raise UsageError(
            f"{spec.emotions[column]} of {spec.ids[row]} is {value!r}; {rule} ({plural(int(bad.sum()), 'such cell')})."
        )


def _lines(spec: FileSpec, rows: list[list[Any]], to_text: Callable[[Any], str]) -> bytes:
    lines = [",".join(("id", *spec.emotions))]
    lines += [f"{text_id},{','.join(map(to_text, row))}" for text_id, row in zip(spec.ids, rows, strict=True)]
    return ("\n".join(lines) + "\n").encode()
