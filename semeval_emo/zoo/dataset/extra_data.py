"""Added training data: splits of other tracks and files of one's own, checked for texts of the evaluation splits.

The training split of a track shares at most a few texts with its test split, but data of *another*
track may contain hundreds of them, and files may contain any. Added data with texts of the dev
or test split is refused unless the recipe allows it by name (``data.allow``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.columns import ID, TEXT
from semeval_emo.data.gold import gold_for
from semeval_emo.data.labelled import read_labelled
from semeval_emo.data.overlap import leaks
from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.task import FileSpec, Task
from semeval_emo.text import alternatives, printable
from semeval_emo.zoo.dataset.other_languages import target_language_error
from semeval_emo.zoo.recipe import Recipe

SPLITS = ("train", "dev")
SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")
# The widest match: copies that differ in spaces and punctuation count.
DEGREE = "letters"


def load_extra(recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> dict[str, Gold]:
    """Load the data of ``data.extra``, by name, with the labels of the recipe's track.

    Raises:
        UsageError: a name is neither a split of another track nor a file, the labels do not match, or
            ``data.allow`` names data that is not added.
        InputError: a file is missing or unreadable.
    """
    data = recipe.data
    added = (*data.extra, *data.sources)
    unknown = [name for name in data.allow if name not in added]
    if unknown:
        raise UsageError(
            f"Recipe {recipe.name} allows '{unknown[0]}', which data.extra does not add.", suggest(unknown[0], added)
        )
    own = task.spec(data.track, data.language, "test", data.release)
    return {
        name: load_own_file(Path(name), own, task)
        if is_own_file(name)
        else _other_track(name, recipe, own, source, task)
        for name in data.extra
    }


def is_own_file(name: str) -> bool:
    """Return whether added data is a file, and not a split of a track.

    >>> is_own_file("mine.tsv"), is_own_file("b/train")
    (True, False)
    """
    return Path(name).suffix.lower() in SUFFIXES


def load_own_file(path: Path, own: FileSpec, task: Task) -> Gold:
    """Load a file of one's own, with the labels of `own`; texts without ids are called by their lines.

    Raises:
        InputError: the file cannot be read, or does not have these labels.
    """
    table = read_labelled(
        path,
        own.emotions,
        synonyms=task.synonyms,
        others=task.emotions,
        remedy=f"rename the column of texts to '{TEXT}'",
    )
    if table.top > int(own.values[-1]):
        raise InputError(
            f"{path} has labels up to {table.top}, and {own.place} only {alternatives(own.values)}.",
            f"write {alternatives(own.values)}",
        )
    ids = table.ids or tuple(f"line {line}" for line in table.lines)
    note = " ".join(filter(None, (_unused_columns(str(path), table.unused, own), *table.notes)))
    return Gold(own, ids, table.texts, table.labels, str(path), (), note)


def _unused_columns(name: str, header: Sequence[str], own: FileSpec) -> str:
    """Return a note on the columns of added data that the target file does not have; else an empty text."""
    unused = [column for column in header if column not in (ID, TEXT, *own.emotions)]
    return (
        f"Not used from {name}: {printable(', '.join(unused), 200)}; {own.place} has no such label." if unused else ""
    )


def _other_track(name: str, recipe: Recipe, own: FileSpec, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    track, _, split = name.partition("/")
    if track not in task.tracks or split not in SPLITS:
        is_test = split == "test" and track in task.tracks
        raise UsageError(
            f"Recipe {recipe.name}: data.extra cannot be '{name}'."
            + (" The test split is never used for training." if is_test else ""),
            "name a file (CSV, JSON lines, Parquet), or the train or dev split of another track, such as "
            + " or ".join(f"{key}/train" for key in task.tracks if key != own.track),
        )
    if task.track(own.track).trains_on != own.track:
        raise target_language_error(name, recipe, task)
    if track == own.track:
        raise UsageError(
            f"Recipe {recipe.name}: '{name}' is a split of the recipe's own track.", "add it to data.splits"
        )
    gold = load_gold(
        track, own.language, split, release=own.release, source=source, task=task,
        unverified_gold=recipe.data.unverified_gold,
    )  # fmt: skip
    missing = [emotion for emotion in own.emotions if emotion not in gold.spec.emotions]
    if gold.texts is None or missing:
        raise UsageError(
            f"{gold.source} has no {', '.join(missing) or 'texts'}, so it cannot be training data for {own.place}."
        )
    if len(gold.spec.values) < len(own.values):
        values = " and ".join(gold.spec.values)
        raise UsageError(f"{gold.source} has the labels {values}; {own.place} needs intensities.")
    labels = gold.labels[:, [gold.spec.emotions.index(emotion) for emotion in own.emotions]]
    if len(own.values) == 2:
        # Any intensity above 0 counts as present.
        labels = (labels > 0).astype(np.int8)
    note = " ".join(filter(None, (gold.note, _unused_columns(name, gold.spec.emotions, own))))
    return replace(gold, spec=replace(gold.spec, emotions=own.emotions, values=own.values), labels=labels, note=note)


def refuse_leaks(extra: dict[str, Gold], evaluated: Sequence[Gold], recipe: Recipe) -> None:
    """Refuse added data that contains texts of the evaluation splits.

    Raises:
        UsageError: it does, and the recipe does not allow it by name.
    """
    for name, gold in extra.items():
        if name in recipe.data.allow:
            continue
        overlaps = {split_gold.spec.split: leaks(gold, split_gold) for split_gold in evaluated}
        counts = {split: overlap.count(DEGREE) for split, overlap in overlaps.items()}
        if any(counts.values()):
            shares = " and ".join(
                f"{count:,} of {overlaps[split].rows:,} {split} texts" for split, count in counts.items() if count
            )
            first = next(overlap.matches[0] for overlap in overlaps.values() if overlap.matches)
            allowed = ", ".join(f'"{each}"' for each in (*recipe.data.allow, name))
            raise UsageError(
                f"'{name}' contains {shares} of {evaluated[0].spec.place.rpartition(' ')[0]} "
                f"({first.train_id} is {first.id}), so the model would be evaluated on training texts.",
                f"remove them, or allow it by name: --set 'data.allow=[{allowed}]'",
            )


def refuse_target_language(
    extra: dict[str, Gold], recipe: Recipe, source: str | os.PathLike[str] | None, task: Task
) -> None:
    """Refuse added files that contain texts of the target language, if the track trains on other languages only.

    Raises:
        UsageError: a file does, and the recipe does not allow it by name.
    """
    data = recipe.data
    if not extra or task.track(data.track).trains_on == data.track:
        return
    for spec in task.specs(data.release, language=data.language, split="train"):
        # Only the texts are used.
        own = gold_for(spec, task, source, labels_required=False, unverified_gold=True)
        for name, gold in extra.items():
            overlap = leaks(gold, own)
            if overlap.matches and name not in data.allow:
                raise UsageError(
                    f"'{name}' contains {overlap.count(DEGREE):,} of {overlap.rows:,} texts of {spec.place} "
                    f"({overlap.matches[0].train_id} is {overlap.matches[0].id}); track {data.track} trains on other "
                    "languages only.",
                    f"remove them, or allow it by name: --set 'data.allow=[\"{name}\"]'",
                )
