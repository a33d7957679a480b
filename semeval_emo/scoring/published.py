"""A score against a published number whose predictions nobody has.

A published number is one draw, and without its predictions no paired test is possible. Three
questions can be told apart, and an answer names the one that it answers:

1. *fixed target*: is our score different from this number? Our sampling error only.
2. *same-size rival*: would a rival of this score, tested on as many texts, be told apart from us?
   The rival's own sampling error is taken to be ours; how far the two err on the same texts
   (their correlation) is unknown, so both 0 (the safe end) and a typical value are used.
3. *paired*: the real test, `compare A B`, once the rival's predictions are at hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.scoring.intervals import BcaCorrection, Interval
from semeval_emo.scoring.significance import ALPHA

# Correlation of two strong systems' errors over texts.
TYPICAL = 0.5


@dataclass(frozen=True)
class PublishedScore:
    """A published number.

    Attributes:
        text: as it was printed.
        value: the number.
        rounding: half a unit of its last printed digit: it may have been that much more or less.
    """

    text: str
    value: float
    rounding: float

    @classmethod
    def read(cls, text: str | float) -> PublishedScore:
        """Reads a printed score; its digits say how it was rounded.

        Raises:
            UsageError: not a number from -1 to 1.

        >>> PublishedScore.read("0.7083").rounding
        5e-05
        >>> PublishedScore.read("0.70").rounding
        0.005
        """
        shown = str(text).strip()
        try:
            value = float(shown)
        except ValueError:
            value = math.nan
        if not -1 <= value <= 1:
            raise UsageError(f"'{shown}' is not a score from -1 to 1.", "write it as it was printed, such as 0.7083")
        decimals = len(shown.partition(".")[2]) if shown.lstrip("+-").replace(".", "", 1).isdigit() else 4
        return cls(shown, value, 0.5 * 10.0**-decimals)


@dataclass(frozen=True)
class VersusPublished:
    """Our score against a stored one.

    Attributes:
        name: our system.
        stored: the published number.
        difference: ours less the number.
        p_fixed: level 1: two-sided p-value that our score differs from the number, whatever its rounding.
        p_independent, p_typical: level 2: two-sided p-values of the difference to a rival tested on
            as many texts, its errors uncorrelated with ours, or correlated by `TYPICAL`.
        verdict: level 2 in words: ``clearly better``, ``better``, ``not separable``, ``worse``, ``clearly worse``.
    """

    name: str
    stored: PublishedScore
    difference: float
    p_fixed: float
    p_independent: float
    p_typical: float
    verdict: str


def against(
    name: str,
    score: Interval,
    replicates: NDArray,
    stored: PublishedScore,
    *,
    jackknife_influence: NDArray | None = None,
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> VersusPublished:
    """Compares a score with a stored one at the two levels that need no predictions of the rival.

    Args:
        score: ours, with its standard error.
        replicates: bootstrap replicates of it, shape (B,).
        pulls: shape (m,), where the interval of the score is BCa: level 1 then is, too.

    >>> import numpy as np
    >>> draws = np.random.default_rng(1).normal(0.7, 0.01, 9999)
    >>> found = against("ours", Interval(0.7, 0.68, 0.72, 0.01), draws, PublishedScore.read("0.675"))
    >>> round(found.p_fixed, 2), round(found.p_independent, 2), round(found.p_typical, 2), found.verdict
    (0.02, 0.08, 0.01, 'better')
    """
    gap = score.value - stored.value
    correction = BcaCorrection.of(score.value, replicates, jackknife_influence)
    above = (1 + np.count_nonzero(replicates >= stored.value - stored.rounding)) / (replicates.size + 1)
    below = (1 + np.count_nonzero(replicates <= stored.value + stored.rounding)) / (replicates.size + 1)
    fixed = 2 * min(1 - correction.quantile(1 - above), correction.quantile(below))
    # What is left of the gap when the number is rounded as unkindly as it can be.
    sure = max(0.0, abs(gap) - stored.rounding)
    independent, typical = (_two_sided(sure, score.se * math.sqrt(2 * (1 - rho))) for rho in (0.0, TYPICAL))
    word = "better" if (gap > 0) != lower_is_better else "worse"
    words = {independent: f"clearly {word}", typical: word}
    verdict = next((words[p] for p in (independent, typical) if p <= alpha), "not separable")
    return VersusPublished(name, stored, gap, float(min(1.0, fixed)), independent, typical, verdict)


def _two_sided(gap: float, se: float) -> float:
    if se == 0:
        return 1.0 if gap == 0 else 0.0
    return 2 * (1 - NormalDist().cdf(gap / se))
