"""Bootstrap replicates and intervals: compared with loops and scipy, and reproducible."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score

from semeval_emo.errors import UsageError
from semeval_emo.scoring import resampling
from semeval_emo.scoring.intervals import interval, jackknife_influence_of
from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.scoring.metrics import INTENSITY_METRICS, LABEL_METRICS, METRICS, Metric, layout_of
from semeval_emo.scoring.resampling import bootstrap, clusters, draw_runs, generator, over_runs, pool

EMOTIONS = 5


def metric_function(
    name: str, values: int = 2
) -> tuple[Callable[[NDArray, NDArray], NDArray], resampling.ScoreFunction]:
    """Return the statistics and the function of their sums for one metric."""
    metric: Metric = METRICS[name]
    layout = layout_of([metric], EMOTIONS, values)
    return layout.statistics, lambda sums: metric(layout.split(sums))


statistics_of, macro_f1 = metric_function("macro_f1")


def random_labels(texts: int, systems: int = 2, seed: int = 0, values: int = 2) -> tuple[NDArray, NDArray]:
    """Return gold (n, L) and predictions (S, n, L) with errors in a fifth of the cells."""
    rng = np.random.default_rng(seed)
    shares = np.linspace(0.5, 0.05, EMOTIONS)
    gold = (rng.random((texts, EMOTIONS)) < shares) * rng.integers(1, values, (texts, EMOTIONS))
    other = rng.integers(0, values, (systems, texts, EMOTIONS))
    return gold.astype(np.int8), np.where(rng.random(other.shape) < 0.2, other, gold).astype(np.int8)


def stacked(gold: NDArray, predicted: NDArray) -> NDArray:
    return np.stack([statistics_of(gold, one) for one in predicted])


def draws_of(texts: int, resamples: int, seed: int, key: str = "") -> NDArray:
    return generator(seed, "bootstrap", key).integers(0, texts, (resamples, texts))


# --- replicates ----------------------------------------------------------------------------------


def test_a_replicate_is_the_score_of_the_resampled_rows() -> None:
    gold, predicted = random_labels(60)
    result = bootstrap(stacked(gold, predicted), macro_f1, resamples=50, seed=3, key="deu")
    for b, rows in enumerate(draws_of(60, 50, seed=3, key="deu")):
        for s in range(2):
            expected = f1_score(gold[rows], predicted[s][rows], average="macro", zero_division=0)
            assert result[s, b] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", [n for n in METRICS if not METRICS[n].per_emotion])
def test_every_metric_can_be_resampled(name: str) -> None:
    values = 2 if name in LABEL_METRICS else 4
    gold, (predicted, _) = random_labels(40, values=values)
    statistics, of = metric_function(name, values)
    result = bootstrap(statistics(gold, predicted), of, resamples=20, seed=1)[0]
    for b, rows in enumerate(draws_of(40, 20, seed=1)):
        expected = score_arrays(gold[rows], predicted[rows], tuple("abcde"), values=values).whole[name]
        assert result[b] == pytest.approx(expected, abs=1e-12)
    assert name in LABEL_METRICS or name in INTENSITY_METRICS


def test_texts_are_drawn_with_equal_frequency() -> None:
    rows = np.eye(12, dtype=np.int8)
    counts = bootstrap(rows, lambda sums: sums, resamples=20_000, seed=5)[0]
    assert np.all(counts.sum(axis=1) == 12)
    assert np.allclose(counts.mean(axis=0), 1, atol=0.03)
    assert np.allclose(counts.var(axis=0), 1 - 1 / 12, atol=0.05)


def test_a_duplicate_text_counts_as_one_text() -> None:
    gold, predicted = random_labels(80)
    once = stacked(gold, predicted)
    twice = np.concatenate([once, once], axis=1)
    groups = clusters([*range(80), *range(80)])
    plain = bootstrap(once, macro_f1, resamples=300)
    assert np.array_equal(bootstrap(twice, macro_f1, resamples=300, groups=groups), plain)
    rows = bootstrap(twice, macro_f1, resamples=3000)
    assert rows.std() < 0.85 * bootstrap(once, macro_f1, resamples=3000).std()


def test_clusters_of_unequal_sizes_sum_their_rows() -> None:
    gold, predicted = random_labels(30)
    groups = np.repeat(np.arange(10), [1, 5, 2, 4, 3, 3, 1, 6, 2, 3])
    result = bootstrap(stacked(gold, predicted), macro_f1, resamples=40, groups=groups)
    for b, drawn in enumerate(draws_of(10, 40, resampling.SEED)):
        rows = np.concatenate([np.flatnonzero(groups == one) for one in drawn])
        assert result[0, b] == pytest.approx(f1_score(gold[rows], predicted[0][rows], average="macro"), abs=1e-12)


def test_pooling_keeps_the_totals() -> None:
    gold, predicted = random_labels(100)
    statistics = stacked(gold, predicted)
    groups = np.random.default_rng(0).integers(0, 20, 100)
    pooled = pool(statistics, groups)
    assert pooled.shape == (2, groups.max() + 1, statistics.shape[2])
    assert np.array_equal(pooled.sum(axis=1), statistics.sum(axis=1, dtype=int))


# --- the same digits -----------------------------------------------------------------------------


def test_blocks_of_any_size_give_identical_results(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predicted = random_labels(70)
    statistics = stacked(gold, predicted)
    expected = bootstrap(statistics, macro_f1, resamples=200)
    for cells, cached in ((1, 1), (5_000, 150), (100_000, 1 << 20)):
        monkeypatch.setattr(resampling, "_CELLS", cells)
        monkeypatch.setattr(resampling, "_CACHED", cached)
        assert np.array_equal(bootstrap(statistics, macro_f1, resamples=200), expected)


def test_merging_equal_rows_does_not_change_results(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predicted = random_labels(400)
    statistics = stacked(gold, predicted)
    merged = bootstrap(statistics, macro_f1, resamples=200)
    assert resampling.merged(statistics)[0].shape[1] < 300
    monkeypatch.setattr(resampling, "merged", lambda units: (units, np.arange(units.shape[1])))
    assert np.array_equal(bootstrap(statistics, macro_f1, resamples=200), merged)


def test_replicates_do_not_depend_on_other_systems() -> None:
    gold, predicted = random_labels(90, systems=5)
    statistics = stacked(gold, predicted)
    alone = bootstrap(statistics[3], macro_f1, resamples=100)
    assert np.array_equal(bootstrap(statistics, macro_f1, resamples=100)[3], alone[0])


def test_seed_and_key_select_the_stream() -> None:
    statistics = stacked(*random_labels(50))
    same = [bootstrap(statistics, macro_f1, resamples=100, seed=1, key="eng") for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], bootstrap(statistics, macro_f1, resamples=100, seed=2, key="eng"))
    assert not np.array_equal(same[0], bootstrap(statistics, macro_f1, resamples=100, seed=1, key="deu"))


DIGITS = """
import hashlib
import numpy as np
from semeval_emo.scoring.metrics import METRICS, layout_of
from semeval_emo.scoring.resampling import bootstrap
from semeval_emo.scoring.significance import SwapSampler
rng = np.random.default_rng(0)
gold = rng.integers(0, 2, (1500, 6)).astype(np.int8)
layout = layout_of([METRICS["macro_f1"]], 6)
systems = np.stack([layout.statistics(gold, np.where(rng.random(gold.shape) < 0.2, 1 - gold, gold)) for _ in range(8)])
of = lambda sums: METRICS["macro_f1"](layout.split(sums))[..., None]
digest = hashlib.sha256(bootstrap(systems, of, resamples=700).tobytes())
digest.update(SwapSampler(systems, of).differences(700).tobytes())
print(digest.hexdigest())
"""


def test_one_and_two_threads_give_identical_results() -> None:
    """The products are large enough for OpenBLAS to use several threads."""
    result = set()
    for threads in ("1", "2"):
        several = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        run = subprocess.run(
            [sys.executable, "-c", DIGITS], env=os.environ | several, capture_output=True, text=True, check=True
        )
        result.add(run.stdout)
    assert len(result) == 1
    assert len(result.pop().strip()) == hashlib.sha256().digest_size * 2


def test_sums_are_exact_in_the_chosen_float_type() -> None:
    small, large = np.full((1, 10, 1), 1), np.full((1, 10, 1), 1 << 25)
    assert resampling.exact_float(small, 10) is np.float32
    assert resampling.exact_float(large, 10) is np.float64
    drawn = bootstrap(large.astype(np.int64) + 1, lambda sums: sums[..., 0], resamples=100)
    assert np.all(drawn == 10 * ((1 << 25) + 1))
    with pytest.raises(UsageError, match="too large to be exact"):
        resampling.exact_float(np.full((1, 10, 1), 1 << 52), 10)


# --- intervals -----------------------------------------------------------------------------------


def scipy_interval(
    gold: NDArray, predicted: NDArray, distribution: NDArray, method: str, level: float
) -> tuple[float, float]:
    """Return the interval that scipy computes from our replicates, with its own jackknife."""

    def statistic(rows: NDArray, axis: int = -1) -> NDArray:
        samples = np.moveaxis(np.asarray(rows, int), axis, -1)
        flat = samples.reshape(-1, samples.shape[-1])
        values = [f1_score(gold[r], predicted[r], average="macro", zero_division=0) for r in flat]
        return np.array(values).reshape(samples.shape[:-1])

    rows = (np.arange(len(gold)),)
    some = stats.bootstrap(rows, statistic, n_resamples=2, method="percentile", rng=0)
    ours = replace(some, bootstrap_distribution=distribution)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = stats.bootstrap(
            rows, statistic, n_resamples=0, bootstrap_result=ours, method=method, confidence_level=level
        )
    return tuple(result.confidence_interval)


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_intervals_equal_scipy(level: float) -> None:
    gold, (predicted, _) = random_labels(50, seed=4)
    statistics = statistics_of(gold, predicted)
    value = float(macro_f1(statistics.sum(axis=0)))
    drawn = bootstrap(statistics, macro_f1, resamples=1501)[0]
    plain = interval(value, drawn, level=level)
    assert (plain.low, plain.high) == pytest.approx(
        scipy_interval(gold, predicted, drawn, "percentile", level), abs=1e-12
    )
    bca = interval(value, drawn, level=level, jackknife_influence=jackknife_influence_of(statistics, macro_f1)[0])
    assert (bca.low, bca.high) == pytest.approx(scipy_interval(gold, predicted, drawn, "BCa", level), abs=1e-12)
    assert (plain.low, plain.high) != (bca.low, bca.high)
    assert plain.se == pytest.approx(np.std(drawn, ddof=1))


def test_intervals_agree_with_independent_resamples_of_scipy() -> None:
    gold, (predicted, _) = random_labels(40, seed=9)
    drawn = bootstrap(statistics_of(gold, predicted), macro_f1, resamples=20_000)[0]
    ours = interval(0.5, drawn)

    def statistic(rows: NDArray) -> float:
        rows = rows.astype(int)
        return float(macro_f1(statistics_of(gold[rows], predicted[rows]).sum(axis=0)))

    theirs = stats.bootstrap(
        (np.arange(40),), statistic, n_resamples=4000, method="percentile", vectorized=False, rng=1
    )
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.012)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.012)
    assert ours.se == pytest.approx(theirs.standard_error, rel=0.05)


def test_jackknife_influence_equals_a_loop_over_texts() -> None:
    gold, predicted = random_labels(30)
    groups = np.arange(30) // 3
    jackknife_influence = jackknife_influence_of(stacked(gold, predicted), macro_f1, groups)
    for s in range(2):
        left = np.array(
            [
                f1_score(gold[groups != one], predicted[s][groups != one], average="macro", zero_division=0)
                for one in range(10)
            ]
        )
        assert jackknife_influence[s] == pytest.approx((left.mean() - left) * 9 / 10, abs=1e-12)


def test_a_perfect_score_has_no_width_and_bca_falls_back() -> None:
    gold, _ = random_labels(400)
    statistics = statistics_of(gold, gold)
    drawn = bootstrap(statistics, macro_f1, resamples=500)[0]
    result = interval(1.0, drawn, jackknife_influence=jackknife_influence_of(statistics, macro_f1)[0])
    assert (result.low, result.high, result.se) == (1.0, 1.0, 0.0)
    assert result == interval(1.0, drawn)


def test_an_undefined_score_has_an_undefined_interval() -> None:
    result = interval(0.5, np.array([0.4, np.nan, 0.6]))
    assert result.value == 0.5
    assert np.isnan([result.low, result.high, result.se]).all()


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=50), st.floats(0.01, 0.99))
@settings(max_examples=200, deadline=None)
def test_bounds_are_numpy_quantiles(replicates: list[float], level: float) -> None:
    result = interval(0.0, np.array(replicates), level=level)
    tail = (1 - level) / 2
    assert [result.low, result.high] == pytest.approx(np.quantile(replicates, [tail, 1 - tail]).tolist(), abs=1e-12)
    assert result.negated().low == -result.high


# --- several runs --------------------------------------------------------------------------------


@pytest.mark.parametrize("runs", [2, 3, 5])
def test_drawn_runs_have_the_variance_of_a_mean_over_runs(runs: int) -> None:
    """k - 1 draws of k runs have the variance s²/k; k draws would underestimate it."""
    scores = np.random.default_rng(runs).normal(size=runs)
    weights = draw_runs(runs, 200_000, generator(1, "runs"))
    assert weights.shape == (200_000, runs)
    assert np.allclose(weights.sum(axis=1), 1)
    means = over_runs(np.tile(scores[:, None], 200_000), weights)
    assert means.mean() == pytest.approx(scores.mean(), abs=0.01)
    assert means.var() == pytest.approx(scores.var(ddof=1) / runs, rel=0.03)


def test_a_single_run_has_weight_one() -> None:
    drawn = np.random.default_rng(0).random((1, 100, 3))
    assert np.array_equal(over_runs(drawn, draw_runs(1, 100, generator(1))), drawn[0])


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap(np.ones((1, 3), int), macro_f1), "at least two distinct texts; there is 1"),
        (lambda: bootstrap(np.ones((5, 3)), macro_f1), r"integers of shape \(S, n, K\)"),
        (lambda: pool(np.ones((5, 3), int), [0, 1]), "5 rows and 2 cluster numbers"),
        (lambda: resampling.check_settings(resamples=9, seed=1, level=0.95), "9 resamples are too few"),
        (lambda: resampling.check_settings(resamples=10**20, seed=1, level=0.95), "resamples are too many"),
        (lambda: resampling.check_settings(resamples=100, seed=-1, level=0.95), "seed is -1"),
        (lambda: resampling.check_settings(resamples=100, seed=1, level=95), "level of the intervals is 95"),
    ],
)
def test_invalid_arguments_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()
