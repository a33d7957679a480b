"""Plots of counts: labels together in gold and predictions, p-values of pairs, numbers of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeval_emo.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    SMALLEST,
    SOLID,
    WIDTH,
    Plot,
    canvas,
    drawn,
    label,
    labels,
    rule_lines,
)  # fmt: skip
from semeval_emo.task import LABEL_NOUN

NONE = "none"
# Matrices of more systems leave out the zero before the decimal point.
MANY = 12
# Opacity of the darkest cell: text on it is readable in the light and the dark theme.
DARKEST = 0.42


@drawn
def co_occurrence(
    name: str,
    emotions: Sequence[str],
    gold: np.ndarray,
    predicted: np.ndarray,
    noun: str = LABEL_NOUN,
    empty: str = NONE,
) -> Plot | None:
    """Plot the share of the texts with a gold label that have each predicted label, as a heat map.

    Args:
        gold, predicted: shape (n, L); a label is present where it is above 0.
        noun: what the task calls a label.
        empty: what a text without labels is called.
    """
    rows, columns = _with_none(gold > 0), _with_none(predicted > 0)
    if not len(rows):
        return None
    counts = rows.T.astype(int) @ columns.astype(int)
    totals = rows.sum(axis=0)
    names = [*emotions, empty]
    wide = 1.15 + 0.36 * len(names)
    figure, axes = canvas(max(WIDTH, wide), 1.35 + 0.3 * len(names))
    for i, j in np.ndindex(counts.shape):
        share = counts[i, j] / totals[i] if totals[i] else float("nan")
        _cell(axes, i, j, "–" if share != share else f"{100 * share:.0f}", 0.0 if share != share else share)
    _frame(axes, [f"{one} ({total:,})" for one, total in zip(names, totals, strict=True)], names)
    axes.set_xlabel(f"predicted {noun}")
    axes.set_ylabel(f"gold {noun} (texts)")
    note = (
        f"Percent of the texts with a gold {noun} that have each predicted one; a text can have several. "
        "The diagonal is recall."
    )
    about = f"{len(names)} by {len(names)} cells."
    return Plot(name, f"Gold by predicted {noun}, % of texts", about, figure, note)


def _with_none(labels_of: np.ndarray) -> np.ndarray:
    """Return labels of shape (n, L) with a last column that is set where no label is."""
    return np.column_stack([labels_of, ~labels_of.any(axis=1)])


@drawn
def p_values(
    name: str, systems: Sequence[tuple[str, str]], pairs: dict[tuple[str, str], tuple[str, bool]], note: str
) -> Plot | None:
    """Plot the corrected p-value of each pair of systems, the significant ones shaded.

    Args:
        systems: letter and name of each system, the best first.
        pairs: p-value in words, and whether it is significant, by the letters of the pair.
        note: the test and its correction.
    """
    if len(systems) < 2:
        return None
    letters = [letter for letter, _ in systems]
    names = [f"{letter}  {one}" for letter, one in zip(letters, labels([n for _, n in systems]), strict=True)]
    lines = max(one.count("\n") + 1 for one in names)
    longest = max(len(line) for one in names for line in one.split("\n"))
    many = len(systems) > MANY
    size = 0.4 if many else 0.52
    figure, axes = canvas(max(WIDTH, 0.5 + 0.075 * longest + size * len(systems)),
                          0.9 + max(0.3, 0.19 * lines) * len(systems))  # fmt: skip
    for i, first in enumerate(letters):
        for j, second in enumerate(letters):
            words, significant = pairs.get((first, second)) or pairs.get((second, first)) or ("", False)
            _cell(axes, i, j, words.replace("0.", ".") if many else words, 1.0 if significant else 0.0)
    _frame(axes, names, letters)
    about = f"{len(pairs)} pairs of {len(systems)} systems."
    return Plot(name, "p-values of all pairs", about, figure, f"{note} Shaded: significant.")


@drawn
def language_scores(
    name: str, languages: Sequence[str], columns: Sequence[str], values: np.ndarray, title: str, note: str
) -> Plot | None:
    """Plot the scores of languages as a heat map.

    Args:
        columns: names of systems or emotions.
        values: shape (languages, columns); nan where there is no score.
    """
    if not values.size or np.isnan(values).all():
        return None
    names = labels(list(columns))
    height = 1.0 if max(map(len, names)) > 3 else 0.6
    longest = max(map(len, languages))
    figure, axes = canvas(max(WIDTH, 0.3 + 0.075 * longest + 0.42 * len(names)), height + 0.25 * len(languages))
    for i, j in np.ndindex(values.shape):
        score = float(values[i, j])
        _cell(axes, i, j, "–" if score != score else f"{score:.2f}", 0.0 if score != score else max(score, 0.0))
    _frame(axes, languages, names)
    return Plot(name, title, f"{len(languages)} languages by {len(names)} columns.", figure, note)


@drawn
def label_counts(name: str, gold: np.ndarray, predicted: np.ndarray, noun: str = LABEL_NOUN) -> Plot | None:
    """Plot how many texts have 0, 1, 2, ... labels, in gold and in the predictions.

    Args:
        gold, predicted: shape (n, L); a label is present where it is above 0.
        noun: what the task calls a label.
    """
    both = [(words, (one > 0).sum(axis=1)) for words, one in (("gold", gold), ("predicted", predicted))]
    if not len(gold):
        return None
    most = int(max(counts.max() for _, counts in both))
    places = np.arange(most + 1)[::-1]
    figure, axes = canvas(WIDTH, 0.9 + 0.42 * (most + 1))
    sides = {"gold": (0.2, MUTED, SOLID), "predicted": (-0.2, ACCENT, 0.8)}
    for words, counts in both:
        shift, colour, alpha = sides[words]
        bars = np.bincount(counts, minlength=most + 1)
        axes.barh(places + shift, bars, height=0.38, color=colour, alpha=alpha, linewidth=0, label=words)
        for place, length in zip(places + shift, bars, strict=True):
            axes.annotate(f"{length:,}", (length, place), (4, 0), textcoords="offset points", va="center",
                          color=INK, fontsize=SMALLEST)  # fmt: skip
    axes.set_yticks(places, list(map(str, range(most + 1))), color=INK)
    axes.margins(x=0.12)
    axes.set_ylabel(f"number of {noun}s")
    axes.set_xlabel("texts")
    axes.xaxis.set_major_locator(_few_ticks())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    rule_lines(axes, "x")
    figure.legend(loc="outside upper left", ncols=2)
    means = {words: counts.mean() for words, counts in both}
    note = f"Mean number of {noun}s: {means['gold']:.2f} in gold, {means['predicted']:.2f} predicted."
    about = "; ".join(f"{words}: {', '.join(map(str, np.bincount(counts)))} texts" for words, counts in both)
    return Plot(name, f"Number of {noun}s of a text", f"{about}.", figure, note)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5, integer=True)


def _cell(axes: Any, row: int, column: int, words: str, share: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((column, row), 0.96, 0.92, facecolor=FAINT, linewidth=0))
    if share > 0:
        axes.add_patch(Rectangle((column, row), 0.96, 0.92, facecolor=ACCENT, alpha=DARKEST * share, linewidth=0))
    axes.text(column + 0.48, row + 0.46, words, ha="center", va="center", color=INK, fontsize=SMALLEST)


def _frame(axes: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Name the rows and columns of cells."""
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    turned: dict[str, Any] = (
        {"rotation": 40, "ha": "left", "rotation_mode": "anchor"} if max(map(len, columns)) > 3 else {}
    )
    axes.set_xticks(np.arange(len(columns)) + 0.48, [label(one) for one in columns], color=INK, **turned)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("bottom")
    axes.set_yticks(np.arange(len(rows)) + 0.46, list(rows), color=INK, linespacing=1.3)
    for spine in axes.spines.values():
        spine.set_visible(False)
