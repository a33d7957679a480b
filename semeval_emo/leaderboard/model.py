"""Classes of the leaderboard: rows, lists, sources and notes. All values come from CSV and TOML files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from semeval_emo.leaderboard.origin import ScoreOrigin

KINDS = ("team", "baseline", "published-model", "seed-run", "zoo", "user", "sample")
SELECTED_ON = ("unknown", "none", "dev", "folds", "sources", "test")
FLAGS = ("", "suspect", "unverified", "joined")
FLAG_MEANINGS = {
    "suspect": "inconsistent in the source; shown, but not used for ranks or differences",
    "unverified": "the source is unclear; see the row's note",
    "joined": "team and score come from different sources",
}
ANY_RELEASE = "unknown"
"""The release of a row whose source does not name one."""


@dataclass(frozen=True)
class ScoreRow:
    """One score or rank, with its provenance. The fields up to `note` are the columns of the CSV files.

    Attributes:
        release: release of the data that was scored, or ``unknown``.
        split: ``test``, rarely ``dev``.
        track: a track's letter; ``a/c`` for one score of both tracks (the same test texts).
        list: key of a `BoardList`; ranks are comparable only within a list.
        rank: rank in that list, from 1.
        teams: number of teams of that list in this track and language.
        system: team or model; empty if the source does not name it.
        setting: distinguishes several rows of one system.
        metric: a name of `semeval_emo.scoring`, such as ``macro_f1``.
        score: on a 0-1 scale (Pearson r: -1 to 1).
        decimals: number of decimals printed by the source on that scale.
        kind: one of `KINDS`.
        selected_on: data used to select the checkpoint or threshold: a split, ``folds`` (cross-validation on
            the training data), ``sources`` (dev splits of other languages) or ``none``.
        flag: one of `FLAGS`, explained in `FLAG_MEANINGS`.
        source: key of a `ScoreSource`, or a URL or DOI in the user's own rows.
        where: table, section, page or file in the source.
        own: True for the user's own rows.
        origin: of a score of ours: seeds, ensemble members, candidates; None for other scores.
    """

    task: str
    release: str
    split: str
    track: str
    language: str
    list: str
    rank: int | None
    teams: int | None
    system: str
    setting: str
    metric: str
    score: float | None
    decimals: int | None
    kind: str
    selected_on: str
    flag: str
    source: str
    where: str
    note: str
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    own: bool = field(default=False, compare=False)
    origin: ScoreOrigin | None = field(default=None, compare=False)

    @property
    def tracks(self) -> tuple[str, ...]:
        """All tracks of the score."""
        return tuple(self.track.split("/"))

    @property
    def key(self) -> tuple[str, ...]:
        """Identity of the row, unique on the board. The rank identifies a row without a system name."""
        system = self.system or f"#{self.rank}"
        return (
            self.task, self.release, self.split, self.track, self.language, self.list, self.metric,
            system, self.setting, self.source,
        )  # fmt: skip

    @property
    def cell(self) -> tuple[str, ...]:
        """Identity of the row's ranking; only rows of the same ranking are comparable."""
        return (self.task, self.release, self.split, self.track, self.language, self.list, self.metric)

    @property
    def usable(self) -> bool:
        """Whether the score can be used for ranks and differences: it exists and is not suspect."""
        return self.score is not None and self.flag != "suspect"

    @property
    def name(self) -> str:
        """System and setting for display."""
        if not self.system:
            return "(team not named)"
        name = f"{self.system}, {self.setting}" if self.setting else self.system
        return f"{name} (ours)" if self.kind == "zoo" else name

    @property
    def score_text(self) -> str:
        """The score with the decimals of its source; empty if there is no score.

        >>> from dataclasses import replace
        >>> from semeval_emo.leaderboard import Leaderboard
        >>> replace(Leaderboard.load().rows[0], score=0.7, decimals=2).score_text
        '0.70'
        """
        if self.score is None or self.decimals is None:
            return "" if self.score is None else repr(self.score)
        # A score with more decimals than declared is reported by `check`, and printed in full here.
        exact = round(self.score, self.decimals) == self.score
        return f"{self.score:.{self.decimals}f}" if exact else repr(self.score)

    def compare_to(self, score: float) -> int:
        """Compare the row with a score at the printed precision: 1 if the row is higher, 0 for a tie, else -1."""
        if self.score is None or self.decimals is None:
            raise ValueError("the row has no score")
        own, other = round(self.score, self.decimals), round(score, self.decimals)
        return (own > other) - (own < other)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the columns of the CSV file, whether the row is the user's own, the origin of ours."""
        origin = {"origin": self.origin.to_dict()} if self.origin else {}
        return {name: getattr(self, name) for name in COLUMNS} | {"own": self.own} | origin


COLUMNS = tuple(name for name in ScoreRow.__dataclass_fields__ if name not in ("file", "line", "own", "origin"))
"""The header of every leaderboard CSV file."""
NUMBERS = {"rank": int, "teams": int, "decimals": int, "score": float}
"""The numeric columns (blank if unknown); all others are text."""


@dataclass(frozen=True)
class BoardList:
    """A list of scores.

    Attributes:
        ranked: whether the ranks of one track and language come from one ranking.
        entries: the entries that the list counts, such as ``teams``.
        task: key of the task whose list it is; empty for a list that every task has.
        measured: whether the scores were measured here, on the public files that `where` of each row names.
        is_undefined: whether only rows name the list, and no file defines it.
    """

    key: str
    title: str
    ranked: bool
    note: str = ""
    entries: str = "teams"
    task: str = ""
    measured: bool = False
    is_undefined: bool = False


@dataclass(frozen=True)
class ScoreSource:
    """A source of scores.

    Attributes:
        task: key of the task whose scores it has; empty for a source that rows of every task can name.
    """

    key: str
    title: str
    url: str
    where: str
    note: str = ""
    task: str = ""


@dataclass(frozen=True)
class Note:
    """A remark on the task, on a track (no language) or on one language of a track.

    Attributes:
        lists: keys of the lists that the note is shown with.
        scores: the note is shown when one of these scores is placed.
        flag: one of `FLAGS`, of an inference about who has a score; it is shown with every score that is placed.
    """

    text: str
    source: str = ""
    task: str = ""
    track: str = ""
    language: str = ""
    lists: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    flag: str = ""

    def applies_to(self, task: str, track: str, language: str) -> bool:
        """Return whether the note is on this task, track and language (empty for wider views)."""
        return (self.task, self.track, self.language) == (task, track, language)


@dataclass(frozen=True)
class Paper:
    """An entry of the bibliography of a task. The fields are the columns of its CSV file.

    Attributes:
        id: id in the ACL Anthology, such as ``2025.semeval-1.149``.
        team: the team as it names itself.
        arxiv: arXiv id; empty if there is none.
        repository: ``owner/name`` on GitHub of its public code; empty if none is known.
    """

    id: str
    team: str
    title: str
    url: str
    arxiv: str
    repository: str
    note: str


@dataclass(frozen=True)
class RowProblem:
    """A problem of a row, with its fix."""

    code: str
    file: str
    line: int
    column: str
    value: str
    message: str
    fix: str
