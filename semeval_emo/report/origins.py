"""Notes on the origin of our scores: seeds, members of ensembles, candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from semeval_emo.leaderboard.model import ScoreRow
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.leaderboard.submitted import find_origins
from semeval_emo.report.names import short_of
from semeval_emo.scoring.comparison import Comparison
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.task import shown_track

MOST = 3
"""Languages that are named in a note; more are counted."""


def origin_notes(scores: Iterable[tuple[str, str, ScoreOrigin | None]]) -> list[str]:
    """Return notes on the scores of a table, each once, with the systems that it applies to.

    Args:
        scores: system, language and origin of each score.

    >>> two, one = ScoreOrigin(1, candidates=("a", "b")), ScoreOrigin(1)
    >>> origin_notes([("x", "eng", two), ("x", "hau", one), ("y", "eng", two), ("z", "eng", None)])
    ['x (eng), y: best on dev of 2 (a, b).']
    """
    languages: dict[str, list[str]] = {}
    groups: dict[str, dict[str, list[str]]] = {}
    for system, language, origin in scores:
        languages.setdefault(system, []).append(language)
        for note in origin.notes if origin else ():
            groups.setdefault(note, {}).setdefault(system, []).append(language)
    return [
        f"{', '.join(_label(system, own, languages[system]) for system, own in systems.items())}: {note}."
        for note, systems in groups.items()
    ]


def _label(system: str, languages: Sequence[str], every: Sequence[str]) -> str:
    if len(languages) == len(every):
        return system
    return f"{system} ({', '.join(languages) if len(languages) <= MOST else f'{len(languages)} languages'})"


def row_notes(rows: Iterable[ScoreRow]) -> list[str]:
    """Return the notes on our rows of a leaderboard table."""
    return origin_notes((row.system, row.language, row.origin) for row in rows if row.origin)


def card_notes(name: str, cards: Sequence[Scorecard]) -> list[str]:
    """Return notes on the files of a system that is ours, or that is of runs with other seeds or members."""
    found = file_origins([(card.file, card.prediction_hash) for card in cards])
    several = len({card.spec.track for card in cards}) > 1
    tracks = [f"track {shown_track(card.spec.track)} " if several else "" for card in cards]
    return origin_notes(
        (name, track + card.spec.language, origin) for track, card, origin in zip(tracks, cards, found, strict=True)
    )


def compared_origins(comparison: Comparison) -> dict[str, dict[str, ScoreOrigin]]:
    """Return the origins of the compared systems that are ours or runs, by letter and language.

    Of a system with several runs they have no seeds, since its score is the mean over them.
    """
    places, systems = comparison.places, comparison.systems
    files = [file for system in systems for file in zip(system.files[0], system.predictions[0], strict=True)]
    origins = iter(file_origins(files))
    found: dict[str, dict[str, ScoreOrigin]] = {}
    for system in systems:
        for place, origin in zip(places, islice(origins, len(places)), strict=True):
            if origin is not None:
                own = origin if len(system.files) == 1 else replace(origin, runs=())
                found.setdefault(system.letter, {})[place.language] = own
    return found


def origins_to_dict(comparison: Comparison) -> dict[str, Any]:
    """Return the JSON form of the origins of a comparison, by letter and language; empty if there are none."""
    found = {
        letter: {language: origin.to_dict() for language, origin in by_language.items()}
        for letter, by_language in compared_origins(comparison).items()
    }
    return {"origins": found} if found else {}


def with_origins(comparison: Comparison) -> Comparison:
    """Return a comparison with notes on the origins of its systems."""
    shown = short_of([system.name for system in comparison.systems])
    names = {system.letter: f"{system.letter} {shown[system.name]}" for system in comparison.systems}
    scores = [
        (names[letter], language, origin)
        for letter, by_language in compared_origins(comparison).items()
        for language, origin in by_language.items()
    ]
    return replace(comparison, notes=(*comparison.notes, *origin_notes(scores)))


def file_origins(files: Sequence[tuple[str, str]]) -> list[ScoreOrigin | None]:
    """Return the origins of files: from their run folders, else from the submissions with the same predictions.

    Args:
        files: path, and hash of the predictions.
    """
    found: list[ScoreOrigin | None] = []
    for path, _ in files:
        # The predictions of a run are in RUN/track_x/.
        home = Path(path).parent.parent
        origin = None
        if (home / "run.json").is_file():
            from semeval_emo.zoo.runs.seeds import origin_of_folder

            origin = origin_of_folder(home)
        found.append(origin)
    return [run or submitted for run, submitted in zip(found, find_origins(files), strict=True)]
