"""A comparison as tables with letters: standings, languages, differences, stored scores.

`comparison_words` says the same in sentences. Names are cut in the middle where they are too long
for a table; CSV and JSON have them whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semeval_emo.report.score_intervals import range_of
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.comparison import AVERAGE, Comparison, Difference, LanguageResult, SystemResult
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.significance import letters

DOT = " · "
LONGEST = 34


def tables(found: Comparison, *, pairs: bool = False, power: bool = False) -> list[Table]:
    """What a person reads.

    Args:
        pairs: every pair of systems, where there are more than two.
        power: the smallest difference that a test of this size finds.
    """
    two = len(found.systems) == 2
    made = [_standings(found)]
    if two:
        made.append(_emotions(found, power))
    if len(found.systems) > 2:
        places = [found.lead, *(found.places if found.average else [])]
        made += [_emotion_standings(found, place) for place in places if place.standings[0].emotions]
    if found.average is not None:
        made.append(_languages_of_two(found) if two else _languages(found))
    if pairs or (power and not two and len(found.systems) > 1) or (power and found.average is not None):
        made.append(_pairs(found, power))
    if found.against:
        made.append(_stored(found))
    return made


def csv_table(found: Comparison, *, pairs: bool = False) -> Table:
    """One long table with every digit: a row a system and place, or a row a pair and place."""
    places = [*found.places, *([found.average] if found.average else [])]
    rows: list[tuple[object, ...]]
    if pairs:
        titles = "place first second difference low high se p p_adjusted significant"
        names = {one.letter: one.name for one in found.systems}
        rows = [
            (place.language, names[d.first], names[d.second], *_figures(d.value), d.p, d.p_adjusted, d.significant)
            for place in places
            for d in place.differences
        ]
    else:
        titles = "place letter system score low high se rank rank_low rank_high best beats"
        rows = [
            (place.language, one.letter, one.name, *_figures(one.score), *_ranks(one))
            for place in places
            for one in place.standings
        ]
    return Table(found.title, tuple(Column(title) for title in titles.split()), tuple(rows))


def _ranks(one: SystemResult) -> tuple[int, int, int, float, str]:
    return one.rank, one.rank_low, one.rank_high, one.best, " ".join(one.beats)


def _figures(one: Interval) -> tuple[float, float, float, float]:
    return one.value, one.low, one.high, one.se


def short(name: str) -> str:
    """A name that fits into a table: cut in the middle, because ends tell names apart.

    >>> short("prediction_test_LLAMA_8Ep_batch6_with_4layer_unfreezed")
    'prediction_…_with_4layer_unfreezed'
    """
    if len(name) <= LONGEST:
        return name
    head = LONGEST // 3
    return f"{name[:head]}…{name[len(name) - (LONGEST - head - 1) :]}"


def p_text(p: float) -> str:
    """A p-value in three decimals.

    >>> p_text(0.0304), p_text(0.00002)
    ('0.030', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def heading(found: Comparison) -> str:
    """What was compared, on what."""
    lead = found.lead
    where = lead.name if lead.language == AVERAGE else f"{lead.name} ({lead.language})"
    size = f"{lead.rows:,} texts"
    return DOT.join([found.title, f"track {found.track.upper()}", where, found.split, f"release {found.release}", size])


def _standings(found: Comparison) -> Table:
    lead = found.lead
    several_runs = any(one.run_scores for one in lead.standings)
    many = len(found.systems) > 1
    columns = [
        Column("", "text"),
        Column("system"),
        Column(found.title, "score", "min" if found.lower_is_better else "max"),
        *([Column("beats", "letters")] if many else []),
        Column(f"{100 * found.settings.level:g} % interval", "score"),
        *([Column("runs", "int"), Column("sd", "score")] if several_runs else []),
        *([Column("rank", "int"), Column("ranks", "score"), Column("P(best)", "percent")] if many else []),
        *([Column("w/t/l", "score")] if found.average and len(found.systems) > 2 else []),
    ]
    return Table(
        heading(found), tuple(columns), tuple(_standing(found, one, several_runs, many) for one in lead.standings)
    )


def _standing(found: Comparison, one: SystemResult, several_runs: bool, many: bool) -> tuple:
    ranks = f"{one.rank_low}–{one.rank_high}" if one.rank_low < one.rank_high else str(one.rank_low)
    return (
        one.letter,
        short(one.name),
        one.score.value,
        *([letters(_indices(found, one.beats)) or ""] if many else []),
        range_of(one.score),
        *([len(one.run_scores) or 1, one.run_sd] if several_runs else []),
        *([one.rank, ranks, one.best] if many else []),
        *([_tally(found, one.letter)] if found.average and len(found.systems) > 2 else []),
    )


def _indices(found: Comparison, marks: Sequence[str]) -> list[int]:
    order = {system.letter: at for at, system in enumerate(found.systems)}
    return [order[mark] for mark in marks]


def _tally(found: Comparison, letter: str) -> str:
    wins = sum(t.wins for t in found.tallies if t.first == letter) + sum(
        t.losses for t in found.tallies if t.second == letter
    )
    losses = sum(t.losses for t in found.tallies if t.first == letter) + sum(
        t.wins for t in found.tallies if t.second == letter
    )
    ties = sum(t.ties for t in found.tallies if letter in (t.first, t.second))
    return f"{wins}/{ties}/{losses}"


def _emotions(found: Comparison, power: bool) -> Table:
    """Two systems in one language or over all: the figure and every emotion."""
    (whole,) = found.lead.differences
    scores = {one.letter: one for one in found.lead.standings}
    first, second = scores[whole.first], scores[whole.second]
    rows = [(found.title, first.score.value, second.score.value, *_test(whole, power))]
    rows += [
        (name, first.emotions[name].value, second.emotions[name].value, *_test(one, power))
        for name, one in whole.emotions.items()
    ]
    notes = [f"p of the emotions: corrected over the {len(whole.emotions)} emotions ({found.settings.correction})."]
    notes += _averaged(found)
    return Table(
        f"Difference {whole.first} − {whole.second}",
        (Column("figure"), Column(whole.first, "score"), Column(whole.second, "score"), *_test_columns(found, power)),
        tuple(rows),
        tuple(notes) if whole.emotions else (),
        rules=(0,) if whole.emotions else (),
    )


def _averaged(found: Comparison) -> list[str]:
    """Says over how many languages an emotion is averaged, where it is not over all."""
    if found.average is None:
        return []
    counts = {
        name: sum(name in place.standings[0].emotions for place in found.places)
        for name in found.average.standings[0].emotions
    }
    fewer = [f"{name} ({count})" for name, count in counts.items() if count < len(found.places)]
    said = f"Each emotion is averaged over the languages that have it: all {len(found.places)}"
    return [f"{said}, but for {', '.join(fewer)}." if fewer else f"{said}."]


def _emotion_standings(found: Comparison, place: LanguageResult) -> Table:
    """Many systems in one language: every emotion, with letters of its own."""
    names = list(place.standings[0].emotions)
    best = "min" if found.lower_is_better else "max"
    rows = []
    for one in place.standings:
        row: list[object] = [one.letter]
        for name in names:
            row += [one.emotions[name].value, letters(_indices(found, _beaten(found, place, one.letter, name)))]
        rows.append(tuple(row))
    columns = [column for name in names for column in (Column(name, "score", best), Column("beats", "letters"))]
    return Table(
        f"Each emotion · {place.name if place is found.average else f'{place.language} {place.name}'}",
        (Column(""), *columns),
        tuple(rows),
        (
            f"Letters: p corrected over the {len(names)} emotions of each pair ({found.settings.correction}).",
            *(_averaged(found) if place is found.average else []),
        ),
    )


def _beaten(found: Comparison, place: LanguageResult, letter: str, emotion: str) -> list[str]:
    """Letters of the systems that this one is significantly better than on one emotion."""
    beaten = []
    for pair in place.differences:
        one = pair.emotions[emotion]
        if one.significant and letter in (pair.first, pair.second):
            first_wins = (one.value.value > 0) != found.lower_is_better
            if first_wins == (letter == pair.first):
                beaten.append(pair.second if first_wins else pair.first)
    return beaten


def _test(one: Difference, power: bool) -> tuple:
    return (
        one.value.value,
        range_of(one.value, signed=True),
        p_text(one.p_adjusted),
        "*" if one.significant else "",
        *([one.detectable] if power else []),
    )


def _test_columns(found: Comparison, power: bool) -> tuple[Column, ...]:
    return (
        Column("difference", "delta"),
        Column(f"{100 * found.settings.level:g} % interval", "score"),
        Column("p", "score"),
        Column("", "text"),
        *([Column("detectable", "score")] if power else []),
    )


def _languages_of_two(found: Comparison) -> Table:
    first, second = (one.letter for one in found.systems)
    rows = []
    for place in found.places:
        scores = {one.letter: one.score.value for one in place.standings}
        rows.append(
            (
                f"{place.language} {place.name}",
                place.rows,
                scores[first],
                scores[second],
                *_test(place.differences[0], False),
            )
        )
    return Table(
        f"Difference {first} − {second} by language",
        (
            Column("language"),
            Column("texts", "int"),
            Column(first, "score"),
            Column(second, "score"),
            *_test_columns(found, False),
        ),
        tuple(rows),
        (f"p corrected over the {len(rows)} languages ({found.settings.correction}); * significant.",),
    )


def _languages(found: Comparison) -> Table:
    rows = []
    for place in found.places:
        best = place.standings[0]
        beaten = set(best.beats)
        level = [one.letter for one in place.standings[1:] if one.letter not in beaten]
        rows.append(
            (
                f"{place.language} {place.name}",
                place.rows,
                best.letter,
                best.score.value,
                range_of(best.score),
                best.best,
                letters(_indices(found, level)) or "–",
            )
        )
    return Table(
        "Best system by language",
        (
            Column("language"),
            Column("texts", "int"),
            Column("best"),
            Column(found.title, "score"),
            Column(f"{100 * found.settings.level:g} % interval", "score"),
            Column("P(best)", "percent"),
            Column("not significantly worse"),
        ),
        tuple(rows),
    )


def _pairs(found: Comparison, power: bool) -> Table:
    tallies = {(one.first, one.second): f"{one.wins}/{one.ties}/{one.losses}" for one in found.tallies}
    rows = [
        (
            f"{one.first} − {one.second}",
            *_test(one, power),
            *([tallies[one.first, one.second]] if tallies else []),
        )
        for one in found.lead.differences
    ]
    return Table(
        "Differences of all pairs",
        (Column("pair"), *_test_columns(found, power), *([Column("w/t/l", "score")] if tallies else [])),
        tuple(rows),
    )


def _stored(found: Comparison) -> Table:
    target = found.against[0].stored
    return Table(
        f"Against the stored score {target.text}",
        (
            Column("system"),
            Column("difference", "delta"),
            Column("1 fixed", "score"),
            Column("2 rival, r = 0", "score"),
            Column("2 rival, r = 0.5", "score"),
            Column("verdict of level 2"),
        ),
        tuple(
            (
                short(one.name),
                one.difference,
                p_text(one.p_fixed),
                p_text(one.p_independent),
                p_text(one.p_typical),
                one.verdict,
            )
            for one in found.against
        ),
    )


def with_notes(made: list[Table], notes: Sequence[str]) -> list[Table]:
    """The tables with lines under the last one, for formats that are pasted elsewhere."""
    return [*made[:-1], replace(made[-1], notes=(*made[-1].notes, *notes))]
