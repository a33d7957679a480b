"""Choose the settings of a scikit-learn model by macro F1 as the task defines it. Needs the extra "tfidf".

python examples/scikit_learn.py
"""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

import semeval_emo

train = semeval_emo.load_gold("a", "eng", "train", source="sample")
test = semeval_emo.load_gold("a", "eng", "test", source="sample")

model = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(class_weight="balanced")))
macro_f1 = semeval_emo.scorer("macro_f1")
print(f"folds: {cross_val_score(model, train.texts, train.labels, scoring=macro_f1, cv=3).mean():.4f}")

settings = {"onevsrestclassifier__estimator__C": [0.1, 1, 10]}
search = GridSearchCV(model, settings, scoring=macro_f1, cv=3).fit(train.texts, train.labels)
print(f"best settings: {search.best_params_}")

# scikit-learn's order of arguments: the gold labels first.
values = semeval_emo.metrics(test.labels, search.predict(test.texts), test.spec.emotions)
print(f"test: macro F1 {values['macro_f1']:.4f}, F1 of joy {values['f1.joy']:.4f}")
