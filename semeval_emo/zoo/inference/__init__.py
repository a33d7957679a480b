"""Applications of finished runs: predict, evaluate, tune, combine, compare and submit."""
