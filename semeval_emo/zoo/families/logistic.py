"""Many logistic regressions on the same texts at once: every emotion at every setting of a grid.

With far fewer texts than features, the Gram matrix of the texts contains everything that the optimizer needs: the cost
does not depend on the number of features once it is computed, and one matrix product serves all problems. The solver is
Newton's method with conjugate gradients in the dual variables (Keerthi, Duan, Shevade and Poo 2005), batched.

Recipes that select by folds use it. scikit-learn's liblinear (``intercept_scaling=10`` gives the same objective) takes
1.1 to 1.4 times the CPU time of a whole `zoo train` (tfidf-char-folds for swa and vmw, tfidf-folds for vmw), and its
probabilities differ by up to 0.002, which changes 2 of 9,936 labels of swa.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

INTERCEPT_VARIANCE = 100.0
"""Variance of the intercept's prior (that of a weight is 1): so wide that it has no effect."""

DENSE_ABOVE = 200
"""Features that occur in more texts than this are multiplied as a dense matrix."""

MAX_TEXTS = 12_000
"""The Gram matrix of more texts would take more than half a gigabyte."""


def gram_matrix(matrix: Any) -> np.ndarray:
    """Return the products of all rows with all rows: shape (n, n), float32.

    Args:
        matrix: shape (n, F), sparse (CSR) or dense.
    """
    single = matrix.astype(np.float32)
    if isinstance(single, np.ndarray):
        return np.asarray(single @ single.T)
    frequent = np.bincount(single.indices, minlength=single.shape[1]) > DENSE_ABOVE
    dense = single[:, np.flatnonzero(frequent)].toarray()
    sparse = single[:, np.flatnonzero(~frequent)]
    products: np.ndarray = dense @ dense.T
    products += (sparse @ sparse.T).toarray()
    return products


def solve_dual(kernel: np.ndarray, present: np.ndarray, costs: np.ndarray, tolerance: float = 3e-3) -> np.ndarray:
    """Solve logistic regressions with an L2 penalty of half the squared norm of the weights.

    Problem p has the weights ``X.T @ a[:, p]`` and the intercept ``INTERCEPT_VARIANCE * a[:, p].sum()``.

    Args:
        kernel: shape (n, n), of `gram_matrix`.
        present: shape (n, P), 1 where text i is positive in problem p, else 0.
        costs: shape (n, P), weight of each text's loss.
        tolerance: on the gradient, relative to the largest cost of the problem.

    Returns:
        Dual variables a of shape (n, P).
    """
    a = np.zeros(present.shape)
    scores = np.zeros(present.shape)
    objective = _objective(a, scores, present, costs)
    for _ in range(100):
        probabilities = _expit(scores)
        descent = -(a + costs * (probabilities - present))
        active = np.flatnonzero(np.abs(descent).max(0) > tolerance * costs.max(0))
        if not len(active):
            break
        root = np.sqrt((costs * probabilities * (1 - probabilities))[:, active])
        step = _newton_step(kernel, root, descent[:, active])
        score_step = _kernel_product(kernel, step)
        # Far from the optimum a full Newton step may overshoot: halve it.
        for _ in range(20):
            value = _objective(
                a[:, active] + step, scores[:, active] + score_step, present[:, active], costs[:, active]
            )
            worse = value > objective[active] * (1 + 1e-9)
            if not worse.any():
                break
            step, score_step = np.where(worse, step / 2, step), np.where(worse, score_step / 2, score_step)
        a[:, active] += step
        scores[:, active] += score_step
        objective[active] = value
    return a


def _kernel_product(kernel: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Multiply by the kernel plus the intercept's term; the sum is taken in double precision."""
    product: np.ndarray = (kernel @ vectors.astype(kernel.dtype)).astype(np.float64)
    return product + INTERCEPT_VARIANCE * vectors.sum(0)


def _objective(a: np.ndarray, scores: np.ndarray, present: np.ndarray, costs: np.ndarray) -> np.ndarray:
    losses = np.logaddexp(0.0, scores) - present * scores
    values: np.ndarray = 0.5 * (a * scores).sum(0) + (costs * losses).sum(0)
    return values


def _newton_step(kernel: np.ndarray, root: np.ndarray, descent: np.ndarray) -> np.ndarray:
    """Solve (I + D K) step = descent by conjugate gradients, where D is the square of `root`.

    With S = `root`, solves the symmetric (I + S K S) u = S K descent; then step = descent - S u.
    """
    residual = root * _kernel_product(kernel, descent)
    u = np.zeros_like(residual)
    direction = residual.copy()
    squares = (residual * residual).sum(0)
    # A tenth of the tolerance is enough, since the next Newton step starts from here. The residual is measured
    # like `descent`: in the symmetric form the intercept would dominate.
    goal = (descent**2).sum(0) * 1e-2
    for _ in range(300):
        active = np.flatnonzero(((root * residual) ** 2).sum(0) > goal)
        if not len(active):
            break
        search, before = direction[:, active], squares[active]
        image = search + root[:, active] * _kernel_product(kernel, root[:, active] * search)
        length = before / (search * image).sum(0)
        u[:, active] += length * search
        residual[:, active] -= length * image
        squares[active] = (residual[:, active] ** 2).sum(0)
        direction[:, active] = residual[:, active] + squares[active] / before * search
    step: np.ndarray = descent - root * u
    return step


def _expit(scores: np.ndarray) -> np.ndarray:
    # The form with tanh neither overflows nor warns.
    probabilities: np.ndarray = 0.5 + 0.5 * np.tanh(0.5 * scores)
    return probabilities


def fit_logistic_regressions(
    matrix: Any, present: np.ndarray, known: np.ndarray, settings: Sequence[tuple[float, bool]]
) -> Iterator[list[Any]]:
    """Fit logistic regressions for every column at every setting.

    Args:
        matrix: features, shape (n, F).
        present: shape (n, M), 1 where text i is positive in column m, else 0.
        known: shape (n, M), False where the label is unknown.
        settings: (C, balanced) of each setting, as in scikit-learn's ``class_weight="balanced"``.

    Yields:
        The fitted ``LogisticRegression`` of each column, for one setting after the other.
    """
    from sklearn.linear_model import LogisticRegression

    targets = np.where(known, present, 0).astype(np.float64)
    texts, positives = known.sum(0), targets.sum(0)
    # A column with a single value cannot be balanced.
    mixed = (positives > 0) & (positives < texts)
    weight = np.where(targets > 0, texts / np.maximum(2 * positives, 1), texts / np.maximum(2 * (texts - positives), 1))
    balanced_costs = known * np.where(mixed, weight, 1.0)
    costs = [strength * (balanced_costs if balanced else known) for strength, balanced in settings]
    a = solve_dual(gram_matrix(matrix), np.tile(targets, len(settings)), np.hstack(costs))
    weights = matrix.T @ a
    for i, (strength, balanced) in enumerate(settings):
        models = []
        for column in range(i * len(texts), (i + 1) * len(texts)):
            model = LogisticRegression(C=strength, class_weight="balanced" if balanced else None)
            model.classes_ = np.array([0, 1])
            model.coef_, model.n_features_in_ = weights[:, column][None].copy(), matrix.shape[1]
            model.intercept_ = np.array([INTERCEPT_VARIANCE * a[:, column].sum()])
            models.append(model)
        yield models
