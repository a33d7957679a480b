"""Scores with their provenance: scorecards, averages over languages, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from semeval_emo import __version__
from semeval_emo.errors import UsageError
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metric_values import MetricValues, round_as
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import FileSpec, Task, short_hash
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.scoring.pair import PairedLabels
    from semeval_emo.submission import Report
    from semeval_emo.tables.results import DataFrame

SCHEMA = "semeval-emo/score/1"
UNDEFINED = "undefined-is-0"
# The most files of which rows are missing that get a warning each.
_LISTED = 3


def signature(family: str, parts: Mapping[str, Any]) -> str:
    """Return one line that identifies what was computed on which data: ``family|key:value|key:value``.

    ``|`` and ``:`` in values are replaced by ``_``, so the line can be parsed. Empty values are left out.

    >>> signature("macro_f1", {"track": "a", "gold": "", "lang": "x:y"})
    'macro_f1|track:a|lang:x_y'
    """
    clean = {key: str(value).replace("|", "_").replace(":", "_") for key, value in parts.items() if value != ""}
    return "|".join([family, *(f"{key}:{value}" for key, value in clean.items())])


@dataclass(frozen=True)
class ScoreIntervals:
    """Confidence intervals of all metrics of one scorecard or average.

    Attributes:
        whole: intervals of the metrics of the whole file, by metric name.
        by_emotion: intervals of the metrics per emotion, in the order of the card's emotions.
        texts: number of distinct texts, the units of resampling; None if unknown.
        note: a remark on duplicate texts; empty if there is none.
    """

    whole: dict[str, Interval]
    by_emotion: dict[str, tuple[Interval, ...]]
    texts: int | None
    resamples: int
    seed: int
    level: float
    method: str
    note: str = ""

    @property
    def signature(self) -> dict[str, object]:
        """The settings that a score's signature includes."""
        return {"bs": self.resamples, "ci": self.method, "level": self.level, "seed": self.seed}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "resamples": self.resamples, "seed": self.seed, "level": self.level, "method": self.method,
            "texts": self.texts, "note": self.note or None,
            "figures": {name: asdict(interval) for name, interval in self.whole.items()},
            "by_emotion": {name: [asdict(interval) for interval in row] for name, row in self.by_emotion.items()},
        }  # fmt: skip

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class Scorecard(Result):
    """The score of one prediction file against the gold labels of its release.

    Attributes:
        file: path of the prediction file, as shown to the user.
        gold: where the gold labels came from.
        spec: task, release, track, language, split and emotions of the file.
        release: release of the gold labels, identified by hash, or ``unknown``.
        metric: the track's official metric, a key of `metrics.whole`.
        metrics: the values of all metrics.
        gold_hash, prediction_hash: hashes of the gold labels and of the predictions.
        rule: how Pearson r of a constant column is defined: one of `metrics.RULES`, or ``constant-is-0`` in a task
            without such scorers; ``undefined-is-0`` for labels.
        rounding: ``organisers`` or ``codabench`` if the values are rounded like that scorer's, else empty.
        constant: emotions with a single value in the predictions or the gold (intensities only).
        note: a caution about the scores; empty if there is none.
        unverified, identical, subset: as in `PairedLabels`.
        pair: gold and predictions row by row, for intervals and tests.
        intervals: confidence intervals, added by `score_intervals.with_intervals`.
        official: all official metrics of the track, `metric` first; empty if that is the only one.
    """

    file: str
    gold: str
    spec: FileSpec
    release: str
    metric: str
    metrics: MetricValues
    gold_hash: str
    prediction_hash: str
    rule: str = UNDEFINED
    rounding: str = ""
    constant: tuple[str, ...] = ()
    note: str = ""
    unverified: str = ""
    identical: str = ""
    subset: str = ""
    pair: PairedLabels | None = field(default=None, repr=False, compare=False)
    intervals: ScoreIntervals | None = None
    official: tuple[str, ...] = ()

    @property
    def official_metrics(self) -> tuple[str, ...]:
        """The official metrics of the track, the one that ranks systems first."""
        return self.official or (self.metric,)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output begins with: unverified gold, predictions that are the gold labels, missing rows."""
        return tuple(filter(None, (self.unverified, self.identical, self.subset)))

    @property
    def score(self) -> float:
        """The value of the official metric."""
        return self.metrics.whole[self.metric]

    @cached_property
    def signature(self) -> str:
        """The provenance in one line; ``empty`` only where it is 1, because ``undefined-is-0`` says the other."""
        return signature(
            self.metric,
            {
                "release": self.release, "task": self.spec.task, "track": self.spec.track,
                "lang": self.spec.language, "split": self.spec.split, "n": self.metrics.texts,
                "emotions": len(self.spec.emotions), "gold": self.gold_hash,
                "unverified_gold": "yes" if self.unverified else "", "subset": "yes" if self.subset else "",
                "pred": self.prediction_hash,
                "rule": self.rule, "empty": self.spec.empty or "", "rounding": self.rounding,
                **(self.intervals.signature if self.intervals else {}), "v": __version__,
            },
        )  # fmt: skip

    @property
    def summary(self) -> dict[str, Any]:
        """The file, its official score, and the metrics of the whole file with their intervals, if there are any."""
        spec = self.spec
        row = {
            "file": self.file, "release": self.release, "track": spec.track, "language": spec.language,
            "split": spec.split, "texts": self.metrics.texts, "metric": self.metric, "score": self.score,
        } | self.metrics.whole  # fmt: skip
        if self.intervals is not None:
            own = self.intervals.whole[self.metric]
            row |= {"low": own.low, "high": own.high}
        return row

    def __repr__(self) -> str:
        score = {self.metric: round(self.score, 4)}
        return short_repr(self, file=self.file, place=self.spec.place, **score, texts=self.metrics.texts)

    def rounded(self, rounding: str) -> Scorecard:
        """Return the card rounded as an official scorer prints it (see `MetricValues.rounded`)."""
        return replace(self, metrics=self.metrics.rounded(rounding), rounding=rounding)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        metrics = self.metrics
        return {
            "file": self.file, "gold": self.gold, "task": self.spec.task, "release": self.release,
            "track": self.spec.track, "language": self.spec.language, "split": self.spec.split,
            "texts": metrics.texts, "texts_without_any_label": metrics.unlabelled,
            "emotions": list(metrics.emotions), "metric": self.metric, "score": self.score,
            "official_metrics": list(self.official_metrics),
            "figures": dict(metrics.whole),
            "by_emotion": {
                emotion: {name: row[i] for name, row in metrics.by_emotion.items()}
                for i, emotion in enumerate(metrics.emotions)
            },
            "rule": self.rule, "empty": None if metrics.unlabelled is None else self.spec.empty,
            "rounding": self.rounding or None, "constant": list(self.constant),
            "never_predicted": list(metrics.never_predicted), "always_predicted": list(metrics.always_predicted),
            "gold_hash": self.gold_hash, "prediction_hash": self.prediction_hash, "note": self.note or None,
            "unverified_gold": self.unverified or None, "identical_to_gold": self.identical or None,
            "subset": self.subset or None,
            "intervals": self.intervals.to_dict() if self.intervals else None, "signature": self.signature,
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return a row for each emotion, with its metrics and counts."""
        metrics = self.metrics
        return frame_of(
            {"emotion": emotion} | {name: row[i] for name, row in metrics.by_emotion.items()}
            for i, emotion in enumerate(metrics.emotions)
        )


@dataclass(frozen=True)
class Average:
    """Means over the languages of one track.

    Attributes:
        languages: codes of the scored languages.
        missing: the track's other languages in this release.
        submitted: metric name to its mean over the scored languages.
        all_languages: metric name to its mean over all languages of the track, with 0 for a missing
            language; only for metrics where higher is better.
        signature: the provenance in one line.
        intervals: confidence intervals of the means over the scored languages.
        weights: of the scored and the missing languages, as the track has them (`Track.weights`); empty if all are 1.
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
    intervals: ScoreIntervals | None = None
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share of the scored languages in the weights of all languages."""
        scored, missing = (
            sum(self.weights.get(code, 1.0) for code in codes) for codes in (self.languages, self.missing)
        )
        return scored / (scored + missing)

    def rounded(self, rounding: str) -> Average:
        """Return the average rounded after the mean, as official scorers with a mean do."""
        return replace(
            self,
            submitted={name: round_as(value, rounding) for name, value in self.submitted.items()},
            all_languages={name: round_as(value, rounding) for name, value in self.all_languages.items()},
            signature=f"{self.signature}|rounding:{rounding}",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "task": self.task, "release": self.release, "track": self.track, "split": self.split,
            "metric": self.metric, "languages": list(self.languages), "missing": list(self.missing),
            "weights": self.weights or None,
            "mean_over_submitted_languages": self.submitted,
            "mean_over_all_languages_missing_as_0": self.all_languages,
            "intervals": self.intervals.to_dict() if self.intervals else None, "signature": self.signature,
        }  # fmt: skip

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True)
class Scores(Result):
    """Result of `score`: one scorecard per file, and averages over languages.

    Attributes:
        report: problems of the files; None if `Predictions` objects were scored.
        refused: files that were not scored because their labels are ambiguous.
        note: how the release was chosen, if it was not the default.
        without_gold: one sentence per file whose gold labels are missing.
    """

    cards: tuple[Scorecard, ...]
    averages: tuple[Average, ...] = ()
    report: Report | None = field(default=None, repr=False)
    refused: tuple[str, ...] = ()
    note: str = ""
    without_gold: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output begins with: the warnings of all cards, each once."""
        subsets = [card for card in self.cards if card.subset]
        if len(subsets) <= _LISTED:
            return tuple(dict.fromkeys(warning for card in self.cards for warning in card.warnings))
        rows = sum(card.metrics.texts for card in subsets)
        places = len({card.spec.place for card in subsets})
        whole = f"Unofficial scores of subsets: {rows:,} rows of {places:,} files of the task, which have more rows."
        others = (warning for card in self.cards for warning in (card.unverified, card.identical) if warning)
        return (whole, *dict.fromkeys(others))

    @property
    def card(self) -> Scorecard:
        """The only scorecard.

        Raises:
            UsageError: there is none or more than one.
        """
        if len(self.cards) != 1:
            raise UsageError(f"There are {len(self.cards)} scorecards, not one.", "use `cards`")
        return self.cards[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/score/1``."""
        return {
            "schema": SCHEMA,
            "warnings": list(self.warnings),
            "scorecards": [card.to_dict() for card in self.cards],
            "averages": [average.to_dict() for average in self.averages],
            "refused": list(self.refused),
            "without_gold": list(self.without_gold),
            "note": self.note or None,
            "problems": self.report.to_dict()["problems"] if self.report else [],
        }

    def to_frame(self) -> DataFrame:
        """Return a row for each file, with its official score and all metrics."""
        return frame_of((card.summary for card in self.cards), ("file", "metric", "score"))

    def __repr__(self) -> str:
        names = dict.fromkeys(card.metric for card in self.cards)
        values = {name: tuple(round(c.score, 4) for c in self.cards if c.metric == name) for name in names}
        return short_repr(self, cards=len(self.cards), **values, refused=self.refused)


def averages(cards: Sequence[Scorecard], task: Task) -> tuple[Average, ...]:
    """Return the mean of each (release, track, split) with at least two languages.

    Two files of one language belong to two systems, so their group has no mean.
    """
    groups: dict[tuple[str, str, str, str], list[Scorecard]] = {}
    for card in cards:
        groups.setdefault((card.release, card.spec.release, card.spec.track, card.spec.split), []).append(card)
    means = []
    for (release, spec_release, track, split), group in groups.items():
        scored = tuple(card.spec.language for card in group)
        if len(scored) < 2 or len(set(scored)) < len(scored):
            continue
        specs = (*task.specs(spec_release, track, split=split), *(card.spec for card in group))
        every = {spec.language: spec.weight for spec in specs}
        whole, own = sum(every.values()), sum(card.spec.weight for card in group)
        totals = {
            name: sum(card.spec.weight * card.metrics.whole[name] for card in group) for name in group[0].metrics.whole
        }
        first = group[0]
        means.append(
            Average(
                task=first.spec.task,
                release=release,
                track=track,
                split=split,
                metric=first.metric,
                languages=scored,
                missing=tuple(sorted(set(every) - set(scored))),
                submitted={name: total / own for name, total in totals.items()},
                all_languages={
                    name: total / whole for name, total in totals.items() if not METRICS[name].lower_is_better
                },
                weights=every if set(every.values()) != {1.0} else {},
                signature=signature(
                    f"mean_{first.metric}",
                    {
                        "release": release,
                        "task": first.spec.task,
                        "track": track,
                        "langs": "+".join(scored) if len(scored) < len(every) else "all",
                        "of": len(every),
                        "weights": "+".join(f"{code}={every[code]:g}" for code in scored if every[code] != 1),
                        "split": split,
                        "n": sum(card.metrics.texts for card in group),
                        "gold": short_hash(sorted(card.gold_hash for card in group)),
                        "unverified_gold": "yes" if any(card.unverified for card in group) else "",
                        "subset": "yes" if any(card.subset for card in group) else "",
                        "pred": short_hash(sorted(card.prediction_hash for card in group)),
                        "rule": first.rule,
                        "empty": first.spec.empty or "",
                        "v": __version__,
                    },
                ),
            )
        )
    return tuple(means)
