"""Texts as a person hands them to a model: a file or a pipe, of a kind that its name or its first line tells.

They stream through, so that memory does not grow with their number.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import select
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import PurePath
from typing import IO, Any

from semeval_emo.errors import InputError

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}

# Seconds without a word after which a pipe counts as waiting.
PAUSE = 0.1
BLOCK = 1 << 16


class LineReader:
    """The lines of a file or pipe in UTF-8, and whether the next one has to be waited for.

    Args:
        stream: with a file of the system behind it, which is read past any buffer; others are read as they are.
        name: of the input, for messages.
    """

    def __init__(self, stream: IO[Any], name: str) -> None:
        self.name = name
        try:
            self._handle = stream.fileno()
            self._unread = self._of_handle()
        except UnsupportedOperation:
            self._handle = -1
            self._unread = iter(stream)
        self._there: deque[bytes] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._unread)

    def peek(self) -> str:
        """The first line without a byte order mark; it stays the next one.

        Raises:
            InputError: there is none.
        """
        first = next(self, "").removeprefix("\ufeff")
        if not first:
            raise InputError(f"{self.name} is empty: there is no text to predict.")
        self._unread = itertools.chain([first], self._unread)
        return first

    def waits(self) -> bool:
        """True where whoever writes the pipe has nothing more to say at the moment."""
        # Windows can ask sockets alone.
        if self._handle < 0 or self._there or os.name == "nt":
            return False
        return not select.select([self._handle], [], [], PAUSE)[0]

    def _of_handle(self) -> Iterator[str]:
        number, begun = 0, b""
        while block := os.read(self._handle, BLOCK):
            self._there.extend((begun + block).splitlines(keepends=True))
            # A carriage return may be half of a line's end.
            begun = b"" if self._there[-1].endswith(b"\n") else self._there.pop()
            while self._there:
                number += 1
                yield self._text(self._there.popleft(), number)
        if begun:
            yield self._text(begun, number + 1)

    def _text(self, line: bytes, number: int) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.name}:{number}: not UTF-8: byte {line[error.start]:#04x} cannot be decoded.",
                "save it again as UTF-8, for example: iconv -f LATIN1 -t UTF-8",
            ) from error


def format_from_name(name: str) -> str:
    """How texts come by the name of their file; empty where that does not say.

    >>> format_from_name("T.CSV"), format_from_name("texts.tsv"), format_from_name("stdin")
    ('csv', 'csv', '')
    """
    return SUFFIXES.get(PurePath(name).suffix.lower(), "")


def detect_format(first: str) -> str:
    r"""The kind of texts of which this is the first line.

    >>> [detect_format(line) for line in ("id,text", "ID\tlang\tText", '{"text": "x"}', "text, they said", "{sighs}")]
    ['csv', 'csv', 'jsonl', 'lines', 'lines']
    """
    # JSON that goes on over the next lines is none of one object a line, and will be refused as such.
    if first.strip() in ("{", "[") or first.startswith("[{"):
        return "jsonl"
    with suppress(ValueError):
        if isinstance(json.loads(first), dict):
            return "jsonl"
    cells = first.strip().lower().split(_separator(first))
    names = [cell.strip('"') for cell in cells]
    return "csv" if "text" in names and ("id" in names or all(map(str.isidentifier, names))) else "lines"


def _separator(header: str) -> str:
    return "\t" if "\t" in header and "," not in header else ","


def read_texts(lines: Iterable[str], kind: str, name: str) -> Iterator[tuple[str, str]]:
    r"""Reads ids and texts, one after the other.

    Args:
        kind: ``csv`` (a header with ``text`` and maybe ``id``, between commas or tabs), ``jsonl``
            (objects likewise) or ``lines`` (one text a line). Without ids, rows are numbered from 1.
        name: of the input, for messages.

    Raises:
        InputError: no texts are where they should be.

    >>> list(read_texts(["id,text\n", "a,Oh\n"], "csv", "x.csv"))
    [('a', 'Oh')]
    """
    if kind == "lines":
        yield from ((str(number), line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
    elif kind == "jsonl":
        yield from _objects(lines, name)
    else:
        yield from _rows(iter(lines), name)


def _objects(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    fix = 'write one a line: {"id": "1", "text": "..."}'
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            label, text = one.get("id"), one["text"]
        except (ValueError, KeyError, AttributeError) as error:
            raise InputError(f"{name}:{number}: not a JSON object with a text.", fix) from error
        if not isinstance(text, str):
            raise InputError(f"{name}:{number}: the text is {json.dumps(text)[:40]}, not a string.", fix)
        label = str(number if label is None else label)
        try:
            f"{label}{text}".encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{name}:{number}: half of a surrogate pair, which is no character.") from error
        yield label, text


def _rows(lines: Iterator[str], name: str) -> Iterator[tuple[str, str]]:
    first = next(lines, "")
    # Strict: what stands about a quote in the wrong place would be taken into the text, or left out of it.
    rows = csv.reader(itertools.chain([first], lines), delimiter=_separator(first), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(rows, [])]
        if "text" not in header:
            raise InputError(
                f"{name} has no column 'text': its header is {','.join(header) or 'empty'}.",
                "--input lines reads one text a line",
            )
        text, label = header.index("text"), header.index("id") if "id" in header else None
        for number, row in enumerate(rows, 1):
            if not row:
                continue
            if len(row) <= text:
                raise InputError(f"{name}: row {number} has {len(row)} of {len(header)} columns, so no text.")
            if len(row) > len(header):
                raise InputError(
                    f"{name}: row {number} has {len(row)} columns, and the header has {len(header)}.",
                    "a text that holds a comma or a tab stands between quotes",
                )
            yield (str(number) if label is None else row[label]), row[text]
    except csv.Error as error:
        raise InputError(
            f"{name}:{rows.line_num}: not CSV: {error}.",
            'a text with quotes stands between quotes, its own doubled: "She said ""Oh"""; JSON lines know no limit',
        ) from error
