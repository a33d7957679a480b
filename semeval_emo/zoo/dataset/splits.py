"""The splits that a run needs: loaded, put in the official order, hashed, and looked through for leaks."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import Task, short_hash
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.dataset.extra_data import guard, guard_target, load_extra
from semeval_emo.zoo.dataset.folds import FOLDS, assign, by_parts
from semeval_emo.zoo.dataset.other_languages import SOURCES, load_dev, load_sources, own_language, parts_of
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
        found[split] = aligned(gold)
    judged = [found["dev"], found["test"]]
    others = load_sources(recipe, judged, source, task)
    extra = load_extra(recipe, source, task)
    guard(extra | own_language(others, recipe), judged, recipe)
    guard_target(extra, recipe, source, task)
    if SOURCES in (recipe.select.split, recipe.threshold.split):
        found[SOURCES] = load_dev(recipe, found["dev"].spec, source, task)
    return found | others | extra


def trained_on(recipe: Recipe, golds: dict[str, Gold]) -> list[Gold]:
    """What `load_splits` loaded to learn from, in the order of the recipe."""
    return [golds[name] for name in recipe.data.learned]


def folded(recipe: Recipe) -> tuple[str, ...]:
    """The names of what folds are made of: the language's own splits, or its sources where it has none."""
    return recipe.data.splits or recipe.data.sources


def languages(split: str, recipe: Recipe, golds: dict[str, Gold]) -> np.ndarray | None:
    """Which language each text is of, where choices are made on several: shape (n,), a number a language; else None."""
    if split == SOURCES:
        return parts_of(golds[SOURCES].ids)
    if split == FOLDS and not recipe.data.splits and len(recipe.data.sources) > 1:
        return parts_of([i for name in recipe.data.sources for i in golds[name].ids])
    return None


def data_hash(gold: Gold) -> str:
    """Identity of a split's texts and labels, as ``run.json`` keeps it."""
    texts = short_hash(f"{i}\t{text}" for i, text in zip(gold.ids, gold.texts or (), strict=True))
    return f"{texts}:{gold.hash}"


def aligned(gold: Gold) -> Gold:
    """The same rows in the official order, in which predictions and probabilities are written.

    Files that somebody sorted anew are as good as the original.
    """
    if gold.ids == gold.spec.ids:
        return gold
    place = {one: row for row, one in enumerate(gold.ids)}
    rows = [place[one] for one in gold.spec.ids]
    texts = None if gold.texts is None else tuple(gold.texts[row] for row in rows)
    return replace(gold, ids=gold.spec.ids, texts=texts, labels=gold.labels[rows])


def to_learn(recipe: Recipe, golds: dict[str, Gold]) -> tuple[Examples, dict[str, Examples]]:
    """What is learned from, and the splits that epochs or settings are judged on beside the folds."""
    data, select = recipe.data, recipe.select
    parts = [examples_of(gold) for gold in trained_on(recipe, golds)]
    train = sum(parts[1:], parts[0])
    if select.split != FOLDS:
        return train, {split: examples_of(golds[split]) for split in ("dev", select.split)}
    sizes = [len(golds[name].ids) for name in folded(recipe)]
    if select.folds > sum(sizes):
        raise UsageError(
            f"Recipe {recipe.name}: {sum(sizes)} texts cannot be dealt out to {select.folds} folds.",
            "--set select.folds=5",
        )
    if data.splits or len(sizes) < 2:
        folds = assign(train.texts, train.labels, select.folds, recipe.train.seed, sum(sizes))
    else:
        # What is asked for is another language than those learned from, so whole languages stand aside.
        folds = by_parts(sizes, select.folds, len(train))
    unread = {"dev"}.difference(data.splits)
    return replace(train, folds=folds), {split: examples_of(golds[split]) for split in unread}


def examples_of(gold: Gold) -> Examples:
    """A split as families take it."""
    return Examples(gold.texts or (), gold.labels)
