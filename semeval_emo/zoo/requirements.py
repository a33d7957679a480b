"""Check optional dependencies before any work starts."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from semeval_emo.errors import MissingExtra

# The packages of the extra `tfidf`; all others that a family may need are in `zoo`.
TFIDF_PACKAGES = frozenset({"sklearn", "skops"})


def require(packages: Iterable[str], feature: str, extra: str = "") -> None:
    """Raise an error that names the extra to install if a package is missing. Nothing is imported.

    Args:
        packages: names to import.
        feature: the subject of the message, such as ``The family 'tfidf'``.
        extra: Default: `tfidf` if it has all the packages, else `zoo`.

    Raises:
        MissingExtra: a package is not installed.

    >>> require(["json"], "The TF-IDF family")
    >>> require(["no_such_package"], "The TF-IDF family")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    semeval_emo.errors.MissingExtra: The TF-IDF family needs the optional dependencies 'zoo', which are not installed.
      fix: pip install ...[zoo]"
    """
    packages = set(packages)
    if any(importlib.util.find_spec(name) is None for name in packages):
        raise MissingExtra(feature, extra or ("tfidf" if packages <= TFIDF_PACKAGES else "zoo"))
