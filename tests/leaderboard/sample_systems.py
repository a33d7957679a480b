"""Simple systems on the built-in sample: what leaderboard/sample.csv holds, measured.

    python tests/leaderboard/sample_systems.py > leaderboard/sample.csv

Nothing here was tuned: no threshold, no epoch, no parameter was chosen by a score. The sample is not evidence about
real texts; its board is there so that `place` has something to place among, offline.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import Gold, load_gold
from semeval_emo.leaderboard import ScoreRow, new_row, to_csv
from semeval_emo.scoring import score
from semeval_emo.submission import Predictions
from semeval_emo.task import load_task

Labels = NDArray[np.int8]
SubmittedSystem = Callable[[Gold, Gold], Labels]

# Words that came to mind before any text of the sample was counted.
WORDS = {
    "anger": "angry annoyed annoying furious rude unfair hate dare stole lied shouted ruined complaint disgrace rage",
    "fear": "afraid scared fear frightened worried worry nervous anxious panic danger dark terrified dread shaking",
    "joy": "happy joy glad love great wonderful delighted laughed smile smiling lovely best proud won sang fun",
    "sadness": "sad cry cried miss lost goodbye died lonely hurts hurt tears grief sorry alone funeral",
    "surprise": "surprise surprised suddenly unexpected unbelievable believe wow amazed never strange turned out",
}


def every_emotion(train: Gold, test: Gold) -> Labels:
    """Return 1 for every cell."""
    return np.ones_like(test.labels)


def no_emotion(train: Gold, test: Gold) -> Labels:
    """Return 0 for every cell."""
    return np.zeros_like(test.labels)


def drawn(train: Gold, test: Gold) -> Labels:
    """Return cells drawn at random from the emotion's cells in train (random seed 0)."""
    draw = np.random.default_rng(0)
    return np.stack([draw.choice(column, len(test.labels)) for column in train.labels.T], axis=1)


def emotion_words(train: Gold, test: Gold) -> Labels:
    """Return the number of the emotion's words in a text: at most 1 on track a, at most 3 on track b."""
    top = len(test.spec.values) - 1
    lists = [set(WORDS[emotion].split()) for emotion in test.spec.emotions]
    result = [[min(top, len(words & set(_words(text)))) for words in lists] for text in test.texts or ()]
    return np.array(result, dtype=np.int8)


def nearest_text(train: Gold, test: Gold) -> Labels:
    """Return the labels of the training text with the nearest TF-IDF vector."""
    old, new = _tfidf(train, test)
    return train.labels[np.asarray((new @ old.T).argmax(axis=1)).ravel()]


def linear(train: Gold, test: Gold) -> Labels:
    """Return TF-IDF predictions: balanced logistic regression (track a) or rounded ridge regression (track b)."""
    from sklearn.linear_model import LogisticRegression, Ridge

    old, new = _tfidf(train, test)
    columns = []
    for column in train.labels.T:
        if len(test.spec.values) == 2:
            model = LogisticRegression(class_weight="balanced", random_state=0).fit(old, column)
            columns.append(model.predict(new))
        else:
            columns.append(np.clip(np.rint(Ridge(random_state=0).fit(old, column).predict(new)), 0, 3))
    return np.stack(columns, axis=1).astype(np.int8)


def _tfidf(train: Gold, test: Gold) -> tuple:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return vectors.fit_transform(train.texts or ()), vectors.transform(test.texts or ())


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


SYSTEMS: dict[str, tuple[SubmittedSystem, str]] = {
    "every emotion": (every_emotion, "sample"),
    "no emotion": (no_emotion, "sample"),
    "drawn at random": (drawn, "sample"),
    "emotion words": (emotion_words, "sample"),
    "nearest text": (nearest_text, "baseline"),
    "linear on TF-IDF": (linear, "sample"),
}
TRIVIAL = ("every emotion", "no emotion", "drawn at random", "emotion words")


def measured(track: str, name: str) -> float:
    """Return the official score of one system on one track's test split."""
    task = load_task("sample")
    train, test = (load_gold(track, "eng", split, source="sample", task=task) for split in ("train", "test"))
    values = SYSTEMS[name][0](train, test)
    return score(Predictions(spec=test.spec, values=values, path=name), test).cards[0].score


def rows() -> list[ScoreRow]:
    """Return all rows of leaderboard/sample.csv."""
    task = load_task("sample")
    result: list[ScoreRow] = []
    for track in task.tracks:
        scores = {name: round(measured(track, name), 4) for name in SYSTEMS}
        ranked = {name: value for name, value in scores.items() if SYSTEMS[name][1] != "baseline"}
        for name, value in sorted(scores.items(), key=lambda item: -item[1]):
            kind = SYSTEMS[name][1]
            result.append(
                new_row(
                    value, task, system=name, track=track, language="eng", among="sample", kind=kind,
                    rank=1 + sum(other > value for other in ranked.values()) if name in ranked else None,
                    teams=len(ranked) if name in ranked else None, selected_on="none", source="sample-systems",
                    where=f"function {SYSTEMS[name][0].__name__}",
                )
            )  # fmt: skip
    return result


if __name__ == "__main__":
    print(to_csv(rows()), end="")
