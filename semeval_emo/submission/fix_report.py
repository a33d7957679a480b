"""What `fix` and `pack` return: changes, refusals and new files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from semeval_emo.submission.problem import Problem
from semeval_emo.submission.result import Predictions
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import FileSpec
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame


@dataclass(frozen=True)
class Change:
    """One kind of repair in one file.

    Attributes:
        code: of the problem that was fixed; empty if only the bytes changed.
        done: what was done, such as "columns reordered by name".
        examples: the first problems of the kind, with their lines.
    """

    file: str
    code: str
    done: str
    count: int
    examples: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A file, or a part of it, that was not written.

    Attributes:
        part: the part in words, ``2025 track c eng test``; empty for the whole file.
        problems: the first of the problems that prevent it.
        counts: the number of problems of each code.
        why: the reason if it is not a problem of the catalogue; else empty.
        fixable: the paths that ``semeval-emo fix`` takes if it fixes all of its problems; else empty.
    """

    file: str
    part: str = ""
    problems: tuple[Problem, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    why: str = ""
    fixable: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "file": self.file, "part": self.part, "why": self.why, "counts": self.counts,
            "problems": [_example(problem) for problem in self.problems],
        }  # fmt: skip


@dataclass(frozen=True)
class WrittenFile:
    """A new file, and the file that it was made from."""

    source: str
    path: str
    spec: FileSpec

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"source": self.source, "path": self.path, **self.spec.address, "rows": self.spec.rows}


@dataclass(frozen=True)
class FixReport(Result):
    """The result of `fix`.

    Attributes:
        out: the file or folder that was written; empty if nothing was.
        unchanged: True if there was nothing to fix.
        predictions: the labels of each part that could be fixed, in memory.
    """

    paths: tuple[str, ...]
    out: str
    written: tuple[WrittenFile, ...]
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    unchanged: bool
    notes: tuple[str, ...] = ()
    predictions: tuple[Predictions, ...] = ()

    @property
    def source(self) -> str:
        """The input paths, separated by commas."""
        return ", ".join(self.paths)

    @property
    def ok(self) -> bool:
        """True if nothing was refused."""
        return not self.refusals

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/fix/1``."""
        return {
            "schema": "semeval-emo/fix/1",
            "ok": self.ok,
            "unchanged": self.unchanged,
            "source": self.source,
            "out": self.out,
            "written": [file.to_dict() for file in self.written],
            "changes": [
                {"file": change.file, "code": change.code, "done": change.done, "count": change.count,
                 "examples": [_example(problem) for problem in change.examples]}
                for change in self.changes
            ],
            "refused": [refusal.to_dict() for refusal in self.refusals],
            "notes": list(self.notes),
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return a row for each kind of change and for each part that was refused; `predictions` has the labels."""
        rows = [
            {"file": own.file, "code": own.code, "done": own.done, "count": own.count, "refused": ""}
            for own in self.changes
        ]
        for own in self.refusals:
            why = own.why or "; ".join(problem.message for problem in own.problems)
            rows.append({"file": own.file, "code": ", ".join(own.counts), "done": "", "count": 0, "refused": why})
        return frame_of(rows, ("file", "code", "done", "count", "refused"))

    def __repr__(self) -> str:
        return short_repr(
            self, ok=self.ok, out=self.out, changes=len(self.changes), refusals=len(self.refusals),
            predictions=len(self.predictions),
        )  # fmt: skip


def _example(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("code", "line", "column", "value", "message", "fix")}
