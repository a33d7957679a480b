"""The commands `leaderboard place` and `leaderboard add`: what takes a score, or a file that has one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeval_emo.cli.board import ExtraOption, OneListOption, known_lists, load_board
from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    LanguageOption,
    OutputOption,
    QuietOption,
    ReleaseOption,
    TaskOption,
    TrackOption,
    emit,
    note,
)
from semeval_emo.errors import UsageError

if TYPE_CHECKING:
    from semeval_emo.leaderboard import Leaderboard, Placement
    from semeval_emo.scoring import Scorecard


PLACE_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard place 0.7114 -t a -l eng
  semeval-emo leaderboard place pred_eng.csv
  semeval-emo leaderboard place track_b.zip --gold data/
  semeval-emo leaderboard place 0.62 -t b -l deu --list unofficial-v2
"""
ADD_EXAMPLES = """\b
Examples:
  semeval-emo leaderboard add pred_eng.csv --system "my model" --selected-on dev
  semeval-emo leaderboard add 0.7231 -t a -l eng --system "my model" --where runs/7
  semeval-emo leaderboard add 0.741 -t a -l eng --system theirs --source https://doi.org/10.1000/182
"""


def register(group: typer.Typer) -> None:
    """Adds these commands."""
    group.command(epilog=PLACE_EXAMPLES)(place)
    group.command(epilog=ADD_EXAMPLES)(add)


def place(
    what: Annotated[
        str, typer.Argument(metavar="SCORE|FILE", help="A score from 0 to 1, or predictions to score first.")
    ],
    track: TrackOption = None,
    language: LanguageOption = None,
    among: OneListOption = None,
    release: ReleaseOption = None,
    gold: GoldOption = None,
    task: TaskOption = None,
    extra: ExtraOption = None,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """Say where a score or a prediction file stands on a list.

    Files are validated and scored first. A board rarely knows a whole list, so the rank is an interval.
    Suspect rows take no part. A negative score goes last, after two dashes: place -t b -l eng -- -0.05
    """
    from semeval_emo.report.leaderboard import placement_payload, placement_tables

    found: list[tuple[Leaderboard, Placement, tuple[Placement, ...]]] = []
    refused: list[UsageError] = []
    for board, score, at in _measured(what, track, language, release, gold, task, extra, quiet):
        try:
            found.append((board, board.place(score, among=among, **at), board.places(score, **at)))
        except UsageError as error:
            refused.append(error)
    if refused and not found:
        raise refused[0]
    for one in refused:
        note(f"not placed: {one.message}", quiet)
    payloads = [
        placement_payload(placed)
        | {"other_lists": [placement_payload(one) for one in others if one.among != placed.among]}
        for _, placed, others in found
    ]
    emit(
        {"schema": "semeval-emo/leaderboard-place/1", "placements": payloads},
        lambda: placement_tables(found),
        style,
        output,
    )


def _measured(
    what: str,
    track: str | None,
    language: str | None,
    release: str | None,
    gold: str | None,
    task: str | None,
    extra: list[Path] | None,
    quiet: bool,
) -> list[tuple[Leaderboard, float | Scorecard, dict[str, Any]]]:
    """What is to be placed, each with its board: one number, or every scorecard of the files."""
    number = _number(what)
    if number is not None:
        if track is None or language is None:
            raise UsageError("A bare score needs its track and language.", f"add them: place {what} -t a -l eng")
        return [(load_board(task, extra, quiet), number, {"track": track, "language": language, "release": release})]
    cards = _scorecards(what, track, language, release, gold, task)
    boards = {key: load_board(key, extra, quiet) for key in dict.fromkeys(name for _, name in cards)}
    return [(boards[name], card, {}) for card, name in cards]


def _scorecards(
    what: str, track: str | None, language: str | None, release: str | None, gold: str | None, task: str | None
) -> list[tuple[Scorecard, str]]:
    """The cards of files that are valid, each with the name of its task."""
    from semeval_emo.scoring import score
    from semeval_emo.task import load_task, task_files

    result = score(what, source=gold, track=track, language=language, release=release, task=task)
    names = {load_task(name).key: name for name in task_files()}
    return [(card, task or names[card.spec.task]) for card in result.cards]


def _number(what: str) -> float | None:
    try:
        return float(what)
    except ValueError:
        if what.replace(",", "", 1).isdigit():
            raise UsageError(f"'{what}' is not a number.", f"write {what.replace(',', '.')}") from None
        return None


def add(
    what: Annotated[
        str, typer.Argument(metavar="SCORE|FILE", help="The score as its source prints it, or predictions to score.")
    ],
    system: Annotated[str, typer.Option("--system", help="Name of the team or model.")],
    track: TrackOption = None,
    language: LanguageOption = None,
    setting: Annotated[str, typer.Option("--setting", help="What tells its rows apart, such as epochs.")] = "",
    among: Annotated[
        str, typer.Option("--list", autocompletion=known_lists, help="List that the row belongs to.")
    ] = "mine",
    kind: Annotated[str, typer.Option("--kind", help="team, baseline, published-model, zoo or user.")] = "user",
    rank: Annotated[int | None, typer.Option("--rank", help="Rank in that list.")] = None,
    teams: Annotated[int | None, typer.Option("--teams", help="Teams in that list.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="Default: the track's own metric.")] = None,
    selected_on: Annotated[
        str, typer.Option("--selected-on", help="What chose epoch or threshold: dev, test, none or unknown.")
    ] = "unknown",
    flag: Annotated[str, typer.Option("--flag", help="suspect, unverified or joined.")] = "",
    source: Annotated[
        str, typer.Option("--source", help="Who says so: a URL, a DOI, or own for a run of yours.")
    ] = "own",
    where: Annotated[str, typer.Option("--where", help="Table, page or file in that source.")] = "",
    remark: Annotated[str, typer.Option("--note", help="What a reader must know.")] = "",
    split: Annotated[str, typer.Option("--split", help="test or dev.")] = "test",
    release: ReleaseOption = None,
    gold: GoldOption = None,
    task: TaskOption = None,
    quiet: QuietOption = False,
) -> None:
    """Add a sourced row to your own board.

    The board is the file that $SEMEVAL_EMO_BOARD names, else one in your data folder. Nothing is written
    where the row is not sound or stands on the board already.
    """
    from semeval_emo.leaderboard import new_row, store_path

    more: dict[str, Any] = {
        "setting": setting, "among": among, "rank": rank, "teams": teams, "kind": kind, "selected_on": selected_on,
        "flag": flag, "source": source, "where": where, "note": remark,
    }  # fmt: skip
    for board, score, at in _measured(what, track, language, release, gold, task, None, quiet):
        if at:
            at |= {"split": split, "metric": metric, "decimals": len(what.partition(".")[2])}
        row = new_row(score, board.task, system=system, **at, **more)
        board.add(row)
        note(f"added to {store_path()}: {row.score_text} of {row.name}, track {row.track}, {row.language}", quiet)
