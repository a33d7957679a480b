"""Find the columns of a person's own table by their names: texts and ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from semeval_emo.errors import InputError, suggest
from semeval_emo.tables.names import is_text_name
from semeval_emo.text import alternatives, printable

ID, TEXT = "id", "text"


def normalised(cell: str) -> str:
    r"""Return a column name in lower case, without quotes, invisible characters and spaces around it.

    >>> normalised(" 'Joy'\ufeff")
    'joy'
    """
    visible = "".join(c for c in cell if unicodedata.category(c) not in ("Cc", "Cf"))
    return visible.strip().strip("'\"").strip().casefold()


NAME_IT = "name the column of texts with --column NAME"


def find_text(header: Sequence[str], shown: str, column: str | None = None, remedy: str = NAME_IT) -> int:
    """Return the position of the column of texts: the named one, else ``text``, else the only one with such a name.

    Args:
        shown: the name of the file, for messages.
        column: its name, as in the file or in other case.
        remedy: how the user can name it.

    Raises:
        InputError: there is none or several.

    >>> find_text(["ID", "Tweet"], "x.tsv")
    1
    """
    names = [normalised(cell) for cell in header]
    seen = f"its header is {printable(','.join(header), 200) or 'empty'}"
    if column is not None:
        same = [at for at, cell in enumerate(header) if cell == column] or [
            at for at, name in enumerate(names) if name == normalised(column)
        ]
        if len(same) == 1:
            return same[0]
        problem = f"has the column '{column}' {len(same)} times" if same else f"has no column '{printable(column)}'"
        raise InputError(f"{shown} {problem}: {seen}.", suggest(column, header) or "name one of its columns")
    found = [at for at, name in enumerate(names) if name == TEXT] or [
        at for at, name in enumerate(names) if is_text_name(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        several = alternatives([f"'{header[at]}'" for at in found])
        raise InputError(f"{shown} has several columns of texts: {several}.", remedy)
    if len(header) > 1 and any(re.fullmatch(r"[\d.]*", cell.strip()) or len(cell.split()) > 3 for cell in header):
        remedy = "write a line with the names of the columns above it, such as id,text"
    elif len(header) == 1 and remedy == NAME_IT:
        remedy += "; if its first line is a text too, --input lines"
    raise InputError(f"{shown} has no column '{TEXT}': {seen}.", remedy)


def find_id(header: Sequence[str]) -> int | None:
    """Return the position of the column of ids; None if there is none."""
    names = [normalised(cell) for cell in header]
    return names.index(ID) if ID in names else None


def text_note(header: Sequence[str], at: int) -> str:
    """Return a note on the column of texts that was found by another name; empty if it is ``text``."""
    return "" if normalised(header[at]) == TEXT else f"Texts from column '{printable(header[at])}'."
