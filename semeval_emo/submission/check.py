"""Check one prediction file: find every problem in one pass, and the files of the task that its rows belong to.

Memory is bounded by the number of ids of the task, not by the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from semeval_emo.errors import UsageError
from semeval_emo.submission.anomalies import report_anomalies
from semeval_emo.submission.cells import LabelParser
from semeval_emo.submission.fixable import CELLS, MIXTURES, cell_repairs, repairs, with_advice
from semeval_emo.submission.header import Columns, is_id, read_header
from semeval_emo.submission.identify import assumed_spec, matching_specs
from semeval_emo.submission.ids import check_ids
from semeval_emo.submission.layouts import (
    Reading,
    convert_names,
    in_layout,
    labels_in_cell,
    repairs_of,
)
from semeval_emo.submission.names import name_form
from semeval_emo.submission.other_task import report_other_task
from semeval_emo.submission.problem import Findings, entry
from semeval_emo.submission.result import FileReport, Part
from semeval_emo.submission.rows import KnownIds, LabelColumns, RowReader, RowsById
from semeval_emo.submission.sources import InputFile
from semeval_emo.submission.texts import KnownTexts, check_signs, check_texts, texts_added
from semeval_emo.tables import NOTHING_DECIDED, Decisions, InputTable, Row, open_table
from semeval_emo.tables.names import normalised_names
from semeval_emo.tables.raw import MAX_COLUMNS, MAX_LINE
from semeval_emo.tables.shapes import Shape, Vocabulary, recognise
from semeval_emo.tables.sniff import remedy
from semeval_emo.task import LABELS, FileLayout, FileSpec, Selector, Task

if TYPE_CHECKING:
    from semeval_emo.submission.row_ids import RowsWithoutIds

# The rows that are used to guess which file of the task this is: more than any file of the task has.
PEEK_ROWS, PEEK_CELLS = 8_000, 200_000

# Problems by which the ids alone show another release.
OTHER_RELEASE = ("other-release", "refused-release")
# Columns of a frame of several files that say which file a row is of.
PLACE_COLUMNS = frozenset({"language", "languages", "lang", "lang_code", "language_code", "track", "split"})
# Problems of files of which the rows that are there can be scored.
INCOMPLETE = MIXTURES | {"missing-id"}

# Problems of files that name the labels of a text.
NAMES_OF_LABELS = frozenset({"label-names", "long-table"})

# How a layout says that labels have a column each.
LABEL_COLUMNS = "columns"

ParserFactory = Callable[[Sequence[str], Sequence[str], Findings], LabelParser]


@dataclass(frozen=True)
class CheckedFile:
    """A checked file.

    Attributes:
        findings: its problems.
        rows: the rows whose ids the task knows.
        texts: the text of each id, if the file has texts.
        own_repairs: by name of a problem, what `fix` does about it in this file; empty if the user has to decide first.
    """

    report: FileReport
    findings: tuple[Findings, ...]
    rows: RowsById
    own_repairs: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def peek_ids(source: InputFile) -> list[str]:
    """Return the cells of the first rows, which include ids, to identify the task."""
    with source.open() as stream:
        table = open_table(stream, source.base)
        return [cell for row in [table.header, *(row for _, row in islice(table.rows(), 20))] for cell in row[:50]]


def check(
    source: InputFile,
    task: Task,
    selector: Selector,
    known_ids: KnownIds,
    known_texts: KnownTexts,
    make_parser: ParserFactory = LabelParser,
    decisions: Decisions = NOTHING_DECIDED,
) -> CheckedFile:
    """Check one file.

    Args:
        known_ids: the ids of the task, shared between files.
        known_texts: the texts of the task, for files that have kept a column of texts; shared between files.
        make_parser: creates the parser of label cells; `fix` passes one that also repairs them.
        decisions: of the user of `fix`.

    Raises:
        InputError: the file cannot be read.
    """
    if source.joined and not source.size:
        report = FileReport(source.display_name, counts=dict(source.findings.counts), joined=source.joined)
        return CheckedFile(report, (source.findings,), {})
    inferred = Selector(track=source.track, language=source.language)
    specs: tuple[FileSpec, ...] = ()
    for attempt in range(2):
        with source.open() as stream:
            checked, specs = _read(
                stream, source, task, selector, inferred, known_ids, known_texts, specs, make_parser, decisions
            )
        parts = checked.report.parts
        if attempt or not parts:
            break
        # The first rows can differ from the rest, and the parts from each other. Then the wrong columns or values were
        # checked: read the file again, each row by the columns and values of its own part.
        actual = tuple(part.spec for part in parts)
        if {_expected(spec) for spec in (*specs, *actual)} == {_expected(actual[0])}:
            break
        specs = actual
    counts, parts = checked.report.counts, checked.report.parts
    if not counts:
        return checked
    report = replace(checked.report, repairs=repairs(counts, parts, selector, checked.own_repairs))
    findings = tuple(with_advice(findings, report.repairs, counts) for findings in checked.findings)
    return replace(checked, report=report, findings=findings)


def _expected(spec: FileSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return spec.emotions, spec.values


def _read(
    stream: IO[bytes],
    source: InputFile,
    task: Task,
    selector: Selector,
    inferred: Selector,
    known_ids: KnownIds,
    known_texts: KnownTexts,
    specs: tuple[FileSpec, ...],
    make_parser: ParserFactory,
    decisions: Decisions,
) -> tuple[CheckedFile, tuple[FileSpec, ...]]:
    """Read a file once.

    Args:
        specs: the files of the task whose columns and values are expected, the main one first; empty to guess one from
            the first rows.

    Returns:
        The checked file, and the files of the task whose columns and values were expected.
    """
    findings = Findings(source.display_name)
    reading = Reading.of(source, task)
    table = open_table(stream, source.base, reading.dialect)
    if not _is_table(table, reading.layout, findings):
        if table.magic and source.name.problem == "name-unseen":
            # Another name would not make it a prediction file.
            source = replace(source, findings=Findings(source.display_name))
        return CheckedFile(_report(source, table, findings), (source.findings, findings), {}), ()
    if table.container != "CSV" and source.name.problem == "name-unseen":
        # The file format is the reason for the name.
        source = replace(source, findings=Findings(source.display_name))
    rows = table.rows()
    first_rows = _first_rows(rows)
    if not reading.is_plain:
        first_rows, rows = convert_names(table, first_rows, rows, reading, task, findings)
    as_it_is = table.header, first_rows, rows
    without_ids = _rows_without_ids(table, first_rows, known_ids)
    if without_ids is not None:
        first_rows, rows = without_ids.add_to(table, first_rows, rows, known_ids, decisions)
    guess = None if specs else _guess(table.header, first_rows, task, selector, inferred, known_ids)
    specs = (guess,) if guess else specs
    if specs and not source.name.is_certain:
        # The word of the name that is a language code can have another meaning; the ids decide.
        inferred = replace(inferred, language=None)
    emotions = specs[0].emotions if specs else tuple(e for e in task.emotions if e in table.header) or task.emotions
    values = specs[0].values if specs else max((track.values for track in task.tracks.values()), key=len)
    # A column that only other parts have is expected if it is there.
    others = {emotion for spec in specs for emotion in spec.emotions} & {*normalised_names(table.header, task.emotions)}
    expected = emotions
    if not others <= {*emotions}:
        expected = tuple(emotion for emotion in task.emotions if emotion in emotions or emotion in others)
    possible = () if specs else _possible_labels(len(first_rows), selector.release, task)
    needs_scores = not decisions.scores and len(values) == 2
    vocabulary = _vocabulary(specs, expected, values, possible, task)
    in_cell = reading.layout.labels != LABEL_COLUMNS and {*expected}.isdisjoint(table.header)
    if in_cell and LABELS in table.header:
        from semeval_emo.tables.shapes.view import View

        shape: Shape | None = labels_in_cell(View(table, first_rows, vocabulary), reading)
        sample = [row for _, row in first_rows[:50]]
        read_header(table.header, table.header_line, sample, (LABELS,), task, findings, False, reading)
    elif reading.needs_texts and any(is_id(cell, task) for cell in table.header):
        # Without a header, the column of texts would be lost.
        shape = None
    else:
        shape = recognise(table, first_rows, vocabulary, decisions)
    if without_ids is not None and shape is None and not {*expected} & {*normalised_names(table.header, task.emotions)}:
        # Not a table of predictions: missing ids are not its problem.
        table.header, first_rows, rows = as_it_is
        without_ids = None
    header = table.header
    is_bare = shape is None and without_ids is None
    if is_bare and report_other_task(table, first_rows, task, known_ids, findings, specs[0] if specs else None):
        # The names of the columns are those of the other task.
        findings.drop("column-names", (None,))
        count = sum(1 for _ in chain(first_rows, rows))
        return CheckedFile(_report(source.without_name_problem(), table, findings, count), (findings,), {}), ()
    if shape is not None:
        if shape.problem:
            facts = shape.facts if reading.is_plain else in_layout(shape.facts, task, expected, shape.is_decided)
            findings.add(shape.problem, file_format=_file_format(table), **facts)
        header = [*shape.header]
    if table.container != "CSV" and (
        shape is None or not shape.problem or "{file_format}" not in entry(shape.problem).message
    ):
        findings.add("other-container", kind=table.container, written_as=reading.layout.written_as,
                     without_index=reading.layout.in_pandas("index=False"))  # fmt: skip
    if shape is not None and not shape.is_renamed:
        expected = tuple(name for name in header if name in task.emotions)
        columns = Columns.of(shape, expected)
        if columns.id is None and without_ids is None:
            findings.add("missing-column", column=reading.layout.id, seen=",".join(table.header),
                         line=table.header_line, header=reading.layout.shown_header(emotions))  # fmt: skip
        if columns.text is None and reading.needs_texts and shape.problem:
            findings.add("missing-texts", column=reading.layout.text, header=reading.layout.shown_header(emotions))
    else:
        sample = [row for _, row in (shape.convert(first_rows[:50], findings.add) if shape else first_rows[:50])]
        columns = read_header(header, table.header_line, sample, expected, task, findings, needs_scores, reading)
        if reading.layout.labels != LABEL_COLUMNS and not reading.is_free and any(columns.labels):
            findings.add("label-columns", column=LABELS, header=reading.layout.shown_header(emotions))
    _check_order(decisions, shape, normalised_names(table.header), expected, source)
    if not columns.has_header:
        first_rows.insert(0, (table.header_line, table.header))
    if without_ids is not None and not without_ids.source:
        columns = replace(columns, id=None)
    all_rows = chain(first_rows, rows)

    column_of = dict(zip(expected, columns.labels, strict=True))

    def label_columns(emotions: Sequence[str], values: Sequence[str]) -> LabelColumns:
        present = [emotion for emotion in emotions if column_of.get(emotion) is not None]
        parser = make_parser(present, values, findings)
        parser.has_own_cells = shape is None or shape.is_renamed
        parser.contents.is_beyond = columns.has_logits and len(values) == 2
        own = {emotion: column_of.get(emotion) for emotion in emotions}
        # The languages of other parts do not have these columns, so their cells are blank.
        not_shared = [own[emotion] for emotion in emotions if any(emotion not in spec.emotions for spec in specs)]
        return LabelColumns(tuple(own), tuple(own.values()), parser, not_shared)

    main = label_columns(emotions, values)
    by_group = {
        group: label_columns(spec.emotions, spec.values)
        for spec in specs
        if _expected(spec) != (emotions, values)
        for group in task.id_index.groups_of(spec)
    }
    reader = RowReader(known_ids, columns, main, findings, table.delimiter, by_group)
    for part in (main, *by_group.values()):
        part.parser.first_rows = partial(
            reader.cells_of,
            part,
            lambda: shape.convert(first_rows, lambda *_, **__: None) if shape else first_rows,
        )
    summary = reader.read(shape.convert(all_rows, findings.add) if shape else all_rows)
    report_anomalies(table, findings, reading, shape is None and any(at is not None for at in columns.labels))
    if not summary.count:
        findings.add("header-only", line=table.header_line)
    if without_ids is not None:
        fits = _fits(main, shape)
        from semeval_emo.submission.row_ids import places_with_rows

        where = places_with_rows(summary.count, fits, task, selector, inferred)
        without_ids.report(where, table.header_line, findings)
    parts = (
        check_ids(summary, task, selector, inferred, reader.label_columns, findings) if columns.id is not None else []
    )
    # The catalogue is not read for a valid file.
    is_other = bool(findings.counts) and any(entry(name).code in findings.counts for name in OTHER_RELEASE)
    if parts and not is_other:
        proven = bool(summary.texts) and check_texts(parts, summary, known_texts, findings)
        if not proven:
            check_signs(parts[0].spec, table.header, source, task, findings)
    if len({part.spec.language for part in parts}) > 1:
        # The rows say the language; the file is split, so that no name is the right one.
        source = source.without_name_problem()
        incomplete = {entry(name).code for name in ("missing-column", "no-labels")}
        if entry("unknown-column").code in findings.counts and incomplete.isdisjoint(findings.counts):
            findings.drop("unknown-column", [name for name in table.header if name.strip().lower() in PLACE_COLUMNS])
    report = _report(source, table, findings, summary.count, parts)
    own_repairs: dict[str, str] = {}
    if findings.counts:
        added = texts_added(parts[0].spec, known_texts) if parts and reading.needs_texts else None
        own_repairs = repairs_of(reading, bool(reading.layout.text) and columns.text is not None, added)
    # A problem of the cells of several parts is fixed if it can be fixed in each.
    for part in (main, *by_group.values()):
        for name, repair in cell_repairs(part.parser.seen, part.parser.allowed, decisions).items():
            own_repairs[name] = own_repairs.get(name, repair) and repair
    if shape is not None and shape.problem and (shape.repair or not shape.is_decided):
        own_repairs[shape.problem] = shape.repair if shape.is_decided else ""
    if shape is None:
        own_repairs["no-header"] = ""
    if columns.has_logits and needs_scores:
        own_repairs["score-columns"] = ""
    if without_ids is not None and not without_ids.source:
        own_repairs["no-ids"] = ""
    if decisions.unverified_texts:
        own_repairs["other-texts"] = "texts of another release accepted: labels kept by their ids"
    names = _name_findings(source, parts, task)
    return CheckedFile(report, (names, findings), summary.rows, own_repairs, summary.texts), specs


def _vocabulary(
    specs: Sequence[FileSpec],
    expected: Sequence[str],
    values: Sequence[str],
    possible: tuple[tuple[str, ...], ...],
    task: Task,
) -> Vocabulary:
    """Return the words for the labels of all parts of a file, and those of each part by its ids."""
    labels = {*expected, *(emotion for spec in specs for emotion in spec.emotions)}
    index = task.id_index
    by_group = {group: spec.emotions for spec in specs for group in index.groups_of(spec)} if len(specs) > 1 else {}
    return Vocabulary(
        labels=tuple(emotion for emotion in task.emotions if emotion in labels),
        synonyms=task.synonyms,
        values=tuple(values),
        is_id=lambda cell: is_id(cell, task),
        possible=possible,
        labels_of=lambda text_id: by_group.get(index.group_of(text_id), ()),
    )


def _file_format(table: InputTable) -> str:
    """Return the beginning of a message about a table that is not CSV."""
    return "" if table.container == "CSV" else f"the file is {table.container}: "


def _possible_labels(rows: int, release: str | None, task: Task) -> tuple[tuple[str, ...], ...]:
    """Return the labels of each language, first those of a file with this number of rows, or one more for a header."""
    specs = task.specs(release or task.default_release)
    near = sorted(specs, key=lambda spec: spec.rows not in (rows, rows + 1))
    return tuple(dict.fromkeys(spec.emotions for spec in near))


def _check_order(
    decisions: Decisions, shape: Shape | None, names: Sequence[str], labels: Sequence[str], source: InputFile
) -> None:
    """Refuse an order of labels that contradicts the names of columns."""
    own = [name for name in names if name in labels]
    order = [name for name in normalised_names(decisions.order) if name in own]
    if shape is None and order and order != own:
        raise UsageError(
            f"The columns of {source.display_name} have names, {','.join(own)}, in another order than --order.",
            "leave --order out: names are read by themselves",
        )


def _is_table(table: InputTable, layout: FileLayout, findings: Findings) -> bool:
    """Report a file that has no rows at all."""
    long = table.anomalies["long-line"]
    if table.magic:
        findings.add("not-text", kind=table.magic, written_as=layout.written_as, remedy=remedy(table.magic))
    elif long.count and not table.header:
        findings.add("long-line", line=long.first[0][0], limit=MAX_LINE)
    elif not table.header:
        findings.add("empty-file", blank=table.lines)
    elif len(table.header) > MAX_COLUMNS:
        findings.add("too-many-columns", line=table.header_line, columns=len(table.header), limit=MAX_COLUMNS)
    else:
        return True
    return False


def _first_rows(rows: Iterator[Row]) -> list[Row]:
    first: list[Row] = []
    cells = 0
    for row in islice(rows, PEEK_ROWS):
        first.append(row)
        cells += len(row[1])
        if cells > PEEK_CELLS:
            break
    return first


def _rows_without_ids(table: InputTable, rows: Sequence[Row], known_ids: KnownIds) -> RowsWithoutIds | None:
    """Return the rows of a table without ids, or None if it has some."""
    if rows and table.header[0] == "id" and known_ids.is_known(rows[0][1][0]):
        return None
    # Imported late: validating a usual file takes no longer.
    from semeval_emo.submission.row_ids import find_rows_without_ids

    return find_rows_without_ids(table.header, [row for _, row in rows[:50]], known_ids)


def _fits(columns: LabelColumns, shape: Shape | None) -> Callable[[FileSpec], bool]:
    """Return whether labels can be those of a file of the task."""
    labels = [max(labels) for labels in columns.parser.parsed.values()]
    if not labels:
        width = shape.facts.get("width", 0) if shape else len(columns.emotions)
        return lambda spec: len(spec.emotions) == width
    own = {*columns.parser.emotions}
    if shape is not None and shape.problem in NAMES_OF_LABELS:
        # Names have the labels that occur, not all labels of the file.
        used = {
            name
            for row in columns.parser.parsed.values()
            for name, label in zip(columns.emotions, row, strict=True)
            if label
        }
        return lambda spec: used <= {*spec.emotions} and (max(labels) > 1) == (len(spec.values) > 2)
    return lambda spec: {*spec.emotions} == own and (max(labels) > 1) == (len(spec.values) > 2)


def _guess(
    header: Sequence[str],
    first_rows: Sequence[Row],
    task: Task,
    selector: Selector,
    inferred: Selector,
    known_ids: KnownIds,
) -> FileSpec | None:
    """Return the file of the task that the first rows belong to, else the one of the options or the name."""
    column = next((i for i, cell in enumerate(header) if cell.strip().lower() == "id"), None)
    ids: dict[str, None] = {}
    for _, row in first_rows:
        for cell in row[:50] if column is None else row[column : column + 1]:
            if known_ids.is_known(cell):
                ids[cell] = None
            elif repaired := known_ids.repair(cell):
                ids[repaired[0]] = None
    groups = task.id_index.by_group([*ids])
    if specs := matching_specs(groups, task, selector, inferred):
        return specs[0]
    other_releases = [spec for group in groups for spec in task.id_index.groups[group]]
    return other_releases[0] if other_releases else assumed_spec(task, selector, inferred)


def _name_findings(source: InputFile, parts: Sequence[Part], task: Task) -> Findings:
    """Return the problems of the name, with the right name as their fix if the ids determine it."""
    if not parts or source.name.problem is None:
        return source.findings
    right_names = {part.spec.file_name for part in parts}
    hint = right_names.pop() if len(right_names) == 1 else name_form(task).filled()
    code, right_name = entry(source.name.problem).code, entry("name-extra").fix.format(hint=hint)
    findings = Findings(source.display_name)
    findings.counts = source.findings.counts
    findings.problems = [
        replace(problem, fix=right_name) if problem.code == code else problem for problem in source.findings.problems
    ]
    return findings


def _report(
    source: InputFile, table: InputTable, findings: Findings, rows: int = 0, parts: Sequence[Part] = ()
) -> FileReport:
    counts = dict(source.findings.counts)
    for code, count in findings.counts.items():
        counts[code] = counts.get(code, 0) + count
    # Whether a row has bad cells is part of `Part.is_scorable`: those of another part do not matter.
    ambiguous = {entry(code).name for code in counts if code[0] == "E" and not entry(code).scorable} - CELLS
    if ambiguous:
        parts = [replace(part, is_scorable=False) for part in parts]
    if ambiguous - INCOMPLETE:
        parts = [replace(part, is_subset=False) for part in parts]
    return FileReport(
        source.display_name,
        "predictions",
        rows,
        table.lines,
        table.encoding,
        tuple(parts),
        counts,
        joined=source.joined,
    )
