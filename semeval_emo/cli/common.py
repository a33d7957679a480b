"""What every command shares: options, output, errors, exit codes.

A command parses, calls the API, hands the result to `emit` and exits. Results go to stdout,
progress and notes to stderr.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from semeval_emo.files import write_file

if TYPE_CHECKING:
    from semeval_emo.report.table import Table


class Group(TyperGroup):
    """A group whose help shows the first sentence of every command whole, where the usual one cuts it off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the list of commands."""
        shown = [(name, child) for name, child in self.commands.items() if not child.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, child.get_short_help_str(limit=1000)) for name, child in shown])


class Format(StrEnum):
    """How a result is printed."""

    text = "text"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    latex = "latex"


class IntervalKind(StrEnum):
    """How a bootstrap interval is made."""

    bca = "bca"
    percentile = "percentile"


def known(kind: str) -> Callable[[str], list[str]]:
    """Offers the shell what the default task knows: its tracks, languages or releases."""

    def offer(incomplete: str) -> list[str]:
        from semeval_emo.task import load_task

        return [key for key in getattr(load_task(), kind) if key.startswith(incomplete)]

    return offer


def known_splits(incomplete: str) -> list[str]:
    """Offers the shell the splits."""
    from semeval_emo.task import SPLITS

    return [split for split in SPLITS if split.startswith(incomplete)]


def _known_tasks(incomplete: str) -> list[str]:
    from semeval_emo.task import task_files

    return [name for name in task_files() if name.startswith(incomplete)]


TrackOption = Annotated[
    str | None,
    typer.Option(
        "--track", "-t", autocompletion=known("tracks"), help="Track: a, b or c. Default: from ids and names."
    ),
]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language", "-l", autocompletion=known("languages"), help="Language code. Default: from ids and names."
    ),
]
SplitOption = Annotated[
    str | None,
    typer.Option("--split", autocompletion=known_splits, help="train, dev or test. Default: from ids."),
]
ReleaseOption = Annotated[
    str | None,
    typer.Option(
        "--release", autocompletion=known("releases"), help="Release of the data. Default: 2025, the competition."
    ),
]
TaskOption = Annotated[
    str | None,
    typer.Option(
        "--task", autocompletion=_known_tasks, help="Task: task11, sample, or a TOML file. Default: that of the files."
    ),
]
GoldOption = Annotated[
    str | None,
    typer.Option(
        "--gold", "--data",
        help="Folder with gold labels, 'hub' or 'sample'. Default: $SEMEVAL_EMO_DATA, the fetched cache, the hub.",
    ),
]  # fmt: skip
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
OutputOption = Annotated[Path | None, typer.Option("--output", help="Write the result to this file, not the screen.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of everything random.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on stderr.")]


# The options that select files of a task, in a command decorated by `which_file`.
SelectorOptions = Any
_SELECTOR = {
    "track": TrackOption,
    "language": LanguageOption,
    "split": SplitOption,
    "release": ReleaseOption,
    "task": TaskOption,
}


def which_file(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that select files of the task, in place of its parameter `selector`.

    Typer takes options from the signature of a function, one by one.
    """
    own = inspect.signature(command, eval_str=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _SELECTOR.items()
    ]
    parameters: list[inspect.Parameter] = []
    for one in own.parameters.values():
        parameters += options if one.name == "selector" else [one.replace(kind=inspect.Parameter.KEYWORD_ONLY)]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        from semeval_emo.task import Selector

        command(selector=Selector(**{name: given.pop(name) for name in _SELECTOR}), **given)

    # What Typer reads; functools.wraps has set the other one.
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def note(message: str, quiet: bool = False) -> None:
    """Says something on stderr that is not part of the result."""
    if not quiet:
        typer.echo(message, err=True)


def found_here(doing: str, quiet: bool, otherwise: str = "") -> list[str]:
    """The prediction files that are meant where a command was given none, and says which.

    Args:
        doing: what is done with them, such as ``scoring``.
        otherwise: a folder to look into where this one has none.

    Raises:
        InputError: there is none.
    """
    from semeval_emo.submission.read import find_predictions

    where, found = find_predictions(otherwise)
    names = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    note(f"No path given: {doing} the prediction files of {where}: {names}.\n", quiet)
    return found


def emit(
    payload: dict[str, Any] | Callable[[], dict[str, Any]],
    tables: Sequence[Table] | Callable[[], Sequence[Table]],
    style: Format,
    output: Path | None = None,
    text: str | None = None,
) -> None:
    """Prints a result, or writes it to a file whole or not at all.

    Args:
        payload: the JSON form; its ``schema`` key names the layout and its version.
        tables: the tables, or a function that makes them (not called for JSON).
        text: what the ``text`` format prints instead of the tables.
    """
    if style is Format.json:
        from semeval_emo.report.formats import dump_json

        body = dump_json(payload() if callable(payload) else payload)
    elif style is Format.text and text is not None:
        body = text
    else:
        from semeval_emo.report.table import render

        made = tables() if callable(tables) else tables
        # A file outlives this terminal: it is written at full width and without escapes.
        on_screen = output is None
        body = render(made, style.value, width=screen_width() if on_screen else None, colour=on_screen and has_colour())
    if output is None:
        typer.echo(body)
    else:
        write_file(output, body + "\n")
        # As a note of a room is told, which --quiet keeps from the screen wherever it stands.
        logging.getLogger("semeval_emo").info("written to %s", output)


def screen_width() -> int | None:
    """Columns that a line may have: those of the terminal, or of $COLUMNS; None where neither sets a limit."""
    limited = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return max(40, shutil.get_terminal_size().columns) if limited else None


def has_colour() -> bool:
    """True where terminal escapes make sense: a terminal, and no wish against them (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """True where progress bars make sense."""
    return sys.stderr.isatty()
