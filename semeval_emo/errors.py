"""Exceptions for mistakes of the user, each with a message, a fix and an exit code; any other exception is a bug."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit


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


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'x'?"`` for the most similar known name, or an empty string if none is similar.

    >>> suggest("tfidff", ["tfidf", "embed"])
    "did you mean 'tfidf'?"
    """
    if len(name) > LONGEST_NAME:
        return ""
    near = difflib.get_close_matches(name, [other for other in known if len(other) <= LONGEST_NAME], n=1)
    return f"did you mean '{near[0]}'?" if near else ""
