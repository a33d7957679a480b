"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    words_of,
)
from semeval_emo.cli.output import examples, next_steps, note, show
from semeval_emo.cli.progress import TerminalProgress
from semeval_emo.files import write_file

if TYPE_CHECKING:
    from semeval_emo.report.contents import Contents

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
    from semeval_emo.report.plots.selection import files_without_plots, plots_of
    from semeval_emo.report.plots.style import has_matplotlib, write_plots

    progress = TerminalProgress(quiet)
    contents = load_contents(
        paths, source=gold, resamples=resamples, seed=seed, selector=selector, unverified_gold=unverified_gold,
        progress=progress,
    )  # fmt: skip
    # Pictures take longest for many files; without matplotlib, --plots says what to install.
    drawn = plots_of(contents, progress) if plots is not None or has_matplotlib() else []
    for warning in contents.warnings:
        note(warning, quiet)
    if plots is not None:
        for path in write_plots(drawn, plots, progress):
            show(path)
        if left_out := files_without_plots(contents):
            note(left_out, quiet)
    if output is not None or plots is None:
        from semeval_emo.report.html.report import report_page

        target = output or DEFAULT_OUTPUT
        progress.message(f"writing {target}")
        write_file(target, report_page(contents, texts=texts, plots=drawn))
        show(target)
        if texts and contents.cards:
            note("The page contains texts, which keep the terms of use of the data; --no-texts leaves them out.", quiet)
    if contents.refused or not contents.cards:
        files = ", ".join(contents.refused) or "no file could be scored"
        note(f"Not scored: {files}; the page shows why.", quiet)
        next_steps(["validate", *_unnamed(paths), *words_of(selector)], quiet=quiet)
        raise typer.Exit(1)
    words = words_of(selector, gold=gold) + ["--unverified-gold"] * unverified_gold
    next_steps(*_next(contents, paths, words), quiet=quiet)


def _next(contents: Contents, paths: list[str], words: list[str]) -> list[list[str]]:
    """Return the command after a report: all pairs of systems, the errors of one file, or the scores of several."""
    if contents.comparison is not None:
        return [["compare", *paths, "--pairs", *words]]
    own = _unnamed(paths)
    return [["analyse", *own, *words] if len(own) == 1 else ["score", *own, "--ci", *words]]


def _unnamed(paths: list[str]) -> list[str]:
    """Return the paths without the names of systems."""
    from semeval_emo.scoring.systems import named_paths

    return [str(file) for _, files in named_paths(paths) for file in files]
