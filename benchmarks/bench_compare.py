"""Resampling against a loop over scikit-learn's f1_score, and many systems on many languages at once.

The loop draws rows and scores them anew, as everyone's first script does; it runs a part of the
resamples and is extrapolated, as the table notes. Gold and predictions are made here.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

TEXTS, EMOTIONS, RESAMPLES = 2_767, 5, 10_000
LOOPED = 200
ROUNDS = 5
SYSTEMS = 50


def made(systems: int):
    """Gold (n, L) and predictions (S, n, L) that err in a tenth to a fifth of the cells."""
    import numpy as np

    rng = np.random.default_rng(0)
    gold = (rng.random((TEXTS, EMOTIONS)) < 0.3).astype(np.int8)
    errors = rng.random((systems, TEXTS, EMOTIONS)) < np.linspace(0.1, 0.2, systems)[:, None, None]
    return gold, np.where(errors, 1 - gold, gold).astype(np.int8)


def ours() -> float:
    """Seconds for all resamples of both systems, statistics and intervals included."""
    import numpy as np

    from semeval_emo.scoring.intervals import interval
    from semeval_emo.scoring.metrics import METRICS, layout_of
    from semeval_emo.scoring.resampling import bootstrap

    gold, predicted = made(2)
    began = time.perf_counter()
    metric = METRICS["macro_f1"]
    layout = layout_of([metric], EMOTIONS)
    units = np.stack([layout.statistics(gold, one) for one in predicted])
    drawn = bootstrap(units, lambda sums: metric(layout.split(sums)), resamples=RESAMPLES)
    for one in (*drawn, drawn[0] - drawn[1]):
        interval(float(one.mean()), one)
    return time.perf_counter() - began


def loop() -> float:
    """Seconds for `LOOPED` resamples of both systems by scikit-learn."""
    import numpy as np
    from sklearn.metrics import f1_score

    gold, predicted = made(2)
    rng = np.random.default_rng(0)
    f1_score(gold, predicted[0], average="macro", zero_division=0)
    began = time.perf_counter()
    for _ in range(LOOPED):
        rows = rng.integers(0, TEXTS, TEXTS)
        for one in predicted:
            f1_score(gold[rows], one[rows], average="macro", zero_division=0)
    return time.perf_counter() - began


def many() -> float:
    """Seconds to compare all pairs of systems on every language of track A, average included."""
    import numpy as np

    from semeval_emo.data import Gold
    from semeval_emo.scoring import SystemRuns, compare
    from semeval_emo.submission import Predictions
    from semeval_emo.task import load_task

    rng = np.random.default_rng(0)
    golds, files = [], [[] for _ in range(SYSTEMS)]
    for spec in load_task().specs("2025", "a", split="test"):
        labels = (rng.random((spec.rows, len(spec.emotions))) < 0.2).astype(np.int8)
        texts = tuple(map(str, range(spec.rows)))
        golds.append(Gold(spec, spec.ids, texts, labels, "made", (spec.release,)))
        for system, own in enumerate(files):
            wrong = rng.random(labels.shape) < 0.1 + system / 500
            own.append(Predictions(spec, np.where(wrong, 1 - labels, labels).astype(np.int8), f"{system}"))
    contenders = [SystemRuns(f"s{system}", (tuple(own),)) for system, own in enumerate(files)]
    began = time.perf_counter()
    found = compare(contenders, gold=golds, resamples=RESAMPLES, trials=RESAMPLES, unverified_gold=True)
    seconds = time.perf_counter() - began
    assert len(found.places) == len(golds)
    assert all(len(place.differences) == SYSTEMS * (SYSTEMS - 1) // 2 for place in found.places)
    return seconds


JOBS = {"ours": ours, "loop": loop, "many": many}


def run(job: str) -> tuple[float, float, float]:
    """Seconds that a job took inside a process of its own; that process's CPU seconds and peak memory in MiB."""
    child = subprocess.Popen([sys.executable, __file__, job], stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{job} failed")
    return json.loads(said), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    from semeval_emo.report.formats import render
    from semeval_emo.report.table import Column, Table

    readings: dict[str, list[tuple[float, float, float]]] = {"ours": [], "loop": []}
    for _ in range(ROUNDS):
        for job, found in readings.items():
            found.append(run(job))
    seconds, memory = (
        {job: statistics.median(one[k] for one in found) for job, found in readings.items()} for k in (0, 2)
    )
    whole = seconds["loop"] * RESAMPLES / LOOPED
    rows = (
        ("semeval_emo.scoring.resampling.bootstrap", seconds["ours"], seconds["ours"] / whole, memory["ours"]),
        (f"loop over sklearn f1_score, extrapolated from {LOOPED} resamples", whole, 1.0, memory["loop"]),
    )
    columns = (Column("job"), Column("seconds", "score"), Column("ratio", "score6"), Column("MiB", "seconds"))
    title = f"{RESAMPLES:,} resamples of macro-F1, 2 systems, {TEXTS:,} texts, {EMOTIONS} emotions"
    note = f"The loop takes {whole / seconds['ours']:,.0f} times as long. Medians of {ROUNDS} rounds in turns."
    print(render([Table(title, columns, rows, (note,))], "text"))

    took, cpu, peak = run("many")
    calls = SYSTEMS * 28 * RESAMPLES
    each = seconds["loop"] / LOOPED / 2
    print()
    print(f"compare: {SYSTEMS} systems, 28 languages, all pairs, {RESAMPLES:,} resamples and trials, average included")
    print(
        f"  {took:,.1f} s; CPU time of the whole process {cpu:,.1f} s, {peak:,.0f} MiB at most, {os.cpu_count()} cores"
    )
    print(f"  (the {calls:,} scores of its resamples alone would take the loop {calls * each / 3600:,.1f} hours)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(JOBS[sys.argv[1]]()))
    else:
        main()
