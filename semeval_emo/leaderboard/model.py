"""The nouns of the leaderboard: a row, the list it belongs to, its source, what is noted about it.

A row is one fact: this system has this score (or this rank) in this list, and this is who said so.
Values come from CSV and TOML files; nothing here names a language, a team or a figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("team", "baseline", "published-model", "seed-run", "zoo", "user", "sample")
SELECTED_ON = ("unknown", "none", "dev", "folds", "sources", "test")
FLAGS = ("", "suspect", "unverified", "joined")
FLAG_MEANINGS = {
    "suspect": "the source contradicts itself: shown, never used in arithmetic",
    "unverified": "the source leaves something open: see the row's note",
    "joined": "team from one source, score from another",
}
ANY_RELEASE = "unknown"
"""What a row's release says where its source does not name one."""


@dataclass(frozen=True)
class ScoreRow:
    """One score or rank, with its provenance. The fields up to `note` are the columns of the CSV files.

    Attributes:
        task: key of the task.
        release: release of the data that was scored, or ``unknown``.
        split: ``test``, rarely ``dev``.
        track: a track's letter; ``a/c`` where one score stands for both (the same test texts).
        list: key of the list that the row belongs to (`BoardList`); ranks compare within one list only.
        rank: place in that list, from 1.
        teams: how many teams that list has in this track and language.
        system: team or model; empty where the source does not name it.
        setting: what tells apart several rows of one system.
        metric: a name of `semeval_emo.scoring`, such as ``macro_f1``.
        score: on a 0-1 scale (Pearson: -1 to 1).
        decimals: how many decimals the source prints on that scale.
        kind: one of `KINDS`.
        selected_on: what chose the checkpoint or threshold: a split, ``folds`` of what was trained on (each
            text by a model that had not read it), ``sources`` (dev splits of other languages); ``none``
            where nothing was chosen.
        flag: one of `FLAGS`; what they mean is in `FLAG_MEANINGS`.
        source: key of a `ScoreSource`, or a URL or DOI in the user's own rows.
        where: table, section, page or file inside the source.
        note: what a reader must know.
        file: the CSV file that the row was read from.
        line: its line there.
        own: True for the user's own rows.
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

    @property
    def tracks(self) -> tuple[str, ...]:
        """Every track that the score stands for."""
        return tuple(self.track.split("/"))

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rows may share. A row without a name is told from others by its rank."""
        who = self.system or f"#{self.rank}"
        return (
            self.task, self.release, self.split, self.track, self.language, self.list, self.metric,
            who, self.setting, self.source,
        )  # fmt: skip

    @property
    def cell(self) -> tuple[str, ...]:
        """The ranking that the row belongs to: rows compare only within one."""
        return (self.task, self.release, self.split, self.track, self.language, self.list, self.metric)

    @property
    def usable(self) -> bool:
        """True where arithmetic may use the score: it is there and not suspect."""
        return self.score is not None and self.flag != "suspect"

    @property
    def name(self) -> str:
        """System and setting for people, or a phrase where the source names none."""
        if not self.system:
            return "(team not named)"
        name = f"{self.system}, {self.setting}" if self.setting else self.system
        return f"{name} (ours)" if self.kind == "zoo" else name

    @property
    def score_text(self) -> str:
        """The score with the decimals of its source; empty where there is none.

        >>> from dataclasses import replace
        >>> from semeval_emo.leaderboard import Leaderboard
        >>> replace(Leaderboard.load().rows[0], score=0.7, decimals=2).score_text
        '0.70'
        """
        if self.score is None or self.decimals is None:
            return "" if self.score is None else repr(self.score)
        # A score with more decimals than its row says is unsound, but is not rounded away either.
        exact = round(self.score, self.decimals) == self.score
        return f"{self.score:.{self.decimals}f}" if exact else repr(self.score)

    def beats(self, score: float) -> int:
        """Compares with a score at the printed precision: 1 the row is higher, 0 a tie, -1 it is lower."""
        if self.score is None or self.decimals is None:
            raise ValueError("a row without a score beats nothing")
        mine, other = round(self.score, self.decimals), round(score, self.decimals)
        return (mine > other) - (mine < other)


COLUMNS = tuple(name for name in ScoreRow.__dataclass_fields__ if name not in ("file", "line", "own"))
"""The header of every leaderboard CSV file."""
NUMBERS = {"rank": int, "teams": int, "decimals": int, "score": float}
"""The columns that hold numbers (blank where not known); all others hold text."""


@dataclass(frozen=True)
class BoardList:
    """A list of scores.

    Attributes:
        ranked: True where the ranks of one track and language come from one ranking.
        entries: what the list counts, such as ``teams``.
    """

    key: str
    title: str
    ranked: bool
    note: str = ""
    entries: str = "teams"


@dataclass(frozen=True)
class ScoreSource:
    """Who said it, and where."""

    key: str
    title: str
    url: str
    where: str
    note: str = ""


@dataclass(frozen=True)
class Note:
    """What is known but is no score of one system: aggregates, contradictions, gaps.

    A note belongs to one view: the task (no track), a track (no language), or one language of a track.

    Attributes:
        lists: keys of the lists that it goes with.
        scores: the scores that it goes with, when one of just these is placed.
    """

    text: str
    source: str = ""
    task: str = ""
    track: str = ""
    language: str = ""
    lists: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    def belongs(self, task: str, track: str, language: str) -> bool:
        """True where the note is of this view; `track` and `language` are empty in the wider views."""
        return (self.task, self.track, self.language) == (task, track, language)


@dataclass(frozen=True)
class RowProblem:
    """Something wrong with a row, in the words of `semeval_emo.errors`: what was seen, and the remedy."""

    code: str
    file: str
    line: int
    column: str
    value: str
    message: str
    fix: str
