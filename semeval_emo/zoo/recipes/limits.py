"""Which values a field of a recipe may have: rules that stand in its type, and the types that share them.

A rule is a function of a value: what it wants, in words that go on "must be", or nothing where it is
content. `schema` asks them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

FINEST = 0.001
"""The smallest step of a grid."""


@dataclass(frozen=True)
class Range:
    """Bounds of a number; they lie within, unless it must be above or below them.

    >>> Range(1)(0), Range(0, above=True)(0), Range(0, 1)(1), Range(0, 1, below=True)(1)
    ('1 or more', 'above 0', '', 'below 1')
    """

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __call__(self, value: float) -> str:
        """What is wanted of a number out of bounds."""
        if value < self.low or (self.above and value == self.low):
            return f"above {self.low}" if self.above else f"{self.low} or more"
        if value > self.high or (self.below and value == self.high):
            return f"below {self.high}" if self.below else f"at most {self.high}"
        return ""


def filled(values: tuple[object, ...]) -> str:
    """One value or more.

    >>> filled((1.0,)), filled(())
    ('', 'a list of one value or more')
    """
    return "" if values else "a list of one value or more"


def span(values: tuple[int, ...]) -> str:
    """Nothing, or the shortest and the longest.

    >>> span(()), span((1, 2)), span((2, 1))
    ('', '', '[shortest, longest], or [] for none')
    """
    return "" if not values or (len(values) == 2 and values[0] <= values[1]) else "[shortest, longest], or [] for none"


def steps(values: tuple[float, ...]) -> str:
    """The first value, the last one and the step between them.

    >>> steps((0.05, 0.95, 0.01)), steps((0.9, 0.1, 0.1))
    ('', '[first, last, step] with the first at most the last and a step of 0.001 or more')
    """
    if len(values) == 3 and values[0] <= values[1] and values[2] >= FINEST:
        return ""
    return f"[first, last, step] with the first at most the last and a step of {FINEST} or more"


# Beyond a thousand million nothing could be held or done in a lifetime, and libraries overflow.
MOST = 1_000_000_000

Whole = Annotated[int, Range(0, MOST)]
Count = Annotated[int, Range(1, MOST)]
# numpy seeds with 32 bits.
Seed = Annotated[int, Range(0, 2**32 - 1)]
Amount = Annotated[float, Range(0)]
Positive = Annotated[float, Range(0, above=True)]
Share = Annotated[float, Range(0, 1)]
Dropout = Annotated[float, Range(0, 1, below=True)]
