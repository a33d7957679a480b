"""Tables of confidence intervals, with the layout of the scores.

The interval of the main metric is in the table of scores, beside it; these tables have the other metrics.
"""

from __future__ import annotations

from dataclasses import replace

from semeval_emo.report import scores
from semeval_emo.report.table import Column, Table, label_column, range_of
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS, label_metric
from semeval_emo.scoring.score_intervals import ScoreIntervals
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.task import Task

# Columns of the detail: the metric per emotion, then the metrics of the whole file.
_LABELS = tuple((name, f"macro_{name}", f"micro_{name}") for name in ("precision", "recall", "f1"))
_OVER_TEXTS = ("samples_f1", "jaccard", "exact_match", "hamming_loss")
_INTENSITIES = (("emotion_pearson", "pearson"), ("emotion_spearman", "spearman"), ("emotion_mae", "mae"))


def tables(result: Scores, task: Task) -> list[Table]:
    """Return the intervals of the other metrics, of one file in detail or of the summary of several."""
    cards = [(card, card.intervals) for card in result.cards if card.intervals]
    if len({card.file for card, _ in cards}) == 1:
        return [table for card, intervals in cards for table in _detail(card, intervals)]
    return [_summary(group, result, task) for group in scores.groups(result) if group[0].intervals]


def with_intervals(long: Table, result: Scores) -> Table:
    """Return the long table for CSV with the bounds and the standard error of every metric."""
    by_key: dict[tuple[object, ...], Interval] = {}
    for card in result.cards:
        if card.intervals:
            spec = card.spec
            key: tuple[str | None, ...] = (card.file, card.release, spec.track, spec.language, spec.split)
            by_key |= {(*key, name, None): interval for name, interval in card.intervals.whole.items()}
            for name, row in card.intervals.by_emotion.items():
                by_key |= {(*key, name, emotion): own for emotion, own in zip(spec.emotions, row, strict=True)}
    for average in result.averages:
        if average.intervals:
            for language, whole in (("mean-of-scored", average.intervals.whole), ("mean-of-all", _of_all(average))):
                key = (None, average.release, average.track, language, average.split)
                by_key |= {(*key, name, None): interval for name, interval in whole.items()}
    rows = []
    for row in long.rows:
        own = by_key.get(row[:-1])
        rows.append((*row, *((own.low, own.high, own.se) if own else (None, None, None))))
    return replace(long, columns=(*long.columns, *map(Column, ("low", "high", "se"))), rows=tuple(rows))


def _of_all(average: Average) -> dict[str, Interval]:
    """Return the intervals of the mean over all languages with 0 for missing ones: scaled from the scored ones."""
    if average.intervals is None:
        return {}
    return {name: average.intervals.whole[name].scaled(average.share) for name in average.all_languages}


def _title(intervals: ScoreIntervals) -> str:
    return f"{scores.interval_title(intervals)}s"


def note_of(intervals: ScoreIntervals, rows: int) -> str:
    """Return a note on the method and on duplicate texts."""
    method = {"percentile": "Percentile", "bca": "BCa"}[intervals.method]
    note = f"{method} bootstrap over texts, {intervals.resamples:,} resamples, seed {intervals.seed}."
    if intervals.texts is not None and intervals.texts < rows:
        note += f" {duplicates_note(rows - intervals.texts, rows)}"
    return f"{note} {intervals.note}".rstrip()


def duplicates_note(duplicates: int, rows: int) -> str:
    """Return a note on the rows that repeat a text.

    Args:
        duplicates: number of rows minus number of different texts, so the first row of a text does not count.

    >>> duplicates_note(5, 2767)
    '5 of 2,767 rows repeat the text of an earlier row; rows with the same text are resampled together.'
    """
    verb = "repeats" if duplicates == 1 else "repeat"
    return (
        f"{duplicates:,} of {rows:,} rows {verb} the text of an earlier row; rows with the same text are resampled "
        "together."
    )


def _detail(card: Scorecard, intervals: ScoreIntervals) -> list[Table]:
    is_intensity = len(card.spec.values) > 2
    own_metric = label_metric(card.metric, is_intensity)
    groups = [group for group in (_INTENSITIES if is_intensity else _LABELS) if group[0] != own_metric]
    rows = [
        (emotion, *(range_of(intervals.by_emotion[group[0]][i]) for group in groups))
        for i, emotion in enumerate(card.spec.emotions)
    ]
    for k, name in enumerate(("mean",) if is_intensity else ("macro", "micro"), start=1):
        rows.append((name, *(range_of(intervals.whole[group[k]]) for group in groups)))
    columns = (label_column(card.spec), *(Column(METRICS[group[0]].title, "score") for group in groups))
    note = note_of(intervals, card.spec.rows)
    tables = [Table(_title(intervals), columns, tuple(rows), (note,), rules=(len(card.spec.emotions) - 1,))]
    if not is_intensity:
        titles = tuple(Column(METRICS[name].title, "score") for name in _OVER_TEXTS)
        bounds = tuple(range_of(intervals.whole[name]) for name in _OVER_TEXTS)
        tables.append(Table(f"{_title(intervals)} of means over texts", titles, (bounds,)))
    return tables


def _summary(cards: list[Scorecard], result: Scores, task: Task) -> Table:
    _, *names = scores.summary_metrics(cards[0], task)
    intervals = [card.intervals for card in cards if card.intervals]
    rows: list[tuple[str | None, ...]] = [
        (name, *(range_of(own.whole[metric]) for metric in names))
        for name, own in zip(scores.row_names(cards, task), intervals, strict=True)
    ]
    notes = [note_of(own, card.spec.rows) for own, card in zip(intervals, cards, strict=True)]
    rules: tuple[int, ...] = ()
    for average in result.averages:
        if average.intervals and scores.key_of_average(average) == scores.group_key(cards[0]):
            rules = (len(rows) - 1,)
            bounds = (range_of(average.intervals.whole[metric]) for metric in names)
            rows.append((f"mean of {len(average.languages)} scored", *bounds))
            if average.missing:
                whole = _of_all(average)
                every = len(average.languages) + len(average.missing)
                rows.append((f"mean of all {every}", *(range_of(whole.get(metric)) for metric in names)))
            notes = [note_of(average.intervals, sum(card.spec.rows for card in cards))]
    columns = (Column("file or language"), *(Column(scores.SHORT.get(n, METRICS[n].title), "score") for n in names))
    return Table(_title(intervals[0]), columns, tuple(rows), tuple(dict.fromkeys(notes)), rules)
