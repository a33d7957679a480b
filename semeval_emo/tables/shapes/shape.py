"""A recognised shape, and the words that label columns and cells may have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from semeval_emo.tables.table import Row

# A label cell of a row whose labels are unknown, which has been reported already.
REPORTED = "\0reported"

# What a cell says where no label applies. A label of this name is a label.
NO_LABEL = frozenset(
    {"none", "neutral", "neutrality", "no emotion", "no emotions", "noemotion", "none of these", "none of them"}
    | {"none of the above", "no label", "no labels", "neither", "nothing", "no specific emotion", "emotionless"}
    | {"no clear emotion", "no strong emotion", "none of these emotions", "none of the emotions", "not emotional"}
)

# Records a problem of the catalogue: `Findings.add`.
AddProblem = Callable[..., None]
Convert = Callable[[Iterable[Row], AddProblem], Iterator[Row]]


@dataclass(frozen=True)
class Vocabulary:
    """What labels are called and which values they have.

    Attributes:
        labels: the expected labels, in order.
        synonyms: other names in lower case, and the label of each.
        values: the allowed values as texts, lowest first.
        is_id: returns whether a cell has the form of an id; by default none has.
        possible: the labels that the file can have, if it is not known which: those of each language.
        labels_of: returns the labels of the file that an id belongs to; none if it is not known, or they are `labels`.
    """

    labels: tuple[str, ...]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ("0", "1")
    is_id: Callable[[str], bool] = lambda cell: False
    possible: tuple[tuple[str, ...], ...] = ()
    labels_of: Callable[[str], Collection[str]] = lambda text_id: ()

    @property
    def is_binary(self) -> bool:
        """True if the labels are 0 and 1, False if they are intensities."""
        return len(self.values) == 2

    @property
    def needs_degrees(self) -> bool:
        """True if a name alone is not enough, because the file is known to have intensities."""
        return not self.is_binary and not self.possible

    def label_of(self, name: str) -> str | None:
        """Return the label that a name stands for, in any case, or None.

        >>> Vocabulary(("anger", "joy"), {"happiness": "joy"}).label_of(" Happiness ")
        'joy'
        """
        word = folded(name)
        label = self._spelling.get(word) or self.synonyms.get(word)
        return label if label in self.labels else None

    @cached_property
    def _spelling(self) -> dict[str, str]:
        return {folded(label): label for label in self.labels}

    def is_none(self, name: str) -> bool:
        """Return whether a name says that no label applies."""
        word = folded(name)
        return word in NO_LABEL and word not in self._spelling


def folded(name: str) -> str:
    """Return a name in lower case, with single spaces for spaces, underscores, hyphens and slashes.

    >>> folded(" No_Emotion"), folded("Joy/Fun")
    ('no emotion', 'joy fun')
    """
    word = unicodedata.normalize("NFC", name).casefold()
    return " ".join(re.split(r"[\s_/-]+", word)).strip()


@dataclass(frozen=True)
class Shape:
    """A shape other than one column per label.

    Attributes:
        problem: its name in the catalogue of problems.
        facts: what the templates of the problem need, such as `line`, `column`, `value`.
        header: the header of the converted rows.
        convert: takes the rows after the header and `AddProblem`, and yields rows with the cells of `header`. A row
            whose labels cannot be read has `REPORTED` in their cells.
        is_decided: False if a decision of the user is missing; all label cells that depend on it are `REPORTED` then.
        has_header: False if the first row of the file is data, which has to be among the converted rows.
        repair: what `fix` does in this file; empty if the catalogue says it.
        is_renamed: True if `header` still has every other column of the file, so that it is checked as usual; False if
            it is ``id``, the labels in order and, if the table has them, ``text``.
    """

    problem: str
    facts: Mapping[str, Any]
    header: tuple[str, ...]
    convert: Convert
    is_decided: bool = True
    has_header: bool = True
    repair: str = ""
    is_renamed: bool = False
