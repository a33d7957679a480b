"""Training a recipe in many languages, as a person watches it and reads what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from semeval_emo.cli.common import Format, emit, note
from semeval_emo.cli.progress import TerminalProgress
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.zoo.recipe import Recipe


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

    progress = TerminalProgress(quiet)
    found = lead(
        recipe, language or recipe.data.language, track=track, source=data, task=task, runs=runs, fresh=fresh,
        only_missing=only_missing, jobs=jobs, archive=archive, progress=progress,
        on_outcome=lambda *ended: progress.message(view.line(*ended)),
    )  # fmt: skip
    emit(lambda: view.to_dict(found), lambda: view.tables(found), style, output)
    for line in view.failures(found):
        note(line)
    if found.packed is not None:
        files = plural(len(found.packed.files), "file")
        note(f"\nwritten, opened again and validated: {found.packed.out} ({files})", quiet)
        note(f"next: semeval-emo score {found.packed.out} --ci", quiet)
        note(f"      semeval-emo zoo submit {found.outcomes[0].folder.path.parent} --to submissions/NAME", quiet)
    if found.exit_code:
        raise typer.Exit(found.exit_code)
