"""The command `semeval-emo`: its groups, and what happens when something goes wrong."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from semeval_emo.errors import EmoError

app = typer.Typer(
    name="semeval-emo",
    help="Check, mend, score and place predictions for SemEval-2025 Task 11 (BRIGHTER), and train models for it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
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
) -> None:
    pass


def run() -> None:
    """Entry point of the console script. Never shows a traceback for a person's mistake."""
    # Importing the groups registers their commands; each imports its room only when called.
    from semeval_emo.cli import register

    register(app)
    try:
        app()
    except EmoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has gone; not an error of ours.
        sys.stderr.close()
        sys.exit(0)


__all__ = ["app", "run"]
