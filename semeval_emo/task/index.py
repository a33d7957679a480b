"""Find the files of a task that an id belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from semeval_emo.task.ids import IdBlock, IdList, id_prefix
from semeval_emo.task.spec import FileSpec


class IdIndex:
    """The ids of all files of a task, in groups: the ids of a group belong to the same files.

    A group of numbered ids has their prefix as its name. Lists of ids are read when an id is first looked up.

    >>> from semeval_emo.task import load_task
    >>> index = load_task().id_index
    >>> group = index.group_of("eng_test_track_a_00001")
    >>> group, index.groups[group][0].place
    ('eng_test_track_a_', '2025 track a eng test')
    """

    def __init__(self, specs: Sequence[FileSpec]) -> None:
        self.specs = specs
        self._groups_of: dict[tuple[IdBlock | IdList, ...], tuple[str, ...]] = {}

    @property
    def has_lists(self) -> bool:
        """Whether a file has a list of ids."""
        return any(isinstance(block, IdList) for spec in self.specs for block in spec.blocks)

    @cached_property
    def _listed(self) -> dict[str, str]:
        """The group of each listed id."""
        files: dict[str, list[int]] = {}
        for number, spec in enumerate(self.specs):
            for block in spec.blocks:
                if isinstance(block, IdList):
                    for text_id in block.ids:
                        files.setdefault(text_id, []).append(number)
        # No prefix of an id begins with a line break.
        names: dict[tuple[int, ...], str] = {}
        return {text_id: names.setdefault(tuple(numbers), f"\n{numbers}") for text_id, numbers in files.items()}

    @cached_property
    def groups(self) -> dict[str, list[FileSpec]]:
        """The files of each group."""
        found: dict[str, list[FileSpec]] = {}
        for spec in self.specs:
            for group in self.groups_of(spec):
                found.setdefault(group, []).append(spec)
        return found

    def groups_of(self, spec: FileSpec) -> tuple[str, ...]:
        """Return the groups of a file's ids, in file order."""
        if spec.blocks not in self._groups_of:
            groups: dict[str, None] = {}
            for block in spec.blocks:
                groups |= dict.fromkeys([block.prefix] if isinstance(block, IdBlock) else map(self.group_of, block))
            self._groups_of[spec.blocks] = tuple(groups)
        return self._groups_of[spec.blocks]

    def group_of(self, text_id: str) -> str:
        """Return the group of an id; one that is not in `groups` if the task has no such ids."""
        return self._listed.get(text_id) or id_prefix(text_id)

    def has_form(self, text_id: str) -> bool:
        """Return whether the task has this id or numbered ids with its prefix."""
        return self.group_of(text_id) in self.groups

    def by_group(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return ids by their group, in the order given."""
        groups: dict[str, list[str]] = {}
        for text_id in ids:
            groups.setdefault(self.group_of(text_id), []).append(text_id)
        return groups

    @cached_property
    def _by_lower_case(self) -> dict[str, str]:
        """Listed ids and prefixes of numbered ones that have capitals, by their lower case."""
        return {name.lower(): name for name in (*self._listed, *self.groups) if name != name.lower()}

    def with_capitals(self, text_id: str) -> str:
        """Return the id that an id in lower case may stand for; itself if that has no capitals."""
        prefix = id_prefix(text_id)
        known = self._by_lower_case
        return known.get(text_id) or known.get(prefix, prefix) + text_id[len(prefix) :]
