"""Train on a CSV of your own, predict, compare two systems, draw a plot. Needs the extras "tfidf", "weights", "plots".

python examples/own_data.py              200 made-up texts
python examples/own_data.py my.csv       your own: a column of texts, and a column of 0 and 1 for each label
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd

import semeval_emo
from semeval_emo import plots

with tempfile.TemporaryDirectory() as folder:
    data = Path(folder, "my.csv")
    if len(sys.argv) > 1:
        data = Path(sys.argv[1])
    else:
        semeval_emo.load_gold("a", "eng", source="sample").to_frame().drop(columns="id").to_csv(data, index=False)

    # One call: split 70/15/15, train, choose thresholds on dev, score on test.
    minilm = semeval_emo.train("minilm-linear", data, runs=folder)
    tfidf = semeval_emo.train("tfidf-logreg", data, runs=folder)
    print(minilm.to_frame()[["precision", "recall", "f1"]].round(3))

    predictions = minilm.predict(["What a lovely surprise party!", "I lost the keys again."])
    print(predictions.to_frame().iloc[:, :4])

    # Systems are compared from data frames with the same ids.
    systems = {name: pd.read_csv(run.folder.predictions) for name, run in (("minilm", minilm), ("tfidf", tfidf))}
    gold = pd.read_csv(minilm.scorecard.gold)
    comparison = semeval_emo.compare(systems, gold)
    print(comparison.to_frame()[["system", "score", "low", "high", "rank"]].round(3))
    print(comparison.to_frame("differences")[["first", "second", "difference", "p"]].round(3))

    plots.emotions(comparison).savefig(Path(folder, "emotions.png"))
