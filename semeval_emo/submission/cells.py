"""What a label cell holds, and what is wrong with it.

Owns the allowed texts of a cell and the telling of one kind of bad cell from another. Good cells
cost one look-up of the whole row; only rows with a bad cell reach pandera, which holds the schema
of the columns, so a clean file never imports it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

    from semeval_emo.submission.problem import Findings

Values = tuple[int, ...]

CHUNK_ROWS = 5_000
# Past this many bad rows (more than any file of the task has) cells are told apart without pandas.
SCHEMA_ROWS = 10_000
MEMO = 50_000

_MISSING = frozenset(
    ("nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nil", "nat", "missing", "-", ".", "?")
)
_INTEGER = re.compile(r"[+-]?\d+(?:_\d+)*")


def kind_of(text: str, values: Sequence[str]) -> str:
    r"""Names what is wrong with a cell that is not one of `values`: an entry of the catalogue.

    >>> kinds = ["", "nan", "1.0", "True", "0.73", "2", "+1", "01", "-1", "joy", "1\u200b", "1e0"]
    >>> [kind_of(text, ("0", "1")) for text in kinds[:6]]
    ['blank-cell', 'nan-cell', 'float-cell', 'boolean-cell', 'fraction-cell', 'out-of-range']
    >>> [kind_of(text, ("0", "1")) for text in kinds[6:]]
    ['number-form', 'number-form', 'out-of-range', 'text-cell', 'hidden-character', 'float-cell']
    """
    bare = text.strip()
    if not bare:
        return "blank-cell"
    if bare.lower() in _MISSING:
        return "nan-cell"
    if bare.lower() in ("true", "false"):
        return "boolean-cell"
    if visible(text) in values:
        return "hidden-character"
    if _INTEGER.fullmatch(bare):
        return "number-form" if _digits(bare) in values else "out-of-range"
    try:
        number = float(bare.replace(",", "."))
    except ValueError:
        return "text-cell"
    if number != number or not float(values[0]) <= number <= float(values[-1]):
        return "out-of-range"
    return "float-cell" if number.is_integer() else "fraction-cell"


def _digits(text: str) -> str:
    """The plain form of an integer, or the text where it is longer than any label could be."""
    return str(int(text)) if len(text) < 40 else text


def visible(text: str) -> str:
    """A cell without the characters that nobody sees: zero width, non-breaking, line separators, NUL."""
    if text.isascii() and text.isprintable():
        return text.replace(" ", "")
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Zs"))


def schema(emotions: Sequence[str], values: Sequence[str]) -> DataFrameSchema:
    """The columns of label cells as pandera sees them: every cell is a text out of `values`."""
    import pandera.pandas as pa

    check = pa.Check.isin(list(values))
    return pa.DataFrameSchema({name: pa.Column(object, check) for name in emotions}, strict=True, ordered=True)


class CellJudge:
    """Turns the label cells of rows into whole numbers and reports those that are none.

    >>> from semeval_emo.submission.problem import Findings
    >>> found = Findings("pred_eng.csv")
    >>> judge = CellJudge(("joy", "fear"), ("0", "1"), found)
    >>> judge.values(2, ("0", "1")), judge.values(3, ("1.0", "0"))
    ((0, 1), None)
    >>> judge.finish()
    >>> [(p.line, p.column, p.value) for p in found.problems]
    [(3, 'joy', '1.0')]
    """

    def __init__(self, emotions: Sequence[str], values: Sequence[str], found: Findings) -> None:
        self.emotions, self.allowed, self.found = tuple(emotions), tuple(values), found
        self.number = {text: int(text) for text in values}
        self.known: dict[tuple[str, ...], Values] = {}
        self._bad: list[tuple[int, tuple[str, ...]]] = []
        self._kinds: dict[str, str] = {}
        self._judged = 0
        # Columns that hold fractions: 1.0 among probabilities is one of them, not a label.
        self._fractions: set[str] = set()

    def values(self, line: int, cells: tuple[str, ...]) -> Values | None:
        """The labels of one row, or None where a cell is none (reported by `finish` at the latest)."""
        good = self.known.get(cells)
        if good is not None:
            return good
        number = self.number
        numbers = [number.get(cell) for cell in cells]
        if None not in numbers:
            good = tuple(number[cell] for cell in cells)
            if len(self.known) < MEMO:
                self.known[cells] = good
            return good
        for at, cell in enumerate(cells):
            if numbers[at] is None and (inner := cell.strip(" \t")) in number:
                self.found.add("padded-cell", line=line, column=self.emotions[at], value=repr(cell), expected=inner)
                numbers[at] = number[inner]
        if None not in numbers:
            return tuple(one for one in numbers if one is not None)
        self._bad.append((line, tuple(c if n is None else str(n) for c, n in zip(cells, numbers, strict=True))))
        if len(self._bad) >= CHUNK_ROWS:
            self.finish()
        return None

    def finish(self) -> None:
        """Reports the bad cells met so far."""
        bad, self._bad = self._bad, []
        if not bad:
            return
        whole = [at for at, name in enumerate(self.emotions) if name not in self._fractions]
        for at in whole:
            if any(self._kind(cells[at]) == "fraction-cell" for _, cells in bad):
                self._fractions.add(self.emotions[at])
        cases = self._by_schema(bad) if self._judged < SCHEMA_ROWS else self._directly(bad)
        self._judged += len(bad)
        expected = choice(self.allowed)
        more: dict[str, int] = {}
        for line, name, text in cases:
            kind = self._kind(text)
            if kind == "float-cell" and name in self._fractions:
                kind = "fraction-cell"
            if kind in more or self.found.is_full(kind):
                more[kind] = more.get(kind, 0) + 1
            else:
                self.found.add(kind, line=line, column=name, value=text, expected=expected)
        for kind, count in more.items():
            self.found.more(kind, count)

    def _kind(self, text: str) -> str:
        kind = self._kinds.get(text)
        if kind is None:
            kind = "" if text in self.number else kind_of(text, self.allowed)
            if len(self._kinds) < MEMO:
                self._kinds[text] = kind
        return kind

    def _by_schema(self, bad: list[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[int, str, str]]:
        import pandas as pd
        import pandera.pandas as pa

        # Labels repeat: each combination is judged once.
        distinct = list(dict.fromkeys(cells for _, cells in bad))
        frame = pd.DataFrame(distinct, columns=list(self.emotions), dtype=object)
        try:
            schema(self.emotions, self.allowed).validate(frame, lazy=True)
        except pa.errors.SchemaErrors as errors:
            cases = errors.failure_cases
            if cases["index"].isna().any():
                # A cell that pandas itself cannot hold (half a character): the check broke off.
                yield from self._directly(bad)
                return
            place = {name: at for at, name in enumerate(self.emotions)}
            wrong: dict[tuple[str, ...], list[int]] = {}
            for row, name in zip(cases["index"], cases["column"], strict=True):
                wrong.setdefault(distinct[int(row)], []).append(place[name])
            for line, cells in bad:
                for at in sorted(wrong[cells]):
                    yield line, self.emotions[at], cells[at]

    def _directly(self, bad: list[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[int, str, str]]:
        for line, cells in bad:
            for name, cell in zip(self.emotions, cells, strict=True):
                if cell not in self.number:
                    yield line, name, cell


def choice(values: Sequence[str]) -> str:
    """Lists what is allowed.

    >>> choice(("0", "1")), choice(("0", "1", "2", "3"))
    ('0 or 1', '0, 1, 2 or 3')
    """
    return f"{', '.join(values[:-1])} or {values[-1]}"
