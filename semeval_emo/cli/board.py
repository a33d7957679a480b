"""What the commands of the leaderboard share: loading the board, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.common import note
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.leaderboard import Leaderboard


def known_lists(incomplete: str) -> list[str]:
    """Offers the shell the keys of the lists."""
    from semeval_emo.leaderboard import Leaderboard

    return [key for key in Leaderboard.load().lists if key.startswith(incomplete)]


OneListOption = Annotated[
    str | None,
    typer.Option("--list", autocompletion=known_lists, help="Key of the list. Default: official. Lists never mix."),
]
ExtraOption = Annotated[
    list[Path] | None,
    typer.Option("--extra", metavar="PATH", help="Further rows: a CSV file or a folder of them. Repeatable."),
]


def load_board(task: str | None, extra: list[Path] | None = None, quiet: bool = False) -> Leaderboard:
    """Loads the board of a task, and says on stderr what could not be read."""
    from semeval_emo.leaderboard import Leaderboard

    board = Leaderboard.load(task, extra=extra or ())
    if board.faults:
        lines = len({(fault.file, fault.line) for fault in board.faults})
        note(f"left out, as not sound: {plural(lines, 'line')}; semeval-emo leaderboard check says why", quiet)
    return board
