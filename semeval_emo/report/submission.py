"""Draws what checking found: for people at a terminal, and as tables."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise

from semeval_emo.report.table import Column, Table
from semeval_emo.submission import Entry, FileReport, Problem, Report, Severity, catalogue, entry
from semeval_emo.submission.problem import PLACES, SCORERS, shown
from semeval_emo.text import plural

WIDTH = 100
# How the catalogue says that a scorer does not mind.
SCORES = "scores it"
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def validation_text(report: Report, paths: Sequence[str] = (), width: int | None = None, colour: bool = False) -> str:
    """The report as people read it: file by file, place by place, what to do, and a verdict.

    Args:
        paths: what was asked for, to name the next command.
        width: columns of the terminal; 100 where it sets no limit.
        colour: whether terminal escapes (bold) may be used.
    """
    columns = min(width or WIDTH, WIDTH)
    blocks = []
    for file in report.files:
        block = _wrap("", _headline(file), columns, indent=2)
        for code, group in _by_code(report.of(file.file)):
            block += ["", *_kind(entry(code), group, file, columns, colour)]
        blocks.append("\n".join(block))
    # Clean files stand close together; a file with problems has air around it.
    text = blocks[0]
    for before, after in pairwise(blocks):
        text += ("\n\n" if "\n" in before + after else "\n") + after
    return text + "\n\n" + "\n".join(_verdict(report, paths, columns))


def _by_code(problems: Iterable[Problem]) -> list[tuple[str, list[Problem]]]:
    groups: dict[str, list[Problem]] = {}
    for one in problems:
        groups.setdefault(one.code, []).append(one)
    return list(groups.items())


def _headline(file: FileReport) -> str:
    """One line per file: what it is, and how it stands."""
    name = shown(file.file, 300)
    if file.kind == "container":
        return f"{name}: {_tally(file.errors, file.warnings)}"
    what = ", and ".join(
        f"{part.held:,} {'' if part.held == part.spec.rows else f'of {part.spec.rows:,} '}rows of {part.spec.place}"
        for part in file.parts
    )
    rows = what or (f"{file.rows:,} rows, none with an id of the task" if file.rows else "no row was read")
    if file.parts and file.rows != sum(part.held for part in file.parts):
        rows += f" ({file.rows:,} rows in all)"
    if not file.counts:
        return f"{name}: valid, {rows}"
    return f"{name}: {'valid, ' if file.valid else ''}{rows}; {_tally(file.errors, file.warnings)}"


def _tally(errors: int, warnings: int) -> str:
    counts = [(errors, "error"), (warnings, "warning")]
    return " and ".join(plural(n, word) for n, word in counts if n) or "no problem"


def _kind(one: Entry, group: Sequence[Problem], file: FileReport, width: int, colour: bool) -> list[str]:
    """All problems of one kind in one file."""
    name = shown(file.file.rpartition("!")[2].rpartition("/")[2], 100)
    lines: list[str] = []
    for problem in group:
        where = name if problem.line is None else f"{name}:{problem.line}"
        column = f"{problem.column}: " if one.place == PLACES["5"] and problem.column else ""
        start = f"  {where}  {one.code}"
        wrapped = _wrap(f"{start}  ", f"{column}{problem.message}", width, indent=6)
        lines += [wrapped[0].replace(start, f"{BOLD}{start}{PLAIN}") if colour else wrapped[0], *wrapped[1:]]
    more = file.counts[one.code] - sum(problem.count for problem in group)
    if more > 0:
        lines.append(f"      … and {more:,} more like {'it' if len(group) == 1 else 'these'}")
    intensity = bool(file.parts) and len(file.parts[0].spec.values) > 2
    if scorers := scorers_line(one, intensity):
        told = _wrap("      ", scorers, width, indent=6)
        lines += [f"{DIM}{row}{PLAIN}" for row in told] if colour else told
    start = "      auto-fix: " if one.mended else "      fix: "
    return lines + _wrap(start, group[0].fix, width, indent=len(start))


def scorers_line(one: Entry, intensity: bool = False) -> str:
    """What each official scorer does with such a file, in one sentence.

    >>> scorers_line(entry("W323"))
    'Every official scorer scores it.'
    """
    said = one.says(intensity)
    if len(said) == len(SCORERS) and len(set(said.values())) == 1:
        return f"Every official scorer {next(iter(said.values()))}."
    content = [scorer for scorer, verdict in said.items() if verdict == SCORES]
    told = [f"{scorer} {verdict}" for scorer, verdict in said.items() if verdict != SCORES]
    if content:
        told.append(f"{' and '.join(content)} score{'s' if len(content) == 1 else ''} it")
    return " | ".join(told)


def _wrap(start: str, text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False) or [
        start.rstrip()
    ]


def _verdict(report: Report, paths: Sequence[str], width: int) -> list[str]:
    """The last lines: valid or not, and what to type next."""
    read = [file for file in report.files if file.kind == "predictions"]
    what = plural(len(read), "file")
    named = " ".join(shlex.quote(path) for path in paths)
    if report.valid:
        warned = f", with {_tally(0, report.warnings)}" if report.warnings else ""
        return [f"Valid: {what}{warned}.", *_next("semeval-emo score", named)]
    bad = sum(not file.valid for file in read)
    where = f" in {bad:,} of {what}" if len(read) > 1 else ""
    lines = [f"Not valid: {_sum(report)}{where}."]
    errors = [entry(code) for code in report.counts if entry(code).severity is Severity.error]
    mended = sum(bool(one.mended) for one in errors)
    if mended == len(errors):
        lines += _next("semeval-emo fix", named)
    elif mended:
        lines += _wrap("", f"semeval-emo fix mends {mended} of {len(errors)} kinds of errors (auto-fix); "
                       "the others need you, since a repair would be a guess.", width, 0)  # fmt: skip
    return [*lines, f"More about a code: semeval-emo explain {errors[0].code if errors else ''}".rstrip()]


def _sum(report: Report) -> str:
    """How many kinds of problems there are, and at how many places."""
    parts = []
    for severity, word in ((Severity.error, "problem"), (Severity.warning, "warning")):
        counts = [n for code, n in report.counts.items() if entry(code).severity is severity]
        kinds, places = len(counts), sum(counts)
        if not counts:
            continue
        said = plural(places, word)
        if places > kinds:
            said = f"{plural(kinds, 'kind')} of {word}{'' if kinds == 1 else 's'}, at {places:,} places"
        parts.append(said)
    return "; and ".join(parts) or "no prediction file"


def _next(command: str, paths: str) -> list[str]:
    return [f"Next: {command} {paths}".rstrip()]


def problem_table(report: Report) -> Table:
    """The problems, one row each: the first examples of every kind, and how many there are."""
    counts = {file.file: file.counts for file in report.files}
    columns = ("file", "line", "code", "name", "severity", "column", "value", "message", "fix", "of this kind")
    return Table(
        "Problems",
        tuple(Column(name, "int" if name in ("line", "of this kind") else "text") for name in columns),
        tuple(
            (one.file, one.line, one.code, entry(one.code).name, one.severity.value, one.column, one.value,
             one.message, one.fix, counts[one.file][one.code])
            for one in report.problems
        ),
    )  # fmt: skip


def validation_tables(report: Report) -> list[Table]:
    """The report as tables: files, then problems."""
    rows = []
    for file in report.files:
        part = file.parts[0].spec if file.parts else None
        place = (part.release, part.track, part.language, part.split) if part else (None, None, None, None)
        rows.append((file.file, file.valid, *place, file.rows, file.errors, file.warnings))
    names = ("file", "valid", "release", "track", "language", "split", "rows", "errors", "warnings")
    numbers = ("rows", "errors", "warnings")
    files = Table("Files", tuple(Column(name, "int" if name in numbers else "text") for name in names), tuple(rows))
    return [files, problem_table(report)] if report.problems else [files]


def entry_text(one: Entry, width: int | None = None) -> str:
    """All that the catalogue knows of one kind of problem."""
    columns = min(width or WIDTH, WIDTH)
    lines = [f"{one.code}  {one.name}: {one.title}", f"{one.severity.value.capitalize()}, place: {one.place}.", ""]
    lines += _wrap("", one.explanation, columns, 0)
    lines += ["", "What to do", *_wrap("  ", _generic(one.fix), columns, 2)]
    if one.mended:
        lines += _wrap("  ", f"semeval-emo fix does it: {one.mended}", columns, 2)
    if one.official:
        lines += ["", "What the official scorers do"]
        lines += [
            row
            for scorer, verdict in one.official.items()
            for row in _wrap(f"  {scorer:<20}", _by_track(one, scorer, verdict), columns, 22)
        ]
    return "\n".join(lines)


def _by_track(one: Entry, scorer: str, verdict: str) -> str:
    other = one.official_intensity.get(scorer)
    return f"{verdict}; on tracks of degrees (B): {other}" if other else verdict


def _generic(template: str) -> str:
    """A template as people read it without a file at hand: {rows:,} becomes <rows>."""
    import re

    return re.sub(r"\{(\w+)[^}]*\}", r"<\1>", template)


def catalogue_table(entries: Sequence[Entry]) -> Table:
    """One line for each kind of problem."""
    return Table(
        "Problems",
        (Column("code"), Column("name"), Column("place"), Column("title"), Column("fixed by `fix`")),
        tuple((one.code, one.name, one.place, one.title, one.mended) for one in entries),
    )


def catalogue_text() -> str:
    """Every kind of problem on one line, place by place."""
    lines: list[str] = []
    for place in PLACES.values():
        lines += [f"In the {place}" if place != "name" else "In names and folders"]
        lines += [f"  {one.code}  {one.name:<22} {one.title}" for one in catalogue().values() if one.place == place]
        lines.append("")
    return "\n".join([*lines, "More about one: semeval-emo explain CODE"])


def catalogue_page() -> str:
    """The page docs/problems.md."""
    lines = [
        "# Problems of prediction files", "",
        "Every problem that `semeval-emo validate` can find. This page is made by",
        "`semeval-emo explain --format markdown`; a test holds it to the catalogue.", "",
        "Codes: E is an error, W a warning (a file with warnings is valid). An error is what at least one official",
        "scorer rejects, crashes on or scores wrongly. The digit is the place; a code never changes its meaning.", "",
        "The official scorers: `organisers-2025` is the organisers' check_submission.py of January 2025,",
        "`codabench-2026` the scoring program of the reproduction on Codabench, `evaluation-notebook` the organisers'",
        "notebook with its label names written as in the released files (as published it stops at every one of them).",
        "", "## What cannot be seen", "",
        "- Ids permuted against labels: a file whose rows carry the wrong ids looks like any other. Its score falls to",
        "  that of a guess (0.33 for 0.77 in one measurement), which is the only sign.",
        "- Predictions for the early files of 2024: they have the ids of the competition for other texts. Only files",
        "  with another number of rows can be told.",
        "- An English file of 2025 that lost exactly its last two rows has the ids of the re-release of September",
        "  2025. It is refused as a file of that release (E413), not for two missing rows.", "",
    ]  # fmt: skip
    for place in PLACES.values():
        lines += [f"## In the {place}" if place != "name" else "## In names and folders", ""]
        for one in catalogue().values():
            if one.place == place:
                lines += section(one)
    return "\n".join(lines).rstrip()


def section(one: Entry) -> list[str]:
    """One kind of problem on that page, as lines."""
    fixed = f" `semeval-emo fix` does it: {one.mended}." if one.mended else ""
    lines = [f"### {one.code} {one.name}", "", f"**{one.title[0].upper()}{one.title[1:]}.** {one.explanation}", "",
             f"- Fix: {_escaped(_generic(one.fix))}.{fixed}"]  # fmt: skip
    lines += [f"- {scorer}: {_by_track(one, scorer, verdict)}." for scorer, verdict in one.official.items()]
    return [*lines, ""]


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")


def entry_dict(one: Entry) -> dict[str, object]:
    """The JSON form of one kind of problem."""
    return {
        "code": one.code, "name": one.name, "severity": one.severity.value, "place": one.place, "title": one.title,
        "explanation": one.explanation, "fix": _generic(one.fix), "mended": one.mended, "official": one.official,
        "official_intensity": one.official_intensity,
    }  # fmt: skip
