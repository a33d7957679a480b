"""Plots of scores: per emotion, on the leaderboard, by language and system, over the languages of a board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeval_emo.leaderboard import Leaderboard, Placement, ScoreRow
from semeval_emo.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MARKERS,
    MUTED,
    RULE,
    SERIES,
    WARM,
    Plot,
    canvas,
    drawn,
    rule_lines,
    write_below,
)  # fmt: skip
from semeval_emo.report.table import clean
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import LABEL_NOUN, Task, shown_track
from semeval_emo.text import as_sentences, plural

LONGEST = 38
# Share of the width of a plot that two labels need.
CLOSE = 0.22


def label(name: str) -> str:
    """Return a name for a plot, without control characters and shortened."""
    shown = clean(name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 3]}…{shown[-(2 * LONGEST // 3 - 1) :]}"


@drawn
def emotion_bars(
    name: str,
    emotions: Sequence[str],
    systems: Sequence[tuple[str, Sequence[Interval]]],
    metric_title: str,
    note: str = "",
    noun: str = LABEL_NOUN,
) -> Plot | None:
    """Plot the score of each emotion with its interval: a bar for one system, points for several.

    Args:
        note: written below the plot, such as the systems that are left out.
        noun: what the task calls a label.
    """
    height = 0.55 + len(emotions) * (0.36 + 0.11 * (len(systems) - 1))
    figure, axes = canvas(5.4, height + 0.2 * (len(systems) if len(systems) > 1 else 0))
    rows = np.arange(len(emotions))[::-1]
    step = 0.7 / max(len(systems), 1)
    for at, (system, scores) in enumerate(systems):
        values = np.array([one.value for one in scores])
        ends = np.array([[one.value - one.low for one in scores], [one.high - one.value for one in scores]])
        ends = np.nan_to_num(np.maximum(ends, 0))
        colour = SERIES[at % len(SERIES)]
        if len(systems) == 1:
            axes.barh(rows, values, height=0.56, color=colour, alpha=0.28, linewidth=0)
        places = rows + (0 if len(systems) == 1 else step * ((len(systems) - 1) / 2 - at))
        axes.errorbar(
            values, places, xerr=ends, fmt=MARKERS[at % len(MARKERS)], color=colour, ms=5, elinewidth=1.6, capsize=0,
            label=label(system),
        )  # fmt: skip
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
            ncols=1 if max(len(label(one)) for one, _ in systems) > 24 else 3,
            handletextpad=0.2,
        )
    about = "; ".join(
        f"{system}: " + ", ".join(f"{e} {one.value:.3f}" for e, one in zip(emotions, scores, strict=True))
        for system, scores in systems
    )
    write_below(figure, note)
    return Plot(name, f"{metric_title} of each {noun}", as_sentences(about, "Lines show intervals", note), figure)


@drawn
def position(
    name: str, board: Leaderboard, placed: Placement, ours: Sequence[tuple[str, Interval]], note: str = ""
) -> Plot | None:
    """Plot the scores of our systems among the known scores of a list, with intervals, baseline and rank 1.

    Args:
        note: written below the plot, such as the systems that are left out.
    """
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
    figure, axes = canvas(5.4, 1.0 + 0.36 * (len(ours) + 1))
    scores = np.array([row.score for row in rows], float)
    axes.plot(scores, np.zeros(len(scores)), "|", ms=15, mew=1.4, color=MUTED, zorder=2)
    lines = [(words, row) for words, row in named if row is not None and row.score is not None]
    lines.sort(key=lambda line: line[1].score or 0.0)
    every = [*scores, *(row.score for _, row in lines), *(end for _, one in ours for end in (one.low, one.high))]
    every = [end for end in (*every, *(one.value for _, one in ours)) if end == end]
    reach = max(every) - min(every)
    # The labels of two close lines are on opposite sides.
    close = len(lines) == 2 and (lines[1][1].score or 0.0) - (lines[0][1].score or 0.0) < CLOSE * reach
    for at_line, (words, row) in enumerate(lines):
        colour = WARM if words == "baseline" else MUTED
        axes.axvline(row.score or 0.0, color=colour, lw=1.2, ls=(0, (4, 2)), zorder=1)
        axes.annotate(
            f"{words}\n{row.score_text}", (row.score or 0.0, len(ours) + 0.55), (0, 2), textcoords="offset points",
            ha=("right", "left")[at_line] if close else "center", va="bottom", color=colour, fontsize=9,
        )  # fmt: skip
    for place, (_, one) in enumerate(reversed(ours), start=1):
        colour = SERIES[(len(ours) - place) % len(SERIES)]
        if one.low == one.low:
            axes.plot([one.low, one.high], [place, place], color=colour, lw=2.2, solid_capstyle="round")
        axes.plot(one.value, place, "o", ms=7.5, color=colour)
        axes.text(1.015, place, f"{one.value:.4f}", transform=axes.get_yaxis_transform(), va="center", color=INK)
    count = plural(len(rows), "known score")
    names = [count, *(label(system) for system, _ in reversed(ours))]
    axes.set_yticks(range(len(names)), names, color=INK)
    axes.set_ylim(-0.7, len(ours) + 0.6)
    margin = max(0.02, 0.08 * reach)
    axes.set_xlim(min(every) - margin, max(every) + margin)
    axes.set_xlabel(f"{METRICS[at.metric].title if at.metric in METRICS else at.metric}, {placed.among.title}")
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    write_below(figure, note)
    values = "; ".join(f"{system} {one.value:.4f}" for system, one in ours)
    about = as_sentences(f"Rank {placed.rank}" if placed.rank else "", f"{values}; {count}", note)
    return Plot(name, f"Among the known scores of the {placed.among.title}", about, figure)


@drawn
def heat_map(
    name: str, languages: Sequence[str], systems: Sequence[str], values: np.ndarray, metric_title: str
) -> Plot | None:
    """Plot scores by language and system, as numbers and shades.

    Args:
        values: shape (languages, systems); nan where there is none.
    """
    from matplotlib import colormaps

    known = values[~np.isnan(values)]
    if not known.size:
        return None
    low, high = float(known.min()), float(known.max())
    shades = colormaps["cividis"]
    wide = 1.7 + max(0.62, min(1.6, 5.2 / len(systems))) * len(systems)
    figure, axes = canvas(max(3.4, wide), 0.9 + 0.27 * len(languages))
    from matplotlib.patches import Rectangle

    for i, j in np.ndindex(values.shape):
        value = values[i, j]
        if np.isnan(value):
            axes.add_patch(Rectangle((j, i), 0.97, 0.94, facecolor=FAINT, linewidth=0))
            axes.text(j + 0.485, i + 0.49, "–", ha="center", va="center", color=MUTED)
            continue
        red, green, blue, _ = shades((value - low) / (high - low) if high > low else 1.0)
        # Black or white text, by contrast: relative luminance as in WCAG 2.
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
        light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        axes.add_patch(Rectangle((j, i), 0.97, 0.94, facecolor=(red, green, blue), linewidth=0))
        ink = "#000000" if light > 0.179 else "#ffffff"
        axes.text(j + 0.485, i + 0.49, f"{value:.3f}", ha="center", va="center", color=ink, fontsize=8.5)
    axes.set_xlim(0, len(systems))
    axes.set_ylim(len(languages), 0)
    turned: dict[str, Any] = {"rotation": 30, "ha": "left", "rotation_mode": "anchor"} if len(systems) > 1 else {}
    axes.set_xticks(np.arange(len(systems)) + 0.485, [label(s) for s in systems], color=INK, **turned)
    axes.xaxis.tick_top()
    axes.set_yticks(np.arange(len(languages)) + 0.49, languages, color=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    about = f"{len(languages)} languages by {len(systems)} systems, from {low:.3f} to {high:.3f}."
    return Plot(name, f"{metric_title} by language and system", about, figure)


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
            lines.append((f"{language.name}  {code}", base, top, rest))
    if not lines:
        return None
    lines.sort(key=lambda line: (line[2] if line[2] is not None else line[1]) or 0.0)
    figure, axes = canvas(5.4, 0.9 + 0.23 * len(lines))
    for at, (_, base, top, rest) in enumerate(lines):
        if base is not None and top is not None:
            axes.plot([base, top], [at, at], color=RULE, lw=2.4, solid_capstyle="round", zorder=1)
        axes.plot(rest, [at] * len(rest), "|", ms=8, color=MUTED, zorder=2, label="other known" if rest else "")
        if base is not None:
            axes.plot(base, at, "D", ms=5, color=WARM, zorder=3, label="baseline")
        if top is not None:
            axes.plot(top, at, "o", ms=6.5, color=ACCENT, zorder=3, label="rank 1")
    axes.set_yticks(range(len(lines)), [line[0] for line in lines], color=INK)
    axes.set_ylim(-0.7, len(lines) - 0.3)
    axes.set_xlabel(METRICS[chosen.metric].title)
    rule_lines(axes, "x")
    handles, words = axes.get_legend_handles_labels()
    once = dict(zip(words, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside upper right", ncols=3, handletextpad=0.2)
    about = f"{len(lines)} languages of track {shown_track(track)}; other known scores are short lines."
    return Plot(name, f"Track {shown_track(track)}: from the baseline to rank 1", about, figure)
