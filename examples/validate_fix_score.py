"""Validate a prediction file, fix it, and score the fixed file.

python examples/validate_fix_score.py                   a file of the built-in sample with mistakes in it
python examples/validate_fix_score.py pred_eng.csv      your own file; gold labels from $SEMEVAL_EMO_DATA or the hub
"""

import sys
import tempfile

from semeval_emo import fix, score, validate
from semeval_emo.data.sample import sample_folder

if len(sys.argv) > 1:
    path, gold = sys.argv[1], None
else:
    path, gold = sample_folder() / "predictions" / "mistakes" / "pred_eng_a.csv", "sample"

report = validate(path)
print(f"valid: {report.valid}")
for code, count in report.counts.items():
    print(f"  {code}: {count}")

with tempfile.TemporaryDirectory() as folder:
    fixed = fix(path, folder)
    for change in fixed.changes:
        print(f"fixed {change.code}: {change.done}")
    for refusal in fixed.refusals:
        print(f"not fixed: {refusal}")
    if fixed.ok:
        for card in score(folder, source=gold).cards:
            print(f"{card.metric} {card.score:.4f} on {card.spec.place}")
