"""Read the rows of a file once and collect the labels of every id that the task knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from semeval_emo.submission.cells import LabelParser, Labels
from semeval_emo.submission.header import Columns
from semeval_emo.submission.problem import EXAMPLES, Findings
from semeval_emo.tables import Row
from semeval_emo.tables.names import normalised_names, remove_invisible
from semeval_emo.task import FileSpec, IdBlock, Task, id_prefix

# By id: its first line, and its labels or None if a cell is bad.
RowsById = dict[str, tuple[int, Labels | None]]
KNOWN, WELL_FORMED = "known", "well-formed"


@dataclass
class RowSummary:
    """The rows of a file.

    Attributes:
        rows: line and labels by id, for the ids that the task knows.
        past_end: number of ids with a number past the last one, by group.
        past_end_examples: line and text of the first five of them.
        conflicting: ids that occur twice with different labels.
        bad_cells: by id with a bad cell: a hash of its cells, to recognise a repetition of the row.
        texts: by id: the text, if the file has a column of texts.
    """

    rows: RowsById = field(default_factory=dict)
    count: int = 0
    past_end: dict[str, int] = field(default_factory=dict)
    past_end_examples: list[tuple[int, str]] = field(default_factory=list)
    conflicting: set[str] = field(default_factory=set)
    bad_cells: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class KnownIds:
    """The ids of every release of a task, loaded by group as files need them."""

    def __init__(self, task: Task) -> None:
        self.task, self.index = task, task.id_index
        self.loaded: set[str] = set()
        # The widths of the numbers after a prefix, once all its files are loaded.
        self._widths: dict[str, set[int]] = {}
        self._groups: set[str] = set()
        self._places: set[str] = set()
        self._shortest = min(map(len, task.id_index.groups), default=0)

    def is_known(self, text: str) -> bool:
        """Return whether a release has a text with this id."""
        return text in self.loaded or self.classify(text) == KNOWN

    def classify(self, text: str) -> str:
        """Return `KNOWN`, `WELL_FORMED` (an id of the right form that no text has) or an empty string.

        >>> from semeval_emo.task import load_task
        >>> ids = KnownIds(load_task())
        >>> [ids.classify(f"eng_test_track_a_{number}") for number in ("00001", "99999", "7")]
        ['known', 'well-formed', '']
        """
        group = self.index.group_of(text)
        if group not in self._groups:
            specs = self.index.groups.get(group)
            if specs is None:
                return ""
            for spec in specs:
                self._load(spec)
            self._groups.add(group)
        if text in self.loaded:
            return KNOWN
        widths = self._widths.get(group)
        digits = len(text) - len(group)
        if not widths:
            return ""
        return WELL_FORMED if digits in widths or (digits > max(widths) and text[len(group)] != "0") else ""

    def _load(self, spec: FileSpec) -> None:
        if spec.place not in self._places:
            self._places.add(spec.place)
            self.loaded |= spec.id_set
            for block in spec.blocks:
                # Another number after one of many listed ids is no id of the same form.
                if isinstance(block, IdBlock) and len(block) > 1:
                    self._widths.setdefault(block.prefix, set()).add(block.width)

    def repair(self, text: str) -> tuple[str, str] | None:
        """Return the known id that a misspelt one stands for and the catalogue name of the misspelling."""
        if not self._shortest < len(text) <= 200:
            return None
        bare = remove_invisible(text).strip("'\"`")
        if bare != text and self.is_known(bare):
            return bare, "id-padding"
        cased = self.index.with_capitals(bare.lower())
        if cased != bare and self.is_known(cased):
            return cased, "id-case"
        prefix = id_prefix(cased)
        number = cased[len(prefix) :]
        if number and len(number) < 10:
            for spec in self.index.groups.get(prefix, ()):
                for block in spec.blocks:
                    if isinstance(block, IdBlock) and block.prefix == prefix:
                        padded = block.id_of(int(number))
                        if padded != cased and self.is_known(padded):
                            return padded, "id-zeros"
        return None


class LabelColumns:
    """The columns and the parser of the labels of one part of a file.

    Attributes:
        emotions: the emotions of the part, in order.
        columns: the index of each one's column, or None if it is missing.

    Args:
        whole: columns whose cells may be whole floats: pandas writes 1.0 for 1 if other rows of a column are blank.
    """

    def __init__(
        self,
        emotions: Sequence[str],
        columns: Sequence[int | None],
        parser: LabelParser,
        whole: Collection[int | None] = (),
    ) -> None:
        self.emotions, self.columns, self.parser = tuple(emotions), tuple(columns), parser
        self.is_complete = None not in self.columns
        present = [column for column in self.columns if column is not None]
        self.pick: Callable[[Sequence[str]], tuple[str, ...]] = (
            itemgetter(*present) if len(present) > 1 else lambda row: tuple(row[column] for column in present)
        )
        if whole:
            self.pick = lambda row: tuple(
                row[column].removesuffix(".0") if column in whole else row[column] for column in present
            )


class RowReader:
    """Reads the rows of one file.

    Args:
        labels: the columns and the parser of the labels.
        by_group: those of parts with other columns or values, by the group of their ids.
    """

    def __init__(
        self,
        known_ids: KnownIds,
        columns: Columns,
        labels: LabelColumns,
        findings: Findings,
        delimiter: str,
        by_group: Mapping[str, LabelColumns] | None = None,
    ) -> None:
        self.known_ids, self.columns, self.labels, self.findings = known_ids, columns, labels, findings
        self.delimiter, self.by_group = delimiter, by_group or {}
        self.summary = RowSummary()

    def label_columns(self, spec: FileSpec) -> LabelColumns:
        """Return the columns that the labels of a part are read from."""
        return self.by_group.get(self.known_ids.index.groups_of(spec)[0], self.labels)

    def read(self, rows: Iterable[Row]) -> RowSummary:
        """Read all rows.

        >>> from semeval_emo.task import load_task
        >>> findings = Findings("pred_eng.csv")
        >>> parser = LabelParser(("joy", "fear"), ("0", "1"), findings)
        >>> labels = LabelColumns(("joy", "fear"), (1, 2), parser)
        >>> reader = RowReader(KnownIds(load_task()), Columns(0, (1, 2), 3), labels, findings, ",")
        >>> reader.read([(2, ["eng_test_track_a_00001", "0", "1"]), (3, ["eng_test_track_a_2", "0", "1"])]).rows
        {'eng_test_track_a_00001': (2, (0, 1)), 'eng_test_track_a_00002': (3, (0, 1))}
        >>> [p.code for p in findings.problems]
        ['E406']
        """
        columns, by_id, known = self.columns, self.summary.rows, self.known_ids.loaded
        width, id_column, unnamed = columns.width, columns.id, columns.unnamed
        pick, parser, complete = self.labels.pick, self.labels.parser, self.labels.is_complete
        parsed = parser.parsed
        if columns.text is not None and id_column is not None:
            rows = self._keep_texts(rows, id_column, columns.text)
        count = 0
        for line, row in rows:
            count += 1
            if len(row) != width or (unnamed and self._has_surplus(row)):
                resized = [] if self._is_header(line, row) else self._resize(line, row)
                if not resized:
                    count -= 1
                    continue
                if len(row) < width or self._has_surplus(row):
                    # Which cell belongs to which column is unknown.
                    self._add(line, resized[id_column] if id_column is not None else "", None, resized)
                    continue
            text = row[id_column] if id_column is not None else ""
            if self.by_group:
                part = self._part(text)
                pick, parser, complete = part.pick, part.parser, part.is_complete
                parsed = parser.parsed
            cells = pick(row)
            labels = parsed.get(cells)
            if labels is not None and complete and text in known and text not in by_id:
                by_id[text] = line, labels
            elif (not text or text.isspace()) and _is_blank(row):
                self.findings.add("blank-line", line=line)
                count -= 1
            elif len(text) < 10 and text.strip().lower() == "id" and (labels is None or text == "id"):
                same = not columns.names or normalised_names(row) == normalised_names(columns.names)
                self.findings.add("repeated-header" if same else "other-header", line=line, value=",".join(row))
                count -= 1
            else:
                if labels is None:
                    labels = parser.parse(line, cells)
                self._add(line, text, labels if complete else None, row)
        for part in (self.labels, *self.by_group.values()):
            part.parser.finish()
        self.summary.count = count
        return self.summary

    def cells_of(self, part: LabelColumns, rows: Callable[[], Iterable[Row]]) -> Iterator[tuple[str, ...]]:
        """Yield the label cells of rows that belong to a part and have as many cells as the header."""
        for _, row in rows():
            text = row[self.columns.id] if self.columns.id is not None and len(row) == self.columns.width else "id"
            if text.strip().lower() != "id" and self._part(text) is part:
                yield part.pick(row)

    def _part(self, text: str) -> LabelColumns:
        return self.by_group.get(self._group(text), self.labels)

    def _group(self, text: str) -> str:
        index = self.known_ids.index
        bare = remove_invisible(text).strip("'\"`")
        return index.group_of(bare if bare in self.known_ids.loaded else index.with_capitals(bare.lower()))

    def _keep_texts(self, rows: Iterable[Row], id_column: int, text_column: int) -> Iterator[Row]:
        """Yield the rows, and keep the text of each known id."""
        texts = self.summary.texts
        for line, row in rows:
            if len(row) > max(id_column, text_column):
                text_id = row[id_column]
                if not self.known_ids.is_known(text_id):
                    repaired = self.known_ids.repair(text_id)
                    text_id = repaired[0] if repaired else ""
                if text_id and text_id not in texts and row[text_column]:
                    texts[text_id] = row[text_column]
            yield line, row

    def _resize(self, line: int, row: list[str]) -> list[str]:
        """Report a row of the wrong length.

        Returns:
            The row with at least as many cells as the header; empty for a row that has only separators.
        """
        width, text = self.columns.width - self.columns.unnamed, self.delimiter.join(row[:50])
        if _is_blank(row):
            self.findings.add("blank-line", line=line)
            return []
        facts: dict[str, Any] = {"line": line, "value": text, "cells": len(row), "width": width}
        if len(row) < self.columns.width:
            # A text has commas.
            candidates = ",;\t|" if self.columns.text is None or len(row) == 1 else ""
            other = next((d for d in candidates if d != self.delimiter and d in row[-1]), None)
            if self.findings.is_full("short-row"):
                self.findings.more("short-row", 1)
            else:
                hint = f"; it is separated by {other!r}, not by {self.delimiter!r}" if other else ""
                self.findings.add("short-row", hint=hint, **facts)
            cells = self.delimiter.join(row).split(other) if other else row
            return cells + [""] * (self.columns.width - len(cells))
        if self._has_surplus(row):
            double = len(row) - 1 == 2 * (width - 1)
            self.findings.add("long-row", hint="; perhaps commas are used as decimal points" if double else "", **facts)
        else:
            self.findings.add("trailing-comma", surplus=len(row) - width, header="", **facts)
        return row

    def _is_header(self, line: int, row: list[str]) -> bool:
        """Report a header that is longer or shorter than the first one."""
        column = self.columns.id
        if column is None or column >= len(row) or row[column].strip().lower() != "id" or len(row) < 2:
            return False
        self.findings.add("other-header", line=line, value=",".join(row[:50]))
        return True

    def _has_surplus(self, row: list[str]) -> bool:
        """Return whether a cell to the right of the last named column is not empty."""
        return not _is_blank(row[self.columns.width - self.columns.unnamed :])

    def _add(self, line: int, text: str, labels: Labels | None, row: list[str]) -> None:
        """Add a row that the fast path of `read` does not cover: a misspelt id, a duplicate or bad cells."""
        if self.columns.id is None:
            return
        findings, summary, known_ids = self.findings, self.summary, self.known_ids
        status = known_ids.classify(text)
        if status == WELL_FORMED:
            group = known_ids.index.group_of(text)
            summary.past_end[group] = summary.past_end.get(group, 0) + 1
            if len(summary.past_end_examples) < EXAMPLES:
                summary.past_end_examples.append((line, text))
            return
        if status != KNOWN:
            if not text.strip():
                findings.add("blank-id", line=line, value=self.delimiter.join(row[:50]))
                return
            repaired = known_ids.repair(text)
            if repaired is None:
                self._report_unknown(line, text)
                return
            findings.add(repaired[1], line=line, column="id", value=text, expected=repaired[0])
            text = repaired[0]
        cells = 0 if labels is not None else hash(tuple(row[c] for c in self.columns.labels if c is not None))
        if text not in summary.rows:
            summary.rows[text] = line, labels
            if labels is None:
                summary.bad_cells[text] = cells
            return
        first, first_labels = summary.rows[text]
        if labels == first_labels and cells == summary.bad_cells.get(text, 0):
            findings.add("duplicate-id", line=line, column="id", value=text, first=first)
        else:
            summary.conflicting.add(text)
            findings.add("conflicting-id", line=line, column="id", value=text, first=first)

    def _report_unknown(self, line: int, text: str) -> None:
        task = self.known_ids.task
        if self.findings.is_full("unknown-id"):
            self.findings.more("unknown-id", 1)
            return
        code = text.split("_")[0].strip()
        hint = f"; {task.hint(code)}" if code.lower() in task.aliases and code not in task.languages else ""
        self.findings.add("unknown-id", line=line, column="id", value=text, hint=hint)


def _is_blank(cells: list[str]) -> bool:
    text = "".join(cells)
    return not text or text.isspace()
