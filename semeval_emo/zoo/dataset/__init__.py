"""Training and evaluation data of a run: splits, folds, other languages, added data, texts to predict."""
