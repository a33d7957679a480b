"""Plots of curves: training by epoch, precision against recall, calibration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from semeval_emo.report.plots.style import (
    ACCENT,
    DASHES,
    MARKERS,
    MUTED,
    SERIES,
    SMALLEST,
    SOLID,
    WARM,
    WIDTH,
    Plot,
    canvas,
    drawn,
    labels,
    write_below,
)  # fmt: skip
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.reliability import calibration, precision_recall
from semeval_emo.text import as_sentences, plural
from semeval_emo.zoo.selection.epochs import row_unit

ACROSS = 3
POINTS = 160
LOSS = "loss"


@drawn
def training(
    name: str, runs: Sequence[tuple[str, Sequence[dict[str, Any]], int | None]], note: str = ""
) -> Plot | None:
    """Plot loss and metrics by epoch, on train and dev, with several runs in one plot.

    Models without epochs, such as linear ones, have a row for each setting that they were trained with. Settings and
    epochs have panels of their own, because their numbers have nothing in common.

    Args:
        runs: name, lines of ``metrics.jsonl`` and best epoch of each run.
        note: written below the plot, such as the runs that are left out.

    Returns:
        None if no run has two epochs or settings.
    """
    runs = sorted((run for run in runs if len(run[1]) > 1), key=lambda run: row_unit(run[1][0]))
    of_runs = [row_unit(rows[0]) for _, rows, _ in runs]
    units = " or ".join(dict.fromkeys(of_runs))
    panels: dict[tuple[str, str], dict[str, list[tuple[int, list[int], list[float]]]]] = {}
    for at, (_, rows, _) in enumerate(runs):
        for metric_name, split, epochs, values in _lines(rows):
            panels.setdefault((of_runs[at], metric_name), {}).setdefault(split, []).append((at, epochs, values))
    if not panels:
        return None
    across = min(2, len(panels))
    names, is_named = labels([name for name, _, _ in runs]), len(runs) > 1 or bool(note)
    heads = sum(one.count("\n") + 1 for one in names) if is_named else 1
    # Settings begin a row.
    of_unit = Counter(unit for unit, _ in panels)
    down = sum(math.ceil(count / across) for count in of_unit.values())
    figure, grid = canvas(WIDTH, 2.3 * down + 0.2 * heads, nrows=down, ncols=across, squeeze=False)
    slots, places = list(grid.flat), []
    for count in of_unit.values():
        places += slots[:count]
        used = across * math.ceil(count / across)
        for spare in slots[count:used]:
            spare.set_axis_off()
        slots = slots[used:]
    splits = list(dict.fromkeys(split for by_split in panels.values() for split in by_split))
    lines: dict[tuple[int, int], Any] = {}
    for axes, ((unit, metric_name), by_split) in zip(places, panels.items(), strict=True):
        for split, several in by_split.items():
            for at, epochs, values in several:
                # Settings have no order, so no line joins them.
                dash = DASHES[splits.index(split)] if unit == "epoch" else "none"
                style: dict[str, Any] = {"color": SERIES[at % len(SERIES)], "ls": dash, "clip_on": False}
                words = " ".join(part for part in (names[at] if is_named else "", split) if part)
                (line,) = axes.plot(epochs, values, marker=MARKERS[at % len(MARKERS)], ms=4, label=words, **style)
                lines.setdefault((at, splits.index(split)), line)
                kept = runs[at][2]
                if kept in epochs and split != "train":
                    # A ring around the best epoch.
                    axes.plot(kept, values[epochs.index(kept)], "o", ms=10, mfc="none", mec=style["color"], mew=1.4,
                              clip_on=False)  # fmt: skip
        axes.set_title(METRICS[metric_name].title if metric_name in METRICS else metric_name)
        axes.set_xlabel(unit)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    # A legend fills its columns one after the other, so each split gets a column.
    shown = [lines[key] for key in sorted(lines, key=lambda key: (key[1], key[0]))]
    columns = min(2, len(shown))
    figure.legend(handles=shown, loc="outside upper left", ncols=columns)
    about = "; ".join(
        f"{one}: {plural(len(rows), unit)}, best {kept}" for unit, (one, rows, kept) in zip(of_runs, runs, strict=True)
    )
    write_below(figure, note)
    return Plot(name, f"Training by {units}", as_sentences(about, note), figure, f"A ring marks the best {units}.")


def _lines(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str, list[int], list[float]]]:
    """Return every metric of every split by epoch; a loss without a split is that of train."""
    found: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
    for row in rows:
        values = {(LOSS, "train"): row.get(LOSS)}
        values |= {(f, split): v for split, inner in row.items() if isinstance(inner, dict) for f, v in inner.items()}
        for key, value in values.items():
            if isinstance(value, int | float) and math.isfinite(value):
                epochs, line = found.setdefault(key, ([], []))
                epochs.append(row["epoch"])
                line.append(float(value))
    return [(f, split, *line) for (f, split), line in found.items()]


def _multiples(count: int) -> tuple[Any, list[Any]]:
    """Return a grid of panels with the same axes; surplus panels are empty."""
    across = min(ACROSS, count)
    down = math.ceil(count / across)
    figure, grid = canvas(
        WIDTH * across / ACROSS, 1.95 * down, nrows=down, ncols=across, squeeze=False, sharex=True, sharey=True
    )
    panels = list(grid.flat)
    # Room for the heads at the upper edge, and below the tick labels of each row.
    figure.set_layout_engine("constrained", h_pad=0.07 if count == len(panels) else 0.1)
    for spare in panels[count:]:
        spare.set_axis_off()
    for axes in panels[:count]:
        if count < len(panels):
            # The panel above an empty one needs tick labels, and all rows are alike.
            axes.tick_params(labelbottom=True)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_aspect("equal")
        axes.grid()
        axes.title.set_fontsize(9.5)
    return figure, panels[:count]


def _head(axes: Any, emotion: str, words: str = "") -> None:
    """Write the name of a panel, and values in a line below it."""
    axes.set_title(emotion, pad=19)
    axes.annotate(words, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points", color=MUTED,
                  fontsize=SMALLEST)  # fmt: skip


@drawn
def precision_recall_curves(
    name: str, emotions: Sequence[str], gold: np.ndarray, probabilities: np.ndarray, predicted: np.ndarray
) -> Plot | None:
    """Plot precision against recall with the point of the predictions, one panel per emotion.

    Args:
        gold, predicted: shape (n, L), 0 or 1.
        probabilities: shape (n, L).
    """
    curves = [precision_recall(gold[:, i], probabilities[:, i]) for i in range(len(emotions))]
    if all(curve is None for curve in curves):
        return None
    figure, panels = _multiples(len(emotions))
    values = []
    for i, (axes, emotion, curve) in enumerate(zip(panels, emotions, curves, strict=True)):
        if curve is None:
            _head(axes, emotion)
            axes.text(0.5, 0.5, "none in gold", ha="center", color=MUTED)
            continue
        yes, right = predicted[:, i] > 0, (predicted[:, i] > 0) & (gold[:, i] > 0)
        chosen = _threshold(probabilities[:, i], yes) if yes.any() else None
        _head(axes, emotion, f"AP {curve.average:.3f}" + ("" if chosen is None else f", ≥ {chosen:.2f}"))
        values.append(f"{emotion} {curve.average:.3f}")
        axes.axhline(curve.prevalence, color=MUTED, lw=1, ls=(0, (4, 2)))
        # More points are not visible and make the page larger.
        some = np.unique(np.searchsorted(curve.recall, np.linspace(0, 1, POINTS)).clip(max=len(curve.recall) - 1))
        recall, precision = [0.0, *curve.recall[some]], [curve.precision[some[0]], *curve.precision[some]]
        axes.step(recall, precision, where="pre", color=ACCENT, lw=1.5)
        if yes.any():
            x, y = right.sum() / (gold[:, i] > 0).sum(), right.sum() / yes.sum()
            axes.plot(x, y, "o", ms=7, color=WARM, zorder=4, clip_on=False)
    figure.supxlabel("recall", color=MUTED, fontsize=9.5)
    figure.supylabel("precision", color=MUTED, fontsize=9.5)
    about = as_sentences(f"Average precision: {', '.join(values)}")
    note = (
        "AP: average precision. The dot is the prediction, at the threshold after ≥. "
        "The dashed line is a random classifier."
    )
    return Plot(name, "Precision against recall", about, figure, note)


def _threshold(probabilities: np.ndarray, yes: np.ndarray) -> float | None:
    """Return the threshold that labels imply, between the highest negative and the lowest positive."""
    if yes.all():
        return float(probabilities.min())
    above, below = float(probabilities[yes].min()), float(probabilities[~yes].max())
    return (above + below) / 2 if above >= below else None


@drawn
def calibration_curves(name: str, emotions: Sequence[str], gold: np.ndarray, probabilities: np.ndarray) -> Plot | None:
    """Plot the share of positives against the predicted probability, one panel per emotion.

    Args:
        gold: shape (n, L), 0 or 1.
        probabilities: shape (n, L).
    """
    figure, panels = _multiples(len(emotions))
    values = []
    for i, (axes, emotion) in enumerate(zip(panels, emotions, strict=True)):
        found = calibration(gold[:, i], probabilities[:, i])
        axes.plot([0, 1], [0, 1], color=MUTED, lw=1, ls=(0, (4, 2)))
        shares = found.counts / found.counts.max()
        # Number of texts at each probability.
        axes.vlines(found.predicted, 0, 0.18 * shares, color=MUTED, alpha=SOLID, lw=7)
        axes.plot(found.predicted, found.observed, marker="o", ms=4.5, color=ACCENT, lw=1.5, clip_on=False)
        _head(axes, emotion, f"ECE {found.error:.3f}")
        values.append(f"{emotion} {found.error:.3f}")
    figure.supxlabel("predicted probability", color=MUTED, fontsize=9.5)
    figure.supylabel("share of positives", color=MUTED, fontsize=9.5)
    about = f"Expected calibration error: {', '.join(values)}."
    note = (
        "ECE: expected calibration error. On the dashed line, probabilities are the observed frequencies. "
        "Grey bars: number of texts."
    )
    return Plot(name, "Calibration", about, figure, note)


@drawn
def threshold_curves(
    name: str, emotions: Sequence[str], gold: np.ndarray, probabilities: np.ndarray, predicted: np.ndarray
) -> Plot | None:
    """Plot F1 against the threshold with the one of the predictions, one panel per emotion.

    Args:
        gold, predicted: shape (n, L), 0 or 1.
        probabilities: shape (n, L).
    """
    steps = np.linspace(0, 1, 101)
    figure, panels = _multiples(len(emotions))
    values = []
    for i, (axes, emotion) in enumerate(zip(panels, emotions, strict=True)):
        truth = gold[:, i] > 0
        axes.plot(steps, [_f1(truth, probabilities[:, i] >= step) for step in steps], color=ACCENT, lw=1.5)
        yes = predicted[:, i] > 0
        chosen = _threshold(probabilities[:, i], yes) if yes.any() else None
        if chosen is None:
            _head(axes, emotion, "no single threshold")
            continue
        score = _f1(truth, yes)
        axes.axvline(chosen, color=MUTED, lw=1, ls=(0, (4, 2)))
        axes.plot(chosen, score, "o", ms=7, color=WARM, zorder=4, clip_on=False)
        _head(axes, emotion, f"F1 {score:.3f} at {chosen:.2f}")
        values.append(f"{emotion} {score:.3f} at {chosen:.2f}")
    figure.supxlabel("threshold", color=MUTED, fontsize=9.5)
    figure.supylabel("F1", color=MUTED, fontsize=9.5)
    note = "The dot is the prediction; the curve is that of these texts, not of dev."
    return Plot(name, "F1 by threshold", as_sentences(", ".join(values)), figure, note)


def _f1(gold: np.ndarray, predicted: np.ndarray) -> float:
    """Return F1 of two arrays of shape (n,), 0 where it is undefined."""
    total = int(gold.sum()) + int(predicted.sum())
    return 2 * int((gold & predicted).sum()) / total if total else 0.0
