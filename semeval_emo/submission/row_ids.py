"""Give ids to rows that have none, or only row numbers: from another file, row by row.

Which text a row belongs to is not in such a file. The user names a file with ids (`--ids-from`); the ids are taken only
if the numbers of rows, the row numbers and the texts of both files allow it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.submission.header import INDEX_NAMES, is_text_name, normalised_names
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.rows import KnownIds
from semeval_emo.submission.texts import MOST, is_other
from semeval_emo.tables import Decisions, InputTable, Row, open_table
from semeval_emo.tables.raw import Dialect
from semeval_emo.tables.shapes.unnamed import is_data
from semeval_emo.task import FileSpec, Selector, Task, id_prefix
from semeval_emo.text import plural, printable

# Files of the task that are named.
SHOWN = 4


@dataclass(frozen=True)
class IdSource:
    """The file that ids are taken from.

    Attributes:
        texts: the text of each id, if the file has a column of texts.
    """

    path: str
    ids: tuple[str, ...]
    texts: tuple[str, ...] = ()


def read_id_source(path: str | os.PathLike[str], known_ids: KnownIds) -> IdSource:
    """Read the ids of a table: a data file, a sample submission or another prediction file.

    Raises:
        InputError: the file cannot be read, has no column of ids, or has an id twice.
    """
    shown = os.fspath(path)
    try:
        with Path(path).open("rb") as stream:
            layout = known_ids.task.layout.data
            table = open_table(
                stream,
                shown,
                Dialect(layout.delimiter, layout.quotes, layout.id, not layout.columns, bool(layout.text)),
            )
            rows = [(table.header_line, table.header), *table.rows()]
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}.", "check the path") from error
    names = normalised_names(table.header)
    column = _id_column(names, rows[:50], known_ids)
    if column is None:
        raise InputError(
            f"{shown} has no column of ids; its columns are {printable(', '.join(table.header), 200)}.",
            "name a file with the ids of the texts that were predicted: the data file or a sample submission",
        )
    if not known_ids.is_known(table.header[column]):
        rows = rows[1:]
    texts = next((at for at, name in enumerate(names) if is_text_name(name)), None)
    ids = [row[column].strip() if column < len(row) else "" for _, row in rows]
    seen: dict[str, int] = {}
    for text_id, (line, _) in zip(ids, rows, strict=True):
        if not text_id or text_id in seen:
            what = f"the id {printable(text_id)} twice, on lines {seen[text_id]} and" if text_id else "no id on line"
            raise InputError(f"{shown} has {what} {line}.", "name a file in which every row has its own id")
        seen[text_id] = line
    own_texts = tuple(row[texts] if texts < len(row) else "" for _, row in rows) if texts is not None else ()
    return IdSource(shown, tuple(ids), own_texts)


def _id_column(names: Sequence[str], rows: Sequence[Row], known_ids: KnownIds) -> int | None:
    """Return the column with known ids; else the one that is named ``id``."""
    for at in range(len(names)):
        if any(at < len(row) and known_ids.is_known(row[at].strip()) for _, row in rows):
            return at
    return names.index("id") if "id" in names else None


@dataclass
class RowsWithoutIds:
    """The rows of a file without ids, and what became of them.

    Attributes:
        column: the column of row numbers or of blank ids; None if there is none.
        has_numbers: that column has numbers.
        source: the path of the file that ids were taken from; empty if they were not.
        refused: why not, as the end of a sentence; empty if no file was named.
        numbers: the first and the last row number.
    """

    column: int | None
    has_numbers: bool
    source: str = ""
    refused: str = ""
    numbers: tuple[str, str] = ("", "")

    @property
    def seen(self) -> str:
        """What the file has instead of ids, as a sentence."""
        if not self.has_numbers:
            return "the rows have no ids"
        return f"the rows have row numbers ({' to '.join(map(printable, self.numbers))}) instead of ids"

    def with_column(self, header: Sequence[str]) -> list[str]:
        """Return the header with a column ``id``: the one of the row numbers, or a new first one."""
        return self._replaced(header, "id")

    def with_blank_ids(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows with blank ids."""
        for line, row in rows:
            self._count(row)
            yield line, self._replaced(row, "")

    def with_ids(self, header: Sequence[str], rows: Iterable[Row], source: IdSource) -> list[Row]:
        """Return the rows with the ids of another file, or with blank ones and the reason in `refused`."""
        kept = list(islice(rows, len(source.ids) + 1))
        for _, row in kept:
            self._count(row)
        count = len(kept) + sum(1 for _ in rows)
        ids, self.refused = self._assigned(header, kept, count, source)
        self.source = "" if self.refused else source.path
        return [(line, self._replaced(row, text_id)) for (line, row), text_id in zip(kept, ids, strict=True)]

    def add_to(
        self,
        table: InputTable,
        first_rows: Sequence[Row],
        rows: Iterator[Row],
        known_ids: KnownIds,
        decisions: Decisions,
    ) -> tuple[list[Row], Iterator[Row]]:
        """Add a column of ids to a table: those of the file that the user has named, or blank ones.

        Returns:
            The first rows, and an iterator over the others.
        """
        header = table.header
        has_header = not is_data(header, [row for _, row in first_rows[:50]], known_ids.is_known)
        if decisions.ids_from is None:
            table.header = self.with_column(header) if has_header else ["", *header]
            return list(self.with_blank_ids(first_rows)), self.with_blank_ids(rows)
        all_rows = chain(first_rows, rows) if has_header else chain([(table.header_line, header)], first_rows, rows)
        numbered = self.with_ids(header, all_rows, read_id_source(decisions.ids_from, known_ids))
        table.header = self.with_column(header) if has_header else numbered.pop(0)[1]
        return numbered, iter(())

    def report(self, places: str, line: int, findings: Findings) -> None:
        """Report the rows without ids.

        Args:
            places: the files of the task that have as many rows, in words.
        """
        if self.source:
            findings.add("no-ids", value=self.source, seen=self.seen, where="")
            return
        where = f"{f'; {self.refused}' if self.refused else ''}; {places}"
        findings.add("no-ids", line=line, seen=self.seen, where=where, options="--ids-from FILE")

    def _replaced(self, row: Sequence[str], text_id: str) -> list[str]:
        if self.column is None:
            return [text_id, *row]
        return [*row[: self.column], text_id, *row[self.column + 1 :]]

    def _count(self, row: Sequence[str]) -> None:
        if self.has_numbers and self.column is not None and self.column < len(row):
            number = row[self.column].strip()
            self.numbers = self.numbers[0] or number, number

    def _assigned(
        self, header: Sequence[str], rows: Sequence[Row], count: int, source: IdSource
    ) -> tuple[Sequence[str], str]:
        """Return the id of each row, or blank ones and the reason."""
        blank = [""] * len(rows)
        if count != len(source.ids):
            return blank, f"{source.path} has {plural(len(source.ids), 'id')} for {plural(count, 'row')}"
        order = list(range(count))
        if self.has_numbers and self.column is not None:
            cells = [row[self.column].strip() if self.column < len(row) else "" for _, row in rows]
            places = _places(cells, source.ids)
            if places is None:
                return blank, f"the row numbers are not those of {plural(count, 'row')} without a gap"
            order = places
        if source.texts:
            why = _other_texts(header, rows, [source.texts[place] for place in order])
            if why:
                return blank, f"the texts of {source.path} differ {why}"
        return [source.ids[place] for place in order], ""


def find_rows_without_ids(
    header: Sequence[str], sample: Sequence[Sequence[str]], known_ids: KnownIds
) -> RowsWithoutIds | None:
    """Return how the rows lack ids, or None if there is a column of ids of any kind.

    >>> from semeval_emo.task import load_task
    >>> known_ids = KnownIds(load_task())
    >>> find_rows_without_ids(["", "joy"], [["0", "1"], ["1", "0"]], known_ids).column
    0
    >>> find_rows_without_ids(["joy"], [["1"], ["0"]], known_ids).seen
    'the rows have no ids'
    >>> find_rows_without_ids(["id", "joy"], [["eng_dev_track_a_00001", "1"]], known_ids)
    """
    names = normalised_names(header)
    if "id" in names:
        at = names.index("id")
        cells = [row[at].strip() if at < len(row) else "" for row in sample]
        has_numbers = bool(cells) and all(_number(cell) is not None for cell in cells)
        if has_numbers and any(map(known_ids.is_known, cells)):
            # The ids of this task are numbers.
            return None
        return RowsWithoutIds(at, has_numbers) if has_numbers or (cells and not any(cells)) else None
    if any(_is_id(cell, known_ids) for row in (header, *sample[:20]) for cell in row[:50]):
        return None
    for at, name in enumerate(names):
        numbers = [_number(row[at]) if at < len(row) else None for row in sample]
        is_index = name in INDEX_NAMES or name.startswith("unnamed:")
        if is_index and numbers and None not in numbers:
            return RowsWithoutIds(at, has_numbers=True)
    return RowsWithoutIds(None, has_numbers=False)


def _is_id(cell: str, known_ids: KnownIds) -> bool:
    return known_ids.is_known(cell) or known_ids.repair(cell) is not None


def _number(cell: str) -> int | None:
    """Return the row number of a cell, which pandas may write as 1.0."""
    text = cell.strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _places(cells: Sequence[str], ids: Sequence[str]) -> list[int] | None:
    """Return for each row number the place of its id, or None if the numbers do not say it.

    Numbers with leading zeros are ids that were cut; others count the rows from any number on, in any order.

    >>> ids = ["eng_dev_00002", "eng_dev_00001"]
    >>> _places(["0", "1"], ids), _places(["2", "1"], ids), _places(["00001", "00002"], ids), _places(["1", "5"], ids)
    ([0, 1], [1, 0], [1, 0], None)
    """
    if any(cell.startswith("0") and len(cell) > 1 and cell.isdigit() for cell in cells):
        by_number = {text_id[len(id_prefix(text_id)) :]: place for place, text_id in enumerate(ids)}
        places = [by_number.get(cell, -1) for cell in cells]
        return places if len(by_number) == len(ids) and sorted(places) == list(range(len(ids))) else None
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    first = min(numbers, default=0)
    places = [number - first for number in numbers]
    return places if sorted(places) == list(range(len(ids))) else None


def _other_texts(header: Sequence[str], rows: Sequence[Row], expected: Sequence[str]) -> str:
    """Return how the texts of a file differ from those of the file with ids; empty if they agree."""
    column = next((at for at, name in enumerate(normalised_names(header)) if is_text_name(name)), None)
    if column is None:
        return ""
    own = [(line, row[column] if column < len(row) else "") for line, row in rows]
    others = [at for at, (_, text) in enumerate(own) if is_other(text, expected[at])]
    known = {*expected}
    if len(others) <= MOST * len(own) and not any(own[at][1] in known for at in others):
        return ""
    line, text = own[others[0]]
    return (
        f"in {len(others):,} of {plural(len(own), 'row')}, first on line {line}: '{printable(text)}', "
        f"not '{printable(expected[others[0]])}'"
    )


def places_with_rows(
    count: int, fits: Callable[[FileSpec], bool], task: Task, selector: Selector, inferred: Selector
) -> str:
    """Return the files of the task that have this number of rows, in words.

    Args:
        fits: whether the labels of the file can be those of a file of the task.

    >>> from semeval_emo.task import load_task
    >>> places_with_rows(116, lambda spec: len(spec.values) == 2, load_task(), Selector(), Selector(language="eng"))
    'as many rows as eng dev of tracks a and c'
    """
    release = selector.release or task.default_release
    language = selector.language or inferred.language
    specs = list(task.specs(release, selector.track or inferred.track, language, selector.split))
    specs = list(filter(fits, specs)) or specs
    groups: dict[tuple[str, str], list[FileSpec]] = {}
    for spec in specs:
        if spec.rows == count:
            groups.setdefault((spec.language, spec.split), []).append(spec)
    named = [f"{code} {split} of {_tracks(specs)}" for (code, split), specs in groups.items()]
    if named:
        more = f" and {len(named) - SHOWN} other files" if len(named) > SHOWN else ""
        return f"as many rows as {', '.join(named[:SHOWN])}{more}"
    near = dict.fromkeys(f"{spec.language} {spec.split} {spec.rows:,}" for spec in specs)
    has = f"; {', '.join(near)}" if language and near else ""
    return f"no file of {f'{language} ' if language else ''}release {release} has {plural(count, 'row')}{has}"


def _tracks(specs: Sequence[FileSpec]) -> str:
    letters = [spec.track for spec in specs]
    return f"track {letters[0]}" if len(letters) == 1 else f"tracks {', '.join(letters[:-1])} and {letters[-1]}"
