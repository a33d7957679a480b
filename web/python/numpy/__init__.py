"""The part of NumPy that fixing, packing and reading gold labels use, for a page that has no NumPy.

The npm package of Pyodide brings Python alone, and the page loads nothing else. An array is a table of small integers
here. What is missing raises AttributeError or TypeError; `tests/web/` compares the results with those of
NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

int8 = int


class ndarray:  # noqa: N801  (the name of the class of NumPy)
    """A table of integers or truth values, a list of rows."""

    def __init__(self, rows: Iterable[Iterable[Any]]) -> None:
        self.rows = [list(row) for row in rows]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    @property
    def dtype(self) -> ndarray:
        """The type of the cells, of which only `kind` is known."""
        return self

    kind = "i"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> ndarray:
        """Return some rows (a list of numbers), or all rows of some columns (``[:, [2, 0]]``)."""
        if isinstance(at, list):
            return ndarray(self.rows[i] for i in at)
        rows, columns = at
        if rows != slice(None) or not isinstance(columns, list):
            raise TypeError(f"array[{at!r}] is not supported")
        return ndarray([row[i] for i in columns] for row in self.rows)

    def __setitem__(self, at: tuple[slice, int], values: Sequence[int]) -> None:
        """Set a column, ``[:, 2] = values``."""
        rows, column = at
        if rows != slice(None) or not isinstance(column, int):
            raise TypeError(f"array[{at!r}] = ... is not supported")
        for row, value in zip(self.rows, values, strict=True):
            row[column] = value

    def _each(self, function: Callable[[Any], Any]) -> ndarray:
        return ndarray([function(cell) for cell in row] for row in self.rows)

    def __lt__(self, number: int) -> ndarray:
        return self._each(lambda cell: cell < number)

    def __ge__(self, number: int) -> ndarray:
        return self._each(lambda cell: cell >= number)

    def __invert__(self) -> ndarray:
        return self._each(operator.not_)

    def any(self) -> bool:
        """Return whether a cell is true."""
        return any(map(any, self.rows))

    def all(self) -> bool:
        """Return whether all cells are true."""
        return all(map(all, self.rows))

    def astype(self, _dtype: type) -> ndarray:
        """Return the table itself: its cells are integers."""
        return self

    def tolist(self) -> list[list[int]]:
        """Return the rows."""
        return [list(row) for row in self.rows]


def array(rows: Iterable[Iterable[int]], dtype: type = int) -> ndarray:
    """Return a table of integers."""
    return ndarray(rows)


def asarray(values: ndarray) -> ndarray:
    """Return the table."""
    return values


def full(shape: tuple[int, int], value: int, dtype: type = int) -> ndarray:
    """Return a table with one value in all cells."""
    return ndarray([value] * shape[1] for _ in range(shape[0]))


def empty(shape: tuple[int, int], dtype: type = int) -> ndarray:
    """Return a table to fill."""
    return full(shape, 0)


def isin(values: ndarray, allowed: Sequence[int]) -> ndarray:
    """Return which cells have one of some values."""
    return values._each({*allowed}.__contains__)
