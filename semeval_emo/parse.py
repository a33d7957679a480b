"""Read JSON and TOML files of any origin: every parse error and wrong type is an error with the name of the file.

Size and depth are bounded, so that a hostile file costs neither minutes nor gigabytes.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import tomllib
import types
import typing
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import read_utf8
from semeval_emo.text import printable

JSON_BYTES = 2**23
"""Limit of the size of a JSON file: the longest ones of this package have a tenth of it."""
TOML_BYTES = 2**20
"""Limit of the size of a TOML file; Python's parser reads about a megabyte a second."""
DEPTH = 50
"""Limit of the nesting of lists and tables."""

# A dotted key of n parts costs Python's parser n² steps.
_LONG_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){%d}""" % DEPTH)  # noqa: UP031

_NAMES = {
    dict: "a table", list: "a list", str: "text", int: "an integer", float: "a number", bool: "true or false",
    type(None): "null",
}  # fmt: skip


T = TypeVar("T")


class ShapeError(ValueError):
    """A value of a JSON or TOML file is missing or has the wrong type; the message does not name the file."""


def read_json(path: Path, shown: str = "", fix: str = "") -> Any:
    """Read a JSON file.

    Args:
        shown: the name of the file in error messages; its path by default.
        fix: the remedy for an invalid file.

    Raises:
        InputError: it cannot be read, is not UTF-8 or not valid JSON, is larger than `JSON_BYTES`, is nested deeper
            than `DEPTH`, or has a key twice.
    """
    shown = shown or str(path)
    return parse_json(read_utf8(path, shown, most=JSON_BYTES, fix=fix), shown, fix)


def parse_json(text: str, shown: str, fix: str = "") -> Any:
    """Parse JSON text, such as one line of a JSONL file.

    Raises:
        InputError: as in `read_json`.

    >>> parse_json('{"a": 1, "a": 2}', "x.json")
    Traceback (most recent call last):
    semeval_emo.errors.InputError: x.json cannot be read: the key 'a' occurs twice.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        _check(value)
    # ValueError: also integers of more than 4,300 digits.
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown} cannot be read: {_reason(error, 'JSON')}.", fix) from error
    return value


def read_toml(path: Path, shown: str = "", fix: str = "") -> dict[str, Any]:
    """Read a TOML file.

    Args:
        shown: the name of the file in error messages; its path by default.
        fix: the remedy for an invalid file.

    Raises:
        InputError: it cannot be read, is not UTF-8, or is larger than `TOML_BYTES`.
        UsageError: it is not valid TOML, or is nested deeper than `DEPTH`.
    """
    shown = shown or str(path)
    text = read_utf8(path, shown, most=TOML_BYTES, fix=fix)
    try:
        return parse_toml(text)
    except ValueError as error:
        raise UsageError(f"{shown} is not valid TOML: {str(error).rstrip('.')}.", fix) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML text.

    Raises:
        ValueError: it is not valid TOML, or is nested deeper than `DEPTH`.
    """
    if _LONG_KEY.search(text):
        raise ShapeError(f"a key has more than {DEPTH} parts")
    try:
        value = tomllib.loads(text)
        _check(value)
    except (RecursionError, OverflowError) as error:
        raise ShapeError(_reason(error, "TOML")) from error
    return value


def expect(value: Any, kind: type, where: str) -> Any:
    """Return a value if it has the expected type; an integer is a valid float, a bool is no number.

    Args:
        where: the dotted key of the value, for the message.

    Raises:
        ShapeError: it has another type.

    >>> expect(True, int, "seed")
    Traceback (most recent call last):
    semeval_emo.parse.ShapeError: 'seed' is true or false, expected an integer
    """
    is_bool = isinstance(value, bool)
    if isinstance(value, kind) and not (is_bool and kind is not bool):
        return value
    if kind is float and isinstance(value, int) and not is_bool:
        try:
            return float(value)
        except OverflowError:
            pass
    seen = next((name for type_, name in _NAMES.items() if type(value) is type_), type(value).__name__)
    raise ShapeError(f"'{printable(where)}' is {seen}, expected {_NAMES.get(kind, kind.__name__)}")


_REQUIRED: Any = object()


def member(table: Any, key: str, kind: type, default: Any = _REQUIRED, where: str = "") -> Any:
    """Return the value of a key of a table, checked as in `expect`.

    Args:
        default: the value of a missing key; without it the key is required.
        where: the dotted key of the table.

    Raises:
        ShapeError: the table is none, the key is missing, or the value has another type.

    >>> member({"seed": 3}, "seed", int), member({}, "seed", int, 0)
    (3, 0)
    """
    full = f"{where}.{key}" if where else key
    if not isinstance(table, Mapping):
        raise ShapeError(f"'{where}' is not a table" if where else "it is not a table")
    if key in table:
        return expect(table[key], kind, full)
    if default is _REQUIRED:
        raise ShapeError(f"the key '{printable(key)}' is missing")
    return default


def members(table: Any, key: str, kind: type, default: Any = _REQUIRED, where: str = "") -> list[Any]:
    """Return the list at a key of a table, with every element checked as in `expect`.

    Raises:
        ShapeError: as in `member`, or an element has another type.

    >>> members({"values": ["0", "1"]}, "values", str)
    ['0', '1']
    """
    full = f"{where}.{key}" if where else key
    values = member(table, key, list, default, where)
    return [expect(value, kind, f"{full}[{i}]") for i, value in enumerate(values)]


def build(cls: type[T], table: Any, where: str = "", **given: Any) -> T:
    """Build a dataclass from a table, with every value checked as in `expect`; lists become tuples.

    Args:
        where: the dotted key of the table.
        given: fields that are not in the table.

    Raises:
        ShapeError: a key is missing or unknown, or a value has another type or is not finite.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Source:
    ...     title: str
    ...     pages: tuple[int, ...] = ()
    >>> build(Source, {"title": "x", "pages": [3]})
    Source(title='x', pages=(3,))
    >>> build(Source, {"title": "x", "page": 3}, "sources.x")
    Traceback (most recent call last):
    semeval_emo.parse.ShapeError: there is no key 'page' in 'sources.x'
    """
    expect(table, dict, where or "the file")
    hints = _hints(typing.cast(Any, cls))
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, cls)) if field.name not in given}
    for key in table:
        if key not in fields:
            raise ShapeError(f"there is no key '{printable(key)}'" + (f" in '{printable(where)}'" if where else ""))
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and key not in table:
            raise ShapeError(f"the key '{key}' is missing" + (f" in '{printable(where)}'" if where else ""))
    values = {key: _typed(hints[key], value, f"{where}.{key}" if where else key) for key, value in table.items()}
    return cls(**given, **values)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    """Return the types of the fields of a dataclass. Evaluating them takes longer than building one from a table."""
    return typing.get_type_hints(cls)


def _typed(type_: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin is types.UnionType:
        return None if value is None else _typed(arguments[0], value, where)
    if origin is tuple:
        return tuple(_typed(arguments[0], one, f"{where}[{i}]") for i, one in enumerate(expect(value, list, where)))
    if origin is dict:
        return {key: _typed(arguments[1], one, f"{where}.{key}") for key, one in expect(value, dict, where).items()}
    if dataclasses.is_dataclass(type_):
        return build(typing.cast(type, type_), value, where)
    checked = expect(value, type_, where)
    if type_ is float and not math.isfinite(checked):
        raise ShapeError(f"'{printable(where)}' is {checked}, expected a finite number")
    return checked


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ShapeError(f"the key '{printable(key)}' occurs twice")
    return table


def _check(value: Any) -> None:
    """Refuse nesting that later code would have to follow recursively, and integers that it could not print."""
    level = [value]
    for _ in range(DEPTH + 1):
        if any(isinstance(node, int) and abs(node) >= 2**64 for node in level):
            raise ShapeError("an integer has more than 64 bits")
        level = [node for node in level if isinstance(node, dict | list)]
        if not level:
            return
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
    raise ShapeError(f"it is nested deeper than {DEPTH} levels")


def _reason(error: Exception, language: str) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested deeper than {DEPTH} levels"
    text = str(error).partition("; use sys.")[0].rstrip(".")
    return text if isinstance(error, ShapeError) else f"it is not valid {language} ({text})"
