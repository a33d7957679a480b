"""Build frozen dataclasses from TOML tables; unknown keys, wrong types and values out of bounds are errors.

Supported types: bool, int, float, str, ``Literal``, ``tuple[X, ...]``, ``X | None``, other dataclasses, and
``Annotated[X, check]``, where the check returns what is expected instead of an invalid value, or an empty string.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar

from semeval_emo.errors import UsageError, suggest
from semeval_emo.parse import parse_toml
from semeval_emo.text import printable

T = TypeVar("T")


@cache
def _field_types(cls: Hashable) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(typing.cast(Any, cls))}


def field_types(cls: type) -> dict[str, Any]:
    """Return the resolved types of a dataclass's fields, by name."""
    return dict(_field_types(cls))


def build_dataclass(cls: type[T], table: Mapping[str, Any], where: str, path: str = "") -> T:
    """Build a dataclass from a table.

    Args:
        table: the values; missing ones take their defaults.
        where: name of the table's source, for messages.
        path: dotted path of the table in its source.

    Raises:
        UsageError: an unknown key (the fix suggests a similar one), or a value of the wrong type or out of its bounds.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Train:
    ...     epochs: int = 3
    >>> build_dataclass(Train, {"epochs": 6}, "recipe x")
    Train(epochs=6)
    >>> build_dataclass(Train, {"epoch": 6}, "recipe x", "train")
    Traceback (most recent call last):
    semeval_emo.errors.UsageError: recipe x: there is no key 'train.epoch'.
      fix: did you mean 'train.epochs'?
    """
    types_by_name = field_types(cls)
    values = {}
    for key, value in table.items():
        full = f"{path}.{key}" if path else key
        if key not in types_by_name:
            raise unknown_key_error(full, key, types_by_name, where, path)
        values[key] = convert(types_by_name[key], value, where, full)
    required = [field.name for field in dataclasses.fields(typing.cast(Any, cls)) if _is_required(field)]
    missing = [name for name in required if name not in values]
    if missing:
        raise UsageError(f"{where}: {path} has no {', '.join(missing)}.")
    return cls(**values)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def unknown_key_error(full: str, key: str, known: Mapping[str, Any], where: str, path: str) -> UsageError:
    """Return the error for an unknown key; its fix suggests a similar one."""
    prefix = f"{path}." if path else ""
    near = suggest(full, [prefix + name for name in known]) or suggest(key, list(known))
    return UsageError(f"{where}: there is no key '{printable(full)}'.", near or f"known keys: {', '.join(known)}")


def convert(type_: Any, value: Any, where: str, path: str) -> Any:
    """Check a value against its type; integers are valid floats, lists become tuples.

    Raises:
        UsageError: the value has the wrong type, is not one of the choices, or does not pass a check.
    """
    origin = typing.get_origin(type_)
    if origin is typing.Annotated:
        plain, *checks = typing.get_args(type_)
        converted = convert(plain, value, where, path)
        for check in checks:
            if expected := check(converted):
                raise _type_error(where, path, expected, value)
        return converted
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return convert(next(arg for arg in typing.get_args(type_) if arg is not type(None)), value, where, path)
    if origin is typing.Literal:
        choices = typing.get_args(type_)
        if value in choices and not isinstance(value, bool):
            return value
        near = suggest(value, [str(c) for c in choices]) if isinstance(value, str) else ""
        shown = f"'{printable(value)}'" if isinstance(value, str) else _shown(value)
        raise UsageError(f"{where}: {path} cannot be {shown}.", near or f"use one of {', '.join(map(str, choices))}")
    if origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(convert(typing.get_args(type_)[0], item, where, path) for item in value)
        raise _type_error(where, path, "a list", value)
    if dataclasses.is_dataclass(type_):
        if isinstance(value, Mapping):
            return build_dataclass(typing.cast(type, type_), value, where, path)
        raise _type_error(where, path, "a table", value)
    if type_ is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not _is_finite(value):
            raise _type_error(where, path, "a finite number", value)
        return float(value)
    if isinstance(value, type_) and not (type_ is int and isinstance(value, bool)):
        return value
    names = {int: "an integer", float: "a number", str: "text", bool: "true or false"}
    raise _type_error(where, path, names.get(type_, str(type_)), value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # An integer that is too large for a float.
        return False


def _type_error(where: str, path: str, expected: str, value: Any) -> UsageError:
    return UsageError(f"{where}: {printable(path)} must be {expected}, not {_shown(value)}.")


def _shown(value: Any) -> str:
    try:
        return printable(repr(value), 500)
    except ValueError:
        return "a number of thousands of digits"


def parse_setting(setting: str) -> tuple[str, Any]:
    """Split ``train.epochs=2`` into key and value; a value that is not valid TOML is a string.

    Raises:
        UsageError: there is no ``=`` or no key.

    >>> parse_setting("train.epochs=2"), parse_setting("model.backbone=../my model")
    (('train.epochs', 2), ('model.backbone', '../my model'))
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"'{printable(setting)}' is not a setting.", "write KEY=VALUE, such as train.epochs=2")
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    return key.strip(), value


def nest(key: str, value: Any) -> dict[str, Any]:
    """Return nested tables for a dotted key and a value.

    >>> nest("train.epochs", 2)
    {'train': {'epochs': 2}}
    """
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two tables; values of the second replace those of the first, and tables are merged.

    >>> merge({"train": {"epochs": 6, "batch": 2}}, {"train": {"epochs": 2}})
    {'train': {'epochs': 2, 'batch': 2}}
    """
    merged = dict(base)
    for key, value in override.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def differences(first: dict[str, Any], second: dict[str, Any], path: str = "") -> list[str]:
    """Return the differences of two resolved recipes, such as ``train.epochs: 6 -> 2``.

    >>> differences({"train": {"epochs": 6, "batch": 2}}, {"train": {"epochs": 2, "batch": 2}})
    ['train.epochs: 6 -> 2']
    """
    changes = []
    for key in sorted({*first, *second}):
        full = f"{path}.{key}" if path else key
        a, b = first.get(key), second.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            changes += differences(a, b, full)
        elif a != b:
            changes.append(f"{full}: {json.dumps(a)} -> {json.dumps(b)}")
    return changes
