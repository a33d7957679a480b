"""Ranks of scores, scorecards, files and data frames: `semeval_emo.place`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Real
from typing import Any, overload

from semeval_emo.leaderboard.board import Leaderboard
from semeval_emo.leaderboard.place import Placement
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import score, task_of
from semeval_emo.tables.results import Results
from semeval_emo.task import Task


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
    return Leaderboard.load(task_of(card.spec, task), extra=extra, own=own).place(card, among=among)
