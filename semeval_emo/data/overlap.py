"""Texts that occur in both of two splits, such as test texts that a system was trained on.

Two texts are equal at one of three degrees, each less strict than the one before:

* exact: the same characters
* normalised: the same after NFKC, case folding and single spaces
* letters: the same letters, marks and digits; spaces, punctuation and symbols are ignored

The third degree finds copies with changed punctuation: of the extra Romanian file of the competition,
681 texts occur in the test split at the third degree and 117 at the second.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from semeval_emo.data.labels import Gold
from semeval_emo.errors import UsageError
from semeval_emo.task import short_hash

DEGREES = ("exact", "normalised", "letters")
FIRST_LETTERS, SAMPLE_DIGITS = 12, 3


def normalise(text: str) -> str:
    r"""Return a text in NFKC, case-folded, with single spaces and none at the ends.

    >>> normalise(" Ｗhat\u00a0a  DAY\n")
    'what a day'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Case folding can undo the composition of letters and marks (Unicode 3.13, D146): normalise again.
    return " ".join(unicodedata.normalize("NFKC", folded).split())


class _Letters(dict):
    """A `str.translate` table filled on demand; None deletes a character."""

    def __missing__(self, code: int) -> int | None:
        # Keep marks: without vowel signs, different Devanagari words become equal.
        kept = code if unicodedata.category(chr(code))[0] in "LMN" else None
        self[code] = kept
        return kept


_LETTERS = _Letters()


def letters(text: str) -> str:
    """Return the letters, marks and digits of the normalised text; a text without any is returned whole.

    >>> letters("So -- that's it!"), letters("!!!")
    ('sothatsit', '!!!')
    """
    plain = normalise(text)
    return plain.translate(_LETTERS) or plain


def sample_hash(texts: Iterable[str]) -> str:
    """Return three hex digits for each text, of the SHA-256 of its first twelve `letters`.

    The end of a text does not count, nor do case, spaces and punctuation.

    >>> sample_hash(["So -- that's it, then.", "so thats it th..."]), sample_hash(["Other"])
    ('da49e5', 'd92')
    """
    return "".join(short_hash([letters(text)[:FIRST_LETTERS]])[:SAMPLE_DIGITS] for text in texts)


@dataclass(frozen=True)
class TextMatch:
    """An evaluation text and a training text that are equal at some degree.

    Attributes:
        degree: the strictest of `DEGREES` at which they are equal.
    """

    id: str
    train_id: str
    degree: str


@dataclass(frozen=True)
class Overlap:
    """The texts that training and evaluation data share.

    Attributes:
        rows: number of evaluation texts.
        matches: all pairs of equal texts, in the order of the evaluation texts.
    """

    rows: int
    matches: tuple[TextMatch, ...]

    def ids(self, degree: str = "normalised") -> tuple[str, ...]:
        """Return the ids of the shared evaluation texts, at this degree or a stricter one."""
        degrees = DEGREES[: DEGREES.index(degree) + 1]
        return tuple(dict.fromkeys(match.id for match in self.matches if match.degree in degrees))

    def count(self, degree: str) -> int:
        """Return the number of shared evaluation texts, at this degree or a stricter one."""
        return len(self.ids(degree))

    @property
    def exact(self) -> int:
        """Number of evaluation texts with an exact copy."""
        return self.count("exact")

    @property
    def normalised(self) -> int:
        """Number of evaluation texts with a copy after normalisation."""
        return self.count("normalised")


class Texts:
    """Texts with ids, indexed by their letters.

    Args:
        form: returns the letters of a text; a cached one saves time if texts occur in several objects.
    """

    def __init__(self, ids: Iterable[str], texts: Sequence[str], form: Callable[[str], str] = letters) -> None:
        self.ids = tuple(ids)
        self.texts = texts
        self.form = form

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def letters(self) -> list[str]:
        """The letters of each text."""
        return list(map(self.form, self.texts))

    @cached_property
    def index(self) -> dict[str, list[int]]:
        """Row numbers by letters."""
        rows: dict[str, list[int]] = {}
        for row, form in enumerate(self.letters):
            rows.setdefault(form, []).append(row)
        return rows


def overlap(train: Texts, evaluation: Texts) -> Overlap:
    """Find the evaluation texts that occur in the training texts.

    >>> train = Texts(["t1", "t2"], ["I am glad!", "Rain again."])
    >>> found = overlap(train, Texts(["e1", "e2", "e3"], ["rain again.", "I am glad", "New"]))
    >>> found.exact, found.normalised, found.count("letters"), found.ids()
    (0, 1, 2, ('e1',))
    """
    index = train.index
    matches = tuple(
        TextMatch(evaluation.ids[at], train.ids[row], _degree(evaluation.texts[at], train.texts[row]))
        for at, form in enumerate(evaluation.letters)
        for row in index.get(form, ())
    )
    return Overlap(len(evaluation), matches)


def _degree(one: str, other: str) -> str:
    """Return the strictest degree at which two texts with the same letters are equal."""
    if one == other:
        return "exact"
    return "normalised" if normalise(one) == normalise(other) else "letters"


def leaks(train: Gold | Sequence[Gold], evaluation: Gold) -> Overlap:
    """Find the texts of an evaluation split that occur in training data.

    Raises:
        UsageError: a file has no texts.

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
                f"{side.source} has labels only, so overlap cannot be checked.", "use a folder that has the texts"
            )
    return Texts([i for side in sides for i in side.ids], [text for side in sides for text in side.texts or ()])
