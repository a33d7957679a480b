"""The cache of fetched data: one folder for each repository and revision, with a manifest.

The cache is ``$SEMEVAL_EMO_CACHE``, else the platform's cache folder. Its folders have the official
layout; ``manifest.json`` records where the files came from and their hashes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError
from semeval_emo.files import write_file
from semeval_emo.parse import ShapeError, member, members, read_json

CACHE_VARIABLE = "SEMEVAL_EMO_CACHE"
MANIFEST = "manifest.json"
SCHEMA = "semeval-emo/hub-manifest/1"


def cache_folder() -> Path:
    """Return the cache folder; it may not exist yet."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "semeval-emo"


@dataclass(frozen=True)
class Manifest:
    """The origin of a fetched folder.

    Attributes:
        revision: its commit.
        fetched: when the last file was fetched, as an ISO date and time in UTC.
        files: by path below the folder: number of rows, hashes, and the releases that these prove.
    """

    repository: str
    revision: str
    fetched: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The repository and the start of its commit, for messages."""
        return f"{self.repository}@{self.revision[:12]}"


def revision_folder(repository: str, revision: str) -> Path:
    """Return the folder of one revision of a repository."""
    return cache_folder() / f"{repository.rstrip('/').rsplit('/', 1)[-1]}-{revision[:12]}"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, or None if there is none.

    Raises:
        InputError: the manifest cannot be read.
    """
    path = folder / MANIFEST
    fix = f"remove {folder} and fetch again: `semeval-emo data fetch`"
    try:
        raw = read_json(path, fix=fix)
        files = member(raw, "files", dict)
        for name, entry in files.items():
            member(entry, "rows", int, where=name)
            members(entry, "proven", str, where=name)
        repository, revision, fetched_at = (member(raw, key, str) for key in ("repository", "revision", "fetched"))
        return Manifest(repository, revision, fetched_at, files)
    except ShapeError as error:
        raise InputError(f"{path} cannot be read: {error}.", fix) from error
    except InputError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        if isinstance(error.__cause__, json.JSONDecodeError):
            raise InputError(f"{path} cannot be read: JSONDecodeError.", fix) from error
        raise


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a folder."""
    body = {"schema": SCHEMA, **asdict(manifest), "files": dict(sorted(manifest.files.items()))}
    write_file(folder / MANIFEST, json.dumps(body, indent=1) + "\n")


def fetched(repository: str | None = None) -> Iterator[tuple[Path, Manifest]]:
    """Yield the fetched folders of one repository or of all, most recent first."""
    try:
        folders = sorted(path for path in cache_folder().iterdir() if path.is_dir())
    except OSError:
        return
    found = [(folder, manifest) for folder in folders if (manifest := read_manifest(folder)) is not None]
    found.sort(key=lambda one: one[1].fetched, reverse=True)
    yield from (one for one in found if repository in (None, one[1].repository))
