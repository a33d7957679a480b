"""Prediction with a trained model: a stream of texts in, a stream of probabilities and labels out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.texts import open_texts
from semeval_emo.zoo.runs.model import Model
from semeval_emo.zoo.selection.thresholds import apply_thresholds

CHUNK = 4096
"""Texts per chunk; large enough that texts of equal length, or with a common prefix, are batched together."""


@dataclass(frozen=True, eq=False)
class TextPrediction:
    """Prediction for one text.

    Attributes:
        probabilities: shape (L,), in [0, 1].
        labels: shape (L,), at the model's thresholds; intensities for intensities.
    """

    id: str
    probabilities: np.ndarray
    labels: np.ndarray


def predict_file(
    model: Model,
    path: Path | None,
    input_format: str | None = None,
    message: Callable[[str], None] = lambda _: None,
    column: str | None = None,
) -> Iterator[TextPrediction]:
    """Predict the texts of a file, or of stdin if `path` is None or ``-``.

    Args:
        input_format: ``csv``, ``jsonl`` or ``lines``; None for the one that the file name or the first line suggests.
        column: the name of the column of texts; None for ``text``, else the only one with a name such as tweet.

    Raises:
        InputError: the input cannot be read, or does not have this format.
    """
    with open_texts(path, input_format, column, message) as source:
        yield from predict(model, source.texts, would_block=source.would_block)


def predict(
    model: Model,
    texts: Iterable[tuple[str, str]],
    progress: Progress | None = None,
    would_block: Callable[[], bool] = lambda: False,
) -> Iterator[TextPrediction]:
    """Predict texts as they arrive, in their order.

    Args:
        would_block: whether the next text is not available yet; the texts read so far are then predicted at once.
    """
    stream = iter(texts)
    while chunk := _read_chunk(stream, would_block):
        probabilities = model.family.predict([text for _, text in chunk], progress)
        labels = apply_thresholds(probabilities, model.thresholds, model.space)
        for (text_id, _), text_probabilities, text_labels in zip(chunk, probabilities, labels, strict=True):
            yield TextPrediction(text_id, text_probabilities, text_labels)


def _read_chunk(stream: Iterator[tuple[str, str]], would_block: Callable[[], bool]) -> list[tuple[str, str]]:
    chunk: list[tuple[str, str]] = []
    for text in stream:
        chunk.append(text)
        if len(chunk) == CHUNK or would_block():
            break
    return chunk


def csv_lines(emotions: tuple[str, ...], predictions: Iterable[TextPrediction], *, labels: bool) -> Iterator[str]:
    """Yield the lines of a probability file, or of a prediction file if `labels`."""
    # The first text is predicted before the header is printed, so that an input error leaves no header behind.
    stream = iter(predictions)
    first = list(itertools.islice(stream, 1))
    yield ",".join(("id", *emotions))
    for prediction in itertools.chain(first, stream):
        text_id = prediction.id
        if set(text_id) & set(',"\r\n'):
            text_id = f'"{text_id.replace(chr(34), chr(34) * 2)}"'
        values = prediction.labels if labels else prediction.probabilities
        yield ",".join((text_id, *map(str if labels else repr, values.tolist())))


def json_lines(emotions: tuple[str, ...], predictions: Iterable[TextPrediction]) -> Iterator[str]:
    """Yield one JSON object per text: its probabilities, and the emotions that are present with their intensities."""
    for prediction in predictions:
        labels = zip(emotions, prediction.labels.tolist(), strict=True)
        probabilities = zip(emotions, prediction.probabilities.tolist(), strict=True)
        record = {
            "id": prediction.id,
            "labels": {emotion: label for emotion, label in labels if label},
            "probabilities": {emotion: round(probability, 6) for emotion, probability in probabilities},
        }
        yield json.dumps(record, ensure_ascii=False)
