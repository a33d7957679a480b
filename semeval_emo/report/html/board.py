"""The leaderboard as an HTML page: every track, language and list, with filters, sources and notes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from semeval_emo.leaderboard import Leaderboard, ScoreRow
from semeval_emo.leaderboard.model import FLAG_MEANINGS
from semeval_emo.report.html.headline import Tile
from semeval_emo.report.html.parts import (
    BlockGroup,
    Definition,
    DefinitionList,
    Section,
    TableCell,
    plot_images,
    table_block,
    with_languages,
)
from semeval_emo.report.html.render import page
from semeval_emo.report.leaderboard import overview_tables
from semeval_emo.report.plots.scores import board_range
from semeval_emo.report.plots.style import has_matplotlib
from semeval_emo.report.table import Table, clean
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import shown_track

HEADS = ("language", "score", "system", "rank", "of", "track", "list", "metric", "selected on", "flag", "source")
NUMBERS = ("rank", "of", "score")
SAFE = ("https://", "http://")


@dataclass(frozen=True)
class BoardRow:
    """One row of the board: its cells, the values that filters match, its note and its source."""

    cells: tuple[TableCell, ...]
    filters: dict[str, str]
    note: str
    source: str


def board_page(board: Leaderboard, rows: Sequence[ScoreRow]) -> str:
    """Return the page.

    Args:
        rows: the rows of the table, as `Leaderboard.filter` orders them.
    """
    languages = {row.language for row in rows}
    tiles = (
        Tile("rows", f"{len(rows):,}", "each with its source"),
        Tile("languages", str(len(languages)), f"{len({t for row in rows for t in row.tracks})} tracks"),
        Tile("lists", str(len({row.list for row in rows})), "never mixed"),
    )
    keys = dict.fromkeys(row.source for row in rows)
    return page(
        "board.html.j2",
        title="Leaderboard",
        place=board.task.title,
        first_list=board.default_list if any(row.list == board.default_list for row in rows) else "",
        tiles=tiles,
        sections=[section for section in (_overview(board), _lists(board, rows)) if section is not None],
        heads=[(name, name in NUMBERS) for name in HEADS],
        lines=[_line(board, row) for row in rows],
        sources=[(key, *_source(board, key)) for key in keys],
    )


def _overview(board: Leaderboard) -> Section | None:
    if not board.rows:
        return None
    plots = []
    if has_matplotlib():
        tracks = board.task.tracks
        plots = [board_range(f"board-{key}", board, key, board.task) for key in tracks]
    pictures = plot_images([plot for plot in plots if plot is not None]).values()
    tables = [table_block(_with_whole_words(board, table)) for table in overview_tables(board)]
    return Section(
        "overview", "Overview", (BlockGroup((*tables, *pictures)),), "Rank 1 and the baseline of every language."
    )


def _with_whole_words(board: Leaderboard, table: Table) -> Table:
    """Return the overview with whole words in its headings, for which a page has room."""
    whole = {"top": "rank 1", "base": "baseline", "N": board.find_list().entries}
    columns = [
        replace(column, name=": ".join([start, whole[end]]) if end in whole else column.name)
        for column in table.columns
        for start, _, end in (column.name.rpartition(" "),)
    ]
    metrics = "Metrics: " + table.notes[0].rpartition("Metrics: ")[2]
    flags = tuple(f"{flag}: " for flag in FLAG_MEANINGS)
    notes = [
        re.sub(r" (top|base)(?=,| \()", lambda end: f" {whole[end[1]]}", note) if note.startswith(flags) else note
        for note in table.notes[1:]
    ]
    return with_languages(replace(table, columns=tuple(columns), notes=(metrics, *notes)), board.task)


def _lists(board: Leaderboard, rows: Sequence[ScoreRow]) -> Section:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.list] = counts.get(row.list, 0) + 1
    facts = []
    for key, count in counts.items():
        board_list = board.lists.get(key)
        words = f"{board_list.title}. {board_list.note}" if board_list else "Your own list"
        facts.append(Definition(f"{clean(key)} ({count:,})", clean(words)))
    facts += [Definition(flag, meaning) for flag, meaning in FLAG_MEANINGS.items()]
    return Section("lists", "Lists and flags", (BlockGroup((DefinitionList(tuple(facts)),)),))


def _line(board: Leaderboard, row: ScoreRow) -> BoardRow:
    language = board.task.languages.get(row.language)
    name = f"{language.name} ({row.language})" if language else row.language
    track = shown_track("/".join(row.tracks))
    system = f"{row.name} (baseline)" if row.kind == "baseline" else row.name
    values: tuple[tuple[str, float | int | None], ...] = (
        (name, None), (row.score_text, row.score), (system, None),
        ("" if row.rank is None else str(row.rank), row.rank),
        ("" if row.teams is None else str(row.teams), row.teams), (track, None), (row.list, None),
        (METRICS[row.metric].title if row.metric in METRICS else row.metric, None),
        ("" if row.selected_on == "unknown" else row.selected_on, None), (row.flag, None), (row.source, None),
    )  # fmt: skip
    cells = tuple(
        TableCell(clean(text), order=clean(text).lower() if number is None else str(number)) for text, number in values
    )
    filters = {
        "track": [shown_track(one) for one in row.tracks],
        "language": [name],
        "list": [row.list],
        "kind": [row.kind],
    }
    note = ". ".join(part for part in (clean(row.note), clean(row.where)) if part)
    return BoardRow(
        cells, {key: json.dumps([clean(v) for v in value]) for key, value in filters.items()}, note, row.source
    )


def _source(board: Leaderboard, key: str) -> tuple[str, str]:
    """Return the title and the address of a source; only web addresses become links."""
    source = board.sources.get(key)
    title, address = (source.title, source.url) if source else (key, key)
    return clean(title), address if address.lower().startswith(SAFE) else ""
