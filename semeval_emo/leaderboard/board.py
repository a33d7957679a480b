"""The leaderboard: the shipped rows and the user's own, with lists, sources and notes."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.files import shipped
from semeval_emo.leaderboard.check import BoardCheck, check_row, check_together, ranked_metrics, unknown_task
from semeval_emo.leaderboard.keys import BoardKey, check_name, resolve_key
from semeval_emo.leaderboard.model import KINDS, BoardList, Note, Paper, RowProblem, ScoreRow, ScoreSource
from semeval_emo.leaderboard.place import Placement, place
from semeval_emo.leaderboard.read import read_lists, read_notes, read_papers, read_rows, read_sources
from semeval_emo.leaderboard.store import append, store_path
from semeval_emo.leaderboard.submitted import FILE, LIST, read_systems, rows_of
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import Task, known_tasks, load_task
from semeval_emo.text import plural, short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

COMPARE = "compare systems with semeval-emo compare, or semeval_emo.compare in Python"
MOST_PROBLEMS = 1_000
"""Problems of one file that are collected; finding the hint of one takes about a millisecond."""
OWN = "mine"
"""The list that `add` uses by default. Every task has it, and the list of this project's systems (`LIST`)."""
# Names of lists that no file defines.
_LIST_NAME = re.compile(r"\w[\w .-]{0,39}")
Definition = TypeVar("Definition", BoardList, ScoreSource)


@dataclass(frozen=True, eq=False)
class Leaderboard(Result):
    """Stored scores of one task. Made by `Leaderboard.load`.

    Attributes:
        rows: all rows of the task, in the order of the files.
        lists: the lists of the task by key, in display order, those that every task has last.
        sources: the sources of the task's scores, and those that every task has.
        problems: of invalid lines and of the user's invalid rows, which are left out; `check` reports all
            problems.
        any_list: whether rows can name lists that no file defines, because no list of the task ships.
        other_tasks: number of rows in the user's own board by task, for tasks that are not installed.
    """

    task: Task
    rows: tuple[ScoreRow, ...]
    lists: dict[str, BoardList]
    sources: dict[str, ScoreSource]
    notes: tuple[Note, ...]
    problems: tuple[RowProblem, ...] = ()
    files: tuple[Path, ...] = ()
    any_list: bool = False
    other_tasks: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        task: str | Task | None = None,
        *,
        extra: Iterable[str | os.PathLike[str]] = (),
        own: bool = True,
    ) -> Leaderboard:
        """Load the shipped board, the user's own rows and extra files.

        Args:
            task: a task or its name; the competition by default.
            extra: more CSV files, or folders with CSV files and optional sources.toml, lists.toml and
                notes.toml.
            own: False leaves out the user's own rows (``$SEMEVAL_EMO_BOARD``).

        Raises:
            InputError: a file is missing or unreadable.

        >>> board = Leaderboard.load(own=False)
        >>> board.place(0.7114, track="a", language="eng").rank
        '29 to 75 of 75'
        """
        return _load(load_task(task), [Path(path) for path in extra], own)

    @property
    def default_list(self) -> str:
        """The default list: the first one with rows, else the first one of the task."""
        with_rows = {row.list for row in self.rows}
        first = next((key for key, own in self.lists.items() if own.task), OWN if OWN in self.lists else "")
        return next((key for key in self.lists if key in with_rows), first)

    def find_list(self, key: str | None = None) -> BoardList:
        """Return a list by its key or its title; None means the default.

        Raises:
            UsageError: the list is unknown.

        >>> Leaderboard.load(own=False).find_list("Claims of the teams").key
        'paper-claims'
        """
        name = key or self.default_list
        titles = {own.title.casefold(): own for own in self.lists.values()}
        found = self.lists.get(name) or titles.get(name.casefold())
        if found is None:
            raise UsageError(
                f"There is no list '{name}' on the leaderboard of {self.task.title}.",
                suggest(name, [*self.lists, *titles])
                or f"use one of: {', '.join(f'{own.key} ({own.title})' for own in self.lists.values())}",
            )
        return found

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
        """Return the matching rows, sorted by list, track, metric, release, language, rank and score; None matches all.

        Raises:
            UsageError: an unknown track, language or list.

        >>> [row.score_text for row in Leaderboard.load(own=False).filter(track="a", language="eng", among="official")]
        ['0.8230', '0.7397', '0.7083']
        """
        own_track = None if track is None else self.task.track(track).key
        own_language = None if language is None else self.task.language(language).code
        own_list = None if among is None else self.find_list(among).key
        rows = [
            row
            for row in self.rows
            if own_track in (None, *row.tracks)
            and own_language in (None, row.language)
            and own_list in (None, row.list)
            and kind in (None, row.kind)
            and release in (None, row.release)
            and split in (None, row.split)
            and metric in (None, row.metric)
        ]
        return tuple(sorted(rows, key=lambda row: self._order(row, own_track)))

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
            UsageError: an unknown track, language, list, kind, release or metric.
        """
        for what, name, known in (
            ("kind", kind, KINDS), ("release", release, [*self.task.releases]),
            ("metric", metric, [*ranked_metrics(), "all"]),
        ):  # fmt: skip
            if name is not None:
                check_name(what, name, list(dict.fromkeys([*known, *(getattr(row, what) for row in self.rows)])))
        every_list = among == "all" or (among is None and (kind or release))
        rows = self.filter(
            track=track, language=language, among=None if every_list else self.find_list(among).key, kind=kind,
            release=release,
        )  # fmt: skip
        if metric == "all":
            return rows
        metrics = {key: (metric,) if metric else track.metrics for key, track in self.task.tracks.items()}
        return tuple(row for row in rows if any(row.metric in metrics.get(key, ()) for key in row.tracks))

    def _order(self, row: ScoreRow, track: str | None) -> tuple[object, ...]:
        """Return the sort key of a row: comparable rows are adjacent, unknown names last."""
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
        """Place a score among the known rows of one list.

        Args:
            score: a number with its track and language, or a scorecard.
            among: key or title of the list; the official one by default.
            release: the release of the scored data; the task's default by default.
            metric: the track's official metric by default.

        Raises:
            UsageError: an unknown name, a score out of the metric's range, or a list without comparable
                scores.

        >>> placed = Leaderboard.load(own=False).place(0.7114, track="a", language="eng")
        >>> placed.leader.score_text, round(placed.gap(placed.leader), 4), round(placed.gap(placed.baseline), 4)
        ('0.8230', -0.1116, 0.0031)
        """
        number, at = resolve_key(score, self.task, track, language, release, split, metric)
        return self._placed(number, at, self.find_list(among), _card(score))

    def places(
        self,
        score: float | Scorecard,
        *,
        track: str | None = None,
        language: str | None = None,
        release: str | None = None,
        split: str = "test",
    ) -> tuple[Placement, ...]:
        """Place a score in every list with comparable scores, in the order of `lists`."""
        number, at = resolve_key(score, self.task, track, language, release, split)
        with_rows = {row.list for row in self.comparable(at) if row.usable and row.kind != "baseline"}
        return tuple(
            self._placed(number, at, among, _card(score)) for key, among in self.lists.items() if key in with_rows
        )

    def comparable(self, at: BoardKey) -> tuple[ScoreRow, ...]:
        """Return the rows of all lists that measure the same, in the order of `filter`."""
        return self.filter(track=at.track, language=at.language, release=at.release, split=at.split, metric=at.metric)

    def _placed(self, score: float, at: BoardKey, among: BoardList, card: Scorecard | None) -> Placement:
        comparable = self.comparable(at)
        rows = [row for row in comparable if row.list == among.key]
        if not any(row.score is not None for row in rows):
            if self.task.is_own_split and not comparable:
                raise UsageError("The leaderboard has no score of your own split to compare with.", COMPARE)
            if not self.rows:
                raise UsageError(
                    f"The leaderboard has no scores of {self.task.title}.",
                    f"{COMPARE}; semeval-emo leaderboard add adds your own scores",
                )
            raise UsageError(
                f"List {among.key} has no score of track {at.track}, {self.task.language(at.language).name} "
                f"({at.language}), {at.split}, release {at.release}, {at.metric}.",
                self._elsewhere(at, among),
            )
        # The first baseline in the order of lists, for lists without one.
        baseline = next((row for row in comparable if row.kind == "baseline" and row.usable), None)
        about = [note for note in self.notes if note.applies_to(at.task, at.track, at.language)]
        notes = [note for note in about if note.flag or round(score, 4) in note.scores]
        # The system that the file belongs to comes first, then the one that is named after its recipe.
        parents = Path(card.file).resolve().parents if card else ()
        ours = sorted(
            (row for row in comparable if row.origin),
            key=lambda row: (Path(row.file).parent.resolve() not in parents, row.setting != ""),
        )
        same = next(
            (row for row in ours if card and row.origin and row.origin.predictions == card.prediction_hash), None
        )
        return place(
            score, rows, at, among, baseline=baseline, notes=tuple(notes), signature=card.signature if card else "",
            same=same,
        )  # fmt: skip

    def _elsewhere(self, at: BoardKey, among: BoardList) -> str:
        """Return a hint on what can be placed: another split or release, other lists or other languages."""
        scored = [row for row in self.filter(track=at.track, language=at.language) if row.score is not None]
        splits = {row.split for row in scored if row.release == at.release}
        if splits and at.split not in splits:
            return (
                f"the leaderboard has scores on {' and '.join(sorted(splits))} only, which a score on {at.split} "
                "cannot be compared with"
            )
        releases = {row.release for row in scored if row.list == among.key and row.split == at.split}
        if releases - {at.release}:
            return f"the list has scores of release {' and '.join(sorted(releases))}: select it with --release"
        lists = dict.fromkeys(row.list for row in scored if (row.release, row.split) == (at.release, at.split))
        if lists:
            return f"lists with such scores: {', '.join(lists)}"
        rows = self.filter(track=at.track, release=at.release, split=at.split, metric=at.metric)
        languages = sorted({row.language for row in rows if row.score is not None})
        return f"languages of track {at.track} on the leaderboard: {', '.join(languages)}" if languages else ""

    def add(self, row: ScoreRow, *, store: str | os.PathLike[str] | None = None) -> Leaderboard:
        """Add one row to the user's own board, and return the board with the row.

        Args:
            store: the CSV file to append to; `store_path` by default. It is created if it does not exist.

        Raises:
            UsageError: the row is invalid, or is already on the board. Nothing is written then.
            InputError: the store cannot be read or written.
        """
        path = store_path() if store is None else Path(store)
        if row.list == LIST:
            raise UsageError(
                f"List {LIST} has the systems of submissions/: no row can be added to it.",
                "`semeval-emo zoo submit` adds finished runs; your own rows are in list mine",
            )
        lists = _with_undefined(self.lists, [row]) if self.any_list else self.lists
        _refuse(check_row(row, self.task, lists, self.sources))
        others = [other for other in self.rows if Path(other.file) != path]

        def check(rows: Sequence[ScoreRow], new: ScoreRow) -> None:
            # A contradiction can be reported at either row, so compare the problems without and with the new one.
            before = set(check_together([*others, *rows], lists))
            after = check_together([*others, *rows, new], lists)
            _refuse(problem for problem in after if problem not in before)

        own = append(path, row, check)
        files = self.files if path in self.files else (*self.files, path)
        every = (*others, *(row for row in own if row.task == self.task.key))
        return replace(self, rows=every, files=files, lists=_with_undefined(lists, every) if self.any_list else lists)

    def check(self) -> BoardCheck:
        """Check every row of the task: names, ranges, sources, uniqueness, order of ranks."""
        problems = list(self.problems)
        for row in self.rows:
            problems += check_row(row, self.task, self.lists, self.sources)
        problems += check_together(self.rows, self.lists)
        files = [str(path) for path in self.files]
        problems.sort(key=lambda problem: (files.index(problem.file), problem.line))
        flags = [row.flag for row in self.rows if row.flag]
        counts = dict.fromkeys(files, 0)
        for row in self.rows:
            counts[row.file] += 1
        return BoardCheck(
            rows=counts, flagged={flag: flags.count(flag) for flag in sorted(set(flags))}, problems=tuple(problems),
            other_tasks=self.other_tasks,
        )  # fmt: skip

    def papers(self) -> tuple[Paper, ...]:
        """Return the bibliography of the task, in the order of the volume; empty if it has none.

        >>> [paper.id for paper in Leaderboard.load(own=False).papers() if paper.team == "NYCU-NLP"]
        ['2025.semeval-1.149']
        """
        return read_papers(shipped("leaderboard"), self.task.key)

    def to_frame(self) -> DataFrame:
        """Return all rows."""
        return frame_of(row.to_dict() for row in self.rows)

    def __repr__(self) -> str:
        return short_repr(self, task=self.task.key, rows=len(self.rows), lists=tuple(self.lists))


def _load(task: Task, extra: Sequence[Path], own: bool) -> Leaderboard:
    """Read a board. Invalid rows of files that are not shipped are reported as problems and left out."""
    home = shipped("leaderboard")
    if not home.is_dir():
        raise InputError(f"The leaderboard folder {home} does not exist.", "set $SEMEVAL_EMO_LEADERBOARD")
    user_files = [file for path in extra for file in _csv_files(path)]
    if own and store_path().is_file():
        user_files.append(store_path())
    # The rows that a task file brings are nobody's own, but they are checked.
    of_task = [] if task.leaderboard is None else _csv_files(task.leaderboard)
    shipped_files = [(path, False) for path in [*sorted(home.glob("*.csv")), *of_task]]
    files = shipped_files + [(path, True) for path in user_files if path not in of_task]
    read = {path: read_rows(path, own=is_own) for path, is_own in files}
    own_folder = [] if task.leaderboard is None else [task.leaderboard]
    folders = list(dict.fromkeys([home, *own_folder, *(path for path in extra if path.is_dir())]))
    # A definition without a task is for all tasks if it ships, else for the tasks of the rows beside it.
    with_rows = {path.parent for path, (found, _) in read.items() if any(row.task == task.key for row in found)}
    for_all = {home, *with_rows}
    lists = _of_task({folder: read_lists(folder) for folder in folders}, task, for_all)
    sources = _of_task({folder: read_sources(folder) for folder in folders}, task, for_all)
    any_list = all(one.task != task.key for one in read_lists(home).values())
    if any_list:
        lists = _with_undefined(lists, [row for found, _ in read.values() for row in found if row.task == task.key])
    known = {task.key, *(known.key for _, known in known_tasks())}
    rows: list[ScoreRow] = []
    problems: list[RowProblem] = []
    other_tasks: Counter[str] = Counter()
    for path, _ in files:
        found, invalid_lines = read[path]
        problems += invalid_lines
        before = len(problems)
        for row in found:
            if len(problems) - before > MOST_PROBLEMS:
                reason = f"The file has more than {MOST_PROBLEMS:,} problems, and the rest of it was not checked."
                problems.append(RowProblem("too-many", row.file, row.line, "", "", reason, "fix the other ones first"))
                break
            if row.task == task.key:
                # The shipped rows are checked by tests.
                invalid = list(check_row(row, task, lists, sources)) if path.parent != home else []
                problems += invalid
                rows += [] if invalid else [row]
            elif row.task not in known:
                # `add` accepts a task of a TOML file, which other commands do not know. Elsewhere it is a mistake.
                if path == store_path() and row.task and not suggest(row.task, known):
                    other_tasks[row.task] += 1
                else:
                    problems.append(unknown_task(row, known))
    systems = read_systems(task=task.key)
    rows += rows_of(systems)
    if systems and LIST not in lists:
        lists[LIST] = BoardList(LIST, "our systems, unofficial", ranked=False)
    notes = tuple(note for folder in folders for note in read_notes(folder))
    with_own = [path for path, _ in files if path.parent != home or any(r.task == task.key for r in read[path][0])]
    paths = (*with_own, *(system.path / FILE for system in systems))
    return Leaderboard(task, tuple(rows), lists, sources, notes, tuple(problems), paths, any_list, dict(other_tasks))


def _csv_files(path: Path) -> list[Path]:
    """Return the CSV files of a folder, or the file itself."""
    return sorted(path.glob("*.csv")) if path.is_dir() else [path]


def _of_task(definitions: dict[Path, dict[str, Definition]], task: Task, for_all: set[Path]) -> dict[str, Definition]:
    """Return the definitions of a task by key, those of later folders first, and those of every task last.

    Args:
        definitions: by folder, by key.
        for_all: folders whose definitions without a task are of this task.
    """
    own = {
        key: one
        for folder, by_key in definitions.items()
        for key, one in by_key.items()
        if one.task == task.key or (not one.task and folder in for_all)
    }
    return dict(sorted(own.items(), key=lambda item: item[0] in (LIST, OWN)))


def _with_undefined(lists: Mapping[str, BoardList], rows: Iterable[ScoreRow]) -> dict[str, BoardList]:
    """Return lists with those that only rows name; such a list is a ranking if its rows have ranks."""
    ranked: dict[str, bool] = {}
    for row in rows:
        if _LIST_NAME.fullmatch(row.list) and (row.list not in lists or lists[row.list].is_undefined):
            ranked[row.list] = ranked.get(row.list, False) or row.rank is not None
    return {key: BoardList(key, f"list {key}", any_rank, is_undefined=True) for key, any_rank in ranked.items()} | {
        key: one for key, one in lists.items() if key not in ranked
    }


def check_boards(extra: Iterable[str | os.PathLike[str]] = ()) -> BoardCheck:
    """Check the boards of all known tasks: the shipped rows, the user's own, and extra files.

    >>> check_boards().valid
    True
    """
    paths = list(extra)
    results = [Leaderboard.load(task, extra=paths).check() for _, task in known_tasks()]
    rows: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for result in results:
        rows.update(result.rows)
        flagged.update(result.flagged)
    # An invalid line has no task, so every board reports it.
    problems = dict.fromkeys(problem for result in results for problem in result.problems)
    other_tasks = results[0].other_tasks if results else {}
    return BoardCheck(dict(rows), dict(sorted(flagged.items())), tuple(problems), other_tasks)


def _card(score: float | Scorecard) -> Scorecard | None:
    return score if isinstance(score, Scorecard) else None


def _refuse(problems: Iterable[RowProblem]) -> None:
    problems = list(problems)
    if problems:
        more = f" ({plural(len(problems) - 1, 'more problem')})" if len(problems) > 1 else ""
        raise UsageError(f"The row was not added: {problems[0].message}{more}", problems[0].fix)
