"""The commands `task list` and `task show`."""

from __future__ import annotations

from typing import Annotated

import typer

from semeval_emo.cli.options import Format, FormatOption, OutputOption, QuietOption
from semeval_emo.cli.output import CommandGroup, emit, examples, next_steps

group = typer.Typer(cls=CommandGroup, help="List and describe shared tasks.", no_args_is_help=True)

LIST_EXAMPLES = examples("task list", "task list --format json")
SHOW_EXAMPLES = examples("task show semeval-2018-ec", "task show sample", "task show my-task.toml --format json")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(group, name="task")


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
    task: Annotated[str, typer.Argument(metavar="TASK", help="The name of a task, or the path of its TOML file.")],
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
