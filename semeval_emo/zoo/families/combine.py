"""Combining the members of an ensemble: a weighted mean, or stacked logistic regressions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from semeval_emo.parse import ShapeError, member

MARGIN = 1e-3
"""Probabilities are clipped to [MARGIN, 1 - MARGIN] before logits and log-losses, so that one error cannot dominate."""


@dataclass(frozen=True, eq=False)
class Combination(ABC):
    """A fitted way to combine members; its fields are arrays."""

    @abstractmethod
    def __call__(self, members: np.ndarray) -> np.ndarray:
        """Combine probabilities of shape (members, n, L) into (n, L)."""

    def to_dict(self) -> dict[str, Any]:
        """Return the arrays as JSON types."""
        return {field.name: getattr(self, field.name).tolist() for field in fields(self)}

    @abstractmethod
    def shapes(self, members: int, emotions: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array for numbers of members and emotions."""

    @classmethod
    def from_dict(cls, table: Any) -> Self:
        """Restore what `to_dict` returned, ignoring other keys.

        Raises:
            ShapeError: an array is missing, or is not one of finite numbers.
        """
        arrays = {}
        for field in fields(cls):
            values = member(table, field.name, list)
            try:
                arrays[field.name] = np.array(values, dtype=np.float64)
            except (ValueError, TypeError) as error:
                raise ShapeError(f"'{field.name}' is not an array of numbers") from error
            if not np.isfinite(arrays[field.name]).all():
                raise ShapeError(f"'{field.name}' contains values that are not finite numbers")
        return cls(**arrays)

    def check(self, members: int, emotions: int) -> None:
        """Check the shapes of the arrays.

        Raises:
            ShapeError: one does not fit the numbers of members and emotions.
        """
        for name, shape in self.shapes(members, emotions).items():
            if getattr(self, name).shape != shape:
                raise ShapeError(f"'{name}' does not fit {members} members and {emotions} emotions")


@dataclass(frozen=True, eq=False)
class WeightedMean(Combination):
    """A weighted mean; the weights, shape (members,), sum to one."""

    weights: np.ndarray

    def shapes(self, members: int, emotions: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array for numbers of members and emotions."""
        return {"weights": (members,)}

    def __call__(self, members: np.ndarray) -> np.ndarray:
        """Combine probabilities of shape (members, n, L) into (n, L)."""
        combined: np.ndarray = np.clip(np.tensordot(self.weights, members, 1), 0.0, 1.0)
        return combined


@dataclass(frozen=True, eq=False)
class Stacking(Combination):
    """Stacking (Wolpert 1992): one logistic regression per emotion on all members' logits of all emotions.

    The logit of anger can therefore contribute to disgust, and overconfident members are corrected.

    Attributes:
        weights: shape (L, members x L), of the logits: those of the first member, then the second ...
        intercepts: shape (L,).
    """

    weights: np.ndarray
    intercepts: np.ndarray

    def shapes(self, members: int, emotions: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array for numbers of members and emotions."""
        return {"weights": (emotions, members * emotions), "intercepts": (emotions,)}

    def __call__(self, members: np.ndarray) -> np.ndarray:
        """Combine probabilities of shape (members, n, L) into (n, L)."""
        combined: np.ndarray = 1 / (1 + np.exp(-(_logits(members) @ self.weights.T + self.intercepts)))
        return combined


def fit_stacking(members: np.ndarray, labels: np.ndarray, strength: float, *, own: bool = False) -> Stacking:
    """Fit the logistic regressions.

    Args:
        members: shape (members, n, L), out-of-fold probabilities, since members are overconfident on training texts.
        labels: shape (n, L), binary.
        strength: C of the logistic regressions; logits are scaled to a standard deviation of 1 first.
        own: whether the regression of an emotion gets only its own logits.
    """
    from sklearn.linear_model import LogisticRegression

    logits = _logits(members)
    deviation = np.maximum(logits.std(0), 1e-6)
    weights, intercepts = [], []
    for label, present in enumerate(labels.T):
        used = np.arange(logits.shape[1]) % labels.shape[1] == label if own else np.full(logits.shape[1], True)
        if len(np.unique(present)) < 2:
            # A single class: predict it with the highest probability allowed.
            weights.append(np.zeros(logits.shape[1]))
            intercepts.append(np.log((1 - MARGIN) / MARGIN) * (1 if present.any() else -1))
            continue
        model = LogisticRegression(C=strength, max_iter=1000).fit((logits / deviation)[:, used], present)
        weights.append(np.zeros(logits.shape[1]))
        weights[-1][used] = model.coef_[0] / deviation[used]
        intercepts.append(float(model.intercept_[0]))
    return Stacking(np.array(weights), np.array(intercepts))


def _logits(members: np.ndarray) -> np.ndarray:
    """Return the members' logits side by side: shape (n, members x L)."""
    clipped = np.clip(members, MARGIN, 1 - MARGIN)
    return np.concatenate(list(np.log(clipped / (1 - clipped))), axis=1)
