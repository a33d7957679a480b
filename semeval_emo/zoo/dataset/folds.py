"""Folds: texts that stand aside in turns, so that everything said of a text comes from a model that has not read it.

A dev split of a hundred texts decides little. With folds all texts that a recipe trains on take part
in its choices, each as a new text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from semeval_emo.data.overlap import letters

FOLDS = "folds"
"""The name of `Folds` among the splits that choices are made on."""
ALWAYS = -1
"""The fold of a text that is learned from whichever fold stands aside."""


@dataclass(frozen=True, eq=False)
class Folds:
    """Which text stands aside when.

    Attributes:
        of: shape (n,), the fold of each text, or `ALWAYS`.
        own: how many texts, from the first, are predicted out of fold; those after them are data
            that was added, which is only learned from.
        count: how many folds there are.
        parts: shape (own,), which part of the whole each text is of, where thresholds are to suit the
            parts alike; None where there are none.

    >>> folds = assign(["a b", "c", "A, b!", "d"], np.ones((4, 1)), 2, seed=0)
    >>> [held.tolist() for _, held in folds]
    [[0, 2], [1, 3]]
    """

    of: np.ndarray
    own: int
    count: int
    parts: np.ndarray | None = None

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to learn from, and rows to predict, one fold after the other."""
        for fold in range(self.count):
            held = np.flatnonzero(self.of[: self.own] == fold)
            # Copies of a text share a fold, so of very many folds some stay empty.
            if len(held):
                yield np.flatnonzero(self.of != fold), held

    def among(self, rows: np.ndarray) -> Folds:
        """The folds of some of the own rows."""
        return Folds(self.of[rows], len(rows), self.count)


def by_parts(sizes: Sequence[int], count: int, texts: int) -> Folds:
    """Deals whole parts out to folds, such as languages: the largest first, each to the smallest fold.

    Args:
        sizes: how many texts each part has, one part after the other.
        count: of folds; no more than there are parts are made.
        texts: of all parts, and what was added after them.

    >>> by_parts([2, 1, 3], 2, 7).of.tolist()
    [1, 1, 1, 0, 0, 0, -1]
    """
    count = min(count, len(sizes))
    filled = [0] * count
    fold_of = {}
    for part in sorted(range(len(sizes)), key=lambda part: (-sizes[part], part)):
        fold_of[part] = min(range(count), key=lambda fold: (filled[fold], fold))
        filled[fold_of[part]] += sizes[part]
    parts = np.repeat(np.arange(len(sizes)), sizes)
    of = np.array([fold_of[part] for part in range(len(sizes))])[parts]
    return Folds(np.append(of, np.full(texts - len(of), ALWAYS)), len(of), count, parts)


def assign(texts: Sequence[str], labels: np.ndarray, count: int, seed: int, own: int | None = None) -> Folds:
    """Deals texts out to folds: evenly, every set of labels evenly, and copies of a text into one fold.

    Copies are texts with the same letters (`overlap.letters`). Greedy, rarest emotions first, as in
    iterative stratification (Sechidis et al. 2011): a text goes where its set of labels is rarest,
    then where its rarest emotion is, then where the fewest texts are.

    Args:
        labels: shape (n, L); any degree above 0 is the emotion.
        count: of folds, 2 or more.
        own: how many texts, from the first, are predicted; None for all. One that was added after
            them stands aside with its copy among them, if it has one.
    """
    own = len(texts) if own is None else own
    present = labels > 0
    copies: dict[str, list[int]] = {}
    for row, text in enumerate(texts[:own]):
        copies.setdefault(letters(text), []).append(row)
    totals = present[:own].sum(0)
    order = np.random.default_rng(seed).permutation(len(copies))
    groups = list(copies.values())

    def rarest(row: int) -> int:
        shown = np.flatnonzero(present[row])
        return int(shown[np.argmin(totals[shown])]) if len(shown) else -1

    def urgency(group: list[int]) -> tuple[int, int]:
        # Large groups first: there is less and less room for them.
        emotion = rarest(group[0])
        return -len(group), int(totals[emotion]) if emotion >= 0 else own

    found = np.full(len(texts), ALWAYS)
    sets: list[Counter[bytes]] = [Counter() for _ in range(count)]
    emotions = np.zeros((count, labels.shape[1] + 1), dtype=int)
    sizes = [0] * count
    # Sorting is stable, so equals stay in the order of the draw.
    for group in sorted((groups[i] for i in order), key=urgency):
        key, emotion = present[group[0]].tobytes(), rarest(group[0])
        fold = min(range(count), key=lambda k: (sets[k][key], emotions[k, emotion], sizes[k], k))
        found[group] = fold
        for row in group:
            sets[fold][present[row].tobytes()] += 1
            emotions[fold, :-1] += present[row]
            emotions[fold, -1] += not present[row].any()
        sizes[fold] += len(group)
    for row in range(own, len(texts)):
        copy = copies.get(letters(texts[row]))
        if copy:
            found[row] = found[copy[0]]
    return Folds(found, own, count)
