"""The folders that are searched for data."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.cache import cache_folder, fetched
from semeval_emo.data.gold import DATA_VARIABLE, HUB, SAMPLE
from semeval_emo.data.hub import remedies
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError
from semeval_emo.parse import ShapeError, member, read_json

LOG = logging.getLogger("semeval_emo")
RUN_FILE = "run.json"
"""The state of a run, which records where its texts and labels were."""
RUN_DEPTH = 3
"""How many levels above a file its run folder may be: ``tuned/track_a/pred_eng.csv``."""


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
        raise InputError(f"No data found: {unset}the cache is empty.", remedies(option=""))
    return found


def source_near(path: str | os.PathLike[str]) -> str | None:
    """Return where the texts and labels of a run were, for its folder or a file in it; None without a record.

    A folder that does not exist any more is left out with a note.
    """
    here = Path.cwd() / path
    # The zip of several languages is beside their run folders.
    beside = sorted(here.parent.glob(f"*/{RUN_FILE}"))[:1] if here.suffix == ".zip" else []
    for folder in (here, *here.parents[:RUN_DEPTH], *(file.parent for file in beside)):
        if (folder / RUN_FILE).is_file():
            with contextlib.suppress(InputError, ShapeError):
                source = member(read_json(folder / RUN_FILE), "source", str, "")
                if source in ("", HUB, SAMPLE) or Path(source).exists():
                    return source or None
                LOG.info("The data of the run in %s were in %s, which does not exist any more.", folder, source)
            return None
    return None
