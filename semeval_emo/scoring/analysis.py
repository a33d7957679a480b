"""Where a system goes wrong: by emotion, by kind of text, by set of labels, and with how much confidence.

Owns what is found in one file (`analyse`); `divergence` sets two files side by side. A label is *missed* where gold
has it and the prediction has not, *invented* the other way round; a degree of 0 is no label.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data.overlap import normalise
from semeval_emo.data.stats import duplicate_rows
from semeval_emo.errors import UsageError
from semeval_emo.scoring.pair import PairedLabels
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.slices import Slice, slices_of
from semeval_emo.submission import Probabilities

SCHEMA = "semeval-emo/analyse/1"
MOST = 10
MISSED, INVENTED = "missed", "invented"


@dataclass(frozen=True)
class EmotionErrors:
    """What became of one emotion.

    Attributes:
        gold, predicted: texts that have it, on either side.
        right: texts that have it on both sides.
        missed, invented: texts that have it on one side only.
        low, high: of the right ones, those whose degree is too low or too high; 0 for labels.
        instead: the emotion that was most often invented where this one was missed; empty where none was.
        instead_count: in how many texts.
    """

    emotion: str
    gold: int
    predicted: int
    right: int
    missed: int
    invented: int
    low: int
    high: int
    instead: str
    instead_count: int


@dataclass(frozen=True)
class LabelSetError:
    """A set of gold labels and the wrong set that was predicted for it, with the number of texts."""

    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    texts: int


@dataclass(frozen=True)
class ConfidentError:
    """One label that is wrong although the system was sure.

    Attributes:
        kind: ``missed`` or ``invented``.
        confidence: the probability that the system gave to its wrong answer.
    """

    id: str
    emotion: str
    kind: str
    confidence: float
    text: str | None


@dataclass(frozen=True)
class DuplicateGroup:
    """A text that stands in several rows, up to case, width and spacing."""

    ids: tuple[str, ...]
    gold_differs: bool
    predicted_differs: bool
    text: str | None


@dataclass(frozen=True)
class DuplicateTexts:
    """Texts that stand in several rows.

    Attributes:
        texts, rows: different texts that are repeated, and the rows that hold them.
        gold_differs, predicted_differs: of the texts, those whose rows are labelled differently.
        examples: those that differ first, then the most repeated.
    """

    texts: int
    rows: int
    gold_differs: int
    predicted_differs: int
    examples: tuple[DuplicateGroup, ...]


@dataclass(frozen=True, eq=False)
class Analysis:
    """What `analyse` returns.

    Attributes:
        card: the score of the same file.
        together_gold, together_predicted: shape (L, L): texts that have both emotions; the diagonal has one.
        slices: the score by kind of text, group by group: `slices.GROUPS`.
        exact: texts whose labels are all right.
        set_errors: the most frequent wrong sets; `wrong_sets` says how many texts are wrong in all.
        mistakes: the most confident wrong labels; None without probabilities.
        repetition: repeated texts; None where the gold has no texts.
    """

    card: Scorecard
    emotions: tuple[EmotionErrors, ...]
    together_gold: NDArray[np.int64]
    together_predicted: NDArray[np.int64]
    slices: tuple[Slice, ...]
    exact: int
    wrong_sets: int
    set_errors: tuple[LabelSetError, ...]
    mistakes: tuple[ConfidentError, ...] | None
    repetition: DuplicateTexts | None

    def to_dict(self) -> dict[str, Any]:
        """One file as JSON has it."""
        spec = self.card.spec
        return {
            "file": self.card.file, "release": self.card.release, "track": spec.track, "language": spec.language,
            "split": spec.split, "texts": spec.rows, "metric": self.card.metric, "score": self.card.score,
            "emotions": [asdict(one) for one in self.emotions],
            "together": {
                "emotions": list(spec.emotions),
                "gold": self.together_gold.tolist(),
                "predicted": self.together_predicted.tolist(),
            },
            "slices": [asdict(one) for one in self.slices],
            "exact": self.exact,
            "wrong_sets": self.wrong_sets,
            "set_errors": [asdict(one) for one in self.set_errors],
            "confident_mistakes": None if self.mistakes is None else [asdict(one) for one in self.mistakes],
            "repeated_texts": None if self.repetition is None else asdict(self.repetition),
            "signature": self.card.signature,
        }  # fmt: skip


def pair_of(card: Scorecard) -> PairedLabels:
    """Both sides of a scorecard, row by row.

    Raises:
        UsageError: the card came without its rows.
    """
    if card.pair is None:
        raise UsageError(f"The scorecard of {card.file} has no rows to look at.", "score the predictions anew")
    return card.pair


def analyse(
    card: Scorecard, *, probabilities: Probabilities | None = None, texts: bool = True, most: int = MOST
) -> Analysis:
    """Looks for patterns in the errors of one scored file.

    Args:
        card: what `score` made of it.
        probabilities: of the same file, for the most confident mistakes.
        texts: False leaves the texts out of every example.
        most: how many examples of each kind.

    Raises:
        UsageError: the probabilities are of another file of the task.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.scoring import score
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> found = analyse(score(Predictions(gold.spec, 0 * gold.labels, "silent"), gold).card)
    >>> found.emotions[0].missed == found.emotions[0].gold, found.emotions[0].invented
    (True, 0)
    """
    pair = pair_of(card)
    spec, gold, predicted = pair.spec, pair.gold > 0, pair.predicted > 0
    shown = pair.texts if texts else None
    wrong = (pair.gold != pair.predicted).any(axis=1)
    return Analysis(
        card=card,
        emotions=_by_emotion(pair),
        together_gold=gold.T.astype(np.int64) @ gold,
        together_predicted=predicted.T.astype(np.int64) @ predicted,
        slices=slices_of(pair, card.metric),
        exact=int((~wrong).sum()),
        wrong_sets=int((gold != predicted).any(axis=1).sum()),
        set_errors=_set_errors(gold, predicted, spec.emotions, most),
        mistakes=None if probabilities is None else _confident(pair, probabilities, shown, most),
        repetition=None if pair.texts is None else _repetition(pair, pair.texts, texts, most),
    )


def _by_emotion(pair: PairedLabels) -> tuple[EmotionErrors, ...]:
    gold, predicted, names = pair.gold > 0, pair.predicted > 0, pair.spec.emotions
    missed, invented, right = gold & ~predicted, predicted & ~gold, gold & predicted
    instead = missed.T.astype(np.int64) @ invented
    found = []
    for i, name in enumerate(names):
        most = int(instead[i].argmax())
        count = int(instead[i, most])
        found.append(
            EmotionErrors(
                emotion=name,
                gold=int(gold[:, i].sum()),
                predicted=int(predicted[:, i].sum()),
                right=int(right[:, i].sum()),
                missed=int(missed[:, i].sum()),
                invented=int(invented[:, i].sum()),
                low=int((right[:, i] & (pair.predicted[:, i] < pair.gold[:, i])).sum()),
                high=int((right[:, i] & (pair.predicted[:, i] > pair.gold[:, i])).sum()),
                instead=names[most] if count else "",
                instead_count=count,
            )
        )
    return tuple(found)


def label_set(row: NDArray[np.bool_], emotions: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a row's labels, in the task's order."""
    return tuple(name for name, one in zip(emotions, row, strict=True) if one)


def _set_errors(
    gold: NDArray[np.bool_], predicted: NDArray[np.bool_], emotions: tuple[str, ...], most: int
) -> tuple[LabelSetError, ...]:
    counts: Counter[tuple[bytes, bytes]] = Counter(
        (g.tobytes(), p.tobytes()) for g, p in zip(gold, predicted, strict=True) if (g != p).any()
    )
    # Equal counts stand in the order of their labels, so that the same file always gives the same list.
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]

    def names(row: bytes) -> tuple[str, ...]:
        return label_set(np.frombuffer(row, dtype=bool), emotions)

    return tuple(LabelSetError(names(g), names(p), count) for (g, p), count in top)


def _confident(
    pair: PairedLabels, probabilities: Probabilities, texts: tuple[str, ...] | None, most: int
) -> tuple[ConfidentError, ...]:
    if probabilities.spec != pair.spec:
        raise UsageError(
            f"{probabilities.path} is {probabilities.spec.place}, and {pair.file} is {pair.spec.place}.",
            "name the probabilities of the same file",
        )
    gold, predicted = pair.gold > 0, pair.predicted > 0
    confidence = np.where(predicted, probabilities.values, 1 - probabilities.values)
    rows, columns = np.nonzero(gold != predicted)
    order = np.argsort(-confidence[rows, columns], kind="stable")[:most]
    return tuple(
        ConfidentError(
            id=pair.spec.ids[row],
            emotion=pair.spec.emotions[column],
            kind=MISSED if gold[row, column] else INVENTED,
            confidence=float(confidence[row, column]),
            text=None if texts is None else texts[row],
        )
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    )


def _repetition(pair: PairedLabels, texts: tuple[str, ...], shown: bool, most: int) -> DuplicateTexts:
    groups = list(duplicate_rows([normalise(text) for text in texts]).values())

    def differs(labels: NDArray, rows: list[int]) -> bool:
        return bool((labels[rows] != labels[rows[0]]).any())

    found = [
        DuplicateGroup(
            ids=tuple(pair.spec.ids[row] for row in rows),
            gold_differs=differs(pair.gold, rows),
            predicted_differs=differs(pair.predicted, rows),
            text=texts[rows[0]] if shown else None,
        )
        for rows in groups
    ]
    found.sort(key=lambda one: (not one.gold_differs, not one.predicted_differs, -len(one.ids)))
    return DuplicateTexts(
        texts=len(found),
        rows=sum(len(one.ids) for one in found),
        gold_differs=sum(one.gold_differs for one in found),
        predicted_differs=sum(one.predicted_differs for one in found),
        examples=tuple(found[:most]),
    )
