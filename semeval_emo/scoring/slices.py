"""The score by kind of text: by length, by number of gold emotions, neutral or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.scoring.pair import PairedLabels

LENGTH, NUMBER, NEUTRAL = "length", "number", "neutral"
GROUPS = {LENGTH: "length", NUMBER: "emotions", NEUTRAL: "neutral"}
# A text of this many emotions or more goes with the others of that kind: there are few.
MANY = 3
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Slice:
    """Some of the texts and what the system is worth on them.

    Attributes:
        group: key of `GROUPS`.
        name: which texts.
        score: the official figure; None where it has no meaning: no text, or no label in gold.
        exact: the share of texts whose labels are all right.
        missed, invented: labels of that kind, per text.
    """

    group: str
    name: str
    texts: int
    score: float | None
    exact: float
    missed: float
    invented: float


def slices_of(pair: PairedLabels, metric: str) -> tuple[Slice, ...]:
    """Every group of slices; lengths only where the gold has texts.

    Args:
        metric: the figure, a name of `metrics.METRICS` that is not per emotion.
    """
    parts = [] if pair.texts is None else [(LENGTH, *one) for one in _lengths(pair.texts)]
    number = (pair.gold > 0).sum(axis=1)
    parts += [(NUMBER, str(n), number == n) for n in range(MANY)]
    parts.append((NUMBER, f"{MANY} or more", number >= MANY))
    parts += [(NEUTRAL, "neutral", number == 0), (NEUTRAL, "with emotion", number > 0)]
    return tuple(_slice(pair, metric, *part) for part in parts if part[2].any())


def _lengths(texts: tuple[str, ...]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Quarters of the texts by length in characters: words would mean little in scripts without spaces."""
    sizes = np.array([len(text) for text in texts])
    ends = sorted({int(np.ceil(end)) for end in np.quantile(sizes, QUARTERS)} | {int(sizes.max())})
    found, start = [], int(sizes.min())
    for end in ends:
        name = f"{start:,} characters" if start == end else f"{start:,} to {end:,} characters"
        found.append((name, (sizes >= start) & (sizes <= end)))
        start = end + 1
    return found


def _slice(pair: PairedLabels, metric: str, group: str, name: str, mask: NDArray[np.bool_]) -> Slice:
    gold, predicted = pair.gold[mask], pair.predicted[mask]
    count = len(gold)
    figures = score_arrays(gold, predicted, pair.spec.emotions, values=len(pair.spec.values))
    return Slice(
        group=group,
        name=name,
        texts=count,
        score=figures.whole[metric] if gold.any() else None,
        exact=float((gold == predicted).all(axis=1).mean()),
        missed=int(((gold > 0) & (predicted == 0)).sum()) / count,
        invented=int(((gold == 0) & (predicted > 0)).sum()) / count,
    )
