"""Train a linear model on the built-in sample, and predict new texts with it. Needs the extra "tfidf".

python examples/train_and_predict.py
"""

import sys
import tempfile
from pathlib import Path

import semeval_emo
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train

texts = sys.argv[1:] or ["I lost the keys again and the bus left without me.", "What a lovely surprise party!"]

with tempfile.TemporaryDirectory() as folder:
    # A recipe is a TOML file of zoo/; any of its fields can be overridden.
    recipe = load_recipe("tfidf-logreg", ["train.seed=1"])
    result = train(recipe, source="sample", runs=Path(folder))
    print(f"dev: {result.dev}")
    if result.scorecard:
        print(f"test: {result.scorecard.metric} {result.scorecard.score:.4f}")

    model = semeval_emo.load_model(result.folder.path)

for prediction in model.predict(texts):
    print(f"{prediction.text}  ->  {', '.join(prediction.present) or 'none'}")
