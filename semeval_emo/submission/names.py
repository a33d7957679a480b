"""Parse the names of prediction files.

A name suggests a language and a track; the ids in the file decide. The official name is ``pred_<language>.csv``, in a
folder ``track_<x>``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semeval_emo.task import Task

PREFIX = "pred_"
SUFFIX = ".csv"
TRACK_FOLDER = "track_"
# Suffixes of tables, official or not; a name may have several (pred_eng.csv.csv).
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
# Added to the name of a copy by browsers, file managers and Jupyter.
COPY_MARK = re.compile(r"(\s*\(\d+\)|[-_ ]+(copy|copie|kopie)(\s*\(?\d+\)?)?|-checkpoint)$", re.IGNORECASE)


@dataclass(frozen=True)
class FileName:
    """A parsed file name.

    Attributes:
        language: the language code in the name, in the task's spelling; None if there is not exactly one.
        track: the track letter in the name (``pred_eng_a.csv``), or None.
        problem: the problem of the name, as its name in the catalogue; None for an official name.
        why: the problem as the end of the sentence "the name ...".
        hint: the official name; empty if it cannot be derived from the name.
    """

    language: str | None
    track: str | None
    problem: str | None = None
    why: str = ""
    hint: str = ""


def parse_name(base: str, task: Task) -> FileName:
    """Parse the name of a file.

    Args:
        base: the name without folders.

    >>> from semeval_emo.task import load_task
    >>> parse_name("pred_eng.csv", load_task())
    FileName(language='eng', track=None, problem=None, why='', hint='')
    >>> parse_name("pred_ENG_a (1).csv", load_task()).hint
    'pred_eng.csv'
    >>> parse_name("pred_oro.csv", load_task()).hint
    "this task calls Oromo 'orm', not 'oro'"
    """
    core = base[len(PREFIX) : -len(SUFFIX)] if base.startswith(PREFIX) and base.endswith(SUFFIX) else ""
    if core in task.languages:
        return FileName(core, None)
    stem = bare_stem(base)
    codes, track = _codes(stem, task)
    language = codes[0] if len(codes) == 1 else None
    hint = f"{PREFIX}{language}{SUFFIX}" if language else ""
    if core and language is None and _is_code(core):
        problem = "name-alias" if core.lower() in task.aliases else "name-unknown-language"
        why = f"contains '{core}', which is not a language code of this task"
        return FileName(None, track, problem, why, task.hint(core))
    if core:
        return FileName(language, track, "name-extra", _extra(core, codes, track), hint)
    why = f"does not start with '{PREFIX}'" if base.endswith(SUFFIX) else f"does not end in '{SUFFIX}'"
    return FileName(language, track, "name-unseen", why, hint)


def bare_stem(base: str) -> str:
    """Return a name without table suffixes and without the suffixes of copies.

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
    """Return whether a file in a folder or zip is read as predictions.

    It is a table by its suffix, and its name starts with ``pred`` or contains exactly one language code. A file that
    the user names by its own path is always read.

    >>> from semeval_emo.task import load_task
    >>> [is_prediction_name(n, load_task()) for n in ("pred_xyz.csv", "eng.csv", "prob_eng.csv", "log.txt")]
    [True, True, False, False]
    """
    low = base.lower()
    if not low.endswith(TABLE_SUFFIXES) or low.startswith("prob"):
        return False
    return low.startswith("pred") or len(_codes(bare_stem(base), task)[0]) == 1


def folder_track(parts: Sequence[str], task: Task) -> tuple[str | None, str | None]:
    """Return the track of the innermost folder that is named after a track.

    Args:
        parts: folder names, outermost first.

    Returns:
        The track letter and the folder's name, or two Nones.

    >>> from semeval_emo.task import load_task
    >>> folder_track(("out", "Track-B", "run3"), load_task())
    ('b', 'Track-B')
    """
    for part in reversed(parts):
        match = re.fullmatch(r"track[\s_-]*(\w+)", part, re.IGNORECASE)
        if match and match[1].lower() in task.tracks:
            return match[1].lower(), part
    return None, None


def _codes(stem: str, task: Task) -> tuple[list[str], str | None]:
    """Return the language codes and the track letter among the words of a name."""
    words = [word.lower() for word in re.split(r"[\W_]+", stem) if word]
    # Aliases do not count: id, so and en are common words.
    codes = [word for word in words if word in task.languages]
    tracks = [w.removeprefix("track") for w in words if w.removeprefix("track") in task.tracks]
    return list(dict.fromkeys(codes)), tracks[-1] if len(set(tracks)) == 1 else None


def _is_code(core: str) -> bool:
    return re.fullmatch(r"[A-Za-z]+", core) is not None


def _extra(core: str, codes: Sequence[str], track: str | None) -> str:
    if len(codes) > 1:
        return f"contains several language codes: {', '.join(codes)}"
    if not codes:
        return f"contains '{core}' instead of a language code"
    if core.lower() == codes[0]:
        return f"has the language code '{core}' instead of '{codes[0]}'"
    if core.lower().endswith(TABLE_SUFFIXES):
        return f"ends in '{core[len(codes[0]) :]}{SUFFIX}'"
    extra = "the track" if track and COPY_MARK.search(core) is None else "more than the language code"
    return f"contains {extra}: '{core}'"
