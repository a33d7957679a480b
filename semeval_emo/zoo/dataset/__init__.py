"""What a run reads: splits, folds, other languages, added data, texts to predict."""
