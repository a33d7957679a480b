"""The command `demo`: the whole story on the built-in sample, each step a real command line."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.errors import UsageError

EXAMPLES = """\b
Examples:
  semeval-emo demo                 in a temporary folder
  semeval-emo demo --into demo     keep the files, to go on trying
"""

BAD = "pred_eng_a.csv"


@dataclass(frozen=True)
class Step:
    """One step: what it is for, the command line as a person types it, and how it must end."""

    why: str
    line: str
    exit_code: int = 0


STORY = (
    Step("You have a file of predictions. Is it valid?", f"validate {BAD}", 1),
    Step("What is meant by one of these?", "explain E309"),
    Step("Mend it, into a new file; labels are never guessed:", f"fix {BAD} -o fixed"),
    Step("Is it valid now?", "validate fixed"),
    Step("Pack it as the platform wants it:", "pack fixed -o submission.zip"),
    Step("What does it score?", "score submission.zip"),
    Step("Where would that stand? (The sample's own small board, not SemEval's.)",
         "leaderboard place submission.zip"),
)  # fmt: skip

YOURS = """Your own file goes the same way:

  semeval-emo validate pred_eng.csv
  semeval-emo fix pred_eng.csv -o fixed
  semeval-emo pack fixed -o track_a.zip
  semeval-emo data fetch                         gold labels, once (or --gold FOLDER)
  semeval-emo score fixed
  semeval-emo leaderboard place fixed

More: semeval-emo --help, and --help after any command."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EXAMPLES)(demo)


def demo(
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", help="A new or empty folder for the files. Default: a temporary one, removed at the end."
        ),
    ] = None,
) -> None:
    """Show the whole story on the built-in sample, offline: check, mend, pack, score and place a file."""
    from semeval_emo.data.sample import sample_folder
    from semeval_emo.task import load_task

    with _folder(into) as folder, contextlib.chdir(folder), _only_the_sample():
        shutil.copyfile(sample_folder() / "predictions" / "mistakes" / BAD, BAD)
        typer.echo(f"{load_task('sample').title}: for trying things out. Nothing here is a result of SemEval.")
        for number, step in enumerate(STORY, 1):
            typer.echo(f"\n=== {number}. {step.why}")
            _do(step)
    typer.echo(f"\n=== {YOURS}")
    if into:
        typer.echo(f"\nThe files of this demo are in {into}.")


def _do(step: Step) -> None:
    from semeval_emo.cli.app import main

    typer.echo(f"$ semeval-emo {step.line}")
    code = main(shlex.split(step.line))
    if code != step.exit_code:
        raise RuntimeError(f"'semeval-emo {step.line}' exited {code}; the story needs {step.exit_code}")


@contextlib.contextmanager
def _folder(into: Path | None) -> Iterator[Path]:
    if into is None:
        with tempfile.TemporaryDirectory(prefix="semeval-emo-demo-") as folder:
            yield Path(folder)
        return
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(f"{into} is there already and is not an empty folder.", "name a new one: --into demo")
    into.mkdir(parents=True, exist_ok=True)
    yield into


@contextlib.contextmanager
def _only_the_sample() -> Iterator[None]:
    """Hides the person's own settings (data, boards, tasks), so that the story is the same everywhere."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SEMEVAL_EMO_")}
    try:
        yield
    finally:
        os.environ.update(kept)
