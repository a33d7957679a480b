"""Find out from the header and the first rows which shape a table has."""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.tables.decisions import Decisions
from semeval_emo.tables.shapes.shape import Shape, Vocabulary
from semeval_emo.tables.shapes.unnamed import unnamed_labels
from semeval_emo.tables.table import InputTable, Row


def recognise(table: InputTable, rows: Sequence[Row], vocabulary: Vocabulary, decisions: Decisions) -> Shape | None:
    """Return the shape of a table, or None if it has one column per label or no known shape.

    Args:
        rows: the first rows after the header.
    """
    return unnamed_labels(table, rows, vocabulary, decisions)
