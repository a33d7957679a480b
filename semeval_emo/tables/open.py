"""Open a table of any supported file format."""

from __future__ import annotations

from typing import IO

from semeval_emo.errors import InputError
from semeval_emo.tables.raw import CHUNK, USUAL, Dialect, RawTable
from semeval_emo.tables.sniff import HEAD_BYTES
from semeval_emo.tables.table import InputTable

# What Markdown tables and code blocks have, and CSV files of predictions do not.
CHAT_MARKS = (b"|", b"```", b"~~~")
MOST_BYTES = 1 << 26
"""Largest JSON file, or answer of a chat, that is read."""


def open_table(stream: IO[bytes], name: str, dialect: Dialect = USUAL) -> InputTable:
    """Return the table of a file.

    Separated text never raises an exception, only the stream can. `InputTable.magic` says what a file is that has no
    table.

    Args:
        stream: the file, which must stay open while the rows are read.
        name: the name of the file, whose suffix may say what the bytes do not.
        dialect: how separated text is expected to be written.

    Raises:
        InputError: a file of another format is damaged or too large.
        MissingExtra: the program that reads its format is not installed.
    """
    head = stream.read(CHUNK)
    # The readers of other formats are imported only for files that need them.
    if any(mark in head[:HEAD_BYTES] for mark in CHAT_MARKS):
        from semeval_emo.tables.markdown import looks_like_chat, read_chat

        if looks_like_chat(head):
            return read_chat(_whole(head, stream, name), lambda block: open_table(block, name))
    table = RawTable(stream, head, dialect)
    if table.magic == "JSON":
        from semeval_emo.tables.json_table import read_json_table

        return read_json_table(_whole(head, stream, name), name)
    if table.magic:
        from semeval_emo.tables.containers import READERS, read_container

        return read_container(table.magic, table.head, stream, name) if table.magic in READERS else table
    return table


def _whole(head: bytes, stream: IO[bytes], name: str) -> bytes:
    body = head + stream.read(MOST_BYTES)
    if len(body) > MOST_BYTES:
        raise InputError(f"{name} has more than {MOST_BYTES >> 20} MiB.", "write the predictions as CSV")
    return body
