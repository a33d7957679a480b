"""Where a score stands: the ranks that known rows leave open, and the distance to the rows that matter.

Only rows of one cell are used: one task, release, split, track, language, list and metric. Suspect rows take no
part. A board rarely knows a whole list, so a rank is an interval:

- a known team at rank r with a higher score puts the new one at r + 1 or below;
- a known team at rank r with a lower score puts it at r or above;
- scores that agree at the printed precision tie, and a tie shares the rank.

The new score is added to the list: among N teams it is one of N + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semeval_emo.leaderboard.keys import BoardKey
from semeval_emo.leaderboard.model import BoardList, Note, ScoreRow


@dataclass(frozen=True)
class Placement:
    """A score among the known rows of one list.

    Attributes:
        score: what was placed.
        at: what it measures.
        among: the list.
        teams: how many teams the list has without this score; None where not known, or not one ranking.
        low, high: the best and the worst rank that the known rows allow; None where the list is no
            ranking, `high` also where the number of teams is not known and nothing known is below.
        leader: rank 1, or in a list that is no ranking the best known row; None where not known or suspect.
        baseline: the organisers' baseline; it may come from another list, which its row names.
        above, below: the nearest known rows on either side (never the baseline).
        ties: known rows with the same printed score.
        known: how many scores of systems the comparison rests on.
        better: how many of them are higher.
        own: how many of them are the user's own rows.
        suspect: rows with a score that were left out of the arithmetic.
        notes: what is noted about this score here.
        signature: of the scorecard, where one was placed.
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

    def gap(self, row: ScoreRow | None) -> float | None:
        """The distance to a row: positive where this score is higher."""
        # Rounded far below any printed digit: 0.7114 - 0.8230 is -0.1116, not -0.11159999999999992.
        return None if row is None or row.score is None else round(self.score - row.score, 12)

    @property
    def rank(self) -> str:
        """The rank in words, such as ``29 to 75 of 75``; empty where the list is no ranking."""
        if self.low is None:
            return ""
        of = "" if self.teams is None else f" of {self.teams + 1}"
        if self.high is None:
            return f"{self.low} or below"
        return f"{self.low}{of}" if self.low == self.high else f"{self.low} to {self.high}{of}"


def place(
    score: float,
    rows: Sequence[ScoreRow],
    at: BoardKey,
    among: BoardList,
    *,
    baseline: ScoreRow | None = None,
    notes: tuple[Note, ...] = (),
    signature: str = "",
) -> Placement:
    """Places a score among the rows of one list at one address.

    Args:
        baseline: the row to measure against where the list holds no baseline of its own.
    """
    systems = [row for row in rows if row.kind != "baseline"]
    usable = [row for row in systems if row.usable]
    above = [row for row in usable if row.beats(score) > 0]
    below = [row for row in usable if row.beats(score) < 0]
    ties = [row for row in usable if row.beats(score) == 0]
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
    """The ranks left open. Rows without a rank count too: each better one pushes the score down by one."""
    low = 1 + max([len(above), *(row.rank for row in above if row.rank)])
    worst = [row.rank for row in (*below, *ties) if row.rank]
    if teams is not None:
        worst.append(teams + 1 - len(below) - len(ties))
    high = min(worst, default=None)
    tied = [row.rank for row in ties if row.rank]
    if tied:
        low = high = min(tied)
    # Rows that contradict each other cross the bounds (`check` says which); all between them stays open then.
    return (low, high) if high is None or low <= high else (high, low)
