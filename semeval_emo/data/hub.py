"""Fetches the data from the Hugging Face hub into the cache, pinned to a commit.

The one place that talks to a network, and the only one that imports `datasets`. What arrives is
written in the official layout, named by its hashes, and recorded in the folder's manifest.
"""

from __future__ import annotations

import csv
import io
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from semeval_emo.data.cache import Manifest, cache_folder, fetched, read_manifest, revision_folder, write_manifest
from semeval_emo.data.identity import identify
from semeval_emo.data.sheet import ID, TEXT, Sheet, read_sheet
from semeval_emo.errors import InputError, MissingExtra, UsageError
from semeval_emo.files import write_file
from semeval_emo.task import FileSpec, Release, Task

# What huggingface_hub and datasets themselves take for "stay offline".
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
# Seconds to wait for the hub's first answer. A person without a network should not wait for retries.
PATIENCE = 3.0

Columns = Mapping[str, Sequence[Any]]
Progress = Callable[[str], None]
# Whoever asked for labels may not know that they come from afar: the command line shows what is said here.
LOG = logging.getLogger("semeval_emo")


class Hub(Protocol):
    """What is asked of the hub; tests put a made-up one in its place."""

    def revision(self, repository: str, wanted: str | None) -> str:
        """The commit that a branch, a tag or None (the newest) stands for."""

    def load(self, repository: str, language: str, revision: str) -> Mapping[str, Columns]:
        """The columns of every split of one language."""


@dataclass(frozen=True)
class Fetched:
    """One file that was fetched.

    Attributes:
        proven: what its rows are by hash, such as ``2025 a``; empty where nothing is pinned.
        new: False where the file was in the cache already.
    """

    path: Path
    track: str
    language: str
    split: str
    rows: int
    shown: str
    proven: tuple[str, ...]
    new: bool


def fetch(
    task: Task,
    languages: Iterable[str] | None = None,
    tracks: Iterable[str] | None = None,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Progress = LOG.info,
) -> tuple[Fetched, ...]:
    """Fetches languages into the cache, unless they are there.

    The first fetch of a repository pins its newest commit; later ones take the same commit, so that
    all languages are of one state, until `revision` asks for another.

    Args:
        languages: codes; None means every language that the hub has.
        tracks: tracks; None means all. Tracks that share a repository come together.
        revision: a commit, branch or tag.
        progress: told what is being fetched; by default the log `semeval_emo`.

    Raises:
        UsageError: the task is not on the hub, or the hub has no such language or track.
        InputError: the hub cannot be reached, or what it sent is not this data.
        MissingExtra: `datasets` is not installed.
    """
    release = hub_release(task)
    wanted = [task.language(code).code for code in languages] if languages is not None else None
    keys = sorted({holder(task, release, key) for key in tracks}) if tracks is not None else list(release.hub)
    results: list[Fetched] = []
    for key in keys:
        on_hub = list(dict.fromkeys(spec.language for spec in task.specs(release.key, key)))
        codes = on_hub if wanted is None else [code for code in wanted if code in on_hub]
        absent = [] if wanted is None else [code for code in wanted if code not in on_hub]
        if absent and tracks is not None:
            raise UsageError(f"{release.hub[key]} has no {', '.join(absent)}.", f"languages there: {', '.join(on_hub)}")
        results += _fetch_repository(task, release, key, codes, revision, hub, progress)
    if not results:
        there = sorted({spec.language for spec in task.specs(release.key)})
        raise UsageError(f"The hub has no {', '.join(wanted or ())}.", f"languages there: {', '.join(there)}")
    return tuple(results)


def hub_release(task: Task) -> Release:
    """The release that is published on the hub.

    Raises:
        UsageError: the task has none.
    """
    for release in task.releases.values():
        if release.hub:
            return release
    raise UsageError(f"{task.title} is not on the Hugging Face hub.", "give a folder with --gold")


def holder(task: Task, release: Release, track: str) -> str:
    """The track under which the hub keeps this track's rows (A and C share one repository)."""
    key = task.track(track).key
    if key in release.hub:
        return key
    ids = {block.prefix for spec in task.specs(task.default_release, key) for block in spec.blocks}
    for spec in task.specs(release.key):
        if any(block.prefix in ids for block in spec.blocks):
            return spec.track
    raise UsageError(f"Track {key} is not on the Hugging Face hub.", f"tracks there: {', '.join(release.hub)}")


def _fetch_repository(
    task: Task,
    release: Release,
    track: str,
    languages: Sequence[str],
    revision: str | None,
    hub: Hub | None,
    progress: Progress,
) -> list[Fetched]:
    repository = release.hub[track]
    pinned = next(fetched(repository), None) if revision is None else None
    if pinned is not None:
        commit, folder = pinned[1].revision, pinned[0]
    else:
        hub = hub or _connect()
        commit = hub.revision(repository, revision)
        folder = revision_folder(repository, commit)
    manifest = read_manifest(folder) or Manifest(repository, commit, "")
    results = []
    for language in languages:
        specs = task.specs(release.key, track, language)
        names = {spec.split: f"{task.track(track).folder}/{spec.split}/{language}.csv" for spec in specs}
        if not all(name in manifest.files and (folder / name).is_file() for name in names.values()):
            hub = hub or _connect()
            progress(f"fetching {language} from {manifest.shown}")
            splits = hub.load(repository, language, commit)
            files = {names[spec.split]: _write(folder / names[spec.split], splits, spec, task) for spec in specs}
            now = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = replace(manifest, fetched=now, files={**manifest.files, **files})
            write_manifest(folder, manifest)
            new = True
        else:
            new = False
        results += [
            Fetched(
                folder / names[spec.split], track, language, spec.split, manifest.files[names[spec.split]]["rows"],
                manifest.shown, tuple(manifest.files[names[spec.split]]["proven"]), new,
            )
            for spec in specs
        ]  # fmt: skip
    return results


def _write(path: Path, splits: Mapping[str, Columns], spec: FileSpec, task: Task) -> dict[str, Any]:
    """Writes one split as CSV and says what it is."""
    columns = splits.get(spec.split)
    # A language without an emotion has the column all the same, filled with nothing.
    emotions = [name for name in task.emotions if columns and any(v is not None for v in columns.get(name, ()))]
    if not columns or ID not in columns or TEXT not in columns:
        raise InputError(
            f"The hub's {spec.split} split of '{spec.language}' is not what was expected: it has the columns "
            f"{', '.join(columns or ()) or 'none'}.",
            "fetch an earlier commit with --revision, or use a folder",
        )
    out = io.StringIO(newline="")
    # Every cell is quoted: a lone carriage return inside a text would end the row in older Pythons.
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([ID, TEXT, *emotions])
    writer.writerows(
        zip(columns[ID], columns[TEXT], *([_cell(v) for v in columns[name]] for name in emotions), strict=True)
    )
    write_file(path, out.getvalue(), parents=True)
    sheet = read_sheet(path)
    return {
        "rows": len(sheet),
        "texts": sheet.texts_hash(),
        "labels": sheet.labels_hash(emotions),
        "proven": proofs(sheet, spec, task),
    }


def _cell(value: Any) -> str:
    """A label as text; what is not a number stays as it is, for the reader to refuse."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, int | float) else str(value)


def proofs(sheet: Sheet, spec: FileSpec, task: Task) -> list[str]:
    """Which files of which releases these rows are, whole or in part, by hash."""
    found = []
    tracks = [spec.track, *(key for key in task.tracks if key != spec.track)]
    have = set(sheet.ids)
    for other in (one for key in tracks for one in task.specs(None, key, spec.language, spec.split)):
        part = sheet if other.rows == len(sheet) else sheet.take(other.id_set) if other.id_set <= have else None
        if part is None:
            continue
        matches = identify(part, task, other.track, other.language, other.split)
        found += [f"{m.spec.release} {other.track}" for m in matches if m.spec == other and m.by != "ids"]
    return found


class _HuggingFace:
    """The real hub, through `datasets`."""

    def revision(self, repository: str, wanted: str | None) -> str:
        from huggingface_hub import HfApi

        try:
            sha = HfApi().dataset_info(repository, revision=wanted, timeout=PATIENCE).sha
        except Exception as error:
            # Every layer below (hub, HTTP, sockets) has its own family of exceptions, and they change.
            raise unreachable(f"{repository} did not answer ({type(error).__name__})") from error
        if not sha:
            raise unreachable(f"{repository} named no commit")
        return sha

    def load(self, repository: str, language: str, revision: str) -> Mapping[str, Columns]:
        import datasets

        datasets.disable_progress_bars()
        try:
            loaded = datasets.load_dataset(repository, language, revision=revision)
            return {split: rows.to_dict() for split, rows in loaded.items()}
        except Exception as error:
            raise unreachable(f"'{language}' of {repository} did not come ({type(error).__name__})") from error


def _connect() -> Hub:
    """The real hub.

    Raises:
        InputError: the person has asked to stay offline.
        MissingExtra: `datasets` is not installed.
    """
    for variable in OFFLINE_VARIABLES:
        if os.environ.get(variable, "").upper() in ("1", "TRUE", "YES", "ON"):
            raise unreachable(f"${variable} says to stay offline")
    if find_spec("datasets") is None:
        raise MissingExtra("Fetching from the Hugging Face hub", "hub")
    return _HuggingFace()


def unreachable(reason: str) -> InputError:
    """The error for everything that keeps us from the hub, with the three ways out."""
    return InputError(f"The Hugging Face hub cannot be reached: {reason}.", remedies())


def remedies() -> str:
    """The three ways to get at data."""
    return (
        "one of\n"
        "    1. point $SEMEVAL_EMO_DATA or --gold at a folder that holds track_a/test/…\n"
        f"    2. run `semeval-emo data fetch` where there is a network, and copy {cache_folder()} here\n"
        "    3. try the command on the built-in sample: --gold sample"
    )
