"""Codabench bundles for the organisers of a task: build one, check one, and the scoring program inside it."""
