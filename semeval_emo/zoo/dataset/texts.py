"""Texts to predict: lines of a file or pipe, as CSV, JSON lines or plain text lines.

Input is read as a stream, so that memory does not grow with the number of texts.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from pathlib import Path, PurePath
from typing import IO, Any

from semeval_emo.errors import InputError
from semeval_emo.parse import parse_json
from semeval_emo.text import plural

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}

# Seconds without input after which a pipe is considered idle.
PAUSE = 0.1
BLOCK = 1 << 16
LONGEST_LINE = 1 << 24
"""Limit of the bytes of a line, which is read whole."""


class LineReader:
    """Iterator over the lines of a file or pipe in UTF-8 that knows whether the next line would block.

    Args:
        stream: if it has a file descriptor, that is read directly; other streams are iterated.
    """

    def __init__(self, stream: IO[Any], name: str) -> None:
        self.name = name
        try:
            self._descriptor = stream.fileno()
            self._unread = self._read_descriptor()
        except UnsupportedOperation:
            self._descriptor = -1
            self._unread = iter(stream)
        self._buffered: deque[bytes] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._unread)

    def peek(self) -> str:
        """Return the first line without its byte order mark and without consuming it.

        Raises:
            InputError: there is none.
        """
        first = next(self, "").removeprefix("\ufeff")
        if not first:
            raise InputError(f"{self.name} is empty: there are no texts to predict.")
        self._unread = itertools.chain([first], self._unread)
        return first

    def would_block(self) -> bool:
        """Return whether no further line is available at the moment."""
        # On Windows, select works with sockets only.
        if self._descriptor < 0 or self._buffered or os.name == "nt":
            return False
        return not select.select([self._descriptor], [], [], PAUSE)[0]

    def _read_descriptor(self) -> Iterator[str]:
        number, partial = 0, b""
        while block := self._read_block():
            if len(partial) > LONGEST_LINE:
                raise InputError(
                    f"{self.name}:{number + 1}: the line is longer than {LONGEST_LINE:,} bytes.", "split it into texts"
                )
            self._buffered.extend((partial + block).splitlines(keepends=True))
            # A carriage return may be the first half of a line end.
            partial = b"" if self._buffered[-1].endswith(b"\n") else self._buffered.pop()
            while self._buffered:
                number += 1
                yield self._decode(self._buffered.popleft(), number)
        if partial:
            yield self._decode(partial, number + 1)

    def _read_block(self) -> bytes:
        try:
            return os.read(self._descriptor, BLOCK)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror}.") from error

    def _decode(self, line: bytes, number: int) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.name}:{number}: not UTF-8: byte {line[error.start]:#04x} cannot be decoded.",
                "save it as UTF-8, for example: iconv -f LATIN1 -t UTF-8",
            ) from error


@contextmanager
def open_lines(path: Path | None) -> Iterator[LineReader]:
    """Open a file of texts, or stdin for None.

    Raises:
        InputError: the file cannot be read, or stdin is closed.
    """
    if path is None:
        if sys.stdin is None:
            raise InputError("stdin is closed, so there are no texts.", "give a file of texts")
        yield LineReader(sys.stdin, "stdin")
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    with stream:
        yield LineReader(stream, str(path))


def format_from_name(name: str) -> str:
    """Return the format of a file of texts by its suffix; empty if the suffix is not known.

    >>> format_from_name("T.CSV"), format_from_name("texts.tsv"), format_from_name("stdin")
    ('csv', 'csv', '')
    """
    return SUFFIXES.get(PurePath(name).suffix.lower(), "")


def detect_format(first: str) -> str:
    r"""Return the format of texts by their first line.

    >>> [detect_format(line) for line in ("id,text", "ID\tlang\tText", '{"text": "x"}', "text, they said", "{sighs}")]
    ['csv', 'csv', 'jsonl', 'lines', 'lines']
    """
    # JSON over several lines is not JSON lines, and is refused as such.
    if first.strip() in ("{", "[") or first.startswith("[{"):
        return "jsonl"
    try:
        is_json = isinstance(parse_json(first, "the first line"), dict)
    except InputError as error:
        # Valid JSON that is refused, such as an object with a key twice, is not a text.
        is_json = first.lstrip().startswith("{") and not isinstance(error.__cause__, json.JSONDecodeError)
    if is_json:
        return "jsonl"
    cells = first.strip().lower().split(_separator(first))
    names = [cell.strip('"') for cell in cells]
    return "csv" if "text" in names and ("id" in names or all(map(str.isidentifier, names))) else "lines"


def _separator(header: str) -> str:
    return "\t" if "\t" in header and "," not in header else ","


def read_texts(
    lines: Iterable[str], input_format: str, name: str, message: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[str, str]]:
    r"""Yield ids and texts.

    Args:
        input_format: ``csv`` (a header with ``text`` and optionally ``id``, separated by commas or tabs),
            ``jsonl`` (objects with these keys) or ``lines`` (one text per line). Rows without ids are numbered from 1.
        name: of the input, for messages.
        message: told at the end how many blank lines of CSV or JSON lines were left out.

    Raises:
        InputError: the input does not have this format.

    >>> list(read_texts(["id,text\n", "a,Oh\n"], "csv", "x.csv"))
    [('a', 'Oh')]
    """
    if input_format == "lines":
        yield from ((str(number), line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
    elif input_format == "jsonl":
        yield from _objects(lines, name, message)
    else:
        yield from _rows(iter(lines), name, message)


def _objects(lines: Iterable[str], name: str, message: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    blank = 0
    fix = 'write one object per line: {"id": "1", "text": "..."}'
    for number, line in enumerate(lines, 1):
        if not line.strip():
            blank += 1
            continue
        try:
            record = parse_json(line, f"{name}:{number}")
            text_id, text = record.get("id"), record["text"]
        except (InputError, KeyError, AttributeError) as error:
            raise InputError(f"{name}:{number}: not a JSON object with a 'text'.", fix) from error
        if not isinstance(text, str):
            raise InputError(f"{name}:{number}: the text is {json.dumps(text)[:40]}, not a string.", fix)
        if isinstance(text_id, dict | list | bool):
            raise InputError(f"{name}:{number}: the id is {json.dumps(text_id)[:40]}, not a string.", fix)
        text_id = str(number if text_id is None else text_id)
        try:
            f"{text_id}{text}".encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{name}:{number}: half of a surrogate pair, which is not a character.") from error
        yield text_id, text
    _report_blank(blank, name, message)


def _report_blank(lines: int, name: str, message: Callable[[str], None]) -> None:
    if lines:
        message(f"{plural(lines, 'blank line')} of {name} left out: only lines with a text are predicted.")


def _rows(lines: Iterator[str], name: str, message: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    blank = 0
    first = next(lines, "")
    # Strict, because a misplaced quote would otherwise add or remove characters of the text.
    rows = csv.reader(itertools.chain([first], lines), delimiter=_separator(first), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(rows, [])]
        if "text" not in header:
            raise InputError(
                f"{name} has no column 'text': its header is {','.join(header) or 'empty'}.",
                "--input lines reads one text per line",
            )
        text_column = header.index("text")
        id_column = header.index("id") if "id" in header else None
        for number, row in enumerate(rows, 1):
            if not row:
                blank += 1
                continue
            if len(row) <= max(text_column, id_column or 0):
                lacks = "text" if len(row) <= text_column else "id"
                raise InputError(
                    f"{name}: row {number} has {len(row)} of {len(header)} columns, so it has no {lacks}.",
                    "write the missing cells, empty or not",
                )
            if len(row) > len(header):
                raise InputError(
                    f"{name}: row {number} has {len(row)} columns, and the header has {len(header)}.",
                    "put a text with a comma or a tab in quotes",
                )
            yield (str(number) if id_column is None else row[id_column]), row[text_column]
    except csv.Error as error:
        raise InputError(
            f"{name}:{rows.line_num}: not CSV: {error}.",
            'put a text with quotes in quotes and double its own: "She said ""Oh"""; or use JSON lines',
        ) from error
    _report_blank(blank, name, message)
