"""A griffe extension that adapts docstrings to mkdocstrings, for the API reference."""

from __future__ import annotations

import re
from typing import Any

import griffe

# A doctest: from its first prompt to the next blank line.
DOCTEST = re.compile(r"(?:^>>> .*\n?)(?:^(?!\s*$).*\n?)*", re.M)
# An entry of "Args:" or "Attributes:" for several names, with its continuation lines.
SHARED = re.compile(r"^    (?P<names>\w+(?:, \w+)+): (?P<text>.*\n?(?:^ {8,}.*\n?)*)", re.M)


class Docstrings(griffe.Extension):
    """Mark bare doctests as code, and give names that share an entry ("track, language: ...") an entry each."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of `obj` in memory."""
        docstring = obj.docstring
        if docstring is None:
            return
        text = SHARED.sub(
            lambda match: "".join(f"    {name}: {match['text'].rstrip()}\n" for name in match["names"].split(", ")),
            docstring.value,
        )
        if "Examples:" not in text:
            text = DOCTEST.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", text)
        docstring.value = text
