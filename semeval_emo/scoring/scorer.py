"""Scores prediction files: reads them, finds the gold of their release, joins, and computes every figure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from semeval_emo.errors import InputError, InvalidSubmission, ReleaseMismatch, UsageError
from semeval_emo.scoring.figures import ROUNDINGS, score_arrays
from semeval_emo.scoring.metrics import CODABENCH
from semeval_emo.scoring.pair import Pair, join
from semeval_emo.scoring.scorecard import UNDEFINED, Scorecard, Scores, averages
from semeval_emo.task import FileSpec, Selector, Task, find_task, load_task

if TYPE_CHECKING:
    from semeval_emo.data import Gold
    from semeval_emo.submission import Predictions, Report

Path = str | os.PathLike[str]

# Files that an error names; more than a few would hide the message.
_TOLD = 4


def score(
    predictions: Path | Sequence[Path] | Predictions | Sequence[Predictions],
    gold: Gold | None = None,
    *,
    source: Path | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    rule: str = CODABENCH,
    rounding: str = "",
    strict: bool = True,
) -> Scores:
    """Scores prediction files against the gold labels of their own release.

    Files whose problems leave the labels certain (order of columns, mixed tracks, blank lines) are
    scored, and `Scores.report` says what was wrong; the others are refused.

    Args:
        predictions: files, folders or zips, or `Predictions` that were read before.
        gold: gold labels at hand, for predictions of one language; None loads them from `source`.
        source: as in `load_gold`: a folder, ``hub``, ``sample`` or None.
        track, language, split: what the files should be; by default ids, names and folders say. Of
            a file that mixes tracks, `track` names the part to score.
        release: the release that was predicted; by default the task's own, else the one that the
            gold at hand belongs to, if the files fit it.
        task: the task or its name; by default ids say.
        rule: what Pearson makes of a constant column, one of `metrics.RULES`.
        rounding: ``organisers`` or ``codabench`` for figures as that scorer prints them.
        strict: False scores what can be scored and lists the rest in `Scores.refused` and, where gold
            labels are missing for some of several files, in `Scores.without_gold`.

    Raises:
        InvalidSubmission: a file whose labels cannot be read without guessing (with `strict`), or
            nothing to score.
        ReleaseMismatch: predictions and gold are of different releases.
        InputError: a file, or the gold labels, missing or blank.
        UsageError: unknown names.

    >>> import tempfile, pathlib
    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.submission import write_predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pred_eng.csv"
    >>> write_predictions(gold.spec, gold.labels, path)
    >>> score(path, source="sample").cards[0].score
    1.0
    """
    if rounding not in ("", *ROUNDINGS):
        raise UsageError(f"There is no rounding '{rounding}'.", f"use one of {', '.join(ROUNDINGS)}")
    paths, read = _apart(predictions)
    if paths and read:
        raise UsageError("Paths and predictions are mixed in one call.", "give either")
    if read:
        batch = _with_gold(Batch(read), gold, source, task, strict)
    else:
        batch = _load(paths, gold, source, Selector(task, track, language, split, release), strict)
    if batch.refused and strict:
        raise InvalidSubmission(_sentence(batch.refused), f"semeval-emo validate {batch.refused[0]}")
    if not batch.predictions and not batch.refused:
        raise InvalidSubmission(*_nothing(batch.report))
    pairs = [(join(one, batch.gold[one.spec.place]), task_of(one.spec, task)) for one in batch.predictions]
    cards = [score_pair(pair, found, rule) for pair, found in pairs]
    means = averages(cards, pairs[0][1]) if pairs else ()
    if rounding:
        cards, means = [card.rounded(rounding) for card in cards], tuple(mean.rounded(rounding) for mean in means)
    return Scores(tuple(cards), means, batch.report, batch.refused, batch.note, batch.without_gold)


def score_pair(pair: Pair, task: Task, rule: str = CODABENCH) -> Scorecard:
    """Scores what was joined.

    Args:
        task: says which metric is the track's official one.
        rule: what Pearson makes of a constant column, one of `metrics.RULES`.
    """
    track, spec = task.track(pair.spec.track), pair.spec
    figures = score_arrays(pair.gold, pair.predicted, spec.emotions, values=len(spec.values), rule=rule)
    constant: tuple[str, ...] = ()
    if track.is_intensity:
        flat = (np.ptp(pair.gold, axis=0) == 0) | (np.ptp(pair.predicted, axis=0) == 0)
        constant = tuple(name for name, one in zip(spec.emotions, flat, strict=True) if one)
    return Scorecard(
        file=pair.file,
        gold=pair.source,
        spec=spec,
        release=pair.release,
        metric=track.metric,
        figures=figures,
        gold_hash=pair.gold_hash,
        prediction_hash=pair.prediction_hash,
        rule=rule if track.is_intensity else UNDEFINED,
        constant=constant,
        note=pair.note,
        pair=pair,
    )


def task_of(spec: FileSpec, task: Task | str | None = None) -> Task:
    """The task that a file belongs to, among the known ones where none is given."""
    return _named(spec.task, task)


def _named(key: str, task: Task | str | None) -> Task:
    if task is not None:
        return task if isinstance(task, Task) else load_task(task)
    return find_task(key) or load_task()


@dataclass(frozen=True)
class Batch:
    """Predictions that were read, and the gold of each place (`FileSpec.place`)."""

    predictions: tuple[Predictions, ...]
    report: Report | None = None
    refused: tuple[str, ...] = ()
    gold: dict[str, Gold] = field(default_factory=dict)
    note: str = ""
    without_gold: tuple[str, ...] = ()


def _apart(
    predictions: Path | Sequence[Path] | Predictions | Sequence[Predictions],
) -> tuple[list[Path], tuple[Predictions, ...]]:
    """Tells paths from predictions that were read before."""
    if isinstance(predictions, str | os.PathLike) or not isinstance(predictions, Sequence):
        several: list[Path | Predictions] = [predictions]
    else:
        several = list(predictions)
    paths: list[Path] = [one for one in several if isinstance(one, str | os.PathLike)]
    return paths, tuple(one for one in several if not isinstance(one, str | os.PathLike))


def _with_gold(
    batch: Batch, gold: Gold | None, source: Path | None, task: Task | str | None, strict: bool = True
) -> Batch:
    """Finds the gold of each place, once a place.

    Args:
        strict: False leaves out predictions without gold, and says why, as long as any have theirs.

    Raises:
        InputError: gold is missing or blank.
        ReleaseMismatch: it is of another release.
    """
    from semeval_emo.data import load_gold

    found: dict[str, Gold] = {}
    lacking: dict[str, InputError] = {}
    for spec in dict.fromkeys(one.spec for one in batch.predictions):
        try:
            found[spec.place] = gold or load_gold(
                spec.track, spec.language, spec.split, release=spec.release, source=source, task=task_of(spec, task)
            )
        except InputError as error:
            lacking[spec.place] = error
    if lacking and (strict or not found):
        raise next(iter(lacking.values()))
    return replace(
        batch,
        predictions=tuple(one for one in batch.predictions if one.spec.place in found),
        gold=found,
        without_gold=tuple(
            f"{one.path} is NOT scored: {lacking[one.spec.place].message}"
            for one in batch.predictions
            if one.spec.place in lacking
        ),
    )


def _load(
    paths: list[Path],
    gold: Gold | None,
    source: Path | None,
    selector: Selector,
    strict: bool,
) -> Batch:
    """Reads files as the release asked for; where none was, as the one that the gold at hand belongs to."""
    from semeval_emo.submission import read_submission

    def read(release: str | None) -> Batch:
        found = read_submission(paths, **replace(selector, release=release).keywords)
        return Batch(found.predictions, found.report, refused_files(found.report, selector))

    task = selector.task
    first, mismatch = read(selector.release), None
    try:
        complete = _with_gold(first, gold, source, task, strict)
        if not first.refused:
            return complete
    except ReleaseMismatch as error:
        mismatch = error
    if selector.release is None and (source is not None or gold is not None):
        for other in _other_releases(first, task):
            try:
                batch = _with_gold(read(other), gold, source, task)
            except (ReleaseMismatch, InputError):
                continue
            if batch.predictions and not batch.refused:
                return replace(batch, note=f"Read as release {other}, the release of the gold at hand.")
    if mismatch is not None:
        raise mismatch
    return complete


def _other_releases(batch: Batch, task: Task | str | None) -> list[str]:
    """Releases of the files' task beside its default one."""
    key = batch.report.task if batch.report else ""
    found = _named(key, task)
    return [name for name, one in found.releases.items() if name != found.default_release and not one.refused]


def refused_files(report: Report, selector: Selector) -> tuple[str, ...]:
    """Files of which nothing that was asked for can be scored, and folders and zips that cannot be read whole."""
    from semeval_emo.submission import entry

    selector = replace(selector, release=None).of(_named(report.task, None))
    found = []
    for file in report.files:
        if file.kind == "container":
            if any(code.startswith("E") and not entry(code).scorable for code in file.counts):
                found.append(file.file)
            continue
        meant = [part for part in file.parts if selector.matches(part.spec)]
        elsewhere = file.parts and not meant
        if not elsewhere and not any(part.is_scorable for part in meant):
            found.append(file.file)
    return tuple(found)


def _nothing(report: Report | None) -> tuple[str, str]:
    """Why there is nothing to score, and the remedy: the files are of another track, language or split."""
    parts = [f"{file.file} is {part.spec.place}" for file in report.files for part in file.parts] if report else []
    if not parts:
        return "There are no predictions to score.", "name a file like pred_eng.csv, a folder or a zip"
    more = f" and {len(parts) - _TOLD} more" if len(parts) > _TOLD else ""
    told = "; ".join(parts[:_TOLD])
    return (
        f"There is nothing to score of what was asked for: {told}{more}.",
        "ask for what is there, or leave the option out",
    )


def _sentence(refused: Sequence[str]) -> str:
    if len(refused) == 1:
        return f"{refused[0]} has problems that leave its labels uncertain, so it is not scored."
    names = ", ".join(refused[:_TOLD]) + (f" and {len(refused) - _TOLD} more" if len(refused) > _TOLD else "")
    return f"{len(refused)} files have problems that leave their labels uncertain, so they are not scored: {names}."
