"""Emotions that are predicted for no text or for every text, and why: their probabilities and thresholds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from semeval_emo.text import plural
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.selection.cut_points import rounding_cut_points
from semeval_emo.zoo.selection.thresholds import apply_thresholds


@dataclass(frozen=True)
class ConstantPredictions:
    """Emotions with the same prediction for every text of a split.

    Attributes:
        never: emotions that are predicted for no text.
        always: emotions that are predicted for every text, with the same intensity, although their probabilities
            differ.
        reached: a sentence: how many of the probabilities reach their thresholds.
        notes: sentences on `never` and `always`; empty if there is no such emotion.
        separable: whether other thresholds could change the predictions: the probabilities of an emotion in `never`
            or `always` differ.
    """

    never: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    reached: str = ""
    notes: tuple[str, ...] = ()
    separable: bool = False

    @property
    def same(self) -> tuple[str, ...]:
        """The emotions in `never` and `always`."""
        return self.never + self.always

    def can_change(self, scores_zero: bool) -> bool:
        """Return whether fitted thresholds could give other predictions that matter.

        Args:
            scores_zero: whether the score is 0, which matters even if no emotion is constant.
        """
        return self.separable or (scores_zero and not self.same)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, as stored in ``run.json``."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any] | None) -> ConstantPredictions:
        """Return what `to_dict` returned; runs of earlier versions stored nothing."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in (stored or {}).items()
        }
        return cls(**values)


def constant_predictions(
    probabilities: np.ndarray, thresholds: np.ndarray, space: Space, split: str = "test"
) -> ConstantPredictions:
    r"""Find the emotions with the same prediction for every text.

    Args:
        probabilities: shape (n, L).
        thresholds: as for `apply_thresholds`.
        split: name of the texts in the sentences.

    >>> p = np.array([[0.41, 0.9], [0.2, 0.3]])
    >>> constant = constant_predictions(p, np.array([0.5, 0.5]), Space(("joy", "fear")))
    >>> print(constant.reached.replace("; ", ";\n"))
    1 of 4 test probabilities (2 texts, 2 labels) reaches the threshold 0.5;
    the lowest is 0.2000, the highest 0.9000.
    >>> constant.notes
    ('Never predicted: joy (probabilities 0.2000 to 0.4100).',)
    """
    if not len(probabilities):
        return ConstantPredictions()
    labels = apply_thresholds(probabilities, thresholds, space)
    differ = np.ptp(probabilities, axis=0) > 0
    same = np.ptp(labels, axis=0) == 0
    never, always = same & (labels[0] == 0), same & (labels[0] > 0) & differ
    # The lowest value with a label: intensities that are rounded have no threshold of their own.
    first = np.full(labels.shape[1], rounding_cut_points(space.top)[0]) if space.top > 1 else thresholds
    first = thresholds[:, 0] if thresholds.ndim == 2 else first
    is_one = bool((first == first[0]).all())
    names = np.array(space.emotions, dtype=object)

    def listed(mask: np.ndarray) -> str:
        own = zip(names[mask], probabilities.T[mask], first[mask], labels[0, mask], strict=True)
        return ", ".join(
            f"{name}{f' {label}' if space.top > 1 and label else ''} (probabilities {' to '.join(_ends(p))}"
            f"{'' if is_one else f', threshold {cut:.4g}'})"
            for name, p, cut, label in own
        )

    count = int((labels > 0).sum())
    verb = "reaches" if count == 1 else "reach"
    threshold = f"the threshold {first[0]:.4g}" if is_one else "its threshold" if count == 1 else "their thresholds"
    size = f"{plural(len(labels), 'text')}, {plural(labels.shape[1], 'label')}"
    notes = []
    if never.any() and not never.all():
        notes.append(f"Never predicted: {listed(never)}.")
    if always.any() and not (always.all() and space.top == 1):
        notes.append(f"Predicted for every text: {listed(always)}.")
    if space.top > 1 and same.any():
        notes.append("Pearson's r and Spearman's rho of a constant column are undefined and count as 0.")
    if never.any() and not differ.any():
        notes.append("Every text has the same probabilities, so other thresholds cannot separate the texts.")
    low, high = _ends(probabilities)
    return ConstantPredictions(
        never=tuple(names[never]),
        always=tuple(names[always]),
        reached=f"{count:,} of {plural(labels.size, f'{split} probability', f'{split} probabilities')} ({size}) {verb} "
        f"{threshold}{' of intensity 1' if space.top > 1 else ''}; the lowest is {low}, the highest {high}.",
        notes=tuple(notes),
        separable=bool(((never | always) & differ).any()),
    )


def _ends(probabilities: np.ndarray) -> tuple[str, str]:
    """Format the lowest and the highest probability, rounded down: 0.49999 must not look like a threshold of 0.5."""
    low, high = (f"{math.floor(end * 10_000) / 10_000:.4f}" for end in (probabilities.min(), probabilities.max()))
    return low, high
