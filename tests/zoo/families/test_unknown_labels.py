"""Ordinal models, and unknown labels, which are neither trained on nor scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.selection.thresholds import tune
from semeval_emo.zoo.training.job import score_labels


def intensities(n: int = 120, top: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 5))
    return x, np.clip(np.round(x[:, :3] + draw.normal(0, 0.7, (n, 3)) + 0.5), 0, top).astype(np.int8)


def holes(labels: np.ndarray, seed: int = 1) -> np.ndarray:
    """Replace some labels by unknown ones, for the last emotion in half of the texts."""
    unknown = np.random.default_rng(seed).random(labels.shape) < [0.2, 0.0, 0.5]
    return np.where(unknown, -1, labels).astype(np.int8)


def test_ordinal_predicts_the_expected_intensity_of_separate_regressions():
    x, y = intensities()
    probabilities = tfidf.linear_probabilities(tfidf.fit_linear_model("ordinal", x, y, 3, 0.5, False), x)
    for i in range(3):
        at_least = [
            LogisticRegression(C=0.5, max_iter=1000).fit(x, y[:, i] >= k).predict_proba(x)[:, 1] for k in (1, 2, 3)
        ]
        # 1 x P(exactly 1) + 2 x P(exactly 2) + 3 x P(exactly 3), as a share of 3.
        exactly = [at_least[0] - at_least[1], at_least[1] - at_least[2], at_least[2]]
        expected = (exactly[0] + 2 * exactly[1] + 3 * exactly[2]) / 3
        assert np.abs(probabilities[:, i] - expected).max() < 1e-6


def test_ordinal_on_binary_labels_equals_logistic_regression():
    x, y = intensities(top=1)
    probabilities = [
        tfidf.linear_probabilities(tfidf.fit_linear_model(kind, x, y, 1, 1.0, True), x)
        for kind in ("ordinal", "logreg")
    ]
    assert (probabilities[0] == probabilities[1]).all()


@pytest.mark.parametrize(("kind", "top"), [("logreg", 1), ("svm", 1), ("ridge", 3), ("ordinal", 3)])
@pytest.mark.parametrize("sparse", [True, False])
def test_texts_with_unknown_labels_do_not_affect_the_fit(kind: str, top: int, sparse: bool, tmp_path: Path):
    x, y = intensities(top=top)
    given = holes(y)
    matrix = csr_matrix(x) if sparse else x
    model = tfidf.fit_linear_model(kind, matrix, given, top, 1.0, True)
    tfidf.save_skops(model, tmp_path / "model.skops")
    probabilities = tfidf.linear_probabilities(tfidf.load_skops(tmp_path / "model.skops"), matrix)
    for i in range(3):
        rows = given[:, i] >= 0
        separate = tfidf.fit_linear_model(kind, matrix[rows], np.stack([y[rows, i]] * 2, 1), top, 1.0, True)
        assert np.abs(probabilities[:, i] - tfidf.linear_probabilities(separate, matrix)[:, 0]).max() < 1e-9
    other = given.copy()
    other[given < 0] = -7
    again = tfidf.linear_probabilities(tfidf.fit_linear_model(kind, matrix, other, top, 1.0, True), matrix)
    assert (again == probabilities).all(), "any negative label is unknown"


@pytest.mark.parametrize(("kind", "top"), [("logreg", 1), ("ridge", 3), ("ordinal", 3)])
@pytest.mark.filterwarnings("ignore:Label")
def test_an_emotion_without_labels_is_never_predicted(kind: str, top: int, tmp_path: Path):
    x, y = intensities(top=top)
    y[:, 1] = -1
    y[3:, 2] = -1
    y[:3, 2] = top
    model = tfidf.fit_linear_model(kind, x, y, top, 1.0, False)
    tfidf.save_skops(model, tmp_path / "model.skops")
    probabilities = tfidf.linear_probabilities(tfidf.load_skops(tmp_path / "model.skops"), x)
    assert (probabilities[:, 1] == 0).all()
    assert (probabilities[:, 2] == 1).all() or kind == "ridge"


def test_unknown_labels_are_not_scored():
    _, y = intensities(top=1)
    _, predicted = intensities(top=1, seed=5)
    given = holes(y)
    space = Space(("joy", "fear", "anger"))
    scores = score_labels(given, predicted, space, "macro_f1")
    rows = [given[:, i] >= 0 for i in range(3)]
    separate = [
        score_arrays(y[r, i : i + 1], predicted[r, i : i + 1], ("x",)).whole["macro_f1"] for i, r in enumerate(rows)
    ]
    assert scores["macro_f1"] == pytest.approx(np.mean(separate))
    known = given >= 0
    assert scores["micro_f1"] == pytest.approx(
        2 * (y & predicted)[known].sum() / (y[known].sum() + predicted[known].sum())
    )
    _, y = intensities()
    _, predicted = intensities(seed=5)
    given = holes(y)
    scores = score_labels(given, predicted, Space(space.emotions, 3), "pearson")
    separate = [np.corrcoef(y[given[:, i] >= 0, i], predicted[given[:, i] >= 0, i])[0, 1] for i in range(3)]
    assert scores["pearson"] == pytest.approx(np.mean(separate))


@pytest.mark.parametrize("rule", ["global", "per_label"])
def test_unknown_labels_do_not_affect_thresholds(rule: str):
    draw = np.random.default_rng(2)
    y = (draw.random((150, 2)) < 0.4).astype(np.int8)
    p = np.clip(y * 0.3 + draw.random((150, 2)) * 0.7, 0, 1)
    space, config = Space(("joy", "fear")), ThresholdConfig(rule=rule, shrink=0.0)
    given = y.copy()
    given[100:] = -1
    assert (tune(p, given, space, config, "macro_f1") == tune(p[:100], y[:100], space, config, "macro_f1")).all()
