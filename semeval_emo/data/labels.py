"""Gold labels in memory, with their texts and their origin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from semeval_emo.tables.frames import data_frame
from semeval_emo.tables.results import Result
from semeval_emo.task import FileSpec, short_hash
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame


@dataclass(frozen=True, eq=False)
class Gold(Result):
    """Texts and gold labels of one file.

    Attributes:
        spec: the file that was asked for. Its release is ``unknown`` if the labels are unverified.
        ids: in the official order, ``spec.ids``, whatever the order of the file is; in file order if the
            file has other ids.
        texts: one for each id; None if the file has labels only.
        labels: shape (n, L), int8, a row for each id, columns in the order of `spec.emotions`; -1 for a
            blank cell if blanks are allowed.
        source: the path, or repository and revision on the hub, for messages.
        releases: all releases that the file belongs to, the default first; empty if unknown.
        note: a warning about the rows; may be empty.
        unverified: how the labels differ from those of the release; empty unless that was accepted.
    """

    spec: FileSpec
    ids: tuple[str, ...]
    texts: tuple[str, ...] | None
    labels: np.ndarray
    source: str
    releases: tuple[str, ...]
    note: str = ""
    unverified: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def hash(self) -> str:
        """`short_hash` of ``id<TAB>label<TAB>...`` lines in the order of ids."""
        rows = ("\t".join(map(str, row)) for row in self.labels.tolist())
        return short_hash(sorted(f"{i}\t{row}" for i, row in zip(self.ids, rows, strict=True)))

    def to_frame(self) -> DataFrame:
        """Return the ids, the texts if there are any, and a column of labels for each emotion."""
        columns = {} if self.texts is None else {"text": list(self.texts)}
        labels = {name: self.labels[:, i] for i, name in enumerate(self.spec.emotions)}
        return data_frame({"id": list(self.ids)} | columns | labels)

    def __repr__(self) -> str:
        return short_repr(self, place=self.spec.place, rows=len(self), source=self.source)
