"""Results of checking: the report of every file, and the predictions that can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from semeval_emo.submission.problem import Problem, Severity, entry
from semeval_emo.submission.scorers.outcome import OfficialOutcome
from semeval_emo.tables.frames import data_frame
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import FileSpec, short_hash
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    import numpy as np

    from semeval_emo.tables.results import DataFrame


# Warnings on files that are scored: some or all of their texts may not be those of the release.
DOUBTS = ("some-other-texts", "early-release")


@dataclass(frozen=True)
class Part:
    """The rows of a file that belong to one file of the task; a valid file has one part.

    Attributes:
        rows: number of ids of ``spec`` in the file.
        lines: first and last line of these rows.
        releases: every release that has exactly these ids, the default one first.
        is_scorable: True if every id occurs once, with valid labels.
        is_subset: True if that is so of the rows that are there, and some are missing.
        has_columns: True if the file has the column of each of its emotions.
    """

    spec: FileSpec
    rows: int
    lines: tuple[int, int]
    releases: tuple[str, ...]
    is_scorable: bool
    has_columns: bool = True
    is_subset: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether no row and no column is missing."""
        return self.rows == self.spec.rows and self.has_columns

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **self.spec.address, "rows": self.rows, "expected_rows": self.spec.rows, "lines": list(self.lines),
            "fits_releases": list(self.releases), "scorable": self.is_scorable,
        }  # fmt: skip

    def __repr__(self) -> str:
        return short_repr(self, place=self.spec.place, rows=self.rows, is_scorable=self.is_scorable)


@dataclass(frozen=True)
class FileReport:
    """Report of one file, folder or zip.

    Attributes:
        kind: ``predictions`` for a prediction file, ``container`` for a folder or zip itself.
        parts: the files of the task that its rows belong to, the main one first; empty if no id is known.
        counts: number of problems by code, including those without an example in ``Report.problems``.
        repairs: what ``semeval-emo fix`` does about them, by code; problems that it leaves are absent.
        joined: the files that were read as this one, because each has some of its labels.
    """

    file: str
    kind: str = "predictions"
    rows: int = 0
    lines: int = 0
    encoding: str = ""
    parts: tuple[Part, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, str] = field(default_factory=dict)
    joined: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """What a command takes to read the file again: its path, that of its zip, or those of `joined`."""
        return self.joined or (self.file.partition("!")[0],)

    @property
    def unfixed(self) -> tuple[str, ...]:
        """The codes of the errors that ``semeval-emo fix`` leaves; it writes only parts that they do not concern."""
        return tuple(code for code in self.counts if code.startswith("E") and code not in self.repairs)

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(n for code, n in self.counts.items() if entry(code).severity is Severity.error)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return sum(self.counts.values()) - self.errors

    @property
    def valid(self) -> bool:
        """True if there is no error."""
        return not any(code.startswith("E") for code in self.counts)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "file": self.file, "kind": self.kind, "valid": self.valid, "rows": self.rows, "lines": self.lines,
            "encoding": self.encoding, "parts": [part.to_dict() for part in self.parts], "counts": dict(self.counts),
            "repairs": dict(self.repairs), "joined": list(self.joined),
        }  # fmt: skip

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class Report(Result):
    """Report of `validate`.

    Attributes:
        task: key of the task that the ids belong to.
        files: every prediction file, and every folder or zip that has problems of its own.
        problems: the first problems of each code in each file, ordered by file and place.
        official: what each official scorer does with the submission, one for each scorer and track.
        scorers: the official scorers of the task.
        unverified_gold: warnings on gold labels that are not those of their release, as `Gold.unverified`.
    """

    task: str
    files: tuple[FileReport, ...]
    problems: tuple[Problem, ...]
    official: tuple[OfficialOutcome, ...] = ()
    scorers: tuple[str, ...] = ()
    unverified_gold: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """True if there is at least one prediction file and no error."""
        return all(file.valid for file in self.files) and any(file.kind == "predictions" for file in self.files)

    @property
    def doubts(self) -> tuple[str, ...]:
        """The warnings that a score could be wrong, because texts may be others, as sentences."""
        return tuple(
            f"{problem.file}: {problem.message}." for problem in self.problems if entry(problem.code).name in DOUBTS
        )

    @property
    def counts(self) -> dict[str, int]:
        """Number of problems by code over all files, in the order of the codes."""
        total: dict[str, int] = {}
        for file in self.files:
            for code, count in file.counts.items():
                total[code] = total.get(code, 0) + count
        return dict(sorted(total.items(), key=lambda item: (item[0][1:], item[0][0])))

    @property
    def errors(self) -> int:
        """Number of errors over all files."""
        return sum(file.errors for file in self.files)

    @property
    def warnings(self) -> int:
        """Number of warnings over all files."""
        return sum(file.warnings for file in self.files)

    @property
    def shared_places(self) -> dict[FileSpec, list[str]]:
        """The files of the task that several prediction files are for, such as those of several systems."""
        places: dict[FileSpec, list[str]] = {}
        for file in self.files:
            for part in file.parts:
                places.setdefault(part.spec, []).append(file.file)
        return {spec: names for spec, names in places.items() if len(names) > 1}

    def problems_of(self, file: str) -> list[Problem]:
        """Return the problems of one file."""
        return self._by_file.get(file, [])

    @cached_property
    def _by_file(self) -> dict[str, list[Problem]]:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        return by_file

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/validate/1``."""
        parts = {file.file: file.parts[0] for file in self.files if file.parts}
        return {
            "schema": "semeval-emo/validate/1",
            "valid": self.valid,
            "task": self.task,
            "errors": self.errors,
            "warnings": self.warnings,
            "counts": self.counts,
            "official": [outcome.to_dict() for outcome in self.official],
            "files": [file.to_dict() for file in self.files],
            "problems": [
                {
                    "code": problem.code, "name": entry(problem.code).name, "severity": problem.severity.value,
                    "file": problem.file, "line": problem.line, "column": problem.column, "value": problem.value,
                    "message": problem.message, "fix": problem.fix, "count": problem.count,
                    "official": self._official(problem, parts.get(problem.file)),
                }
                for problem in self.problems
            ],
        }  # fmt: skip

    def _official(self, problem: Problem, part: Part | None) -> dict[str, str]:
        """Return what each official scorer does with this problem on the track of its file."""
        outcomes = entry(problem.code).official_for(part is not None and len(part.spec.values) > 2)
        return {scorer: text for scorer, text in outcomes.items() if scorer in self.scorers}

    def to_frame(self) -> DataFrame:
        """Return a row for each problem; `counts` says how many there are of each kind."""
        rows = [{key: cell for key, cell in row.items() if key != "official"} for row in self.to_dict()["problems"]]
        return frame_of(rows, ("code", "file", "line", "column", "value", "message", "fix"))

    def __repr__(self) -> str:
        return short_repr(
            self, valid=self.valid, files=len(self.files), errors=self.errors, warnings=self.warnings,
            codes=tuple(self.counts),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Predictions(Result):
    """Valid predictions of one file, or of one part of it.

    Attributes:
        spec: the file of the task; with `whole`, only the rows of it that are predicted.
        values: labels of shape (n, L), int8; rows in the order of ``spec.ids``, columns of ``spec.emotions``.
        path: the displayed name of the file.
        releases: every release that has exactly these ids, the default one first.
        whole: the file of the task if some of its rows are missing (`read_submission` with ``subset``); else None.
        texts: the texts of the file by id, if prediction files of the task have texts.
    """

    spec: FileSpec
    values: np.ndarray
    path: str
    releases: tuple[str, ...] = ()
    whole: FileSpec | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def hash(self) -> str:
        """`short_hash` of the sorted lines ``id<TAB>label<TAB>...``."""
        rows = zip(self.spec.ids, self.values.tolist(), strict=True)
        return short_hash(sorted("\t".join([text_id, *map(str, labels)]) for text_id, labels in rows))

    def to_frame(self) -> DataFrame:
        """Return a prediction file as a frame: the ids and a column of labels for each emotion."""
        columns = {name: self.values[:, i] for i, name in enumerate(self.spec.emotions)}
        return data_frame({"id": list(self.spec.ids)} | columns)

    def __repr__(self) -> str:
        return short_repr(self, path=self.path, place=self.spec.place, rows=len(self.values))


@dataclass(frozen=True, eq=False)
class Submission(Result):
    """Result of `read_submission`: the predictions that can be scored, and the report of all files."""

    predictions: tuple[Predictions, ...]
    report: Report

    def to_frame(self) -> DataFrame:
        """Return a row for each text of each file, with the file, track, language, split and labels."""
        rows = (
            {"file": own.path, "track": own.spec.track, "language": own.spec.language, "split": own.spec.split}
            | {"id": text_id}
            | dict(zip(own.spec.emotions, labels, strict=True))
            for own in self.predictions
            for text_id, labels in zip(own.spec.ids, own.values.tolist(), strict=True)
        )
        return frame_of(rows, ("file", "id"))
