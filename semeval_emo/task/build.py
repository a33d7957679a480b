"""Build a task from the tables of its TOML file, and check that they are consistent."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from semeval_emo.errors import suggest
from semeval_emo.parse import ShapeError, expect, member, members
from semeval_emo.task.ids import LONGEST_PREFIX, IdBlock, IdList, is_listed_id
from semeval_emo.task.layout import FileKey, TaskLayout, build_layout, fill
from semeval_emo.task.model import METRICS_OF_INTENSITIES, METRICS_OF_LABELS, SPLITS, Release, Task
from semeval_emo.task.spec import LABEL_NOUN, FileSpec
from semeval_emo.task.tracks import Language, OfficialScorer, Track
from semeval_emo.text import plural, printable

# Limits of a task, so that a file with wrong numbers is refused instead of filling the memory.
MOST_ROWS = 1_000_000
"""Rows of one file."""
MOST_FILES = 20_000
"""Files of all releases; those that a release inherits count again."""
LONGEST_NAME = 64
"""Characters of a key, a code or an emotion, and digits of an id's number."""
LONGEST_TEXT = 1_000
"""Characters of a title or a note."""
MOST_EMOTIONS = 100
HIGHEST = 100
"""The highest value of a cell."""
IDS = "ids"
"""The folder of lists of ids, next to the file of the task."""


def build_task(raw: dict[str, Any], toml: Path | None = None) -> Task:
    """Build a task.

    Args:
        toml: its file, which has the lists of ids in a folder next to it.

    Raises:
        ShapeError: a value is missing or has the wrong type or size, or two values contradict each other.
    """
    task = _build(raw, toml)
    wrong = next(_contradictions(task), None)
    if wrong is not None:
        raise ShapeError(wrong)
    return task


def _contradictions(task: Task) -> Iterator[str]:
    """Yield what is inconsistent in a task: undefined names, values that are not numbers."""
    if task.default_release not in task.releases:
        yield f"the default release '{printable(task.default_release)}' is not among its releases"
    yield from (
        f"the alias '{printable(code)}' refers to an undefined language"
        for code, codes in task.aliases.items()
        if not codes or not set(codes) <= set(task.languages)
    )
    if task.neutral and task.neutral not in task.emotions:
        yield f"'neutral' is '{printable(task.neutral)}', which is not an emotion of the task"
    for track in task.tracks.values():
        yield from _track_contradictions(track, task)
    for release in task.releases.values():
        for track_key in release.hub:
            if track_key not in task.tracks:
                yield f"release {release.key} is on the hub with '{printable(track_key)}', which is not a track"
    for scorer in task.scorers.values():
        if scorer.release and scorer.release not in task.releases:
            yield f"the release '{printable(scorer.release)}' of {scorer.key} is not among its releases"
    for spec in task.specs():
        if spec.track not in task.tracks or spec.language not in task.languages or spec.split not in task.splits:
            yield f"{printable('/'.join(spec.key), 200)} does not name a track, a language and a split of it"
        if not spec.emotions or not set(spec.emotions) <= set(task.emotions):
            yield f"the emotions of {spec.place} are not emotions of the task"
        if len(set(spec.emotions)) < len(spec.emotions):
            yield f"the emotions of {spec.place} have one twice"
        if not 0 < spec.rows <= MOST_ROWS:
            yield f"{spec.place} has {spec.rows:,} rows, expected 1 to {MOST_ROWS:,}"


def _track_contradictions(track: Track, task: Task) -> Iterator[str]:
    if track.trains_on not in task.tracks:
        yield f"track {track.key} trains on '{printable(track.trains_on)}', which is not a track"
    if not all(value.isdecimal() and value.isascii() for value in track.values):
        yield f"the values of track {track.key} are not integers as text"
    elif track.values != tuple(map(str, range(len(track.values)))) or not 2 <= len(track.values) <= HIGHEST + 1:
        yield (
            f"the values of track {track.key} are {printable(', '.join(track.values))}, "
            f"expected 0, 1 and so on up to {HIGHEST} at most"
        )
    if track.empty not in (0, 1):
        yield f"'empty' of track {track.key} is {track.empty}, expected 0 or 1"
    elif track.empty and track.is_intensity:
        yield f"'empty' of track {track.key} is for tracks of binary labels, and its values are intensities"
    if not set(track.weights) <= set(task.languages):
        unknown = printable(", ".join(code for code in track.weights if code not in task.languages))
        yield f"'weights' of track {track.key} names undefined languages: {unknown}"
    if not all(0 < weight < math.inf for weight in track.weights.values()):
        yield f"'weights' of track {track.key} has a weight that is not a positive number"
    metrics = METRICS_OF_INTENSITIES if track.is_intensity else METRICS_OF_LABELS
    for name in track.metrics:
        if name not in metrics:
            advice = suggest(name, metrics, spelling=True) or f"expected one of {', '.join(metrics)}"
            yield f"the metric of track {track.key} is '{printable(name)}', {advice}"
    if not track.metrics or len(set(track.metrics)) < len(track.metrics):
        yield f"'metric' of track {track.key} has one metric twice or none"


def _build(raw: dict[str, Any], toml: Path | None) -> Task:
    task_key = _line(raw, "key")
    tables = member(raw, "tracks", dict)
    tracks = {key: _track(key, tables[key]) for key in _keys(tables, "track", _is_track_key)}
    tables = member(raw, "languages", dict)
    languages = {code: _language(code, tables[code]) for code in _keys(tables, "language")}
    emotions = tuple(members(raw, "emotions", str))
    wrong = next((name for name in emotions if not _is_column(name) or emotions.count(name) > 1), None)
    if wrong is not None:
        raise ShapeError(f"the emotion '{printable(wrong)}' occurs twice, or cannot be the name of a column")
    if not (tracks and languages and 0 < len(emotions) <= MOST_EMOTIONS):
        raise ShapeError(f"it needs a track, a language, and 1 to {MOST_EMOTIONS} emotions")
    layout = build_layout(raw)
    releases: dict[str, Release] = {}
    tables = member(raw, "releases", dict)
    for key in _keys(tables, "release"):
        releases[key] = _release(raw, key, expect(tables[key], dict, f"releases.{key}"), tracks, releases, layout, toml)
        if sum(len(release.specs) for release in releases.values()) > MOST_FILES:
            raise ShapeError(f"it has more than {MOST_FILES:,} files")
    prefix, width = _id_form(member(raw, "ids", dict, {}), "ids")
    return Task(
        key=task_key,
        title=_line(raw, "title"),
        emotions=emotions,
        tracks=tracks,
        languages=languages,
        releases=releases,
        default_release=member(raw, "default_release", str),
        aliases=_aliases(raw),
        cite=_line(raw, "cite", default=""),
        id_prefix=prefix,
        id_width=width,
        scorers={key: _scorer(key, table) for key, table in member(raw, "scorers", dict, {}).items()},
        synonyms=_synonyms(raw, emotions),
        neutral=member(raw, "neutral", str, ""),
        notes={name: _line(member(raw, "notes", dict), name, "notes") for name in member(raw, "notes", dict, {})},
        layout=layout,
        splits=_splits(raw),
        label_noun=_noun(raw),
        tokens=_tokens(raw, languages),
    )


def _tokens(raw: dict[str, Any], languages: dict[str, Language]) -> dict[str, float]:
    """Return the mean number of tokens of a text, by language."""
    table = member(raw, "tokens", dict, {})
    tokens = {code: member(table, code, float, where="tokens") for code in table}
    wrong = next((code for code, mean in tokens.items() if code not in languages or not 0 < mean < math.inf), None)
    if wrong is not None:
        raise ShapeError(f"'tokens.{printable(wrong)}' is not a positive number for a language of the task")
    return tokens


def _noun(raw: dict[str, Any]) -> str:
    """Return what the task calls a label: one word."""
    noun = member(raw, "label_noun", str, LABEL_NOUN)
    if not (noun.isalpha() and len(noun) <= LONGEST_NAME):
        raise ShapeError(f"'label_noun' is '{printable(noun)}', expected one word such as type, in the singular")
    return noun


def _splits(raw: dict[str, Any]) -> tuple[str, ...]:
    """Return the splits of the task, in the order in which they are shown."""
    splits = tuple(members(raw, "splits", str, list(SPLITS)))
    wrong = next((name for name in splits if not _is_name(name) or splits.count(name) > 1), None)
    if wrong is not None or not splits:
        raise ShapeError(f"'splits' is empty, or has '{printable(wrong or '')}' twice or with characters of no name")
    return splits


def _keys(tables: dict[str, Any], what: str, is_valid: Callable[[str], bool] | None = None) -> Iterator[str]:
    """Yield the keys of tables, which occur in names of files and in options."""
    for key in tables:
        if not (_is_name(key) and (is_valid is None or is_valid(key))):
            expected = "lower-case letters and digits" if is_valid else "letters, digits, '.', '-' and '_'"
            raise ShapeError(f"the {what} '{printable(key)}' has an invalid key, expected {expected}")
        yield key


def _line(table: Any, key: str, where: str = "", default: str | None = None) -> str:
    """Return text of one line without control characters, which is printed as it is."""
    text: str = member(table, key, str, where=where) if default is None else member(table, key, str, default, where)
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        full = f"{where}.{key}" if where else key
        raise ShapeError(f"'{full}' is not one line of at most {LONGEST_TEXT:,} printable characters")
    return text


def _is_name(key: str) -> bool:
    return re.fullmatch(r"\w[\w.-]*", key) is not None and len(key) <= LONGEST_NAME


def _is_track_key(key: str) -> bool:
    # `Task.track` ignores case and removes "track" from what the user wrote.
    return re.fullmatch("[a-z0-9]+", key) is not None and not key.startswith("track")


def _is_column(name: str) -> bool:
    """Return whether a header can have this column."""
    plain = name.strip() == name and name.isprintable() and not set(name) & set(',;"\t')
    return plain and 0 < len(name) <= LONGEST_NAME and name.lower() not in ("id", "text")


def _track(key: str, table: Any) -> Track:
    where = f"tracks.{key}"
    return Track(
        key=key,
        title=_line(table, "title", where),
        values=tuple(members(table, "values", str, where=where)),
        metrics=_metrics(table, where),
        averaging=_line(table, "averaging", where),
        trains_on=member(table, "trains_on", str, key, where=where),
        empty=member(table, "empty", int, 0, where=where),
        weights={
            code: member(table["weights"], code, float, where=f"{where}.weights")
            for code in member(table, "weights", dict, {}, where=where)
        },
    )


def _metrics(table: Any, where: str) -> tuple[str, ...]:
    """Return the official metrics of a track, which are one name or a list of them."""
    if isinstance(expect(table, dict, where).get("metric"), list):
        return tuple(members(table, "metric", str, where=where))
    return (member(table, "metric", str, where=where),)


def _language(code: str, row: Any) -> Language:
    names = members({code: row}, code, str, where="languages")
    if not all(map(str.isprintable, names)):
        raise ShapeError(f"the names of the language '{code}' have characters that cannot be printed")
    if not 3 <= len(names) <= 4:
        raise ShapeError(
            f"the language '{code}' has {plural(len(names), 'value')}, expected its name, family and script"
        )
    return Language(code, *names)


def _scorer(key: str, table: Any) -> OfficialScorer:
    where = f"scorers.{key}"
    languages = member(table, "languages", dict, {}, where)
    texts = ("note", "release", "rounding", "rule")
    return OfficialScorer(
        key=key,
        title=_line(table, "title", where, default=key),
        languages={track: tuple(members(languages, track, str, where=f"{where}.languages")) for track in languages},
        **{name: _line(table, name, where, default="") for name in texts},
    )


def _texts(table: dict[str, Any], key: str, where: str = "") -> dict[str, str]:
    """Return a table of texts; empty if the key is missing."""
    full = f"{where}.{key}" if where else key
    return {name: expect(value, str, f"{full}.{name}") for name, value in member(table, key, dict, {}, where).items()}


def _aliases(raw: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the codes of the task for each other code: one, or several if the other one does not tell them apart."""
    table = member(raw, "aliases", dict, {})
    return {
        name: (codes,) if isinstance(codes, str) else tuple(members(table, name, str, where="aliases"))
        for name, codes in table.items()
    }


def _synonyms(raw: dict[str, Any], emotions: Sequence[str]) -> dict[str, str]:
    """Return the emotion for each synonym, in the form that `Task.label_hint` looks up."""
    table = member(raw, "synonyms", dict, {})
    synonyms: dict[str, str] = {}
    for emotion in table:
        if emotion not in emotions:
            raise ShapeError(f"'{printable(emotion)}' has synonyms and is not an emotion of the task")
        for word in members(table, emotion, str, where="synonyms"):
            synonym = unicodedata.normalize("NFC", word).casefold()
            if not _is_column(synonym) or synonym in emotions:
                raise ShapeError(f"the synonym '{printable(word)}' is an emotion, or cannot be the name of a column")
            if synonyms.setdefault(synonym, emotion) != emotion:
                raise ShapeError(f"'{printable(word)}' is a synonym of {synonyms[synonym]} and of {emotion}")
    return synonyms


def _id_form(table: dict[str, Any], where: str) -> tuple[str, int]:
    """Return the prefix, with its placeholders, and the width of ids; an empty prefix if they have no form."""
    if not table:
        return "", 0
    prefix, width = member(table, "prefix", str, where=where), member(table, "width", int, where=where)
    if not 0 <= width <= LONGEST_NAME:
        raise ShapeError(f"'{where}.width' is {width:,}, expected 0 to {LONGEST_NAME}")
    if len(prefix) > LONGEST_PREFIX:
        raise ShapeError(f"'{where}.prefix' has {len(prefix):,} characters, expected {LONGEST_PREFIX} at most")
    return prefix, width


def _release(
    raw: dict[str, Any],
    key: str,
    table: dict[str, Any],
    tracks: dict[str, Track],
    known: dict[str, Release],
    layout: TaskLayout,
    toml: Path | None,
) -> Release:
    """Build a release: the files inherited from `base`, overridden by its own."""
    where = f"releases.{key}"
    absent = members(table, "leaves_out", str, [], where)
    base_key = member(table, "base", str, None, where)
    if base_key is not None and base_key not in known:
        raise ShapeError(f"release {key} has the base '{printable(base_key)}', which is not a release before it")
    inherited = known[base_key].specs if base_key is not None else {}
    base = {place: spec for place, spec in inherited.items() if spec.language not in absent}
    specs: dict[FileKey, FileSpec] = {}
    if "pools" in table:
        specs |= _pooled(raw, key, table, tracks, base, layout)
    else:
        specs |= {place: replace(spec, release=key) for place, spec in base.items()}
    has_ids = "ids" in table
    form = _id_form(member(table if has_ids else raw, "ids", dict, {}), f"{where}.ids" if has_ids else "ids")
    for path, entry in member(table, "files", dict, {}, where).items():
        if path.count("/") != 2:
            raise ShapeError(f"'{printable(path)}' is not of the form track/language/split")
        place = FileKey(*path.split("/"))
        if place.track not in tracks:
            raise ShapeError(f"the key '{printable(place.track)}' is missing in [tracks]")
        file = f"{where}.files.{path}"
        specs[place] = FileSpec(
            task=member(raw, "key", str),
            release=key,
            **place._asdict(),
            emotions=_emotions(raw, table, place.track, place.language),
            values=tracks[place.track].values,
            blocks=_blocks(expect(entry, dict, file), f"{key} track {' '.join(place)}", place, form, toml),
            texts_hash=member(entry, "texts", str, "", file),
            labels_hash=member(entry, "labels", str, "", file),
            texts_sample=member(entry, "sample", str, "", file),
            empty=tracks[place.track].empty,
            weight=tracks[place.track].weights.get(place.language, 1.0),
            neutral=member(raw, "neutral", str, ""),
            layout=layout,
            label_noun=_noun(raw),
        )
    signs = member(table, "signs", dict, {}, where)
    rows = member(signs, "rows", dict, {}, f"{where}.signs")
    return Release(
        key=key,
        title=_line(table, "title", where),
        published=str(table["published"]) if isinstance(table.get("published"), date) else _line(table, "published"),
        source=_line(table, "source", where),
        note=_line(table, "note", where, default=""),
        refused=_line(table, "refused", where, default=""),
        signs={
            "capitalised_header": member(signs, "capitalised_header", bool, False, f"{where}.signs"),
            "names": members(signs, "names", str, [], f"{where}.signs"),
            "codes": members(signs, "codes", str, [], f"{where}.signs"),
            "rows": {place: members(rows, place, int, where=f"{where}.signs.rows") for place in rows},
        },
        specs=specs,
        hub=_texts(table, "hub", where),
    )


def _blocks(
    entry: dict[str, Any], file: str, place: FileKey, form: tuple[str, int], toml: Path | None
) -> tuple[IdBlock | IdList, ...]:
    """Return the ids of a file, from ``rows``, ``blocks`` or ``ids``.

    Args:
        file: name of the file in messages.
        form: the prefix, with its placeholders, and the width of ids without ``blocks``.
    """
    if "ids" in entry:
        return (_listed(entry, file, toml),)
    if "blocks" not in entry and ("rows" not in entry or not form[0]):
        raise ShapeError(f"{file} has neither rows nor blocks nor ids")
    by_form: list[list[Any]] = [[fill(form[0], place, "the prefix of ids"), form[1], 1, entry.get("rows")]]
    lists = members(entry, "blocks", list) if "blocks" in entry else by_form
    blocks = []
    for values in lists:
        prefix, *numbers = values or [None]
        if not isinstance(prefix, str) or len(numbers) < 3:
            raise ShapeError(f"a block of {file} is not a prefix, a width, a first and a last number")
        if len(prefix) > LONGEST_PREFIX or not prefix.isprintable():
            raise ShapeError(
                f"the ids of {file} begin with '{printable(prefix)}', expected {LONGEST_PREFIX} characters at most, "
                "all printable"
            )
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            raise ShapeError(f"the id numbers of {file} are not integers")
        width, first, last, *skip = numbers
        if last - first >= MOST_ROWS or last < first:
            raise ShapeError(f"{file} has {last - first + 1:,} rows, expected 1 to {MOST_ROWS:,}")
        valid = first >= 0 and 0 <= width <= LONGEST_NAME
        if not valid or len(set(skip)) < len(skip) or not all(first <= number <= last for number in skip):
            raise ShapeError(f"the id numbers of {file} are not a width, a first, a last and missing numbers")
        blocks.append(IdBlock(prefix, width, first, last, tuple(skip)))
    in_order_of_ids = sorted(blocks, key=lambda block: (block.prefix, block.first))
    if any(a.prefix == b.prefix and a.last >= b.first for a, b in pairwise(in_order_of_ids)):
        raise ShapeError(f"the blocks of {file} have an id twice")
    return tuple(blocks)


def _listed(entry: dict[str, Any], file: str, toml: Path | None) -> IdList:
    """Return the ids of a file that lists them itself, or names the file that does."""
    if isinstance(entry["ids"], str):
        name, rows = expect(entry["ids"], str, "ids"), member(entry, "rows", int, where=file)
        if name.startswith("/") or "\\" in name or ".." in name.split("/") or not name.isprintable():
            raise ShapeError(f"the ids of {file} are in '{printable(name)}', expected a path below the folder {IDS}/")
        if toml is None:
            raise ShapeError(f"the ids of {file} are in a file, and the task is not in one")
        if not 0 < rows <= MOST_ROWS:
            raise ShapeError(f"{file} has {rows:,} rows, expected 1 to {MOST_ROWS:,}")
        ids_hash = member(entry, "ids_hash", str, where=file)
        return IdList(rows, path=toml.parent / IDS / name, hash=ids_hash, toml=toml)
    ids = tuple(members(entry, "ids", str))
    if not 0 < len(ids) <= MOST_ROWS or len(set(ids)) < len(ids):
        raise ShapeError(f"{file} has no ids, more than {MOST_ROWS:,}, or one twice")
    wrong = next((text_id for text_id in ids if not is_listed_id(text_id)), None)
    if wrong is not None:
        raise ShapeError(f"'{printable(wrong)}' of {file} cannot be an id")
    return IdList(len(ids), ids)


def _pooled(
    raw: dict[str, Any],
    key: str,
    table: dict[str, Any],
    tracks: dict[str, Track],
    base: dict[FileKey, FileSpec],
    layout: TaskLayout,
) -> dict[FileKey, FileSpec]:
    """Return files that concatenate the rows of several tracks of the base release."""
    specs: dict[FileKey, FileSpec] = {}
    pools = member(table, "pools", dict, where=f"releases.{key}")
    for track in pools:
        if track not in tracks:
            raise ShapeError(f"release {key} pools '{printable(track)}', which is not a track")
        parts_of = members(pools, track, str, where=f"releases.{key}.pools")
        for split in _splits(raw):
            for language in raw["languages"]:
                parts = [base[FileKey(m, language, split)] for m in parts_of if FileKey(m, language, split) in base]
                if parts:
                    alone = len(parts) == 1
                    place = FileKey(track, language, split)
                    specs[place] = FileSpec(
                        task=member(raw, "key", str),
                        release=key,
                        **place._asdict(),
                        emotions=_emotions(raw, table, track, language),
                        values=tracks[track].values,
                        blocks=tuple(block for part in parts for block in part.blocks),
                        texts_hash=parts[0].texts_hash if alone else "",
                        labels_hash=parts[0].labels_hash if alone else "",
                        texts_sample=parts[0].texts_sample if alone else "",
                        empty=tracks[track].empty,
                        weight=tracks[track].weights.get(language, 1.0),
                        neutral=member(raw, "neutral", str, ""),
                        layout=layout,
                        label_noun=_noun(raw),
                    )
    return specs


def _emotions(raw: dict[str, Any], release: dict[str, Any], track: str, language: str) -> tuple[str, ...]:
    """Return the label columns, by the most specific table: track/language, language, track, task."""
    for table, key in ((release, "emotions"), (raw, "emotions_by")):
        columns = member(table, key, dict, {})
        for where in (f"{track}/{language}", language, track):
            if where in columns:
                return tuple(members(columns, where, str, where=key))
    return tuple(members(raw, "emotions", str))
