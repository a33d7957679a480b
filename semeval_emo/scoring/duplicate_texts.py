"""Which rows repeat a text: the clusters that resampling draws whole.

Rows of one text are no independent evidence. Where gold comes without texts, those of the task's
default release are borrowed if ids and labels prove that they are the same.
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
from semeval_emo.scoring.pair import Pair
from semeval_emo.scoring.resampling import clusters
from semeval_emo.task import FileSpec, Task


@dataclass(frozen=True, eq=False)
class Repeats:
    """What is known of repeated texts.

    Attributes:
        groups: shape (n,): the text of each row, by number; None where texts are unknown.
        texts: how many different ones there are; None likewise.
        note: what a person must know; empty when there is nothing.
    """

    groups: NDArray[np.intp] | None
    texts: int | None
    note: str = ""


def repeats_of(pair: Pair, task: Task, source: str | os.PathLike[str] | None = None) -> Repeats:
    """Finds the rows that repeat a text, up to case, width and spacing.

    Args:
        source: where gold of other releases may be found, as in `load_gold`.
    """
    spec, texts, note = pair.spec, pair.texts, ""
    if texts is None:
        texts = _borrowed(pair, task, source)
        note = (
            f"The gold of {spec.language} has no texts; those of release {task.default_release} with the same ids and "
            "labels say which rows repeat a text."
        )
    if texts is None:
        tracks = _tracks(spec, task)
        if len(tracks) > 1:
            return Repeats(
                None,
                None,
                f"The gold of {spec.language} has no texts, and it holds the rows of tracks {' and '.join(tracks)}, "
                "which repeat each other: intervals are too narrow, by up to the root of two, and p-values too small.",
            )
        return Repeats(None, None, f"The gold of {spec.language} has no texts: rows are taken to be independent.")
    groups = clusters([normalise(text) for text in texts])
    return Repeats(groups, int(groups.max(initial=-1)) + 1, note)


def _tracks(spec: FileSpec, task: Task) -> list[str]:
    """The tracks of the default release whose ids the file holds."""
    places = (task.places(next(iter(block))) for block in spec.blocks)
    found = {one.track for several in places for one in several if one.release == task.default_release}
    return [key for key in task.tracks if key in found]


def _borrowed(pair: Pair, task: Task, source: str | os.PathLike[str] | None) -> tuple[str, ...] | None:
    """Texts of the default release, if every id is there with the same labels."""
    known: dict[str, str] = {}
    labels: dict[str, dict[str, int]] = {}
    spec = pair.spec
    for track in _tracks(spec, task):
        try:
            gold = load_gold(track, spec.language, spec.split, source=source, task=task)
        except EmoError:
            return None
        if gold.texts is None:
            return None
        known |= dict(zip(gold.ids, gold.texts, strict=True))
        for one, row in zip(gold.ids, gold.labels.tolist(), strict=True):
            labels[one] = dict(zip(gold.spec.emotions, row, strict=True))
    rows = zip(spec.ids, pair.gold.tolist(), strict=True)
    if not all(_agree(spec.emotions, row, labels.get(one)) for one, row in rows):
        return None
    return tuple(known[one] for one in spec.ids)


def _agree(emotions: Sequence[str], row: Sequence[int], other: dict[str, int] | None) -> bool:
    """Whether two labellings are the same where both have the emotion."""
    return other is not None and all(other.get(name, value) == value for name, value in zip(emotions, row, strict=True))
