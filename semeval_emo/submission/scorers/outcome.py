"""What the ports of the official scorers get and return."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from semeval_emo.task import FileKey, FileSpec, Task, Track
from semeval_emo.text import printable

SCORED, REJECTED, CRASHED, NOTHING = "scored", "rejected", "crashed", "nothing"
LabelsById = Mapping[str, Sequence[int]]


class Rejected(Exception):
    """The scorer refuses the submission with a message."""


class Crashed(Exception):
    """The scorer stops with a traceback."""


@dataclass(frozen=True)
class OfficialOutcome:
    """What one official scorer does with a submission.

    Attributes:
        track: the track whose gold labels it is scored against; None if the submission has no recognisable track.
        outcome: ``scored``, ``rejected``, ``crashed`` or ``nothing`` (the scorer reports success without a score).
        is_wrong: True if labels are scored wrongly or left out, and the scorer does not say so.
        scores: by language, the score that the scorer prints; empty without gold labels.
    """

    scorer: str
    track: str | None
    outcome: str
    message: str
    is_wrong: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; a score that is not a number is null."""
        scores = {code: None if math.isnan(score) else score for code, score in self.scores.items()}
        return {
            "scorer": self.scorer, "track": self.track, "outcome": self.outcome, "message": self.message,
        } | ({"scores": scores} if scores else {})  # fmt: skip


@dataclass(frozen=True)
class HandedFolder:
    """A folder as it is handed in.

    Attributes:
        paths: everything below it, sorted, with ``/`` between folders; the path of a folder ends in ``/``.
        read_bytes: reads one file; raises OSError.
        canonical: by path, the file of the task whose header, ids and allowed labels a file has, exactly; no port has
            to read such a file.
    """

    name: str
    paths: tuple[str, ...]
    read_bytes: Callable[[str], bytes]
    canonical: Mapping[str, FileSpec]

    @cached_property
    def path_set(self) -> frozenset[str]:
        """The paths as a set."""
        return frozenset(self.paths)

    @property
    def names(self) -> list[str]:
        """The names of the files and folders in it, without those in its folders."""
        return list(dict.fromkeys(path.partition("/")[0] for path in self.paths))

    def read(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            Crashed: there is no such file, or it cannot be read.
        """
        try:
            if f"{path}/" in self.path_set:
                raise IsADirectoryError
            if path not in self.path_set:
                raise FileNotFoundError
            return self.read_bytes(path)
        except OSError as error:
            why = "it is a folder" if isinstance(error, IsADirectoryError) else "it cannot be read"
            why = "there is no such file" if isinstance(error, FileNotFoundError) else why
            raise Crashed(f"{shown(path)}: {why} ({type(error).__name__})") from error

    def below(self, path: str) -> HandedFolder:
        """Return a folder below this one."""
        start = f"{path}/"
        return replace(
            self,
            name=path.rpartition("/")[2],
            paths=tuple(each[len(start) :] for each in self.paths if each.startswith(start) and each != start),
            read_bytes=lambda each: self.read_bytes(start + each),
            canonical={each[len(start) :]: spec for each, spec in self.canonical.items() if each.startswith(start)},
        )


@dataclass(frozen=True)
class Reference:
    """The gold labels that a scorer compares with.

    Attributes:
        languages: the codes that the scorer knows.
        labels: loads the labels of a file; None without gold labels, when only outcomes are known.
    """

    task: Task
    track: str
    split: str
    release: str
    languages: frozenset[str]
    labels: Callable[[FileSpec], LabelsById] | None = None

    def spec(self, language: str) -> FileSpec | None:
        """Return the gold file of a language, or None."""
        return self.task.release(self.release).specs.get(FileKey(self.track, language, self.split))

    def is_canonical(self, folder: HandedFolder, path: str, spec: FileSpec) -> bool:
        """True if a file is known to be scored: its rows and header are exactly those of the gold file."""
        own = folder.canonical.get(path)
        same = own is not None and (own.blocks, own.emotions, own.values) == (spec.blocks, spec.emotions, spec.values)
        return same and self.labels is None


@dataclass
class Score:
    """The score of one language.

    Attributes:
        track: the track whose metric it is.
        wrong: how labels are scored wrongly without a message; empty if they are not.
        value: as the scorer prints it; None without gold labels.
        undefined: why it is nan, if that is known without gold labels.
    """

    language: str
    track: Track
    wrong: list[str] = field(default_factory=list)
    value: float | None = None
    undefined: str = ""


def shown(text: str) -> str:
    """Return a name or a cell as messages show it."""
    return printable(text, 80)


def at_lines(path: str, lines: Sequence[int]) -> str:
    """Return where rows are: the file with the number of rows and their first line."""
    rows = "1 row" if len(lines) == 1 else f"{len(lines):,} rows"
    return f"{rows} of {shown(path)} ({'line' if len(lines) == 1 else 'first on line'} {lines[0]})"


def columns(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return the columns of a table."""
    return list(zip(*rows, strict=True))


def f1(gold: Sequence[int], predicted: Sequence[int]) -> float:
    """Return F1 of one label, 0 where undefined; every label that is not 0 counts as positive."""
    pairs = [(bool(a), bool(b)) for a, b in zip(gold, predicted, strict=True)]
    both, either = pairs.count((True, True)), pairs.count((True, False)) + pairs.count((False, True))
    return 2 * both / (2 * both + either) if both else 0.0


def pearson(gold: Sequence[int], predicted: Sequence[int]) -> float:
    """Return Pearson's r; nan if a side is constant, or its sums are too large."""
    if len(set(gold)) < 2 or len(set(predicted)) < 2:
        return math.nan
    try:
        a, b = _centred(gold), _centred(predicted)
        r = math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
    except (OverflowError, ValueError):
        # Labels near the largest float.
        return math.nan
    return max(-1.0, min(1.0, r))


def _centred(values: Sequence[int]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]
