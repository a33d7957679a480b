"""Turns a cell that says a label in another way into the label; guesses nothing.

Owns which spellings mean the same number: ``1.0``, ``01``, ``+1``, ``1e0``, full-width digits,
``True``, invisible characters, and probabilities where a threshold was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.submission.cells import LabelParser, Labels, cell_problem, remove_invisible
from semeval_emo.submission.problem import Findings

SAME_NUMBER = frozenset({"padded-cell", "hidden-character", "float-cell", "number-form"})
YES_OR_NO = frozenset({"boolean-cell"})
WITH_THRESHOLD = frozenset({"fraction-cell"})


def mendable_cells(values: Sequence[str], threshold: float | None) -> frozenset[str]:
    """The kinds of bad cells that have one meaning, as names of the catalogue.

    Args:
        values: what the track allows. Where it takes degrees, True tells no degree, and one threshold
            cannot either.

    >>> sorted(mendable_cells(("0", "1", "2", "3"), threshold=0.5))
    ['float-cell', 'hidden-character', 'number-form', 'padded-cell']
    """
    if len(values) > 2:
        return SAME_NUMBER
    kinds = SAME_NUMBER | YES_OR_NO
    return kinds if threshold is None else kinds | WITH_THRESHOLD


def mended_cell(text: str, values: Sequence[str], threshold: float | None = None) -> int | None:
    """The label that a cell means, or None where it could be more than one.

    >>> [mended_cell(text, ("0", "1")) for text in ("1.0", "True", " 0 ", "01", "１", "1e0", "1,0")]
    [1, 1, 0, 1, 1, 1, 1]
    >>> [mended_cell(text, ("0", "1")) for text in ("", "nan", "2", "-1", "0.7", "yes", "1_0")]
    [None, None, None, None, None, None, None]
    >>> mended_cell("0.7", ("0", "1"), threshold=0.5), mended_cell("2.0", ("0", "1", "2", "3"))
    (1, 2)
    """
    if text in values:
        return int(text)
    bare = text.strip()
    if bare in values:
        return int(bare)
    kind = cell_problem(text, values)
    if kind not in mendable_cells(values, threshold):
        return None
    if kind == "hidden-character":
        return int(remove_invisible(text))
    if kind == "boolean-cell":
        return int(bare.lower() == "true")
    if kind == "number-form":
        return int(bare)
    number = float(bare.replace(",", "."))
    return int(number) if threshold is None or number.is_integer() else int(number >= threshold)


class MendingJudge(LabelParser):
    """Judges cells as `LabelParser` does and reports the same, but returns labels where they are plain.

    >>> found = Findings("pred_eng.csv")
    >>> MendingJudge(("joy", "fear"), ("0", "1"), found).parse(3, ("1.0", "True"))
    (1, 1)
    """

    def __init__(
        self, emotions: Sequence[str], values: Sequence[str], found: Findings, threshold: float | None = None
    ) -> None:
        super().__init__(emotions, values, found)
        self.threshold = threshold
        self._mended: dict[str, int | None] = {}

    def parse(self, line: int, cells: tuple[str, ...]) -> Labels | None:
        """The labels of one row, or None where a cell has no one meaning."""
        good = super().parse(line, cells)
        if good is not None:
            return good
        mended: list[int] = []
        for text in cells:
            if text not in self._mended:
                if len(self._mended) > 50_000:
                    self._mended.clear()
                self._mended[text] = mended_cell(text, self.allowed, self.threshold)
            label = self._mended[text]
            if label is None:
                return None
            mended.append(label)
        return tuple(mended)
