"""Which file of the task is this? Told from ids, with the name, the folder and options beside them.

Owns the choice of release, track, language and split. Ids decide; what the name, the folder and
the options say is compared with them and never silently preferred.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from semeval_emo.task import FileSpec, Selector, Task, load_task, task_files

DIGITS = "0123456789"


@dataclass(frozen=True)
class Inferred:
    """What the name and the folder of a file say; None where they say nothing."""

    language: str | None = None
    track: str | None = None


Groups = Mapping[str, Collection[str]]


def prefix_of(some_id: str) -> str:
    """All of an id that stands before its number.

    >>> prefix_of("eng_test_track_a_00001")
    'eng_test_track_a_'
    """
    return some_id.rstrip(DIGITS)


def grouped(ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids by prefix, in the order in which they came."""
    groups: dict[str, list[str]] = {}
    for one in ids:
        groups.setdefault(prefix_of(one), []).append(one)
    return groups


def parts_of(groups: Groups, task: Task, selector: Selector, hints: Inferred) -> list[FileSpec]:
    """The files of one release whose rows these are, the meant one first.

    One for a proper file; several where rows of several tracks, splits or languages are mixed;
    none where the release has no such ids.

    Args:
        groups: ids of the file by prefix, only those that the task knows in some release.

    >>> from semeval_emo.task import load_task
    >>> mixed = grouped(["eng_test_track_a_00001", "eng_test_track_c_00001"])
    >>> [spec.place for spec in parts_of(mixed, load_task(), Selector(), Inferred())]
    ['2025 track a eng test', '2025 track c eng test']
    >>> [spec.place for spec in parts_of(mixed, load_task(), Selector(release="hub"), Inferred())]
    ['hub track a eng test']
    """
    release = selector.release or task.default_release
    left = dict(groups)
    chosen: list[tuple[FileSpec, int]] = []
    track = selector.track or hints.track
    while left:
        near = {
            spec.place: spec for prefix in left for spec in task.by_prefix.get(prefix, ()) if spec.release == release
        }
        if not near:
            break
        held = {place: _held(spec, left) for place, spec in near.items()}
        # A prefix can belong to two files (codabench's A holds C's rows): the fuller one, then the larger.
        best = max(near.values(), key=lambda s: (s.track == track, held[s.place] / s.rows, held[s.place]))
        chosen.append((best, held[best.place]))
        for block in best.blocks:
            left.pop(block.prefix, None)

    def meant(one: tuple[FileSpec, int]) -> tuple[bool, bool, bool, bool, bool, int]:
        spec, count = one
        return (
            spec.track == selector.track,
            spec.language == selector.language,
            spec.split == selector.split,
            spec.language == hints.language,
            spec.track == hints.track,
            count,
        )

    return [spec for spec, _ in sorted(chosen, key=meant, reverse=True)]


def _held(spec: FileSpec, groups: Groups) -> int:
    return sum(one in spec.id_set for block in spec.blocks for one in groups.get(block.prefix, ()))


def fitting(groups: Groups, task: Task) -> list[FileSpec]:
    """Every file of any release that has exactly these ids, default release first.

    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("b", "ron", "test")
    >>> [one.release for one in fitting(grouped(spec.ids), load_task())]
    ['2025', '2025-09', 'hub', 'codabench-2026']
    """
    count = sum(len(ids) for ids in groups.values())
    near = {spec.place: spec for prefix in groups for spec in task.by_prefix.get(prefix, ())}
    exact = [spec for spec in near.values() if spec.rows == count and _held(spec, groups) == count]
    return sorted(exact, key=lambda spec: spec.release != task.default_release)


def refused_by(groups: Groups, beyond: Mapping[str, int], task: Task) -> str:
    """The refused release whose row counts these are, or an empty string.

    Args:
        beyond: ids past the last one of their file, counted by prefix.
    """
    for prefix in {*groups, *beyond}:
        count = len(groups.get(prefix, ())) + beyond.get(prefix, 0)
        for spec in task.by_prefix.get(prefix, ()):
            for release in task.releases.values():
                address = f"{spec.track}/{spec.split}/{spec.language}"
                if release.refused and count in release.signs.get("rows", {}).get(address, ()):
                    return release.key
    return ""


def assumed(task: Task, selector: Selector, hints: Inferred) -> FileSpec | None:
    """The file that the name and options mean, for a file whose ids say nothing.

    Only columns and cells are checked against it; nothing is ever scored by it.
    """
    language = selector.language or hints.language
    if language is None:
        return None
    release = selector.release or task.default_release
    near = task.specs(release, selector.track or hints.track, language, selector.split or "test")
    return near[0] if near else next(iter(task.specs(release, None, language)), None)


def task_of(ids: Collection[str]) -> Task | None:
    """The known task whose ids look like these, the default one first; None where none does.

    >>> task_of(["eng_test_track_a_00001"]).key
    'semeval-2025-task-11'
    """
    for name in task_files():
        task = load_task(name)
        if any(prefix_of(one) in task.by_prefix for one in ids):
            return task
    return None
