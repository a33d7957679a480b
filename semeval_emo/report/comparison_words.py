"""A comparison as text: tables, conclusions in sentences, and methods."""

from __future__ import annotations

from semeval_emo.report.comparison import full_names, p_text, short_names_of, tables
from semeval_emo.report.formats import render
from semeval_emo.report.grid import wrap
from semeval_emo.report.score_intervals import duplicates_note
from semeval_emo.report.scores import weights_note
from semeval_emo.report.table import MINUS, Table, with_notes
from semeval_emo.scoring.comparison import RANDOMISATION, Comparison, Difference, SystemResult
from semeval_emo.scoring.significance import letters
from semeval_emo.task import release_words
from semeval_emo.text import plural


def comparison_text(
    comparison: Comparison, width: int | None, colour: bool, *, pairs: bool = False, power: bool = False
) -> str:
    """Return a comparison as plain text: tables, conclusions, methods and the signature."""
    body = render(tables(comparison, pairs=pairs, power=power), "text", width=width, colour=colour)
    conclusions, notes = (
        ["\n".join(wrap(line, width or 100)) for line in lines]
        for lines in (sentences(comparison, power=power), methods(comparison))
    )
    return "\n\n".join([body, *conclusions, *(["\n".join(notes)] if notes else []), comparison.signature])


def noted_tables(comparison: Comparison, *, pairs: bool = False, power: bool = False) -> list[Table]:
    """Return the tables of a comparison with its conclusions, methods and signature as notes."""
    notes = [*sentences(comparison, power=power), *methods(comparison), comparison.signature]
    return with_notes(tables(comparison, pairs=pairs, power=power), notes)


def sentences(comparison: Comparison, *, power: bool = False) -> list[str]:
    """Return the conclusions in sentences."""
    lines = []
    if len(comparison.systems) > 1:
        lines += _first_place(comparison)
        if comparison.average is not None:
            lines.append(_over_languages(comparison))
        if power:
            lines.append(_power(comparison))
    lines += _runs(comparison)
    if comparison.against:
        lines += _published(comparison)
    return lines


def _first_place(comparison: Comparison) -> list[str]:
    standings = {result.letter: result for result in comparison.lead.standings}
    difference = comparison.lead.differences[0]
    first, second = standings[difference.first], standings[difference.second]
    lines = []
    if len(comparison.systems) > 2:
        order = [system.letter for system in comparison.systems]
        not_worse = letters(at for at, mark in enumerate(order) if at and mark not in first.beats)
        beaten = letters(map(order.index, first.beats))
        lines.append(f"{_name(comparison, first)} {_extent(beaten, not_worse)}.")
    return [*lines, _pair(comparison, first, second, difference)]


def _extent(beaten: str, not_worse: str) -> str:
    if not not_worse:
        return "is significantly better than all other systems"
    if not beaten:
        return "has the best score, but is not significantly better than any other system"
    return f"is significantly better than {_listed(beaten)}, but not than {_listed(not_worse)}"


def _listed(marks: str) -> str:
    *before, last = marks.split()
    return f"{', '.join(before)} and {last}" if before else last


def _name(comparison: Comparison, result: SystemResult) -> str:
    return f"{result.letter} ({short_names_of(comparison)[result.name]})"


def _pair(comparison: Comparison, first: SystemResult, second: SystemResult, difference: Difference) -> str:
    size = abs(difference.value.value)
    facts = (
        f"{comparison.title} {first.score.value:.4f} against {second.score.value:.4f}, a difference of {size:.4f} "
        f"({100 * comparison.settings.level:g} % interval {_signed(difference.value.low)} to "
        f"{_signed(difference.value.high)}, p {_equals(difference.p)}{_corrected(comparison, difference)})"
    )
    if difference.significant:
        return f"{_name(comparison, first)} is significantly better than {_name(comparison, second)}: {facts}."
    if size == 0:
        return f"{_name(comparison, first)} and {_name(comparison, second)} have the same score: {facts}."
    often = f"in {100 * difference.p:.0f} of 100 cases" if difference.p >= 0.01 else "in less than 1 of 100 cases"
    return (
        f"The difference between {_name(comparison, first)} and {_name(comparison, second)} is not significant: "
        f"{facts}. "
        f"Two equally good systems would differ at least as much by chance {often}."
    )


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", MINUS)


def _equals(p: float) -> str:
    return f"= {p_text(p)}" if p >= 0.001 else "< 0.001"


def _corrected(comparison: Comparison, difference: Difference) -> str:
    if difference.p_adjusted == difference.p:
        return ""
    return f"; {p_text(difference.p_adjusted)} after {comparison.settings.correction}'s correction"


def _over_languages(comparison: Comparison) -> str:
    wins = comparison.tallies[0]
    return (
        f"By language, {wins.first} is significantly better than {wins.second} in {wins.wins} of "
        f"{len(comparison.places)}, significantly worse in {wins.losses}, and not significantly different in "
        f"{wins.ties} ({comparison.settings.correction} over the languages)."
    )


def _power(comparison: Comparison) -> str:
    difference = comparison.lead.differences[0]
    size = abs(difference.value.value)
    line = (
        f"With {plural(comparison.lead.rows, 'text')}, the test detects a true difference of "
        f"{difference.detectable:.4f} between {difference.first} and {difference.second} in "
        f"{100 * comparison.settings.power:.0f} of 100 cases (uncorrected)"
    )
    if 0 < size < difference.detectable:
        times = (difference.detectable / size) ** 2
        line += f"; a difference of {size:.4f} would need about {times:,.1f} times as many texts"
    return f"{line}."


def _runs(comparison: Comparison) -> list[str]:
    return [
        f"{_name(comparison, result)}: mean {result.score.value:.4f} over {len(result.run_scores)} runs, "
        f"standard deviation {result.run_sd:.4f}, from {min(result.run_scores):.4f} to {max(result.run_scores):.4f}; "
        "the interval includes the variation over runs and over texts."
        for result in comparison.lead.standings
        if result.run_sd is not None
    ]


def _published(comparison: Comparison) -> list[str]:
    versus = comparison.against[0]
    published = versus.stored
    result = next(own for own in comparison.lead.standings if own.name == versus.name)
    relation = {
        "not separable": "is not significantly different from",
        "better": "is better than",
        "clearly better": "is clearly better than",
        "worse": "is worse than",
        "clearly worse": "is clearly worse than",
    }[versus.verdict]
    return [
        f"{_name(comparison, result)}, {result.score.value:.4f}, {relation} a system with {published.text} tested on "
        f"as many texts (level 2, same-size rival: p {_equals(versus.p_independent)} if the errors of both are "
        f"independent, {_equals(versus.p_typical)} if they correlate by 0.5).",
        f"Level 1, fixed target: does our score differ from the number {published.text}, which is rounded to "
        f"±{_plain(published.rounding)}? p {_equals(versus.p_fixed)}. Level 3, the paired test, needs the predictions "
        "of the other system: semeval-emo compare OURS THEIRS.",
        f"{published.text} is assumed to be a score on {_data(comparison)}, {plural(comparison.lead.rows, 'text')}; "
        f"scores of other releases {'' if comparison.split == 'test' else 'and splits '}are not comparable.",
    ]


def _data(comparison: Comparison) -> str:
    """Return the release, the language and the split, which is left out where it is test."""
    split = "" if comparison.split == "test" else f", {comparison.split}"
    return f"{release_words(comparison.release)}, {comparison.lead.language}{split}"


def _plain(number: float) -> str:
    """Return a small number without an exponent."""
    return f"{number:.12f}".rstrip("0")


def methods(comparison: Comparison, *, names: bool = True) -> list[str]:
    """Return the methods of the comparison, and cautions.

    Args:
        names: include the full names of shortened ones and what a column is, which a page has in other places.
    """
    settings, lead = comparison.settings, comparison.lead
    method = {"percentile": "Percentile", "bca": "BCa"}[settings.interval]
    parts = [f"{method} bootstrap over texts, {settings.resamples:,} resamples, seed {settings.seed}"]
    if len(comparison.systems) > 1:
        trials = f"{settings.trials:,} trials of " if settings.test == RANDOMISATION else ""
        parts.append(f"p-values by {trials}{settings.test}, {settings.correction} over {_family(comparison)}")
    if len(comparison.systems) > 1 and names:
        parts.append(f'"beats" lists the systems that are significantly worse (p ≤ {settings.alpha:g})')
    lines = ["; ".join(parts) + "."]
    duplicates = 0 if lead.texts is None else lead.rows - lead.texts
    if duplicates:
        lines.append(duplicates_note(duplicates, lead.rows))
    tests = _tests(comparison)
    if tests / (settings.trials + 1) > settings.alpha and settings.test == RANDOMISATION:
        lines.append(
            f"With {settings.trials:,} trials, no p-value can be significant after a correction over {tests:,} tests: "
            f"use --trials {int(2 * tests / settings.alpha):,}."
        )
    if names:
        lines += full_names([(system.letter, system.name) for system in comparison.systems])
    lines += weights_note(comparison.weights)
    return [*lines, *comparison.notes]


def _family(comparison: Comparison) -> str:
    systems = len(comparison.systems)
    if comparison.settings.family == "languages":
        return f"the {len(comparison.places)} languages (no correction for the average)"
    if comparison.settings.family == "pairs":
        return f"all {_tests(comparison)} pairs"
    return f"the {systems - 1} rivals of each system" if systems > 2 else "one test"


def _tests(comparison: Comparison) -> int:
    systems = len(comparison.systems)
    sizes = {"languages": len(comparison.places), "pairs": systems * (systems - 1) // 2, "rivals": systems - 1}
    return sizes[comparison.settings.family]
