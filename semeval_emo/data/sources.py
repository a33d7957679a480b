"""The folders that are searched for data."""

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
class DataSource:
    """A folder of data.

    Attributes:
        name: ``$SEMEVAL_EMO_DATA``, ``cache``, ``sample``, or ``folder`` for one that the user named.
    """

    name: str
    root: Path


def sources(named: str | None = None) -> list[DataSource]:
    """Return the folders to search: the named one, else ``$SEMEVAL_EMO_DATA`` and the cache.

    Args:
        named: a folder, ``hub`` (the cache) or ``sample``.

    Raises:
        InputError: no folder is named, and there is no other.

    >>> sources("sample")[0].name
    'sample'
    """
    if named == SAMPLE:
        return [DataSource("sample", sample_folder())]
    if named is not None and named != HUB:
        return [DataSource("folder", Path(named))]
    found = []
    chosen = os.environ.get(DATA_VARIABLE)
    if chosen and named is None:
        found.append(DataSource(f"${DATA_VARIABLE}", Path(chosen)))
    if any(True for _ in fetched()):
        found.append(DataSource("cache", cache_folder()))
    if not found:
        unset = "" if named == HUB else f"${DATA_VARIABLE} is not set, and "
        raise InputError(f"No data found: {unset}the cache is empty.", remedies())
    return found
