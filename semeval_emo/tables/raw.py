r"""Read a file of comma-separated rows, however malformed, and record its anomalies.

Bytes are decoded, split into physical lines and split into cells. Content never raises an exception
(only the stream can), at most about two megabytes are held in memory, and line numbers are those of
the file. The standard `csv` module is not used: it stops at long cells, and one quotation mark can
swallow the rest of the file silently. `str.splitlines` is not used either: it breaks lines at U+2028
and other characters that do not end lines.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import IO, NamedTuple

from semeval_emo.tables.sniff import HEAD_BYTES, sniff
from semeval_emo.tables.table import InputTable, Row

CHUNK = 1 << 20
MAX_LINE = 1 << 20
MAX_COLUMNS = 200
# A header is searched for within this many lines below free text.
HEADER_LOOKAHEAD = 5
# A quoted cell may span this many lines and characters; otherwise the quotation mark is stray.
QUOTED_LINES, QUOTED_CHARACTERS = 100, 1 << 16

# Excel's separator line, and comments. A header may begin with # too (numpy.savetxt writes it).
_COMMENT = re.compile(r'"?sep=.?"?[,;|\s]*$|#(?!\s*"?id\b|[,;\t|])', re.IGNORECASE)
_UNDECODABLE = {False: re.compile("[\udc80-\udcff\ufffd]"), True: re.compile("[\udc80-\udcff]")}
"""What is no character of a table, by `Dialect.has_texts`."""


class Dialect(NamedTuple):
    """How the rows of a table are expected to be written; other delimiters are recognised all the same.

    Attributes:
        quotes: whether quotation marks enclose cells; if not, they are part of the text, unless the header has them.
        id: the name of the column of ids.
        has_header: whether the first row has the names of the columns.
        has_texts: whether texts belong to the table; they can contain the character for what could not be decoded.
    """

    delimiter: str = ","
    quotes: bool = True
    id: str = "id"
    has_header: bool = True
    has_texts: bool = False


USUAL = Dialect()


class RawTable(InputTable):
    r"""A table of separated cells, in one pass over a stream of bytes.

    Attributes:
        head: the first bytes of a file that is not text. The argument is what has been read of the stream.
        quotes: whether quotation marks enclose cells.

    >>> import io
    >>> table = RawTable(io.BytesIO(b'\xef\xbb\xbfid;joy\r\n\r\nx_1;"1"\r\n'))
    >>> table.bom, table.delimiter, table.header
    (True, ';', ['id', 'joy'])
    >>> list(table.rows()), table.newlines["\r\n"], table.anomalies["blank-line"].first
    ([(3, ['x_1', '1'])], 3, [(2, '')])
    """

    def __init__(self, stream: IO[bytes], head: bytes = b"", dialect: Dialect = USUAL) -> None:
        super().__init__("CSV")
        self.dialect, self.quotes = dialect, True
        head = head or stream.read(CHUNK)
        while len(head) < HEAD_BYTES and (more := stream.read(CHUNK)):
            head += more
        self.magic, self.encoding, bom_length = sniff(head)
        self.bom = bom_length > 0
        self.head = head if self.magic else b""
        self._ahead: deque[str] = deque()
        self._incoming = iter(()) if self.magic else self._split_lines(self._decode(head[bom_length:], stream))
        self._line = 0
        for line, text in self._filled_lines():
            if dialect.has_header and (_COMMENT.match(text) or self._is_above_header(text)):
                self.anomalies["above-header"].add(line, text[:200])
                continue
            self.header_line, self.header_text = line, text
            self.delimiter = _delimiter(text, dialect)
            if self.delimiter == " " and (text[0].isspace() or "  " in text):
                text = self._aligned(text)
            # A literal quotation mark can begin a text, but not a column name.
            is_quoted = dialect.has_header and text.startswith('"')
            self.quotes = dialect.quotes or self.delimiter != dialect.delimiter or is_quoted
            self.header = self._row(line, text)
            break

    def _aligned(self, header: str) -> str:
        """Return the header of a printed frame, whose columns are aligned by spaces; its lines get single spaces."""

        def single(line: str) -> str:
            return line if line is _TOO_LONG else " ".join(line.split())

        self._ahead, self._incoming = deque(map(single, self._ahead)), map(single, self._incoming)
        if not self._ahead:
            self._ahead.extend(islice(self._incoming, 1))
        first = self._ahead[0].split() if self._ahead else []
        names = header.split()
        # An index of row numbers has no name.
        has_index = len(first) == len(names) + 1 and first[0].isdigit()
        return " ".join(["", *names] if has_index else names)

    def _is_above_header(self, text: str) -> bool:
        """Return whether a line is free text: one of the next lines is a header with another number of cells."""
        while len(self._ahead) < HEADER_LOOKAHEAD and (more := next(self._incoming, None)) is not None:
            self._ahead.append(more)
        header = next((line for line in [text, *self._ahead] if _has_id_column(line, self.dialect)), text)
        delimiter = _delimiter(header, self.dialect)
        if header is text:
            return False
        # A line with as many cells as the header is data and must not be skipped. But a title in a spreadsheet has
        # separators after it, and the groups of columns of a data frame are a word several times.
        filled = {cell.strip() for cell in text.split(delimiter)} - {""}
        is_title = len(filled) <= 1 and not any(cell[-1].isdigit() and " " not in cell for cell in filled)
        return is_title or text.count(delimiter) != header.count(delimiter)

    def rows(self) -> Iterator[Row]:
        """Yield (line, cells) of every row after the header that is not blank."""
        delimiter, quotes = self.delimiter, self.quotes
        for line, text in self._filled_lines():
            yield line, (self._row(line, text) if quotes and '"' in text else text.split(delimiter))

    def _filled_lines(self) -> Iterator[tuple[int, str]]:
        blank, long = self.anomalies["blank-line"], self.anomalies["long-line"]
        while (text := self._ahead.popleft() if self._ahead else next(self._incoming, None)) is not None:
            self._line += 1
            if text is _TOO_LONG:
                long.add(self._line)
            elif text and not text.isspace():
                yield self._line, text
            else:
                blank.add(self._line)

    def _row(self, line: int, text: str) -> list[str]:
        """Split a line that may contain quotation marks."""
        if not self.quotes:
            return text.split(self.delimiter)
        cells, quotes = _split(text, self.delimiter)
        if quotes == "quoted":
            self.anomalies["quoted"].add(line, text[:200])
        elif quotes == "open":
            joined_cells, last = self._close_quote(text)
            if joined_cells is not None:
                self.anomalies["multiline-cell"].add(line, str(last))
                return joined_cells
            self.anomalies["stray-quote"].add(line, str(last) if last else "")
        elif quotes == "stray":
            self.anomalies["stray-quote"].add(line)
        return cells

    def _close_quote(self, text: str) -> tuple[list[str] | None, int]:
        """Find the line where an open quote is closed.

        Returns:
            The cells of the joined lines, or None if the quotation mark is stray (it is never closed, or
            it would swallow whole rows); and the closing line, or 0.
        """
        lines: list[str] = []
        size = len(text)
        while len(lines) < QUOTED_LINES and size < QUOTED_CHARACTERS:
            if len(lines) == len(self._ahead):
                more = next(self._incoming, None)
                if more is None:
                    break
                self._ahead.append(more)
            line = self._ahead[len(lines)]
            if line is _TOO_LONG:
                break
            lines.append(line)
            size += len(line) + 1
            # Every mark opens or closes, so a line with an even number of them leaves the cell open. One with an odd
            # number ends the search, so that each line is searched once, however many marks are not closed.
            if '"' in line and line.count('"') % 2:
                end = _CLOSING.match(line)
                if end is None or line[end.end() :][:1] not in ("", self.delimiter):
                    break
                cells, quotes = _split("\n".join([text, *lines]), self.delimiter)
                if quotes != "quoted":
                    break
                last = self._line + len(lines)
                if self._are_rows(text, lines) or (self.header and len(cells) != len(self.header)):
                    return None, last
                for _ in lines:
                    self._ahead.popleft()
                self._line = last
                return cells, last
        return None, 0

    def _are_rows(self, text: str, lines: list[str]) -> bool:
        """Return whether the lines after an open quote are rows: they begin like its row, or have as many cells."""
        start = self._start(text)
        if start:
            return any(self._start(line) == start for line in lines)
        width = len(self.header)
        return any(line.count(self.delimiter) + 1 == width > 1 for line in lines[:-1])

    def _start(self, text: str) -> str:
        return text.split(self.delimiter, 1)[0].strip('" ').rstrip("0123456789")

    def _decode(self, head: bytes, stream: IO[bytes]) -> Iterator[str]:
        errors = "surrogateescape" if self.encoding == "utf-8" else "replace"
        decoder = codecs.getincrementaldecoder(self.encoding)(errors)
        while head:
            yield decoder.decode(head)
            head = stream.read(CHUNK)
        yield decoder.decode(b"", final=True)

    def _split_lines(self, pieces: Iterator[str]) -> Iterator[str]:
        """Split text at LF, CRLF and lone CR; yield _TOO_LONG for a line over MAX_LINE."""
        rest, skipping = "", False
        for piece in pieces:
            block = rest + piece
            end = block.rfind("\n") + 1
            if not end and len(block) > MAX_LINE:
                # The lines may end in CR. The last character may be the first half of a CRLF.
                end = block.rfind("\r", 0, len(block) - 1) + 1
            body, rest = block[:end], block[end:]
            if len(rest) > MAX_LINE:
                # The rest of this line follows in the next pieces.
                rest, cut = "", True
            else:
                cut = False
            if body:
                yield from self._split_block(body, skipping)
                skipping = False
            skipping = skipping or cut
        if rest or skipping:
            yield from self._split_block(rest, skipping)

    def _split_block(self, body: str, skipping: bool) -> Iterator[str]:
        """Split a block that ends with a line end; `skipping`: the beginning of its first line was too long."""
        if "\r" in body:
            crlf = body.count("\r\n")
            self.newlines["\r\n"] += crlf
            self.newlines["\r"] += body.count("\r") - crlf
            self.newlines["\n"] += body.count("\n") - crlf
            body = body.replace("\r\n", "\n").replace("\r", "\n")
        else:
            self.newlines["\n"] += body.count("\n")
        lines = body.split("\n")
        if body.endswith("\n"):
            lines.pop()
        if skipping:
            lines[0] = _TOO_LONG
        if len(body) > MAX_LINE:
            lines = [_TOO_LONG if len(text) > MAX_LINE else text for text in lines]
        if "\0" in body:
            for line, text in enumerate(lines, self.lines + 1):
                if "\0" in text and text is not _TOO_LONG:
                    self.anomalies["nul-character"].add(line)
        undecodable = _UNDECODABLE[self.dialect.has_texts]
        if not body.isascii() and undecodable.search(body):
            for line, text in enumerate(lines, self.lines + 1):
                if undecodable.search(text):
                    self.anomalies["undecodable"].add(line, text[:200])
        self.lines += len(lines)
        yield from lines


# Compared by identity; no line of a file can be this object.
_TOO_LONG = "".join(["\0", "too long"])


def _has_id_column(text: str, dialect: Dialect) -> bool:
    """Return whether a line has several cells, one of them the name of the column of ids."""
    if text is _TOO_LONG:
        return False
    cells = _split(text, _delimiter(text, dialect))[0]
    names = ("id", dialect.id.lower())
    return len(cells) > 1 and any(cell.strip("\"'# ").lower() in names for cell in cells)


def _delimiter(text: str, dialect: Dialect = USUAL) -> str:
    r"""Return the separator that occurs most in a row, outside quotes; the expected one if none does.

    A space counts only in a header that begins with id, perhaps after spaces that align it, because spaces also
    separate words. In a row of data, the expected separator needs to occur only once.

    >>> _delimiter("id;anger;fear"), _delimiter("id\tjoy"), _delimiter("id joy"), _delimiter("id")
    (';', '\t', ' ', ',')
    """
    bare = re.sub(r'"[^"]*"', "", text)
    if not dialect.has_header and dialect.delimiter in (bare if dialect.quotes else text):
        return dialect.delimiter
    best = max(f"{dialect.delimiter},;\t|", key=bare.count)
    return " " if best not in bare and re.match(r"\s*id\s", bare, re.IGNORECASE) else best


def _split(text: str, delimiter: str) -> tuple[list[str], str]:
    """Split a line into cells and remove quotes.

    Returns:
        The cells, and the state of the quotes: ``""`` (none), ``quoted`` (correct), ``open`` (one is not
        closed) or ``stray`` (one is inside a cell). If open or stray, the line is split at every
        delimiter, without its quotes.

    >>> _split('a,"b,""c"" d",e', ",")
    (['a', 'b,"c" d', 'e'], 'quoted')
    >>> _split('a,"b,c', ","), _split('a,b"c', ",")
    ((['a', 'b', 'c'], 'open'), (['a', 'bc'], 'stray'))
    """
    if '"' not in text:
        return text.split(delimiter), ""
    cells: list[str] = []
    at, quotes = 0, "quoted"
    while True:
        if text.startswith('"', at):
            match = _QUOTED.match(text, at)
            if match is None:
                quotes = "open"
                break
            cells.append(match[1].replace('""', '"'))
            at = match.end()
            if at < len(text) and text[at] != delimiter:
                quotes = "stray"
                break
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            if '"' in text[at:end]:
                quotes = "stray"
                break
            cells.append(text[at:end])
            at = end
        if at >= len(text):
            return cells, quotes
        at += 1
    return text.replace('"', "").split(delimiter), quotes


# The closing mark of a cell is not the first one of a doubled mark.
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")')
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')
