"""Predictions for texts, with probabilities and labels by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from semeval_emo.errors import UsageError
from semeval_emo.tables.frames import data_frame
from semeval_emo.tables.results import Result
from semeval_emo.text import plural, printable

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

EXAMPLE = 'for example model.predict(["What a day!", "Oh no."]) or model.predict(frame["text"])'
FILE_SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".arrow",
    ".feather",
    ".xlsx",
    ".xls",
)
"""Names that end like this are names of files, not texts."""


@dataclass(frozen=True, eq=False, repr=False)
class TextPrediction(Result):
    """Prediction for one text.

    Attributes:
        id: of the text; its number, from 1, if it has no id.
        emotions: the labels of the model.
        probability_row: shape (L,), in [0, 1].
        label_row: shape (L,), at the model's thresholds: 0 or 1, or an intensity.
    """

    id: str
    text: str
    emotions: tuple[str, ...]
    probability_row: np.ndarray
    label_row: np.ndarray

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of each emotion, or its intensity scaled to [0, 1]."""
        return dict(zip(self.emotions, self.probability_row.tolist(), strict=True))

    @property
    def labels(self) -> dict[str, int]:
        """The label of each emotion: 0 or 1, or an intensity."""
        return dict(zip(self.emotions, self.label_row.tolist(), strict=True))

    @property
    def present(self) -> dict[str, int]:
        """The labels that are not 0."""
        return {emotion: label for emotion, label in self.labels.items() if label}

    def top(self, count: int) -> dict[str, float]:
        """Return the highest probabilities, the highest first; of equal ones, in the order of the emotions."""
        ranked = sorted(self.probabilities.items(), key=lambda item: -item[1])
        return dict(ranked[:count])

    def to_frame(self) -> DataFrame:
        """Return a data frame with a row per emotion: its label and its probability."""
        return data_frame(
            {"label": list(self.labels.values()), "probability": list(self.probabilities.values())}, self.emotions
        )

    def __repr__(self) -> str:
        return f"TextPrediction({_shortened(self.text)!r}: {present_text(self)})"


@dataclass(frozen=True, eq=False, repr=False)
class TextPredictions(Result, Sequence[TextPrediction]):
    """Predictions for several texts: a sequence of `TextPrediction`.

    Attributes:
        emotions: the labels of the model, which are the columns of both arrays.
        probabilities: shape (n, L), in [0, 1].
        labels: shape (n, L), int8, at the model's thresholds.
        index: of the pandas Series that had the texts; None for other texts.
    """

    texts: tuple[str, ...]
    emotions: tuple[str, ...]
    probabilities: np.ndarray
    labels: np.ndarray
    index: Any = None

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> TextPrediction: ...

    @overload
    def __getitem__(self, index: slice) -> TextPredictions: ...

    def __getitem__(self, index: int | slice) -> TextPrediction | TextPredictions:
        if isinstance(index, slice):
            own = None if self.index is None else self.index[index]
            return TextPredictions(self.texts[index], self.emotions, self.probabilities[index], self.labels[index], own)
        number = range(len(self))[index]
        return TextPrediction(
            str(number + 1), self.texts[number], self.emotions, self.probabilities[number], self.labels[number]
        )

    def to_frame(self) -> DataFrame:
        """Return a data frame: the text, a column of labels per emotion, and its probability as ``<emotion>_prob``."""
        columns: dict[str, Any] = {"text": list(self.texts)}
        columns |= {emotion: self.labels[:, i] for i, emotion in enumerate(self.emotions)}
        columns |= {f"{emotion}_prob": self.probabilities[:, i] for i, emotion in enumerate(self.emotions)}
        return data_frame(columns, self.index)

    def __repr__(self) -> str:
        counts = zip(self.emotions, (self.labels > 0).sum(0).tolist(), strict=True)
        shown = ", ".join(f"{emotion} {count}" for emotion, count in counts)
        return f"TextPredictions({plural(len(self), 'text')}: {shown})"


def present_text(prediction: TextPrediction) -> str:
    """Return the emotions that are present with their probabilities, such as ``joy 0.93``; ``no label`` if none.

    Intensities are named instead of probabilities: ``joy: 2``.
    """
    probabilities, is_binary = prediction.probabilities, max(prediction.labels.values(), default=0) <= 1
    present = [
        f"{emotion} {probabilities[emotion]:.2f}" if is_binary else f"{emotion}: {label}"
        for emotion, label in prediction.present.items()
    ]
    return ", ".join(present) or "no label"


def _shortened(text: str) -> str:
    return printable(text if len(text) <= 60 else f"{text[:57]}...", 200)


def texts_of(values: Any) -> tuple[list[str], Any]:
    """Return the texts of a list, a pandas Series, an array or a column of a dataset, and the index of a Series.

    Raises:
        UsageError: it is something else, or one of its values is not a text.
    """
    kind = type(values).__name__
    columns = getattr(values, "column_names", None) or getattr(values, "columns", None)
    if columns is not None and not isinstance(values, str):
        names = [str(name) for name in columns] if not callable(columns) else []
        column = next((name for name in names if name.lower() == "text"), names[0] if names else "text")
        raise UsageError(
            f"predict takes texts, not a {kind} with the columns {printable(', '.join(names), 100)}.",
            f"name the column of the texts, such as [{column!r}]",
        )
    is_iterable = isinstance(values, Iterable) and getattr(values, "ndim", 1) > 0
    if isinstance(values, bytes | PathLike | Mapping | set | frozenset) or not is_iterable:
        raise UsageError(f"predict takes a text or a list of texts, not {_article(kind)} {kind}.", EXAMPLE)
    texts: list[str] = []
    for number, item in enumerate(values):
        # A scalar of Arrow.
        value = item.as_py() if hasattr(item, "as_py") else item
        if not isinstance(value, str):
            is_missing = str(value) in ("None", "nan", "<NA>")
            raise UsageError(
                f"Text {number} is {printable(repr(value), 60)}, not a str.",
                "leave out or replace missing texts, such as frame['text'].fillna('')" if is_missing else EXAMPLE,
            )
        texts.append(check_text(value, f"Text {number}"))
    return texts, getattr(values, "index", None) if hasattr(values, "iloc") else None


def check_text(text: str, name: str) -> str:
    """Return a text as a plain str.

    Raises:
        UsageError: it has half of a surrogate pair, which no tokenizer takes.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{name} has half of a surrogate pair at {error.start}, which is not a character.") from error
    return str(text)


def is_file_name(text: str) -> bool:
    """Return whether a text ends like the name of a file.

    >>> is_file_name("texts.CSV"), is_file_name("What a day..."), is_file_name("Dr. Who")
    (True, False, False)
    """
    return "\n" not in text and PurePath(text).suffix.lower() in FILE_SUFFIXES


def refuse_file_name(text: str) -> None:
    """Refuse the name of a file where a text is expected.

    Raises:
        UsageError: it ends like one.
    """
    if is_file_name(text):
        raise UsageError(
            f"{printable(repr(text), 100)} looks like the name of a file; predict takes texts.",
            "read its column first, such as pandas.read_csv(path)['text'], or put the text into a list",
        )


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeiou" else "a"
