"""The commands `data list`, `data fetch`, `data check`, `data stats` and `data pin`."""

from __future__ import annotations

from typing import Annotated

import typer

from semeval_emo.cli.options import (
    ForceOption,
    Format,
    FormatOption,
    LanguageFilter,
    LanguagesFilter,
    OutputOption,
    QuietOption,
    ReleaseFilter,
    SplitFilter,
    TaskOption,
    TrackFilter,
    TracksFilter,
    known_splits,
)
from semeval_emo.cli.output import CommandGroup, emit, examples, note
from semeval_emo.cli.progress import TerminalProgress
from semeval_emo.errors import InputError

group = typer.Typer(cls=CommandGroup, help="List, fetch, check and describe data.", no_args_is_help=True)

LIST_EXAMPLES = examples("data list", "data list data/", "data list --language eng --track a")
FETCH_EXAMPLES = examples(
    "data fetch --language eng", "data fetch -l hau -l ibo --track a", "data fetch --revision main"
)
CHECK_EXAMPLES = examples(
    "data check data/brighter-2025", "data check data/ --language eng", "data check --format json"
)
STATS_EXAMPLES = examples(
    "data stats --track a --language eng --split test", "data stats --track b --split train", "data stats sample"
)
PIN_EXAMPLES = examples("data pin data/brighter-2025", "data pin my-data/ --task my-task.toml")

FolderArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="FOLDER",
        help="A folder, 'sample' or 'hub' (data fetched earlier). Default: $SEMEVAL_EMO_DATA and data fetched earlier.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
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
    """List the known releases and the data on this machine; with a filter, file by file."""
    from semeval_emo.data.hub import remedies
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import survey_sources
    from semeval_emo.report import data as view
    from semeval_emo.task import PIN_FILES, Selector, load_task

    selector = Selector(task, track, language, split, release)
    try:
        places = sources(folder)
    except InputError:
        if folder is not None:
            raise
        places = []
    chosen, folders = survey_sources(places, selector, TerminalProgress(quiet)) if places else (load_task(task), [])
    tables = view.source_tables(folders, one_by_one=bool(selector.address))
    emit(
        lambda: {
            "schema": "semeval-emo/data-list/1",
            "task": chosen.key,
            "releases": [
                {
                    "release": release.key,
                    "title": release.title,
                    "published": release.published,
                    "files": len(release.specs),
                    "source": release.source,
                    "refused": release.refused or None,
                    "default": release.key == chosen.default_release,
                }
                for release in chosen.releases.values()
            ],
            "folders": [{"source": source.name, **base.to_dict()} for source, base in folders],
        },
        tables if selector.address else [view.release_table(chosen), *tables],
        style,
        output,
    )
    if not folders:
        if chosen.specs():
            note(f"\nNo data on this machine. To get them, {remedies(chosen, option='')}", quiet)
        else:
            note(f"\n{chosen.title} has no files: {PIN_FILES}.", quiet)
    elif folder is None and chosen.is_on_hub:
        note("\nAlso: 'sample' is built in, and `semeval-emo data fetch` gets data from the hub.", quiet)


@group.command("fetch", epilog=FETCH_EXAMPLES)
def fetch_data(
    language: LanguagesFilter = None,
    track: TracksFilter = None,
    revision: Annotated[
        str | None,
        typer.Option(
            "--revision", metavar="REVISION", help="Commit, branch or tag. Default: the commit of the first fetch."
        ),
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fetch texts and gold labels from the Hugging Face hub into the cache, at a fixed commit.

    The terms are those of the dataset on the hub, such as CC BY 4.0 for BRIGHTER (task11). This needs a network
    connection once; then everything works offline.
    """
    from semeval_emo.data.cache import cache_folder
    from semeval_emo.data.hub import fetch
    from semeval_emo.report import data as view
    from semeval_emo.task import load_task

    files = fetch(load_task(task), language or None, track or None, revision=revision, progress=TerminalProgress(quiet))
    emit(
        lambda: {"schema": "semeval-emo/data-fetch/1", "files": [one.to_dict() for one in files]},
        lambda: [view.fetch_table(files)],
        style,
        output,
    )
    note(f"\nStored in {cache_folder()}.", quiet)


@group.command("check", epilog=CHECK_EXAMPLES)
def check_folder(
    folder: Annotated[
        str | None,
        typer.Argument(help="A folder, 'sample' or 'hub'. Default: $SEMEVAL_EMO_DATA, else the data fetched earlier."),
    ] = None,
    language: LanguageFilter = None,
    everything: Annotated[bool, typer.Option("--all", help="List every overlap of texts, also small ones.")] = False,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Identify the release of a folder of data by hash, and list its problems.

    Finds blank gold labels, files of unknown releases, files without a language, texts of a split that are also in
    an earlier split (within and across tracks), and duplicate texts with different labels. Exits with 1 if there is
    a problem; overlap and different labels are part of the published data and are not a problem.
    """
    from semeval_emo.data.check import check_data
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import task_of
    from semeval_emo.report import data as view
    from semeval_emo.task import load_task

    root = sources(folder)[0].root
    chosen = load_task(task) if task else task_of(root)
    code = chosen.language(language).code if language else None
    check = check_data(root, chosen, code, TerminalProgress(quiet))
    emit(
        check.to_dict,
        lambda: view.check_tables(check),
        style,
        output,
        text=lambda width, colour: view.check_text(check, everything or code is not None, width, colour),
    )
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
    """Show label prevalence, emotion co-occurrence, text lengths and duplicate texts.

    One file is shown in detail, several as a table.
    """
    from semeval_emo.data.check import KINDS
    from semeval_emo.data.sources import sources
    from semeval_emo.data.stats import describe
    from semeval_emo.data.survey import BLANK, labelled, left_out, survey_sources
    from semeval_emo.report import data as view
    from semeval_emo.task import PIN_FILES, Selector
    from semeval_emo.text import plural

    if split is None and language is None:
        split = "test"
        note("Only the test splits are shown; --split and --language select others.", quiet)
    selector = Selector(task, track, language, split, release)
    chosen, folders = survey_sources(sources(folder), selector, TerminalProgress(quiet))
    golds = labelled([base for _, base in folders], chosen, release)
    if not golds:
        address = " ".join(filter(None, (release, track and f"track {track}", language, split)))
        remedy = "`semeval-emo data list` shows the available data"
        blank = [file for _, base in folders for file in base.of(BLANK)]
        seen = f": those in {blank[0].path} are blank" if blank else ""
        raise InputError(f"There are no labels of {address}{seen}.", remedy if chosen.specs() else PIN_FILES)
    missing = left_out(base for _, base in folders)
    for state, files in missing.items():
        why = f": {files[0].detail}" if files[0].detail else ""
        note(f"Left out: {plural(len(files), 'file')}, {KINDS[state]} (first: {files[0].path}{why}).", quiet)
    stats = [describe(gold) for gold in golds]
    tables = view.file_tables(stats[0]) if len(stats) == 1 else [view.many_table(stats, chosen.emotions)]
    emit(
        lambda: {
            "schema": "semeval-emo/data-stats/1",
            "files": [one.to_dict() for one in stats],
            "left_out": [file.to_dict() for files in missing.values() for file in files],
        },
        tables,
        style,
        output,
    )


@group.command("pin", epilog=PIN_EXAMPLES)
def pin_folder(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A release in any layout, or 'sample'.")],
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="SPLIT",
            autocompletion=known_splits,
            help="A split of the task, such as test. For layouts without folders of splits.",
        ),
    ] = "test",
    task: TaskOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Print the file table of a release for a task file: row counts, ids and hashes.

    Ids without a form, such as hashes or shuffled numbers, are written in file order to the folder ids/ next to the
    task file.
    """
    from semeval_emo.data.pin import pin
    from semeval_emo.data.sources import sources
    from semeval_emo.data.survey import task_of
    from semeval_emo.task import load_task

    root = sources(folder)[0].root
    chosen = load_task(task) if task else task_of(root)
    pinned = pin(root, chosen, split)
    for file in pinned.left_out:
        note(f"left out: {file}", quiet)
    if pinned.ids and chosen.file:
        for path in pinned.write_ids(chosen.file.parent, force):
            note(f"wrote {path}", quiet)
    emit({}, [], Format.text, output, text=pinned.toml)
