"""The command `semeval-emo`: its groups, and what happens when something goes wrong.

Owns the exit code: 0 fine, 1 problems found or a floor missed, 2 usage, 3 input missing or
unreadable, 70 a bug, 130 interrupted. A person never sees a traceback unless they ask for one.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, cast

import typer

from semeval_emo.cli import register
from semeval_emo.cli.common import Group
from semeval_emo.errors import EmoError, InputError

if TYPE_CHECKING:
    from typer.core import TyperGroup

DEBUG_VARIABLE = "SEMEVAL_EMO_DEBUG"
BUG = 70
INTERRUPTED = 130

app = typer.Typer(
    name="semeval-emo",
    cls=Group,
    help="Check, mend, score and place predictions for SemEval-2025 Task 11 (BRIGHTER), and train models for it.",
    epilog="Exit codes: 0 fine, 1 problems found or a floor missed, 2 usage, 3 input missing or unreadable, 70 a bug.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    # Plain help starts twice as fast as rich's, and shows "[hub]" instead of taking it for markup.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from semeval_emo import __version__

        typer.echo(f"semeval-emo {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help=f"Show the traceback of a bug (or set ${DEBUG_VARIABLE}=1).")
    ] = False,
) -> None:
    pass


@cache
def command() -> TyperGroup:
    """The whole command with every group; each group imports its room only when called."""
    from typer.main import get_command

    register(app)
    return cast("TyperGroup", get_command(app))


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code.

    Args:
        args: the words after ``semeval-emo``; None takes them from the process.
    """
    words = list(sys.argv[1:] if args is None else args)
    # Wanted after a command has failed, so it may stand anywhere in the line.
    debug = "--debug" in words or os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
    words = [word for word in words if word != "--debug"]
    _hear_rooms("--quiet" in words or "-q" in words)
    try:
        result = command().main(words, prog_name="semeval-emo", standalone_mode=False)
    except EmoError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted.", INTERRUPTED, "")
    except SystemExit as ended:
        # Typer ends the process with 1 where the reader of a pipe has left.
        if isinstance(ended.__context__, BrokenPipeError):
            return _reader_gone()
        raise
    except OSError as error:
        if debug:
            traceback.print_exc()
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _fail(f"the system refused: {what}.", InputError.exit_code)
    except Exception as error:
        return _bug(error, debug)
    return result if isinstance(result, int) else 0


class _Notes(logging.Handler):
    """Shows on stderr what the rooms log, such as that labels are being fetched."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(record.getMessage(), err=True)


def _hear_rooms(quiet: bool) -> None:
    log = logging.getLogger("semeval_emo")
    log.handlers = [_Notes()]
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def _fail(message: str, code: int, head: str = "error: ") -> int:
    typer.echo(f"{head}{message}", err=True)
    return code


def _usage(error: typer.TyperException) -> int:
    """A command line that cannot be read, in the words of every other error."""
    message = error.format_message()
    if message.startswith("Usage:"):
        # A group without a command: the message is its help.
        return _fail(message, error.exit_code, "")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "semeval-emo"
    stop = "" if message.endswith((".", "?", ")")) else "."
    return _fail(f"{message}{stop}\n  fix: see {path} --help", error.exit_code)


def _bug(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    how = "the lines above" if debug else f"what the same command prints with --debug (or {DEBUG_VARIABLE}=1)"
    return _fail(
        f"this is a bug in semeval-emo, not in your files: {type(error).__name__}: {error}\n"
        f"  fix: please report it to the project with the command and {how}",
        BUG,
    )


def _reader_gone() -> int:
    """The reader of a pipe (head, less) has left; that is no error, and nothing may be flushed to it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def run() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark, not a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(main())


__all__ = ["app", "command", "main", "run"]
