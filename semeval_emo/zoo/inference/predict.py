"""Prediction with a trained model: a stream of texts in, a stream of probabilities and labels out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError, MissingExtra, UsageError
from semeval_emo.files import replace_file
from semeval_emo.progress import Progress
from semeval_emo.text import printable
from semeval_emo.zoo.dataset.texts import open_texts
from semeval_emo.zoo.runs.model import Model
from semeval_emo.zoo.runs.predictions import TextPrediction, check_text, is_file_name
from semeval_emo.zoo.selection.thresholds import apply_thresholds

CHUNK = 4096
"""Texts per chunk; large enough that texts of equal length, or with a common prefix, are batched together."""


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


def predict_texts(model: Model, texts: Sequence[str], progress: Progress | None = None) -> Iterator[TextPrediction]:
    """Predict texts, numbered from 1."""
    return predict(model, ((str(number), text) for number, text in enumerate(texts, 1)), progress)


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
        for (text_id, text), text_probabilities, text_labels in zip(chunk, probabilities, labels, strict=True):
            yield TextPrediction(text_id, text, model.space.emotions, text_probabilities, text_labels)


def _read_chunk(stream: Iterator[tuple[str, str]], would_block: Callable[[], bool]) -> list[tuple[str, str]]:
    chunk: list[tuple[str, str]] = []
    for text in stream:
        chunk.append(text)
        if len(chunk) == CHUNK or would_block():
            break
    return chunk


@dataclass(frozen=True)
class OutputColumns:
    """What is written for each text.

    Attributes:
        labels: labels instead of probabilities.
        text: whether the text is written, too.
        top: only the emotions with the highest probabilities, this many; 0 for all.
    """

    labels: bool = False
    text: bool = False
    top: int = 0

    def names(self, emotions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the columns."""
        top = [name for i in range(1, self.top + 1) for name in (f"top_{i}", f"probability_{i}")]
        return ("id", *(["text"] if self.text else []), *(top if self.top else emotions))

    def cells(self, prediction: TextPrediction) -> list[Any]:
        """Return the values of a text."""
        first = [prediction.id, prediction.text] if self.text else [prediction.id]
        if self.top:
            return first + [cell for pair in prediction.top(self.top).items() for cell in pair]
        return first + (prediction.label_row if self.labels else prediction.probability_row).tolist()


def csv_lines(
    emotions: tuple[str, ...], predictions: Iterable[TextPrediction], columns: OutputColumns
) -> Iterator[str]:
    """Yield the lines of a CSV file: without text, a probability or a prediction file."""
    # The first text is predicted before the header is printed, so that an input error leaves no header behind.
    stream = iter(predictions)
    first = list(itertools.islice(stream, 1))
    yield ",".join(columns.names(emotions))
    for prediction in itertools.chain(first, stream):
        yield ",".join(map(_csv_cell, columns.cells(prediction)))


def _csv_cell(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    return f'"{value.replace(chr(34), chr(34) * 2)}"' if set(value) & set(',"\r\n') else value


def json_lines(predictions: Iterable[TextPrediction], columns: OutputColumns) -> Iterator[str]:
    """Yield one JSON object per text: its probabilities, and the emotions that are present with their intensities."""
    for prediction in predictions:
        shown = prediction.top(columns.top) if columns.top else prediction.probabilities
        record = {
            "id": prediction.id,
            **({"text": prediction.text} if columns.text else {}),
            "labels": prediction.present,
            "probabilities": {emotion: round(probability, 6) for emotion, probability in shown.items()},
        }
        yield json.dumps(record, ensure_ascii=False)


def write_parquet(
    path: Path, emotions: tuple[str, ...], predictions: Iterable[TextPrediction], columns: OutputColumns
) -> int:
    """Write the columns of `csv_lines` to a Parquet file; return the number of texts.

    Raises:
        MissingExtra: pyarrow is not installed.
        InputError: the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra(f"Writing {path}", "parquet") from error
    number = pyarrow.int8() if columns.labels else pyarrow.float64()
    names = columns.names(emotions)
    texts = ("id", "text") if columns.text else ("id",)
    is_text = [name in texts or name.startswith("top_") for name in names]
    schema = pyarrow.schema(
        [(name, pyarrow.string() if text else number) for name, text in zip(names, is_text, strict=True)]
    )
    count, stream = 0, iter(predictions)
    with replace_file(path) as file, parquet.ParquetWriter(file, schema) as writer:
        while rows := [columns.cells(prediction) for prediction in itertools.islice(stream, CHUNK)]:
            arrays = [
                pyarrow.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def source_of(words: Sequence[str]) -> list[str] | Path | None:
    """Return the texts that are given as words, or the file that they name; None for stdin.

    Raises:
        InputError: there is no such file, or it is a folder.
        UsageError: several words, and one of them is a file.
    """
    if not words or list(words) == ["-"]:
        return None
    files = [word for word in words if _is_path(word) or is_file_name(word)]
    if not files:
        return [check_text(word, f"Text {number}") for number, word in enumerate(words, 1)]
    if len(words) > 1:
        raise UsageError(
            f"{printable(files[0], 200)} is the name of a file, given with other texts or files.",
            "give one file, or texts only; a text that ends like the name of a file goes to stdin",
        )
    path = Path(files[0])
    if path.is_dir():
        raise InputError(
            f"{path} is a folder.", "name one of its files; a text with the name of a folder goes to stdin"
        )
    if not path.exists():
        raise InputError(
            f"{path} cannot be read: No such file or directory.",
            "name an existing file; a text that ends like the name of a file goes to stdin",
        )
    return path


def _is_path(word: str) -> bool:
    try:
        return word != "" and Path(word).exists()
    except (OSError, ValueError):
        # Too long for a name, or with a NUL.
        return False
