"""The commands `score`, `compare` and `analyse`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import (
    CheckFormat,
    CheckFormatOption,
    Format,
    FormatOption,
    GoldOption,
    IntervalKind,
    IntervalOption,
    LimitOption,
    MetricOption,
    OutputOption,
    PathsArgument,
    PerEmotionOption,
    QuietOption,
    ResamplesOption,
    SeedOption,
    SelectorOptions,
    TextsOption,
    UnverifiedGoldOption,
    select_files,
    words_of,
)
from semeval_emo.cli.output import default_paths, emit, examples, fail, next_steps, note, screen_width
from semeval_emo.errors import InputError

SCORE_EXAMPLES = examples(
    "score pred_eng.csv",
    "score pred_eng.csv --ci",
    "score pred_eng.csv --track a --fail-under macro_f1=0.7",
    "score track_a.zip --gold data/",
    "score submissions/ --per-emotion",
    "score track_b/ --rounding organisers --format csv",
    "score pred_eng.csv --subset --ci",
)
COMPARE_EXAMPLES = examples(
    "compare mine.csv theirs.csv",
    "compare tfidf=runs/1/pred_eng.csv bert=runs/2/pred_eng.csv --power",
    "compare track_a_mine.zip track_a_theirs/ --format markdown",
    "compare bert=s1.csv,s2.csv,s3.csv base.csv",
    "compare s1.csv s2.csv s3.csv --one-recipe",
    "compare pred_eng.csv --against-score 0.7083",
)
ANALYSE_EXAMPLES = examples(
    "analyse pred_eng.csv",
    "analyse mine/pred_eng.csv theirs/pred_eng.csv",
    "analyse runs/tfidf-logreg/eng --limit 25",
    "analyse pred_eng.csv --probabilities prob_eng.csv",
    "analyse pred_eng.csv --no-texts --format json",
)


class CorrectionFamily(StrEnum):
    """The p-values that are corrected together."""

    rivals = "rivals"
    pairs = "pairs"
    languages = "languages"


def _scorers(field: str) -> Callable[[str], list[str]]:
    """Return the completion for the names of the default task's official scorers in an option."""

    def complete(incomplete: str) -> list[str]:
        from semeval_emo.task import load_task

        names = [getattr(scorer, field) for scorer in load_task().scorers.values()]
        return [name for name in names if name and name.startswith(incomplete)]

    return complete


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog=SCORE_EXAMPLES)(score)
    app.command(epilog=COMPARE_EXAMPLES)(compare)
    app.command(epilog=ANALYSE_EXAMPLES)(analyse)


@select_files
def score(
    paths: PathsArgument = None,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    per_emotion: PerEmotionOption = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under",
            metavar="METRIC=VALUE",
            help="Exit with 1 if a metric is below a value (above it for errors), "
            "such as macro_f1=0.7 or f1.anger=0.5. Repeatable.",
        ),
    ] = None,
    subset: Annotated[
        bool,
        typer.Option(
            "--subset",
            help="Score a file of which rows are missing by the rows that it has. The output says that this score is "
            "not official. Default: such a file is not scored.",
        ),
    ] = False,
    rounding: Annotated[
        str,
        typer.Option(
            "--rounding",
            metavar="SCORER",
            autocompletion=_scorers("rounding"),
            help="Round scores as this official scorer of the task does, such as organisers or codabench. "
            "Default: not rounded.",
        ),
    ] = "",
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            metavar="SCORER",
            autocompletion=_scorers("rule"),
            help="Pearson's r of a constant column as in this official scorer of the task, such as organisers-2025, "
            "where it is nan. Default: 0, or 1 if gold and predictions are constant and equal.",
        ),
    ] = "",
    ci: Annotated[bool, typer.Option("--ci", help="Show a bootstrap confidence interval for every metric.")] = False,
    interval: IntervalOption = IntervalKind.bca,
    resamples: ResamplesOption = 10_000,
    seed: SeedOption = 12345,
    style: CheckFormatOption = CheckFormat.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score predictions against the gold labels of their release.

    Track, language and split are read from ids and file names. The official metric comes first, then every other;
    files of several languages are averaged over the languages that were scored, and over all of the track.

    Exits with 1 if a file cannot be scored or --fail-under is missed, 3 if gold labels are missing.
    """
    from semeval_emo.report import score_notes as view
    from semeval_emo.scoring.fail_under import Threshold
    from semeval_emo.scoring.scorer import score as score_files

    thresholds = [Threshold.parse(text) for text in fail_under or []]
    given = paths or default_paths("scoring", quiet, selector.task)
    result = score_files(
        given,
        source=gold,
        **selector.keywords,
        rule=rule,
        rounding=rounding,
        strict=False,
        unverified_gold=unverified_gold,
        subset=subset,
    )
    if ci:
        from semeval_emo.scoring.score_intervals import with_intervals

        result = with_intervals(
            result, resamples=resamples, seed=seed, method=interval.value, source=gold, task=selector.task
        )
    missed = [line for threshold in thresholds for line in threshold.failures(result.cards)]
    for line in view.notes(result, screen_width() or 100, words_of(selector)):
        note(f"{line}\n", quiet)
    if style is CheckFormat.github:
        from semeval_emo.report.annotations import score_annotations

        emit({}, (), Format.text, output, text=score_annotations(result, missed))
    elif result.cards or style is CheckFormat.json:
        emit(
            result.to_dict,
            lambda: view.signed_tables(result, selector.task, per_emotion),
            Format(style.value),
            output,
            text=lambda width, colour: view.score_text(result, selector.task, per_emotion, width, colour),
            csv=lambda: view.score_csv(result),
            warnings=result.warnings,
        )
    for line in missed:
        fail(f"missed: {line}")
    if missed or result.refused:
        raise typer.Exit(1)
    if result.without_gold:
        raise typer.Exit(InputError.exit_code)
    if style is CheckFormat.text and (step := view.next_step(result, given, selector.task)):
        others = [*words_of(selector, gold=gold), *(["--unverified-gold"] * unverified_gold)]
        if step[0] == "zoo":
            others = [] if gold is None else ["--data", gold]
        next_steps([*step, *others], quiet=quiet)


@select_files
def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Prediction files, folders or zips. NAME=PATH names a system, NAME=PATH,PATH,... its runs.",
        ),
    ],
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    metric: MetricOption = None,
    per_emotion: PerEmotionOption = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Show every pair of systems.")] = False,
    power: Annotated[
        bool, typer.Option("--power", help="Show the smallest difference that this test set can detect.")
    ] = False,
    against_score: Annotated[
        str | None,
        typer.Option(
            "--against-score", metavar="SCORE", help="Compare with a published score, as printed, such as 0.7083."
        ),
    ] = None,
    one_recipe: Annotated[
        bool, typer.Option("--one-recipe", help="All paths are runs of one recipe with different random seeds.")
    ] = False,
    resamples: ResamplesOption = 10_000,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", help="Number of randomisation trials, for p-values.")
    ] = 10_000,
    seed: SeedOption = 12345,
    alpha: Annotated[
        float, typer.Option("--alpha", metavar="P", help="Significance level of the corrected p-values.")
    ] = 0.05,
    family: Annotated[
        CorrectionFamily | None,
        typer.Option(
            help="P-values that are corrected together: of a system against its rivals, of all pairs, or of all "
            "languages. Default: languages for two systems, else rivals."
        ),
    ] = None,
    fdr: Annotated[bool, typer.Option("--fdr", help="Correct p-values by Benjamini-Hochberg instead of Holm.")] = False,
    interval: IntervalOption = IntervalKind.bca,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Compare systems and test which differences are significant.

    Letters after a score name the systems that it is significantly better than. Intervals and ranks are from a
    bootstrap over texts, p-values from approximate randomisation; see docs/significance.md.
    """
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import comparison_words as view
    from semeval_emo.report.comparison import csv_table
    from semeval_emo.report.origins import origins_to_dict, with_origins
    from semeval_emo.scoring.comparing import compare as compare_systems

    result = compare_systems(
        systems, source=gold, **selector.keywords, metric=metric, per_emotion=per_emotion or None, resamples=resamples,
        trials=trials, seed=seed, alpha=alpha, family=family.value if family else None, fdr=fdr,
        interval=interval.value, stored=against_score, one_recipe=one_recipe, unverified_gold=unverified_gold,
        progress=TerminalProgress(quiet),
    )  # fmt: skip
    result = with_origins(result)
    emit(
        lambda: result.to_dict() | origins_to_dict(result),
        lambda: view.noted_tables(result, pairs=pairs, power=power),
        style,
        output,
        text=lambda width, colour: view.comparison_text(result, width, colour, pairs=pairs, power=power),
        csv=lambda: csv_table(result, pairs=pairs),
        warnings=result.warnings,
    )


@select_files
def analyse(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A prediction file, a folder (also of a run) or a zip.")],
    second: Annotated[
        str | None, typer.Argument(metavar="PATH2", help="Another system: show where only one of the two is correct.")
    ] = None,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    probabilities: Annotated[
        Path | None,
        typer.Option(
            "--probabilities",
            metavar="FILE",
            help="Probability file, for the most confident errors. Default: prob_*.csv in the folder of the file.",
        ),
    ] = None,
    limit: LimitOption = 10,
    texts: TextsOption = True,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Analyse the errors of a system.

    False positives and false negatives by emotion and by kind of text, emotion co-occurrence, label sets, and the
    most confident errors if there are probabilities. With two paths: where the systems differ.
    """
    from semeval_emo.report import analysis as report
    from semeval_emo.scoring.analysis import SCHEMA
    from semeval_emo.scoring.analysis import analyse as analyse_files
    from semeval_emo.scoring.error_comparison import compare_error_files
    from semeval_emo.scoring.scorer import task_of

    analyses, divergences = [], []
    most = limit or sys.maxsize
    if second is None:
        analyses = list(
            analyse_files(
                path, source=gold, probabilities=probabilities, texts=texts, most=most,
                unverified_gold=unverified_gold, **selector.keywords,
            )
        )  # fmt: skip
        if probabilities is None and not any(analysis.confident_errors for analysis in analyses):
            note("The most confident errors need a probability file (--probabilities FILE).", quiet)
    else:
        divergences = compare_error_files(
            path, second, selector, source=gold, texts=texts, most=most, unverified_gold=unverified_gold
        )
    cards = [*(one.card for one in analyses), *(card for one in divergences for card in (one.first, one.second))]
    whole = style is not Format.text
    emit(
        lambda: {
            "schema": SCHEMA,
            "analyses": [analysis.to_dict() for analysis in analyses],
            "divergences": [divergence.to_dict() for divergence in divergences],
        },
        lambda: [
            *(
                table
                for one in analyses
                for table in report.tables(one, task_of(one.card.spec, selector.task), whole=whole)
            ),
            *(
                table
                for one in divergences
                for table in report.comparison_tables(one, task_of(one.first.spec, selector.task), whole=whole)
            ),
        ],
        style,
        output,
        warnings=list(dict.fromkeys(warning for card in cards for warning in card.warnings)),
    )
