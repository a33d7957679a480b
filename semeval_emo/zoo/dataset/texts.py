"""Texts to predict: a file or pipe of CSV, JSON, JSON lines or plain text lines, or a table such as a Parquet file.

Lines are read as a stream, so that memory does not grow with the number of texts.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any

from semeval_emo.data.columns import find_id, find_text, is_text_name, normalised, text_note
from semeval_emo.data.rows import csv_rows, separator
from semeval_emo.errors import InputError, UsageError
from semeval_emo.parse import parse_json
from semeval_emo.tables import open_table
from semeval_emo.tables.containers import READERS
from semeval_emo.tables.names import is_id_of_text
from semeval_emo.tables.sniff import HEAD_BYTES, remedy, sniff
from semeval_emo.text import plural

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}

# Seconds without input after which a pipe is considered idle.
PAUSE = 0.1
BLOCK = 1 << 16
LONGEST_LINE = 1 << 24
"""Limit of the bytes of a line, which is read whole."""
LONGEST_ARRAY = 1 << 26
"""Limit of the characters of a JSON array, which is read whole."""

Text = tuple[str, str]
Message = Callable[[str], None]
OBJECT = 'write one object per line: {"id": "1", "text": "..."}'


class LineReader:
    """Iterator over the lines of a file or pipe in UTF-8 that knows whether the next line would block.

    Args:
        stream: if it has a file descriptor, that is read directly; other streams of lines are iterated.
    """

    def __init__(self, stream: IO[Any] | Iterator[str], name: str) -> None:
        self.name = name
        try:
            self._descriptor = getattr(stream, "fileno")()  # noqa: B009
            self._unread = self._read_descriptor()
        except (io.UnsupportedOperation, AttributeError):
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


@dataclass(frozen=True)
class TextSource:
    """Texts that are being read.

    Attributes:
        texts: their ids and texts.
        would_block: returns whether the next text is not available yet.
    """

    texts: Iterator[Text]
    would_block: Callable[[], bool] = lambda: False


@contextmanager
def open_texts(
    path: Path | None, input_format: str | None = None, column: str | None = None, message: Message = lambda _: None
) -> Iterator[TextSource]:
    """Open a file of texts, or stdin for None or ``-``.

    Args:
        input_format: ``csv``, ``jsonl`` or ``lines``; None for the one that the file name or the first line suggests.
        column: the name of the column of texts; None for ``text``, else the only one with a name such as tweet.
        message: is told what the input looks like, which column was taken, and what was left out.

    Raises:
        InputError: the input cannot be read, or stdin is closed.
        UsageError: lines have no columns.
    """
    if input_format == "lines" and column is not None:
        raise UsageError("Lines have no columns.", "leave out --column or --input lines")
    if path is None or path == Path("-"):
        if sys.stdin is None:
            raise InputError("stdin is closed, so there are no texts.", "give a file of texts")
        if sys.stdin.isatty():
            message("Enter one text per line; Ctrl-D ends.")
        yield _source(LineReader(sys.stdin, "stdin"), input_format, column, message)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    with stream:
        file_format, encoding = "", "utf-8"
        if stream.seekable():
            file_format, encoding, _ = sniff(stream.read(HEAD_BYTES))
            stream.seek(0)
        if file_format in READERS:
            table = open_table(stream, str(path))
            rows = (row for _, row in table.rows())
            yield TextSource(_from_rows(table.header, rows, str(path), column, message))
            return
        if file_format.startswith(("a ", "an ")):
            raise InputError(f"{path} is {file_format}, not a file of texts.", remedy(file_format))
        lines = stream if encoding == "utf-8" else _decoded(stream, encoding, str(path))
        yield _source(LineReader(lines, str(path)), input_format, column, message)


def _decoded(stream: IO[bytes], encoding: str, name: str) -> Iterator[str]:
    """Yield the lines of a file in another encoding than UTF-8."""
    try:
        yield from io.TextIOWrapper(stream, encoding, newline="")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not valid {encoding.upper()}: {error.reason}.", "save it as UTF-8") from error


def _source(lines: LineReader, input_format: str | None, column: str | None, message: Message) -> TextSource:
    first = lines.peek()
    name = lines.name
    input_format = input_format or format_from_name(name)
    if not input_format:
        input_format = detect_format(first)
        if input_format == "lines" and column is not None:
            input_format = "csv"
        elif input_format == "jsonl":
            message(f"{name} looks like JSON lines; --input lines reads one text per line.")
        elif input_format == "csv":
            header = next(csv_rows([first], name), (0, []))[1]
            seen = header[find_text(header, name, column)]
            message(f"{name} looks like CSV with a column '{seen}'; --input lines reads one text per line.")
            column = seen
    return TextSource(read_texts(lines, input_format, name, message, column), lines.would_block)


def format_from_name(name: str) -> str:
    """Return the format of a file of texts by its suffix; empty if the suffix is not known.

    >>> format_from_name("T.CSV"), format_from_name("texts.tsv"), format_from_name("stdin")
    ('csv', 'csv', '')
    """
    return SUFFIXES.get(PurePath(name).suffix.lower(), "")


def detect_format(first: str) -> str:
    r"""Return the format of texts by their first line.

    >>> [detect_format(line) for line in ("id,text", "ID;lang;Text", '{"text": "x"}', "text, they said", "{sighs}")]
    ['csv', 'csv', 'jsonl', 'lines', 'lines']
    >>> [detect_format(line) for line in ("ID\tTweet", "sentence", "comment, please", '["Oh", "No"]')]
    ['csv', 'csv', 'lines', 'jsonl']
    """
    # JSON over several lines is not JSON lines, and is read as an array.
    if first.strip() in ("{", "[") or first.startswith(("[{", '["')):
        return "jsonl"
    try:
        is_json = isinstance(parse_json(first, "the first line"), dict)
    except InputError as error:
        # Valid JSON that is refused, such as an object with a key twice, is not a text.
        is_json = first.lstrip().startswith("{") and not isinstance(error.__cause__, json.JSONDecodeError)
    if is_json:
        return "jsonl"
    names = [cell.strip('"') for cell in first.strip().lower().split(separator(first))]
    has_texts = any(map(is_text_name, names))
    return "csv" if has_texts and ("id" in names or all(map(str.isidentifier, names))) else "lines"


def read_texts(
    lines: Iterable[str],
    input_format: str,
    name: str,
    message: Message = lambda _: None,
    column: str | None = None,
) -> Iterator[Text]:
    r"""Yield ids and texts.

    Args:
        input_format: ``csv`` (a header, separated by ``,``, ``;``, tabs or ``|``), ``jsonl`` (an object per line, or an
            array of objects or texts) or ``lines`` (one text per line). Rows without ids are numbered from 1.
        name: of the input, for messages.
        message: told which column the texts are from, and at the end how many blank lines were left out.
        column: the name of the column of texts, as in `open_texts`.

    Raises:
        InputError: the input does not have this format.

    >>> list(read_texts(["id,text\n", "a,Oh\n"], "csv", "x.csv"))
    [('a', 'Oh')]
    """
    lines = iter(lines)
    if input_format == "lines":
        yield from ((str(number), line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
    elif input_format == "jsonl":
        first = next(lines, "")
        lines = itertools.chain([first], lines)
        records = _array(lines, name) if first.lstrip().startswith("[") else _records(lines, name, message)
        yield from _from_records(records, column, message)
    else:
        rows = csv_rows(lines, name)
        header = next(rows, (0, []))[1]
        yield from _from_rows(header, (row for _, row in rows), name, column, message)


def _records(lines: Iterator[str], name: str, message: Message) -> Iterator[tuple[str, Any, int]]:
    """Yield the place, the value and the number of each line of JSON."""
    blank = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            blank += 1
            continue
        try:
            record = parse_json(line, f"{name}:{number}")
        except InputError as error:
            raise InputError(f"{name}:{number}: not a JSON object with a 'text'.", OBJECT) from error
        yield f"{name}:{number}", record, number
    _report_blank(blank, name, message)


def _array(lines: Iterator[str], name: str) -> Iterator[tuple[str, Any, int]]:
    """Yield the place, the value and the number of each value of a JSON array."""
    parts: list[str] = []
    size = 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > LONGEST_ARRAY:
            raise InputError(f"{name} has a JSON array of more than {LONGEST_ARRAY:,} characters.", OBJECT)
    for number, record in enumerate(parse_json("".join(parts), name, OBJECT), 1):
        yield f"{name}, value {number}", record, number


def _from_records(records: Iterable[tuple[str, Any, int]], column: str | None, message: Message) -> Iterator[Text]:
    """Yield ids and texts of JSON values; the keys of the first object are those of all."""
    text_key: str | None = None
    id_key: str | None = None
    for place, record, number in records:
        if isinstance(record, str) and column is None:
            record = {"text": record}
        if not isinstance(record, dict):
            raise InputError(f"{place}: not a JSON object with a '{text_key or column or 'text'}'.", OBJECT)
        if text_key is None:
            keys = list(record)
            text_at, id_at = find_text(keys, place, column), _find_id(keys)
            text_key, id_key = keys[text_at], None if id_at is None else keys[id_at]
            _note_column(keys, text_at, column, message)
        if text_key not in record:
            raise InputError(f"{place}: not a JSON object with a '{text_key}'.", OBJECT)
        text, text_id = record[text_key], record.get(id_key) if id_key is not None else None
        if not isinstance(text, str):
            fix = "write its text, or remove it" if text is None else OBJECT
            raise InputError(f"{place}: the text is {json.dumps(text)[:40]}, not a string.", fix)
        if isinstance(text_id, dict | list | bool):
            raise InputError(f"{place}: the id is {json.dumps(text_id)[:40]}, not a string.", OBJECT)
        text_id = str(number if text_id is None else text_id)
        try:
            f"{text_id}{text}".encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{place}: half of a surrogate pair, which is not a character.") from error
        yield text_id, text


def _find_id(header: list[str]) -> int | None:
    """Return the position of the column ``id``, else of the only one with a name such as ``tweet_id``."""
    found = [at for at, name in enumerate(header) if is_id_of_text(normalised(name))]
    usual = find_id(header)
    return found[0] if usual is None and len(found) == 1 else usual


def _note_column(header: list[str], at: int, column: str | None, message: Message) -> None:
    note = text_note(header, at)
    if note and column is None:
        message(note)


def _report_blank(lines: int, name: str, message: Message) -> None:
    if lines:
        message(f"{plural(lines, 'blank line')} of {name} left out: only lines with a text are predicted.")


def _from_rows(
    header: list[str], rows: Iterable[list[str]], name: str, column: str | None, message: Message
) -> Iterator[Text]:
    """Yield ids and texts of the rows of a table."""
    blank = 0
    text_column, id_column = find_text(header, name, column), _find_id(header)
    _note_column(header, text_column, column, message)
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
    _report_blank(blank, name, message)
