"""A comparison as tables: standings, emotions, languages, differences, published scores.

`comparison_words` has the conclusions in sentences. Long names lose a shared prefix; CSV and JSON have them in
full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semeval_emo.report.names import short_of
from semeval_emo.report.table import DASH, Column, Table, range_of
from semeval_emo.scoring.comparison import AVERAGE, Comparison, Difference, LanguageResult, SystemResult
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.significance import letters
from semeval_emo.task import release_words, shown_track
from semeval_emo.text import plural

DOT = " · "


def tables(
    comparison: Comparison, *, pairs: bool = False, power: bool = False, each_language: bool = True
) -> list[Table]:
    """Return the tables of a comparison.

    Args:
        pairs: include every pair of systems.
        power: include the smallest difference that a test of this size detects.
        each_language: include the emotions of each of several languages, not only their averages.
    """
    two = len(comparison.systems) == 2
    tables = [_standings(comparison)]
    if two:
        tables.append(_emotions(comparison, power))
    if len(comparison.systems) > 2:
        if comparison.lead.standings[0].emotions:
            tables.append(_emotion_standings(comparison, comparison.lead))
        tables += emotion_tables(comparison) if each_language else []
    if comparison.average is not None:
        tables.append(_languages_of_two(comparison) if two else _languages(comparison))
    if pairs or (power and not two and len(comparison.systems) > 1) or (power and comparison.average is not None):
        tables.append(_pairs(comparison, power))
    if comparison.against:
        tables.append(_published(comparison))
    return tables


def emotion_tables(comparison: Comparison) -> list[Table]:
    """Return the table of emotions of each of several languages; none for two systems."""
    places = comparison.places if comparison.average is not None and len(comparison.systems) > 2 else ()
    return [_emotion_standings(comparison, result) for result in places if result.standings[0].emotions]


def csv_table(comparison: Comparison, *, pairs: bool = False) -> Table:
    """Return one unrounded table: a row per language and system, or per language and pair."""
    results = [*comparison.places, *([comparison.average] if comparison.average else [])]
    rows: list[tuple[object, ...]]
    if pairs:
        titles = "place first second difference low high se p p_adjusted significant"
        names = {system.letter: system.name for system in comparison.systems}
        rows = [
            (result.language, names[d.first], names[d.second], *_values(d.value), d.p, d.p_adjusted, d.significant)
            for result in results
            for d in result.differences
        ]
    else:
        titles = "place letter system score low high se rank rank_low rank_high best beats"
        rows = [
            (result.language, system.letter, system.name, *_values(system.score), *_ranks(system))
            for result in results
            for system in result.standings
        ]
    return Table(comparison.title, tuple(Column(title) for title in titles.split()), tuple(rows))


def _ranks(system: SystemResult) -> tuple[int, int, int, float, str]:
    return system.rank, system.rank_low, system.rank_high, system.best, " ".join(system.beats)


def _values(interval: Interval) -> tuple[float, float, float, float]:
    return interval.value, interval.low, interval.high, interval.se


def short_names_of(comparison: Comparison) -> dict[str, str]:
    """Return the names of the compared systems for tables and plots, by their full name."""
    return short_of([system.name for system in comparison.systems])


def full_names(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return a note with the names that a table shortens; none if it shortens none.

    Args:
        names: letter and name of each system.
    """
    shown = short_of([name for _, name in names])
    cut = [f"{letter} {name}" for letter, name in names if shown[name] != name]
    return [f"Shortened names: {'; '.join(cut)}."] if cut else []


def p_text(p: float) -> str:
    """Return a p-value with three decimals.

    >>> p_text(0.0304), p_text(0.00002)
    ('0.030', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def heading(comparison: Comparison) -> str:
    """Return the heading: metric, track, language, split, release and number of texts."""
    lead = comparison.lead
    where = lead.name if lead.language == AVERAGE else f"{lead.name} ({lead.language})"
    parts = [comparison.title, f"track {shown_track(comparison.track)}", where, comparison.split]
    return DOT.join([*parts, release_words(comparison.release), plural(lead.rows, "text")])


def _standings(comparison: Comparison) -> Table:
    systems, shown = comparison.lead.standings, short_names_of(comparison)
    columns: list[tuple[Column, list[Any]]] = [
        (Column(""), [system.letter for system in systems]),
        (Column("system"), [shown[system.name] for system in systems]),
        (_score_column(comparison), [system.score.value for system in systems]),
        (_interval_column(comparison), [range_of(system.score) for system in systems]),
    ]
    if any(system.run_scores for system in systems):
        columns.append((Column("runs", "int"), [len(system.run_scores) or 1 for system in systems]))
        columns.append((Column("sd", "score"), [system.run_sd for system in systems]))
    if len(systems) > 1:
        columns.insert(3, (Column("beats", "letters"), [_letters(comparison, system.beats) for system in systems]))
        ranks = [
            f"{system.rank_low}–{system.rank_high}" if system.rank_low < system.rank_high else str(system.rank_low)
            for system in systems
        ]
        columns.append((Column("rank", "int"), [system.rank for system in systems]))
        columns.append((Column("ranks", "score"), ranks))
        columns.append((Column("P(best)", "percent"), [system.best for system in systems]))
    if comparison.average and len(systems) > 2:
        columns.append((Column("w/t/l", "score"), [_wins(comparison, system.letter) for system in systems]))
    rows = zip(*(values for _, values in columns), strict=True)
    return Table(heading(comparison), tuple(column for column, _ in columns), tuple(rows))


def _score_column(comparison: Comparison) -> Column:
    return Column(comparison.title, "score", "min" if comparison.lower_is_better else "max")


def _interval_column(comparison: Comparison) -> Column:
    return Column(f"{100 * comparison.settings.level:g} % interval", "score")


def _letters(comparison: Comparison, marks: Sequence[str]) -> str:
    order = {system.letter: at for at, system in enumerate(comparison.systems)}
    return letters(order[mark] for mark in marks)


def _wins(comparison: Comparison, letter: str) -> str:
    """Return significant wins, ties and losses of a system over languages and rivals."""
    own = [pair for pair in comparison.tallies if pair.first == letter]
    reverse = [pair for pair in comparison.tallies if pair.second == letter]
    wins = sum(pair.wins for pair in own) + sum(pair.losses for pair in reverse)
    losses = sum(pair.losses for pair in own) + sum(pair.wins for pair in reverse)
    return f"{wins}/{sum(pair.ties for pair in own + reverse)}/{losses}"


def _emotions(comparison: Comparison, power: bool) -> Table:
    """Return the table of two systems: the score of the whole and of every emotion."""
    (whole,) = comparison.lead.differences
    by_letter = {system.letter: system for system in comparison.lead.standings}
    first, second = by_letter[whole.first], by_letter[whole.second]
    rows = [(comparison.title, first.score.value, second.score.value, *_test(whole, power))]
    rows += [
        (name, first.emotions[name].value, second.emotions[name].value, *_test(difference, power))
        for name, difference in whole.emotions.items()
    ]
    noun = comparison.label_noun
    correction = f"corrected over the {len(whole.emotions)} {noun}s ({comparison.settings.correction})"
    notes = [f"p of the {noun}s is {correction}; *: significant.", *_averaged(comparison)]
    scores = (Column(whole.first, "score"), Column(whole.second, "score"))
    return Table(
        f"Difference {whole.first} − {whole.second}",
        (Column("metric"), *scores, *_test_columns(comparison, power)),
        tuple(rows),
        tuple(notes) if whole.emotions else (),
        rules=(0,) if whole.emotions else (),
    )


def _averaged(comparison: Comparison) -> list[str]:
    """Return a note on the number of languages over which each emotion is averaged."""
    if comparison.average is None:
        return []
    counts = {
        name: sum(name in result.standings[0].emotions for result in comparison.places)
        for name in comparison.average.standings[0].emotions
    }
    fewer = [f"{name} ({count})" for name, count in counts.items() if count < len(comparison.places)]
    note = f"Each {comparison.label_noun} is averaged over the languages that have it: all {len(comparison.places)}"
    return [f"{note}, except {', '.join(fewer)}." if fewer else f"{note}."]


def _emotion_standings(comparison: Comparison, result: LanguageResult) -> Table:
    """Return the table of several systems in one language: every emotion, with letters of its own."""
    names, noun = list(result.standings[0].emotions), comparison.label_noun
    best = "min" if comparison.lower_is_better else "max"
    rows = []
    for system in result.standings:
        row: list[object] = [system.letter]
        for name in names:
            beaten = _beaten(comparison, result, system.letter, name)
            row += [system.emotions[name].value, _letters(comparison, beaten)]
        rows.append(tuple(row))
    columns = [column for name in names for column in (Column(name, "score", best), Column("beats", "letters"))]
    return Table(
        f"Each {noun} · {_place(comparison, result)}",
        (Column(""), *columns),
        tuple(rows),
        (
            f"p is corrected over the {len(names)} {noun}s of each pair ({comparison.settings.correction}).",
            *(_averaged(comparison) if result is comparison.average else []),
        ),
    )


def _place(comparison: Comparison, result: LanguageResult) -> str:
    return result.name if result is comparison.average else f"{result.language} {result.name}"


def _beaten(comparison: Comparison, result: LanguageResult, letter: str, emotion: str) -> list[str]:
    """Return the letters of the systems that this one is significantly better than in one emotion."""
    beaten = []
    for pair in result.differences:
        difference = pair.emotions[emotion]
        if difference.significant and letter in (pair.first, pair.second):
            first_wins = (difference.value.value > 0) != comparison.lower_is_better
            if first_wins == (letter == pair.first):
                beaten.append(pair.second if first_wins else pair.first)
    return beaten


def _test(difference: Difference, power: bool) -> tuple:
    return (
        difference.value.value,
        range_of(difference.value, signed=True),
        p_text(difference.p_adjusted),
        "*" if difference.significant else "",
        *([difference.detectable] if power else []),
    )


def _test_columns(comparison: Comparison, power: bool) -> tuple[Column, ...]:
    return (
        Column("difference", "delta"),
        _interval_column(comparison),
        Column("p", "score"),
        Column("", "text"),
        *([Column("detectable", "score")] if power else []),
    )


def _languages_of_two(comparison: Comparison) -> Table:
    first, second = (system.letter for system in comparison.systems)
    rows = []
    for result in comparison.places:
        scores = {system.letter: system.score.value for system in result.standings}
        name = _place(comparison, result)
        rows.append((name, result.rows, scores[first], scores[second], *_test(result.differences[0], False)))
    columns = (Column("language"), Column("texts", "int"), Column(first, "score"), Column(second, "score"))
    return Table(
        f"Difference {first} − {second} by language",
        (*columns, *_test_columns(comparison, False)),
        tuple(rows),
        (f"p is corrected over the {len(rows)} languages ({comparison.settings.correction}); *: significant.",),
    )


def _languages(comparison: Comparison) -> Table:
    rows = []
    for result in comparison.places:
        best = result.standings[0]
        equal = [system.letter for system in result.standings if system.rank == 1]
        not_worse = [s.letter for s in result.standings if s.letter not in (*best.beats, *equal)]
        rows.append(
            (
                _place(comparison, result), result.rows, _letters(comparison, equal), best.score.value,
                range_of(best.score), best.best, _letters(comparison, not_worse) or DASH,
            )
        )  # fmt: skip
    columns = (
        Column("language"), Column("texts", "int"), Column("best"), Column(comparison.title, "score"),
        _interval_column(comparison), Column("P(best)", "percent"), Column("not significantly worse"),
    )  # fmt: skip
    ties = any(len(row[2].split()) > 1 for row in rows)
    notes = ("Several letters in best: systems with the same score; P(best) is that of each.",) if ties else ()
    return Table("Best system by language", columns, tuple(rows), notes)


def _pairs(comparison: Comparison, power: bool) -> Table:
    wins = {(pair.first, pair.second): f"{pair.wins}/{pair.ties}/{pair.losses}" for pair in comparison.tallies}
    rows = [
        (f"{pair.first} − {pair.second}", *_test(pair, power), *([wins[pair.first, pair.second]] if wins else []))
        for pair in comparison.lead.differences
    ]
    columns = (Column("pair"), *_test_columns(comparison, power), *([Column("w/t/l", "score")] if wins else []))
    note = f"p is corrected ({comparison.settings.correction}); *: significant."
    return Table("Differences of all pairs", columns, tuple(rows), (note,))


def _published(comparison: Comparison) -> Table:
    shown = short_of([own.name for own in comparison.against])
    rows = tuple(
        (shown[own.name], own.difference, *map(p_text, (own.p_fixed, own.p_independent, own.p_typical)), own.verdict)
        for own in comparison.against
    )
    columns = (
        Column("system"), Column("difference", "delta"), Column("p, level 1", "score"),
        Column("p, level 2, r = 0", "score"), Column("p, level 2, r = 0.5", "score"), Column("conclusion (level 2)"),
    )  # fmt: skip
    return Table(f"Compared with the published score {comparison.against[0].stored.text}", columns, rows)
