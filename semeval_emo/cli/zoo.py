"""The commands `zoo` that make runs: list, show, train, ensemble. Those that take one are in `zoo_runs`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    Group,
    OutputOption,
    QuietOption,
    TaskOption,
    emit,
    note,
)
from semeval_emo.cli.zoo_series import is_series, train_series
from semeval_emo.errors import EmoError

if TYPE_CHECKING:
    from semeval_emo.zoo.training.train import RunResult

group = typer.Typer(
    name="zoo",
    cls=Group,
    help="Models that train with one command: recipes, training, prediction.",
    no_args_is_help=True,
    epilog="""\b
Examples:
  semeval-emo zoo list 'llama*'            recipes by name
  semeval-emo zoo show llama-4layer        everything about one
  semeval-emo zoo train tfidf-logreg       train, predict, score, place
  semeval-emo zoo train minilm-ft --set train.epochs=3 --language deu
""",
)


def _names(incomplete: str) -> list[str]:
    from semeval_emo.zoo.recipes.load import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


NameArgument = Annotated[str, typer.Argument(metavar="NAME", autocompletion=_names, help="A recipe, or its TOML file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a field, such as train.epochs=2. Repeatable; recorded."),
]
RunsOption = Annotated[Path, typer.Option("--runs", help="The folder of all runs.")]
TrackOption = Annotated[str | None, typer.Option("--track", "-t", help="Track: a, b or c. Default: the recipe's.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", "-l", help="Language code, such as eng. Default: the recipe's.")
]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    # It puts its commands into the group below, so it can only be imported once that is there.
    from semeval_emo.cli import zoo_results, zoo_runs

    assert zoo_runs.group is zoo_results.group is group
    app.add_typer(group)


@group.command(
    "list",
    epilog="""\b
Examples:
  semeval-emo zoo list
  semeval-emo zoo list 'llama*' --format markdown
""",
)
def list_(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A glob over names.")] = "*",
    runs: RunsOption = Path("runs"),
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Every recipe: what it trains, how large it is, how it selects, what was published."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.inference.overview import recipe_entries
    from semeval_emo.zoo.recipes.load import list_recipes

    listed = recipe_entries(list_recipes(pattern), runs)
    emit(
        lambda: {"schema": "semeval-emo/zoo-list/1", "recipes": [view.listed_dict(one) for one in listed]},
        lambda: [view.recipe_rows(listed)] if style is Format.csv else view.recipe_list(listed),
        style,
        output,
    )


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo show llama-4layer-as-published
  semeval-emo zoo show llama-4layer --set groups.layers.lr=5e-6 --format json
"""
)
def show(
    name: NameArgument,
    settings: SetOption = None,
    runs: RunsOption = Path("runs"),
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Everything about one recipe: data, model, what moves at which rate, how it is chosen."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.inference.overview import recipe_entries
    from semeval_emo.zoo.recipes.load import load_recipe

    (one,) = recipe_entries([load_recipe(name, settings or ())], runs)
    emit(
        lambda: {"schema": "semeval-emo/zoo-show/1", **view.listed_dict(one)},
        lambda: view.recipe_sheet(one),
        style,
        output,
    )


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo train tfidf-logreg --language deu
  semeval-emo zoo train minilm-ft --set train.batch=32 --set train.seed=1
  semeval-emo zoo train llama-4layer --set model.backbone=path/to/llama
  semeval-emo zoo train constant-all --data sample      without any data of your own
  semeval-emo zoo train tfidf-char --track a --language all      a run each, and one zip
  semeval-emo zoo train tfidf-char --language hau,yor --jobs 2
  torchrun --nproc-per-node 2 -m semeval_emo zoo train minilm-ft     two processes
A run that was stopped, by Ctrl-C or otherwise, goes on with the same command.
"""
)
def train(
    name: NameArgument,
    track: TrackOption = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", "-l", help="Language code, several with commas between, or all. Default: the recipe's."
        ),
    ] = None,
    settings: SetOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Short for --set train.seed=N.")] = None,
    data: GoldOption = None,
    task: TaskOption = None,
    runs: RunsOption = Path("runs"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run and start anew.")] = False,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Leave finished languages alone, without a look at their data.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", help="Languages at a time. Default: one a core; 1 for models that need torch."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option("--zip", help="Where the zip of several languages goes. Default: RUNS/<recipe>/track_<t>.zip."),
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Train a recipe; end with a valid, scored and placed prediction file, or with a zip of many languages."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.zoo.distributed import is_main_process
    from semeval_emo.zoo.recipes.load import load_recipe
    from semeval_emo.zoo.selection.epochs import RESUME_HINT, TrainingStopped
    from semeval_emo.zoo.training.train import train as run
    from semeval_emo.zoo.training.train import train_nonzero_rank

    chosen = [*(settings or ()), *([f"train.seed={seed}"] if seed is not None else [])]
    recipe = load_recipe(name, chosen)
    if is_series(language, only_missing, jobs, archive):
        train_series(
            recipe, language, track=track, data=data, task=task, runs=runs, fresh=fresh, only_missing=only_missing,
            jobs=jobs, archive=archive, style=style, output=output, quiet=quiet,
        )  # fmt: skip
        return
    if not is_main_process():
        try:
            train_nonzero_rank(recipe, track=track, language=language, source=data, task=task, runs=runs)
        except EmoError as error:
            # The first process meets the same and says why.
            raise typer.Exit(error.exit_code) from error
        return
    progress = TerminalProgress(quiet)
    try:
        result = run(
            recipe, track=track, language=language, source=data, task=task, runs=runs, fresh=fresh, progress=progress
        )
    except KeyboardInterrupt as stopped:
        raise TrainingStopped("stopped at once; the last checkpoint stays", RESUME_HINT) from stopped
    finally:
        progress.finish()
    _show(result, style, output, quiet)


def _show(result: RunResult, style: Format, output: Path | None, quiet: bool) -> None:
    """A finished run, and the next command."""
    from semeval_emo.report import runs as view

    if result.already_done:
        note(f"{result.folder.path} was done already; --fresh trains it anew", quiet)
    emit(lambda: view.run_dict(result), lambda: view.run_tables(result), style, output)
    if result.scorecard is not None:
        note(f"\nnext: semeval-emo score {result.folder.predictions} --ci", quiet)
    note(f"      semeval-emo pack {result.folder.predictions.parent} -o track_{result.folder.spec.track}.zip", quiet)


class Method(StrEnum):
    """How members are joined."""

    mean = "mean"
    weighted = "weighted"
    vote = "vote"
    stack = "stack"
    best = "best"


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo ensemble runs/minilm-ft/eng runs/smollm2-full/eng -o pair
  semeval-emo zoo ensemble runs/minilm*/eng -o minilms --method weighted
  semeval-emo zoo ensemble runs/a/eng runs/b/eng -o pair --set threshold.rule=per_label
"""
)
def ensemble(
    members: Annotated[list[Path], typer.Argument(metavar="RUN RUN ...", help="Run folders, two or more.")],
    name: Annotated[str, typer.Option("--name", "-o", metavar="NAME", help="The run's name: RUNS/NAME/<language>.")],
    method: Annotated[
        Method,
        typer.Option("--method", help="Fitted on dev, or by folds where all members have them (stack must)."),
    ] = Method.mean,
    settings: SetOption = None,
    data: GoldOption = None,
    task: TaskOption = None,
    runs: RunsOption = Path("runs"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run of this name.")] = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Join finished runs into one, from their stored probabilities; end with a scored and placed file."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.zoo.inference.ensemble import ensemble_recipe, task_of_run
    from semeval_emo.zoo.runs.tasks import resolve_task
    from semeval_emo.zoo.training.train import train as run

    recipe = ensemble_recipe(members, name, method=method.value, settings=settings or (), runs=runs)
    chosen = resolve_task(task, data, task_of_run(members[0]))
    result = run(recipe, source=data, task=chosen, runs=runs, fresh=fresh, progress=TerminalProgress(quiet))
    _show(result, style, output, quiet)
