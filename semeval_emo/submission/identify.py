"""Identify which files of the task the rows of a prediction file belong to.

The ids decide. The name, the folder and the options choose between several possible files, and
`semeval_emo.submission.ids` reports where they differ from the ids.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.task import FileSpec, Selector, Task, known_tasks, task_near

ONE_FILE, ALL_FILES = "it as a file", "the files as those"
"""What `check_as` names."""
Groups = Mapping[str, Collection[str]]


def matching_specs(groups: Groups, task: Task, selector: Selector, inferred: Selector) -> list[FileSpec]:
    """Return the files of one release that the ids belong to, the requested or inferred one first.

    A valid file has one; a file that mixes tracks, splits or languages has several; a file of another
    release has none.

    Args:
        groups: the ids by group (`IdIndex.by_group`), each known to some release of the task.
        selector: the options of the user.
        inferred: track and language of the name and the folder.

    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> mixed = task.id_index.by_group(["eng_test_track_a_00001", "eng_test_track_c_00001"])
    >>> [spec.place for spec in matching_specs(mixed, task, Selector(), Selector())]
    ['2025 track a eng test', '2025 track c eng test']
    >>> [spec.place for spec in matching_specs(mixed, task, Selector(release="hub"), Selector())]
    ['hub track a eng test']
    """
    release = selector.release or task.default_release
    remaining = dict(groups)
    chosen: list[tuple[FileSpec, int]] = []
    track = selector.track or inferred.track
    while remaining:
        candidates = [spec for spec in _specs_of(remaining, task) if spec.release == release]
        if not candidates:
            break
        counts = {spec.place: _count_ids(spec, remaining, task) for spec in candidates}
        # Two files can share ids (in codabench-2026, track A has the ids of track C).
        best = max(candidates, key=lambda s: (s.track == track, counts[s.place] / s.rows, counts[s.place]))
        chosen.append((best, counts[best.place]))
        for group in task.id_index.groups_of(best):
            remaining.pop(group, None)

    def relevance(choice: tuple[FileSpec, int]) -> tuple[bool, bool, bool, bool, bool, int]:
        spec, count = choice
        named = (spec.track == selector.track, spec.language == selector.language, spec.split == selector.split)
        return (*named, spec.language == inferred.language, spec.track == inferred.track, count)

    return [spec for spec, _ in sorted(chosen, key=relevance, reverse=True)]


def _specs_of(groups: Iterable[str], task: Task) -> list[FileSpec]:
    return list({spec.place: spec for group in groups for spec in task.id_index.groups.get(group, ())}.values())


def _count_ids(spec: FileSpec, groups: Groups, task: Task) -> int:
    own = task.id_index.groups_of(spec)
    return sum(sum(map(spec.id_set.__contains__, groups.get(group, ()))) for group in own)


def exact_specs(groups: Groups, task: Task) -> list[FileSpec]:
    """Return every file of any release that has exactly these ids, the default release first.

    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> ids = task.id_index.by_group(task.spec("b", "ron", "test").ids)
    >>> [spec.release for spec in exact_specs(ids, task)]
    ['2025', '2025-09', 'hub', 'codabench-2026']
    """
    count = sum(len(ids) for ids in groups.values())
    specs = _specs_of(groups, task)
    exact = [spec for spec in specs if spec.rows == count and _count_ids(spec, groups, task) == count]
    return sorted(exact, key=lambda spec: spec.release != task.default_release)


def refused_release(groups: Groups, past_end: Mapping[str, int], task: Task) -> str:
    """Return the refused release that has these row counts, or an empty string.

    Args:
        past_end: number of ids past the last one of their file, by group.
    """
    for group in {*groups, *past_end}:
        count = len(groups.get(group, ())) + past_end.get(group, 0)
        for spec in task.id_index.groups.get(group, ()):
            address = f"{spec.track}/{spec.split}/{spec.language}"
            for release in task.releases.values():
                if release.refused and count in release.signs.get("rows", {}).get(address, ()):
                    return release.key
    return ""


def assumed_spec(task: Task, selector: Selector, inferred: Selector) -> FileSpec | None:
    """Return the file of the options or the name, whose columns and values are checked if no id is known."""
    language = selector.language or inferred.language
    if language is None:
        return None
    release = selector.release or task.default_release
    specs = task.specs(release, selector.track or inferred.track, language, selector.split or "test")
    return specs[0] if specs else next(iter(task.specs(release, None, language)), None)


def check_as(task: str, path: str, what: str) -> str:
    """Return the remedy for files of another task: the command that checks them.

    Args:
        task: the name of its file, or the path.
        what: `ONE_FILE` or `ALL_FILES`.
    """
    return f"check {what} of that task: semeval-emo validate {shlex.quote(path)} --task {shlex.quote(task)}"


def task_of(ids: Collection[str], path: Path | None = None) -> Task | None:
    """Return the task of the run that a file is in, else the first known task with ids of this form, or None.

    >>> task_of(["eng_test_track_a_00001"]).key
    'semeval-2025-task-11'
    """
    return next((task for task in _tasks(path) if _has_form(ids, task)), None)


def _has_form(ids: Collection[str], task: Task) -> bool:
    # A task whose lists of ids are missing is not that of the file.
    with contextlib.suppress(InputError):
        return any(map(task.id_index.has_form, ids))
    return False


def _tasks(path: Path | None) -> Iterator[Task]:
    if path is not None and (near := task_near(path)):
        yield near
    # Lists of ids are read only where no numbered id fits.
    with_lists: list[Task] = []
    for _, task in known_tasks():
        if task.id_index.has_lists:
            with_lists.append(task)
        else:
            yield task
    yield from with_lists
