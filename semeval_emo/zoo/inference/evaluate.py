"""Evaluation of a trained model on any split, language or release with texts and labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.gold import SAMPLE
from semeval_emo.data.overlap import leaks
from semeval_emo.data.sources import source_near
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.scoring.scorecard import Scores
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Predictions
from semeval_emo.task import OWN_FILE, FileSpec, IdBlock, Task, load_task
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.extra_data import is_own_file, load_own_file
from semeval_emo.zoo.dataset.other_languages import implied_language, implied_track
from semeval_emo.zoo.recipe import DataConfig, Recipe
from semeval_emo.zoo.recipes.adopted import FAMILY, UNKNOWN_TRAINING
from semeval_emo.zoo.runs.folder import resolve_task
from semeval_emo.zoo.runs.model import Thresholds, load_model, model_path
from semeval_emo.zoo.selection.constant_predictions import constant_predictions
from semeval_emo.zoo.selection.thresholds import apply_thresholds
from semeval_emo.zoo.training.own import is_own
from semeval_emo.zoo.training.train import tune_command


def evaluate(
    folder: Path | str,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str = "test",
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    unverified_gold: bool = False,
    thresholds: Thresholds | None = None,
    order: Sequence[str] = (),
    activation: str | None = None,
    progress: Progress | None = None,
) -> Scores:
    """Predict a split with a model and score it.

    Args:
        folder: a run folder, a model folder, or a Hugging Face model as in `load_model`.
        track, language, release: those of the training data by default.
        source: as in `load_gold`; or a labelled file of your own.
        task: that of the training data by default.
        unverified_gold: as in `load_gold`.
        thresholds, order, activation: as in `load_model`.

    Raises:
        InputError: no model, no texts or no labels.
        UsageError: the model does not predict the labels of the file.
    """
    progress = progress or Progress()
    given = load_task(SAMPLE) if task is None and str(source) == SAMPLE else task
    model = load_model(folder, thresholds, order=order, activation=activation, task=given, progress=progress)
    folder, data = model_path(folder, progress), model.recipe.data
    task = resolve_task(task, source, model.task, folder)
    track, language = _target(data, track, language, task)
    own = source
    source = source_near(folder) if source is None else source
    release = release or (data.release if data.release in task.releases else None)
    if own is not None and Path(own).is_file() and is_own(Path(own)):
        target = task.spec(track, language, split, release)
        gold = _labelled_file(Path(own), replace(target, emotions=model.space.emotions), task)
        progress.message(gold.note)
        source = source_near(folder)
    else:
        gold = load_gold(
            track, language, split, release=release, source=source, task=task, unverified_gold=unverified_gold
        )
    if gold.texts is None:
        raise InputError(f"{gold.source} has labels but no texts, so there is nothing to predict.")
    spec = gold.spec
    missing = [emotion for emotion in spec.emotions if emotion not in model.space.emotions]
    if missing:
        raise UsageError(
            f"The model in {folder} does not predict {', '.join(missing)}, which {spec.place} has.",
            f"it predicts {', '.join(model.space.emotions)}",
        )
    if len(spec.values) - 1 != model.space.top:
        raise UsageError(
            f"The model in {folder} predicts labels from 0 to {model.space.top}; those of {spec.place} are "
            f"{', '.join(spec.values)}."
        )
    # The model may predict more emotions than the file has.
    probabilities = model.family.predict(gold.texts, progress)
    labels = apply_thresholds(probabilities, model.thresholds, model.space)
    for note in leak_notes(model.recipe, gold, source, task):
        progress.message(note)
    columns = [model.space.emotions.index(emotion) for emotion in spec.emotions]
    scores = score(Predictions(spec, labels[:, columns], str(folder)), gold, task=task)
    constant = constant_predictions(
        probabilities[:, columns], model.thresholds[columns], Space(spec.emotions, model.space.top), split
    )
    zero = scores.card.score == 0
    if not (constant.same or zero):
        return scores
    notes = [scores.card.note, constant.reached, *constant.notes]
    if model.recipe.threshold.rule == "fixed" and constant.can_change(zero) and (folder / "run.json").is_file():
        notes.append(f"Fit thresholds: {tune_command(folder)}")
    return replace(scores, cards=(replace(scores.card, note=" ".join(filter(None, notes))),))


def _labelled_file(path: Path, target: FileSpec, task: Task) -> Gold:
    """Load a file of the user's own as gold labels, with the row numbers as ids."""
    gold = load_own_file(path, target, task)
    rows = IdBlock("row_", 6, 1, len(gold))
    spec = replace(target, release=OWN_FILE, blocks=(rows,), texts_hash="", labels_hash="", texts_sample="")
    return replace(gold, spec=spec, ids=spec.ids, releases=(OWN_FILE,))


def _target(data: DataConfig, track: str | None, language: str | None, task: Task) -> tuple[str, str]:
    """Return the track and the language to evaluate on; a model of someone else has none of its own."""
    track = track or implied_track(data.track, task)
    codes = list(dict.fromkeys(spec.language for spec in task.specs(task.default_release, track)))
    language = language or implied_language(data.language, task) or (codes[0] if len(codes) == 1 else "")
    if not language:
        raise UsageError("The model does not say which language its texts have.", "name it, such as --language eng")
    return track, language


def leak_notes(recipe: Recipe, gold: Gold, source: str | os.PathLike[str] | None, task: Task) -> list[str]:
    """Return notes on how many of the texts the model was trained on.

    Training data that is not available is named in a note. Tracks share texts, some of them all of their texts.
    """
    notes, training = [], []
    for name in recipe.data.training_sets:
        try:
            training.append(_training_set(name, recipe, source, task))
        except EmoError as error:
            notes.append(f"whether {name} contains any of these texts is not known: {error.message}")
    if recipe.family == FAMILY:
        notes.append(UNKNOWN_TRAINING)
    overlap = leaks(training, gold)
    if overlap.normalised:
        names = [train_gold.source for train_gold in training if leaks(train_gold, gold).normalised]
        notes.append(
            f"{overlap.normalised:,} of {overlap.rows:,} texts of {gold.spec.place} are training texts "
            f"({overlap.exact:,} exact copies), so the score is optimistic; they are in {', '.join(names)}"
        )
    return notes


def _training_set(name: str, recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    """Load the texts of a name in `DataConfig.training_sets`."""
    data = recipe.data
    track, _, rest = name.partition("/")
    language, split = data.language, rest
    if name in data.splits:
        track, split = data.track, name
    elif name in data.sources:
        language, split = rest, "train"
    elif is_own_file(name):
        return load_own_file(Path(name), task.spec(data.track, data.language, "test", data.release), task)
    # Only the texts are used.
    return load_gold(
        track, language, split, release=data.release, source=source, task=task, labels_required=False,
        unverified_gold=True,
    )  # fmt: skip
