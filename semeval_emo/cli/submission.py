"""The commands `validate`, `explain`, `fix` and `pack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import (
    CheckFormat,
    CheckFormatOption,
    CutsOption,
    ForceOption,
    Format,
    FormatOption,
    GoldToCheckOption,
    LabelColumnOption,
    MapOption,
    OrderOption,
    OutputOption,
    PathsArgument,
    QuietOption,
    RoundOption,
    SaveReportOption,
    ScoresOption,
    SelectorOptions,
    TaskOption,
    ThresholdOption,
    UnverifiedGoldOption,
    output_to,
    select_files,
    words_of,
)
from semeval_emo.cli.output import default_paths, emit, examples, note

# Bytes above which a note says that reading takes a while; a real submission has a few megabytes.
LARGE = 100 << 20

VALIDATE_EXAMPLES = examples(
    "validate pred_eng.csv",
    "validate track_a.zip track_b.zip",
    "validate submissions/ --format json",
    "validate pred_eng.csv --release hub",
    "validate submissions/ --format github",
)
EXPLAIN_EXAMPLES = examples("explain", "explain E311", "explain header-order", "explain --format markdown")
FIX_EXAMPLES = examples(
    "fix pred_eng.csv",
    "fix pred_eng.csv -o fixed",
    "fix pred_eng.csv --track a -o clean/pred_eng.csv",
    "fix prob_eng.csv --threshold 0.5",
    "fix predictions.npy --order anger,fear,joy,sadness,surprise --ids-from dev.csv",
    "fix prob_eng.csv --threshold anger=0.35,other=0.5",
    "fix logits_eng.csv --scores logits --threshold thresholds.json",
    "fix track_b/pred_eng.csv --cuts 0.5,1.5,2.5",
    "fix pred_eng.csv --map none=0,low=1,medium=2,high=3",
    "fix answers_eng.csv --label-column prediction --map blank=0",
    "fix anger.csv fear.csv joy.csv sadness.csv surprise.csv -o pred_eng.csv",
    "fix submission.zip -o fixed --save-report report.txt",
)
PACK_EXAMPLES = examples(
    "pack pred_eng.csv pred_deu.csv",
    "pack fixed --track a -o track_a.zip",
    "pack submissions/ -o submission.zip --skip-invalid",
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog=VALIDATE_EXAMPLES)(validate)
    app.command(epilog=EXPLAIN_EXAMPLES)(explain)
    app.command(epilog=FIX_EXAMPLES)(fix)
    app.command(epilog=PACK_EXAMPLES)(pack)


@select_files
def validate(
    paths: PathsArgument = None,
    *,
    selector: SelectorOptions,
    gold: GoldToCheckOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    style: CheckFormatOption = CheckFormat.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check prediction files: show every problem with its line and its fix, and what the task's official scorers do.

    Exits with 0 if every file is valid (warnings do not count), 1 if a file is not valid, 3 if a file is missing.
    """
    from semeval_emo.report import submission as report
    from semeval_emo.submission import validate as check

    given = paths or default_paths("checking", quiet, selector.task)
    for path in given:
        if Path(path).is_file() and (size := Path(path).stat().st_size) > LARGE:
            note(f"{path} has {size >> 20:,} MiB; reading it takes a while.\n", quiet)
    result = check(given, **selector.keywords, gold=gold, unverified_gold=unverified_gold)
    if style is CheckFormat.github:
        from semeval_emo.report.annotations import validation_annotations

        emit({}, (), Format.text, output, text=validation_annotations(result))
    else:
        words = [*(paths or []), *words_of(selector)]
        emit(
            result.to_dict,
            lambda: report.validation_tables(result),
            Format(style.value),
            output,
            text=lambda width, colour: report.validation_text(result, words, width, colour),
            csv=lambda: report.problem_table(result),
            warnings=result.unverified_gold,
        )
    if not result.valid:
        raise typer.Exit(1)


def _known_codes() -> list[str]:
    """Complete a code or the name of a problem."""
    from semeval_emo.submission import catalogue

    return [name for entry in catalogue().values() for name in (entry.code, entry.name)]


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="A code or its name, such as E311 or header-order. Default: list all.",
            autocompletion=_known_codes,
        ),
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Explain a problem: why it matters, how to fix it, what the official scorers of the task do with it."""
    from semeval_emo.report import submission as report
    from semeval_emo.submission import catalogue, entry
    from semeval_emo.task import load_task

    own_task = load_task(task)
    chosen = [one.of(own_task) for one in ([entry(code)] if code else catalogue().values())]
    payload = {"schema": "semeval-emo/explain/1", "problems": [one.to_dict() for one in chosen]}
    if style is Format.markdown:
        page = "\n".join(report.section(chosen[0])) if code else report.catalogue_page(own_task)
        emit(payload, [], Format.text, output, text=page)
        return
    emit(
        payload,
        lambda: [report.catalogue_table(chosen)],
        style,
        output,
        text=lambda width, _: report.entry_text(chosen[0], width) if code else report.catalogue_text(),
    )


@select_files
def fix(
    paths: PathsArgument = None,
    output: Annotated[
        Path | None,
        output_to(
            "A file, or a folder for files in the layout of the task, such as track_x/pred_*.csv. Default: a folder "
            "'fixed' next to the input."
        ),
    ] = None,
    threshold: ThresholdOption = None,
    scores: ScoresOption = None,
    round_: RoundOption = False,
    cuts: CutsOption = None,
    words: MapOption = None,
    label_column: LabelColumnOption = None,
    order: OrderOption = None,
    ids_from: Annotated[
        Path | None,
        typer.Option(
            "--ids-from",
            metavar="FILE",
            help="Give rows without ids those of this file, row by row. Default: refuse them.",
        ),
    ] = None,
    unverified_texts: Annotated[
        bool,
        typer.Option(
            "--unverified-texts",
            help="Accept texts that are not those of the release, because you changed them (translated, cleaned). "
            "Default: refuse the file.",
        ),
    ] = False,
    *,
    selector: SelectorOptions,
    force: ForceOption = False,
    style: FormatOption = Format.text,
    save_report: SaveReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fix prediction files: write corrected copies and list every change.

    Fixes names, encoding, separators, the header, the order of columns, extra columns, values such as 1.0 and
    True, duplicate rows and mixed tracks, and joins files of one emotion each. Numbers and words become labels as
    the options say.
    The input is never changed, and a label is never guessed.
    Exits with 0 if everything is valid now, 1 if something has to be fixed by hand.
    """
    from semeval_emo.errors import UsageError
    from semeval_emo.report import repair as report
    from semeval_emo.submission import fix as fix_files
    from semeval_emo.tables.decisions import ROUND

    if round_ and cuts is not None:
        raise UsageError("--round and --cuts are two ways to convert numbers to intensities.", "use one of them")
    given = {
        "--threshold": threshold, "--order": order, "--ids-from": ids_from, "--scores": scores and scores.value,
        "--cuts": cuts, "--label-column": label_column, "--map": ",".join(words) if words else None,
        "--round": round_ or None, "--unverified-texts": unverified_texts or None,
    }  # fmt: skip
    # A flag has no value.
    decided = {name: "" if value is True else str(value) for name, value in given.items() if value is not None}
    result = fix_files(
        paths or default_paths("fixing", quiet, selector.task),
        output,
        threshold=threshold,
        order=order.split(",") if order else (),
        ids_from=ids_from,
        scores=scores.value if scores else "",
        cuts=ROUND if round_ else cuts or (),
        words=words or (),
        column=label_column or "",
        unverified_texts=unverified_texts,
        force=force,
        **selector.keywords,
    )
    emit(
        result.to_dict,
        lambda: report.fix_tables(result),
        style,
        save_report,
        text=lambda width, colour: report.fix_text(result, width, colour, words_of(selector), decided),
    )
    if not result.ok:
        raise typer.Exit(1)


@select_files
def pack(
    paths: PathsArgument = None,
    output: Annotated[
        Path | None,
        output_to(
            "A zip file. Default: the archive of the task's layout, such as track_x.zip; submission.zip for several."
        ),
    ] = None,
    *,
    selector: SelectorOptions,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="Leave out invalid files. Default: pack nothing if there is one."),
    ] = False,
    force: ForceOption = False,
    style: FormatOption = Format.text,
    save_report: SaveReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Pack valid prediction files into the zip to upload.

    The zip holds the files in the layout of the task, such as track_x/pred_*.csv, is validated again, and has the same
    bytes every time.
    Exits with 1 if a file is not valid.
    """
    from semeval_emo.report import repair as report
    from semeval_emo.submission import pack as pack_files

    result = pack_files(
        paths or default_paths("packing", quiet, selector.task),
        output,
        skip_invalid=skip_invalid,
        force=force,
        **selector.keywords,
    )
    emit(
        result.to_dict,
        lambda: report.pack_tables(result),
        style,
        save_report,
        text=lambda width, colour: report.pack_text(result, width, colour, words_of(selector)),
    )
    if not result.ok:
        raise typer.Exit(1)
