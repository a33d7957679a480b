"""One model for several languages: the splits of all of them as one training set, with the emotions of all.

The training set does not depend on the target language, so the model is trained once. The target only decides which
texts and which emotions a run scores.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.overlap import letters
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import FileSpec, Task
from semeval_emo.text import listed
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS, Folds, stratified_folds
from semeval_emo.zoo.dataset.other_languages import UNKNOWN, join, match_labels, sample_texts
from semeval_emo.zoo.recipe import Recipe


@dataclass(frozen=True, eq=False)
class JointSet:
    """The training set of several languages.

    Attributes:
        space: the outputs: the emotions of all languages, or those of each language, named by `output_name`.
        own_rows: the texts of the target language; none in a track that trains on other languages.
        own_columns: the outputs of the target language.
    """

    train: Examples
    space: Space
    own_rows: slice
    own_columns: tuple[int, ...]

    def own(self, values: np.ndarray) -> np.ndarray:
        """Return the part of the target language: of shape (n, L) of a matrix with all texts and emotions."""
        part: np.ndarray = values[self.own_rows][:, self.own_columns]
        return part

    @property
    def own_folds(self) -> Folds:
        """The folds of the target language's texts; there are some if the recipe selects on folds."""
        folds = self.train.folds
        assert folds is not None
        fold_of = folds.fold_of[self.own_rows]
        return Folds(fold_of, len(fold_of), folds.n_folds)


def load_joint(recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> dict[str, Gold]:
    """Load the training splits of all languages, one after the other, with the emotions of all, by name.

    Raises:
        UsageError: the target has an emotion that none of them has.
    """
    target = task.spec(recipe.data.track, recipe.data.language, "test", recipe.data.release)
    specs = _specs(recipe, task)
    emotions = _emotions(specs)
    missing = [emotion for emotion in target.emotions if emotion not in emotions]
    if missing:
        raise UsageError(
            f"Recipe {recipe.name}: {target.place} has {listed(missing)}, and none of the languages that it trains on.",
            f"name a language with {'it' if len(missing) == 1 else 'them'} in data.sources",
        )
    golds = {}
    for name, own in specs.items():
        parts = [
            _load(spec, replace(spec, emotions=emotions, values=target.values), recipe, source, task) for spec in own
        ]
        spec = replace(parts[0].spec, blocks=tuple(block for part in parts for block in part.spec.blocks))
        golds[name] = join(parts, spec, " and ".join(part.source for part in parts))
    return sample_texts(golds, recipe)


def joint_outputs(recipe: Recipe, task: Task) -> tuple[str, ...]:
    """Return the labels of the outputs of a joint model, whose recipe is resolved: emotions, or `output_name`."""
    specs = _specs(recipe, task)
    if not recipe.data.own_outputs:
        return _emotions(specs)
    return tuple(f"{name}/{emotion}" for name, own in specs.items() for emotion in own[0].emotions)


def output_name(recipe: Recipe, emotion: str) -> str:
    """Return the label of the output of a network for an emotion of the recipe's target language."""
    return f"{recipe.data.track}/{recipe.data.language}/{emotion}" if recipe.data.own_outputs else emotion


def _specs(recipe: Recipe, task: Task) -> dict[str, list[FileSpec]]:
    """Return the training files of each language."""
    data, specs = recipe.data, {}
    for name in data.joint_languages:
        track, _, language = name.partition("/")
        available = {spec.split for spec in task.specs(data.release, track, language)}
        splits = [split for split in data.splits or ("train",) if split in available]
        specs[name] = [task.spec(track, language, split, data.release) for split in splits]
    return specs


def _emotions(specs: Mapping[str, Sequence[FileSpec]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(emotion for own in specs.values() for spec in own for emotion in spec.emotions))


def _load(spec: FileSpec, joint: FileSpec, recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    gold = load_gold(
        spec.track, spec.language, spec.split, release=spec.release, source=source, task=task,
        unverified_gold=recipe.data.unverified_gold,
    )  # fmt: skip
    if gold.texts is None:
        raise InputError(f"{gold.source} has labels but no texts, so it cannot be used for training.")
    return replace(gold, spec=joint, labels=match_labels(gold, joint))


def joint_set(recipe: Recipe, golds: Mapping[str, Gold], own: Space, task: Task) -> JointSet:
    """Return the training set of the languages among loaded splits.

    Args:
        own: the label space of the target language.
    """
    names = recipe.data.joint_languages
    sizes = [len(golds[name]) for name in names]
    own_name = f"{recipe.data.track}/{recipe.data.language}"
    position = names.index(own_name) if own_name in names else 0
    start = sum(sizes[:position])
    own_rows = slice(start, start + sizes[position] if own_name in names else start)
    outputs = joint_outputs(recipe, task)
    train = Examples(tuple(text for name in names for text in golds[name].texts or ()), _labels(outputs, golds, recipe))
    if recipe.select.split == FOLDS:
        folds = [
            stratified_folds(golds[name].texts or (), golds[name].labels, recipe.select.folds, recipe.train.seed)
            for name in names
        ]
        fold_of = _with_copies(train.texts, np.concatenate([own_folds.fold_of for own_folds in folds]))
        train = replace(train, folds=Folds(fold_of, len(fold_of), recipe.select.folds))
    return JointSet(
        train,
        replace(own, emotions=outputs, neutral="" if recipe.data.own_outputs else own.neutral),
        own_rows,
        tuple(outputs.index(output_name(recipe, emotion)) for emotion in own.emotions),
    )


def _labels(outputs: Sequence[str], golds: Mapping[str, Gold], recipe: Recipe) -> np.ndarray:
    """Return the labels of the texts of all languages: shape (n, outputs), -1 for outputs of other languages."""
    names = recipe.data.joint_languages
    if not recipe.data.own_outputs:
        return np.concatenate([golds[name].labels for name in names])
    parts = [np.full((len(golds[name]), len(outputs)), UNKNOWN, dtype=np.int8) for name in names]
    for column, output in enumerate(outputs):
        # The name of an emotion may have a slash, too.
        track, language, emotion = output.split("/", 2)
        name = f"{track}/{language}"
        gold = golds[name]
        parts[names.index(name)][:, column] = gold.labels[:, gold.spec.emotions.index(emotion)]
    return np.concatenate(parts)


def _with_copies(texts: Sequence[str], fold_of: np.ndarray) -> np.ndarray:
    """Return folds where copies of a text in several languages share that of the first."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(letters(text), int(fold)) for text, fold in zip(texts, fold_of, strict=True)])
