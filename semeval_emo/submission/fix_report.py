"""What `fix` gives back: every change, every refusal, every file written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from semeval_emo.submission.problem import Problem
from semeval_emo.task import FileSpec


@dataclass(frozen=True)
class Change:
    """One kind of repair in one file.

    Attributes:
        code: the problem that was mended; empty where the bytes alone took the official form.
        done: what was done, such as "columns put in the official order, by name".
        count: how often.
        examples: the first problems of the kind, with their lines.
    """

    file: str
    code: str
    done: str
    count: int
    examples: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A file, or one part of it, that was not written.

    Attributes:
        what: the part in words, ``2025 track c eng test``; empty for the whole file.
        problems: the first of the problems that stand in the way.
        counts: how many of each code.
        why: the reason where it is no problem of the catalogue; else empty.
    """

    file: str
    what: str = ""
    problems: tuple[Problem, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "file": self.file, "part": self.what, "why": self.why, "counts": self.counts,
            "problems": [_example(problem) for problem in self.problems],
        }  # fmt: skip


@dataclass(frozen=True)
class Written:
    """One new file, and the file that it comes from."""

    source: str
    path: str
    spec: FileSpec


@dataclass(frozen=True)
class FixReport:
    """What `fix` returns.

    Attributes:
        source: the path that was given.
        out: the file or folder that was written to; empty where nothing was.
        written: the new files.
        changes: what was done.
        refusals: what was left undone, and why.
        unchanged: True where nothing was wrong.
        notes: what else to know.
    """

    source: str
    out: str
    written: tuple[Written, ...]
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    unchanged: bool
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True where nothing was refused."""
        return not self.refusals

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, ``semeval-emo/fix/1``."""
        return {
            "schema": "semeval-emo/fix/1",
            "ok": self.ok,
            "unchanged": self.unchanged,
            "source": self.source,
            "out": self.out,
            "written": [
                {"source": one.source, "path": one.path, "release": one.spec.release, "track": one.spec.track,
                 "language": one.spec.language, "split": one.spec.split, "rows": one.spec.rows}
                for one in self.written
            ],
            "changes": [
                {"file": one.file, "code": one.code, "done": one.done, "count": one.count,
                 "examples": [_example(problem) for problem in one.examples]}
                for one in self.changes
            ],
            "refused": [one.to_dict() for one in self.refusals],
            "notes": list(self.notes),
        }  # fmt: skip


def _example(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "line": problem.line, "column": problem.column, "value": problem.value,
        "message": problem.message, "fix": problem.fix,
    }  # fmt: skip
