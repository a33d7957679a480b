"""Ids of texts: blocks of consecutive numbers, and hashes of lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NO_NUMBER = -1


def short_hash(lines: Iterable[str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of newline-joined lines, in the order given.

    >>> short_hash(["a", "b"])
    '7e18f737311b2dc3'
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
