"""Other languages to learn from: which ones a recipe means, and their texts with the labels of the target's file.

A track without training texts of its own (task: `Track.trains_on`) is learned from other languages
alone: the target's own texts of that track are the very texts that it is judged on, or their kin.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.overlap import letters
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo.recipe import Recipe

OTHERS, FAMILY, SELF, ALL = "others", "family", "self", "all"
SOURCES = "sources"
"""The name of the source languages' dev splits among the splits that choices are made on."""
UNKNOWN = -1


def resolve_target(recipe: Recipe, task: Task, track: str | None, language: str | None) -> Recipe:
    """The recipe with its track, language and release filled in.

    Raises:
        UsageError: neither the command nor the recipe names a language.
    """
    chosen = recipe.data
    found_track = task.track(track or chosen.track or next(iter(task.tracks))).key
    found_language = language or chosen.language
    if not found_language:
        raise UsageError(f"Recipe {recipe.name} names no language.", "--language names one")
    release = task.release(chosen.release or None).key
    data = replace(chosen, track=found_track, language=found_language, release=release)
    return resolve_sources(replace(recipe, data=data), task)


def resolve_sources(recipe: Recipe, task: Task) -> Recipe:
    """The recipe with its sources by name, such as ``a/deu``, and only the splits that its language has.

    A language without a train split takes the recipe's stand-ins; choices by folds are then made on
    dev where there is nothing of its own left to fold.

    Raises:
        UsageError: a source that is none, the target's own language where the track forbids it, or
            nothing to learn from.
    """
    data = recipe.data
    has = {spec.split for spec in task.specs(data.release, data.track, data.language)}
    lacks = [split for split in data.splits if split not in has]
    words = (*data.sources, *(data.stand_in if lacks else ()))
    if not words:
        if lacks and is_cross_lingual(recipe, task):
            raise UsageError(
                f"Track {data.track} has no training texts, so recipe {recipe.name} has nothing to learn from.",
                "--set 'data.sources=[\"others\"]' learns from the other languages of track "
                f"{task.track(data.track).trains_on}",
            )
        return replace(recipe, data=replace(data, stand_in=()))
    names = tuple(dict.fromkeys(name for word in words for name in _meant(word, recipe, task)))
    settled = replace(data, sources=names, stand_in=(), splits=tuple(s for s in data.splits if s in has))
    if is_cross_lingual(recipe, task):
        # Its dev split is no more to learn from than its test split.
        settled = replace(settled, splits=())
    recipe = replace(recipe, data=settled)
    if settled.splits or recipe.select.split != "folds" or is_cross_lingual(recipe, task):
        return recipe
    threshold = replace(recipe.threshold, split="dev") if recipe.threshold.split == "folds" else recipe.threshold
    return replace(recipe, select=replace(recipe.select, split="dev"), threshold=threshold)


def is_cross_lingual(recipe: Recipe, task: Task) -> bool:
    """True where the track has no training texts of the target language."""
    return task.track(recipe.data.track).trains_on != recipe.data.track


def _meant(word: str, recipe: Recipe, task: Task) -> list[str]:
    """The languages of a word, each as ``track/language``."""
    data, target = recipe.data, task.language(recipe.data.language)
    track, _, what = word.rpartition("/")
    track = task.track(track or task.track(data.track).trains_on).key
    there = [spec.language for spec in task.specs(data.release, track, split="train")]
    if what == OTHERS:
        found = [code for code in there if code != target.code]
    elif what == ALL:
        found = there
    elif what == FAMILY:
        found = [code for code in there if code != target.code and task.language(code).family == target.family]
    else:
        code = target.code if what == SELF else task.language(what).code
        task.spec(track, code, "train", data.release)
        found = [code]
    if not found:
        raise UsageError(
            f"Recipe {recipe.name}: no other language of the family {target.family} has training texts in track "
            f"{track}, so {target.code} has no such source.",
            "--set 'data.sources=[\"others\"]'",
        )
    if target.code in found:
        if is_cross_lingual(recipe, task):
            raise UsageError(
                f"Recipe {recipe.name}: '{word}' is {target.name}, the language of the texts to be judged; track "
                f"{data.track} is learned from other languages alone.",
                f'name others, "{FAMILY}" or "{OTHERS}"',
            )
        if track == data.track and data.splits:
            raise UsageError(f"Recipe {recipe.name}: '{word}' is its own train split.", "data.splits names that")
    return [f"{track}/{code}" for code in found]


def training_data_text(recipe: Recipe, task: Task) -> str:
    """What a settled recipe learned from, in words: ``split train``, ``from German and Swedish (track a)``."""
    data = recipe.data
    found = [f"split {' and '.join(data.splits)}"] if data.splits else []
    by_track: dict[str, list[str]] = {}
    for name in data.sources:
        track, _, code = name.partition("/")
        by_track.setdefault(track, []).append(task.language(code).name)
    for track, names in by_track.items():
        said = " and ".join(names) if len(names) < 4 else f"{len(names)} languages"
        found.append(f"from {said} (track {track})")
    return ", and ".join(found)


def load_sources(
    recipe: Recipe, judged: Sequence[Gold], source: str | os.PathLike[str] | None, task: Task
) -> dict[str, Gold]:
    """Loads the train splits that a settled recipe names, by name, with the labels of the target's file.

    Texts that stand in what the run is judged on are left out; each source's note says how many.

    Args:
        judged: the dev and test splits of the target.
    """
    most = recipe.data.most
    heard = {letters(text) for gold in judged for text in gold.texts or ()}
    own = judged[0].spec
    # What is the same for all languages leaves nothing out for one of them; what it shares with test is counted.
    together = f"{own.track}/{own.language}" in recipe.data.sources
    found = {}
    for name in recipe.data.sources:
        gold = _load(name, "train", own, source, task)
        gold = gold if together or name.endswith(f"/{own.language}") else _without(gold, heard, own)
        if 0 < most < len(gold):
            drawn = np.random.default_rng(recipe.train.seed).permutation(len(gold))[:most]
            gold = _taken(gold, np.sort(drawn).tolist())
        found[name] = gold
    return found


def load_source_dev(recipe: Recipe, own: FileSpec, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    """The dev splits of all sources as one, with the labels of the target's file."""
    parts = [_load(name, "dev", own, source, task) for name in recipe.data.sources]
    if not parts:
        raise UsageError(
            f"Recipe {recipe.name} chooses on the sources' dev splits, but learns from no other language.",
            "--set select.split=dev --set threshold.split=dev",
        )
    blocks = tuple(block for part in parts for block in part.spec.blocks)
    spec = replace(parts[0].spec, language=own.language, split=SOURCES, blocks=blocks)
    return Gold(
        spec,
        tuple(i for part in parts for i in part.ids),
        tuple(text for part in parts for text in part.texts or ()),
        np.concatenate([part.labels for part in parts]),
        f"{len(parts)} dev splits",
        (),
    )


def same_language_sources(sources: dict[str, Gold], recipe: Recipe) -> dict[str, Gold]:
    """The sources that are another track's texts of the target's own language, and may be those it is judged on."""
    return {name: gold for name, gold in sources.items() if name.rpartition("/")[2] == recipe.data.language}


def _load(name: str, split: str, own: FileSpec, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    track, _, language = name.partition("/")
    gold = load_gold(track, language, split, release=own.release, source=source, task=task)
    if gold.texts is None:
        raise InputError(f"{gold.source} has labels but no texts, so nothing can be learned from it.")
    return replace(
        gold, spec=replace(gold.spec, emotions=own.emotions, values=own.values), labels=match_labels(gold, own)
    )


def match_labels(gold: Gold, own: FileSpec) -> np.ndarray:
    """The labels of a file as another file has them: shape (n, L of `own`), -1 for emotions that it does not annotate.

    Any degree of an emotion is that emotion; of an emotion that is only said to be there, the degree
    is taken to be the highest, as a probability of 1 would be.

    >>> from semeval_emo.data import load_gold
    >>> gold = load_gold("a", "eng", "dev", source="sample")
    >>> own = replace(gold.spec, emotions=("joy", "pride"), values=("0", "1", "2", "3"))
    >>> sorted(set(match_labels(gold, own)[:, 0].tolist())), set(match_labels(gold, own)[:, 1].tolist())
    ([0, 3], {-1})
    """
    top, its_top = len(own.values) - 1, len(gold.spec.values) - 1
    labels = gold.labels if top == its_top else np.where(gold.labels > 0, top, gold.labels)
    unknown = np.full(len(labels), UNKNOWN, dtype=np.int8)
    places = {emotion: column for column, emotion in enumerate(gold.spec.emotions)}
    columns = [labels[:, places[emotion]] if emotion in places else unknown for emotion in own.emotions]
    return np.stack(columns, axis=1).astype(np.int8)


def _without(gold: Gold, heard: set[str], own: FileSpec) -> Gold:
    """The gold without texts that are among those heard of, and a note of how many there were."""
    texts = gold.texts or ()
    rows = [row for row, text in enumerate(texts) if letters(text) not in heard]
    left_out = len(texts) - len(rows)
    if not left_out:
        return gold
    note = f"{left_out:,} of {len(texts):,} texts of {gold.source} left out: they stand in dev or test of "
    return replace(_taken(gold, rows), note=f"{note}{own.language} too.")


def _taken(gold: Gold, rows: list[int]) -> Gold:
    texts = gold.texts or ()
    return replace(
        gold, ids=tuple(gold.ids[i] for i in rows), texts=tuple(texts[i] for i in rows), labels=gold.labels[rows]
    )


def file_numbers(ids: Sequence[str]) -> np.ndarray:
    """Which texts come from the same file, by how their ids begin: shape (n,), a number a file.

    >>> file_numbers(["deu_train_track_a_00001", "deu_train_track_a_00002", "afr_train_track_a_00001"]).tolist()
    [1, 1, 0]
    """
    return np.unique([one.rstrip("0123456789") for one in ids], return_inverse=True)[1]
