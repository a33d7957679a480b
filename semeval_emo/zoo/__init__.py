"""Recipes, model families, training, prediction, thresholds, ensembles, run folders.

Imports torch and scikit-learn only inside functions and in `engine`.
"""
