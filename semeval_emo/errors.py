"""Exceptions for mistakes of the user, each with a message, a fix and an exit code; any other exception is a bug."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from semeval_emo.text import alternatives


class EmoError(Exception):
    """A mistake that the user can fix.

    Attributes:
        message: what was found and what was expected.
        fix: how to fix it, as a sentence or a command; empty if unknown.
        exit_code: of the command line.
    """

    exit_code = 2

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class UsageError(EmoError):
    """An invalid command or call: an unknown name, or options that exclude each other."""


class InputError(EmoError):
    """A file, folder or network resource is missing or unreadable."""

    exit_code = 3


class InvalidSubmission(EmoError):
    """A prediction file has problems that prevent the operation."""

    exit_code = 1


class ReleaseMismatch(EmoError):
    """Predictions and gold labels are of different releases, so joining them by id would be wrong."""

    exit_code = 1


class UnverifiedGold(ReleaseMismatch):
    """Gold labels have the ids of a known release, but are not its labels."""

    exit_code = InputError.exit_code


class MissingExtra(EmoError):
    """A feature needs an optional dependency that is not installed."""

    exit_code = 3

    def __init__(self, feature: str, extra: str) -> None:
        message = f"{feature} needs the optional dependencies '{extra}', which are not installed."
        super().__init__(message, install_line(extra))


def install_line(extra: str) -> str:
    """Return the command that installs an extra, from where this package was installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        # pip records the origin of a package that was not installed from an index (PEP 610).
        origin = json.loads(distribution("semeval-emo").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url = origin.get("url", "")
    path = unquote(urlsplit(url).path)
    if url.startswith("file:") and Path(path).exists():
        editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
        return f'pip install {editable}"{path}[{extra}]"'
    if "vcs_info" in origin:
        return f'pip install "semeval-emo[{extra}] @ {origin["vcs_info"]["vcs"]}+{url}"'
    return f'pip install "semeval-emo[{extra}]"'


LONGEST_NAME = 100
"""Names of more characters get no suggestion, which would take long to find."""


def suggest(name: str, known: Iterable[str], *, spelling: bool = False) -> str:
    """Return ``"did you mean 'x'?"`` for the known names that are closest, or an empty string if none is close.

    A misspelling is closest: one edit for every four letters, of which a transposition is one. Then a name with the
    same words, or with all of them. Names that are equally close are all named, at most three.

    Args:
        spelling: accept misspellings only, with the first letter right. Labels need this, because their parts can
            turn the meaning: *fearless* contains *fear*, and *unpleasant* is two edits from *pleasant*.

    >>> suggest("tfidff", ["tfidf", "embed"]), suggest("mcro_f1", ["macro_f1", "micro_f1"])
    ("did you mean 'tfidf'?", "did you mean 'macro_f1' or 'micro_f1'?")
    >>> suggest("f1_macro", ["macro_f1", "micro_f1"]), suggest("hun", ["hin", "sun"])
    ("did you mean 'macro_f1'?", '')
    """
    if len(name) > LONGEST_NAME:
        return ""
    near: dict[int, list[str]] = {}
    for other in known:
        if 0 < len(other) <= LONGEST_NAME and (not spelling or name[:1].casefold() == other[:1].casefold()):
            near.setdefault(_distance(name.casefold(), other.casefold(), spelling), []).append(other)
    closest = [f"'{other}'" for other in near[min(near)]] if near and min(near) < _FAR else []
    return f"did you mean {alternatives(closest)}?" if 0 < len(closest) <= 3 else ""


_FAR, _PART = 1000, 100


def _distance(name: str, other: str, spelling: bool) -> int:
    """Return the number of edits; `_PART` if the words of one name are among those of the other; `_FAR` if neither."""
    words, other_words = (set(re.findall(r"[^\W_]+", text)) for text in (name, other))
    if words and words == other_words:
        return 0
    shorter = min(len(name), len(other))
    # In codes of three letters, another letter is another code.
    if abs(len(name) - len(other)) <= max(1, shorter // 4) and shorter >= 3:
        edits = _edits(name, other)
        if edits <= max(1, shorter // 4) and (shorter > 3 or len(name) != len(other) or sorted(name) == sorted(other)):
            return edits
    is_part = bool(words and other_words) and (words < other_words or other_words < words)
    if shorter >= 4:
        is_part = is_part or name.startswith(other) or other.startswith(name)
    return _PART if is_part and not spelling else _FAR


def _edits(first: str, second: str) -> int:
    """Return the number of letters to insert, delete, replace or transpose (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(second, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                row[j] = min(row[j], above[j - 2] + 1)
    return row[-1]
