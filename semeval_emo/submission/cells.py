"""Label cells: parse them, and classify the ones that are not allowed.

A good row costs one dictionary look-up, so clean files are fast. Uses the standard library only.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from semeval_emo.submission.problem import Findings, entry
from semeval_emo.tables.decisions import BLANK, halves
from semeval_emo.tables.names import remove_invisible
from semeval_emo.tables.shapes import REPORTED
from semeval_emo.text import alternatives, printable

Labels = tuple[int, ...]

# How often a word occurs, its first line and column, and how it is written there.
_Word = tuple[int, int, str, str]

# Bad rows are reported in chunks of this size, and at most this many distinct rows and cells are remembered.
CHUNK_ROWS, CACHE_SIZE = 5_000, 50_000
# Problems of which a file has one, with all of its words.
WORDS = frozenset({"text-cell", "unmapped-word"})

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
_LOWEST, _HIGHER = DEGREES[0], frozenset().union(*DEGREES[1:])
# Words for 0 and 1. One of them alone can be another word, so both must be in the file; except True and False.
PAIRS = (
    ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"),
    # What spreadsheets write in German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish and Russian.
    ("falsch", "wahr"), ("faux", "vrai"), ("falso", "verdadero"), ("falso", "verdadeiro"), ("falso", "vero"),
    ("onwaar", "waar"), ("fałsz", "prawda"), ("yanlış", "doğru"), ("ложь", "истина"),
)  # fmt: skip
TRUE_WORDS = frozenset(true for _, true in PAIRS)
_BOOLEANS = frozenset(PAIRS[0])
# What marks a label in a spreadsheet in which all other cells are blank.
_CROSSES = frozenset({"x", "v", "\u2713", "\u2714", "*", "+", "y", "yes"})
NUMBERS = frozenset({"fraction-cell", "float-cell", "number-form", "out-of-range"})
_INTEGER = re.compile(r"[+-]?\d+(?:_\d+)*")
# So many different integers are a scale, such as percentages.
_SCALE = 5
# Words that need no quotes inside of an option.
_OPTION_WORD = re.compile(r"[^\x00-\x1f\x7f,=;()'\"]+")
# At most so many words are listed, and suggested for --map.
_MOST_WORDS = 10


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
    if stripped.lower() in _BOOLEANS:
        return "boolean-cell"
    if remove_invisible(text) in values:
        return "hidden-character"
    if _INTEGER.fullmatch(stripped):
        # int() refuses more than 4,300 digits; no label has 40.
        return "number-form" if len(stripped) < 40 and str(int(stripped)) in values else "out-of-range"
    number = number_of(stripped)
    if number is None or (stripped.endswith("%") and len(values) > 2):
        return "text-cell"
    if number != number or not float(values[0]) <= number <= float(values[-1]):
        return "out-of-range"
    return "float-cell" if number.is_integer() and not stripped.endswith("%") else "fraction-cell"


def number_of(text: str) -> float | None:
    """Return the number of a cell, with a decimal point or comma, or in per cent; None if it is no number.

    >>> number_of("0,5"), number_of("42 %"), number_of("joy")
    (0.5, 0.42, None)
    """
    try:
        return float(text.replace(",", ".").rstrip("% ")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None


class CellContents:
    """What the label cells of a file have in common: a cell is judged by the others.

    Attributes:
        fractional: the labels whose columns have fractions. A 1.0 among them is a probability, not a label.
        lowest, highest: the range of the labels and all numbers.
        largest: the largest number that is not an allowed label.
        is_beyond: whether binary labels have fractions, or many integers, outside of 0 to 1.
        integers: some integers out of range, as written.
        has_degrees: whether intensities have words for degrees.
        pairs: the words of each of `PAIRS` of which both are there.
    """

    def __init__(self, values: Sequence[str]) -> None:
        self.values, self.fractional, self.pairs = tuple(values), set[str](), set[str]()
        self.lowest, self.highest, self.largest = float(values[0]), float(values[-1]), float(values[0])
        self.is_beyond = self.has_degrees = self.has_numbers = False
        self._words: set[str] = set()
        self.integers: set[str] = set()
        self._alone: dict[str, str] = {}

    def learn(self, label: str, text: str) -> None:
        """Take account of one cell that is not an allowed label."""
        problem = self._problem_alone(text)
        if problem == "fraction-cell" and label in self.fractional and len(self.values) == 2:
            return  # nothing new
        word = text.strip().casefold()
        if problem in NUMBERS and (number := number_of(text.strip())) is not None and isfinite(number):
            self.has_numbers = True
            self.largest = max(self.largest, number)
            if problem == "fraction-cell":
                self.fractional.add(label)
            if problem == "out-of-range":
                self.lowest, self.highest = min(self.lowest, number), max(self.highest, number)
                if number.is_integer() and len(self.integers) < _SCALE:
                    self.integers.add(word)
                is_scale = not number.is_integer() or len(self.integers) >= _SCALE
                if len(self.values) == 2:
                    self.is_beyond |= is_scale
                elif is_scale:
                    self.fractional.add(label)
        elif problem in ("text-cell", "nan-cell", "boolean-cell") and len(self._words) < CACHE_SIZE:
            self._words.add(word)
            self.has_degrees |= len(self.values) > 2 and word in _HIGHER
            self.pairs.update(*(pair for pair in PAIRS if word in pair and self._words.issuperset(pair)))

    def problem(self, label: str, text: str) -> str:
        """Return the catalogue name of the problem of a cell that is not an allowed label, in view of the others."""
        problem = self._problem_alone(text)
        if problem in NUMBERS:
            if self.is_beyond:
                return "score-cell"
            is_scale = len(self.values) > 2 and bool(self.fractional)
            is_fraction = (
                label in self.fractional if problem == "float-cell" else problem == "out-of-range" and is_scale
            )
            return "fraction-cell" if is_fraction else problem
        word = text.strip().casefold()
        if problem == "nan-cell" and self.has_degrees and word in _LOWEST:
            return "text-cell"
        return "boolean-cell" if word in self.pairs else problem

    def unmarked(self, problems: Collection[str]) -> list[str]:
        """Return the words of cells that say nothing, among marks of labels: `BLANK`, none, ...

        Args:
            problems: the names of the problems of the file.
        """
        blank = [BLANK] if "blank-cell" in problems else []
        return blank + (sorted(self._words & _MISSING) if "nan-cell" in problems else [])

    def _problem_alone(self, text: str) -> str:
        problem = self._alone.get(text)
        if problem is None:
            problem = cell_problem(text, self.values)
            if len(self._alone) < CACHE_SIZE:
                self._alone[text] = problem
        return problem


class LabelParser:
    """Converts the label cells of rows to integers and reports the cells that are not allowed.

    Attributes:
        contents: what is known of the cells of the file so far.
        mapped: the label of each word that has one.
        seen: the names of the problems so far.
        has_own_cells: False if the cells are made from names, where a blank one is a name that is missing.
        first_rows: returns the label cells of the first rows, for parsers that have to know them in advance.

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
        self.contents = CellContents(values)
        self.mapped: Mapping[str, int] = {}
        self.seen: set[str] = set()
        self.has_own_cells = True
        self.first_rows: Callable[[], Iterable[tuple[str, ...]]] = tuple
        self._numbers = {text: int(text) for text in values}
        self._bad_rows: list[tuple[int, tuple[str, ...]]] = []
        self._problems: dict[tuple[str, str], str] = {}
        # By word that is not a label: see `_Word`.
        self._words: dict[str, dict[str, _Word]] = {}
        # The options that define marks and the cells without one.
        self._marked = ""
        # No cell has the name of another column, so that cells have not been moved.
        self._names, self._are_own_names = {name.casefold() for name in emotions}, True

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
            self._report()
        return None

    def finish(self) -> None:
        """Report the bad cells of the rows parsed so far."""
        self._report()
        for name, words in self._words.items():
            self._report_words(name, words)
        self._words = {}
        if self._marked:
            # Blank cells beside marks have one cause with them, and one option decides both.
            codes = {entry("blank-cell").code, entry("nan-cell").code}
            fix = f"if no prediction is missing, define them with the words: semeval-emo fix {self._marked}"
            self.findings.problems = [
                replace(problem, fix=fix, options=self._marked) if problem.code in codes else problem
                for problem in self.findings.problems
            ]

    def _report(self) -> None:
        rows, self._bad_rows = self._bad_rows, []
        bad = [
            (line, name, text)
            for line, cells in rows
            for name, text in zip(self.emotions, cells, strict=True)
            if text not in self._numbers
        ]
        for label, text in {(name, text): None for _, name, text in bad}:
            self.contents.learn(label, text)
            self._are_own_names &= text.strip().casefold() not in self._names - {label.casefold()}
        self._problems = {}
        contents = self.contents
        facts: dict[str, Any] = {
            "expected": alternatives(self.allowed), "low": contents.lowest, "high": contents.highest,
        }  # fmt: skip
        unlisted: Counter[str] = Counter()
        for line, name, text in bad:
            problem = self._problem(name, text)
            self.seen.add(problem)
            if problem in WORDS:
                word = text.strip().casefold()
                words = self._words.setdefault(problem, {})
                count, *_ = first = words.get(word, (0, line, name, text))
                if count or len(words) < CACHE_SIZE:
                    words[word] = (count + 1, *first[1:])
            elif problem in unlisted or self.findings.is_full(problem):
                unlisted[problem] += 1
            else:
                # On a scale with fractions, integers beyond the labels are rounded or cut with them.
                what = "out of range" if text.strip().lstrip("+-").isdecimal() else "a fraction"
                own = facts | self._advice(problem) | {"what": what}
                self.findings.add(problem, line=line, column=name, value=text, **own)
        for problem, count in unlisted.items():
            self.findings.more(problem, count)

    def _advice(self, problem: str) -> dict[str, Any]:
        """Return the remedies of numbers that are not labels, and an example of the options of `fix`."""
        labels, contents = alternatives(self.allowed), self.contents
        if problem == "fraction-cell" and len(self.allowed) > 2:
            choice = f"semeval-emo fix --round, or semeval-emo fix --cuts {halves(self.allowed)}"
            advice, options = f"round to {labels}, or choose cut points ({choice})", "--round"
            if contents.lowest >= 0 and contents.largest <= 1:
                # The numbers of `zoo train` are intensities divided by the highest one.
                of_unit = ",".join(f"{(n + 0.5) / (len(self.allowed) - 1):.2g}" for n in range(len(self.allowed) - 1))
                advice = f"if these are from 0 to {self.allowed[-1]}, round them (semeval-emo fix --round); "
                advice += f"if they are from 0 to 1, choose cut points (semeval-emo fix --cuts {of_unit})"
                options = ""
            return {"advice": advice, "instead": "", "options": options}
        if problem == "fraction-cell":
            return {
                "advice": "apply a threshold to probabilities (semeval-emo fix --threshold 0.5), then write integers",
                "instead": f"write {labels}; with other cells outside of 0 to 1, these are not probabilities",
                "options": "--threshold 0.5",
            }
        if problem == "out-of-range":
            written = sorted(contents.integers)
            if written and {*map(number_of, written)} == {-1} and len(self.allowed) == 2:
                options = f"--map {','.join(f'{text}=0' for text in written)}"
                return {"numbers": f"if -1 is an absent label: semeval-emo fix {options}", "options": options}
            return {"numbers": f"write {labels}"}
        if problem != "score-cell":
            return {}
        options = "--scores logits --threshold 0.5"
        scale = f"if these are logits, apply the sigmoid and a threshold (semeval-emo fix {options})"
        if contents.lowest >= 0 and contents.highest <= 100:
            percent = "if these are percentages, apply a threshold (semeval-emo fix --scores percent --threshold 0.5)"
            return {"scale": f"{percent}; {scale}"}
        return {"scale": scale, "options": options}

    def _report_words(self, name: str, words: dict[str, _Word]) -> None:
        """Report all words of a file as one problem."""
        expected = alternatives(self.allowed)
        total = sum(count for count, *_ in words.values())
        _, line, column, text = next(iter(words.values()))
        seen = f"'{printable(text)}' is not {expected}"
        if total > 1:
            counts = [f"{printable(text, 30)} ({count:,})" for count, _, _, text in [*words.values()][:_MOST_WORDS]]
            more = f" and {len(words) - _MOST_WORDS:,} others" if len(words) > _MOST_WORDS else ""
            seen = f"{total:,} cells are words, not {expected}: {', '.join(counts)}{more}"
        self.findings.add(
            name, line=line, column=column if total == 1 else None, value=text, count=total, seen=seen,
            expected=expected, **self._map_advice([*words]),
        )  # fmt: skip

    def _map_advice(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the remedy of words: the option --map, filled in for words that are degrees."""
        labels = alternatives(self.allowed)
        if len(words) > _MOST_WORDS or any(not _OPTION_WORD.fullmatch(word) for word in words):
            return {"words": f"write {labels}"}
        # The name of its column marks a label as a cross does.
        are_names = len(self.allowed) == 2 and self._are_own_names and {*words} <= self._names
        unmarked = self.contents.unmarked(self.seen) if self.has_own_cells else []
        is_marked = bool(unmarked) and (are_names or {*words} <= _CROSSES)
        if is_marked:
            words = [*words, *unmarked]
        degrees = {word: at for at, names in enumerate(DEGREES) for word in names}
        is_known = len(self.allowed) == len(DEGREES) and {*words} <= {*degrees}
        ordered = sorted(words, key=degrees.__getitem__) if is_known else words
        pairs = {**self.mapped, **{word: degrees[word] if is_known else "LABEL" for word in ordered}}
        if is_marked and are_names:
            pairs |= {word: int(word not in unmarked) for word in words}
        options = f"--map {shlex.quote(','.join(f'{word}={label}' for word, label in pairs.items()))}"
        self._marked = options if is_marked else ""
        rest = "" if is_known or "LABEL" not in pairs.values() else f"; LABEL is {labels}"
        return {"words": f"define the label of each word: semeval-emo fix {options}{rest}", "options": options}

    def _problem(self, label: str, text: str) -> str:
        problem = self._problems.get((label, text))
        if problem is None:
            problem = self.contents.problem(label, text)
            if len(self._problems) < CACHE_SIZE:
                self._problems[label, text] = problem
        return problem
