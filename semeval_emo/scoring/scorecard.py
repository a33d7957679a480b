"""What a score is when it carries its provenance: scorecards, averages over languages, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from semeval_emo import __version__
from semeval_emo.errors import UsageError
from semeval_emo.scoring.figures import Figures, round_as
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import FileSpec, Task, short_hash

if TYPE_CHECKING:
    from semeval_emo.scoring.pair import Pair
    from semeval_emo.scoring.score_intervals import Intervals
    from semeval_emo.submission import Report

SCHEMA = "semeval-emo/score/1"
UNDEFINED = "undefined-is-0"


def signature(family: str, parts: Mapping[str, Any]) -> str:
    """One line that says exactly what was computed on what: ``family|key:value|key:value``.

    Values never hold ``|`` or ``:``, so the line can be taken apart again. Empty values are left out.

    >>> signature("macro_f1", {"track": "a", "gold": "", "lang": "x:y"})
    'macro_f1|track:a|lang:x_y'
    """
    clean = {key: str(value).replace("|", "_").replace(":", "_") for key, value in parts.items() if value != ""}
    return "|".join([family, *(f"{key}:{value}" for key, value in clean.items())])


@dataclass(frozen=True)
class Scorecard:
    """The score of one prediction file against the gold labels of its release.

    Attributes:
        file: the prediction file as people are shown it.
        gold: where the gold labels came from.
        spec: the place: task, release, track, language, split, emotions.
        release: the release that the gold labels are by their hash, or ``unknown``.
        metric: the track's official metric, a key of `figures.whole`.
        figures: every figure.
        gold_hash, prediction_hash: identities of the labels on both sides.
        rule: what Pearson makes of a constant column; ``undefined-is-0`` for labels.
        rounding: ``organisers`` or ``codabench`` where the figures are rounded as theirs, else empty.
        constant: emotions whose predictions or gold are one value throughout (degrees only).
        note: what a person must know before trusting the figures; empty when there is nothing.
        pair: both sides row by row, for intervals and tests.
        intervals: how sure each figure is, where it was asked for (`uncertainty.with_intervals`).
    """

    file: str
    gold: str
    spec: FileSpec
    release: str
    metric: str
    figures: Figures
    gold_hash: str
    prediction_hash: str
    rule: str = UNDEFINED
    rounding: str = ""
    constant: tuple[str, ...] = ()
    note: str = ""
    pair: Pair | None = field(default=None, repr=False, compare=False)
    intervals: Intervals | None = None

    @property
    def score(self) -> float:
        """The official figure."""
        return self.figures.whole[self.metric]

    @cached_property
    def signature(self) -> str:
        """The provenance in one line."""
        return signature(
            self.metric,
            {
                "release": self.release,
                "task": self.spec.task,
                "track": self.spec.track,
                "lang": self.spec.language,
                "split": self.spec.split,
                "n": self.figures.texts,
                "emotions": len(self.spec.emotions),
                "gold": self.gold_hash,
                "pred": self.prediction_hash,
                "rule": self.rule,
                "rounding": self.rounding,
                **(self.intervals.signature if self.intervals else {}),
                "v": __version__,
            },
        )

    def rounded(self, rounding: str) -> Scorecard:
        """The same card as an official scorer would print it (`Figures.rounded`)."""
        return replace(self, figures=self.figures.rounded(rounding), rounding=rounding)

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON has it."""
        figures = self.figures
        return {
            "file": self.file,
            "gold": self.gold,
            "task": self.spec.task,
            "release": self.release,
            "track": self.spec.track,
            "language": self.spec.language,
            "split": self.spec.split,
            "texts": figures.texts,
            "texts_without_any_label": figures.silent,
            "emotions": list(figures.emotions),
            "metric": self.metric,
            "score": self.score,
            "figures": dict(figures.whole),
            "by_emotion": {
                emotion: {name: row[i] for name, row in figures.by_emotion.items()}
                for i, emotion in enumerate(figures.emotions)
            },
            "rule": self.rule,
            "rounding": self.rounding or None,
            "constant": list(self.constant),
            "gold_hash": self.gold_hash,
            "prediction_hash": self.prediction_hash,
            "note": self.note or None,
            "intervals": self.intervals.to_dict() if self.intervals else None,
            "signature": self.signature,
        }


@dataclass(frozen=True)
class Average:
    """Means over the languages of one track, both ways.

    Attributes:
        languages: the codes that were scored.
        missing: the track's other languages in this release.
        submitted: figure to its mean over the scored languages.
        all_languages: figure to its mean over every language of the track, a missing one as 0;
            only figures of which more is better.
        signature: the provenance in one line.
        intervals: of the means over the scored languages, where they were asked for.
    """

    task: str
    release: str
    track: str
    split: str
    metric: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    submitted: dict[str, float]
    all_languages: dict[str, float]
    signature: str
    intervals: Intervals | None = None

    def rounded(self, rounding: str) -> Average:
        """Rounded after the mean, as the Codabench scorer does (the organisers' checker has no average)."""
        return replace(
            self,
            submitted={name: round_as(value, rounding) for name, value in self.submitted.items()},
            all_languages={name: round_as(value, rounding) for name, value in self.all_languages.items()},
            signature=f"{self.signature}|rounding:{rounding}",
        )

    def to_dict(self) -> dict[str, Any]:
        """The average as JSON has it."""
        return {
            "task": self.task,
            "release": self.release,
            "track": self.track,
            "split": self.split,
            "metric": self.metric,
            "languages": list(self.languages),
            "missing": list(self.missing),
            "mean_over_submitted_languages": self.submitted,
            "mean_over_all_languages_missing_as_0": self.all_languages,
            "intervals": self.intervals.to_dict() if self.intervals else None,
            "signature": self.signature,
        }


@dataclass(frozen=True)
class Scores:
    """What `score` returns: a scorecard a file, and averages where files are of different languages.

    Attributes:
        report: what was wrong with the files; None where predictions were scored that had been read.
        refused: files that were not scored, because their labels cannot be read without guessing.
        note: how the release was chosen, where that was not plain.
    """

    cards: tuple[Scorecard, ...]
    averages: tuple[Average, ...] = ()
    report: Report | None = field(default=None, repr=False)
    refused: tuple[str, ...] = ()
    note: str = ""
    without_gold: tuple[str, ...] = ()

    @property
    def card(self) -> Scorecard:
        """The only scorecard.

        Raises:
            UsageError: there is none, or more than one.
        """
        if len(self.cards) != 1:
            raise UsageError(f"There are {len(self.cards)} scorecards, not one.", "look at `cards`")
        return self.cards[0]

    def to_dict(self) -> dict[str, Any]:
        """The whole as JSON has it, with its schema."""
        return {
            "schema": SCHEMA,
            "scorecards": [card.to_dict() for card in self.cards],
            "averages": [average.to_dict() for average in self.averages],
            "refused": list(self.refused),
            "without_gold": list(self.without_gold),
            "note": self.note or None,
            "problems": self.report.to_dict()["problems"] if self.report else [],
        }


def averages(cards: Sequence[Scorecard], task: Task) -> tuple[Average, ...]:
    """Averages the cards of each (release, track, split) that hold two languages or more, each once.

    Two files of one language are two systems; a mean over them would be of nothing, so there is none.
    """
    groups: dict[tuple[str, str, str, str], list[Scorecard]] = {}
    for card in cards:
        groups.setdefault((card.release, card.spec.release, card.spec.track, card.spec.split), []).append(card)
    found = []
    for (release, place, track, split), group in groups.items():
        scored = tuple(card.spec.language for card in group)
        if len(scored) < 2 or len(set(scored)) < len(scored):
            continue
        every = {spec.language for spec in task.specs(place, track, split=split)} | set(scored)
        totals = {name: sum(card.figures.whole[name] for card in group) for name in group[0].figures.whole}
        first = group[0]
        found.append(
            Average(
                task=first.spec.task,
                release=release,
                track=track,
                split=split,
                metric=first.metric,
                languages=scored,
                missing=tuple(sorted(every - set(scored))),
                submitted={name: total / len(scored) for name, total in totals.items()},
                all_languages={
                    name: total / len(every) for name, total in totals.items() if not METRICS[name].lower_is_better
                },
                signature=signature(
                    f"mean_{first.metric}",
                    {
                        "release": release,
                        "task": first.spec.task,
                        "track": track,
                        "langs": "+".join(scored) if len(scored) < len(every) else "all",
                        "of": len(every),
                        "split": split,
                        "n": sum(card.figures.texts for card in group),
                        "gold": short_hash(sorted(card.gold_hash for card in group)),
                        "pred": short_hash(sorted(card.prediction_hash for card in group)),
                        "rule": first.rule,
                        "v": __version__,
                    },
                ),
            )
        )
    return tuple(found)
