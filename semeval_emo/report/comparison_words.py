"""A comparison in sentences: what is significant, what is not, and how it was found."""

from __future__ import annotations

from semeval_emo.report.comparison import csv_table, p_text, short, tables, with_notes
from semeval_emo.report.formats import render
from semeval_emo.report.grid import wrap
from semeval_emo.report.table import MINUS, Table
from semeval_emo.scoring.comparison import RANDOMISATION, Comparison, Difference, SystemResult
from semeval_emo.scoring.significance import letters


def sentences(found: Comparison, *, power: bool = False) -> list[str]:
    """The result in plain words."""
    said = []
    if len(found.systems) > 1:
        said += _first_place(found)
        if found.average is not None:
            said.append(_over_languages(found))
        if power:
            said.append(_power(found))
    said += _runs(found)
    if found.against:
        said += _stored(found)
    return said


def _first_place(found: Comparison) -> list[str]:
    standings = {one.letter: one for one in found.lead.standings}
    difference = found.lead.differences[0]
    first, second = standings[difference.first], standings[difference.second]
    said = []
    if len(found.systems) > 2:
        order = [one.letter for one in found.systems]
        level = letters(at for at, mark in enumerate(order) if at and mark not in first.beats)
        beaten = letters(map(order.index, first.beats))
        said.append(f"{_called(first)} {_extent(beaten, level)}.")
    return [*said, _pair(found, first, second, difference)]


def _extent(beaten: str, level: str) -> str:
    if not level:
        return "is significantly better than every other system"
    if not beaten:
        return "scores best, but is not significantly better than any other system"
    return f"is significantly better than {_listed(beaten)}, but cannot be told apart from {_listed(level)}"


def _listed(marks: str) -> str:
    *before, last = marks.split()
    return f"{', '.join(before)} and {last}" if before else last


def _called(one: SystemResult) -> str:
    return f"{one.letter} ({short(one.name)})"


def _pair(found: Comparison, first: SystemResult, second: SystemResult, one: Difference) -> str:
    gap = abs(one.value.value)
    facts = (
        f"{found.title} {first.score.value:.4f} against {second.score.value:.4f}, a difference of {gap:.4f} "
        f"({100 * found.settings.level:g} % interval {_signed(one.value.low)} to {_signed(one.value.high)}, "
        f"p {_equals(one.p)}{_corrected(found, one)})"
    )
    if one.significant:
        return f"{_called(first)} is significantly better than {_called(second)}: {facts}."
    if gap == 0:
        return f"{_called(first)} and {_called(second)} score the same: {facts}."
    often = f"in {100 * one.p:.0f} of 100 cases" if one.p >= 0.01 else "now and then"
    return (
        f"The difference between {_called(first)} and {_called(second)} is not significant: {facts}. "
        f"Two systems that are equally good would differ as much by chance {often}."
    )


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", MINUS)


def _equals(p: float) -> str:
    return f"= {p_text(p)}" if p >= 0.001 else "< 0.001"


def _corrected(found: Comparison, one: Difference) -> str:
    if one.p_adjusted == one.p:
        return ""
    return f"; {p_text(one.p_adjusted)} after {found.settings.correction}'s correction"


def _over_languages(found: Comparison) -> str:
    tally = found.tallies[0]
    return (
        f"By language, {tally.first} is significantly better than {tally.second} in {tally.wins}, "
        f"worse in {tally.losses}, and not told apart in {tally.ties} of {len(found.places)} "
        f"({found.settings.correction} over the languages)."
    )


def _power(found: Comparison) -> str:
    one = found.lead.differences[0]
    gap = abs(one.value.value)
    said = (
        f"A test on these {found.lead.rows:,} texts finds a true difference of {one.detectable:.4f} between "
        f"{one.first} and {one.second} in {100 * found.settings.power:.0f} of 100 cases (uncorrected)"
    )
    if 0 < gap < one.detectable:
        times = (one.detectable / gap) ** 2
        said += f"; one of {gap:.4f} would take about {times:,.1f} times as many texts"
    return f"{said}."


def _runs(found: Comparison) -> list[str]:
    return [
        f"{_called(one)}: mean {one.score.value:.4f} over {len(one.run_scores)} runs, standard deviation "
        f"{one.run_sd:.4f}, from {min(one.run_scores):.4f} to {max(one.run_scores):.4f}; "
        "its interval covers both other runs and other texts."
        for one in found.lead.standings
        if one.run_sd is not None
    ]


def _stored(found: Comparison) -> list[str]:
    one = found.against[0]
    target = one.stored
    score = next(s for s in found.lead.standings if s.name == one.name)
    meaning = {
        "not separable": "cannot be told apart from",
        "better": "is better than",
        "clearly better": "is clearly better than",
        "worse": "is worse than",
        "clearly worse": "is clearly worse than",
    }[one.verdict]
    return [
        f"{_called(score)}, {score.score.value:.4f}, {meaning} a rival of {target.text} tested on as many texts "
        f"(level 2, same-size rival: p {_equals(one.p_independent)} if the two err independently, "
        f"{_equals(one.p_typical)} if their errors correlate by 0.5).",
        f"Level 1, fixed target, only asks whether our score differs from the number {target.text}, which is known to "
        f"±{_plain(target.rounding)}: p {_equals(one.p_fixed)}. Level 3, the paired test, needs the rival's "
        "predictions: semeval-emo compare OURS THEIRS.",
        f"{target.text} is taken to be of release {found.release}, {found.lead.language}, "
        f"{found.lead.rows:,} texts; a score of another release is of other texts and cannot be compared.",
    ]


def _plain(number: float) -> str:
    """A small number without an exponent."""
    return f"{number:.12f}".rstrip("0")


def methods(found: Comparison) -> list[str]:
    """How it was found, and what must be known before trusting it."""
    used, lead = found.settings, found.lead
    kind = {"percentile": "Percentile", "bca": "BCa"}[used.interval]
    said = [f"{kind} bootstrap over texts, {used.resamples:,} resamples, seed {used.seed}"]
    if len(found.systems) > 1:
        test = f"{used.trials:,} trials of {used.test}" if used.test == RANDOMISATION else used.test
        said.append(f"p-values from {test}, {used.correction} over {_family(found)}")
        said.append(f"a system beats those named beside its score (p ≤ {used.alpha:g})")
    lines = ["; ".join(said) + "."]
    repeated = 0 if lead.texts is None else lead.rows - lead.texts
    if repeated:
        lines.append(f"{repeated:,} of {lead.rows:,} rows repeat a text; rows of one text are drawn together.")
    size = _tests(found)
    if size / (used.trials + 1) > used.alpha and used.test == RANDOMISATION:
        lines.append(
            f"With {used.trials:,} trials no p-value is small enough to survive a correction over {size:,} tests: "
            f"use --trials {int(2 * size / used.alpha):,}."
        )
    return [*lines, *found.notes]


def _family(found: Comparison) -> str:
    systems = len(found.systems)
    if found.settings.family == "languages":
        return f"the {len(found.places)} languages (none for the average)"
    if found.settings.family == "pairs":
        return f"all {_tests(found)} pairs"
    return f"the {systems - 1} rivals of each system" if systems > 2 else "this one test"


def _tests(found: Comparison) -> int:
    systems = len(found.systems)
    sizes = {"languages": len(found.places), "pairs": systems * (systems - 1) // 2, "rivals": systems - 1}
    return sizes[found.settings.family]


def comparison_text(
    found: Comparison, width: int | None, colour: bool, *, pairs: bool = False, power: bool = False
) -> str:
    """Return a comparison as plain text: tables, conclusions, methods and the signature."""
    body = render(tables(found, pairs=pairs, power=power), "text", width=width, colour=colour)
    conclusions, notes = (
        ["\n".join(wrap(line, width or 100)) for line in lines]
        for lines in (sentences(found, power=power), methods(found))
    )
    return "\n\n".join([body, *conclusions, *(["\n".join(notes)] if notes else []), found.signature])


def noted_tables(found: Comparison, *, pairs: bool = False, power: bool = False) -> list[Table]:
    """Return the tables of a comparison with its conclusions, methods and signature as notes."""
    notes = [*sentences(found, power=power), *methods(found), found.signature]
    return with_notes(tables(found, pairs=pairs, power=power), notes)


__all__ = ["comparison_text", "csv_table", "methods", "noted_tables", "sentences"]
