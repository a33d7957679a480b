"""Selects the plots of a report: every plot that has data, with every system."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from semeval_emo.progress import Progress
from semeval_emo.report.analysis import names_of
from semeval_emo.report.comparison import p_text
from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.plots import curves, matrices, scores
from semeval_emo.report.plots.style import MOST_COLOURS, Plot, require_matplotlib
from semeval_emo.scoring import Comparison
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS, label_metric
from semeval_emo.scoring.resampling import LEVEL
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.text import capitalized, left_out
from semeval_emo.zoo.selection.epochs import row_unit

# Number of files with plots of their own; a plot of languages shows submissions in more.
MOST_FILES = 4

Drawing = Callable[[], Plot | None]


def plots_of(contents: Contents, progress: Progress | None = None) -> list[Plot]:
    """Return the plots of a report, in order.

    Args:
        progress: callback.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    require_matplotlib("Drawing plots")
    drawings: list[Drawing] = []
    if contents.comparison is not None:
        drawings += _of_comparison(contents, contents.comparison)
    else:
        for card in contents.cards[:MOST_FILES]:
            drawings += _of_card(contents, card)
        if len(contents.cards) > 1:
            drawings += _languages(contents)
    if contents.logs:
        drawings.append(lambda: _training(contents))
    plots = []
    with (progress or Progress()).stage("drawing plots", len(drawings)) as stage:
        for draw in drawings:
            plots.append(draw())
            stage.advance()
    return [plot for plot in plots if plot is not None]


def files_without_plots(contents: Contents) -> str:
    """Return which files of a submission have no plots of their own, in words; empty if all have."""
    if contents.comparison is not None:
        return ""
    if len(contents.cards) <= MOST_FILES:
        return ""
    tracks = {card.spec.track for card in contents.cards}
    names = [
        contents.task.languages[card.spec.language].name
        + (f" in {contents.task.track(card.spec.track).name}" if len(tracks) > 1 else "")
        for card in contents.cards[:MOST_FILES]
    ]
    return (
        f"Plots of a single file are shown for {MOST_FILES} of {len(contents.cards)} files: {', '.join(names)}. "
        "A report of another file has its plots."
    )


def emotion_metric(card: Scorecard) -> str:
    """Return the metric of each emotion that belongs to the official one."""
    own = label_metric(card.metric, len(card.spec.values) > 2)
    # The axes are those of scores where higher is better.
    return "emotion_pearson" if METRICS[own].lower_is_better else own


def whole_interval(card: Scorecard) -> Interval:
    """Return the official score of a card with its interval, which is nan without intervals."""
    if card.intervals:
        return card.intervals.whole[card.metric]
    nan = float("nan")
    return Interval(card.score, nan, nan, nan)


def _training(contents: Contents) -> Plot | None:
    # One epoch is not a curve.
    logs = sorted(contents.logs, key=lambda log: len(log.rows) < 2)
    several = [(log.name, log.rows, log.state.get("kept")) for log in logs if len(log.rows) > 1]
    names = [log.name for log in logs[: len(several)]]
    names += [f"{log.name} (one {row_unit(log.rows[0])})" if log.rows else log.name for log in logs[len(several) :]]
    return curves.training("training", several, left_out(len(several), names, "run"))


def _of_card(contents: Contents, card: Scorecard) -> list[Drawing]:
    key, metric, pair, spec = key_of(card), emotion_metric(card), card.pair, card.spec
    drawings: list[Drawing] = []
    if card.intervals:
        bars = [(contents.systems[0].name, card.intervals.by_emotion[metric])]
        title, noun, level = METRICS[metric].title, spec.label_noun, _level(contents)
        drawings.append(
            lambda: scores.emotion_bars(f"emotions-{key}", spec.emotions, bars, title, noun=noun, level=level)
        )
        if key in contents.placements:
            ours = [("this score", card.intervals.whole[card.metric])]
            drawings.append(lambda: _position(contents, key, ours))
    if pair is not None:
        both = pair.gold, pair.predicted
        drawings += [
            lambda: matrices.co_occurrence(
                f"co-occurrence-{key}", spec.emotions, *both, spec.label_noun, names_of((), spec)
            ),
            lambda: matrices.label_counts(f"label-counts-{key}", *both, spec.label_noun),
        ]
    if key in contents.probabilities and pair is not None:
        values, gold, predicted = contents.probabilities[key].values, pair.gold, pair.predicted
        drawings += [
            lambda: curves.precision_recall_curves(f"precision-recall-{key}", spec.emotions, gold, values, predicted),
            lambda: curves.threshold_curves(f"thresholds-{key}", spec.emotions, gold, values, predicted),
            lambda: curves.calibration_curves(f"calibration-{key}", spec.emotions, gold, values),
        ]
    return drawings


def _level(contents: Contents) -> float:
    """Return the level of the intervals of a report."""
    if contents.comparison is not None:
        return contents.comparison.settings.level
    return next((card.intervals.level for card in contents.cards if card.intervals), LEVEL)


def _position(contents: Contents, key: str, ours: list[tuple[str, Interval]]) -> Plot | None:
    placed = contents.placements[key]
    return scores.position(f"position-{key}", placed.board, placed.placement, ours, _level(contents))


def _of_comparison(contents: Contents, found: Comparison) -> list[Drawing]:
    drawings: list[Drawing] = [lambda: pairs_of_systems(found)]
    if found.average is not None:
        return [*drawings, *_languages(contents)]
    standings = found.places[0].standings
    card = contents.cards[0]
    key, metric = key_of(card), METRICS[emotion_metric(card)].title
    if all(one.emotions for one in standings):
        bars = [(one.name, [one.emotions[e] for e in card.spec.emotions]) for one in standings]
        noun = card.spec.label_noun
        level = found.settings.level
        drawings.append(
            lambda: scores.emotion_bars(f"emotions-{key}", card.spec.emotions, bars, metric, noun=noun, level=level)
        )
    if key in contents.placements and found.metric == card.metric:
        ours = [(one.name, one.score) for one in standings]
        drawings.append(lambda: _position(contents, key, ours))
    return drawings


def pairs_of_systems(found: Comparison) -> Plot | None:
    """Plot the pairs of at least three systems; two have a sentence."""
    if len(found.systems) < 3:
        return None
    names = [(system.letter, system.name) for system in found.systems]
    pairs = {(one.first, one.second): (p_text(one.p_adjusted), one.significant) for one in found.lead.differences}
    test, settings = found.settings.test, found.settings
    note = f"{capitalized(test)}, {settings.correction}'s correction, level {settings.alpha:g}."
    return matrices.p_values("p-values", names, pairs, note)


def _languages(contents: Contents) -> list[Drawing]:
    """Return a plot for each track with several languages."""
    drawings: list[Drawing] = []
    for track in dict.fromkeys(card.spec.track for system in contents.systems for card in system.cards):
        by_system: list[tuple[str, dict[str, Interval]]] = []
        if contents.comparison is not None:
            rows = {place.language: {one.name: one.score for one in place.standings}
                    for place in contents.comparison.places}  # fmt: skip
            by_system = [(system.name, {code: row[system.name] for code, row in rows.items() if system.name in row})
                         for system in contents.systems]  # fmt: skip
        else:
            cards = [card for card in contents.cards if card.spec.track == track]
            name = contents.systems[0].name
            by_system = [(name, {card.spec.language: whole_interval(card) for card in cards})]
        here = {code for _, row in by_system for code in row}
        codes = [code for code in contents.task.languages if code in here]
        if len(codes) < 2:
            continue
        titles = [METRICS[card.metric].title for card in contents.cards if card.spec.track == track]
        title = contents.comparison.title if contents.comparison is not None else titles[0]
        words = [contents.task.languages[code].name for code in codes]
        dots = [(name, [row.get(code) for code in codes]) for name, row in by_system]
        known = [_known(contents, track, code) for code in codes] if title in titles else []
        drawings += [
            partial(scores.language_dots, f"languages-{track}", words, dots, title, known, _level(contents)),
            partial(_matrix, contents, track, codes, by_system),
        ]
    return drawings


def _matrix(
    contents: Contents, track: str, codes: list[str], by_system: list[tuple[str, dict[str, Interval]]]
) -> Plot | None:
    """Plot the scores of each language: of each label of a submission, or of each of many systems."""
    languages, name = [contents.task.languages[code].name for code in codes], f"language-scores-{track}"
    if contents.comparison is not None:
        if len(by_system) <= MOST_COLOURS:
            return None
        letters = {system.name: system.letter for system in contents.comparison.systems}
        values = [[row[code].value if code in row else np.nan for _, row in by_system] for code in codes]
        title, note = f"{contents.comparison.title} of each language and system", "Columns: letters of the systems."
        columns = [letters[system] for system, _ in by_system]
        return matrices.language_scores(name, languages, columns, np.array(values), title, note)
    cards = {card.spec.language: card for card in contents.cards if card.spec.track == track}
    noun, metric = contents.task.label_noun, emotion_metric(next(iter(cards.values())))
    emotions = [one for one in contents.task.emotions if any(one in cards[code].spec.emotions for code in codes)]
    values = [[_emotion_score(cards[code], metric, emotion) for emotion in emotions] for code in codes]
    title = f"{METRICS[metric].title} of each language and {noun}"
    note = f"A dash: the language does not have the {noun}." if np.isnan(values).any() else ""
    return matrices.language_scores(name, languages, emotions, np.array(values), title, note)


def _emotion_score(card: Scorecard, metric: str, emotion: str) -> float:
    """Return a score of an emotion; nan if the language does not have it."""
    if emotion not in card.spec.emotions:
        return float("nan")
    return float(card.metrics.by_emotion[metric][card.spec.emotions.index(emotion)])


def _known(contents: Contents, track: str, code: str) -> tuple[float | None, float | None]:
    """Return the baseline and rank 1 of a language, where the leaderboard has them."""
    for card in contents.cards:
        if (card.spec.track, card.spec.language) == (track, code) and key_of(card) in contents.placements:
            placement = contents.placements[key_of(card)].placement
            leader = placement.leader if placement.among.ranked else None
            return placement.baseline.score if placement.baseline else None, leader.score if leader else None
    return None, None
