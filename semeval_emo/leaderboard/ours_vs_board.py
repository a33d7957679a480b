"""Comparison of our submitted systems with rank 1, the baseline and published models, by language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from statistics import fmean
from typing import Any

from semeval_emo.errors import UsageError, suggest
from semeval_emo.leaderboard.board import Leaderboard
from semeval_emo.leaderboard.model import BoardList, ScoreRow
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.leaderboard.submitted import SubmittedFile, SubmittedSystem, origins, read_systems

PUBLISHED = "published-model"
"""The kind of rows of published models."""


@dataclass(frozen=True)
class LanguageReferences:
    """Scores of others in one language.

    Attributes:
        leader: rank 1 of the list; None if unknown or suspect.
        baseline: the baseline; None if unknown or suspect.
    """

    language: str
    leader: ScoreRow | None
    baseline: ScoreRow | None
    models: dict[str, ScoreRow]


@dataclass(frozen=True)
class WinCount:
    """Number of languages in which a system is better, at the printed precision.

    Attributes:
        won: languages in which it is higher, without ties.
        clear: those in which the other score is outside our 95 % interval.
        of: languages with both scores.
    """

    won: int
    clear: int
    of: int


@dataclass(frozen=True)
class TrackResults:
    """Result of `results` for one track.

    Attributes:
        among: the list of rank 1.
        systems: our systems, by mean score on dev (not on test), best first.
        published: the list of the published models; None if there are none.
        models: names of published models, the fine-tuned ones first.
        origins: origin of each score of ours by system, track and language.
    """

    track: str
    metric: str
    release: str
    among: BoardList
    systems: tuple[SubmittedSystem, ...]
    languages: tuple[LanguageReferences, ...]
    published: BoardList | None
    models: tuple[str, ...]
    origins: dict[tuple[str, str, str], ScoreOrigin]

    def origin(self, system: SubmittedSystem, file: SubmittedFile) -> ScoreOrigin:
        """Return the origin of a score: seeds, ensemble members, candidates."""
        return self.origins[system.name, *file.key]

    def files(self, system: SubmittedSystem) -> dict[str, SubmittedFile]:
        """Return a system's scored files of the track, by language."""
        return {file.language: file for file in system.files if file.track == self.track and file.score is not None}

    def wins(self, system: SubmittedSystem, which: RowGetter) -> WinCount:
        """Return in how many languages a system is better than a row of the language."""
        pairs = self.pairs(system, which)
        won = [(file, row) for file, row in pairs if row.compare_to(file.score or 0.0) < 0]
        return WinCount(len(won), sum(is_clear(file, row) for file, row in won), len(pairs))

    def pairs(self, system: SubmittedSystem, which: RowGetter) -> list[tuple[SubmittedFile, ScoreRow]]:
        """Return a system's files with a row of their language, for languages with both."""
        files = self.files(system)
        return [
            (files[own.language], row)
            for own in self.languages
            if own.language in files and (row := which(own)) is not None
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        systems = []
        for system in self.systems:
            files = self.files(system)
            rows = [
                {
                    "language": own.language, "score": file.score, "interval": list(file.interval) or None,
                    "dev": file.dev, "selected_on": file.selected_on, "recipe": file.recipe,
                    "overlap": file.overlap, "without": file.without, "seconds": file.seconds,
                    "members": [asdict(member) for member in file.members],
                    "origin": self.origin(system, file).to_dict(),
                    "file": system.path_of(file), "signature": file.signature, "baseline": _score(own.baseline),
                    "rank_1": _score(own.leader), "verdict": verdict(file, own),
                    "models": {name: row.score for name, row in own.models.items()},
                }
                for own in self.languages
                if (file := files.get(own.language)) is not None
            ]  # fmt: skip
            wins = {"baseline": self.wins(system, baseline), "rank_1": self.wins(system, leader)}
            wins |= {name: self.wins(system, model(name)) for name in self.models}
            above = {name: {"won": own.won, "clear": own.clear, "of": own.of} for name, own in wins.items()}
            systems.append({"system": system.name, "title": system.title, "above": above, "languages": rows})
        return {
            "track": self.track, "release": self.release, "metric": self.metric, "list": self.among.key,
            "systems": systems,
        }  # fmt: skip


RowGetter = Callable[[LanguageReferences], ScoreRow | None]
baseline: RowGetter = attrgetter("baseline")
leader: RowGetter = attrgetter("leader")


def model(name: str) -> RowGetter:
    """Return a function that returns a published model's row of a language."""
    return lambda language: language.models.get(name)


def _score(row: ScoreRow | None) -> float | None:
    return None if row is None else row.score


def results(
    board: Leaderboard, track: str, *, names: Sequence[str] = (), root: Path | None = None
) -> TrackResults | None:
    """Compare our systems with others; None if no system has the track.

    Args:
        names: systems to show; all by default.
        root: the folder of systems; the shipped ones by default.

    Raises:
        UsageError: an unknown track or system.
    """
    key = board.task.track(track).key
    metric, release = board.task.tracks[key].metric, board.task.default_release
    known = {system.name: system for system in read_systems(root, board.task.key)}
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no system '{name}' among the submissions.",
                suggest(name, known) or f"use one of: {', '.join(known) or '(none)'}",
            )
    systems = [
        system
        for name, system in known.items()
        if name in (names or known) and any((file.track, file.release) == (key, release) for file in system.files)
    ]
    if not systems:
        return None
    rows = board.filter(track=key, release=release, split="test", metric=metric)
    codes = {file.language for system in systems for file in system.files if file.track == key}
    # The first list with comparable scores of published models.
    published = next((key for key in board.lists for row in rows if (row.kind, row.list) == (PUBLISHED, key)), "")
    languages = tuple(
        _references(code, rows, board.default_list, published) for code in board.task.languages if code in codes
    )
    fine_tuned = {row.system: not row.setting.startswith("fine-tuned") for row in rows if row.kind == PUBLISHED}
    models = dict.fromkeys(name for language in languages for name in language.models)
    return TrackResults(
        track=key, metric=metric, release=release, among=board.find_list(),
        systems=tuple(sorted(systems, key=lambda system: -_mean_on_dev(system, key))), languages=languages,
        published=board.lists.get(published),
        models=tuple(sorted(models, key=lambda name: (fine_tuned[name], name.lower()))),
        origins=origins([*known.values()]),
    )  # fmt: skip


def _mean_on_dev(system: SubmittedSystem, track: str) -> float:
    scores = [file.dev for file in system.files if file.track == track and file.dev is not None]
    return fmean(scores) if scores else 0.0


def _references(code: str, rows: Sequence[ScoreRow], among: str, published: str) -> LanguageReferences:
    usable = [row for row in rows if row.language == code and row.usable]
    return LanguageReferences(
        language=code,
        leader=next((row for row in usable if row.list == among and row.rank == 1), None),
        baseline=next((row for row in usable if row.kind == "baseline"), None),
        models={row.system: row for row in usable if row.kind == PUBLISHED and row.list == published},
    )


def is_clear(file: SubmittedFile, row: ScoreRow) -> bool:
    """Return whether a row's score is outside our 95 % interval; False if there is no interval."""
    return bool(file.interval) and not file.interval[0] <= (row.score or 0.0) <= file.interval[1]


def verdict(file: SubmittedFile, language: LanguageReferences) -> str:
    """Return the relation of a file to rank 1 if it is not below that, else to the baseline."""
    for name, row in (("rank 1", language.leader), ("baseline", language.baseline)):
        if row is None:
            continue
        sign = row.compare_to(file.score or 0.0)
        if name == "rank 1" and sign > 0 and language.baseline is not None:
            continue
        words = f"{('equal to', 'below', 'above')[sign]} {name}"
        return words if sign == 0 or is_clear(file, row) else f"{words}, unclear"
    return ""


def results_to_dict(tracks: Sequence[TrackResults]) -> dict[str, Any]:
    """Return the JSON form of several tracks, ``semeval-emo/leaderboard-ours/1``."""
    return {"schema": "semeval-emo/leaderboard-ours/1", "tracks": [track.to_dict() for track in tracks]}
