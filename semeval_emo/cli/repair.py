"""The commands `fix` and `pack`."""

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
    screen_width,
    which_file,
)

FIX_EXAMPLES = """\b
Examples:
  semeval-emo fix pred_eng.csv
  semeval-emo fix pred_eng.csv -o fixed
  semeval-emo fix pred_eng.csv --track a -o clean/pred_eng.csv
  semeval-emo fix prob_eng.csv --threshold 0.5
  semeval-emo fix submission.zip -o fixed
"""
PACK_EXAMPLES = """\b
Examples:
  semeval-emo pack pred_eng.csv pred_deu.csv
  semeval-emo pack fixed --track a -o track_a.zip
  semeval-emo pack submissions/ -o submission.zip --skip-invalid
"""


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command(epilog=FIX_EXAMPLES)(fix)
    app.command(epilog=PACK_EXAMPLES)(pack)


@which_file
def fix(
    path: Annotated[str, typer.Argument(help="A prediction file, a folder or a zip. It is never changed.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="A .csv file, or a folder for track_x/pred_*.csv. Default: the folder 'fixed' beside the input.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", help="Turn probabilities into labels: 1 from this value on. Default: refuse them."),
    ] = None,
    *,
    selector: SelectorOptions,
    force: Annotated[bool, typer.Option("--force", help="Replace files of an earlier repair that differ.")] = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Repair prediction files into new files: safe repairs only, each one listed; labels are never guessed.

    Names, encoding, separators, header, column order, surplus columns, 1.0 and True, repeated rows, mixed tracks.
    Exits 0 where all of it is valid now, 1 where something needs you.
    """
    from semeval_emo.report import repair as report
    from semeval_emo.submission import fix as mend

    result = mend(path, out, threshold=threshold, force=force, **selector.keywords)
    text = report.fix_text(result, screen_width() if output is None else None)
    emit(result.to_dict, lambda: report.fix_tables(result), style, output, text=text)
    if not result.ok:
        raise typer.Exit(1)


@which_file
def pack(
    paths: Annotated[list[str], typer.Argument(help="Prediction files, folders or zips.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The zip. Default: track_x.zip, or submission.zip for several tracks."),
    ] = None,
    *,
    selector: SelectorOptions,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave invalid files out instead of packing nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a zip that is there and differs.")] = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Pack valid prediction files into the zip to upload: track_x/pred_*.csv at its root, validated, always the same.

    Exits 1 where a file is not valid.
    """
    from semeval_emo.report import repair as report
    from semeval_emo.submission import pack as make

    result = make(paths, out, skip_invalid=skip_invalid, force=force, **selector.keywords)
    text = report.pack_text(result, screen_width() if output is None else None)
    emit(result.to_dict, lambda: report.pack_tables(result), style, output, text=text)
    if not result.ok:
        raise typer.Exit(1)
