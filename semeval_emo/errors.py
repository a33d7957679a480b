"""What a person did wrong, and what to do about it.

Owns the exceptions that the package raises on purpose. Anything else that escapes is a bug
(exit code 70). Only `cli/` turns these into text and an exit code.

Exit codes: 0 fine, 1 problems found or a floor missed, 2 usage, 3 input missing or unreadable,
70 a bug.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit


class EmoError(Exception):
    """A mistake that a person can mend.

    Attributes:
        message: what was seen and what was expected.
        fix: the remedy, as a sentence or a command to type; empty when there is none.
        exit_code: what the command line exits with.
    """

    exit_code = 2

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class UsageError(EmoError):
    """The command or call was put wrongly: an unknown name, options that exclude each other."""

    exit_code = 2


class InputError(EmoError):
    """A file, folder or network resource is missing or unreadable."""

    exit_code = 3


class InvalidSubmission(EmoError):
    """A prediction file has problems that stop what was asked."""

    exit_code = 1


class ReleaseMismatch(EmoError):
    """Predictions and gold belong to different releases, so joining them by id would be wrong."""

    exit_code = 1


class MissingExtra(EmoError):
    """A feature needs packages that the core install leaves out."""

    exit_code = 3

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs packages of the '{extra}' extra, which are not installed.",
            install_line(extra),
        )


def install_line(extra: str) -> str:
    """The command that adds an extra to this installation, which may be of a checkout or a file that no index has."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        # What pip writes down of where a package came from (PEP 610); nothing where it came from an index.
        origin = json.loads(distribution("semeval-emo").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url = origin.get("url", "")
    path = unquote(urlsplit(url).path)
    if url.startswith("file:") and Path(path).exists():
        # One whose code is being worked on stays so.
        editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
        return f'pip install {editable}"{path}[{extra}]"'
    if "vcs_info" in origin:
        return f'pip install "semeval-emo[{extra}] @ {origin["vcs_info"]["vcs"]}+{url}"'
    return f'pip install "semeval-emo[{extra}]"'


def suggest(name: str, known: Iterable[str]) -> str:
    """Says which known name was probably meant.

    Returns:
        ``"did you mean 'x'?"``, or an empty string when nothing is near.

    >>> suggest("tfidff", ["tfidf", "embed"])
    "did you mean 'tfidf'?"
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else ""
