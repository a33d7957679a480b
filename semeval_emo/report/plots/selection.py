"""Selects the plots of a report: every plot that has data."""

from __future__ import annotations

import numpy as np

from semeval_emo.report.contents import Contents, Placed, key_of
from semeval_emo.report.plots import curves, scores
from semeval_emo.report.plots.scores import label
from semeval_emo.report.plots.style import Plot, require_matplotlib
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS, label_metric
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.task import shown_track
from semeval_emo.text import left_out

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
        # One epoch is not a curve.
        logs = sorted(contents.logs, key=lambda log: len(log.rows) < 2)
        several = [(log.name, log.rows, log.state.get("kept")) for log in logs if len(log.rows) > 1][:MOST_SYSTEMS]
        names = [log.name if len(log.rows) > 1 else f"{log.name} (no second epoch)" for log in logs]
        plots.append(curves.training("training", several, left_out(len(several), names, "run")))
    return [plot for plot in plots if plot is not None]


def files_without_plots(contents: Contents) -> str:
    """Return which files of a submission have no plots of their own, in words; empty if all have."""
    if contents.comparison is not None:
        return ""
    names = [
        f"{contents.task.languages[card.spec.language].name}, track {shown_track(card.spec.track)}"
        for card in contents.cards
    ]
    note = left_out(min(MOST_FILES, len(names)), names, "file")
    noun = contents.task.label_noun
    return f"Plots of {noun}s and ranks: {note}. A report of one file has its plots." if note else ""


def emotion_metric(card: Scorecard) -> str:
    """Return the metric of each emotion that belongs to the official one."""
    own = label_metric(card.metric, len(card.spec.values) > 2)
    # The axes are those of scores where higher is better.
    return "emotion_pearson" if METRICS[own].lower_is_better else own


def _of_card(contents: Contents, card: Scorecard) -> list[Plot | None]:
    key, metric, pair = key_of(card), emotion_metric(card), card.pair
    plots: list[Plot | None] = []
    if card.intervals:
        bars = card.intervals.by_emotion[metric]
        name = contents.systems[0].name
        title, noun = METRICS[metric].title, card.spec.label_noun
        plots.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, [(name, bars)], title, noun=noun))
        if key in contents.placements:
            plots.append(_position(contents.placements[key], key, [("this score", card.intervals.whole[card.metric])]))
    if key in contents.probabilities and pair is not None:
        values, gold = contents.probabilities[key].values, pair.gold
        plots.append(
            curves.precision_recall_curves(f"precision-recall-{key}", card.spec.emotions, gold, values, pair.predicted)
        )
        plots.append(curves.calibration_curves(f"calibration-{key}", card.spec.emotions, gold, values))
    return plots


def _position(placed: Placed, key: str, ours: list[tuple[str, Interval]], note: str = "") -> Plot | None:
    return scores.position(f"position-{key}", placed.board, placed.placement, ours, note)


def _of_comparison(contents: Contents) -> list[Plot | None]:
    found = contents.comparison
    if found is None:
        return []
    if found.average is not None:
        return _heat(contents)
    every = found.places[0].standings
    standings = every[:MOST_SYSTEMS]
    note = left_out(len(standings), [label(one.name) for one in every], "system")
    card = contents.cards[0]
    key, metric = key_of(card), METRICS[emotion_metric(card)].title
    made: list[Plot | None] = []
    if all(one.emotions for one in standings):
        bars = [(one.name, [one.emotions[e] for e in card.spec.emotions]) for one in standings]
        noun = card.spec.label_noun
        made.append(scores.emotion_bars(f"emotions-{key}", card.spec.emotions, bars, metric, note, noun))
    if key in contents.placements and found.metric == card.metric:
        ours = [(one.name, one.score) for one in standings]
        made.append(_position(contents.placements[key], key, ours, note))
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
