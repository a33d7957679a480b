"""Runs of words and characters, counted once for all folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Counts:
    """Counts of every run in every text, from which each fold takes what it may know.

    Counting takes most of the time of TF-IDF features and looks at one text at a time. Which runs
    are kept and what they weigh hangs on the other texts, and is worked out for each fold from those
    it learns from: the features are those of vectorizers that were fitted to these texts alone.

    Args:
        vectorizers: unfitted ``TfidfVectorizer``, whose matrices stand side by side.
        texts: all of them.
    """

    def __init__(self, vectorizers: Sequence[Any], texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        self._vectorizers = vectorizers
        self._counts = [
            CountVectorizer(analyzer=one.analyzer, ngram_range=one.ngram_range).fit_transform(texts)
            for one in vectorizers
        ]

    def features(self, learn: np.ndarray, held: np.ndarray) -> tuple[Any, Any]:
        """Features of the rows that are learned from, and of those that stand aside.

        Returns:
            Two sparse matrices, of shapes (len(learn), F) and (len(held), F).
        """
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfTransformer

        learned, aside = [], []
        for vectorizer, counts in zip(self._vectorizers, self._counts, strict=True):
            known = counts[learn]
            texts_with = np.bincount(known.indices, minlength=known.shape[1])
            kept = np.flatnonzero(texts_with >= vectorizer.min_df)
            weights = TfidfTransformer(sublinear_tf=vectorizer.sublinear_tf)
            learned.append(weights.fit_transform(known[:, kept]))
            aside.append(weights.transform(counts[held][:, kept]))
        return hstack(learned, format="csr"), hstack(aside, format="csr")
