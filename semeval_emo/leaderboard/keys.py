"""Board keys: what a score measures, from arguments or from a scorecard; new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from semeval_emo.errors import UsageError, suggest
from semeval_emo.leaderboard.check import ranked_metrics, score_range
from semeval_emo.leaderboard.model import ANY_RELEASE, ScoreRow
from semeval_emo.scoring import Scorecard
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import Task
from semeval_emo.text import printable

UNVERIFIED_NOTE = "the gold labels are not those of the release"
IDENTICAL_NOTE = "the predictions and the gold labels are identical"
DECIMALS = 4
"""Number of decimals of scores measured here, as printed by the organisers."""


@dataclass(frozen=True)
class BoardKey:
    """What a score measures; only scores with the same key are comparable."""

    task: str
    release: str
    split: str
    track: str
    language: str
    metric: str


def resolve_key(
    score: float | Scorecard,
    task: Task,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    split: str = "test",
    metric: str | None = None,
) -> tuple[float, BoardKey]:
    """Return a score as a number with its key, which a scorecard has and a bare number needs as arguments.

    Raises:
        UsageError: an unknown name, a score out of the metric's range, or gold labels of an unknown release.
    """
    if isinstance(score, Scorecard):
        spec = score.spec
        if score.subset:
            raise UsageError(
                f"The score of {score.file} cannot be placed: {score.subset}", "score a file that has every row"
            )
        # The rows of unverified gold are those of the release of the predictions.
        measured = spec.release if score.unverified else score.release
        if measured == ANY_RELEASE:
            raise UsageError(
                f"The score of {score.file} cannot be placed: the release of its gold labels is unknown.",
                "score it against the labels of a release: --gold FOLDER",
            )
        _check_direction(score.metric)
        return score.score, BoardKey(spec.task, measured, spec.split, spec.track, spec.language, score.metric)
    if track is None or language is None:
        raise UsageError("A score without a file needs a track and a language.", "give both")
    track_, code = task.track(track), task.language(language).code
    name = metric or track_.metric
    _check_direction(name)
    check_name("metric", name, ranked_metrics())
    low, high = score_range(name)
    if not low <= score <= high:
        hint = f"did you mean {score / 100:g}?" if 1 < score <= 100 else ""
        raise UsageError(f"The score {score:g} is not from {low:g} to {high:g}.", hint)
    return score, BoardKey(task.key, task.release(release).key, split, track_.key, code, name)


def _check_direction(metric: str) -> None:
    """Refuse a metric where lower is better: the rows of a list are ranked from high to low.

    Raises:
        UsageError: it is one.
    """
    if metric in METRICS and METRICS[metric].lower_is_better:
        raise UsageError(
            f"The leaderboard has no scores of {METRICS[metric].title}, where lower is better.",
            "compare systems with semeval-emo compare",
        )


def check_name(what: str, name: str, known: Sequence[str]) -> None:
    """Check a name that selects rows.

    Raises:
        UsageError: it is not among the known ones.
    """
    if name not in known:
        raise UsageError(
            f"There is no {what} '{printable(name)}' on the leaderboard.",
            suggest(name, known) or f"use one of: {', '.join(known)}",
        )


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
    """Return a row for `Leaderboard.add`, with the defaults for a run of your own.

    Args:
        score: a number with its track and language, or a scorecard, which has both and its provenance.
        decimals: number of decimals of the score; 4 by default.
        among: key of the row's list.

    Raises:
        UsageError: an unknown name, or a score out of range.

    >>> from semeval_emo import load_task
    >>> row = new_row(0.73, load_task(), system="mine", track="a", language="eng", where="run 7")
    >>> row.score_text, row.list, row.release
    ('0.7300', 'mine', '2025')
    """
    number, at = resolve_key(score, task, track, language, release, split, metric)
    if isinstance(score, Scorecard):
        printed = DECIMALS if decimals is None else decimals
        number = round(number, printed)
        file = PurePath(score.file).name
        where = where or f"{file}, predictions {score.prediction_hash}, gold {score.gold_hash}"
        remarks = (note, UNVERIFIED_NOTE if score.unverified else "", IDENTICAL_NOTE if score.identical else "")
        flag, note = flag or ("unverified" if score.unverified else ""), "; ".join(filter(None, remarks))
    else:
        # At least the decimals of the number, so that it is not rounded.
        printed = max(DECIMALS, _decimals(number)) if decimals is None else decimals
    return ScoreRow(
        task=at.task, release=at.release, split=at.split, track=at.track, language=at.language, list=among, rank=rank,
        teams=teams, system=system, setting=setting, metric=at.metric, score=number, decimals=printed, kind=kind,
        selected_on=selected_on, flag=flag, source=source, where=where, note=note,
    )  # fmt: skip


def _decimals(number: float) -> int:
    return len(f"{number:.12f}".rstrip("0").partition(".")[2])
