"""Comparison of a score with a published score without predictions.

A published score is one draw, and without its predictions no paired test is possible. There are
three questions, and each result names the one that it answers:

1. *fixed target*: does our score differ from this number? Uses our sampling error only.
2. *same-size rival*: would a system with this score, tested on as many texts, differ from ours?
   Its sampling error is assumed equal to ours. How far the errors of both correlate is unknown, so
   both 0 (conservative) and a typical value are used.
3. *paired*: the paired test, `compare A B`, which needs the predictions of both systems.
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

# Typical correlation of two strong systems' errors over texts.
TYPICAL = 0.5


@dataclass(frozen=True)
class PublishedScore:
    """A published score.

    Attributes:
        text: as printed.
        value: as a number.
        rounding: half a unit of the last printed digit, the maximum rounding error.
    """

    text: str
    value: float
    rounding: float

    @classmethod
    def parse(cls, text: str | float) -> PublishedScore:
        """Parse a printed score; the number of digits gives the rounding.

        Raises:
            UsageError: the text is not a number from -1 to 1.

        >>> PublishedScore.parse("0.7083").rounding
        5e-05
        >>> PublishedScore.parse("0.70").rounding
        0.005
        """
        printed = str(text).strip()
        try:
            value = float(printed)
        except ValueError:
            value = math.nan
        if not -1 <= value <= 1:
            raise UsageError(f"'{printed}' is not a score from -1 to 1.", "write it as it was printed, such as 0.7083")
        decimals = len(printed.partition(".")[2]) if printed.lstrip("+-").replace(".", "", 1).isdigit() else 4
        return cls(printed, value, 0.5 * 10.0**-decimals)


@dataclass(frozen=True)
class VersusPublished:
    """Our score compared with a published score.

    Attributes:
        name: our system.
        stored: the published score.
        difference: our score minus the published score.
        p_fixed: level 1: two-sided p-value of the difference to the number, after rounding.
        p_independent, p_typical: level 2: two-sided p-values of the difference to a system tested on
            as many texts, with errors uncorrelated with ours or correlated by `TYPICAL`.
        verdict: conclusion of level 2: ``clearly better``, ``better``, ``not separable``, ``worse`` or
            ``clearly worse``.
    """

    name: str
    stored: PublishedScore
    difference: float
    p_fixed: float
    p_independent: float
    p_typical: float
    verdict: str


def versus_published(
    name: str,
    score: Interval,
    replicates: NDArray,
    stored: PublishedScore,
    *,
    jackknife_influence: NDArray | None = None,
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> VersusPublished:
    """Compare a score with a published score at levels 1 and 2.

    Args:
        score: our score, with its standard error.
        replicates: bootstrap replicates of our score, shape (B,).
        jackknife_influence: shape (m,), to use the BCa correction at level 1.

    >>> import numpy as np
    >>> draws = np.random.default_rng(1).normal(0.7, 0.01, 9999)
    >>> result = versus_published("ours", Interval(0.7, 0.68, 0.72, 0.01), draws, PublishedScore.parse("0.675"))
    >>> round(result.p_fixed, 2), round(result.p_independent, 2), round(result.p_typical, 2), result.verdict
    (0.02, 0.08, 0.01, 'better')
    """
    difference = score.value - stored.value
    correction = BcaCorrection.of(score.value, replicates, jackknife_influence)
    above = (1 + np.count_nonzero(replicates >= stored.value - stored.rounding)) / (replicates.size + 1)
    below = (1 + np.count_nonzero(replicates <= stored.value + stored.rounding)) / (replicates.size + 1)
    fixed = 2 * min(1 - correction.quantile(1 - above), correction.quantile(below))
    # The smallest difference that the rounding allows.
    smallest = max(0.0, abs(difference) - stored.rounding)
    independent, typical = (_two_sided(smallest, score.se * math.sqrt(2 * (1 - rho))) for rho in (0.0, TYPICAL))
    word = "better" if (difference > 0) != lower_is_better else "worse"
    words = {independent: f"clearly {word}", typical: word}
    verdict = next((words[p] for p in (independent, typical) if p <= alpha), "not separable")
    return VersusPublished(name, stored, difference, float(min(1.0, fixed)), independent, typical, verdict)


def _two_sided(difference: float, se: float) -> float:
    if se == 0:
        return 1.0 if difference == 0 else 0.0
    return 2 * (1 - NormalDist().cdf(difference / se))
