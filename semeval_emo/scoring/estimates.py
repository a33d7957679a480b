"""Resampled scores of systems on one subset of the data: intervals, differences, ranks and p-values.

Connects the array functions (`resampling`, `significance`) with the conclusions (`conclusions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_emo.progress import Progress
from semeval_emo.scoring import intervals, resampling, significance
from semeval_emo.scoring.comparison import Settings
from semeval_emo.scoring.intervals import Interval, interval
from semeval_emo.scoring.resampling import ScoreFunction


@dataclass(frozen=True)
class Subset:
    """The data on which systems are compared: one file of the task, or all its languages.

    Attributes:
        language: its code, or ``average``.
        release: identified by the gold's hash.
        texts: number of distinct texts; None if the gold has no texts.
        gold_hash: hash of the gold labels.
        emotions: names of the scores after the first; for an average, those of any language.
        weight: of the language in the average (`Track.weights`).
    """

    language: str
    name: str
    release: str
    rows: int
    texts: int | None
    gold_hash: str
    emotions: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class ResampleInput:
    """A subset with the statistics of all systems.

    Attributes:
        units: shape (R, m, K): all runs of all systems, summed over duplicate texts.
        of: function of sums (..., K) that returns scores (..., F).
        notes: cautions about the gold.
        warnings: as `PairedLabels.warnings`, of all systems.
    """

    subset: Subset
    units: NDArray
    of: ScoreFunction
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class AverageWeights:
    """Weights of one language in the average; an emotion is averaged over the languages that have it.

    Attributes:
        languages: sum of the weights of all languages, in units of the weight of this one.
        columns: position of each emotion of the language among those of the average.
        counts: the same sum over the languages that have each emotion of the average.
    """

    languages: float
    columns: tuple[int, ...]
    counts: tuple[float, ...]

    def apply(self, scores: NDArray) -> NDArray:
        """Return the language's contribution: scores (..., F) to shape (..., 1 + emotions of the average).

        >>> AverageWeights(2, (1,), (1, 2)).apply(np.array([0.5, 0.25])).tolist()
        [0.25, 0.0, 0.125]
        """
        weighted = np.zeros((*scores.shape[:-1], 1 + len(self.counts)))
        weighted[..., 0] = scores[..., 0] / self.languages
        for at, column in enumerate(self.columns, start=1):
            weighted[..., 1 + column] = scores[..., at] / self.counts[column]
        return weighted


def average_weights(subsets: Sequence[Subset]) -> tuple[tuple[str, ...], list[AverageWeights]]:
    """Return the emotions of the average, in order of first occurrence, and the weights of each language."""
    emotions = tuple(dict.fromkeys(name for subset in subsets for name in subset.emotions))
    total = sum(subset.weight for subset in subsets)
    totals = [sum(subset.weight for subset in subsets if name in subset.emotions) for name in emotions]
    return emotions, [
        AverageWeights(
            total / subset.weight,
            tuple(map(emotions.index, subset.emotions)),
            tuple(own / subset.weight for own in totals),
        )
        for subset in subsets
    ]


@dataclass(frozen=True, eq=False)
class ResampledScores:
    """Scores of S systems and their replicates.

    Attributes:
        values: shape (S, F).
        replicates: shape (S, B, F), from the same resamples for all systems.
        run_values: shape (R,): the first score of every run.
        jackknife_influence: shape (S, m, F) for BCa, else None.
    """

    values: NDArray
    replicates: NDArray
    run_values: NDArray
    jackknife_influence: NDArray | None

    def weighted(self, weights: AverageWeights) -> ResampledScores:
        """Return the contribution of one language to the average."""
        return ResampledScores(
            weights.apply(self.values),
            weights.apply(self.replicates),
            self.run_values / weights.languages,
            None if self.jackknife_influence is None else weights.apply(self.jackknife_influence),
        )

    def plus(self, other: ResampledScores) -> ResampledScores:
        """Return the sum of two contributions."""
        influence = None
        if self.jackknife_influence is not None and other.jackknife_influence is not None:
            influence = np.concatenate([self.jackknife_influence, other.jackknife_influence], axis=1)
        return ResampledScores(
            self.values + other.values,
            self.replicates + other.replicates,
            self.run_values + other.run_values,
            influence,
        )

    def influence(self, system: int) -> NDArray | None:
        """Return the jackknife influence of one system, shape (m, F)."""
        return None if self.jackknife_influence is None else self.jackknife_influence[system]

    def influence_on_difference(self, first: int, second: int) -> NDArray | None:
        """Return the jackknife influence on the difference of two systems, shape (m, F)."""
        if self.jackknife_influence is None:
            return None
        return self.jackknife_influence[first] - self.jackknife_influence[second]


@dataclass(frozen=True, eq=False)
class Estimates:
    """Results on one subset; systems in their input order, pairs in the order of `significance.pairs`.

    Attributes:
        scores: by system, by score.
        run_scores: by system, by run.
        ranks, low, high: shape (S,): rank, and the bounds of its interval.
        best: shape (S,): share of replicates in which a system ranks first.
        differences: by pair, by score: first system minus second.
        p: shape (P, F), uncorrected.
    """

    subset: Subset
    scores: tuple[tuple[Interval, ...], ...]
    run_scores: tuple[tuple[float, ...], ...]
    ranks: NDArray
    low: tuple[int, ...]
    high: tuple[int, ...]
    best: NDArray
    differences: tuple[tuple[Interval, ...], ...]
    p: NDArray


def resample(data: ResampleInput, weights: Sequence[NDArray], settings: Settings) -> ResampledScores:
    """Resample texts, and runs of systems with several.

    Args:
        weights: by system, shape (B, k): the weight of each of its runs in each replicate.
    """
    replicates = resampling.bootstrap(
        data.units, data.of, resamples=settings.resamples, seed=settings.seed, key=data.subset.language
    )
    values = data.of(data.units.sum(axis=1, dtype=np.int64).astype(np.float64))
    influence = intervals.jackknife_influence_of(data.units, data.of) if settings.interval == "bca" else None
    ends = np.cumsum([by_run.shape[1] for by_run in weights])
    runs = [slice(int(end) - by_run.shape[1], int(end)) for end, by_run in zip(ends, weights, strict=True)]
    return ResampledScores(
        values=np.stack([values[own].mean(axis=0) for own in runs]),
        replicates=np.stack(
            [resampling.over_runs(replicates[own], by_run) for own, by_run in zip(runs, weights, strict=True)]
        ),
        run_values=values[:, 0],
        # The acceleration ignores the runs: a handful of them is too few to estimate it.
        jackknife_influence=None if influence is None else np.stack([influence[own].mean(axis=0) for own in runs]),
    )


def randomise(inputs: Sequence[ResampleInput], settings: Settings, progress: Progress) -> list[NDArray]:
    """Return p-values of approximate randomisation by subset, then those of the average if there are several.

    In each trial predictions are swapped within every language, and the scores are averaged.
    """
    _, weights = average_weights([data.subset for data in inputs])
    samplers = [
        significance.SwapSampler(data.units, data.of, seed=settings.seed, key=data.subset.language) for data in inputs
    ]
    observed = [sampler.observed() for sampler in samplers]
    average = np.sum([own.apply(values) for own, values in zip(weights, observed, strict=True)], axis=0)
    counts = [np.zeros(values.shape, np.int64) for values in observed]
    average_count = np.zeros(average.shape, np.int64)
    with progress.stage("trials", settings.trials):
        for block in resampling.blocks(settings.trials, max(sampler.width for sampler in samplers)):
            total = np.zeros((len(average), block, average.shape[1]))
            for sampler, own, values, count in zip(samplers, weights, observed, counts, strict=True):
                differences = sampler.differences(block)
                np.add(count, significance.count_reached(differences, values), out=count)
                total += own.apply(differences)
            average_count += significance.count_reached(total, average)
            progress.advance(block)
    every = [*counts, average_count] if len(inputs) > 1 else counts
    return [(1 + count) / (settings.trials + 1) for count in every]


def estimate(
    scores: ResampledScores,
    subset: Subset,
    runs: Sequence[int],
    p: NDArray | None,
    settings: Settings,
    *,
    lower_is_better: bool,
) -> Estimates:
    """Compute intervals, differences and ranks.

    Args:
        p: p-values of the randomisation test; None uses those of the two-level bootstrap.
    """
    first, second = significance.pairs(len(scores.values))
    differences = scores.values[first] - scores.values[second]
    ranks = significance.ranks(scores.replicates[..., 0], lower_is_better=lower_is_better)
    bounds = [significance.rank_interval(own, settings.level) for own in ranks]
    ends = np.cumsum(runs)
    by_pair, bootstrap_p = [], []
    for at, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        replicates = scores.replicates[i] - scores.replicates[j]
        by_pair.append(_intervals(differences[at], replicates, scores.influence_on_difference(i, j), settings))
        if p is None:
            bootstrap_p.append(significance.bootstrap_p(replicates[None], differences[at : at + 1])[0])
    return Estimates(
        subset=subset,
        scores=tuple(
            _intervals(scores.values[i], scores.replicates[i], scores.influence(i), settings)
            for i in range(len(scores.values))
        ),
        run_scores=tuple(tuple(scores.run_values[end - k : end].tolist()) for end, k in zip(ends, runs, strict=True)),
        ranks=significance.ranks(scores.values[:, 0], lower_is_better=lower_is_better),
        low=tuple(low for low, _ in bounds),
        high=tuple(high for _, high in bounds),
        best=significance.best_shares(ranks),
        differences=tuple(by_pair),
        p=np.array(bootstrap_p).reshape(differences.shape) if p is None else p,
    )


def _intervals(
    values: NDArray, replicates: NDArray, influence: NDArray | None, settings: Settings
) -> tuple[Interval, ...]:
    return tuple(
        interval(
            float(value),
            replicates[:, f],
            level=settings.level,
            jackknife_influence=None if influence is None else influence[:, f],
        )
        for f, value in enumerate(values)
    )
