"""`compute_metrics` for the Hugging Face Trainer, and `scorer` for scikit-learn."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import semeval_emo
from semeval_emo.errors import InputError, UsageError

EMOTIONS = ["anger", "fear", "joy"]
GOLD = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 1]])
LOGITS = np.where([[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]], 1.5, -0.5)
MACRO_F1 = (2 / 3 + 1 + 1 / 2) / 3


def test_logits_give_the_official_metrics():
    function = semeval_emo.compute_metrics(EMOTIONS)
    values = function((LOGITS, GOLD.astype(float)))
    assert values["macro_f1"] == pytest.approx(MACRO_F1) and values["f1_fear"] == 1
    assert all(isinstance(value, float) for value in values.values())
    assert values == function(((LOGITS, np.zeros((5, 7))), GOLD))


def test_an_evaluation_prediction_of_transformers():
    transformers = pytest.importorskip("transformers")
    prediction = transformers.EvalPrediction(predictions=LOGITS.astype(np.float32), label_ids=GOLD.astype(np.float32))
    assert semeval_emo.compute_metrics(EMOTIONS)(prediction)["macro_f1"] == pytest.approx(MACRO_F1)


def test_thresholds_are_of_probabilities():
    # The sigmoid of -0.5 is 0.378, that of 1.5 is 0.818.
    values = semeval_emo.compute_metrics(EMOTIONS, thresholds={"anger": 0.5, "fear": 0.377, "joy": 0.82})(
        (LOGITS, GOLD)
    )
    expected = np.column_stack([LOGITS[:, 0] > 0, np.ones(5), np.zeros(5)])
    assert values["macro_f1"] == semeval_emo.metrics(GOLD, expected, EMOTIONS)["macro_f1"]
    for wrong in (0, 1, 1.5, "0.5", {"anger": 0.5}, {"anger": 0.5, "fear": 0.5, "joy": 2}):
        with pytest.raises(UsageError, match="hreshold"):
            semeval_emo.compute_metrics(EMOTIONS, thresholds=wrong)


def test_intensities_are_rounded():
    gold = np.array([[0, 3, 1], [2, 1, 0], [1, 0, 3]])
    outputs = gold + np.array([[-0.2, 0.4, 0.3], [0.2, -0.3, 0.1], [0.3, 0.2, -0.4]])
    values = semeval_emo.compute_metrics(EMOTIONS)((outputs, gold))
    assert values["pearson"] == pytest.approx(1) and set(values) >= {"pearson", "spearman", "mae", "pearson_joy"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((LOGITS, GOLD[:, 0]), r"label_ids has the shape \(5,\)"),
        ((LOGITS[:, :2], GOLD), "predictions has 2 columns, and there are 3 emotions"),
        (None, "compute_metrics got NoneType"),
        ((LOGITS,), "compute_metrics got tuple"),
    ],
)
def test_wrong_outputs_are_input_errors(given: object, message: str):
    with pytest.raises(InputError, match=message):
        semeval_emo.compute_metrics(EMOTIONS)(given)


class Always:
    """Predicts the same for every text."""

    def predict(self, texts: list[str]) -> np.ndarray:
        return np.tile([1, 0, 1], (len(texts), 1))

    def predict_proba(self, texts: list[str]) -> list[np.ndarray]:
        return [np.tile([1 - p, p], (len(texts), 1)) for p in (0.9, 0.4, 0.6)]


def test_a_scorer_calls_the_estimator():
    texts = ["a"] * 5
    assert semeval_emo.scorer()(Always(), texts, GOLD) == semeval_emo.metrics(GOLD, [[1, 0, 1]] * 5)["macro_f1"]
    by_threshold = semeval_emo.scorer("micro_f1", threshold=0.3)(Always(), texts, GOLD)
    assert by_threshold == semeval_emo.metrics(GOLD, [[1, 1, 1]] * 5)["micro_f1"]
    assert semeval_emo.scorer("hamming_loss")(Always(), texts, GOLD) < 0
    assert pickle.loads(pickle.dumps(semeval_emo.scorer("jaccard"))) == semeval_emo.scorer("jaccard")


def test_unknown_metrics_are_usage_errors():
    with pytest.raises(UsageError, match="There is no metric 'macrof1'"):
        semeval_emo.scorer("macrof1")
    with pytest.raises(UsageError, match="'f1' is a metric of one emotion"):
        semeval_emo.scorer("f1")
    with pytest.raises(UsageError, match="is a metric of one emotion"):
        semeval_emo.scorer(None)
    with pytest.raises(UsageError, match="emotions is 'joy'"):
        semeval_emo.compute_metrics("joy")


def test_cross_validation_and_grid_search_of_scikit_learn():
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    inputs = np.random.default_rng(1).normal(size=(60, 4))
    labels = (inputs[:, :3] > 0).astype(int)
    scorer = semeval_emo.scorer("macro_f1")
    scores = cross_val_score(KNeighborsClassifier(3), inputs, labels, scoring=scorer, cv=3, n_jobs=1)
    own = cross_val_score(KNeighborsClassifier(3), inputs, labels, scoring="f1_macro", cv=3)
    assert scores == pytest.approx(own)
    search = GridSearchCV(
        KNeighborsClassifier(), {"n_neighbors": [1, 5]}, cv=3, refit="f1",
        scoring={"f1": scorer, "by_threshold": semeval_emo.scorer(threshold=0.5)},
    ).fit(inputs, labels)  # fmt: skip
    assert search.best_score_ == search.cv_results_["mean_test_f1"].max() > 0.5
