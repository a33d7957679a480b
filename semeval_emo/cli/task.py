"""The commands `task list`, `task show`, `task new` and `task check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli import bundle
from semeval_emo.cli.options import ForceOption, Format, FormatOption, OutputOption, QuietOption, output_to
from semeval_emo.cli.output import CommandGroup, emit, examples, next_steps, note
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.task import FileSpec

group = typer.Typer(cls=CommandGroup, help="List, describe, make and check shared tasks.", no_args_is_help=True)

LIST_EXAMPLES = examples("task list", "task list --format json")
SHOW_EXAMPLES = examples("task show semeval-2018-ec", "task show sample", "task show my-task.toml --format json")
NEW_EXAMPLES = examples("task new my-data/ -o my-task.toml", "task new my-data/", "task new sample -o my-task.toml")
CHECK_EXAMPLES = examples("task check my-task.toml", "task check my-task.toml my-data/", "task check goemotions")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    bundle.register(group)
    app.add_typer(group, name="task")


TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="The name of a task, or the path of its TOML file.")]


@group.command("list", epilog=LIST_EXAMPLES)
def list_tasks(style: FormatOption = Format.text, output: OutputOption = None, quiet: QuietOption = False) -> None:
    """List the tasks that are known here: the shipped ones, those of $SEMEVAL_EMO_TASKS and those of runs/."""
    from semeval_emo.report import tasks as view
    from semeval_emo.task import known_tasks

    known = list(known_tasks())
    emit(
        lambda: {"schema": "semeval-emo/task-list/1", "tasks": [view.summary(name, task) for name, task in known]},
        lambda: [view.task_table(known)],
        style,
        output,
    )
    next_steps(["task", "show", known[0][0]], quiet=quiet)


@group.command("show", epilog=SHOW_EXAMPLES)
def show_task(
    task: TaskArgument,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Describe a task: its tracks, labels, languages and splits, and how its files look."""
    from semeval_emo.report import tasks as view
    from semeval_emo.task import load_task

    chosen = load_task(task)
    emit(lambda: view.payload(task, chosen), lambda: view.tables(chosen), style, output)
    specs = chosen.specs(chosen.default_release, split="test")
    if specs:
        spec = specs[0]
        words = ["--task", task, "--track", spec.track, "--language", spec.language]
        next_steps(["validate", spec.file_name, "--task", task], _train(spec, words), quiet=quiet)


def _train(spec: FileSpec, options: Sequence[str]) -> list[str]:
    """Return the words of a command that trains a small model: logistic regression, or ridge for degrees."""
    return ["zoo", "train", "tfidf-ridge" if len(spec.values) > 2 else "tfidf-logreg", *options]


@group.command("new", epilog=NEW_EXAMPLES)
def new_task(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="The data of the task: a folder, a file, or 'sample'.")
    ],
    output: Annotated[
        Path | None, output_to("Default: the name of the folder, such as my-data.toml; its name is that of the task.")
    ] = None,
    force: ForceOption = False,
    style: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Write the file of a new task from a folder of its data, with every guess marked.

    It says how files are named and written, the labels, tracks, languages and splits, and has the ids and hashes of the
    data, but no texts and no labels. Ids without a form are written to the folder ids/ next to it.
    """
    from semeval_emo.data.new_task import draft_task
    from semeval_emo.data.sources import sources
    from semeval_emo.report import tasks as view

    root = sources(folder)[0].root
    path = output or Path(f"{root.resolve().stem}.toml")
    draft = draft_task(root, path)
    written = draft.write(path, force)
    emit(lambda: view.draft_payload(draft, path, written), lambda: view.draft_tables(draft), style)
    note(
        f"\nWritten: {path}" + (f" and {plural(len(written) - 1, 'list')} of ids." if len(written) > 1 else "."), quiet
    )
    steps = [["task", "check", str(path), folder if folder == "sample" else str(draft.root)]]
    whole = draft.trainable()
    if whole is not None:
        words = ["--task", str(path), "--track", whole.track, "--language", whole.language]
        steps.append(_train(whole, words))
    elif root.is_file():
        # A file without splits is split by `zoo train`.
        steps.append(["zoo", "train", "tfidf-logreg", "--data", folder])
    next_steps(*steps, quiet=quiet)


@group.command("check", epilog=CHECK_EXAMPLES)
def check(
    task: TaskArgument,
    folder: Annotated[
        str | None, typer.Argument(metavar="FOLDER", help="The data of the task, to compare with, or 'sample'.")
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check a task file: what it leaves out, and what a folder of its data says otherwise."""
    from dataclasses import asdict

    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.data.sources import sources
    from semeval_emo.data.task_check import check_task
    from semeval_emo.report import tasks as view
    from semeval_emo.task import load_task

    chosen = load_task(task)
    problems = check_task(chosen, sources(folder)[0].root if folder else None, TerminalProgress(quiet))
    valid = not any(problem.level == "error" for problem in problems)
    emit(
        lambda: {
            "schema": "semeval-emo/task-check/1",
            "task": chosen.key,
            "valid": valid,
            "problems": [asdict(problem) for problem in problems],
        },
        lambda: [view.problem_table(chosen, problems)],
        style,
        output,
        text=None if problems else f"{chosen.title}: no problems found.",
    )
    if not valid:
        raise typer.Exit(1)
