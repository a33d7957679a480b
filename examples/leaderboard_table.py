"""Score a file, place it on the leaderboard, and print a LaTeX table (booktabs) for a paper.

python examples/leaderboard_table.py                    a file of the built-in sample, on the sample's own board
python examples/leaderboard_table.py pred_eng.csv       your own file; gold labels from $SEMEVAL_EMO_DATA or the hub
"""

import sys

from semeval_emo import Leaderboard, score
from semeval_emo.data.sample import sample_folder
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table

if len(sys.argv) > 1:
    path, gold, task = sys.argv[1], None, "task11"
else:
    path, gold, task = sample_folder() / "predictions" / "strong" / "track_a", "sample", "sample"

card = score(path, source=gold).card
placement = Leaderboard.load(task=task).place(card)

known = [row for row in (placement.leader, placement.baseline) if row]
rows = [("This work", card.score), *((row.name or "Rank 1", row.score) for row in known)]
rows.sort(key=lambda row: -row[1])

columns = (Column("system"), Column(card.metric, kind="score", best="max"))
print(render([Table(f"Rank {placement.rank}", columns, tuple(rows))], "latex"))
print(f"% {card.signature}")
