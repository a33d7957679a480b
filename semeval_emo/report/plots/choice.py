"""Which plots a report has: every one that there is something to draw for."""

from __future__ import annotations

import numpy as np

from semeval_emo.report.contents import Contents, Placed, key_of
from semeval_emo.report.plots import curves, scores
from semeval_emo.report.plots.style import Plot, require_matplotlib
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard

# Files that get plots of their own; of a submission in every language the heat map tells more.
MOST_FILES = 4
MOST_SYSTEMS = 6


def plots_of(contents: Contents) -> list[Plot]:
    """Every plot of a report, in its order.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    require_matplotlib("Drawing plots")
    found: list[Plot | None] = []
    if contents.comparison is not None:
        found += _of_comparison(contents)
    else:
        for card in contents.cards[:MOST_FILES]:
            found += _of_card(contents, card)
        if len(contents.cards) > 1:
            found += _heat(contents)
    if contents.logs:
        logs = [(log.name, log.rows, log.state.get("kept")) for log in contents.logs[:MOST_SYSTEMS]]
        found.append(curves.training("training", logs))
    return [plot for plot in found if plot is not None]


def _emotion_figure(card: Scorecard) -> str:
    return "emotion_pearson" if len(card.spec.values) > 2 else "f1"


def _of_card(contents: Contents, card: Scorecard) -> list[Plot | None]:
    key, figure, pair = key_of(card), _emotion_figure(card), card.pair
    found: list[Plot | None] = []
    if card.intervals:
        bars = card.intervals.by_emotion[figure]
        name = contents.systems[0].name
        found.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, [(name, bars)], METRICS[figure].title))
        if key in contents.placements:
            found.append(_position(contents.placements[key], key, [("this score", card.intervals.whole[card.metric])]))
    if key in contents.probabilities and pair is not None:
        values, gold = contents.probabilities[key].values, pair.gold
        found.append(
            curves.precision_recall_curves(f"precision-recall-{key}", card.spec.emotions, gold, values, pair.predicted)
        )
        found.append(curves.calibration_curves(f"calibration-{key}", card.spec.emotions, gold, values))
    return found


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
    key, figure = key_of(card), METRICS[_emotion_figure(card)].title
    made: list[Plot | None] = []
    if all(one.emotions for one in standings):
        bars = [(one.name, [one.emotions[e] for e in card.spec.emotions]) for one in standings]
        made.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, bars, figure))
    if key in contents.placements and found.metric == card.metric:
        ours = [(one.name, one.score) for one in standings]
        made.append(_position(contents.placements[key], key, ours))
    return made


def _heat(contents: Contents) -> list[Plot | None]:
    """A heat map of each track."""
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
