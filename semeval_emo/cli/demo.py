"""The command `demo`: every step from a file to a rank on the built-in sample, as real command lines."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import output_to
from semeval_emo.cli.output import examples, show
from semeval_emo.errors import UsageError, install_line
from semeval_emo.files import make_folder, write_file
from semeval_emo.temporary import temporary_folder

EXAMPLES = examples("demo                 in a temporary folder", "demo -o demo         keep the files, to try more")

BAD = "pred_eng_a.csv"


@dataclass(frozen=True)
class Step:
    """One step: its purpose, the words of the command line, and the expected exit code."""

    purpose: str
    line: str
    exit_code: int = 0


STORY = (
    Step("You have a file of predictions. Is it valid?", f"validate {BAD}", 1),
    Step("What does one of the problems mean?", "explain E309"),
    Step("Fix it, in a new file; labels are never guessed:", f"fix {BAD} -o fixed"),
    Step("Is it valid now?", "validate fixed"),
    Step("Pack it for upload:", "pack fixed -o submission.zip"),
    Step("What is its score?", "score submission.zip"),
    Step("What is its rank? (On the small leaderboard of the sample, not that of SemEval.)",
         "leaderboard place submission.zip"),
)  # fmt: skip

YOURS = """The same for your own file:

  semeval-emo validate pred_eng.csv
  semeval-emo fix pred_eng.csv -o fixed
  semeval-emo pack fixed -o track_a.zip
  semeval-emo score fixed --gold FOLDER              a folder that holds track_a/test/eng.csv
  semeval-emo leaderboard place fixed --gold FOLDER

Gold labels from the Hugging Face hub, once, instead of --gold FOLDER:

{fetch}

More: semeval-emo --help, and --help after any command."""


def yours() -> str:
    """Return the commands for a file of one's own, which all work in this environment."""
    install = [] if find_spec("datasets") else [install_line("hub")]
    return YOURS.format(fetch="\n".join(f"  {line}" for line in (*install, "semeval-emo data fetch")))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(demo)


def demo(
    output: Annotated[
        Path | None,
        output_to("A new or empty folder, for the files of the demo. Default: a temporary one, removed at the end."),
    ] = None,
) -> None:
    """Try every step on the built-in sample, offline: validate, explain, fix, pack, score and rank a file."""
    from semeval_emo.data.sample import sample_folder
    from semeval_emo.task import load_task

    with _folder(output) as folder, contextlib.chdir(folder), _only_sample():
        write_file(Path(BAD), (sample_folder() / "predictions" / "mistakes" / BAD).read_bytes())
        show(f"{load_task('sample').title} is for trying the commands. Its scores are not SemEval results.")
        for number, step in enumerate(STORY, 1):
            show(f"\n=== {number}. {step.purpose}")
            _run(step)
    show(f"\n=== {yours()}")
    if output:
        show(f"\nThe files of this demo are in {output}.")


def _run(step: Step) -> None:
    from semeval_emo.cli.app import INTERRUPTED, main

    show(f"$ semeval-emo {step.line}")
    code = main(shlex.split(step.line))
    if code == INTERRUPTED:
        raise typer.Exit(code)
    if code != step.exit_code:
        raise RuntimeError(f"'semeval-emo {step.line}' exited with {code}, expected was {step.exit_code}")


@contextlib.contextmanager
def _folder(path: Path | None) -> Iterator[Path]:
    if path is None:
        with temporary_folder() as folder:
            yield folder
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} exists and is not an empty folder.", "name a new folder: --output demo")
    make_folder(path)
    yield path


@contextlib.contextmanager
def _only_sample() -> Iterator[None]:
    """Hide the user's settings (data, boards, tasks), so that the demo is the same everywhere."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SEMEVAL_EMO_")}
    try:
        yield
    finally:
        os.environ.update(kept)
