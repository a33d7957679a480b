"""The interface of every table that a user brings, whatever its file format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

Row = tuple[int, list[str]]
ANOMALIES = (
    "undecodable", "nul-character", "above-header", "quoted", "blank-line", "stray-quote", "multiline-cell",
    "long-line",
)  # fmt: skip


@dataclass
class Anomaly:
    """How often an anomaly occurs, and its first five places as (line, detail)."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, detail: str = "") -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append((line, detail))


class InputTable(ABC):
    r"""A table that is being read: its header, its rows as an iterator, and the anomalies so far.

    Cells are texts; a list or a dict in a cell is its JSON text.

    Attributes:
        container: the file format in words: ``CSV``, ``JSON``, ``JSON lines``, ``a Markdown table``, ...
        magic: what the file is if it is not a table, else empty.
        encoding: ``utf-8``, or another detected encoding.
        bom: True if the file begins with a byte order mark.
        delimiter: the separator of cells, ``,`` or the one of ``; \t |`` that the first row uses.
        header: the cells of the first row that is neither blank nor a comment, without quotes.
        header_line: its line; 0 if there is none.
        header_text: that line as it is in the file.
        lines: number of physical lines read so far.
        newlines: number of lines that ended in ``\n``, ``\r\n`` and ``\r`` so far.
        anomalies: by catalogue name: ``undecodable`` bytes (detail: the line), ``nul-character``, a line
            ``above-header`` (detail: the line, which is skipped), ``quoted`` rows (detail: the line), a
            ``blank-line``, a ``stray-quote`` (detail: the line where a CSV reader would close it), a
            ``multiline-cell`` (detail: its last line), a ``long-line`` (skipped).
    """

    def __init__(self, container: str) -> None:
        self.container = container
        self.magic, self.encoding, self.bom, self.delimiter = "", "utf-8", False, ","
        self.header: list[str] = []
        self.header_line, self.header_text, self.lines = 0, "", 0
        self.newlines = {"\n": 0, "\r\n": 0, "\r": 0}
        self.anomalies = {name: Anomaly() for name in ANOMALIES}

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield (line, cells) of every row after the header that is not blank."""
