"""Texts that stand on both sides: what a system may have read before it was evaluated.

Three degrees, each wider than the one before:

* exact: the same characters
* normalised: the same after NFKC, case folding and single spaces
* letters: the same letters, marks and digits; spaces, punctuation and symbols do not count

The third finds copies that an earlier cleaning made hard to see: 681 texts of the stray Romanian
file of the competition stand in its test split without their punctuation, 117 by the second degree.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from semeval_emo.data.gold import Gold
from semeval_emo.errors import UsageError

DEGREES = ("exact", "normalised", "letters")


def normalise(text: str) -> str:
    r"""NFKC, case folded, runs of white space as one space, none at the ends.

    >>> normalise(" Ｗhat\u00a0a  DAY\n")
    'what a day'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Folding can undo the composition of letters and marks (Unicode 3.13, D146), so it is done again.
    return " ".join(unicodedata.normalize("NFKC", folded).split())


class _Letters(dict):
    """A `str.translate` table that learns each character once: None deletes it."""

    def __missing__(self, code: int) -> int | None:
        # Marks are kept: without its vowel signs a Devanagari word is another word.
        kept = code if unicodedata.category(chr(code))[0] in "LMN" else None
        self[code] = kept
        return kept


_LETTERS = _Letters()


def letters(text: str) -> str:
    """The letters, marks and digits of the normalised text; a text without any stays whole.

    >>> letters("So -- that's it!"), letters("!!!")
    ('sothatsit', '!!!')
    """
    plain = normalise(text)
    return plain.translate(_LETTERS) or plain


@dataclass(frozen=True)
class Pair:
    """A text of the evaluation side and a copy of it on the training side.

    Attributes:
        id: on the evaluation side.
        train_id: on the training side.
        degree: the narrowest of `DEGREES` at which they are the same.
    """

    id: str
    train_id: str
    degree: str


@dataclass(frozen=True)
class Overlap:
    """What a training side and an evaluation side share.

    Attributes:
        rows: how many texts the evaluation side has.
        pairs: every text with every copy, in the order of the evaluation side.
    """

    rows: int
    pairs: tuple[Pair, ...]

    def ids(self, degree: str = "normalised") -> tuple[str, ...]:
        """The ids of the evaluation texts that are the same at this degree or a narrower one."""
        return tuple(dict.fromkeys(pair.id for pair in self._up_to(degree)))

    def train_ids(self, degree: str = "normalised") -> tuple[str, ...]:
        """The ids of their copies on the training side, each once."""
        return tuple(dict.fromkeys(pair.train_id for pair in self._up_to(degree)))

    def count(self, degree: str) -> int:
        """How many evaluation texts are the same at this degree or a narrower one."""
        return len(self.ids(degree))

    def _up_to(self, degree: str) -> list[Pair]:
        wide = DEGREES.index(degree)
        return [pair for pair in self.pairs if DEGREES.index(pair.degree) <= wide]

    @property
    def exact(self) -> int:
        """How many evaluation texts are the same to the character."""
        return self.count("exact")

    @property
    def normalised(self) -> int:
        """How many evaluation texts are the same once normalised."""
        return self.count("normalised")


class Texts:
    """Texts with ids, looked up by their letters; the forms are worked out once and kept."""

    def __init__(self, ids: Iterable[str], texts: Sequence[str], form: Callable[[str], str] = letters) -> None:
        self.ids = tuple(ids)
        self.texts = texts
        self.form = form

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def letters(self) -> list[str]:
        """Every text in its widest form."""
        return list(map(self.form, self.texts))

    @cached_property
    def index(self) -> dict[str, list[int]]:
        """Row numbers by widest form."""
        found: dict[str, list[int]] = {}
        for at, form in enumerate(self.letters):
            found.setdefault(form, []).append(at)
        return found


def overlap(train: Texts, evaluation: Texts) -> Overlap:
    """Which evaluation texts stand on the training side.

    >>> train = Texts(["t1", "t2"], ["I am glad!", "Rain again."])
    >>> found = overlap(train, Texts(["e1", "e2", "e3"], ["rain again.", "I am glad", "New"]))
    >>> found.exact, found.normalised, found.count("letters"), found.train_ids()
    (0, 1, 2, ('t2',))
    """
    known = train.index
    pairs = tuple(
        Pair(evaluation.ids[at], train.ids[row], _degree(evaluation.texts[at], train.texts[row]))
        for at, form in enumerate(evaluation.letters)
        for row in known.get(form, ())
    )
    return Overlap(len(evaluation), pairs)


def _degree(one: str, other: str) -> str:
    """The narrowest degree of two texts whose letters are the same."""
    if one == other:
        return "exact"
    return "normalised" if normalise(one) == normalise(other) else "letters"


def leaks(train: Gold | Sequence[Gold], evaluation: Gold) -> Overlap:
    """Which texts of an evaluation split a system trained on `train` has read.

    Raises:
        UsageError: a side has no texts.

    >>> from semeval_emo.data import load_gold
    >>> leaks(load_gold("a", "eng", "train", source="sample"), load_gold("a", "eng", source="sample")).normalised
    0
    """
    sides = [train] if isinstance(train, Gold) else list(train)
    return overlap(_texts(sides), _texts([evaluation]))


def _texts(sides: Sequence[Gold]) -> Texts:
    for side in sides:
        if side.texts is None:
            raise UsageError(
                f"{side.source} has labels only, so overlap cannot be looked for.", "use a folder that has the texts"
            )
    return Texts([i for side in sides for i in side.ids], [text for side in sides for text in side.texts or ()])
