"""Intervals of scorecards as tables, laid out like the scores that they belong to."""

from __future__ import annotations

from dataclasses import replace

from semeval_emo.report import scores
from semeval_emo.report.table import MINUS, Column, Table, cell
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.score_intervals import ScoreIntervals
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.task import Task

# Columns of the detail: the figure per emotion, then the figures of the whole file under it.
_LABELS = tuple((name, f"macro_{name}", f"micro_{name}") for name in ("precision", "recall", "f1"))
_OVER_TEXTS = ("samples_f1", "jaccard", "exact_match", "hamming_loss")
_DEGREES = (("emotion_pearson", "pearson"), ("emotion_spearman", "spearman"), ("emotion_mae", "mae"))


def range_of(one: Interval | None, *, signed: bool = False) -> str | None:
    """The ends of an interval.

    >>> range_of(Interval(0.5, 0.4, 0.6, 0.05)), range_of(Interval(0.1, -0.1, 0.3, 0.1), signed=True)
    ('[0.4000, 0.6000]', '[−0.1000, +0.3000]')
    """
    if one is None:
        return None
    kind = "delta" if signed else "score"
    return f"[{cell(one.low, kind)}, {cell(one.high, kind)}]".replace("-", MINUS)


def tables(found: Scores, task: Task) -> list[Table]:
    """The intervals of one file in detail, or of the summary's figures of many."""
    cards = [(card, card.intervals) for card in found.cards if card.intervals]
    if len({card.file for card, _ in cards}) == 1:
        return [table for card, intervals in cards for table in _detail(card, intervals)]
    return [_summary(group, found, task) for group in scores.groups(found) if group[0].intervals]


def with_intervals(long: Table, found: Scores) -> Table:
    """The long table of CSV with the ends of every interval beside its figure."""
    ends: dict[tuple[object, ...], Interval] = {}
    for card in found.cards:
        if card.intervals:
            spec = card.spec
            where: tuple[str | None, ...] = (card.file, card.release, spec.track, spec.language, spec.split)
            ends |= {(*where, name, None): one for name, one in card.intervals.whole.items()}
            for name, row in card.intervals.by_emotion.items():
                ends |= {(*where, name, emotion): one for emotion, one in zip(spec.emotions, row, strict=True)}
    for average in found.averages:
        if average.intervals:
            for language, whole in (("mean-of-scored", average.intervals.whole), ("mean-of-all", _of_all(average))):
                mean = (None, average.release, average.track, language, average.split)
                ends |= {(*mean, name, None): one for name, one in whole.items()}
    rows = []
    for row in long.rows:
        one = ends.get(row[:-1])
        rows.append((*row, *((one.low, one.high, one.se) if one else (None, None, None))))
    return replace(long, columns=(*long.columns, *map(Column, ("low", "high", "se"))), rows=tuple(rows))


def _of_all(average: Average) -> dict[str, Interval]:
    """Intervals of the mean over all languages, a missing one as 0: those of the scored ones, scaled."""
    if average.intervals is None:
        return {}
    share = len(average.languages) / (len(average.languages) + len(average.missing))
    return {name: average.intervals.whole[name].scaled(share) for name in average.all_languages}


def _title(found: ScoreIntervals) -> str:
    return f"{100 * found.level:g} % intervals"


def note_of(found: ScoreIntervals, rows: int) -> str:
    """How the intervals were made, and what to know of repeated texts."""
    kind = {"percentile": "Percentile", "bca": "BCa"}[found.method]
    note = f"{kind} bootstrap over texts, {found.resamples:,} resamples, seed {found.seed}."
    if found.texts is not None and found.texts < rows:
        note += f" {rows - found.texts:,} of {rows:,} rows repeat a text and are drawn with it."
    return f"{note} {found.note}".rstrip()


def _detail(card: Scorecard, found: ScoreIntervals) -> list[Table]:
    degrees = len(card.spec.values) > 2
    groups = _DEGREES if degrees else _LABELS
    rows = [
        (emotion, *(range_of(found.by_emotion[group[0]][i]) for group in groups))
        for i, emotion in enumerate(card.spec.emotions)
    ]
    for k, name in enumerate(("mean",) if degrees else ("macro", "micro"), start=1):
        rows.append((name, *(range_of(found.whole[group[k]]) for group in groups)))
    columns = (Column("emotion"), *(Column(METRICS[group[0]].title, "score") for group in groups))
    note = note_of(found, card.spec.rows)
    made = [Table(_title(found), columns, tuple(rows), (note,), rules=(len(card.spec.emotions) - 1,))]
    if not degrees:
        titles = tuple(Column(METRICS[name].title, "score") for name in _OVER_TEXTS)
        ends = tuple(range_of(found.whole[name]) for name in _OVER_TEXTS)
        made.append(Table(f"{_title(found)} of means over texts", titles, (ends,)))
    return made


def _summary(cards: list[Scorecard], found: Scores, task: Task) -> Table:
    names = scores.summary_figures(cards[0], task)
    intervals = [card.intervals for card in cards if card.intervals]
    rows: list[tuple[str | None, ...]] = [
        (name, *(range_of(one.whole[figure]) for figure in names))
        for name, one in zip(scores.row_names(cards, task), intervals, strict=True)
    ]
    notes = [note_of(one, card.spec.rows) for one, card in zip(intervals, cards, strict=True)]
    rules: tuple[int, ...] = ()
    for average in found.averages:
        if average.intervals and scores.address_of(average) == scores.address(cards[0]):
            rules = (len(rows) - 1,)
            ends = (range_of(average.intervals.whole[figure]) for figure in names)
            rows.append((f"mean of {len(average.languages)} scored", *ends))
            if average.missing:
                whole = _of_all(average)
                every = len(average.languages) + len(average.missing)
                rows.append((f"mean of all {every}", *(range_of(whole.get(figure)) for figure in names)))
            notes = [note_of(average.intervals, sum(card.spec.rows for card in cards))]
    columns = (Column("file or language"), *(Column(scores.SHORT.get(n, METRICS[n].title), "score") for n in names))
    return Table(_title(intervals[0]), columns, tuple(rows), tuple(dict.fromkeys(notes)), rules)
