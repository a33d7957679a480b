"""The commands `data list`, `data fetch`, `data check`, `data stats` and `data pin`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    Group,
    OutputOption,
    QuietOption,
    TaskOption,
    emit,
    has_colour,
    known,
    known_splits,
    note,
    screen_width,
)
from semeval_emo.cli.progress import TerminalProgress
from semeval_emo.errors import InputError

if TYPE_CHECKING:
    from semeval_emo.data.sources import DataSource
    from semeval_emo.data.survey import Folder
    from semeval_emo.task import Selector, Task

group = typer.Typer(
    cls=Group,
    help="What data there are, where they come from, and whether they can be trusted.",
    no_args_is_help=True,
)

LIST_EXAMPLES = """\b
Examples:
  semeval-emo data list
  semeval-emo data list data/
  semeval-emo data list --language eng --track a
"""
FETCH_EXAMPLES = """\b
Examples:
  semeval-emo data fetch --language eng
  semeval-emo data fetch -l hau -l ibo --track a
  semeval-emo data fetch --revision main
"""
CHECK_EXAMPLES = """\b
Examples:
  semeval-emo data check data/brighter-2025
  semeval-emo data check data/ --language eng
  semeval-emo data check --format json
"""
STATS_EXAMPLES = """\b
Examples:
  semeval-emo data stats --track a --language eng --split test
  semeval-emo data stats --track b --split train
  semeval-emo data stats sample
"""
PIN_EXAMPLES = """\b
Examples:
  semeval-emo data pin data/brighter-2025
  semeval-emo data pin my-data/ --task my-task.toml
"""

TrackFilter = Annotated[
    str | None, typer.Option("--track", "-t", autocompletion=known("tracks"), help="Only this track.")
]
LanguageFilter = Annotated[
    str | None, typer.Option("--language", "-l", autocompletion=known("languages"), help="Only this language.")
]
SplitFilter = Annotated[str | None, typer.Option("--split", autocompletion=known_splits, help="Only this split.")]
ReleaseFilter = Annotated[
    str | None, typer.Option("--release", autocompletion=known("releases"), help="Only files of this release.")
]
FolderArgument = Annotated[
    str | None,
    typer.Argument(
        help="Folder, 'sample' or 'hub' (what was fetched). Default: $SEMEVAL_EMO_DATA and what was fetched."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(group, name="data")


@group.command("list", epilog=LIST_EXAMPLES)
def list_data(
    folder: FolderArgument = None,
    track: TrackFilter = None,
    language: LanguageFilter = None,
    split: SplitFilter = None,
    release: ReleaseFilter = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show the releases that are known and the data at hand; with a filter, file by file."""
    from semeval_emo.report import data as view
    from semeval_emo.report.data_json import list_payload
    from semeval_emo.task import Selector

    chosen, found = _survey(folder, Selector(task, track, language, split, release), quiet, required=False)
    filtered = any((track, language, split, release))
    tables = view.source_tables(found, one_by_one=filtered)
    emit(
        lambda: list_payload(chosen, found),
        tables if filtered else [view.release_table(chosen), *tables],
        style,
        output,
    )
    if not found:
        note("\nNo data at hand: set $SEMEVAL_EMO_DATA, or run `semeval-emo data fetch`.", quiet)
    elif folder is None:
        note("\nAlso: 'sample' is built in, and `semeval-emo data fetch` asks the hub.", quiet)


@group.command("fetch", epilog=FETCH_EXAMPLES)
def fetch_data(
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="Language code; may be repeated. Default: all.")
    ] = None,
    track: Annotated[
        list[str] | None, typer.Option("--track", "-t", help="Track; may be repeated. Default: all.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit, branch or tag. Default: the commit of the first fetch.")
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fetch texts and gold labels from the Hugging Face hub into the cache, pinned to a commit.

    BRIGHTER is published there under CC BY 4.0. Needs a network once; afterwards everything works offline.
    """
    from semeval_emo.data.cache import cache_folder
    from semeval_emo.data.hub import fetch
    from semeval_emo.report import data as view
    from semeval_emo.report.data_json import fetch_payload
    from semeval_emo.task import load_task

    files = fetch(load_task(task), language or None, track or None, revision=revision, progress=TerminalProgress(quiet))
    emit(lambda: fetch_payload(files), lambda: [view.fetch_table(files)], style, output)
    note(f"\nkept in {cache_folder()}", quiet)


@group.command("check", epilog=CHECK_EXAMPLES)
def check_folder(
    folder: Annotated[
        str | None,
        typer.Argument(help="Folder, 'sample' or 'hub'. Default: $SEMEVAL_EMO_DATA, else what was fetched."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", "-l", autocompletion=known("languages"), help="Compare texts in this language only."
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="List overlap of texts however small.")] = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Say which release a folder is, by hash, and what is wrong with it.

    Finds blank gold, files of no known release, files that are no language, texts of a split that stand in
    an earlier one (within and across tracks) and texts labelled in two ways. Exit code 1 when there is a
    problem; overlap and conflicting labels are what was published, so they are told but are no problem.
    """
    from semeval_emo.data.check import check_data
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import task_of
    from semeval_emo.report import data as view
    from semeval_emo.report.data_json import check_payload
    from semeval_emo.report.table import render
    from semeval_emo.task import load_task

    root = sources(folder)[0].root
    chosen = load_task(task) if task else task_of(root)
    code = chosen.language(language).code if language else None
    check = check_data(root, chosen, code, TerminalProgress(quiet))
    width, colour = (screen_width(), has_colour()) if output is None else (None, False)
    text = None
    if style is Format.text:
        text = view.check_text(
            check,
            everything or code is not None,
            lambda tables: render(tables, "text", width=width, colour=colour),
            width,
        )
    emit(lambda: check_payload(check), lambda: view.check_tables(check), style, output, text)
    if check.problems:
        raise typer.Exit(1)


@group.command("stats", epilog=STATS_EXAMPLES)
def describe_data(
    folder: FolderArgument = None,
    track: TrackFilter = None,
    language: LanguageFilter = None,
    split: SplitFilter = None,
    release: ReleaseFilter = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Label prevalence, co-occurrence, text lengths and repeated texts; one file in full, several as a table."""
    from semeval_emo.data.stats import describe
    from semeval_emo.data.survey import labelled
    from semeval_emo.report import data_stats as view
    from semeval_emo.report.data_json import stats_payload
    from semeval_emo.task import Selector

    if split is None and language is None:
        split = "test"
        note("the test splits; --split and --language choose others", quiet)
    chosen, found = _survey(folder, Selector(task, track, language, split, release), quiet)
    golds = labelled([base for _, base in found], chosen, release)
    if not golds:
        wanted = " ".join(filter(None, (release, track and f"track {track}", language, split)))
        raise InputError(
            f"There is no file with labels of {wanted}.", "`semeval-emo data list` shows the available data"
        )
    stats = [describe(gold) for gold in golds]
    tables = view.file_tables(stats[0]) if len(stats) == 1 else [view.many_table(stats, chosen.emotions)]
    emit(lambda: stats_payload(stats), tables, style, output)


@group.command("pin", epilog=PIN_EXAMPLES)
def pin_folder(
    folder: Annotated[str, typer.Argument(help="A release in any layout, or 'sample'.")],
    split: Annotated[str, typer.Option(help="The split of files in a layout without splits.")] = "test",
    task: TaskOption = None,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Print the table of files of a release as a task file wants it: row counts, ids and hashes."""
    from semeval_emo.data.pin import pin
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import task_of
    from semeval_emo.task import load_task

    root = sources(folder)[0].root
    chosen = load_task(task) if task else task_of(root)
    emit({}, [], Format.text, output, pin(root, chosen, split))


def _survey(
    folder: str | None, selector: Selector, quiet: bool, required: bool = True
) -> tuple[Task, list[tuple[DataSource, Folder]]]:
    """Read the selected files; without a named task it is the task of the ids in the first folder."""
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import survey, task_of
    from semeval_emo.task import load_task

    try:
        places = sources(folder)
    except InputError:
        if required or folder is not None:
            raise
        return load_task(selector.task), []
    chosen = load_task(selector.task) if selector.task else task_of(places[0].root)
    selector, release = selector.of(chosen), selector.release
    found = []
    for source in places:
        for base in survey(
            source.root,
            chosen,
            TerminalProgress(quiet),
            selector,
        ):
            kept = tuple(one for one in base.files if release is None or release in one.releases)
            if base.tally and kept:
                found.append((source, replace(base, files=kept)))
    return chosen, found
