"""A griffe extension that shows doctests outside an "Examples" section as code."""

from __future__ import annotations

import re
from typing import Any

import griffe

# A doctest: from its first prompt to the next blank line.
BARE = re.compile(r"(?:^>>> .*\n?)(?:^(?!\s*$).*\n?)*", re.M)


class Doctests(griffe.Extension):
    """Put an "Examples:" heading above the doctests of docstrings that have none."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of `obj` in memory."""
        docstring = obj.docstring
        if docstring is not None and "\n>>> " in f"\n{docstring.value}" and "Examples:" not in docstring.value:
            docstring.value = BARE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", docstring.value)
