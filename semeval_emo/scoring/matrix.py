"""Labels in memory as one array of texts and emotions, from any type that has rows or columns.

Third-party types are recognised by their methods, so none of these packages is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import InputError, suggest
from semeval_emo.tables.frames import column_names, is_frame, kind_of
from semeval_emo.text import printable

EXAMPLE = 'semeval_emo.score([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"])'


def matrix(values: Any, name: str, names: tuple[str, ...] = ()) -> NDArray[Any]:
    """Return values as an array of shape (texts, emotions) of booleans, integers or floats without nan.

    Args:
        name: of the values, in messages.
        names: the columns, for values that name them; empty if nothing does.

    Raises:
        InputError: the values have another type or shape, or a cell is not a number.
    """
    rows = _rows(values, name, names)
    try:
        array = np.asarray(rows)
        if array.dtype.kind == "O":
            array = array.astype(float)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise InputError(*_not_numbers(rows, name, names))
    if array.ndim == 1 and len(names) == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise InputError(
            f"{name} has the shape {array.shape}, expected a row for each text and a column for each emotion.",
            "stack the columns of the emotions: numpy.column_stack([anger, fear])" if array.ndim == 1 else EXAMPLE,
        )
    if names and array.shape[1] != len(names):
        raise InputError(
            f"{name} has {array.shape[1]} columns, and there are {len(names)} emotions: {', '.join(names)}.",
            "name each column once: emotions=[...]",
        )
    if array.dtype.kind == "f" and np.isnan(array).any():
        row, column = np.argwhere(np.isnan(array))[0]
        raise InputError(
            f"{name} is blank (nan) in row {row}, column {label_of(column, names)}.",
            "a blank label is not 0: fill it",
        )
    return array


def _rows(values: Any, name: str, names: tuple[str, ...]) -> Any:
    """Return rows of cells from any supported type, not checked further."""
    if is_frame(values) or (isinstance(values, Mapping) and names):
        columns = column_names(values) if is_frame(values) else list(values)
        missing = [own for own in names if own not in columns]
        if missing:
            raise InputError(
                f"{name} has no column '{printable(missing[0])}'; its columns are "
                f"{printable(', '.join(map(str, columns)), 200)}.",
                suggest(missing[0], map(str, columns)) or "name the columns that it has: emotions=[...]",
            )
        return list(zip(*(_rows(values[own], name, ()) for own in names), strict=True))
    if isinstance(values, str | bytes | Mapping) or values is None:
        raise InputError(*wrong_type(values, name))
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        values = (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()
    if hasattr(values, "toarray"):
        return values.toarray()
    rows: Any
    if isinstance(values, np.ndarray):
        rows = values
    elif hasattr(values, "tolist"):
        rows = values.tolist()
    elif hasattr(values, "__len__") and hasattr(values, "__getitem__"):
        rows = [row.tolist() if hasattr(row, "tolist") else row for row in values]
    else:
        raise InputError(*wrong_type(values, name))
    if names and not isinstance(rows, np.ndarray) and _are_names(rows):
        return _from_names(rows, name, names)
    return rows


def _are_names(rows: Sequence[Any]) -> bool:
    """Return whether each row is a list of names, and not all are empty."""
    return all(
        isinstance(row, list | tuple | set | frozenset) and all(isinstance(cell, str) for cell in row) for row in rows
    ) and any(rows)


def _from_names(rows: Sequence[Sequence[str]], name: str, names: tuple[str, ...]) -> NDArray[np.int8]:
    """Return 0/1 columns from rows that list the names of their emotions."""
    for number, row in enumerate(rows):
        if unknown := [cell for cell in row if cell not in names]:
            raise InputError(
                f"{name} has '{printable(str(unknown[0]))}' in row {number}; the emotions are {', '.join(names)}.",
                suggest(str(unknown[0]), names) or "name all emotions: emotions=[...]",
            )
    return np.array([[own in row for own in names] for row in rows], np.int8)


def wrong_type(values: Any, name: str) -> tuple[str, str]:
    """Return the message and the fix for a value that holds no labels."""
    return f"{name} is {kind_of(values)}, which holds no labels.", f"pass rows of labels, such as {EXAMPLE}"


def _not_numbers(rows: Any, name: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the message and the fix for rows of different lengths, or for cells that are not numbers."""
    lengths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else None for row in rows]
    if len(set(lengths)) > 1:
        number = next(i for i, length in enumerate(lengths) if length != lengths[0])
        return (
            f"{name} has rows of different lengths: row 0 has {_cells(lengths[0])}, row {number} "
            f"{_cells(lengths[number])}.",
            "each row has a cell for each emotion",
        )
    for number, row in enumerate(rows):
        for column, cell in enumerate(row if lengths[0] is not None else [row]):
            if not isinstance(cell, bool | int | float | np.generic) or isinstance(cell, np.str_):
                return (
                    f"{name} has {kind_of(cell)} in row {number}, column {label_of(column, names)}, expected a number.",
                    "convert words to 0 and 1 first, or name all emotions for lists of names: emotions=[...]",
                )
    return wrong_type(rows, name)


def _cells(length: int | None) -> str:
    return "no cells" if length is None else f"{length} cell{'s' * (length != 1)}"


def label_of(column: int, names: tuple[str, ...]) -> str:
    """Return the name of a column, or its number if it has none."""
    return names[column] if column < len(names) else str(column)
