"""Wording shared by messages and tables."""

from __future__ import annotations


def plural(count: int, noun: str, form: str = "") -> str:
    """Return a count with its noun, in the plural unless the count is 1.

    Args:
        form: the plural where it is not the noun with an "s".

    >>> plural(1, "file"), plural(2668, "more id"), plural(0, "entry", "entries")
    ('1 file', '2,668 more ids', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else form or noun + 's'}"
