"""Parse the names of prediction files.

A name suggests a language and a track; the ids in the file decide. The official name is that of the task's layout, such
as ``pred_<language>.csv``, in a folder ``track_<x>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from semeval_emo.task import DEFAULT_LAYOUT, FileKey, FileLayout, Task, fill, known_tasks

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


class NameForm:
    """The names of the prediction files and the track folders of a task, by its layout.

    Attributes:
        form: the name without folders, such as ``pred_{language}.csv``.
        ends: the text before its first placeholder and that after the last one; twice the name if it has none.
        suffix: its last suffix in lower case.
        is_default: whether it is that of Task 11, whose scorers find a name only in exactly this spelling.
        codes: the language codes of the task, by their spelling in lower case.
        track_folder: matches a folder that is named after a track, with some liberty.
    """

    def __init__(self, task: Task) -> None:
        layout = task.layout.predictions
        self.task, self.form, self.folder = task, layout.name, layout.folder
        self.ends = self.form.partition("{")[0], self.form.rpartition("}")[2]
        self.suffix = PurePosixPath(self.form).suffix.lower()
        self.is_default = self.form == DEFAULT_LAYOUT.predictions.name
        self.codes = {code.lower(): code for code in task.languages}
        self._names, self._data = FileLayout(self.form), FileLayout(task.layout.data.name)
        folder = next((part for part in self.folder.split("/") if "{track}" in part), "track_{track}")
        before, _, after = folder.partition("{track}")
        begin = re.escape(before.rstrip("_- "))
        self.track_folder = re.compile(rf"{begin}[\s_-]*(\w+){re.escape(after)}", re.IGNORECASE)

    def parsed(self, base: str) -> FileName | None:
        """Return an official name, parsed; None for others."""
        address = self._names.address(base)
        if address is None:
            return None
        track = address.get("track", "").lower()
        language = self.codes.get(address.get("language", "").lower())
        known = ("language" not in address or language) and ("track" not in address or track in self.task.tracks)
        if not known or (self.is_default and base != self.filled(language)):
            return None
        return FileName(language, track or None)

    def is_data(self, base: str) -> bool:
        """Return whether a name is that of a file of texts and labels, and says its split."""
        return (self._data.address(base) or {}).get("split", "").lower() in self._splits

    @cached_property
    def _splits(self) -> set[str]:
        return {place.split for release in self.task.releases.values() for place in release.specs}

    def filled(self, language: str | None = None, track: str | None = None) -> str:
        """Return the official name, with ``<language>`` for what is not known."""
        return fill(self.form, FileKey(track or "<track>", language or "<language>", "<split>"))

    def folder_of(self, track: str) -> str:
        """Return the folder of a track; empty if the files are at the root."""
        return fill(self.folder, FileKey(track, "<language>", "<split>"))


@lru_cache(8)
def name_form(task: Task) -> NameForm:
    """Return the names of a task's prediction files."""
    return NameForm(task)


def owner_of_names(bases: Iterable[str], task: Task) -> tuple[str, Task] | None:
    """Return the other known task whose layout has one of these names, after the name of its file; None without one.

    Names of the default layout, such as ``pred_eng.csv``, are those of no task in particular.

    >>> from semeval_emo.task import load_task
    >>> name, _ = owner_of_names(["notes.txt", "E-C_en_pred.txt"], load_task())
    >>> name
    'semeval-2018-ec'
    """
    own, bases = name_form(task).form, list(bases)
    for name, other in known_tasks():
        names = name_form(other)
        if other.key != task.key and names.form != own and not names.is_default and any(map(names.parsed, bases)):
            return name, other
    return None


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
    names = name_form(task)
    if (own := names.parsed(base)) is not None:
        return own
    prefix, suffix = names.ends
    core = base[len(prefix) : len(base) - len(suffix)] if base.startswith(prefix) and base.endswith(suffix) else ""
    words = _words(base)
    codes, language, is_certain = _languages(words, task)
    track = _track(words, language, task)
    hint = names.filled(language, track) if language and is_certain else ""
    if core and not codes and _is_code(core):
        problem = "name-alias" if core.lower() in task.aliases else "name-unknown-language"
        why = f"contains '{core}', which is not a language code of this task"
        return FileName(None, track, problem, why, task.hint(core))
    if core:
        why = _extra(core, codes, words[1:] in ([language, track], [language, "track", track]), suffix)
        return FileName(language, track, "name-extra", why, hint, is_certain)
    why = f"does not start with '{prefix}'" if base.endswith(suffix) and prefix else f"does not end in '{suffix}'"
    if "{" not in names.form:
        why = f"is not '{prefix}'"
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
    has one emotion; or it has a name of the task's layout. A file that the user names by its own path is always read.

    >>> from semeval_emo.task import load_task
    >>> [is_prediction_name(n, load_task()) for n in ("pred_xyz.csv", "eng.csv", "joy.csv", "prob_eng.csv", "log.txt")]
    [True, True, True, False, False]
    """
    low, names = base.lower(), name_form(task)
    if suffixes is TABLE_SUFFIXES and not names.is_default:
        if names.parsed(base) is not None:
            return True
        if names.is_data(base):
            return False
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
    pattern = name_form(task).track_folder
    for part in reversed(parts):
        match = pattern.fullmatch(part)
        if match and match[1].lower() in task.tracks:
            return match[1].lower(), part
    return None, None


def _words(base: str) -> list[str]:
    """Return the words of a name in lower case, without suffixes."""
    return [word.lower() for word in re.split(r"[\W_]+", bare_stem(base)) if word]


def _languages(words: Sequence[str], task: Task) -> tuple[list[str], str | None, bool]:
    """Return the language codes of a name, the one that counts or None, and whether it cannot be another word."""
    # Aliases do not count: id, so and en are common words.
    known = name_form(task).codes
    codes = list(dict.fromkeys(known[word] for word in words if word in known))
    if len(codes) != 1:
        # Also the name of a person or a month can be a code: ron_model_pred_eng.
        ends = len(codes) > 1 and known.get(words[-1]) in codes and words[-2] in _PREDICTIONS
        return codes, (known[words[-1]] if ends else None), True
    at = next(at for at, word in enumerate(words) if known.get(word) == codes[0])
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    return codes, codes[0], len(words) == 1 or before in _PREDICTIONS or _is_track(after, task)


def _is_track(word: str, task: Task) -> bool:
    return word == "track" or word.removeprefix("track") in task.tracks


def _track(words: Sequence[str], language: str | None, task: Task) -> str | None:
    """Return the track of a name: directly after the language code, or in ``track_x``; None if they differ."""
    tracks = set()
    for before, word in zip(["", *words], words, strict=False):
        letter = word.removeprefix("track")
        if letter in task.tracks and (letter != word or before in ("track", language and language.lower())):
            tracks.add(letter)
    return tracks.pop() if len(tracks) == 1 else None


def _is_code(core: str) -> bool:
    return re.fullmatch(r"[A-Za-z]+", core) is not None


def _extra(core: str, codes: Sequence[str], is_track: bool, suffix: str) -> str:
    if len(codes) > 1:
        return f"contains several language codes: {', '.join(codes)}"
    if not codes:
        return f"contains '{core}' instead of a language code"
    if core.lower() == codes[0]:
        return f"has the language code '{core}' instead of '{codes[0]}'"
    if core.lower().endswith(TABLE_SUFFIXES):
        return f"ends in '{core[len(codes[0]) :]}{suffix}'"
    extra = "the track" if is_track and COPY_MARK.search(core) is None else "more than the language code"
    return f"contains {extra}: '{core}'"
