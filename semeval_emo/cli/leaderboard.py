"""The commands `leaderboard`: overview, show, check, export. `placing` adds place and add, `ours` ours."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from semeval_emo.cli import ours, placing
from semeval_emo.cli.board import ExtraOption, known_lists, load_board
from semeval_emo.cli.common import (
    Format,
    FormatOption,
    Group,
    LanguageOption,
    OutputOption,
    QuietOption,
    ReleaseOption,
    TaskOption,
    TrackOption,
    emit,
    note,
)

if TYPE_CHECKING:
    from semeval_emo.leaderboard import Leaderboard, ScoreRow


ListOption = Annotated[
    str | None,
    typer.Option(
        "--list", autocompletion=known_lists, help="Key of a list, or all. Default: official. Lists never mix."
    ),
]
KindOption = Annotated[
    str | None, typer.Option("--kind", help="team, baseline, published-model, seed-run, zoo or user.")
]
MetricOption = Annotated[str | None, typer.Option("--metric", help="A metric, or all. Default: the track's own.")]


OVERVIEW_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard
  semeval-emo leaderboard show --track a --language eng
  semeval-emo leaderboard place 0.7114 --track a --language eng
  semeval-emo leaderboard place pred_eng.csv
"""
SHOW_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard show --track a
  semeval-emo leaderboard show -t a -l eng --list all
  semeval-emo leaderboard show -t a -l eng --list seed-runs --metric all
  semeval-emo leaderboard show -t c -l deu --list brighter-tables -f latex
"""
CHECK_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard check
  semeval-emo leaderboard check --extra my_rows.csv
"""
EXPORT_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard export --output board.csv
  semeval-emo leaderboard export -t a --list official -f latex
  semeval-emo leaderboard export -f html --output leaderboard.html
"""


class ExportFormat(StrEnum):
    """How rows are written: as every result, or as a page."""

    csv = "csv"
    text = "text"
    markdown = "markdown"
    json = "json"
    latex = "latex"
    html = "html"


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    group = typer.Typer(name="leaderboard", cls=Group)
    group.callback(invoke_without_command=True, epilog=OVERVIEW_EXAMPLES)(overview)
    group.command(epilog=SHOW_EXAMPLES)(show)
    placing.register(group)
    ours.register(group)
    group.command(epilog=CHECK_EXAMPLES)(check)
    group.command(epilog=EXPORT_EXAMPLES)(export)
    app.add_typer(group)


def overview(context: typer.Context) -> None:
    """See stored scores with their sources, place a score among them, add your own.

    Alone it shows rank 1, the organisers' baseline and the number of teams for every language.
    """
    if context.invoked_subcommand is None:
        show()
        note("\nnext: semeval-emo leaderboard show -t a -l eng, or place 0.7114 -t a -l eng; --help lists the rest")


def show(
    track: TrackOption = None,
    language: LanguageOption = None,
    among: ListOption = None,
    kind: KindOption = None,
    release: ReleaseOption = None,
    metric: MetricOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most this many rows; 0 is all.")] = 0,
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show rows by track, language and list; with none of them, the overview."""
    from semeval_emo.report.leaderboard import overview_tables, row_payload, rows_tables

    board = load_board(task, extra, quiet)
    whole = not any((track, language, among, kind, release, metric))
    rows = board.filter() if whole else _selected(board, track, language, among, kind, release, metric)
    left = len(rows) - limit if limit and not whole else 0
    rows = rows[:limit] if left > 0 else rows
    if not rows and style is Format.text:
        note("no row matches")
    else:
        emit(
            lambda: {"schema": "semeval-emo/leaderboard-show/1", "rows": [row_payload(row) for row in rows]},
            lambda: overview_tables(board) if whole else rows_tables(board, rows, track),
            style,
            output,
        )
    if left > 0:
        note(f"{left} more: --limit 0 shows all", quiet)
    if among is None and not whole:
        _tell_others(board, rows, track, language, quiet)


def _selected(
    board: Leaderboard,
    track: str | None,
    language: str | None,
    among: str | None,
    kind: str | None,
    release: str | None,
    metric: str | None,
) -> tuple[ScoreRow, ...]:
    """The rows to show: of the default list and of each track's own metric where nothing else is said."""
    wide = among == "all" or (among is None and (kind or release))
    rows = board.filter(
        track=track, language=language, among=None if wide else board.find_list(among).key, kind=kind, release=release
    )
    if metric == "all":
        return rows
    wanted = {key: metric or one.metric for key, one in board.task.tracks.items()}
    return tuple(row for row in rows if row.metric in {wanted.get(key) for key in row.tracks})


def _tell_others(
    board: Leaderboard, rows: tuple[ScoreRow, ...], track: str | None, language: str | None, quiet: bool
) -> None:
    shown = {row.list for row in rows}
    others = [row.list for row in board.filter(track=track, language=language) if row.list not in shown]
    if others:
        counts = ", ".join(f"{key} {others.count(key)}" for key in dict.fromkeys(others))
        note(f"\nrows in other lists: {counts} (--list NAME, or --list all)", quiet)


def check(
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check every row, of the shipped board and your own.

    Known names, range, decimals, source, uniqueness, and ranks in the order of scores. Exit 1 where one fails.
    """
    from dataclasses import asdict

    from semeval_emo.leaderboard import Leaderboard, check_boards
    from semeval_emo.report.leaderboard import check_tables

    result = Leaderboard.load(task, extra=extra or ()).check() if task else check_boards(extra or ())
    payload = {
        "schema": "semeval-emo/leaderboard-check/1", "valid": result.valid, "rows": result.rows,
        "flagged": result.flagged, "faults": [asdict(fault) for fault in result.faults],
    }  # fmt: skip
    emit(payload, lambda: check_tables(result), style, output)
    if not result.valid:
        raise typer.Exit(1)


def export(
    track: TrackOption = None,
    language: LanguageOption = None,
    among: ListOption = None,
    kind: KindOption = None,
    release: ReleaseOption = None,
    metric: MetricOption = None,
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="How to write the rows; html is a site of one page.")
    ] = ExportFormat.csv,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write rows with all their columns.

    With no option that is every row, as CSV that --extra reads back.
    """
    from semeval_emo.leaderboard import to_csv
    from semeval_emo.report.leaderboard import row_payload, rows_tables

    board = load_board(task, extra, quiet)
    rows = _selected(board, track, language, among or "all", kind, release, metric or "all")
    if style is ExportFormat.html:
        from semeval_emo.report.html.board import board_page

        emit({}, (), Format.text, output, text=board_page(board, rows).rstrip("\n"))
        return
    payload = {"schema": "semeval-emo/leaderboard-export/1", "rows": [row_payload(row) for row in rows]}
    if style is ExportFormat.csv:
        emit(payload, (), Format.text, output, text=to_csv(rows, inert=True).rstrip("\n"))
    else:
        emit(payload, lambda: rows_tables(board, rows, track), Format(style.value), output)
