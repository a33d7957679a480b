"""Gold and predictions of the same texts side by side, within one release or not at all.

An id alone does not say which text is meant: releases reuse ids for other texts, and a join by id
across releases gives a plausible wrong number. So a join is refused unless both sides name the same
release and hold exactly the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import ReleaseMismatch
from semeval_emo.task import FileSpec

if TYPE_CHECKING:
    from semeval_emo.data import Gold
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
