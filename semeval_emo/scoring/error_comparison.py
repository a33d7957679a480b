"""Comparison of the errors of two systems on the same texts."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import UsageError
from semeval_emo.scoring.analysis import MOST, label_set, pair_of
from semeval_emo.scoring.pair import PairedLabels
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import Selector

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame


@dataclass(frozen=True)
class Agreement:
    """Numbers of texts that two systems got right, in one emotion or as a whole (`emotion` is empty).

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
    """A text that only one of two systems got right; `wrong` counts the wrong labels of the other."""

    id: str
    gold: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    wrong: int
    text: str | None


@dataclass(frozen=True)
class ErrorComparison(Result):
    """Result of `compare_errors`.

    Attributes:
        whole: agreement on whole texts (all labels of a text).
        emotions: agreement on each emotion.
        first_right, second_right: texts that only this system got right, sorted by the other's number of errors.
    """

    first: Scorecard
    second: Scorecard
    whole: Agreement
    emotions: tuple[Agreement, ...]
    first_right: tuple[DisagreementExample, ...]
    second_right: tuple[DisagreementExample, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        spec = self.first.spec
        return {
            "first": {"file": self.first.file, "score": self.first.score, "signature": self.first.signature},
            "second": {"file": self.second.file, "score": self.second.score, "signature": self.second.signature},
            "release": self.first.release, "track": spec.track, "language": spec.language, "split": spec.split,
            "texts": spec.rows, "metric": self.first.metric,
            "whole": asdict(self.whole),
            "emotions": [asdict(agreement) for agreement in self.emotions],
            "only_first_right": [asdict(example) for example in self.first_right],
            "only_second_right": [asdict(example) for example in self.second_right],
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return a row for each emotion."""
        return frame_of(asdict(own) for own in self.emotions)


def compare_errors(first: Scorecard, second: Scorecard, *, texts: bool = True, most: int = MOST) -> ErrorComparison:
    """Find the texts on which two systems differ.

    Args:
        texts: False omits the texts of examples.
        most: number of examples for each system.

    Raises:
        UsageError: the predictions belong to different files of the task.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.scoring import score
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> best = score(Predictions(gold.spec, gold.labels, "best"), gold).card
    >>> none = score(Predictions(gold.spec, 0 * gold.labels, "none"), gold).card
    >>> errors = compare_errors(best, none)
    >>> errors.whole.second, errors.whole.both + errors.whole.first
    (0, 200)
    """
    if first.spec != second.spec or first.gold_hash != second.gold_hash:
        raise UsageError(
            f"{first.file} is {first.spec.place}, and {second.file} is {second.spec.place}: "
            "only predictions of the same texts can be compared."
        )
    pairs = pair_of(first), pair_of(second)
    first_right, second_right = (pair.predicted == pair.gold for pair in pairs)
    first_whole, second_whole = first_right.all(axis=1), second_right.all(axis=1)
    return ErrorComparison(
        first=first,
        second=second,
        whole=_agreement("", first_whole, second_whole),
        emotions=tuple(
            _agreement(name, first_right[:, i], second_right[:, i]) for i, name in enumerate(first.spec.emotions)
        ),
        first_right=_examples(*pairs, first_whole & ~second_whole, (~second_right).sum(axis=1), texts, most),
        second_right=_examples(*pairs, second_whole & ~first_whole, (~first_right).sum(axis=1), texts, most),
    )


def compare_error_files(
    first: str | os.PathLike[str],
    second: str | os.PathLike[str],
    selector: Selector,
    *,
    source: str | os.PathLike[str] | None = None,
    texts: bool = True,
    most: int = MOST,
    unverified_gold: bool = False,
) -> list[ErrorComparison]:
    """Score two paths and compare every file of the task that both predict, text by text.

    Args:
        source: where the gold labels are, as in `load_gold`.
        texts, most: as for `compare_errors`.
        unverified_gold: as for `score`.

    Raises:
        UsageError: the paths have no file of the task in common.
    """
    cards, others = (
        {
            card.spec: card
            for card in score(path, source=source, unverified_gold=unverified_gold, **selector.keywords).cards
        }
        for path in (first, second)
    )
    comparisons = [
        compare_errors(card, others[spec], texts=texts, most=most) for spec, card in cards.items() if spec in others
    ]
    if not comparisons:
        raise UsageError(f"{first} and {second} have no file of the task in common.")
    return comparisons


def _agreement(emotion: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Agreement:
    return Agreement(
        emotion=emotion,
        both=int((first & second).sum()),
        first=int((first & ~second).sum()),
        second=int((second & ~first).sum()),
        neither=int((~first & ~second).sum()),
    )


def _examples(
    first: PairedLabels, second: PairedLabels, mask: NDArray[np.bool_], wrong: NDArray[np.int64], texts: bool, most: int
) -> tuple[DisagreementExample, ...]:
    rows = np.flatnonzero(mask)
    rows = rows[np.argsort(-wrong[rows], kind="stable")][:most]
    names = first.spec.emotions
    return tuple(
        DisagreementExample(
            id=first.spec.ids[row],
            gold=label_set(first.gold[row] > 0, names),
            first=label_set(first.predicted[row] > 0, names),
            second=label_set(second.predicted[row] > 0, names),
            wrong=int(wrong[row]),
            text=first.texts[row] if texts and first.texts is not None else None,
        )
        for row in rows.tolist()
    )
