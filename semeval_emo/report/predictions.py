"""The table of predictions for texts."""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.report.table import Column, Table
from semeval_emo.zoo.runs.model import Model
from semeval_emo.zoo.runs.predictions import TextPrediction, present_text
from semeval_emo.zoo.selection.cut_points import format_threshold


def prediction_table(model: Model, predictions: Sequence[TextPrediction], top: int = 0) -> Table:
    """Return a row per text: the emotions that are present, and the probabilities.

    Args:
        top: show only the highest probabilities, this many; 0 for all.
    """
    emotions = model.space.emotions
    if top:
        columns = [Column(f"top {number}" if top > 1 else "top") for number in range(1, min(top, len(emotions)) + 1)]
    else:
        columns = [Column(emotion, "decimal2") for emotion in emotions]
    rows = []
    for prediction in predictions:
        ranked = [f"{emotion} {value:.2f}" for emotion, value in prediction.top(top).items()]
        rows.append((prediction.text, present_text(prediction), *(ranked or prediction.probability_row.tolist())))
    return Table(
        model.recipe.run_name,
        (Column("text"), Column("predicted"), *columns),
        tuple(rows),
        (_note(model),),
    )


def _note(model: Model) -> str:
    thresholds = model.thresholds.tolist()
    if model.space.top > 1:
        return f"predicted: intensities from 0 to {model.space.top}; probabilities are intensities scaled to 0 to 1"
    if len(set(thresholds)) == 1:
        return f"predicted: a probability of at least {thresholds[0]:g}"
    each = zip(model.space.emotions, map(format_threshold, thresholds), strict=True)
    return "predicted: a probability of at least " + ", ".join(f"{emotion} {value}" for emotion, value in each)
