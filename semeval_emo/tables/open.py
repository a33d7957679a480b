"""Open a table of any supported file format."""

from __future__ import annotations

from typing import IO

from semeval_emo.tables.raw import RawTable
from semeval_emo.tables.table import InputTable


def open_table(stream: IO[bytes], name: str) -> InputTable:
    """Return the table of a file.

    Content never raises an exception, only the stream can; `InputTable.magic` says what a file is that has no table.

    Args:
        stream: the file, which must stay open while the rows are read.
        name: the name of the file, whose suffix may say what the bytes do not.
    """
    return RawTable(stream)
