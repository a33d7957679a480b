"""Scores a trained model on any split, language or release that has texts and labels."""

from __future__ import annotations

import os
from pathlib import Path

from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring.scorecard import Scores
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Predictions
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.decide import labels_of
from semeval_emo.zoo.family import Watcher
from semeval_emo.zoo.model import load_model
from semeval_emo.zoo.splits import aligned


def evaluate(
    folder: Path,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str = "test",
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    watch: Watcher | None = None,
) -> Scores:
    """Predicts a split with a model and scores it.

    Args:
        folder: a run folder or a model folder.
        track, language, release: by default those that the model was trained on.
        source: as in `load_gold`.

    Raises:
        InputError: no model, no texts or no labels.
        UsageError: the model predicts other emotions than the file has.
    """
    model = load_model(folder)
    data = model.recipe.data
    if not isinstance(task, Task):
        task = load_task("sample" if task is None and str(source) == "sample" else task)
    loaded = load_gold(
        track or data.track,
        language or data.language,
        split,
        release=release or (data.release if data.release in task.releases else None),
        source=source,
        task=task,
    )
    gold = aligned(loaded)
    if gold.texts is None:
        raise InputError(f"{gold.source} has labels but no texts, so nothing can be predicted from it.")
    spec = gold.spec
    lacking = [emotion for emotion in spec.emotions if emotion not in model.space.emotions]
    if lacking:
        raise UsageError(
            f"The model in {folder} does not predict {', '.join(lacking)}, which {spec.place} asks for.",
            f"it predicts {', '.join(model.space.emotions)}",
        )
    if len(spec.values) - 1 != model.space.top:
        raise UsageError(f"The model in {folder} predicts 0 to {model.space.top}; {spec.place} takes {spec.values}.")
    # The model may know more emotions than the file has.
    decided = labels_of(model.family.predict(gold.texts, watch), model.thresholds, model.space)
    columns = [model.space.emotions.index(emotion) for emotion in spec.emotions]
    return score(Predictions(spec, decided[:, columns], str(folder)), gold, task=task)
