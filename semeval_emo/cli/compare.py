"""The command `compare`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    IntervalKind,
    OutputOption,
    QuietOption,
    SeedOption,
    SelectorOptions,
    emit,
    has_colour,
    screen_width,
    which_file,
)

EXAMPLES = """\b
Examples:
  semeval-emo compare mine.csv theirs.csv
  semeval-emo compare tfidf=runs/1/pred_eng.csv bert=runs/2/pred_eng.csv --power
  semeval-emo compare track_a_mine.zip track_a_theirs/ --format markdown
  semeval-emo compare bert=s1.csv,s2.csv,s3.csv base.csv
  semeval-emo compare pred_eng.csv --against-score 0.7083
"""


class Family(StrEnum):
    """Within which p-values are corrected."""

    rivals = "rivals"
    pairs = "pairs"
    languages = "languages"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EXAMPLES)(compare)


@which_file
def compare(
    systems: Annotated[
        list[str],
        typer.Argument(help="Files, folders or zips; NAME=PATH names one, NAME=PATH,PATH,... is several runs of one."),
    ],
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    metric: Annotated[
        str | None, typer.Option("--metric", "-m", help="Figure to compare. Default: the track's official one.")
    ] = None,
    per_emotion: Annotated[
        bool, typer.Option("--per-emotion", "-e", help="Also compare each emotion (as always for two systems).")
    ] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Show every pair of systems.")] = False,
    power: Annotated[bool, typer.Option("--power", help="Show how small a difference this test set can see.")] = False,
    against_score: Annotated[
        str | None,
        typer.Option(metavar="SCORE", help="A published score without predictions, as printed, such as 0.7083."),
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="All paths are runs (seeds) of one recipe.")] = False,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples, for intervals and ranks.")] = 10_000,
    trials: Annotated[int, typer.Option(help="Randomisation trials, for p-values.")] = 10_000,
    seed: SeedOption = 12345,
    alpha: Annotated[float, typer.Option(help="Largest corrected p-value that counts as significant.")] = 0.05,
    family: Annotated[
        Family | None,
        typer.Option(help="What p-values are corrected over. Default: languages for two systems, else rivals."),
    ] = None,
    fdr: Annotated[bool, typer.Option("--fdr", help="Correct by Benjamini-Hochberg, not Holm.")] = False,
    interval: Annotated[IntervalKind, typer.Option(help="How intervals are made.")] = IntervalKind.bca,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Compare systems: which differences are real, and which are chance.

    Letters after a score name the systems that it is significantly better than. Intervals and ranks come
    from a bootstrap over texts, p-values from approximate randomisation; docs/significance.md tells more.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import comparison as report
    from semeval_emo.report import comparison_words as words
    from semeval_emo.report.grid import wrap
    from semeval_emo.report.table import render
    from semeval_emo.scoring.comparing import compare as compare_systems

    progress = TerminalProgress(quiet)
    try:
        result = compare_systems(
            systems, source=gold, **selector.keywords, metric=metric, emotions=per_emotion or None, resamples=resamples,
            trials=trials, seed=seed, alpha=alpha, family=family.value if family else None, fdr=fdr,
            interval=interval.value, stored=against_score, one_recipe=runs, progress=progress,
        )  # fmt: skip
    finally:
        progress.finish()
    if style is Format.json:
        emit(result.to_dict, [], style, output)
        return
    if style is Format.csv:
        emit({}, [report.csv_table(result, pairs=pairs)], style, output)
        return
    tables = report.tables(result, pairs=pairs, power=power)
    said, how = words.sentences(result, power=power), words.methods(result)
    if style is not Format.text:
        emit({}, report.with_notes(tables, [*said, *how, result.signature]), style, output)
        return
    on_screen = output is None
    width = screen_width() if on_screen else None
    body = render(tables, "text", width=width, colour=on_screen and has_colour())
    blocks = ["\n".join(wrap(line, width or 100)) for line in said]
    notes = ["\n".join(wrap(line, width or 100)) for line in how]
    emit(
        {},
        [],
        style,
        output,
        text="\n\n".join([body, *blocks, *(["\n".join(notes)] if notes else []), result.signature]),
    )
