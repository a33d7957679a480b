"""A problem is data: what is wrong, where, and what to do; and the catalogue that tells more.

Owns the nouns `Problem`, `Entry` and `Findings` and the reading of `catalogue*.toml`. Finding
problems is the business of the other modules of this room; drawing them that of `report/`.

A code is a letter for severity (E error, W warning), a digit for the place (1 archive, 2 name,
3 text and header, 4 ids, 5 rows and cells) and two digits. Every code has a name that says it in
words; code that reports a problem uses the name.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError, suggest

EXAMPLES = 5
PLACES = {"1": "archive", "2": "name", "3": "text and header", "4": "ids", "5": "rows and cells"}
SCORERS = ("organisers-2025", "codabench-2026", "evaluation-notebook")


class Severity(StrEnum):
    """An error makes a file invalid; a warning does not."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True)
class Entry:
    """What the catalogue knows of one kind of problem.

    Attributes:
        code: such as ``E311``.
        name: the same in words, such as ``header-order``.
        title: one line.
        message, fix: templates; ``Problem`` holds them filled in.
        explanation: a paragraph: why it matters, how it comes about.
        official: what each official scorer does with such a file, as a verb phrase.
        official_intensity: where that differs on tracks of degrees (B).
        mended: what ``semeval-emo fix`` did about it, such as "renamed"; empty where it does nothing.
        scorable: True where the labels inside can be read all the same, without guessing.
    """

    code: str
    name: str
    title: str
    message: str
    explanation: str
    fix: str
    official: dict[str, str] = field(default_factory=dict)
    official_intensity: dict[str, str] = field(default_factory=dict)
    mended: str = ""
    scorable: bool = False

    @property
    def severity(self) -> Severity:
        """Error or warning, by the first letter of the code."""
        return Severity.error if self.code[0] == "E" else Severity.warning

    @property
    def place(self) -> str:
        """Where such a problem sits, in words."""
        return PLACES[self.code[1]]

    def says(self, intensity: bool = False) -> dict[str, str]:
        """What each official scorer does, on a track of degrees or of yes and no."""
        return self.official | self.official_intensity if intensity else dict(self.official)


@dataclass(frozen=True)
class Problem:
    """One problem at one place.

    Attributes:
        file: the shown name, ``archive.zip!track_a/pred_eng.csv`` inside zips.
        line: the real line in the file, from 1; None where the whole file is meant.
        column: the name of the column, or None.
        value: what was seen there, made printable and cut short, or None.
        count: how many problems it stands for, where one line tells of several.
    """

    code: str
    severity: Severity
    file: str
    line: int | None
    column: str | None
    value: str | None
    message: str
    fix: str
    count: int = 1


class Findings:
    """Collects the problems of one file: the first examples of each kind, and the count of all.

    >>> found = Findings("pred_eng.csv")
    >>> for line in range(2, 9):
    ...     found.add("blank-line", line=line)
    >>> len(found.problems), found.counts
    (5, {'E506': 7})
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.counts: dict[str, int] = {}
        self._shown: dict[str, int] = {}

    def add(
        self,
        name: str,
        *,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        count: int = 1,
        **facts: Any,
    ) -> None:
        """Records one problem, or `count` of which this is the example.

        Args:
            name: the entry's name in the catalogue.
            facts: what its templates ask for beside file, line, column, value and count.
        """
        entry = catalogue()[name]
        self.counts[entry.code] = self.counts.get(entry.code, 0) + count
        if self._shown.get(entry.code, 0) >= EXAMPLES:
            return
        self._shown[entry.code] = self._shown.get(entry.code, 0) + 1
        seen = None if value is None else shown(value)
        told = {key: shown(one, 400) if isinstance(one, str) else one for key, one in facts.items()}
        told |= {"file": self.file, "line": line, "column": shown(column or ""), "value": seen, "count": count}
        self.problems.append(
            Problem(
                code=entry.code,
                severity=entry.severity,
                file=self.file,
                line=line,
                column=None if column is None else shown(column),
                value=seen,
                message=entry.message.format(**told),
                fix=entry.fix.format(**told),
                count=count,
            )
        )

    def is_full(self, name: str) -> bool:
        """True where a kind has its examples, so that further ones are only counted."""
        return self._shown.get(catalogue()[name].code, 0) >= EXAMPLES

    def more(self, name: str, count: int) -> None:
        """Counts further problems of a kind without examples."""
        if count > 0:
            code = catalogue()[name].code
            self.counts[code] = self.counts.get(code, 0) + count


def shown(value: str, limit: int = 60) -> str:
    r"""Makes a value of a file printable anywhere, on one line, and short.

    >>> shown("1\x1b[31m\u202e"), shown("x" * 70, 10)
    ('1\\x1b[31m\\u202e', 'xxxxxxxxx…')
    """
    text = value[: limit + 1]
    if not (text.isascii() and text.isprintable()):
        seen = (unicodedata.category(c) not in _HIDDEN or c == " " for c in text)
        text = "".join(c if ok else c.encode("unicode_escape").decode() for c, ok in zip(text, seen, strict=True))
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Control, format (bidi overrides, zero width), surrogate, private, unassigned, separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


@cache
def catalogue() -> dict[str, Entry]:
    """Every kind of problem, by name, in the order of the codes.

    >>> catalogue()["header-case"].severity.value
    'error'
    """
    raw: dict[str, Any] = {}
    for path in sorted(Path(__file__).parent.glob("catalogue*.toml")):
        with path.open("rb") as stream:
            raw |= tomllib.load(stream)
    entries = (Entry(code=code, **_tidy(one)) for code, one in raw.items())
    return {entry.name: entry for entry in sorted(entries, key=lambda e: (e.code[1:], e.code[0]))}


def _tidy(one: dict[str, Any]) -> dict[str, Any]:
    """Joins the lines of a paragraph: TOML keeps them, a terminal wraps anew."""
    return {key: " ".join(value.split()) if isinstance(value, str) else value for key, value in one.items()}


def entry(code: str) -> Entry:
    """Looks a kind of problem up by code or name, in either case.

    Raises:
        UsageError: there is no such code.

    >>> entry("header-case") is entry(entry("header-case").code.lower())
    True
    """
    named = catalogue()
    by_code = {one.code: one for one in named.values()}
    found = by_code.get(code.strip().upper()) or named.get(code.strip().lower())
    if found is None:
        near = suggest(code.strip().lower(), named) or suggest(code.strip().upper(), by_code)
        raise UsageError(f"There is no problem code '{shown(code)}'.", near or "semeval-emo explain lists every code")
    return found


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorts problems by file (as they came), then place, then code; lines keep their order."""
    files: dict[str, int] = {}
    kept = list(problems)
    for one in kept:
        files.setdefault(one.file, len(files))
    return sorted(kept, key=lambda p: (files[p.file], p.code[1:], p.code[0]))
