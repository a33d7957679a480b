"""Floors under figures: what `--fail-under macro_f1=0.7` asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from semeval_emo.errors import UsageError
from semeval_emo.scoring.metrics import METRICS, metric
from semeval_emo.scoring.scorecard import Scorecard


@dataclass(frozen=True)
class Floor:
    """A bound that every scored file must keep.

    Attributes:
        figure: ``macro_f1`` of the whole, or ``f1.anger`` of one emotion.
        bound: the least value allowed; for errors such as ``hamming_loss`` the largest.
    """

    figure: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Floor:
        """Reads ``FIGURE=VALUE``.

        Raises:
            UsageError: it cannot be read, or no metric has this name.

        >>> Floor.parse("macro_f1=0.7")
        Floor(figure='macro_f1', bound=0.7)
        """
        name, equals, value = text.partition("=")
        try:
            bound = float(value)
        except ValueError:
            bound = math.nan
        if not equals or math.isnan(bound):
            raise UsageError(
                f"A floor is a figure, '=' and a number; this is '{text}'.", "for example --fail-under macro_f1=0.7"
            )
        kind, dot, emotion = name.strip().partition(".")
        per_emotion = metric(kind).per_emotion
        if per_emotion != bool(dot and emotion):
            example = f"{kind}.EMOTION" if per_emotion else kind
            raise UsageError(f"'{name.strip()}' is no figure.", f"write it as {example}={value}")
        return cls(name.strip(), bound)

    @property
    def is_ceiling(self) -> bool:
        """True for errors, where less is better."""
        return METRICS[self.figure.partition(".")[0]].lower_is_better

    def misses(self, cards: Iterable[Scorecard]) -> list[str]:
        """What is wrong, a sentence a file that does not keep the bound; nan never keeps it.

        Raises:
            UsageError: no file has such a figure.
        """
        cards = list(cards)
        applying = [card for card in cards if self._applies(card)]
        if cards and not applying:
            # The figure's own error names what there is instead.
            cards[0].figures.value(self.figure)
        found = []
        for card in applying:
            value = card.figures.value(self.figure)
            kept = value <= self.bound if self.is_ceiling else value >= self.bound
            if not kept:
                side = "over the ceiling" if self.is_ceiling else "under the floor"
                found.append(
                    f"{self.figure} is {value:.6f}, {side} {self.bound:g}: {card.file} "
                    f"(track {card.spec.track}, {card.spec.language}, {card.spec.split})"
                )
        return found

    def _applies(self, card: Scorecard) -> bool:
        kind, _, emotion = self.figure.partition(".")
        return kind in card.figures.whole or (kind in card.figures.by_emotion and emotion in card.figures.emotions)
