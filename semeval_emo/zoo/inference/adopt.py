"""Runs of classification models of other people, which `zoo adopt` makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from semeval_emo.errors import UsageError
from semeval_emo.files import check_name
from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.backbones.classifier import read_classifier
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.recipe import DataConfig, Recipe
from semeval_emo.zoo.recipes.adopted import FAMILY, adopted_recipe, default_name
from semeval_emo.zoo.recipes.load import recipe_files
from semeval_emo.zoo.runs.model import MODEL_INFO, given_thresholds, model_path


def adopted_run_name(model: str, name: str = "") -> str:
    """Return the name of the run of a model.

    Raises:
        UsageError: it is not valid, or that of a shipped recipe.
    """
    name = check_name(name or default_name(model), "a run")
    if name in recipe_files():
        raise UsageError(f"'{name}' is the name of a shipped recipe.", "choose another name with --name")
    return name


def adopt_recipe(
    model: str,
    name: str,
    task: Task,
    *,
    track: str | None = None,
    language: str | None = None,
    order: Sequence[str] = (),
    activation: str | None = None,
    thresholds: float | Mapping[str, float] | str | None = None,
    rule: Literal["fixed", "global", "per_label"] = "fixed",
    unverified_gold: bool = False,
    progress: Progress | None = None,
) -> Recipe:
    """Return the recipe of a run of a model: it is not trained, but predicts, is scored and placed like a trained one.

    Args:
        model: a Hugging Face folder, or a model on the hub.
        name: of the run.
        order, activation: as in `load_model`.
        thresholds: as in `load_model`; by default 0.5.
        rule: how thresholds are tuned on dev; ``fixed`` takes `thresholds`.

    Raises:
        InputError: the model cannot be used.
        UsageError: it does not predict the labels of the file.
    """
    progress = progress or Progress()
    folder = model_path(model, progress)
    if (folder / MODEL_INFO).exists() or (folder / "model" / MODEL_INFO).exists():
        raise UsageError(f"{model} is a run, or the model of one.", "use the run folder: zoo predict, zoo evaluate")
    if language is None and len(task.languages) == 1:
        language = next(iter(task.languages))
    if language is None:
        raise UsageError(f"The language of {model} is not known.", "name it with --language")
    data = resolve_target(Recipe(name, FAMILY, data=DataConfig(splits=())), task, track, language).data
    spec = task.spec(data.track, data.language, "test", data.release)
    classifier = read_classifier(folder, task, order=order, activation=activation, name=model)
    missing = [emotion for emotion in spec.emotions if emotion not in classifier.emotions]
    if missing or len(spec.values) > 2:
        lacks = f"does not predict {', '.join(missing)}" if missing else "predicts labels of 0 and 1, not intensities"
        raise UsageError(
            f"{model} {lacks}; {spec.place} has {', '.join(spec.emotions)}.",
            "choose another --track or --language, or use `zoo predict` for the emotions that it has",
        )
    if classifier.notes:
        progress.message("; ".join(classifier.notes))
    threshold: dict[str, Any] = {"rule": rule}
    if thresholds is not None:
        values = given_thresholds(thresholds, np.full(len(spec.emotions), 0.5), Space(spec.emotions)).tolist()
        threshold |= {"value": values[0]} if len(set(values)) == 1 else {"values": values}
    target: dict[str, Any] = {"track": data.track, "language": data.language, "release": data.release}
    if unverified_gold:
        target["unverified_gold"] = True
    return adopted_recipe(classifier, model, name, data=target, threshold=threshold)
