"""What the name of a prediction file says, and what is wrong with it.

Owns the reading of names alone: a name hints at a language and a track, the ids in the file
decide. Official name: ``pred_<language>.csv``, in a folder ``track_<x>``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semeval_emo.task import Task

PREFIX = "pred_"
SUFFIX = ".csv"
TRACK_FOLDER = "track_"
# Suffixes of tables, official or not; a name may carry several (pred_eng.csv.csv).
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
# What browsers, file managers and Jupyter add to the name of a copy.
COPY_MARK = re.compile(r"(\s*\(\d+\)|[-_ ]+(copy|copie|kopie)(\s*\(?\d+\)?)?|-checkpoint)$", re.IGNORECASE)


@dataclass(frozen=True)
class Name:
    """A file name as read.

    Attributes:
        language: the one language code that the name holds, in the task's spelling, or None.
        track: the track letter that the name carries (``pred_eng_a.csv``), or None.
        code: the catalogue code of what is wrong, or None for an official name.
        why: what is wrong, as the end of the sentence "the name ...".
        hint: what the name should be; empty when the name does not tell.
    """

    language: str | None
    track: str | None
    code: str | None = None
    why: str = ""
    hint: str = ""

    @property
    def is_official(self) -> bool:
        """True for exactly ``pred_<language>.csv``."""
        return self.code is None


def read_name(base: str, task: Task) -> Name:
    """Reads the name of one file.

    Args:
        base: the name without folders.

    >>> from semeval_emo.task import load_task
    >>> read_name("pred_eng.csv", load_task())
    Name(language='eng', track=None, code=None, why='', hint='')
    >>> read_name("pred_ENG_a (1).csv", load_task()).hint
    'pred_eng.csv'
    >>> read_name("pred_oro.csv", load_task()).hint
    "this task calls Oromo 'orm', not 'oro'"
    """
    core = base[len(PREFIX) : -len(SUFFIX)] if base.startswith(PREFIX) and base.endswith(SUFFIX) else ""
    if core in task.languages:
        return Name(core, None)
    stem = bare_stem(base)
    codes, track = _codes(stem, task)
    language = codes[0] if len(codes) == 1 else None
    hint = f"{PREFIX}{language}{SUFFIX}" if language else ""
    if core and language is None and _is_code(core):
        code = "name-alias" if core.lower() in task.aliases else "name-unknown-language"
        return Name(None, track, code, f"holds '{core}', which is no language code of this task", task.hint(core))
    if core:
        return Name(language, track, "name-extra", _extra(core, codes, track), hint)
    return Name(language, track, "name-unseen", _unseen(base), hint)


def bare_stem(base: str) -> str:
    """Takes suffixes of tables and marks of copies off a name.

    >>> bare_stem("pred_eng.csv (1).CSV")
    'pred_eng'
    """
    before = None
    while base != before:
        before = base
        for suffix in TABLE_SUFFIXES:
            if base.lower().endswith(suffix):
                base = base[: -len(suffix)]
        base = COPY_MARK.sub("", base)
    return base


def is_prediction_name(base: str, task: Task) -> bool:
    """True where a file found in a folder or zip is meant as predictions.

    It is a table by its suffix, and its name begins with ``pred`` or holds one language code.
    Files that a person names outright are taken whatever they are called.

    >>> from semeval_emo.task import load_task
    >>> [is_prediction_name(n, load_task()) for n in ("pred_xyz.csv", "eng.csv", "prob_eng.csv", "log.txt")]
    [True, True, False, False]
    """
    low = base.lower()
    if not low.endswith(TABLE_SUFFIXES) or low.startswith("prob"):
        return False
    return low.startswith("pred") or len(_codes(bare_stem(base), task)[0]) == 1


def folder_track(parts: Sequence[str], task: Task) -> tuple[str | None, str | None]:
    """Finds the track that the nearest folder named after one hints at.

    Args:
        parts: folder names, outermost first.

    Returns:
        The track letter and the folder's name, or two Nones.

    >>> from semeval_emo.task import load_task
    >>> folder_track(("out", "Track-B", "run3"), load_task())
    ('b', 'Track-B')
    """
    for part in reversed(parts):
        found = re.fullmatch(r"track[\s_-]*(\w+)", part, re.IGNORECASE)
        if found and found[1].lower() in task.tracks:
            return found[1].lower(), part
    return None, None


def _codes(stem: str, task: Task) -> tuple[list[str], str | None]:
    """The language codes among the words of a name, and the track letter after or beside them."""
    words = [word.lower() for word in re.split(r"[\W_]+", stem) if word]
    # Aliases are not looked for among the words: id, so and en are too common.
    codes = [word for word in words if word in task.languages]
    tracks = [w.removeprefix("track") for w in words if w.removeprefix("track") in task.tracks]
    return list(dict.fromkeys(codes)), tracks[-1] if len(set(tracks)) == 1 else None


def _is_code(core: str) -> bool:
    return re.fullmatch(r"[A-Za-z]+", core) is not None


def _extra(core: str, codes: Sequence[str], track: str | None) -> str:
    if len(codes) > 1:
        return f"holds several language codes: {', '.join(codes)}"
    if not codes:
        return f"holds '{core}' where the language code belongs"
    if core.lower() == codes[0]:
        return f"writes the language code '{core}', not '{codes[0]}'"
    if core.lower().endswith(TABLE_SUFFIXES):
        return f"ends in '{core[len(codes[0]) :]}{SUFFIX}'"
    kind = "the track" if track and COPY_MARK.search(core) is None else "more than the language code"
    return f"holds {kind}: '{core}'"


def _unseen(base: str) -> str:
    if not base.endswith(SUFFIX):
        return f"does not end in '{SUFFIX}'"
    return f"does not begin with '{PREFIX}'"
