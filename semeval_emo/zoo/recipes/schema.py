"""Turns TOML tables into frozen dataclasses, strictly: unknown keys, wrong types and wrong numbers are refused by name.

Owns the checking; knows nothing of recipes. Types understood: bool, int, float, str, ``Literal``,
``tuple[X, ...]``, ``X | None``, other dataclasses, and ``Annotated[X, rule]``, where a rule says what
it wants of a value that it does not take (`limits`).
"""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
import types
import typing
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar

from semeval_emo.errors import UsageError, suggest

T = TypeVar("T")


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    known = typing.get_type_hints(kind, include_extras=True)
    return {f.name: known[f.name] for f in dataclasses.fields(typing.cast(Any, kind))}


def field_types(kind: type) -> dict[str, Any]:
    """The resolved field types of a dataclass, by field name."""
    return _hints(kind)


def build_dataclass(kind: type[T], table: Mapping[str, Any], where: str, path: str = "") -> T:
    """Builds a dataclass from a table.

    Args:
        kind: a frozen dataclass.
        table: the values; what is missing takes its default.
        where: what the table belongs to, for messages (``zoo/llama-4layer.toml``).
        path: dotted path of the table inside it.

    Raises:
        UsageError: an unknown key (the remedy names the one that was probably meant), or a value of
            the wrong type or out of its bounds.

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
    fields = field_types(kind)
    values = {}
    for key, value in table.items():
        full = f"{path}.{key}" if path else key
        if key not in fields:
            raise unknown_key_error(full, key, fields, where, path)
        values[key] = convert(fields[key], value, where, full)
    lacking = [f.name for f in dataclasses.fields(typing.cast(Any, kind)) if _is_required(f) and f.name not in values]
    if lacking:
        raise UsageError(f"{where}: {path} lacks {', '.join(lacking)}.")
    return kind(**values)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def unknown_key_error(full: str, key: str, known: Mapping[str, Any], where: str, path: str) -> UsageError:
    """The refusal of a key that does not exist, with what was probably meant."""
    prefix = f"{path}." if path else ""
    near = suggest(full, [prefix + name for name in known]) or suggest(key, list(known))
    return UsageError(f"{where}: there is no key '{full}'.", near or f"known keys: {', '.join(known)}")


def convert(kind: Any, value: Any, where: str, path: str) -> Any:
    """Checks one value against its type; whole numbers pass as floats, lists become tuples.

    Raises:
        UsageError: wrong type, a word that is not among the choices, or a value that a rule does not take.
    """
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        plain, *rules = typing.get_args(kind)
        found = convert(plain, value, where, path)
        for rule in rules:
            if wanted := rule(found):
                raise _wrong(where, path, wanted, value)
        return found
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return convert(next(one for one in typing.get_args(kind) if one is not type(None)), value, where, path)
    if origin is typing.Literal:
        choices = typing.get_args(kind)
        if value in choices and not isinstance(value, bool):
            return value
        near = suggest(str(value), [str(c) for c in choices])
        raise UsageError(f"{where}: {path} cannot be '{value}'.", near or f"use one of {', '.join(map(str, choices))}")
    if origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(convert(typing.get_args(kind)[0], one, where, path) for one in value)
        raise _wrong(where, path, "a list", value)
    if dataclasses.is_dataclass(kind):
        if isinstance(value, Mapping):
            return build_dataclass(typing.cast(type, kind), value, where, path)
        raise _wrong(where, path, "a table", value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not _is_finite(value):
            raise _wrong(where, path, "a finite number", value)
        return float(value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    raise _wrong(where, path, words.get(kind, str(kind)), value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number that no float can hold.
        return False


def _wrong(where: str, path: str, wanted: str, value: Any) -> UsageError:
    return UsageError(f"{where}: {path} must be {wanted}, not {value!r}.")


def parse_setting(setting: str) -> tuple[str, Any]:
    """Splits ``train.epochs=2`` into its key and its value, read as TOML where it is TOML and as text where not.

    Raises:
        UsageError: there is no ``=`` or no key.

    >>> parse_setting("train.epochs=2"), parse_setting("model.backbone=../my model")
    (('train.epochs', 2), ('model.backbone', '../my model'))
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"'{setting}' is not a setting.", "write KEY=VALUE, such as train.epochs=2")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    return key.strip(), value


def nest(key: str, value: Any) -> dict[str, Any]:
    """Turns a dotted key and a value into nested tables.

    >>> nest("train.epochs", 2)
    {'train': {'epochs': 2}}
    """
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lays one table over another; tables are merged, everything else is replaced.

    >>> merge({"train": {"epochs": 6, "batch": 2}}, {"train": {"epochs": 2}})
    {'train': {'epochs': 2, 'batch': 2}}
    """
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def differences(one: dict[str, Any], other: dict[str, Any], path: str = "") -> list[str]:
    """Where two resolved recipes differ, as ``train.epochs: 6 -> 2``.

    >>> differences({"train": {"epochs": 6, "batch": 2}}, {"train": {"epochs": 2, "batch": 2}})
    ['train.epochs: 6 -> 2']
    """
    found = []
    for key in sorted({*one, *other}):
        full = f"{path}.{key}" if path else key
        a, b = one.get(key), other.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += differences(a, b, full)
        elif a != b:
            found.append(f"{full}: {json.dumps(a)} -> {json.dumps(b)}")
    return found
