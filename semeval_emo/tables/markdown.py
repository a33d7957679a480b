"""Read a table from a chat: a Markdown table, or a code block, with sentences around it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO

from semeval_emo.tables.raw import RawTable
from semeval_emo.tables.sniff import HEAD_BYTES, sniff
from semeval_emo.tables.table import Anomaly, InputTable, Row

_DASHES = r"[ \t]*:?-+:?[ \t]*"
_RULER = re.compile(rf"[ \t>]*\|?{_DASHES}(?:\|{_DASHES})+\|?[ \t]*|[ \t>]*\|{_DASHES}\|[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[ \t]*[\w-]*[ \t]*")
_CELL = re.compile(r"(?<!\\)\|")


class MarkdownTable(InputTable):
    r"""A Markdown table: the line above the ruler is the header; lines without a bar are no rows.

    >>> table = MarkdownTable(["Here it is:", "| id | joy |", "|---|---|", "| x_1 | 1 |", "Enjoy!"], 2)
    >>> table.header, list(table.rows())
    (['id', 'joy'], [(4, ['x_1', '1'])])
    """

    def __init__(self, lines: list[str], ruler: int) -> None:
        super().__init__("a Markdown table")
        self.lines = len(lines)
        self._rows = list(enumerate(lines, 1))[ruler + 1 :]
        self.header_line, self.header_text = ruler, lines[ruler - 1]
        self.header = _cells(self.header_text)

    def rows(self) -> Iterator[Row]:
        """Yield (line, cells) of every row."""
        for line, text in self._rows:
            cells = _cells(text) if "|" in text else []
            if cells and cells != self.header and not _RULER.fullmatch(text):
                yield line, cells


def _cells(text: str) -> list[str]:
    inner = text.strip().lstrip("> ")
    inner = inner[1:] if inner.startswith("|") else inner
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.replace("\\|", "|").strip().strip("`").replace("**", "") for cell in _CELL.split(inner)]


def looks_like_chat(head: bytes) -> bool:
    r"""Return whether a file can have a Markdown table or a code block, by its first bytes.

    >>> looks_like_chat(b"| id | joy |\n|---|---|\n"), looks_like_chat(b"id|joy\nx_1|-1\n")
    (True, False)
    """
    head = head[:HEAD_BYTES]
    return (b"|" in head and b"-" in head and _ruler(_lines(head)) > 0) or (
        (b"```" in head or b"~~~" in head) and _fence(_lines(head)) >= 0
    )


def read_chat(body: bytes, read: Callable[[IO[bytes]], InputTable]) -> InputTable:
    """Return the Markdown table of a file, or the table in its code block.

    Args:
        read: reads the content of a code block.
    """
    lines = _lines(body)
    ruler = _ruler(lines)
    if ruler > 0:
        return MarkdownTable(lines, ruler)
    start = _fence(lines)
    end = next((at for at in range(start + 1, len(lines)) if _FENCE.fullmatch(lines[at])), len(lines))
    inner = "\n".join([""] * (start + 1) + lines[start + 1 : end])
    table = read(io.BytesIO(inner.encode("utf-8", "surrogatepass")))
    if isinstance(table, RawTable):
        # The lines above the block keep the line numbers; they are no blank lines of the table.
        table.anomalies["blank-line"] = Anomaly()
    table.container = "a code block"
    return table


def _lines(body: bytes) -> list[str]:
    magic, encoding, bom = sniff(body[:HEAD_BYTES])
    return [] if magic else body[bom:].decode(encoding or "utf-8", "replace").splitlines()


def _ruler(lines: list[str]) -> int:
    """Return the index of the ruler of the first Markdown table, or -1."""
    for at, line in enumerate(lines):
        if at and "-" in line and _RULER.fullmatch(line) and _CELL.search(lines[at - 1]):
            width = len(_cells(line))
            return at if width > 1 and width == len(_cells(lines[at - 1])) else -1
        if _is_header(line):
            return -1
    return -1


def _fence(lines: list[str]) -> int:
    """Return the index of the line that opens a code block above any header, or -1."""
    for at, line in enumerate(lines):
        if _FENCE.fullmatch(line) and any(text.strip() for text in lines[at + 1 :]):
            return at
        if _is_header(line):
            return -1
    return -1


def _is_header(line: str) -> bool:
    """Return whether a line is the header of a CSV file."""
    cells = [cell.strip().strip("\"'").casefold() for cell in re.split(r"[,;\t]", line)]
    return len(cells) > 1 and "id" in cells
