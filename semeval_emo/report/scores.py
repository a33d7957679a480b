"""Tables of scorecards: one in detail, or several as one row each with the averages under them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from semeval_emo.report.table import Column, Table, label_column, range_of, with_notes
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import CODABENCH, METRICS, ORGANISERS, label_metric
from semeval_emo.scoring.score_intervals import ScoreIntervals
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.task import OWN, Task, release_words, shown_track
from semeval_emo.text import plural

DOT = " · "
# The metrics of a summary row; the detail, CSV and JSON have all.
LABEL_SUMMARY = ("macro_f1", "micro_f1", "macro_precision", "macro_recall")
INTENSITY_SUMMARY = ("pearson", "spearman", "mae")
# The most tables of details.
DETAILS = 2
FEW_LANGUAGES = 2
"""The most languages of the same weight that are all named in a note."""
SHORT = {"macro_precision": "macro P", "macro_recall": "macro R"}


def tables(scores: Scores, task: Task, per_emotion: bool = False) -> list[Table]:
    """Return the detail of one file, or a summary of several, with a table of emotions if `per_emotion` is set.

    A file of many languages is summarised like several files.
    """
    if len({card.file for card in scores.cards}) == 1 and len(scores.cards) <= DETAILS:
        return [table for card in scores.cards for table in detail(card, task)]
    tables = []
    for cards in groups(scores):
        average = next((own for own in scores.averages if key_of_average(own) == group_key(cards[0])), None)
        tables.append(_summary(cards, average, task))
        if per_emotion:
            tables.append(_emotions(cards, task))
    return tables


def signatures(scores: Scores) -> list[str]:
    """Return one signature per average, and per card that is not part of one."""
    averaged = {key_of_average(average) for average in scores.averages}
    single = [card.signature for card in scores.cards if group_key(card) not in averaged]
    return single + [average.signature for average in scores.averages]


def signed(tables: list[Table], scores: Scores) -> list[Table]:
    """Return the tables with the signatures as notes."""
    return with_notes(tables, signatures(scores))


def detail(card: Scorecard, task: Task) -> list[Table]:
    """Return the tables of one card: metrics per emotion with their means, then the other metrics."""
    return [_intensities(card, task)] if _is_intensity(card, task) else [_labels(card, task), _over_texts(card, task)]


def _is_intensity(card: Scorecard, task: Task) -> bool:
    return task.track(card.spec.track).is_intensity


def _heading(card: Scorecard, task: Task) -> str:
    """Return the official score and its file; the release is that of the gold."""
    spec = card.spec
    return DOT.join(
        [
            *(f"{METRICS[name].title} {_shown(card, name)}" for name in card.official_metrics),
            f"track {shown_track(spec.track)}",
            f"{task.languages[spec.language].name} ({spec.language})",
            spec.split,
            release_words(card.release),
            plural(card.metrics.texts, "text"),
            *(["a subset, not official"] if card.subset else []),
        ]
    )


def _shown(card: Scorecard, name: str) -> str:
    value = card.metrics.whole[name]
    if math.isnan(value):
        return "nan"
    bounds = f" {range_of(card.intervals.whole[name])}" if card.intervals else ""
    return f"{value:.{_decimals(card)}f}{bounds}"


def interval_title(intervals: ScoreIntervals) -> str:
    """Return the heading of a column of intervals, such as ``95 % interval``."""
    return f"{100 * intervals.level:g} % interval"


def _with_interval(
    columns: Sequence[Column],
    rows: Sequence[tuple[Any, ...]],
    after: int,
    title: str,
    bounds: Sequence[Interval | None],
) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
    """Return columns and rows of a table with a column of intervals after that of the metric.

    Args:
        after: index of the column of the metric.
        bounds: one for each row; rows after the last one have none.
    """
    every = [*map(range_of, bounds), *[None] * (len(rows) - len(bounds))]
    own = Column(title, "score")
    wider = [(*row[: after + 1], one, *row[after + 1 :]) for row, one in zip(rows, every, strict=True)]
    return (*columns[: after + 1], own, *columns[after + 1 :]), wider


def _decimals(card: Scorecard) -> int:
    return 6 if card.rounding == "codabench" else 4


def _score(card: Scorecard) -> str:
    """Return the kind of a column with the decimals of the scores."""
    return "score6" if _decimals(card) == 6 else "score"


def _labels(card: Scorecard, task: Task) -> Table:
    metrics = card.metrics
    shares, counts = ("precision", "recall", "f1"), ("support", "tp", "fp", "fn", "tn")
    rows = [
        (emotion, *(metrics.by_emotion[name][i] for name in (*shares, *counts)))
        for i, emotion in enumerate(metrics.emotions)
    ]
    rows.append(("macro", *(metrics.whole[f"macro_{name}"] for name in shares), *[None] * len(counts)))
    rows.append(
        ("micro", *(metrics.whole[f"micro_{name}"] for name in shares), *(sum(metrics.by_emotion[c]) for c in counts))
    )
    columns: tuple[Column, ...] = (
        label_column(card.spec),
        *(Column(name, _score(card)) for name in ("precision", "recall", "F1")),
        *(Column(name, "int") for name in ("support", "TP", "FP", "FN", "TN")),
    )
    own = label_metric(card.metric, False)
    if card.intervals and own in shares:
        bounds = [
            *card.intervals.by_emotion[own],
            *(card.intervals.whole[f"{mean}_{own}"] for mean in ("macro", "micro")),
        ]
        columns, rows = _with_interval(columns, rows, 1 + shares.index(own), interval_title(card.intervals), bounds)
    return Table(
        title=_heading(card, task),
        columns=columns,
        rows=tuple(rows),
        notes=_official(card, task),
        rules=(len(metrics.emotions) - 1,),
    )


def _over_texts(card: Scorecard, task: Task) -> Table:
    names = ("samples_f1", "jaccard", "exact_match", "hamming_loss")
    notes = [*unlabelled_note(card), *_sources(card), *cautions(card, task)]
    return Table(
        title="Means over texts",
        columns=tuple(Column(METRICS[name].title, _score(card)) for name in names),
        rows=(tuple(card.metrics.whole[name] for name in names),),
        notes=tuple(notes),
    )


def unlabelled_note(card: Scorecard) -> list[str]:
    """Return a note on the texts without labels, if there are any."""
    if not card.metrics.unlabelled:
        return []
    texts = plural(card.metrics.unlabelled, "text")
    return [f"Samples F1 and Jaccard are {card.spec.empty} for the {texts} without any label in gold or predictions."]


def _intensities(card: Scorecard, task: Task) -> Table:
    metrics = card.metrics
    names = ("emotion_pearson", "emotion_spearman", "emotion_mae", "gold_mean", "predicted_mean")
    rows = [(emotion, *(metrics.by_emotion[name][i] for name in names)) for i, emotion in enumerate(metrics.emotions)]
    rows.append(("mean", *(metrics.whole[name] for name in INTENSITY_SUMMARY), None, None))
    titles = ("Pearson r", "Spearman rho", "MAE", "mean gold", "mean predicted")
    columns: tuple[Column, ...] = (label_column(card.spec), *(Column(title, _score(card)) for title in titles))
    own = label_metric(card.metric, True)
    if card.intervals and own in names:
        bounds = [*card.intervals.by_emotion[own], card.intervals.whole[card.metric]]
        columns, rows = _with_interval(columns, rows, 1 + names.index(own), interval_title(card.intervals), bounds)
    return Table(
        title=_heading(card, task),
        columns=columns,
        rows=tuple(rows),
        notes=(*_official(card, task), *_sources(card), *cautions(card, task)),
        rules=(len(metrics.emotions) - 1,),
    )


def official_words(release: str, metrics: Sequence[str]) -> str:
    """Return what the metrics of a track are called, and which they are; a user's own texts have no official one.

    >>> official_words("2018", ("jaccard", "micro_f1")), official_words("own-split", ("macro_f1",))
    ('Official metrics: Jaccard, micro F1', 'Metric: macro F1')
    """
    words = "Metric" if release in OWN else "Official metric"
    return f"{words}{'s' if len(metrics) > 1 else ''}: {', '.join(METRICS[name].title for name in metrics)}"


def _official(card: Scorecard, task: Task) -> tuple[str, ...]:
    averaging = task.track(card.spec.track).averaging.split(";")[0]
    return (f"{official_words(card.spec.release, card.official_metrics)} ({averaging}).",)


def _sources(card: Scorecard) -> tuple[str, ...]:
    return (f"File: {card.file}", f"Gold: {card.gold}")


def cautions(card: Scorecard, task: Task) -> list[str]:
    """Return cautions about the scores."""
    notes = [card.note] if card.note else []
    never, always = card.metrics.never_predicted, card.metrics.always_predicted
    if never:
        whole = len(never) == len(card.metrics.emotions)
        notes.append("Nothing is predicted: every cell is 0." if whole else f"Never predicted: {', '.join(never)}.")
    if always:
        whole = len(always) == len(card.metrics.emotions)
        emotions = f"every {card.spec.label_noun}" if whole else ", ".join(always)
        notes.append(f"Predicted for every text: {emotions}.")
    if card.constant:
        where = f"The gold or the predictions are constant for {', '.join(card.constant)}"
        titles = {scorer.rule: scorer.title for scorer in task.scorers.values()}
        as_in = f", as in the {titles[card.rule]}" if card.rule in titles else ""
        other = CODABENCH if card.rule == ORGANISERS else ORGANISERS
        if card.rule == ORGANISERS:
            value, others = "nan, and so is the mean", f"it is 0: --rule {CODABENCH} (the default)"
        else:
            value, others = "0 (1 if both have the same value)", f"it and the mean are nan: --rule {ORGANISERS}"
        correlations = "Pearson r is" if set(card.official_metrics) == {"pearson"} else "Pearson r and Spearman rho are"
        note = f"{where}: {correlations} {value}{as_in}."
        note += f" In the {titles[other]} {others}." if other in titles else ""
        notes.append(note)
    if card.rounding:
        titles = {scorer.rounding: scorer.title for scorer in task.scorers.values()}
        notes.append(f"Rounded like the {titles.get(card.rounding, card.rounding)} (--rounding {card.rounding}).")
    return notes


def groups(scores: Scores) -> list[list[Scorecard]]:
    """Return the cards grouped by release, track and split."""
    groups: dict[tuple[str, str, str], list[Scorecard]] = {}
    for card in scores.cards:
        groups.setdefault(group_key(card), []).append(card)
    return list(groups.values())


def group_key(card: Scorecard) -> tuple[str, str, str]:
    """Return release, track and split of a card."""
    return card.release, card.spec.track, card.spec.split


def key_of_average(average: Average) -> tuple[str, str, str]:
    """Return release, track and split of an average."""
    return average.release, average.track, average.split


def _summary(cards: Sequence[Scorecard], average: Average | None, task: Task) -> Table:
    first = cards[0]
    names = summary_metrics(first, task)
    rows = [
        (name, card.metrics.texts, *(card.metrics.whole[metric] for metric in names))
        for name, card in zip(row_names(cards, task), cards, strict=True)
    ]
    notes: list[str] = []
    rules: tuple[int, ...] = ()
    if average is not None:
        rules = (len(rows) - 1,)
        scored, every = len(average.languages), len(average.languages) + len(average.missing)
        if average.missing:
            rows.append((f"mean of {scored} scored", None, *(average.submitted[metric] for metric in names)))
            rows.append((f"mean of all {every}", None, *(average.all_languages.get(metric) for metric in names)))
            notes.append(f"Missing languages count as 0 in the mean of all {every}: {', '.join(average.missing)}.")
        else:
            rows.append((f"mean of all {every}", None, *(average.submitted[metric] for metric in names)))
        notes += weights_note(average.weights)
    for card in cards:
        notes += [f"{card.file}: {caution}" for caution in cautions(card, task)]
    best = {metric: "min" if METRICS[metric].lower_is_better else "max" for metric in names} if _by_file(cards) else {}
    words = official_words(first.spec.release, first.official_metrics)
    columns = [
        Column(SHORT.get(metric, METRICS[metric].title), _score(first), best.get(metric, "")) for metric in names
    ]
    heads: tuple[Column, ...] = (Column("file" if _by_file(cards) else "language"), Column("texts", "int"), *columns)
    if first.intervals:
        bounds = [card.intervals.whole[names[0]] if card.intervals else None for card in cards]
        if average is not None and average.intervals:
            whole = average.intervals.whole[names[0]]
            bounds += [whole, *([whole.scaled(average.share)] if average.missing else [])]
        heads, rows = _with_interval(heads, rows, 2, interval_title(first.intervals), bounds)
    return Table(
        title=f"{_title(cards)}{DOT}{words[0].lower()}{words[1:]}",
        columns=heads,
        rows=tuple(rows),
        notes=tuple(notes),
        rules=rules,
    )


def weights_note(weights: Mapping[str, float]) -> list[str]:
    """Return a note on the weights of languages in the mean; none without weights."""
    return [f"Weights of the languages in the mean: {weight_words(weights)}."] if weights else []


def weight_words(weights: Mapping[str, float]) -> str:
    """Return the weights of languages in words, from high to low; many languages of the same weight are not listed.

    >>> weight_words({"deu": 3.0, "tur": 1.0})
    'deu 3; tur 1'
    >>> weight_words({"deu": 3.0, "tur": 1.0, "fin": 1.0, "eng": 1.0})
    'deu 3; 1 for the others'
    """
    by_weight: dict[float, list[str]] = {}
    for code, weight in weights.items():
        by_weight.setdefault(weight, []).append(code)
    most = max(by_weight, key=lambda weight: len(by_weight[weight]))
    if len(by_weight[most]) <= FEW_LANGUAGES:
        return "; ".join(f"{', '.join(by_weight[weight])} {weight:g}" for weight in sorted(by_weight, reverse=True))
    words = [f"{', '.join(codes)} {weight:g}" for weight, codes in by_weight.items() if weight != most]
    return "; ".join([*words, f"{most:g} for the others"])


def _emotions(cards: Sequence[Scorecard], task: Task) -> Table:
    """Return the score of each emotion, one row per file; None if a language does not have the emotion."""
    metric = label_metric(cards[0].metric, _is_intensity(cards[0], task))
    best = "min" if METRICS[metric].lower_is_better else "max"
    emotions = [name for name in task.emotions if any(name in card.metrics.emotions for card in cards)]
    rows = []
    for name, card in zip(row_names(cards, task), cards, strict=True):
        values = dict(zip(card.metrics.emotions, card.metrics.by_emotion[metric], strict=True))
        rows.append((name, *(values.get(emotion) for emotion in emotions)))
    return Table(
        title=f"{_title(cards)}{DOT}{METRICS[metric].title} of each {cards[0].spec.label_noun}",
        columns=(
            Column("file" if _by_file(cards) else "language"),
            *(Column(emotion, _score(cards[0]), best if _by_file(cards) else "") for emotion in emotions),
        ),
        rows=tuple(rows),
    )


def _title(cards: Sequence[Scorecard]) -> str:
    spec = cards[0].spec
    language = f"{spec.language}{DOT}" if len({card.spec.language for card in cards}) == 1 else ""
    return f"Track {shown_track(spec.track)}{DOT}{language}{spec.split}{DOT}{release_words(cards[0].release)}"


def _by_file(cards: Sequence[Scorecard]) -> bool:
    """Return whether rows need file names, because two files have the same language."""
    return len({card.spec.language for card in cards}) < len(cards)


def row_names(cards: Sequence[Scorecard], task: Task) -> list[str]:
    """Return the names of the rows: languages, or file names without their common folder."""
    if not _by_file(cards):
        return [f"{card.spec.language} {task.languages[card.spec.language].name}" for card in cards]
    paths = [PurePath(card.file) for card in cards]
    shared = 0
    for folders in zip(*(path.parts[:-1] for path in paths), strict=False):
        if len(set(folders)) > 1:
            break
        shared += 1
    return ["/".join(path.parts[shared:]) for path in paths]


def summary_metrics(card: Scorecard, task: Task) -> tuple[str, ...]:
    """Return the metrics of a summary row, the official ones first."""
    names = INTENSITY_SUMMARY if _is_intensity(card, task) else LABEL_SUMMARY
    return tuple(dict.fromkeys((*card.official_metrics, *names)))


def long_table(scores: Scores) -> Table:
    """Return one row per file and metric, unrounded, for CSV."""
    rows: list[tuple[str | float | None, ...]] = []
    for card in scores.cards:
        spec = card.spec
        key = (card.file, card.release, spec.track, spec.language, spec.split)
        rows += [(*key, name, None, value) for name, value in card.metrics.whole.items()]
        rows += [
            (*key, name, emotion, value)
            for name, row in card.metrics.by_emotion.items()
            for emotion, value in zip(card.metrics.emotions, row, strict=True)
        ]
    for average in scores.averages:
        for language, means in (("mean-of-scored", average.submitted), ("mean-of-all", average.all_languages)):
            where = (None, average.release, average.track, language, average.split)
            rows += [(*where, name, None, value) for name, value in means.items()]
    names = ("file", "release", "track", "language", "split", "figure", "emotion", "value")
    return Table("scores", tuple(Column(name) for name in names), tuple(rows))
