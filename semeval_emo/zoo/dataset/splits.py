"""The splits that a run needs: loaded, put in the official order, hashed, and looked through for leaks."""

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
from semeval_emo.zoo.dataset.other_languages import (
    SOURCES,
    file_numbers,
    load_source_dev,
    load_sources,
    same_language_sources,
)
from semeval_emo.zoo.recipe import Recipe


def load_splits(recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> dict[str, Gold]:
    """Every split that the run needs, and its extra data by name, guarded against leaks.

    Only the test split may lack labels, and then has no say.
    """
    data = recipe.data
    found: dict[str, Gold] = {}
    for split in dict.fromkeys((*data.splits, "dev", "test")):
        say = split != "test" or recipe.selects_on_test or recipe.select.split == "test"
        gold = load_gold(
            data.track, data.language, split, release=data.release, source=source, task=task, labels_required=say
        )
        if gold.texts is None:
            raise InputError(f"{gold.source} has labels but no texts, so nothing can be learned from it.")
        found[split] = in_official_order(gold)
    judged = [found["dev"], found["test"]]
    others = load_sources(recipe, judged, source, task)
    extra = load_extra(recipe, source, task)
    refuse_leaks(extra | same_language_sources(others, recipe), judged, recipe)
    refuse_target_language(extra, recipe, source, task)
    if SOURCES in (recipe.select.split, recipe.threshold.split):
        found[SOURCES] = load_source_dev(recipe, found["dev"].spec, source, task)
    return found | others | extra


def training_golds(recipe: Recipe, golds: dict[str, Gold]) -> list[Gold]:
    """What `load_splits` loaded to learn from, in the order of the recipe."""
    return [golds[name] for name in recipe.data.training_sets]


def fold_names(recipe: Recipe) -> tuple[str, ...]:
    """The names of what folds are made of: the language's own splits, or its sources where it has none."""
    return recipe.data.splits or recipe.data.sources


def language_groups(split: str, recipe: Recipe, golds: dict[str, Gold]) -> np.ndarray | None:
    """Which language each text is of, where choices are made on several: shape (n,), a number a language; else None."""
    if split == SOURCES:
        return file_numbers(golds[SOURCES].ids)
    if split == FOLDS and not recipe.data.splits and len(recipe.data.sources) > 1:
        return file_numbers([i for name in recipe.data.sources for i in golds[name].ids])
    return None


def data_hash(gold: Gold) -> str:
    """Identity of a split's texts and labels, as ``run.json`` keeps it."""
    texts = short_hash(f"{i}\t{text}" for i, text in zip(gold.ids, gold.texts or (), strict=True))
    return f"{texts}:{gold.hash}"


def in_official_order(gold: Gold) -> Gold:
    """The same rows in the official order, in which predictions and probabilities are written.

    Files that somebody sorted anew are as good as the original.
    """
    if gold.ids == gold.spec.ids:
        return gold
    place = {one: row for row, one in enumerate(gold.ids)}
    rows = [place[one] for one in gold.spec.ids]
    texts = None if gold.texts is None else tuple(gold.texts[row] for row in rows)
    return replace(gold, ids=gold.spec.ids, texts=texts, labels=gold.labels[rows])


def training_examples(recipe: Recipe, golds: dict[str, Gold]) -> tuple[Examples, dict[str, Examples]]:
    """What is learned from, and the splits that epochs or settings are judged on beside the folds."""
    data, select = recipe.data, recipe.select
    parts = [to_examples(gold) for gold in training_golds(recipe, golds)]
    train = sum(parts[1:], parts[0])
    if select.split != FOLDS:
        return train, {split: to_examples(golds[split]) for split in ("dev", select.split)}
    sizes = [len(golds[name].ids) for name in fold_names(recipe)]
    if select.folds > sum(sizes):
        raise UsageError(
            f"Recipe {recipe.name}: {sum(sizes)} texts cannot be dealt out to {select.folds} folds.",
            "--set select.folds=5",
        )
    if data.splits or len(sizes) < 2:
        folds = stratified_folds(train.texts, train.labels, select.folds, recipe.train.seed, sum(sizes))
    else:
        # What is asked for is another language than those learned from, so whole languages stand aside.
        folds = grouped_folds(sizes, select.folds, len(train))
    unread = {"dev"}.difference(data.splits)
    return replace(train, folds=folds), {split: to_examples(golds[split]) for split in unread}


def to_examples(gold: Gold) -> Examples:
    """A split as families take it."""
    return Examples(gold.texts or (), gold.labels)
