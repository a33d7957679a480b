r"""Reads a file of comma-separated rows as it is, however broken, and says what it met on the way.

Owns bytes -> text -> physical lines -> rows of cells. Never raises over content (only what the
stream itself raises), never holds more than about two megabytes of the file, and keeps real line
numbers. The standard `csv` module is not used: it stops at long cells, and lets one quotation mark
swallow the rest of the file in silence. `str.splitlines` is not used either: it breaks lines at
U+2028 and other characters that are no line ends.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from semeval_emo.submission.sniff import HEAD, sniff

CHUNK = 1 << 20
MAX_LINE = 1 << 20
MAX_COLUMNS = 200
# How far below free text its table may begin.
LOOK_BELOW = 5
# A quoted cell may span this many lines and characters; beyond it the quote is taken as a slip.
LOOK_LINES, LOOK_CHARACTERS, LOOK_TIMES = 100, 1 << 16, 1000

# Excel's word on the separator, and comments; a header may begin with # too (numpy.savetxt writes it).
_ABOVE = re.compile(r'"?sep=.?"?[,;\t|]*\s*$|#(?!\s*"?id\b|[,;\t|])', re.IGNORECASE)
_UNDECODABLE = re.compile("[\udc80-\udcff\ufffd]")


@dataclass
class Mark:
    """Where something was met: how often, and the first few places as (line, detail)."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, detail: str = "") -> None:
        """Counts one more."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append((line, detail))


class RawTable:
    r"""A table being read: the header at once, rows as they are asked for, marks on the way.

    Attributes:
        magic: what the file is, where it is no text at all; else empty.
        encoding: ``utf-8``, or what else was found.
        bom: True where the file begins with a byte order mark.
        delimiter: what separates cells: ``,`` or the one of ``; \t |`` that the first row uses.
        header: the cells of the first row that is neither blank nor a comment, as they stand (quotes taken off).
        header_line: its line; 0 in a file without any.
        header_text: that line as it stands.
        lines: physical lines read so far.
        newlines: how many lines ended in ``\n``, ``\r\n`` and ``\r`` so far.
        final_newline: False where the last line (read so far) has no line end.
        marks: what was met so far, by kind: ``quoted`` rows, a ``stray`` quotation mark (detail: the
            line where a CSV reader would see it closed), a ``multiline`` cell (detail: its last line),
            ``blank`` lines, ``undecodable`` bytes (detail: the line), ``nul`` characters, a ``long``
            line (left out), a line ``above`` the header (detail: the line; left out).

    >>> import io
    >>> table = RawTable(io.BytesIO(b'\xef\xbb\xbfid;joy\r\n\r\nx_1;"1"\r\n'))
    >>> table.bom, table.delimiter, table.header
    (True, ';', ['id', 'joy'])
    >>> list(table.rows()), table.newlines["\r\n"], table.marks["blank"].first
    ([(3, ['x_1', '1'])], 3, [(2, '')])
    """

    def __init__(self, stream: IO[bytes]) -> None:
        head = stream.read(CHUNK)
        while len(head) < HEAD and (more := stream.read(CHUNK)):
            head += more
        self.magic, self.encoding, skip = sniff(head)
        self.bom = skip > 0
        self.lines = 0
        self.newlines = {"\n": 0, "\r\n": 0, "\r": 0}
        self.final_newline = True
        self.marks: dict[str, Mark] = {
            kind: Mark() for kind in ("quoted", "stray", "multiline", "blank", "undecodable", "nul", "long", "above")
        }
        self._ahead: deque[str] = deque()
        self._incoming = iter(()) if self.magic else self._physical(self._decoded(head[skip:], stream))
        self._at = 0
        self.delimiter = ","
        self.header: list[str] = []
        self.header_text = ""
        self.header_line = 0
        for line, text in self._filled():
            if _ABOVE.match(text) or self._is_remark(text):
                self.marks["above"].add(line, text[:200])
                continue
            self.header_line, self.header_text = line, text
            self.delimiter = _delimiter(text)
            self.header = self._row(line, text)
            break

    def _is_remark(self, text: str) -> bool:
        """True for free text above a header: the header stands a little below, and has other cells."""
        while len(self._ahead) < LOOK_BELOW and (more := next(self._incoming, None)) is not None:
            self._ahead.append(more)
        header = next((one for one in [text, *self._ahead] if _names_an_id(one)), text)
        delimiter = _delimiter(header)
        # A row of data above a header has as many cells; it is no remark, and nothing that may go.
        return header is not text and text.count(delimiter) != header.count(delimiter)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yields (line, cells) of every row after the header; blank lines are marked, not yielded."""
        delimiter = self.delimiter
        for line, text in self._filled():
            yield line, (self._row(line, text) if '"' in text else text.split(delimiter))

    def _filled(self) -> Iterator[tuple[int, str]]:
        blank = self.marks["blank"]
        while (text := self._next()) is not None:
            if text and not text.isspace():
                yield self._at, text
            else:
                blank.add(self._at)

    def _next(self) -> str | None:
        text = self._ahead.popleft() if self._ahead else next(self._incoming, None)
        while text is _TOO_LONG:
            self._at += 1
            self.marks["long"].add(self._at)
            text = self._ahead.popleft() if self._ahead else next(self._incoming, None)
        self._at += text is not None
        return text

    def _row(self, line: int, text: str) -> list[str]:
        """Splits a line that may hold quotation marks."""
        cells, state = _split(text, self.delimiter)
        if state == "quoted":
            self.marks["quoted"].add(line, text[:200])
        elif state == "open":
            whole, last = self._closed(text)
            if whole is not None:
                self.marks["multiline"].add(line, str(last))
                return whole
            self.marks["stray"].add(line, str(last) if last else "")
        elif state == "stray":
            self.marks["stray"].add(line)
        return cells

    def _closed(self, text: str) -> tuple[list[str] | None, int]:
        """Looks for the line where an open quote closes.

        Returns:
            The cells of the joined lines where they form one row; None where the quote is a slip
            (it would swallow whole rows, or never closes). And the closing line, or 0.
        """
        if self.marks["stray"].count > LOOK_TIMES:
            return None, 0
        taken: list[str] = []
        joined = text
        width = len(self.header)
        while len(taken) < LOOK_LINES and len(joined) < LOOK_CHARACTERS:
            if len(taken) == len(self._ahead):
                more = next(self._incoming, None)
                if more is None or more is _TOO_LONG:
                    self._ahead.extend([more] if more is not None else [])
                    return None, 0
                self._ahead.append(more)
            taken.append(self._ahead[len(taken)])
            joined += "\n" + taken[-1]
            if '"' in taken[-1]:
                cells, state = _split(joined, self.delimiter)
                if state == "quoted":
                    last = self._at + len(taken)
                    if self._are_rows(text, taken) or (width and len(cells) != width):
                        return None, last
                    for _ in taken:
                        self._ahead.popleft()
                    self._at = last
                    return cells, last
        return None, 0

    def _are_rows(self, text: str, taken: list[str]) -> bool:
        """True where lines that an open quote would swallow are rows themselves, begun like the row before them."""
        start = self._start(text)
        width = len(self.header)
        return any(start and self._start(one) == start for one in taken) or any(
            one.count(self.delimiter) + 1 == width > 1 for one in taken[:-1]
        )

    def _start(self, text: str) -> str:
        return text.split(self.delimiter, 1)[0].strip('" ').rstrip("0123456789")

    def _decoded(self, head: bytes, stream: IO[bytes]) -> Iterator[str]:
        errors = "surrogateescape" if self.encoding == "utf-8" else "replace"
        decoder = codecs.getincrementaldecoder(self.encoding)(errors)
        while head:
            yield decoder.decode(head)
            head = stream.read(CHUNK)
        yield decoder.decode(b"", final=True)

    def _physical(self, pieces: Iterator[str]) -> Iterator[str]:
        """Cuts text into lines at LF, CRLF and lone CR; a line over MAX_LINE comes as _TOO_LONG."""
        rest, skipping = "", False
        for piece in pieces:
            block = rest + piece
            end = block.rfind("\n") + 1
            if not end and len(block) > MAX_LINE:
                # Lone CRs, perhaps. The last character may be half of a CRLF.
                end = block.rfind("\r", 0, len(block) - 1) + 1
            body, rest = block[:end], block[end:]
            if len(rest) > MAX_LINE:
                # What follows belongs to the same line; its beginning has been judged already.
                rest, cut = "", True
            else:
                cut = False
            if body:
                yield from self._cut(body, skipping)
                skipping = False
            skipping = skipping or cut
        if rest or skipping:
            self.final_newline = False
            yield from self._cut(rest, skipping)

    def _cut(self, body: str, skipping: bool) -> Iterator[str]:
        """Cuts a block that ends where a line ends; `skipping`: its first line has lost its beginning."""
        if "\r" in body:
            crlf, alone = body.count("\r\n"), body.count("\r")
            self.newlines["\r\n"] += crlf
            self.newlines["\r"] += alone - crlf
            self.newlines["\n"] += body.count("\n") - crlf
            body = body.replace("\r\n", "\n").replace("\r", "\n")
        else:
            self.newlines["\n"] += body.count("\n")
        cut = body.split("\n")
        if body.endswith("\n"):
            cut.pop()
        if skipping:
            cut[0] = _TOO_LONG
        if len(body) > MAX_LINE:
            cut = [_TOO_LONG if len(one) > MAX_LINE else one for one in cut]
        self._mark_odd(body, cut)
        self.lines += len(cut)
        yield from cut

    def _mark_odd(self, body: str, cut: list[str]) -> None:
        """Marks characters that no prediction file has; a block without any costs next to nothing."""
        if "\0" in body:
            for line, text in enumerate(cut, self.lines + 1):
                if "\0" in text and text is not _TOO_LONG:
                    self.marks["nul"].add(line)
        if not body.isascii() and _UNDECODABLE.search(body):
            for line, text in enumerate(cut, self.lines + 1):
                if _UNDECODABLE.search(text):
                    self.marks["undecodable"].add(line, text[:200])


# Compared by identity; no line of a file can be this object.
_TOO_LONG = "".join(["\0", "too long"])


def _names_an_id(text: str) -> bool:
    """True for a line of several cells, one of which says that a column holds ids."""
    if text is _TOO_LONG:
        return False
    cells = _split(text, _delimiter(text))[0]
    return len(cells) > 1 and any(cell.strip("\"'# ").lower() == "id" for cell in cells)


def _delimiter(text: str) -> str:
    r"""The separator that a row uses most, outside quotes; a comma where there is none.

    Blanks separate only a header that begins with id: elsewhere they are words of a text.

    >>> _delimiter("id;anger;fear"), _delimiter("id\tjoy"), _delimiter("id joy"), _delimiter("id")
    (';', '\t', ' ', ',')
    """
    bare = re.sub(r'"[^"]*"', "", text)
    best = max(",;\t|", key=bare.count)
    return " " if best not in bare and bare.lower().startswith("id ") else best


def _split(text: str, delimiter: str) -> tuple[list[str], str]:
    """Splits a line into cells, taking quotes off.

    Returns:
        The cells, and what the quotes were: ``""`` none, ``quoted`` as they should be, ``open``
        (one is never closed), ``stray`` (one stands inside a cell). Cells of the last two are cut
        at every delimiter, their quotes dropped.

    >>> _split('a,"b,""c"" d",e', ",")
    (['a', 'b,"c" d', 'e'], 'quoted')
    >>> _split('a,"b,c', ","), _split('a,b"c', ",")
    ((['a', 'b', 'c'], 'open'), (['a', 'bc'], 'stray'))
    """
    if '"' not in text:
        return text.split(delimiter), ""
    cells: list[str] = []
    at, state = 0, "quoted"
    while True:
        if text.startswith('"', at):
            found = _QUOTED.match(text, at)
            if found is None:
                state = "open"
                break
            cells.append(found[1].replace('""', '"'))
            at = found.end()
            if at < len(text) and text[at] != delimiter:
                state = "stray"
                break
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            if '"' in text[at:end]:
                state = "stray"
                break
            cells.append(text[at:end])
            at = end
        if at >= len(text):
            return cells, state
        at += 1
    return text.replace('"', "").split(delimiter), state


# The mark that closes a cell is not the first half of a doubled one.
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")')
