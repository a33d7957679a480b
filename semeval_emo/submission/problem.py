"""Problems of prediction files as data, and the catalogue that explains them.

A code is a letter for the severity (E error, W warning), a digit for the place (1 archive, 2 name, 3 text and
header, 4 ids, 5 rows and cells) and two digits. Every code also has a name in words; code that reports a problem
uses the name.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError, suggest
from semeval_emo.submission.names import name_form
from semeval_emo.task import Task
from semeval_emo.text import alternatives, plural, printable

EXAMPLES = 5
PLACES = {"1": "archive", "2": "name", "3": "text and header", "4": "ids", "5": "rows and cells"}


class Severity(StrEnum):
    """An error makes a file invalid; a warning does not."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True)
class Entry:
    """The catalogue entry of one code.

    Attributes:
        name: the code in words, such as ``header-order``.
        message, fix: templates; a `Problem` has them filled in.
        explanation: a paragraph: why it matters and what causes it, in any task.
        by_hand: the fix in a file in which `semeval-emo fix` leaves the problem, if it is not `fix`.
        generic_fix: the fix without the details of a file; the same as `fix` if that is not a template.
        official: what each official scorer of any task does with such a file, as a verb phrase.
        official_intensity: where that differs on intensity tracks.
        repair: what ``semeval-emo fix`` does about it, such as "renamed"; empty if it does nothing.
        scorable: True if the labels can be read anyway, without guessing.
    """

    code: str
    name: str
    title: str
    message: str
    explanation: str
    fix: str
    by_hand: str = ""
    generic_fix: str = ""
    official: dict[str, str] = field(default_factory=dict)
    official_intensity: dict[str, str] = field(default_factory=dict)
    repair: str = ""
    scorable: bool = False

    @property
    def severity(self) -> Severity:
        """Error or warning, by the first letter of the code."""
        return Severity.error if self.code[0] == "E" else Severity.warning

    @property
    def place(self) -> str:
        """Where in a submission the problem is, in words."""
        return PLACES[self.code[1]]

    def official_for(self, intensity: bool) -> dict[str, str]:
        """What each official scorer does on an intensity track, or on any other."""
        return self.official | self.official_intensity if intensity else dict(self.official)

    def of(self, task: Task) -> Entry:
        """Return the entry in the words of a task: its names of files, its layout, its official scorers and its note.

        >>> from semeval_emo.task import load_task
        >>> [list(entry("name-unseen").of(load_task(name)).official) for name in ("task11", "sample")]
        [['organisers-2025', 'codabench-2026'], []]
        """
        form, layout = name_form(task), task.layout.predictions
        names = {
            "{form}": form.filled(),
            "{example}": form.filled(next(iter(task.languages)), next(iter(task.tracks))),
            "{folders}": alternatives([form.folder_of(track) for track in task.tracks]) if form.folder else "the root",
            "{header}": layout.shown_header(task.emotions),
            "{written_as}": layout.written_as,
            "{delimiters}": layout.delimiters,
            "{in_pandas}": layout.in_pandas(),
            "{without_index}": layout.in_pandas("index=False"),
        }
        texts = {
            "title": self.title,
            "explanation": f"{self.explanation} {task.notes.get(self.name, '')}",
            "generic_fix": self.generic_fix,
            "repair": self.repair,
        }
        for name, value in names.items():
            texts = {key: text.replace(name, value).rstrip() for key, text in texts.items()}
        official, intensity = (
            {key: text for key, text in outcomes.items() if key in task.scorers}
            for outcomes in (self.official, self.official_intensity)
        )
        return replace(
            self, official=official, official_intensity=intensity, title=texts["title"],
            explanation=texts["explanation"], generic_fix=texts["generic_fix"], repair=texts["repair"],
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``semeval-emo explain`` prints."""
        return {
            "code": self.code, "name": self.name, "severity": self.severity.value, "place": self.place,
            "title": self.title, "explanation": self.explanation, "fix": self.generic_fix, "mended": self.repair,
            "official": self.official, "official_intensity": self.official_intensity,
        }  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One problem at one place.

    Attributes:
        file: its name as shown to the user, ``archive.zip!track_a/pred_eng.csv`` inside zips.
        line: the physical line in the file, from 1; None for a problem of the whole file.
        value: the value found there, printable and truncated, or None.
        count: how many problems this one represents, such as the number of ids in a range of missing ids.
        by_hand: how to fix it if `semeval-emo fix` does not; empty if that is `fix`, too.
        options: an example of the options with which `semeval-emo fix` fixes it; empty if it needs none or none does.
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
    by_hand: str = ""
    options: str = ""


class Findings:
    """The problems of one file: the first examples of each code, and the count of all.

    >>> findings = Findings("pred_eng.csv")
    >>> for line in range(2, 9):
    ...     findings.add("blank-line", line=line)
    >>> len(findings.problems), findings.counts
    (5, {'E506': 7})
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.counts: dict[str, int] = {}
        self._examples: dict[str, int] = {}

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
        """Record one problem, or `count` problems of which this is the example.

        Args:
            name: the entry's name in the catalogue.
            facts: what its templates need besides file, line, column, value and count.
        """
        entry = catalogue()[name]
        self.counts[entry.code] = self.counts.get(entry.code, 0) + count
        if self._examples.get(entry.code, 0) >= EXAMPLES:
            return
        self._examples[entry.code] = self._examples.get(entry.code, 0) + 1
        value = None if value is None else printable(value)
        column = None if column is None else printable(column)
        facts = {key: printable(fact, 400) if isinstance(fact, str) else fact for key, fact in facts.items()}
        facts |= {"file": self.file, "line": line, "column": column or "", "value": value, "count": count}
        self.problems.append(
            Problem(
                code=entry.code,
                severity=entry.severity,
                file=self.file,
                line=line,
                column=column,
                value=value,
                message=_TEMPLATES.vformat(entry.message, (), facts),
                fix=_TEMPLATES.vformat(entry.fix, (), facts),
                count=count,
                by_hand=_TEMPLATES.vformat(entry.by_hand, (), facts),
                options=str(facts.get("options", "")),
            )
        )

    def drop(self, name: str, columns: Container[str | None]) -> None:
        """Remove the problems of a code about these columns (None: about none), which are all among its examples."""
        code = catalogue()[name].code
        kept = [one for one in self.problems if one.code != code or one.column not in columns]
        self.counts[code] = self.counts.get(code, 0) - (len(self.problems) - len(kept))
        if not self.counts[code]:
            del self.counts[code]
        self.problems = kept

    def is_full(self, name: str) -> bool:
        """True if a code has all its examples, so that further problems are only counted."""
        return self._examples.get(catalogue()[name].code, 0) >= EXAMPLES

    def more(self, name: str, count: int) -> None:
        """Count further problems of a code without examples."""
        if count > 0:
            code = catalogue()[name].code
            self.counts[code] = self.counts.get(code, 0) + count


class _Templates(string.Formatter):
    """A formatter for messages: `str.format`, and ``{count:# file}`` for a count with its noun."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec.startswith("# "):
            return plural(value, format_spec[2:])
        return str(super().format_field(value, format_spec))


_TEMPLATES = _Templates()


@cache
def catalogue() -> dict[str, Entry]:
    """Return every entry by name, in the order of the codes.

    >>> catalogue()["header-case"].severity.value
    'error'
    """
    tables: dict[str, Any] = {}
    for path in sorted(Path(__file__).parent.glob("catalogue*.toml")):
        with path.open("rb") as stream:
            tables |= tomllib.load(stream)
    entries = [Entry(code=code, **({"generic_fix": table["fix"]} | table)) for code, table in tables.items()]
    return {entry.name: entry for entry in sorted(entries, key=lambda e: (e.code[1:], e.code[0]))}


def entry(code: str) -> Entry:
    """Look up an entry by code or name, ignoring case.

    Raises:
        UsageError: there is no such code.

    >>> entry("header-case") is entry(entry("header-case").code.lower())
    True
    """
    by_name = catalogue()
    by_code = {entry.code: entry for entry in by_name.values()}
    match = by_code.get(code.strip().upper()) or by_name.get(code.strip().lower())
    if match is None:
        hint = suggest(code.strip().lower(), by_name) or suggest(code.strip().upper(), by_code)
        hint = hint or "semeval-emo explain lists all codes"
        raise UsageError(f"There is no problem code '{printable(code)}'.", hint)
    return match


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by file (in the order of first occurrence), then place, then code; lines keep their order."""
    files: dict[str, int] = {}
    kept = list(problems)
    for problem in kept:
        files.setdefault(problem.file, len(files))
    return sorted(kept, key=lambda p: (files[p.file], p.code[1:], p.code[0]))
