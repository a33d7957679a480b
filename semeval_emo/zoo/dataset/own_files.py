"""Read a user's own labelled texts: one file, a folder of splits, or a folder that `datasets` saved."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.data.columns import find_text, normalised
from semeval_emo.data.labelled import LIST_NAMES, LabelledTexts, labelled
from semeval_emo.data.rows import OwnTable, read_table
from semeval_emo.data.split_names import SPLIT_COLUMNS, split_of
from semeval_emo.errors import InputError, MissingExtra, UsageError
from semeval_emo.parse import read_json
from semeval_emo.text import printable

SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")
FRAME = "your data"
"""The name of data in memory, for messages."""
SAVED_DICT, SAVED_STATE, SAVED_INFO = "dataset_dict.json", "state.json", "dataset_info.json"


def is_own_data(source: Path) -> bool:
    """Return whether a path has the form of a user's own data: a file, or a folder of splits without tracks."""
    return source.is_file() or bool(_saved(source) or _split_files(source) or _only_file(source))


def read_parts(source: Any, column: str | None = None, order: Sequence[str] = ()) -> dict[str, LabelledTexts]:
    """Read labelled texts by split; the key is empty for texts without splits.

    Args:
        source: a path, a data frame, a dataset of `datasets`, or a mapping from splits to these.
        column: the name of the column of texts.
        order: the names of the classes 0, 1, ..., if labels are numbers of classes.

    Raises:
        InputError: a file cannot be read, or its texts or labels cannot be told.
    """
    tables = {split: _with_names(table, order) if order else table for split, table in _tables(source)}
    texts: dict[str, LabelledTexts] = {}
    unlabelled: dict[str, OwnTable] = {}
    for split, table in tables.items():
        first = next(iter(texts.values()), None)
        if split == "test" and first is not None and _is_unlabelled(table, first.emotions):
            unlabelled[split] = table
        else:
            try:
                texts[split] = labelled(table, column=column)
            except InputError:
                # Numbers of classes explain more than what the reader found.
                _with_names(table, order)
                raise
    texts = _same_labels(texts)
    first = next(iter(texts.values()))
    for split, table in unlabelled.items():
        rows = tuple(row[find_text(table.header, str(table.path), column)] for row in table.rows)
        labels = np.full((len(rows), len(first.emotions)), -1, dtype=np.int8)
        texts[split] = LabelledTexts(table.path, None, rows, first.emotions, labels, tuple(table.lines))
    return texts


def _tables(source: Any) -> Iterator[tuple[str, OwnTable]]:
    """Yield the tables by split, train first."""
    if isinstance(source, Mapping):
        yield from _of_mapping(source)
    elif not isinstance(source, Path):
        yield from _by_column(_table_of(source))
    elif not source.exists():
        raise InputError(f"There is no file or folder {source}.", "check the path")
    elif source.is_file():
        yield from _by_column(read_table(source))
    elif files := _split_files(source):
        for split, path in files.items():
            yield split, read_table(path)
    elif not _saved(source) and (only := _only_file(source)):
        yield from _by_column(read_table(only))
    else:
        folders = _saved(source)
        if list(folders) == [""]:
            yield from _by_column(_read_saved(source))
        for split, folder in folders.items():
            if split:
                yield split, _read_saved(folder)


def _of_mapping(sources: Mapping[Any, Any]) -> Iterator[tuple[str, OwnTable]]:
    """Yield the tables of a mapping from the names of splits to paths, frames or datasets."""
    by_split = {split_of(str(name)): value for name, value in sources.items()}
    if "" in by_split or len(by_split) < len(sources):
        raise UsageError(
            f"The splits of the data are called {', '.join(map(str, sources))}.", "call them train, dev and test"
        )
    for split in ("train", "dev", "test"):
        if split in by_split:
            value = by_split[split]
            is_path = isinstance(value, str | os.PathLike)
            yield split, read_table(Path(value)) if is_path else _table_of(value)


def _table_of(frame: Any) -> OwnTable:
    """Return the table of a data frame, or of a dataset of `datasets`, whose numbers of classes become their names.

    Raises:
        UsageError: it is neither.
    """
    described: Any = getattr(frame, "features", None)
    features: Any = described.to_dict() if hasattr(described, "to_dict") else {}
    pandas = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
    if not hasattr(pandas, "itertuples"):
        raise UsageError(
            f"The data have the type {type(frame).__name__}, expected a path, a DataFrame or a dictionary of splits.",
            'for example data="my.csv", or a DataFrame with the columns text, joy, fear, ...',
        )
    header = tuple(map(str, pandas.columns))
    names = [_class_names(features.get(name)) for name in header]
    rows = [
        [_cell(value, own) for value, own in zip(row, names, strict=True)]
        for row in pandas.itertuples(index=False, name=None)
    ]
    return OwnTable(Path(FRAME), header, rows, list(range(1, len(rows) + 1)))


def _split_files(folder: Path) -> dict[str, Path]:
    """Return the files of a folder that are named after splits, train first.

    Raises:
        InputError: two files are the same split.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        split = split_of(path.stem) if path.suffix.lower() in SUFFIXES and path.is_file() else ""
        if split in found:
            raise InputError(f"{folder} has two {split} splits: {found[split].name} and {path.name}.", "move one away")
        if split:
            found[split] = path
    return {split: found[split] for split in ("train", "dev", "test") if split in found}


def _only_file(folder: Path) -> Path | None:
    """Return the only table in a folder, without subfolders; None if there are several or none."""
    files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    return files[0] if len(files) == 1 and files[0].is_file() else None


def _with_names(table: OwnTable, order: Sequence[str]) -> OwnTable:
    """Return a table whose column of numbers of classes has their names.

    Lists of as many 0 and 1 as there are classes are vectors, and so are lists of one length with a number twice;
    other numbers are classes.

    Raises:
        InputError: there are numbers and no names, or fewer names than classes or than values of a vector.
    """
    columns = [at for at, name in enumerate(table.header) if normalised(name) in LIST_NAMES]
    if len(columns) != 1:
        return table
    (at,) = columns
    numbers = [_classes(row[at]) for row in table.rows]
    known = [classes for classes in numbers if classes]
    if not known or any(classes is None for classes in numbers):
        return table
    seen = sorted({number for classes in known for number in classes})
    shown = f"{table.path}: the column '{table.header[at]}' has the numbers {', '.join(map(str, seen[:8]))}"
    widths = {len(classes) for classes in known}
    has_repeats = any(len({*classes}) < len(classes) for classes in known)
    if has_repeats and widths != {len(order)}:
        width, *others = sorted(widths)
        if others:
            raise InputError(f"{shown}, some of them twice in a text.", "write each class of a text once")
        counted = f", and --order has {len(order)} names" if order else ", not names of labels"
        raise InputError(
            f"{table.path}: the column '{table.header[at]}' has {width} numbers in each text{counted}.",
            f"name the label of each of the {width} numbers with --order NAME,NAME,...",
        )
    if not order:
        raise InputError(f"{shown}, not names of labels.", "name the classes 0, 1, ... with --order NAME,NAME,...")
    vectors = widths == {len(order)} and len(order) > 1 and (has_repeats or seen[-1] <= 1)
    if not vectors and seen[-1] >= len(order):
        raise InputError(
            f"{shown}, and --order has {len(order)} names.", "name every class, in the order of its number"
        )
    rows = []
    for row, classes in zip(table.rows, numbers, strict=True):
        present = [i for i, value in enumerate(classes or ()) if value] if vectors else classes or ()
        names: Any = [order[i] for i in present]
        if vectors and seen[-1] > 1:
            names = dict(zip(order, classes or (), strict=False))
        rows.append([*row[:at], json.dumps(names), *row[at + 1 :]])
    return replace(table, rows=rows)


def _classes(cell: str) -> tuple[int, ...] | None:
    """Return the non-negative integers of a cell: one, or a list of them; None if it holds something else.

    >>> _classes("3"), _classes("[0, 2]"), _classes("1.0"), _classes(""), _classes("joy")
    ((3,), (0, 2), (1,), (), None)
    """
    parts = [part for part in re.split(r"[\s,;]+", cell.strip().strip("[]()")) if part]
    whole = [re.fullmatch(r"(\d+)(\.0*)?", part) for part in parts]
    return None if None in whole else tuple(int(match[1]) for match in whole if match)


def _by_column(table: OwnTable) -> Iterator[tuple[str, OwnTable]]:
    """Yield the parts of a table by its column `split`; the whole table if it has none.

    Raises:
        InputError: a cell of the column is no split.
    """
    names = [normalised(name) for name in table.header]
    at = next((names.index(name) for name in SPLIT_COLUMNS if name in names), None)
    values = {row[at] for row in table.rows} if at is not None else set()
    known = {value for value in values if split_of(value)}
    if at is None or not known:
        yield "", table
        return
    if values - known:
        row = next(row for row, cells in enumerate(table.rows) if cells[at] not in known)
        raise InputError(
            f"{table.path} line {table.lines[row]}: the split is '{printable(table.rows[row][at])}'.",
            f"write train, dev or test, or rename the column '{table.header[at]}'",
        )
    for split in ("train", "dev", "test"):
        rows = [row for row, cells in enumerate(table.rows) if split_of(cells[at]) == split]
        if rows:
            yield (
                split,
                replace(table, rows=[table.rows[row] for row in rows], lines=[table.lines[row] for row in rows]),
            )


def _is_unlabelled(table: OwnTable, emotions: tuple[str, ...]) -> bool:
    """Return whether a table has none of the labels, or only blank cells for them."""
    columns = [at for at, name in enumerate(table.header) if name.strip() in emotions]
    if not columns and any(normalised(name) in LIST_NAMES for name in table.header):
        columns = [at for at, name in enumerate(table.header) if normalised(name) in LIST_NAMES]
    return all(not row[at].strip() for row in table.rows for at in columns)


def _same_labels(texts: Mapping[str, LabelledTexts]) -> dict[str, LabelledTexts]:
    """Return the splits with the same labels in the same order.

    Raises:
        InputError: a split has other columns of labels.
    """
    every = tuple(dict.fromkeys(emotion for part in texts.values() for emotion in part.emotions))
    same = {}
    for split, part in texts.items():
        missing = [emotion for emotion in every if emotion not in part.emotions]
        # A column of names has only the labels that occur.
        if missing and not part.from_names:
            raise InputError(
                f"{part.path} has no column {', '.join(missing)}, which another split has.",
                "give all splits the same columns of labels",
            )
        column = {emotion: j for j, emotion in enumerate(part.emotions)}
        zeros = np.zeros(len(part), dtype=np.int8)
        labels = [part.labels[:, column[name]] if name in column else zeros for name in every]
        same[split] = replace(part, emotions=every, labels=np.stack(labels, axis=1))
    return same


def _saved(source: Path) -> dict[str, Path]:
    """Return the folders of splits that `datasets` saved; the key is empty for a single dataset."""
    if (source / SAVED_STATE).is_file():
        return {"": source}
    if not (source / SAVED_DICT).is_file():
        return {}
    folders = {split_of(path.name): path for path in sorted(source.iterdir()) if (path / SAVED_STATE).is_file()}
    return {split: folders[split] for split in ("train", "dev", "test") if split in folders}


def _read_saved(folder: Path) -> OwnTable:
    """Read a folder that `Dataset.save_to_disk` wrote; numbers of classes become their names.

    Raises:
        MissingExtra: pyarrow is not installed.
        InputError: a file cannot be read.
    """
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise MissingExtra(f"Reading {folder}", "hub") from error
    rows: list[dict[str, Any]] = []
    try:
        for part in read_json(folder / SAVED_STATE).get("_data_files", ()):
            with pa.memory_map(str(folder / part["filename"])) as stream:
                rows += pa.ipc.open_stream(stream).read_all().to_pylist()
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder} cannot be read: {error}.", "save the dataset again with save_to_disk") from error
    features = read_json(folder / SAVED_INFO).get("features") or {}
    header = tuple(features) or tuple(rows[0] if rows else ())
    cells = [[_cell(row.get(name), _class_names(features.get(name))) for name in header] for row in rows]
    return OwnTable(folder, header, cells, list(range(1, len(cells) + 1)))


def _class_names(feature: Any) -> list[str]:
    """Return the names of the classes of a feature, or of the items of a list; empty if it has none."""
    while isinstance(feature, dict) and "names" not in feature:
        feature = feature.get("feature")
    if isinstance(feature, list) and feature:
        return _class_names(feature[0])
    names = feature.get("names") if isinstance(feature, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _cell(value: Any, names: list[str]) -> str:
    """Return a value as the text of a cell, a class as its name."""
    # Of NumPy.
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list):
        return json.dumps([names[item] if names and isinstance(item, int) else item for item in value])
    if names and isinstance(value, int):
        # Binary columns have classes such as no and yes, too.
        return names[value] if 0 <= value < len(names) else str(value)
    if isinstance(value, bool):
        return str(int(value))
    # A missing value of a data frame differs from itself.
    return "" if value is None or value is not value or str(value) in ("nan", "<NA>") else str(value)
