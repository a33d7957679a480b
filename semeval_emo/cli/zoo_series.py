"""The commands `zoo` for many runs: their states, and the table and the zip of a series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import Format, FormatOption, OutputOption, QuietOption
from semeval_emo.cli.output import emit, examples, note

# `zoo` adds these commands to its own.
group = typer.Typer()


@group.command(epilog=examples("zoo status", "zoo status runs/tfidf-char runs/minilm-ft/eng --format json"))
def status(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN...", help="Run folders, or folders of run folders. Default: runs."),
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show the state of runs: done, in training, interrupted, failed or not started.

    It is read from the run folders, so it is the same on every machine that has them.
    """
    from semeval_emo.report import run_status as view
    from semeval_emo.zoo.runs.status import run_states

    states = run_states(runs or [Path("runs")])
    emit(
        lambda: {"schema": "semeval-emo/zoo-status/1", "runs": [each.to_dict() for each in states]},
        lambda: [view.table(states)],
        style,
        output,
    )
    for line in view.failures(states):
        note(line, quiet)
