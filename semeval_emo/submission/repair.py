"""Repairs prediction files: writes new ones, lists every change, refuses what it cannot know.

Owns the decision what may be written. A repair never guesses a label: it says in the official way
what the file says already. Files are read and checked as `validate` does it, and what is written
is checked once more before it reaches its place.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission.cells import alternatives
from semeval_emo.submission.check import Checked, check
from semeval_emo.submission.fix_report import Change, FixReport, Refusal, Written
from semeval_emo.submission.mend import MendingJudge, mendable_cells
from semeval_emo.submission.outputs import check_free, default_folder, official_paths, places_for, write_new
from semeval_emo.submission.problem import Findings, Problem, entry, in_order
from semeval_emo.submission.read import gather, read_submission
from semeval_emo.submission.result import Part
from semeval_emo.submission.rows import Ids
from semeval_emo.submission.sources import Source
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import FileSpec, Selector, Task

CELLS = frozenset({
    "blank-cell", "nan-cell", "text-cell", "out-of-range", "fraction-cell", "boolean-cell", "float-cell",
    "number-form", "hidden-character", "padded-cell",
})  # fmt: skip
# Errors of single rows: another part of the file, all of whose rows are whole, can be written all the same.
ROW_ERRORS = CELLS | {"short-row", "missing-id"}
TWIN_LEFT_OUT = "one of several identical files kept"
FOLDER_CHANGES = ("no-track-folder", "track-folder-name", "nested-folders")


@dataclass(frozen=True)
class _Whole:
    """A part that came out whole: where it is from, what it is, its bytes."""

    source: Source
    spec: FileSpec
    body: bytes


def fix(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    threshold: float | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    force: bool = False,
) -> FixReport:
    r"""Repairs a file, or every prediction file of a folder or zip, into new files.

    Args:
        out: a ``.csv`` file, or a folder that gets the official layout ``track_x/pred_*.csv``. By
            default a folder ``fixed`` beside the input, and nothing where nothing is wrong.
        threshold: turns probabilities into labels: yes from this value on. Without it they are
            refused.
        track, language, split, release, task: as for `validate`; they choose parts of a file.
        force: replaces files that exist and differ. An input is never replaced.

    Raises:
        UsageError: a bad option; OUT is an input, exists and differs, or cannot hold what comes out.
        InputError: the input cannot be read, or OUT cannot be written.

    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> folder = Path(tempfile.mkdtemp())
    >>> rows = ["ID,Anger,Fear,Joy,Sadness,Surprise", *(f"{one},1.0,0,0,0,1" for one in spec.ids)]
    >>> _ = (folder / "pred_ENG.csv").write_text("\n".join(rows))
    >>> report = fix(folder / "pred_ENG.csv")
    >>> [Path(one.path).relative_to(folder).as_posix() for one in report.written]
    ['fixed/track_a/pred_eng.csv']
    >>> [f"{change.done} ({change.count})" for change in report.changes][1:]
    ['column names written in small letters (1)', 'decimals written as whole numbers (116)']
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"A threshold lies above 0 and at most at 1; {threshold:g} does not.")
    given = Path(path)
    chosen, sources = gather([path], task)
    selector = Selector(task, track, language, split, release).of(chosen)
    work = _Work(chosen, selector, threshold)
    for source in sources.files:
        work.mend(source)
    for found in sources.findings:
        work.judge_container(found)
    work.drop_clashes()

    work.whole.sort(key=lambda one: (one.spec.split, one.spec.track, one.spec.language))
    wanted = Path(out) if out is not None else default_folder(given)
    places = places_for(wanted, [one.spec for one in work.whole])
    changes = work.changes
    if places == [wanted]:  # a file alone is in no track folder
        changes = [one for one in changes if not one.code or entry(one.code).name not in FOLDER_CHANGES]
    unchanged = bool(work.whole) and not changes and not work.refusals
    writing = list(zip(work.whole, places, strict=True)) if out is not None or not unchanged else []
    failed = _self_check([one for one, _ in writing], chosen, selector)
    if failed:
        writing = []
    inputs = [given, *(source.path for source in sources.files)]
    check_free([(place, one.body) for one, place in writing], inputs, force)
    for one, place in writing:
        write_new(place, one.body)
    return FixReport(
        source=os.fspath(path),
        out=str(wanted) if writing else "",
        written=tuple(Written(one.source.shown, str(place), one.spec) for one, place in writing),
        changes=tuple(changes),
        refusals=(*work.refusals, *failed),
        unchanged=unchanged,
        notes=tuple(
            f"{place.name} is a name of your own: the official tools look for {one.spec.file_name}"
            for one, place in writing
            if place.name != one.spec.file_name
        ),
    )


class _Work:
    """Adds up what mending the files of one path gives: whole parts, changes, refusals."""

    def __init__(self, task: Task, selector: Selector, threshold: float | None) -> None:
        self.task, self.selector, self.threshold = task, selector, threshold
        self.ids = Ids(task)
        self.whole: list[_Whole] = []
        self.changes: list[Change] = []
        self.refusals: list[Refusal] = []

    def mend(self, source: Source) -> None:
        """Takes in one file."""
        try:
            checked = self._check(source, self.selector)
        except InputError as error:
            if source.shown == source.container:
                raise
            self.refusals.append(Refusal(source.shown, why=error.message))
            return
        parts = checked.file.parts
        wanted = [part for part in parts if self.selector.matches(part.spec)]
        before = len(self.whole)
        for part in wanted:
            own = checked
            if _columns(part.spec) != _columns(parts[0].spec):
                # Rows of a language with other emotions, or of a track with other values: read for them alone.
                spec = part.spec
                own = self._check(
                    source, replace(self.selector, track=spec.track, language=spec.language, split=spec.split)
                )
            self._take(source, own, part)
        if not wanted:
            problems, counts = self._in_the_way(checked)
            held = ", ".join(part.spec.place for part in parts)
            why = f"it holds {held}, which is not what the options ask for" if parts else ""
            self.refusals.append(Refusal(source.shown, "", () if parts else problems, counts, why))
        if len(self.whole) > before:
            self._list_changes(checked, self.whole[before:])

    def judge_container(self, found: Findings) -> None:
        """Takes in what was wrong with a folder or zip as such."""
        errors = {code: n for code, n in found.counts.items() if code[0] == "E" and not entry(code).mended}
        if errors:
            problems = tuple(one for one in found.problems if one.code in errors)
            self.refusals.append(Refusal(found.file, "", problems, errors))
        if self.whole:
            self.changes += _changes(found, lambda code: entry(code).mended)

    def drop_clashes(self) -> None:
        """Refuses files that would become one: two systems, or a file and its copy."""
        groups: dict[FileSpec, list[_Whole]] = {}
        for one in self.whole:
            groups.setdefault(one.spec, []).append(one)
        for spec, same in groups.items():
            if len({one.body for one in same}) > 1:
                others = " and ".join(one.source.shown for one in same)
                why = f"{others} are all {spec.place}, and differ: mend them one at a time"
                self.refusals.append(Refusal(same[0].source.shown, spec.place, why=why))
                dropped = {one.source.shown for one in same}
                self.changes = [one for one in self.changes if one.file not in dropped]
                continue
            names = [one.source.shown for one in same]
            if not any(change.done == TWIN_LEFT_OUT and change.file in names for change in self.changes):
                self.changes += [Change(name, entry("two-files").code, TWIN_LEFT_OUT, 1) for name in names[1:]]
        self.whole = [same[0] for same in groups.values() if len({one.body for one in same}) == 1]

    def _check(self, source: Source, selector: Selector) -> Checked:
        return check(source, self.task, selector, self.ids, partial(MendingJudge, threshold=self.threshold))

    def _take(self, source: Source, checked: Checked, part: Part) -> None:
        """Takes in one part of a file: whole, or refused with the problems that spoil it."""
        problems, counts = self._in_the_way(checked)
        fatal = [code for code in counts if entry(code).name not in ROW_ERRORS]
        rows = [checked.kept.get(one, (0, None))[1] for one in part.spec.ids]
        if not fatal and None not in rows:
            body = prediction_bytes(part.spec, np.array(rows, dtype=np.int8))
            self.whole.append(_Whole(source, part.spec, body))
            return
        first, last = part.lines
        main = part.spec == checked.file.parts[0].spec
        problems = tuple(
            one for one in problems
            if (one.line is None and (main or entry(one.code).name != "missing-id"))
            or (one.line is not None and (first <= one.line <= last or one.code in fatal))
        )  # fmt: skip
        why = "" if problems else self._why(checked, part)
        if len(part.spec.values) > 2 and any(entry(code).name == "fraction-cell" for code in counts):
            why = f"a fraction tells no degree; write {alternatives(part.spec.values)} yourself"
        self.refusals.append(Refusal(source.shown, part.spec.place, problems, counts, why))

    @staticmethod
    def _why(checked: Checked, part: Part) -> str:
        """The reason where the examples of problems are all of other parts."""
        if part.held < part.spec.rows:
            return f"only {part.held:,} of {part.spec.rows:,} rows are there; none is filled in"
        lines = [checked.kept[one][0] for one in part.spec.ids if checked.kept[one][1] is None]
        return f"{len(lines):,} of its rows hold no valid labels; the first is line {min(lines, default=part.lines[0])}"

    def _in_the_way(self, checked: Checked) -> tuple[tuple[Problem, ...], dict[str, int]]:
        """The errors of a file that cannot be mended."""
        counts = {c: n for c, n in checked.file.counts.items() if c[0] == "E" and not self._done(c, checked)}
        problems = [one for found in checked.findings for one in found.problems if one.code in counts]
        return tuple(in_order(problems)), counts

    def _done(self, code: str, checked: Checked) -> str:
        """What is done about a problem in this file; empty where nothing can be."""
        one = entry(code)
        if one.name == "two-files":  # where they differ, `drop_clashes` refuses both
            return TWIN_LEFT_OUT
        if one.name not in CELLS:
            return one.mended
        values = checked.file.parts[0].spec.values if checked.file.parts else ()
        if one.name not in mendable_cells(values, self.threshold):
            return ""
        return one.mended or f"probabilities turned into labels: 1 from {self.threshold:g} on"

    def _list_changes(self, checked: Checked, whole: Sequence[_Whole]) -> None:
        found = [c for findings in checked.findings for c in _changes(findings, lambda code: self._done(code, checked))]
        source = whole[0].source
        if not found and not _holds(source, whole[0].body):
            found = [Change(source.shown, "", "last row ended with a line end", 1)]
        self.changes += found


def _columns(spec: FileSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return spec.emotions, spec.values


def _changes(found: Findings, done: Callable[[str], str]) -> list[Change]:
    return [
        Change(found.file, code, did, count, tuple(one for one in found.problems if one.code == code))
        for code, count in found.counts.items()
        if (did := done(code))
    ]


def _holds(source: Source, body: bytes) -> bool:
    if source.size != len(body):
        return False
    with source.open() as stream:
        return stream.read() == body


def _self_check(whole: Sequence[_Whole], task: Task, selector: Selector) -> list[Refusal]:
    """Writes everything to a folder that goes away again, and has it checked as a submission."""
    if not whole:
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one, path in zip(whole, official_paths([one.spec for one in whole]), strict=True):
            write_new(folder / path, one.body)
        read = read_submission(folder, release=selector.release, task=task)
    failed = [
        Refusal(file.file, "", tuple(read.report.of(file.file)), file.counts)
        for file in read.report.files
        if not file.valid
    ]
    if not failed and len(read.predictions) != len(whole):
        failed = [Refusal(str(folder), why=f"{len(whole)} files were mended, {len(read.predictions)} can be read")]
    return failed
