"""Predicts with a trained model: a stream of texts in, a stream of probabilities and labels out.

Memory does not grow with the number of texts: they pass through in chunks.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.zoo.decide import labels_of
from semeval_emo.zoo.family import Watcher
from semeval_emo.zoo.model import Model

CHUNK = 512
"""Texts in memory at once; enough of them that those of like length can run together."""

KINDS = ("csv", "jsonl", "lines")


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model says of one text.

    Attributes:
        probabilities: shape (L,), in [0, 1].
        labels: shape (L,), at the model's own thresholds; degrees for intensities.
    """

    id: str
    probabilities: np.ndarray
    labels: np.ndarray


def read_texts(stream: IO[str], kind: str, name: str) -> Iterator[tuple[str, str]]:
    r"""Reads ids and texts, one after the other.

    Args:
        stream: opened with ``newline=""``.
        kind: ``csv`` (a header with ``text`` and maybe ``id``), ``jsonl`` (objects likewise) or
            ``lines`` (one text a line). Without ids, rows are numbered from 1.
        name: of the input, for messages.

    Raises:
        InputError: no texts are where they should be.

    >>> import io
    >>> list(read_texts(io.StringIO("id,text\na,Oh\n"), "csv", "x.csv"))
    [('a', 'Oh')]
    """
    if kind == "lines":
        yield from ((str(number), line.rstrip("\r\n")) for number, line in enumerate(stream, 1))
    elif kind == "jsonl":
        yield from _objects(stream, name)
    else:
        yield from _rows(stream, name)


def _objects(stream: IO[str], name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            yield str(one.get("id", number)), str(one["text"])
        except (ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"{name}:{number}: not a JSON object with a text.", 'write one a line: {"id": "1", "text": "..."}'
            ) from error


def _rows(stream: IO[str], name: str) -> Iterator[tuple[str, str]]:
    rows = csv.reader(stream)
    header = [cell.strip().lower().removeprefix("\ufeff") for cell in next(rows, [])]
    if "text" not in header:
        raise InputError(
            f"{name} has no column 'text': its header is {','.join(header) or 'empty'}.",
            "--input lines reads one text a line",
        )
    text, label = header.index("text"), header.index("id") if "id" in header else None
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        if len(row) <= text:
            raise InputError(f"{name}: row {number} has {len(row)} of {len(header)} columns, so no text.")
        yield (str(number) if label is None else row[label]), row[text]


def predict(model: Model, texts: Iterable[tuple[str, str]], watch: Watcher | None = None) -> Iterator[Predicted]:
    """Predicts texts as they come, in their order.

    Args:
        texts: ids and texts.
    """
    stream = iter(texts)
    while chunk := list(itertools.islice(stream, CHUNK)):
        found = model.family.predict([text for _, text in chunk], watch)
        decided = labels_of(found, model.thresholds, model.space)
        for (name, _), probabilities, labels in zip(chunk, found, decided, strict=True):
            yield Predicted(name, probabilities, labels)


def csv_lines(emotions: tuple[str, ...], predicted: Iterable[Predicted], *, labels: bool) -> Iterator[str]:
    """Lines of a probability file, or of a prediction file with ``labels``."""
    yield ",".join(("id", *emotions))
    for one in predicted:
        name = f'"{one.id.replace(chr(34), chr(34) * 2)}"' if set(one.id) & set(',"\r\n') else one.id
        yield ",".join((name, *map(str if labels else repr, (one.labels if labels else one.probabilities).tolist())))


def json_lines(emotions: tuple[str, ...], predicted: Iterable[Predicted]) -> Iterator[str]:
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
