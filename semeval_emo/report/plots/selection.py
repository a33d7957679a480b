"""Selects the plots of a report: every plot that has data."""

from __future__ import annotations

import numpy as np

from semeval_emo.report.contents import Contents, Placed, key_of
from semeval_emo.report.plots import curves, scores
from semeval_emo.report.plots.style import Plot, require_matplotlib
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard

# Number of files with plots of their own; a heat map shows submissions in more languages.
MOST_FILES = 4
MOST_SYSTEMS = 6


def plots_of(contents: Contents) -> list[Plot]:
    """Return the plots of a report, in order.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    require_matplotlib("Drawing plots")
    plots: list[Plot | None] = []
    if contents.comparison is not None:
        plots += _of_comparison(contents)
    else:
        for card in contents.cards[:MOST_FILES]:
            plots += _of_card(contents, card)
        if len(contents.cards) > 1:
            plots += _heat(contents)
    if contents.logs:
        logs = [(log.name, log.rows, log.state.get("kept")) for log in contents.logs[:MOST_SYSTEMS]]
        plots.append(curves.training("training", logs))
    return [plot for plot in plots if plot is not None]


def _emotion_metric(card: Scorecard) -> str:
    return "emotion_pearson" if len(card.spec.values) > 2 else "f1"


def _of_card(contents: Contents, card: Scorecard) -> list[Plot | None]:
    key, metric, pair = key_of(card), _emotion_metric(card), card.pair
    plots: list[Plot | None] = []
    if card.intervals:
        bars = card.intervals.by_emotion[metric]
        name = contents.systems[0].name
        plots.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, [(name, bars)], METRICS[metric].title))
        if key in contents.placements:
            plots.append(_position(contents.placements[key], key, [("this score", card.intervals.whole[card.metric])]))
    if key in contents.probabilities and pair is not None:
        values, gold = contents.probabilities[key].values, pair.gold
        plots.append(
            curves.precision_recall_curves(f"precision-recall-{key}", card.spec.emotions, gold, values, pair.predicted)
        )
        plots.append(curves.calibration_curves(f"calibration-{key}", card.spec.emotions, gold, values))
    return plots


def _position(placed: Placed, key: str, ours: list[tuple[str, Interval]]) -> Plot | None:
    return scores.position(f"position-{key}", placed.board, placed.placement, ours)


def _of_comparison(contents: Contents) -> list[Plot | None]:
    found = contents.comparison
    if found is None:
        return []
    if found.average is not None:
        return _heat(contents)
    standings = found.places[0].standings[:MOST_SYSTEMS]
    card = contents.cards[0]
    key, metric = key_of(card), METRICS[_emotion_metric(card)].title
    made: list[Plot | None] = []
    if all(one.emotions for one in standings):
        bars = [(one.name, [one.emotions[e] for e in card.spec.emotions]) for one in standings]
        made.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, bars, metric))
    if key in contents.placements and found.metric == card.metric:
        ours = [(one.name, one.score) for one in standings]
        made.append(_position(contents.placements[key], key, ours))
    return made


def _heat(contents: Contents) -> list[Plot | None]:
    """Return a heat map per track with several languages."""
    names = [system.name for system in contents.systems]
    made = []
    for track in dict.fromkeys(card.spec.track for system in contents.systems for card in system.cards):
        values = {
            (card.spec.language, at): card.score
            for at, system in enumerate(contents.systems)
            for card in system.cards
            if card.spec.track == track
        }
        here = {language for language, _ in values}
        languages = [code for code in contents.task.languages if code in here]
        if len(languages) < 2:
            continue
        grid = np.array([[values.get((code, at), np.nan) for at in range(len(names))] for code in languages])
        words = [f"{contents.task.languages[code].name}  {code}" for code in languages]
        title = METRICS[contents.task.track(track).metric].title
        made.append(scores.heat_map(f"languages-{track}", words, names, grid, title))
    return made
