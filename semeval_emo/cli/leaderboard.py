"""The commands `leaderboard`: overview, show, place, add, ours, papers, check, export."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeval_emo.cli.options import (
    ExtraOption,
    Format,
    FormatOption,
    GoldOption,
    KindOption,
    LanguageFilter,
    LanguageOption,
    LimitOption,
    ListFilter,
    ListOption,
    MetricFilter,
    MetricOption,
    OutputOption,
    OwnListOption,
    QuietOption,
    ReleaseFilter,
    ReleaseOption,
    TaskOption,
    TrackFilter,
    TrackOption,
    UnverifiedGoldOption,
)
from semeval_emo.cli.output import CommandGroup, emit, examples, next_steps, note
from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.leaderboard import Leaderboard, Placement, ScoreRow
    from semeval_emo.scoring import Scorecard

ONE_FILE = "Place a single file for more details."


OVERVIEW_EXAMPLES = examples(
    "leaderboard",
    "leaderboard show --track a --language eng",
    "leaderboard place 0.7114 --track a --language eng",
    "leaderboard place pred_eng.csv",
)
SHOW_EXAMPLES = examples(
    "leaderboard show --track a",
    "leaderboard show -t a -l eng --list all",
    "leaderboard show -t a -l eng --list seed-runs --metric all",
    "leaderboard show -t c -l deu --list brighter-tables -f latex",
)
PLACE_EXAMPLES = examples(
    "leaderboard place 0.7114 -t a -l eng",
    "leaderboard place pred_eng.csv",
    "leaderboard place track_b.zip --gold data/",
    "leaderboard place 0.62 -t b -l deu --list unofficial-v2",
    "leaderboard place 0.7114 -t a -l eng --limit 10",
)
ADD_EXAMPLES = examples(
    'leaderboard add pred_eng.csv --system "my model" --selected-on dev',
    'leaderboard add 0.7231 -t a -l eng --system "my model" --where runs/7',
    "leaderboard add 0.741 -t a -l eng --system theirs --source https://doi.org/10.1000/182",
)
OURS_EXAMPLES = examples(
    "leaderboard ours --summary",
    "leaderboard ours --track a",
    "leaderboard ours -t a --system tfidf-char",
    "leaderboard ours -t b --format markdown --links ../",
)
PAPERS_EXAMPLES = examples("leaderboard papers", "leaderboard papers --team NYCU-NLP", "leaderboard papers -f csv")
CHECK_EXAMPLES = examples("leaderboard check", "leaderboard check --extra my_rows.csv")
EXPORT_EXAMPLES = examples(
    "leaderboard export -o board.csv",
    "leaderboard export -t a --list official -f latex",
    "leaderboard export -f html -o leaderboard.html",
)

ScoreArgument = Annotated[
    str, typer.Argument(metavar="SCORE|FILE", help="A score from -1 to 1, or prediction files to score first.")
]


class ExportFormat(StrEnum):
    """Output format of exported rows."""

    csv = "csv"
    text = "text"
    markdown = "markdown"
    json = "json"
    latex = "latex"
    html = "html"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(name="leaderboard", cls=CommandGroup)
    group.callback(invoke_without_command=True, epilog=OVERVIEW_EXAMPLES)(overview)
    group.command(epilog=SHOW_EXAMPLES)(show)
    group.command(epilog=PLACE_EXAMPLES)(place)
    group.command(epilog=ADD_EXAMPLES)(add)
    group.command(epilog=OURS_EXAMPLES)(ours)
    group.command(epilog=PAPERS_EXAMPLES)(papers)
    group.command(epilog=CHECK_EXAMPLES)(check)
    group.command(epilog=EXPORT_EXAMPLES)(export)
    app.add_typer(group)


def overview(context: typer.Context, task: TaskOption = None) -> None:
    """Show stored scores with their sources, place a score among them, add your own.

    Without a command: rank 1, the baseline and the number of teams in every language of a task.
    """
    if context.invoked_subcommand is not None:
        if task is not None:
            word = context.invoked_subcommand
            raise UsageError("--task is before the command.", f"semeval-emo leaderboard {word} ... --task {task}")
        return
    show(task=task)
    # Scores of the default task are examples.
    words = (["show"], ["place", "0.7114"]) if task is None else ()
    next_steps(*(["leaderboard", *each, "-t", "a", "-l", "eng"] for each in words), ["leaderboard", "--help"])


def show(
    track: TrackFilter = None,
    language: LanguageFilter = None,
    among: ListFilter = None,
    kind: KindOption = None,
    release: ReleaseFilter = None,
    metric: MetricFilter = None,
    limit: LimitOption = 0,
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show rows by track, language and list; without these, an overview."""
    from semeval_emo.leaderboard import Leaderboard
    from semeval_emo.report.leaderboard import overview_tables, rows_tables
    from semeval_emo.report.table import with_notes

    board = Leaderboard.load(task, extra=extra or ())
    _note_problems([board], quiet)
    whole = not any((track, language, among, kind, release, metric, limit))
    rows = (
        board.filter()
        if whole
        else board.select(track=track, language=language, among=among, kind=kind, release=release, metric=metric)
    )
    total = len(rows)
    rows = rows[:limit] if limit else rows
    hidden = total - len(rows)
    count = [f"{len(rows):,} of {total:,} rows are shown."] if hidden else []
    if not board.rows and style is Format.text:
        note(f"The leaderboard has no scores of {board.task.title}. `semeval-emo leaderboard add` adds your own.")
    elif not rows and style is Format.text:
        note("No row matches.")
    else:
        emit(
            lambda: {
                "schema": "semeval-emo/leaderboard-show/1",
                "total": total,
                "rows": [row.to_dict() for row in rows],
            },
            lambda: overview_tables(board) if whole else with_notes(rows_tables(board, rows, track), count),
            style,
            output,
        )
    if hidden:
        note(f"{hidden:,} more: --limit 0 shows all.", quiet)
    if among is None and not whole:
        _note_other_lists(board, rows, track, language, quiet)


def _note_problems(boards: Iterable[Leaderboard], quiet: bool) -> None:
    """Print how many lines of a board's files could not be used."""
    lines = {(problem.file, problem.line) for board in boards for problem in board.problems}
    if lines:
        note(f"Left out: {plural(len(lines), 'invalid line')}; semeval-emo leaderboard check shows why.", quiet)


def _note_other_lists(
    board: Leaderboard, rows: tuple[ScoreRow, ...], track: str | None, language: str | None, quiet: bool
) -> None:
    shown = {row.list for row in rows}
    others = [row.list for row in board.filter(track=track, language=language) if row.list not in shown]
    if others:
        note("\nRows in other lists (--list KEY, or --list all):", quiet)
        for key in dict.fromkeys(others):
            title = board.lists[key].title if key in board.lists else f"list {key}"
            note(f"  {others.count(key):3}  {title} ({key})", quiet)


def _warnings(measured: Iterable[tuple[Leaderboard, float | Scorecard, dict[str, Any]]]) -> list[str]:
    """Return the warnings of the scorecards, each once."""
    return list(
        dict.fromkeys(warning for _, score, _ in measured if not isinstance(score, float) for warning in score.warnings)
    )


def place(
    what: ScoreArgument,
    track: TrackOption = None,
    language: LanguageOption = None,
    among: ListOption = None,
    release: ReleaseOption = None,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    extra: ExtraOption = None,
    limit: LimitOption = 0,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show a score or a prediction file among the known systems, with its rank.

    Files are validated and scored first. The rank is that of the official list; --list selects another list and shows
    its nearest rows only. A list rarely has all its scores, so the rank is an interval. --limit shows the nearest
    systems. Rows flagged as suspect are not used. Put a negative score last, after two dashes:
    place -t b -l eng -- -0.05
    """
    from semeval_emo.leaderboard import measure
    from semeval_emo.report.leaderboard import placement_tables
    from semeval_emo.report.origins import card_notes

    measured = measure(
        what, track=track, language=language, release=release, source=gold, task=task, extra=extra or (),
        unverified_gold=unverified_gold,
    )  # fmt: skip
    _note_problems({id(board): board for board, _, _ in measured}.values(), quiet)
    placed: list[tuple[Leaderboard, Placement, tuple[Placement, ...]]] = []
    refused: list[UsageError] = []
    origins: list[str] = []
    for board, score, address in measured:
        try:
            placed.append((board, board.place(score, among=among, **address), board.places(score, **address)))
        except UsageError as error:
            refused.append(error)
        else:
            # The table itself has the notes on a file of our systems.
            if not isinstance(score, float) and placed[-1][1].same is None:
                origins += card_notes(Path(score.file).name, [score])
    if refused and not placed:
        raise refused[0]
    for refusal in refused:
        note(f"Not placed: {refusal.message}", quiet)
    emit(
        {
            "schema": "semeval-emo/leaderboard-place/1",
            "placements": [
                placement.to_dict()
                | {"other_lists": [other.to_dict() for other in others if other.among != placement.among]}
                | {"systems": [row.to_dict() for row in board.comparable(placement.at) if row.usable]}
                for board, placement, others in placed
            ],
            **({"notes": origins} if origins else {}),
        },
        lambda: placement_tables(
            placed, [*origins, *([ONE_FILE] if len(placed) > 1 else [])], every_list=among is None, limit=limit
        ),
        style,
        output,
        warnings=_warnings(measured),
    )


def add(
    what: ScoreArgument,
    system: Annotated[str, typer.Option("--system", "-s", metavar="NAME", help="Name of the system.")],
    track: TrackOption = None,
    language: LanguageOption = None,
    setting: Annotated[
        str,
        typer.Option(
            "--setting", metavar="TEXT", help="Setting that distinguishes rows of the system, such as 3 epochs."
        ),
    ] = "",
    among: OwnListOption = "mine",
    kind: KindOption = "user",
    rank: Annotated[int | None, typer.Option("--rank", metavar="N", help="Rank in the list.")] = None,
    teams: Annotated[int | None, typer.Option("--teams", metavar="N", help="Number of teams in the list.")] = None,
    metric: MetricOption = None,
    selected_on: Annotated[
        str,
        typer.Option(
            "--selected-on",
            metavar="SPLIT",
            help="Split used to select epoch or threshold: dev, test, none or unknown.",
        ),
    ] = "unknown",
    flag: Annotated[
        str, typer.Option("--flag", metavar="FLAG", help="Flag of a doubtful row: suspect, unverified or joined.")
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--source", metavar="SOURCE", help="Source of the score: a URL, a DOI, or own for a run of yours."
        ),
    ] = "own",
    where: Annotated[str, typer.Option("--where", metavar="TEXT", help="Table, page or file in the source.")] = "",
    remark: Annotated[str, typer.Option("--note", metavar="TEXT", help="Note for readers of the row.")] = "",
    split: Annotated[str, typer.Option("--split", metavar="SPLIT", help="A split of the task, such as test.")] = "test",
    release: ReleaseOption = None,
    gold: GoldOption = None,
    unverified_gold: UnverifiedGoldOption = False,
    task: TaskOption = None,
    quiet: QuietOption = False,
) -> None:
    """Add a row with its source to your own leaderboard.

    The row is added to the file named by $SEMEVAL_EMO_BOARD, by default one in your data folder. Nothing is
    written if the row is invalid or already there.
    """
    from semeval_emo.leaderboard import measure, new_row, store_path

    details: dict[str, Any] = {
        "setting": setting, "among": among, "rank": rank, "teams": teams, "kind": kind, "selected_on": selected_on,
        "flag": flag, "source": source, "where": where, "note": remark,
    }  # fmt: skip
    measured = measure(
        what, track=track, language=language, release=release, source=gold, task=task, unverified_gold=unverified_gold
    )
    _note_problems({id(board): board for board, _, _ in measured}.values(), quiet)
    for warning in _warnings(measured):
        note(warning, quiet)
    for board, score, address in measured:
        if address:
            details |= {"split": split, "metric": metric, "decimals": len(what.partition(".")[2])}
        row = new_row(score, board.task, system=system, **address, **details)
        board.add(row)
        note(f"Added to {store_path()}: {row.score_text} of {row.name}, track {row.track}, {row.language}.", quiet)


def ours(
    track: TrackFilter = None,
    system: Annotated[
        list[str] | None,
        typer.Option(
            "--system",
            "-s",
            metavar="NAME",
            help="Name of the system. A folder of submissions/; repeatable. Default: all.",
        ),
    ] = None,
    brief: Annotated[bool, typer.Option("--summary", help="One row per system and track.")] = False,
    links: Annotated[
        str | None,
        typer.Option(
            "--links",
            metavar="PREFIX",
            help="Link scores to their files (Markdown). PREFIX is the path to the folder of submissions/.",
        ),
    ] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Compare our systems with rank 1, the baseline and published models, language by language."""
    from semeval_emo.leaderboard import Leaderboard
    from semeval_emo.leaderboard.ours_vs_board import results, results_to_dict
    from semeval_emo.report import results as view
    from semeval_emo.task import shown_track

    board = Leaderboard.load(task)
    _note_problems([board], quiet)
    tracks = [track] if track else list(board.task.tracks)
    by_track = [one for key in tracks if (one := results(board, key, names=system or ())) is not None]
    if not by_track:
        where = f"track {shown_track(track)}" if track else board.task.title
        raise InputError(f"There is no system of ours for {where}.", "`semeval-emo zoo submit` adds finished runs")
    emit(
        lambda: results_to_dict(by_track),
        lambda: [view.summary(by_track, links)] if brief else view.tables(by_track, links),
        style,
        output,
    )


def papers(
    team: Annotated[str | None, typer.Option("--team", metavar="NAME", help="Part of the name of a team.")] = None,
    task: TaskOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """List the system papers of a task: team, title, links, public code."""
    from dataclasses import asdict

    from semeval_emo.leaderboard import Leaderboard
    from semeval_emo.report.leaderboard import papers_table, papers_text

    board = Leaderboard.load(task)
    _note_problems([board], quiet)
    every = board.papers()
    if not every:
        raise InputError(f"There is no bibliography of {board.task.title}.", "leave out --task")
    found = [paper for paper in every if (team or "").casefold() in paper.team.casefold()]
    if not found:
        raise InputError(
            f"No paper has the team '{team}'.", suggest(team or "", [paper.team for paper in every]) or "omit --team"
        )
    emit(
        lambda: {"schema": "semeval-emo/leaderboard-papers/1", "papers": [asdict(paper) for paper in found]},
        lambda: [papers_table(board, found)],
        style,
        output,
        text=lambda width, _: papers_text(board, found, width),
    )


def check(
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check every row of the built-in leaderboard and of your own.

    Checks names, ranges, decimals, sources, uniqueness, and that ranks follow scores. Exits with 1 if a row is invalid.
    """
    from semeval_emo.leaderboard import Leaderboard, check_boards
    from semeval_emo.report.leaderboard import check_tables

    result = Leaderboard.load(task, extra=extra or ()).check() if task else check_boards(extra or ())
    emit(result.to_dict, lambda: check_tables(result), style, output)
    if not result.valid:
        raise typer.Exit(1)


def export(
    track: TrackFilter = None,
    language: LanguageFilter = None,
    among: Annotated[
        str | None, typer.Option("--list", metavar="LIST", help="A leaderboard list. Its key or title. Default: all.")
    ] = None,
    kind: KindOption = None,
    release: ReleaseFilter = None,
    metric: Annotated[
        str | None, typer.Option("--metric", "-m", metavar="METRIC", help="Metric. Default: all.")
    ] = None,
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="Output format. html is a page with filters.")
    ] = ExportFormat.csv,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Export rows with all columns.

    Without options: every row, as CSV that --extra can read.
    """
    from semeval_emo.leaderboard import Leaderboard, to_csv
    from semeval_emo.report.leaderboard import rows_tables

    board = Leaderboard.load(task, extra=extra or ())
    _note_problems([board], quiet)
    rows = board.select(
        track=track, language=language, among=among or "all", kind=kind, release=release, metric=metric or "all"
    )
    if style is ExportFormat.html:
        from semeval_emo.report.html.board import board_page

        emit({}, (), Format.text, output, text=board_page(board, rows).rstrip("\n"))
        return
    payload = {"schema": "semeval-emo/leaderboard-export/1", "rows": [row.to_dict() for row in rows]}
    if style is ExportFormat.csv:
        emit(payload, (), Format.text, output, text=to_csv(rows, inert=True).rstrip("\n"))
    else:
        emit(payload, lambda: rows_tables(board, rows, track), Format(style.value), output)
