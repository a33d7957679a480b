"""The splits of a run: loaded, in the official order, hashed and checked for leaks."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import Task, short_hash
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.dataset.extra_data import load_extra, refuse_leaks, refuse_target_language
from semeval_emo.zoo.dataset.folds import FOLDS, grouped_folds, stratified_folds
from semeval_emo.zoo.dataset.joint import load_joint
from semeval_emo.zoo.dataset.other_languages import (
    SOURCES,
    file_numbers,
    load_source_dev,
    load_sources,
    same_language_sources,
)
from semeval_emo.zoo.recipe import Recipe


def load_splits(recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> dict[str, Gold]:
    """Load every split that a run needs, by name, with its added data checked for leaks.

    Labels of the test split are optional, unless the recipe selects on it.
    """
    data = recipe.data
    golds: dict[str, Gold] = {}
    for split in dict.fromkeys((*data.splits, "dev", "test")):
        required = split != "test" or recipe.selects_on_test or recipe.select.split == "test"
        gold = load_gold(
            data.track, data.language, split, release=data.release, source=source, task=task, labels_required=required,
            unverified_gold=data.unverified_gold,
        )  # fmt: skip
        if gold.texts is None:
            raise InputError(f"{gold.source} has labels but no texts, so it cannot be used for training.")
        golds[split] = gold
    evaluated = [golds["dev"], golds["test"]]
    if data.joint:
        return golds | load_joint(recipe, source, task)
    other_languages = load_sources(recipe, evaluated, source, task)
    extra = load_extra(recipe, source, task)
    refuse_leaks(extra | same_language_sources(other_languages, recipe), evaluated, recipe)
    refuse_target_language(extra, recipe, source, task)
    if SOURCES in (recipe.select.split, recipe.threshold.split):
        golds[SOURCES] = load_source_dev(recipe, golds["dev"].spec, source, task)
    return golds | other_languages | extra


def training_golds(recipe: Recipe, golds: dict[str, Gold]) -> list[Gold]:
    """Return the training data among `load_splits`, in the order of the recipe."""
    return [golds[name] for name in recipe.data.model_sets]


def fold_names(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the data that is split into folds: the language's own splits, or its sources if none."""
    return recipe.data.splits or recipe.data.sources


def language_groups(split: str, recipe: Recipe, golds: dict[str, Gold]) -> np.ndarray | None:
    """Return the language of each text as a number: shape (n,); None if the split has only one."""
    if split == SOURCES:
        return file_numbers(golds[SOURCES].ids)
    if split == FOLDS and not recipe.data.splits and len(recipe.data.sources) > 1:
        return file_numbers([i for name in recipe.data.sources for i in golds[name].ids])
    return None


def data_hash(gold: Gold) -> str:
    """Return the identity of a split's texts and labels, as stored in ``run.json``."""
    texts = short_hash(f"{i}\t{text}" for i, text in zip(gold.ids, gold.texts or (), strict=True))
    return f"{texts}:{gold.hash}"


def training_examples(recipe: Recipe, golds: dict[str, Gold]) -> tuple[Examples, dict[str, Examples]]:
    """Return the training examples, and the splits to evaluate each epoch or setting on besides the folds."""
    data, select = recipe.data, recipe.select
    nothing = Examples((), np.empty((0, golds["dev"].labels.shape[1]), dtype=golds["dev"].labels.dtype))
    # An ensemble with a member that was trained jointly combines the texts of its own language only.
    parts = [golds[name] for name in data.splits] if data.joint else training_golds(recipe, golds)
    train = sum([to_examples(gold) for gold in parts], nothing)
    if select.split != FOLDS:
        return train, {split: to_examples(golds[split]) for split in ("dev", select.split)}
    sizes = [len(golds[name].ids) for name in fold_names(recipe)]
    if select.folds > sum(sizes):
        raise UsageError(
            f"Recipe {recipe.name}: {sum(sizes)} texts cannot be split into {select.folds} folds.",
            "--set select.folds=5",
        )
    if data.splits or len(sizes) < 2:
        folds = stratified_folds(train.texts, train.labels, select.folds, recipe.train.seed, sum(sizes))
    else:
        # The target language is not among the training languages, so whole languages are held out.
        folds = grouped_folds(sizes, select.folds, len(train))
    held_out = {"dev"}.difference(data.splits)
    return replace(train, folds=folds), {split: to_examples(golds[split]) for split in held_out}


def to_examples(gold: Gold) -> Examples:
    """Return a split as examples."""
    return Examples(gold.texts or (), gold.labels)
