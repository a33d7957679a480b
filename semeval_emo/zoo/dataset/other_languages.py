"""Training data in other languages: which ones a recipe names, and their texts with the labels of the target's file.

A track without training texts of its own (`Track.trains_on`) trains on other languages only: the
target language's texts in the other track are the texts that the run is evaluated on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.overlap import letters
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import PIN_FILES, FileSpec, Task
from semeval_emo.zoo.recipe import Recipe

OTHERS, FAMILY, SELF, ALL = "others", "family", "self", "all"
SOURCES = "sources"
"""The name of the source languages' dev splits among the splits that choices are based on."""
UNKNOWN = -1
OWN_OUTPUTS = ("encoder", "decoder", "lora")
"""Families whose joint models may have outputs for each language."""


def resolve_target(recipe: Recipe, task: Task, track: str | None, language: str | None) -> Recipe:
    """Return the recipe with its track, language, release, sources and selection metric filled in.

    Raises:
        UsageError: neither the arguments nor the recipe name a language, or the task has no files.
    """
    data = recipe.data
    if not task.specs():
        raise UsageError(f"{task.title} has no files, so there is nothing to train on.", PIN_FILES)
    track = task.track(track or implied_track(data.track, task)).key
    language = language or implied_language(data.language, task)
    if not language:
        raise UsageError(f"Recipe {recipe.name} names no language.", "name one with --language")
    release = task.release(data.release or None).key
    select = recipe.select
    if select.metric == "official":
        # A literal type cannot be narrowed from what a task file says; `build` has checked it.
        official: Any = task.track(track).metric
        select = replace(select, metric=official)
    data = replace(data, track=track, language=language, release=release)
    recipe = resolve_sources(replace(recipe, data=data, select=select), task)
    _check_own_outputs(recipe)
    return recipe


def implied_track(key: str, task: Task) -> str:
    """Return the track of a recipe or a model in a task: its own, or the only one if the task does not have it.

    >>> from semeval_emo.task import load_task
    >>> implied_track("a", load_task("goemotions")), implied_track("", load_task()), implied_track("b", load_task())
    ('emotions', 'a', 'b')
    """
    return key if key and (key in task.tracks or len(task.tracks) > 1) else next(iter(task.tracks))


def implied_language(code: str, task: Task) -> str:
    """Return the language of a recipe or a model in a task: its own, or the only one if the task does not have it.

    >>> from semeval_emo.task import load_task
    >>> implied_language("deu", load_task("sample")), implied_language("deu", load_task())
    ('eng', 'deu')
    """
    return next(iter(task.languages)) if code not in task.languages and len(task.languages) == 1 else code


def resolve_sources(recipe: Recipe, task: Task) -> Recipe:
    """Return the recipe with its sources as names such as ``a/deu``, and only the splits that its language has.

    A language without a train split takes the recipe's ``stand_in``. A recipe that selects on folds
    selects on dev if there is no data of its own to split into folds.

    Raises:
        UsageError: an unknown source, the target language if the track forbids it, or no training data.
    """
    data = recipe.data
    if data.joint:
        _check_joint(recipe, task)
    available = {spec.split for spec in task.specs(data.release, data.track, data.language)}
    missing = [split for split in data.splits if split not in available]
    words = (*data.sources, *(data.stand_in if missing else ()))
    if not words:
        if missing and is_cross_lingual(recipe, task):
            raise UsageError(
                f"Track {data.track} has no training texts, so recipe {recipe.name} has no training data.",
                "--set 'data.sources=[\"others\"]' trains on the other languages of track "
                f"{task.track(data.track).trains_on}",
            )
        return replace(recipe, data=replace(data, stand_in=()))
    names = tuple(dict.fromkeys(name for word in words for name in _source_names(word, recipe, task)))
    # In a cross-lingual track the dev split is not training data either.
    splits = () if is_cross_lingual(recipe, task) else tuple(split for split in data.splits if split in available)
    recipe = replace(recipe, data=replace(data, sources=names, stand_in=(), splits=splits))
    if splits or recipe.select.split != "folds" or is_cross_lingual(recipe, task):
        return recipe
    threshold = replace(recipe.threshold, split="dev") if recipe.threshold.split == "folds" else recipe.threshold
    return replace(recipe, select=replace(recipe.select, split="dev"), threshold=threshold)


def _check_joint(recipe: Recipe, task: Task) -> None:
    """Check that a model for several languages can be trained once for all of them.

    Raises:
        UsageError: a setting of the recipe depends on the target language.
    """
    data = recipe.data
    reason = fix = ""
    cross_lingual = is_cross_lingual(recipe, task)
    if cross_lingual and (not data.sources or data.extra):
        reason, fix = (
            "in this track it needs data.sources, and no data.extra",
            "--set 'data.sources=[\"others\"]' --set data.extra=[]",
        )
    elif not cross_lingual and (not data.splits or data.most or data.extra):
        reason, fix = "it needs data.splits, and neither data.most nor data.extra", "--set data.joint=false"
    elif cross_lingual and recipe.select.split == "folds":
        reason, fix = (
            f"track {data.track} has no training texts of its own, so there are no folds to select on",
            "--set select.split=dev --set threshold.split=dev",
        )
    elif not cross_lingual and any(word.partition("/")[0] != data.track for word in data.sources if "/" in word):
        reason, fix = f"its sources are of track {data.track} only", "name languages in data.sources without a track"
    elif recipe.select.split != "folds" and not (
        (cross_lingual or data.splits == ("train",)) and recipe.select.split == "dev"
        and recipe.select.epoch == "last" and not recipe.select.patience
    ):  # fmt: skip
        reason = "no choice of the model may depend on one language, so it selects on folds, or takes the last epoch"
        fix = "--set select.split=folds, or --set 'data.splits=[\"train\"]' --set select.epoch=last"
    if reason:
        raise UsageError(f"Recipe {recipe.name} trains one model for all languages (data.joint): {reason}.", fix)


def _check_own_outputs(recipe: Recipe) -> None:
    """Check that a resolved recipe trains outputs of its own for its target, if it says so.

    Raises:
        UsageError: it does not.
    """
    data = recipe.data
    if not data.own_outputs or recipe.family == "ensemble":
        return
    reason, fix = "", "--set data.own_outputs=false"
    if not data.joint:
        reason, fix = "that is for one model for several languages", f"--set data.joint=true, or {fix}"
    elif recipe.family not in OWN_OUTPUTS:
        reason = f"the family '{recipe.family}' does not support that"
    elif f"{data.track}/{data.language}" not in data.joint_languages:
        reason = f"there are no training texts of {data.language} in track {data.track}"
    if reason:
        raise UsageError(f"Recipe {recipe.name} gives each language outputs (data.own_outputs): {reason}.", fix)


def is_cross_lingual(recipe: Recipe, task: Task) -> bool:
    """Return whether the track has no training texts of the target language."""
    return task.track(recipe.data.track).trains_on != recipe.data.track


def target_language_error(name: str, recipe: Recipe, task: Task) -> UsageError:
    """Return the error for training data in the target language of a cross-lingual track."""
    language = task.language(recipe.data.language).name
    return UsageError(
        f"Recipe {recipe.name}: '{name}' is {language}, the target language; track {recipe.data.track} trains on "
        "other languages only.",
        f'name other languages, "{FAMILY}" or "{OTHERS}" in data.sources',
    )


def _source_names(word: str, recipe: Recipe, task: Task) -> list[str]:
    """Return the sources that an entry of ``data.sources`` stands for, each as ``track/language``."""
    data, target = recipe.data, task.language(recipe.data.language)
    track, _, entry = word.rpartition("/")
    track = task.track(track or task.track(data.track).trains_on).key
    available = [spec.language for spec in task.specs(data.release, track, split="train")]
    if entry == OTHERS:
        own_group = _target_group(recipe, task)
        codes = [code for code in available if code not in own_group]
    elif entry == ALL:
        codes = available
    elif entry == FAMILY:
        codes = [code for code in available if code != target.code and task.language(code).family == target.family]
    else:
        code = target.code if entry == SELF else task.language(entry).code
        task.spec(track, code, "train", data.release)
        codes = [code]
    if data.joint and codes and not is_cross_lingual(recipe, task):
        # The target's own splits are those of `data.splits`.
        codes = [code for code in codes if code != target.code]
    elif not codes:
        raise UsageError(
            f"Recipe {recipe.name}: {target.code} has no source '{word}': track {track} has no training texts in "
            f"another language of the family {target.family}.",
            "--set 'data.sources=[\"others\"]'",
        )
    if target.code in codes:
        if is_cross_lingual(recipe, task):
            raise target_language_error(word, recipe, task)
        if track == data.track and data.splits:
            raise UsageError(
                f"Recipe {recipe.name}: the source '{word}' is the language's own train split.",
                "remove it; data.splits names the language's own splits",
            )
    return [f"{track}/{code}" for code in codes]


def _target_group(recipe: Recipe, task: Task) -> set[str]:
    """Return the target languages that train on the same languages as the recipe's, which is among them.

    Neighbours of the alphabet are in different groups: they may be varieties of one language (arq and ary).
    """
    data = recipe.data
    code = task.spec(data.track, data.language, "test", data.release).language
    targets = sorted({spec.language for spec in task.specs(data.release, data.track, split="test")})
    groups = data.target_groups or len(targets)
    return set(targets[targets.index(code) % groups :: groups])


def training_data_text(recipe: Recipe, task: Task) -> str:
    """Return the training data of a resolved recipe in words, such as ``the train split and Swedish (track a)``."""
    data = recipe.data
    if recipe.trains_jointly:
        splits = data.splits or ("train",)
        return f"the {' and '.join(splits)} splits of {len(data.joint_languages)} languages together"
    parts = []
    if data.splits:
        parts.append(f"the {' and '.join(data.splits)} split{'s' if len(data.splits) > 1 else ''}")
    by_track: dict[str, list[str]] = {}
    for name in data.sources:
        track, _, code = name.partition("/")
        by_track.setdefault(track, []).append(task.language(code).name)
    for track, names in by_track.items():
        languages = " and ".join(names) if len(names) < 4 else f"{len(names)} languages"
        parts.append(f"{languages} (track {track})")
    return " and ".join([*parts, *data.extra])


def load_sources(
    recipe: Recipe, evaluated: Sequence[Gold], source: str | os.PathLike[str] | None, task: Task
) -> dict[str, Gold]:
    """Load the train splits that a resolved recipe names, by name, with the labels of the target's file.

    Texts of the evaluation splits are removed; the note of each source says how many.
    """
    evaluated_texts = {letters(text) for gold in evaluated for text in gold.texts or ()}
    own = evaluated[0].spec
    # One model for all languages has the same training texts for each; its overlap with test is counted instead.
    includes_own = f"{own.track}/{own.language}" in recipe.data.sources
    golds: dict[str, Gold] = {}
    for name in recipe.data.sources:
        gold = _load(name, "train", own, source, task, recipe)
        if not includes_own and not name.endswith(f"/{own.language}"):
            gold = _without_texts(gold, evaluated_texts, own)
        golds[name] = gold
    return sample_texts(golds, recipe)


def sample_texts(golds: Mapping[str, Gold], recipe: Recipe) -> dict[str, Gold]:
    """Return sources with at most ``data.most`` texts of each; the note of the first says how many there were."""
    golds, most = dict(golds), recipe.data.most
    sampled: dict[str, str] = {}
    for name, gold in golds.items():
        if 0 < most < len(gold):
            sample = np.random.default_rng(recipe.train.seed).permutation(len(gold))[:most]
            sampled[name] = f"{len(gold):,} texts of {gold.source}"
            golds[name] = _select_rows(gold, np.sort(sample).tolist())
    if sampled:
        # One note for all, not one for each of up to 31 files.
        first, *more = sampled
        whole = f"{most:,} texts of each of {len(sampled)} files" if more else f"{most:,} of {sampled[first]}"
        note = f"{whole} are used, drawn at random (data.most)."
        golds[first] = replace(golds[first], note=" ".join(filter(None, (golds[first].note, note))))
    return golds


def load_source_dev(recipe: Recipe, own: FileSpec, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    """Load the dev splits of all sources as one, with the labels of the target's file."""
    parts = [_load(name, "dev", own, source, task, recipe) for name in recipe.data.sources]
    if not parts:
        raise UsageError(
            f"Recipe {recipe.name} selects on the dev splits of its sources, but has no sources.",
            "--set select.split=dev --set threshold.split=dev",
        )
    blocks = tuple(block for part in parts for block in part.spec.blocks)
    spec = replace(parts[0].spec, language=own.language, split=SOURCES, blocks=blocks)
    return join(parts, spec, f"{len(parts)} dev splits")


def join(parts: Sequence[Gold], spec: FileSpec, source: str) -> Gold:
    """Return several files with the same labels as one."""
    return Gold(
        spec,
        tuple(i for part in parts for i in part.ids),
        tuple(text for part in parts for text in part.texts or ()),
        np.concatenate([part.labels for part in parts]),
        source,
        (),
        unverified=next((part.unverified for part in parts if part.unverified), ""),
    )


def same_language_sources(sources: dict[str, Gold], recipe: Recipe) -> dict[str, Gold]:
    """Return the sources that are the target language in another track, whose texts may be evaluation texts."""
    return {name: gold for name, gold in sources.items() if name.rpartition("/")[2] == recipe.data.language}


def _load(
    name: str, split: str, own: FileSpec, source: str | os.PathLike[str] | None, task: Task, recipe: Recipe
) -> Gold:
    track, _, language = name.partition("/")
    gold = load_gold(
        track, language, split, release=own.release, source=source, task=task,
        unverified_gold=recipe.data.unverified_gold,
    )  # fmt: skip
    if gold.texts is None:
        raise InputError(f"{gold.source} has labels but no texts, so it cannot be used for training.")
    spec = replace(gold.spec, emotions=own.emotions, values=own.values)
    return replace(gold, spec=spec, labels=match_labels(gold, own))


def match_labels(gold: Gold, own: FileSpec) -> np.ndarray:
    """Return the labels of a file in the label space of another: shape (n, L of `own`), -1 for missing emotions.

    Intensities above 0 become present; present becomes the highest intensity, like a probability of 1.

    >>> from semeval_emo.data import load_gold
    >>> gold = load_gold("a", "eng", "dev", source="sample")
    >>> own = replace(gold.spec, emotions=("joy", "pride"), values=("0", "1", "2", "3"))
    >>> sorted(set(match_labels(gold, own)[:, 0].tolist())), set(match_labels(gold, own)[:, 1].tolist())
    ([0, 3], {-1})
    """
    top, source_top = len(own.values) - 1, len(gold.spec.values) - 1
    labels = gold.labels if top == source_top else np.where(gold.labels > 0, top, gold.labels)
    unknown = np.full(len(labels), UNKNOWN, dtype=np.int8)
    column_of = {emotion: column for column, emotion in enumerate(gold.spec.emotions)}
    columns = [labels[:, column_of[emotion]] if emotion in column_of else unknown for emotion in own.emotions]
    return np.stack(columns, axis=1).astype(np.int8)


def _without_texts(gold: Gold, evaluated: set[str], own: FileSpec) -> Gold:
    """Remove texts of the evaluation splits, and note how many there were."""
    texts = gold.texts or ()
    rows = [row for row, text in enumerate(texts) if letters(text) not in evaluated]
    removed = len(texts) - len(rows)
    if not removed:
        return gold
    note = f"{removed:,} of {len(texts):,} texts of {gold.source} removed: they are also in dev or test of "
    return replace(_select_rows(gold, rows), note=" ".join(filter(None, (gold.note, f"{note}{own.language}."))))


def _select_rows(gold: Gold, rows: list[int]) -> Gold:
    texts = gold.texts or ()
    return replace(
        gold, ids=tuple(gold.ids[i] for i in rows), texts=tuple(texts[i] for i in rows), labels=gold.labels[rows]
    )


def file_numbers(ids: Sequence[str]) -> np.ndarray:
    """Return a number for the file of each id, known by the id without its digits at the end: shape (n,).

    >>> file_numbers(["deu_train_track_a_00001", "deu_train_track_a_00002", "afr_train_track_a_00001"]).tolist()
    [1, 1, 0]
    """
    return np.unique([id_.rstrip("0123456789") for id_ in ids], return_inverse=True)[1]
