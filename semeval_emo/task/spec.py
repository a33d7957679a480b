"""The address and the contents of one file of a release."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from semeval_emo.task.ids import IdBlock, IdList, short_hash
from semeval_emo.task.layout import DEFAULT_LAYOUT, FileKey, TaskLayout, fill
from semeval_emo.text import short_repr

OWN_SPLIT = "own-split"
"""The release of a task that was made from a user's own texts."""
OWN_FILE = "own-file"
"""The release of gold labels in a file of the user's own, on which a model of any task is evaluated."""
ARRAYS = "arrays"
"""The release of labels in memory that belong to no task, and the key of the task that is made of them."""
OWN = {OWN_SPLIT: "your own split", OWN_FILE: "your own file", ARRAYS: "your own arrays"}
"""The releases that nobody published, in words."""
LABEL_NOUN = "emotion"
"""What a label is called in tables and plots, if the task does not say it."""
# Number of texts of a file that have a hash of their own.
SAMPLED = 8


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
        blocks: the ids, in file order: numbered ones as blocks, others as lists.
        texts_hash: `short_hash` of ``id<TAB>text`` lines; empty if unknown.
        texts_sample: what identifies the texts of `sample_ids` (`overlap.sample_hash`); empty if unknown.
        labels_hash: `short_hash` of ``id<TAB>label<TAB>...`` lines; empty if the labels are blank or
            unpublished.
        empty: the rule of its track for texts without labels (`Track.empty`).
        neutral: the label that a text has only alone (`Task.neutral`).
        weight: of its language in means over languages (`Track.weights`).
        layout: how its task writes files.
        label_noun: what its task calls a label.
    """

    task: str
    release: str
    track: str
    language: str
    split: str
    emotions: tuple[str, ...]
    values: tuple[str, ...]
    blocks: tuple[IdBlock | IdList, ...]
    texts_hash: str = ""
    labels_hash: str = ""
    texts_sample: str = ""
    empty: int = 0
    neutral: str = ""
    weight: float = 1.0
    layout: TaskLayout = field(default=DEFAULT_LAYOUT, repr=False)
    label_noun: str = LABEL_NOUN

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
        kept = tuple(text_id for text_id in self.ids if text_id in ids)
        return replace(self, blocks=(IdList(len(kept), kept),), texts_hash="", texts_sample="", labels_hash="")

    @property
    def header(self) -> tuple[str, ...]:
        """The header of a prediction file."""
        return self.layout.predictions.header(self.emotions)

    @property
    def file_name(self) -> str:
        """The official file name, such as ``pred_eng.csv``."""
        return fill(self.layout.predictions.name, self.key)

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

    def contradicts_neutral(self, row: Sequence[int]) -> bool:
        """Return whether labels, in the order of `emotions`, have the neutral one beside another."""
        if self.neutral not in self.emotions:
            return False
        return row[self.emotions.index(self.neutral)] > 0 and sum(value > 0 for value in row) > 1

    def __repr__(self) -> str:
        return short_repr(self, task=self.task, place=self.place, rows=self.rows)
