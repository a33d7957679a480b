"""The command `task bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeval_emo.cli.options import (
    ForceOption,
    Format,
    FormatOption,
    GoldOption,
    OneTrackOption,
    PhasesOption,
    QuietOption,
    ReleaseOption,
    SaveReportOption,
    UnverifiedGoldOption,
    output_to,
)
from semeval_emo.cli.output import emit, examples, next_steps
from semeval_emo.errors import UsageError

EXAMPLES = examples(
    "task bundle sample --track a --gold sample",
    "task bundle my-task.toml --gold my-data/ -o my-bundle.zip",
    "task bundle my-task.toml --gold my-data/ --split test --phase test=2027-02-01/2027-02-10",
    "task bundle --check my-bundle.zip",
)


def register(group: typer.Typer) -> None:
    """Add the command to the group `task`."""
    group.command(epilog=EXAMPLES)(bundle)


def bundle(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="The name of a task, or the path of its TOML file.")
    ] = None,
    output: Annotated[Path | None, output_to("A zip file. Default: bundle.zip.")] = None,
    *,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    track: OneTrackOption = None,
    split: PhasesOption = None,
    release: ReleaseOption = None,
    phase: Annotated[
        list[str] | None,
        typer.Option(
            "--phase",
            metavar="SPLIT=START/END",
            help="The dates of a phase, such as test=2027-01-10/2027-01-31, from and to 00:00 UTC. Repeatable. "
            "Default: dates in 2099, so that no phase is open before you set its dates.",
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            metavar="NAME",
            help="The Docker image in which submissions are scored: Python 3.11 or newer, with NumPy. "
            "Default: codalab/codalab-legacy:py312.",
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="BUNDLE", help="Check this bundle, and build none."),
    ] = None,
    force: ForceOption = False,
    style: FormatOption = Format.text,
    save_report: SaveReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Build the Codabench competition of a task: one zip to upload, which scores submissions as this program does.

    It holds competition.yaml, pages, gold labels, a starting kit with the check for participants, and a scoring program
    that needs no network. A submission that cannot be scored fails, with its problems on the page of its results.

    With --check: exits with 1 if the bundle has an error.
    """
    if check is not None:
        if task is not None:
            raise UsageError("A task to build and a bundle to check are both given.", "leave out one of them")
        _check_bundle(check, style, save_report)
        return
    if task is None:
        raise UsageError("There is no task to build a bundle of.", "name one, or a bundle: --check bundle.zip")
    from semeval_emo.bundle.build import IMAGE, OUT, build_bundle
    from semeval_emo.bundle.tables import bundle_tables
    from semeval_emo.cli.progress import TerminalProgress

    result = build_bundle(
        task, gold, output or OUT, track=track, splits=split or (), release=release, dates=_dates(phase or []),
        image=image or IMAGE, unverified_gold=unverified_gold, force=force, progress=TerminalProgress(quiet),
    )  # fmt: skip
    emit(result.to_dict, lambda: bundle_tables(result), style, save_report, warnings=result.warnings)
    if style is Format.text:
        next_steps(["task", "bundle", "--check", result.out], quiet=quiet)


def _dates(given: list[str]) -> dict[str, str]:
    """Return the dates of each phase."""
    dates = {}
    for text in given:
        split, equals, period = text.partition("=")
        if not equals or split in dates:
            raise UsageError(
                f"'{text}' is not a phase with its dates, or the second one of its split.",
                "write SPLIT=START/END: --phase test=2027-01-10/2027-01-31",
            )
        dates[split] = period
    return dates


def _check_bundle(path: Path, style: Format, save_report: Path | None) -> None:
    from dataclasses import asdict

    from semeval_emo.bundle.check import check_bundle
    from semeval_emo.bundle.tables import check_table

    problems = check_bundle(path)
    valid = not any(problem.level == "error" for problem in problems)
    emit(
        lambda: {
            "schema": "semeval-emo/bundle-check/1",
            "bundle": str(path),
            "valid": valid,
            "problems": [asdict(problem) for problem in problems],
        },
        lambda: [check_table(str(path), problems)],
        style,
        save_report,
        text=None if problems else f"{path}: no problems found.",
    )
    if not valid:
        raise typer.Exit(1)
