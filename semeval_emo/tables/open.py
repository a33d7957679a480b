"""Open a table of any supported file format."""

from __future__ import annotations

from typing import IO

from semeval_emo.tables.containers import READERS, read_container
from semeval_emo.tables.raw import RawTable
from semeval_emo.tables.table import InputTable


def open_table(stream: IO[bytes], name: str) -> InputTable:
    """Return the table of a file.

    Text never raises an exception, only the stream can; `InputTable.magic` says what a file is that has no table.

    Args:
        stream: the file, which must stay open while the rows are read.
        name: the name of the file, whose suffix may say what the bytes do not.

    Raises:
        InputError: a file of another format than text is damaged or too large.
        MissingExtra: the program that reads its format is not installed.
    """
    table = RawTable(stream)
    return read_container(table.magic, table.head, stream, name) if table.magic in READERS else table
