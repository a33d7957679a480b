"""How an ensemble joins what its members say: weights, or a stack of logistic regressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# A member that is sure and wrong once must not decide everything.
SURE = 1e-3


@dataclass(frozen=True, eq=False)
class Weights:
    """A weighted mean.

    Attributes:
        weights: shape (members,), of sum one.
    """

    weights: np.ndarray

    def __call__(self, parts: np.ndarray) -> np.ndarray:
        """Joins probabilities of shape (members, n, L) into (n, L)."""
        found: np.ndarray = np.clip(np.tensordot(self.weights, parts, 1), 0.0, 1.0)
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"weights": self.weights.tolist()}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Weights:
        """What `to_dict` gave."""
        return cls(np.array(table["weights"]))


@dataclass(frozen=True, eq=False)
class Stack:
    """Stacking (Wolpert 1992): a logistic regression per emotion over what all members say of all emotions.

    So a member's anger may speak for disgust, and a member that is always too sure is put right.

    Attributes:
        weights: shape (L, members x L), of the logits: those of the first member, then the second ...
        intercepts: shape (L,).
    """

    weights: np.ndarray
    intercepts: np.ndarray

    def __call__(self, parts: np.ndarray) -> np.ndarray:
        """Joins probabilities of shape (members, n, L) into (n, L)."""
        found: np.ndarray = 1 / (1 + np.exp(-(_logits(parts) @ self.weights.T + self.intercepts)))
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"weights": self.weights.tolist(), "intercepts": self.intercepts.tolist()}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Stack:
        """What `to_dict` gave."""
        return cls(np.array(table["weights"]), np.array(table["intercepts"]))


def fit_stack(parts: np.ndarray, labels: np.ndarray, strength: float) -> Stack:
    """Fits a stack.

    Args:
        parts: shape (members, n, L), said out of fold: of texts that it has learned a member is too sure.
        labels: shape (n, L), yes or no.
        strength: C of the logistic regressions; logits are scaled to a standard deviation of 1 before.
    """
    from sklearn.linear_model import LogisticRegression

    logits = _logits(parts)
    spread = np.maximum(logits.std(0), 1e-6)
    weights, intercepts = [], []
    for present in labels.T:
        if len(np.unique(present)) < 2:
            # Nothing to learn from: certain either way, as far as numbers go.
            weights.append(np.zeros(logits.shape[1]))
            intercepts.append(np.log((1 - SURE) / SURE) * (1 if present.any() else -1))
            continue
        model = LogisticRegression(C=strength, max_iter=1000).fit(logits / spread, present)
        weights.append(model.coef_[0] / spread)
        intercepts.append(float(model.intercept_[0]))
    return Stack(np.array(weights), np.array(intercepts))


def _logits(parts: np.ndarray) -> np.ndarray:
    """Shape (n, members x L)."""
    sure = np.clip(parts, SURE, 1 - SURE)
    return np.concatenate(list(np.log(sure / (1 - sure))), axis=1)
