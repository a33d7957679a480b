"""Read JSON and JSON lines as a table: objects, lists, columns, and dicts by id.

A value that is a list or an object is its JSON text in the cell. Line numbers are those of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_emo.errors import InputError
from semeval_emo.tables.containers import ContainerTable, cell_text
from semeval_emo.tables.sniff import sniff
from semeval_emo.tables.table import Row

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"
# Names of the ids, and keys around the table.
_IDS = ("id", "ids", "text_id", "text_ids")
_WRAPPERS = ("predictions", "results", "data", "records", "rows", "items", "outputs", "labels", "examples")


@dataclass(frozen=True)
class _Item:
    """A member of the outermost list or object, or a document of several.

    Attributes:
        key: its key in an object; None in a list.
    """

    line: int
    key: str | None
    value: Any


def read_json_table(body: bytes, name: str) -> ContainerTable:
    """Return the table of a JSON or JSON lines file; its `magic` is set if it has none.

    Raises:
        InputError: it is not valid JSON.
    """
    _, encoding, bom = sniff(body[:4096])
    text = body[bom:].decode(encoding or "utf-8", "replace")
    container = "JSON"
    try:
        items = list(_members(text))
        if text[_end(text) :].strip():
            items, container = list(_documents(text)), "JSON lines"
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{name} is JSON that cannot be read: {_reason(error)}.", "write the file again, or export it as CSV"
        ) from error
    grid = _grid(items)
    if grid is None or not grid[0]:
        table = ContainerTable("JSON", [], iter(()))
        table.magic = "JSON"
        return table
    header, rows = grid
    table = ContainerTable(container, [cell_text(cell) for cell in header], _texts(rows, len(header)))
    table.encoding, table.bom = encoding or "utf-8", bom > 0
    table.header_line = items[0].line if items else 1
    return table


def _texts(rows: Sequence[tuple[int, Sequence[Any]]], width: int) -> Iterator[Row]:
    for line, values in rows:
        yield line, [cell_text(value) for value in values] + [""] * (width - len(values))


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} on line {error.lineno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


# --- positions -------------------------------------------------------------------------------------------------------


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


class _Lines:
    """Counts the lines before a position that only grows."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1

    def of(self, at: int) -> int:
        self.line += self.text.count("\n", self.at, at)
        self.at = at
        return self.line


def _documents(text: str) -> Iterator[_Item]:
    """Yield every document of a file of JSON lines."""
    lines, at = _Lines(text), _skip(text, 0)
    while at < len(text):
        value, end = _DECODER.raw_decode(text, at)
        yield _Item(lines.of(at), None, value)
        at = _skip(text, end)


def _end(text: str) -> int:
    """Return where the first document ends."""
    return _DECODER.raw_decode(text, _skip(text, 0))[1]


def _members(text: str) -> Iterator[_Item]:
    """Yield the members of the outermost list or object."""
    lines, at = _Lines(text), _skip(text, 0)
    is_object = text[at : at + 1] == "{"
    closing = "}" if is_object else "]"
    at = _skip(text, at + 1)
    while text[at : at + 1] != closing:
        start, key = at, None
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting a key", text, start)
            at = _skip(text, at + 1)
        value, at = _DECODER.raw_decode(text, at)
        yield _Item(lines.of(start), key, value)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != closing:
            raise json.JSONDecodeError("Expecting a comma", text, at)


# --- tables ----------------------------------------------------------------------------------------------------------

_Grid = tuple[Sequence[Any], Sequence[tuple[int, Sequence[Any]]]]


def _grid(items: Sequence[_Item]) -> _Grid | None:
    """Return the header and the rows, or None if the file has no table."""
    if not items:
        return None
    if items[0].key is None:
        return _of_list(items)
    table = {item.key or "": item.value for item in items}
    lines = {item.key or "": item.line for item in items}
    names = {key.strip().casefold(): key for key in table}
    if {"columns", "data"} <= names.keys():
        return _split(table[names["columns"]], table[names["data"]], table.get("index"), lines[names["data"]])
    own_id = next((names[key] for key in _IDS if key in names), None)
    if own_id is not None and not isinstance(table[own_id], list | dict):
        return _of_list([_Item(items[0].line, None, table)])
    lists = [value for value in table.values() if isinstance(value, list)]
    if len(lists) == len(table) == 1 and lists[0] and all(isinstance(item, dict) for item in lists[0]):
        return _of_list([_Item(items[0].line, None, item) for item in lists[0]])
    tables = [value for value in table.values() if isinstance(value, dict)]
    if len(lists) == len(table) and len({*map(len, lists)}) == 1 and (own_id is not None or len(lists[0]) > len(table)):
        header = ["id" if key == own_id else key for key in table]
        return header, [(items[0].line, row) for row in zip(*lists, strict=True)]
    if len(tables) == len(table) > 0:
        inner = {*tables[0]}
        is_columns = own_id is not None or (len(inner) > len(tables) and all({*one} == inner for one in tables))
        return _of_columns(table, items[0].line) if is_columns else _by_id(items)
    wrapped = next(
        (names[key] for key in _WRAPPERS if key in names and isinstance(table[names[key]], list | dict)), None
    )
    if wrapped is not None and len(lists) + len(tables) <= 2:
        value = table[wrapped]
        inner_items = (
            [_Item(lines[wrapped], key, one) for key, one in value.items()]
            if isinstance(value, dict)
            else [_Item(lines[wrapped], None, one) for one in value]
        )
        return _grid(inner_items)
    return (["id", "labels"], [(item.line, (item.key, item.value)) for item in items]) if len(items) > 1 else None


def _of_list(items: Sequence[_Item]) -> _Grid:
    """Return a list of objects, of rows, or of single values."""
    if all(isinstance(item.value, dict) for item in items):
        records = [(item.line, _record(item.value)) for item in items]
        header = list(dict.fromkeys(key for _, record in records for key in record))
        return header, [(line, [record.get(key) for key in header]) for line, record in records]
    if all(isinstance(item.value, list) for item in items) and not _are_cells([item.value for item in items]):
        return items[0].value, [(item.line, item.value) for item in items[1:]]
    return ["labels"], [(item.line, [item.value]) for item in items]


def _are_cells(lists: Sequence[Sequence[Any]]) -> bool:
    """Return whether each list is one value of a text, such as its labels or the output of a pipeline, and no row."""
    if any(isinstance(value, list | dict) for value in lists[0]):
        return not isinstance(lists[0][0], str)  # a row of an id and its labels
    has_id = any(cell_text(value).strip().casefold() == "id" for value in lists[0])
    return len({*map(len, lists)}) > 1 and not has_id and all(isinstance(v, str) for own in lists for v in own)


def _record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record; of the output of a batch job, the id and the answer."""
    try:
        answer = record["response"]["body"]["choices"][0]["message"]["content"]
        return {"id": record["custom_id"], "answer": answer}
    except (KeyError, IndexError, TypeError):
        return record


def _split(columns: Any, data: Any, index: Any, line: int) -> _Grid | None:
    if not isinstance(columns, list) or not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        return None
    has_ids = "id" in (cell_text(column).strip().casefold() for column in columns)
    if not has_ids and isinstance(index, list) and len(index) == len(data):
        return ["id", *columns], [(line, [own, *row]) for own, row in zip(index, data, strict=True)]
    return columns, [(line, row) for row in data]


def _of_columns(table: Mapping[str, Mapping[str, Any]], line: int) -> _Grid:
    """Return columns of values by row number or by id."""
    rows = list(next(iter(table.values())))
    has_ids = any(key.strip().casefold() == "id" for key in table)
    header = [*([] if has_ids else ["id"]), *table]
    return header, [
        (line, [*([] if has_ids else [row]), *(column.get(row) for column in table.values())]) for row in rows
    ]


def _by_id(items: Sequence[_Item]) -> _Grid:
    """Return objects by id, or by row number if they have their ids."""
    header, rows = _of_list([_Item(item.line, None, item.value) for item in items])
    if any(cell_text(cell).strip().casefold() == "id" for cell in header):
        return header, rows
    return ["id", *header], [(line, [item.key, *row]) for item, (line, row) in zip(items, rows, strict=True)]
