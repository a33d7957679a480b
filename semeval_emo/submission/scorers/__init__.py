"""Ports of the official scorers: what they do with a submission, computed from its bytes."""
