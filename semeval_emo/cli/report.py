"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import (
    GoldOption,
    QuietOption,
    ResamplesOption,
    SeedOption,
    SelectorOptions,
    TextsOption,
    UnverifiedGoldOption,
    output_to,
    select_files,
)
from semeval_emo.cli.output import examples, note, show
from semeval_emo.files import write_file

EXAMPLES = examples(
    "report pred_eng.csv",
    "report runs/tfidf-logreg/eng -o tfidf.html",
    "report mine=a/pred_eng.csv theirs=b/pred_eng.csv",
    "report track_a.zip --no-texts",
    "report runs/llama-4layer/eng runs/llama-4layer-uniform/eng --plots plots",
)
DEFAULT_OUTPUT = Path("report.html")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(report)


@select_files
def report(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Prediction files, folders (also of runs) or zips. NAME=PATH names a system."
        ),
    ],
    output: Annotated[
        Path | None, output_to("An HTML page. Default: report.html, or no page if --plots is given.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", metavar="FOLDER", help="Write every plot to this folder, as PNG and SVG.")
    ] = None,
    texts: TextsOption = True,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    resamples: ResamplesOption = 10_000,
    seed: SeedOption = 12345,
    quiet: QuietOption = False,
) -> None:
    """Write a page with everything about a submission: scores, rank, errors, texts, plots, provenance.

    Files of several languages are one submission. Several files of the same language are systems, which are
    compared. The page is a single file that works offline. Its texts keep the terms of use of the data.
    """
    from semeval_emo.report.contents import load_contents

    contents = load_contents(
        paths, source=gold, resamples=resamples, seed=seed, selector=selector, unverified_gold=unverified_gold
    )
    for warning in contents.warnings:
        note(warning, quiet)
    if plots is not None:
        from semeval_emo.report.plots.selection import files_without_plots, plots_of
        from semeval_emo.report.plots.style import write_plots

        for path in write_plots(plots_of(contents), plots):
            show(path)
        if left_out := files_without_plots(contents):
            note(left_out, quiet)
    if output is not None or plots is None:
        from semeval_emo.report.html.report import report_page

        target = output or DEFAULT_OUTPUT
        write_file(target, report_page(contents, texts=texts))
        show(target)
        if texts and contents.cards:
            note("The page contains texts, which keep the terms of use of the data; --no-texts leaves them out.", quiet)
    if contents.refused or not contents.cards:
        files = ", ".join(contents.refused) or "no file could be scored"
        note(f"Not scored: {files}; the page shows why.", quiet)
        raise typer.Exit(1)
