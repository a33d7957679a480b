"""Scores of subsets of the texts: by length, by number of gold emotions, neutral or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.pair import PairedLabels

LENGTH, NUMBER, NEUTRAL = "length", "number", "neutral"
GROUPS = {LENGTH: "length", NUMBER: "emotions", NEUTRAL: "neutral"}
# Texts with this many emotions or more are rare and form one slice.
MANY = 3
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Slice:
    """Scores of a subset of the texts.

    Attributes:
        group: key of `GROUPS`.
        name: description of the subset.
        score: value of the official metric; None if the gold of the subset has no label and the metric is not
            a mean over texts that counts texts without labels as 1.
        exact: share of texts whose labels are all correct.
        missed, invented: false negatives and false positives per text.
    """

    group: str
    name: str
    texts: int
    score: float | None
    exact: float
    missed: float
    invented: float


def slices_of(pair: PairedLabels, metric: str) -> tuple[Slice, ...]:
    """Return the slices of every group, by a metric of the whole file; lengths only if the gold has texts."""
    masks = [] if pair.texts is None else [(LENGTH, *length) for length in _lengths(pair.texts)]
    number = (pair.gold > 0).sum(axis=1)
    masks += [(NUMBER, str(n), number == n) for n in range(MANY)]
    masks.append((NUMBER, f"{MANY} or more", number >= MANY))
    masks += _neutral(pair, number)
    return tuple(_slice(pair, metric, group, name, mask) for group, name, mask in masks if mask.any())


def _neutral(pair: PairedLabels, number: NDArray[np.int_]) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return the texts with and without emotions; a label of the task that excludes the others is not an emotion."""
    own = pair.spec.neutral
    if own not in pair.spec.emotions:
        return [(NEUTRAL, "neutral", number == 0), (NEUTRAL, "with emotion", number > 0)]
    is_neutral = pair.gold[:, pair.spec.emotions.index(own)] > 0
    others = number > is_neutral
    return [
        (NEUTRAL, own, is_neutral & ~others),
        (NEUTRAL, "with emotion", others),
        (NEUTRAL, "without labels", number == 0),
    ]


def _lengths(texts: tuple[str, ...]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the quartiles of text length, in characters because some scripts have no spaces between words."""
    sizes = np.array([len(text) for text in texts])
    ends = sorted({int(np.ceil(end)) for end in np.quantile(sizes, QUARTILES)} | {int(sizes.max())})
    masks, start = [], int(sizes.min())
    for end in ends:
        name = f"{start:,} characters" if start == end else f"{start:,} to {end:,} characters"
        masks.append((name, (sizes >= start) & (sizes <= end)))
        start = end + 1
    return masks


def _slice(pair: PairedLabels, metric: str, group: str, name: str, mask: NDArray[np.bool_]) -> Slice:
    gold, predicted = pair.gold[mask], pair.predicted[mask]
    count = len(gold)
    spec = pair.spec
    metrics = score_arrays(gold, predicted, spec.emotions, values=len(spec.values), empty=spec.empty)
    return Slice(
        group=group,
        name=name,
        texts=count,
        # Without gold labels F1 is 0 whatever is predicted, but means over texts may count such texts as 1.
        score=metrics.whole[metric] if gold.any() or (spec.empty and "outcomes" in METRICS[metric].blocks) else None,
        exact=float((gold == predicted).all(axis=1).mean()),
        missed=int(((gold > 0) & (predicted == 0)).sum()) / count,
        invented=int(((gold == 0) & (predicted > 0)).sum()) / count,
    )
