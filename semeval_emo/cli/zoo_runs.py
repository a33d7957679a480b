"""The commands `zoo` that take finished runs: predict, evaluate, tune, submit, export, card."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    OutputOption,
    QuietOption,
    ReleaseOption,
    TaskOption,
    emit,
    note,
)
from semeval_emo.cli.zoo import LanguageOption, TrackOption, group
from semeval_emo.errors import InputError
from semeval_emo.files import write_lines

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


class Precision(StrEnum):
    """What a network computes in."""

    fp32 = "fp32"
    bf16 = "bf16"


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
        Path | None,
        typer.Argument(
            metavar="[TEXTS]", help="CSV or TSV with a column text, JSON lines, or text lines. Default, and -: stdin."
        ),
    ] = None,
    kind: Annotated[
        Input | None, typer.Option("--input", help="How texts come. Default: by the file's name, or by the first line.")
    ] = None,
    answer: Annotated[Answer, typer.Option("--as", help="What is said of each text.")] = Answer.probabilities,
    thresholds: Annotated[
        Path | None, typer.Option("--thresholds", help="Thresholds of `zoo tune` instead of the model's own.")
    ] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(help="bf16 is faster where the machine has units for it. Default: as the model was trained."),
    ] = None,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Predict texts with a trained model. Texts stream through, so files may be of any length."""
    from semeval_emo.zoo.dataset.texts import LineReader, detect_format, format_from_name, read_texts
    from semeval_emo.zoo.inference import predict as room
    from semeval_emo.zoo.runs.model import load_model

    model = load_model(run, thresholds, precision.value if precision else None)
    texts = None if texts == Path("-") else texts
    with ExitStack() as stack:
        stream: IO[Any] | None = sys.stdin
        if texts is not None:
            try:
                stream = stack.enter_context(texts.open("rb"))
            except OSError as error:
                raise InputError(f"{texts} cannot be read: {error.strerror}.") from error
        elif stream is None:
            raise InputError("stdin is closed, so there are no texts.", "name a file of texts")
        elif stream.isatty():
            note("one text a line; Ctrl-D ends", quiet)
        lines = LineReader(stream, str(texts or "stdin"))
        first = lines.peek()
        chosen = kind.value if kind else format_from_name(lines.name)
        if not chosen:
            chosen = detect_format(first)
            if seen := {"csv": "a header with a column 'text': CSV", "jsonl": "JSON: one object a line"}.get(chosen):
                note(f"{lines.name} begins like {seen}; --input lines reads one text a line", quiet)
        predicted = room.predict(model, read_texts(lines, chosen, lines.name), waits=lines.waits)
        emotions = model.space.emotions
        if answer is Answer.jsonl:
            said = room.json_lines(emotions, predicted)
        else:
            said = room.csv_lines(emotions, predicted, labels=answer is Answer.labels)
        if output is None:
            for line in said:
                typer.echo(line)
        else:
            count = write_lines(output, said) - (answer is not Answer.jsonl)
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
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import scores as view
    from semeval_emo.zoo.inference.evaluate import evaluate as room
    from semeval_emo.zoo.runs.tasks import resolve_task

    progress = TerminalProgress(quiet)
    try:
        found = room(
            run, track=track, language=language, split=split, release=release, source=data, task=task, progress=progress
        )
    finally:
        progress.finish()
    named = resolve_task(task, data, found.cards[0].spec.task)
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
        Rule | None,
        typer.Option(
            "--rule", help="What is written: one threshold for all, or one per emotion. Default: the best out of fold."
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="Fit to dev or folds; never test. Default: folds where the run chose by them."),
    ] = None,
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
    from semeval_emo.zoo.inference.tune import tune_run

    found = tune_run(
        run, rule="global" if rule is Rule.common else "per_label" if rule else None, split=split, by=by,
        shrink=shrink, source=data, task=task,
    )  # fmt: skip
    emit(lambda: view.to_dict(found), lambda: view.tables(found), style, output)
    note(f"\nwritten: {found.predictions}\n         {found.thresholds}", quiet)
    note(f"next: semeval-emo score {found.predictions} --ci", quiet)


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo submit runs/tfidf-char --to submissions/tfidf-char
  semeval-emo zoo submit runs/tfidf-* --to submissions/ngrams --best-on-dev
  semeval-emo zoo submit runs/minilm-ft/eng runs/minilm-ft/deu --to submissions/minilm
"""
)
def submit(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN ...", help="Run folders, or folders of them.")],
    to: Annotated[Path, typer.Option("--to", help="The system's folder; its name is the system's.")],
    title: Annotated[str, typer.Option("--title", help="What the system is. Default: its recipe's title.")] = "",
    best_on_dev: Annotated[
        bool, typer.Option("--best-on-dev", help="Of several runs for one language, take the better one on dev.")
    ] = False,
    data: GoldOption = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Take the predictions of finished runs into a system's folder, with how each was made and what it scored.

    The system is then on the board's list `zoo` and in `leaderboard ours`.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report.zoo_results import submit_tables
    from semeval_emo.zoo.inference.submit import submit as room

    progress = TerminalProgress(quiet)
    try:
        found = room(runs, to, title=title, best_on_dev=best_on_dev, source=data, task=task, progress=progress)
    finally:
        progress.finish()
    emit(found.to_dict, lambda: submit_tables(found), style, output)
    for reason in found.left:
        note(f"left out: {reason}", quiet)
    note(f"\nwritten: {found.system.path} ({len(found.system.files)} files)", quiet)
    note(f"next: semeval-emo validate {found.system.path}", quiet)
    note("      semeval-emo leaderboard ours", quiet)


@group.command(
    epilog="""\b
Examples:
  semeval-emo zoo export runs/mpnet-ft/eng --to my-model
  hf upload my-name/my-model my-model
"""
)
def export(
    run: ModelArgument,
    to: Annotated[Path, typer.Option("--to", help="A new folder.")],
    quiet: QuietOption = False,
) -> None:
    """Copy a run's model and its card into a folder ready for the hub."""
    from semeval_emo.zoo.inference.export import export as room

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
    from semeval_emo.zoo.inference.export import read_card

    typer.echo(read_card(run), nl=False)
