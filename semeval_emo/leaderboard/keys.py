"""What a score measures: the address at which it can be compared, from words or from a scorecard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from semeval_emo.errors import UsageError, suggest
from semeval_emo.leaderboard.check import ranked_metrics, score_range
from semeval_emo.leaderboard.model import ANY_RELEASE, ScoreRow
from semeval_emo.scoring import Scorecard
from semeval_emo.task import Task

DECIMALS = 4
"""Decimals that are kept of a score that was measured here: as many as the organisers print."""


@dataclass(frozen=True)
class BoardKey:
    """What was measured: only rows of the same address compare."""

    task: str
    release: str
    split: str
    track: str
    language: str
    metric: str


def address_of(
    score: float | Scorecard,
    task: Task,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    split: str = "test",
    metric: str | None = None,
) -> tuple[float, BoardKey]:
    """The number and its address: a scorecard says what it measures, a bare number must be told.

    Raises:
        UsageError: an unknown name, a score out of the metric's range, or a score of unknown labels.
    """
    if isinstance(score, Scorecard):
        if score.release == ANY_RELEASE:
            raise UsageError(
                f"The labels that {score.file} was scored against are of no known release, so its score cannot be "
                "compared.",
                "score it against the labels of a release: --gold FOLDER",
            )
        spec = score.spec
        return score.score, BoardKey(spec.task, score.release, spec.split, spec.track, spec.language, score.metric)
    if track is None or language is None:
        raise UsageError("A bare score needs its track and language.", "name both")
    found, code = task.track(track), task.language(language).code
    name = metric or found.metric
    known = ranked_metrics()
    if name not in known:
        raise UsageError(
            f"There is no metric '{name}' on the board.", suggest(name, known) or f"use one of: {', '.join(known)}"
        )
    low, high = score_range(name)
    if not low <= score <= high:
        hint = f"did you mean {score / 100:g}?" if 1 < score <= 100 else ""
        raise UsageError(f"The score {score:g} is not from {low:g} to {high:g}.", hint)
    return score, BoardKey(task.key, task.release(release).key, split, found.key, code, name)


def new_row(
    score: float | Scorecard,
    task: Task,
    *,
    system: str,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    split: str = "test",
    metric: str | None = None,
    setting: str = "",
    among: str = "mine",
    rank: int | None = None,
    teams: int | None = None,
    decimals: int | None = None,
    kind: str = "user",
    selected_on: str = "unknown",
    flag: str = "",
    source: str = "own",
    where: str = "",
    note: str = "",
) -> ScoreRow:
    """Makes a row for `Leaderboard.add`, with the defaults of a run of one's own.

    Args:
        score: a number with its track and language, or a scorecard, which gives address and provenance.
        decimals: how many decimals the score is printed with; 4 by default.
        among: key of the list that the row belongs to.

    Raises:
        UsageError: an unknown name, or a score out of range.

    >>> from semeval_emo import load_task
    >>> row = new_row(0.73, load_task(), system="mine", track="a", language="eng", where="run 7")
    >>> row.score_text, row.list, row.release
    ('0.7300', 'mine', '2025')
    """
    number, at = address_of(score, task, track, language, release, split, metric)
    if isinstance(score, Scorecard):
        kept = DECIMALS if decimals is None else decimals
        number = round(number, kept)
        file = PurePath(score.file).name
        where = where or f"{file}, predictions {score.prediction_hash}, gold {score.gold_hash}"
    else:
        # Never fewer decimals than the number has: nothing of what was given is rounded away.
        kept = max(DECIMALS, _decimals(number)) if decimals is None else decimals
    return ScoreRow(
        task=at.task, release=at.release, split=at.split, track=at.track, language=at.language, list=among, rank=rank,
        teams=teams, system=system, setting=setting, metric=at.metric, score=number, decimals=kept, kind=kind,
        selected_on=selected_on, flag=flag, source=source, where=where, note=note,
    )  # fmt: skip


def _decimals(number: float) -> int:
    return len(f"{number:.12f}".rstrip("0").partition(".")[2])
