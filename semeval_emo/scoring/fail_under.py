"""Score thresholds for `--fail-under`, such as ``macro_f1=0.7``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from semeval_emo.errors import UsageError
from semeval_emo.scoring.metrics import METRICS, metric
from semeval_emo.scoring.scorecard import Scorecard


@dataclass(frozen=True)
class Threshold:
    """A bound that every scored file must meet.

    Attributes:
        metric: ``macro_f1`` for the whole file, or ``f1.anger`` for one emotion.
        bound: the lowest value allowed; for errors such as ``hamming_loss``, the highest.
    """

    metric: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Parse ``METRIC=VALUE``.

        Raises:
            UsageError: the text has another form, or the metric is unknown.

        >>> Threshold.parse("macro_f1=0.7")
        Threshold(metric='macro_f1', bound=0.7)
        """
        name, equals, value = text.partition("=")
        try:
            bound = float(value)
        except ValueError:
            bound = math.nan
        if not equals or math.isnan(bound):
            raise UsageError(
                f"'{text}' is not a threshold of the form METRIC=VALUE.", "for example --fail-under macro_f1=0.7"
            )
        base, dot, emotion = name.strip().partition(".")
        per_emotion = metric(base).per_emotion
        if per_emotion != bool(dot and emotion):
            example = f"{base}.EMOTION" if per_emotion else base
            raise UsageError(f"There is no metric '{name.strip()}'.", f"write it as {example}={value}")
        return cls(name.strip(), bound)

    @property
    def is_maximum(self) -> bool:
        """True for errors, where lower is better."""
        return METRICS[self.metric.partition(".")[0]].lower_is_better

    def failures(self, cards: Iterable[Scorecard]) -> list[str]:
        """Return one sentence per file that does not meet the bound; nan never does.

        Raises:
            UsageError: no file has this metric.
        """
        cards = list(cards)
        applicable = [card for card in cards if self._applies(card)]
        if cards and not applicable:
            # Raises an error that suggests the metrics that exist.
            cards[0].metrics.value(self.metric)
        failures = []
        for card in applicable:
            value = card.metrics.value(self.metric)
            if not (value <= self.bound if self.is_maximum else value >= self.bound):
                relation = "above the maximum" if self.is_maximum else "below the minimum"
                failures.append(
                    f"{self.metric} is {value:.6f}, {relation} {self.bound:g}: {card.file} "
                    f"(track {card.spec.track}, {card.spec.language}, {card.spec.split})"
                )
        return failures

    def _applies(self, card: Scorecard) -> bool:
        base, _, emotion = self.metric.partition(".")
        return base in card.metrics.whole or (base in card.metrics.by_emotion and emotion in card.metrics.emotions)
