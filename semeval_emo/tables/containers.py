"""Read tables that are not text: Parquet and Feather files, NumPy arrays, Excel workbooks.

Every cell becomes the text that a CSV file would have: numbers as Python writes them, `True` and `False`, nothing for a
missing value, and JSON for lists and dicts. Sizes are bounded, and a damaged file is an input error.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

from semeval_emo.errors import InputError, MissingExtra
from semeval_emo.tables.table import InputTable, Row

if TYPE_CHECKING:
    import numpy as np

MOST_BYTES = 1 << 28
"""Largest file, and largest unpacked array or sheet, that is read."""
MOST_ROWS = 5_000_000
MOST_COLUMNS = 1_000
BATCH = 2_000

# Arrays of an .npz file by their names: ids, names of columns, and predictions; gold labels beside them are not read.
_IDS = ("ids", "id", "text_ids", "text_id")
_NAMES = ("emotions", "classes", "label_names", "names", "columns", "class_names")
_PREDICTIONS = (
    "predictions", "prediction", "preds", "pred", "y_pred", "labels_pred", "pred_labels", "probabilities", "probs",
    "prob", "y_prob", "proba", "scores", "logits", "outputs", "labels",
)  # fmt: skip


class ContainerTable(InputTable):
    """A table of a file that is not text. As in a CSV file, the header is row 1.

    Attributes:
        has_names: False if the file has no names of columns; the header has numbers then.
    """

    def __init__(self, container: str, header: Sequence[str], rows: Iterator[Row], has_names: bool = True) -> None:
        super().__init__(container)
        self.header, self.has_names = list(header), has_names
        self.header_line, self.header_text = 1, ",".join(header)
        self._rows = rows

    def rows(self) -> Iterator[Row]:
        """Yield (row number, cells) of every row."""
        for line, cells in self._rows:
            self.lines = line
            yield line, cells


def read_container(kind: str, head: bytes, stream: IO[bytes], name: str) -> ContainerTable:
    """Read a file that is one of `READERS`.

    Args:
        kind: the name that `sniff` gives it.
        head: what has been read of the stream.
        name: of the file, for messages.

    Raises:
        InputError: the file is damaged or too large, or it does not have one table.
        MissingExtra: the program that reads it is not installed.
    """
    body = head + stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise InputError(f"{name} is {kind} of more than {MOST_BYTES >> 20} MiB.", "export the predictions as CSV")
    return READERS[kind](body, name)


def cell_text(value: Any) -> str:
    """Return the text of a value in a CSV file.

    >>> [cell_text(value) for value in (1, 0.5, True, None, "joy", ["joy"], {"joy": 1})]
    ['1', '0.5', 'True', '', 'joy', '["joy"]', '{"joy": 1}']
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


@contextmanager
def _damaged(kind: str, name: str) -> Iterator[None]:
    """Turn every error of a library that parses a file into an input error."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{name} is {kind} that cannot be read: {reason.rstrip('.')}.", "write the file again, or export it as CSV"
        ) from error


def _check_size(rows: int, columns: int, kind: str, name: str) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise InputError(
            f"{name} is {kind} with {rows:,} rows and {columns:,} columns; at most {MOST_ROWS:,} and {MOST_COLUMNS:,} "
            "are read.",
            "give the predictions: one row per text",
        )


# --- Parquet and Feather ---------------------------------------------------------------------------------------------


def _parquet(body: bytes, name: str) -> ContainerTable:
    kind = "a Parquet file"
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra(f"Reading the Parquet file {name}", "parquet") from error
    with _damaged(kind, name):
        file = parquet.ParquetFile(io.BytesIO(body), pre_buffer=False)
        columns = list(file.schema_arrow.names)
        _check_size(file.metadata.num_rows, len(columns), kind, name)
    return _arrow_table(columns, file.iter_batches(BATCH, use_threads=False), kind, name)


def _feather(body: bytes, name: str) -> ContainerTable:
    kind = "an Arrow file"
    try:
        from pyarrow import ipc
    except ImportError as error:
        raise MissingExtra(f"Reading the Arrow file {name}", "parquet") from error
    with _damaged(kind, name):
        file = ipc.open_file(io.BytesIO(body))
        columns = list(file.schema.names)
        _check_size(0, len(columns), kind, name)
        batches = (file.get_batch(at) for at in range(file.num_record_batches))
    return _arrow_table(columns, batches, kind, name)


def _arrow_table(columns: Sequence[str], batches: Iterator[Any], kind: str, name: str) -> ContainerTable:
    """Return a table of Arrow columns.

    Pandas stores an index without a name after the columns, under a name of its own. As in a CSV file, it comes first
    and has no name.
    """
    index = [at for at, column in enumerate(columns) if re.fullmatch(r"__index_level_\d+__", column)]
    order = [*index, *(at for at in range(len(columns)) if at not in index)]
    header = ["" if at in index else columns[at] for at in order]
    return ContainerTable(kind, header, _batches(batches, order, kind, name))


def _batches(batches: Iterator[Any], order: Sequence[int], kind: str, name: str) -> Iterator[Row]:
    line = 1
    while True:
        with _damaged(kind, name):
            batch = next(batches, None)
            if batch is None:
                return
            # The offsets of a damaged file could lead anywhere in memory.
            batch.validate(full=True)
            _check_size(line + batch.num_rows, batch.num_columns, kind, name)
            columns = [batch.columns[at].to_pylist() for at in order]
        for values in zip(*columns, strict=True):
            line += 1
            yield line, [cell_text(value) for value in values]


# --- NumPy -----------------------------------------------------------------------------------------------------------


def _npy(body: bytes, name: str) -> ContainerTable:
    return _array_grid(_array(body, "a NumPy array", name), "a NumPy array", name)


def _npz(body: bytes, name: str) -> ContainerTable:
    kind = "a NumPy archive"
    with _damaged(kind, name):
        members = _members(body, kind, name)
    arrays = {member.removesuffix(".npy"): content for member, content in members.items() if member.endswith(".npy")}
    ids = next((key for key in _IDS if key in arrays), None)
    names = next((key for key in _NAMES if key in arrays), None)
    others = [key for key in arrays if key not in (ids, names)]
    chosen = others[0] if len(others) == 1 else next((key for key in _PREDICTIONS if key in others), None)
    if chosen is None:
        raise InputError(
            f"{name} has the arrays {', '.join(arrays) or '(none)'}; which of them are the predictions is not clear.",
            "save the arrays as: numpy.savez(path, ids=ids, predictions=predictions)",
        )
    columns = list(map(cell_text, _array(arrays[names], kind, name).ravel().tolist())) if names else None
    grid = _array_grid(_array(arrays[chosen], kind, name), "a NumPy archive", name, columns)
    if ids is None:
        return grid
    text_ids = _array(arrays[ids], kind, name).ravel().tolist()
    rows = list(grid.rows())
    if len(text_ids) != len(rows):
        raise InputError(
            f"{name} has {len(text_ids):,} {ids} and {len(rows):,} rows of {chosen}.", "save one id for each row"
        )
    with_ids = ((line, [cell_text(text_id), *cells]) for text_id, (line, cells) in zip(text_ids, rows, strict=True))
    return ContainerTable(grid.container, ["id", *grid.header], with_ids)


def _members(body: bytes, kind: str, name: str) -> dict[str, bytes]:
    """Return the files of a zip, unpacked."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > MOST_BYTES:
            raise InputError(f"{name} is {kind} that unpacks to more than {MOST_BYTES >> 20} MiB.")
        return {info.filename: archive.read(info) for info in infos if not info.is_dir()}


def _array(body: bytes, kind: str, name: str) -> np.ndarray[Any, Any]:
    import numpy as np

    with _damaged(kind, name):
        stream = io.BytesIO(body)
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
        if dtype.hasobject:
            raise InputError(
                f"{name} has an array of Python objects, which only pickle reads; it is not opened.",
                "save ids as text and labels as numbers: ids.astype(str), labels.astype(int)",
            )
        size = math.prod(shape) * dtype.itemsize
        if size > len(body) - stream.tell():
            raise InputError(f"{name} is {kind} that is cut off: its array of shape {shape} is not complete.")
        return np.load(io.BytesIO(body), allow_pickle=False)


def _array_grid(
    array: np.ndarray[Any, Any], container: str, name: str, columns: Sequence[str] | None = None
) -> ContainerTable:
    """Return an array as a table: two dimensions, or the fields of records."""
    values, has_names = array, True
    if array.dtype.names:
        header, values = list(array.dtype.names), array.ravel()
    elif array.ndim == 1 and array.dtype.kind == "U":
        header, values = ["labels"], array.reshape(-1, 1)
    elif array.ndim == 2:
        header, has_names = list(columns or map(str, range(array.shape[1]))), columns is not None
        if len(header) != array.shape[1]:
            raise InputError(f"{name} has {len(header)} names for an array with {array.shape[1]} columns.")
    else:
        raise InputError(
            f"{name} has an array of shape {array.shape}, expected two dimensions: texts and labels.",
            "save one row per text and one column per label",
        )
    _check_size(len(values), len(header), container, name)
    return ContainerTable(container, header, _array_rows(values), has_names)


def _array_rows(values: np.ndarray[Any, Any]) -> Iterator[Row]:
    for start in range(0, len(values), BATCH):
        for line, row in enumerate(values[start : start + BATCH].tolist(), start + 2):
            yield line, [cell_text(value) for value in row]


# --- Excel -----------------------------------------------------------------------------------------------------------

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


def _workbook(body: bytes, name: str) -> ContainerTable:
    """Read the only sheet of an .xlsx workbook that has cells."""
    kind = "an Excel workbook"
    with _damaged(kind, name):
        members = _members(body, kind, name)
        if any(b"<!DOCTYPE" in content or b"<!ENTITY" in content for content in members.values()):
            raise InputError(f"{name} is {kind} with an XML document type, which no program writes.")
        shared = _shared_texts(members.get("xl/sharedStrings.xml", b""))
        sheets = {member: _sheet_rows(members[member], shared) for member in members if _SHEET.fullmatch(member)}
    if not sheets:
        return _no_table(kind)
    filled = [rows for rows in sheets.values() if rows]
    if len(filled) != 1:
        has = f"has {len(filled)} sheets with cells" if filled else "has no cells"
        raise InputError(f"{name} {has}, expected one.", "save the sheet of predictions as CSV UTF-8")
    header = filled[0][0][1]
    rows = ((line, cells + [""] * (len(header) - len(cells))) for line, cells in filled[0][1:])
    return ContainerTable("an Excel workbook", header, rows)


def _shared_texts(content: bytes) -> list[str]:
    items = list(ElementTree.fromstring(content)) if content else []
    return ["".join(part.text or "" for part in item.iter() if _local(part) == "t") for item in items]


def _no_table(kind: str) -> ContainerTable:
    """Return the table of a file that has none, such as a text document."""
    table = ContainerTable(kind, [], iter(()))
    table.magic = kind
    return table


def _sheet_rows(content: bytes, shared: Sequence[str]) -> list[Row]:
    """Return (row number, cells) of every row that has a cell."""
    rows: list[Row] = []
    line = 0
    for _, row in ElementTree.iterparse(io.BytesIO(content)):
        if _local(row) != "row":
            continue
        line = int(row.get("r") or line + 1)
        cells: list[str] = []
        for cell in row:
            at = _column(cell.get("r") or "") if cell.get("r") else len(cells)
            if at >= MOST_COLUMNS:
                raise ValueError(f"more than {MOST_COLUMNS:,} columns")
            cells += [""] * (at + 1 - len(cells))
            cells[at] = _cell(cell, shared)
        if any(cells):
            rows.append((line, cells))
        row.clear()
    return rows


def _cell(cell: ElementTree.Element, shared: Sequence[str]) -> str:
    text = "".join(part.text or "" for part in cell.iter() if _local(part) in ("v", "t"))
    kind = cell.get("t")
    if kind == "s":
        return shared[int(text)]
    if kind == "b":
        return "True" if text == "1" else "False"
    return text


def _column(reference: str) -> int:
    """Return the index of the column of a cell.

    >>> _column("A1"), _column("AA7")
    (0, 26)
    """
    at = 0
    for letter in reference.rstrip("0123456789"):
        at = 26 * at + ord(letter.upper()) - 64
    return at - 1


def _local(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


READERS: dict[str, Callable[[bytes, str], ContainerTable]] = {
    "a Parquet file": _parquet,
    "an Arrow file": _feather,
    "a NumPy array": _npy,
    "a NumPy archive": _npz,
    "an Excel workbook": _workbook,
}
"""The reader of each container, by the name that `sniff` gives it."""
