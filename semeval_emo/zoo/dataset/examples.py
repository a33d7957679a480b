"""Labelled texts, as model families receive them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semeval_emo.zoo.dataset.folds import Folds


@dataclass(frozen=True)
class Space:
    """Label space of a predicted file.

    Attributes:
        emotions: in the official order; the columns of every matrix.
        top: the highest intensity: 1 for presence or absence, 3 for intensities.
    """

    emotions: tuple[str, ...]
    top: int = 1


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
