"""Predicts with a trained model: a stream of texts in, a stream of probabilities and labels out.

Memory does not grow with the number of texts: they pass through in chunks.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from semeval_emo.progress import Progress
from semeval_emo.zoo.runs.model import Model
from semeval_emo.zoo.selection.thresholds import apply_thresholds

CHUNK = 4096
"""Texts in memory at once; enough of them that those of like length, or with the same beginning, run together."""


@dataclass(frozen=True, eq=False)
class TextPrediction:
    """What a model says of one text.

    Attributes:
        probabilities: shape (L,), in [0, 1].
        labels: shape (L,), at the model's own thresholds; degrees for intensities.
    """

    id: str
    probabilities: np.ndarray
    labels: np.ndarray


def predict(
    model: Model,
    texts: Iterable[tuple[str, str]],
    progress: Progress | None = None,
    waits: Callable[[], bool] = lambda: False,
) -> Iterator[TextPrediction]:
    """Predicts texts as they come, in their order.

    Args:
        texts: ids and texts.
        waits: whether the next text is a while off, so that those at hand are better predicted now.
    """
    stream = iter(texts)
    while chunk := _chunk(stream, waits):
        found = model.family.predict([text for _, text in chunk], progress)
        decided = apply_thresholds(found, model.thresholds, model.space)
        for (name, _), probabilities, labels in zip(chunk, found, decided, strict=True):
            yield TextPrediction(name, probabilities, labels)


def _chunk(stream: Iterator[tuple[str, str]], waits: Callable[[], bool]) -> list[tuple[str, str]]:
    chunk: list[tuple[str, str]] = []
    for one in stream:
        chunk.append(one)
        if len(chunk) == CHUNK or waits():
            break
    return chunk


def csv_lines(emotions: tuple[str, ...], predicted: Iterable[TextPrediction], *, labels: bool) -> Iterator[str]:
    """Lines of a probability file, or of a prediction file with ``labels``."""
    # Input that cannot be read is told before a header stands on the screen.
    stream = iter(predicted)
    first = list(itertools.islice(stream, 1))
    yield ",".join(("id", *emotions))
    for one in itertools.chain(first, stream):
        name = f'"{one.id.replace(chr(34), chr(34) * 2)}"' if set(one.id) & set(',"\r\n') else one.id
        yield ",".join((name, *map(str if labels else repr, (one.labels if labels else one.probabilities).tolist())))


def json_lines(emotions: tuple[str, ...], predicted: Iterable[TextPrediction]) -> Iterator[str]:
    """One JSON object a text: its probabilities, and the emotions that are present (with their degrees)."""
    for one in predicted:
        pairs = zip(emotions, one.probabilities.tolist(), one.labels.tolist(), strict=True)
        found = [(emotion, round(p, 6), label) for emotion, p, label in pairs]
        body = {
            "id": one.id,
            "labels": {emotion: label for emotion, _, label in found if label},
            "probabilities": {emotion: p for emotion, p, _ in found},
        }
        yield json.dumps(body, ensure_ascii=False)
