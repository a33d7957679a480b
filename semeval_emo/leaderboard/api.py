"""Ranks of scores, scorecards, files and data frames: `semeval_emo.place`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Real
from typing import Any, overload

from semeval_emo.errors import UsageError
from semeval_emo.leaderboard.board import COMPARE, Leaderboard
from semeval_emo.leaderboard.place import Placement
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import score
from semeval_emo.tables.results import Results
from semeval_emo.task import Task, find_task, load_task


@overload
def place(
    predictions: float | Scorecard, *, track: str | None = None, language: str | None = None, among: str | None = None
) -> Placement: ...


@overload
def place(predictions: Any, gold: Any = None, *, among: str | None = None, **more: Any) -> Results[Placement]: ...


def place(
    predictions: Any,
    gold: Any = None,
    *,
    among: str | None = None,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    extra: Iterable[str | os.PathLike[str]] = (),
    own: bool = True,
    **more: Any,
) -> Placement | Results[Placement]:
    """Place a score on the leaderboard, or the score of each file.

    Args:
        predictions: a number with its track and language, or a scorecard, for one placement. Or the result of `score`,
            or anything that `score` takes, for a placement of each file.
        gold: as for `score`.
        among: key of the list; the default list by default.
        track, language, release, task: what a number measures, or which files are scored.
        extra, own: as for `Leaderboard.load`.
        more: other arguments of `score`, such as ``source``.

    Raises:
        UsageError: an unknown name, a score out of range, or a list without comparable scores.
        EmoError: as for `score`.

    >>> place(0.7114, track="a", language="eng", own=False).rank
    '29 to 75 of 75'
    """
    address: dict[str, Any] = {"track": track, "language": language, "release": release}
    if isinstance(predictions, Real) and not isinstance(predictions, bool):
        board = Leaderboard.load(task, extra=extra, own=own)
        return board.place(float(predictions), among=among, **address)
    if isinstance(predictions, Scorecard):
        return _placed(predictions, among, task, extra, own)
    if not isinstance(predictions, Scores):
        predictions = score(predictions, gold, task=task, **address, **more)
    return Results(_placed(card, among, task, extra, own) for card in predictions.cards)


def _placed(
    card: Scorecard, among: str | None, task: Task | str | None, extra: Iterable[str | os.PathLike[str]], own: bool
) -> Placement:
    return board_of(card, task, extra=extra, own=own).place(card, among=among)


def board_of(
    card: Scorecard,
    task: Task | str | None = None,
    *,
    extra: Iterable[str | os.PathLike[str]] = (),
    own: bool = True,
) -> Leaderboard:
    """Load the leaderboard of the task that was scored; arguments as for `Leaderboard.load`.

    Raises:
        UsageError: the labels belong to no task.
    """
    known = find_task(card.spec.task) if task is None else load_task(task)
    if known is None:
        raise UsageError("These labels belong to no task, so they have no leaderboard.", COMPARE)
    return Leaderboard.load(known, extra=extra, own=own)


def measure(
    what: str,
    *,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: str | None = None,
    extra: Iterable[str | os.PathLike[str]] = (),
    unverified_gold: bool = False,
) -> list[tuple[Leaderboard, float | Scorecard, dict[str, Any]]]:
    """Return the scores to place, each with the board of its task and, for a bare score, its address.

    Args:
        what: a score, or the path of prediction files, which are validated and scored.
        source: where the gold labels are, as in `load_gold`.
        unverified_gold: as for `score`.

    Raises:
        UsageError: a bare score without track and language, or a number that cannot be read.
    """
    try:
        number = float(what)
    except ValueError:
        if what.replace(",", "", 1).isdigit():
            raise UsageError(f"'{what}' is not a number.", f"write {what.replace(',', '.')}") from None
        cards = score(
            what, source=source, track=track, language=language, release=release, task=task,
            unverified_gold=unverified_gold,
        ).cards  # fmt: skip
        boards = {card.spec.task: board_of(card, task, extra=extra) for card in cards}
        return [(boards[card.spec.task], card, {}) for card in cards]
    if track is None or language is None:
        raise UsageError("A score needs its track and language.", f"add them: place {what} -t a -l eng")
    address = {"track": track, "language": language, "release": release}
    return [(Leaderboard.load(task, extra=extra), number, address)]
