"""Data beyond the official splits of a recipe's own file: other tracks, files of one's own; and the guard before it.

The splits of a track share no more than a few texts with its test split, but those of *another*
track may hold it by the hundred, and nobody knows what a file of one's own holds. So whatever is
added is compared with the texts that the run is judged on, and refused if it holds any of them
unless the recipe allows that source by name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.data.overlap import leaks
from semeval_emo.data.sheet import ID, TEXT, read_sheet
from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo.recipe import Recipe

SPLITS = ("train", "dev")
# As wide as copies come: without spaces and punctuation.
DEGREE = "letters"


def load_extra(recipe: Recipe, source: str | os.PathLike[str] | None, task: Task) -> dict[str, Gold]:
    """Loads what ``data.extra`` names, with the labels of the recipe's own track.

    Returns:
        By name, as the recipe has it.

    Raises:
        UsageError: a name that is neither a split of another track nor a CSV file, labels that do
            not fit, or an allowance for something that is not added.
        InputError: a file is missing or unreadable.
    """
    data = recipe.data
    added = (*data.extra, *data.sources)
    strangers = [name for name in data.allow if name not in added]
    if strangers:
        raise UsageError(
            f"Recipe {recipe.name} allows '{strangers[0]}', which data.extra does not add.",
            suggest(strangers[0], added),
        )
    own = task.spec(data.track, data.language, "test", data.release)
    found = {}
    for name in data.extra:
        if Path(name).suffix == ".csv":
            found[name] = _file(Path(name), own)
        else:
            found[name] = _other_track(name, recipe, own, source, task)
    return found


def _file(path: Path, own: FileSpec) -> Gold:
    sheet = read_sheet(path)
    lacking = [name for name in (ID, TEXT, *own.emotions) if name not in sheet.header]
    if lacking:
        raise InputError(
            f"{path} has no column {', '.join(lacking)}.", f"it needs {','.join((ID, TEXT, *own.emotions))}"
        )
    labels = sheet.labels(own.emotions, own.values)
    return Gold(own, tuple(sheet.ids), tuple(sheet.texts or ()), labels, str(path), ())


def _other_track(name: str, recipe: Recipe, own: FileSpec, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    track, _, split = name.partition("/")
    if track not in task.tracks or split not in SPLITS:
        held_out = split == "test" and track in task.tracks
        raise UsageError(
            f"Recipe {recipe.name}: data.extra cannot be '{name}'." + (" Nothing trains on test." if held_out else ""),
            "name a CSV file, or another track's train or dev, such as "
            + " or ".join(f"{key}/train" for key in task.tracks if key != own.track),
        )
    if task.track(own.track).trains_on != own.track:
        language = task.language(own.language).name
        raise UsageError(
            f"Recipe {recipe.name}: '{name}' is {language}, the language of the texts to be judged; track {own.track} "
            "is learned from other languages alone.",
            "data.sources names those",
        )
    if track == own.track:
        raise UsageError(f"Recipe {recipe.name}: '{name}' is of its own track.", "data.splits names those")
    gold = load_gold(track, own.language, split, release=own.release, source=source, task=task)
    lacking = [emotion for emotion in own.emotions if emotion not in gold.spec.emotions]
    if gold.texts is None or lacking:
        raise UsageError(f"{gold.source} has no {', '.join(lacking) or 'texts'}, so {own.place} cannot learn from it.")
    if len(gold.spec.values) < len(own.values):
        raise UsageError(f"{gold.source} says {' or '.join(gold.spec.values)}; {own.place} needs degrees.")
    labels = gold.labels[:, [gold.spec.emotions.index(emotion) for emotion in own.emotions]]
    if len(own.values) == 2:
        # Any degree of an emotion is that emotion.
        labels = (labels > 0).astype(np.int8)
    return replace(gold, spec=replace(gold.spec, emotions=own.emotions, values=own.values), labels=labels)


def refuse_leaks(extra: dict[str, Gold], judged: Sequence[Gold], recipe: Recipe) -> None:
    """Refuses added data that holds texts which the run is judged on.

    Args:
        extra: as `load_extra` gives it.
        judged: the dev and test splits.

    Raises:
        UsageError: it does, and the recipe does not allow it by name.
    """
    for name, gold in extra.items():
        if name in recipe.data.allow:
            continue
        held = {one.spec.split: leaks(gold, one) for one in judged}
        counts = {split: found.count(DEGREE) for split, found in held.items()}
        if any(counts.values()):
            said = " and ".join(f"{n:,} of {held[s].rows:,} {s} texts" for s, n in counts.items() if n)
            first = next(found.matches[0] for found in held.values() if found.matches)
            allowed = ", ".join(f'"{one}"' for one in (*recipe.data.allow, name))
            raise UsageError(
                f"'{name}' holds {said} of {judged[0].spec.place.rpartition(' ')[0]} "
                f"({first.train_id} is {first.id}), so the run would be judged on what it has read.",
                f"take them out, or allow it by name: --set 'data.allow=[{allowed}]'",
            )


def refuse_target_language(
    extra: dict[str, Gold], recipe: Recipe, source: str | os.PathLike[str] | None, task: Task
) -> None:
    """Refuses added files that hold texts of the target's own language, where a track is learned from others alone.

    Args:
        extra: as `load_extra` gives it.

    Raises:
        UsageError: one does, and the recipe does not allow it by name.
    """
    data = recipe.data
    if not extra or task.track(data.track).trains_on == data.track:
        return
    for spec in task.specs(data.release, language=data.language, split="train"):
        own = load_gold(
            spec.track, spec.language, spec.split, release=data.release, source=source, task=task, labels_required=False
        )
        for name, gold in extra.items():
            held = leaks(gold, own)
            if held.matches and name not in data.allow:
                raise UsageError(
                    f"'{name}' holds {held.count(DEGREE):,} of {held.rows:,} texts of {spec.place} "
                    f"({held.matches[0].train_id} is {held.matches[0].id}); track {data.track} is learned from other "
                    "languages alone.",
                    f"take them out, or allow it by name: --set 'data.allow=[\"{name}\"]'",
                )
