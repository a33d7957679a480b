"""Recognise the shape of a table from its header and its first rows."""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.tables.decisions import Decisions
from semeval_emo.tables.names import normalised_names
from semeval_emo.tables.shapes.shape import Shape, Vocabulary
from semeval_emo.tables.table import InputTable, Row


def recognise(table: InputTable, rows: Sequence[Row], vocabulary: Vocabulary, decisions: Decisions) -> Shape | None:
    """Return the shape of a table, or None if it has one column per label or no known shape.

    Args:
        rows: the first rows after the header.

    Raises:
        UsageError: a decision does not suit the table.
    """
    names = normalised_names(table.header, vocabulary.labels)
    if {*names} == {"id", *vocabulary.labels} and (not rows or any(cell.strip() for cell in rows[0][1][1:])):
        return None
    # Imported late: validating a usual file takes no longer.
    from semeval_emo.tables.shapes.find import find_shape

    return find_shape(table, rows, vocabulary, decisions)
