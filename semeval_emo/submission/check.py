"""Checks one prediction file: every problem in one pass, and what its rows are.

Owns the order of the checks and the verdict over ids. Memory is bounded by the ids of the task,
not by the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import IO

from semeval_emo.submission import identify
from semeval_emo.submission.cells import LabelParser
from semeval_emo.submission.header import read_header
from semeval_emo.submission.identify import Inferred, grouped
from semeval_emo.submission.ids import Kept, check_ids
from semeval_emo.submission.problem import Findings, entry
from semeval_emo.submission.raw import MAX_COLUMNS, MAX_LINE, RawTable
from semeval_emo.submission.result import FileReport, Part
from semeval_emo.submission.rows import Ids, Pass, Row
from semeval_emo.submission.sniff import remedy
from semeval_emo.submission.sources import InputFile
from semeval_emo.task import FileSpec, Selector, Task

# Rows looked at before the pass, to tell which file this is: more than any file of the task has.
PEEK_ROWS, PEEK_CELLS = 8_000, 200_000

ParserFactory = Callable[[Sequence[str], Sequence[str], Findings], LabelParser]


@dataclass(frozen=True)
class Checked:
    """One file checked: its report, its problems, and the labels by id that it holds."""

    file: FileReport
    findings: tuple[Findings, ...]
    kept: Kept


def peek_ids(source: InputFile) -> list[str]:
    """The cells of the first rows, where ids are looked for to tell which task a file belongs to."""
    with source.open() as stream:
        table = RawTable(stream)
        return [cell for row in [table.header, *(row for _, row in islice(table.rows(), 20))] for cell in row[:50]]


def check(
    source: InputFile, task: Task, selector: Selector, ids: Ids, make_parser: ParserFactory = LabelParser
) -> Checked:
    """Checks one file.

    Args:
        ids: the ids of the task, shared between files.
        make_parser: creates the parser of label cells; `fix` passes one that also repairs them.

    Raises:
        InputError: the file cannot be read.
    """
    hints = Inferred(source.language, source.track)
    meant: FileSpec | None = None
    for attempt in range(2):
        with source.open() as stream:
            checked, target, judged = _once(stream, source, task, selector, hints, ids, meant, make_parser)
        # The first rows can mislead about the rest; then the columns were read for another language.
        if attempt or target is None or (judged and _same_columns(target, judged)):
            break
        meant = target
    return checked


def _same_columns(one: FileSpec, other: FileSpec) -> bool:
    return (one.emotions, one.values) == (other.emotions, other.values)


def _once(
    stream: IO[bytes],
    source: InputFile,
    task: Task,
    selector: Selector,
    hints: Inferred,
    ids: Ids,
    meant: FileSpec | None,
    make_parser: ParserFactory,
) -> tuple[Checked, FileSpec | None, FileSpec | None]:
    """One reading of a file.

    Returns:
        What was found; the file that its ids turned out to be; the one that its columns were read for.
    """
    found = Findings(source.display_name)
    table = RawTable(stream)
    if not _is_table(table, found):
        if table.magic and source.name.problem == "name-unseen":
            # No other name would make predictions of it.
            source = replace(source, findings=Findings(source.display_name))
        return Checked(_file(source, table, found), (source.findings, found), {}), None, None
    rows = table.rows()
    peek = _peek(rows)
    spec = meant or _guess(table.header, peek, task, selector, hints, ids)
    emotions = spec.emotions if spec else tuple(e for e in task.emotions if e in table.header) or task.emotions
    values = spec.values if spec else max((track.values for track in task.tracks.values()), key=len)
    sample = [row for _, row in peek[:50]]
    columns = read_header(table.header, table.header_line, sample, emotions, task, found)
    first: list[Row] = [] if columns.has_header else [(table.header_line, table.header)]

    parser = make_parser([e for e, at in zip(emotions, columns.labels, strict=True) if at is not None], values, found)
    one = Pass(ids, columns, parser, found, table.delimiter)
    result = one.run(chain(first, peek, rows))
    _check_text(table, result.count, found)
    parts = check_ids(result, task, selector, hints, emotions, found) if columns.id is not None else []
    target = parts[0].spec if parts else None
    return (
        Checked(_file(source, table, found, result.count, parts), (_named(source, parts), found), result.kept),
        target,
        spec,
    )


def _is_table(table: RawTable, found: Findings) -> bool:
    """Reports files that hold no rows at all."""
    if table.magic:
        found.add("not-text", kind=table.magic, remedy=remedy(table.magic))
    elif table.marks["long"].count and not table.header:
        found.add("long-line", line=table.marks["long"].first[0][0], limit=MAX_LINE)
    elif not table.header:
        found.add("empty-file", blank=table.lines)
    elif len(table.header) > MAX_COLUMNS:
        found.add("too-many-columns", line=table.header_line, columns=len(table.header), limit=MAX_COLUMNS)
    else:
        return True
    return False


def _peek(rows: Iterator[Row]) -> list[Row]:
    taken: list[Row] = []
    cells = 0
    for row in islice(rows, PEEK_ROWS):
        taken.append(row)
        cells += len(row[1])
        if cells > PEEK_CELLS:
            break
    return taken


def _guess(
    header: Sequence[str], peek: Sequence[Row], task: Task, selector: Selector, hints: Inferred, ids: Ids
) -> FileSpec | None:
    """The file that the first rows seem to be, else the one that the name means."""
    at = next((i for i, cell in enumerate(header) if cell.strip().lower() == "id"), None)
    seen: dict[str, None] = {}
    for _, row in peek:
        for cell in row[:50] if at is None else row[at : at + 1]:
            if ids.known(cell):
                seen[cell] = None
            elif repaired := ids.repaired(cell):
                seen[repaired[0]] = None
    groups = grouped(seen)
    parts = identify.parts_of(groups, task, selector, hints)
    if parts:
        return parts[0]
    near = [spec for prefix in groups for spec in task.by_prefix[prefix]]
    return near[0] if near else identify.assumed(task, selector, hints)


def _check_text(table: RawTable, rows: int, found: Findings) -> None:
    """Reports encoding, line ends, delimiter and quotes, which are known when all was read."""
    marks = table.marks
    if table.encoding != "utf-8":
        found.add("not-utf-8", value=table.encoding.upper())
    elif table.bom:
        found.add("byte-order-mark", line=1)
    if table.delimiter != ",":
        found.add("delimiter", line=table.header_line, value=table.delimiter)
    for kind, name in (("undecodable", "undecodable"), ("nul", "nul-character"), ("above", "above-header")):
        _marked(found, marks[kind].first, marks[kind].count, name)
    # Texts bring quotes along, and take them away again when their column goes.
    quoted = marks["quoted"]
    if quoted.count and ('"' in table.header_text or entry("text-column").code not in found.counts):
        _marked(found, quoted.first, quoted.count, "quoted")
    for line, _ in marks["blank"].first:
        found.add("blank-line", line=line)
    found.more("blank-line", marks["blank"].count - len(marks["blank"].first))
    for line, last in marks["stray"].first:
        swallow = f"; a CSV reader would take lines {line} to {last} for one row" if last else ""
        found.add("stray-quote", line=line, swallow=swallow)
    found.more("stray-quote", marks["stray"].count - len(marks["stray"].first))
    for line, last in marks["multiline"].first:
        found.add("multiline-cell", line=line, last=last)
    found.more("multiline-cell", marks["multiline"].count - len(marks["multiline"].first))
    for line, _ in marks["long"].first:
        found.add("long-line", line=line, limit=MAX_LINE)
    found.more("long-line", marks["long"].count - len(marks["long"].first))
    crlf, cr = table.newlines["\r\n"], table.newlines["\r"]
    if crlf:
        found.add("crlf", crlf=crlf, lines=table.lines)
    if cr:
        found.add("lone-cr", cr=cr, lines=table.lines)
    if not rows:
        found.add("header-only", line=table.header_line)


def _marked(found: Findings, first: Sequence[tuple[int, str]], count: int, name: str) -> None:
    for line, text in first:
        found.add(name, line=line, value=text or None)
    found.more(name, count - len(first))


def _named(source: InputFile, parts: Sequence[Part]) -> Findings:
    """What is wrong with the name, with the right name where the ids tell it."""
    if not parts or source.name.problem is None:
        return source.findings
    code, right = entry(source.name.problem).code, entry("name-extra").fix.format(hint=parts[0].spec.file_name)
    found = Findings(source.display_name)
    found.counts = source.findings.counts
    found.problems = [replace(one, fix=right) if one.code == code else one for one in source.findings.problems]
    return found


def _file(source: InputFile, table: RawTable, found: Findings, rows: int = 0, parts: Sequence[Part] = ()) -> FileReport:
    counts = dict(source.findings.counts)
    for code, count in found.counts.items():
        counts[code] = counts.get(code, 0) + count
    blocked = any(code[0] == "E" and not entry(code).scorable for code in counts)
    kept = tuple(Part(one.spec, one.held, one.lines, one.releases, one.is_scorable and not blocked) for one in parts)
    return FileReport(source.display_name, "predictions", rows, table.lines, table.encoding, kept, counts)
