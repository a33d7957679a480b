"""Classes that describe a shared task: tracks, languages, files, releases.

Every value comes from a TOML file (`task11.toml`, `sample.toml`); code never names a language or an
emotion. Where texts, gold labels and predictions are stored is not part of a task.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError, suggest
from semeval_emo.task.index import IdIndex
from semeval_emo.task.layout import DEFAULT_LAYOUT, FileKey, TaskLayout
from semeval_emo.task.spec import LABEL_NOUN, OWN_SPLIT, FileSpec
from semeval_emo.task.tracks import Language, OfficialScorer, Track
from semeval_emo.text import alternatives, short_repr

SPLITS = ("train", "dev", "test")

METRICS_OF_LABELS = (
    "macro_f1", "macro_precision", "macro_recall", "micro_f1", "micro_precision", "micro_recall", "samples_f1",
    "jaccard", "exact_match", "hamming_loss",
)  # fmt: skip
"""The official metrics that a track with two values can have, names of `semeval_emo.scoring`."""
METRICS_OF_INTENSITIES = ("pearson", "spearman", "mae")
"""The official metrics that a track with more values can have."""


PIN_FILES = "write the output of `semeval-emo data pin FOLDER` under [releases.NAME.files] of its task file"
"""The remedy for a task without files."""


@dataclass(frozen=True)
class Selector:
    """Selects files of a task by their address; None selects everything.

    Attributes:
        task: a `Task`, its name or its TOML file; None for the task that the ids belong to.

    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("a", "eng", "test")
    >>> Selector(track="a").matches(spec), Selector(track="a", split="dev").matches(spec)
    (True, False)
    """

    task: Task | str | None = None
    track: str | None = None
    language: str | None = None
    split: str | None = None
    release: str | None = None

    @property
    def address(self) -> dict[str, str]:
        """The names that are set, without the task: ``{"track": "a", "split": "dev"}``."""
        names = ("track", "language", "split", "release")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def keywords(self) -> dict[str, Any]:
        """All fields, as keyword arguments of functions such as `semeval_emo.score`."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def matches(self, spec: FileSpec | FileKey) -> bool:
        """Return whether a file has this address; a `FileKey` has no task and no release to compare."""
        if isinstance(spec, FileSpec) and isinstance(self.task, Task) and self.task.key != spec.task:
            return False
        return all(getattr(spec, name, value) == value for name, value in self.address.items())

    def of(self, task: Task) -> Selector:
        """Return the same selector with names as a task writes them.

        Raises:
            UsageError: a name that the task does not have, or a release that cannot be scored.
        """
        if self.split is not None and self.split not in task.splits:
            remedy = suggest(self.split, task.splits) or f"use one of: {', '.join(task.splits)}"
            raise UsageError(f"There is no split '{self.split}'.", remedy)
        if self.release is not None and (refused := task.release(self.release).refused):
            raise UsageError(
                f"Files of release {self.release} cannot be checked: {refused}.",
                f"use one of: {', '.join(key for key, one in task.releases.items() if not one.refused)}",
            )
        track = None if self.track is None else task.track(self.track).key
        language = None if self.language is None else task.language(self.language).code
        return replace(self, task=task, track=track, language=language)


@dataclass(frozen=True)
class Release:
    """A published version of the data. The same id can belong to different texts in different releases.

    Attributes:
        key: short name, such as ``2025``.
        refused: why files of this release cannot be scored; empty if they can.
        signs: how files of a refused release are recognised: ``capitalised_header``, row counts (``rows``), names of
            files without suffix (``names``, with ``{language}`` and ``{track}``) and old language codes (``codes``).
        specs: all files, by track, language and split.
        hub: dataset repositories on the Hugging Face hub, by track.
    """

    key: str
    title: str
    published: str
    source: str
    note: str = ""
    refused: str = ""
    signs: dict = field(default_factory=dict)
    specs: dict[FileKey, FileSpec] = field(default_factory=dict, repr=False)
    hub: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return short_repr(self, key=self.key, title=self.title, files=len(self.specs))


def _names(language: Language) -> set[str]:
    """Return the names of a language in lower case: the whole one and its parts.

    >>> sorted(_names(Language("ptbr", "Portuguese (Brazilian)", "", "")))
    ['brazilian', 'portuguese', 'portuguese (brazilian)']
    """
    whole = language.name.lower()
    parts = [part.strip() for part in re.split("[()]", whole) if part.strip()]
    return {whole, *parts, *(part.split()[-1] for part in parts[:1])}


@dataclass(frozen=True, eq=False)
class Task:
    """A shared task, as `load_task` returns it.

    Attributes:
        key: short name (``semeval-2025-task-11``, ``sample``).
        emotions: all emotions of the task, in order.
        aliases: other language codes in use, and the task's codes that an error message suggests for them.
        synonyms: other names of the emotions (``happiness``), and the emotion that an error message suggests for them.
        id_prefix, id_width: the form of ids unless a release defines its own: text with ``{language}``,
            ``{split}`` and ``{track}``, as in `fill`, then a zero-padded number.
        scorers: the official scorers, by name.
        neutral: the label that a text has only alone; empty if there is none.
        notes: what to know about problems of prediction files in this task, by their names in the catalogue.
        file: its TOML file; None if it was built from tables.
        data: the folder of its texts and labels, if the file names one.
        leaderboard: the folder of its leaderboard rows, if the file names one.
        layout: how it names and writes files.
        splits: its splits, in the order in which they are shown; the zoo trains on ``train``, selects on ``dev`` and
            predicts ``test``.
        tokens: mean number of tokens of a text, by language; used for estimates only.
        label_noun: what a label is called in tables and plots, such as ``type``; its plural has an s.
    """

    key: str
    title: str
    emotions: tuple[str, ...]
    tracks: dict[str, Track]
    languages: dict[str, Language]
    releases: dict[str, Release]
    default_release: str
    aliases: dict[str, tuple[str, ...]]
    cite: str = ""
    id_prefix: str = ""
    id_width: int = 0
    scorers: dict[str, OfficialScorer] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    neutral: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    data: Path | None = None
    leaderboard: Path | None = None
    layout: TaskLayout = DEFAULT_LAYOUT
    splits: tuple[str, ...] = SPLITS
    label_noun: str = LABEL_NOUN
    tokens: dict[str, float] = field(default_factory=dict)

    @property
    def is_own_split(self) -> bool:
        """Whether the task was made from a user's own texts."""
        return self.default_release == OWN_SPLIT

    @property
    def is_on_hub(self) -> bool:
        """Whether a release has datasets on the Hugging Face hub."""
        return any(release.hub for release in self.releases.values())

    def track(self, key: str) -> Track:
        """Return a track by its letter, in upper or lower case, with or without ``track_``.

        Raises:
            UsageError: no track has this name.
        """
        found = self.tracks.get(key.lower().removeprefix("track_").removeprefix("track").strip())
        if found is None:
            raise UsageError(
                f"There is no track '{key}' in {self.title}.",
                f"use one of: {', '.join(self.tracks)}",
            )
        return found

    def language(self, code: str) -> Language:
        """Return a language by its exact code.

        Raises:
            UsageError: no language has this code; the error suggests a similar one.
        """
        found = self.languages.get(code)
        if found is None:
            raise UsageError(f"There is no language '{code}' in {self.title}.", self.hint(code))
        return found

    def hint(self, code: str) -> str:
        """Return advice for an unknown language code."""
        low = code.lower()
        if low in self.languages:
            return f"codes are lower-case: use '{low}'"
        if low in self.aliases:
            first, *others = self.aliases[low]
            verb = "has" if others else "calls"
            codes = " and ".join(f"{self.languages[own].name} '{own}'" for own in (first, *others))
            return f"this task {verb} {codes}, not '{code}'"
        if named := [f"'{own}'" for own, language in self.languages.items() if low in _names(language)]:
            return f"use the code {alternatives(named)}"
        near = suggest(low, self.languages)
        return near or f"known codes: {', '.join(self.languages)}"

    def label_hint(self, name: str, labels: Sequence[str]) -> str:
        """Return which of these labels a column name may stand for, as a question; empty if that is not clear.

        Synonyms are looked up before misspellings: *happiness* is spelt like *sadness*, but means *joy*.

        >>> from semeval_emo.task import load_task
        >>> task = load_task()
        >>> [task.label_hint(name, task.emotions) for name in ("happiness", "suprise", "trust")]
        ["did you mean 'joy'?", "did you mean 'surprise'?", '']
        """
        name = unicodedata.normalize("NFC", name).casefold()
        if name in self.synonyms:
            return f"did you mean '{self.synonyms[name]}'?" if self.synonyms[name] in labels else ""
        return suggest(name, labels, spelling=True)

    def release(self, key: str | None = None) -> Release:
        """Return a release by name; None for the default release.

        Raises:
            UsageError: no release has this name.
        """
        found = self.releases.get(key or self.default_release)
        if found is None:
            raise UsageError(
                f"There is no release '{key}' of {self.title}.",
                f"use one of: {', '.join(self.releases)}",
            )
        return found

    def spec(self, track: str, language: str, split: str, release: str | None = None) -> FileSpec:
        """Return the file at an address.

        Raises:
            UsageError: an unknown name, or a file that the release does not have.
        """
        found_release = self.release(release)
        found_track = self.track(track)
        self.language(language)
        found = found_release.specs.get(FileKey(found_track.key, language, split))
        if found is None:
            languages = sorted({s.language for s in self.specs(found_release.key, found_track.key, split=split)})
            splits = [s.split for s in self.specs(found_release.key, found_track.key, language)]
            remedy = f"its splits: {', '.join(splits)}" if splits else PIN_FILES
            raise UsageError(
                f"Release {found_release.key} has no {split} file of track {found_track.key} for '{language}'.",
                f"languages of this release: {', '.join(languages)}" if languages else remedy,
            )
        return found

    def specs(
        self,
        release: str | None = None,
        track: str | None = None,
        language: str | None = None,
        split: str | None = None,
    ) -> list[FileSpec]:
        """Return all matching files, in the order of the task. `release` None selects all releases."""
        releases = [self.release(release)] if release else list(self.releases.values())
        address = Selector(track=track, language=language, split=split).address
        if len(address) == 3:
            found = (one.specs.get(FileKey(**address)) for one in releases)
            return [spec for spec in found if spec is not None]
        return [
            spec
            for one in releases
            for spec in one.specs.values()
            if all(getattr(spec, name) == value for name, value in address.items())
        ]

    @cached_property
    def id_index(self) -> IdIndex:
        """The ids of all files."""
        return IdIndex(self.specs())

    def places(self, some_id: str) -> list[FileSpec]:
        """Return all files that have this id or, if ids are numbered, its prefix; those of the default release first.

        The number is ignored, so an id beyond the last row of a file still finds the file.

        >>> from semeval_emo.task import load_task
        >>> [s.place for s in load_task().places("amh_dev_track_b_00007")][0]
        '2025 track b amh dev'
        """
        found = self.id_index.groups.get(self.id_index.group_of(some_id), [])
        return sorted(found, key=lambda spec: spec.release != self.default_release)

    def __repr__(self) -> str:
        return short_repr(
            self,
            key=self.key,
            title=self.title,
            tracks=tuple(self.tracks),
            languages=len(self.languages),
            releases=tuple(self.releases),
        )
