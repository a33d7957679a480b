"""Model zoo: recipes, model families, training, prediction, threshold tuning, ensembles and run folders.

torch and scikit-learn are imported only in functions and in `engine`.
"""
