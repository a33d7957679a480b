"""What every result has: a data frame, a table in notebooks and a short representation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from semeval_emo.tables.frames import data_frame
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from pandas import DataFrame as DataFrame

SHOWN_ROWS = 20
"""Rows that a notebook shows."""


class Result:
    """Base class of results.

    Subclasses define `to_frame`; a notebook shows it under the representation.
    """

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        # Set here so that `dataclass` does not create another one.
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = short_repr  # type: ignore[method-assign]

    def to_frame(self) -> DataFrame:
        """Return the result as a data frame of pandas."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """Return the result as HTML, for notebooks."""
        frame = self.to_frame()
        is_named = not hasattr(frame.index, "start")
        table = frame.to_html(
            max_rows=SHOWN_ROWS, show_dimensions=True, index=is_named, border=0, float_format="{:.4f}".format
        )
        return f"<p>{escape(repr(self))}</p>\n{table}"


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()) -> DataFrame:
    """Return a data frame of rows by name.

    Args:
        columns: the columns of a frame without rows.
    """
    records = list(rows)
    names = list(dict.fromkeys(name for record in records for name in record)) or list(columns)
    return data_frame({name: [record.get(name) for record in records] for name in names})
