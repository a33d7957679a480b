"""Training: one run, a series of languages, worker processes, the model card."""
