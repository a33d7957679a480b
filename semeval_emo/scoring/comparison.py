"""Result of a comparison of systems: standings, differences, wins and settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from semeval_emo.errors import UsageError
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.published import VersusPublished
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import LABEL_NOUN
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

SCHEMA = "semeval-emo/compare/1"
AVERAGE = "average"

RANDOMISATION = "approximate randomisation"
TWO_LEVEL = "two-level bootstrap over runs and texts"


@dataclass(frozen=True)
class ComparedSystem:
    """A system of the comparison.

    Attributes:
        letter: a, b, ... by score, best first.
        files: its files by run, by language.
        hash: hash of all its predictions; that of its file if it has one.
        predictions: hash of each file's predictions, as `files`.
    """

    letter: str
    name: str
    files: tuple[tuple[str, ...], ...]
    hash: str
    predictions: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class SystemResult:
    """A system's result in one language.

    Attributes:
        score: the score with its interval over texts (and runs, if there are several).
        rank: rank among all systems, from 1; equal scores share the better rank.
        rank_low, rank_high: bounds of the rank's interval over resamples.
        best: share of resamples in which it ranks first.
        beats: letters of the systems that it is significantly better than.
        emotions: the score of each emotion with its interval.
        run_scores: the score of each run; empty if there is one run.
        run_sd: standard deviation of the run scores.
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

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class Difference:
    """Difference of two systems in one language, or in one emotion of a language.

    Attributes:
        first, second: letters.
        value: score of the first minus score of the second, with its paired interval.
        p: two-sided p-value.
        p_adjusted: p-value corrected within the family of tests.
        significant: whether p_adjusted is at most alpha.
        detectable: the smallest true difference that a test of this size detects with 80 % power.
        emotions: the difference in each emotion, corrected over the emotions of this pair.
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
    """Results of all systems in one language, or on average over languages.

    Attributes:
        language: its code, or ``average``.
        release: identified by the gold's hash.
        texts: number of distinct texts, the units of resampling; None if the gold has no texts.
        gold_hash: hash of the gold labels.
        standings: one result per system, best first.
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

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class WinTieLoss:
    """Number of languages in which the first of two systems wins significantly, ties or loses."""

    first: str
    second: str
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class Settings:
    """Settings of a comparison.

    Attributes:
        resamples, trials: of the bootstrap and of the randomisation test.
        level: coverage of the intervals.
        interval: ``percentile`` or ``bca``.
        test: method of the p-values.
        family: tests over which p-values are corrected (`significance.adjusted`).
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
class Comparison(Result):
    """Result of `compare`.

    Attributes:
        metric, title: name of the metric, and its title in tables.
        systems: in the order of letters.
        places: results by language.
        average: results on average over languages, if there are several.
        tallies: wins, ties and losses of all pairs over languages, if there are several.
        against: each system compared with the published score, if one was given.
        warnings: what every output begins with, as `Scores.warnings`.
        signature: the provenance in one line.
        label_noun: what the task calls a label; not part of the JSON form.
        weights: of the languages in the average (`Track.weights`); empty if all are 1, and then not in the JSON form.
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
    warnings: tuple[str, ...]
    signature: str
    label_noun: str = LABEL_NOUN
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def lead(self) -> LanguageResult:
        """The results that rank the systems: the average, or the only language."""
        return self.average or self.places[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/compare/1``."""
        body = {"schema": SCHEMA, **asdict(self)}
        del body["label_noun"]
        if not self.weights:
            del body["weights"]
        for system in body["systems"]:
            del system["predictions"]
        return body

    def to_frame(self, of: str = "systems") -> DataFrame:
        """Return a row for each language and system, or for each language and pair of systems.

        Args:
            of: ``systems`` for scores with intervals and ranks, ``differences`` for the paired tests.

        Raises:
            UsageError: `of` is something else.
        """
        if of not in ("systems", "differences"):
            raise UsageError(f"There is no frame of '{of}'.", "use systems or differences")
        names = {system.letter: system.name for system in self.systems}
        places = [*self.places, *([self.average] if self.average else [])]
        if of == "differences":
            return frame_of(
                (
                    {
                        "language": place.language, "first": names[own.first], "second": names[own.second],
                        "difference": own.value.value, "low": own.value.low, "high": own.value.high, "p": own.p,
                        "p_adjusted": own.p_adjusted, "significant": own.significant,
                    }
                    for place in places
                    for own in place.differences
                ),
                ("language", "first", "second", "difference"),
            )  # fmt: skip
        return frame_of(
            {
                "language": place.language, "system": own.name, "metric": self.metric, "score": own.score.value,
                "low": own.score.low, "high": own.score.high, "rank": own.rank, "rank_low": own.rank_low,
                "rank_high": own.rank_high, "better_than": ", ".join(names[letter] for letter in own.beats),
            }
            for place in places
            for own in place.standings
        )  # fmt: skip

    def __repr__(self) -> str:
        scores = tuple(f"{own.name} {own.score.value:.4f}" for own in self.lead.standings)
        return short_repr(self, metric=self.metric, track=self.track, languages=len(self.places), scores=scores)
