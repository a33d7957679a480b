"""Runs of words and characters, counted once for all folds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
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
        from sklearn.pipeline import make_union

        self._vectorizers = vectorizers
        counters = [CountVectorizer(analyzer=one.analyzer, ngram_range=one.ngram_range) for one in vectorizers]
        union = make_union(*counters)
        self._counts = union.fit_transform(texts)
        # Where the columns of each vectorizer begin, and where the last ones end.
        self._edges = np.cumsum([0, *(len(one.vocabulary_) for one in counters)])

    def features(self, learn: np.ndarray, held: np.ndarray) -> tuple[Any, Any]:
        """Features of the rows that are learned from, and of those that stand aside.

        Returns:
            Two sparse matrices, of shapes (len(learn), F) and (len(held), F).
        """
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.preprocessing import FunctionTransformer

        known = self._counts[learn]
        texts_with = np.bincount(known.indices, minlength=known.shape[1])
        parts = []
        for vectorizer, (first, last) in zip(self._vectorizers, pairwise(self._edges), strict=True):
            kept = first + np.flatnonzero(texts_with[first:last] >= vectorizer.min_df)
            pick = FunctionTransformer(itemgetter((slice(None), kept)))
            parts.append(make_pipeline(pick, TfidfTransformer(sublinear_tf=vectorizer.sublinear_tf)))
        union = make_union(*parts)
        return union.fit_transform(known), union.transform(self._counts[held])
