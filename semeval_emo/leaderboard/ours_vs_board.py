"""Our submitted systems beside rank 1, the baseline and published models, language by language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from semeval_emo.errors import UsageError, suggest
from semeval_emo.leaderboard.board import Leaderboard
from semeval_emo.leaderboard.model import BoardList, ScoreRow
from semeval_emo.leaderboard.submitted import SubmittedFile, SubmittedSystem, read_systems

PUBLISHED, MODELS = "published-model", "brighter-tables"
"""The kind of rows of published models, and the list of those that were all measured alike."""


@dataclass(frozen=True)
class LanguageReferences:
    """One language: what others reached there.

    Attributes:
        leader: rank 1 of the list; None where it is not known or suspect.
        baseline: the organisers'; likewise.
        models: published models by name.
    """

    language: str
    leader: ScoreRow | None
    baseline: ScoreRow | None
    models: dict[str, ScoreRow]


@dataclass(frozen=True)
class WinCount:
    """How often a system is above others, language by language, at the precision that they print.

    Attributes:
        won: languages in which it is higher; a tie is none of them.
        clear: those of them in which the other score lies outside our 95 % interval.
        of: languages that have both.
    """

    won: int
    clear: int
    of: int


@dataclass(frozen=True)
class TrackResults:
    """One track: what `results` returns.

    Attributes:
        among: the list that rank 1 is of.
        systems: ours, the one with the higher mean on dev first, so that the order takes no look at test.
        lines: one per language that a system of ours has.
        published: the list that models are of; None where there are none.
        models: names of published models, the fine-tuned ones first.
    """

    track: str
    metric: str
    release: str
    among: BoardList
    systems: tuple[SubmittedSystem, ...]
    lines: tuple[LanguageReferences, ...]
    published: BoardList | None
    models: tuple[str, ...]

    def files(self, system: SubmittedSystem) -> dict[str, SubmittedFile]:
        """A system's scored files of the track, by language."""
        return {one.language: one for one in system.files if one.track == self.track and one.score is not None}

    def wins(self, system: SubmittedSystem, which: Callable[[LanguageReferences], ScoreRow | None]) -> WinCount:
        """How often a system is above a row of each language."""
        pairs = self.pairs(system, which)
        won = [(one, row) for one, row in pairs if row.beats(one.score or 0.0) < 0]
        return WinCount(len(won), sum(is_clear(one, row) for one, row in won), len(pairs))

    def pairs(
        self, system: SubmittedSystem, which: Callable[[LanguageReferences], ScoreRow | None]
    ) -> list[tuple[SubmittedFile, ScoreRow]]:
        """A system's files with a row of their language, where it has one."""
        files = self.files(system)
        found = [(files[line.language], which(line)) for line in self.lines if line.language in files]
        return [(one, row) for one, row in found if row is not None]


def results(
    board: Leaderboard, track: str, *, names: Sequence[str] = (), root: Path | None = None
) -> TrackResults | None:
    """Sets our systems beside others; None where no system has the track.

    Args:
        names: systems to show; all where none is named.
        root: the folder of systems; the shipped ones by default.

    Raises:
        UsageError: an unknown track or system.
    """
    key = board.task.track(track).key
    metric, release = board.task.tracks[key].metric, board.task.default_release
    known = {one.name: one for one in read_systems(root) if one.task == board.task.key}
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no system '{name}' among the submissions.",
                suggest(name, known) or f"use one of: {', '.join(known) or '(none is there)'}",
            )
    here = [
        one
        for name, one in known.items()
        if name in (names or known) and any((f.track, f.release) == (key, release) for f in one.files)
    ]
    if not here:
        return None
    rows = board.filter(track=key, release=release, split="test", metric=metric)
    codes = {f.language for one in here for f in one.files if f.track == key}
    lines = tuple(_line(code, rows, board.default_list) for code in board.task.languages if code in codes)
    fine_tuned = {row.system: not row.setting.startswith("fine-tuned") for row in rows if row.kind == PUBLISHED}
    shown = dict.fromkeys(name for line in lines for name in line.models)
    return TrackResults(
        track=key, metric=metric, release=release, among=board.find_list(),
        systems=tuple(sorted(here, key=lambda one: -_dev(one, key))), lines=lines,
        published=board.lists.get(MODELS),
        models=tuple(sorted(shown, key=lambda name: (fine_tuned[name], name.lower()))),
    )  # fmt: skip


def _dev(system: SubmittedSystem, track: str) -> float:
    figures = [one.dev for one in system.files if one.track == track and one.dev is not None]
    return fmean(figures) if figures else 0.0


def _line(code: str, rows: Sequence[ScoreRow], among: str) -> LanguageReferences:
    here = [row for row in rows if row.language == code and row.usable]
    return LanguageReferences(
        language=code,
        leader=next((row for row in here if row.list == among and row.rank == 1), None),
        baseline=next((row for row in here if row.kind == "baseline"), None),
        models={row.system: row for row in here if row.kind == PUBLISHED and row.list == MODELS},
    )


def is_clear(one: SubmittedFile, row: ScoreRow) -> bool:
    """True where a row's score lies outside the 95 % interval of ours; False where that is not known."""
    return bool(one.interval) and not one.interval[0] <= (row.score or 0.0) <= one.interval[1]


def verdict(one: SubmittedFile, line: LanguageReferences) -> str:
    """Where a file stands in words: by rank 1 if it is above that, else by the baseline."""
    for name, row in (("rank 1", line.leader), ("baseline", line.baseline)):
        if row is None:
            continue
        said = row.beats(one.score or 0.0)
        if name == "rank 1" and said > 0 and line.baseline is not None:
            continue
        words = f"{('equal to', 'below', 'above')[said]} {name}"
        return words if said == 0 or is_clear(one, row) else f"{words}, unclear"
    return ""
