"""Statistics of one file: labels, their co-occurrence, text lengths and duplicate texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from semeval_emo.data.labels import Gold
from semeval_emo.data.overlap import normalise
from semeval_emo.task import FileSpec


@dataclass(frozen=True)
class Lengths:
    """Text lengths, in characters or in words (separated by white space)."""

    mean: float
    median: float
    p95: float
    longest: int
    shortest: int


@dataclass(frozen=True)
class Duplicates:
    """Duplicate texts of one file.

    Attributes:
        texts: number of different texts that occur more than once.
        rows: number of rows beyond the first of each.
        normalised_rows: the same after normalisation of the texts.
        conflicting: how many of `texts` have different labels.
    """

    texts: int
    rows: int
    normalised_rows: int
    conflicting: int
    conflicts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Stats:
    """Statistics of one file.

    An emotion is present if its value is above 0, also in an intensity track.

    Attributes:
        positives: number of texts with each emotion, in the order of `spec.emotions`.
        intensities: number of texts by emotion and value.
        cooccurrence: number of texts with both emotions of a pair.
        cardinality: mean number of emotions per text.
        most: largest number of emotions of a text.
        combinations: number of different label sets.
        neutral: number of texts without emotion.
        multiple: number of texts with two or more emotions.
        characters, words: text lengths; None if the file has no texts.
        duplicates: None if the file has no texts.
    """

    spec: FileSpec
    rows: int
    positives: tuple[int, ...]
    intensities: tuple[tuple[int, ...], ...]
    cooccurrence: dict[tuple[str, str], int]
    cardinality: float
    most: int
    combinations: int
    neutral: int
    multiple: int
    characters: Lengths | None
    words: Lengths | None
    duplicates: Duplicates | None

    @property
    def prevalence(self) -> tuple[float, ...]:
        """Share of texts with each emotion."""
        return tuple(count / self.rows for count in self.positives)

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as JSON data."""
        spec = self.spec
        return {
            **spec.address,
            "rows": self.rows,
            "emotions": {
                name: {"texts": count, "share": share, "degrees": dict(zip(spec.values, by_value, strict=True))}
                for name, count, share, by_value in zip(
                    spec.emotions, self.positives, self.prevalence, self.intensities, strict=True
                )
            },
            "together": {"+".join(pair): count for pair, count in self.cooccurrence.items()},
            "cardinality": self.cardinality, "most": self.most, "combinations": self.combinations,
            "neutral": self.neutral, "multiple": self.multiple,
            "characters": None if self.characters is None else asdict(self.characters),
            "words": None if self.words is None else asdict(self.words),
            "duplicates": None if self.duplicates is None else asdict(self.duplicates),
        }  # fmt: skip


def describe(gold: Gold) -> Stats:
    """Compute the statistics of one file.

    >>> from semeval_emo.data import load_gold
    >>> stats = describe(load_gold("a", "eng", source="sample"))
    >>> stats.rows, dict(zip(stats.spec.emotions, stats.positives))["joy"]
    (200, 50)
    """
    present = gold.labels > 0
    pairs = present.T.astype(np.int64) @ present
    per_text = present.sum(axis=1)
    names = gold.spec.emotions
    values = [int(value) for value in gold.spec.values]
    return Stats(
        spec=gold.spec,
        rows=len(gold),
        positives=tuple(int(n) for n in present.sum(axis=0)),
        intensities=tuple(tuple(int((column == value).sum()) for value in values) for column in gold.labels.T),
        cooccurrence={(names[i], names[j]): int(pairs[i, j]) for i, j in combinations(range(len(names)), 2)},
        cardinality=float(per_text.mean()),
        most=int(per_text.max()),
        combinations=len(np.unique(present, axis=0)),
        neutral=int((per_text == 0).sum()),
        multiple=int((per_text > 1).sum()),
        characters=None if gold.texts is None else lengths([len(text) for text in gold.texts]),
        words=None if gold.texts is None else lengths([len(text.split()) for text in gold.texts]),
        duplicates=None if gold.texts is None else duplicates(gold.ids, gold.texts, gold.labels),
    )


def lengths(counts: Sequence[int]) -> Lengths:
    """Return statistics of lengths.

    >>> lengths([1, 2, 9])
    Lengths(mean=4.0, median=2.0, p95=8.3, longest=9, shortest=1)
    """
    return Lengths(
        mean=float(np.mean(counts)),
        median=float(np.median(counts)),
        p95=round(float(np.percentile(counts, 95)), 6),
        longest=max(counts),
        shortest=min(counts),
    )


def duplicate_rows(texts: Sequence[str]) -> dict[str, list[int]]:
    """Return the texts that occur more than once, with their row numbers.

    >>> duplicate_rows(["a", "b", "a"])
    {'a': [0, 2]}
    """
    counts = Counter(texts)
    groups: dict[str, list[int]] = {text: [] for text, count in counts.items() if count > 1}
    for at, text in enumerate(texts) if groups else ():
        if text in groups:
            groups[text].append(at)
    return groups


def duplicates(ids: Sequence[str], texts: Sequence[str], labels: np.ndarray) -> Duplicates:
    """Find duplicate texts, and those with different labels.

    Args:
        labels: shape (n, L).
    """
    groups = duplicate_rows(texts)
    conflicts = tuple(
        tuple(ids[at] for at in rows) for rows in groups.values() if len({labels[at].tobytes() for at in rows}) > 1
    )
    return Duplicates(
        texts=len(groups),
        rows=sum(len(rows) - 1 for rows in groups.values()),
        normalised_rows=len(texts) - len(set(map(normalise, texts))),
        conflicting=len(conflicts),
        conflicts=conflicts,
    )
