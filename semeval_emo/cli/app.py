"""The command `semeval-emo`: its groups, old spellings, errors and exit codes.

Exit codes: 0 success, 1 problems found or --fail-under missed, 2 wrong usage, 3 input missing or
unreadable, 70 a bug, 128 + n ended by signal n (130: Ctrl-C). A traceback is shown only with --debug.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from semeval_emo.cli import register
from semeval_emo.cli.latex_options import add_latex_options
from semeval_emo.cli.output import CommandGroup, discard, fail, note, refuse_inputs_as_outputs, stdout_error

# `run` is also imported by console scripts of earlier versions.
from semeval_emo.cli.start import INTERRUPTED, run
from semeval_emo.errors import EmoError, InputError

if TYPE_CHECKING:
    from typer.core import TyperGroup

DEBUG_VARIABLE = "SEMEVAL_EMO_DEBUG"
BUG = 70

app = typer.Typer(
    name="semeval-emo",
    cls=CommandGroup,
    help="Validate, fix, score and rank predictions for SemEval-2025 Task 11 (BRIGHTER) and other multi-label "
    "tasks, and train models for them.",
    epilog="Exit codes: 0 success, 1 problems found or --fail-under missed, 2 wrong usage, 3 input missing or "
    "unreadable, 70 a bug.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    # Plain help starts twice as fast as rich's, and does not read "[hub]" as markup.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(shown: bool) -> None:
    if shown:
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
def _registered() -> typer.Typer:
    register(app)
    return app


@cache
def command(name: str = "") -> TyperGroup:
    """Return the whole command; the code of a group is imported when one of its commands runs.

    Args:
        name: a word. If it is a command that is in no group, the result has only this one: to create the options of all
            takes as long as to validate a file.
    """
    from typer.main import get_command

    whole = _registered()
    commands, groups = whole.registered_commands, whole.registered_groups
    only = [each for each in commands if name and name == (each.name or getattr(each.callback, "__name__", ""))]
    if only:
        whole.registered_commands, whole.registered_groups = only, []
    try:
        group = cast("TyperGroup", get_command(whole))
    finally:
        whole.registered_commands, whole.registered_groups = commands, groups
    _protect_inputs(group)
    add_latex_options(group)
    return group


OUTPUTS = ("output", "save_report", "archive")
# Options with files that a command reads, besides its arguments.
INPUTS = ("gold", "data", "extra", "by", "thresholds", "probabilities")


def _protect_inputs(group: Any) -> None:
    """Let every command refuse to write over a file that it reads."""
    for child in group.commands.values():
        if hasattr(child, "commands"):
            _protect_inputs(child)
            continue
        names = [param.name for param in child.params if param.param_type_name == "argument" or param.name in INPUTS]
        child.callback = _protected(child.callback, names)


def _protected(call: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    @wraps(call)
    def checked(**values: Any) -> Any:
        # Here typer has not converted the words to paths.
        if outputs := [Path(values[name]) for name in OUTPUTS if values.get(name)]:
            given = [values[name] for name in names if values.get(name)]
            inputs = [path for each in given for path in (each if isinstance(each, list | tuple) else [each])]
            refuse_inputs_as_outputs(outputs, list(map(str, inputs)))
        return call(**values)

    return checked


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        args: the words after ``semeval-emo``; None takes them from the process.
    """
    words = list(sys.argv[1:] if args is None else args)
    # Users add --debug after a command has failed, so it may be anywhere in the line.
    debug = "--debug" in words or os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
    words = [word for word in words if word != "--debug"]
    quiet = "--quiet" in words or "-q" in words
    _show_log(quiet)
    words, renamed = modern(words)
    for old, new in renamed:
        note(f"note: {old} is now {new}", quiet)
    try:
        result = command(words[0] if words else "").main(words, prog_name="semeval-emo", standalone_mode=False)
    except EmoError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except SystemExit as ended:
        # Typer exits with 1 if the reader of a pipe (head, less) has closed it.
        if isinstance(ended.__context__, BrokenPipeError):
            discard(sys.stdout)
            return 0
        raise
    except OSError as error:
        if debug:
            traceback.print_exc()
        if not error.filename and {"-h", "--help", "--version"} & set(words):
            # Typer prints these itself.
            discard(sys.stdout)
            return _fail(str(stdout_error(error)), InputError.exit_code)
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _fail(f"the operating system reports: {reason}.", InputError.exit_code)
    except Exception as error:
        # Some libraries raise another error when they are interrupted.
        if not _is_interrupt(error):
            return _bug(error, debug)
        result = INTERRUPTED
    # Typer returns this exit code for an interrupt, too.
    if result == INTERRUPTED:
        note("interrupted.")
    return result if isinstance(result, int) else 0


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether an error was caused by an interrupt."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


# Old spellings of options, by command.
RENAMED = {
    ("fix",): {"--out": "--output"},
    ("pack",): {"--out": "--output"},
    ("compare",): {"--runs": "--one-recipe"},
    ("analyse",): {"--most": "--limit"},
    ("zoo", "tune"): {"--rule": "--threshold-rule"},
    ("zoo", "submit"): {"--to": "--output"},
    ("zoo", "export"): {"--to": "--output"},
    ("demo",): {"--into": "--output"},
}
# Commands whose --output was the file of the report; it is still, next to an old name of the output.
OLD_REPORT = {("fix",): ("--out", "-o"), ("pack",): ("--out", "-o"), ("zoo", "submit"): ("--to",)}


def modern(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return a command line with present option names, and the (old, new) names that were replaced.

    >>> modern(["pack", "pred_eng.csv", "--out=a.zip"])
    (['pack', 'pred_eng.csv', '--output=a.zip'], [('--out', '--output')])
    """
    end = words.index("--") if "--" in words else len(words)
    path = tuple(words[: 2 if words[:1] == ["zoo"] else 1])
    names = [word.partition("=")[0] for word in words[:end]]
    new_names = dict(RENAMED.get(path, {}))
    if "--output" in names and any(old in names for old in OLD_REPORT.get(path, ())):
        new_names["--output"] = "--save-report"
    if path == ("zoo", "ensemble") and "--name" not in names:
        new_names["-o"] = "--name"
    replaced = dict.fromkeys((name, new_names[name]) for name in names if name in new_names)
    for at, name in enumerate(names):
        if name in new_names:
            words[at] = new_names[name] + words[at].removeprefix(name)
    return words, list(replaced)


class _LogHandler(logging.Handler):
    """Prints log records of the package on stderr, such as that labels are being fetched."""

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


def _show_log(quiet: bool) -> None:
    log = logging.getLogger("semeval_emo")
    log.handlers = [_LogHandler()]
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def _fail(message: str, code: int) -> int:
    fail(f"error: {message}")
    return code


def _usage(error: typer.TyperException) -> int:
    """Report a command line that cannot be parsed, in the form of every other error."""
    message = error.format_message()
    if message.startswith("Usage:"):
        # A group without a command: the message is its help.
        note(message)
        return error.exit_code
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "semeval-emo"
    stop = "" if message.endswith((".", "?", ")")) else "."
    return _fail(f"{message}{stop}\n  fix: see {path} --help", error.exit_code)


def _bug(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    details = "the lines above" if debug else f"the output of the same command with --debug (or {DEBUG_VARIABLE}=1)"
    return _fail(
        f"this is a bug in semeval-emo, not in your files: {type(error).__name__}: {error}\n"
        f"  fix: please report it to the project with the command and {details}",
        BUG,
    )


__all__ = ["app", "command", "main", "run"]
