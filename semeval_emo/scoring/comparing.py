"""Compares systems: joins them to gold, resamples, and hands what was found to `verdicts`.

Owns `compare`, and the order of the work. The mathematics on plain arrays is in `resampling` and
`significance`; what comes back is in `comparison`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import UsageError, suggest
from semeval_emo.progress import Progress
from semeval_emo.scoring import resampling, significance
from semeval_emo.scoring.comparison import AVERAGE, RANDOMISATION, TWO_LEVEL, Comparison, Settings
from semeval_emo.scoring.conclusions import conclude
from semeval_emo.scoring.duplicate_texts import text_clusters
from semeval_emo.scoring.estimates import (
    Estimates,
    ResampledScores,
    ResampleInput,
    Subset,
    parts_of,
    randomise,
    sample,
    summary,
)
from semeval_emo.scoring.metrics import METRICS, Metric, layout_of, metric
from semeval_emo.scoring.pair import join
from semeval_emo.scoring.published import PublishedScore, VersusPublished, against
from semeval_emo.scoring.scorer import task_of
from semeval_emo.scoring.systems import AlignedSystems, SystemRuns, align_systems, read_system_runs
from semeval_emo.task import Selector, Task

# The figure of each emotion that belongs to a figure of the whole file.
_OF_EMOTIONS = {
    "micro_precision": "precision", "macro_precision": "precision", "micro_recall": "recall",
    "macro_recall": "recall", "micro_f1": "f1", "macro_f1": "f1", "pearson": "emotion_pearson",
    "spearman": "emotion_spearman", "mae": "emotion_mae",
}  # fmt: skip


def compare(
    systems: Sequence[str | os.PathLike[str] | SystemRuns],
    *,
    gold: Sequence[Gold] = (),
    source: str | os.PathLike[str] | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    metric: str | None = None,
    emotions: bool | None = None,
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
    progress: Progress | None = None,
) -> Comparison:
    r"""Compares systems on the files that all of them predicted.

    Args:
        systems: paths (files, folders, zips), ``NAME=PATH``, ``NAME=PATH,PATH`` for several runs
            of one system, or `SystemRuns` for predictions in memory.
        gold: the gold labels; whatever is not among them is loaded from `source`.
        source: as in `load_gold`.
        track, language, split, release, task: as for `read_submission`; the track defaults to the
            first that all systems predicted.
        metric: name of a figure; the track's official one by default.
        emotions: also compare each emotion; by default where there are at most two systems.
        resamples, trials: of the bootstrap (intervals, ranks) and of the randomisation (p-values).
        seed: of everything random.
        level: coverage of the intervals.
        alpha: p-values up to this are called significant, after correction.
        interval: ``bca`` or ``percentile``.
        family: within which p-values are corrected, one of `significance.FAMILIES`; by default
            ``languages`` for two systems on several languages, else ``rivals``.
        fdr: correct by Benjamini-Hochberg instead of Holm.
        stored: a published score without predictions, as it was printed.
        one_recipe: all systems are runs (seeds) of one recipe.
        progress: who looks on.

    Raises:
        UsageError: too few systems, an unknown name, or nothing common to all.
        ReleaseMismatch: systems or gold of different releases.
        InvalidSubmission: a file that cannot be scored.
        InputError: a path or the gold is missing.

    >>> import tempfile, pathlib
    >>> from semeval_emo.data import load_gold
    >>> gold, folder = load_gold("a", "eng", source="sample"), pathlib.Path(tempfile.mkdtemp())
    >>> def write(name, column):
    ...     lines = [",".join([i, *map(str, row * (np.arange(5) != column))]) for i, row in zip(gold.ids, gold.labels)]
    ...     _ = (folder / name).write_text("\n".join([",".join(gold.spec.header), *lines]) + "\n")
    ...     return folder / name
    >>> found = compare([write("all.csv", -1), write("no_joy.csv", 2)], gold=[gold])
    >>> [(one.letter, one.name, one.score.value) for one in found.lead.standings]
    [('a', 'all', 1.0), ('b', 'no_joy', 0.8)]
    >>> found.lead.differences[0].significant
    True
    """
    selector = Selector(task, track, language, split, release)
    contenders = [one for one in systems if isinstance(one, SystemRuns)]
    paths = [one for one in systems if not isinstance(one, SystemRuns)]
    if paths:
        contenders += read_system_runs(paths, selector, one_recipe=one_recipe)
    if not contenders:
        raise UsageError("There is nothing to compare.", "name two prediction files, folders or zips")
    if len(contenders) < 2 and stored is None and len(contenders[0].runs) < 2:
        raise UsageError(
            "One system alone cannot be compared.",
            "name a second one, or --against-score SCORE, or several runs: NAME=PATH,PATH",
        )
    chosen_task = task_of(contenders[0].runs[0][0].spec, task)
    lineup = align_systems(contenders, chosen_task, track=track)
    chosen = _metric(metric or chosen_task.track(lineup.specs[0].track).metric, lineup)
    runs = tuple(len(one) for one in lineup.predictions)
    wanted = emotions if emotions is not None else len(lineup.names) <= 2
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
        family=_family(family, lineup),
        correction="Benjamini-Hochberg" if fdr else "Holm",
    )
    target = None if stored is None else PublishedScore.read(stored)
    arenas = [_arena(lineup, at, chosen, wanted, gold, source, chosen_task) for at in range(len(lineup.specs))]
    found, leading = _resample(arenas, runs, settings, progress or Progress(), lower_is_better=chosen.lower_is_better)
    verdicts = () if target is None else _against(lineup.names, found[-1], leading, target, chosen, settings)
    notes = (*lineup.notes, *dict.fromkeys(note for arena in arenas for note in arena.notes))
    return conclude(lineup, chosen, found, settings, verdicts, notes)


def _metric(name: str, lineup: AlignedSystems) -> Metric:
    found = metric(name)
    if found.per_emotion:
        whole = [one.name for one in METRICS.values() if not one.per_emotion]
        raise UsageError(
            f"'{name}' is a figure per emotion; systems are ranked by one figure.", f"use one of {', '.join(whole)}"
        )
    return found


def _family(family: str | None, lineup: AlignedSystems) -> str:
    if family is None:
        return "languages" if len(lineup.names) == 2 and len(lineup.specs) > 1 else "rivals"
    if family not in significance.FAMILIES:
        known = significance.FAMILIES
        raise UsageError(f"There is no family '{family}'.", suggest(family, known) or f"use one of {', '.join(known)}")
    return family


def _arena(
    lineup: AlignedSystems,
    at: int,
    chosen: Metric,
    emotions: bool,
    given: Sequence[Gold],
    source: str | os.PathLike[str] | None,
    task: Task,
) -> ResampleInput:
    spec = lineup.specs[at]
    gold = next((one for one in given if one.spec == spec), None) or load_gold(
        spec.track, spec.language, spec.split, release=spec.release, source=source, task=task
    )
    detail = METRICS[_OF_EMOTIONS[chosen.name]] if emotions and chosen.name in _OF_EMOTIONS else None
    layout = layout_of([one for one in (chosen, detail) if one], len(spec.emotions), len(spec.values))
    joined = [join(run[at], gold) for runs in lineup.predictions for run in runs]
    statistics = np.stack([layout.statistics(pair.gold, pair.predicted) for pair in joined])
    repeats = text_clusters(joined[0], task, source)
    units = resampling.pool(statistics, repeats.groups)

    def of(sums: NDArray) -> NDArray:
        parts = layout.split(sums)
        whole = chosen(parts)[..., None]
        return whole if detail is None else np.concatenate([whole, detail(parts)], axis=-1)

    notes = tuple(note for note in (joined[0].note, repeats.note) if note)
    ground = Subset(
        language=spec.language,
        name=task.languages[spec.language].name,
        release=joined[0].release,
        rows=spec.rows,
        texts=repeats.texts,
        gold_hash=joined[0].gold_hash,
        emotions=spec.emotions if detail else (),
    )
    return ResampleInput(ground, units, of, notes)


def _resample(
    arenas: Sequence[ResampleInput],
    runs: tuple[int, ...],
    settings: Settings,
    progress: Progress,
    *,
    lower_is_better: bool,
) -> tuple[list[Estimates], ResampledScores]:
    """Everything that is random. The leading sample comes with it: of the average, or of the only language."""
    swapped = randomise(arenas, settings, progress) if settings.test == RANDOMISATION and len(runs) > 1 else None
    weights = [
        resampling.draw_runs(k, settings.resamples, resampling.generator(settings.seed, "runs", str(i)))
        for i, k in enumerate(runs)
    ]
    found: list[Estimates] = []
    grounds = [arena.ground for arena in arenas]
    emotions, parts = parts_of(grounds)

    def sum_up(drawn: ResampledScores, ground: Subset) -> None:
        p = None if swapped is None else swapped[len(found)]
        found.append(summary(drawn, ground, runs, p, settings, lower_is_better=lower_is_better))

    def shares() -> Iterator[ResampledScores]:
        for arena, part in zip(arenas, parts, strict=True):
            drawn = sample(arena, weights, settings)
            sum_up(drawn, arena.ground)
            progress.advance()
            yield drawn.share(part) if len(arenas) > 1 else drawn

    with progress.stage("resamples", len(arenas)):
        leading = functools.reduce(ResampledScores.plus, shares())
    if len(arenas) > 1:
        rows, texts = sum(one.rows for one in grounds), sum(one.texts or one.rows for one in grounds)
        name = f"average over {len(grounds)} languages"
        sum_up(leading, Subset(AVERAGE, name, grounds[0].release, rows, texts, gold_hash="", emotions=emotions))
    return found, leading


def _against(
    names: tuple[str, ...],
    found: Estimates,
    leading: ResampledScores,
    target: PublishedScore,
    chosen: Metric,
    settings: Settings,
) -> tuple[VersusPublished, ...]:
    return tuple(
        against(
            name,
            found.scores[i][0],
            leading.replicates[i, :, 0],
            target,
            jackknife_influence=None if leading.jackknife_influence is None else leading.jackknife_influence[i, :, 0],
            alpha=settings.alpha,
            lower_is_better=chosen.lower_is_better,
        )
        for i, name in enumerate(names)
    )
