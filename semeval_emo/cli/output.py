"""Output of every command: results on stdout or in a file, notes, errors and next steps on stderr."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from semeval_emo.cli.options import Format
from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.text import RED, next_line, painted

if TYPE_CHECKING:
    from semeval_emo.report.table import Table
    from semeval_emo.task import Task


LATEX_TABLE: ContextVar[tuple[str, str]] = ContextVar("LATEX_TABLE", default=("", ""))
"""Caption and label of the first LaTeX table of the running command; empty for the defaults."""


class CommandGroup(TyperGroup):
    """A group of commands whose help shows the first sentence of every command in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        shown = [(name, child) for name, child in self.commands.items() if not child.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, child.get_short_help_str(limit=1000)) for name, child in shown])


def examples(*lines: str) -> str:
    """Return the end of a help text: example commands, each as the words after ``semeval-emo``."""
    return "\n".join(["\b", "Examples:", *(f"  semeval-emo {line}".rstrip() for line in lines), ""])


def emit(
    payload: dict[str, Any] | Callable[[], dict[str, Any]],
    tables: Sequence[Table] | Callable[[], Sequence[Table]],
    style: Format,
    output: Path | None = None,
    *,
    text: str | Callable[[int | None, bool], str] | None = None,
    csv: Callable[[], Table] | None = None,
    warnings: Sequence[str] = (),
) -> None:
    """Print a result, or write it to a file atomically.

    Args:
        payload: the JSON form; its ``schema`` key names the layout and its version.
        tables: the tables, or a function that makes them; not called for JSON.
        text: what the ``text`` format prints instead of the tables: a string, or a function of the
            width of the terminal (None for no limit) and of whether it may use colour.
        csv: makes the table that the ``csv`` format prints instead of the tables.
        warnings: sentences that every format begins with; CSV has them in a column, JSON under a key.
    """
    # Files are written at full width and without escapes, whatever the terminal is.
    width = screen_width() if output is None else None
    colour = output is None and has_colour(sys.stdout)
    if style is Format.json:
        from semeval_emo.report.formats import dump_json

        made_payload = payload() if callable(payload) else payload
        body = dump_json(made_payload | ({"warnings": list(warnings)} if warnings else {}))
    elif style is Format.text and text is not None:
        body = text(width, colour) if callable(text) else text
    else:
        from semeval_emo.report.formats import render
        from semeval_emo.report.table import with_warnings

        made = [csv()] if style is Format.csv and csv else tables() if callable(tables) else tables
        if warnings and style is Format.csv:
            made = [with_warnings(table, warnings) for table in made]
        caption, label = LATEX_TABLE.get()
        body = render(made, style.value, width=width, colour=colour, caption=caption, label=label)
    if warnings:
        from semeval_emo.report.formats import heads

        body = heads(warnings, style.value, width) + body
    if output is None:
        show(body)
    else:
        # The reader of a FIFO may have closed it.
        with suppress(BrokenPipeError):
            write_file(output, body + "\n")
        # Logged, not printed: --quiet silences it wherever it is in the command line.
        logging.getLogger("semeval_emo").info("Written to %s.", output)


def refuse_inputs_as_outputs(outputs: Sequence[Path], inputs: Sequence[str]) -> None:
    """Refuse to write a result over a file that the command reads.

    Args:
        outputs: the files that the command would write.
        inputs: files and folders that it reads, and words that are not paths. In a folder, only files of data are
            protected, such as predictions: the folder may hold the result of an earlier run.

    Raises:
        UsageError: an output is an input.
    """
    for output in outputs:
        with suppress(OSError, ValueError):
            if output.is_file() and any(_is_input(output, Path(path)) for path in inputs):
                raise UsageError(f"{output} is the input, which is never overwritten.", "choose another name")


def _is_input(output: Path, path: Path) -> bool:
    if not path.is_dir():
        return path.exists() and path.samefile(output)
    if not output.resolve().is_relative_to(path.resolve()):
        return False
    with output.open("rb") as stream:
        return stream.readline(1000).lstrip(b'\xef\xbb\xbf"').lower().startswith(b"id")


def show(text: object) -> bool:
    """Print a part of the result on stdout; return whether somebody reads it.

    If the reader of a pipe has closed it (``| head``), this, later parts and notes are discarded, and the command
    goes on: its exit code is that of its result.

    Raises:
        InputError: stdout cannot be written.
    """
    try:
        typer.echo(text)
    except OSError as error:
        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            discard(sys.stderr)
        else:
            raise stdout_error(error) from error
        return False
    return True


def stdout_error(error: OSError) -> InputError:
    """Return the error of a stdout that cannot be written."""
    return InputError(f"stdout cannot be written: {error.strerror}.", "redirect it to another place")


def note(message: str, quiet: bool = False) -> None:
    """Print a note on stderr, if anyone reads it."""
    if not quiet:
        try:
            typer.echo(message, err=True)
        except OSError:
            discard(sys.stderr)


def discard(stream: IO[str]) -> None:
    """Let nothing more be written to a stream that cannot be written, not even what is buffered, at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def fail(message: str) -> None:
    """Print an error on stderr, its first word in red on a terminal."""
    head, colon, rest = message.partition(":")
    note(f"{painted(head + colon, RED, on=has_colour(sys.stderr))}{rest}")


def next_steps(*commands: Sequence[str | os.PathLike[str]], quiet: bool = False) -> None:
    """Print on stderr the commands that usually come next, each as the words after ``semeval-emo``."""
    note("\n" + "\n".join(next_line(*words) for words in commands), quiet)


def default_paths(doing: str, quiet: bool, task: Task | str | None = None) -> list[str]:
    """Return the prediction files to use when no path is given, and name them on stderr.

    Args:
        doing: what the command does with them, such as ``scoring``.
        task: the task whose layout has the names of the files.

    Raises:
        InputError: there is none, neither in this folder nor in ``submissions``.
    """
    from semeval_emo.submission.read import find_predictions

    where, paths = find_predictions("submissions", task)
    names = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    note(f"No path given: {doing} the prediction files of {where}: {names}.\n", quiet)
    return paths


def screen_width() -> int | None:
    """Return the columns of the terminal, or $COLUMNS; None where neither sets a limit."""
    limited = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return max(40, shutil.get_terminal_size().columns) if limited else None


def has_colour(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal that may show colours (see https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
