"""What resampling finds in one place: figures, differences, ranks and p-values, as plain numbers.

Stands between the array mathematics (`resampling`, `significance`) and the conclusions (`verdicts`).
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
    """Where systems are compared: one file of the task, or all of its languages.

    Attributes:
        language: its code, or ``average``.
        name: of the language, as people call it.
        release: by the gold's hashes.
        rows: of the file.
        texts: different ones; None where the gold has no texts.
        gold_hash: identity of the gold labels.
        emotions: names of the figures after the first; of an average, those that any language has.
    """

    language: str
    name: str
    release: str
    rows: int
    texts: int | None
    gold_hash: str
    emotions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ResampleInput:
    """A ground with the statistics of everyone who stands on it.

    Attributes:
        units: shape (R, m, K): all runs of all systems, texts that repeat pooled.
        of: sums (..., K) to figures (..., F).
        notes: what a person must know of the gold.
    """

    ground: Subset
    units: NDArray
    of: ScoreFunction
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AverageWeights:
    """One language's part in the average: of an emotion, over the languages that have it.

    Attributes:
        languages: how many there are.
        places: where each of the language's emotions stands among those of the average.
        counts: how many languages have each emotion of the average.
    """

    languages: int
    places: tuple[int, ...]
    counts: tuple[int, ...]

    def of(self, figures: NDArray) -> NDArray:
        """The part of figures (..., F): shape (..., 1 + emotions of the average).

        >>> AverageWeights(2, (1,), (1, 2)).of(np.array([0.5, 0.25])).tolist()
        [0.25, 0.0, 0.125]
        """
        shared = np.zeros((*figures.shape[:-1], 1 + len(self.counts)))
        shared[..., 0] = figures[..., 0] / self.languages
        for at, place in enumerate(self.places, start=1):
            shared[..., 1 + place] = figures[..., at] / self.counts[place]
        return shared


def parts_of(grounds: Sequence[Subset]) -> tuple[tuple[str, ...], list[AverageWeights]]:
    """The emotions that any language has, in the order of first mention, and each language's part in the average."""
    emotions = tuple(dict.fromkeys(name for one in grounds for name in one.emotions))
    counts = tuple(sum(name in one.emotions for one in grounds) for name in emotions)
    return emotions, [AverageWeights(len(grounds), tuple(map(emotions.index, one.emotions)), counts) for one in grounds]


@dataclass(frozen=True, eq=False)
class ResampledScores:
    """Figures of S systems and their replicates.

    Attributes:
        values: shape (S, F).
        replicates: shape (S, B, F), the same draws for all systems.
        run_values: shape (R,): the first figure of every run.
        pulls: shape (S, m, F) for BCa, else None.
    """

    values: NDArray
    replicates: NDArray
    run_values: NDArray
    jackknife_influence: NDArray | None

    def share(self, part: AverageWeights) -> ResampledScores:
        """What one of several languages adds to their average."""
        return ResampledScores(
            part.of(self.values),
            part.of(self.replicates),
            self.run_values / part.languages,
            None if self.jackknife_influence is None else part.of(self.jackknife_influence),
        )

    def plus(self, other: ResampledScores) -> ResampledScores:
        """Both shares together."""
        jackknife_influence = None
        if self.jackknife_influence is not None and other.jackknife_influence is not None:
            jackknife_influence = np.concatenate([self.jackknife_influence, other.jackknife_influence], axis=1)
        return ResampledScores(
            self.values + other.values,
            self.replicates + other.replicates,
            self.run_values + other.run_values,
            jackknife_influence,
        )


@dataclass(frozen=True, eq=False)
class Estimates:
    """What was found on one ground; systems in the order of entry, pairs in that of `significance.pairs`.

    Attributes:
        scores: by system, by figure.
        run_scores: by system, by run.
        ranks, low, high: shape (S,): rank, and the ends of its interval.
        best: shape (S,): share of replicates in which a system ranks first.
        differences: by pair, by figure: the earlier system less the later.
        p: shape (P, F), uncorrected.
    """

    ground: Subset
    scores: tuple[tuple[Interval, ...], ...]
    run_scores: tuple[tuple[float, ...], ...]
    ranks: NDArray
    low: tuple[int, ...]
    high: tuple[int, ...]
    best: NDArray
    differences: tuple[tuple[Interval, ...], ...]
    p: NDArray


def sample(arena: ResampleInput, weights: Sequence[NDArray], settings: Settings) -> ResampledScores:
    """Draws texts, and runs where a system has several.

    Args:
        weights: by system, shape (B, k): the weight of each of its runs in each replicate.
    """
    replicates = resampling.bootstrap(
        arena.units, arena.of, resamples=settings.resamples, seed=settings.seed, key=arena.ground.language
    )
    totals = arena.units.sum(axis=1, dtype=np.int64).astype(np.float64)
    values = arena.of(totals)
    jackknife_influence = (
        intervals.jackknife_influence_of(arena.units, arena.of) if settings.interval == "bca" else None
    )
    groups = _runs_of(weights)
    return ResampledScores(
        values=np.stack([values[one].mean(axis=0) for one in groups]),
        replicates=np.stack(
            [resampling.over_runs(replicates[one], by) for one, by in zip(groups, weights, strict=True)]
        ),
        run_values=values[:, 0],
        # What runs add to the skewness is left out: a handful of runs cannot tell.
        jackknife_influence=None
        if jackknife_influence is None
        else np.stack([jackknife_influence[one].mean(axis=0) for one in groups]),
    )


def _runs_of(weights: Sequence[NDArray]) -> list[slice]:
    ends = np.cumsum([by.shape[1] for by in weights])
    return [slice(int(end) - by.shape[1], int(end)) for end, by in zip(ends, weights, strict=True)]


def randomise(arenas: Sequence[ResampleInput], settings: Settings, progress: Progress) -> list[NDArray]:
    """p-values of approximate randomisation by ground, and of the average over them where there are several.

    In each trial answers are traded inside every language, and the traded figures are averaged.
    """
    _, parts = parts_of([arena.ground for arena in arenas])
    swaps = [
        significance.SwapSampler(arena.units, arena.of, seed=settings.seed, key=arena.ground.language)
        for arena in arenas
    ]
    observed = [one.observed() for one in swaps]
    average = np.sum([part.of(one) for part, one in zip(parts, observed, strict=True)], axis=0)
    counts = [np.zeros(one.shape, np.int64) for one in observed]
    together = np.zeros(average.shape, np.int64)
    with progress.stage("trials", settings.trials):
        for block in resampling.blocks(settings.trials, max(one.width for one in swaps)):
            total = np.zeros((len(average), block, average.shape[1]))
            for one, part, seen, count in zip(swaps, parts, observed, counts, strict=True):
                differences = one.differences(block)
                np.add(count, significance.reached(differences, seen), out=count)
                total += part.of(differences)
            together += significance.reached(total, average)
            progress.advance(block)
    several = [together] if len(arenas) > 1 else []
    return [(1 + count) / (settings.trials + 1) for count in (*counts, *several)]


def summary(
    drawn: ResampledScores,
    ground: Subset,
    runs: Sequence[int],
    p: NDArray | None,
    settings: Settings,
    *,
    lower_is_better: bool,
) -> Estimates:
    """Sums a sample up.

    Args:
        runs: how many each system has.
        p: of the randomisation test; None takes the two-level bootstrap's.
    """
    first, second = significance.pairs(len(drawn.values))
    observed = drawn.values[first] - drawn.values[second]
    stands = significance.ranks(drawn.replicates[..., 0], lower_is_better=lower_is_better)
    limits = [significance.rank_interval(one, settings.level) for one in stands]
    ends = np.cumsum(runs)
    return Estimates(
        ground=ground,
        scores=tuple(
            _intervals(
                drawn.values[i],
                drawn.replicates[i],
                None if drawn.jackknife_influence is None else drawn.jackknife_influence[i],
                settings,
            )
            for i in range(len(drawn.values))
        ),
        run_scores=tuple(tuple(drawn.run_values[end - k : end].tolist()) for end, k in zip(ends, runs, strict=True)),
        ranks=significance.ranks(drawn.values[:, 0], lower_is_better=lower_is_better),
        low=tuple(low for low, _ in limits),
        high=tuple(high for _, high in limits),
        best=significance.best_shares(stands),
        differences=tuple(
            _intervals(
                observed[at],
                drawn.replicates[i] - drawn.replicates[j],
                None
                if drawn.jackknife_influence is None
                else drawn.jackknife_influence[i] - drawn.jackknife_influence[j],
                settings,
            )
            for at, (i, j) in enumerate(zip(first, second, strict=True))
        ),
        p=_bootstrap_p(drawn, observed) if p is None else p,
    )


def _bootstrap_p(drawn: ResampledScores, observed: NDArray) -> NDArray:
    first, second = significance.pairs(len(drawn.values))
    found = [
        significance.bootstrap_p((drawn.replicates[i] - drawn.replicates[j])[None], observed[at : at + 1])[0]
        for at, (i, j) in enumerate(zip(first, second, strict=True))
    ]
    return np.array(found).reshape(observed.shape)


def _intervals(
    values: NDArray, replicates: NDArray, jackknife_influence: NDArray | None, settings: Settings
) -> tuple[Interval, ...]:
    return tuple(
        interval(
            float(value),
            replicates[:, f],
            level=settings.level,
            jackknife_influence=None if jackknife_influence is None else jackknife_influence[:, f],
        )
        for f, value in enumerate(values)
    )
