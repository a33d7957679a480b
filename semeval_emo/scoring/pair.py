"""Join gold labels and predictions of the same release.

An id does not identify a text: releases reuse ids for other texts, and a join by id across releases
gives a plausible but wrong score. So a join requires the same release and exactly the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import ReleaseMismatch
from semeval_emo.task import FileSpec
from semeval_emo.text import plural, short_repr

if TYPE_CHECKING:
    from semeval_emo.data import Gold
    from semeval_emo.submission import Predictions

UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class PairedLabels:
    """Gold and predictions of the same texts, row by row: the input of every score and test.

    Attributes:
        spec: task, release, track, language and split of the file.
        release: release of the gold, identified by hash, or ``unknown``.
        gold, predicted: shape (n, L), int8, rows in the order of `spec.ids`.
        texts: the text of each row if the gold has texts, else None; rows with the same text form a cluster.
        file, source: names of both sides, as shown to the user.
        gold_hash, prediction_hash: hashes of both sides.
        note: a caution about the gold; empty if there is none.
        unverified: as `Gold.unverified`.
        identical: a remark if the predictions are the gold labels in every row; else empty.
        subset: a remark if only some rows of the file are scored; else empty.
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
    unverified: str = ""
    identical: str = ""
    subset: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output begins with: unverified gold, predictions that are the gold labels, missing rows."""
        return tuple(filter(None, (self.unverified, self.identical, self.subset)))

    def __repr__(self) -> str:
        return short_repr(self, file=self.file, place=self.spec.place, source=self.source, rows=len(self.gold))


def join(predictions: Predictions, gold: Gold) -> PairedLabels:
    """Join gold and predictions of one release. With `Predictions.whole`, only the rows that are predicted are kept.

    Raises:
        ReleaseMismatch: they belong to different files or releases, their ids differ, or a gold
            label is blank.
    """
    spec, other = predictions.spec, gold.spec
    release = _common_release(spec, gold)
    whole = predictions.whole or spec
    gold_ids, ids = set(gold.ids), whole.id_set
    if gold_ids != ids:
        raise ReleaseMismatch(
            f"{predictions.path} is {spec.place}: {whole.rows:,} ids. The gold {gold.source} is "
            f"{_place(gold)}: {len(gold.ids):,} ids, of which {len(ids & gold_ids):,} are the same. "
            "The same id can mean a different text in another release, so the files are not joined.",
            f"use gold labels of release {spec.release}: --gold FOLDER",
        )
    if np.any(gold.labels < 0):
        blank = int(np.count_nonzero(gold.labels < 0))
        raise ReleaseMismatch(
            f"The gold {gold.source} ({_place(gold)}) has {blank:,} blank labels of {gold.labels.size:,}. "
            "A blank label is not 0, so the file cannot be scored.",
            f"use published gold labels of release {spec.release}: --gold FOLDER",
        )
    order = _order(gold.ids, spec.ids)
    labels, texts = gold.labels, gold.texts
    if other.emotions != spec.emotions:
        labels = labels[:, [other.emotions.index(name) for name in spec.emotions]]
    if order is not None:
        labels = labels[order]
        texts = None if texts is None else tuple(texts[i] for i in order)
    return PairedLabels(
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
        unverified=gold.unverified,
        identical=_identical(predictions, gold) if np.array_equal(labels, predictions.values) else "",
        subset=_subset(predictions),
    )


def _identical(predictions: Predictions, gold: Gold) -> str:
    """Return the remark that predictions and gold labels are identical."""
    try:
        same_file = Path(predictions.path).samefile(gold.source)
    except OSError:
        # One of them is not a file: a member of a zip, the sample, predictions in memory.
        same_file = False
    rows = plural(predictions.spec.rows, "row")
    how = f"is the gold file {gold.source}" if same_file else f"equals {gold.source} in all {rows}"
    return f"The predictions and the gold labels are identical: {predictions.path} {how}."


def _subset(predictions: Predictions) -> str:
    """Return the remark that a score is not official because rows are missing."""
    if predictions.whole is None:
        return ""
    rows = f"{predictions.spec.rows:,} of {predictions.whole.rows:,} rows of {predictions.whole.place}"
    return f"Unofficial score of a subset: {rows} are scored ({predictions.path})."


def _common_release(spec: FileSpec, gold: Gold) -> str:
    """Return the release of both sides.

    Raises:
        ReleaseMismatch: they differ.
    """
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
        f"({len(gold.ids):,} ids). The same id can mean a different text there, so the files are not joined.",
        f"use gold labels of release {spec.release}: --gold FOLDER",
    )


def _place(gold: Gold) -> str:
    spec = gold.spec
    release = " or ".join(gold.releases) or "of no known release,"
    return f"{release} track {spec.track} {spec.language} {spec.split}"


def _order(gold_ids: Sequence[str], ids: Sequence[str]) -> list[int] | None:
    """Return the position of each id in the gold; None if the order is the same."""
    if tuple(gold_ids) == tuple(ids):
        return None
    index = {id_: i for i, id_ in enumerate(gold_ids)}
    return [index[id_] for id_ in ids]
