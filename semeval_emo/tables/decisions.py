"""What the user has decided about a table, where reading it would otherwise need a guess."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from semeval_emo.errors import UsageError


@dataclass(frozen=True)
class Decisions:
    """The decisions of the user; by default nothing is decided.

    Attributes:
        order: the labels of columns or numbers without names, in their order.
        ids_from: a file whose ids, row by row, are those of a table without ids.
        thresholds: converts probabilities to labels: 1 from this value on; one for all labels, or one for each.
        scores: what fractions are: ``probabilities`` or ``logits``; empty if it is not said.
        cuts: the cut points between the intensities of a track, in ascending order.
        words: the label of each word, such as ``{"yes": 1}``.
        column: the column that holds the labels.

    Raises:
        UsageError: a decision is impossible.

    >>> Decisions(thresholds={"anger": 0.35}).threshold_of("anger"), Decisions().threshold_of("anger")
    (0.35, None)
    """

    order: tuple[str, ...] = ()
    ids_from: str | os.PathLike[str] | None = None
    thresholds: float | Mapping[str, float] | None = None
    scores: str = ""
    cuts: tuple[float, ...] = ()
    words: Mapping[str, int] = field(default_factory=dict)
    column: str = ""

    def __post_init__(self) -> None:
        numbers = self.thresholds.values() if isinstance(self.thresholds, Mapping) else [self.thresholds]
        for number in numbers:
            if number is not None and not 0 < number <= 1:
                raise UsageError(f"The threshold must be greater than 0 and at most 1, not {number:g}.")

    def threshold_of(self, label: str) -> float | None:
        """Return the threshold of a label, or None if none is given."""
        return self.thresholds.get(label) if isinstance(self.thresholds, Mapping) else self.thresholds


NOTHING_DECIDED = Decisions()
