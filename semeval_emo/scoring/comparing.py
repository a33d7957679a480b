"""Compare systems: join their predictions to the gold, resample, and draw conclusions.

`compare` defines the order of the steps; `resampling` and `significance` work on plain arrays, and
`comparison` has the classes of the result.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import Gold
from semeval_emo.data.gold import UNKNOWN, gold_for, verified
from semeval_emo.data.sources import source_near
from semeval_emo.errors import UsageError, suggest
from semeval_emo.progress import Progress
from semeval_emo.scoring import resampling, significance
from semeval_emo.scoring.arrays import Thresholds, array_systems, one_of, system_arrays
from semeval_emo.scoring.comparison import AVERAGE, RANDOMISATION, TWO_LEVEL, Comparison, Settings
from semeval_emo.scoring.conclusions import conclude
from semeval_emo.scoring.duplicate_texts import text_clusters
from semeval_emo.scoring.estimates import (
    Estimates,
    ResampledScores,
    ResampleInput,
    Subset,
    average_weights,
    estimate,
    randomise,
    resample,
)
from semeval_emo.scoring.metrics import METRICS, Metric, layout_of, metric
from semeval_emo.scoring.pair import join
from semeval_emo.scoring.published import PublishedScore, VersusPublished, versus_published
from semeval_emo.scoring.scorer import gold_or_source, task_of
from semeval_emo.scoring.systems import AlignedSystems, SystemRuns, align_systems, read_system_runs
from semeval_emo.tables.frames import is_frame
from semeval_emo.task import FileSpec, Selector, Task, load_task

# The metric per emotion that belongs to a metric of the whole file.
_PER_EMOTION = {
    "micro_precision": "precision", "macro_precision": "precision", "micro_recall": "recall",
    "macro_recall": "recall", "micro_f1": "f1", "macro_f1": "f1", "pearson": "emotion_pearson",
    "spearman": "emotion_spearman", "mae": "emotion_mae",
}  # fmt: skip


def compare(
    systems: Mapping[str, Any] | Sequence[Any],
    gold: Any = None,
    *,
    emotions: Sequence[str] | None = None,
    threshold: Thresholds | None = None,
    y_true: Any = None,
    source: str | os.PathLike[str] | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    metric: str | None = None,
    per_emotion: bool | None = None,
    resamples: int = resampling.RESAMPLES,
    trials: int = significance.TRIALS,
    seed: int = resampling.SEED,
    level: float = resampling.LEVEL,
    alpha: float = significance.ALPHA,
    interval: str = resampling.METHODS[0],
    family: str | None = None,
    fdr: bool = False,
    stored: str | float | None = None,
    one_recipe: bool = False,
    alone: bool = False,
    unverified_gold: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    r"""Compare systems on the files that all of them predicted.

    Args:
        systems: paths (files, folders, zips), ``NAME=PATH``, ``NAME=PATH,PATH`` for several runs
            of one system, or `SystemRuns`. Or ``{name: predictions}`` with labels in memory as for `score`, or with
            lists of them, the runs of a system.
        gold: gold labels; missing ones are loaded from `source`. For labels in memory, the gold labels of the same
            texts in the same order; `y_true` is another name for them.
        emotions, threshold: of labels in memory, as for `score`.
        source: as in `load_gold`.
        track, language, split, release, task: as for `read_submission`; the default track is the
            first that all systems predicted.
        metric: name of a metric of the whole file; the track's official one by default.
        per_emotion: also compare each emotion; by default if there are at most two systems.
        resamples, trials: of the bootstrap (intervals, ranks) and of the randomisation (p-values).
        level: coverage of the intervals.
        alpha: significance level of corrected p-values.
        interval: ``bca`` or ``percentile``.
        family: tests over which p-values are corrected, one of `significance.FAMILIES`; by default
            ``languages`` for two systems on several languages, else ``rivals``.
        fdr: use Benjamini-Hochberg instead of Holm.
        stored: a published score without predictions, as printed.
        one_recipe: all systems are runs (seeds) of one recipe.
        alone: accept a single system, which then has a score and its interval only.
        unverified_gold: as for `score`.

    Raises:
        UsageError: too few systems, an unknown name, or no file that all systems predicted.
        ReleaseMismatch: systems or gold of different releases.
        UnverifiedGold: as for `score`.
        InvalidSubmission: a file that cannot be scored.
        InputError: a path or the gold is missing.

    >>> import tempfile, pathlib
    >>> from semeval_emo.data import load_gold
    >>> gold, folder = load_gold("a", "eng", source="sample"), pathlib.Path(tempfile.mkdtemp())
    >>> def write(name, column):
    ...     lines = [",".join([i, *map(str, row * (np.arange(5) != column))]) for i, row in zip(gold.ids, gold.labels)]
    ...     _ = (folder / name).write_text("\n".join([",".join(gold.spec.header), *lines]) + "\n")
    ...     return folder / name
    >>> comparison = compare([write("all.csv", -1), write("no_joy.csv", 2)], gold=[gold])
    >>> [(system.letter, system.name, system.score.value) for system in comparison.lead.standings]
    [('a', 'all', 1.0), ('b', 'no_joy', 0.8)]
    >>> comparison.lead.differences[0].significant
    True
    >>> comparison = compare({"A": gold.labels, "B": 1 - gold.labels}, gold.labels, emotions=gold.spec.emotions)
    >>> [(system.name, system.score.value) for system in comparison.lead.standings]
    [('A', 1.0), ('B', 0.0)]
    """
    gold = one_of(gold, y_true, "y_true", "compare({name: y_pred}, y_true)")
    if arrays := system_arrays(systems, gold):
        intensity = None if track is None else load_task(task).track(track).is_intensity
        systems, gold, task = _runs_of_arrays(arrays, gold, emotions, threshold, intensity, task)
        track = None
    elif not isinstance(gold, list | tuple) or not all(isinstance(own, Gold) for own in gold):
        own_gold, source = gold_or_source(gold, source)
        gold = [own_gold] if own_gold is not None else ()
    several = isinstance(systems, list | tuple)
    in_memory = [system for system in systems if isinstance(system, SystemRuns)] if several else []
    paths = [system for system in systems if not isinstance(system, SystemRuns)] if several else systems
    selector = Selector(task, track, language, split, release)
    read = []
    if not in_memory or paths:
        read = read_system_runs(paths, selector, one_recipe=one_recipe, source=source, gold=gold, threshold=threshold)
    every = in_memory + read
    if not every:
        raise UsageError("There are no systems to compare.", "name two prediction files, folders or zips")
    if len(every) < 2 and stored is None and len(every[0].runs) < 2 and not alone:
        raise UsageError(
            "A comparison needs two systems.",
            'name both: compare({"A": y_pred, "B": other}, y_true)'
            if arrays
            else 'name both: compare({"A": frame, "B": other})'
            if is_frame(systems)
            else "give a second path, --against-score SCORE, or several runs: NAME=PATH,PATH",
        )
    first = every[0].runs[0][0]
    own_task = task_of(first.spec, task)
    source = source_near(first.path) if source is None else source
    aligned = align_systems(every, own_task, track=track)
    chosen = _metric(metric or own_task.track(aligned.specs[0].track).metric, aligned.specs[0].empty)
    runs = tuple(len(system) for system in aligned.predictions)
    with_emotions = per_emotion if per_emotion is not None else len(aligned.names) <= 2
    resampling.check_settings(resamples=resamples, trials=trials, seed=seed, level=level, method=interval)
    if not 0 < alpha < 1:
        raise UsageError(f"Alpha is {alpha:g}; it must be between 0 and 1.", "5 % is 0.05")
    settings = Settings(
        resamples=resamples,
        trials=trials,
        seed=seed,
        level=level,
        alpha=alpha,
        power=significance.POWER,
        interval=interval,
        test=TWO_LEVEL if max(runs) > 1 else RANDOMISATION,
        family=_family(family, aligned),
        correction="Benjamini-Hochberg" if fdr else "Holm",
    )
    published = None if stored is None else PublishedScore.parse(stored)
    golds = [_gold(spec, gold, source, own_task, unverified_gold) for spec in aligned.specs]
    inputs = [_input(aligned, at, chosen, with_emotions, own, source, own_task) for at, own in enumerate(golds)]
    estimates, scores = _estimate(
        inputs, runs, settings, progress or Progress(), lower_is_better=chosen.lower_is_better
    )
    against = () if published is None else _against(aligned.names, estimates[-1], scores, published, chosen, settings)
    notes = (*aligned.notes, *dict.fromkeys(note for data in inputs for note in data.notes))
    warnings = tuple(dict.fromkeys(warning for data in inputs for warning in data.warnings))
    return conclude(aligned, chosen, estimates, settings, against, notes, warnings)


def _runs_of_arrays(
    arrays: Mapping[str, list[Any]],
    gold: Any,
    emotions: Sequence[str] | None,
    threshold: Thresholds | None,
    intensity: bool | None,
    task: Task | str | None,
) -> tuple[list[SystemRuns], list[Gold], Task | str | None]:
    """Return labels in memory as systems, with their gold labels and task."""
    runs = [(name, run) for name, several in arrays.items() for run in several]
    shown = {name if len(arrays[name]) == 1 else f"{name}, run {at}": run for at, (name, run) in enumerate(runs, 1)}
    files, own, own_task = array_systems(shown, gold, emotions, threshold=threshold, intensity=intensity)
    by_run = iter(files)
    systems = [SystemRuns(name, tuple((next(by_run),) for _ in several)) for name, several in arrays.items()]
    return systems, [own], own_task or task


def _gold(
    spec: FileSpec, given: Sequence[Gold], source: str | os.PathLike[str] | None, task: Task, unverified_gold: bool
) -> Gold:
    # Unverified gold has no release.
    specs = (spec, replace(spec, release=UNKNOWN))
    own = next((gold for gold in given if gold.spec in specs), None)
    if own is None:
        return gold_for(spec, task, source, unverified_gold=unverified_gold)
    return verified(own, task, unverified_gold)


def _metric(name: str, empty: int) -> Metric:
    chosen = metric(name, empty=empty)
    if chosen.per_emotion:
        whole = [other.name for other in METRICS.values() if not other.per_emotion]
        raise UsageError(
            f"'{name}' is a metric per emotion; systems are ranked by a metric of the whole file.",
            f"use one of {', '.join(whole)}",
        )
    return chosen


def _family(family: str | None, aligned: AlignedSystems) -> str:
    if family is None:
        return "languages" if len(aligned.names) == 2 and len(aligned.specs) > 1 else "rivals"
    if family not in significance.FAMILIES:
        known = significance.FAMILIES
        raise UsageError(f"There is no family '{family}'.", suggest(family, known) or f"use one of {', '.join(known)}")
    return family


def _input(
    aligned: AlignedSystems,
    at: int,
    chosen: Metric,
    with_emotions: bool,
    gold: Gold,
    source: str | os.PathLike[str] | None,
    task: Task,
) -> ResampleInput:
    """Return the statistics of all systems on one file."""
    spec = aligned.specs[at]
    per_emotion = METRICS[_PER_EMOTION[chosen.name]] if with_emotions and chosen.name in _PER_EMOTION else None
    layout = layout_of([chosen] if per_emotion is None else [chosen, per_emotion], len(spec.emotions), len(spec.values))
    pairs = [join(run[at], gold) for system in aligned.predictions for run in system]
    clusters = text_clusters(pairs[0], task, source)
    units = resampling.pool(np.stack([layout.statistics(pair.gold, pair.predicted) for pair in pairs]), clusters.groups)

    def scores_of(sums: NDArray) -> NDArray:
        blocks = layout.split(sums)
        whole = chosen(blocks)[..., None]
        return whole if per_emotion is None else np.concatenate([whole, per_emotion(blocks)], axis=-1)

    subset = Subset(
        language=spec.language,
        name=task.languages[spec.language].name,
        release=pairs[0].release,
        rows=spec.rows,
        texts=clusters.texts,
        gold_hash=pairs[0].gold_hash,
        emotions=spec.emotions if per_emotion else (),
        weight=spec.weight,
    )
    notes = tuple(note for note in (pairs[0].note, clusters.note) if note)
    warnings = tuple(dict.fromkeys(warning for pair in pairs for warning in pair.warnings))
    return ResampleInput(subset, units, scores_of, notes, warnings)


def _estimate(
    inputs: Sequence[ResampleInput],
    runs: tuple[int, ...],
    settings: Settings,
    progress: Progress,
    *,
    lower_is_better: bool,
) -> tuple[list[Estimates], ResampledScores]:
    """Return the estimates of each language and of the average, and the resampled scores of the last of them."""
    p_values = randomise(inputs, settings, progress) if settings.test == RANDOMISATION and len(runs) > 1 else None
    run_weights = [
        resampling.draw_runs(k, settings.resamples, resampling.generator(settings.seed, "runs", str(i)))
        for i, k in enumerate(runs)
    ]
    estimates: list[Estimates] = []
    subsets = [data.subset for data in inputs]
    emotions, weights = average_weights(subsets)

    def add(scores: ResampledScores, subset: Subset) -> None:
        p = None if p_values is None else p_values[len(estimates)]
        estimates.append(estimate(scores, subset, runs, p, settings, lower_is_better=lower_is_better))

    # A generator, so that the replicates of one language at a time are in memory.
    def contributions() -> Iterator[ResampledScores]:
        for data, own in zip(inputs, weights, strict=True):
            scores = resample(data, run_weights, settings)
            add(scores, data.subset)
            progress.advance()
            yield scores.weighted(own) if len(inputs) > 1 else scores

    with progress.stage("resamples", len(inputs)):
        last = functools.reduce(ResampledScores.plus, contributions())
    if len(inputs) > 1:
        rows, texts = sum(own.rows for own in subsets), sum(own.texts or own.rows for own in subsets)
        name = f"average over {len(subsets)} languages"
        add(last, Subset(AVERAGE, name, subsets[0].release, rows, texts, gold_hash="", emotions=emotions))
    return estimates, last


def _against(
    names: tuple[str, ...],
    estimates: Estimates,
    scores: ResampledScores,
    published: PublishedScore,
    chosen: Metric,
    settings: Settings,
) -> tuple[VersusPublished, ...]:
    influences = [scores.influence(i) for i in range(len(names))]
    return tuple(
        versus_published(
            name,
            estimates.scores[i][0],
            scores.replicates[i, :, 0],
            published,
            jackknife_influence=None if influence is None else influence[:, 0],
            alpha=settings.alpha,
            lower_is_better=chosen.lower_is_better,
        )
        for i, (name, influence) in enumerate(zip(names, influences, strict=True))
    )
