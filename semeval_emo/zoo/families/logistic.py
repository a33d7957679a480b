"""Many logistic regressions on the same texts at once: every emotion at every setting of a grid.

With far fewer texts than features, the products of texts with each other (the Gram matrix) say all
that the optimizer has to know, so the number of features costs nothing after the first second, and
one product of matrices serves every problem. Newton's method with conjugate gradients in the dual
variables (Keerthi, Duan, Shevade and Poo 2005), in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

INTERCEPT = 100.0
"""Variance of the intercept's prior (that of a weight is 1): wide enough to change nothing."""

COMMON = 200
"""Features of more texts than this are multiplied as a dense matrix."""

MOST = 12_000
"""Texts above which their products would take more than half a gigabyte."""


def gram(matrix: Any) -> np.ndarray:
    """Products of all rows with all rows: shape (n, n), float32.

    Args:
        matrix: shape (n, F), sparse (CSR) or dense.
    """
    small = matrix.astype(np.float32)
    if isinstance(small, np.ndarray):
        return np.asarray(small @ small.T)
    common = np.bincount(small.indices, minlength=small.shape[1]) > COMMON
    dense = small[:, np.flatnonzero(common)].toarray()
    rest = small[:, np.flatnonzero(~common)]
    found: np.ndarray = dense @ dense.T
    found += (rest @ rest.T).toarray()
    return found


def duals(kernel: np.ndarray, present: np.ndarray, costs: np.ndarray, tolerance: float = 3e-3) -> np.ndarray:
    """Solves logistic regressions with a penalty of half the squared length of the weights.

    Problem p has the weights ``X.T @ a[:, p]`` and the intercept ``INTERCEPT * a[:, p].sum()``.

    Args:
        kernel: shape (n, n), of `gram`.
        present: shape (n, P), 1 where text i is positive in problem p, else 0.
        costs: shape (n, P), what the loss of each text counts.
        tolerance: on the gradient, as a share of the problem's largest cost.

    Returns:
        Dual variables a of shape (n, P).
    """
    a = np.zeros(present.shape)
    scores = np.zeros(present.shape)
    height = _objective(a, scores, present, costs)
    for _ in range(100):
        chances = _expit(scores)
        downhill = -(a + costs * (chances - present))
        at = np.flatnonzero(np.abs(downhill).max(0) > tolerance * costs.max(0))
        if not len(at):
            break
        step = _newton(kernel, np.sqrt((costs * chances * (1 - chances))[:, at]), downhill[:, at])
        moved = _times(kernel, step)
        # Far from the goal a whole step may overshoot.
        for _ in range(20):
            tried = _objective(a[:, at] + step, scores[:, at] + moved, present[:, at], costs[:, at])
            worse = tried > height[at] * (1 + 1e-9)
            if not worse.any():
                break
            step, moved = np.where(worse, step / 2, step), np.where(worse, moved / 2, moved)
        a[:, at] += step
        scores[:, at] += moved
        height[at] = tried
    return a


def _times(kernel: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The kernel with the intercept's part; sums in double precision, where small differences count."""
    product: np.ndarray = (kernel @ vectors.astype(kernel.dtype)).astype(np.float64)
    return product + INTERCEPT * vectors.sum(0)


def _objective(a: np.ndarray, scores: np.ndarray, present: np.ndarray, costs: np.ndarray) -> np.ndarray:
    losses = np.logaddexp(0.0, scores) - present * scores
    found: np.ndarray = 0.5 * (a * scores).sum(0) + (costs * losses).sum(0)
    return found


def _newton(kernel: np.ndarray, root: np.ndarray, downhill: np.ndarray) -> np.ndarray:
    """Solves (I + D K) step = downhill, with D the squares of `root`, by conjugate gradients.

    Through u of the symmetric (I + S K S) u = S K downhill, with S = `root`: step = downhill - S u.
    """
    rest = root * _times(kernel, downhill)
    u = np.zeros_like(rest)
    direction = rest.copy()
    squares = (rest * rest).sum(0)
    # A tenth of what is asked for is near enough, since the next step starts from there. It is measured as
    # downhill is: in the symmetric form the intercept outweighs everything.
    goal = (downhill**2).sum(0) * 1e-2
    for _ in range(300):
        at = np.flatnonzero(((root * rest) ** 2).sum(0) > goal)
        if not len(at):
            break
        toward, before = direction[:, at], squares[at]
        image = toward + root[:, at] * _times(kernel, root[:, at] * toward)
        length = before / (toward * image).sum(0)
        u[:, at] += length * toward
        rest[:, at] -= length * image
        squares[at] = (rest[:, at] ** 2).sum(0)
        direction[:, at] = rest[:, at] + squares[at] / before * toward
    found: np.ndarray = downhill - root * u
    return found


def _expit(scores: np.ndarray) -> np.ndarray:
    # Written with tanh it neither overflows nor warns.
    found: np.ndarray = 0.5 + 0.5 * np.tanh(0.5 * scores)
    return found


def fit_together(
    matrix: Any, present: np.ndarray, known: np.ndarray, settings: Sequence[tuple[float, bool]]
) -> Iterator[list[Any]]:
    """Fits logistic regressions of every column at every setting.

    Args:
        matrix: features, shape (n, F).
        present: shape (n, M), 1 where text i is positive in column m, else 0.
        known: shape (n, M), False where a text says nothing of a column.
        settings: the strength C, and whether positives weigh as much as negatives (scikit-learn's
            "balanced"), of each setting.

    Yields:
        For each setting the fitted ``LogisticRegression`` of each column.
    """
    from sklearn.linear_model import LogisticRegression

    targets = np.where(known, present, 0).astype(np.float64)
    texts, positives = known.sum(0), targets.sum(0)
    # A column with one value throughout has nothing to balance.
    mixed = (positives > 0) & (positives < texts)
    weight = np.where(targets > 0, texts / np.maximum(2 * positives, 1), texts / np.maximum(2 * (texts - positives), 1))
    evenly = known * np.where(mixed, weight, 1.0)
    costs = [strength * (evenly if balanced else known) for strength, balanced in settings]
    a = duals(gram(matrix), np.tile(targets, len(settings)), np.hstack(costs))
    weights = matrix.T @ a
    for i in range(len(settings)):
        models = []
        for column in range(i * len(texts), (i + 1) * len(texts)):
            model = LogisticRegression(C=settings[i][0], class_weight="balanced" if settings[i][1] else None)
            model.classes_ = np.array([0, 1])
            model.coef_, model.n_features_in_ = weights[:, column][None].copy(), matrix.shape[1]
            model.intercept_ = np.array([INTERCEPT * a[:, column].sum()])
            models.append(model)
        yield models
