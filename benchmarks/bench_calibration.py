"""How often the tests are wrong: false positives, coverage, power, on made data whose truth is known.

Texts have six emotions, some rare; two systems err on the same texts more often than chance would have it.
Every value is a share of trials, with its own standard error. `python benchmarks/bench_calibration.py 500`
takes 500 trials instead of 2,000.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring import intervals, resampling, significance
from semeval_emo.scoring.metrics import METRICS, layout_of

TRIALS = 2_000
# Resamples and randomisation trials inside each trial; the commands take ten times as many.
DRAWS = 1_000
# How often an emotion occurs: from common to rare, as in the languages of the task.
PREVALENCE = np.array([0.30, 0.22, 0.15, 0.10, 0.06, 0.03])
LAYOUT = layout_of([METRICS["macro_f1"]], len(PREVALENCE))


@dataclass(frozen=True)
class World:
    """Where texts and predictions come from.

    Attributes:
        texts: of one test set.
        copies: how often each text occurs, with the same words and labels.
        recall, false_alarm: of system A, all emotions alike.
        loss: recall that system B lacks.
        shared: how often a cell's luck is the same for both systems.
    """

    texts: int
    copies: int = 1
    recall: float = 0.65
    false_alarm: float = 0.04
    loss: float = 0.0
    shared: float = 0.5

    def draw(self, rng: np.random.Generator) -> tuple[NDArray, NDArray | None]:
        """Statistics of both systems, shape (2, n, K), and the clusters of rows that repeat a text."""
        shape = (self.texts, len(PREVALENCE))
        gold = rng.random(shape) < PREVALENCE
        luck = rng.random(shape)
        other = np.where(rng.random(shape) < self.shared, luck, rng.random(shape))
        answers = [self._answer(gold, luck, 0.0), self._answer(gold, other, self.loss)]
        statistics = np.stack([LAYOUT.statistics(gold.astype(np.int8), one.astype(np.int8)) for one in answers])
        groups = np.tile(np.arange(self.texts), self.copies) if self.copies > 1 else None
        return np.tile(statistics, (1, self.copies, 1)), groups

    def _answer(self, gold: NDArray, luck: NDArray, loss: float) -> NDArray:
        return luck < np.where(gold, self.recall - loss, self.false_alarm)

    def truth(self, loss: float = 0.0) -> float:
        """Macro-F1 on endlessly many texts."""
        return float(np.mean(_f1(PREVALENCE, self.recall - loss, self.false_alarm)))

    @property
    def difference(self) -> float:
        """By how much A is better on endlessly many texts."""
        return self.truth() - self.truth(self.loss)


def _f1(prevalence: NDArray, recall: NDArray | float, false_alarm: float) -> NDArray:
    hits = prevalence * recall
    return 2 * hits / (hits + (1 - prevalence) * false_alarm + prevalence)


def macro_f1(sums: NDArray) -> NDArray:
    return METRICS["macro_f1"](LAYOUT.split(sums))[..., None]


Verdicts = dict[str, bool]
Ask = Callable[[World, np.random.Generator, int], Verdicts]


def test_verdicts(world: World, rng: np.random.Generator, seed: int) -> Verdicts:
    """Which tests call the difference of one drawn test set significant at 5 %."""
    statistics, groups = world.draw(rng)
    p = significance.randomisation_test(statistics, macro_f1, trials=DRAWS, seed=seed, groups=groups)[0, 0]
    drawn = resampling.bootstrap(statistics, macro_f1, resamples=DRAWS, seed=seed, groups=groups)[..., 0]
    values = macro_f1(statistics.sum(axis=1, dtype=np.int64))[:, 0]
    gap, gaps = values[0] - values[1], drawn[0] - drawn[1]
    ends = intervals.interval(gap, gaps)
    centred_late = np.abs(gaps) - np.abs(gaps).mean()
    moses = (np.count_nonzero(centred_late > abs(gap)) + 1) / (DRAWS + 1)
    centred = significance.bootstrap_p(gaps[None], np.array([gap]))[0]
    found = {
        "approximate randomisation (what p is)": p <= 0.05,
        "paired interval excludes 0": not ends.low <= 0 <= ends.high,
        "centred bootstrap (what p is for several runs)": centred <= 0.05,
        "not used: absolute value before centring (sacreBLEU)": moses <= 0.05,
    }
    if groups is not None:
        naive = significance.randomisation_test(statistics, macro_f1, trials=DRAWS, seed=seed)[0, 0]
        found["not used: randomisation of rows"] = naive <= 0.05
    return found


def coverage_verdicts(world: World, rng: np.random.Generator, seed: int) -> Verdicts:
    """Which 95 % intervals of one drawn test set hold the truth."""
    statistics, groups = world.draw(rng)
    found = _coverage(world, statistics, groups, seed)
    if groups is not None:
        rows = _coverage(world, statistics, None, seed)
        found["not used: score, rows drawn one by one"] = rows["score, percentile"]
    return found


def _coverage(world: World, statistics: NDArray, groups: NDArray | None, seed: int) -> Verdicts:
    drawn = resampling.bootstrap(statistics, macro_f1, resamples=DRAWS, seed=seed, groups=groups)[..., 0]
    jackknife_influence = intervals.jackknife_influence_of(statistics, macro_f1, groups)[..., 0]
    values = macro_f1(statistics.sum(axis=1, dtype=np.int64))[:, 0]

    def holds(truth: float, value: float, replicates: NDArray, pull: NDArray | None) -> bool:
        one = intervals.interval(value, replicates, jackknife_influence=pull)
        return one.low <= truth <= one.high

    gap, gaps, gap_pulls = values[0] - values[1], drawn[0] - drawn[1], jackknife_influence[0] - jackknife_influence[1]
    return {
        "score, percentile": holds(world.truth(), values[0], drawn[0], None),
        "score, BCa": holds(world.truth(), values[0], drawn[0], jackknife_influence[0]),
        "difference, percentile": holds(world.difference, gap, gaps, None),
        "difference, BCa": holds(world.difference, gap, gaps, gap_pulls),
    }


LANGUAGES = 28


def average_verdicts(world: World, rng: np.random.Generator, seed: int) -> Verdicts:
    """Which 95 % intervals hold the truth of the average over languages of this size."""
    drawn, jackknife_influence, values = 0.0, [], 0.0
    for at in range(LANGUAGES):
        statistics, _ = world.draw(rng)
        key = str(at)
        drawn = drawn + resampling.bootstrap(statistics, macro_f1, resamples=DRAWS, seed=seed, key=key)[..., 0]
        jackknife_influence.append(intervals.jackknife_influence_of(statistics, macro_f1)[..., 0] / LANGUAGES)
        values = values + macro_f1(statistics.sum(axis=1, dtype=np.int64))[:, 0]
    drawn, values, pull = drawn / LANGUAGES, values / LANGUAGES, np.concatenate(jackknife_influence, axis=1)
    found = {}
    for kind, (score, gap) in {"percentile": (None, None), "BCa": (pull[0], pull[0] - pull[1])}.items():
        one = intervals.interval(values[0], drawn[0], jackknife_influence=score)
        two = intervals.interval(values[0] - values[1], drawn[0] - drawn[1], jackknife_influence=gap)
        found[f"average score, {kind}"] = one.low <= world.truth() <= one.high
        found[f"average difference, {kind}"] = two.low <= world.difference <= two.high
    return found


def runs_verdicts(world: World, rng: np.random.Generator, seed: int, runs: int, spread: float) -> Verdicts:
    """Which 95 % intervals of the mean over runs hold the truth over all runs and texts.

    Args:
        spread: standard deviation of the recall between runs: at 0.02 their scores differ less than
            test sets of 1,000 texts do, at 0.06 far more.
    """
    gold = rng.random((world.texts, len(PREVALENCE))) < PREVALENCE
    luck = rng.random(gold.shape)
    statistics = []
    for _ in range(runs):
        recall = world.recall + spread * rng.standard_normal()
        own = np.where(rng.random(gold.shape) < world.shared, luck, rng.random(gold.shape))
        answer = own < np.where(gold, recall, world.false_alarm)
        statistics.append(LAYOUT.statistics(gold.astype(np.int8), answer.astype(np.int8)))
    stacked = np.stack(statistics)
    drawn = resampling.bootstrap(stacked, macro_f1, resamples=DRAWS, seed=seed)[..., 0]
    values = macro_f1(stacked.sum(axis=1, dtype=np.int64))[:, 0]
    weights = resampling.draw_runs(runs, DRAWS, resampling.generator(seed, "runs"))
    jackknife_influence = intervals.jackknife_influence_of(stacked, macro_f1)[..., 0].mean(axis=0)
    truth = _truth_over_runs(world, spread)
    kinds = {
        "mean of runs, BCa": (resampling.over_runs(drawn, weights), jackknife_influence),
        "mean of runs, percentile": (resampling.over_runs(drawn, weights), None),
        "not used: mean of runs, texts only, BCa": (drawn.mean(axis=0), jackknife_influence),
    }
    ends = {
        name: intervals.interval(values.mean(), one, jackknife_influence=pull) for name, (one, pull) in kinds.items()
    }
    return {name: one.low <= truth <= one.high for name, one in ends.items()}


def _truth_over_runs(world: World, spread: float) -> float:
    """Expected macro-F1 over runs, by Gauss-Hermite quadrature over their recall."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    values = [np.mean(_f1(PREVALENCE, world.recall + spread * node, world.false_alarm)) for node in nodes]
    return float(np.average(values, weights=weights))


def detectable_world(texts: int) -> World:
    """A world whose true difference is what `detectable` promises to find in 80 of 100 cases."""
    world = World(texts, loss=0.05)
    for _ in range(4):
        # The standard error depends on the difference, so this goes round until both fit.
        wanted = significance.detectable(_mean_error(world))
        losses = np.linspace(0.0, 0.3, 3001)
        gaps = [abs(World(texts, loss=loss).difference - wanted) for loss in losses]
        world = World(texts, loss=float(losses[int(np.argmin(gaps))]))
    return world


def _mean_error(world: World) -> float:
    """The standard error of the difference that the bootstrap reports, on average over test sets."""
    rng = np.random.default_rng(7)
    found = []
    for seed in range(200):
        statistics, _ = world.draw(rng)
        drawn = resampling.bootstrap(statistics, macro_f1, resamples=DRAWS, seed=seed)[..., 0]
        found.append(np.std(drawn[0] - drawn[1], ddof=1))
    return float(np.mean(found))


def shares(world: World, verdicts: Ask, trials: int) -> dict[str, float]:
    """How often each verdict is true."""
    rng = np.random.default_rng(2025)
    found = [verdicts(world, rng, seed) for seed in range(trials)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def sections(trials: int) -> Iterator[tuple[str, str, World, Ask, int]]:
    """Title, wanted share, world, verdicts, trials."""
    for texts in (200, 1000):
        yield "False positives at 5 %", f"{texts:,} texts", World(texts), test_verdicts, 2 * trials
    yield "False positives at 5 %", "500 texts, each twice", World(500, copies=2), test_verdicts, 2 * trials
    for texts in (200, 1000, 2767):
        yield "Coverage of 95 % intervals", f"{texts:,} texts", World(texts, loss=0.05), coverage_verdicts, trials
    doubled = World(500, copies=2, loss=0.05)
    yield "Coverage of 95 % intervals", "500 texts, each twice", doubled, coverage_verdicts, trials
    what = f"{LANGUAGES} languages of 500 texts"
    yield "Coverage of 95 % intervals", what, World(500, loss=0.05), average_verdicts, max(trials // 4, 1)
    for runs, spread in ((3, 0.02), (5, 0.02), (3, 0.06), (5, 0.06)):
        verdicts = functools.partial(runs_verdicts, runs=runs, spread=spread)
        what = f"{runs} {'alike' if spread < 0.05 else 'unlike'} runs on 1,000 texts"
        yield "Coverage of 95 % intervals", what, World(1000), verdicts, trials
    world = detectable_world(1000)
    title = f"Power at a true difference of {world.difference:.4f}, which --power calls detectable (80 %)"
    yield title, "1,000 texts", world, test_verdicts, trials


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    began = time.perf_counter()
    rows: dict[str, list[tuple]] = {}
    for title, what, world, verdicts, many in sections(trials):
        for name, share in shares(world, verdicts, many).items():
            error = (share * (1 - share) / many) ** 0.5
            rows.setdefault(title, []).append((what, name, share, error, many))
        print(f"{time.perf_counter() - began:7.0f} s  {title}: {what}", file=sys.stderr)
    columns = (
        Column("test set"), Column("method"), Column("share", "percent"), Column("± 1 se", "percent"),
        Column("trials", "int"),
    )  # fmt: skip
    print(render([Table(title, columns, tuple(found)) for title, found in rows.items()], "text"))


if __name__ == "__main__":
    main()
