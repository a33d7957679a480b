"""Training a recipe in many languages, as a person watches it and reads what came out."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from semeval_emo.cli.common import Format, emit, is_interactive, note
from semeval_emo.cli.progress import bar, left

if TYPE_CHECKING:
    from semeval_emo.zoo.recipe import Recipe
    from semeval_emo.zoo.training.series import Outcome


def is_series(language: str | None, only_missing: bool, jobs: int | None, archive: Path | None) -> bool:
    """True where a command line means several languages, or asks for what only a series has.

    >>> [is_series(codes, False, None, None) for codes in ("eng", "eng,hau", "all")]
    [False, True, True]
    """
    return "," in (language or "") or language == "all" or only_missing or jobs is not None or archive is not None


def train_series(
    recipe: Recipe,
    language: str | None,
    *,
    track: str | None,
    data: str | None,
    task: str | None,
    runs: Path,
    fresh: bool,
    only_missing: bool,
    jobs: int | None,
    archive: Path | None,
    style: Format,
    output: Path | None,
    quiet: bool,
) -> None:
    """Trains, shows the summary, and exits 1 where a language failed."""
    from semeval_emo.report import series as view
    from semeval_emo.zoo.training.train_series import train_series as lead

    found = lead(
        recipe, language or recipe.data.language, track=track, source=data, task=task, runs=runs, fresh=fresh,
        only_missing=only_missing, jobs=jobs, archive=archive, watch=SeriesProgress(quiet),
    )  # fmt: skip
    emit(lambda: view.to_dict(found), lambda: view.tables(found), style, output)
    for line in view.failures(found):
        note(line)
    if found.packed is not None:
        count = len(found.packed.files)
        files = f"{count} file{'' if count == 1 else 's'}"
        note(f"\nwritten, opened again and validated: {found.packed.out} ({files})", quiet)
        note(f"next: semeval-emo score {found.packed.out} --ci", quiet)
        note(f"      semeval-emo zoo submit {found.outcomes[0].folder.path.parent} --to submissions/NAME", quiet)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


class SeriesProgress:
    """One bar for all languages on a terminal, with those at work and the time to go; elsewhere a line for each."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars = is_interactive() and not quiet
        self._at: dict[str, str] = {}
        self._total, self._done, self._share = 0, 0, 0.0
        self._began = time.monotonic()

    def begin(self, languages: int, there: int, jobs: int) -> None:
        """Says what is before us."""
        self._total, self._done = languages, there
        self._began = time.monotonic()
        if there:
            note(f"{there} of {languages} languages were finished before, and are left alone", self._quiet)
        if there < languages:
            note(f"training {languages - there} languages, {jobs} at a time", self._quiet)

    def works(self, language: str, what: str, share: float) -> None:
        """Notes what a language is at."""
        self._at[language] = f"{language} {what}" + (f" {share:.0%}" if share else "")

    def tick(self, share: float) -> None:
        """Draws the bar."""
        self._share = share
        if self._bars:
            to_go = left(self._began, time.monotonic(), round(1e6 * share), round(1e6 * (1 - share)))
            at = ", ".join(self._at.values())
            text = "  ".join(filter(None, (bar("languages", self._done, self._total, to_go), at)))
            # A line that wraps could not be drawn over.
            self._draw(text[: shutil.get_terminal_size().columns - 1])

    def _draw(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def over(self, outcome: Outcome) -> None:
        """A line for the language."""
        from semeval_emo.report.series import line

        self._at.pop(outcome.spec.language, None)
        self._done += 1
        self.say("", line(outcome, self._done, self._total))

    def say(self, language: str, message: str) -> None:
        """Says something without tearing the bar."""
        if self._bars:
            self._draw("")
        note(f"{language}: {message}" if language else message, self._quiet)

    def end(self) -> None:
        """Takes the bar away."""
        if self._bars:
            self._draw("")
