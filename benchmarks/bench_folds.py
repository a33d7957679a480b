"""Logistic regressions of all emotions at all settings together, against scikit-learn one by one.

One fold of a grid search by folds: the features are at hand, every setting is fitted for every
emotion. Texts are made here (words drawn by Zipf's law, with endings), or those of a language when
it is named and $SEMEVAL_EMO_DATA is set. Processor time, one thread; both sides in turns.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

TEXTS, EMOTIONS, ROUNDS = 1_500, 6, 3
GRID = [(strength, balanced) for strength in (0.3, 1.0, 3.0) for balanced in (True, False)]


def material(language: str | None):
    """Texts, and labels of shape (n, L)."""
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
    # Labels hang on which words are there.
    scores = draw.normal(size=(len(words), EMOTIONS))[ranks].sum(1)
    return texts, (scores > np.quantile(scores, 0.8, axis=0)).astype(np.int8)


def main() -> None:
    """Times both ways and prints their ratio."""
    # Before numpy is imported, which asks once how many threads it may have.
    os.environ["OMP_NUM_THREADS"] = "1"
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    from semeval_emo.report.formats import render
    from semeval_emo.report.table import Column, Table
    from semeval_emo.zoo.families.logistic import fit_logistic_regressions

    texts, labels = material(sys.argv[1] if len(sys.argv) > 1 else None)
    features = [
        TfidfVectorizer(analyzer=analyzer, ngram_range=span, min_df=2, sublinear_tf=True)
        for analyzer, span in (("word", (1, 2)), ("char_wb", (1, 6)))
    ]
    matrix = make_union(*features).fit_transform(texts).tocsr()

    def together() -> list:
        return list(fit_logistic_regressions(matrix, labels, np.ones(labels.shape, dtype=bool), GRID))

    def alone(**settings: object) -> list:
        return [
            [
                LogisticRegression(
                    C=strength, class_weight="balanced" if balanced else None, max_iter=1000, **settings
                ).fit(matrix, column)
                for column in labels.T
            ]
            for strength, balanced in GRID
        ]

    ways = {
        "all together": together,
        "scikit-learn, lbfgs": alone,
        "scikit-learn, liblinear (dual)": lambda: alone(solver="liblinear", dual=True, random_state=0),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    fitted = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            fitted[name] = way()
            seconds[name].append(time.process_time() - began)
    said = {
        name: np.array([[model.predict_proba(matrix)[:, 1] for model in one] for one in models])
        for name, models in fitted.items()
    }
    peer = "scikit-learn, lbfgs"
    base = statistics.median(seconds[peer])
    rows = [
        (name, statistics.median(seconds[name]) / base, float(np.abs(said[name] - said[peer]).max())) for name in ways
    ]
    title = (
        f"{len(GRID)} settings x {labels.shape[1]} emotions, {matrix.shape[0]:,} texts, {matrix.shape[1]:,} features"
    )
    columns = (Column("way"), Column(f"time, ratio to {peer}", "score"), Column("largest difference", "score"))
    notes = (f"processor time, medians of {ROUNDS} rounds in turns; difference: of any probability from {peer}",)
    print(render([Table(title, columns, tuple(rows), notes)], "text"))


if __name__ == "__main__":
    main()
