"""Tables that a user brings: file formats, and shapes other than one column per label."""

from semeval_emo.tables.decisions import NOTHING_DECIDED, Decisions
from semeval_emo.tables.open import open_table
from semeval_emo.tables.raw import RawTable
from semeval_emo.tables.table import InputTable, Row

__all__ = ["NOTHING_DECIDED", "Decisions", "InputTable", "RawTable", "Row", "open_table"]
