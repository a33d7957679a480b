"""Groups of rows that share a text: the clusters that resampling draws together.

Rows with the same text are not independent. If the gold has no texts, the texts of the task's default
release are used, provided that ids and labels show that they are the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import load_gold
from semeval_emo.data.overlap import normalise
from semeval_emo.errors import EmoError
from semeval_emo.scoring.pair import PairedLabels
from semeval_emo.scoring.resampling import clusters
from semeval_emo.task import FileSpec, Task


@dataclass(frozen=True, eq=False)
class TextClusters:
    """The text of each row.

    Attributes:
        groups: shape (n,): number of the text of each row; None if the texts are unknown.
        texts: number of distinct texts; None if they are unknown.
        note: what this means for the intervals; empty if there is nothing to add.
    """

    groups: NDArray[np.intp] | None
    texts: int | None
    note: str = ""


def text_clusters(pair: PairedLabels, task: Task, source: str | os.PathLike[str] | None = None) -> TextClusters:
    """Return the clusters of rows with the same text, ignoring case, width and spacing.

    Args:
        source: where to look for the gold of other releases, as in `load_gold`.
    """
    spec, texts, note = pair.spec, pair.texts, ""
    if texts is None:
        texts = _texts_of_default_release(pair, task, source)
        note = (
            f"The gold of {spec.language} has no texts; duplicate texts are taken from release {task.default_release}, "
            "which has the same ids and labels."
        )
    if texts is None:
        tracks = _tracks(spec, task)
        if len(tracks) > 1:
            return TextClusters(
                None,
                None,
                f"The gold of {spec.language} has no texts, and it contains the rows of tracks {' and '.join(tracks)}, "
                "which share texts: intervals are too narrow, by up to the square root of two, and p-values too small.",
            )
        return TextClusters(None, None, f"The gold of {spec.language} has no texts: rows are assumed independent.")
    groups = clusters([normalise(text) for text in texts])
    return TextClusters(groups, int(groups.max(initial=-1)) + 1, note)


def _tracks(spec: FileSpec, task: Task) -> list[str]:
    """Return the tracks of the default release that share ids with the file."""
    specs = (other for block in spec.blocks for other in task.places(next(iter(block))))
    keys = {other.track for other in specs if other.release == task.default_release}
    return [key for key in task.tracks if key in keys]


def _texts_of_default_release(
    pair: PairedLabels, task: Task, source: str | os.PathLike[str] | None
) -> tuple[str, ...] | None:
    """Return texts of the default release if it has every id with the same labels."""
    texts: dict[str, str] = {}
    labels: dict[str, dict[str, int]] = {}
    spec = pair.spec
    for track in _tracks(spec, task):
        try:
            gold = load_gold(track, spec.language, spec.split, source=source, task=task)
        except EmoError:
            return None
        if gold.texts is None:
            return None
        texts |= dict(zip(gold.ids, gold.texts, strict=True))
        for id_, row in zip(gold.ids, gold.labels.tolist(), strict=True):
            labels[id_] = dict(zip(gold.spec.emotions, row, strict=True))
    rows = zip(spec.ids, pair.gold.tolist(), strict=True)
    if not all(_agree(spec.emotions, row, labels.get(id_)) for id_, row in rows):
        return None
    return tuple(texts[id_] for id_ in spec.ids)


def _agree(emotions: Sequence[str], row: Sequence[int], other: dict[str, int] | None) -> bool:
    """Return whether two rows have the same labels for the emotions they share."""
    return other is not None and all(other.get(name, value) == value for name, value in zip(emotions, row, strict=True))
