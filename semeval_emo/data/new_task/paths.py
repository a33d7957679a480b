"""Find in the paths of data files what names their track, language and split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from semeval_emo.data.split_names import split_of
from semeval_emo.task import DEFAULT_LAYOUT, FileLayout

_SEPARATORS = re.compile(r"([/_.\s-]+)")
_TRACK = re.compile(r"((?:sub)?(?:track|task))([a-z0-9]*)", re.IGNORECASE)
# A second test set, such as test2, is a split of its own.
_SPLIT = re.compile(r"(?:train|dev|test|trial)\d*", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_PLAIN_CODE = re.compile(r"[A-Za-z]{2,3}")
_PREDICTIONS = re.compile(r"pred|prediction|predictions|preds|submission|submissions|results|outputs?", re.IGNORECASE)
# Two letters that are words of English too are a language only where names of files differ in them.
_WORDS = frozenset({"as", "is", "it", "my", "no", "or", "id", "am", "so", "to", "in", "on"})
LANGUAGE = "{language}"


@dataclass(frozen=True)
class NamedFile:
    """A data file with what its path says of it.

    Attributes:
        path: below the folder of the data, with slashes.
        form: the path with ``{track}``, ``{language}`` and ``{split}``.
        track, language, split: in lower case, the split in the usual word; empty if the path does not name it.
    """

    path: str
    form: str
    track: str = ""
    language: str = ""
    split: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What the path says."""
        return self.track, self.language, self.split


def split_word(word: str) -> str:
    """Return the split that a word of a path names; empty if none.

    >>> split_word("Validation"), split_word("trial"), split_word("test2"), split_word("reviews")
    ('dev', 'trial', 'test2', '')
    """
    return split_of(word) or (word.lower() if _SPLIT.fullmatch(word) else "")


def is_predictions(path: str) -> bool:
    """Return whether the name of a file says that it has predictions.

    >>> is_predictions("E-C_en_pred.txt"), is_predictions("submissions/train.csv")
    (True, False)
    """
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return any(_PREDICTIONS.fullmatch(word) for word in _SEPARATORS.split(stem))


def is_plain(path: str) -> bool:
    """Return whether the form of a layout can name a path: it is printable, without braces and backslashes."""
    return path.isprintable() and not set(path) & set("{}\\")


def named_files(paths: Sequence[str], languages: Collection[str]) -> list[NamedFile]:
    """Return what paths say of files, the ones of the most common form first.

    Args:
        languages: known codes and names of languages, in lower case. Where no path has a known one, a part in which the
            paths differ, such as two letters, counts as a language.
    """
    tasks = {
        match[1].lower() for path in paths for match in re.finditer(r"(?<!sub)task[_-]?(\w+)", path, re.IGNORECASE)
    }
    # The same number everywhere is that of the shared task itself, as in semeval-2025-task11-train.csv.
    is_number = len(tasks) == 1 and next(iter(tasks)).isdigit()
    files = [_named(path, languages, not is_number) for path in paths]
    if not any(file.track for file in files):
        files = _with_letters_of_tracks(files)
    if not any(file.language for file in files):
        files = _with_unknown_languages(files)
    counts = Counter(file.form.lower() for file in files)
    for form, _ in counts.most_common():
        files = [_in_form(file, form, files) for file in files]
    counts = Counter(file.form.lower() for file in files)

    def rank(file: NamedFile) -> tuple[int, bool, bool, str]:
        form = file.form.lower()
        return -counts[form], form != DEFAULT_LAYOUT.data.file, not form.endswith(".csv"), form

    return sorted(files, key=rank)


def _named(path: str, languages: Collection[str], has_tasks: bool) -> NamedFile:
    """Return what the words of one path say: a word names a track, a split or a known language."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    said: dict[str, str] = {}
    parts: list[str] = []
    for component in [*(folder.split("/") if slash else ()), stem]:
        words = [component] if _is_language(component, languages) else _words(component)
        is_next = False
        for at, word in enumerate(words):
            is_track = is_next and at % 2 == 0
            match = _TRACK.fullmatch(word)
            known = match if has_tasks or (match and match[1].lower() != "task") else None
            if at % 2:
                pass
            elif is_track:
                words[at], is_next = _placeholder("track", word, word.lower(), said), False
            elif known and known[2]:
                words[at] = known[1] + _placeholder("track", known[2], known[2].lower(), said)
            elif known:
                is_next = True
            elif split_word(word):
                words[at] = _placeholder("split", word, split_word(word), said)
            elif word.lower() not in _WORDS and _is_language(word, languages):
                words[at] = _placeholder("language", word, word.lower(), said)
        parts.append("".join(words))
    return NamedFile(path, "/".join(parts) + dot + suffix, **said)


def _is_language(word: str, languages: Collection[str]) -> bool:
    """Return whether a word is a known language, or the code of one with a region, such as zh_CN."""
    code, *region = re.split("[-_]", word)
    is_region = len(region) == 1 and len(region[0]) in (2, 4) and region[0].isalpha() and not split_word(region[0])
    return word.lower() in languages or (code.lower() in languages and is_region)


def _words(component: str) -> list[str]:
    """Return words and what separates them, one after the other; test-gold is one word."""
    words = _SEPARATORS.split(component)
    for at in range(len(words) - 3, -1, -2):
        both = "".join(words[at : at + 3])
        if split_of(both) and words[at + 1] != "." and "gold" in both.lower():
            words[at : at + 3] = [both]
    return words


def _placeholder(name: str, word: str, value: str, said: dict[str, str]) -> str:
    """Return the placeholder of a word, or the word if the path has said something else before."""
    return f"{{{name}}}" if said.setdefault(name, value) == value else word


def _with_letters_of_tracks(files: list[NamedFile]) -> list[NamedFile]:
    """Return the files with a track in the only place in which their forms differ by one letter or digit."""
    by_rest: dict[str, dict[str, list[NamedFile]]] = {}
    for file in files:
        words = _SEPARATORS.split(file.form)
        for at, word in enumerate(words[:-2]):
            if at % 2 == 0 and re.fullmatch("[A-Za-z0-9]", word):
                form = "".join([*words[:at], "{track}", *words[at + 1 :]])
                by_rest.setdefault(form, {}).setdefault(word.lower(), []).append(file)
    several = [(form, letters) for form, letters in by_rest.items() if len(letters) > 1 and "{split}" in form]
    if not several:
        return files
    form, letters = max(several, key=lambda one: sum(map(len, one[1].values())))
    tracks = {file.path: letter for letter, own in letters.items() for file in own}
    return [replace(file, form=form, track=tracks[file.path]) if file.path in tracks else file for file in files]


def _with_unknown_languages(files: list[NamedFile]) -> list[NamedFile]:
    """Return the files with a language in the only place in which their forms differ, if it may be one."""
    by_rest: dict[str, dict[str, list[NamedFile]]] = {}
    for file in files:
        for form, code in _language_places(file.form):
            by_rest.setdefault(form, {}).setdefault(code, []).append(file)
    # One code names a file in the folder of a split, such as dev/ita.csv.
    only = {form: codes for form, codes in by_rest.items() if form.endswith(f"/{LANGUAGE}.csv") and "{split}" in form}
    several = {form: codes for form, codes in by_rest.items() if len(codes) > 1} or only
    if not several:
        return files
    form = max(several, key=lambda form: sum(map(len, several[form].values())))
    codes = {file.path: code for code, own in several[form].items() for file in own}
    return [replace(file, form=form, language=codes[file.path]) if file.path in codes else file for file in files]


def _language_places(form: str) -> Iterator[tuple[str, str]]:
    """Yield a form with the language in the place of each word that may be a code, and that code."""
    stem, dot, suffix = form.rpartition(".")
    folder, slash, name = stem.rpartition("/")
    # Without a split or a track, a file may have any name.
    code = _CODE if "{" in form else _PLAIN_CODE
    if code.fullmatch(name) and not split_word(name):
        yield folder + slash + LANGUAGE + dot + suffix, name.lower()
    words = _SEPARATORS.split(stem)
    for at, word in enumerate(words):
        if at % 2 == 0 and code.fullmatch(word) and not _TRACK.fullmatch(word):
            yield "".join([*words[:at], LANGUAGE, *words[at + 1 :]]) + dot + suffix, word.lower()


def _in_form(file: NamedFile, form: str, files: Sequence[NamedFile]) -> NamedFile:
    """Return a file with an unknown language in the form of others, if its path fits; else the file as it is."""
    if file.language or LANGUAGE not in form:
        return file
    said = FileLayout(form).address(file.path)
    if said is None or not _CODE.fullmatch(said["language"]) or split_word(said["language"]):
        return file
    split = split_word(said.get("split", ""))
    if ("split" in said and split != file.split) or said.get("track", "").lower() != file.track:
        return file
    original = next(one.form for one in files if one.form.lower() == form)
    return replace(file, form=original, language=said["language"].lower())
