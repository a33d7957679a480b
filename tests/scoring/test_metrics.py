"""Metrics compared with scikit-learn and scipy, and the algebra of sums."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from semeval_emo.errors import UsageError
from semeval_emo.scoring.metric_values import MetricValues, layout_of_all, metric_values, score_arrays, score_chunks
from semeval_emo.scoring.metrics import (
    INTENSITY_METRICS,
    LABEL_METRICS,
    METRICS,
    ORGANISERS,
    RULES,
    layout_of,
    metric,
)
from semeval_emo.scoring.statistics import BLOCKS, Layout

CLOSE = 1e-12


@st.composite
def matrices(draw: st.DrawFn, values: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return gold and predictions of one shape, with few or many rows, rare and constant columns."""
    rows, emotions = draw(st.integers(2, 60)), draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shares = rng.choice([0.0, 0.05, 0.3, 0.7, 1.0], size=(2, emotions))
    cells = [(rng.random((rows, emotions)) < share) * rng.integers(1, values, (rows, emotions)) for share in shares]
    return cells[0].astype(np.int8), cells[1].astype(np.int8)


def sklearn_scores(gold: np.ndarray, predicted: np.ndarray) -> dict[str, float | np.ndarray]:
    """Return the same metrics by scikit-learn, with 0 where undefined."""
    result: dict[str, float | np.ndarray] = {}
    for average in ("micro", "macro", "samples", None):
        three = sk.precision_recall_fscore_support(gold, predicted, average=average, zero_division=0)[:3]
        prefix = f"{average}_" if average else ""
        result |= {f"{prefix}{name}": one for name, one in zip(("precision", "recall", "f1"), three, strict=True)}
    result["jaccard"] = sk.jaccard_score(gold, predicted, average="samples", zero_division=0)
    result["exact_match"] = sk.accuracy_score(gold, predicted)
    result["hamming_loss"] = sk.hamming_loss(gold, predicted)
    return {name: result[name] for name in LABEL_METRICS}


def assert_equals_sklearn(gold: np.ndarray, predicted: np.ndarray) -> None:
    names = tuple(f"e{i}" for i in range(gold.shape[1]))
    metrics = score_arrays(gold, predicted, names)
    for name, expected in sklearn_scores(gold, predicted).items():
        ours = metrics.by_emotion[name] if METRICS[name].per_emotion else metrics.whole[name]
        np.testing.assert_allclose(ours, expected, rtol=0, atol=CLOSE, err_msg=name)
    tables = sk.multilabel_confusion_matrix(gold, predicted)
    for name, (i, j) in {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}.items():
        assert metrics.by_emotion[name] == tuple(tables[:, i, j].tolist()), name
    assert metrics.by_emotion["support"] == tuple(gold.sum(0).tolist())


def assert_equals_scipy(gold: np.ndarray, predicted: np.ndarray) -> None:
    names = tuple(f"e{i}" for i in range(gold.shape[1]))
    metrics = score_arrays(gold, predicted, names, values=4, rule=ORGANISERS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy warns about constant columns, which are intended here
        pairs = list(zip(gold.T, predicted.T, strict=True))
        expected = {
            "emotion_pearson": [stats.pearsonr(x, y)[0] for x, y in pairs],
            "emotion_spearman": [stats.spearmanr(x, y)[0] for x, y in pairs],
            "emotion_mae": [sk.mean_absolute_error(x, y) for x, y in pairs],
        }
    whole = dict(zip(expected, ("pearson", "spearman", "mae"), strict=True))
    for name, row in expected.items():
        np.testing.assert_allclose(metrics.by_emotion[name], row, rtol=0, atol=CLOSE, err_msg=name)
        np.testing.assert_allclose(metrics.whole[whole[name]], np.mean(row), rtol=0, atol=CLOSE, err_msg=name)


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_label_metrics_equal_scikit_learn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert_equals_sklearn(*pair)


@settings(deadline=None, max_examples=60)
@given(matrices(values=4))
def test_intensity_metrics_equal_scipy(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert_equals_scipy(*pair)


def test_a_single_emotion_equals_scikit_learn_on_that_column() -> None:
    rng = np.random.default_rng(3)
    gold, predicted = (rng.random((2, 200, 1)) < 0.4).astype(int)
    metrics = score_arrays(gold, predicted, ("joy",))
    assert metrics.whole["macro_f1"] == pytest.approx(sk.f1_score(gold[:, 0], predicted[:, 0]), abs=CLOSE)
    assert metrics.whole["exact_match"] == pytest.approx(sk.accuracy_score(gold, predicted), abs=CLOSE)


@pytest.mark.data
@pytest.mark.parametrize("language", ["eng", "ukr", "ptmz"])
def test_real_labels_equal_scikit_learn(data_dir, language: str) -> None:
    from semeval_emo.data import load_gold

    gold = load_gold("a", language, source=data_dir).labels
    noise = np.random.default_rng(0).random(gold.shape) < 0.15
    assert_equals_sklearn(gold, gold ^ noise)


@pytest.mark.data
@pytest.mark.parametrize("language", ["eng", "chn", "ron"])
def test_real_intensities_equal_scipy(data_dir, language: str) -> None:
    from semeval_emo.data import load_gold

    gold = load_gold("b", language, source=data_dir).labels
    step = np.random.default_rng(0).integers(-1, 2, gold.shape)
    assert_equals_scipy(gold, np.clip(gold + step, 0, 3))


@settings(deadline=None, max_examples=30)
@given(matrices(values=4), st.integers(0, 2**32 - 1))
def test_results_do_not_depend_on_the_order_of_texts(pair: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    gold, predicted = pair
    order = np.random.default_rng(seed).permutation(len(gold))
    names = tuple(map(str, range(gold.shape[1])))
    for values, cut in ((4, 3), (2, 1)):
        x, y = np.minimum(gold, cut), np.minimum(predicted, cut)
        assert score_arrays(x, y, names, values=values) == score_arrays(x[order], y[order], names, values=values)


@settings(deadline=None, max_examples=30)
@given(matrices(), st.integers(0, 60))
def test_chunks_give_identical_results(pair: tuple[np.ndarray, np.ndarray], cut: int) -> None:
    gold, predicted = pair
    names = tuple(map(str, range(gold.shape[1])))
    chunks = [(gold[:cut], predicted[:cut]), (gold[cut:], predicted[cut:])]
    assert score_chunks(chunks, names) == score_arrays(gold, predicted, names)


@settings(deadline=None, max_examples=30)
@given(matrices(values=4), st.integers(0, 2**32 - 1))
def test_weights_equal_repeated_rows(pair: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    """A bootstrap weight of k equals k copies of the row, for every metric."""
    gold, predicted = pair
    weights = np.random.default_rng(seed).integers(0, 4, (3, 2, len(gold)))
    weights[0, 0] = 1
    for values, names in ((4, INTENSITY_METRICS), (2, LABEL_METRICS)):
        x, y = np.minimum(gold, values - 1), np.minimum(predicted, values - 1)
        layout = layout_of_all(gold.shape[1], values)
        sums = layout.split(weights @ layout.statistics(x, y).astype(float))
        for name in names:
            scores = METRICS[name](sums)
            assert scores.shape == (3, 2, gold.shape[1])[: 3 if METRICS[name].per_emotion else 2], name
            for where in np.ndindex(3, 2):
                rows = np.repeat(np.arange(len(x)), weights[where])
                one = METRICS[name](layout.split(layout.sums(x[rows], y[rows])))
                np.testing.assert_array_equal(scores[where], one, err_msg=name)


def test_float64_sums_are_exact_in_any_order() -> None:
    """Whole numbers make the matrix product independent of threads and blocking."""
    rng = np.random.default_rng(1)
    gold, predicted = rng.integers(0, 4, (2, 3000, 6))
    layout = layout_of_all(6, 4)
    statistics, weights = layout.statistics(gold, predicted), rng.multinomial(3000, np.full(3000, 1 / 3000), 20)
    np.testing.assert_array_equal(weights @ statistics.astype(float), weights @ statistics.astype(np.int64))


def test_undefined_f1_is_zero() -> None:
    metrics = score_arrays([[0, 1], [0, 1]], [[0, 0], [0, 0]], ("joy", "fear"))
    assert metrics.by_emotion["f1"] == metrics.by_emotion["precision"] == (0.0, 0.0)
    assert metrics.whole["macro_f1"] == metrics.whole["micro_f1"] == 0.0


def test_a_perfect_prediction_scores_exactly_one() -> None:
    gold = np.random.default_rng(5).integers(0, 4, (2999, 6))
    intensities = score_arrays(gold, gold, tuple("abcdef"), values=4)
    assert intensities.whole == {"pearson": 1.0, "spearman": 1.0, "mae": 0.0}
    labels = score_arrays(gold > 0, gold > 0, tuple("abcdef"))
    assert labels.whole["macro_f1"] == labels.whole["micro_f1"] == labels.whole["exact_match"] == 1.0


def test_texts_without_any_label_are_counted() -> None:
    """They count as 0 in Jaccard and samples F1, so a perfect file can score below 1."""
    metrics = score_arrays([[0, 0], [1, 0], [0, 1], [0, 0]], [[0, 0], [1, 0], [0, 1], [1, 0]], ("joy", "fear"))
    assert metrics.unlabelled == 1
    assert metrics.whole["jaccard"] == 0.5
    gold, predicted = np.array([[0, 0], [1, 0], [0, 1], [0, 0]]), np.array([[0, 0], [1, 0], [0, 1], [1, 0]])
    as_right = sk.jaccard_score(gold, predicted, average="samples", zero_division=1)
    assert metrics.whole["jaccard"] + metrics.unlabelled / metrics.texts == as_right
    assert metrics.whole["exact_match"] == 0.75


@pytest.mark.parametrize(
    ("gold", "predicted", "codabench"),
    [
        ([1, 1, 1], [1, 1, 1], 1.0),  # constant and equal
        ([1, 1, 1], [2, 2, 2], 0.0),  # constant, not equal
        ([0, 0, 0], [0, 1, 2], 0.0),
        ([0, 1, 2], [0, 0, 0], 0.0),
    ],
)
def test_constant_columns_by_rule(gold: list[int], predicted: list[int], codabench: float) -> None:
    x, y = np.array([gold, [0, 1, 2]]).T, np.array([predicted, [0, 1, 2]]).T
    for name in ("pearson", "spearman"):
        by_codabench = score_arrays(x, y, ("joy", "fear"), values=4)
        assert by_codabench.by_emotion[f"emotion_{name}"] == (codabench, 1.0)
        assert by_codabench.whole[name] == (codabench + 1) / 2
        by_organisers = score_arrays(x, y, ("joy", "fear"), values=4, rule=ORGANISERS)
        assert np.isnan(by_organisers.by_emotion[f"emotion_{name}"][0])
        assert np.isnan(by_organisers.whole[name])


def test_organisers_round_each_pearson_before_the_mean() -> None:
    rng = np.random.default_rng(0)
    seen_a_difference = False
    for _ in range(60):
        gold = rng.integers(0, 4, (40, 3))
        predicted = np.clip(gold + rng.integers(-1, 2, gold.shape), 0, 3)
        exact = score_arrays(gold, predicted, ("joy", "fear", "anger"), values=4)
        ours, theirs = exact.rounded("codabench"), exact.rounded("organisers")
        each = [stats.pearsonr(x, y)[0] for x, y in zip(gold.T, predicted.T, strict=True)]
        assert ours.whole["pearson"] == round(float(np.mean(each)), 6)
        assert theirs.whole["pearson"] == round(float(np.mean([round(r, 4) for r in each])), 4)
        assert abs(ours.whole["pearson"] - theirs.whole["pearson"]) <= 1.01e-4
        seen_a_difference |= theirs.whole["pearson"] != round(float(np.mean(each)), 4)
    assert seen_a_difference


def test_a_mean_on_a_tie_is_rounded_as_in_the_organisers_checker() -> None:
    """The mean of these is 0.52965: a rounded sum of it gives 0.5297, the checker prints 0.5296."""
    r = (0.68438, 0.57811, 0.39527, 0.64920, 0.58320, 0.28769)
    values = MetricValues(2604, tuple("abcdef"), {"pearson": sum(r) / 6}, {"emotion_pearson": r})
    assert values.rounded("organisers").whole["pearson"] == 0.5296


def test_rounding_does_not_change_counts() -> None:
    rounded = score_arrays([[1, 0], [1, 1], [0, 1]], [[1, 0], [0, 1], [1, 1]], ("joy", "fear")).rounded("organisers")
    assert rounded.whole["macro_f1"] == 0.75
    assert rounded.by_emotion["tp"] == (1, 2)
    assert rounded.by_emotion["f1"] == (0.5, 1.0)


@pytest.mark.parametrize("bad", [-1, 2, 0.5])
def test_an_invalid_label_value_is_refused(bad: float) -> None:
    with pytest.raises(UsageError, match="gold labels contain values other than integers from 0 to 1"):
        score_arrays([[bad, 0]], [[1, 0]], ("joy", "fear"))


def test_different_shapes_are_refused() -> None:
    with pytest.raises(UsageError, match=r"shape \(1, 2\) and the predictions \(2, 2\)"):
        score_arrays([[1, 0]], [[1, 0], [0, 0]], ("joy", "fear"))
    with pytest.raises(UsageError, match=r"expected \(texts, 3\)"):
        layout_of_all(3).statistics([[1, 0]], [[1, 0]])


def test_empty_arrays_score_zero() -> None:
    empty = np.zeros((0, 2), np.int8)
    assert score_arrays(empty, empty, ("joy", "fear")).whole["macro_f1"] == 0.0
    assert score_arrays(empty, empty, ("joy", "fear"), values=4).whole["mae"] == 0.0


def test_wide_scales_do_not_overflow() -> None:
    gold = np.random.default_rng(2).integers(0, 101, (300, 2))
    predicted = np.clip(gold + np.random.default_rng(3).integers(-20, 21, gold.shape), 0, 100)
    metrics = score_arrays(gold, predicted, ("joy", "fear"), values=101)
    expected = [stats.pearsonr(x, y)[0] for x, y in zip(gold.T, predicted.T, strict=True)]
    np.testing.assert_allclose(metrics.by_emotion["emotion_pearson"], expected, atol=CLOSE)


def test_errors_for_unknown_names_have_a_fix() -> None:
    with pytest.raises(UsageError, match="did you mean 'macro_f1'"):
        metric("macrof1")
    with pytest.raises(UsageError, match="use one of codabench, organisers-2025"):
        metric("pearson", rule="none")
    metrics = score_arrays([[1, 0]], [[1, 0]], ("joy", "fear"))
    with pytest.raises(UsageError, match=r"did you mean 'f1\.joy'"):
        metrics.value("f1.joi")
    assert metrics.value("f1.joy") == 1.0


def test_the_blocks_of_every_metric_exist() -> None:
    for rule in RULES:
        for name in METRICS:
            assert set(metric(name, rule).blocks) <= set(BLOCKS)
    assert set(LABEL_METRICS) | set(INTENSITY_METRICS) == set(METRICS)
    assert layout_of([METRICS["f1"]], 6) == Layout(("tp", "predicted", "gold"), 6)


def test_metrics_of_merged_languages_equal_those_of_all_rows() -> None:
    rng = np.random.default_rng(4)
    one, two = rng.integers(0, 2, (2, 2, 50, 4))
    layout = layout_of_all(4)
    merged = metric_values(layout, layout.sums(*one) + layout.sums(*two), tuple("abcd"))
    assert merged == score_arrays(np.vstack([one[0], two[0]]), np.vstack([one[1], two[1]]), tuple("abcd"))


def test_macro_f1_is_the_mean_of_f1_and_not_the_f1_of_means():
    """One emotion with precision 1 and recall 0.5, one with precision 0.5 and recall 1: both have F1 2/3."""
    gold = np.array([[1, 1], [1, 0], [0, 0]], dtype=np.int8)
    predicted = np.array([[1, 1], [0, 1], [0, 0]], dtype=np.int8)
    values = score_arrays(gold, predicted, ("joy", "fear")).whole
    precision, recall = values["macro_precision"], values["macro_recall"]
    assert (precision, recall, 2 * precision * recall / (precision + recall)) == (0.75, 0.75, 0.75)
    assert values["macro_f1"] == pytest.approx(2 / 3)
