"""Tuning and applying cut points between intensities."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.selection import cut_points
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune

SPACE = Space(("joy", "fear", "anger"), top=3)
FIXED = ThresholdConfig()


def sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions close to the mean, as of an uncertain model, and intensities; the third emotion is rare."""
    draw = np.random.default_rng(seed)
    gold = np.minimum(draw.poisson([1.0, 0.5, 0.05], (n, 3)), 3).astype(np.int8)
    return np.clip(gold / 3 * 0.4 + draw.normal(0, 0.12, (n, 3)) + 0.1, 0, 1), gold


def pearson(gold: np.ndarray, predicted: np.ndarray) -> float:
    return score_arrays(gold, predicted, SPACE.emotions, values=4).whole["pearson"]


@given(seed=st.integers(0, 10_000), rule=st.sampled_from(["global", "per_label"]), shrink=st.sampled_from([0.0, 30.0]))
@settings(max_examples=15, deadline=None)
def test_cut_points_are_never_worse_than_rounding_on_the_tuning_data(seed: int, rule: str, shrink: float):
    p, gold = sample(60, seed)
    gold[0], gold[1] = 0, 3  # every emotion varies
    config = ThresholdConfig(rule=rule, shrink=shrink, grid=(0.05, 0.95, 0.05))
    tuned = tune(p, gold, SPACE, config, "pearson")
    assert tuned.shape == (3, 3) and (np.diff(tuned) >= 0).all()
    rounded = apply_thresholds(p, tune(p, gold, SPACE, FIXED, "pearson"), SPACE)
    assert pearson(gold, apply_thresholds(p, tuned, SPACE)) >= pearson(gold, rounded) - 1e-12


def test_cut_points_are_the_best_of_the_grid():
    p, gold = sample(80, 3)
    points = [0.1, 0.3, 0.5, 0.7]
    tried = [*combinations_with_replacement(sorted([*points, *cut_points.rounding_cut_points(3)]), 3)]
    by_emotion = [
        max(_r(gold[:, i], (p[:, i, None] >= np.array(cuts)).sum(1)) for cuts in tried) for i in range(3)
    ]  # fmt: skip
    rule = ThresholdConfig(rule="per_label", shrink=0.0, grid=(0.1, 0.7, 0.2))
    predicted = apply_thresholds(p, tune(p, gold, SPACE, rule, "pearson"), SPACE)
    assert [_r(gold[:, i], predicted[:, i]) for i in range(3)] == pytest.approx(by_emotion)
    best_global = max(
        np.mean([_r(gold[:, i], (p[:, i, None] >= np.array(cuts)).sum(1)) for i in range(3)]) for cuts in tried
    )
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global", grid=(0.1, 0.7, 0.2)), "pearson")
    assert (common == common[0]).all()
    assert pearson(gold, apply_thresholds(p, common, SPACE)) == pytest.approx(best_global)


def _r(gold: np.ndarray, predicted: np.ndarray) -> float:
    return pearsonr(gold, predicted).statistic if len(set(predicted.tolist())) > 1 else 0.0


def test_cut_points_of_a_rare_emotion_are_shrunk_to_the_global_ones():
    p, gold = sample(300, 4)
    grid = (0.02, 0.9, 0.02)
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global", grid=grid), "pearson")[0]
    own = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=0.0, grid=grid), "pearson")
    tuned = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=30.0, grid=grid), "pearson")
    positives = (gold > 0).sum(0)[:, None]
    trust = positives / (positives + 30)
    assert tuned == pytest.approx(trust * own + (1 - trust) * common)
    assert trust[2] < 0.5 < 0.7 < trust[0]


def test_an_emotion_without_positives_gets_the_global_cut_points_or_rounding():
    p, gold = sample(100, 5)
    gold[:, 2] = 0
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global"), "pearson")
    others = Space(SPACE.emotions[:2], top=3)
    assert (common[:2] == tune(p[:, :2], gold[:, :2], others, ThresholdConfig(rule="global"), "pearson")).all()
    tuned = tune(p, gold, SPACE, ThresholdConfig(rule="per_label"), "pearson")
    # Whichever of the two predicts fewer positives.
    assert (tuned[2] == common[2]).all() or (tuned[2] == cut_points.rounding_cut_points(3)).all()


def test_unknown_intensities_do_not_affect_cut_points():
    p, gold = sample(120, 6)
    gold[:50, 1] = -1
    rule = ThresholdConfig(rule="per_label", shrink=0.0, grid=(0.1, 0.9, 0.1))
    tuned = tune(p, gold, SPACE, rule, "pearson")
    alone = tune(p[50:, 1:2], gold[50:, 1:2], Space(("fear",), top=3), rule, "pearson")
    assert tuned[1].tolist() == alone[0].tolist()


def test_a_large_grid_is_thinned():
    draw = np.random.default_rng(7)
    gold = draw.integers(0, 7, (50, 1)).astype(np.int8)
    p = np.clip(gold / 6 + draw.normal(0, 0.1, gold.shape), 0, 1)
    space = Space(("joy",), top=6)
    tuned = tune(p, gold, space, ThresholdConfig(rule="global"), "pearson")
    assert tuned.shape == (1, 6)
    rounded = apply_thresholds(p, tune(p, gold, space, FIXED, "pearson"), space)
    assert _r(gold[:, 0], apply_thresholds(p, tuned, space)[:, 0]) >= _r(gold[:, 0], rounded[:, 0])


def test_a_value_equal_to_a_cut_point_reaches_the_intensity():
    intensities = apply_thresholds(np.array([[0.2, 0.19, 0.8]]), np.array([[0.2, 0.5, 0.8]] * 3), SPACE)
    assert intensities.tolist() == [[1, 0, 3]]


@pytest.mark.parametrize("metric", ["spearman", "mae"])
def test_cut_points_are_the_best_of_the_grid_for_other_metrics(metric: str):
    p, gold = sample(80, 3)
    tried = [*combinations_with_replacement(sorted([0.1, 0.3, 0.5, 0.7, *cut_points.rounding_cut_points(3)]), 3)]

    def value(at: int, predicted: np.ndarray) -> float:
        if metric == "mae":
            return -float(np.abs(gold[:, at] - predicted).mean())
        return float(spearmanr(gold[:, at], predicted).statistic) if np.ptp(predicted) else 0.0

    rule = ThresholdConfig(rule="per_label", shrink=0.0, grid=(0.1, 0.7, 0.2))
    predicted = apply_thresholds(p, tune(p, gold, SPACE, rule, metric), SPACE)
    for at in range(3):
        best = max(value(at, (p[:, at, None] >= np.array(cuts)).sum(1)) for cuts in tried)
        assert value(at, predicted[:, at]) == pytest.approx(best)
