"""Cross-validation folds: every text is predicted by a model that was not trained on it.

A dev split of a hundred texts is a noisy basis for choices. With folds, choices are based on all
training texts, each predicted out of fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from semeval_emo.data.overlap import letters

FOLDS = "folds"
"""The name of `Folds` among the splits that choices are based on."""
ALWAYS_TRAIN = -1
"""The fold of a text that is in the training part of every fold."""


@dataclass(frozen=True, eq=False)
class Folds:
    """Assignment of texts to folds.

    Attributes:
        fold_of: shape (n,), the fold of each text, or `ALWAYS_TRAIN`.
        n_predicted: how many texts, from the first, are predicted out of fold; the others are added data
            that is only trained on.
        groups: shape (n_predicted,), the group of each text, such as its language, where thresholds are averaged
            over groups; None where there is one group.

    >>> folds = stratified_folds(["a b", "c", "A, b!", "d"], np.ones((4, 1)), 2, seed=0)
    >>> [held.tolist() for _, held in folds]
    [[0, 2], [1, 3]]
    """

    fold_of: np.ndarray
    n_predicted: int
    n_folds: int
    groups: np.ndarray | None = None

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows to train on and the rows to predict, for each fold that has any to predict."""
        for fold in range(self.n_folds):
            held = np.flatnonzero(self.fold_of[: self.n_predicted] == fold)
            # Copies of a text share a fold, so with many folds some stay empty.
            if len(held):
                yield np.flatnonzero(self.fold_of != fold), held


def grouped_folds(sizes: Sequence[int], n_folds: int, texts: int) -> Folds:
    """Assign whole groups of texts, such as languages, to folds: the largest first, each to the smallest fold.

    Args:
        sizes: number of texts of each group, in the order of the texts.
        n_folds: at most this many folds; never more than there are groups.
        texts: number of all texts, those after the groups included.

    >>> grouped_folds([2, 1, 3], 2, 7).fold_of.tolist()
    [1, 1, 1, 0, 0, 0, -1]
    """
    n_folds = min(n_folds, len(sizes))
    fold_sizes = [0] * n_folds
    fold_of_group = {}
    for group in sorted(range(len(sizes)), key=lambda group: (-sizes[group], group)):
        fold_of_group[group] = min(range(n_folds), key=lambda fold: (fold_sizes[fold], fold))
        fold_sizes[fold_of_group[group]] += sizes[group]
    groups = np.repeat(np.arange(len(sizes)), sizes)
    fold_of = np.array([fold_of_group[group] for group in range(len(sizes))])[groups]
    return Folds(np.append(fold_of, np.full(texts - len(fold_of), ALWAYS_TRAIN)), len(fold_of), n_folds, groups)


def stratified_folds(
    texts: Sequence[str], labels: np.ndarray, n_folds: int, seed: int, n_predicted: int | None = None
) -> Folds:
    """Assign texts to folds of equal size with equally distributed label sets; copies of a text share a fold.

    Copies are texts with the same letters (`overlap.letters`). Greedy, rarest emotions first, as in
    iterative stratification (Sechidis et al. 2011): a text goes to the fold where its label set is
    rarest, then where its rarest emotion is, then to the smallest fold.

    Args:
        labels: shape (n, L); any intensity above 0 counts as the emotion.
        n_folds: number of folds, 2 or more.
        n_predicted: how many texts, from the first, are predicted; None for all. An added text after
            them is in the fold of its copy among them, if there is one.
    """
    n_predicted = len(texts) if n_predicted is None else n_predicted
    present = labels > 0
    copies: dict[str, list[int]] = {}
    for row, text in enumerate(texts[:n_predicted]):
        copies.setdefault(letters(text), []).append(row)
    totals = present[:n_predicted].sum(0)
    order = np.random.default_rng(seed).permutation(len(copies))
    groups = list(copies.values())

    def rarest_emotion(row: int) -> int:
        emotions = np.flatnonzero(present[row])
        return int(emotions[np.argmin(totals[emotions])]) if len(emotions) else -1

    def priority(group: list[int]) -> tuple[int, int]:
        # Large groups first, while every fold has room for them.
        emotion = rarest_emotion(group[0])
        return -len(group), int(totals[emotion]) if emotion >= 0 else n_predicted

    fold_of = np.full(len(texts), ALWAYS_TRAIN)
    label_sets: list[Counter[bytes]] = [Counter() for _ in range(n_folds)]
    emotion_counts = np.zeros((n_folds, labels.shape[1] + 1), dtype=int)
    fold_sizes = [0] * n_folds
    # Sorting is stable, so that equal groups keep their random order.
    for group in sorted((groups[i] for i in order), key=priority):
        label_set, emotion = present[group[0]].tobytes(), rarest_emotion(group[0])
        fold = min(
            range(n_folds), key=lambda k: (label_sets[k][label_set], emotion_counts[k, emotion], fold_sizes[k], k)
        )
        fold_of[group] = fold
        for row in group:
            label_sets[fold][present[row].tobytes()] += 1
            emotion_counts[fold, :-1] += present[row]
            emotion_counts[fold, -1] += not present[row].any()
        fold_sizes[fold] += len(group)
    for row in range(n_predicted, len(texts)):
        copy = copies.get(letters(texts[row]))
        if copy:
            fold_of[row] = fold_of[copy[0]]
    return Folds(fold_of, n_predicted, n_folds)
