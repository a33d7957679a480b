"""Open a table of any supported file format."""

from __future__ import annotations

from typing import IO

from semeval_emo.tables.containers import MOST_BYTES, READERS, read_container
from semeval_emo.tables.json_table import read_json_table
from semeval_emo.tables.markdown import looks_like_chat, read_chat
from semeval_emo.tables.raw import CHUNK, RawTable
from semeval_emo.tables.table import InputTable


def open_table(stream: IO[bytes], name: str) -> InputTable:
    """Return the table of a file.

    Separated text never raises an exception, only the stream can. `InputTable.magic` says what a file is that has no
    table.

    Args:
        stream: the file, which must stay open while the rows are read.
        name: the name of the file, whose suffix may say what the bytes do not.

    Raises:
        InputError: a file of another format is damaged or too large.
        MissingExtra: the program that reads its format is not installed.
    """
    head = stream.read(CHUNK)
    if looks_like_chat(head):
        return read_chat(head + stream.read(MOST_BYTES), lambda block: open_table(block, name))
    table = RawTable(stream, head)
    if table.magic == "JSON":
        return read_json_table(table.head + stream.read(MOST_BYTES), name)
    return read_container(table.magic, table.head, stream, name) if table.magic in READERS else table
