"""Tuning and applying thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, hamming_loss, jaccard_score

from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune

SPACE = Space(("joy", "fear"))


def sample(n: int, seed: int, share: tuple[float, float] = (0.4, 0.2)) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    gold = (draw.random((n, 2)) < share).astype(np.int8)
    return np.clip(gold * 0.25 + draw.random((n, 2)) * 0.7, 0, 1), gold


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_global_threshold_is_the_best_of_the_grid(seed: int):
    p, gold = sample(60, seed)
    rule = ThresholdConfig(rule="global")
    thresholds = tune(p, gold, SPACE, rule, "macro_f1")
    assert thresholds[0] == thresholds[1]
    tried = [f1_score(gold, p >= t, average="macro", zero_division=0) for t in np.arange(0.05, 0.955, 0.01)]
    assert f1_score(gold, p >= thresholds, average="macro", zero_division=0) == pytest.approx(max(tried))


def test_thresholds_per_label_without_shrinkage_are_the_best_per_label():
    p, gold = sample(200, 1)
    thresholds = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=0.0), "macro_f1")
    for i in range(2):
        tried = [f1_score(gold[:, i], p[:, i] >= t, zero_division=0) for t in np.arange(0.05, 0.955, 0.01)]
        assert f1_score(gold[:, i], p[:, i] >= thresholds[i]) == pytest.approx(max(tried))


def test_the_threshold_of_a_rare_emotion_is_shrunk_to_the_global_one():
    p, gold = sample(200, 2, (0.5, 0.03))
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global"), "macro_f1")[0]
    own = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=0.0), "macro_f1")
    thresholds = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=30.0), "macro_f1")
    positives = gold.sum(0)
    trust = positives / (positives + 30)
    assert thresholds == pytest.approx(trust * own + (1 - trust) * common)
    assert trust[1] < 0.3 < trust[0]


def test_an_emotion_without_positives_gets_the_global_threshold():
    p, gold = sample(50, 3)
    gold[:, 1] = 0
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global"), "macro_f1")[0]
    assert tune(p, gold, SPACE, ThresholdConfig(rule="per_label"), "macro_f1")[1] == common


def test_only_the_values_of_the_grid_are_tried():
    p, gold = sample(80, 4)
    rule = ThresholdConfig(rule="per_label", grid=(0.1, 0.9, 0.4), shrink=0.0)
    # The middle of a plateau may be between grid points, but not outside the grid.
    assert set(tune(p, gold, SPACE, rule, "macro_f1").round(3)) <= {0.1, 0.3, 0.5, 0.7, 0.9}


@pytest.mark.parametrize("rule", ["global", "per_label"])
def test_thresholds_maximise_the_mean_over_groups(rule: str):
    """A large group with a high optimum does not outweigh two small ones with a low optimum."""
    draw = np.random.default_rng(5)
    sizes, shifts = (400, 60, 60), (0.3, 0.0, 0.0)
    groups = np.repeat(range(3), sizes)
    gold = (draw.random((520, 2)) < 0.4).astype(np.int8)
    p = np.clip(gold * 0.3 + draw.random((520, 2)) * 0.4 + np.repeat(shifts, sizes)[:, None], 0, 1)
    config = ThresholdConfig(rule=rule, shrink=0.0)
    thresholds = tune(p, gold, SPACE, config, "macro_f1", groups)

    def by_group(thresholds: np.ndarray, emotions: list[int]) -> float:
        scores = [
            f1_score(gold[groups == k][:, i], p[groups == k, i] >= thresholds[i], zero_division=0)
            for k in range(3)
            for i in emotions
        ]
        return float(np.mean(scores))

    grid = np.arange(0.05, 0.955, 0.01)
    for emotions in [[0, 1]] if rule == "global" else [[0], [1]]:
        best = max(by_group(np.full(2, t), emotions) for t in grid)
        assert by_group(thresholds, emotions) == pytest.approx(best)
    pooled = tune(p, gold, SPACE, config, "macro_f1")
    assert by_group(pooled, [0, 1]) < by_group(thresholds, [0, 1])
    assert (tune(p, gold, SPACE, config, "macro_f1", np.zeros(520)) == pooled).all()


def test_intensities_are_rounded_to_the_nearest():
    p = np.array([[0.0, 1 / 6 - 1e-9], [1 / 6, 0.5], [5 / 6, 1.0]])
    space = Space(("joy", "fear"), top=3)
    assert apply_thresholds(p, np.full(2, 0.9), space).tolist() == [[0, 0], [1, 2], [3, 3]]
    assert tune(p, p, space, ThresholdConfig(rule="fixed"), "pearson").tolist() == [0.5, 0.5]


def test_a_probability_equal_to_the_threshold_is_present():
    assert apply_thresholds(np.array([[0.5, 0.49]]), np.array([0.5, 0.5]), SPACE).tolist() == [[1, 0]]


def jaccard(gold: np.ndarray, predicted: np.ndarray, empty: int) -> float:
    both_empty = ~(gold.any(1) | predicted.any(1))
    return float(jaccard_score(gold, predicted, average="samples", zero_division=0) + empty * both_empty.mean())


@given(seed=st.integers(0, 10_000), empty=st.sampled_from([0, 1]))
@settings(max_examples=15, deadline=None)
def test_thresholds_are_tuned_for_means_over_texts(seed: int, empty: int):
    """The global threshold is the best of the grid, and thresholds per label are no worse on the same texts."""
    p, gold = sample(60, seed)
    space = Space(SPACE.emotions, empty=empty)
    grid = np.round(np.arange(0.05, 0.955, 0.01), 6)

    def tuned(rule: str, metric: str) -> np.ndarray:
        # The middle of an even number of best values is between two of them.
        found = tune(p, gold, space, ThresholdConfig(rule=rule, shrink=0.0), metric)
        return grid[np.searchsorted(grid, found + 1e-9) - 1]

    common = tuned("global", "jaccard")
    best = max(jaccard(gold, p >= t, empty) for t in grid)
    assert jaccard(gold, p >= common, empty) == pytest.approx(best)
    own = tuned("per_label", "jaccard")
    assert jaccard(gold, p >= own, empty) >= best - 1e-12
    # The last label was tuned with the final threshold of the first.
    tried = [jaccard(gold, p >= np.array([own[0], t]), empty) for t in grid]
    assert jaccard(gold, p >= own, empty) == pytest.approx(max(tried))
    lowest = tuned("global", "hamming_loss")
    assert hamming_loss(gold, p >= lowest) == pytest.approx(min(hamming_loss(gold, p >= t) for t in grid))


def test_thresholds_per_label_are_tuned_for_micro_f1():
    p, gold = sample(300, 4, (0.6, 0.05))

    def micro(thresholds: np.ndarray) -> float:
        return float(f1_score(gold, p >= thresholds, average="micro"))

    grid = np.arange(0.05, 0.955, 0.01)
    common = tune(p, gold, SPACE, ThresholdConfig(rule="global"), "micro_f1")
    assert micro(common) == pytest.approx(max(micro(np.full(2, t)) for t in grid))
    own = tune(p, gold, SPACE, ThresholdConfig(rule="per_label", shrink=0.0), "micro_f1")
    assert micro(own) == pytest.approx(max(micro(np.array([own[0], t])) for t in grid))
    assert micro(own) > micro(common)


def test_unknown_labels_do_not_affect_thresholds_for_means_over_texts():
    p, gold = sample(120, 5)
    known, unknown = gold.copy(), np.full((40, 2), -1, dtype=np.int8)
    for rule in ("global", "per_label"):
        config = ThresholdConfig(rule=rule)
        more = tune(np.vstack([p, p[:40]]), np.vstack([known, unknown]), SPACE, config, "jaccard")
        assert (more == tune(p, known, SPACE, config, "jaccard")).all()


def test_the_neutral_label_is_left_out_beside_another():
    space = Space(("joy", "neutral", "fear"), neutral="neutral")
    p = np.array([[0.9, 0.9, 0.1], [0.1, 0.9, 0.1], [0.9, 0.1, 0.9], [0.1, 0.1, 0.1]])
    labels = apply_thresholds(p, np.full(3, 0.5), space)
    assert labels.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0]]
