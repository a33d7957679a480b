"""The commands `zoo` that make runs: list, show, train, ensemble. Commands that take runs are in `zoo_runs`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from semeval_emo.cli import zoo_runs, zoo_series
from semeval_emo.cli.options import (
    ActivationOption,
    ColumnOption,
    Format,
    FormatOption,
    FreshOption,
    GoldOption,
    OrderOption,
    OutputOption,
    QuietOption,
    RecipeArgument,
    RecipeLanguageOption,
    RecipeLanguagesOption,
    RecipeTrackOption,
    RunsOption,
    SetOption,
    TaskOption,
    ThresholdsOption,
    TrainingDataOption,
    UnverifiedGoldOption,
    names_from,
)
from semeval_emo.cli.output import CommandGroup, emit, examples, next_steps, note, screen_width
from semeval_emo.errors import EmoError, UsageError

if TYPE_CHECKING:
    from semeval_emo.zoo.training.result import RunResult

# The field of a recipe that --unverified-gold sets, so that the run records it.
ACCEPT = "data.unverified_gold=true"

group = typer.Typer(
    name="zoo",
    cls=CommandGroup,
    help="Train and use models from recipes.",
    no_args_is_help=True,
    epilog=examples(
        "zoo list 'llama*'            recipes by name",
        "zoo show llama-4layer        everything about one recipe",
        "zoo train tfidf-logreg       train, predict, score, rank",
        "zoo train minilm-ft --set train.epochs=3 --language deu",
    ),
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for part in (zoo_series, zoo_runs):
        group.registered_commands += part.group.registered_commands
    app.add_typer(group)


@group.command("list", epilog=examples("zoo list", "zoo list 'llama*' --format markdown", "zoo list --gpu"))
def list_(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="Names to list, such as 'llama*'.")] = "*",
    gpu: Annotated[
        bool, typer.Option("--gpu", help="What recipes with weights from the hub take on a GPU: estimates.")
    ] = False,
    runs: RunsOption = Path("runs"),
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """List the recipes: trained layers, number of parameters, selection and scores."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.inference.overview import recipe_entries
    from semeval_emo.zoo.recipes.load import list_recipes

    broken: list[EmoError] = []
    listed = recipe_entries(list_recipes(pattern, on_error=broken.append), runs, on_error=broken.append)
    skipped = list(dict.fromkeys(error.message for error in broken))
    emit(
        lambda: {
            "schema": "semeval-emo/zoo-list/1",
            "recipes": [entry.to_dict() for entry in listed],
            "skipped": skipped,
        },
        lambda: [view.gpu_list(listed)] if gpu else view.recipe_list(listed),
        style,
        output,
        csv=lambda: view.gpu_list(listed) if gpu else view.recipe_rows(listed),
    )
    for reason in skipped:
        note(f"Left out: {reason}", quiet)


@group.command(
    epilog=examples(
        "zoo show llama-4layer-as-published", "zoo show llama-4layer --set groups.layers.lr=5e-6 --format json"
    )
)
def show(
    name: RecipeArgument,
    settings: SetOption = None,
    runs: RunsOption = Path("runs"),
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show a recipe: data, model, trained parameters and learning rates, selection."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.inference.overview import recipe_entries
    from semeval_emo.zoo.recipes.load import load_recipe

    (listed,) = recipe_entries([load_recipe(name, settings or ())], runs)
    emit(
        lambda: {"schema": "semeval-emo/zoo-show/1", **listed.to_dict()},
        lambda: view.recipe_details(listed),
        style,
        output,
    )


class ExperimentTracker(StrEnum):
    """Experiment trackers."""

    trackio = "trackio"
    tensorboard = "tensorboard"
    wandb = "wandb"
    mlflow = "mlflow"


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo train tfidf-logreg --language deu
  semeval-emo zoo train minilm-ft --set train.batch=32 --set train.seed=1
  semeval-emo zoo train llama-4layer --set model.backbone=path/to/llama
  semeval-emo zoo train constant-all --data sample      without any data of your own
  semeval-emo zoo train minilm-linear --data my.csv     your own texts and labels
  semeval-emo zoo train tfidf-char --track a --language all      a run per language, and one zip
  semeval-emo zoo train tfidf-char --language hau,yor --jobs 2
  semeval-emo zoo train gemma-ft --language all --seeds 3 --on slurm --slurm partition=gpu --slurm gpus-per-node=1
  semeval-emo zoo train tfidf-char --language all --shard 2/8    the second eighth of the runs
  semeval-emo zoo train minilm-ft --log-to tensorboard
  torchrun --nproc-per-node 2 -m semeval_emo zoo train minilm-ft     two processes
The same command resumes a run that was interrupted.
"""
)
def train(
    name: RecipeArgument,
    track: RecipeTrackOption = None,
    language: RecipeLanguagesOption = None,
    settings: SetOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Random seed. Same as --set train.seed=N.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N",
            help="Train with N random seeds: that of the recipe or of --seed, and the numbers after it.",
        ),
    ] = None,
    data: TrainingDataOption = None,
    column: ColumnOption = None,
    order: OrderOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    runs: RunsOption = Path("runs"),
    fresh: FreshOption = False,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Keep the runs of finished languages without checking their data.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N",
            help="Languages to train at the same time. Default: one per CPU core; 1 for models that need torch; all "
            "on a cluster.",
        ),
    ] = None,
    engine: Annotated[
        zoo_series.Engine,
        typer.Option("--on", help="Where to train: on this machine, or on a SLURM cluster as one job array."),
    ] = zoo_series.Engine.local,
    slurm: Annotated[
        list[str] | None,
        typer.Option(
            "--slurm", metavar="KEY=VALUE",
            help="An option of sbatch, such as partition=gpu or time=2:00:00, or a TOML file with a table [slurm]. "
            "Repeatable.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N",
            help="Train only the I-th of N parts of the runs. Default: that of this job in an array of SLURM or Grid "
            "Engine, else all.",
        ),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--zip",
            metavar="FILE",
            help="Zip file for several languages. Default: that of the task in RUNS/<recipe>, such as track_a.zip.",
        ),
    ] = None,
    tracker: Annotated[
        ExperimentTracker | None,
        typer.Option("--log-to", help="Log losses and metrics of each run to an experiment tracker, too."),
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:  # fmt: skip
    """Train a recipe; predict, validate, score and rank the test split.

    With several languages: a run per language, and a zip of all predictions. With a file of your own texts and labels
    (--data FILE): a random split into train, dev and test, which is stored with the run.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import own_data as own_view
    from semeval_emo.report.formats import render
    from semeval_emo.task import TASK_FILE
    from semeval_emo.zoo.distributed import is_main_process
    from semeval_emo.zoo.recipes.load import load_seeds
    from semeval_emo.zoo.selection.epochs import RESUME_HINT, TrainingStopped
    from semeval_emo.zoo.training.own import own_data
    from semeval_emo.zoo.training.train import train as train_one
    from semeval_emo.zoo.training.train import train_nonzero_rank

    recipes = load_seeds(
        name, 1 if seeds is None else seeds, settings=settings or (), seed=seed,
        more=[ACCEPT] if unverified_gold else [],
    )  # fmt: skip
    recipe = recipes[0]
    on_cluster = engine is zoo_series.Engine.slurm
    given = {
        "--jobs": jobs is not None, "--only-missing": only_missing, "--zip": archive is not None,
        "--seeds": seeds is not None, "--on slurm": on_cluster, "--shard": shard is not None,
    }  # fmt: skip
    of_series = [option for option, is_given in given.items() if is_given]
    if slurm and not on_cluster:
        raise UsageError("--slurm has options of jobs on a cluster.", "add --on slurm, or leave it out")
    own = own_data(
        data, runs, task=task, language=language, column=column, order=names_from(order),
        fresh=fresh and is_main_process(),
    )  # fmt: skip
    if own is not None and of_series:
        raise UsageError(f"Data of your own are trained in one run, without {' and '.join(of_series)}.", "leave it out")
    if own is not None:
        task, data, language = str(own.folder / TASK_FILE), None, None
        note(render([own_view.table(own)], "text", width=screen_width()) + "\n", quiet)
    if "," in (language or "") or language == "all" or of_series:
        zoo_series.train_many(
            recipes, language or recipe.data.language, track=track, source=data, task=task, runs=runs, fresh=fresh,
            only_missing=only_missing, jobs=jobs, archive=archive, shard=shard, slurm=slurm or (),
            on_cluster=on_cluster, log_to=tracker.value if tracker else None, style=style, output=output, quiet=quiet,
        )  # fmt: skip
        return
    progress = TerminalProgress(quiet)
    if not is_main_process():
        try:
            train_nonzero_rank(recipe, track=track, language=language, source=data, task=task, runs=runs)
        except EmoError as error:
            # The first process fails in the same way and prints the error.
            raise typer.Exit(error.exit_code) from error
        return
    try:
        result = train_one(
            recipe, track=track, language=language, source=data, task=task, runs=runs, fresh=fresh,
            log_to=tracker.value if tracker else None, progress=progress,
        )  # fmt: skip
    except KeyboardInterrupt as stopped:
        raise TrainingStopped("stopped; the last checkpoint is kept", RESUME_HINT) from stopped
    _show_run(result, style, output, quiet)


def _show_run(result: RunResult, style: Format, output: Path | None, quiet: bool) -> None:
    """Print a finished run and the next commands."""
    from semeval_emo.report import runs as view
    from semeval_emo.submission.packing import archive_name
    from semeval_emo.task import OWN_SPLIT

    if result.already_done:
        note(f"{result.folder.path} is already finished; --fresh trains it again.", quiet)
    emit(result.to_dict, lambda: view.run_tables(result), style, output, warnings=result.warnings)
    predictions, spec = result.folder.predictions, result.folder.spec
    steps: list[list[str | Path]] = [["pack", predictions.parent, "-o", archive_name([spec])]]
    if result.scorecard is not None:
        steps.insert(0, ["score", predictions, "--ci"])
    if spec.release == OWN_SPLIT:
        # Nothing of one's own data is handed in.
        steps[-1:] = [["analyse", predictions], ["zoo", "predict", result.folder.path, "What a day!"]]
    next_steps(*steps, quiet=quiet)


class EnsembleMethod(StrEnum):
    """How the members of an ensemble are combined."""

    mean = "mean"
    weighted = "weighted"
    vote = "vote"
    stack = "stack"
    best = "best"


@group.command(
    epilog=examples(
        "zoo ensemble runs/minilm-ft/eng runs/smollm2-full/eng --name pair",
        "zoo ensemble runs/minilm*/eng --name minilms --method weighted",
        "zoo ensemble runs/a/eng runs/b/eng --name pair --set threshold.rule=per_label",
    )
)
def ensemble(
    members: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Run folders, two or more.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the new run: RUNS/NAME/<language>.")],
    method: Annotated[
        EnsembleMethod,
        typer.Option(
            "--method",
            help="How to combine the members. Fitted on dev, or on folds if all members have them (stack requires it).",
        ),
    ] = EnsembleMethod.mean,
    settings: SetOption = None,
    data: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", metavar="FOLDER", help="Folder of all runs. Default: that of the members, else runs."),
    ] = None,
    fresh: FreshOption = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Combine finished runs into one, from their stored probabilities; score and rank it."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.data.sources import source_near
    from semeval_emo.zoo.inference.ensemble import ensemble_recipe
    from semeval_emo.zoo.runs.finished import FinishedRun, one_run
    from semeval_emo.zoo.runs.folder import folder_of_runs, resolve_task
    from semeval_emo.zoo.training.train import train as train_one

    members = [one_run(member) for member in members]
    key = FinishedRun.load(members[0]).task_key
    runs = folder_of_runs(members, key) if runs is None else runs
    every = [*(settings or ()), *([ACCEPT] if unverified_gold else [])]
    recipe = ensemble_recipe(members, name, method=method.value, settings=every, runs=runs)
    chosen = resolve_task(task, data, key, members[0])
    data = source_near(members[0]) if data is None else data
    result = train_one(
        recipe, source=data, task=task or chosen, runs=runs, fresh=fresh, progress=TerminalProgress(quiet)
    )
    _show_run(result, style, output, quiet)


@group.command(
    epilog=examples(
        "zoo adopt my-roberta --language eng",
        "zoo adopt someone/emotion-model --language deu --name theirs --tune per-label",
        "zoo adopt checkpoint-500 --language eng --order anger,fear,joy,sadness,surprise --thresholds 0.4",
    )
)
def adopt(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A Hugging Face classification model: a folder, or owner/name.")
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the new run: RUNS/NAME/<language>. Default: MODEL's.")
    ] = "",
    track: RecipeTrackOption = None,
    language: RecipeLanguageOption = None,
    order: OrderOption = None,
    activation: ActivationOption = None,
    thresholds: ThresholdsOption = None,
    rule: Annotated[
        zoo_runs.ThresholdRule | None,
        typer.Option("--tune", help="Tune thresholds on dev: one for all emotions or one for each. Default: 0.5."),
    ] = None,
    data: TrainingDataOption = None,
    column: ColumnOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    runs: RunsOption = Path("runs"),
    fresh: FreshOption = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make a run of a Hugging Face model of your own: predict, score and place it without training it.

    Labels are joined by name; labels that the task does not have are left out. Every command that takes a run takes
    the new one, and the same command resumes it.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.task import TASK_FILE
    from semeval_emo.zoo.inference.adopt import adopt_recipe, adopted_run_name
    from semeval_emo.zoo.runs.folder import resolve_task
    from semeval_emo.zoo.training.own import own_data
    from semeval_emo.zoo.training.train import train as train_one

    if thresholds and rule:
        raise UsageError("Thresholds are given or tuned, not both.", "omit --thresholds or --tune")
    name = adopted_run_name(model, name)
    own = own_data(data, runs, task=task, language=language, column=column, fresh=fresh)
    if own is not None:
        task, data, language = str(own.folder / TASK_FILE), None, None
    recipe = adopt_recipe(
        model, name, resolve_task(task, data), track=track, language=language, order=names_from(order),
        activation=activation, thresholds=thresholds, rule=RULES[rule],
        unverified_gold=unverified_gold, progress=TerminalProgress(quiet),
    )  # fmt: skip
    result = train_one(recipe, source=data, task=task, runs=runs, fresh=fresh, progress=TerminalProgress(quiet))
    _show_run(result, style, output, quiet)


RULES: dict[zoo_runs.ThresholdRule | None, Literal["fixed", "global", "per_label"]] = {
    None: "fixed", zoo_runs.ThresholdRule.common: "global", zoo_runs.ThresholdRule.per_label: "per_label",
}  # fmt: skip
