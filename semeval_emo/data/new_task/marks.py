"""The marks of guesses in a task file: comments at the ends of lines, such as ``# guess: from the folder: check``."""

from __future__ import annotations

import re
from typing import NamedTuple

_MARK = re.compile(r"# guess: (?P<why>.*): check$")
_KEY = re.compile(r"""\s*(?P<key>"(?:[^"\\]|\\.)*"|[\w.-]+)\s*=""")
_TABLE = re.compile(r"\s*\[(?P<table>[^\]]+)\]")


class Guess(NamedTuple):
    """A line of a task file that was guessed.

    Attributes:
        where: its key with the table, such as ``tracks.a.metric``, or ``[languages]``.
        line: its number.
        why: what it was guessed from.
    """

    where: str
    line: int
    why: str


def marked(line: str, why: str) -> str:
    """Return a line of a task file with the mark of a guess.

    >>> marked('metric = "macro_f1"', "the values are 0 and 1")
    'metric = "macro_f1"  # guess: the values are 0 and 1: check'
    """
    return f"{line}  # guess: {why}: check"


def guesses_in(text: str) -> list[Guess]:
    r"""Return the guesses that a task file still marks.

    >>> guesses_in('[tracks.a]\nmetric = "macro_f1"  # guess: the values are 0 and 1: check')
    [Guess(where='tracks.a.metric', line=2, why='the values are 0 and 1')]
    """
    found, table = [], ""
    for number, line in enumerate(text.split("\n"), 1):
        header, key, mark = _TABLE.match(line), _KEY.match(line), _MARK.search(line.rstrip())
        if header:
            table = header["table"]
        if mark and not line.lstrip().startswith("#"):
            where = f"{table}.{key['key']}" if key and table else key["key"] if key else f"[{table}]"
            found.append(Guess(where, number, mark["why"]))
    return found
