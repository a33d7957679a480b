"""Read tasks from TOML files.

docs/add-a-task.md describes the format; `task11.toml` and `sample.toml` are examples.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.task.model import SPLITS, FileKey, FileSpec, IdBlock, Language, Release, Task, Track

HERE = Path(__file__).parent
DEFAULT_TASK = "task11"
TASKS_VARIABLE = "SEMEVAL_EMO_TASKS"


def task_files() -> dict[str, Path]:
    """Return the TOML files of all known tasks by name: the shipped ones, then those of ``$SEMEVAL_EMO_TASKS``."""
    found = {path.stem: path for path in sorted(HERE.glob("*.toml"), key=lambda p: p.stem != DEFAULT_TASK)}
    extra = os.environ.get(TASKS_VARIABLE)
    if extra:
        found |= {path.stem: path for path in sorted(Path(extra).glob("*.toml"))}
    return found


def load_task(name: Task | str | os.PathLike[str] | None = None) -> Task:
    """Load a task by name or from a TOML file.

    Args:
        name: ``task11`` (the default), ``sample``, the name of a file in ``$SEMEVAL_EMO_TASKS``, or a path
            that ends in ``.toml``. A `Task` is returned as it is.

    Raises:
        UsageError: no task has this name, or the file does not describe a task.
        InputError: the file cannot be read.

    >>> load_task().spec("a", "eng", "test").rows
    2767
    """
    if isinstance(name, Task):
        return name
    text = str(name or DEFAULT_TASK)
    known = task_files()
    path = Path(text) if text.endswith(".toml") else known.get(text)
    if path is None:
        raise UsageError(
            f"There is no task '{text}'.",
            suggest(text, known) or f"use one of {', '.join(known)}, or the path of a TOML file",
        )
    return _load(path.resolve())


def find_task(key: str) -> Task | None:
    """Return the known task with a key, or None.

    >>> find_task("sample").title, find_task("nothing")
    ('Built-in sample (made-up texts, not SemEval)', None)
    """
    return next((task for task in map(load_task, task_files()) if task.key == key), None)


@cache
def _load(path: Path) -> Task:
    try:
        with path.open("rb") as handle:
            raw = tomllib.load(handle)
    except OSError as error:
        raise InputError(f"The task file {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The task file {path} is not valid TOML: {error}.") from error
    try:
        task = _build(raw)
        wrong = next(_contradictions(task), "")
    except KeyError as error:
        wrong = f"the key {error} is missing"
    except ValueError as error:
        wrong = str(error)
    except (TypeError, AttributeError) as error:
        wrong = f"{type(error).__name__} {error}"
    if wrong:
        raise UsageError(
            f"The task file {path} does not describe a task: {wrong}.",
            "compare it with semeval_emo/task/sample.toml and docs/add-a-task.md",
        )
    return task


def _contradictions(task: Task) -> Iterator[str]:
    """Yield what is inconsistent in a task: undefined names, values that are not numbers."""
    if task.default_release not in task.releases:
        yield f"the default release '{task.default_release}' is not among its releases"
    yield from (
        f"the alias '{code}' refers to an undefined language"
        for code, to in task.aliases.items()
        if to not in task.languages
    )
    for track in task.tracks.values():
        if track.trains_on not in task.tracks:
            yield f"track {track.key} trains on '{track.trains_on}', which is not a track"
        if not all(value.isdecimal() for value in track.values):
            yield f"the values of track {track.key} are not integers as text"
    for spec in task.specs():
        if spec.track not in task.tracks or spec.language not in task.languages or spec.split not in SPLITS:
            yield f"{spec.track}/{spec.language}/{spec.split} does not name a track, a language and a split of it"
        if not spec.emotions or not set(spec.emotions) <= set(task.emotions):
            yield f"the emotions of {spec.place} are not emotions of the task"
        numbers = (n for block in spec.blocks for n in (block.width, block.first, block.last, *block.skip))
        if not all(isinstance(number, int) for number in numbers):
            yield f"the id numbers of {spec.place} are not integers"


def _build(raw: dict[str, Any]) -> Task:
    tracks = {
        key: Track(
            key=key,
            title=one["title"],
            values=tuple(one["values"]),
            metric=one["metric"],
            averaging=one["averaging"],
            trains_on=one.get("trains_on", key),
        )
        for key, one in raw["tracks"].items()
    }
    languages = {code: Language(code, *row) for code, row in raw["languages"].items()}
    releases: dict[str, Release] = {}
    for key, one in raw["releases"].items():
        releases[key] = _release(raw, key, one, tracks, releases)
    return Task(
        key=raw["key"],
        title=raw["title"],
        emotions=tuple(raw["emotions"]),
        tracks=tracks,
        languages=languages,
        releases=releases,
        default_release=raw["default_release"],
        aliases=dict(raw.get("aliases", {})),
        cite=raw.get("cite", ""),
        id_prefix=raw["ids"]["prefix"],
        id_width=raw["ids"]["width"],
    )


def _release(
    raw: dict[str, Any], key: str, one: dict[str, Any], tracks: dict[str, Track], known: dict[str, Release]
) -> Release:
    """Build a release: the files inherited from `base`, overridden by its own."""
    absent = one.get("leaves_out", ())
    inherited = known[one["base"]].specs if "base" in one else {}
    base = {where: spec for where, spec in inherited.items() if spec.language not in absent}
    specs: dict[FileKey, FileSpec] = {}
    if "pools" in one:
        specs |= _pooled(raw, key, one, tracks, base)
    else:
        specs |= {where: replace(spec, release=key) for where, spec in base.items()}
    pattern = one.get("ids", raw["ids"])
    for where, entry in one.get("files", {}).items():
        if where.count("/") != 2:
            raise ValueError(f"'{where}' is not of the form track/language/split")
        place = FileKey(*where.split("/"))
        if "blocks" in entry:
            blocks = tuple(IdBlock(p, w, a, b, tuple(skip)) for p, w, a, b, *skip in entry["blocks"])
        else:
            blocks = (IdBlock(pattern["prefix"].format(**place._asdict()), pattern["width"], 1, entry["rows"]),)
        specs[place] = FileSpec(
            task=raw["key"],
            release=key,
            **place._asdict(),
            emotions=_emotions(raw, one, place.track, place.language),
            values=tracks[place.track].values,
            blocks=blocks,
            texts_hash=entry.get("texts", ""),
            labels_hash=entry.get("labels", ""),
        )
    return Release(
        key=key,
        title=one["title"],
        published=str(one["published"]),
        source=one["source"],
        note=one.get("note", ""),
        refused=one.get("refused", ""),
        signs=one.get("signs", {}),
        specs=specs,
        hub=one.get("hub", {}),
    )


def _pooled(
    raw: dict[str, Any],
    key: str,
    one: dict[str, Any],
    tracks: dict[str, Track],
    base: dict[FileKey, FileSpec],
) -> dict[FileKey, FileSpec]:
    """Return files that concatenate the rows of several tracks of the base release."""
    specs: dict[FileKey, FileSpec] = {}
    for track, members in one["pools"].items():
        for split in SPLITS:
            for language in raw["languages"]:
                parts = [base[FileKey(m, language, split)] for m in members if FileKey(m, language, split) in base]
                if parts:
                    alone = len(parts) == 1
                    place = FileKey(track, language, split)
                    specs[place] = FileSpec(
                        task=raw["key"],
                        release=key,
                        **place._asdict(),
                        emotions=_emotions(raw, one, track, language),
                        values=tracks[track].values,
                        blocks=tuple(block for part in parts for block in part.blocks),
                        texts_hash=parts[0].texts_hash if alone else "",
                        labels_hash=parts[0].labels_hash if alone else "",
                    )
    return specs


def _emotions(raw: dict[str, Any], one: dict[str, Any], track: str, language: str) -> tuple[str, ...]:
    """Return the label columns, by the most specific table: track/language, language, track, task."""
    for table in (one.get("emotions", {}), raw.get("emotions_by", {})):
        for where in (f"{track}/{language}", language, track):
            if where in table:
                return tuple(table[where])
    return tuple(raw["emotions"])
