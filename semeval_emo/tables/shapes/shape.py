"""A recognised shape, and the words that label columns and cells may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from semeval_emo.tables.table import Row

# A label cell of a row whose labels are unknown, which has been reported already.
REPORTED = "\0reported"


# Records a problem of the catalogue: `Findings.add`.
AddProblem = Callable[..., None]


@dataclass(frozen=True)
class Vocabulary:
    """What labels are called and which values they have.

    Attributes:
        labels: the expected labels, in order.
        synonyms: other names in lower case, and the label of each.
        values: the allowed values as texts, lowest first.
        is_id: returns whether a cell has the form of an id; by default none has.
        possible: the labels that the file can have, if it is not known which: those of each language.
    """

    labels: tuple[str, ...]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ("0", "1")
    is_id: Callable[[str], bool] = lambda cell: False
    possible: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Shape:
    """A shape other than one column per label.

    Attributes:
        problem: its name in the catalogue of problems.
        facts: what the templates of the problem need, such as `line`, `column`, `value`.
        header: the header of the converted rows: ``id``, the labels in order and, if the table has them, ``text``.
        convert: takes the rows after the header and `AddProblem`, and yields rows with the cells of `header`. A row
            whose labels cannot be read has `REPORTED` in their cells.
        is_decided: False if a decision of the user is missing; all label cells are `REPORTED` then.
        has_header: False if the first row of the file is data, which has to be among the converted rows.
    """

    problem: str
    facts: Mapping[str, Any]
    header: tuple[str, ...]
    convert: Callable[[Iterable[Row], AddProblem], Iterator[Row]]
    is_decided: bool = True
    has_header: bool = True
