"""Problems of the files of a report: a row for each kind, with the files that have it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import PurePath

from semeval_emo.report.contents import Contents
from semeval_emo.report.html.parts import BlockGroup, Paragraphs, Section, table_block
from semeval_emo.report.table import Column, Table, clean
from semeval_emo.scoring.systems import short_names
from semeval_emo.submission import Problem, Severity, entry

# Different messages of a kind that its row shows.
MESSAGES = 2
# From this number of files, a row says "all" instead of their names.
MANY_FILES = 4


def problems_section(contents: Contents) -> Section:
    """Return the problems of the files.

    A file has a row for each different message. With several files, a kind of problem has one row: 28 systems with
    the same problem would have 28 rows that differ only in a name.
    """
    found = contents.validation
    if not found.problems:
        return Section("problems", "Problems", (BlockGroup((Paragraphs(("No problem was found in the files.",)),)),))
    files = [file.file for file in found.files]
    names = [PurePath(file).name for file in files]
    # Files of several systems have the same names.
    shown = names if len(set(names)) == len(names) else short_names(files)
    places = {file: clean(name) for file, name in zip(files, shown, strict=True)}
    kinds: dict[Hashable, list[Problem]] = {}
    for one in found.problems:
        key = one.code if len(files) > 1 else (one.code, one.message, one.fix)
        kinds.setdefault(key, []).append(one)
    rows = tuple(
        (
            first.code, first.severity.value, _places(problems, places), _examples(one.message for one in problems),
            _examples(one.fix for one in problems), sum(file.counts.get(first.code, 0) for file in found.files),
        )
        for problems in sorted(kinds.values(), key=lambda problems: problems[0].code[1:])
        for first in problems[:1]
    )  # fmt: skip
    columns = (*map(Column, ("code", "severity", "where", "what", "fix")), Column("of this kind", "int"))
    left = {code for file in found.files for code in file.unfixed}
    fixable = [code for code in found.counts if entry(code).severity is Severity.error and code not in left]
    lead = f"semeval-emo fix can fix {', '.join(fixable)}." if fixable else ""
    refused = (f"Not scored: {', '.join(contents.refused)}.",) if contents.refused else ()
    table = table_block(Table("Problems in the files", columns, rows, refused))
    return Section("problems", "Problems", (BlockGroup((table,)),), lead)


def _places(problems: Sequence[Problem], places: Mapping[str, str]) -> str:
    """Return the columns of some problems with the files and lines, such as ``joy: first (line 7), second``."""
    by_column: dict[str, dict[str, list[str]]] = {}
    for one in problems:
        lines = by_column.setdefault(one.column or "", {}).setdefault(places[one.file], [])
        if one.line and str(one.line) not in lines:
            lines.append(str(one.line))
    parts = []
    for column, files in by_column.items():
        same_lines = len(set(map(tuple, files.values()))) == 1
        if len(files) == len(places) >= MANY_FILES and same_lines:
            words = f"all {len(files)} files" + _lines(next(iter(files.values())))
        else:
            words = ", ".join(name + _lines(lines) for name, lines in files.items())
        parts.append(f"{column}: {words}" if column else words)
    return "; ".join(parts)


def _lines(lines: Sequence[str]) -> str:
    return f" (line{'s' if len(lines) > 1 else ''} {', '.join(lines)})" if lines else ""


def _examples(texts: Iterable[str]) -> str:
    """Return the first different texts, and how many more there are.

    >>> _examples(["a", "b", "a", "c"]), _examples(["a", "a"])
    ('a · b · … and 1 more like these', 'a')
    """
    different = list(dict.fromkeys(texts))
    more = len(different) - MESSAGES
    return " · ".join(different[:MESSAGES] + ([f"… and {more:,} more like these"] if more > 0 else []))
