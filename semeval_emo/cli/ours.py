"""The command `leaderboard ours`: our systems beside others."""

from __future__ import annotations

from typing import Annotated

import typer

from semeval_emo.cli.board import load_board
from semeval_emo.cli.common import Format, FormatOption, OutputOption, QuietOption, TaskOption, emit
from semeval_emo.errors import InputError

OURS_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard ours --summary
  semeval-emo leaderboard ours --track a
  semeval-emo leaderboard ours -t a --system tfidf-char
  semeval-emo leaderboard ours -t b --format markdown --links ../
"""


def register(group: typer.Typer) -> None:
    """Adds the command."""
    group.command(epilog=OURS_EXAMPLES)(ours)


def ours(
    track: Annotated[str | None, typer.Option("--track", "-t", help="Track: a, b or c. Default: all.")] = None,
    system: Annotated[
        list[str] | None, typer.Option("--system", "-s", help="A folder of submissions/. Repeatable. Default: all.")
    ] = None,
    brief: Annotated[bool, typer.Option("--summary", help="One line a system and track.")] = False,
    links: Annotated[
        str | None,
        typer.Option("--links", help="Link figures to their files, with this before submissions/ (Markdown)."),
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show our own systems beside rank 1, the baseline and published models, with the wins counted."""
    from semeval_emo.leaderboard.ours_vs_board import results
    from semeval_emo.report import results as view

    board = load_board(task, quiet=quiet)
    asked = [track] if track else list(board.task.tracks)
    found = [one for key in asked if (one := results(board, key, names=system or ())) is not None]
    if not found:
        where = f"track {track.upper()}" if track else board.task.title
        raise InputError(f"No system of ours has been submitted for {where}.", "`semeval-emo zoo submit` takes runs in")
    emit(
        lambda: view.to_dict(found),
        lambda: [view.summary(found, links)] if brief else view.tables(found, links),
        style,
        output,
    )
