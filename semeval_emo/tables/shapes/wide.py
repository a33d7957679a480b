"""Label columns under other names: synonyms, a prefix or a suffix, predictions next to gold labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from semeval_emo.tables.decisions import Decisions
from semeval_emo.tables.names import SCORE_WORDS
from semeval_emo.tables.shapes.shape import AddProblem, Shape
from semeval_emo.tables.shapes.view import GOLD, PREDICTED, View, words_of
from semeval_emo.tables.table import Row

Affix = tuple[str, ...]


@dataclass(frozen=True)
class LabelGroup:
    """Columns of labels whose names have the same other words.

    Attributes:
        affix: these words; empty for names of labels alone.
        columns: the column of each label.
    """

    affix: Affix
    columns: dict[str, int]

    @property
    def rank(self) -> int:
        """Whose labels they are: 0 predicted, 1 not said, 2 scores, 3 gold."""
        words = {*self.affix}
        if words & GOLD and not words & PREDICTED:
            return 3
        if words & SCORE_WORDS:
            return 2
        return 0 if words & PREDICTED else 1


def label_groups(view: View) -> list[LabelGroup]:
    """Return the groups of label columns, without labels that two columns of a group could be."""
    found: dict[Affix, dict[str, list[int]]] = {}
    for at, cell in enumerate(view.table.header if view.has_header else []):
        if at in (view.id, view.text):
            continue
        own = _split(cell, view)
        if own is not None:
            found.setdefault(own[0], {}).setdefault(own[1], []).append(at)
    groups = []
    for affix, by_label in found.items():
        columns = {label: own[0] for label, own in by_label.items() if len(own) == 1}
        if columns:
            groups.append(LabelGroup(affix, columns))
    return groups


def _split(cell: str, view: View) -> tuple[Affix, str] | None:
    """Return the other words of a column name and the label that it names, or None."""
    whole = view.vocabulary.label_of(cell.strip().strip("'\""))
    if whole is not None:
        return (), whole
    words = words_of(cell)
    named = [(at, label) for at, word in enumerate(words) if (label := view.vocabulary.label_of(word)) is not None]
    if len(named) != 1 or len(words) > 4:
        return None
    at, label = named[0]
    return words[:at] + words[at + 1 :], label


def choose(groups: Sequence[LabelGroup], view: View, decisions: Decisions) -> list[LabelGroup]:
    """Return the groups that can be the predictions: one, or several if that is not clear, or none."""
    if decisions.column:
        chosen = [group for group in groups if group.affix == words_of(decisions.column)]
        if chosen:
            return chosen
    total = len(view.vocabulary.labels)
    bare = next((group for group in groups if not group.affix), None)
    full = [group for group in groups if group.affix and len(group.columns) == total]
    is_bare = bare is not None and len(bare.columns) == total
    predicted = [group for group in full if group.rank == 0]
    if is_bare:
        # The label columns next to predictions are the gold labels, unless they are the same.
        rivals = [group for group in predicted if _has_labels(group, view)]
        return rivals if bare and any(_differ(bare, rival, view) for rival in rivals) else [bare] if bare else []
    for candidates in (predicted, [g for g in full if g.rank == 1]):
        if candidates:
            return candidates
    partial = [group for group in groups if 2 * len(group.columns) > total and group.rank < 2]
    if bare is not None and bare not in partial and not partial and len(bare.columns) > 1:
        partial = [bare]
    return sorted(partial, key=lambda group: (-len(group.columns), group.rank))[:1]


def _has_labels(group: LabelGroup, view: View) -> bool:
    allowed = {*view.vocabulary.values, *(f"{value}.0" for value in view.vocabulary.values), "true", "false"}
    return all(cell.strip().lower() in allowed for at in group.columns.values() for cell in view.cells(at))


def _differ(one: LabelGroup, other: LabelGroup, view: View) -> bool:
    return any(
        row[one.columns[label]].strip() != row[at].strip()
        for _, row in view.rows
        if len(row) >= view.width
        for label, at in other.columns.items()
    )


def renamed_shape(view: View, group: LabelGroup, groups: Sequence[LabelGroup]) -> Shape | None:
    """Return the shape of a table whose label columns have other names; None if they have not.

    Args:
        groups: all groups of the table. Other groups of the same labels are left out.
    """
    position = {at: label for label, at in group.columns.items()}
    # A column of another group with the name of a label would be taken for it.
    dropped = {
        at
        for other in groups
        for at in other.columns.values()
        if other is not group
        and (group.affix or other.affix)
        and at not in position
        and (other.rank == 3 or not other.affix)
    }
    renames = {at: label for at, label in position.items() if view.names[at] != label}
    if view.id is not None and "id" not in view.names:
        renames[view.id] = "id"
    if not renames:
        return None
    kept = [at for at in range(view.width) if at not in dropped]
    header = tuple(renames.get(at, view.table.header[at]) for at in kept)
    pairs = [f"'{view.titles[at]}' as {label}" for at, label in renames.items()]
    gold = [view.titles[at] for at in sorted(dropped)]

    def convert(rows: Iterable[Row], add: AddProblem) -> Iterator[Row]:
        if not dropped:
            yield from rows
            return
        for line, row in rows:
            yield line, [row[at] for at in kept if at < len(row)] + row[view.width :]

    facts = {
        "line": view.table.header_line, "value": ",".join(view.titles), "pairs": ", ".join(pairs),
        "gold": ", ".join(gold), "header": ",".join(("id", *view.vocabulary.labels)),
    }  # fmt: skip
    repair = f"columns renamed: {', '.join(pairs)}"
    if gold:
        repair += f"; gold labels removed: {', '.join(gold)}"
    name = "gold-columns" if gold else "column-names"
    return Shape(name, facts, header, convert, repair=repair, is_renamed=True)
