"""Joins predictions to the gold of the same release, and scores what was joined.

An id alone does not say which text is meant: releases reuse ids for other texts, and a join by id
across releases gives a plausible wrong number. So a join here is refused unless both sides name
the same release and hold exactly the same ids.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import ReleaseMismatch
from semeval_emo.scoring.figures import score_arrays
from semeval_emo.scoring.metrics import CODABENCH
from semeval_emo.scoring.scorecard import UNDEFINED, Scorecard
from semeval_emo.task import FileSpec, Task, load_task, task_files

if TYPE_CHECKING:
    from semeval_emo.submission import Predictions

UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Pair:
    """Gold and predictions of the same texts, row by row: what every score and test starts from.

    Attributes:
        spec: the place.
        release: the release by the gold's hashes, or ``unknown``.
        gold, predicted: shape (n, L), int8, rows in the order of `spec.ids`.
        texts: one a row where the gold has them, else None: rows of one text are one cluster.
        file, source: what people are shown of both sides.
        gold_hash, prediction_hash: identities of both sides.
        note: what a person must know of the gold; empty when there is nothing.
    """

    spec: FileSpec
    release: str
    gold: NDArray[np.int8]
    predicted: NDArray[np.int8]
    texts: tuple[str, ...] | None
    file: str
    source: str
    gold_hash: str
    prediction_hash: str
    note: str = ""


def join(predictions: Predictions, gold: Gold) -> Pair:
    """Puts gold and predictions of one release side by side.

    Raises:
        ReleaseMismatch: they are of different places or releases, their ids differ, or a gold
            label is blank.
    """
    spec, other = predictions.spec, gold.spec
    release = _common_release(spec, gold)
    have, want = set(gold.ids), spec.id_set
    if have != want:
        raise ReleaseMismatch(
            f"{predictions.path} is {spec.place}: {spec.rows:,} ids. The gold {gold.source} is "
            f"{_place(gold)}: {len(gold.ids):,} ids, of which {len(want & have):,} are the same. "
            "The same id can be another text in another release, so nothing is joined.",
            f"give gold labels of release {spec.release}: --gold FOLDER",
        )
    if np.any(gold.labels < 0):
        blank = int(np.count_nonzero(gold.labels < 0))
        raise ReleaseMismatch(
            f"The gold {gold.source} ({_place(gold)}) has {blank:,} blank labels of {gold.labels.size:,}. "
            "Blank is not zero, so nothing can be scored against them.",
            f"give gold labels of release {spec.release} that were published: --gold FOLDER",
        )
    order = _order(gold.ids, spec.ids)
    labels, texts = gold.labels, gold.texts
    if other.emotions != spec.emotions:
        labels = labels[:, [other.emotions.index(name) for name in spec.emotions]]
    if order is not None:
        labels = labels[order]
        texts = None if texts is None else tuple(texts[i] for i in order)
    return Pair(
        spec=spec,
        release=release,
        gold=labels,
        predicted=predictions.values,
        texts=texts,
        file=predictions.path,
        source=gold.source,
        gold_hash=gold.hash,
        prediction_hash=predictions.hash,
        note=gold.note,
    )


def _common_release(spec: FileSpec, gold: Gold) -> str:
    """The release of both, or a refusal that names both."""
    same_file = (spec.task, spec.track, spec.language, spec.split) == (
        gold.spec.task,
        gold.spec.track,
        gold.spec.language,
        gold.spec.split,
    )
    if same_file and set(spec.emotions) == set(gold.spec.emotions):
        if not gold.releases:
            return UNKNOWN
        if spec.release in gold.releases:
            return spec.release
    raise ReleaseMismatch(
        f"The predictions are {spec.place} ({spec.rows:,} ids), the gold {gold.source} is {_place(gold)} "
        f"({len(gold.ids):,} ids). The same id can be another text there, so nothing is joined.",
        f"give gold labels of release {spec.release}: --gold FOLDER",
    )


def _place(gold: Gold) -> str:
    spec = gold.spec
    release = " or ".join(gold.releases) or "of no known release,"
    return f"{release} track {spec.track} {spec.language} {spec.split}"


def _order(have: Sequence[str], want: Sequence[str]) -> list[int] | None:
    """Where each wanted id stands; None where both are in the same order already."""
    if tuple(have) == tuple(want):
        return None
    at = {one: i for i, one in enumerate(have)}
    return [at[one] for one in want]


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
        flat = np.ptp(pair.gold, axis=0) == 0
        flat |= np.ptp(pair.predicted, axis=0) == 0
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
    )


def score_one(
    predictions: Predictions,
    gold: Gold | None = None,
    *,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    rule: str = CODABENCH,
    rounding: str = "",
) -> Scorecard:
    """Scores the predictions of one file.

    Args:
        gold: the gold labels; None loads those of the predictions' own release from `source`.
        source: as in `load_gold`: a folder, ``hub``, ``sample`` or None.
        task: the task or its name; None means the one that the predictions belong to.
        rule: what Pearson makes of a constant column, one of `metrics.RULES`.
        rounding: ``organisers`` or ``codabench`` for figures as that scorer prints them.

    Raises:
        ReleaseMismatch: predictions and gold are of different releases.
        InputError: the gold labels are missing or blank.
    """
    found = task_of(predictions.spec, task)
    if gold is None:
        spec = predictions.spec
        gold = load_gold(spec.track, spec.language, spec.split, release=spec.release, source=source, task=found)
    card = score_pair(join(predictions, gold), found, rule)
    return card.rounded(rounding) if rounding else card


def task_of(spec: FileSpec, task: Task | str | None = None) -> Task:
    """The task that a file belongs to, among the known ones where none is given."""
    if task is not None:
        return task if isinstance(task, Task) else load_task(task)
    known = (load_task(name) for name in task_files())
    return next((one for one in known if one.key == spec.task), load_task())
