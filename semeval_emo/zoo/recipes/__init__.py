"""Recipes: find, read, check and resolve recipe files; count the parameters of a model."""
