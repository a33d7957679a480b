"""Labelled texts, as model families receive them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from semeval_emo.task import FileSpec
from semeval_emo.zoo.dataset.folds import Folds


@dataclass(frozen=True)
class Space:
    """Label space of a predicted file.

    Attributes:
        emotions: in the official order; the columns of every matrix.
        top: the highest intensity: 1 for presence or absence, 3 for intensities.
        neutral: the label that a text has only alone, as in `Task.neutral`; empty if there is none.
        empty: what samples F1 and Jaccard count for a text without labels, as in `Track.empty`.
    """

    emotions: tuple[str, ...]
    top: int = 1
    neutral: str = ""
    empty: int = field(default=0, compare=False)

    @classmethod
    def of(cls, spec: FileSpec) -> Space:
        """Return the label space of a file of a task."""
        return cls(
            spec.emotions, len(spec.values) - 1, spec.neutral if spec.neutral in spec.emotions else "", spec.empty
        )


@dataclass(frozen=True, eq=False)
class Examples:
    """Texts and their labels.

    Attributes:
        labels: shape (n, L), int8, intensities from 0 to `Space.top`; -1 where unknown.
        folds: cross-validation folds, if the recipe selects on folds.
    """

    texts: tuple[str, ...]
    labels: np.ndarray
    folds: Folds | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Examples) -> Examples:
        return Examples(self.texts + other.texts, np.concatenate([self.labels, other.labels]))
