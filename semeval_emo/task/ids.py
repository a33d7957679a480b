"""Ids of texts: blocks of consecutive numbers, and lists in the order of their file."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from semeval_emo.errors import InputError
from semeval_emo.text import plural, printable

DIGITS = "0123456789"
MOST_BYTES = 2**26
"""Limit of the size of the ids of one file."""
LONGEST_PREFIX = 200
"""Characters of the part of an id before its number."""
LONGEST_NUMBER = 64
"""Digits of the number of an id."""


def short_hash(lines: Iterable[str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of newline-joined lines, in the order given.

    >>> short_hash(["a", "b"])
    '7e18f737311b2dc3'
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def id_prefix(text_id: str) -> str:
    """Return the part of an id before its number.

    >>> id_prefix("eng_test_track_a_00001")
    'eng_test_track_a_'
    """
    return text_id.rstrip(DIGITS)


def is_listed_id(text_id: str) -> bool:
    r"""Return whether a text can be an id.

    >>> [is_listed_id(text) for text in ("eebbqej", "", "a\nb")]
    [True, False, False]
    """
    digits = len(text_id) - len(id_prefix(text_id))
    return 0 < len(text_id) <= LONGEST_PREFIX and digits <= LONGEST_NUMBER and text_id.isprintable()


@dataclass(frozen=True)
class IdBlock:
    """Consecutive ids: a prefix and a zero-padded number from `first` to `last`, without `skip`.

    Attributes:
        width: of the number.

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
        return f"{self.prefix}{number:0{self.width}d}"


@dataclass(frozen=True)
class IdList:
    """Ids without a form, such as hashes or shuffled numbers, in the order of their file.

    Attributes:
        rows: their number.
        given: the ids; empty if they are in a file.
        path: the file with an id on each line, compressed with gzip; it is read when the ids are needed.
        hash: `short_hash` of the ids in that file.
        toml: the task file that names it.

    >>> list(IdList(2, ("eebbqej", "ed00q6i")))
    ['eebbqej', 'ed00q6i']
    """

    rows: int
    given: tuple[str, ...] = field(default=(), repr=False)
    path: Path | None = None
    hash: str = ""
    toml: Path | None = None

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All ids.

        Raises:
            InputError: the file cannot be read, or has other ids, an id twice, or a line that is no id.
        """
        if self.path is None:
            return self.given
        again = f"semeval-emo data pin FOLDER --task {self.toml} --force"
        try:
            ids = read_ids(self.path)
        except InputError as error:
            remedy = f"copy the folder ids/ of this task next to {self.toml}, or write it again: {again}"
            raise InputError(error.message, remedy) from error
        found = f"{self.path} has {plural(len(ids), 'id')} with the hash {short_hash(ids)}"
        if len(ids) != self.rows or short_hash(ids) != self.hash:
            found += f", and {self.toml} has {self.rows:,} rows with the hash {self.hash}"
        elif len(set(ids)) < len(ids):
            found = f"{self.path} has an id twice"
        elif not all(map(is_listed_id, ids)):
            found = f"{self.path} has a line that cannot be an id"
        else:
            return ids
        raise InputError(f"{found}.", f"write both again: {again}")


def read_ids(path: Path) -> tuple[str, ...]:
    """Read a file with an id on each line, compressed with gzip.

    Raises:
        InputError: it cannot be read, is too large, or is not UTF-8.
    """
    import gzip

    try:
        with gzip.open(path) as stream:
            body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise InputError(f"The ids in {path} have more than {MOST_BYTES:,} bytes.")
        return tuple(body.decode("utf-8").splitlines())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else printable(str(error))
        raise InputError(f"The ids in {path} cannot be read: {why}.") from error


def ids_bytes(ids: Sequence[str]) -> bytes:
    """Return the contents of a file that `read_ids` reads; the same ids give the same bytes."""
    import gzip

    return gzip.compress("".join(f"{text_id}\n" for text_id in ids).encode(), mtime=0)
