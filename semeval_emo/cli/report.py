"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.common import (
    GoldOption,
    QuietOption,
    SeedOption,
    SelectorOptions,
    note,
    which_file,
)
from semeval_emo.files import write_file

EXAMPLES = """\b
Examples:
  semeval-emo report pred_eng.csv
  semeval-emo report runs/tfidf-logreg/eng -o tfidf.html
  semeval-emo report mine=a/pred_eng.csv theirs=b/pred_eng.csv
  semeval-emo report track_a.zip --no-texts
  semeval-emo report runs/llama-4layer/eng runs/llama-4layer-uniform/eng --plots plots
"""
NAME = Path("report.html")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EXAMPLES)(report)


@which_file
def report(
    paths: Annotated[
        list[str], typer.Argument(help="Prediction files, folders (a run's too) or zips; NAME=PATH names a system.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The page. Default: report.html, or none with --plots.")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Write every plot to this folder, as PNG and SVG.")] = None,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help="Put the texts into the page.")] = True,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples, for intervals and tests.")] = 10_000,
    seed: SeedOption = 12345,
    quiet: QuietOption = False,
) -> None:
    """Write one page that shows everything: scores, place, errors, texts, plots, provenance.

    Files of several languages are one submission; files that answer the same one are systems, and are
    compared. The page is a single file that works offline. The texts in it keep the terms of the data.
    """
    from semeval_emo.report.contents import gather

    contents = gather(paths, source=gold, resamples=resamples, seed=seed, selector=selector)
    if plots is not None:
        from semeval_emo.report.plots.choice import plots_of
        from semeval_emo.report.plots.style import write_plots

        for path in write_plots(plots_of(contents), plots):
            typer.echo(path)
    if output is not None or plots is None:
        from semeval_emo.report.html.report import report_page

        target = output or NAME
        write_file(target, report_page(contents, texts=texts))
        typer.echo(target)
        if texts and contents.cards:
            note("the page holds the texts: they keep the terms of the data (--no-texts leaves them out)", quiet)
    if contents.refused or not contents.cards:
        named = ", ".join(contents.refused) or "nothing was found that could be"
        note(f"not scored: {named}; the page says why", quiet)
        raise typer.Exit(1)
