"""The work of the organisers' checker as one process, to compare `score` and `validate` with.

Imports numpy, scikit-learn and scipy.stats, reads gold and predictions line by line, joins them by
id, and computes six scores with scikit-learn (micro and macro precision, recall and F1), or Pearson's
r of each column if a gold cell is above 1. Written from scratch to do what that checker does.

    python peer_checker.py GOLD PREDICTIONS
"""

import sys
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr
from sklearn.metrics import f1_score, precision_score, recall_score

gold_lines, predicted_lines = (Path(path).read_text(encoding="utf-8").splitlines() for path in sys.argv[1:3])
header, predicted_header = gold_lines[0].split(","), predicted_lines[0].split(",")
emotions = [name for name in header[1:] if name != "text"]


def cells(line: str) -> tuple[str, list[int]]:
    # The labels are the last cells: the text before them may contain commas.
    parts = line.split(",")
    return parts[0], [int(cell) for cell in parts[-len(emotions) :]]


joined = {name: [labels] for name, labels in map(cells, gold_lines[1:])}
for name, labels in map(cells, predicted_lines[1:]):
    if name not in joined:
        sys.exit(f"unknown id {name}")
    joined[name].append(labels)
gold, predicted = (np.array([pair[side] for pair in joined.values() if len(pair) == 2]) for side in (0, 1))
if gold.max() > 1:
    for j, emotion in enumerate(emotions):
        print(emotion, round(pearsonr(gold[:, j], predicted[:, j])[0], 4))
else:
    for average in ("micro", "macro"):
        for metric in (precision_score, recall_score, f1_score):
            print(average, metric.__name__, round(metric(gold, predicted, average=average, zero_division=0), 4))
