"""The commands `zoo` for many runs: train them here or on a cluster, show their states, collect their results."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.options import Format, FormatOption, OutputOption, QuietOption, RunsArgument, TaskOption
from semeval_emo.cli.output import emit, examples, next_steps, note
from semeval_emo.errors import UsageError

if TYPE_CHECKING:
    from semeval_emo.zoo.recipe import Recipe
    from semeval_emo.zoo.training.collect import SeedSeries
    from semeval_emo.zoo.training.series import Series

# `zoo` adds these commands to its own.
group = typer.Typer()
# How many folders of recipes the suggested commands name.
MOST_FOLDERS = 4


class Engine(StrEnum):
    """Where a series is trained."""

    local = "local"
    slurm = "slurm"


@group.command(epilog=examples("zoo status", "zoo status runs/tfidf-char runs/minilm-ft/eng --format json"))
def status(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN...", help="Run folders, or folders of run folders. Default: runs."),
    ] = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show the state of runs: done, in training, interrupted, failed or not started.

    It is read from the run folders, so it is the same on every machine that has them.
    """
    from semeval_emo.report import run_status as view
    from semeval_emo.zoo.runs.status import run_states

    states = run_states(runs or [Path("runs")])
    emit(
        lambda: {"schema": "semeval-emo/zoo-status/1", "runs": [each.to_dict() for each in states]},
        lambda: [view.table(states)],
        style,
        output,
    )
    for line in view.failures(states):
        note(line, quiet)


@group.command(epilog=examples("zoo collect runs/tfidf-char", "zoo collect runs/minilm-ft* --format json"))
def collect(
    runs: RunsArgument,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--zip",
            metavar="FILE",
            help="Zip file for several languages. Default: that of the task in RUNS/<recipe>, such as track_a.zip.",
        ),
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the table and the zip of runs that other processes trained, such as the jobs of a cluster.

    Nothing is trained. Runs that differ only in the random seed share a table, and have a zip each.
    """
    from semeval_emo.zoo.training.collect import collect as collect_runs

    _show_collected(collect_runs(runs, task=task, archive=archive), style, output, quiet)


def train_many(
    recipes: Sequence[Recipe],
    language: str,
    *,
    track: str | None,
    source: str | None,
    task: str | None,
    runs: Path,
    fresh: bool,
    only_missing: bool,
    jobs: int | None,
    archive: Path | None,
    shard: str | None,
    slurm: Sequence[str],
    on_cluster: bool,
    log_to: str | None,
    style: Format,
    output: Path | None,
    quiet: bool,
) -> None:
    """Train a recipe with one or more random seeds in several languages, or submit the runs to a cluster."""
    from semeval_emo.cli.progress import TerminalProgress
    from semeval_emo.report import series as view
    from semeval_emo.text import plural
    from semeval_emo.zoo.dataset.other_languages import implied_track
    from semeval_emo.zoo.runs.folder import resolve_task
    from semeval_emo.zoo.training import array
    from semeval_emo.zoo.training.collect import SeedSeries
    from semeval_emo.zoo.training.series import check_options, select_languages, train_series
    from semeval_emo.zoo.training.slurm_options import slurm_options

    check_options(fresh, only_missing, jobs, archive)
    if archive is not None and (len(recipes) > 1 or on_cluster or shard is not None):
        raise UsageError("--zip is the file of one series that is trained here.", "omit it; see `zoo collect --help`")
    if on_cluster and (shard is not None or only_missing):
        raise UsageError(
            f"--on slurm submits all runs that are not finished, without {'--shard' if shard else '--only-missing'}.",
            "leave it out",
        )
    options = slurm_options(slurm)
    known = resolve_task(task, source)
    track = known.track(track or implied_track(recipes[0].data.track, known)).key
    languages = select_languages(recipes[0], known, track, language)
    tasks = array.array_tasks(recipes, languages, known, track)
    if on_cluster:
        from semeval_emo.report import job_array
        from semeval_emo.zoo.training.cluster import submit

        submitted = submit(
            tasks, options, track=track, task=task, runs=runs, source=source, fresh=fresh, parallel=jobs, log_to=log_to
        )
        emit(submitted.to_dict, lambda: [job_array.table(submitted)], style, output)
        names = submitted.folders[:MOST_FOLDERS]
        next_steps(["zoo", "status", *names], ["zoo", "collect", *names], quiet=quiet)
        return
    part = array.parse_shard(shard) if shard is not None else array.shard_of_job() if len(tasks) > 1 else None
    if part is None and len(tasks) > 1 and (variable := array.index_without_count()):
        note(f"{variable} is set, but not how many jobs there are: --shard I/N would divide the runs.", quiet)
    own = array.tasks_of_shard(tasks, part or array.Shard(1, 1))
    if part is not None:
        count, total = (sum(len(each.languages) for each in parts) for parts in (own, tasks))
        by = f" (by {part.variable})" if part.variable else ""
        note(f"Shard {part.number} of {part.count}{by}: {count} of {plural(total, 'run')}.", quiet)
    progress = TerminalProgress(quiet)
    trained = [
        train_series(
            each.recipe, ",".join(each.languages), track=track, source=source, task=task, runs=runs, fresh=fresh,
            only_missing=only_missing, jobs=jobs, archive=archive, packs=part is None, log_to=log_to, progress=progress,
            on_outcome=lambda *outcome: progress.message(view.line(*outcome)),
        )
        for each in own
    ]  # fmt: skip
    if trained:
        _show_collected((SeedSeries(tuple(trained)),), style, output, quiet)


def _show_collected(collected: Sequence[SeedSeries], style: Format, output: Path | None, quiet: bool) -> None:
    """Print series and the next commands; exit with 1 if a language failed."""
    from semeval_emo.report import seeds as view
    from semeval_emo.report import series as series_view
    from semeval_emo.zoo.training.collect import SCHEMA

    every = [series for each in collected for series in each.series]
    if len(every) == 1:
        emit(
            every[0].to_dict, lambda: series_view.tables(every[0]), style, output, warnings=every[0].warnings
        )  # fmt: skip
    else:
        emit(
            lambda: {"schema": SCHEMA, "recipes": [each.to_dict() for each in collected]},
            lambda: [
                table
                for each in collected
                for table in ([view.table(each)] if len(each.series) > 1 else series_view.tables(each.series[0]))
            ],
            style,
            output,
            warnings=list(dict.fromkeys(warning for each in collected for warning in each.warnings)),
        )
    for series in every:
        _note_end(series, quiet)
    folders = [series.outcomes[0].folder.path.parent for series in every[:MOST_FOLDERS]]
    steps: list[list[str | Path]] = [["zoo", "status", *folders]]
    if not every[0].task.is_own_split:
        steps.append(["zoo", "collect", *folders])
    if (packed := every[0].packed) is not None:
        steps = [
            ["score", packed.out, "--ci"],
            ["zoo", "submit", folders[0], "-o", Path("submissions", folders[0].name)],
        ]
    next_steps(*steps, quiet=quiet)
    if code := max(each.exit_code for each in collected):
        raise typer.Exit(code)


def _note_end(series: Series, quiet: bool) -> None:
    """Print which languages failed or are in training, and the zip."""
    from semeval_emo.report import series as view
    from semeval_emo.text import plural

    for line in (*view.in_progress(series), *view.failures(series)):
        note(line)
    if series.packed is not None:
        files = plural(len(series.packed.files), "file")
        note(f"\nWritten and validated: {series.packed.out} ({files}).", quiet)
