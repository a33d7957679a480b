"""Label cells: parse them, and classify the ones that are not allowed.

A good row costs one dictionary look-up, so clean files are fast. Uses the standard library only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from semeval_emo.tables.names import remove_invisible
from semeval_emo.tables.shapes import REPORTED
from semeval_emo.text import alternatives

if TYPE_CHECKING:
    from semeval_emo.submission.problem import Findings

Labels = tuple[int, ...]

# Bad rows are reported in chunks of this size, and at most this many distinct rows and cells are remembered.
CHUNK_ROWS, CACHE_SIZE = 5_000, 50_000

_MISSING = frozenset(
    ("nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nil", "nat", "missing", "-", ".", "?")
)
# Words for degrees, lowest first. Beside another one, "none" is a degree too, and no missing value.
DEGREES = (
    frozenset({"none", "nil", "no", "zero", "absent", "neutral"}),
    frozenset({"low", "mild", "slight", "weak", "minor"}),
    frozenset({"medium", "moderate", "mid", "middle"}),
    frozenset({"high", "strong", "severe", "intense", "extreme"}),
)
_SCALE = "none 0, low 1, medium 2, high 3"
_LOWEST, _HIGHER = DEGREES[0], frozenset().union(*DEGREES[1:])
_INTEGER = re.compile(r"[+-]?\d+(?:_\d+)*")


def cell_problem(text: str, values: Sequence[str]) -> str:
    r"""Return the catalogue name of the problem of a cell that is not one of `values`.

    >>> cells = ["", "nan", "1.0", "True", "0.73", "2", "+1", "01", "-1", "joy", "1\u200b", "1e0"]
    >>> [cell_problem(text, ("0", "1")) for text in cells[:6]]
    ['blank-cell', 'nan-cell', 'float-cell', 'boolean-cell', 'fraction-cell', 'out-of-range']
    >>> [cell_problem(text, ("0", "1")) for text in cells[6:]]
    ['number-form', 'number-form', 'out-of-range', 'text-cell', 'hidden-character', 'float-cell']
    """
    stripped = text.strip()
    if not stripped:
        return "blank-cell"
    if stripped.lower() in _MISSING:
        return "nan-cell"
    if stripped.lower() in ("true", "false"):
        return "boolean-cell"
    if remove_invisible(text) in values:
        return "hidden-character"
    if _INTEGER.fullmatch(stripped):
        # int() refuses more than 4,300 digits; no label has 40.
        return "number-form" if len(stripped) < 40 and str(int(stripped)) in values else "out-of-range"
    try:
        number = float(stripped.replace(",", "."))
    except ValueError:
        return "text-cell"
    if number != number or not float(values[0]) <= number <= float(values[-1]):
        return "out-of-range"
    return "float-cell" if number.is_integer() else "fraction-cell"


class LabelParser:
    """Converts the label cells of rows to integers and reports the cells that are not allowed.

    >>> from semeval_emo.submission.problem import Findings
    >>> findings = Findings("pred_eng.csv")
    >>> parser = LabelParser(("joy", "fear"), ("0", "1"), findings)
    >>> parser.parse(2, ("0", "1")), parser.parse(3, ("1.0", "0"))
    ((0, 1), None)
    >>> parser.finish()
    >>> [(p.line, p.column, p.value) for p in findings.problems]
    [(3, 'joy', '1.0')]
    """

    def __init__(self, emotions: Sequence[str], values: Sequence[str], findings: Findings) -> None:
        self.emotions, self.allowed, self.findings = tuple(emotions), tuple(values), findings
        self.parsed: dict[tuple[str, ...], Labels] = {}
        self._numbers = {text: int(text) for text in values}
        labels = alternatives(self.allowed)
        self._advice = "apply a threshold to probabilities (semeval-emo fix --threshold 0.5), then write integers"
        self._instead = f"write {labels}; with other cells outside of 0 to 1, these are not probabilities"
        if len(values) > 2:
            self._advice = self._instead = f"round intensities to {labels}"
        self._bad_rows: list[tuple[int, tuple[str, ...]]] = []
        self._problems: dict[str, str] = {}
        # A 1.0 in a column of fractions is a probability like them, not a label.
        self._fractional: set[str] = set()
        self._has_degrees = False

    def parse(self, line: int, cells: tuple[str, ...]) -> Labels | None:
        """Return the labels of one row, or None if a cell is not allowed (reported by `finish` at the latest)."""
        labels = self.parsed.get(cells)
        if labels is not None:
            return labels
        numbers = [self._numbers.get(cell) for cell in cells]
        if None not in numbers:
            labels = tuple(self._numbers[cell] for cell in cells)
            if len(self.parsed) < CACHE_SIZE:
                self.parsed[cells] = labels
            return labels
        for at, cell in enumerate(cells):
            if numbers[at] is None and (stripped := cell.strip(" \t")) in self._numbers:
                self.findings.add(
                    "padded-cell", line=line, column=self.emotions[at], value=repr(cell), expected=stripped
                )
                numbers[at] = self._numbers[stripped]
        if REPORTED in cells:
            return None
        if None not in numbers:
            return tuple(number for number in numbers if number is not None)
        self._bad_rows.append((line, tuple(c if n is None else str(n) for c, n in zip(cells, numbers, strict=True))))
        if len(self._bad_rows) >= CHUNK_ROWS:
            self.finish()
        return None

    def finish(self) -> None:
        """Report the bad cells of the rows parsed so far."""
        rows, self._bad_rows = self._bad_rows, []
        bad = [
            (line, name, text, self._problem(text))
            for line, cells in rows
            for name, text in zip(self.emotions, cells, strict=True)
            if text not in self._numbers
        ]
        self._fractional.update(name for _, name, _, problem in bad if problem == "fraction-cell")
        has_words = len(self.allowed) > 2 and any(problem == "text-cell" for *_, problem in bad)
        if has_words and not self._has_degrees:
            self._has_degrees = any(text.strip().lower() in _HIGHER for _, _, text, _ in bad)
        expected = alternatives(self.allowed)
        words = f"write {expected}"
        if self._has_degrees:
            scale = _SCALE if len(self.allowed) == len(DEGREES) else expected
            words = f"write the degrees as numbers: {scale}"
        unlisted: Counter[str] = Counter()
        for line, name, text, problem in bad:
            if problem == "float-cell" and name in self._fractional:
                problem = "fraction-cell"
            elif problem == "nan-cell" and self._has_degrees and text.strip().lower() in _LOWEST:
                problem = "text-cell"
            if problem in unlisted or self.findings.is_full(problem):
                unlisted[problem] += 1
            else:
                self.findings.add(
                    problem, line=line, column=name, value=text, expected=expected, words=words, advice=self._advice,
                    instead=self._instead,
                )  # fmt: skip
        for problem, count in unlisted.items():
            self.findings.more(problem, count)

    def _problem(self, text: str) -> str:
        problem = self._problems.get(text)
        if problem is None:
            problem = cell_problem(text, self.allowed)
            if len(self._problems) < CACHE_SIZE:
                self._problems[text] = problem
        return problem
