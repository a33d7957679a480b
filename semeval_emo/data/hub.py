"""Fetch data from the Hugging Face hub into the cache, pinned to a commit.

The only module that uses the network, through `datasets`. Files are written in the official layout,
identified by their hashes and recorded in the manifest of the folder.
"""

from __future__ import annotations

import csv
import io
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from semeval_emo.data.cache import Manifest, cache_folder, fetched, read_manifest, revision_folder, write_manifest
from semeval_emo.data.identity import identify
from semeval_emo.data.sheet import ID, TEXT, Sheet, read_sheet
from semeval_emo.errors import InputError, MissingExtra, UsageError, install_line
from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.task import SPLITS, FileKey, FileSpec, Release, Task, load_task

# The variables by which huggingface_hub and datasets are told to stay offline.
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
# Seconds to wait for the first response of the hub: without a network a command should fail at once.
PATIENCE = 3.0

Columns = Mapping[str, Sequence[Any]]
# Loading gold labels can fetch them, so progress goes to the log, which the command line shows.
LOG = logging.getLogger("semeval_emo")


class Hub(Protocol):
    """The operations of the hub that are used; tests replace it."""

    def revision(self, repository: str, wanted: str | None) -> str:
        """Return the commit of a branch or tag, or the newest commit for None."""

    def load(self, repository: str, language: str, revision: str) -> Mapping[str, Columns]:
        """Return the columns of all splits of one language."""


@dataclass(frozen=True)
class Fetched:
    """A fetched file.

    Attributes:
        proven: releases and tracks that the hashes of its rows prove, such as ``2025 a``.
        new: False if the file was already in the cache.
    """

    path: Path
    track: str
    language: str
    split: str
    rows: int
    shown: str
    proven: tuple[str, ...]
    new: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the file as JSON data."""
        return {**asdict(self), "path": str(self.path), "proven": list(self.proven)}


def fetch(
    task: Task,
    languages: Iterable[str] | None = None,
    tracks: Iterable[str] | None = None,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Progress | None = None,
) -> tuple[Fetched, ...]:
    """Fetch languages into the cache, unless they are already there.

    The first fetch of a repository pins its newest commit; later ones use the same commit, so that all
    languages are consistent, unless `revision` is given.

    Args:
        languages: codes; None for all languages on the hub.
        tracks: tracks; None for all. Tracks that share a repository are fetched together.
        revision: a commit, branch or tag.
        progress: progress callback; None logs to `semeval_emo`.

    Raises:
        UsageError: the task is not on the hub, or the hub does not have a language or track.
        InputError: the hub cannot be reached, or its data are not as expected.
        MissingExtra: `datasets` is not installed.
    """
    release = hub_release(task)
    wanted = [task.language(code).code for code in languages] if languages is not None else None
    keys = sorted({holder(task, release, key) for key in tracks}) if tracks is not None else list(release.hub)
    available = sorted({spec.language for key in keys for spec in task.specs(release.key, key)})
    nowhere = [code for code in wanted or () if code not in available]
    if nowhere and tracks is None:
        raise UsageError(f"The hub does not have {', '.join(nowhere)}.", f"available languages: {', '.join(available)}")
    results: list[Fetched] = []
    for key in keys:
        on_hub = list(dict.fromkeys(spec.language for spec in task.specs(release.key, key)))
        codes = on_hub if wanted is None else [code for code in wanted if code in on_hub]
        absent = [] if wanted is None else [code for code in wanted if code not in on_hub]
        if absent and tracks is not None:
            raise UsageError(
                f"{release.hub[key]} does not have {', '.join(absent)}.", f"available languages: {', '.join(on_hub)}"
            )
        results += _fetch_repository(
            task, release, key, codes, revision, hub, progress.message if progress else LOG.info
        )
    return tuple(results)


def hub_release(task: Task) -> Release:
    """Return the release that is published on the hub.

    Raises:
        UsageError: no release is.
    """
    for release in task.releases.values():
        if release.hub:
            return release
    raise UsageError(f"{task.title} is not on the Hugging Face hub.", "give a folder with --gold")


def holder(task: Task, release: Release, track: str) -> str:
    """Return the track whose repository on the hub holds the rows of a track (A and C share one)."""
    key = task.track(track).key
    if key in release.hub:
        return key
    index = task.id_index
    ids = {group for spec in task.specs(task.default_release, key) for group in index.groups_of(spec)}
    for spec in task.specs(release.key):
        if not ids.isdisjoint(index.groups_of(spec)):
            return spec.track
    raise UsageError(f"Track {key} is not on the Hugging Face hub.", f"available tracks: {', '.join(release.hub)}")


def _fetch_repository(
    task: Task,
    release: Release,
    track: str,
    languages: Sequence[str],
    revision: str | None,
    hub: Hub | None,
    message: Callable[[str], None],
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
        new = not all(name in manifest.files and (folder / name).is_file() for name in names.values())
        if new:
            hub = hub or _connect()
            message(f"fetching {language} from {manifest.shown}")
            splits = hub.load(repository, language, commit)
            files = {names[spec.split]: _write(folder / names[spec.split], splits, spec, task) for spec in specs}
            now = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = replace(manifest, fetched=now, files={**manifest.files, **files})
            write_manifest(folder, manifest)
        results += [
            Fetched(
                folder / names[spec.split], track, language, spec.split, manifest.files[names[spec.split]]["rows"],
                manifest.shown, tuple(manifest.files[names[spec.split]]["proven"]), new,
            )
            for spec in specs
        ]  # fmt: skip
    return results


def _write(path: Path, splits: Mapping[str, Columns], spec: FileSpec, task: Task) -> dict[str, Any]:
    """Write one split as CSV; return its entry in the manifest."""
    columns = splits.get(spec.split)
    # Emotions that a language does not have are empty columns on the hub.
    emotions = [name for name in task.emotions if columns and any(v is not None for v in columns.get(name, ()))]
    if not columns or ID not in columns or TEXT not in columns:
        raise InputError(
            f"The {spec.split} split of '{spec.language}' on the hub is not as expected: its columns are "
            f"{', '.join(columns or ()) or 'none'}.",
            "fetch an earlier commit with --revision, or use a folder",
        )
    out = io.StringIO(newline="")
    # Quote all cells: older Python versions end a row at a carriage return inside a text.
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
    """Return a label as text; values that are not numbers stay as they are, and the reader rejects them."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, int | float) else str(value)


def proofs(sheet: Sheet, spec: FileSpec, task: Task) -> list[str]:
    """Return the releases and tracks that all or some of these rows belong to, by hash."""
    proven = []
    tracks = [spec.track, *(key for key in task.tracks if key != spec.track)]
    have = set(sheet.ids)
    for other in (one for key in tracks for one in task.specs(None, key, spec.language, spec.split)):
        part = sheet if other.rows == len(sheet) else sheet.take(other.id_set) if other.id_set <= have else None
        if part is None:
            continue
        matches = identify(part, task, other.key)
        proven += [f"{m.spec.release} {other.track}" for m in matches if m.spec == other and m.by != "ids"]
    return proven


class _HuggingFace:
    """The hub, through `datasets`."""

    def revision(self, repository: str, wanted: str | None) -> str:
        from huggingface_hub import HfApi

        try:
            sha = HfApi().dataset_info(repository, revision=wanted, timeout=PATIENCE).sha
        except Exception as error:
            # Hub, HTTP and socket libraries raise exceptions of many classes, which change between versions.
            raise unreachable(f"no response from {repository} ({type(error).__name__})") from error
        if not sha:
            raise unreachable(f"{repository} returned no commit")
        return sha

    def load(self, repository: str, language: str, revision: str) -> Mapping[str, Columns]:
        import datasets

        datasets.disable_progress_bars()
        try:
            loaded = datasets.load_dataset(repository, language, revision=revision)
            return {split: rows.to_dict() for split, rows in loaded.items()}
        except Exception as error:
            raise unreachable(f"'{language}' of {repository} could not be loaded ({type(error).__name__})") from error


def _connect() -> Hub:
    """Return the hub."""
    for variable in OFFLINE_VARIABLES:
        if os.environ.get(variable, "").upper() in ("1", "TRUE", "YES", "ON"):
            raise unreachable(f"${variable} is set")
    if find_spec("datasets") is None:
        raise MissingExtra("Fetching from the Hugging Face hub", "hub")
    return _HuggingFace()


def unreachable(reason: str) -> InputError:
    """Return the error for a hub that cannot be reached, with three remedies."""
    return InputError(f"The Hugging Face hub cannot be reached: {reason}.", remedies())


def remedies(task: Task | None = None, option: str = "--gold ") -> str:
    """Return the three ways to provide data, each with what it needs on this machine.

    Args:
        task: the task whose data are missing; None for the default.
        option: how a command takes a source; empty if it is an argument.
    """
    task = task or load_task()
    place = FileKey(next(iter(task.tracks)), next(iter(task.languages)), SPLITS[-1])
    folder, _, name = task.layout.data.path(place).rpartition("/")
    ways = [f"a folder that holds {f'{folder}/…' if folder else name}: {option}FOLDER, or $SEMEVAL_EMO_DATA"]
    if task.is_on_hub:
        install = "" if find_spec("datasets") else f"`{install_line('hub')}`, then "
        where = f"where there is a network; {cache_folder()} can be copied here"
        ways.append(f"the Hugging Face hub: {install}`semeval-emo data fetch` {where}")
    sample = f"{option}sample (`semeval-emo demo -o demo` writes its files)"
    ways.append(f"the built-in sample, to try the commands: {sample}")
    return "\n".join(["one of", *(f"    {number}. {way}" for number, way in enumerate(ways, 1))])
