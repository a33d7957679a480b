"""The command `score`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    IntervalKind,
    OutputOption,
    QuietOption,
    SeedOption,
    SelectorOptions,
    emit,
    found_here,
    has_colour,
    note,
    screen_width,
    which_file,
)
from semeval_emo.errors import InputError

if TYPE_CHECKING:
    from semeval_emo.scoring.scorecard import Scores


EXAMPLES = """\b
Examples:
  semeval-emo score pred_eng.csv
  semeval-emo score pred_eng.csv --ci
  semeval-emo score pred_eng.csv --track a --fail-under macro_f1=0.7
  semeval-emo score track_a.zip --gold data/
  semeval-emo score submissions/ --per-emotion
  semeval-emo score track_b/ --rounding organisers --format csv
"""


class Rounding(StrEnum):
    """Whose decimals are shown."""

    organisers = "organisers"
    codabench = "codabench"


class Rule(StrEnum):
    """What Pearson makes of a constant column."""

    codabench = "codabench"
    organisers = "organisers-2025"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EXAMPLES)(score)


@which_file
def score(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Prediction files, folders or zips. Default: those of this folder, else of submissions/."),
    ] = None,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    per_emotion: Annotated[
        bool, typer.Option("--per-emotion", "-e", help="Also show every emotion, where there are many files.")
    ] = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIGURE=VALUE",
            help="Exit 1 where a file misses a floor, such as macro_f1=0.7 or f1.anger=0.5 (a ceiling for errors).",
        ),
    ] = None,
    rounding: Annotated[Rounding | None, typer.Option(help="Round as that official scorer does.")] = None,
    rule: Annotated[
        Rule, typer.Option(help="Pearson of a constant column: codabench makes it 0, organisers-2025 nan.")
    ] = Rule.codabench,
    ci: Annotated[bool, typer.Option("--ci", help="Also show how sure each figure is: bootstrap intervals.")] = False,
    interval: Annotated[IntervalKind, typer.Option(help="With --ci: how intervals are made.")] = IntervalKind.bca,
    resamples: Annotated[int, typer.Option(help="With --ci: bootstrap resamples.")] = 10_000,
    seed: SeedOption = 12345,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score predictions against the gold labels of their release.

    Track, language and split come from ids and names. The official figure comes first, then every other;
    files of several languages are averaged over the languages that were scored, and over all of the track.

    Exits 1 where a file cannot be scored or a floor is missed, 3 where gold labels are missing.
    """
    from semeval_emo.report import score_notes
    from semeval_emo.scoring.fail_under import Threshold
    from semeval_emo.scoring.scorer import score as score_files

    thresholds = [Threshold.parse(text) for text in fail_under or []]
    given = paths or found_here("scoring", quiet, otherwise="submissions")
    result = score_files(
        given,
        source=gold,
        **selector.keywords,
        rule=rule.value,
        rounding=rounding.value if rounding else "",
        strict=False,
    )
    if ci:
        from semeval_emo.scoring.score_intervals import with_intervals

        result = with_intervals(
            result, resamples=resamples, seed=seed, method=interval.value, source=gold, task=selector.task
        )
    missed = [line for threshold in thresholds for line in threshold.failures(result.cards)]
    for line in score_notes.notes(result, screen_width() or 100):
        note(f"{line}\n", quiet)
    if result.cards or style is Format.json:
        _show(result, selector.task, per_emotion, style, output)
    for line in missed:
        typer.echo(f"missed: {line}", err=True)
    if missed or result.refused:
        raise typer.Exit(1)
    if result.without_gold:
        raise typer.Exit(InputError.exit_code)
    if style is Format.text and (step := score_notes.next_step(result, given)):
        note(f"\nnext: {step}", quiet)


def _show(result: Scores, task: str | None, per_emotion: bool, style: Format, output: Path | None) -> None:
    from semeval_emo.report import scores as report
    from semeval_emo.report.table import render
    from semeval_emo.scoring.scorer import task_of

    has_intervals = any(card.intervals for card in result.cards)
    if has_intervals:
        from semeval_emo.report import score_intervals
    if style is Format.json:
        emit(result.to_dict, [], style, output)
        return
    if style is Format.csv:
        long = report.long_table(result)
        emit({}, [score_intervals.with_intervals(long, result) if has_intervals else long], style, output)
        return
    found = task_of(result.cards[0].spec, task)
    tables = report.tables(result, found, per_emotion)
    if has_intervals:
        tables += score_intervals.tables(result, found)
    if style is not Format.text:
        emit({}, report.signed(tables, result), style, output)
        return
    # Signatures stand on lines of their own, never wrapped: they are copied whole.
    on_screen = output is None
    body = render(tables, "text", width=screen_width() if on_screen else None, colour=on_screen and has_colour())
    emit({}, [], style, output, text="\n".join([body, "", *report.signatures(result)]))
