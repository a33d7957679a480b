"""The leaderboard: shipped rows and the user's own, with lists, sources and notes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError, suggest
from semeval_emo.leaderboard.check import BoardCheck, check_row, check_together
from semeval_emo.leaderboard.keys import BoardKey, address_of
from semeval_emo.leaderboard.load import read_board
from semeval_emo.leaderboard.model import BoardList, Note, RowProblem, ScoreRow, ScoreSource
from semeval_emo.leaderboard.place import Placement, place
from semeval_emo.leaderboard.store import append, store_path
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.scorer import score as score_files
from semeval_emo.task import Task, load_task, task_files


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Stored scores of one task. Made by `Leaderboard.load`.

    Attributes:
        rows: every row of the task, in the order of the files.
        lists: every list by key, in the order in which lists are shown; the first is the default.
        faults: what is wrong with lines that cannot be read, and with rows of the user's that are not sound:
            they are left out; `check` lists them with all else.
        files: the CSV files read.
    """

    task: Task
    rows: tuple[ScoreRow, ...]
    lists: dict[str, BoardList]
    sources: dict[str, ScoreSource]
    notes: tuple[Note, ...]
    faults: tuple[RowProblem, ...] = ()
    files: tuple[Path, ...] = ()

    @classmethod
    def load(
        cls,
        task: str | Task | None = None,
        *,
        extra: Iterable[str | os.PathLike[str]] = (),
        own: bool = True,
    ) -> Leaderboard:
        """Reads the shipped board, the user's own rows and any further files.

        Args:
            task: a task or its name; the competition by default.
            extra: further CSV files, or folders that hold CSV files and maybe sources.toml, lists.toml
                and notes.toml.
            own: False leaves the user's own rows out (``$SEMEVAL_EMO_BOARD``).

        Raises:
            InputError: a file is missing or unreadable.

        >>> board = Leaderboard.load(own=False)
        >>> board.place(0.7114, track="a", language="eng").rank
        '29 to 75 of 75'
        """
        found = load_task(task)
        return cls(found, **vars(read_board(found, [Path(one) for one in extra], own)))

    @property
    def default_list(self) -> str:
        """The list that is meant where none is named: the first one that has rows of this task."""
        held = {row.list for row in self.rows}
        return next((key for key in self.lists if key in held), next(iter(self.lists), ""))

    def find_list(self, key: str | None = None) -> BoardList:
        """Looks a list up by key; None means the default.

        Raises:
            UsageError: no such list.
        """
        name = key or self.default_list
        if name not in self.lists:
            raise UsageError(
                f"There is no list '{name}' on the board.",
                suggest(name, self.lists) or f"use one of: {', '.join(self.lists)}",
            )
        return self.lists[name]

    def filter(
        self,
        *,
        track: str | None = None,
        language: str | None = None,
        among: str | None = None,
        kind: str | None = None,
        release: str | None = None,
        split: str | None = None,
        metric: str | None = None,
    ) -> tuple[ScoreRow, ...]:
        """The rows that match, by list, track, metric, release, language, rank and score. None matches everything.

        Raises:
            UsageError: an unknown track, language or list.

        >>> [row.score_text for row in Leaderboard.load(own=False).filter(track="a", language="eng", among="official")]
        ['0.8230', '0.7397', '0.7083']
        """
        wanted_track = None if track is None else self.task.track(track).key
        wanted_language = None if language is None else self.task.language(language).code
        wanted_list = None if among is None else self.find_list(among).key
        found = [
            row
            for row in self.rows
            if wanted_track in (None, *row.tracks)
            and wanted_language in (None, row.language)
            and wanted_list in (None, row.list)
            and kind in (None, row.kind)
            and release in (None, row.release)
            and split in (None, row.split)
            and metric in (None, row.metric)
        ]
        return tuple(sorted(found, key=lambda row: self._order(row, wanted_track)))

    def select(
        self,
        *,
        track: str | None = None,
        language: str | None = None,
        among: str | None = None,
        kind: str | None = None,
        release: str | None = None,
        metric: str | None = None,
    ) -> tuple[ScoreRow, ...]:
        """Return the rows that match, of the default list and each track's official metric unless others are named.

        Args:
            among: a list, or ``all``. A kind or a release selects from all lists by default.
            metric: a metric, or ``all``.

        Raises:
            UsageError: an unknown track, language or list.
        """
        every_list = among == "all" or (among is None and (kind or release))
        rows = self.filter(
            track=track, language=language, among=None if every_list else self.find_list(among).key, kind=kind,
            release=release,
        )  # fmt: skip
        if metric == "all":
            return rows
        metrics = {key: metric or track.metric for key, track in self.task.tracks.items()}
        return tuple(row for row in rows if row.metric in {metrics.get(key) for key in row.tracks})

    def _order(self, row: ScoreRow, track: str | None) -> tuple[object, ...]:
        """Rows that compare stand together; unknown names come last."""
        lists, languages = [*self.lists], [*self.task.languages]
        ranked = row.list in self.lists and self.lists[row.list].ranked
        return (
            lists.index(row.list) if row.list in lists else len(lists),
            track or row.track,
            row.metric,
            row.release != self.task.default_release,
            row.release,
            row.split != "test",
            row.split,
            languages.index(row.language) if row.language in languages else len(languages),
            (row.rank is None, row.rank or 0) if ranked else (False, 0),
            -(row.score if row.score is not None else -2.0),
        )

    def place(
        self,
        score: float | Scorecard,
        *,
        track: str | None = None,
        language: str | None = None,
        among: str | None = None,
        release: str | None = None,
        split: str = "test",
        metric: str | None = None,
    ) -> Placement:
        """Says where a score stands among the known rows of one list.

        Args:
            score: a number with its track and language, or a scorecard, which says what it measures.
            among: key of the list; the official one by default. Lists are never mixed.
            release: the release that the score was measured on; the task's default by default.
            metric: the track's official metric by default.

        Raises:
            UsageError: an unknown name, a score out of the metric's range, or no rows to place it among;
                the remedy names what there is.

        >>> place = Leaderboard.load(own=False).place(0.7114, track="a", language="eng")
        >>> place.leader.score_text, f"{place.gap(place.leader):.4f}", f"{place.gap(place.baseline):+.4f}"
        ('0.8230', '-0.1116', '+0.0031')
        """
        number, at = address_of(score, self.task, track, language, release, split, metric)
        return self._placed(number, at, self.find_list(among), _signature(score))

    def places(
        self,
        score: float | Scorecard,
        *,
        track: str | None = None,
        language: str | None = None,
        release: str | None = None,
        split: str = "test",
    ) -> tuple[Placement, ...]:
        """Places a score among every list that has scores for it, each by itself, in the order of `lists`."""
        number, at = address_of(score, self.task, track, language, release, split)
        held = {row.list for row in self._rows_at(at) if row.usable and row.kind != "baseline"}
        return tuple(self._placed(number, at, one, _signature(score)) for key, one in self.lists.items() if key in held)

    def _rows_at(self, at: BoardKey) -> tuple[ScoreRow, ...]:
        return self.filter(track=at.track, language=at.language, release=at.release, split=at.split, metric=at.metric)

    def _placed(self, score: float, at: BoardKey, among: BoardList, signature: str) -> Placement:
        there = self._rows_at(at)
        rows = [row for row in there if row.list == among.key]
        if not any(row.score is not None for row in rows):
            raise UsageError(
                f"List {among.key} has no score of track {at.track}, {self.task.language(at.language).name} "
                f"({at.language}), {at.split}, release {at.release}, {at.metric}.",
                self._elsewhere(at, among),
            )
        # In the order of lists: a list without a baseline of its own is measured against the first one's.
        baseline = next((row for row in there if row.kind == "baseline" and row.usable), None)
        notes = [n for n in self.notes if n.belongs(at.task, at.track, at.language) and round(score, 4) in n.scores]
        return place(score, rows, at, among, baseline=baseline, notes=tuple(notes), signature=signature)

    def _elsewhere(self, at: BoardKey, among: BoardList) -> str:
        """What there is instead: the same list elsewhere, other lists, other languages."""
        scored = [row for row in self.filter(track=at.track, language=at.language) if row.score is not None]
        here = {row.release for row in scored if row.list == among.key and row.split == at.split}
        if here - {at.release}:
            return f"that list has scores of release {' and '.join(sorted(here))}: name the release that you mean"
        lists = dict.fromkeys(row.list for row in scored if (row.release, row.split) == (at.release, at.split))
        if lists:
            return f"lists that have: {', '.join(lists)}"
        has = sorted({row.language for row in self.filter(track=at.track)})
        return f"languages of track {at.track} on the board: {', '.join(has)}" if has else ""

    def add(self, row: ScoreRow, *, store: str | os.PathLike[str] | None = None) -> Leaderboard:
        """Adds one row to the user's own board, whole or not at all.

        Args:
            store: the CSV file to append to; `store_path` by default. It is made where absent.

        Returns:
            The board with the row.

        Raises:
            UsageError: the row is not sound, or stands on the board already. Nothing is written then.
            InputError: the store cannot be read or written.
        """
        path = store_path() if store is None else Path(store)
        _refuse(check_row(row, self.task, self.lists, self.sources))
        others = [one for one in self.rows if Path(one.file) != path]

        def sound(kept: Sequence[ScoreRow], placed: ScoreRow) -> None:
            # A contradiction is charged to either of two rows, so what the row adds is found by difference.
            known = set(check_together([*others, *kept], self.lists))
            after = check_together([*others, *kept, placed], self.lists)
            _refuse(fault for fault in after if fault not in known)

        mine = append(path, row, sound)
        files = self.files if path in self.files else (*self.files, path)
        return replace(self, rows=(*others, *(one for one in mine if one.task == self.task.key)), files=files)

    def check(self) -> BoardCheck:
        """Checks every row of the board, of this task: names, ranges, sources, uniqueness, order of ranks."""
        faults = list(self.faults)
        for row in self.rows:
            faults += check_row(row, self.task, self.lists, self.sources)
        faults += check_together(self.rows, self.lists)
        files = [str(path) for path in self.files]
        faults.sort(key=lambda fault: (files.index(fault.file), fault.line))
        flags = [row.flag for row in self.rows if row.flag]
        counts = dict.fromkeys(files, 0)
        for row in self.rows:
            counts[row.file] += 1
        return BoardCheck(
            rows=counts, flagged={flag: flags.count(flag) for flag in sorted(set(flags))}, faults=tuple(faults)
        )


def check_boards(extra: Iterable[str | os.PathLike[str]] = ()) -> BoardCheck:
    """Checks the boards of every known task: all shipped rows, the user's own, and further files.

    >>> check_boards().valid
    True
    """
    paths = list(extra)
    results = [Leaderboard.load(name, extra=paths).check() for name in task_files()]
    rows: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for result in results:
        rows.update(result.rows)
        flagged.update(result.flagged)
    # A line that cannot be read belongs to no task, so every board reports it.
    faults = dict.fromkeys(fault for result in results for fault in result.faults)
    return BoardCheck(dict(rows), dict(sorted(flagged.items())), tuple(faults))


def measure(
    what: str,
    *,
    track: str | None = None,
    language: str | None = None,
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: str | None = None,
    extra: Iterable[str | os.PathLike[str]] = (),
) -> list[tuple[Leaderboard, float | Scorecard, dict[str, Any]]]:
    """Return the scores to place, each with the board of its task and, for a bare score, its address.

    Args:
        what: a score, or the path of prediction files, which are validated and scored.
        source: where the gold labels are, as in `load_gold`.
        extra: as for `Leaderboard.load`.

    Raises:
        UsageError: a bare score without track and language, or a number that cannot be read.
    """
    try:
        number = float(what)
    except ValueError:
        if what.replace(",", "", 1).isdigit():
            raise UsageError(f"'{what}' is not a number.", f"write {what.replace(',', '.')}") from None
        cards = score_files(what, source=source, track=track, language=language, release=release, task=task).cards
        names = {load_task(name).key: name for name in task_files()}
        keys = [task or names[card.spec.task] for card in cards]
        boards = {key: Leaderboard.load(key, extra=extra) for key in dict.fromkeys(keys)}
        return [(boards[key], card, {}) for key, card in zip(keys, cards, strict=True)]
    if track is None or language is None:
        raise UsageError("A score needs its track and language.", f"add them: place {what} -t a -l eng")
    address = {"track": track, "language": language, "release": release}
    return [(Leaderboard.load(task, extra=extra), number, address)]


def _signature(score: float | Scorecard) -> str:
    return score.signature if isinstance(score, Scorecard) else ""


def _refuse(faults: Iterable[RowProblem]) -> None:
    found = list(faults)
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        raise UsageError(f"The row was not added: {found[0].message}{more}", found[0].fix)
