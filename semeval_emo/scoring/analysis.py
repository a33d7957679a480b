"""Error analysis of one prediction file: by emotion, by kind of text, by label set and by confidence.

`error_comparison` compares the errors of two files. An intensity above 0 counts as a label. The keys ``missed`` and
``invented`` of the JSON form are false negatives and false positives.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data.overlap import normalise
from semeval_emo.data.stats import duplicate_rows
from semeval_emo.errors import UsageError
from semeval_emo.scoring.pair import PairedLabels
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import score, task_of
from semeval_emo.scoring.slices import Slice, slices_of
from semeval_emo.submission import Probabilities, read_probabilities
from semeval_emo.submission.probabilities import find_probabilities
from semeval_emo.tables.frames import one_file
from semeval_emo.tables.results import Result, Results, frame_of
from semeval_emo.task import Task
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

SCHEMA = "semeval-emo/analyse/1"
MOST = 10
FALSE_NEGATIVE, FALSE_POSITIVE = "missed", "invented"


@dataclass(frozen=True)
class EmotionErrors:
    """Errors of one emotion, as numbers of texts.

    Attributes:
        gold, predicted: texts with the label in the gold, in the predictions.
        missed, invented: false negatives and false positives.
        low, high: true positives whose intensity is too low or too high; 0 for labels.
        instead: the most frequent false positive in texts where this emotion is a false negative; empty if there
            is none.
        instead_count: number of those texts.
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
    """A gold label set, the wrong label set predicted for it, and the number of texts."""

    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    texts: int


@dataclass(frozen=True)
class ConfidentError:
    """A wrong label with high confidence.

    Attributes:
        kind: ``missed`` (false negative) or ``invented`` (false positive).
        confidence: probability that the system gave to its wrong prediction.
    """

    id: str
    emotion: str
    kind: str
    confidence: float
    text: str | None


@dataclass(frozen=True)
class DuplicateGroup:
    """The rows with the same text, ignoring case, width and spacing."""

    ids: tuple[str, ...]
    gold_differs: bool
    predicted_differs: bool
    text: str | None


@dataclass(frozen=True)
class DuplicateTexts:
    """Duplicate texts.

    Attributes:
        texts, rows: number of distinct texts with duplicates, and number of their rows.
        gold_differs, predicted_differs: number of these texts whose rows have different labels.
        examples: those with different labels first, then the most frequent.
    """

    texts: int
    rows: int
    gold_differs: int
    predicted_differs: int
    examples: tuple[DuplicateGroup, ...]


@dataclass(frozen=True, eq=False)
class Analysis(Result):
    """Result of `analyse`.

    Attributes:
        gold_cooccurrence, predicted_cooccurrence: shape (L, L): number of texts with both emotions; the diagonal
            has the number of texts with one.
        slices: scores by kind of text, in the groups of `slices.GROUPS`.
        exact: number of texts whose labels are all correct.
        wrong_sets: number of texts with a wrong label set.
        different_wrong_sets: number of different pairs of a gold and a wrong predicted label set.
        set_errors: the most frequent wrong label sets.
        confident_errors: the most confident wrong labels; None without probabilities.
    """

    card: Scorecard
    emotions: tuple[EmotionErrors, ...]
    gold_cooccurrence: NDArray[np.int64]
    predicted_cooccurrence: NDArray[np.int64]
    slices: tuple[Slice, ...]
    exact: int
    wrong_sets: int
    different_wrong_sets: int
    set_errors: tuple[LabelSetError, ...]
    confident_errors: tuple[ConfidentError, ...] | None
    duplicates: DuplicateTexts | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        spec = self.card.spec
        return {
            "file": self.card.file, "release": self.card.release, "track": spec.track, "language": spec.language,
            "split": spec.split, "texts": spec.rows, "metric": self.card.metric, "score": self.card.score,
            "emotions": [asdict(errors) for errors in self.emotions],
            "together": {
                "emotions": list(spec.emotions),
                "gold": self.gold_cooccurrence.tolist(),
                "predicted": self.predicted_cooccurrence.tolist(),
            },
            "slices": [asdict(own) for own in self.slices],
            "exact": self.exact,
            "wrong_sets": self.wrong_sets,
            "different_wrong_sets": self.different_wrong_sets,
            "set_errors": [asdict(error) for error in self.set_errors],
            "confident_mistakes": (
                None if self.confident_errors is None else [asdict(error) for error in self.confident_errors]
            ),
            "repeated_texts": None if self.duplicates is None else asdict(self.duplicates),
            "signature": self.card.signature,
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return a row for each emotion, with its false negatives and false positives."""
        place = {"file": self.card.file, "track": self.card.spec.track, "language": self.card.spec.language}
        # The JSON keeps its older keys.
        names = {FALSE_NEGATIVE: "false_negatives", FALSE_POSITIVE: "false_positives"}
        rows = ({names.get(key, key): value for key, value in asdict(errors).items()} for errors in self.emotions)
        return frame_of(place | row for row in rows)

    def __repr__(self) -> str:
        return short_repr(self, card=self.card, exact=self.exact, wrong_sets=self.wrong_sets)


def pair_of(card: Scorecard) -> PairedLabels:
    """Return gold and predictions of a scorecard, row by row.

    Raises:
        UsageError: the card has no rows.
    """
    if card.pair is None:
        raise UsageError(f"The scorecard of {card.file} has no rows.", "score the predictions again")
    return card.pair


@overload
def analyse(predictions: Scorecard, *, probabilities: Any = None, texts: bool = True, most: int = MOST) -> Analysis: ...


@overload
def analyse(
    predictions: Any,
    gold: Any = None,
    *,
    probabilities: Any = None,
    texts: bool = True,
    most: int = MOST,
    **options: Any,
) -> Results[Analysis]: ...


def analyse(
    predictions: Any,
    gold: Any = None,
    *,
    probabilities: Any = None,
    texts: bool = True,
    most: int = MOST,
    **more: Any,
) -> Analysis | Results[Analysis]:
    """Analyse the errors of scored files: by emotion, by kind of text, by label set and by confidence.

    Args:
        predictions: a scorecard; or the result of `score`, or anything that it takes, for an analysis of each file.
        gold: as for `score`.
        probabilities: a probability file, a data frame of one, or `Probabilities`, for the most confident errors. None
            takes ``prob_*.csv`` in the folder of each file, if there is one.
        texts: False omits the texts of examples.
        most: number of examples of each kind.
        more: other arguments of `score`, such as ``source``, ``track`` and ``emotions``.

    Raises:
        UsageError: the probabilities belong to another file of the task.
        EmoError: as for `score`.

    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.submission import Predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> (analysis,) = analyse(Predictions(gold.spec, 0 * gold.labels, "no labels"), gold)
    >>> analysis.emotions[0].missed == analysis.emotions[0].gold, analysis.emotions[0].invented
    (True, 0)
    """
    if isinstance(predictions, Scorecard):
        return _analysis(predictions, _probabilities_of(predictions, probabilities), texts, most)
    scores = predictions if isinstance(predictions, Scores) else score(predictions, gold, **more)
    return Results(
        _analysis(card, _probabilities_of(card, probabilities, more.get("task")), texts, most) for card in scores.cards
    )


def _probabilities_of(card: Scorecard, probabilities: Any, task: Task | str | None = None) -> Probabilities | None:
    """Return the probabilities of a file: those that the user passes, or else those beside it."""
    spec = card.spec
    if isinstance(probabilities, Probabilities):
        return probabilities
    source = None if probabilities is None else one_file(probabilities, "probability frame")
    if source is None and (source := find_probabilities(card.file, spec)) is None:
        return None
    return read_probabilities(source, **spec.address, task=task_of(spec, task))


def _analysis(card: Scorecard, probabilities: Probabilities | None, texts: bool, most: int) -> Analysis:
    """Analyse the errors of one scored file."""
    pair = pair_of(card)
    spec, gold, predicted = pair.spec, pair.gold > 0, pair.predicted > 0
    shown = pair.texts if texts else None
    wrong = (pair.gold != pair.predicted).any(axis=1)
    set_errors = _set_errors(gold, predicted, spec.emotions)
    return Analysis(
        card=card,
        emotions=_by_emotion(pair),
        gold_cooccurrence=gold.T.astype(np.int64) @ gold,
        predicted_cooccurrence=predicted.T.astype(np.int64) @ predicted,
        slices=slices_of(pair, card.metric),
        exact=int((~wrong).sum()),
        wrong_sets=int((gold != predicted).any(axis=1).sum()),
        different_wrong_sets=len(set_errors),
        set_errors=set_errors[:most],
        confident_errors=None if probabilities is None else _confident_errors(pair, probabilities, shown, most),
        duplicates=None if pair.texts is None else _duplicates(pair, pair.texts, texts, most),
    )


def _by_emotion(pair: PairedLabels) -> tuple[EmotionErrors, ...]:
    gold, predicted, names = pair.gold > 0, pair.predicted > 0, pair.spec.emotions
    negatives, positives, right = gold & ~predicted, predicted & ~gold, gold & predicted
    instead = negatives.T.astype(np.int64) @ positives
    by_emotion = []
    for i, name in enumerate(names):
        most = int(instead[i].argmax())
        count = int(instead[i, most])
        by_emotion.append(
            EmotionErrors(
                emotion=name,
                gold=int(gold[:, i].sum()),
                predicted=int(predicted[:, i].sum()),
                right=int(right[:, i].sum()),
                missed=int(negatives[:, i].sum()),
                invented=int(positives[:, i].sum()),
                low=int((right[:, i] & (pair.predicted[:, i] < pair.gold[:, i])).sum()),
                high=int((right[:, i] & (pair.predicted[:, i] > pair.gold[:, i])).sum()),
                instead=names[most] if count else "",
                instead_count=count,
            )
        )
    return tuple(by_emotion)


def label_set(row: NDArray[np.bool_], emotions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a row's labels, in the task's order."""
    return tuple(name for name, has_label in zip(emotions, row, strict=True) if has_label)


def _set_errors(
    gold: NDArray[np.bool_], predicted: NDArray[np.bool_], emotions: tuple[str, ...]
) -> tuple[LabelSetError, ...]:
    counts: Counter[tuple[bytes, bytes]] = Counter(
        (g.tobytes(), p.tobytes()) for g, p in zip(gold, predicted, strict=True) if (g != p).any()
    )
    # Equal counts are sorted by labels, so that the result is deterministic.
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def names(row: bytes) -> tuple[str, ...]:
        return label_set(np.frombuffer(row, dtype=bool), emotions)

    return tuple(LabelSetError(names(g), names(p), count) for (g, p), count in top)


def _confident_errors(
    pair: PairedLabels, probabilities: Probabilities, texts: tuple[str, ...] | None, most: int
) -> tuple[ConfidentError, ...]:
    if probabilities.spec != pair.spec:
        raise UsageError(
            f"{probabilities.path} is {probabilities.spec.place}, and {pair.file} is {pair.spec.place}.",
            "give the probabilities of the same file",
        )
    gold, predicted = pair.gold > 0, pair.predicted > 0
    confidence = np.where(predicted, probabilities.values, 1 - probabilities.values)
    rows, columns = np.nonzero(gold != predicted)
    order = np.argsort(-confidence[rows, columns], kind="stable")[:most]
    return tuple(
        ConfidentError(
            id=pair.spec.ids[row],
            emotion=pair.spec.emotions[column],
            kind=FALSE_NEGATIVE if gold[row, column] else FALSE_POSITIVE,
            confidence=float(confidence[row, column]),
            text=None if texts is None else texts[row],
        )
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    )


def _duplicates(pair: PairedLabels, texts: tuple[str, ...], shown: bool, most: int) -> DuplicateTexts:
    groups = list(duplicate_rows([normalise(text) for text in texts]).values())

    def differs(labels: NDArray, rows: list[int]) -> bool:
        return bool((labels[rows] != labels[rows[0]]).any())

    examples = [
        DuplicateGroup(
            ids=tuple(pair.spec.ids[row] for row in rows),
            gold_differs=differs(pair.gold, rows),
            predicted_differs=differs(pair.predicted, rows),
            text=texts[rows[0]] if shown else None,
        )
        for rows in groups
    ]
    examples.sort(key=lambda group: (not group.gold_differs, not group.predicted_differs, -len(group.ids)))
    return DuplicateTexts(
        texts=len(examples),
        rows=sum(len(group.ids) for group in examples),
        gold_differs=sum(group.gold_differs for group in examples),
        predicted_differs=sum(group.predicted_differs for group in examples),
        examples=tuple(examples[:most]),
    )
