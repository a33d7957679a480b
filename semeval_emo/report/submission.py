"""Validation reports and catalogue entries as terminal text, tables and the page docs/problems.md."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise

from semeval_emo.report.table import Column, Table
from semeval_emo.submission import Entry, FileReport, Problem, Report, Severity, catalogue, entry
from semeval_emo.submission.problem import PLACES
from semeval_emo.submission.scorers.official import PORTS
from semeval_emo.submission.scorers.outcome import OfficialOutcome
from semeval_emo.task import Task
from semeval_emo.text import (
    BOLD,
    GREEN,
    PLAIN,
    RED,
    YELLOW,
    capitalized,
    listed,
    next_line,
    painted,
    plural,
    printable,
    text_width,
    wrap,
)

PAGE_WIDTH = 120
# The most files of the task that the headline of one file names.
_PARTS = 3


def validation_text(
    report: Report,
    paths: Sequence[str] = (),
    width: int | None = None,
    colour: bool = False,
    verdict: bool = True,
) -> str:
    """Return the report as terminal text: problems, how to fix them, what the official scorers do, and the verdict.

    What a scorer scores wrongly without a message comes first.

    Args:
        paths: the paths and options of the command line, for the next command.
        width: columns of the terminal; at most 100 are used.
        colour: use terminal escapes.
        verdict: False leaves out whether the files are valid, and the next command.
    """
    columns = text_width(width)
    blocks = ["\n".join(line for one in report.official if one.is_wrong for line in _official(one, columns, colour))]
    for file, others in _like_each_other(report):
        block = wrap("", _headline(file), columns, indent=2)
        if colour and file.valid:
            block[0] = block[0].replace(": valid, ", f": {GREEN}valid{PLAIN}, ", 1)
        for code, problems in by_code(report.problems_of(file.file)):
            block += ["", *_problem_block(entry(code), problems, file, columns, colour)]
        if others:
            names = listed([printable(other.file.rpartition("/")[2], 100) for other in others])
            have = "have" if len(others) > 1 else "has"
            block += [
                "",
                *wrap("  ", f"{plural(len(others), 'more file')} {have} the same problems: {names}", columns, 4),
            ]
        blocks.append("\n".join(block))
    # No blank line between files without problems.
    text = blocks[1] if len(blocks) > 1 else ""
    for before, after in pairwise(blocks[1:]):
        text += ("\n\n" if "\n" in before + after else "\n") + after
    official = [line for one in report.official if not one.is_wrong for line in _official(one, columns, colour)]
    end = "\n".join(_verdict(report, paths, columns, colour)) if verdict else ""
    return "\n\n".join(filter(None, (blocks[0], text, "\n".join(official), end)))


def _like_each_other(report: Report) -> list[tuple[FileReport, list[FileReport]]]:
    """Return the files, each with the later ones for the same file of the task that have the same problems."""
    shared = {name: spec for spec, names in report.shared_places.items() for name in names}
    groups: dict[object, tuple[FileReport, list[FileReport]]] = {}
    for file in report.files:
        is_alike = file.file in shared and file.counts
        key = (shared[file.file], *sorted(file.counts)) if is_alike else file.file
        groups.setdefault(key, (file, []))[1].append(file)
    return [(first, files[1:]) for first, files in groups.values()]


def _official(outcome: OfficialOutcome, width: int, colour: bool) -> list[str]:
    """Return what one official scorer does with the submission."""
    start = "Warning: " if outcome.is_wrong else ""
    track = f", track {outcome.track}" if outcome.track else ""
    lines = wrap(start, f"{outcome.scorer}{track}: {outcome.message}", width, 2)
    if colour and start:
        lines[0] = lines[0].replace(start, f"{painted('Warning:', BOLD, YELLOW, on=True)} ", 1)
    return lines


def by_code(problems: Iterable[Problem]) -> list[tuple[str, list[Problem]]]:
    """Group problems by their code, in the order in which the codes occur first."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.code, []).append(problem)
    return list(groups.items())


def _headline(file: FileReport) -> str:
    """Return one line per file: its rows, and the number of problems."""
    name = printable(file.file, 300)
    if file.kind == "container":
        return f"{name}: {_tally(file.errors, file.warnings)}"
    complete = sum(part.is_complete for part in file.parts)
    rows = ", and ".join(
        f"{part.rows:,} {'' if part.rows == part.spec.rows else f'of {part.spec.rows:,} '}rows of {part.spec.place}"
        for part in file.parts
    )
    if len(file.parts) > _PARTS:
        every = sum(part.rows for part in file.parts)
        rows = f"{every:,} rows of {len(file.parts)} files of the task, {complete} complete"
    rows = rows or (f"{plural(file.rows, 'row')}, none with an id of the task" if file.rows else "no rows read")
    if file.parts and file.rows != sum(part.rows for part in file.parts):
        rows += f" ({plural(file.rows, 'row')} in total)"
    if not file.counts:
        return f"{name}: valid, {rows}"
    return f"{name}: {'valid, ' if file.valid else ''}{rows}; {_tally(file.errors, file.warnings)}"


def _tally(errors: int, warnings: int) -> str:
    counts = [(errors, "error"), (warnings, "warning")]
    return " and ".join(plural(count, word) for count, word in counts if count) or "no problem"


def _problem_block(entry: Entry, problems: Sequence[Problem], file: FileReport, width: int, colour: bool) -> list[str]:
    """Return the lines for all problems of one code in one file."""
    name = printable(file.file.rpartition("!")[2].rpartition("/")[2], 100)
    lines: list[str] = []
    for problem in problems:
        where = name if problem.line is None else f"{name}:{problem.line}"
        column = f"{problem.column}: " if entry.place == PLACES["5"] and problem.column else ""
        start = f"  {where}  {entry.code}"
        wrapped = wrap(f"{start}  ", f"{column}{problem.message}", width, indent=6)
        if colour:
            code = f"{RED if entry.severity is Severity.error else YELLOW}{entry.code}"
            wrapped[0] = wrapped[0].replace(start, f"{BOLD}  {where}  {code}{PLAIN}")
        lines += wrapped
    if more := examples_left(file.counts[entry.code], problems):
        lines.append(f"      {more}")
    start = "      auto-fix: " if entry.code in file.repairs else "      fix: "
    return lines + wrap(start, problems[0].fix, width, indent=len(start))


def examples_left(count: int, problems: Sequence[Problem]) -> str:
    """Return how many problems of a code are not among the examples; empty if none."""
    more = count - sum(problem.count for problem in problems)
    return f"… and {more:,} more like {'this' if len(problems) == 1 else 'these'}" if more > 0 else ""


def _verdict(report: Report, paths: Sequence[str], width: int, colour: bool) -> list[str]:
    """Return the last lines: valid or not, and the next command."""
    read = [file for file in report.files if file.kind == "predictions"]
    files = plural(len(read), "file")
    if report.valid:
        warnings = f", with {_tally(0, report.warnings)}" if report.warnings else ""
        return [f"{painted('Valid', BOLD, GREEN, on=colour)}: {files}{warnings}.", next_line("score", *paths)]
    invalid = sum(not file.valid for file in read)
    where = f" in {invalid:,} of {files}" if len(read) > 1 else ""
    lines = [f"{painted('Not valid', BOLD, RED, on=colour)}: {_totals(report)}{where}."]
    errors = [code for code in report.counts if entry(code).severity is Severity.error]
    by_hand = [code for code in errors if any(code in file.unfixed for file in report.files)]
    shared = next(iter(report.shared_places.items()), None)
    if shared is not None and len(by_hand) < len(errors):
        place, names = shared
        lines += wrap(
            "", f"{len(names)} files are for {place.place}; semeval-emo fix takes them one at a time.", width, 0
        )
        if all(entry(code).scorable for code in errors):
            lines.append(next_line("score", *paths))
    elif not by_hand:
        lines.append(next_line("fix", *paths))
    elif [entry(code).name for code in errors] == ["missing-id"] and all(
        part.is_complete or part.is_subset for file in read for part in file.parts
    ):
        lines.append(next_line("score", *paths, "--subset"))
    elif options := fix_options([p for p in report.problems if p.code in by_hand], by_hand):
        lines += next_fix(paths, options, width)
    elif len(by_hand) < len(errors):
        some = f"{len(errors) - len(by_hand)} of {len(errors)} kinds of errors (auto-fix)"
        lines += wrap("", f"semeval-emo fix can fix {some}; fix {', '.join(by_hand)} by hand first.", width, 0)
    task = paths[paths.index("--task") :][:2] if "--task" in paths else []
    return [*lines, f"More about a code: semeval-emo {shlex.join(['explain', *errors[:1], *task])}"]


def fix_options(problems: Sequence[Problem], codes: Iterable[str]) -> list[str]:
    """Return the options with which `fix` fixes problems; empty if one has none, or if they differ within a code.

    Args:
        codes: the codes of the problems, of which some may have no example.
    """
    words: dict[str, None] = {}
    for code in codes:
        options = {problem.options for problem in problems if problem.code == code}
        if len(options) != 1 or options == {""}:
            return []
        words |= dict.fromkeys(options)
    return shlex.split(" ".join(words))


def next_fix(paths: Sequence[str], options: Sequence[str], width: int) -> list[str]:
    """Return the lines that name the next command: `fix` with options that are examples."""
    note = ""
    if any(word.startswith(("--order", "--ids-from", "--label-column")) or "LABEL" in word for word in options):
        note = "These options say what is not in the file; replace their values by your own."
    elif "--threshold" in options:
        numbers = "logits" if "logits" in options else "probabilities"
        note = f"If these are {numbers}, choose a threshold on the dev split; 0.5 is an example."
    return [*(wrap("", note, width, 0) if note else ()), next_line("fix", *paths, *options)]


def _totals(report: Report) -> str:
    """Return the number of errors and warnings, and of their kinds."""
    parts = []
    for severity in Severity:
        counts = [count for code, count in report.counts.items() if entry(code).severity is severity]
        if counts:
            kinds = f" of {plural(len(counts), 'kind')}" if sum(counts) > len(counts) else ""
            parts.append(plural(sum(counts), severity.value) + kinds)
    return " and ".join(parts) or "no prediction file"


def problem_table(report: Report) -> Table:
    """Return the problems, one row each: the first examples of each code, with the count of all."""
    counts = {file.file: file.counts for file in report.files}
    columns = ("file", "line", "code", "name", "severity", "column", "value", "message", "fix", "of this kind")
    return Table(
        "Problems",
        tuple(Column(name, "int" if name in ("line", "of this kind") else "text") for name in columns),
        tuple(
            (problem.file, problem.line, problem.code, entry(problem.code).name, problem.severity.value,
             problem.column, problem.value, problem.message, problem.fix, counts[problem.file][problem.code])
            for problem in report.problems
        ),
    )  # fmt: skip


def validation_tables(report: Report) -> list[Table]:
    """Return the report as tables: files, problems, and what the official scorers do."""
    rows = []
    for file in report.files:
        spec = file.parts[0].spec if file.parts else None
        place = (spec.release, spec.track, spec.language, spec.split) if spec else (None, None, None, None)
        rows.append((file.file, file.valid, *place, file.rows, file.errors, file.warnings))
    names = ("file", "valid", "release", "track", "language", "split", "rows", "errors", "warnings")
    numbers = ("rows", "errors", "warnings")
    files = Table("Files", tuple(Column(name, "int" if name in numbers else "text") for name in names), tuple(rows))
    tables = [files]
    if report.problems:
        tables.append(problem_table(report))
    if report.official:
        columns = tuple(map(Column, ("scorer", "track", "outcome", "message")))
        outcomes = tuple((one.scorer, one.track, one.outcome, one.message) for one in report.official)
        tables.append(Table("Official scorers", columns, outcomes))
    return tables


def entry_text(entry: Entry, width: int | None = None) -> str:
    """Return a catalogue entry of a task as terminal text."""
    columns = text_width(width)
    severity = entry.severity.value.capitalize()
    lines = [f"{entry.code}  {entry.name}: {entry.title}", f"{severity}, place: {entry.place}.", ""]
    lines += wrap("", entry.explanation, columns, 0)
    lines += ["", "How to fix it", *wrap("  ", entry.generic_fix, columns, 2)]
    if entry.repair:
        lines += wrap("  ", f"semeval-emo fix does this automatically: {entry.repair}", columns, 2)
    if entry.official:
        lines += ["", "What the official scorers do"]
        wide = max(20, *(len(scorer) + 1 for scorer in entry.official))
        for scorer, outcome in entry.official.items():
            lines += wrap(f"  {scorer:<{wide}}", _outcome(entry, scorer, outcome), columns, wide + 2)
    return "\n".join(lines)


def _outcome(entry: Entry, scorer: str, outcome: str) -> str:
    other = entry.official_intensity.get(scorer)
    return f"{outcome}; on intensity tracks: {other}" if other else outcome


def catalogue_table(entries: Sequence[Entry]) -> Table:
    """Return one row for each entry."""
    return Table(
        "Problems",
        (Column("code"), Column("name"), Column("place"), Column("title"), Column("fixed by `fix`")),
        tuple((entry.code, entry.name, entry.place, entry.title, entry.repair) for entry in entries),
    )


def _by_place() -> Iterable[tuple[str, list[Entry]]]:
    """Yield a heading for each place, with its entries."""
    for place in PLACES.values():
        heading = {"archive": "Archives and folders", "name": "File names"}.get(place, place.capitalize())
        yield heading, [entry for entry in catalogue().values() if entry.place == place]


def catalogue_text() -> str:
    """Return all entries, one line each."""
    lines: list[str] = []
    for heading, entries in _by_place():
        lines += [heading, *(f"  {entry.code}  {entry.name:<22} {entry.title}" for entry in entries), ""]
    return "\n".join([*lines, "More about a code: semeval-emo explain CODE"])


_PAGE_HEAD = """\
# Problems of prediction files

These are all problems that `semeval-emo validate` reports. This page is generated by
`semeval-emo explain --format markdown`.

The first letter of a code is its severity: E is an error, W is a warning. A file with warnings is valid. A problem is
an error if at least one official scorer rejects the file, crashes on it or scores it wrongly. The first digit is the
place. A code never changes its meaning.
"""
_SHUFFLED = """
Shuffled ids cannot be detected: a file whose rows have the ids of other texts looks like any other file. The only sign
is a low score.
"""


def catalogue_page(task: Task) -> str:
    """Return the page docs/problems.md: every problem, in the words of a task."""
    lines = _PAGE_HEAD.split("\n")
    if task.scorers:
        names = "; ".join(f"`{key}`, {scorer.note or scorer.title}" for key, scorer in task.scorers.items())
        lines += [*wrap("", f"The official scorers of {task.title} are: {names}.", PAGE_WIDTH, 0), ""]
        computed = listed(f"`{key}`" for key in task.scorers if key in PORTS)
        words = "This page says what they do with a file that has one problem only; `validate` computes what"
        lines += wrap("", f"{words} {computed} do with a whole submission.", PAGE_WIDTH, 0)
    lines += _SHUFFLED.split("\n")
    for heading, entries in _by_place():
        lines += [f"## {heading}", "", *(line for entry in entries for line in section(entry.of(task)))]
    return "\n".join(lines).rstrip()


def section(entry: Entry) -> list[str]:
    """Return one entry of that page, as lines."""
    repair = f" `semeval-emo fix` does this automatically: {entry.repair}." if entry.repair else ""
    lines = [
        f"### {entry.code} {entry.name}", "",
        f"**{capitalized(entry.title)}.** {_escaped(entry.explanation)}", "",
        f"- Fix: {_escaped(entry.generic_fix)}.{repair}",
    ]  # fmt: skip
    lines += [f"- {scorer}: {_outcome(entry, scorer, outcome)}." for scorer, outcome in entry.official.items()]
    return [*lines, ""]


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")
