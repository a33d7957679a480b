"""Two systems on the same texts: where one is right and the other wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.scoring.analysis import MOST, label_set, pair_of
from semeval_emo.scoring.pair import PairedLabels
from semeval_emo.scoring.scorecard import Scorecard


@dataclass(frozen=True)
class Agreement:
    """How two systems share what is right: of one emotion, or of whole texts (`emotion` is empty).

    Attributes:
        both, first, second, neither: texts that both, only the first, only the second, or neither got right.
    """

    emotion: str
    both: int
    first: int
    second: int
    neither: int


@dataclass(frozen=True)
class DisagreementExample:
    """A text that one system got right as a whole, and the other did not.

    Attributes:
        wrong: labels that the other got wrong.
    """

    id: str
    gold: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    wrong: int
    text: str | None


@dataclass(frozen=True)
class ErrorComparison:
    """What `compare_errors` returns.

    Attributes:
        whole: whole texts: all labels of a text right.
        emotions: one label at a time.
        first_right, second_right: texts that only this system got right, those that the other missed most first.
    """

    first: Scorecard
    second: Scorecard
    whole: Agreement
    emotions: tuple[Agreement, ...]
    first_right: tuple[DisagreementExample, ...]
    second_right: tuple[DisagreementExample, ...]

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON has it."""
        spec = self.first.spec
        return {
            "first": {"file": self.first.file, "score": self.first.score, "signature": self.first.signature},
            "second": {"file": self.second.file, "score": self.second.score, "signature": self.second.signature},
            "release": self.first.release, "track": spec.track, "language": spec.language, "split": spec.split,
            "texts": spec.rows, "metric": self.first.metric,
            "whole": asdict(self.whole),
            "emotions": [asdict(one) for one in self.emotions],
            "only_first_right": [asdict(one) for one in self.first_right],
            "only_second_right": [asdict(one) for one in self.second_right],
        }  # fmt: skip


def compare_errors(first: Scorecard, second: Scorecard, *, texts: bool = True, most: int = MOST) -> ErrorComparison:
    """Finds the texts on which two systems part.

    Args:
        texts: False leaves the texts out of every example.
        most: how many examples for each system.

    Raises:
        UsageError: the two answer different files of the task.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.scoring import score
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> best = score(Predictions(gold.spec, gold.labels, "best"), gold).card
    >>> none = score(Predictions(gold.spec, 0 * gold.labels, "none"), gold).card
    >>> found = compare_errors(best, none)
    >>> found.whole.second, found.whole.both + found.whole.first
    (0, 200)
    """
    if first.spec != second.spec or first.gold_hash != second.gold_hash:
        raise UsageError(
            f"{first.file} is {first.spec.place}, and {second.file} is {second.spec.place}: "
            "only predictions of the same texts can be set side by side."
        )
    one, other = pair_of(first), pair_of(second)
    right, also = one.predicted == one.gold, other.predicted == one.gold
    whole, whole_also = right.all(axis=1), also.all(axis=1)
    agreements = [_agreement(name, right[:, i], also[:, i]) for i, name in enumerate(one.spec.emotions)]
    return ErrorComparison(
        first=first,
        second=second,
        whole=_agreement("", whole, whole_also),
        emotions=tuple(agreements),
        first_right=_contrasts(one, other, whole & ~whole_also, (~also).sum(axis=1), texts, most),
        second_right=_contrasts(one, other, whole_also & ~whole, (~right).sum(axis=1), texts, most),
    )


def _agreement(emotion: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Agreement:
    return Agreement(
        emotion=emotion,
        both=int((first & second).sum()),
        first=int((first & ~second).sum()),
        second=int((second & ~first).sum()),
        neither=int((~first & ~second).sum()),
    )


def _contrasts(
    one: PairedLabels, other: PairedLabels, where: NDArray[np.bool_], wrong: NDArray[np.int64], texts: bool, most: int
) -> tuple[DisagreementExample, ...]:
    rows = np.flatnonzero(where)
    rows = rows[np.argsort(-wrong[rows], kind="stable")][:most]
    names = one.spec.emotions
    return tuple(
        DisagreementExample(
            id=one.spec.ids[row],
            gold=label_set(one.gold[row] > 0, names),
            first=label_set(one.predicted[row] > 0, names),
            second=label_set(other.predicted[row] > 0, names),
            wrong=int(wrong[row]),
            text=one.texts[row] if texts and one.texts is not None else None,
        )
        for row in rows.tolist()
    )
