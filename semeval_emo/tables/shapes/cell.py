"""Read the labels of a cell or of an answer: which labels it names, and with which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semeval_emo.tables.shapes.entries import Entry, read_entries
from semeval_emo.tables.shapes.shape import Vocabulary, folded

MISSING = frozenset({"nan", "null", "na", "n/a", "<na>", "#n/a", "nat"})
CACHE_SIZE = 50_000


@dataclass(frozen=True)
class NamedLabels:
    """The labels that a cell names.

    Attributes:
        values: the value of each label as text, in the order of the cell; empty for a name alone.
        unknown: the first name that is no label; empty if all are.
        is_blank: True if the cell is empty or says that the value is missing.
        is_none: True if it says in words that no label applies.
        is_list: True if it is a list, also an empty one, or has several names.
        synonyms: the names that are not the label's own, by label.
    """

    values: dict[str, str] = field(default_factory=dict)
    unknown: str = ""
    is_blank: bool = False
    is_none: bool = False
    is_list: bool = False
    synonyms: dict[str, str] = field(default_factory=dict)

    @property
    def is_valued(self) -> bool:
        """True if labels have values."""
        return any(self.values.values())


class CellReader:
    """Reads cells that name labels, and remembers them.

    >>> reader = CellReader(Vocabulary(("anger", "joy"), {"happy": "joy"}))
    >>> reader.read("['Happy']").values, reader.read("none").values, reader.read("trust").unknown
    ({'joy': ''}, {}, 'trust')
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._cells: dict[str, NamedLabels] = {}

    def read(self, text: str) -> NamedLabels:
        """Return the labels of a cell."""
        named = self._cells.get(text)
        if named is None:
            named = self._read(text)
            if len(self._cells) < CACHE_SIZE:
                self._cells[text] = named
        return named

    def _read(self, text: str) -> NamedLabels:
        stripped = text.strip()
        if not stripped or stripped.casefold() in MISSING:
            return NamedLabels(is_blank=True)
        entries = read_entries(stripped, self._is_known)
        if entries is None:
            return NamedLabels(unknown=stripped)
        return named_labels(entries, self.vocabulary, len(entries) != 1 or stripped[0] in "[{(")

    def _is_known(self, word: str) -> bool:
        return self.vocabulary.label_of(word) is not None or self.vocabulary.is_none(word)


def named_labels(entries: Sequence[Entry], vocabulary: Vocabulary, is_list: bool = False) -> NamedLabels:
    """Return the labels of some names with their values."""
    values: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    nones: list[Entry] = []
    for name, value in entries:
        label = vocabulary.label_of(name)
        if label is None:
            if not vocabulary.is_none(name):
                return NamedLabels(unknown=name or "''")
            nones.append((name, value))
            continue
        text = _value(value, vocabulary)
        if values.setdefault(label, text) != text:
            return NamedLabels(unknown=f"{name}: {value}")
        if folded(name) != folded(label):
            synonyms[label] = name
    # "neutral" among names contradicts them; among values it is one more column.
    if any(value is None for _, value in nones) and (values or len(nones) > 1):
        return NamedLabels(unknown=nones[0][0])
    return NamedLabels(values, is_none=bool(nones) and not values, is_list=is_list, synonyms=synonyms)


def _value(value: str | None, vocabulary: Vocabulary) -> str:
    if value is None:
        return ""
    if vocabulary.is_binary and value.casefold() in ("true", "false"):
        return str(int(value.casefold() == "true"))
    return value.strip() or "nan"
