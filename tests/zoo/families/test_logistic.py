"""Batched logistic regressions against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.families.logistic import (
    DENSE_ABOVE,
    INTERCEPT_VARIANCE,
    fit_logistic_regressions,
    gram_matrix,
    solve_dual,
)

GRID = [(0.3, False), (0.3, True), (30.0, False), (30.0, True)]


def sample(n: int, features: int, seed: int) -> tuple[csr_matrix, np.ndarray]:
    """Return sparse rows of norm 1 and labels that depend on them: one frequent, one rare."""
    draw = np.random.default_rng(seed)
    x = draw.random((n, features)) * (draw.random((n, features)) < 0.2)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    noise = draw.normal(size=(n, 2)) * 0.2
    scores = x @ draw.normal(size=(features, 2)) + noise
    return csr_matrix(x), (scores > [np.median(scores[:, 0]), np.quantile(scores[:, 1], 0.9)]).astype(np.int8)


def reference(matrix, y: np.ndarray, strength: float, balanced: bool) -> LogisticRegression:
    """Solve the same objective, including the intercept's prior, with liblinear."""
    return LogisticRegression(
        C=strength, class_weight="balanced" if balanced else None, solver="liblinear", tol=1e-10, max_iter=10_000,
        intercept_scaling=np.sqrt(INTERCEPT_VARIANCE),
    ).fit(matrix, y)  # fmt: skip


@given(seed=st.integers(0, 1000))
@settings(max_examples=8, deadline=None)
def test_batched_fits_equal_separate_fits(seed: int):
    matrix, y = sample(120, 400, seed)
    fitted = list(fit_logistic_regressions(matrix, y, np.ones(y.shape, dtype=bool), GRID))
    for (strength, balanced), models in zip(GRID, fitted, strict=True):
        for column, model in enumerate(models):
            expected = reference(matrix, y[:, column], strength, balanced).predict_proba(matrix)
            assert np.abs(model.predict_proba(matrix) - expected).max() < 5e-3


def test_a_smaller_tolerance_is_more_exact():
    matrix, y = sample(150, 300, 1)
    costs = np.full((150, 1), 3.0)
    expected = reference(matrix, y[:, 0], 3.0, False)
    gaps = []
    for tolerance in (1e-1, 1e-3, 1e-5):
        a = solve_dual(gram_matrix(matrix), y[:, :1].astype(float), costs, tolerance)
        gaps.append(np.abs((matrix.T @ a)[:, 0] - expected.coef_[0]).max())
    assert gaps[0] > gaps[1] > gaps[2] and gaps[2] < 1e-3


def test_gram_matrix():
    matrix, _ = sample(DENSE_ABOVE + 150, 40, 2)
    dense = matrix.toarray()
    assert np.abs(gram_matrix(matrix) - dense @ dense.T).max() < 1e-5
    assert np.abs(gram_matrix(dense) - dense @ dense.T).max() < 1e-5
    common = csr_matrix(np.column_stack([np.ones(DENSE_ABOVE + 150), dense]))
    assert np.abs(gram_matrix(common) - 1 - dense @ dense.T).max() < 1e-5


def test_texts_with_unknown_labels_are_excluded():
    matrix, y = sample(100, 200, 3)
    known = np.ones(y.shape, dtype=bool)
    known[60:, 1] = False
    ((_, model),) = fit_logistic_regressions(matrix, y, known, [(3.0, True)])
    expected = reference(matrix[:60], y[:60, 1], 3.0, True)
    assert np.abs(model.predict_proba(matrix) - expected.predict_proba(matrix)).max() < 5e-3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_columns_with_a_single_value():
    matrix, y = sample(50, 80, 4)
    y[:, 0], y[:, 1] = 0, 1
    ((no, yes),) = fit_logistic_regressions(matrix, y, np.ones(y.shape, dtype=bool), [(1.0, True)])
    assert (no.predict_proba(matrix)[:, 1] < 0.1).all() and (yes.predict_proba(matrix)[:, 1] > 0.9).all()


@pytest.mark.parametrize("kind", ["logreg", "ordinal"])
def test_batched_and_separate_linear_models_are_close(kind: str):
    matrix, y = sample(120, 300, 5)
    top = 1 if kind == "logreg" else 3
    labels = y * np.random.default_rng(0).integers(1, top + 1, y.shape)
    grid = [{"strength": 1.0, "balanced": False}, {"strength": 3.0, "balanced": True}]
    fits = [list(tfidf.fit_linear_models(kind, top, together, matrix, labels, grid)) for together in (True, False)]
    for batched, separate in zip(*fits, strict=True):
        gap = np.abs(tfidf.linear_probabilities(batched, matrix) - tfidf.linear_probabilities(separate, matrix))
        assert gap.max() < 0.02
        assert np.array_equal(batched.estimators_[0].classes_, separate.estimators_[0].classes_)
