"""Read texts with labels from a table of the user's own, such as added training data.

Names decide what a column holds, and what is left out is said. Labels are columns of numbers (0 and 1, or degrees), or
one column of names; see `names_in`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeval_emo.data.columns import NAME_IT, find_id, find_text, normalised, text_note
from semeval_emo.data.rows import OwnTable, read_table
from semeval_emo.errors import InputError, suggest
from semeval_emo.tables.names import is_text_name
from semeval_emo.tables.shapes.entries import read_entries
from semeval_emo.task import load_task
from semeval_emo.text import plural, printable

LIST_NAMES = frozenset(
    {"labels", "label", "emotions", "emotion", "classes", "class", "categories", "category", "tags", "targets"}
    | {"target", "gold", "sentiment"}
)
# Columns with a name of these words are no labels, whatever numbers they hold.
OTHER_WORDS = frozenset(
    {"", "unnamed", "index", "idx", "row", "rowid", "level", "id", "ids", "fold", "folds", "split", "set", "lang"}
    | {"language", "source", "domain", "length", "len", "count", "num", "n", "words", "chars", "tokens", "date", "year"}
    | {"month", "day", "hour", "time", "timestamp", "created", "user", "author", "annotator", "annotators", "rater"}
    | {"votes", "score", "confidence", "likes", "retweets", "part", "group", "cluster", "seed", "epoch", "example"}
    | {"duplicate", "valid", "is"}
)
# Names that say that there is no label.
NO_LABEL = frozenset({"", "none", "nan", "null", "no emotion", "no emotions", "noemotion"})
NEUTRAL = "neutral"
HIGHEST = 3
ALMOST = 0.9
"""Share of 0 and 1 in a column of labels with wrong cells."""
_WORDS = {"true": 1, "false": 0, "yes": 1, "no": 0, "y": 1, "n": 0, "t": 1, "f": 0}


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts with labels, in the order of the file.

    Attributes:
        ids: None if the file has no ids, or one of them twice.
        emotions: the names of the labels.
        labels: shape (n, L), int8, from 0 to `top`.
        lines: the line of the file of each text.
        unused: the columns that are neither texts, ids nor labels.
        notes: what the reader found and left out, as sentences.
        from_names: whether the labels were names in one column, so that a label that does not occur is 0.
    """

    path: Path
    ids: tuple[str, ...] | None
    texts: tuple[str, ...]
    emotions: tuple[str, ...]
    labels: np.ndarray
    lines: tuple[int, ...]
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    from_names: bool = False

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def top(self) -> int:
        """The highest degree: 1 for labels of 0 and 1."""
        return max(1, int(self.labels.max(initial=0)))


def read_labelled(
    path: str | os.PathLike[str],
    labels: Sequence[str] | None = None,
    column: str | None = None,
    *,
    synonyms: Mapping[str, str] | None = None,
    others: Collection[str] = (),
    remedy: str = NAME_IT,
) -> LabelledTexts:
    """Read texts with labels from a CSV, TSV, JSON, JSON lines or Parquet file.

    Args:
        labels: the names of the labels, in any case; None takes those of the file: its columns of 0 and 1 or of degrees
            up to 3, else the names in its column ``labels`` (or ``emotions``, ...).
        column: the name of the column of texts; by default the one that is called text, tweet, sentence, ...
        synonyms: other names of labels, in lower case, and the label of each.
        others: names that are labels elsewhere; they are left out with a note. Any other name is an error.
        remedy: how the user can name the column of texts.

    Raises:
        InputError: the file cannot be read; the texts or labels cannot be told; a text or label is missing.
    """
    return labelled(read_table(Path(path)), labels, column, synonyms=synonyms, others=others, remedy=remedy)


def labelled(
    table: OwnTable,
    labels: Sequence[str] | None = None,
    column: str | None = None,
    *,
    synonyms: Mapping[str, str] | None = None,
    others: Collection[str] = (),
    remedy: str = NAME_IT,
    highest: int = HIGHEST,
) -> LabelledTexts:
    """Return the labelled texts of a table; arguments and errors as for `read_labelled`.

    Args:
        highest: the highest degree that columns of labels may have if their names are not known.
    """
    shown = str(table.path)
    text_at, id_at = find_text(table.header, shown, column, remedy), find_id(table.header)
    _refuse_blank(table, text_at)
    names = {at: name for at, name in enumerate(table.header) if at not in (text_at, id_at)}
    if labels is None:
        emotions, values, used, notes = _own_labels(table, names, highest)
    else:
        emotions, values, used, notes = _known_labels(table, names, labels, synonyms or {}, others)
    unused = tuple(name.strip() for at, name in names.items() if at not in used and name.strip())
    ids = None if id_at is None else tuple(row[id_at] for row in table.rows)
    if ids is not None and (len(set(ids)) < len(ids) or "" in ids):
        repeated = Counter(ids).most_common(1)[0][0]
        what = f"the id '{printable(repeated)}' twice" if repeated else "blank ids"
        notes.append(f"{shown} has {what}, so its ids are not used.")
        ids = None
    found = text_note(table.header, text_at)
    return LabelledTexts(
        path=table.path,
        ids=ids,
        texts=tuple(row[text_at] for row in table.rows),
        emotions=tuple(emotions),
        labels=values,
        lines=tuple(table.lines),
        unused=unused,
        notes=tuple([found] * bool(found) + notes),
        from_names=any(normalised(names[at]) in LIST_NAMES for at in used),
    )


def names_in(cell: str) -> dict[str, int]:
    """Return the labels that a cell names, with their values: a list, a JSON object, or names between ``,;|``.

    >>> names_in("['joy', 'fear']"), names_in("[joy]"), names_in("joy; Fear"), names_in('{"joy": 1, "fear": 0}')
    ({'joy': 1, 'fear': 1}, {'joy': 1}, {'joy': 1, 'Fear': 1}, {'joy': 1, 'fear': 0})
    >>> names_in("[]"), names_in("none")
    ({}, {})

    Raises:
        ValueError: the cell has numbers instead of names, or values that are not integers.
    """
    entries = read_entries(cell)
    if entries is None or any(_is_number(name) for name, _ in entries):
        raise ValueError("numbers, not names")
    pairs = [(name, 1 if value is None else number_of(value)) for name, value in entries]
    if any(degree is None for _, degree in pairs):
        raise ValueError("values that are not integers")
    return {name: degree or 0 for name, degree in pairs if normalised(name) not in NO_LABEL}


def number_of(cell: str) -> int | None:
    """Return the integer of a label cell; None if it has none.

    >>> [number_of(cell) for cell in ("1", " 0.0", "True", "", "0.5", "joy")]
    [1, 0, 1, None, None, None]
    """
    text = cell.strip().lower()
    if text in _WORDS:
        return _WORDS[text]
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) < 100 else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d*)?", text.strip()) is not None


def _refuse_blank(table: OwnTable, text_at: int) -> None:
    blank = [line for line, row in zip(table.lines, table.rows, strict=True) if not row[text_at].strip()]
    if blank:
        raise InputError(
            f"{table.path} has {plural(len(blank), 'row')} without a text (first: line {blank[0]}).",
            "write the texts, or remove the rows",
        )
    if not table.rows:
        raise InputError(f"{table.path} has no texts.")


# The names of labels, their values, the columns used, and notes.
_Labels = tuple[list[str], np.ndarray, set[int], list[str]]


def _known_labels(
    table: OwnTable,
    names: Mapping[int, str],
    labels: Sequence[str],
    synonyms: Mapping[str, str],
    others: Collection[str],
) -> _Labels:
    """Read labels whose names are given: from their columns, else from a column of names."""
    by_name = {normalised(label): label for label in labels}
    by_name = {name: label for name, label in synonyms.items() if label in labels} | by_name
    columns: dict[str, int] = {}
    for at, name in names.items():
        label = by_name.get(normalised(name))
        if label is not None:
            if label in columns:
                first, again = table.header[columns[label]], table.header[at]
                raise InputError(
                    f"{table.path} has two columns of '{label}': '{first}' and '{again}'.", "remove one of them"
                )
            columns[label] = at
    missing = [label for label in labels if label not in columns]
    if not missing:
        order = [columns[label] for label in labels]
        return list(labels), _numbers(table, order), set(order), []
    lists = _list_columns(names) if not columns else []
    if not lists:
        raise InputError(
            f"{table.path} has no column {', '.join(missing)}: its header is {printable(','.join(table.header), 200)}.",
            f"it needs text and {','.join(labels)}, or a column 'labels' with their names",
        )
    skipped = {normalised(name) for name in others} | {NEUTRAL}
    values = np.zeros((len(table.rows), len(labels)), dtype=np.int8)
    left: Counter[str] = Counter()
    for row, named in enumerate(_names(table, lists)):
        for name, value in named.items():
            label = by_name.get(normalised(name))
            if label is not None:
                values[row, labels.index(label)] = value
            elif normalised(name) in skipped:
                left[normalised(name)] += 1
            else:
                raise InputError(
                    f"{table.path} line {table.lines[row]}: '{printable(name)}' is not one of {', '.join(labels)}.",
                    suggest(name, labels, spelling=True) or "write these names",
                )
    notes = [f"Labels from column '{table.header[lists[0]]}'."]
    notes += [f"Not used: {', '.join(left)} (not labels here)."] if left else []
    return list(labels), values, set(lists), notes


def _own_labels(table: OwnTable, names: Mapping[int, str], most: int) -> _Labels:
    """Read the labels of a file whose names are not known: its columns of numbers, else its column of names."""
    highest: dict[int, int] = {}
    blank: list[str] = []
    for at, name in names.items():
        words = set(re.findall(r"[^\W\d_]+", normalised(name)))
        if normalised(name) in LIST_NAMES or is_text_name(normalised(name)) or not words or words & OTHER_WORDS:
            continue
        cells = {row[at].strip() for row in table.rows}
        numbers = {number_of(cell) for cell in cells if cell}
        if not numbers:
            blank.append(name)
        elif None not in numbers and numbers <= set(range(most + 1)):
            highest[at] = max(number or 0 for number in numbers)
        elif None in numbers and _is_almost_binary([row[at] for row in table.rows]):
            # Its labels would be lost without a word.
            _numbers(table, [at])
    degrees = [at for at, top in highest.items() if top > 1]
    # Among columns of 0 and 1, another number is something else, such as a cluster.
    used = list(highest) if 2 * len(degrees) >= len(highest) else [at for at in highest if at not in degrees]
    notes = [f"Not used: {', '.join(blank)} (blank in every row)."] if blank else []
    if used:
        emotions = [table.header[at].strip() for at in used]
        _refuse_two_kinds(table, names, emotions)
        return emotions, _numbers(table, used, most), set(used), notes
    lists = _list_columns(names)
    if not lists:
        raise InputError(
            f"{table.path} has no labels: its header is {printable(','.join(table.header), 200)}.",
            "it needs a column of 0 and 1 for each label, or a column 'labels' with their names",
        )
    spelling: dict[str, str] = {}
    rows = list(_names(table, lists))
    for named in rows:
        for name in named:
            spelling.setdefault(normalised(name), name)
    keys = sorted(spelling)
    values = np.zeros((len(rows), len(keys)), dtype=np.int8)
    for row, named in enumerate(rows):
        for name, value in named.items():
            values[row, keys.index(normalised(name))] = value
    notes.append(f"Labels from column '{table.header[lists[0]]}'.")
    return [spelling[key] for key in keys], values, set(lists), notes


def _is_almost_binary(cells: Sequence[str]) -> bool:
    """Return whether nine of ten cells that are not blank are 0 or 1."""
    counts = Counter(cell for cell in cells if cell.strip())
    binary = sum(count for cell, count in counts.items() if number_of(cell) in (0, 1))
    return binary >= ALMOST * counts.total()


def _refuse_two_kinds(table: OwnTable, names: Mapping[int, str], emotions: Sequence[str]) -> None:
    """Refuse a column of names of labels beside columns of numbers that are neither these labels nor emotions."""
    lists = _list_columns(names)
    try:
        named = {normalised(name) for row in _names(table, lists) for name in row} if lists else set()
    except InputError:
        return
    task = load_task()
    known = named | {*task.emotions, *task.synonyms}
    if named and not any(normalised(emotion) in known for emotion in emotions):
        raise InputError(
            f"{table.path} has names of labels in the column '{table.header[lists[0]]}' and numbers in "
            f"{printable(', '.join(emotions), 100)}: which of them are the labels is not certain.",
            "remove the columns that are not labels",
        )


def _list_columns(names: Mapping[int, str]) -> list[int]:
    """Return the position of the column of names of labels; empty if there is none or several."""
    found = [at for at, name in names.items() if normalised(name) in LIST_NAMES]
    return found if len(found) == 1 else []


def _names(table: OwnTable, lists: Sequence[int]) -> list[dict[str, int]]:
    at = lists[0]
    named = []
    for line, row in zip(table.lines, table.rows, strict=True):
        try:
            named.append(names_in(row[at]))
        except ValueError as error:
            raise InputError(
                f"{table.path} line {line}: '{table.header[at]}' has {error}: {printable(row[at])}.",
                "write the names of the labels, or a column of 0 and 1 for each",
            ) from None
    return named


def _numbers(table: OwnTable, columns: Sequence[int], most: int = HIGHEST) -> np.ndarray:
    values = np.empty((len(table.rows), len(columns)), dtype=np.int8)
    for j, at in enumerate(columns):
        cells = [row[at] for row in table.rows]
        code = {cell: number_of(cell) for cell in set(cells)}
        bad = {cell for cell, number in code.items() if number is None or not 0 <= number <= most}
        rows = [row for row, cell in enumerate(cells) if cell in bad]
        if rows:
            first = cells[rows[0]]
            seen, what = f"'{printable(first)}'", "the column"
            if not first.strip():
                seen, what = "blank, which does not mean 0", "the rows"
            more = f" ({plural(len(rows) - 1, 'more row')} like this)" if len(rows) > 1 else ""
            raise InputError(
                f"{table.path} line {table.lines[rows[0]]}: the label '{table.header[at].strip()}' is {seen}{more}.",
                f"write 0 or 1, or degrees up to {most}; or remove {what}",
            )
        values[:, j] = [code[cell] or 0 for cell in cells]
    return values
