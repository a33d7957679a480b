"""Goes once over the rows of a file and gathers what is known of every id.

Owns the shape of rows, the spelling of ids and duplicates. What is kept is bounded by the ids
that the task knows, whatever the size of the file. Whether the ids are the right ones is decided
afterwards, in `check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from semeval_emo.submission.cells import LabelParser, Labels, remove_invisible
from semeval_emo.submission.header import Columns, plain_names
from semeval_emo.submission.identify import DIGITS, prefix_of
from semeval_emo.submission.problem import EXAMPLES, Findings
from semeval_emo.task import Task

Row = tuple[int, list[str]]
KNOWN, FORMED = "known", "formed"


@dataclass
class Rows:
    """What one pass found.

    Attributes:
        kept: by id that the task knows: its first line, and its labels or None where they are bad.
        count: rows of data.
        beyond: ids formed like the task's but with a number past the last, counted by prefix, and
            the line and text of the first five.
        strange: how many ids the task does not know at all.
        conflicting: ids that came twice with different labels.
        unread: by id whose labels are bad: a hash of its cells, by which a repeated row is known again.
    """

    kept: dict[str, tuple[int, Labels | None]] = field(default_factory=dict)
    count: int = 0
    beyond: dict[str, int] = field(default_factory=dict)
    beyond_first: list[tuple[int, str]] = field(default_factory=list)
    strange: int = 0
    conflicting: set[str] = field(default_factory=set)
    unread: dict[str, int] = field(default_factory=dict)


class Ids:
    """Every id of every release of a task, loaded prefix by prefix as files ask for them."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.sure: set[str] = set()
        self._widths: dict[str, set[int]] = {}

    def known(self, text: str) -> bool:
        """True where some release has a text of this id."""
        return text in self.sure or self.standing(text) == KNOWN

    def standing(self, text: str) -> str:
        """`KNOWN`, `FORMED` (written as the task writes ids, but there is no such text), or empty.

        >>> from semeval_emo.task import load_task
        >>> ids = Ids(load_task())
        >>> [ids.standing(f"eng_test_track_a_{number}") for number in ("00001", "99999", "7")]
        ['known', 'formed', '']
        """
        prefix = text.rstrip(DIGITS)
        widths = self._widths.get(prefix)
        if widths is None:
            specs = self.task.by_prefix.get(prefix)
            if specs is None:
                return ""
            for spec in specs:
                self.sure |= spec.id_set
            blocks = (block for spec in specs for block in spec.blocks)
            widths = self._widths[prefix] = {block.width for block in blocks if block.prefix == prefix}
        if text in self.sure:
            return KNOWN
        digits = len(text) - len(prefix)
        return FORMED if digits in widths or (digits > max(widths) and text[len(prefix)] != "0") else ""

    def repaired(self, text: str) -> tuple[str, str] | None:
        """A known id that this one must mean, and what is wrong with it: an entry of the catalogue."""
        if len(text) > 200:
            return None
        bare = remove_invisible(text).strip("'\"`")
        if bare != text and self.known(bare):
            return bare, "id-padding"
        low = bare.lower()
        if low != bare and self.known(low):
            return low, "id-case"
        prefix = prefix_of(low)
        number = low[len(prefix) :]
        if number and len(number) < 10:
            for spec in self.task.by_prefix.get(prefix, ()):
                for block in spec.blocks:
                    padded = f"{block.prefix}{int(number):0{block.width}d}"
                    if block.prefix == prefix and padded != low and self.known(padded):
                        return padded, "id-zeros"
        return None


class Pass:
    """One pass over the rows of one file."""

    def __init__(self, ids: Ids, columns: Columns, parser: LabelParser, found: Findings, delimiter: str) -> None:
        self.ids, self.columns, self.parser, self.found = ids, columns, parser, found
        self.delimiter = delimiter
        self.rows = Rows()

    def run(self, rows: Iterable[Row]) -> Rows:
        """Reads every row.

        >>> from semeval_emo.task import load_task
        >>> found = Findings("pred_eng.csv")
        >>> parser = LabelParser(("joy", "fear"), ("0", "1"), found)
        >>> one = Pass(Ids(load_task()), Columns(0, (1, 2), 3), parser, found, ",")
        >>> one.run([(2, ["eng_test_track_a_00001", "0", "1"]), (3, ["eng_test_track_a_2", "0", "1"])]).kept
        {'eng_test_track_a_00001': (2, (0, 1)), 'eng_test_track_a_00002': (3, (0, 1))}
        >>> [p.code for p in found.problems]
        ['E406']
        """
        columns, parser, kept, sure = self.columns, self.parser, self.rows.kept, self.ids.sure
        width, at, unnamed = columns.width, columns.id, columns.unnamed
        labels = [one for one in columns.labels if one is not None]
        whole = len(labels) == len(columns.labels)
        pick = itemgetter(*labels) if len(labels) > 1 else lambda row: tuple(row[one] for one in labels)
        good = parser.parsed
        count = 0
        for line, row in rows:
            count += 1
            if len(row) != width or (unnamed and self._is_over(row)):
                shaped = [] if self._is_header(line, row) else self._shape(line, row)
                if not shaped:
                    count -= 1
                    continue
                if len(row) < width or self._is_over(row):
                    # Which of its labels stand where they should cannot be known.
                    self._meet(line, shaped[at] if at is not None else "", None, shaped)
                    continue
            cells = pick(row)
            values = good.get(cells)
            text = row[at] if at is not None else ""
            if values is not None and whole and text in sure and text not in kept:
                kept[text] = line, values
            elif (not text or text.isspace()) and not any(cell and not cell.isspace() for cell in row):
                self.found.add("blank-line", line=line)
                count -= 1
            elif len(text) < 10 and text.strip().lower() == "id" and (values is None or text == "id"):
                same = not columns.names or plain_names(row) == list(columns.names)
                self.found.add("repeated-header" if same else "other-header", line=line, value=",".join(row))
                count -= 1
            else:
                if values is None:
                    values = parser.parse(line, cells)
                self._meet(line, text, values if whole else None, row)
        parser.finish()
        self.rows.count = count
        return self.rows

    def _shape(self, line: int, row: list[str]) -> list[str]:
        """Reports a row of the wrong length.

        Returns:
            The row with as many cells as the header at least; nothing where it is only delimiters.
        """
        width, seen = self.columns.width - self.columns.unnamed, self.delimiter.join(row[:50])
        if not any(cell and not cell.isspace() for cell in row):
            self.found.add("blank-line", line=line)
            return []
        facts: dict[str, Any] = {"line": line, "value": seen, "cells": len(row), "width": width}
        if len(row) < self.columns.width:
            other = next((one for one in ",;\t|" if one != self.delimiter and one in row[-1]), None)
            hint = f"; it is separated by {other!r}, not by {self.delimiter!r}" if other else ""
            self.found.add("short-row", hint=hint, **facts)
            cells = self.delimiter.join(row).split(other) if other else row
            return cells + [""] * (self.columns.width - len(cells))
        if self._is_over(row):
            twice = len(row) - 1 == 2 * (width - 1)
            self.found.add("long-row", hint="; commas for decimal points, perhaps" if twice else "", **facts)
        else:
            self.found.add("trailing-comma", surplus=len(row) - width, header="", **facts)
        return row

    def _is_header(self, line: int, row: list[str]) -> bool:
        """Reports a header of another length."""
        at = self.columns.id
        if at is None or at >= len(row) or row[at].strip().lower() != "id" or len(row) < 2:
            return False
        self.found.add("other-header", line=line, value=",".join(row[:50]))
        return True

    def _is_over(self, row: list[str]) -> bool:
        """True where something stands right of the last column that has a name."""
        return any(cell and not cell.isspace() for cell in row[self.columns.width - self.columns.unnamed :])

    def _meet(self, line: int, text: str, values: Labels | None, row: list[str]) -> None:
        """Takes in a row that is not plainly good: an odd id, a duplicate, bad labels."""
        if self.columns.id is None:
            return
        found, rows, ids = self.found, self.rows, self.ids
        standing = KNOWN if text in ids.sure else ids.standing(text)
        if standing == FORMED:
            prefix = prefix_of(text)
            rows.beyond[prefix] = rows.beyond.get(prefix, 0) + 1
            if len(rows.beyond_first) < EXAMPLES:
                rows.beyond_first.append((line, text))
            return
        if standing != KNOWN:
            if not text.strip():
                found.add("blank-id", line=line, value=self.delimiter.join(row[:50]))
                rows.strange += 1
                return
            mended = ids.repaired(text)
            if mended is None:
                self._strange(line, text)
                return
            found.add(mended[1], line=line, column="id", value=text, expected=mended[0])
            text = mended[0]
        cells = 0 if values is not None else hash(tuple(row[one] for one in self.columns.labels if one is not None))
        if text not in rows.kept:
            rows.kept[text] = line, values
            if values is None:
                rows.unread[text] = cells
            return
        first, before = rows.kept[text]
        if values == before and cells == rows.unread.get(text, 0):
            found.add("duplicate-id", line=line, column="id", value=text, first=first)
        else:
            rows.conflicting.add(text)
            found.add("conflicting-id", line=line, column="id", value=text, first=first)

    def _strange(self, line: int, text: str) -> None:
        rows, task = self.rows, self.ids.task
        rows.strange += 1
        if self.found.is_full("unknown-id"):
            self.found.more("unknown-id", 1)
            return
        word = text.split("_")[0].strip()
        hint = f"; {task.hint(word)}" if word.lower() in task.aliases and word not in task.languages else ""
        self.found.add("unknown-id", line=line, column="id", value=text, hint=hint)
