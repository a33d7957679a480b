"""Draws what `fix` and `pack` did: for people at a terminal, and as tables."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence

from semeval_emo.report.submission import WIDTH
from semeval_emo.report.table import Column, Table
from semeval_emo.submission.fix_report import Change, FixReport, Refusal, Written
from semeval_emo.submission.packing import Packed, PackReport
from semeval_emo.submission.problem import PLACES, Problem, entry
from semeval_emo.task import FileSpec
from semeval_emo.text import plural

SHOWN = 3


def fix_text(report: FixReport, width: int | None = None) -> str:
    """What was changed, what was not, what was written, and what to type next."""
    columns = min(width or WIDTH, WIDTH)
    blocks = []
    if report.changes:
        blocks.append(["Changed", *_changes(report.changes, columns)])
    if report.refusals:
        blocks.append(["Not mended: this needs you", *_refusals(report.refusals, columns)])
    if report.written:
        pairs = [(one.path, one.spec) for one in report.written]
        blocks.append(["Written, and validated", *_listed(pairs)])
    blocks.append(_fix_verdict(report, columns))
    return "\n\n".join("\n".join(block) for block in blocks)


def _changes(changes: Sequence[Change], width: int) -> list[str]:
    """One entry for each kind, whatever number of files it was found in."""
    kinds: dict[tuple[str, str], list[Change]] = {}
    for one in changes:
        kinds.setdefault((one.code, one.done), []).append(one)
    several = len({one.file for one in changes}) > 1
    lines = []
    for (code, done), group in kinds.items():
        count = sum(one.count for one in group)
        times = f"{count:,} times" if count > len(group) else ""
        files = f"{len(group):,} files" if len(group) > 1 else ""
        often = " in ".join(filter(None, (times, files)))
        lines += _wrap(f"  {code or '    '}  ", f"{done}{f' ({often})' if often else ''}", width, 8)
        # Of several files, one example each tells more than three of the first.
        shown = [(one, p) for one in group for p in (one.examples[:1] if len(group) > 1 else one.examples)]
        for one, problem in shown[:SHOWN]:
            example = _example(problem, one.file if several else "")
            lines += _wrap("        ", example, width, 10) if example else []
    return lines


def _example(problem: Problem, file: str) -> str:
    """Where something was changed and what stood there, as short as may be."""
    one = entry(problem.code)
    line = problem.line or ""
    where = f"{file}:{line}" if file and line else file or (f"line {line}" if line else "")
    if one.name.startswith("mixed-"):
        return f"{f'{file}: ' if file else ''}{problem.message}"
    column = f"{problem.column} " if one.place == PLACES["5"] and problem.column else ""
    # The name of a file stands there already.
    named = one.place == PLACES["2"] and file.endswith(problem.value or "")
    seen = f"{column}'{problem.value}'" if problem.value and not named else ""
    return ": ".join(filter(None, (where, seen)))


def _refusals(refusals: Sequence[Refusal], width: int) -> list[str]:
    lines = []
    for one in refusals:
        lines += _wrap("  ", f"{one.file}{f' ({one.what})' if one.what else ''}", width, 4)
        if one.why:
            lines += _wrap("    ", one.why, width, 4)
        groups: dict[str, list[Problem]] = {}
        for problem in one.problems:
            groups.setdefault(problem.code, []).append(problem)
        for code, group in groups.items():
            for problem in group[:SHOWN]:
                where = f"line {problem.line}: " if problem.line and not problem.message.startswith("line") else ""
                column = f"{problem.column}: " if problem.column and code[1] == "5" else ""
                lines += _wrap(f"    {code}  ", f"{where}{column}{problem.message}", width, 10)
            more = one.counts.get(code, 0) - sum(problem.count for problem in group[:SHOWN])
            if more > 0:
                lines.append(f"          … and {more:,} more like {'it' if len(group) == 1 else 'these'}")
            lines += _wrap("          fix: ", group[0].fix, width, 15)
    return lines


def _listed(pairs: Sequence[tuple[str, FileSpec]]) -> list[str]:
    longest = max(len(path) for path, _ in pairs)
    return [f"  {path:<{longest}}  {spec.rows:>6,} rows  {spec.place}" for path, spec in pairs]


def _fix_verdict(report: FixReport, width: int) -> list[str]:
    name = shlex.quote(report.source)
    if report.unchanged and not report.written:
        return [f"Nothing to mend: {report.source} is valid as it stands.", f"Next: semeval-emo score {name}"]
    if report.unchanged:
        return ["Nothing to mend: what was written is a copy, byte for byte."]
    count = len(report.written)
    files = plural(count, "file")
    left = len(report.refusals)
    lines = []
    if not count:
        lines.append("Nothing was written.")
    elif left:
        lines.append(f"Mended: {files}. Left as {'it was' if left == 1 else 'they were'}: {left:,}, see above.")
    else:
        lines.append(f"Mended: {files}; {report.source} itself is as it was.")
    for one in report.notes:
        lines += _wrap("Note: ", one, width, 6)
    if count:
        target = report.out if count > 1 else report.written[0].path
        lines.append(f"Next: semeval-emo score {shlex.quote(target)}")
    elif any(entry(code).name == "fraction-cell" for one in report.refusals if not one.why for code in one.counts):
        lines.append(f"Next: semeval-emo fix {name} --threshold 0.5, if these are probabilities and 0.5 is your choice")
    return lines


def fix_tables(report: FixReport) -> list[Table]:
    """The report as tables: what was written, changed and refused."""
    return [
        _made_table("Written", report.written, report.notes),
        Table(
            "Changed",
            _columns("file", "code", "what was done", "count", "first line"),
            tuple(
                (one.file, one.code or None, one.done, one.count, one.examples[0].line if one.examples else None)
                for one in report.changes
            ),
        ),
        _refusal_table("Not changed", report.refusals),
    ]


def _made_table(title: str, made: Sequence[Written | Packed], notes: tuple[str, ...]) -> Table:
    """One line a file that was written or packed."""
    places = [(one.path, one.source, one.spec) for one in made]
    return Table(
        title,
        _columns("file", "from", "release", "track", "language", "split", "rows"),
        tuple((path, source, s.release, s.track, s.language, s.split, s.rows) for path, source, s in places),
        notes,
    )


def _refusal_table(title: str, refusals: Sequence[Refusal]) -> Table:
    rows: list[tuple[object, ...]] = []
    for one in refusals:
        if one.why:
            rows.append((one.file, one.what or None, None, None, None, one.why))
        rows += [
            (one.file, one.what or None, problem.code, problem.line, problem.column, problem.message)
            for problem in one.problems
        ]
    return Table(title, _columns("file", "part", "code", "line", "column", "why"), tuple(rows))


def pack_text(report: PackReport, width: int | None = None) -> str:
    """What is in the zip, what is not, and what to know before it is uploaded."""
    columns = min(width or WIDTH, WIDTH)
    blocks = []
    if report.refusals:
        title = "Left out" if report.ok else "Not packed: these files are not valid"
        blocks.append([title, *_refusals(report.refusals, columns)])
    if not report.ok:
        blocks.append(["Nothing was written.", *_pack_next(report)])
        return "\n\n".join("\n".join(block) for block in blocks)
    renamed = [one for one in report.files if one.source.rpartition("!")[2].rpartition("/")[2] != one.spec.file_name]
    blocks.append([f"In {report.out}", *_listed([(one.path, one.spec) for one in report.files])])
    if renamed:
        blocks.append(["Renamed", *(f"  {one.source} → {one.path}" for one in renamed)])
    done = "was there already, byte for byte" if report.was_there else "written, opened again and validated"
    count = len(report.files)
    last = [f"{report.out}: {plural(count, 'file')}, {report.bytes:,} bytes, {done}."]
    for note in report.notes:
        last += _wrap("Note: ", note, columns, 6)
    blocks.append([*last, f"sha256 {report.sha256}"])
    return "\n\n".join("\n".join(block) for block in blocks)


def _pack_next(report: PackReport) -> list[str]:
    lines = []
    mendable = [one.file for one in report.refusals if all(entry(code).mended for code in one.counts)]
    files = list(dict.fromkeys(file.partition("!")[0] for file in mendable))
    if files:
        lines.append(f"Next: semeval-emo fix {shlex.quote(files[0])}{' (and so on)' if len(files) > 1 else ''}")
    if report.files:
        count = len(report.files)
        lines.append(f"To pack the {plural(count, 'valid file')} alone: --skip-invalid")
    return lines


def pack_tables(report: PackReport) -> list[Table]:
    """The report as tables: what is in the zip, what was left out."""
    tables = [_made_table(report.out or "Nothing packed", report.files, report.notes)]
    return [*tables, _refusal_table("Left out", report.refusals)] if report.refusals else tables


def _columns(*names: str) -> tuple[Column, ...]:
    numbers = ("rows", "count", "line", "first line")
    return tuple(Column(name, "int" if name in numbers else "text") for name in names)


def _wrap(start: str, text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False)
