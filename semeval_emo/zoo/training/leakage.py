"""Counts test texts that were also trained on, and scores the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeval_emo.data import Gold
from semeval_emo.data.overlap import leaks
from semeval_emo.zoo.training.job import TrainingRun, score_probabilities


def count_leakage(
    learned: Sequence[Gold], test: Gold, probabilities: np.ndarray, thresholds: np.ndarray, run: TrainingRun
) -> dict[str, Any]:
    """Counts test texts that stand in what was trained on too, and scores the others.

    Returns:
        Counts by degree, and ``without``: the figures on the other texts; None where the test labels
        are not at hand, nothing overlaps, or everything does.
    """
    found = leaks(list(learned), test)
    seen = set(found.ids())
    counts: dict[str, Any] = {"exact": found.exact, "normalised": found.normalised, "without": None}
    if not seen:
        return counts
    others = [row for row, one in enumerate(test.ids) if one not in seen]
    if others and (test.labels >= 0).all():
        counts["without"] = score_probabilities(test.labels[others], probabilities[others], thresholds, run.space)
    run.progress.message(
        f"{found.normalised:,} test texts stand in the training texts too ({found.exact:,} to the character)"
        + ("; the score without them is given beside" if counts["without"] else "")
    )
    return counts
