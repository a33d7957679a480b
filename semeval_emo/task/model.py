"""Classes that describe a shared task: tracks, languages, files, releases.

Every value comes from a TOML file (`task11.toml`, `sample.toml`); code never names a language or an
emotion. Where texts, gold labels and predictions are stored is not part of a task.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from semeval_emo.errors import UsageError, suggest
from semeval_emo.parse import ShapeError
from semeval_emo.task.tracks import Language, OfficialScorer, Track
from semeval_emo.text import alternatives, printable, short_repr

SPLITS = ("train", "dev", "test")
OWN_SPLIT = "own-split"
"""The release of a task that was made from a user's own texts."""
OWN_FILE = "own-file"
"""The release of gold labels in a file of the user's own, on which a model of any task is evaluated."""
OWN = {OWN_SPLIT: "your own split", OWN_FILE: "your own file"}
"""The releases that nobody published, in words."""
# Number of texts of a file that have a hash of their own.
SAMPLED = 8

METRICS_OF_LABELS = (
    "macro_f1", "macro_precision", "macro_recall", "micro_f1", "micro_precision", "micro_recall", "samples_f1",
    "jaccard", "exact_match", "hamming_loss",
)  # fmt: skip
"""The official metrics that a track with two values can have, names of `semeval_emo.scoring`."""
METRICS_OF_INTENSITIES = ("pearson", "spearman", "mae")
"""The official metrics that a track with more values can have."""


def short_hash(lines: Iterable[str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of newline-joined lines, in the order given.

    >>> short_hash(["a", "b"])
    '7e18f737311b2dc3'
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


PIN_FILES = "write the output of `semeval-emo data pin FOLDER` under [releases.NAME.files] of its task file"
"""The remedy for a task without files."""
NO_NUMBER = -1


def listed_block(text_id: str) -> IdBlock:
    """Return the block of a single id, such as one that ends in a hash.

    >>> [list(listed_block(text_id)) for text_id in ("eng_67ae07", "eng_67ae")]
    [['eng_67ae07'], ['eng_67ae']]
    """
    prefix = text_id.rstrip("0123456789")
    digits = text_id[len(prefix) :]
    return IdBlock(prefix, len(digits), int(digits), int(digits)) if digits else IdBlock(text_id, NO_NUMBER, 0, 0)


@dataclass(frozen=True)
class IdBlock:
    """Consecutive ids: a prefix and a zero-padded number from `first` to `last`, without `skip`.

    Attributes:
        width: of the number; `NO_NUMBER` for a single id that is the prefix itself.

    >>> list(IdBlock("eng_dev_track_a_", 5, 1, 3, skip=(2,)))
    ['eng_dev_track_a_00001', 'eng_dev_track_a_00003']
    """

    prefix: str
    width: int
    first: int
    last: int
    skip: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.last - self.first + 1 - len(self.skip)

    def __iter__(self) -> Iterator[str]:
        skip = frozenset(self.skip)
        for number in range(self.first, self.last + 1):
            if number not in skip:
                yield self.id_of(number)

    def id_of(self, number: int) -> str:
        """Return the id with a number."""
        return self.prefix if self.width == NO_NUMBER else f"{self.prefix}{number:0{self.width}d}"


class FileKey(NamedTuple):
    """The address of a file within a release."""

    track: str
    language: str
    split: str


def prefix_of(form: str, place: FileKey) -> str:
    """Return the prefix of a file's ids: a form with ``{track}``, ``{language}`` and ``{split}`` replaced.

    >>> prefix_of("{language}_{split}_track_{track}_", FileKey("a", "eng", "test"))
    'eng_test_track_a_'

    Raises:
        ShapeError: another placeholder.
    """
    # Not `str.format`: the form comes from a file, and its fields can read attributes and pad without limit.
    values = place._asdict()
    known = [f"{{{name}}}" for name in values]
    unknown = [name for name in re.findall(r"\{[^{}]*\}?|\}", form) if name not in known]
    if unknown:
        names = ", ".join(known)
        raise ShapeError(f"the prefix of ids has '{printable(unknown[0])}', expected {names} or no braces")
    return re.sub(r"\{(\w+)\}", lambda name: values[name[1]], form)


def release_words(key: str) -> str:
    """Return a release in words.

    >>> release_words("2025"), release_words("own-split")
    ('release 2025', 'your own split')
    """
    return OWN.get(key, f"release {key}")


@dataclass(frozen=True)
class FileSpec:
    """The contents of one file of a release: checks and joins start from it.

    Attributes:
        task, release, track, language, split: the address of the file.
        emotions: label columns in the official order.
        blocks: the ids, in file order.
        texts_hash: `short_hash` of ``id<TAB>text`` lines; empty if unknown.
        texts_sample: what identifies the texts of `sample_ids` (`overlap.sample_hash`); empty if unknown.
        labels_hash: `short_hash` of ``id<TAB>label<TAB>...`` lines; empty if the labels are blank or
            unpublished.
        empty: the rule of its track for texts without labels (`Track.empty`).
    """

    task: str
    release: str
    track: str
    language: str
    split: str
    emotions: tuple[str, ...]
    values: tuple[str, ...]
    blocks: tuple[IdBlock, ...]
    texts_hash: str = ""
    labels_hash: str = ""
    texts_sample: str = ""
    empty: int = 0

    @property
    def rows(self) -> int:
        """Number of texts."""
        return sum(len(block) for block in self.blocks)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All ids, in file order."""
        return tuple(i for block in self.blocks for i in block)

    @cached_property
    def id_set(self) -> frozenset[str]:
        """All ids as a set."""
        return frozenset(self.ids)

    @cached_property
    def sample_ids(self) -> tuple[str, ...]:
        """The ids of `texts_sample`: at most 8, evenly spaced."""
        last = len(self.ids) - 1
        return tuple(dict.fromkeys(self.ids[at * last // (SAMPLED - 1)] for at in range(SAMPLED)))

    @cached_property
    def ids_hash(self) -> str:
        """`short_hash` of the sorted ids."""
        return short_hash(sorted(self.ids))

    def only(self, ids: Collection[str]) -> FileSpec:
        """Return the file with these of its ids only; hashes of the whole file are left out.

        >>> from semeval_emo.task import load_task
        >>> load_task().spec("a", "eng", "dev").only({"eng_dev_track_a_00003", "eng_dev_track_a_00001"}).ids
        ('eng_dev_track_a_00001', 'eng_dev_track_a_00003')
        """
        blocks = tuple(
            replace(block, skip=tuple(n for n in range(block.first, block.last + 1) if block.id_of(n) not in ids))
            for block in self.blocks
        )
        return replace(self, blocks=blocks, texts_hash="", texts_sample="", labels_hash="")

    @property
    def header(self) -> tuple[str, ...]:
        """The header of a prediction file."""
        return ("id", *self.emotions)

    @property
    def file_name(self) -> str:
        """The official file name, such as ``pred_eng.csv``."""
        return f"pred_{self.language}.csv"

    @property
    def key(self) -> FileKey:
        """Track, language and split."""
        return FileKey(self.track, self.language, self.split)

    @property
    def address(self) -> dict[str, str]:
        """Release, track, language and split, as keyword arguments and in JSON."""
        return {"release": self.release, **self.key._asdict()}

    @property
    def place(self) -> str:
        """The address in words, such as ``2025 track a eng test``."""
        if self.release in OWN:
            split = self.split if self.release == OWN_SPLIT else ""
            return f"{release_words(self.release)}, track {self.track} {split}".rstrip()
        # Without "release", "200 rows of 1 track a" would read as a count.
        release = f"release {self.release}" if self.release.isdigit() and len(self.release) < 4 else self.release
        return f"{release} track {self.track} {self.language} {self.split}"

    def __repr__(self) -> str:
        return short_repr(self, task=self.task, place=self.place, rows=self.rows)


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
        if self.split is not None and self.split not in SPLITS:
            remedy = suggest(self.split, SPLITS) or f"use one of: {', '.join(SPLITS)}"
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
            ``{split}`` and ``{track}``, as in `prefix_of`, then a zero-padded number.
        scorers: the official scorers, by name.
        file: its TOML file; None if it was built from tables.
        data: the folder of its texts and labels, if the file names one.
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
    file: Path | None = None
    data: Path | None = None

    @property
    def is_own_split(self) -> bool:
        """Whether the task was made from a user's own texts."""
        return self.default_release == OWN_SPLIT

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
        selector = Selector(track=track, language=language, split=split)
        return [spec for one in releases for spec in one.specs.values() if selector.matches(spec)]

    @cached_property
    def by_prefix(self) -> dict[str, list[FileSpec]]:
        """Files by the prefix of their ids (the part before the number)."""
        found: dict[str, list[FileSpec]] = {}
        for spec in self.specs():
            for prefix in dict.fromkeys(block.prefix for block in spec.blocks):
                found.setdefault(prefix, []).append(spec)
        return found

    def places(self, some_id: str) -> list[FileSpec]:
        """Return all files whose ids have the prefix of this one, those of the default release first.

        The number is ignored, so an id beyond the last row of a file still finds the file.

        >>> from semeval_emo.task import load_task
        >>> [s.place for s in load_task().places("amh_dev_track_b_00007")][0]
        '2025 track b amh dev'
        """
        found = self.by_prefix.get(some_id.rstrip("0123456789"), [])
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
