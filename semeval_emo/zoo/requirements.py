"""Says which extra is missing, before any work and instead of a traceback of an import."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from semeval_emo.errors import MissingExtra

EXTRA = "zoo"


def require(packages: Iterable[str], what: str, extra: str = EXTRA) -> None:
    """Refuses to begin without packages of an extra. Nothing is imported.

    Args:
        what: what the person asked for, as the start of a sentence.

    Raises:
        MissingExtra: one of them is not installed.

    >>> require(["json"], "The TF-IDF family")
    >>> require(["no_such_package"], "The TF-IDF family")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    semeval_emo.errors.MissingExtra: The TF-IDF family needs the optional dependencies 'zoo', which are not installed.
      fix: pip install ...[zoo]"
    """
    if any(importlib.util.find_spec(name) is None for name in packages):
        raise MissingExtra(what, extra)
