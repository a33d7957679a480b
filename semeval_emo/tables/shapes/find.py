"""Find the shape of a table that is not the usual one."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from semeval_emo.tables.decisions import Decisions
from semeval_emo.tables.shapes.listed import NamesColumn, joined_slots, listed_shape, names_columns, rank_of, slots_of
from semeval_emo.tables.shapes.long import is_long, long_shape
from semeval_emo.tables.shapes.shape import AddProblem, Shape, Vocabulary
from semeval_emo.tables.shapes.unnamed import unnamed_labels
from semeval_emo.tables.shapes.view import View
from semeval_emo.tables.shapes.wide import LabelGroup, choose, label_groups, renamed_shape
from semeval_emo.tables.table import InputTable, Row


def find_shape(table: InputTable, rows: Sequence[Row], vocabulary: Vocabulary, decisions: Decisions) -> Shape | None:
    """Return the shape of a table as `recognise` does, whose columns are not just those of the labels."""
    has_header = not any(map(vocabulary.is_id, table.header))
    view = View(table, rows if has_header else [(table.header_line, table.header), *rows], vocabulary, has_header)
    only = _chosen(view, decisions.column)
    shape = unnamed_labels(table, rows, vocabulary, decisions)
    if shape is not None and not (only is None and _has_better_names(shape, view)):
        return shape
    filled = {label: at for label, at in view.own.items() if not view.is_empty(at)}
    groups = label_groups(view) if not view.own or filled else []
    chosen = choose(groups, view, decisions)
    is_complete = len(filled) == len(vocabulary.labels)
    if len(chosen) > 1:
        return _several_groups(view, chosen)
    full = bool(chosen) and len(chosen[0].columns) == len(vocabulary.labels)
    if full and only is None and not is_complete:
        return renamed_shape(view, chosen[0], groups)
    columns = names_columns(view, only)
    if only is None:
        columns = [column for column in columns if column.rank < 4] or columns
        if is_complete or filled:
            columns = [column for column in columns if column.rank == 0 and _differs(view, column)]
    if columns and filled and only is None:
        return _several_columns(view, columns, filled) if is_complete else None
    if columns:
        best = [column for column in columns if column.rank == columns[0].rank]
        if only is None and len(best) > 1 and (slots := slots_of(view, best)):
            return joined_slots(view, slots, decisions)
        if only is None and (best[0].rank == 4 or not _agree(view, best)):
            return _several_columns(view, best, {})
        if is_long(view, best[0]):
            return long_shape(view, best[0], decisions)
        return listed_shape(view, best[0], decisions)
    return renamed_shape(view, chosen[0], groups) if chosen else None


def _chosen(view: View, column: str) -> int | None:
    """Return the column that the user has chosen, or None."""
    wanted = view.normalised([column])[0]
    return next((at for at, name in enumerate(view.names) if name == wanted), None) if wanted else None


def _has_better_names(shape: Shape, view: View) -> bool:
    """Return whether names of labels are beside a column of vectors that does not say that it is the predictions."""
    if shape.problem not in ("vector-cells", "class-numbers", "several-predictions"):
        return False
    columns = names_columns(view)
    vectors = min(map(rank_of, str(shape.facts["columns"]).split(" and ")))
    return bool(columns) and columns[0].rank <= min(vectors, 3)


def _agree(view: View, columns: Sequence[NamesColumn]) -> bool:
    """Return whether several columns name the same labels in every row."""
    return all(
        len({tuple(sorted(column.reader.read(row[column.at]).values.items())) for column in columns}) == 1
        for _, row in view.rows
        if len(row) >= view.width
    )


def _differs(view: View, column: NamesColumn) -> bool:
    """Return whether the names of a column are not the labels with a 1 in their own columns."""
    for _, row in view.rows:
        if len(row) >= view.width:
            named = column.reader.read(row[column.at])
            ones = {label for label, at in view.own.items() if row[at].strip() not in ("", "0", "0.0", "False")}
            if not named.unknown and {*named.values} != ones:
                return True
    return False


def _several_columns(view: View, columns: Sequence[NamesColumn], own: dict[str, int]) -> Shape:
    """Return the shape of a table in which several columns could be the predictions, or only gold labels."""
    titles = [f"'{view.titles[column.at]}'" for column in columns]
    example = view.titles[columns[0].at]
    if own:
        titles.insert(0, ", ".join(view.titles[at] for at in own.values()))
    return _undecided(view, " and ".join(titles), f"--label-column {shlex.quote(example)}")


def _several_groups(view: View, groups: Sequence[LabelGroup]) -> Shape:
    titles = [f"'{view.titles[next(iter(group.columns.values()))]}'" for group in groups]
    return _undecided(view, " and ".join(titles), f"--label-column {'_'.join(groups[0].affix)}")


def _undecided(view: View, columns: str, option: str) -> Shape:
    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        for line, cells, is_row in view.proper(rows, add):
            yield line, view.row(cells, None) if is_row else cells

    facts = {"line": view.table.header_line or None, "value": columns, "options": option}
    return Shape("several-predictions", facts, view.header, convert, is_decided=False)
