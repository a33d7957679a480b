"""How the leaderboard looks: overview, rows, a placement, the result of a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from semeval_emo.files import shipped
from semeval_emo.leaderboard import BoardCheck, Leaderboard, Note, Placement, ScoreRow
from semeval_emo.leaderboard.model import COLUMNS, FLAG_MEANINGS
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.text import plural

# The reader's own row on a ladder.
THIS = "this score"


def overview_tables(board: Leaderboard) -> list[Table]:
    """One line per language: rank 1, the baseline and the number of teams of the default list, for every track."""
    among, tracks = board.find_list(), board.task.tracks
    rows = board.filter(among=among.key, release=board.task.default_release, split="test")
    lines = []
    flagged: dict[str, list[str]] = {}
    for code in board.task.languages:
        line: list[Any] = [code]
        for key, track in tracks.items():
            here = [r for r in rows if r.language == code and key in r.tracks and r.metric == track.metric]
            top = next((row for row in here if row.rank == 1 and row.score is not None), None)
            base = next((row for row in here if row.kind == "baseline"), None)
            line += [_printed(top), _printed(base), next((row.teams for row in here if row.teams is not None), None)]
            for row, what in ((top, "top"), (base, "base")):
                if row and row.flag:
                    flagged.setdefault(row.flag, []).append(f"{key.upper()} {code} {what}")
        if any(value is not None for value in line[1:]):
            lines.append(tuple(line))
    columns = [Column("language")]
    for key in tracks:
        columns += [Column(f"{key.upper()} {what}", "int") for what in ("top", "base", "N")]
    metrics = ", ".join(f"{key.upper()} {METRICS[track.metric].title}" for key, track in tracks.items())
    notes = [f"top: the score of rank 1; base: the baseline; N: {among.entries}. Metrics: {metrics}."]
    notes += [
        f"{flag}: {', '.join(flagged[flag])} ({FLAG_MEANINGS[flag]})." for flag in FLAG_MEANINGS if flag in flagged
    ]
    notes += [among.note] if among.note else []
    notes += _notes(note for note in board.notes if note.belongs(board.task.key, "", ""))
    title = f"{board.task.title} · {among.title} · release {board.task.default_release}"
    return [Table(title, tuple(columns), tuple(lines), tuple(notes))]


def _printed(row: ScoreRow | None) -> Decimal | None:
    """The score with the decimals of its source, as a number."""
    return Decimal(row.score_text) if row is not None and row.score is not None else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _notes(notes: Iterable[Note]) -> list[str]:
    return [note.text for note in notes]


def rows_tables(board: Leaderboard, rows: Sequence[ScoreRow], track: str | None = None) -> list[Table]:
    """Rows as tables: one for each list, track, metric, release and split, so that nothing is mixed.

    Columns that are empty throughout are left out; a language that is the only one moves into the title.

    Args:
        rows: as `Leaderboard.filter` orders them.
        track: the track that was asked for: scores that stand for several then go with those of this one.
    """
    asked = board.task.track(track).key if track else ""
    tables: list[Table] = []
    said: set[str] = set()
    for address, group in groupby(
        rows, key=lambda row: (row.list, asked or row.track, row.metric, row.release, row.split)
    ):
        table = _table(board, list(group), *address)
        # A list's own note stands once, under its first table.
        tables.append(replace(table, notes=tuple(note for note in table.notes if note not in said)))
        said |= set(table.notes)
    return tables


def _table(
    board: Leaderboard, rows: Sequence[ScoreRow], key: str, track: str, metric: str, release: str, split: str
) -> Table:
    among = board.lists.get(key)
    languages = {row.language for row in rows}
    only = languages.pop() if len(languages) == 1 else ""
    teams = {row.teams for row in rows if row.teams is not None}
    one_count = bool(only and among and among.ranked and len(teams) == 1)
    title = f"{_sentence(among.title if among else key)} · {_where(board, track, only, split)} · {_metric(metric)}"
    title += f" · {_release(release)}"
    if one_count:
        title += f" · {teams.pop()} {among.entries if among else 'teams'}"
    shown: list[tuple[Column, list[Any]]] = [
        (Column("language"), ["" if only else row.language for row in rows]),
        (Column("rank", "int"), [row.rank for row in rows]),
        (Column("of", "int"), [None if one_count else row.teams for row in rows]),
        (Column("system"), [_system(row) for row in rows]),
        (Column("setting"), [row.setting for row in rows]),
        (Column("score", "int"), [_printed(row) for row in rows]),
        (Column("selected on"), ["" if row.selected_on == "unknown" else row.selected_on for row in rows]),
        (Column("flag"), [row.flag for row in rows]),
    ]
    kept = [(column, values) for column, values in shown if any(value not in ("", None) for value in values)]
    notes = [f"{flag}: {meaning}." for flag, meaning in FLAG_MEANINGS.items() if any(row.flag == flag for row in rows)]
    if any(row.selected_on not in ("", "unknown") for row in rows):
        notes.append("selected on: what chose the epoch or the threshold; none: no score chose anything.")
    if any(row.selected_on == "folds" for row in rows):
        notes.append("folds: texts that were trained on, each judged by a model that had not read it.")
    if any(row.selected_on == "sources" for row in rows):
        notes.append("sources: dev texts of the other languages that were trained on.")
    notes += _row_notes(rows) if only else []
    notes += [among.note] if among and among.note else []
    notes += _notes(n for n in board.notes if n.belongs(board.task.key, track, only) and key in n.lists)
    return Table(
        title, tuple(column for column, _ in kept), tuple(zip(*(v for _, v in kept), strict=True)), tuple(notes)
    )


def _row_notes(rows: Sequence[ScoreRow]) -> list[str]:
    """What the rows themselves say, each note once."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.note and row.kind != "seed-run":
            rank = f"rank {row.rank}" if row.rank else ""
            who = f"{row.system} ({rank})" if row.system and rank else row.system or rank
            said.setdefault(row.note, []).append(who)
    return [f"{', '.join(dict.fromkeys(who))}: {note}." for note, who in said.items()]


def _system(row: ScoreRow) -> str:
    mark = {"baseline": " (baseline)", "zoo": " (ours)"}.get(row.kind, "")
    return f"{row.system}{mark}" if row.system else "(team not named)"


def _where(board: Leaderboard, track: str, language: str, split: str) -> str:
    parts = [f"track {track.upper()}" if "/" not in track else f"tracks {track.upper().replace('/', ' and ')}"]
    if language:
        named = board.task.languages.get(language)
        parts.append(f"{named.name} ({language})" if named else language)
    return " · ".join([*parts, split])


def _metric(name: str) -> str:
    return METRICS[name].title if name in METRICS else name


def _release(release: str) -> str:
    return "release not said" if release == "unknown" else f"release {release}"


def placement_tables(found: Sequence[tuple[Leaderboard, Placement, Sequence[Placement]]]) -> list[Table]:
    """One placement as a ladder of the rows that matter with the other lists under it; several as a row each.

    Args:
        found: each placement with its board and its placements among every list.
    """
    if len(found) != 1:
        return [_summary(found)]
    board, placed, elsewhere = found[0]
    others = [one for one in elsewhere if one.among.key != placed.among.key]
    return [_ladder(board, placed), *([_others(others)] if others else [])]


def _summary(found: Sequence[tuple[Leaderboard, Placement, Sequence[Placement]]]) -> Table:
    placements = [placed for _, placed, _ in found]
    rows = tuple(
        (
            placed.at.track.upper(), placed.at.language, placed.score, placed.rank or None,
            _printed(placed.leader), placed.gap(placed.leader), _printed(placed.baseline), placed.gap(placed.baseline),
        )
        for placed in placements
    )  # fmt: skip
    columns = (
        Column("track"), Column("language"), Column("score", "score"), Column("rank", "int"), Column("rank 1", "int"),
        Column("to rank 1", "delta"), Column("baseline", "int"), Column("to baseline", "delta"),
    )  # fmt: skip
    lists = ", ".join(dict.fromkeys(placed.among.title for placed in placements))
    releases = ", ".join(dict.fromkeys(placed.at.release for placed in placements))
    notes = ["Ranks are intervals: of most lists only some scores are known. One file or language shows more."]
    notes += [
        f"Left out as suspect in {placed.at.track.upper()} {placed.at.language}: {row.score_text}, {row.note}."
        for placed in placements
        for row in placed.suspect
    ]
    notes += [note for placed in placements for note in _notes(placed.notes)]
    return Table(f"{_sentence(lists)} · release {releases}", columns, rows, tuple(dict.fromkeys(notes)))


def _ladder(board: Leaderboard, placed: Placement) -> Table:
    steps: dict[int, tuple[float, tuple[Any, ...]]] = {}
    for row in (placed.leader, placed.above, *placed.ties, placed.baseline, placed.below):
        if row is not None and row.score is not None:
            gap = None if row in placed.ties else placed.gap(row)
            # A rank in a list that is no ranking is a rank in some other list.
            rank = str(row.rank) if row.rank and placed.among.ranked else None
            cells = (rank, _named(row, placed), Decimal(row.score_text), gap)
            steps[id(row)] = (row.score, cells)
    mine = (placed.score, (placed.rank.partition(" of ")[0] or None, THIS, _exact(placed.score), None))
    ladder = sorted([*steps.values(), mine], key=lambda step: -step[0])
    at = placed.at
    where = _where(board, at.track, at.language, at.split)
    return Table(
        f"{where} · {_metric(at.metric)} · {_release(at.release)} · {placed.among.title}",
        (Column("rank", "int"), Column("system"), Column("score", "int"), Column("difference", "delta")),
        tuple(cells for _, cells in ladder),
        tuple(_ladder_notes(placed)),
    )


def _exact(score: float) -> Decimal:
    return Decimal(f"{score:.4f}")


def _named(row: ScoreRow, placed: Placement) -> str:
    name = _system(row) if row.kind == "baseline" else row.name
    if row.kind == "baseline" and row.list != placed.among.key:
        name += f", from list {row.list}"
    if row is placed.leader and not placed.among.ranked:
        name += " (best known)"
    return name + (f" [{row.flag}]" if row.flag else "")


def _ladder_notes(placed: Placement) -> list[str]:
    notes = [_verdict(placed)]
    below = placed.below
    if below is not None and below.rank and placed.among.ranked and placed.low:
        notes.append("Other ranks are those without this score.")
    for row in placed.suspect:
        who = f"rank {row.rank} {row.name}" if row.rank else _system(row)
        notes.append(f"Left out as suspect: {row.score_text} of {who}: {row.note}.")
    if 0 < placed.own < placed.known:
        notes.append(f"Rows of your own among them: {placed.own}.")
    return notes + _notes(placed.notes)


def _verdict(placed: Placement) -> str:
    """The placement in a sentence or two."""
    scores = "1 known score" if placed.known == 1 else f"{placed.known} known scores"
    if placed.low is None:
        equal = f" and {len(placed.ties)} equal" if placed.ties else ""
        return f"{placed.better} higher{equal} among {scores}: the list is no ranking, so it gives no rank."
    if placed.teams is None:
        return f"Rank {placed.rank}, by {scores}; the number of teams is not known."
    rank = f"Rank {placed.rank} (the {placed.teams} {placed.among.entries} and this score)"
    if placed.low == placed.high:
        return f"{rank}."
    few = "one score is" if placed.known == 1 else f"{placed.known} of the scores are"
    return f"{rank}: only {few} known, so it stays an interval." if placed.known else f"{rank}: no score is known."


def _others(placements: Sequence[Placement]) -> Table:
    rows = tuple(
        (one.among.key, one.rank or None, one.known, one.better, _printed(one.leader), one.gap(one.leader))
        for one in placements
    )
    columns = (
        Column("list"), Column("rank", "int"), Column("known scores", "int"), Column("higher", "int"),
        Column("best", "int"), Column("difference", "delta"),
    )  # fmt: skip
    return Table("Other lists, each by itself (open one with --list)", columns, rows)


def check_tables(result: BoardCheck) -> list[Table]:
    """The rows of each file, and what is wrong with them."""
    files = Table(
        "Leaderboard rows",
        (Column("file"), Column("rows", "int")),
        tuple((_near(file), count) for file, count in result.rows.items()),
        (
            "Flagged by hand: " + (", ".join(f"{n} {flag}" for flag, n in result.flagged.items()) or "none") + ".",
            "No problem found." if result.valid else f"{plural(len(result.faults), 'problem')}.",
        ),
    )
    if result.valid:
        return [files]
    columns = (Column("file"), Column("line", "int"), Column("column"), Column("problem"), Column("fix"))
    faults = tuple((_near(f.file), f.line or None, f.column or None, f.message, f.fix) for f in result.faults)
    return [files, Table("Problems", columns, faults)]


def _near(file: str) -> str:
    """A path as short as it stays clear: shipped files by their folder's name, others from here."""
    path = Path(file)
    for folder in ("leaderboard", "submissions"):
        if path.is_relative_to(shipped(folder)):
            return f"{folder}/{path.relative_to(shipped(folder)).as_posix()}"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def row_payload(row: ScoreRow) -> dict[str, Any]:
    """A row as JSON: the columns of the CSV file, and whether it is the user's own."""
    return {name: getattr(row, name) for name in COLUMNS} | {"own": row.own}


def placement_payload(placed: Placement) -> dict[str, Any]:
    """A placement as JSON."""

    def row(one: ScoreRow | None) -> dict[str, Any] | None:
        return None if one is None else row_payload(one) | {"difference": placed.gap(one)}

    return {
        "score": placed.score, **asdict(placed.at), "list": placed.among.key,
        "teams": placed.teams, "rank_low": placed.low, "rank_high": placed.high,
        "leader": row(placed.leader), "baseline": row(placed.baseline), "above": row(placed.above),
        "below": row(placed.below), "ties": [row(one) for one in placed.ties], "known": placed.known,
        "better": placed.better, "own": placed.own, "suspect": [row(one) for one in placed.suspect],
        "notes": _notes(placed.notes), "signature": placed.signature or None,
    }  # fmt: skip
