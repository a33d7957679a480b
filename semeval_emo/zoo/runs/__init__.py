"""Run folders: files and state, finished runs, models, provenance, and reuse of a model."""
