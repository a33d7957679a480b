"""Tables of the leaderboard: overview, rows, placements, the result of a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from semeval_emo.files import shipped
from semeval_emo.leaderboard import BoardCheck, Leaderboard, Note, Paper, Placement, ScoreRow
from semeval_emo.leaderboard.model import FLAG_MEANINGS
from semeval_emo.report.origins import row_notes
from semeval_emo.report.table import Column, Table, clean, with_first_notes
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import shown_track
from semeval_emo.text import LONGEST_LINE, capitalized, listed, plural, wrap

# The row of the placed score.
THIS = "this score"


def overview_tables(board: Leaderboard) -> list[Table]:
    """Return one row per language: rank 1, the baseline and the number of teams of the default list, by track."""
    among, tracks = board.find_list(), board.task.tracks
    rows = board.filter(among=among.key, release=board.task.default_release, split="test")
    cells = []
    flagged: dict[str, list[str]] = {}
    for code in board.task.languages:
        row_cells: list[Any] = [_language(board, code)]
        for key, track in tracks.items():
            own = [r for r in rows if r.language == code and key in r.tracks and r.metric == track.metric]
            top = next((row for row in own if row.rank == 1 and row.score is not None), None)
            base = next((row for row in own if row.kind == "baseline"), None)
            teams = next((row.teams for row in own if row.teams is not None), None)
            row_cells += [_printed(top), _printed(base), teams]
            for row, column in ((top, "top"), (base, "base")):
                if row and row.flag:
                    flagged.setdefault(row.flag, []).append(f"{shown_track(key)} {code} {column}")
        if any(value is not None for value in row_cells[1:]):
            cells.append(tuple(row_cells))
    columns = [Column("language")]
    for key in tracks:
        columns += [Column(f"{shown_track(key)} {name}", "int") for name in ("top", "base", "N")]
    metrics = ", ".join(f"{shown_track(key)} {METRICS[track.metric].title}" for key, track in tracks.items())
    notes = [f"top: score of rank 1; base: score of the baseline; N: number of {among.entries}. Metrics: {metrics}."]
    notes += [
        f"{flag}: {', '.join(flagged[flag])} ({FLAG_MEANINGS[flag]})." for flag in FLAG_MEANINGS if flag in flagged
    ]
    notes += [among.note] if among.note else []
    notes += _notes(note for note in board.notes if note.applies_to(board.task.key, "", ""))
    title = f"{board.task.title} · {among.title} · release {board.task.default_release}"
    return [Table(title, tuple(columns), tuple(cells), tuple(notes))]


def _printed(row: ScoreRow | None) -> Decimal | None:
    """Return the score with the decimals of its source, as a number."""
    return Decimal(row.score_text) if row is not None and row.score is not None else None


def _notes(notes: Iterable[Note], among: Leaderboard | None = None) -> list[str]:
    """Return notes as sentences; a flag is that of an inference.

    Args:
        among: the leaderboard whose languages share a table, so that a note on one of them names it.
    """
    names = {} if among is None else {code: f"{named.name}: " for code, named in among.task.languages.items()}
    return [
        names.get(note.language, "") + (f"An inference, not a rank: {note.text}" if note.flag else note.text)
        for note in notes
    ]


def _language(board: Leaderboard, code: str) -> str:
    """Return a language for a row of a table, such as ``eng English``."""
    named = board.task.languages.get(code)
    return f"{code} {named.name}" if named else code


def rows_tables(board: Leaderboard, rows: Sequence[ScoreRow], track: str | None = None) -> list[Table]:
    """Return one table per list, track, metric, release and split.

    Empty columns are left out; if there is only one language, it is in the title.

    Args:
        rows: in the order of `Leaderboard.filter`.
        track: the selected track; scores of several tracks are shown with this one.
    """
    selected = board.task.track(track).key if track else ""
    tables: list[Table] = []
    shown: set[str] = set()
    for key, group in groupby(
        rows, key=lambda row: (row.list, selected or row.track, row.metric, row.release, row.split)
    ):
        table = _table(board, list(group), *key)
        # Each note is shown once, under the first table.
        tables.append(replace(table, notes=tuple(note for note in table.notes if note not in shown)))
        shown |= set(table.notes)
    return tables


def _table(
    board: Leaderboard, rows: Sequence[ScoreRow], key: str, track: str, metric: str, release: str, split: str
) -> Table:
    among = board.lists.get(key)
    languages = {row.language for row in rows}
    only = languages.pop() if len(languages) == 1 else ""
    teams = {row.teams for row in rows if row.teams is not None}
    one_count = bool(only and among and among.ranked and len(teams) == 1)
    title = f"{capitalized(among.title if among else key)} · {_where(board, track, only, split)} · {_metric(metric)}"
    title += f" · {_release(release)}"
    if one_count:
        title += f" · {teams.pop()} {among.entries if among else 'teams'}"
    all_columns: list[tuple[Column, list[Any]]] = [
        (Column("language"), ["" if only else _language(board, row.language) for row in rows]),
        (Column("rank", "int"), [row.rank for row in rows]),
        (Column("of", "int"), [None if one_count else row.teams for row in rows]),
        (Column("system"), [_system(row) for row in rows]),
        (Column("setting"), [row.setting for row in rows]),
        (Column("score", "int"), [_printed(row) for row in rows]),
        (Column("selected on"), ["" if row.selected_on == "unknown" else row.selected_on for row in rows]),
        (Column("flag"), [row.flag for row in rows]),
    ]
    kept = [(column, values) for column, values in all_columns if any(value not in ("", None) for value in values)]
    notes = [f"{flag}: {meaning}." for flag, meaning in FLAG_MEANINGS.items() if any(row.flag == flag for row in rows)]
    if any(row.selected_on not in ("", "unknown") for row in rows):
        notes.append("selected on: data used to select the epoch or the threshold; none: nothing was selected.")
    if any(row.selected_on == "folds" for row in rows):
        notes.append("folds: cross-validation on the training data.")
    if any(row.selected_on == "sources" for row in rows):
        notes.append("sources: dev texts of the other training languages.")
    notes += row_notes(rows)
    notes += _row_notes(rows, has_files=bool(among and among.measured)) if only else []
    notes += [among.note] if among and among.note else []
    notes += _notes(n for n in board.notes if n.applies_to(board.task.key, track, only) and key in n.lists)
    return Table(
        title, tuple(column for column, _ in kept), tuple(zip(*(v for _, v in kept), strict=True)), tuple(notes),
        row_notes=tuple(row.note for row in rows),
    )  # fmt: skip


def _row_notes(rows: Sequence[ScoreRow], *, has_files: bool) -> list[str]:
    """Return the notes of the rows, each once, with the systems it applies to.

    Args:
        has_files: whether the rows are scores of public files, which are named too.
    """
    systems: dict[str, list[str]] = {}
    for row in rows:
        # The notes on seeds, members and candidates are those of `row_notes`.
        note = row.note.removesuffix(row.origin.note).removesuffix("; ") if row.origin else row.note
        note = "; ".join(filter(None, (row.where, note))) if has_files else note
        if note and row.kind != "seed-run":
            rank = f"rank {row.rank}" if row.rank else ""
            name = f"{row.system} ({rank})" if row.system and rank else row.system or rank
            systems.setdefault(note, []).append(name)
    return [f"{', '.join(dict.fromkeys(names))}: {note}." for note, names in systems.items()]


def _system(row: ScoreRow) -> str:
    mark = {"baseline": " (baseline)", "zoo": " (ours)"}.get(row.kind, "")
    return f"{row.system}{mark}" if row.system else "(team not named)"


def _where(board: Leaderboard, track: str, language: str, split: str) -> str:
    parts = [
        f"track {shown_track(track)}" if "/" not in track else f"tracks {shown_track(track).replace('/', ' and ')}"
    ]
    if language:
        named = board.task.languages.get(language)
        parts.append(f"{named.name} ({language})" if named else language)
    return " · ".join([*parts, split])


def _metric(name: str) -> str:
    return METRICS[name].title if name in METRICS else name


def _release(release: str) -> str:
    return "unknown release" if release == "unknown" else f"release {release}"


def placement_tables(
    found: Sequence[tuple[Leaderboard, Placement, Sequence[Placement]]],
    origins: Sequence[str] = (),
    *,
    every_list: bool = False,
    limit: int = 0,
    name: str = THIS,
) -> list[Table]:
    """Return one placement with its rank in other lists, or several as one row each.

    Args:
        found: each placement with its board and its placements in all lists.
        origins: notes on the origin of the placed files, under the first table.
        every_list: whether one placement is shown among the known systems of every list, if there are others, else
            among the nearest rows of its own.
        limit: number of known systems to show, the nearest ones; 0 shows all.
        name: what one placed score is called.
    """
    if len(found) != 1:
        return with_first_notes([_summary(found)], origins)
    board, placed, in_lists = found[0]
    others = [other for other in in_lists if other.among.key != placed.among.key]
    is_long = every_list and others
    ladder = _every_system(board, placed, origins, limit, name) if is_long else _ladder(board, placed, origins, name)
    tables = [ladder, *([_others(others)] if others else [])]
    return with_first_notes(tables, origins)


def _summary(found: Sequence[tuple[Leaderboard, Placement, Sequence[Placement]]]) -> Table:
    placements = [placed for _, placed, _ in found]
    rows = tuple(
        (
            shown_track(placed.at.track), _language(board, placed.at.language), placed.score, placed.rank or None,
            _printed(placed.leader), placed.gap(placed.leader), _printed(placed.baseline), placed.gap(placed.baseline),
        )
        for board, placed, _ in found
    )  # fmt: skip
    columns = (
        Column("track"), Column("language"), Column("score", "score"), Column("rank", "int"), Column("rank 1", "int"),
        Column("minus rank 1", "delta", key="to rank 1"), Column("baseline", "int"),
        Column("minus baseline", "delta", key="to baseline"),
    )  # fmt: skip
    lists = ", ".join(dict.fromkeys(placed.among.title for placed in placements))
    releases = ", ".join(dict.fromkeys(placed.at.release for placed in placements))
    partly = "Ranks are intervals, because most lists are only known in part."
    notes = [partly] if any(placed.is_interval for placed in placements) else []
    notes += [
        f"Not used because suspect, in {shown_track(placed.at.track)} {placed.at.language}: "
        f"{row.score_text}, {row.note}."
        for placed in placements
        for row in placed.suspect
    ]
    notes += row_notes(row for placed in placements for row in (placed.same, placed.leader) if row is not None)
    notes += [note for board, placed, _ in found for note in _notes(placed.notes, board)]
    own = tuple(_note(placed.same) for placed in placements)
    title = f"{capitalized(lists)} · release {releases}"
    return Table(title, columns, rows, tuple(dict.fromkeys(notes)), row_notes=own)


def _note(row: ScoreRow | None) -> str:
    return row.note if row is not None else ""


def _ladder(board: Leaderboard, placed: Placement, origins: Sequence[str], name: str) -> Table:
    steps: dict[int, tuple[float, tuple[Any, ...], str]] = {}
    for row in (placed.leader, placed.above, *placed.ties, placed.baseline, placed.below):
        if row is not None and row.score is not None:
            gap = None if row in placed.ties else placed.gap(row)
            # In a list that is not a ranking, ranks refer to other lists.
            rank = str(row.rank) if row.rank and placed.among.ranked else None
            cells = (rank, _named(row, placed, board), Decimal(row.score_text), gap)
            steps[id(row)] = (row.score, cells, row.note)
    own = (placed.score, _this(placed, name), " ".join(origins) or _note(placed.same))
    ladder = sorted([*steps.values(), own], key=lambda step: -step[0])
    return Table(
        f"{_measured(board, placed)} · {placed.among.title}",
        (Column("rank", "int"), Column("system"), Column("score", "int"), Column("difference", "delta")),
        tuple(cells for _, cells, _ in ladder),
        tuple(_ladder_notes(placed, name)),
        row_notes=tuple(note for _, _, note in ladder),
    )


def _this(placed: Placement, name: str) -> tuple[Any, ...]:
    """Return rank, name and score of the placed score, as the cells of a row."""
    return placed.rank.partition(" of ")[0] or None, name, Decimal(f"{placed.score:.4f}"), None


def _measured(board: Leaderboard, placed: Placement) -> str:
    at = placed.at
    return f"{_where(board, at.track, at.language, at.split)} · {_metric(at.metric)} · {_release(at.release)}"


def _every_system(board: Leaderboard, placed: Placement, origins: Sequence[str], limit: int, name: str) -> Table:
    """Return a score among the known systems of every list, with its rank in one of them."""
    # The same score of a system can be in several lists. A row without a system is rank 1.
    lists: dict[tuple[str, str], dict[str, ScoreRow]] = {}
    for row in board.comparable(placed.at):
        if row.usable:
            lists.setdefault((row.name, row.score_text), {}).setdefault(row.list, row)
    systems = [(next(iter(rows.values())), rows) for rows in lists.values()]
    higher = sum(row.compare_to(placed.score) > 0 for row, _ in systems)
    nearest = sorted(systems, key=lambda one: abs(placed.gap(one[0]) or 0.0))
    near = nearest[: limit or None]
    ends = [
        one for one in nearest[len(near) :] if placed.leader in one[1].values() or placed.baseline in one[1].values()
    ]
    shown = [*near, *ends]
    steps: list[tuple[float, tuple[Any, ...], str]] = []
    for row, rows in shown:
        here = rows.get(placed.among.key)
        titles = [board.lists[key].title if key in board.lists else key for key in rows]
        system = _system(row) if row.kind == "baseline" else row.name
        steps.append((
            row.score or 0.0,
            (here.rank if here and placed.among.ranked else None, system + (f" [{row.flag}]" if row.flag else ""),
             Decimal(row.score_text), placed.gap(row) if row.compare_to(placed.score) else None, listed(titles, 1)),
            row.note,
        ))  # fmt: skip
    steps.append((placed.score, (*_this(placed, name), None), " ".join(origins) or _note(placed.same)))
    steps.sort(key=lambda step: -step[0])
    notes = [f"Known systems of every list: {len(systems)} ({higher} higher)."]
    if len(shown) < len(systems):
        notes[0] += f" Shown: {'rank 1, the baseline and ' if placed.among.ranked else ''}the {len(near)} nearest."
    verdict, *others = _ladder_notes(placed, name)
    if placed.among.ranked:
        notes.append(f"Column rank: the {placed.among.title}. {verdict}")
    return Table(
        f"{_measured(board, placed)} · every known system",
        (
            Column("rank", "int"), Column("system"), Column("score", "int"), Column("difference", "delta"),
            Column("list"),
        ),
        tuple(cells for _, cells, _ in steps),
        (*notes, *others),
        row_notes=tuple(note for _, _, note in steps),
    )  # fmt: skip


def _named(row: ScoreRow, placed: Placement, board: Leaderboard) -> str:
    name = _system(row) if row.kind == "baseline" else row.name
    if row.kind == "baseline" and row.list != placed.among.key:
        name += f", {board.lists[row.list].title}"
    if row is placed.leader and not placed.among.ranked:
        name += " (best known)"
    return name + (f" [{row.flag}]" if row.flag else "")


def _ladder_notes(placed: Placement, name: str) -> list[str]:
    notes = [_verdict(placed, name)]
    if placed.same is not None:
        notes.append(f"{'This file' if name == THIS else name} has the predictions of {placed.same.name}.")
    shown = (placed.same, placed.leader, placed.above, *placed.ties, placed.below)
    notes += row_notes(dict.fromkeys(row for row in shown if row is not None))
    below = placed.below
    if below is not None and below.rank and placed.among.ranked and placed.low:
        notes.append(f"The ranks of the other rows do not count {name}.")
    for row in placed.suspect:
        system = f"rank {row.rank} {row.name}" if row.rank else _system(row)
        notes.append(f"Not used because suspect: {row.score_text} of {system}: {row.note}.")
    if 0 < placed.own < placed.known:
        notes.append(f"The known scores include {plural(placed.own, 'row')} of your own.")
    return notes + _notes(placed.notes)


def _verdict(placed: Placement, name: str) -> str:
    """Return the placement as a sentence."""
    scores = plural(placed.known, "known score")
    if placed.low is None:
        equal = f" and {len(placed.ties)} equal" if placed.ties else ""
        return f"{placed.better} higher{equal} among {scores}; the list is not a ranking, so there is no rank."
    if placed.teams is None:
        return f"Rank {placed.rank}, from {scores}; the number of teams is unknown."
    rank = f"Rank {placed.rank} (the {placed.teams} {placed.among.entries} and {name})"
    if placed.low == placed.high:
        return f"{rank}."
    return (
        f"{rank}: an interval, because only {plural(placed.known, 'score')} of the list "
        f"{'is' if placed.known == 1 else 'are'} known."
    )


def _others(placements: Sequence[Placement]) -> Table:
    rows = tuple(
        (
            own.among.title, own.among.key, own.rank or None, own.known, own.better, _printed(own.leader),
            own.gap(own.leader),
        )
        for own in placements
    )  # fmt: skip
    columns = (
        Column("list"), Column("key", "name"), Column("rank", "int"), Column("known", "int"), Column("higher", "int"),
        Column("best", "int"), Column("difference", "delta"),
    )  # fmt: skip
    notes = row_notes(own.leader for own in placements if own.leader is not None)
    own_notes = tuple(_note(own.leader) for own in placements)
    return Table("Other lists (--list KEY shows one)", columns, rows, tuple(notes), row_notes=own_notes)


def papers_table(board: Leaderboard, papers: Sequence[Paper]) -> Table:
    """Return the bibliography of a task, with the number of stored rows whose team has that name."""
    # A row can add the name of the system, as in "Tue-JMS (KReLaX)".
    rows = [row.system.partition(" (")[0] for row in board.rows if row.kind == "team"]
    counts = {paper.id: rows.count(paper.team.partition(" (")[0]) for paper in papers}
    columns = (
        Column("paper", "name"), Column("team"), Column("title"), Column("arXiv", "name"), Column("repository"),
        Column("rows", "int"), Column("url", "name"), Column("note"),
    )  # fmt: skip
    cells = tuple(
        (p.id, p.team, p.title, p.arxiv or None, p.repository or None, counts[p.id], p.url, p.note or None)
        for p in papers
    )  # fmt: skip
    notes = ("rows: rows of that team on the leaderboard. repository: public code on GitHub.",)
    return Table(f"{board.task.title} · {plural(len(papers), 'paper')}", columns, cells, notes)


def papers_text(board: Leaderboard, papers: Sequence[Paper], width: int | None) -> str:
    """Return the bibliography as paragraphs, for a terminal of so many columns (None for no limit)."""
    table = papers_table(board, papers)
    lines = [table.title]
    for paper, cells in zip(papers, table.rows, strict=True):
        links = (
            paper.url,
            f"https://arxiv.org/abs/{paper.arxiv}" if paper.arxiv else "",
            f"https://github.com/{paper.repository}" if paper.repository else "",
        )
        rows = plural(cells[5], "row") + " on the leaderboard" if cells[5] else ""
        about = (paper.title, *filter(None, links), *filter(None, (rows, paper.note)))
        lines += ["", f"{paper.team} ({paper.id})"]
        lines += [line for one in about for line in wrap("  ", clean(one), width or LONGEST_LINE, 2)]
    return "\n".join(lines)


def check_tables(result: BoardCheck) -> list[Table]:
    """Return the number of rows of each file, and the problems."""
    files = Table(
        "Leaderboard rows",
        (Column("file"), Column("rows", "int")),
        tuple((_short_path(file), count) for file, count in result.rows.items()),
        (
            "Flagged: " + (", ".join(f"{n} {flag}" for flag, n in result.flagged.items()) or "none") + ".",
            *(
                f"Not checked: {plural(count, 'row')} of task {clean(task)} (check them with --task FILE)."
                for task, count in result.other_tasks.items()
            ),
            "No problems found." if result.valid else f"{plural(len(result.problems), 'problem')}.",
        ),
    )
    if result.valid:
        return [files]
    columns = (Column("file"), Column("line", "int"), Column("column"), Column("problem"), Column("fix"))
    rows = tuple((_short_path(p.file), p.line or None, p.column or None, p.message, p.fix) for p in result.problems)
    return [files, Table("Problems", columns, rows)]


def _short_path(file: str) -> str:
    """Return a path relative to the shipped folder or to the current folder."""
    path = Path(file)
    for folder in ("leaderboard", "submissions"):
        if path.is_relative_to(shipped(folder)):
            return f"{folder}/{path.relative_to(shipped(folder)).as_posix()}"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
