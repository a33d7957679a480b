"""The commands `task list`, `task show` and `task check`."""

from __future__ import annotations

from typing import Annotated

import typer

from semeval_emo.cli.options import Format, FormatOption, OutputOption, QuietOption
from semeval_emo.cli.output import CommandGroup, emit, examples, next_steps

group = typer.Typer(cls=CommandGroup, help="List, describe and check shared tasks.", no_args_is_help=True)

LIST_EXAMPLES = examples("task list", "task list --format json")
SHOW_EXAMPLES = examples("task show semeval-2018-ec", "task show sample", "task show my-task.toml --format json")

CHECK_EXAMPLES = examples("task check my-task.toml", "task check my-task.toml my-data/", "task check goemotions")


def register(app: typer.Typer) -> None:
    """Add these commands."""
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
        next_steps(["validate", spec.file_name], ["zoo", "train", "tfidf-logreg", *words], quiet=quiet)


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
