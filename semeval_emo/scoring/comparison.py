"""What comparing systems gives back: standings, differences, tallies, and how they were found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.published import VersusPublished

SCHEMA = "semeval-emo/compare/1"
AVERAGE = "average"

RANDOMISATION = "approximate randomisation"
TWO_LEVEL = "two-level bootstrap over runs and texts"


@dataclass(frozen=True)
class ComparedSystem:
    """A system of the comparison.

    Attributes:
        letter: a, b, ... in the order of the leading place's scores.
        files: what it was read from: by run, by language.
        hash: identity of all its predictions.
    """

    letter: str
    name: str
    files: tuple[tuple[str, ...], ...]
    hash: str


@dataclass(frozen=True)
class SystemResult:
    """A system in one place.

    Attributes:
        score: the figure with its interval over texts (and runs, where there are several).
        rank: among all systems, from 1; equal scores share the better rank.
        rank_low, rank_high: the ranks between which it stands in most resamples.
        best: the share of resamples in which it ranks first.
        beats: letters of the systems that it is significantly better than.
        emotions: the figure of each emotion, with its interval.
        run_scores: the score of each run where there are several, else empty.
        run_sd: their standard deviation.
    """

    letter: str
    name: str
    score: Interval
    rank: int
    rank_low: int
    rank_high: int
    best: float
    beats: tuple[str, ...]
    emotions: dict[str, Interval] = field(default_factory=dict)
    run_scores: tuple[float, ...] = ()
    run_sd: float | None = None


@dataclass(frozen=True)
class Difference:
    """Two systems in one place, or for one emotion there.

    Attributes:
        first, second: letters.
        value: score of the first less that of the second, with its paired interval.
        p: two-sided p-value.
        p_adjusted: corrected within the declared family.
        significant: p_adjusted is at most alpha.
        detectable: the smallest true difference that a test of this size finds with 80 % power.
        emotions: the same for each emotion, corrected over the emotions of this pair.
    """

    first: str
    second: str
    value: Interval
    p: float
    p_adjusted: float
    significant: bool
    detectable: float
    emotions: dict[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True)
class LanguageResult:
    """The systems on one file of the task, or on average over its languages.

    Attributes:
        language: its code, or ``average``.
        name: of the language, as people call it.
        release: by the gold's hashes.
        rows: of the file.
        texts: different ones, which are what is drawn; None where the gold has no texts.
        gold_hash: identity of the gold labels.
        standings: best first.
        differences: all pairs of systems, in the order of letters.
    """

    language: str
    name: str
    release: str
    rows: int
    texts: int | None
    gold_hash: str
    standings: tuple[SystemResult, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class WinTieLoss:
    """One pair of systems over the languages: in how many the first wins, ties or loses significantly."""

    first: str
    second: str
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class Settings:
    """How a comparison was made.

    Attributes:
        resamples, trials: of the bootstrap and of the randomisation test.
        level: of the intervals.
        interval: ``percentile`` or ``bca``.
        test: what the p-values are.
        family: within which p-values were corrected (`significance.adjusted`).
        correction: ``Holm`` or ``Benjamini-Hochberg``.
    """

    resamples: int
    trials: int
    seed: int
    level: float
    alpha: float
    power: float
    interval: str
    test: str
    family: str
    correction: str


@dataclass(frozen=True)
class Comparison:
    """What `compare` returns.

    Attributes:
        metric, title: its name, and as tables have it.
        systems: in the order of letters.
        places: one per language.
        average: over the languages, where there are several: the mean of their figures.
        tallies: all pairs over the languages, where there are several.
        against: each system against the stored score, where one was given.
        notes: what a person must know before trusting the figures.
        signature: the provenance in one line.
    """

    metric: str
    title: str
    lower_is_better: bool
    task: str
    track: str
    split: str
    release: str
    systems: tuple[ComparedSystem, ...]
    places: tuple[LanguageResult, ...]
    average: LanguageResult | None
    tallies: tuple[WinTieLoss, ...]
    against: tuple[VersusPublished, ...]
    settings: Settings
    notes: tuple[str, ...]
    signature: str

    @property
    def lead(self) -> LanguageResult:
        """The place that ranks the systems: the average, or the only language."""
        return self.average or self.places[0]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, ``semeval-emo/compare/1``."""
        return {"schema": SCHEMA, **asdict(self)}
