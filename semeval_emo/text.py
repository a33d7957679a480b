"""Wording and wrapping shared by messages and tables."""

from __future__ import annotations

import os
import shlex
import textwrap
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

# Terminal escapes.
BOLD, DIM, RED, YELLOW, GREEN, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
# Longer lines of sentences read badly, however wide the terminal is.
LONGEST_LINE = 100


def plural(count: int, noun: str, form: str = "") -> str:
    """Return a count with its noun; the plural is `form`, or the noun with an "s".

    >>> plural(1, "file"), plural(2668, "more id"), plural(0, "entry", "entries")
    ('1 file', '2,668 more ids', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else form or noun + 's'}"


def alternatives(values: Sequence[str]) -> str:
    """Return the values as a list in words.

    >>> alternatives(["0"]), alternatives(("0", "1")), alternatives(("0", "1", "2", "3"))
    ('0', '0 or 1', '0, 1, 2 or 3')
    """
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def listed(values: Iterable[object], most: int = 3) -> str:
    """Return the first values, and how many more there are.

    >>> listed(["a", "b", "c", "d"]), listed([7])
    ('a, b, c and 1 more', '7')
    """
    texts = [f"{value}" for value in values]
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more:,} more" if more > 0 else "")


def capitalized(text: str) -> str:
    """Return a text with a capital first letter.

    >>> capitalized("macro F1")
    'Macro F1'
    """
    return text[:1].upper() + text[1:]


def as_sentences(*parts: str) -> str:
    """Return the parts that are not empty, each with a full stop.

    >>> as_sentences("One", "", "two: b")
    'One. two: b.'
    """
    return " ".join(f"{part}." for part in parts if part)


def left_out(shown: int, names: Sequence[str], noun: str) -> str:
    """Return how many of several things are shown, and which are not; empty if all are.

    Args:
        shown: number of the first names that are shown.

    >>> left_out(2, ["a", "b", "c"], "system"), left_out(3, ["a", "b", "c"], "system")
    ('2 of 3 systems; not shown: c', '')
    """
    missing = names[shown:]
    return f"{shown:,} of {plural(len(names), noun)}; not shown: {', '.join(missing)}" if missing else ""


def printable(text: str, limit: int = 60) -> str:
    r"""Return text of a file on one line, truncated, with control and invisible characters escaped.

    >>> printable("1\x1b[31m\u202e"), printable("x" * 70, 10)
    ('1\\x1b[31m\\u202e', 'xxxxxxxxx…')
    """
    text = text[: limit + 1]
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            c.encode("unicode_escape").decode() if c != " " and unicodedata.category(c) in _INVISIBLE else c
            for c in text
        )
    return text if len(text) <= limit else text[: limit - 1] + "…"


def short_repr(value: Any, **named: Any) -> str:
    """Return the representation of a dataclass on one line of at most 250 characters: long fields as their size.

    Args:
        named: what is shown; by default the fields.

    >>> from semeval_emo.task import load_task
    >>> short_repr(load_task("sample").spec("a", "eng", "dev"), rows=60)
    'FileSpec(rows=60)'
    """
    shown = named or {own.name: getattr(value, own.name) for own in fields(value) if own.repr}
    parts = [f"{name}={_short(item)}" for name, item in shown.items() if item is not None and not _is_empty(item)]
    return printable(f"{type(value).__name__}({', '.join(parts)})", LONGEST_REPR)


def _is_empty(value: Any) -> bool:
    return hasattr(value, "__len__") and len(value) == 0


LONGEST_REPR, LONGEST_FIELD = 250, 60


def _short(value: Any) -> str:
    """Return the representation of a field; a collection as the number of its items."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str | int | Path):
        return printable(repr(value), LONGEST_FIELD)
    if hasattr(value, "shape"):
        return f"<shape {tuple(value.shape)}>"
    if isinstance(value, tuple) and all(isinstance(item, str | int | float) for item in value):
        text = repr(value)
        if len(text) <= LONGEST_FIELD:
            return text
    if isinstance(value, Collection):
        return f"<{plural(len(value), 'item')}>"
    place = getattr(value, "place", None) or getattr(value, "key", None)
    return f"<{type(value).__name__}{f' {place}' if isinstance(place, str) else ''}>"


def text_width(screen: int | None) -> int:
    """Return the columns in which sentences are wrapped, of a screen of so many columns (None for no limit)."""
    return min(screen or LONGEST_LINE, LONGEST_LINE)


def wrap(start: str, text: str, width: int, indent: int) -> list[str]:
    """Return the lines of a paragraph that begins with `start`; the lines after the first are indented.

    A path longer than a line is not broken, so that it can be copied.

    >>> wrap("fix: ", "save the file as UTF-8", 18, indent=5)
    ['fix: save the file', '     as UTF-8']
    """
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=start,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines or [start.rstrip()]


# Control, format (bidi overrides, zero width), surrogate, private, unassigned, separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


def painted(text: str, *escapes: str, on: bool) -> str:
    """Return a text between terminal escapes, or as it is where `on` is False."""
    return f"{''.join(escapes)}{text}{PLAIN}" if on else text


def next_line(*words: str | os.PathLike[str]) -> str:
    """Return the line that names the command to run next, ready to be copied.

    >>> next_line("score", "my runs/pred_eng.csv", "--ci")
    "Next: semeval-emo score 'my runs/pred_eng.csv' --ci"
    """
    return f"Next: semeval-emo {shlex.join(os.fspath(word) for word in words)}"
