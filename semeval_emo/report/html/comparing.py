"""What a report says of several systems: standings, differences, where they part."""

from __future__ import annotations

from collections.abc import Mapping

from semeval_emo.report import analysis as analysis_tables
from semeval_emo.report import comparison as tables
from semeval_emo.report import comparison_words as words
from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.html.parts import Group, Picture, Prose, Section, rows_of
from semeval_emo.report.leaderboard import THIS, placement_tables
from semeval_emo.scoring.error_comparison import compare_errors

# Pairs of more systems than this would fill a page by themselves.
FEW = 6


def sections(contents: Contents, pictures: Mapping[str, Picture]) -> list[Section]:
    """The comparison, the place of the best system, and the texts on which the best two part."""
    found = contents.comparison
    if found is None:
        return []
    made = [rows_of(table) for table in tables.tables(found, pairs=2 < len(found.systems) <= FEW)]
    drawn = [one for name, one in pictures.items() if name.startswith(("emotions-", "languages-"))]
    said = Prose(tuple(words.methods(found)))
    sections = [Section("scores", "Comparison", (Group((made[0], *drawn, *made[1:], said)),))]
    if contents.placements:
        sections.append(_place(contents, pictures))
    sections.append(_parting(contents))
    return sections


def _place(contents: Contents, pictures: Mapping[str, Picture]) -> Section:
    every = [(one.board, one.placement, one.everywhere) for one in contents.placements.values()]
    drawn = [one for name, one in pictures.items() if name.startswith("position-")]
    blocks = (*drawn, *(rows_of(table, sortable=len(every) > 1, mine=THIS) for table in placement_tables(every)))
    lead = f"The place of {contents.systems[0].name}, which has the best score here."
    return Section("leaderboard", "Leaderboard", (Group(blocks),), lead)


def _parting(contents: Contents) -> Section:
    first, second = contents.systems[:2]
    others = {key_of(card): card for card in second.cards}
    groups = []
    for at, card in enumerate(first.cards):
        if key_of(card) in others:
            found = compare_errors(card, others[key_of(card)], texts=False)
            # The texts themselves are in the browser, with filters for just these rows.
            shares = analysis_tables.comparison_tables(found, contents.task)[0]
            title = contents.task.languages[card.spec.language].name if len(first.cards) > 1 else ""
            groups.append(Group((rows_of(shares),), title, at == 0))
    lead = f"a is {first.name}, b is {second.name}: in how many texts which of them is right."
    return Section("errors", "Where they part", tuple(groups), lead)
