"""Data of the text browser of a report page: texts, labels and probabilities as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.table import clean
from semeval_emo.scoring.analysis import pair_of
from semeval_emo.scoring.scorecard import Scorecard

# A page with more texts is slow to load; files left out are named.
MOST_ROWS = 20_000
MOST_SYSTEMS = 6


def data_of(contents: Contents, *, texts: bool = True) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the data of the text browser, and the files that are left out because the page would be too large.

    Labels are one string per text with a digit per emotion; probabilities have two digits per emotion.

    Args:
        texts: False leaves the texts out.
    """
    systems = contents.systems[:MOST_SYSTEMS]
    sets: list[dict[str, Any]] = []
    left_out, rows = [], 0
    for at, card in enumerate(contents.cards):
        name = f"{contents.task.languages[card.spec.language].name}, track {card.spec.track.upper()}"
        rows += card.spec.rows
        if rows > MOST_ROWS and sets:
            left_out.append(name)
            continue
        cards = [system.cards[at] for system in systems if at < len(system.cards)]
        sets.append({"name": name, **_set(contents, cards, [system.name for system in systems], texts)})
    return {"sets": sets}, tuple(left_out)


def _set(contents: Contents, cards: Sequence[Scorecard], names: Sequence[str], texts: bool) -> dict[str, Any]:
    first = pair_of(cards[0])
    probabilities = contents.probabilities.get(key_of(cards[0]))
    shown = texts and first.texts is not None
    return {
        "emotions": list(first.spec.emotions),
        "top": len(first.spec.values) - 1,
        "ids": [clean(text_id) for text_id in first.spec.ids],
        # Line breaks become spaces; `clean` alone would join two words.
        "texts": [clean(" ".join(text.split())) for text in first.texts or ()] if shown else None,
        "gold": _digits(first.gold),
        "systems": [
            {"name": clean(name), "labels": _digits(pair_of(card).predicted)}
            for name, card in zip(names, cards, strict=True)
        ],
        "sure": None if probabilities is None else _percents(probabilities.values),
    }


def _digits(labels: np.ndarray) -> list[str]:
    return ["".join(map(str, row)) for row in labels.tolist()]


def _percents(values: np.ndarray) -> list[str]:
    return ["".join(f"{p:02d}" for p in row) for row in np.clip((100 * values).astype(int), 0, 99).tolist()]
