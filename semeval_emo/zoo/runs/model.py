"""Model folders: save, load and export a trained model of any family.

A model folder is self-contained: `zoo predict` needs neither the run folder nor the recipe file nor the task.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.files import as_umask, read_utf8, write_file, write_folder
from semeval_emo.parse import ShapeError, member, members, read_json
from semeval_emo.progress import Progress
from semeval_emo.tables import Decisions
from semeval_emo.tables.decided_values import names_file, read_values, thresholds_of
from semeval_emo.tables.decisions import OTHER
from semeval_emo.tables.frames import kind_of
from semeval_emo.task import Task, load_task
from semeval_emo.text import plural, printable
from semeval_emo.zoo.backbones.classifier import is_classifier_folder, read_classifier
from semeval_emo.zoo.backbones.model_folder import reading_model, refuse_foreign_files, refuse_pickles
from semeval_emo.zoo.backbones.weights import TRAINED_FILES, NotOnHub, hub_folder, is_hub_id, local_path
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.family import Family
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.adopted import adopted_recipe
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.requirements import require
from semeval_emo.zoo.runs.finished import one_run
from semeval_emo.zoo.runs.predictions import TextPrediction, TextPredictions, refuse_file_name, texts_of
from semeval_emo.zoo.selection.thresholds import apply_thresholds, parse_thresholds

CARD = "MODEL_CARD.md"
MODEL_INFO = "semeval_emo.json"
THRESHOLDS = "thresholds.json"
MAX_TOP = 100
CHUNK = 1 << 16
"""Texts that are tokenized at once."""
FIX_THRESHOLDS = "`semeval-emo zoo tune RUN` writes them"
PROBE = "What a day!"
RUN_HINT = "name a run folder, such as runs/<recipe>/<language>, or a Hugging Face model folder"

Thresholds = float | Mapping[str, float] | str | os.PathLike[str]
"""One threshold, thresholds by emotion, or a file of thresholds."""


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A model that can predict.

    Attributes:
        thresholds: shape (L,); cut points of intensities: shape (L, top).
        task: key of the task that it was trained on; empty if an older version did not record it.
    """

    recipe: Recipe
    space: Space
    family: Family
    thresholds: np.ndarray
    task: str = ""

    def __repr__(self) -> str:
        return f"Model({self.recipe.name}: {', '.join(self.space.emotions)})"

    @overload
    def predict(  # type: ignore[overload-overlap]  # A str is one text, not its letters.
        self, texts: str, *, progress: Progress | None = None
    ) -> TextPrediction: ...

    @overload
    def predict(self, texts: Iterable[str], *, progress: Progress | None = None) -> TextPredictions: ...

    def predict(self, texts: Any, *, progress: Progress | None = None) -> TextPrediction | TextPredictions:
        """Predict a text, or several.

        Texts that are longer than the model's limit are truncated, as in training.

        Args:
            texts: a text; or a list, a pandas Series, an array or a column of a dataset with texts.

        Returns:
            `TextPrediction` for one text, `TextPredictions` for several.

        Raises:
            UsageError: `texts` is something else, or the name of a file.

        >>> from semeval_emo.zoo.families.constant import Constant
        >>> from semeval_emo.zoo.recipes.load import load_recipe
        >>> space = Space(("anger", "joy"))
        >>> family = Constant(load_recipe("constant-all"), space)
        >>> family.values = np.array([0.1, 0.9])
        >>> model = Model(family.recipe, space, family, np.array([0.5, 0.5]))
        >>> model.predict("What a day!").labels
        {'anger': 0, 'joy': 1}
        >>> model.predict(["What a day!", "Oh no."]).probabilities
        array([[0.1, 0.9],
               [0.1, 0.9]])
        """
        if isinstance(texts, str):
            refuse_file_name(texts)
            (prediction,) = self.predict([texts], progress=progress)
            return prediction
        rows, index = texts_of(texts)
        chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        no_rows = np.empty((0, len(self.space.emotions)))
        probabilities = np.concatenate([no_rows, *(self.family.predict(chunk, progress) for chunk in chunks)])
        labels = apply_thresholds(probabilities, self.thresholds, self.space)
        return TextPredictions(tuple(rows), self.space.emotions, probabilities, labels, index)


def save_model(family: Family, folder: Path, task: str) -> None:
    """Write a model folder atomically; `task` is the key of the task that the model was trained on."""
    with write_folder(folder) as new:
        family.save(new)
        write_model_info(new, family.recipe, family.space, task)
        _apply_umask(new)


def write_model_info(folder: Path, recipe: Recipe, space: Space, task: str) -> None:
    """Write the task, labels and recipe of a model into its folder."""
    info = {
        "task": task,
        "emotions": list(space.emotions),
        "top": space.top,
        "neutral": space.neutral,
        "recipe": recipe.resolved(),
    }
    write_file(folder / MODEL_INFO, json.dumps(info, indent=2) + "\n")


def load_model(
    folder: Path | str,
    thresholds: Thresholds | None = None,
    precision: Literal["fp32", "bf16"] | None = None,
    *,
    order: Sequence[str] = (),
    activation: str | None = None,
    task: Task | str | None = None,
    check: bool = True,
    progress: Progress | None = None,
) -> Model:
    """Load the model of a run, a model folder, or a Hugging Face classification model of your own.

    The labels of a Hugging Face model are joined to the emotions of the task by name; it predicts those that it has.

    Args:
        folder: a run folder, a model folder, a Hugging Face folder, or the name of a model on the hub (``owner/name``).
        thresholds: instead of those of the model: one for all emotions, ``{"anger": 0.35}`` (other emotions keep those
            of the model) or a file, such as the one that `zoo tune` writes.
        precision: of a network's matrix products; None for the training precision.
        order: names of the outputs, in their order, of a Hugging Face model without names (``LABEL_0`` ...).
        activation: ``sigmoid`` or ``softmax``, for a Hugging Face model that does not say whether it predicts several
            labels for a text.
        task: whose labels a Hugging Face model predicts; by default SemEval-2025 Task 11, or the known task of which
            the model has all labels. A model without any label of a known task predicts its own labels.
        check: whether to predict a text, so that a damaged model is an error here.

    Raises:
        InputError: there is no model, it is damaged, it needs code of its own or contains a pickle, or the file has no
            thresholds for it.
        UsageError: a precision is given for a model that is not a neural network, the thresholds are not for it, or its
            outputs have no names.

    >>> from tempfile import TemporaryDirectory
    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> from semeval_emo.zoo.training.train import train
    >>> with TemporaryDirectory() as runs:
    ...     run = train(load_recipe("constant-all"), source="sample", runs=Path(runs)).folder.path
    ...     model = load_model(run)
    >>> model.predict("I am so happy").present
    {'anger': 1, 'fear': 1, 'joy': 1, 'sadness': 1, 'surprise': 1}
    """
    if not isinstance(folder, str | os.PathLike):
        raise InputError(f"{kind_of(folder)} is not a model.", 'pass a folder, such as "runs/tfidf-logreg/eng"')
    named, folder = str(folder), model_path(folder, progress or Progress())
    model_folder = folder / "model" if (folder / "model" / MODEL_INFO).exists() else folder
    if not (model_folder / MODEL_INFO).exists() and is_classifier_folder(folder):
        own_task = None if task is None else load_task(task)
        classifier = read_classifier(folder, own_task, order=order, activation=activation, name=named)
        recipe, space, task_key = adopted_recipe(classifier, named), Space(classifier.emotions), classifier.task
        if progress is not None and classifier.notes:
            progress.message(f"{named}: {'; '.join(classifier.notes)}")
    else:
        recipe, space, task_key = _read_info(model_folder, folder)
        refuse_pickles(model_folder)
        if order or activation:
            raise UsageError(
                f"The model in {folder} knows its labels.", "omit --order and --activation, which are for other models"
            )
    own = np.full(len(space.emotions), recipe.threshold.value)
    if (model_folder / THRESHOLDS).exists() and not names_file(thresholds):
        own = _read_thresholds(model_folder / THRESHOLDS, space)
    chosen = own if thresholds is None else given_thresholds(thresholds, own, space)
    family = family_class(recipe.family)
    require(family.packages, f"The family '{recipe.family}'")
    if precision is not None:
        if "train" not in family.recipe_sections:
            raise UsageError(f"The model in {folder} is of the family '{recipe.family}', which has no precision.")
        recipe = replace(recipe, train=replace(recipe.train, precision=precision))
    with reading_model(model_folder):
        loaded = family.load(model_folder, recipe, space)
        if check:
            _check_predictions(loaded.predict([PROBE]), space, model_folder)
    return Model(recipe, space, loaded, chosen, task_key)


def model_path(model: Path | str, progress: Progress) -> Path:
    """Return the folder of a run or a model; one on the hub is downloaded first if necessary.

    Raises:
        InputError: it is on the hub and cannot be downloaded.
        UsageError: it is a folder of several runs.
    """
    folder = local_path(str(model))
    if folder.is_dir() or isinstance(model, Path) or not is_hub_id(model):
        return folder if is_classifier_folder(folder) else one_run(folder)
    try:
        return hub_folder(model, progress, TRAINED_FILES)
    except NotOnHub as error:
        raise InputError(
            f"There is no folder {printable(model, 200)}; as a model on the hub: the files of {error.message}",
            f"{RUN_HINT}; or, where the hub is reached: hf download {model} --local-dir FOLDER, and name that folder",
        ) from error


def _check_predictions(probabilities: np.ndarray, space: Space, folder: Path) -> None:
    """Check what a model predicts for a text: a probability for each emotion."""
    emotions = len(space.emotions)
    if probabilities.shape != (1, emotions):
        predicted = plural(probabilities.size, "label")
        raise InputError(f"The model in {folder} predicts {predicted}; {MODEL_INFO} has {emotions} emotions.")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        shown = ", ".join(f"{value:g}" for value in probabilities[0])
        raise InputError(
            f"The model in {folder} is damaged: for a text it predicts {shown}, expected numbers from 0 to 1.",
            "copy the whole folder again",
        )


def read_card(run: Path) -> str:
    """Return the model card of a finished run.

    Raises:
        InputError: there is none.
    """
    card = run / CARD
    if not card.exists():
        raise InputError(f"{run} does not contain a finished run.", RUN_HINT)
    return read_utf8(card)


def export_model(folder: Path, out: Path) -> None:
    """Copy a model folder and everything that its model needs from this machine.

    Raises:
        InputError: there is no model, or something that it needs is missing.
    """
    recipe, _, _ = _read_info(folder, folder)
    refuse_pickles(folder)
    refuse_foreign_files(folder)
    with reading_model(folder):
        family_class(recipe.family).export(folder, out, recipe)
    _apply_umask(out)


def _read_info(folder: Path, named: Path) -> tuple[Recipe, Space, str]:
    """Return the recipe, label space and task in `MODEL_INFO`; errors name the folder that the user named."""
    path = folder / MODEL_INFO
    if not path.exists():
        raise InputError(f"{named} does not contain a trained model.", RUN_HINT)
    info = read_json(path, fix="train the recipe again, or copy the whole folder again")
    try:
        emotions = tuple(members(info, "emotions", str))
        space = Space(emotions, member(info, "top", int), member(info, "neutral", str, ""))
        if space.neutral and space.neutral not in emotions:
            raise ShapeError("its neutral label is not one of its emotions")
        if not emotions or len(set(emotions)) < len(emotions) or not 1 <= space.top <= MAX_TOP:
            raise ShapeError("it has no valid emotions or intensities")
        return from_resolved(member(info, "recipe", dict), str(path)), space, member(info, "task", str, "")
    except ShapeError as error:
        raise InputError(f"{path} cannot be read: {error}.", "copy the whole folder again") from error


def thresholds_text(emotions: Sequence[str], thresholds: Sequence[float | list[float]]) -> str:
    """Return the content of a file of thresholds or cut points: JSON with a key for each emotion."""
    return json.dumps(dict(zip(emotions, thresholds, strict=True))) + "\n"


def _apply_umask(folder: Path) -> None:
    # safetensors makes its files readable by their owner only.
    for path in folder.rglob("*"):
        if path.is_file():
            as_umask(path)


def given_thresholds(given: Thresholds, own: np.ndarray, space: Space) -> np.ndarray:
    """Return the thresholds that the user gives; emotions that are not named keep their own.

    Args:
        given: a number, a mapping, a text such as ``joy=0.4,other=0.5`` or a file.
        own: those of the model, shape (L,) or (L, top).

    Raises:
        InputError: the file cannot be read.
        UsageError: they are not for these emotions.
    """
    if names_file(given) and (space.top > 1 or isinstance(read_values(given, FIX_THRESHOLDS), list)):  # type: ignore[arg-type]
        return _read_thresholds(Path(given), space)  # type: ignore[arg-type]
    if space.top > 1:
        raise UsageError(
            f"The model predicts intensities from 0 to {space.top}, which have cut points, not thresholds.",
            "name a file of cut points; `semeval-emo zoo tune RUN` writes one",
        )
    names = {emotion.casefold(): emotion for emotion in space.emotions}
    by_name = Decisions(thresholds=thresholds_of(given, option="--thresholds")).of_labels(names)
    named = by_name.thresholds if isinstance(by_name.thresholds, Mapping) else {}
    for name in named:
        if name not in (*space.emotions, OTHER):
            raise UsageError(
                f"The model does not predict '{printable(name)}'; it predicts {', '.join(space.emotions)}.",
                suggest(name, space.emotions) or "leave out its threshold",
            )
    values = [by_name.threshold_of(emotion) for emotion in space.emotions]
    return np.array([value if value is not None else old for value, old in zip(values, own, strict=True)], dtype=float)


def _read_thresholds(path: Path, space: Space) -> np.ndarray:
    values = read_values(path, FIX_THRESHOLDS)
    if isinstance(values, dict):
        missing = [emotion for emotion in space.emotions if emotion.casefold() not in values]
        if missing:
            raise InputError(f"{path} has no threshold for {', '.join(missing)}.", FIX_THRESHOLDS)
        values = [values[emotion.casefold()] for emotion in space.emotions]
    try:
        thresholds = parse_thresholds([row[0] if len(row) == 1 else list(row) for row in values])
    except ShapeError as error:
        raise InputError(f"{path} does not contain thresholds: {error}.", FIX_THRESHOLDS) from error
    emotions = len(space.emotions)
    if thresholds.ndim == 2 and space.top > 1 and thresholds.shape != (emotions, space.top):
        raise InputError(
            f"{path} contains {len(thresholds)} x {thresholds.shape[1]} cut points; the model predicts {emotions} "
            f"emotions with intensities from 0 to {space.top}."
        )
    if thresholds.shape != (emotions,) and (thresholds.ndim != 2 or space.top == 1):
        raise InputError(
            f"{path} contains {plural(thresholds.size, 'threshold')}; the model predicts {emotions} emotions."
        )
    return thresholds
