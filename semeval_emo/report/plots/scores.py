"""Plots of scores: per emotion, on the leaderboard, by language and system, over the languages of a board."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from semeval_emo.leaderboard import Leaderboard, Placement, ScoreRow
from semeval_emo.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MOST_COLOURS,
    MUTED,
    REFERENCE,
    SERIES,
    SMALLEST,
    SOLID,
    WIDTH,
    Plot,
    canvas,
    drawn,
    intervals_note,
    labels,
    marker,
    rule_lines,
)  # fmt: skip
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.resampling import LEVEL
from semeval_emo.task import LABEL_NOUN, Task, shown_track
from semeval_emo.text import as_sentences, plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Panels of emotions in a row.
ACROSS = 6
# Share of the width of a plot that two labels need.
CLOSE = 0.22
# Lower edge of the row of known scores in a plot of ranks, and the upper end of its ticks.
KNOWN_ROW, TICK_TOP = -0.7, 0.45


@drawn
def emotion_bars(
    name: str,
    emotions: Sequence[str],
    systems: Sequence[tuple[str, Sequence[Interval]]],
    metric_title: str,
    noun: str = LABEL_NOUN,
    level: float = LEVEL,
) -> Plot | None:
    """Plot the score of each emotion with its interval: a bar for one system, points for several, panels for many.

    Args:
        noun: what the task calls a label.
        level: of the intervals.
    """
    about = "; ".join(
        f"{system}: " + ", ".join(f"{e} {one.value:.3f}" for e, one in zip(emotions, scores, strict=True))
        for system, scores in systems
    )
    about, title = as_sentences(about), f"{metric_title} of each {noun}"
    if len(systems) > MOST_COLOURS:
        return Plot(name, title, about, _panels(emotions, systems, metric_title), intervals_note(level))
    height = 0.55 + len(emotions) * (0.36 + 0.11 * (len(systems) - 1))
    names = labels([system for system, _ in systems])
    lines = sum(one.count("\n") + 1 for one in names) if len(systems) > 1 else 0
    figure, axes = canvas(WIDTH, height + 0.17 * lines)
    rows = np.arange(len(emotions))[::-1]
    step = 0.7 / max(len(systems), 1)
    for at, (_, scores) in enumerate(systems):
        values = np.array([one.value for one in scores])
        ends = np.array([[one.value - one.low for one in scores], [one.high - one.value for one in scores]])
        ends = np.nan_to_num(np.maximum(ends, 0))
        style = marker(at)
        colour = style["color"]
        if len(systems) == 1:
            axes.barh(rows, values, height=0.56, color=colour, alpha=0.28, linewidth=0)
        places = rows + (0 if len(systems) == 1 else step * ((len(systems) - 1) / 2 - at))
        axes.errorbar(values, places, xerr=ends, ls="none", ms=5, elinewidth=1.6, capsize=0, label=names[at], **style)
        if len(systems) == 1:
            for value, place, end in zip(values, places, values + ends[1], strict=True):
                axes.annotate(f"{value:.3f}", (end, place), (7, 0), textcoords="offset points", va="center", color=INK)
    axes.set_yticks(rows, emotions, color=INK, fontsize=10)
    low = min(0.0, *(one.low for _, scores in systems for one in scores if one.low == one.low))
    axes.set_xlim(low - 0.015, 1.06 if len(systems) == 1 else 1.0)
    axes.set_xticks([tick for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0) if tick >= low])
    axes.set_ylim(-0.6, len(emotions) - 0.4)
    axes.set_xlabel(metric_title)
    rule_lines(axes, "x")
    if len(systems) > 1:
        figure.legend(
            loc="outside upper left",
            ncols=1 if max(map(len, names)) > 14 else 3,
            handletextpad=0.2,
        )
    return Plot(name, title, about, figure, intervals_note(level))


def _panels(emotions: Sequence[str], systems: Sequence[tuple[str, Sequence[Interval]]], metric_title: str) -> Figure:
    """Return a figure with a panel for each emotion and a row for each system."""
    across = min(ACROSS, len(emotions))
    down = math.ceil(len(emotions) / across)
    names = labels([system for system, _ in systems])
    lines = max(one.count("\n") + 1 for one in names)
    height = down * (0.6 + max(0.2, 0.17 * lines) * len(systems))
    width = 1.9 + 1.05 * across
    figure, grid = canvas(width, height, nrows=down, ncols=across, squeeze=False, sharex=True, sharey=True)
    rows = np.arange(len(systems))[::-1]
    for spare in list(grid.flat)[len(emotions) :]:
        spare.set_axis_off()
    every = [end for _, scores in systems for one in scores for end in (one.low, one.value, one.high) if end == end]
    for at, (axes, emotion) in enumerate(zip(grid.flat, emotions, strict=False)):
        for place, (_, scores) in zip(rows, systems, strict=True):
            one = scores[at]
            axes.plot([one.low, one.high], [place] * 2, color=ACCENT, lw=1.6, solid_capstyle="round")
            axes.plot(one.value, place, "o", ms=4.5, color=ACCENT)
        axes.set_title(emotion)
        axes.set_yticks(rows, names, color=INK)
        axes.set_ylim(-0.6, len(systems) - 0.4)
        axes.set_xlim(min(every) - 0.03, max(every) + 0.03)
        axes.xaxis.set_major_locator(_ticks())
        # Tick labels of a full grid are below it; otherwise each panel has them, so that the rows are alike.
        axes.tick_params(labelbottom=len(emotions) < across * down or at + across >= len(emotions))
        axes.grid()
        axes.spines["left"].set_visible(False)
    figure.supxlabel(metric_title, color=MUTED, fontsize=9.5)
    return figure


def _ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(3, steps=[1, 2, 5, 10])


@drawn
def position(
    name: str, board: Leaderboard, placed: Placement, ours: Sequence[tuple[str, Interval]], level: float = LEVEL
) -> Plot | None:
    """Plot the scores of our systems among the known scores of a list, with intervals, baseline and rank 1."""
    at = placed.at
    rows = [
        row
        for row in board.filter(
            track=at.track, language=at.language, among=placed.among.key, release=at.release, split=at.split,
            metric=at.metric,
        )
        if row.usable and row.kind != "baseline"
    ]  # fmt: skip
    named: list[tuple[str, ScoreRow | None]] = [("rank 1" if placed.among.ranked else "best known", placed.leader)]
    named.append(("baseline", placed.baseline))
    names = labels([system for system, _ in ours])
    lines_of_names = max((one.count("\n") + 1 for one in names), default=1)
    figure, axes = canvas(WIDTH, 1.0 + max(0.36, 0.17 * lines_of_names) * (len(ours) + 1))
    scores = np.array([row.score for row in rows], float)
    axes.plot(scores, np.zeros(len(scores)), "|", ms=15, mew=1.4, color=MUTED, zorder=2)
    lines = [(words, row) for words, row in named if row is not None and row.score is not None]
    lines.sort(key=lambda line: line[1].score or 0.0)
    every = [*scores, *(row.score for _, row in lines), *(end for _, one in ours for end in (one.low, one.high))]
    every = [end for end in (*every, *(one.value for _, one in ours)) if end == end]
    reach = max(every) - min(every)
    # The labels of two close lines are on opposite sides.
    close = len(lines) == 2 and (lines[1][1].score or 0.0) - (lines[0][1].score or 0.0) < CLOSE * reach
    height = len(ours) + 0.6
    for at_line, (words, row) in enumerate(lines):
        # Rank 1 is one of the known scores: its line ends above the tick.
        low = KNOWN_ROW if words == "baseline" else TICK_TOP
        axes.vlines(row.score or 0.0, low, height, color=REFERENCE, lw=1.2, ls=[(0, (4, 2))], zorder=1)
        axes.annotate(
            f"{words}\n{row.score_text}", (row.score or 0.0, len(ours) + 0.55), (0, 2), textcoords="offset points",
            ha=("right", "left")[at_line] if close else "center", va="bottom", color=REFERENCE, fontsize=SMALLEST,
        )  # fmt: skip
    for place, (_, one) in enumerate(reversed(ours), start=1):
        colour = SERIES[len(ours) - place] if len(ours) <= MOST_COLOURS else ACCENT
        if one.low == one.low:
            axes.plot([one.low, one.high], [place, place], color=colour, lw=2.2, solid_capstyle="round")
        axes.plot(one.value, place, "o", ms=7.5, color=colour)
        axes.text(1.015, place, f"{one.value:.4f}", transform=axes.get_yaxis_transform(), va="center", color=INK)
    count = plural(len(rows), "known score")
    axes.set_yticks(range(len(ours) + 1), [count, *reversed(names)], color=INK)
    axes.set_ylim(KNOWN_ROW, height)
    margin = max(0.02, 0.08 * reach)
    axes.set_xlim(min(every) - margin, max(every) + margin)
    axes.set_xlabel(f"{METRICS[at.metric].title if at.metric in METRICS else at.metric}, {placed.among.title}")
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    values = "; ".join(f"{system} {one.value:.4f}" for system, one in ours)
    about = as_sentences(f"Rank {placed.rank}" if placed.rank else "", f"{values}; {count}")
    return Plot(name, f"Among the known scores of the {placed.among.title}", about, figure, intervals_note(level))


@drawn
def language_dots(
    name: str,
    languages: Sequence[str],
    systems: Sequence[tuple[str, Sequence[Interval | None]]],
    metric_title: str,
    known: Sequence[tuple[float | None, float | None]] = (),
    level: float = LEVEL,
) -> Plot | None:
    """Plot the score of each language with its interval, the baseline and rank 1, from high to low.

    Args:
        systems: name and scores of each system, one for each language; None where there is none. The first ones have
            colours and intervals; the others are small grey dots, which are in `matrices.language_scores` by name.
        known: baseline and rank 1 of each language; empty if none is known.
        level: of the intervals.
    """
    best = [max((one.value for _, row in systems if (one := row[at]) and one.value == one.value), default=-2.0)
            for at in range(len(languages))]  # fmt: skip
    if not languages or max(best) < -1:
        return None
    # The best language is at the top.
    order = sorted(range(len(languages)), key=lambda at: best[at])
    others, systems = systems[MOST_COLOURS:], systems[:MOST_COLOURS]
    names = labels([system for system, _ in systems])
    step = 0.8 / max(len(systems), 1)
    heads = sum(one.count("\n") + 1 for one in names) if len(systems) > 1 else 0
    figure, axes = canvas(WIDTH, 1.1 + len(languages) * max(0.22, 0.1 * len(systems)) + 0.17 * heads)
    for at, (_, row) in enumerate(systems):
        style, shift = marker(at), step * ((len(systems) - 1) / 2 - at)
        dots = [(one, place + shift) for place, i in enumerate(order) if (one := row[i]) and one.value == one.value]
        for one, place in dots:
            if one.low == one.low:
                axes.plot([one.low, one.high], [place] * 2, color=style["color"], lw=1.6, solid_capstyle="round")
        axes.plot([one.value for one, _ in dots], [place for _, place in dots], ls="none", ms=5.5, zorder=4,
                  label=names[at], **style)  # fmt: skip
        if len(systems) == 1:
            for one, place in dots:
                axes.text(1.015, place, f"{one.value:.3f}", transform=axes.get_yaxis_transform(), va="center",
                          color=INK, fontsize=SMALLEST)  # fmt: skip
    rest = [(one.value, place) for _, row in others for place, i in enumerate(order) if (one := row[i])]
    if rest:
        axes.plot(*zip(*rest, strict=True), ".", ms=4, color=MUTED, alpha=SOLID, zorder=1,
                  label=plural(len(others), "other system"))  # fmt: skip
    for which, words, shape in ((0, "baseline", {"marker": "D", "mfc": "none", "color": REFERENCE}),
                                (1, "rank 1", {"marker": "|", "ms": 11, "mew": 2, "color": REFERENCE})):  # fmt: skip
        shown = [(known[i][which], place) for place, i in enumerate(order) if known and known[i][which] is not None]
        if shown:
            axes.plot(*zip(*shown, strict=True), ls="none", label=words, zorder=5, **{"ms": 5, **shape})
    if len(systems) > 1:
        # Lines between the languages, because each has several rows of dots.
        for place in range(len(languages) - 1):
            axes.axhline(place + 0.5, color=FAINT, lw=0.8)
    axes.set_yticks(range(len(languages)), [languages[i] for i in order], color=INK)
    axes.set_ylim(-0.7, len(languages) - 0.3)
    axes.set_xlabel(metric_title)
    rule_lines(axes, "x")
    figure.legend(loc="outside upper left", ncols=1 if max(map(len, names)) > 14 else 3, handletextpad=0.2)
    about = f"{len(languages)} languages, {plural(len(systems) + len(others), 'system')}."
    return Plot(name, f"{metric_title} of each language", about, figure, intervals_note(level))


@drawn
def board_range(name: str, board: Leaderboard, track: str, task: Task) -> Plot | None:
    """Plot the range from the baseline to rank 1 for each language of a track, on the default list."""
    chosen = task.track(track)
    rows = board.filter(track=track, among=board.default_list, release=task.default_release, split="test")
    lines = []
    for code, language in task.languages.items():
        here = [r for r in rows if r.language == code and r.metric == chosen.metric and r.usable]
        base = next((row.score for row in here if row.kind == "baseline"), None)
        top = next((row.score for row in here if row.rank == 1), None)
        rest = [row.score for row in here if row.kind != "baseline" and row.rank != 1]
        if top is not None or base is not None:
            lines.append((language.name, base, top, rest))
    if not lines:
        return None
    lines.sort(key=lambda line: (line[2] if line[2] is not None else line[1]) or 0.0)
    figure, axes = canvas(WIDTH, 0.9 + 0.23 * len(lines))
    for at, (_, base, top, rest) in enumerate(lines):
        if base is not None and top is not None:
            axes.plot([base, top], [at, at], color=MUTED, alpha=SOLID, lw=1.2, solid_capstyle="round", zorder=1)
        axes.plot(rest, [at] * len(rest), "|", ms=8, color=MUTED, zorder=2, label="other known" if rest else "")
        if base is not None:
            axes.plot(base, at, "D", ms=5, color=REFERENCE, zorder=3, label="baseline")
        if top is not None:
            axes.plot(top, at, "o", ms=6.5, color=ACCENT, zorder=3, label="rank 1")
    axes.set_yticks(range(len(lines)), [line[0] for line in lines], color=INK)
    axes.set_ylim(-0.7, len(lines) - 0.3)
    axes.set_xlabel(METRICS[chosen.metric].title)
    rule_lines(axes, "x")
    handles, words = axes.get_legend_handles_labels()
    once = dict(zip(words, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside upper right", ncols=3, handletextpad=0.2)
    about = f"{len(lines)} languages of track {shown_track(track)}."
    return Plot(name, f"Track {shown_track(track)}: from the baseline to rank 1", about, figure)
