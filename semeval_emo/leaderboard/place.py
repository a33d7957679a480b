"""Placement of a score: the possible ranks, and the differences to the nearest rows.

Only rows of the same task, release, split, track, language, list and metric are used, without suspect rows. Most
lists are known only in part, so a rank is an interval:

- a known team at rank r with a higher score: the new score is at rank r + 1 or below;
- a known team at rank r with a lower score: the new score is at rank r or above;
- scores that are equal at the printed precision tie and share the rank.

The new score is added to the list: with N teams, it is one of N + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from semeval_emo.leaderboard.keys import BoardKey
from semeval_emo.leaderboard.model import BoardList, Note, ScoreRow
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame


@dataclass(frozen=True)
class Placement(Result):
    """A score among the known rows of one list.

    Attributes:
        at: task, release, split, track, language and metric of the score.
        teams: number of teams of the list without this score; None if unknown or not one ranking.
        low, high: best and worst possible rank; None if the list is not a ranking. `high` is also None if the
            number of teams is unknown and no known score is lower.
        leader: rank 1, or the best known row of a list that is not a ranking; None if unknown or suspect.
        baseline: the baseline; its row names the list that it comes from.
        above, below: the nearest known rows on either side, except the baseline.
        ties: known rows with the same printed score.
        known: number of known scores of systems.
        better: number of those that are higher.
        own: number of those that are the user's own rows.
        suspect: rows with a score that were not used.
        signature: signature of the scorecard, if one was placed.
        same: the row of a system of ours with the same predictions as the file that was placed.
    """

    score: float
    at: BoardKey
    among: BoardList
    teams: int | None
    low: int | None
    high: int | None
    leader: ScoreRow | None
    baseline: ScoreRow | None
    above: ScoreRow | None
    below: ScoreRow | None
    ties: tuple[ScoreRow, ...]
    known: int
    better: int
    own: int
    suspect: tuple[ScoreRow, ...]
    notes: tuple[Note, ...]
    signature: str = ""
    same: ScoreRow | None = None

    def gap(self, row: ScoreRow | None) -> float | None:
        """Return the difference to a row: positive if this score is higher."""
        # Rounded so that 0.7114 - 0.8230 is -0.1116, not -0.11159999999999992.
        return None if row is None or row.score is None else round(self.score - row.score, 12)

    @property
    def is_interval(self) -> bool:
        """Whether the rank is an interval, because some scores of the list are not known."""
        return self.low is not None and self.low != self.high

    @property
    def rank(self) -> str:
        """The rank as text, such as ``29 to 75 of 75``; empty if the list is not a ranking."""
        if self.low is None:
            return ""
        of = "" if self.teams is None else f" of {self.teams + 1}"
        if self.high is None:
            return f"{self.low} or below"
        return f"{self.low}{of}" if self.low == self.high else f"{self.low} to {self.high}{of}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""

        def row(other: ScoreRow | None) -> dict[str, Any] | None:
            return None if other is None else other.to_dict() | {"difference": self.gap(other)}

        return {
            "score": self.score, **asdict(self.at), "list": self.among.key,
            "teams": self.teams, "rank_low": self.low, "rank_high": self.high,
            "leader": row(self.leader), "baseline": row(self.baseline), "above": row(self.above),
            "below": row(self.below), "ties": [row(tie) for tie in self.ties], "known": self.known,
            "better": self.better, "own": self.own, "suspect": [row(other) for other in self.suspect],
            "notes": [note.text for note in self.notes], "signature": self.signature or None,
            **({} if self.same is None else {"same": self.same.to_dict()}),
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return one row with the rank and the differences to rank 1 and to the baseline."""
        row = {"list": self.among.key, **asdict(self.at), "score": self.score, "rank": self.rank}
        for name, other in (("leader", self.leader), ("baseline", self.baseline)):
            row |= {name: other.score if other else None, f"to_{name}": self.gap(other)}
        return frame_of([row])

    def __repr__(self) -> str:
        at = self.at
        place = f"{at.release} track {at.track} {at.language} {at.split}"
        return short_repr(self, list=self.among.key, place=place, score=self.score, rank=self.rank)


def place(
    score: float,
    rows: Sequence[ScoreRow],
    at: BoardKey,
    among: BoardList,
    *,
    baseline: ScoreRow | None = None,
    notes: tuple[Note, ...] = (),
    signature: str = "",
    same: ScoreRow | None = None,
) -> Placement:
    """Place a score among the rows of one list; `baseline` is used if the list has none."""
    systems = [row for row in rows if row.kind != "baseline"]
    usable = [row for row in systems if row.usable]
    above = [row for row in usable if row.compare_to(score) > 0]
    below = [row for row in usable if row.compare_to(score) < 0]
    ties = [row for row in usable if row.compare_to(score) == 0]
    counts = {row.teams for row in systems if row.teams is not None}
    teams = counts.pop() if among.ranked and len(counts) == 1 else None
    low, high = _interval(above, below, ties, teams) if among.ranked else (None, None)
    own_baseline = [row for row in rows if row.kind == "baseline" and row.usable]
    return Placement(
        score=score, at=at, among=among, teams=teams, low=low, high=high,
        leader=_leader(usable, among),
        baseline=own_baseline[0] if own_baseline else baseline,
        above=min(above, key=_score, default=None),
        below=max(below, key=_score, default=None),
        ties=tuple(ties),
        known=len(usable), better=len(above), own=sum(row.own for row in usable),
        suspect=tuple(row for row in rows if row.score is not None and row.flag == "suspect"),
        notes=notes,
        signature=signature,
        same=same,
    )  # fmt: skip


def _score(row: ScoreRow) -> float:
    return row.score or 0.0


def _leader(usable: Sequence[ScoreRow], among: BoardList) -> ScoreRow | None:
    if among.ranked:
        return next((row for row in usable if row.rank == 1), None)
    return max(usable, key=_score, default=None)


def _interval(
    above: Sequence[ScoreRow], below: Sequence[ScoreRow], ties: Sequence[ScoreRow], teams: int | None
) -> tuple[int, int | None]:
    """Return the best and the worst possible rank. Rows without a rank count too: each better one adds 1."""
    low = 1 + max([len(above), *(row.rank for row in above if row.rank)])
    worst = [row.rank for row in (*below, *ties) if row.rank]
    if teams is not None:
        worst.append(teams + 1 - len(below) - len(ties))
    high = min(worst, default=None)
    tied = [row.rank for row in ties if row.rank]
    if tied:
        low = high = min(tied)
    # Contradictory rows (reported by `check`) can swap the bounds.
    return (low, high) if high is None or low <= high else (high, low)
