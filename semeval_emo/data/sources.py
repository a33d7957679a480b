"""The places where data are looked for, by the names that people use for them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.cache import cache_folder, fetched
from semeval_emo.data.gold import DATA_VARIABLE, HUB, SAMPLE
from semeval_emo.data.hub import remedies
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError


@dataclass(frozen=True)
class Source:
    """A folder of data and why it is looked at.

    Attributes:
        name: ``$SEMEVAL_EMO_DATA``, ``cache``, ``sample``, or ``folder`` for one that was named.
    """

    name: str
    root: Path


def sources(named: str | None = None) -> list[Source]:
    """The folders to look at: the one that was named, else the environment's and the fetched cache.

    Args:
        named: a folder, ``hub`` (what was fetched) or ``sample``.

    Raises:
        InputError: nothing was named, and there is neither.

    >>> sources("sample")[0].name
    'sample'
    """
    if named == SAMPLE:
        return [Source("sample", sample_folder())]
    if named is not None and named != HUB:
        return [Source("folder", Path(named))]
    found = []
    chosen = os.environ.get(DATA_VARIABLE)
    if chosen and named is None:
        found.append(Source(f"${DATA_VARIABLE}", Path(chosen)))
    if any(True for _ in fetched()):
        found.append(Source("cache", cache_folder()))
    if not found:
        unset = "" if named == HUB else f"${DATA_VARIABLE} is not set, and "
        raise InputError(f"There are no data: {unset}nothing was fetched.", remedies())
    return found
