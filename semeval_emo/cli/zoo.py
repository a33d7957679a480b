"""The commands `zoo`: list, show, train, predict, evaluate, tune, ensemble, export, card."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    Group,
    OutputOption,
    QuietOption,
    ReleaseOption,
    TaskOption,
    emit,
    note,
)
from semeval_emo.errors import InputError
from semeval_emo.files import write_lines

if TYPE_CHECKING:
    from semeval_emo.zoo.run import RunResult

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
    from semeval_emo.zoo.recipes import known_names

    return [name for name in known_names() if name.startswith(incomplete)]


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
) -> None:
    """Every recipe: what it trains, how large it is, how it selects, what was published."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.overview import overview
    from semeval_emo.zoo.recipes import list_recipes

    listed = overview(list_recipes(pattern), runs)
    emit(
        lambda: {"schema": "semeval-emo/zoo-list/1", "recipes": [view.listed_dict(one) for one in listed]},
        lambda: view.recipe_list(listed),
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
) -> None:
    """Everything about one recipe: data, model, what moves at which rate, how it is chosen."""
    from semeval_emo.report import zoo as view
    from semeval_emo.zoo.overview import overview
    from semeval_emo.zoo.recipes import load_recipe

    (one,) = overview([load_recipe(name, settings or ())], runs)
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
  semeval-emo zoo train smollm2-4layer --set train.batch=16 --set train.seed=1
  semeval-emo zoo train llama-4layer --set model.backbone=path/to/llama
  semeval-emo zoo train constant-all --data sample      without any data of your own
A run that was stopped, by Ctrl-C or otherwise, goes on with the same command.
"""
)
def train(
    name: NameArgument,
    track: TrackOption = None,
    language: LanguageOption = None,
    settings: SetOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Short for --set train.seed=N.")] = None,
    data: GoldOption = None,
    task: TaskOption = None,
    runs: RunsOption = Path("runs"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run and start anew.")] = False,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Train a recipe; end with a valid, scored and placed prediction file."""
    from semeval_emo.cli.progress import Progress
    from semeval_emo.zoo.recipes import load_recipe
    from semeval_emo.zoo.run import train as run
    from semeval_emo.zoo.selection import GO_ON, Stopped

    chosen = [*(settings or ()), *([f"train.seed={seed}"] if seed is not None else [])]
    recipe = load_recipe(name, chosen)
    watch = Progress(quiet)
    try:
        result = run(
            recipe, track=track, language=language, source=data, task=task, runs=runs, fresh=fresh, watch=watch
        )
    except KeyboardInterrupt as stopped:
        raise Stopped("stopped at once; the last checkpoint stays", GO_ON) from stopped
    finally:
        watch.end()
    _show(result, style, output, quiet)


def _show(result: RunResult, style: Format, output: Path | None, quiet: bool) -> None:
    """A finished run, and the next command."""
    from semeval_emo.report import runs as view

    if result.was_done:
        note(f"{result.folder.path} was done already; --fresh trains it anew", quiet)
    emit(lambda: view.run_dict(result), lambda: view.run_tables(result), style, output)
    if result.scorecard is not None:
        note(f"\nnext: semeval-emo score {result.folder.predictions} --ci", quiet)
    note(f"      semeval-emo pack {result.folder.predictions.parent} -o track_{result.folder.spec.track}.zip", quiet)


ModelArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or a model folder.")]


class Input(StrEnum):
    """How texts come."""

    csv = "csv"
    jsonl = "jsonl"
    lines = "lines"


class Answer(StrEnum):
    """What is said of each text."""

    probabilities = "probabilities"
    labels = "labels"
    jsonl = "jsonl"


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo predict runs/tfidf-logreg/eng texts.csv > prob_eng.csv
  semeval-emo zoo predict runs/tfidf-logreg/eng texts.csv --as labels --output pred_eng.csv
  echo "What a day!" | semeval-emo zoo predict runs/tfidf-logreg/eng --as jsonl
  semeval-emo zoo predict RUN texts.csv --as labels --thresholds RUN/tuned/thresholds.json
"""
)
def predict(
    run: ModelArgument,
    texts: Annotated[
        Path | None, typer.Argument(metavar="[TEXTS]", help="CSV with a column text, .jsonl, or .txt. Default: stdin.")
    ] = None,
    kind: Annotated[
        Input | None, typer.Option("--input", help="How texts come. Default: by the file's name; lines from stdin.")
    ] = None,
    answer: Annotated[Answer, typer.Option("--as", help="What is said of each text.")] = Answer.probabilities,
    thresholds: Annotated[
        Path | None, typer.Option("--thresholds", help="Thresholds of `zoo tune` instead of the model's own.")
    ] = None,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Predict texts with a trained model. Texts stream through, so files may be of any length."""
    from semeval_emo.zoo import predict as room
    from semeval_emo.zoo.model import load_model

    model = load_model(run, thresholds)
    with ExitStack() as stack:
        stream: IO[str] = sys.stdin
        if texts is not None:
            try:
                stream = stack.enter_context(texts.open(encoding="utf-8-sig", newline=""))
            except OSError as error:
                raise InputError(f"{texts} cannot be read: {error.strerror}.") from error
        chosen = kind or Input({".csv": "csv", ".jsonl": "jsonl"}.get(texts.suffix if texts else "", "lines"))
        predicted = room.predict(model, room.read_texts(stream, chosen.value, str(texts or "stdin")))
        emotions = model.space.emotions
        if answer is Answer.jsonl:
            lines = room.json_lines(emotions, predicted)
        else:
            lines = room.csv_lines(emotions, predicted, labels=answer is Answer.labels)
        if output is None:
            for line in lines:
                typer.echo(line)
        else:
            count = write_lines(output, lines) - (answer is not Answer.jsonl)
            note(f"{count:,} texts, written to {output}", quiet)


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo evaluate runs/tfidf-logreg/eng --split dev
  semeval-emo zoo evaluate runs/tfidf-logreg/eng --track c
"""
)
def evaluate(
    run: ModelArgument,
    track: TrackOption = None,
    language: LanguageOption = None,
    split: Annotated[str, typer.Option("--split", help="train, dev or test.")] = "test",
    release: ReleaseOption = None,
    data: GoldOption = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score a trained model on any split, language or release."""
    from semeval_emo.cli.progress import Progress
    from semeval_emo.report import scores as view
    from semeval_emo.task import load_task
    from semeval_emo.zoo.evaluate import evaluate as room

    watch = Progress(quiet)
    try:
        found = room(
            run, track=track, language=language, split=split, release=release, source=data, task=task, watch=watch
        )
    finally:
        watch.end()
    named = load_task(task or ("sample" if data == "sample" else None))
    emit(found.to_dict, lambda: view.signed(view.tables(found, named), found), style, output)


class Rule(StrEnum):
    """Which thresholds are written."""

    common = "global"
    per_label = "per-label"


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo tune runs/tfidf-logreg/eng
  semeval-emo zoo tune runs/tfidf-logreg/eng --rule global
  semeval-emo zoo tune runs/tfidf-logreg/eng --by folds/prob_eng.csv     out of fold, of train
"""
)
def tune(
    run: ModelArgument,
    rule: Annotated[
        Rule, typer.Option("--rule", help="What is written: one threshold for all, or one an emotion.")
    ] = Rule.per_label,
    split: Annotated[str, typer.Option("--split", help="Fit to this split's probabilities: dev; never test.")] = "dev",
    by: Annotated[
        Path | None, typer.Option("--by", help="Fit to this probability file, such as out-of-fold ones of train.")
    ] = None,
    shrink: Annotated[
        float | None,
        typer.Option("--shrink", help="Positives that weigh as much as the global one. Default: the recipe's (30)."),
    ] = None,
    data: GoldOption = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fit thresholds to a finished run, on dev or out of fold; write them and the predictions they give."""
    from semeval_emo.report import tuning as view
    from semeval_emo.zoo.tuning import tune_run

    found = tune_run(
        run, rule="global" if rule is Rule.common else "per_label", split=split, by=by, shrink=shrink, source=data,
        task=task,
    )  # fmt: skip
    emit(lambda: view.to_dict(found), lambda: view.tables(found), style, output)
    note(f"\nwritten: {found.predictions}\n         {found.thresholds}", quiet)
    note(f"next: semeval-emo score {found.predictions} --ci", quiet)


class Method(StrEnum):
    """How members are joined."""

    mean = "mean"
    weighted = "weighted"
    vote = "vote"


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
        Method, typer.Option("--method", help="Mean, mean with weights fitted on dev, or vote of yes and no.")
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
    from semeval_emo.cli.progress import Progress
    from semeval_emo.zoo.joining import ensemble_recipe
    from semeval_emo.zoo.run import train as run

    recipe = ensemble_recipe(members, name, method=method.value, settings=settings or (), runs=runs)
    result = run(recipe, source=data, task=task, runs=runs, fresh=fresh, watch=Progress(quiet))
    _show(result, style, output, quiet)


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo export runs/smollm2-4layer/eng --to my-model
  hf upload my-name/my-model my-model
"""
)
def export(
    run: ModelArgument,
    to: Annotated[Path, typer.Option("--to", help="A new folder.")],
    quiet: QuietOption = False,
) -> None:
    """Copy a run's model and its card into a folder ready for the hub."""
    from semeval_emo.zoo.export import export as room

    for name in room(run, to):
        typer.echo(to / name)
    note(f"\nnext: hf upload YOUR-NAME/{to.name} {to}", quiet)


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo card runs/tfidf-logreg/eng
"""
)
def card(run: ModelArgument) -> None:
    """Print a run's model card."""
    from semeval_emo.zoo.export import read_card

    typer.echo(read_card(run), nl=False)
