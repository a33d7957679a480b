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
# Those of other formats, which are read in folders only if there is no text table.
CONTAINER_SUFFIXES = (".parquet", ".feather", ".arrow", ".npy", ".npz", ".jsonl", ".ndjson", ".json")
# The words before the language code in names of predictions.
_PREDICTIONS = frozenset({"pred", "preds", "prediction", "predictions"})
# The longest name that file systems allow. An entry of a zip can have a longer one, which is not parsed.
MAX_NAME = 255
# Added to the name of a copy by browsers, file managers and Jupyter.
COPY_MARK = re.compile(r"(\s*\(\d+\)|[-_ ]+(copy|copie|kopie)(\s*\(?\d+\)?)?|-checkpoint)$", re.IGNORECASE)


@dataclass(frozen=True)
class FileName:
    """A parsed file name.

    Attributes:
        language: the language code in the name, in the task's spelling; None if there is none, or several and none of
            them ends the name as in ``pred_<language>``.
        track: the track of the name: the letter directly after the language code (``pred_eng_a.csv``) or in
            ``track_x``; else None. Other letters name models: ``pred_eng_model_b.csv``.
        is_certain: False if the language code may be a word of another meaning, such as ``ron`` or ``mar``: it is not
            directly after ``pred``, not followed by the track and not the whole name.
        problem: the problem of the name, as its name in the catalogue; None for an official name.
        why: the problem as the end of the sentence "the name ...".
        hint: the official name; empty if it cannot be derived from the name.
    """

    language: str | None
    track: str | None
    problem: str | None = None
    why: str = ""
    hint: str = ""
    is_certain: bool = True


def parse_name(base: str, task: Task) -> FileName:
    """Parse the name of a file.

    Args:
        base: the name without folders.

    >>> from semeval_emo.task import load_task
    >>> parse_name("pred_eng.csv", load_task())
    FileName(language='eng', track=None, problem=None, why='', hint='', is_certain=True)
    >>> parse_name("ron_run_3.csv", load_task()).is_certain
    False
    >>> parse_name("pred_ENG_a (1).csv", load_task()).hint
    'pred_eng.csv'
    >>> parse_name("pred_oro.csv", load_task()).hint
    "this task calls Oromo 'orm', not 'oro'"
    """
    core = base[len(PREFIX) : -len(SUFFIX)] if base.startswith(PREFIX) and base.endswith(SUFFIX) else ""
    if core in task.languages:
        return FileName(core, None)
    words = _words(base)
    codes, language, is_certain = _languages(words, task)
    track = _track(words, language, task)
    hint = f"{PREFIX}{language}{SUFFIX}" if language and is_certain else ""
    if core and not codes and _is_code(core):
        problem = "name-alias" if core.lower() in task.aliases else "name-unknown-language"
        why = f"contains '{core}', which is not a language code of this task"
        return FileName(None, track, problem, why, task.hint(core))
    if core:
        why = _extra(core, codes, words[1:] in ([language, track], [language, "track", track]))
        return FileName(language, track, "name-extra", why, hint, is_certain)
    why = f"does not start with '{PREFIX}'" if base.endswith(SUFFIX) else f"does not end in '{SUFFIX}'"
    return FileName(language, track, "name-unseen", why, hint, is_certain)


def bare_stem(base: str) -> str:
    """Return a name without table suffixes and without the suffixes of copies.

    >>> bare_stem("pred_eng.csv (1).CSV")
    'pred_eng'
    """
    if len(base) > MAX_NAME:
        return base
    before = None
    while base != before:
        before = base
        for suffix in (*TABLE_SUFFIXES, *CONTAINER_SUFFIXES):
            if base.lower().endswith(suffix):
                base = base[: -len(suffix)]
        base = COPY_MARK.sub("", base)
    return base


def is_prediction_name(base: str, task: Task, suffixes: Sequence[str] = TABLE_SUFFIXES) -> bool:
    """Return whether a file in a folder or zip is read as predictions.

    It is a table by one of these suffixes, and its name starts with ``pred``, has a language (`FileName.language`) or
    has one emotion. A file that the user names by its own path is always read.

    >>> from semeval_emo.task import load_task
    >>> [is_prediction_name(n, load_task()) for n in ("pred_xyz.csv", "eng.csv", "joy.csv", "prob_eng.csv", "log.txt")]
    [True, True, True, False, False]
    """
    low = base.lower()
    if not low.endswith((*suffixes,)) or low.startswith("prob"):
        return False
    words = _words(base)
    is_one_emotion = len({*words}.intersection(task.emotions)) == 1
    return low.startswith("pred") or is_one_emotion or _languages(words, task)[1] is not None


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


def _words(base: str) -> list[str]:
    """Return the words of a name in lower case, without suffixes."""
    return [word.lower() for word in re.split(r"[\W_]+", bare_stem(base)) if word]


def _languages(words: Sequence[str], task: Task) -> tuple[list[str], str | None, bool]:
    """Return the language codes of a name, the one that counts or None, and whether it cannot be another word."""
    # Aliases do not count: id, so and en are common words.
    codes = list(dict.fromkeys(word for word in words if word in task.languages))
    if len(codes) != 1:
        # Also the name of a person or a month can be a code: ron_model_pred_eng.
        ends = len(codes) > 1 and words[-1] in codes and words[-2] in _PREDICTIONS
        return codes, (words[-1] if ends else None), True
    at = words.index(codes[0])
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    return codes, codes[0], len(words) == 1 or before in _PREDICTIONS or _is_track(after, task)


def _is_track(word: str, task: Task) -> bool:
    return word == "track" or word.removeprefix("track") in task.tracks


def _track(words: Sequence[str], language: str | None, task: Task) -> str | None:
    """Return the track of a name: directly after the language code, or in ``track_x``; None if they differ."""
    tracks = set()
    for before, word in zip(["", *words], words, strict=False):
        letter = word.removeprefix("track")
        if letter in task.tracks and (letter != word or before in ("track", language)):
            tracks.add(letter)
    return tracks.pop() if len(tracks) == 1 else None


def _is_code(core: str) -> bool:
    return re.fullmatch(r"[A-Za-z]+", core) is not None


def _extra(core: str, codes: Sequence[str], is_track: bool) -> str:
    if len(codes) > 1:
        return f"contains several language codes: {', '.join(codes)}"
    if not codes:
        return f"contains '{core}' instead of a language code"
    if core.lower() == codes[0]:
        return f"has the language code '{core}' instead of '{codes[0]}'"
    if core.lower().endswith(TABLE_SUFFIXES):
        return f"ends in '{core[len(codes[0]) :]}{SUFFIX}'"
    extra = "the track" if is_track and COPY_MARK.search(core) is None else "more than the language code"
    return f"contains {extra}: '{core}'"
