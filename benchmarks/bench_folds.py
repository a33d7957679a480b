"""Batched logistic regressions of all emotions at all settings, against separate fits by scikit-learn.

The benchmark is one fold of a grid search, without the computation of features: every setting is fitted for every
emotion. The texts are random words by Zipf's law, or those of a language given as argument if $SEMEVAL_EMO_DATA is set.
It measures CPU time with one thread, alternating between the implementations.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

TEXTS, EMOTIONS, ROUNDS = 1_500, 6, 3
GRID = [(strength, balanced) for strength in (0.3, 1.0, 3.0) for balanced in (True, False)]


def dataset(language: str | None):
    """Return texts, and labels of shape (n, L)."""
    import numpy as np

    if language:
        from semeval_emo.data import load_gold

        gold = load_gold("a", language, "train")
        return gold.texts, gold.labels
    draw = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnoprstuvwy"))
    words = ["".join(draw.choice(letters, draw.integers(2, 8))) for _ in range(20_000)]
    ranks = np.minimum(draw.zipf(1.2, (TEXTS, 15)) - 1, len(words) - 1)
    texts = tuple(" ".join(words[rank] for rank in row) for row in ranks)
    # The labels depend on the words.
    scores = draw.normal(size=(len(words), EMOTIONS))[ranks].sum(1)
    return texts, (scores > np.quantile(scores, 0.8, axis=0)).astype(np.int8)


def main() -> None:
    """Measure all implementations and print their ratios."""
    # Before numpy is imported, which reads it once.
    os.environ["OMP_NUM_THREADS"] = "1"
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    from semeval_emo.report.formats import render
    from semeval_emo.report.table import Column, Table
    from semeval_emo.zoo.families.logistic import fit_logistic_regressions

    texts, labels = dataset(sys.argv[1] if len(sys.argv) > 1 else None)
    features = [
        TfidfVectorizer(analyzer=analyzer, ngram_range=ngram_range, min_df=2, sublinear_tf=True)
        for analyzer, ngram_range in (("word", (1, 2)), ("char_wb", (1, 6)))
    ]
    matrix = make_union(*features).fit_transform(texts).tocsr()

    def fit_batched() -> list:
        return list(fit_logistic_regressions(matrix, labels, np.ones(labels.shape, dtype=bool), GRID))

    def fit_separately(**settings: object) -> list:
        return [
            [
                LogisticRegression(
                    C=strength, class_weight="balanced" if balanced else None, max_iter=1000, **settings
                ).fit(matrix, column)
                for column in labels.T
            ]
            for strength, balanced in GRID
        ]

    implementations = {
        "batched": fit_batched,
        "scikit-learn, lbfgs": fit_separately,
        "scikit-learn, liblinear (dual)": lambda: fit_separately(solver="liblinear", dual=True, random_state=0),
    }
    seconds: dict[str, list[float]] = {name: [] for name in implementations}
    fitted = {}
    for _ in range(ROUNDS):
        for name, fit in implementations.items():
            start = time.process_time()
            fitted[name] = fit()
            seconds[name].append(time.process_time() - start)
    probabilities = {
        name: np.array([[model.predict_proba(matrix)[:, 1] for model in models] for models in settings])
        for name, settings in fitted.items()
    }
    peer = "scikit-learn, lbfgs"
    base = statistics.median(seconds[peer])
    rows = [
        (
            name,
            statistics.median(seconds[name]) / base,
            float(np.abs(probabilities[name] - probabilities[peer]).max()),
        )
        for name in implementations
    ]
    title = (
        f"{len(GRID)} settings x {labels.shape[1]} emotions, {matrix.shape[0]:,} texts, {matrix.shape[1]:,} features"
    )
    columns = (
        Column("implementation"),
        Column(f"time, ratio to {peer}", "score"),
        Column("largest difference", "score"),
    )
    notes = (f"CPU time, medians of {ROUNDS} alternating rounds; difference: of probabilities from {peer}",)
    print(render([Table(title, columns, tuple(rows), notes)], "text"))


if __name__ == "__main__":
    main()
