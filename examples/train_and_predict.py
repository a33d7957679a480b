"""Train a linear model on the built-in sample, and predict new texts with it. Needs the extra "tfidf".

python examples/train_and_predict.py
"""

import sys
import tempfile
from pathlib import Path

from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.selection.thresholds import apply_thresholds
from semeval_emo.zoo.training.train import train

texts = sys.argv[1:] or ["I lost the keys again and the bus left without me.", "What a lovely surprise party!"]

with tempfile.TemporaryDirectory() as folder:
    # A recipe is a TOML file of zoo/; any of its fields can be overridden.
    recipe = load_recipe("tfidf-logreg", ["train.seed=1"])
    result = train(recipe, source="sample", runs=Path(folder))
    print(f"dev: {result.dev}")
    if result.scorecard:
        print(f"test: {result.scorecard.metric} {result.scorecard.score:.4f}")

    model = load_model(result.folder.path)
    probabilities = model.family.predict(texts)  # shape (texts, emotions)
    labels = apply_thresholds(probabilities, model.thresholds, model.space)

for text, row in zip(texts, labels, strict=True):
    emotions = [emotion for emotion, present in zip(model.space.emotions, row, strict=True) if present]
    print(f"{text}  ->  {', '.join(emotions) or 'none'}")
