"""What checking gives back: a report of every file, and the predictions that can be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from semeval_emo.submission.problem import Problem, Severity, entry, in_order
from semeval_emo.task import FileSpec, short_hash

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Part:
    """The rows of a file that belong to one file of the task; a proper file has one part.

    Attributes:
        held: how many of its ids are there.
        lines: first and last line of its rows.
        releases: every release that these ids fit as they are, the default one first.
        is_scorable: True where every id is there once with good labels.
    """

    spec: FileSpec
    held: int
    lines: tuple[int, int]
    releases: tuple[str, ...]
    is_scorable: bool

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        spec = self.spec
        return {
            "release": spec.release, "track": spec.track, "language": spec.language, "split": spec.split,
            "rows": self.held, "expected_rows": spec.rows, "lines": list(self.lines),
            "fits_releases": list(self.releases), "scorable": self.is_scorable,
        }  # fmt: skip


@dataclass(frozen=True)
class FileReport:
    """What was found about one file, folder or zip.

    Attributes:
        file: its shown name.
        kind: ``predictions`` for a file that was read, ``container`` for a folder or zip as such.
        rows: rows of data.
        lines: physical lines.
        encoding: the encoding found.
        parts: what its rows are, the meant part first; empty where no id is known.
        counts: how many problems of each code, examples or not.
    """

    file: str
    kind: str = "predictions"
    rows: int = 0
    lines: int = 0
    encoding: str = ""
    parts: tuple[Part, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How many errors, examples or not."""
        return sum(n for code, n in self.counts.items() if entry(code).severity is Severity.error)

    @property
    def warnings(self) -> int:
        """How many warnings, examples or not."""
        return sum(self.counts.values()) - self.errors

    @property
    def valid(self) -> bool:
        """True where there is no error."""
        return not any(code.startswith("E") for code in self.counts)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "file": self.file, "kind": self.kind, "valid": self.valid, "rows": self.rows, "lines": self.lines,
            "encoding": self.encoding, "parts": [part.to_dict() for part in self.parts], "counts": dict(self.counts),
        }  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What `validate` returns.

    Attributes:
        task: short name of the task that the ids belong to.
        files: every file that was read, and every folder or zip that has problems of its own.
        problems: the first examples of each kind in each file, in the order of files and places.
    """

    task: str
    files: tuple[FileReport, ...]
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """True where there is no error, and at least one file."""
        return all(one.valid for one in self.files) and any(one.kind == "predictions" for one in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """How many problems of each code in all files, in the order of the codes."""
        total: dict[str, int] = {}
        for one in self.files:
            for code, count in one.counts.items():
                total[code] = total.get(code, 0) + count
        return dict(sorted(total.items(), key=lambda item: (item[0][1:], item[0][0])))

    @property
    def errors(self) -> int:
        """How many errors in all files."""
        return sum(one.errors for one in self.files)

    @property
    def warnings(self) -> int:
        """How many warnings in all files."""
        return sum(one.warnings for one in self.files)

    def of(self, file: str) -> list[Problem]:
        """The problems of one file."""
        return [problem for problem in self.problems if problem.file == file]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, ``semeval-emo/validate/1``."""
        return {
            "schema": "semeval-emo/validate/1",
            "valid": self.valid,
            "task": self.task,
            "errors": self.errors,
            "warnings": self.warnings,
            "counts": self.counts,
            "files": [one.to_dict() for one in self.files],
            "problems": [
                {
                    "code": one.code, "name": entry(one.code).name, "severity": one.severity.value, "file": one.file,
                    "line": one.line, "column": one.column, "value": one.value, "message": one.message,
                    "fix": one.fix, "count": one.count, "official": _official(one, self.files),
                }
                for one in self.problems
            ],
        }  # fmt: skip


def _official(problem: Problem, files: Sequence[FileReport]) -> dict[str, str]:
    """What each official scorer does with this problem on the track of its file."""
    part = next((one.parts[0] for one in files if one.file == problem.file and one.parts), None)
    return entry(problem.code).official_for(part is not None and len(part.spec.values) > 2)


@dataclass(frozen=True, eq=False)
class Predictions:
    """The labels that one file (or one part of it) predicts, complete and clean.

    Attributes:
        spec: the file of the task that they answer.
        values: shape (n, L), int8; rows in the order of ``spec.ids``, columns of ``spec.emotions``.
        path: where they come from, as people are shown it.
        releases: every release that has exactly these ids, the default one first.
    """

    spec: FileSpec
    values: np.ndarray
    path: str
    releases: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """`short_hash` of the sorted lines ``id<TAB>label<TAB>...``: the identity of the predictions."""
        rows = zip(self.spec.ids, self.values.tolist(), strict=True)
        return short_hash(sorted("\t".join([one, *map(str, labels)]) for one, labels in rows))


@dataclass(frozen=True, eq=False)
class Submission:
    """What `read_submission` returns: what can be scored, and the report of everything."""

    predictions: tuple[Predictions, ...]
    report: Report


def report_of(task: str, files: Sequence[FileReport], problems: Sequence[Problem]) -> Report:
    """Puts a report together, problems in order."""
    return Report(task, tuple(files), tuple(in_order(problems)))
