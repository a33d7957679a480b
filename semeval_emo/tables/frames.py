"""Data frames: tables in memory that are read like the CSV files that they would write, and frames of results.

Frames are recognised by their methods, so that pandas is imported only by a user who has a frame already.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from semeval_emo.errors import InputError, UsageError
from semeval_emo.tables.decisions import OTHER
from semeval_emo.text import printable

if sys.platform == "win32":
    from pathlib import WindowsPath as NativePath
else:
    from pathlib import PosixPath as NativePath

if TYPE_CHECKING:
    from pandas import DataFrame

Thresholds = float | Mapping[str, float] | Sequence[float]
ID, TEXT = "id", "text"
EXAMPLE = 'a path such as "pred_eng.csv", or a frame with the columns id, anger, fear, ...'


class FrameFile(NativePath):
    """A data frame that can be opened like the CSV file that it would write.

    Its path is its name, for messages; there need not be such a file.
    """

    body: bytes

    def __new__(cls, name: str | os.PathLike[str], body: bytes = b"") -> FrameFile:
        """Return a file of a name with this content."""
        file = super().__new__(cls, name)
        file.body = body
        return file

    def __init__(self, name: str | os.PathLike[str], body: bytes = b"") -> None:
        if sys.version_info >= (3, 12):
            super().__init__(name)

    def open(self, *_given: Any, **_named: Any) -> IO[Any]:  # type: ignore[override]
        """Return the content as a stream of bytes."""
        return io.BytesIO(self.body)

    def is_file(self, **_named: Any) -> bool:
        """Return True: it can be read."""
        return True

    def is_dir(self, **_named: Any) -> bool:
        """Return False, even if a folder has this name."""
        return False

    def exists(self, **_named: Any) -> bool:
        """Return False: nothing that is written can replace it."""
        return False


def is_frame(values: Any) -> bool:
    """Return whether a value is a table with named columns: of pandas, polars, pyarrow or datasets."""
    columns = getattr(values, "columns", None)
    return not isinstance(values, type) and (
        hasattr(values, "to_pandas") or (columns is not None and hasattr(values, "to_numpy"))
    )


def column_names(frame: Any) -> list[Any]:
    """Return the names of the columns of a frame."""
    names = getattr(frame, "column_names", None)
    return list(frame.columns if names is None else names)


def has_ids(frame: Any) -> bool:
    """Return whether a frame has a column named ``id``, an index of that name or an index of texts."""
    return any(_is_id(name) for name in column_names(frame)) or _has_id_index(frame)


def _is_id(name: Any) -> bool:
    return str(name).strip().lower() == ID


def _has_id_index(frame: Any) -> bool:
    index = getattr(frame, "index", None)
    if index is None or callable(index) or not len(index):
        return False
    return any(map(_is_id, index.names)) or (index.nlevels == 1 and all(isinstance(own, str) for own in index))


def with_id_column(frame: Any) -> DataFrame:
    """Return a frame of pandas with the ids as a column.

    Raises:
        InputError: the columns have several levels.
    """
    pandas_frame = frame if hasattr(frame, "to_csv") and hasattr(frame, "iloc") else frame.to_pandas()
    if getattr(pandas_frame.columns, "nlevels", 1) > 1:
        raise InputError("A frame has columns of several levels.", "name each column once: frame.columns = [...]")
    if not any(map(_is_id, pandas_frame.columns)) and _has_id_index(pandas_frame):
        index = pandas_frame.index
        names = [name or ID if index.nlevels == 1 else name for name in index.names]
        pandas_frame = pandas_frame.rename_axis(index=names).reset_index()
    result: DataFrame = pandas_frame
    return result


def ids_of(frame: DataFrame) -> list[str]:
    """Return the ids of a frame from `with_id_column`."""
    return list(map(str, frame[next(name for name in frame.columns if _is_id(name))]))


def frame_file(name: str, frame: Any, *, as_labels: bool = False, threshold: Thresholds | None = None) -> FrameFile:
    """Return a frame as a file.

    Args:
        as_labels: write 1.0 and True as 1, for scoring: a type of a frame is not a label in another form.
        threshold: of probabilities, as for `score`.

    Raises:
        InputError: the frame has columns of several levels.
        UsageError: the threshold names an emotion that is not a column.
    """
    table = with_id_column(frame)
    if threshold is not None:
        table = _thresholded(table, threshold)
    convert = _label if as_labels else _cell
    columns = {
        at: table.iloc[:, at].map(convert)
        for at in range(table.shape[1])
        if str(table.dtypes.iloc[at]) == "object"
        or (as_labels and str(table.dtypes.iloc[at])[:3] not in ("int", "str"))
    }
    if columns:
        table = table.copy()
        for at, cells in columns.items():
            table.isetitem(at, cells.astype(object).to_numpy())
    return FrameFile(name, table.to_csv(index=False).encode("utf-8", "replace"))


def _cell(value: Any) -> Any:
    """Return a list or a dictionary in a cell as its JSON text."""
    if hasattr(value, "tolist") and getattr(value, "ndim", None):
        value = value.tolist()
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | tuple | dict) else value


def _label(value: Any) -> Any:
    """Return a number or a boolean that is an integer as that integer."""
    number = value.item() if hasattr(value, "item") and not getattr(value, "ndim", None) else value
    return int(number) if isinstance(number, bool | float) and number in range(-1000, 1000) else _cell(value)


def _thresholded(table: DataFrame, threshold: Thresholds) -> DataFrame:
    """Return a frame whose columns of floats are labels: 1 from the threshold on."""
    floats = [name for name in table.columns if table[name].dtype.kind == "f"]
    if not isinstance(threshold, Mapping) and hasattr(threshold, "__len__"):
        raise UsageError(
            "A frame has columns with names, so that a list of thresholds does not say which is which.",
            "name them: {'joy': 0.4, 'other': 0.5}",
        )
    cuts: dict[str, Any] = dict(threshold) if isinstance(threshold, Mapping) else dict.fromkeys(floats, threshold)
    if OTHER in cuts and OTHER not in table.columns:
        cuts = dict.fromkeys(floats, cuts.pop(OTHER)) | cuts
    unknown = [name for name in cuts if name not in table.columns]
    if unknown or not all(isinstance(cut, int | float) and 0 < cut <= 1 for cut in cuts.values()):
        raise UsageError(
            f"The frame has no column '{printable(str(unknown[0]))}' for a threshold."
            if unknown
            else "A threshold is a number greater than 0 and at most 1.",
            "use one number such as 0.5, or one for each column: {'joy': 0.4, 'fear': 0.5}",
        )
    table = table.copy()
    for name, cut in cuts.items():
        if table[name].between(0, 1).all():
            table[name] = (table[name] >= cut).astype(int)
    return table


def input_files(given: Any, *, as_labels: bool = False, threshold: Thresholds | None = None) -> list[Any]:
    """Return what the user passed as a list of paths and `FrameFile`.

    Args:
        given: a path, a frame, several of them, or several by name: ``{"eng": frame}``; also an array of shape (rows,
            labels), records, lists of names, or outputs of a Hugging Face pipeline.
        as_labels, threshold: as for `frame_file`.

    Raises:
        InputError: an item is something else.
    """
    return [file for _, file in _named(given, as_labels, threshold)]


def one_file(given: Any, name: str) -> str | os.PathLike[str]:
    """Return a path as it is, and a frame as a file of a name.

    Raises:
        InputError: it is something else.
    """
    if is_frame(given):
        return frame_file(name, given)
    if isinstance(given, str | os.PathLike):
        return given
    raise InputError(f"{kind_of(given)} is not a path or a {name}.", f"pass {EXAMPLE}")


def _named(given: Any, as_labels: bool, threshold: Thresholds | None) -> Iterator[tuple[str, Any]]:
    items: Sequence[tuple[str, Any]]
    if isinstance(given, Mapping):
        items = [(str(name), item) for name, item in given.items()]
    elif isinstance(given, list | tuple) and not _are_rows(given):
        items = [("" if len(given) == 1 else f"frame {at}", item) for at, item in enumerate(given, 1)]
    else:
        items = [("", given)]
    if isinstance(given, Mapping) and not items:
        raise InputError("The dictionary of predictions is empty.", f"pass {EXAMPLE}")
    for name, item in items:
        item = _table_of(item)
        if is_frame(item):
            yield name, frame_file(name or "frame", item, as_labels=as_labels, threshold=threshold)
        elif isinstance(item, str | os.PathLike) and threshold is None:
            yield name, item
        elif isinstance(item, str | os.PathLike):
            raise UsageError(
                f"A threshold is for arrays and frames, and {item} is a file.",
                f"convert it first: semeval-emo fix {item} --threshold",
            )
        else:
            raise InputError(f"{_of(name)}{kind_of(item)} is not a prediction file or frame.", f"pass {EXAMPLE}")


def _are_rows(given: Any) -> bool:
    """Return whether a list has a row of predictions in each item, not a file or a frame."""
    return (
        bool(given)
        and all(isinstance(row, Mapping | list | tuple) or hasattr(row, "tolist") for row in given)
        and (not any(map(is_frame, given)))
    )


def _table_of(item: Any) -> Any:
    """Return an array, records, or outputs of a pipeline as a data frame; anything else as it is."""
    if hasattr(item, "tolist") and getattr(item, "ndim", None) == 2 and not is_frame(item):
        item = item.tolist()
    if not isinstance(item, list | tuple) or not _are_rows(item):
        return item
    import pandas as pd

    rows = [row.tolist() if hasattr(row, "tolist") else row for row in item]
    if all(isinstance(row, Mapping) and {*row} != {"label", "score"} for row in rows):
        return pd.DataFrame(rows)
    if all(isinstance(row, list | tuple) and not any(isinstance(cell, Mapping) for cell in row) for row in rows):
        return pd.DataFrame(rows) if len({len(row) for row in rows}) == 1 else pd.DataFrame({"labels": rows})
    return pd.DataFrame({"output": rows})


def _of(name: str) -> str:
    return f"'{printable(name)}': " if name and not name.startswith("frame ") else ""


def kind_of(value: Any) -> str:
    """Return a value of any type in a few words.

    >>> kind_of(None), kind_of(3), kind_of([1]), kind_of(set())
    ('None', '3', 'a list', 'a set')
    """
    if value is None or isinstance(value, bool | int | float | str):
        return printable(repr(value))
    kind = type(value).__name__
    return f"{'an' if kind[:1] in 'aeiouAEIOU' or kind == 'ndarray' else 'a'} {kind}"


def data_frame(columns: Mapping[str, Any], index: Any = None) -> DataFrame:
    """Return a data frame of columns."""
    import pandas as pd

    return pd.DataFrame(dict(columns), index=index)
