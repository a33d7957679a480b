"""The JSON forms of the `data` commands; each names its schema and version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from semeval_emo.data.check import DataCheck
from semeval_emo.data.hub import Fetched
from semeval_emo.data.sources import DataSource
from semeval_emo.data.stats import Stats
from semeval_emo.data.survey import DataFile, Folder
from semeval_emo.task import Task


def list_payload(task: Task, found: Iterable[tuple[DataSource, Folder]]) -> dict[str, Any]:
    """What there is: the task's releases and the folders at hand."""
    return {
        "schema": "semeval-emo/data-list/1",
        "task": task.key,
        "releases": [
            {"release": release.key, "title": release.title, "published": release.published,
             "files": len(release.specs), "source": release.source, "refused": release.refused or None,
             "default": release.key == task.default_release}
            for release in task.releases.values()
        ],
        "folders": [{"source": source.name, **_folder(folder)} for source, folder in found],
    }  # fmt: skip


def check_payload(check: DataCheck) -> dict[str, Any]:
    """The whole check; overlap and conflicts complete."""
    return {
        "schema": "semeval-emo/data-check/1",
        "root": str(check.root),
        "task": check.task.key,
        "problems": len(check.problems),
        "folders": [
            {
                **_folder(one.folder),
                "expected_files": one.expected,
                "problems": [
                    {"kind": odd.kind, "file": str(odd.path), "message": odd.message, "fix": odd.fix}
                    for odd in one.problems
                ],
                "overlap": [asdict(leak) for leak in one.leaks],
                "conflicts": [asdict(conflict) for conflict in one.conflicts],
            }
            for one in check.folders
        ],
        "other_folders": [{"folder": str(path), "files": count} for path, count in check.others],
    }


def _folder(folder: Folder) -> dict[str, Any]:
    return {
        "folder": str(folder.path),
        "release": folder.releases[0] if folder.releases else None,
        "releases": list(folder.releases),
        "files": [_file(one) for one in folder.files],
    }


def _file(one: DataFile) -> dict[str, Any]:
    track, language, split = one.place
    return {
        "file": str(one.path),
        "track": track or None,
        "language": language or None,
        "split": split or None,
        "rows": one.rows,
        "state": one.state,
        "releases": list(one.releases),
        "known_by": one.matches[0].by if one.matches else None,
        "blank_cells": one.blanks,
        "detail": one.detail or None,
    }


def fetch_payload(files: Sequence[Fetched]) -> dict[str, Any]:
    """What a fetch brought."""
    return {
        "schema": "semeval-emo/data-fetch/1",
        "files": [{**asdict(one), "path": str(one.path), "proven": list(one.proven)} for one in files],
    }


def stats_payload(found: Sequence[Stats]) -> dict[str, Any]:
    """Every figure of every file."""
    return {"schema": "semeval-emo/data-stats/1", "files": [_stats(one) for one in found]}


def _stats(one: Stats) -> dict[str, Any]:
    spec = one.spec
    return {
        "release": spec.release, "track": spec.track, "language": spec.language, "split": spec.split,
        "rows": one.rows,
        "emotions": {
            name: {"texts": count, "share": share, "degrees": dict(zip(spec.values, by_value, strict=True))}
            for name, count, share, by_value in zip(
                spec.emotions, one.positives, one.prevalence, one.degrees, strict=True
            )
        },
        "together": {"+".join(pair): count for pair, count in one.cooccurrence.items()},
        "cardinality": one.cardinality, "most": one.most, "combinations": one.combinations,
        "neutral": one.neutral, "multiple": one.multiple,
        "characters": None if one.characters is None else asdict(one.characters),
        "words": None if one.words is None else asdict(one.words),
        "duplicates": None if one.duplicates is None else asdict(one.duplicates),
    }  # fmt: skip
