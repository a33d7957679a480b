"""Check optional dependencies before any work starts."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from semeval_emo.errors import MissingExtra

EXTRA = "zoo"


def require(packages: Iterable[str], feature: str, extra: str = EXTRA) -> None:
    """Raise an error if packages of an extra are not installed, without importing them.

    Args:
        feature: the feature that needs them, as the subject of a sentence.

    Raises:
        MissingExtra: one of them is not installed.

    >>> require(["json"], "The TF-IDF family")
    >>> require(["no_such_package"], "The TF-IDF family")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    semeval_emo.errors.MissingExtra: The TF-IDF family needs the optional dependencies 'zoo', which are not installed.
      fix: pip install ...[zoo]"
    """
    if any(importlib.util.find_spec(name) is None for name in packages):
        raise MissingExtra(feature, extra)
