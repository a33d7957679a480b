"""The command `zoo results`: finished runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.common import Format, FormatOption, GoldOption, OutputOption, QuietOption, TaskOption, emit, note
from semeval_emo.cli.zoo import group


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo results runs/*/eng
  semeval-emo zoo results runs/tfidf-char/deu runs/tfidf-logreg/deu --format latex
"""
)
def results(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN ...", help="Run folders, or folders of them.")],
    data: GoldOption = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show finished runs of one file side by side, with intervals and costs; the seeds of a recipe share a line."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import zoo_results as view
    from semeval_emo.zoo.inference.results import compare_runs

    progress = TerminalProgress(quiet)
    try:
        found = compare_runs(runs, source=data, task=task, progress=progress)
    finally:
        progress.finish()
    emit(lambda: view.to_dict(found), lambda: view.tables(found), style, output)
    for reason in found.left:
        note(f"left out: {reason}", quiet)
