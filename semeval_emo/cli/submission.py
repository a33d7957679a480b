"""The commands `validate`, `fix`, `explain`, `pack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    OutputOption,
    QuietOption,
    SelectorOptions,
    emit,
    found_here,
    has_colour,
    note,
    screen_width,
    which_file,
)

# Bytes above which people are told that they have to wait; a real submission has a few megabytes.
LARGE = 100 << 20

VALIDATE_EXAMPLES = """\b
Examples:
  semeval-emo validate pred_eng.csv
  semeval-emo validate track_a.zip track_b.zip
  semeval-emo validate submissions/ --format json
  semeval-emo validate pred_eng.csv --release hub
"""
EXPLAIN_EXAMPLES = """\b
Examples:
  semeval-emo explain
  semeval-emo explain E311
  semeval-emo explain header-order
  semeval-emo explain --format markdown
"""


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command(epilog=VALIDATE_EXAMPLES)(validate)
    app.command(epilog=EXPLAIN_EXAMPLES)(explain)


def _known_codes() -> list[str]:
    """For completion in the shell."""
    from semeval_emo.submission import catalogue

    return [code for one in catalogue().values() for code in (one.code, one.name)]


@which_file
def validate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Prediction files, folders or zips. Default: the prediction files of this folder."),
    ] = None,
    *,
    selector: SelectorOptions,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check prediction files: every problem at once, with its line and its fix.

    Exits 0 where every file is valid (warnings do not count), 1 where one is not, 3 where one is missing.
    """
    from semeval_emo.report import submission as report
    from semeval_emo.submission import validate as check

    given = paths or found_here("checking", quiet)
    for path in given:
        if Path(path).is_file() and (size := Path(path).stat().st_size) > LARGE:
            note(f"{path} has {size >> 20:,} MiB; reading all of it takes a while.\n", quiet)
    result = check(given, **selector.keywords)
    # A file outlives this terminal, so its lines have the usual width.
    on_screen = output is None
    text = report.validation_text(
        result, paths or [], screen_width() if on_screen else None, colour=on_screen and has_colour()
    )

    def tables() -> list:
        return [report.problem_table(result)] if style is Format.csv else report.validation_tables(result)

    emit(result.to_dict, tables, style, output, text=text)
    if not result.valid:
        raise typer.Exit(1)


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            help="A code or its name, such as E311 or header-order. Default: list all.", autocompletion=_known_codes
        ),
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Tell more about a problem: why it matters, what to do, what official scorers do with it."""
    from semeval_emo.report import submission as report
    from semeval_emo.submission import catalogue, entry

    chosen = [entry(code)] if code else list(catalogue().values())
    payload = {"schema": "semeval-emo/explain/1", "problems": [one.to_dict() for one in chosen]}
    if style is Format.markdown:
        text = "\n".join(report.section(chosen[0])) if code else report.catalogue_page()
        emit(payload, [], Format.text, output, text=text)
        return
    text = report.entry_text(chosen[0], screen_width()) if code else report.catalogue_text()
    emit(payload, lambda: [report.catalogue_table(chosen)], style, output, text=text)
