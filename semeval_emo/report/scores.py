"""Scorecards as tables: one card in detail, many as one row each with the averages under them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS, ORGANISERS
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.task import Task

DOT = " · "
# The figures of a summary row beside the official one; the rest stands in the detail, CSV and JSON.
LABEL_SUMMARY = ("macro_f1", "micro_f1", "macro_precision", "macro_recall")
DEGREE_SUMMARY = ("pearson", "spearman", "mae")
SHORT = {"macro_precision": "macro P", "macro_recall": "macro R"}
SCORERS = {"organisers": "organisers' 2025 checker", "codabench": "Codabench scorer"}


def tables(scores: Scores, task: Task, per_emotion: bool = False) -> list[Table]:
    """What a person reads: the detail of one file, or a summary of many (with a row of emotions a file, if asked)."""
    if len({card.file for card in scores.cards}) == 1:
        return [table for card in scores.cards for table in detail(card, task)]
    found = []
    for cards in groups(scores):
        average = next((one for one in scores.averages if address_of(one) == address(cards[0])), None)
        found.append(_summary(cards, average, task))
        if per_emotion:
            found.append(_emotions(cards, task))
    return found


def signatures(scores: Scores) -> list[str]:
    """The provenance lines: one an average, and one a card that is in no average."""
    averaged = {address_of(one) for one in scores.averages}
    alone = [card.signature for card in scores.cards if address(card) not in averaged]
    return alone + [one.signature for one in scores.averages]


def signed(tables: list[Table], scores: Scores) -> list[Table]:
    """The tables with the provenance lines as notes, for formats that are pasted elsewhere."""
    if not tables:
        return tables
    return [*tables[:-1], replace(tables[-1], notes=(*tables[-1].notes, *signatures(scores)))]


def detail(card: Scorecard, task: Task) -> list[Table]:
    """One card: its figures per emotion with the means under them, then the other figures."""
    return [_degrees(card, task)] if _is_intensity(card, task) else [_labels(card, task), _over_texts(card)]


def _is_intensity(card: Scorecard, task: Task) -> bool:
    return task.track(card.spec.track).is_intensity


def _heading(card: Scorecard, task: Task) -> str:
    """The official figure, and of what: the release is that of the gold."""
    spec = card.spec
    value = "nan" if math.isnan(card.score) else f"{card.score:.{_decimals(card)}f}"
    return DOT.join(
        [
            f"{METRICS[card.metric].title} {value}",
            f"track {spec.track.upper()}",
            f"{task.languages[spec.language].name} ({spec.language})",
            spec.split,
            f"release {card.release}",
            f"{card.metrics.texts:,} texts",
        ]
    )


def _decimals(card: Scorecard) -> int:
    return 6 if card.rounding == "codabench" else 4


def _score(card: Scorecard) -> str:
    """The kind of column that shows as many decimals as the figures have."""
    return "score6" if _decimals(card) == 6 else "score"


def _labels(card: Scorecard, task: Task) -> Table:
    figures = card.metrics
    shares, counts = ("precision", "recall", "f1"), ("support", "tp", "fp", "fn", "tn")
    rows = [
        (emotion, *(figures.by_emotion[name][i] for name in (*shares, *counts)))
        for i, emotion in enumerate(figures.emotions)
    ]
    rows.append(("macro", *(figures.whole[f"macro_{name}"] for name in shares), *[None] * len(counts)))
    rows.append(
        ("micro", *(figures.whole[f"micro_{name}"] for name in shares), *(sum(figures.by_emotion[c]) for c in counts))
    )
    return Table(
        title=_heading(card, task),
        columns=(
            Column("emotion"),
            *(Column(name, _score(card)) for name in ("precision", "recall", "F1")),
            *(Column(name, "int") for name in ("support", "TP", "FP", "FN", "TN")),
        ),
        rows=tuple(rows),
        notes=_official(card, task),
        rules=(len(figures.emotions) - 1,),
    )


def _over_texts(card: Scorecard) -> Table:
    names = ("samples_f1", "jaccard", "exact_match", "hamming_loss")
    unlabelled = card.metrics.unlabelled
    texts = (
        "The one text without any label on either side counts"
        if unlabelled == 1
        else (f"The {unlabelled:,} texts without any label on either side count")
    )
    return Table(
        title="Means over texts",
        columns=tuple(Column(METRICS[name].title, _score(card)) for name in names),
        rows=(tuple(card.metrics.whole[name] for name in names),),
        notes=(*((f"{texts} 0 in samples F1 and Jaccard.",) if unlabelled else ()), *_sources(card), *_cautions(card)),
    )


def _degrees(card: Scorecard, task: Task) -> Table:
    figures = card.metrics
    names = ("emotion_pearson", "emotion_spearman", "emotion_mae", "gold_mean", "predicted_mean")
    rows = [(emotion, *(figures.by_emotion[name][i] for name in names)) for i, emotion in enumerate(figures.emotions)]
    rows.append(("mean", *(figures.whole[name] for name in DEGREE_SUMMARY), None, None))
    titles = ("Pearson r", "Spearman rho", "MAE", "mean gold", "mean predicted")
    return Table(
        title=_heading(card, task),
        columns=(Column("emotion"), *(Column(title, _score(card)) for title in titles)),
        rows=tuple(rows),
        notes=(*_official(card, task), *_sources(card), *_cautions(card)),
        rules=(len(figures.emotions) - 1,),
    )


def _official(card: Scorecard, task: Task) -> tuple[str, ...]:
    how = task.track(card.spec.track).averaging.split(";")[0]
    return (f"Official figure: {METRICS[card.metric].title} ({how}).",)


def _sources(card: Scorecard) -> tuple[str, ...]:
    return (f"File: {card.file}", f"Gold: {card.gold}")


def _cautions(card: Scorecard) -> list[str]:
    """What a person must know before trusting the figures."""
    notes = [card.note] if card.note else []
    if card.constant:
        where = f"One value throughout in gold or prediction for {', '.join(card.constant)}"
        if card.rule == ORGANISERS:
            notes.append(
                f"{where}: Pearson r is nan there, and so is the mean, as in the organisers' 2025 checker. "
                "The Codabench scorer makes it 0: --rule codabench (the default)."
            )
        else:
            notes.append(
                f"{where}: Pearson r counts 0 there (1 where both are the same value), as in the Codabench scorer. "
                "The organisers' 2025 checker makes it and the mean nan: --rule organisers-2025."
            )
    if card.rounding:
        notes.append(f"Rounded as the {SCORERS[card.rounding]} does (--rounding {card.rounding}).")
    return notes


def groups(scores: Scores) -> list[list[Scorecard]]:
    """Cards by release, track and split."""
    groups: dict[tuple[str, str, str], list[Scorecard]] = {}
    for card in scores.cards:
        groups.setdefault(address(card), []).append(card)
    return list(groups.values())


def address(card: Scorecard) -> tuple[str, str, str]:
    """What a card shares with the others of its table: release, track, split."""
    return card.release, card.spec.track, card.spec.split


def address_of(average: Average) -> tuple[str, str, str]:
    """The address of the cards that were averaged."""
    return average.release, average.track, average.split


def _summary(cards: Sequence[Scorecard], average: Average | None, task: Task) -> Table:
    first = cards[0]
    names = summary_figures(first, task)
    rows = [
        (name, card.metrics.texts, *(card.metrics.whole[one] for one in names))
        for name, card in zip(row_names(cards, task), cards, strict=True)
    ]
    notes: list[str] = []
    rules: tuple[int, ...] = ()
    if average is not None:
        rules = (len(rows) - 1,)
        scored, every = len(average.languages), len(average.languages) + len(average.missing)
        if average.missing:
            rows.append((f"mean of {scored} scored", None, *(average.submitted[one] for one in names)))
            rows.append((f"mean of all {every}", None, *(average.all_languages.get(one) for one in names)))
            notes.append(
                f"In the mean of all {every}, a language that is not here counts 0: {', '.join(average.missing)}."
            )
        else:
            rows.append((f"mean of all {every}", None, *(average.submitted[one] for one in names)))
    for card in cards:
        notes += [f"{card.file}: {caution}" for caution in _cautions(card)]
    best = {one: "min" if METRICS[one].lower_is_better else "max" for one in names} if _by_file(cards) else {}
    columns = [Column(SHORT.get(one, METRICS[one].title), _score(first), best.get(one, "")) for one in names]
    return Table(
        title=f"{_title(cards)}{DOT}official figure: {METRICS[first.metric].title}",
        columns=(Column("file" if _by_file(cards) else "language"), Column("texts", "int"), *columns),
        rows=tuple(rows),
        notes=tuple(notes),
        rules=rules,
    )


def _emotions(cards: Sequence[Scorecard], task: Task) -> Table:
    """The official figure of each emotion, a row a file; a dash where a language has no such emotion."""
    figure = "emotion_pearson" if _is_intensity(cards[0], task) else "f1"
    emotions = [one for one in task.emotions if any(one in card.metrics.emotions for card in cards)]
    rows = []
    for name, card in zip(row_names(cards, task), cards, strict=True):
        values = dict(zip(card.metrics.emotions, card.metrics.by_emotion[figure], strict=True))
        rows.append((name, *(values.get(one) for one in emotions)))
    return Table(
        title=f"{_title(cards)}{DOT}{METRICS[figure].title} of each emotion",
        columns=(
            Column("file" if _by_file(cards) else "language"),
            *(Column(one, _score(cards[0]), "max" if _by_file(cards) else "") for one in emotions),
        ),
        rows=tuple(rows),
    )


def _title(cards: Sequence[Scorecard]) -> str:
    spec = cards[0].spec
    language = f"{spec.language}{DOT}" if len({card.spec.language for card in cards}) == 1 else ""
    return f"Track {spec.track.upper()}{DOT}{language}{spec.split}{DOT}release {cards[0].release}"


def _by_file(cards: Sequence[Scorecard]) -> bool:
    """Files of one language are told apart by name, files of different languages by language."""
    return len({card.spec.language for card in cards}) < len(cards)


def row_names(cards: Sequence[Scorecard], task: Task) -> list[str]:
    """What to call the rows: languages, or file names without the folder that all are in."""
    if not _by_file(cards):
        return [f"{card.spec.language} {task.languages[card.spec.language].name}" for card in cards]
    paths = [PurePath(card.file) for card in cards]
    shared = 0
    for folders in zip(*(path.parts[:-1] for path in paths), strict=False):
        if len(set(folders)) > 1:
            break
        shared += 1
    return ["/".join(path.parts[shared:]) for path in paths]


def summary_figures(card: Scorecard, task: Task) -> tuple[str, ...]:
    """The figures of a summary row, the official one first."""
    names = DEGREE_SUMMARY if _is_intensity(card, task) else LABEL_SUMMARY
    return (card.metric, *(name for name in names if name != card.metric))


def long_table(scores: Scores) -> Table:
    """One row per file and figure, every digit kept: what CSV is for."""
    rows: list[tuple[str | float | None, ...]] = []
    for card in scores.cards:
        spec = card.spec
        address = (card.file, card.release, spec.track, spec.language, spec.split)
        rows += [(*address, name, None, value) for name, value in card.metrics.whole.items()]
        rows += [
            (*address, name, emotion, value)
            for name, row in card.metrics.by_emotion.items()
            for emotion, value in zip(card.metrics.emotions, row, strict=True)
        ]
    for one in scores.averages:
        for language, means in (("mean-of-scored", one.submitted), ("mean-of-all", one.all_languages)):
            rows += [(None, one.release, one.track, language, one.split, n, None, value) for n, value in means.items()]
    names = ("file", "release", "track", "language", "split", "figure", "emotion", "value")
    return Table("scores", tuple(Column(name) for name in names), tuple(rows))
