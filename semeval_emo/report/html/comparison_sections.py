"""Sections of a report about several systems: scores, rank of the best system, disagreements."""

from __future__ import annotations

from collections.abc import Mapping

from semeval_emo.report import analysis as analysis_tables
from semeval_emo.report import comparison as tables
from semeval_emo.report import comparison_words as words
from semeval_emo.report.contents import Contents, key_of
from semeval_emo.report.html.parts import BlockGroup, Paragraphs, PlotImage, Section, table_block
from semeval_emo.report.leaderboard import THIS, placement_tables
from semeval_emo.scoring.error_comparison import compare_errors

# The pairs of more systems would fill a page.
FEW = 6


def sections(contents: Contents, pictures: Mapping[str, PlotImage]) -> list[Section]:
    """Return the comparison, the rank of the best system, and the disagreements of the two best systems."""
    comparison = contents.comparison
    if comparison is None:
        return []
    blocks = [table_block(table) for table in tables.tables(comparison, pairs=2 < len(comparison.systems) <= FEW)]
    plots = [plot for name, plot in pictures.items() if name.startswith(("emotions-", "languages-"))]
    methods = Paragraphs(tuple(words.methods(comparison)))
    sections = [Section("scores", "Comparison", (BlockGroup((blocks[0], *plots, *blocks[1:], methods)),))]
    if contents.placements:
        sections.append(_place(contents, pictures))
    sections.append(_disagreements(contents))
    return sections


def _place(contents: Contents, pictures: Mapping[str, PlotImage]) -> Section:
    every = [(one.board, one.placement, one.everywhere) for one in contents.placements.values()]
    drawn = [one for name, one in pictures.items() if name.startswith("position-")]
    blocks = (*drawn, *(table_block(table, sortable=len(every) > 1, mine=THIS) for table in placement_tables(every)))
    lead = f"Rank of {contents.systems[0].name}, the system with the best score."
    return Section("leaderboard", "Leaderboard", (BlockGroup(blocks),), lead)


def _disagreements(contents: Contents) -> Section:
    first, second = contents.systems[:2]
    others = {key_of(card): card for card in second.cards}
    groups = []
    for at, card in enumerate(first.cards):
        if key_of(card) in others:
            found = compare_errors(card, others[key_of(card)], texts=False)
            # The text browser shows the texts, with filters for these rows.
            shares = analysis_tables.comparison_tables(found, contents.task)[0]
            title = contents.task.languages[card.spec.language].name if len(first.cards) > 1 else ""
            groups.append(BlockGroup((table_block(shares),), title, at == 0))
    lead = f"Number of texts in which each of the two best systems is correct: a is {first.name}, b is {second.name}."
    return Section("errors", "Disagreements", tuple(groups), lead)
