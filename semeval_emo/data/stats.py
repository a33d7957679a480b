"""What the rows of one file are like: labels, their company, the lengths and the copies of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from semeval_emo.data.gold import Gold
from semeval_emo.data.overlap import normalise
from semeval_emo.task import FileSpec


@dataclass(frozen=True)
class Lengths:
    """How long texts are, in characters or in words (runs of what is not white space)."""

    mean: float
    median: float
    p95: float
    longest: int
    shortest: int


@dataclass(frozen=True)
class Duplicates:
    """Texts that stand in a file more than once.

    Attributes:
        texts: different texts that come more than once.
        rows: the rows beyond the first of each.
        normalised_rows: the same, counting texts as equal once normalised.
        conflicting: how many of `texts` carry different labels.
        conflicts: the ids of each conflicting text.
    """

    texts: int
    rows: int
    normalised_rows: int
    conflicting: int
    conflicts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Stats:
    """What one file holds.

    A label counts as present where it is above zero, in an intensity track too.

    Attributes:
        spec: which file.
        rows: texts.
        positives: rows in which each emotion is present, in the order of `spec.emotions`.
        degrees: rows at each value, for each emotion (a row an emotion, a column a value).
        together: rows in which both emotions are present, by pair.
        cardinality: mean number of emotions a text.
        most: the most emotions of one text.
        combinations: different label sets.
        neutral: rows without any emotion.
        multiple: rows with two or more.
        characters, words: text lengths; None where the file has no texts.
        duplicates: None where the file has no texts.
    """

    spec: FileSpec
    rows: int
    positives: tuple[int, ...]
    degrees: tuple[tuple[int, ...], ...]
    together: dict[tuple[str, str], int]
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
        """The share of rows in which each emotion is present."""
        return tuple(count / self.rows for count in self.positives)


def describe(gold: Gold) -> Stats:
    """Counts labels and texts of one file.

    >>> from semeval_emo.data import load_gold
    >>> stats = describe(load_gold("a", "eng", source="sample"))
    >>> stats.rows, dict(zip(stats.spec.emotions, stats.positives))["joy"]
    (200, 50)
    """
    there = gold.labels > 0
    company = there.T.astype(np.int64) @ there
    a_text = there.sum(axis=1)
    names = gold.spec.emotions
    values = [int(value) for value in gold.spec.values]
    return Stats(
        spec=gold.spec,
        rows=len(gold),
        positives=tuple(int(n) for n in there.sum(axis=0)),
        degrees=tuple(tuple(int((column == value).sum()) for value in values) for column in gold.labels.T),
        together={(names[i], names[j]): int(company[i, j]) for i, j in combinations(range(len(names)), 2)},
        cardinality=float(a_text.mean()),
        most=int(a_text.max()),
        combinations=len(np.unique(there, axis=0)),
        neutral=int((a_text == 0).sum()),
        multiple=int((a_text > 1).sum()),
        characters=None if gold.texts is None else lengths([len(text) for text in gold.texts]),
        words=None if gold.texts is None else lengths([len(text.split()) for text in gold.texts]),
        duplicates=None if gold.texts is None else duplicates(gold.ids, gold.texts, gold.labels),
    )


def lengths(counts: Sequence[int]) -> Lengths:
    """Sums lengths up.

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


def repeated(texts: Sequence[str]) -> dict[str, list[int]]:
    """The texts that come more than once, with the numbers of their rows.

    >>> repeated(["a", "b", "a"])
    {'a': [0, 2]}
    """
    counts = Counter(texts)
    groups: dict[str, list[int]] = {text: [] for text, count in counts.items() if count > 1}
    for at, text in enumerate(texts) if groups else ():
        if text in groups:
            groups[text].append(at)
    return groups


def duplicates(ids: Sequence[str], texts: Sequence[str], labels: np.ndarray) -> Duplicates:
    """Finds texts that come more than once, and those whose copies are labelled differently.

    Args:
        ids, texts: one a row.
        labels: shape (n, L).
    """
    groups = repeated(texts)
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
