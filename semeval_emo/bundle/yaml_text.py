"""Write YAML, so that building a bundle needs no other package.

Texts are written as in JSON, which YAML 1.2 includes: no word can be taken for a number, a date or a boolean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def to_yaml(data: dict[str, Any]) -> str:
    r"""Return a mapping as a YAML document.

    Args:
        data: texts, numbers, booleans, lists and mappings; keys are plain names.

    >>> print(to_yaml({"version": 2, "title": "yes", "phases": [{"index": 0, "tasks": [0, 1]}], "pages": []}), end="")
    version: 2
    title: "yes"
    phases:
      - index: 0
        tasks:
          - 0
          - 1
    pages: []
    """
    return "".join(f"{line}\n" for line in _lines(data))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{key}:", item)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _entry(head: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict | list | tuple) and value:
        yield head
        yield from (f"  {line}" for line in _lines(value))
    else:
        yield f"{head} {json.dumps(value, ensure_ascii=False)}"
