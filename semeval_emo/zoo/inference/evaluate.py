"""Scores a trained model on any split, language or release that has texts and labels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.overlap import leaks
from semeval_emo.data.sheet import read_sheet
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.scoring.scorecard import Scores
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Predictions
from semeval_emo.task import Task
from semeval_emo.zoo.dataset.splits import in_official_order
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.runs.tasks import resolve_task
from semeval_emo.zoo.selection.thresholds import apply_thresholds


def evaluate(
    folder: Path,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str = "test",
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    progress: Progress | None = None,
) -> Scores:
    """Predicts a split with a model and scores it.

    Args:
        folder: a run folder or a model folder.
        track, language, release: by default those that the model was trained on.
        source: as in `load_gold`.
        task: by default the one that the model was trained on.

    Raises:
        InputError: no model, no texts or no labels.
        UsageError: the model predicts other emotions than the file has.
    """
    model = load_model(folder)
    data = model.recipe.data
    task = resolve_task(task, source, model.task)
    loaded = load_gold(
        track or data.track,
        language or data.language,
        split,
        release=release or (data.release if data.release in task.releases else None),
        source=source,
        task=task,
    )
    gold = in_official_order(loaded)
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
    decided = apply_thresholds(model.family.predict(gold.texts, progress), model.thresholds, model.space)
    if progress is not None:
        for note in leak_notes(model.recipe, gold, source, task):
            progress.message(note)
    columns = [model.space.emotions.index(emotion) for emotion in spec.emotions]
    return score(Predictions(spec, decided[:, columns], str(folder)), gold, task=task)


def leak_notes(recipe: Recipe, gold: Gold, source: str | os.PathLike[str] | None, task: Task) -> list[str]:
    """What a person must know before trusting the score: how many of the texts the model was trained on.

    Compared is what is at hand; of what is not, that is said. Tracks hold each other's texts, whole or in part.

    Args:
        source: where the training texts are looked for.
    """
    notes, learned = [], []
    for name in recipe.data.training_sets:
        try:
            learned.append(_trained_on(name, recipe, source, task))
        except EmoError as error:
            notes.append(f"whether {name} holds any of these texts is not known: {error.message}")
    found = leaks(learned, gold)
    if found.normalised:
        names = [one.source for one in learned if leaks(one, gold).normalised]
        notes.append(
            f"{found.normalised:,} of {found.rows:,} texts of {gold.spec.place} were trained on "
            f"({found.exact:,} to the character), so the score flatters the model; they stand in {', '.join(names)}"
        )
    return notes


def _trained_on(name: str, recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    """The texts behind a name of `DataConfig.training_sets`."""
    data = recipe.data
    address: tuple[str, str, str]
    if name in data.splits:
        address = (data.track, data.language, name)
    elif name in data.sources:
        track, _, language = name.partition("/")
        address = (track, language, "train")
    elif name.endswith(".csv"):
        sheet = read_sheet(Path(name))
        spec = task.spec(data.track, data.language, "test", data.release)
        return Gold(spec, tuple(sheet.ids), tuple(sheet.texts or ()), np.empty((0, 0)), name, ())
    else:
        track, _, split = name.partition("/")
        address = (track, data.language, split)
    return load_gold(*address, release=data.release, source=source, task=task, labels_required=False)
