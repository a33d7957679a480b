"""The results of `fix` and `pack` as terminal text and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semeval_emo.report.submission import by_code, examples_left, fix_options, next_fix
from semeval_emo.report.table import Column, Table
from semeval_emo.submission.fix_report import Change, FixReport, Refusal, WrittenFile
from semeval_emo.submission.fixable import MIXTURES
from semeval_emo.submission.packing import PackReport
from semeval_emo.submission.problem import PLACES, Problem, entry
from semeval_emo.text import GREEN, RED, next_line, painted, plural, text_width, wrap

SHOWN = 3


def fix_text(
    report: FixReport,
    width: int | None = None,
    colour: bool = False,
    options: Sequence[str] = (),
    decided: Mapping[str, str] | None = None,
) -> str:
    """Return what was changed, refused and written, and the next command.

    Args:
        options: those that select files, for the next command.
        decided: the other options that were given, by name, which the next `fix` needs too.
    """
    columns = text_width(width)
    blocks = []
    if report.changes and report.written:
        blocks.append(["Changed", *_changes(report.changes, columns)])
    if report.refusals:
        blocks.append([painted("Not fixed automatically", RED, on=colour), *_refusals(report.refusals, columns)])
    if report.written:
        blocks.append([painted("Written and validated", GREEN, on=colour), *_files(report.written)])
    blocks.append(_fix_verdict(report, columns, options, decided or {}))
    return "\n\n".join("\n".join(block) for block in blocks)


def _changes(changes: Sequence[Change], width: int) -> list[str]:
    """Return the lines for each kind of change, over all files."""
    kinds: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        kinds.setdefault((change.code, change.done), []).append(change)
    several = len({change.file for change in changes}) > 1
    lines = []
    for (code, done), group in kinds.items():
        count = sum(change.count for change in group)
        times = f"{count:,} times" if count > len(group) else ""
        files = plural(len(group), "file") if len(group) > 1 else ""
        counts = " in ".join(filter(None, (times, files)))
        lines += wrap(f"  {code or '    '}  ", f"{done}{f' ({counts})' if counts else ''}", width, 8)
        # One example per file if there are several files.
        examples = [(change, p) for change in group for p in change.examples[: 1 if len(group) > 1 else None]]
        for change, problem in examples[:SHOWN]:
            example = _example(problem, change.file if several else "")
            lines += wrap("        ", example, width, 10) if example else []
    return lines


def _example(problem: Problem, file: str) -> str:
    """Return where something was changed and the value that was there."""
    kind = entry(problem.code)
    line = problem.line or ""
    where = f"{file}:{line}" if file and line else file or (f"line {line}" if line else "")
    if kind.name in MIXTURES:
        return f"{f'{file}: ' if file else ''}{problem.message}"
    column = f"{problem.column} " if kind.place == PLACES["5"] and problem.column else ""
    # A file name as value would repeat `where`.
    is_repeated = kind.place == PLACES["2"] and file.endswith(problem.value or "")
    value = f"{column}'{problem.value}'" if problem.value and not is_repeated else ""
    return ": ".join(filter(None, (where, value)))


def _refusals(refusals: Sequence[Refusal], width: int) -> list[str]:
    lines = []
    for refusal in refusals:
        lines += wrap("  ", f"{refusal.file}{f' ({refusal.part})' if refusal.part else ''}", width, 4)
        if refusal.why:
            lines += wrap("    ", refusal.why, width, 4)
        for code, group in by_code(refusal.problems):
            for problem in group[:SHOWN]:
                where = f"line {problem.line}: " if problem.line and not problem.message.startswith("line") else ""
                column = f"{problem.column}: " if problem.column and code[1] == "5" else ""
                lines += wrap(f"    {code}  ", f"{where}{column}{problem.message}", width, 10)
            if more := examples_left(refusal.counts.get(code, 0), group[:SHOWN]):
                lines.append(f"          {more}")
            lines += wrap("          fix: ", group[0].fix, width, 15)
    return lines


def _files(files: Sequence[WrittenFile]) -> list[str]:
    longest = max(len(file.path) for file in files)
    return [f"  {file.path:<{longest}}  {file.spec.rows:>6,} rows  {file.spec.place}" for file in files]


def _fix_verdict(report: FixReport, width: int, options: Sequence[str], decided: Mapping[str, str]) -> list[str]:
    valid = "is valid" if len(report.paths) == 1 else "are valid"
    if report.unchanged and not report.written:
        return [f"Nothing to fix: {report.source} {valid}.", next_line("score", *report.paths, *options)]
    if report.unchanged:
        return ["Nothing to fix: the new file is an exact copy."]
    count = len(report.written)
    refused = len(report.refusals)
    lines = []
    if not count:
        lines.append("Nothing was written.")
    elif refused:
        lines.append(f"Fixed: {plural(count, 'file')}. Not fixed: {refused:,} (see above).")
    else:
        lines.append(f"Fixed: {plural(count, 'file')}. The input is unchanged.")
    for note in report.notes:
        lines += wrap("Note: ", note, width, 6)
    if count:
        target = report.out if count > 1 else report.written[0].path
        lines.append(next_line("score", target, *options))
    elif not any(refusal.why for refusal in report.refusals):
        problems = [problem for refusal in report.refusals for problem in refusal.problems]
        codes = {code for refusal in report.refusals for code in refusal.counts}
        if advised := fix_options(problems, codes):
            given = [word for name, value in decided.items() if name not in advised for word in (name, value) if word]
            lines += next_fix([*report.paths, *options, *given], advised, width)
    return lines


def fix_tables(report: FixReport) -> list[Table]:
    """Return the report as tables: what was written, changed and refused."""
    return [
        _file_table("Written", report.written, report.notes),
        Table(
            "Changed",
            _columns("file", "code", "what was done", "count", "first line"),
            tuple(
                (change.file, change.code or None, change.done, change.count,
                 change.examples[0].line if change.examples else None)
                for change in report.changes
            ),
        ),
        _refusal_table("Not changed", report.refusals),
    ]  # fmt: skip


def _file_table(title: str, files: Sequence[WrittenFile], notes: tuple[str, ...]) -> Table:
    """Return one row per file that was written or packed."""
    return Table(
        title,
        _columns("file", "from", "release", "track", "language", "split", "rows"),
        tuple(
            (file.path, file.source, file.spec.release, file.spec.track, file.spec.language, file.spec.split,
             file.spec.rows)
            for file in files
        ),
        notes,
    )  # fmt: skip


def _refusal_table(title: str, refusals: Sequence[Refusal]) -> Table:
    rows: list[tuple[object, ...]] = []
    for refusal in refusals:
        if refusal.why:
            rows.append((refusal.file, refusal.part or None, None, None, None, refusal.why))
        rows += [
            (refusal.file, refusal.part or None, problem.code, problem.line, problem.column, problem.message)
            for problem in refusal.problems
        ]
    return Table(title, _columns("file", "part", "code", "line", "column", "why"), tuple(rows))


def pack_text(report: PackReport, width: int | None = None, colour: bool = False, options: Sequence[str] = ()) -> str:
    """Return the files in the zip, the files left out, and the notes.

    Args:
        options: those that select files, for the next command.
    """
    columns = text_width(width)
    blocks = []
    if report.refusals:
        title = "Left out" if report.ok else "Not packed: these files are not valid"
        blocks.append([painted(title, RED, on=colour), *_refusals(report.refusals, columns)])
    if not report.ok:
        blocks.append(["Nothing was written.", *_pack_next(report, options)])
        return "\n\n".join("\n".join(block) for block in blocks)
    renamed = [
        file for file in report.files if file.source.rpartition("!")[2].rpartition("/")[2] != file.spec.file_name
    ]
    blocks.append([f"Files in {report.out}", *_files(report.files)])
    if renamed:
        blocks.append(["Renamed", *(f"  {file.source} → {file.path}" for file in renamed)])
    done = "unchanged" if report.was_there else "written and validated"
    last = [f"{report.out}: {plural(len(report.files), 'file')}, {report.bytes:,} bytes, {done}."]
    for note in report.notes:
        last += wrap("Note: ", note, columns, 6)
    blocks.append([*last, f"sha256 {report.sha256}"])
    return "\n\n".join("\n".join(block) for block in blocks)


def _pack_next(report: PackReport, options: Sequence[str]) -> list[str]:
    lines = []
    files = list(dict.fromkeys(path for refusal in report.refusals for path in refusal.fixable))
    if files:
        lines.append(next_line("fix", *files, *options))
    if report.files:
        lines.append(f"To pack only the {plural(len(report.files), 'valid file')}, use --skip-invalid.")
    return lines


def pack_tables(report: PackReport) -> list[Table]:
    """Return the report as tables: the files in the zip, and the files left out."""
    tables = [_file_table(report.out or "Nothing packed", report.files, report.notes)]
    return [*tables, _refusal_table("Left out", report.refusals)] if report.refusals else tables


def _columns(*names: str) -> tuple[Column, ...]:
    numbers = ("rows", "count", "line", "first line")
    return tuple(Column(name, "int" if name in numbers else "text") for name in names)
