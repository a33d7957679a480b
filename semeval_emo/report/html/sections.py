"""Sections of a report: scores, leaderboard and errors of a submission, or the comparison of several systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from semeval_emo.leaderboard import Leaderboard, Placement
from semeval_emo.report import analysis as analysis_tables
from semeval_emo.report import comparison as comparison_tables
from semeval_emo.report import comparison_words as words
from semeval_emo.report import scores as score_tables
from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.html.parts import BlockGroup, Paragraphs, PlotImage, Section, table_block, with_languages
from semeval_emo.report.leaderboard import THIS, placement_tables
from semeval_emo.report.score_intervals import note_of
from semeval_emo.report.table import Column, Table, clean, label_column, range_of
from semeval_emo.scoring import Comparison
from semeval_emo.scoring.analysis import analyse
from semeval_emo.scoring.error_comparison import compare_errors
from semeval_emo.scoring.metrics import METRICS, label_metric
from semeval_emo.scoring.score_intervals import ScoreIntervals
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.task import Task, shown_track
from semeval_emo.text import as_sentences, capitalized

PLOTS_OF_COMPARISON = ("emotions-", "languages-", "language-scores-", "p-values")
# Known systems that the page shows around a score.
NEAREST = 12
PARTLY_KNOWN = "A list has only some of its scores, so a rank is an interval"


def score_sections(contents: Contents, pictures: Mapping[str, PlotImage], texts: bool) -> list[Section]:
    """Return scores, leaderboard and errors, with a collapsible group for each file."""
    if not contents.cards:
        message = Paragraphs(("No file could be scored: the problems below make labels ambiguous.",))
        return [Section("scores", "Scores", (BlockGroup((message,)),))]
    found = [scores_section(contents, pictures)]
    if contents.placements:
        found.append(_places(contents, pictures))
    found.append(_errors(contents, pictures, texts))
    return found


def _name(contents: Contents, card: Scorecard) -> str:
    return f"{_language(contents, card)}, {contents.task.track(card.spec.track).name}"


def _language(contents: Contents, card: Scorecard) -> str:
    return f"{contents.task.languages[card.spec.language].name} ({card.spec.language})"


def scores_section(contents: Contents, pictures: Mapping[str, PlotImage]) -> Section:
    """Return the scores of each file, and their means over languages."""
    several = len(contents.cards) > 1
    groups = []
    if several and contents.scores is not None:
        summary = [table_block(table, foot=True) for table in _summaries(contents, contents.scores)]
        heat = [one for name, one in pictures.items() if name.startswith(("languages-", "language-scores-"))]
        groups.append(BlockGroup((*summary, *heat)))
    for at, card in enumerate(contents.cards):
        drawn = [pictures[name] for name in (f"emotions-{key_of(card)}",) if name in pictures]
        blocks = (*drawn, *(table_block(table, foot=True) for table in _detail(contents, card)))
        groups.append(BlockGroup(blocks, _name(contents, card) if several else "", not several or at == 0))
    return Section("scores", "Scores", tuple(groups))


def _summaries(contents: Contents, scores: Scores) -> list[Table]:
    """Return a table per track: a row per file with its scores, and the means over languages in the foot."""
    made = []
    for cards in score_tables.groups(scores):
        first = cards[0]
        names = score_tables.summary_metrics(first, contents.task)
        key = score_tables.group_key(first)
        average = next((own for own in scores.averages if score_tables.key_of_average(own) == key), None)
        rows = [
            (_language(contents, card), card.spec.rows, *_row(card.metrics.whole, card.intervals, names))
            for card in cards
        ]
        rules = (len(rows) - 1,)
        if average is not None:
            rows.append((f"mean of {len(cards)}", None, *_row(average.submitted, average.intervals, names)))
            if average.missing:
                every = len(average.languages) + len(average.missing)
                means = (average.all_languages.get(name) for name in names[1:])
                rows.append(
                    (
                        f"mean of all {every}, missing ones count as 0",
                        None,
                        average.all_languages[names[0]],
                        None,
                        *means,
                    )
                )
        columns = (
            Column("language"), Column("texts", "int"), Column(METRICS[names[0]].title, "score"),
            Column(_level(first), "score"), *(Column(METRICS[name].title, "score") for name in names[1:]),
        )  # fmt: skip
        title = capitalized(contents.task.track(first.spec.track).name)
        notes = tuple(score_tables.weights_note(average.weights)) if average is not None else ()
        made.append(Table(title, columns, tuple(rows), notes, rules=rules if average is not None else ()))
    return made


def _level(card: Scorecard) -> str:
    """Return the heading of intervals."""
    return f"{100 * card.intervals.level:g} % interval" if card.intervals else "interval"


def _row(whole: Mapping[str, float], intervals: ScoreIntervals | None, names: Sequence[str]) -> tuple[Any, ...]:
    first = range_of(intervals.whole[names[0]]) if intervals else None
    return (whole[names[0]], first, *(whole[name] for name in names[1:]))


def _detail(contents: Contents, card: Scorecard) -> list[Table]:
    """Return the scores of each emotion, then the scores averaged over texts."""
    metrics, intervals = card.metrics, card.intervals
    intensities = len(card.spec.values) > 2
    own = label_metric(card.metric, intensities)
    degrees = sorted(("pearson", "spearman", "mae"), key=lambda name: f"emotion_{name}" != own)
    others = tuple(f"emotion_{name}" for name in degrees[1:]) if intensities else ("precision", "recall")
    counts = () if intensities else ("support", "tp", "fp", "fn")
    rows = [
        (
            emotion, metrics.by_emotion[own][i], range_of(intervals.by_emotion[own][i]) if intervals else None,
            *(metrics.by_emotion[name][i] for name in (*others, *counts)),
        )
        for i, emotion in enumerate(metrics.emotions)
    ]  # fmt: skip
    wholes = {"mean": tuple(degrees)} if intensities else {
        kind: tuple(f"{kind}_{name}" for name in ("f1", "precision", "recall")) for kind in ("macro", "micro")
    }  # fmt: skip
    for kind, names in wholes.items():
        first = range_of(intervals.whole[names[0]]) if intervals else None
        sums = [sum(metrics.by_emotion[name]) if kind == "micro" else None for name in counts]
        rows.append((kind, metrics.whole[names[0]], first, *(metrics.whole[n] for n in names[1:]), *sums))
    level = _level(card)
    columns = (
        label_column(card.spec), Column(METRICS[own].title, "score"), Column(level, "score"),
        *(Column(METRICS[name].title, "score") for name in others),
        *(Column(name if name == "support" else name.upper(), "int") for name in counts),
    )  # fmt: skip
    how = contents.task.track(card.spec.track).averaging.split(";")[0]
    notes = [f"{score_tables.official_words(card.spec.release, card.official_metrics)} ({how})."]
    if intervals:
        notes.append(note_of(intervals, card.spec.rows))
    notes += score_tables.cautions(card, contents.task)
    made = [Table(f"By {card.spec.label_noun}", columns, tuple(rows), tuple(notes), rules=(len(metrics.emotions) - 1,))]
    if not intensities:
        whole = ("samples_f1", "jaccard", "exact_match", "hamming_loss")
        over = tuple(
            (METRICS[n].title, metrics.whole[n], range_of(intervals.whole[n]) if intervals else None) for n in whole
        )
        made.append(
            Table(
                "Means over texts",
                (Column("metric"), Column("value", "score"), Column(level, "score")),
                over,
                tuple(score_tables.unlabelled_note(card)),
            )
        )
    return made


def _places(contents: Contents, pictures: Mapping[str, PlotImage]) -> Section:
    placed = contents.placements
    groups = []
    if len(placed) > 1:
        every = [(one.board, one.placement, one.everywhere) for one in placed.values()]
        tables = (with_languages(table, contents.task) for table in placement_tables(every))
        groups.append(BlockGroup(tuple(map(table_block, tables))))
    names = {key_of(card): _name(contents, card) for card in contents.cards}
    for at, (key, one) in enumerate(placed.items()):
        ladder, *others = _placed(contents, [(one.board, one.placement, one.everywhere)])
        drawn = [pictures[name] for name in (f"position-{key}",) if name in pictures]
        blocks = (*drawn, table_block(ladder, sortable=False, mine=THIS), *(table_block(table) for table in others))
        groups.append(BlockGroup(blocks, names[key] if len(placed) > 1 else "", len(placed) == 1 or at == 0))
    lead = as_sentences(
        PARTLY_KNOWN if any(one.placement.is_interval for one in placed.values()) else "",
        "Lists are never mixed" if any(len(one.everywhere) > 1 for one in placed.values()) else "",
    )
    return Section("leaderboard", "Leaderboard", tuple(groups), lead)


def _with_track(table: Table, task: Task, track: str) -> Table:
    """Return a table with the name of its track in the title, instead of the key that options use."""
    return replace(table, title=table.title.replace(f"track {shown_track(track)}", task.track(track).name, 1))


def _placed(
    contents: Contents, found: Sequence[tuple[Leaderboard, Placement, Sequence[Placement]]], name: str = THIS
) -> list[Table]:
    """Return the tables of placements with titles of a page, which name no option; notes are not repeated."""
    first, *others = placement_tables(found, every_list=True, limit=NEAREST, name=name)
    first = _with_track(first, contents.task, found[0][1].at.track)
    return [
        replace(first, title=capitalized(first.title)),
        *(
            replace(
                one, title=one.title.partition(" (--")[0], notes=tuple(n for n in one.notes if n not in first.notes)
            )
            for one in others
        ),
    ]


def _errors(contents: Contents, pictures: Mapping[str, PlotImage], texts: bool) -> Section:
    groups = []
    for at, card in enumerate(contents.cards):
        found = analyse(card, probabilities=contents.probabilities.get(key_of(card)), texts=texts)
        tables = analysis_tables.tables(found, contents.task, whole=True)
        # The headline of the page has the title of the first table.
        tables[0] = replace(tables[0], title=f"Errors by {card.spec.label_noun}", notes=tables[0].notes[:-1])
        key = key_of(card)
        drawn = [pictures[name] for name in (f"co-occurrence-{key}", f"label-counts-{key}") if name in pictures]
        first, *rest = (table_block(table, sortable=table.title != analysis_tables.KINDS) for table in tables)
        blocks = (first, *drawn, *rest)
        several = len(contents.cards) > 1
        groups.append(BlockGroup(blocks, _name(contents, card) if several else "", not several or at == 0))
    return Section(
        "errors",
        "Errors",
        tuple(groups),
        "False negative (FN): only gold has the label. False positive (FP): only the prediction has it.",
    )


def comparison_sections(contents: Contents, pictures: Mapping[str, PlotImage]) -> list[Section]:
    """Return the comparison, the rank of the best system, and the disagreements of the two best systems."""
    comparison = contents.comparison
    if comparison is None:
        return []
    several = len(comparison.systems) > 2
    first, *rest = comparison_tables.tables(comparison, pairs=several, each_language=False)
    first = _with_track(first, contents.task, comparison.track)
    first = replace(first, notes=(*first.notes, *_columns(comparison)))
    blocks = [table_block(with_languages(table, contents.task)) for table in (first, *rest)]
    plots = [plot for name, plot in pictures.items() if name.startswith(PLOTS_OF_COMPARISON)]
    # Full names are in the provenance.
    lines = tuple(line for line in words.methods(comparison, names=False))
    # An odd number of narrow plots leaves room beside the last one.
    beside = sum(not plot.is_wide for plot in plots) % 2 == 1
    methods = Paragraphs(lines, is_wide=not beside)
    shown = (blocks[0], *plots, methods, *blocks[1:]) if beside else (blocks[0], *plots, *blocks[1:], methods)
    groups = [BlockGroup(shown)]
    if languages := comparison_tables.emotion_tables(comparison):
        title = f"Each {comparison.label_noun} by language"
        named = (with_languages(table, contents.task) for table in languages)
        groups.append(BlockGroup(tuple(map(table_block, named)), title, is_open=False))
    sections = [Section("scores", "Comparison", tuple(groups))]
    if contents.placements:
        sections.append(_best_place(contents, pictures))
    sections.append(_disagreements(contents))
    return sections


def _columns(comparison: Comparison) -> list[str]:
    """Return what the columns of the standings say."""
    if len(comparison.systems) < 2:
        return []
    lines = [
        "Letters after a score: the systems that it is significantly better than "
        f"(p ≤ {comparison.settings.alpha:g}). Ranks: interval of the rank. "
        "P(best): share of the resamples in which the system has the best score."
    ]
    if comparison.average is not None and len(comparison.systems) > 2:
        lines.append("w/t/l: significant wins, ties and significant losses over all languages and other systems.")
    return lines


def _best_place(contents: Contents, pictures: Mapping[str, PlotImage]) -> Section:
    every = [(one.board, one.placement, one.everywhere) for one in contents.placements.values()]
    drawn = [one for name, one in pictures.items() if name.startswith("position-")]
    name = contents.systems[0].name
    tables = (with_languages(table, contents.task) for table in _placed(contents, every, name))
    blocks = (*drawn, *(table_block(table, sortable=len(every) > 1, mine=clean(name)) for table in tables))
    lead = as_sentences(f"Rank of {name}, the system with the best score", first_runs(contents, 1))
    return Section("leaderboard", "Leaderboard", (BlockGroup(blocks),), lead)


def first_runs(contents: Contents, most: int | None = None) -> str:
    """Return which of the first `most` systems are represented by one of several runs, in words; empty if none is."""
    comparison = contents.comparison
    if comparison is None:
        return ""
    runs = {
        own.name: f"{own.name} ({own.run_scores[0]:.4f}; mean of {len(own.run_scores)} runs {own.score.value:.4f})"
        for own in comparison.lead.standings
        if own.run_scores
    }
    named = [runs[system.name] for system in contents.systems[:most] if system.name in runs]
    return f"Only the first run of {', '.join(named)}" if named else ""


def _disagreements(contents: Contents) -> Section:
    first, second = contents.systems[:2]
    others = {key_of(card): card for card in second.cards}
    groups = []
    for at, card in enumerate(first.cards):
        if key_of(card) in others:
            found = compare_errors(card, others[key_of(card)], texts=False)
            # The text browser shows the texts, with filters for these rows.
            shares = analysis_tables.comparison_tables(found, contents.task)[0]
            shares = _with_track(shares, contents.task, card.spec.track)
            # The page has tested the difference; two files are named under the table.
            shares = replace(shares, notes=shares.notes[:2])
            title = contents.task.languages[card.spec.language].name if len(first.cards) > 1 else ""
            groups.append(BlockGroup((table_block(shares),), title, at == 0))
    count = len(contents.systems)
    which = "each of the two systems" if count == 2 else f"each of the two best of {count} systems"
    lead = as_sentences(
        f"Number of texts in which {which} is correct: a is {first.name}, b is {second.name}", first_runs(contents, 2)
    )
    return Section("errors", "Disagreements", tuple(groups), lead)
