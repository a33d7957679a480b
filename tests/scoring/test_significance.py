"""Tests of differences: compared with exact permutations of scipy, corrections by definition, letters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score

from semeval_emo.scoring import significance
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS, layout_of
from semeval_emo.scoring.published import PublishedScore, versus_published
from semeval_emo.scoring.resampling import blocks, clusters
from semeval_emo.scoring.significance import (
    SwapSampler,
    adjusted,
    benjamini_hochberg,
    best_shares,
    bootstrap_p,
    detectable,
    holm,
    letter,
    letters,
    pairs,
    randomisation_test,
    rank_interval,
    ranks,
)

LAYOUT = layout_of([METRICS["macro_f1"]], 3)


def macro_f1(sums: NDArray) -> NDArray:
    return METRICS["macro_f1"](LAYOUT.split(sums))[..., None]


def random_labels(texts: int, systems: int = 2, seed: int = 0) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 2, (texts, 3)).astype(np.int8)
    errors = rng.random((systems, texts, 3)) < np.linspace(0.1, 0.5, systems)[:, None, None]
    return gold, np.where(errors, 1 - gold, gold)


def stacked(gold: NDArray, predicted: NDArray) -> NDArray:
    return np.stack([LAYOUT.statistics(gold, one) for one in predicted])


def exact_p(gold: NDArray, predicted: NDArray) -> float:
    """Return the p-value of scipy over all 2^n swaps."""
    rows = np.arange(len(gold))

    # The samples are row numbers, those of the second system moved up by n: trading a row trades the answers.
    def difference(first: NDArray, second: NDArray) -> float:
        both = np.concatenate(predicted)
        return _f1(gold, both[first.astype(int)]) - _f1(gold, both[second.astype(int)])

    result = stats.permutation_test(
        (rows, rows + len(gold)),
        difference,
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=False,
        alternative="two-sided",
    )
    return float(np.mean(np.abs(result.null_distribution) >= abs(result.statistic) - 1e-9))


def _f1(gold: NDArray, predicted: NDArray) -> float:
    tp, total = (gold & predicted).sum(0), gold.sum(0) + predicted.sum(0)
    return float(np.mean(np.where(total > 0, 2 * tp / np.maximum(total, 1), 0)))


# --- approximate randomisation -------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_p_equals_the_exact_p_of_scipy(seed: int) -> None:
    gold, predicted = random_labels(9, seed=seed)
    assert _f1(gold, predicted[0]) == pytest.approx(f1_score(gold, predicted[0], average="macro", zero_division=0))
    expected = exact_p(gold, predicted)
    result = randomisation_test(stacked(gold, predicted), macro_f1, trials=40_000, seed=seed)[0, 0]
    assert result == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 40_000) ** 0.5 + 1e-4)


def test_duplicate_texts_are_swapped_together() -> None:
    gold, predicted = random_labels(9, seed=1)
    once = stacked(gold, predicted)
    twice = np.concatenate([once, once], axis=1)
    groups = clusters([*range(9), *range(9)])
    expected = randomisation_test(once, macro_f1, trials=500)
    assert np.array_equal(randomisation_test(twice, macro_f1, trials=500, groups=groups), expected)
    # Row by row the same difference looks surer than it is.
    assert randomisation_test(twice, macro_f1, trials=20_000)[0, 0] < expected[0, 0]


def test_a_system_does_not_differ_from_itself() -> None:
    gold, predicted = random_labels(50)
    same = stacked(gold, predicted[[0, 0]])
    assert randomisation_test(same, macro_f1, trials=200)[0, 0] == 1


def test_p_is_never_zero() -> None:
    gold = np.tile(np.array([[1, 0, 1], [0, 1, 0]], np.int8), (100, 1))
    result = randomisation_test(stacked(gold, np.stack([gold, 1 - gold])), macro_f1, trials=999)
    assert result[0, 0] == pytest.approx(1 / 1000)


def test_p_of_a_pair_does_not_depend_on_other_systems_or_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predicted = random_labels(60, systems=12)
    statistics = stacked(gold, predicted)
    together = randomisation_test(statistics, macro_f1, trials=700)
    for at, (i, j) in enumerate(zip(*pairs(12), strict=True)):
        if at % 7 == 0:
            alone = randomisation_test(statistics[[i, j]], macro_f1, trials=700)
            assert alone[0, 0] == together[at, 0]
    monkeypatch.setattr(significance, "blocks", lambda trials, _width: blocks(trials, 1 << 17))
    monkeypatch.setattr(significance, "_STEP", 37)
    monkeypatch.setattr(significance, "_PAIRS", 3)
    assert np.array_equal(randomisation_test(statistics, macro_f1, trials=700), together)


def test_swaps_do_not_change_the_sum_of_both_systems() -> None:
    gold, predicted = random_labels(40)
    statistics = stacked(gold, predicted)
    swaps = SwapSampler(statistics, lambda sums: sums[..., :1])
    total = statistics.sum(axis=(0, 1))[0]
    result = swaps.differences(300)
    assert np.all((result + total) % 2 == 0), "what one system gains the other loses"
    assert np.abs(result).max() <= np.abs(statistics[0, :, 0] - statistics[1, :, 0]).sum()
    assert result.mean() == pytest.approx(0, abs=1)


def test_bootstrap_p_is_centred() -> None:
    """The p-value is the share of replicates at least as far from the difference as the difference is from 0."""
    gaps = np.random.default_rng(0).normal(1, 1, (1, 99_999))
    assert bootstrap_p(gaps, np.array([1.0]))[0] == pytest.approx(2 * stats.norm.sf(1), abs=0.005)
    assert bootstrap_p(np.full((1, 9), 5.0), np.array([5.0]))[0] == pytest.approx(0.1)


# --- corrections ---------------------------------------------------------------------------------


def test_corrections_match_published_examples() -> None:
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_corrections_by_definition(p: list[float]) -> None:
    raw, m = np.array(p), len(p)
    # Holm by his own words: step down through the sorted p-values, and stop at the first that fails.
    for alpha in (0.01, 0.05, 0.3):
        rejected = set()
        for step, i in enumerate(np.argsort(raw, kind="stable")):
            if raw[i] * (m - step) > alpha:
                break
            rejected.add(int(i))
        assert {int(i) for i in np.flatnonzero(holm(p) <= alpha)} == rejected
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(raw, method="bh"), abs=1e-12)
    assert np.all(holm(p) >= raw - 1e-15)
    assert np.all(holm(p) <= np.minimum(1, m * raw) + 1e-15)


def test_families() -> None:
    p = np.array([[0.01, 0.04, 0.5], [0.02, 0.03, 0.6]])
    all_pairs = adjusted(p, 3, "pairs")
    assert all_pairs[0, 0, 1] == all_pairs[0, 1, 0] == pytest.approx(0.03)
    languages = adjusted(p, 3, "languages")
    assert languages[:, 0, 1].tolist() == pytest.approx([0.02, 0.02])
    assert languages[:, 2, 0].tolist() == pytest.approx([0.06, 0.06])
    rivals = adjusted(p, 3, "rivals")
    assert rivals[0, 0, 1:].tolist() == pytest.approx([0.02, 0.04])
    assert rivals[0, 2, :2].tolist() == pytest.approx([0.08, 0.5])
    assert adjusted(p, 3, "rivals", fdr=True)[0, 0, 1:].tolist() == pytest.approx([0.02, 0.04])
    assert all(np.isnan(one[i, i]) for one in (all_pairs[0], languages[1], rivals[0]) for i in range(3))


def test_pairs_of_many_systems_all_differ() -> None:
    first, second = pairs(50)
    assert len(first) == 1225
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == 1225
    assert np.all(first < second)


# --- ranks and letters ---------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_ranks_equal_scipy(scores: list[int]) -> None:
    values = np.array(scores) / 10
    assert ranks(values).tolist() == stats.rankdata(-values, method="min").tolist()
    assert ranks(values, lower_is_better=True).tolist() == stats.rankdata(values, method="min").tolist()


def test_ranks_ignore_differences_in_the_last_bits() -> None:
    assert ranks(np.array([0.3, 0.1 + 0.2])).tolist() == [1, 1]


def test_best_shares_split_ties() -> None:
    result = ranks(np.array([[0.9, 0.5, 0.7], [0.1, 0.5, 0.8], [0.2, 0.5, 0.1]]))
    assert best_shares(result).tolist() == pytest.approx([(1 + 1 / 3) / 3, (1 / 3 + 1) / 3, 1 / 9])


def test_rank_interval_excludes_the_tails() -> None:
    result = np.repeat([1, 2, 3, 4], [2, 48, 48, 2])
    assert rank_interval(result, 0.95) == (2, 3)
    assert rank_interval(result, 0.99) == (1, 4)


def test_letters_for_any_number_of_systems() -> None:
    first = [letter(i) for i in range(26**3)]
    assert len(set(first)) == len(first)
    assert first[:3] + first[25:28] == ["a", "b", "c", "z", "aa", "ab"]
    assert first == sorted(first, key=lambda one: (len(one), one))


@pytest.mark.parametrize(
    ("indices", "shown"),
    [
        ([], ""),
        ([0], "a"),
        ([0, 1], "a b"),
        ([2, 1, 0], "a–c"),
        ([0, 2, 3, 4, 26], "a c–e aa"),
        (range(25, 28), "z–ab"),
    ],
)
def test_runs_of_letters(indices: list[int], shown: str) -> None:
    assert letters(indices) == shown


# --- power and stored scores ---------------------------------------------------------------------


def test_detectable_differences_are_detected_with_the_given_power() -> None:
    size = detectable(0.01, alpha=0.05, power=0.8)
    assert stats.norm.sf(stats.norm.isf(0.025) - size / 0.01) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "value", "rounding"),
    [("0.7083", 0.7083, 5e-5), ("0.70", 0.7, 5e-3), ("1", 1.0, 0.5), ("-0.12", -0.12, 5e-3), (0.7083, 0.7083, 5e-5)],
)
def test_the_rounding_of_a_printed_score(text: str | float, value: float, rounding: float) -> None:
    result = PublishedScore.parse(text)
    assert (result.value, result.rounding) == pytest.approx((value, rounding))


def normal_draws(score: float, se: float) -> NDArray:
    return stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000, score, se)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(0.7, "not separable"), (0.724, "better"), (0.676, "worse"), (0.75, "clearly better"), (0.65, "clearly worse")],
)
def test_conclusions_on_a_published_score(score: float, verdict: str) -> None:
    interval = Interval(score, score - 0.02, score + 0.02, 0.01)
    result = versus_published("ours", interval, normal_draws(score, 0.01), PublishedScore.parse("0.7000"))
    gap = abs(score - 0.7)
    sure = max(0.0, gap - 0.00005)
    assert result.verdict == verdict
    assert result.p_independent == pytest.approx(2 * stats.norm.sf(sure / (0.01 * 2**0.5)), abs=1e-9)
    assert result.p_typical == pytest.approx(2 * stats.norm.sf(sure / 0.01), abs=1e-9)
    assert result.p_fixed == pytest.approx(min(1, 2 * stats.norm.sf((gap - 0.00005) / 0.01)), abs=2e-3)


def test_rounding_is_treated_conservatively() -> None:
    draws, ours = normal_draws(0.72, 0.01), Interval(0.72, 0.7, 0.74, 0.01)
    coarse, fine = (versus_published("ours", ours, draws, PublishedScore.parse(text)) for text in ("0.7", "0.7000"))
    assert coarse.p_fixed == 1.0
    assert fine.p_fixed == pytest.approx(0.045, abs=0.003)
    assert coarse.verdict == "not separable"


def test_lower_is_better_for_errors() -> None:
    ours = Interval(0.1, 0.08, 0.12, 0.01)
    result = versus_published(
        "ours", ours, normal_draws(0.1, 0.01), PublishedScore.parse("0.2000"), lower_is_better=True
    )
    assert result.verdict == "clearly better"


def test_every_permutation_of_systems_gives_each_pair_the_same_p() -> None:
    gold, predicted = random_labels(30, systems=3, seed=8)
    statistics = stacked(gold, predicted)
    seen: dict[frozenset[int], set[float]] = {}
    for order in itertools.permutations(range(3)):
        p = randomisation_test(statistics[list(order)], macro_f1, trials=400)[:, 0]
        for at, (i, j) in enumerate(zip(*pairs(3), strict=True)):
            seen.setdefault(frozenset((order[i], order[j])), set()).add(float(p[at]))
    assert all(len(values) == 1 for values in seen.values())
