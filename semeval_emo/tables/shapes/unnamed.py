"""Predictions whose labels have no names: numbered columns, vectors in a cell, outputs of a pipeline, no header.

Which number is which label is not in the file: the user decides (`Decisions.order`).
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from semeval_emo.errors import UsageError
from semeval_emo.tables.decisions import BLANK, Decisions
from semeval_emo.tables.shapes.shape import REPORTED, AddProblem, Shape, Vocabulary
from semeval_emo.tables.shapes.vectors import (
    class_numbers,
    digits,
    is_gold,
    number,
    numbered_columns,
    paired_scores,
    pipeline_scores,
    vector,
)
from semeval_emo.tables.shapes.view import LABELS, PREDICTED, words_of
from semeval_emo.tables.table import InputTable, Row
from semeval_emo.text import plural, printable

SAMPLE_ROWS = 50
_PREDICTED = re.compile(r"pred|output|y_hat")
_OUTPUT = re.compile(r"label[\s_.:\-]*\d+", re.IGNORECASE)


@dataclass(frozen=True)
class _Values:
    """Where the values of a row are.

    Attributes:
        problem: the name of the shape in the catalogue.
        column: what has the values, in words.
        width: the number of values of the first rows.
        of: returns the values of a row, or None if the row does not have them.
        has_names: the file has the names of the labels.
        names: the labels of every row then.
        example: one of several columns that can be the predictions; empty if there is only one.
        cell: a cell of the column of numbers of classes, which is shown; `at` is that column.
    """

    problem: str
    column: str
    width: int
    of: Callable[[Sequence[str]], Sequence[str] | None]
    has_names: bool = False
    names: tuple[str, ...] = ()
    example: str = ""
    cell: str = ""
    at: int = -1


def unnamed_labels(
    table: InputTable, rows: Sequence[Row], vocabulary: Vocabulary, decisions: Decisions
) -> Shape | None:
    """Return the shape of a table whose labels have no names, or None if it is none.

    Raises:
        UsageError: the order of the user is not one of the labels of this file.
    """
    names = [_normalised(cell) for cell in table.header]
    known = {*vocabulary.labels, *vocabulary.synonyms}
    if not known.isdisjoint(names):
        return None
    sample = [row for _, row in rows[:SAMPLE_ROWS]]
    has_header = not is_data(table.header, sample, vocabulary.is_id)
    if not has_header:
        sample.insert(0, table.header)
    id_column = _id_column(names, sample, vocabulary) if has_header else _id_column([], sample, vocabulary)
    columns = _columns(table.header, sample, id_column) if has_header else None
    columns = columns if has_header else _nameless_columns(sample, id_column, len(vocabulary.labels))
    values = columns or _cells(names if has_header else [], sample, id_column, decisions, vocabulary)
    if values is None:
        return None
    vocabulary = replace(vocabulary, labels=_possible_labels(values.width, vocabulary, decisions))
    labels = values.names if values.has_names else _order(values.width, vocabulary, decisions)
    if values.example or not {*vocabulary.labels} <= {*labels}:
        labels = ()
    text = names.index("text") if has_header and "text" in names else None
    kept = {name: at for name, at in (("id", id_column), ("text", text)) if at is not None}
    facts = {
        "line": table.header_line,
        "value": values.column if values.example else ",".join(table.header),
        "header": ",".join(("id", *vocabulary.labels)),
        "columns": values.column,
        "width": values.width,
        "example": values.cell,
    }
    facts |= _remedy(values, sample, vocabulary)

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        unread = [REPORTED] * len(vocabulary.labels)
        picks = [labels.index(label) for label in vocabulary.labels] if labels else []
        for line, row in rows:
            own = [row[at] if at < len(row) else "" for at in kept.values()]
            cells = values.of(row) if labels else None
            if cells is not None and len(cells) == len(labels):
                yield line, [*own, *(cells[at] for at in picks)]
                continue
            if labels and values.at >= 0 and not "".join(row[values.at : values.at + 1]).strip():
                add("blank-answer", line=line, column=values.column)
            elif labels:
                seen = "no value for each label" if cells is None else plural(len(cells), "value")
                add("other-width", line=line, value=",".join(row), seen=seen, width=len(labels))
            yield line, [*own, *unread]

    problem = values.problem if has_header else "no-header"
    repair = "values written as columns, by the names of the labels" if values.has_names else ""
    return Shape(problem, facts, (*kept, *vocabulary.labels), convert, bool(labels), has_header, repair)


def _remedy(values: _Values, sample: Sequence[Sequence[str]], vocabulary: Vocabulary) -> dict[str, str]:
    """Return what to do, as a clause, and the options of `fix` that do it; none if no option does."""
    labels, width = vocabulary.labels, values.width
    listed = ", ".join(labels)
    if values.has_names:
        missing = [label for label in labels if label not in values.names]
        return {
            "remedy": f"there is no value for {', '.join(missing)}; a pipeline gives all with top_k=None"
            if missing
            else "write one column for each label"
        }
    choice = f"--label-column {shlex.quote(values.example)} " if values.example else ""
    if width < len(labels):
        remedy = f"predict every label: {width} values a row are not enough for {listed}"
        return {"remedy": remedy, "options": choice.strip()}
    if width > len(labels):
        others = f"all {width} labels of the model, also those that the file does not need ({listed} are needed)"
        options = f"{choice}--order LABEL,LABEL,..."
        remedy = f"name {others}, in the order of its id2label: semeval-emo fix {options}"
        return {"remedy": remedy, "options": options if choice else ""}
    cells = [cell for row in sample for cell in values.of(row) or ()]
    options = f"{choice}--order {','.join(labels)}{_options_of_values(cells, vocabulary)}"
    return {
        "remedy": "give the order of the labels, that of the model's id2label or of the label columns in its training "
        f"code: semeval-emo fix {options} (if this is the order)",
        "options": options,
    }


def _options_of_values(cells: Sequence[str], vocabulary: Vocabulary) -> str:
    """Return the options of `fix` that turn these values into labels; none if they are labels."""
    numbers = [float(text) for cell in cells if (text := number(cell)) is not None]
    if all(value.is_integer() and 0 <= value < 10 for value in numbers):
        # Labels of this track, or of another one, which the ids decide.
        return ""
    if len(vocabulary.values) > 2:
        return " --round"
    return " --threshold 0.5" if all(0 <= value <= 1 for value in numbers) else " --scores logits --threshold 0.5"


def is_data(header: Sequence[str], sample: Sequence[Sequence[str]], is_id: Callable[[str], bool]) -> bool:
    """Return whether the first row of a table is a row like the others: numbers, vectors and perhaps an id.

    >>> never = lambda cell: False
    >>> is_data(["0", "1", "0"], [["1", "0", "0"]], never), is_data(["0", "1", "2"], [["1", "0", "0"]], never)
    (True, False)
    """
    filled = [cell for cell in header if cell.strip() and not is_id(cell)]
    if not filled or not sample or not all(_is_value(cell) for cell in filled):
        return False
    if any(map(is_id, header)) or not all(cell.strip().isdigit() for cell in filled):
        return True
    return len(numbered_columns(filled)) < len(filled)


def _is_value(cell: str) -> bool:
    return number(_bare(cell)) is not None or vector(cell) is not None


def _bare(cell: str) -> str:
    """Return a cell of a list that is written without quotes, so that its brackets are in the first and last cell."""
    return cell.strip(" []()")


def _normalised(cell: str) -> str:
    return cell.strip().strip("'\"").casefold()


def _id_column(names: Sequence[str], sample: Sequence[Sequence[str]], vocabulary: Vocabulary) -> int | None:
    """Return the column of ids, or of blank cells in their place."""
    if "id" in names:
        return list(names).index("id")
    for at in range(len(sample[0]) if sample else 0):
        cells = [row[at] for row in sample if at < len(row)]
        if any(map(vocabulary.is_id, cells)):
            return at
    return None


def _columns(header: Sequence[str], sample: Sequence[Sequence[str]], id_column: int | None) -> _Values | None:
    """Return numbered columns: LABEL_0, LABEL_1, …"""
    columns = [at for at in numbered_columns([_normalised(cell) for cell in header]) if at != id_column]
    cells = [row[at] for row in sample for at in columns if at < len(row)]
    if len(columns) < 2 or 2 * sum(number(cell) is not None for cell in cells) < len(cells):
        return None
    first, last = (printable(header[at].strip()) for at in (columns[0], columns[-1]))
    return _Values("numbered-columns", f"{first} to {last}", len(columns), _picker(columns))


def _nameless_columns(sample: Sequence[Sequence[str]], id_column: int | None, width: int) -> _Values | None:
    """Return the columns of numbers of a table without a header, except for row numbers before them."""
    columns = [
        at
        for at in range(len(sample[0]))
        if at != id_column and all(at < len(row) and number(_bare(row[at])) is not None for row in sample)
    ]
    if len(columns) == width + 1 and [row[columns[0]] for row in sample] in (
        list(map(str, range(start, start + len(sample)))) for start in (0, 1)
    ):
        columns = columns[1:]
    if len(columns) < 2:
        return None
    pick = _picker(columns)

    def bare(row: Sequence[str]) -> list[str] | None:
        cells = pick(row)
        return None if cells is None else [_bare(cell) for cell in cells]

    return _Values("no-header", plural(len(columns), "column"), len(columns), bare)


def _picker(columns: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str] | None]:
    last = max(columns)
    return lambda row: [row[at] for at in columns] if last < len(row) else None


def _cells(
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    id_column: int | None,
    decisions: Decisions,
    vocabulary: Vocabulary,
) -> _Values | None:
    """Return the column whose cells are vectors, numbers of classes or outputs of a pipeline."""
    found: dict[int, _Values] = {}
    for at in range(len(sample[0]) if sample else 0):
        cells = [row[at] for row in sample if at < len(row) and row[at].strip()]
        if at == id_column or not cells:
            continue
        name = printable(names[at]) if at < len(names) and names[at] else f"column {at + 1}"
        outputs = [scores for cell in cells if (scores := pipeline_scores(cell))]
        if 2 * len(outputs) > len(cells):
            found[at] = _pipeline(at, name, outputs, vocabulary)
            continue
        if (names_at := _names_beside(at, sample, vocabulary)) is not None:
            outputs = [scores for row in sample if (scores := paired_scores(row, names_at, at))]
            found[at] = _pipeline(at, name, outputs, vocabulary, names_at)
            continue
        if (classes := _classes(at, name, cells, decisions, vocabulary)) is not None:
            found[at] = classes
            continue
        for parse in (vector, digits):
            widths = Counter(len(values) for cell in cells if (values := parse(cell)))
            width, count = widths.most_common(1)[0] if widths else (0, 0)
            if 2 * count > len(cells) and (parse is vector or any(cell.strip()[0] == "0" for cell in cells)):
                named = _names_of(name, width, vocabulary)
                found.setdefault(at, _Values("vector-cells", name, width, _cell(at, parse), bool(named), named))
    fewest = min(map(len, vocabulary.possible or [vocabulary.labels]))
    found = {at: values for at, values in found.items() if values.width >= fewest} or found
    if len(found) > 1:
        found = _predicted(found, names, decisions.column)
    if len(found) > 1 and names:
        first, *_ = found
        columns = " and ".join(f"'{values.column}'" for values in found.values())
        return replace(found[first], problem="several-predictions", column=columns, example=names[first])
    return next(iter(found.values()), None)


def _classes(at: int, name: str, cells: Sequence[str], decisions: Decisions, vocabulary: Vocabulary) -> _Values | None:
    """Return a column that lists the numbers of the labels of each text, such as ``LABEL_0, LABEL_3``; else None."""
    if not vocabulary.is_binary:
        return None
    listed = [numbers for cell in cells if (numbers := class_numbers(cell))]
    seen = {number for numbers, _ in listed for number in numbers}
    if 2 * len(listed) <= len(cells) or not seen:
        return None
    # Numbers alone can be counts, vectors of one length, or start at 1.
    is_named = any(named for _, named in listed)
    varies = len({len(numbers) for numbers, _ in listed}) > 1
    words = {*words_of(name)}
    is_labels = bool(words & (LABELS | PREDICTED)) and words <= LABELS | PREDICTED | {"id", "ids", "y"}
    if not is_named and not (is_labels and 0 in seen and max(seen) > 1 and (varies or len(listed[0][0]) == 1)):
        return None
    fewest = min(map(len, vocabulary.possible or [vocabulary.labels]))
    width = max(len(decisions.order), max(seen) + 1, fewest)

    def parse(row: Sequence[str]) -> list[str] | None:
        cell = row[at].strip() if at < len(row) else ""
        if vocabulary.is_none(cell) or (not cell and decisions.words.get(BLANK) == 0):
            return ["0"] * width
        numbers, _ = class_numbers(cell) or (None, False)
        if numbers is None or any(number >= width for number in numbers):
            return None
        return [str(int(number in numbers)) for number in range(width)]

    return _Values("class-numbers", name, width, parse, cell=max(cells, key=len), at=at)


def _names_of(column: str, width: int, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the labels that the name of a column of vectors lists, such as ``anger,fear,joy``; none if it does not."""
    labels = [vocabulary.label_of(word) or "" for word in re.findall(r"\w+", column)]
    return tuple(labels) if len(labels) == width == len({*labels} - {""}) else ()


def _cell(at: int, parse: Callable[[str], list[str] | None]) -> Callable[[Sequence[str]], list[str] | None]:
    return lambda row: parse(row[at]) if at < len(row) else None


def _names_beside(at: int, sample: Sequence[Sequence[str]], vocabulary: Vocabulary) -> int | None:
    """Return the column of lists that name the values of a column of vectors, as zero-shot pipelines write; or None."""
    has_vectors = any(at < len(row) and vector(row[at]) is not None for row in sample)
    for names_at in range(len(sample[0]) if has_vectors else 0):
        rows = [scores for row in sample if names_at != at and (scores := paired_scores(row, names_at, at))]
        if 2 * len(rows) <= len(sample) or len({*map(len, rows)}) > 1:
            continue
        words = [word for scores in rows for word in scores]
        known = [word for word in words if vocabulary.label_of(word) is not None or _OUTPUT.fullmatch(word)]
        if 2 * len(known) > len(words):
            return names_at
    return None


def _pipeline(
    at: int, name: str, outputs: Sequence[dict[str, str]], vocabulary: Vocabulary, names_at: int | None = None
) -> _Values:
    """Return the outputs of a pipeline, whose labels are in another order in each row.

    Args:
        names_at: the column of the names, if they are beside the scores.
    """
    labels = sorted({label for scores in outputs for label in scores})
    numbered = numbered_columns([label.casefold() for label in labels])
    has_names = len(numbered) < len(labels)
    in_order = labels if has_names else [labels[i] for i in numbered]
    own_names = [_normalised(label) for label in in_order]
    # A row with fewer labels has the best ones only.
    is_full = 2 * sum(len(scores) == len(labels) for scores in outputs) > len(outputs)
    named = tuple(vocabulary.synonyms.get(label, label) for label in own_names) if has_names and is_full else ()

    def parse(row: Sequence[str]) -> list[str] | None:
        if names_at is not None:
            own = paired_scores(row, names_at, at) or {}
        else:
            own = pipeline_scores(row[at]) or {} if at < len(row) else {}
        return [own[label] for label in in_order] if own.keys() == {*in_order} else None

    return _Values("pipeline-outputs", name, len(labels), parse, has_names, named)


def _predicted(found: dict[int, _Values], names: Sequence[str], chosen: str) -> dict[int, _Values]:
    """Return the columns of predictions among several: the chosen one, or all but those of gold labels."""
    if chosen:
        return {at: values for at, values in found.items() if names[at:][:1] == [_normalised(chosen)]}
    rest = {at: values for at, values in found.items() if not (at < len(names) and is_gold(names[at]))}
    predicted = {at: values for at, values in rest.items() if at < len(names) and _PREDICTED.search(names[at])}
    return predicted or rest


def _possible_labels(width: int, vocabulary: Vocabulary, decisions: Decisions) -> tuple[str, ...]:
    """Return the labels of the file: if they are not known, those of the order or of this number."""
    order = {_normalised(label) for label in decisions.order}
    fitting = [labels for labels in vocabulary.possible if len(labels) == width]
    return next((labels for labels in fitting if {*labels} == order), (fitting or [vocabulary.labels])[0])


def _order(width: int, vocabulary: Vocabulary, decisions: Decisions) -> tuple[str, ...]:
    """Return the order that the user has given, checked; empty if there is none."""
    order = tuple(_normalised(label) for label in decisions.order)
    if not order:
        return ()
    expected = f"the labels of this file are {', '.join(vocabulary.labels)}, in the order of the model"
    if len(order) != width:
        raise UsageError(f"--order has {plural(len(order), 'label')} for {plural(width, 'value')} a row.", expected)
    missing = [label for label in vocabulary.labels if label not in order]
    if missing or len({*order}) < len(order):
        why = f"without {', '.join(missing)}" if missing else "with a label twice"
        raise UsageError(f"--order is {printable(','.join(order), 200)}, {why}.", expected)
    return order
