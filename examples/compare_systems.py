"""Compare two systems: scores with confidence intervals, and whether the difference is significant.

python examples/compare_systems.py                                  two systems of the built-in sample
python examples/compare_systems.py mine/pred_eng.csv theirs/pred_eng.csv
"""

import sys

from semeval_emo import compare
from semeval_emo.data.sample import sample_folder

if len(sys.argv) > 2:
    systems, gold = sys.argv[1:], None
else:
    predictions = sample_folder() / "predictions"
    systems, gold = [predictions / "strong" / "track_a", predictions / "weak" / "track_a"], "sample"

comparison = compare(systems, source=gold)
for standing in comparison.lead.standings:
    value = standing.score
    print(f"{standing.letter}  {standing.name:10}  {value.value:.4f}  [{value.low:.4f}, {value.high:.4f}]")
for difference in comparison.lead.differences:
    verdict = "significant" if difference.significant else "not significant"
    print(f"difference {difference.value.value:+.4f}, p = {difference.p:.4f}: {verdict}")
