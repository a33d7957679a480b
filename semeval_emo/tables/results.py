"""What every result has: a data frame, a table in notebooks and a short representation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from semeval_emo.tables.frames import data_frame
from semeval_emo.text import LONGEST_REPR, printable, short_repr

if TYPE_CHECKING:
    from pandas import DataFrame as DataFrame

SHOWN_ROWS = 20
"""Rows that a notebook shows."""


class Result(ABC):
    """Base class of results.

    Subclasses define `to_frame`; a notebook shows it under the representation.
    """

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        # Set here so that `dataclass` does not create another one.
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = short_repr  # type: ignore[method-assign]

    @abstractmethod
    def to_frame(self) -> DataFrame:
        """Return the result as a data frame of pandas."""

    def _repr_html_(self) -> str:
        """Return the result as HTML, for notebooks."""
        from html import escape

        frame = self.to_frame()
        is_named = not hasattr(frame.index, "start")
        table = frame.to_html(
            max_rows=SHOWN_ROWS, show_dimensions=True, index=is_named, border=0, float_format="{:.4f}".format
        )
        return f"<p>{escape(repr(self))}</p>\n{table}"


Item = TypeVar("Item", bound=Result)


class Results(tuple[Item, ...], Result):
    """Several results, such as one for each file; their frames below each other are one frame."""

    def to_frame(self) -> DataFrame:
        """Return the frames of all results below each other."""
        import pandas as pd

        return pd.concat([item.to_frame() for item in self], ignore_index=True) if self else frame_of([])

    def __repr__(self) -> str:
        return printable(f"Results({', '.join(map(repr, self))})", LONGEST_REPR)


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()) -> DataFrame:
    """Return a data frame of rows by name.

    Args:
        columns: the columns of a frame without rows.
    """
    records = list(rows)
    names = list(dict.fromkeys(name for record in records for name in record)) or list(columns)
    return data_frame({name: [record.get(name) for record in records] for name in names})
