"""Plots of results: each function takes results and returns a figure of matplotlib.

Needs the extra ``plots``. A notebook shows the figure; ``figure.savefig("scores.pdf")`` writes it. The style is that of
the report page, whatever the settings of matplotlib are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.report.analysis import names_of
from semeval_emo.report.plots import curves, matrices, scores
from semeval_emo.report.plots.selection import emotion_metric, pairs_of_systems, whole_interval
from semeval_emo.report.plots.style import Plot, require_matplotlib
from semeval_emo.scoring import Comparison, Scorecard, Scores
from semeval_emo.scoring.analysis import pair_of
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorer import task_of
from semeval_emo.scoring.systems import short_names
from semeval_emo.submission import Probabilities
from semeval_emo.tables.frames import kind_of
from semeval_emo.zoo.runs.folder import read_metrics
from semeval_emo.zoo.runs.state import read_state
from semeval_emo.zoo.training.result import RunResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "calibration",
    "co_occurrence",
    "emotions",
    "label_counts",
    "languages",
    "p_values",
    "precision_recall",
    "rank",
    "thresholds",
    "training",
]


def emotions(result: Scores | Scorecard | Comparison) -> Figure:
    """Plot the score of each emotion: bars for one file, points for several or for a comparison.

    Args:
        result: of `score` or `compare`. Lines show confidence intervals where there are any.

    Raises:
        UsageError: the scores are of several languages or have different emotions.
        InputError: it is something else.
        MissingExtra: matplotlib is not installed.

    >>> from semeval_emo import score
    >>> figure = emotions(score([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"]))
    >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    ['joy', 'fear']
    """
    require_matplotlib("Drawing plots")
    if isinstance(result, Comparison):
        standings = result.lead.standings
        if not all(own.emotions for own in standings):
            raise UsageError("The comparison has no scores of emotions.", "compare(..., per_emotion=True)")
        names = tuple(standings[0].emotions)
        bars = [(own.name, list(own.emotions.values())) for own in standings]
        title = "Pearson r" if result.metric == "pearson" else "F1"
        return _figure(scores.emotion_bars("emotions", names, bars, title, noun=result.label_noun))
    cards = _cards(result)
    names, noun = cards[0].spec.emotions, cards[0].spec.label_noun
    if any(card.spec.emotions != names for card in cards):
        raise UsageError(f"The files have different {noun}s.", "plot one language or one file at a time")
    metric = emotion_metric(cards[0])
    bars = [(name, _intervals(card, metric)) for name, card in zip(_names(cards), cards, strict=True)]
    title = METRICS[metric].title
    return _figure(scores.emotion_bars("emotions", names, bars, title, noun=noun))


def languages(result: Scores | Comparison) -> Figure:
    """Plot the official scores of several languages with their intervals, the baseline and rank 1.

    Args:
        result: of `score` or `compare`.

    Raises:
        UsageError: there is only one language.
        InputError, MissingExtra: as for `emotions`.
    """
    require_matplotlib("Drawing plots")
    if isinstance(result, Comparison):
        rows = {place.language: {own.name: own.score for own in place.standings} for place in result.places}
        systems, title, known = [system.name for system in result.systems], result.title, []
    else:
        cards = _cards(result)
        title = METRICS[cards[0].metric].title
        rows = {card.spec.language: {title: whole_interval(card)} for card in cards}
        systems, known = [title], _known_scores(cards)
    if len(rows) < 2:
        raise UsageError("The plot needs several languages.", "use plots.emotions for one language")
    dots = [(name, [row.get(name) for row in rows.values()]) for name in systems]
    return _figure(scores.language_dots("languages", list(rows), dots, title, known))


def rank(result: Scores | Scorecard, board: Leaderboard | None = None, *, among: str | None = None) -> Figure:
    """Plot scores among the known scores of a list of the leaderboard, with rank 1 and the baseline.

    Args:
        result: of `score`; files of the same language.
        board: the leaderboard; by default that of the task.
        among: key of the list.

    Raises:
        UsageError: the list has no comparable scores.
        InputError, MissingExtra: as for `emotions`.
    """
    require_matplotlib("Drawing plots")
    cards = _cards(result)
    board = board or Leaderboard.load(task_of(cards[0].spec))
    ours = [(name, _whole(card)) for name, card in zip(_names(cards), cards, strict=True)]
    return _figure(scores.position("rank", board, board.place(cards[0], among=among), ours))


def precision_recall(card: Scores | Scorecard, probabilities: Any) -> Figure:
    """Plot precision against recall for each emotion, with the point of the predictions.

    Args:
        card: of one file.
        probabilities: `Probabilities`, or an array of shape (texts, emotions) in the order of the card.

    Raises:
        UsageError: the shape differs.
        InputError, MissingExtra: as for `emotions`.
    """
    own, values = _with_probabilities(card, probabilities)
    pair = pair_of(own)
    return _figure(
        curves.precision_recall_curves("precision-recall", own.spec.emotions, pair.gold, values, pair.predicted)
    )


def calibration(card: Scores | Scorecard, probabilities: Any) -> Figure:
    """Plot how often an emotion is there against its probability; arguments and errors as for `precision_recall`."""
    own, values = _with_probabilities(card, probabilities)
    return _figure(curves.calibration_curves("calibration", own.spec.emotions, pair_of(own).gold, values))


def thresholds(card: Scores | Scorecard, probabilities: Any) -> Figure:
    """Plot F1 of each emotion by threshold with that of the predictions; arguments as for `precision_recall`."""
    own, values = _with_probabilities(card, probabilities)
    pair = pair_of(own)
    return _figure(curves.threshold_curves("thresholds", own.spec.emotions, pair.gold, values, pair.predicted))


def co_occurrence(card: Scores | Scorecard) -> Figure:
    """Plot the share of the texts with each gold label that have each predicted label.

    Args:
        card: of one file.

    Raises:
        UsageError: there are several files.
        InputError, MissingExtra: as for `emotions`.
    """
    own = _one_card(card)
    pair, noun = pair_of(own), own.spec.label_noun
    emotions, empty = own.spec.emotions, names_of((), own.spec)
    return _figure(matrices.co_occurrence("co-occurrence", emotions, pair.gold, pair.predicted, noun, empty))


def label_counts(card: Scores | Scorecard) -> Figure:
    """Plot how many texts have 0, 1, 2, ... labels; arguments and errors as for `co_occurrence`."""
    own = _one_card(card)
    pair = pair_of(own)
    return _figure(matrices.label_counts("label-counts", pair.gold, pair.predicted, own.spec.label_noun))


def p_values(result: Comparison) -> Figure:
    """Plot the corrected p-values of all pairs of systems.

    Args:
        result: of `compare` with at least three systems.

    Raises:
        UsageError: there are two systems.
        MissingExtra: matplotlib is not installed.
    """
    require_matplotlib("Drawing plots")
    return _figure(pairs_of_systems(result), "two systems have one p-value")


def training(*runs: RunResult | str | os.PathLike[str]) -> Figure:
    """Plot loss and metrics by epoch.

    Args:
        runs: results of `train`, or run folders.

    Raises:
        UsageError: no run has two epochs or settings.
        InputError: it is not a run folder.
        MissingExtra: matplotlib is not installed.
    """
    require_matplotlib("Drawing plots")
    logs = []
    for run in runs:
        path = run.folder.path if isinstance(run, RunResult) else Path(run)
        state = read_state(path / "run.json")
        if state is None:
            raise InputError(f"{path} is not a run folder.", "name a run folder, such as runs/<recipe>/<language>")
        logs.append((path.parent.name, read_metrics(path), state.get("kept")))
    return _figure(curves.training("training", logs), "no run has two epochs or settings")


def _cards(result: Any) -> Sequence[Scorecard]:
    """Return the scorecards of a result of `score`."""
    cards = (result,) if isinstance(result, Scorecard) else result.cards if isinstance(result, Scores) else ()
    if not cards:
        raise InputError(
            f"{kind_of(result)} has no scores to plot.",
            "pass the result of score(...) or compare(...): plots.emotions(scores)",
        )
    return cards


def _known_scores(cards: Sequence[Scorecard]) -> list[tuple[float | None, float | None]]:
    """Return the baseline and rank 1 of each card, where the leaderboard has them."""
    board = Leaderboard.load(task_of(cards[0].spec))
    known: list[tuple[float | None, float | None]] = []
    for card in cards:
        try:
            placed = board.place(card)
        except UsageError:
            # The board has no scores of this language, split or release.
            known.append((None, None))
        else:
            leader = placed.leader if placed.among.ranked else None
            known.append((placed.baseline.score if placed.baseline else None, leader.score if leader else None))
    return known


def _names(cards: Sequence[Scorecard]) -> list[str]:
    return short_names([card.file for card in cards])


def _intervals(card: Scorecard, metric: str) -> list[Interval]:
    if card.intervals is not None:
        return list(card.intervals.by_emotion[metric])
    return [Interval(value, value, value, 0.0) for value in card.metrics.by_emotion[metric]]


def _whole(card: Scorecard) -> Interval:
    value = card.score
    return card.intervals.whole[card.metric] if card.intervals else Interval(value, value, value, 0.0)


def _one_card(result: Any) -> Scorecard:
    require_matplotlib("Drawing plots")
    cards = _cards(result)
    if len(cards) > 1:
        raise UsageError(f"There are {len(cards)} files.", "pass one scorecard: scores.cards[0]")
    return cards[0]


def _with_probabilities(result: Any, probabilities: Any) -> tuple[Scorecard, Any]:
    card = _one_card(result)
    values = np.asarray(probabilities.values if isinstance(probabilities, Probabilities) else probabilities)
    expected = pair_of(card).gold.shape
    if values.shape != expected:
        raise UsageError(f"The probabilities have the shape {values.shape}, expected {expected}.")
    return card, values


def _figure(plot: Plot | None, why: str = "there are no values") -> Figure:
    if plot is None:
        raise UsageError(f"There is nothing to plot: {why}.")
    return plot.figure
