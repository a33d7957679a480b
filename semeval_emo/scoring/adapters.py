"""The metrics in the forms that other libraries call: scikit-learn, the Hugging Face Trainer, plain functions.

Neither library is imported: scikit-learn takes any callable as a scorer, and the Trainer any function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring.arrays import checked_names, paired, threshold_row
from semeval_emo.scoring.matrix import matrix
from semeval_emo.scoring.metric_values import MetricValues, score_arrays
from semeval_emo.scoring.metrics import METRICS, metric
from semeval_emo.tables.frames import Thresholds

# What a dictionary of metrics has for each emotion.
_BY_EMOTION = ("f1", "precision", "recall", "support", "emotion_pearson", "emotion_spearman", "emotion_mae")


def metrics(
    y_true: Any,
    y_pred: Any,
    emotions: Sequence[str] | None = None,
    *,
    threshold: Thresholds | None = None,
    intensity: bool | None = None,
) -> dict[str, float]:
    """Return all metrics of labels in memory, in the order of arguments of scikit-learn.

    The values are those of the official scorers, and of scikit-learn with ``zero_division=0``.

    Args:
        y_true, y_pred: shape (texts, emotions), as for `score`; the same texts in the same order.
        emotions: names of the columns; by default those of a frame, else ``label_0``, ``label_1``, ...
        threshold: converts probabilities in `y_pred` to labels: 1 from this value on.
        intensity: whether the labels are intensities; by default if `y_true` has a value above 1.

    Returns:
        Metrics of all emotions by name, then those of each emotion as ``f1.joy``.

    Raises:
        InputError: the values are not labels, or the shapes differ.

    >>> values = metrics([[1, 0], [1, 1]], [[1, 0], [0, 1]], ["joy", "fear"])
    >>> round(values["macro_f1"], 4), round(values["f1.joy"], 4), values["support.joy"]
    (0.8333, 0.6667, 2)
    """
    return as_dict(_values(y_true, y_pred, emotions, threshold, intensity))


def as_dict(values: MetricValues) -> dict[str, float]:
    """Return metrics as a flat dictionary; those of an emotion are named ``f1.joy``."""
    by_emotion = {
        f"{name.removeprefix('emotion_')}.{emotion}": row[i]
        for name, row in values.by_emotion.items()
        if name in _BY_EMOTION
        for i, emotion in enumerate(values.emotions)
    }
    return values.whole | by_emotion


def _values(
    y_true: Any,
    y_pred: Any,
    emotions: Sequence[str] | None = None,
    threshold: Thresholds | None = None,
    intensity: bool | None = None,
) -> MetricValues:
    spec, predicted, gold = paired(y_pred, y_true, emotions, threshold=threshold, intensity=intensity)
    return score_arrays(gold, predicted, spec.emotions, values=len(spec.values))


def compute_metrics(emotions: Sequence[str], thresholds: Thresholds = 0.5) -> Callable[[Any], dict[str, float]]:
    """Return a function for ``compute_metrics`` of the Hugging Face `Trainer`.

    It takes an `EvalPrediction` with logits of shape (texts, emotions), applies the sigmoid and the thresholds, and
    returns the official metrics, and F1 of each emotion; ``metric_for_best_model="macro_f1"`` selects the best
    checkpoint by one of them.
    With labels above 1 the outputs are intensities, which are rounded.

    Args:
        emotions: names of the model's outputs, in the order of ``id2label``.
        thresholds: 1 from this probability on; one number, or one for each emotion.

    Raises:
        UsageError: a threshold is not between 0 and 1, or an emotion has none.

    >>> import numpy as np
    >>> function = compute_metrics(["joy", "fear"], thresholds={"joy": 0.5, "fear": 0.8})
    >>> values = function((np.array([[2.0, 1.0], [-1.0, 3.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])))
    >>> round(values["macro_f1"], 4), round(values["f1_joy"], 4)
    (0.8333, 0.6667)
    """
    names = checked_names(emotions)
    cuts = threshold_row(thresholds, names)

    def official_metrics(prediction: Any) -> dict[str, float]:
        """Return the official metrics of logits and labels."""
        outputs, labels = _outputs(prediction)
        gold, logits = matrix(labels, "label_ids", names), matrix(outputs, "predictions", names)
        intensity = bool(gold.max(initial=0) > 1)
        if intensity:
            predicted = np.rint(logits).clip(0, max(3, gold.max()))
        else:
            # The sigmoid of a logit reaches the threshold where the logit reaches that of the threshold.
            predicted = logits.astype(float) >= np.log(cuts / (1 - cuts))
        values = _values(gold, predicted, names, intensity=intensity)
        own = values.by_emotion["emotion_pearson" if intensity else "f1"]
        prefix = "pearson" if intensity else "f1"
        return values.whole | {f"{prefix}_{name}": value for name, value in zip(names, own, strict=True)}

    return official_metrics


def _outputs(prediction: Any) -> tuple[Any, Any]:
    """Return the outputs and the labels of an `EvalPrediction`, or of a pair."""
    if hasattr(prediction, "predictions") and hasattr(prediction, "label_ids"):
        outputs, labels = prediction.predictions, prediction.label_ids
    elif isinstance(prediction, tuple | list) and len(prediction) == 2:
        outputs, labels = prediction
    else:
        raise InputError(
            f"compute_metrics got {type(prediction).__name__}, expected predictions and label_ids.",
            "pass it to Trainer: Trainer(..., compute_metrics=semeval_emo.compute_metrics(emotions))",
        )
    # Models with other outputs, such as hidden states, return a tuple with the logits first.
    return (outputs[0] if isinstance(outputs, tuple) else outputs), labels


@dataclass(frozen=True)
class MetricScorer:
    """A scorer for scikit-learn, as `scorer` returns it: called with an estimator, its inputs and the gold labels."""

    metric: str
    threshold: Thresholds | None = None

    def __call__(self, estimator: Any, inputs: Any, y_true: Any) -> float:
        """Return the metric of the estimator's predictions; negative for metrics where lower is better."""
        if self.threshold is None:
            predicted = estimator.predict(inputs)
        else:
            predicted = estimator.predict_proba(inputs)
            if isinstance(predicted, list):
                # Of each emotion, the probabilities of 0 and 1.
                predicted = np.column_stack([both[:, -1] for both in predicted])
        return METRICS[self.metric].gain(_values(y_true, predicted, threshold=self.threshold).value(self.metric))


def scorer(name: str = "macro_f1", *, threshold: Thresholds | None = None) -> MetricScorer:
    """Return a scorer for ``scoring=`` of scikit-learn: `cross_val_score`, `GridSearchCV` and the like.

    Args:
        name: a metric of all emotions, such as ``macro_f1``. Metrics where lower is better become negative.
        threshold: uses ``predict_proba`` with this threshold instead of ``predict``.

    Raises:
        UsageError: there is no such metric.

    >>> import numpy as np
    >>> class Always:
    ...     def predict(self, texts): return np.ones((len(texts), 2), int)
    >>> round(scorer("macro_f1")(Always(), ["a", "b"], np.array([[1, 0], [1, 1]])), 4)
    0.8333
    """
    if not isinstance(name, str) or metric(name).per_emotion:
        whole = [own.name for own in METRICS.values() if not own.per_emotion]
        raise UsageError(f"'{name}' is a metric of one emotion.", f"use one of {', '.join(whole)}")
    return MetricScorer(name, threshold)
