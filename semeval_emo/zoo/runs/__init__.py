"""Run folders: their layout, stored models and probabilities, provenance and reuse."""
