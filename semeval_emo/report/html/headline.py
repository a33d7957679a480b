"""Headline of a report: the main score with its interval, rank, and whether the files are valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from semeval_emo.report import comparison_words as words
from semeval_emo.report.comparison import short_names_of
from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.origins import card_notes
from semeval_emo.report.table import MINUS, cell, clean
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import Task, release_words, shown_track
from semeval_emo.text import capitalized, plural

DOT = " · "
# Systems of a comparison that the headline names, with the best one.
MOST = 3


@dataclass(frozen=True)
class Tile:
    """A value of the headline, with its name and a detail.

    Attributes:
        tone: colour of the value: ``good`` (green), ``bad`` (red) or empty. A difference has a colour only if the
            other score is outside the interval of ours.
    """

    name: str
    value: str
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Headline:
    """Headline of a page."""

    title: str
    place: str
    metric: str
    value: str
    interval: str
    tiles: tuple[Tile, ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def headline_of(contents: Contents) -> Headline:
    """Return the headline of a report, with the warnings that it begins with."""
    return replace(_headline(contents), warnings=tuple(map(clean, contents.warnings)))


def _headline(contents: Contents) -> Headline:
    if contents.comparison is not None:
        return _compared(contents)
    if not contents.cards:
        files = ", ".join(clean(path) for path in contents.paths)
        return Headline(files, contents.task.title, "not scored", "–", "", (_validity(contents),), ())
    return _scored(contents)


def _interval(one: Interval | None, level: float) -> str:
    if one is None or one.low != one.low:
        return ""
    return f"{100 * level:g} % interval {one.low:.4f} to {one.high:.4f}".replace("-", MINUS)


def _scored(contents: Contents) -> Headline:
    scores, cards = contents.scores, contents.cards
    first = cards[0]
    averages = scores.averages if scores is not None else ()
    if len(cards) > 1 and averages:
        mean = averages[0]
        value, interval = mean.submitted[mean.metric], mean.intervals
        metric = f"mean {METRICS[mean.metric].title} over {len(mean.languages)} languages"
        if len({card.spec.track for card in cards}) > 1:
            metric += f", {contents.task.track(mean.track).name}"
        whole = interval.whole[mean.metric] if interval else None
    else:
        value, interval, metric = first.score, first.intervals, METRICS[first.metric].title
        metric += f", {contents.task.track(first.spec.track).name}" if len(cards) > 1 else ""
        whole = interval.whole[first.metric] if interval else None
    spec = first.spec
    names = list(dict.fromkeys(contents.task.languages[card.spec.language].name for card in cards))
    tracks = list(dict.fromkeys(card.spec.track for card in cards))
    # The rows of several tracks can be the same texts.
    rows = plural(sum(card.spec.rows for card in cards), "text" if len(tracks) == 1 else "row")
    where = [
        capitalized(_track_names(contents.task, tracks)),
        names[0] if len(names) == 1 else f"{len(names)} languages",
        spec.split, release_words(first.release), rows,
    ]  # fmt: skip
    tiles = [_validity(contents)]
    if len(names) == 1:
        tiles = [*(_rank(contents) or [_exact_match(contents)]), *tiles]
    elif averages and averages[0].missing:
        every = averages[0].all_languages[averages[0].metric]
        count = len(averages[0].languages) + len(averages[0].missing)
        tiles.insert(0, Tile(f"over all {count} languages", f"{every:.4f}", "missing languages count as 0"))
    name = contents.systems[0].name
    notes = [scores.note if scores else "", *(card.note for card in cards), *card_notes(name, cards)]
    return Headline(
        title=clean(name),
        place=DOT.join(where),
        metric=metric,
        value=cell(value, "score"),
        interval=_interval(whole, interval.level) if interval else "",
        tiles=tuple(tiles),
        sentences=tuple(clean(note) for note in notes if note),
    )


def _track_names(task: Task, tracks: Sequence[str]) -> str:
    """Return the names of tracks, such as ``tracks A and C``."""
    names = [task.track(key).name for key in tracks]
    if len(names) > 1 and all(len(key) == 1 for key in tracks):
        return f"tracks {' and '.join(map(shown_track, tracks))}"
    return " and ".join(names)


def _exact_match(contents: Contents) -> Tile:
    """Return the share of texts with all labels correct."""
    card = contents.cards[0]
    if card.pair is None:
        return Tile("exact match", "–")
    correct = int((card.pair.gold == card.pair.predicted).all(axis=1).sum())
    share = cell(correct / card.spec.rows, "percent")
    noun = "intensities" if len(card.spec.values) > 2 else "labels"
    return Tile("exact match", share, f"all {noun} correct in {correct:,} of {plural(card.spec.rows, 'text')}")


def _rank(contents: Contents) -> list[Tile]:
    card = contents.cards[0]
    placed = contents.placements.get(key_of(card))
    if placed is None:
        return []
    placement = placed.placement
    interval = card.intervals.whole[card.metric] if card.intervals else None
    tiles = []
    if placement.rank:
        detail = f"{plural(placement.known, 'known score')}, {placement.among.title}"
        tiles.append(Tile("rank", placement.rank, detail))
    for name, row in (
        ("baseline", placement.baseline),
        ("rank 1" if placement.among.ranked else "best known", placement.leader),
    ):
        gap = placement.gap(row)
        if row is not None and row.score is not None and gap is not None:
            side = interval.compared_with(row.score) if interval else None
            detail = f"{row.score_text} is inside the interval" if side == 0 else f"{name} has {row.score_text}"
            tone = {1: "good", -1: "bad"}.get(side or 0, "")
            tiles.append(Tile(f"minus {name}", cell(gap, "delta"), detail, tone))
    return tiles


def _validity(contents: Contents) -> Tile:
    validation = contents.validation
    files = sum(file.kind == "predictions" for file in validation.files)
    count = plural(files, "file")
    if validation.valid:
        detail = plural(validation.warnings, "warning") if validation.warnings else "no problem"
        return Tile(count, "valid", detail, "good")
    errors = plural(validation.errors, "error")
    return Tile(count, errors, ", ".join(code for code in validation.counts if code.startswith("E")), "bad")


def _compared(contents: Contents) -> Headline:
    comparison = contents.comparison
    if comparison is None:
        raise ValueError("there is no comparison")
    lead = comparison.lead
    best, shown = lead.standings[0], short_names_of(comparison)
    tiles = [
        Tile(
            f"{system.letter}  {clean(shown[system.name])}",
            f"{system.score.value:.4f}",
            _interval(system.score, comparison.settings.level),
        )
        for system in lead.standings[1:MOST]
    ]
    if len(lead.standings) > MOST:
        tiles.append(Tile(plural(len(lead.standings) - MOST, "more system"), "…", "in the table below"))
    where = [
        capitalized(contents.task.track(comparison.track).name), lead.name, comparison.split,
        release_words(comparison.release), f"{lead.rows:,} texts",
    ]  # fmt: skip
    return Headline(
        title=f"{len(comparison.systems)} systems compared",
        place=DOT.join(where),
        metric=f"{comparison.title} of {best.letter} ({clean(shown[best.name])})",
        value=cell(best.score.value, "score"),
        interval=_interval(best.score, comparison.settings.level),
        tiles=(*tiles, _validity(contents)),
        sentences=tuple(clean(line) for line in words.sentences(comparison)),
    )
