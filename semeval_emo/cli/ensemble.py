"""The command `ensemble`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import (
    ForceOption,
    Format,
    FormatOption,
    QuietOption,
    SaveReportOption,
    SelectorOptions,
    output_to,
    select_files,
    words_of,
)
from semeval_emo.cli.output import emit, examples

EXAMPLES = examples(
    "ensemble model0/pred_eng.csv model1/pred_eng.csv model2/pred_eng.csv",
    "ensemble a.csv b.csv --ties low -o voted/pred_eng.csv",
    "ensemble a/prob_eng.csv b/prob_eng.csv --method mean --threshold 0.4",
    "ensemble model0/ model1/ model2/ --track a -o voted",
)


class Method(StrEnum):
    """How files are combined."""

    vote = "vote"
    mean = "mean"


class Ties(StrEnum):
    """What a tied vote becomes."""

    low = "low"
    high = "high"
    first = "first"


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog=EXAMPLES)(ensemble)


@select_files
def ensemble(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Prediction files of several systems, or probability files; or folders."
        ),
    ],
    output: Annotated[
        Path | None,
        output_to(
            "A file, or a folder for files in the layout of the task, such as track_x/pred_*.csv. Default: the folder "
            "'ensemble'."
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            "--method",
            help="How to combine the members. vote: the label of most files (intensities: the median). "
            "mean: the mean of probabilities, then --threshold.",
        ),
    ] = Method.vote,
    ties: Annotated[
        Ties | None,
        typer.Option(
            "--ties",
            help="What a tied vote becomes: the lower label, the higher one, or the one nearest to the first file's. "
            "Default: a tie is an error.",
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            "--threshold",
            metavar="P",
            help="Turn probabilities into labels: 1 from this value on. A number, anger=0.35,other=0.5 or a JSON, TOML "
            "or CSV file, for --method mean. Default: 0.5.",
        ),
    ] = None,
    *,
    selector: SelectorOptions,
    force: ForceOption = False,
    style: FormatOption = Format.text,
    save_report: SaveReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Combine the files of several systems: a vote over their labels, or the mean of their probabilities.

    Every file is validated first. The result is a valid prediction file for each language and track. Needs no run
    folders; `zoo ensemble` combines runs with fitted weights.
    """
    from semeval_emo.report import ensemble as report
    from semeval_emo.submission.combine import ensemble as combine

    result = combine(
        paths, output, method=method.value, ties=ties.value if ties else "", threshold=threshold, force=force,
        **selector.keywords,
    )  # fmt: skip
    emit(
        result.to_dict,
        lambda: [report.ensemble_table(result)],
        style,
        save_report,
        text=lambda width, colour: report.ensemble_text(result, width, colour, words_of(selector)),
    )
