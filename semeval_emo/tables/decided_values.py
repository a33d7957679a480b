"""Read what the user has decided, from an option, a mapping or a file: thresholds, cut points, the labels of words."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import read_utf8
from semeval_emo.parse import ShapeError, expect, parse_json, read_toml
from semeval_emo.tables.decisions import OTHER, ROUND, Cuts
from semeval_emo.tables.raw import RawTable
from semeval_emo.text import printable

Numbers = tuple[float, ...]
# Keys that a file may have around its values, and names of the column that has them.
_KEYS = ("thresholds", "threshold", "best_threshold", "best_thresholds", "cuts", "cut_points")
_COLUMNS = frozenset({*_KEYS, "value", "cutoff", "tau", "thr", "thresh", "best_thr"})
FORM = '{"anger": 0.35, "fear": 0.5, ...} as JSON or TOML, or a CSV file with the columns emotion,threshold'


def thresholds_of(
    given: float | str | os.PathLike[str] | Mapping[str, float] | None,
    order: Sequence[str] = (),
    option: str = "--threshold",
) -> float | Mapping[str, float] | None:
    """Return one threshold, or one for each label.

    Args:
        given: a number, ``anger=0.35,fear=0.5``, a mapping or a file.
        order: the labels of a file that has numbers without names.
        option: that gives them, for messages.

    Raises:
        UsageError, InputError: it is neither.

    >>> thresholds_of("0.4"), thresholds_of("anger=0.35, fear=0.5")
    (0.4, {'anger': 0.35, 'fear': 0.5})
    """
    if given is None or isinstance(given, int | float):
        return given
    if isinstance(given, str) and (number := number_of(given)) is not None:
        return number
    values = _by_label(given, order, option, "0.4, anger=0.35,fear=0.5 or a file of thresholds")
    if any(len(numbers) > 1 for numbers in values.values()):
        raise UsageError(f"{_shown(given)} has several numbers per label: cut points.", "use --cuts")
    return {label: numbers[0] for label, numbers in values.items()}


def cuts_of(
    given: str | os.PathLike[str] | Sequence[float] | Mapping[str, Sequence[float]], order: Sequence[str] = ()
) -> Cuts:
    """Return the cut points for all labels, or for each.

    Args:
        given: ``round``, ``0.5,1.5,2.5``, numbers, a mapping or a file.
        order: the labels of a file that has numbers without names.

    Raises:
        UsageError, InputError: it is neither.

    >>> cuts_of("0.5,1.5,2.5"), cuts_of("round")
    ((0.5, 1.5, 2.5), 'round')
    """
    if given == ROUND:
        return ROUND
    cells = given.split(",") if isinstance(given, str) else [] if isinstance(given, Mapping | os.PathLike) else given
    numbers = [number_of(str(cell)) for cell in cells]
    if (numbers and None not in numbers) or cells == ():
        return tuple(number for number in numbers if number is not None)
    return _by_label(given, order, "--cuts", "0.5,1.5,2.5 or a file of cut points")


def words_of(given: Iterable[str] | Mapping[str, int]) -> dict[str, int]:
    """Return the label of each word in lower case.

    Args:
        given: a mapping, or texts such as ``yes=1,no=0``.

    Raises:
        UsageError: a word has no label, or two.

    >>> words_of(["yes=1,no=0", "-1=0"])
    {'yes': 1, 'no': 0, '-1': 0}
    """
    if isinstance(given, Mapping):
        pairs = [(str(word), str(int(label))) for word, label in given.items()]
    else:
        pairs = [(word, label) for text in given for word, _, label in (p.rpartition("=") for p in text.split(","))]
    words: dict[str, int] = {}
    for word, label in pairs:
        key = word.strip().casefold()
        if not key or not (label := label.strip()).isdecimal() or len(label) > 2:
            raise UsageError(
                f"--map has '{printable(f'{word}={label}')}', expected WORD=LABEL.", "write it as yes=1,no=0"
            )
        if words.setdefault(key, int(label)) != int(label):
            raise UsageError(f"--map gives '{printable(key)}' two labels, {words[key]} and {label}.")
    return words


def number_of(text: str) -> float | None:
    """Return the finite number that a text is, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def read_values(path: str | os.PathLike[str], fix: str = "") -> dict[str, Numbers] | list[Numbers]:
    """Read a file of thresholds or cut points: JSON, TOML or CSV.

    Returns:
        The numbers of each label in lower case; a list if they have no names.

    Raises:
        InputError, UsageError: it cannot be read or has no such numbers.
    """
    shown = os.fspath(path)
    try:
        content = _content(path, shown, fix)
        while isinstance(content, dict) and (key := next((key for key in _KEYS if key in content), "")):
            content = content[key]
        if isinstance(content, int | float):
            content = {OTHER: content}
        if (
            isinstance(content, list)
            and content
            and all(isinstance(entry, dict) and len(entry) > 1 for entry in content)
        ):
            # Records of a table: the name of a label, and its numbers.
            content = dict(map(_of_record, content))
        if isinstance(content, list):
            return [_numbers(entry, "it") for entry in content]
        return {key.strip().casefold(): _numbers(value, key) for key, value in expect(content, dict, "it").items()}
    except ShapeError as error:
        remedy = fix or f"write {FORM}"
        raise InputError(f"{shown} does not contain thresholds or cut points: {error}.", remedy) from error


def _of_record(record: dict[str, Any]) -> tuple[str, Any]:
    """Return the label and the threshold of a record such as ``{"emotion": "anger", "f1": 0.7, "threshold": 0.35}``."""
    values = [key for key in record if key.casefold() in _COLUMNS]
    label = next((key for key in record if isinstance(record[key], str)), next(iter(record)))
    others = values[:1] or [key for key in record if key != label]
    if len(others) != 1:
        raise ShapeError(f"which of {printable(', '.join(others))} is the threshold is not clear")
    return str(record[label]), record[others[0]]


def _content(path: str | os.PathLike[str], shown: str, fix: str) -> Any:
    suffix = Path(path).suffix.lower()
    if suffix == ".toml":
        return read_toml(Path(path), fix=fix)
    text = read_utf8(Path(path), shown, most=1 << 20, fix=fix)
    is_json = suffix in (".json", ".jsonl") or text.lstrip()[:1] in ("{", "[")
    return parse_json(text, shown, fix) if is_json else _cells(path)


def _by_label(given: Any, order: Sequence[str], option: str, form: str) -> dict[str, Numbers]:
    values: Any
    if isinstance(given, Mapping):
        values = {str(k).strip().casefold(): tuple(v) if isinstance(v, Sequence) else (v,) for k, v in given.items()}
    elif isinstance(given, str) and "=" in given and not names_file(given):
        values = {}
        for pair in given.split(","):
            label, _, text = pair.partition("=")
            number = number_of(text)
            if number is None or not label.strip():
                raise UsageError(f"{option} has '{printable(pair)}', expected LABEL=NUMBER.", f"write {form}")
            values[label.strip().casefold()] = (number,)
    elif isinstance(given, str | os.PathLike):
        if not names_file(given):
            raise UsageError(f"{option} is '{printable(_shown(given))}', no number and no file.", f"write {form}")
        values = read_values(given)
    else:
        raise UsageError(f"{option} is a {type(given).__name__}.", f"write {form}")
    if isinstance(values, list):
        if len(order) != len(values):
            raise UsageError(
                f"{_shown(given)} has {len(values)} values without names"
                + (f", --order has {len(order)} labels." if order else "."),
                f"write {FORM}; or name the labels with --order",
            )
        values = dict(zip(order, values, strict=True))
    return dict(values)


def _cells(path: str | os.PathLike[str]) -> Any:
    """Return the values of a CSV file: a row for each label, or a column for each."""
    with Path(path).open("rb") as stream:
        table = RawTable(stream)
        rows = [table.header, *(row for _, row in table.rows())]
    header = [cell.strip().casefold() for cell in rows[0]]
    if len(rows) == 2 and len(header) > 1 and not any(map(_is_number, header)) and all(map(_is_number, rows[1])):
        return {label: _number(cell, rows[1]) for label, cell in zip(header, rows[1], strict=False)}
    named = [at for at, name in enumerate(header) if name in _COLUMNS]
    has_header = not any(map(_is_number, header[1:])) and len(header) > 1
    kept = named[:1] if named else range(1, max(map(len, rows)))
    # Numbers before the labels count the rows.
    words = (at for at in range(len(header)) if any(not _is_number(row[at]) for row in rows[1:] if at < len(row)))
    label = next(words, 0)
    return {
        row[label] if label < len(row) else "": [_number(row[at], row) for at in kept if at < len(row)]
        for row in rows[has_header:]
        if any(cell.strip() for cell in row)
    }


def names_file(path: Any) -> bool:
    """Return whether a value is the path of an existing file."""
    if not isinstance(path, str | os.PathLike):
        return False
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # such as a name that is too long
        return False


def _is_number(text: str) -> bool:
    return number_of(text.replace(",", ".")) is not None


def _number(text: str, row: Sequence[str]) -> float:
    number = number_of(text.replace(",", "."))
    if number is None:
        raise ShapeError(f"'{printable(text)}' in the row '{printable(','.join(row))}' is no number")
    return number


def _numbers(value: Any, where: str) -> Numbers:
    if isinstance(value, dict):
        value = next((value[key] for key in value if key.casefold() in _COLUMNS), value)
    entries = value if isinstance(value, list) else [value]
    numbers = tuple(expect(entry, float, where) for entry in entries)
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ShapeError(f"'{printable(where)}' is not a finite number")
    return numbers


def _shown(given: Any) -> str:
    return os.fspath(given) if isinstance(given, str | os.PathLike) else "the mapping"
