"""The commands `zoo` that take finished runs: predict, evaluate, tune, submit, export, card, results."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from semeval_emo.cli.options import (
    ActivationOption,
    ColumnOption,
    Format,
    FormatOption,
    GoldOption,
    ModelArgument,
    OrderOption,
    OutputOption,
    QuietOption,
    RecipeLanguageOption,
    RecipeTrackOption,
    ReleaseOption,
    RunArgument,
    RunsArgument,
    SaveReportOption,
    TaskOption,
    ThresholdsOption,
    UnverifiedGoldOption,
    known_splits,
    names_from,
    output_to,
)
from semeval_emo.cli.output import emit, examples, next_steps, note, show
from semeval_emo.errors import UsageError
from semeval_emo.files import shipped, shown_path, write_lines
from semeval_emo.text import plural

# `zoo` adds these commands to its own.
group = typer.Typer()


class InputFormat(StrEnum):
    """Format of the texts to predict."""

    csv = "csv"
    jsonl = "jsonl"
    lines = "lines"


class Prediction(StrEnum):
    """What is printed for each text."""

    text = "text"
    probabilities = "probabilities"
    labels = "labels"
    jsonl = "jsonl"


class Precision(StrEnum):
    """Number format of a network's computations."""

    fp32 = "fp32"
    bf16 = "bf16"


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo predict runs/tfidf-logreg/eng "I am so happy" "Oh no."
  semeval-emo zoo predict runs/tfidf-logreg/eng texts.csv > prob_eng.csv
  semeval-emo zoo predict runs/tfidf-logreg/eng texts.csv --as labels --output pred_eng.csv
  semeval-emo zoo predict runs/tfidf-logreg/eng texts.csv --keep-text --top 2 -o top.parquet
  echo "What a day!" | semeval-emo zoo predict runs/tfidf-logreg/eng --as jsonl
  semeval-emo zoo predict RUN texts.csv --as labels --thresholds anger=0.35,fear=0.5
"""
)
def predict(
    run: ModelArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXTS",
            help="A file of texts: CSV or TSV with a column text, Parquet, JSON lines, or one text per line. Or texts, "
            "in quotes. Default, also as -: stdin.",
        ),
    ] = None,
    kind: Annotated[
        InputFormat | None,
        typer.Option("--input", help="Format of the file. Default: by its name, or by its first line."),
    ] = None,
    column: ColumnOption = None,
    prediction: Annotated[
        Prediction | None,
        typer.Option("--as", help="What to print for each text. Default: text for texts, probabilities for a file."),
    ] = None,
    keep_text: Annotated[bool, typer.Option("--keep-text", help="Write the texts, too.")] = False,
    top: Annotated[
        int,
        typer.Option("--top", metavar="N", min=0, help="Only the N highest probabilities of each text. 0 shows all."),
    ] = 0,
    thresholds: ThresholdsOption = None,
    order: OrderOption = None,
    activation: ActivationOption = None,
    task: TaskOption = None,
    precision: Annotated[
        Precision | None,
        typer.Option(help="Number format. bf16 is faster if the hardware supports it. Default: as in training."),
    ] = None,
    output: Annotated[
        Path | None, output_to("A name that ends in .jsonl or .parquet sets the format. Default: stdout.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Predict emotions of texts with a trained model, or with a Hugging Face classification model of your own.

    Files are read and predicted in chunks, so they may have any length.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.zoo.inference.predict import (
        OutputColumns,
        csv_lines,
        json_lines,
        predict_file,
        predict_texts,
        source_of,
        write_parquet,
    )
    from semeval_emo.zoo.runs.model import load_model

    source = source_of(texts or ())
    if isinstance(source, list) and (kind or column):
        option = "--input" if kind else "--column"
        raise UsageError(f"{option} is for a file of texts, and texts are given.", f"omit {option}, or name a file")
    suffix = output.suffix.lower() if output is not None else ""
    if suffix in (".xlsx", ".xls") or (suffix == ".json" and prediction is None):
        raise UsageError(f"{output} would be no {suffix[1:]} file.", "name it .csv, .jsonl or .parquet")
    if prediction is None and suffix in (".jsonl", ".ndjson"):
        prediction = Prediction.jsonl
    elif prediction is None:
        prediction = Prediction.text if isinstance(source, list) and not suffix else Prediction.probabilities
    if suffix == ".parquet" and prediction in (Prediction.text, Prediction.jsonl):
        raise UsageError(f"{output} is a Parquet file, not {prediction.value}.", "--as labels or --as probabilities")
    if top and prediction is Prediction.labels:
        raise UsageError("--top shows probabilities, not labels.", "leave out --as labels")
    model = load_model(
        run, thresholds, precision.value if precision else None, order=names_from(order),
        activation=activation, task=task, progress=TerminalProgress(quiet),
    )  # fmt: skip
    if isinstance(source, list):
        predictions = predict_texts(model, source)
    else:
        predictions = predict_file(model, source, kind.value if kind else None, lambda text: note(text, quiet), column)
    emotions = model.space.emotions
    columns = OutputColumns(prediction is Prediction.labels, keep_text, min(top, len(emotions)))
    if prediction is Prediction.text:
        from semeval_emo.report.predictions import prediction_table

        emit({}, [prediction_table(model, list(predictions), top)], Format.text, output)
    elif output is None:
        lines = json_lines(predictions, columns) if prediction is Prediction.jsonl else None
        for line in lines or csv_lines(emotions, predictions, columns):
            if not show(line):
                break
    else:
        if suffix == ".parquet":
            count = write_parquet(output, emotions, predictions, columns)
        elif prediction is Prediction.jsonl:
            count = write_lines(output, json_lines(predictions, columns))
        else:
            count = write_lines(output, csv_lines(emotions, predictions, columns)) - 1
        note(f"{plural(count, 'text')}, written to {output}.", quiet)


@group.command(
    epilog=examples(
        "zoo evaluate runs/tfidf-logreg/eng --split dev",
        "zoo evaluate runs/tfidf-logreg/eng --track c",
        "zoo evaluate runs/tfidf-logreg/eng --data labelled.csv     texts and labels of your own",
        "zoo evaluate my-roberta --language eng --order anger,fear,joy,sadness,surprise",
    )
)
def evaluate(
    run: ModelArgument,
    track: RecipeTrackOption = None,
    language: RecipeLanguageOption = None,
    split: Annotated[
        str,
        typer.Option(
            "--split", metavar="SPLIT", autocompletion=known_splits, help="A split of the task, such as test."
        ),
    ] = "test",
    release: ReleaseOption = None,
    thresholds: ThresholdsOption = None,
    order: OrderOption = None,
    activation: ActivationOption = None,
    data: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score a trained model on any split, language or release, or on a labelled file of your own (--data FILE)."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import scores as view
    from semeval_emo.zoo.inference.evaluate import evaluate as evaluate_run
    from semeval_emo.zoo.runs.folder import resolve_task

    scores = evaluate_run(
        run, track=track, language=language, split=split, release=release, source=data, task=task,
        unverified_gold=unverified_gold, thresholds=thresholds, order=names_from(order),
        activation=activation, progress=TerminalProgress(quiet),
    )  # fmt: skip
    chosen = resolve_task(task, data, scores.cards[0].spec.task)
    emit(
        scores.to_dict,
        lambda: view.signed(view.tables(scores, chosen), scores),
        style,
        output,
        warnings=scores.warnings,
    )


class ThresholdRule(StrEnum):
    """Which thresholds are fitted."""

    common = "global"
    per_label = "per-label"


@group.command(
    epilog=examples(
        "zoo tune runs/tfidf-logreg/eng",
        "zoo tune runs/tfidf-logreg/eng --threshold-rule global",
        "zoo tune runs/tfidf-logreg/eng --by folds/prob_eng.csv     out-of-fold probabilities of train",
    )
)
def tune(
    run: RunArgument,
    rule: Annotated[
        ThresholdRule | None,
        typer.Option(
            "--threshold-rule",
            help="One threshold for all emotions or one for each. Default: the best out of fold.",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="SPLIT",
            help="A split of the task, such as test. Thresholds are fitted on dev or on folds. "
            "Default: folds if the run selected by them, else dev.",
        ),
    ] = None,
    by: Annotated[
        Path | None,
        typer.Option("--by", metavar="FILE", help="Fit to this probability file, such as out-of-fold ones of train."),
    ] = None,
    shrink: Annotated[
        float | None,
        typer.Option(
            "--shrink",
            metavar="N",
            help="Shrinkage of thresholds per emotion towards the global one, as a number of positive texts. "
            "Default: the recipe's, or 30.",
        ),
    ] = None,
    data: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fit thresholds of a finished run on dev or out of fold; write thresholds and predictions."""
    from semeval_emo.report import tuning as view
    from semeval_emo.zoo.inference.tune import tune_run

    chosen: Literal["global", "per_label"] | None = None
    if rule is not None:
        chosen = "global" if rule is ThresholdRule.common else "per_label"
    tuned = tune_run(
        run, rule=chosen, split=split, by=by, shrink=shrink, source=data, task=task, unverified_gold=unverified_gold
    )
    emit(tuned.to_dict, lambda: view.tables(tuned), style, output, warnings=tuned.warnings)
    note(f"\nWritten: {tuned.predictions}\n         {tuned.thresholds}", quiet)
    next_steps(["score", tuned.predictions, "--ci"], quiet=quiet)


@group.command(
    epilog=examples(
        "zoo submit runs/tfidf-char -o submissions/tfidf-char",
        "zoo submit runs/tfidf-* -o submissions/ngrams --best-on-dev",
        "zoo submit runs/minilm-ft/eng runs/minilm-ft/deu -o submissions/minilm",
    )
)
def submit(
    runs: RunsArgument,
    output: Annotated[Path, output_to("A folder, whose name is the name of the system.")],
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="Title of the system. Default: the title of its recipe.")
    ] = "",
    best_on_dev: Annotated[
        bool,
        typer.Option("--best-on-dev", help="Take the best on dev of several runs for a language and the file there."),
    ] = False,
    data: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    save_report: SaveReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Copy the predictions of finished runs to the folder of a system, with provenance and scores.

    The system is then on the leaderboard list `zoo` and in `leaderboard ours`.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report.runs import submit_tables
    from semeval_emo.task import known_tasks, load_task, task_near
    from semeval_emo.zoo.inference.submit import submit as submit_runs

    submitted = submit_runs(
        runs, output, title=title, best_on_dev=best_on_dev, source=data, task=task,
        unverified_gold=unverified_gold, progress=TerminalProgress(quiet),
    )  # fmt: skip
    emit(
        submitted.to_dict,
        lambda: submit_tables(submitted),
        style,
        save_report,
        warnings=submitted.warnings,
    )
    for reason in submitted.skipped:
        note(f"Left out: {reason}", quiet)
    note(f"\nWritten: {submitted.system.path} ({plural(len(submitted.system.files), 'file')}).", quiet)
    system = submitted.system
    name = next((name for name, known in known_tasks() if known.key == system.task), "")
    near = None if name else task_near(runs[0])
    named = ["--task", name] if name and system.task != load_task().key else []
    steps: list[list[str | Path]] = [["validate", system.path]]
    if near is not None and near.file is not None:
        steps[0] += ["--task", shown_path(near.file)]
    if system.path.resolve().parent == shipped("submissions").resolve():
        steps.append(["leaderboard", "ours", *named])
    next_steps(*steps, quiet=quiet)


@group.command(
    epilog=examples(
        "zoo export runs/mpnet-ft/eng -o my-model",
        "zoo export runs/mpnet-ft/eng --push my-name/my-model --dry-run",
        "zoo export runs/mpnet-ft/eng --push my-name/my-model --licence apache-2.0",
    )
)
def export(
    run: RunArgument,
    output: Annotated[Path | None, output_to("A new folder. Default: none is kept with --push.")] = None,
    push: Annotated[
        str | None,
        typer.Option(
            "--push",
            metavar="REPO",
            help="Upload the model to this repository of the Hugging Face hub, such as my-name/my-model. It is created "
            "as a private one if it is new. The token is that of $HF_TOKEN or of `hf auth login`.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the files and sizes, but write and upload nothing.")
    ] = False,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            metavar="ID",
            help="Licence in the model card: an identifier of the hub, such as mit. Default: that of the weights, or "
            "unknown.",
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Copy the model of a run and its model card into a folder for the Hugging Face hub, or upload it."""
    from semeval_emo.temporary import temporary_folder
    from semeval_emo.zoo.inference.export import export_run
    from semeval_emo.zoo.inference.push import check_card, check_target
    from semeval_emo.zoo.inference.push import push as upload

    if output is None and push is None:
        raise UsageError("zoo export needs a folder or a repository.", "name one: --output FOLDER or --push REPO")
    if push is not None:
        check_target(push, with_token=not dry_run)
    with temporary_folder() as scratch:
        folder = scratch / "model" if output is None or dry_run else output
        sizes = {name: (folder / name).stat().st_size for name in export_run(run, folder, licence or "")}
        total = f"{plural(len(sizes), 'file')}, {sum(sizes.values()):,} bytes"
        if push is not None:
            check_card(folder)
        if dry_run:
            for name, size in sizes.items():
                show(f"{size:>13,}  {name}")
            what = f"uploaded to {push}" if push is not None else "written"
            note(f"\n{total}. Nothing was {what} (--dry-run).", quiet)
            return
        if output is not None:
            for name in sizes:
                show(output / name)
        if push is not None:
            note(f"Uploading {total} ...", quiet)
            show(upload(folder, push))
        elif output is not None:
            note(f"\nUpload it with: semeval-emo zoo export {run} --push YOUR-NAME/{output.name}", quiet)


@group.command(epilog=examples("zoo card runs/tfidf-logreg/eng"))
def card(run: RunArgument, output: OutputOption = None, quiet: QuietOption = False) -> None:
    """Print the model card of a run."""
    from semeval_emo.zoo.runs.model import read_card

    emit({}, [], Format.text, output, text=read_card(run).removesuffix("\n"))


@group.command(
    epilog=examples("zoo results runs/*/eng", "zoo results runs/tfidf-char/deu runs/tfidf-logreg/deu --format latex")
)
def results(
    runs: RunsArgument,
    data: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Compare finished runs on the same file, with intervals and costs.

    Runs that differ only in the random seed share a row.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report.runs import comparison_tables
    from semeval_emo.zoo.inference.results import compare_runs

    compared = compare_runs(
        runs, source=data, task=task, unverified_gold=unverified_gold, progress=TerminalProgress(quiet)
    )
    emit(compared.to_dict, lambda: comparison_tables(compared), style, output, warnings=compared.warnings)
    for reason in compared.skipped:
        note(f"Left out: {reason}", quiet)
