"""Fix prediction files: write new files, list every change, refuse what cannot be known.

A label is never guessed: a repair only writes what the file contains in the official form. Files are read and checked
as by `validate`, and the new files are validated before they are written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import InputError
from semeval_emo.submission.cells import (
    NUMBERS,
    TRUE_WORDS,
    CellContents,
    LabelParser,
    Labels,
    number_of,
)
from semeval_emo.submission.check import CheckedFile, check
from semeval_emo.submission.fix_report import Change, FixReport, Refusal, WrittenFile
from semeval_emo.submission.fixable import CELLS, MIXTURES, NAMES, SPARE_COLUMNS, fixable_cells
from semeval_emo.submission.outputs import check_free, default_folder, official_paths, output_paths, write_if_changed
from semeval_emo.submission.problem import PLACES, Findings, Problem, entry, in_order
from semeval_emo.submission.read import read_submission, resolve_sources
from semeval_emo.submission.result import FileReport, Part, Predictions, Report
from semeval_emo.submission.rows import KnownIds
from semeval_emo.submission.sources import InputFile
from semeval_emo.submission.texts import KnownTexts, texts_for
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.tables import NOTHING_DECIDED, Decisions
from semeval_emo.tables.decided_values import cuts_of, thresholds_of, words_of
from semeval_emo.tables.decisions import BLANK
from semeval_emo.tables.frames import FrameFile, input_files
from semeval_emo.tables.names import remove_invisible
from semeval_emo.tables.shapes import REPORTED
from semeval_emo.task import DEFAULT_LAYOUT, FileSpec, Selector, Task
from semeval_emo.temporary import temporary_folder
from semeval_emo.text import listed, plural

# Errors of single rows or parts: another part of the file whose rows are all complete can still be written.
PART_ERRORS = CELLS | MIXTURES | SPARE_COLUMNS | {"short-row", "missing-id", "missing-column", "no-labels"} | NAMES
# Problems that the order of the labels solves.
WITH_ORDER = frozenset({"no-header", "numbered-columns", "vector-cells", "class-numbers", "pipeline-outputs"})
FOLDER_CHANGES = ("no-track-folder", "track-folder-name", "nested-folders")
DUPLICATE_REMOVED = "one of several identical files kept"
CACHE_SIZE = 50_000


def fix(
    path: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    threshold: float | str | os.PathLike[str] | Mapping[str, float] | None = None,
    order: Sequence[str] = (),
    ids_from: str | os.PathLike[str] | None = None,
    scores: str = "",
    cuts: str | os.PathLike[str] | Sequence[float] | Mapping[str, Sequence[float]] = (),
    words: Mapping[str, int] | Sequence[str] = (),
    column: str = "",
    unverified_texts: bool = False,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    force: bool = False,
) -> FixReport:
    r"""Fix a prediction file, or every prediction file of a folder or zip, and write the result to new files.

    Args:
        path: a prediction file, a folder or a zip, or several of them; or data frames, as for `validate`.
        out: a file, or a folder for files in the layout of the task, such as ``track_x/pred_*.csv``. By default the
            folder ``fixed`` next to the input, and nothing is written if there are no problems. The result for data
            frames is written only to an `out`; `FixReport.predictions` has it in memory.
        threshold: converts probabilities to labels: 1 from this value on; one number, one for each label, or a file of
            them. Without it probabilities are refused.
        scores: ``logits`` or ``percent``, if the numbers are no probabilities.
        cuts: on intensity tracks, the cut points between the intensities; for each label if a mapping or a file;
            ``round`` for the nearest intensity.
        words: the label of each word, such as ``{"low": 1}``. Pairs such as yes and no are known on binary tracks.
        order, ids_from, column, unverified_texts: other decisions, as in `Decisions`.
        track, language, split, release, task: as for `validate`; they select parts of a file.
        force: replace existing files that differ. An input is never replaced.

    Raises:
        UsageError: an invalid option; OUT is an input, exists and differs, or is a single file for several results.
        InputError: the input cannot be read, or OUT cannot be written.

    >>> import tempfile
    >>> from semeval_emo.task import load_task
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> folder = Path(tempfile.mkdtemp())
    >>> rows = ["ID,Anger,Fear,Joy,Sadness,Surprise", *(f"{text_id},1.0,0,0,0,1" for text_id in spec.ids)]
    >>> _ = (folder / "pred_ENG.csv").write_text("\n".join(rows))
    >>> report = fix(folder / "pred_ENG.csv")
    >>> [Path(file.path).relative_to(folder).as_posix() for file in report.written]
    ['fixed/track_a/pred_eng.csv']
    >>> [f"{change.done} ({change.count})" for change in report.changes][1:]
    ['column names written as the task does (1)', 'decimals converted to integers (116)']
    """
    decisions = Decisions(
        tuple(order), ids_from, thresholds_of(threshold, order), scores, cuts_of(cuts, order), words_of(words), column,
        unverified_texts,
    )  # fmt: skip
    given = input_files(path)
    chosen, inputs = resolve_sources(given, task, ids_from)
    selector = Selector(task, track, language, split, release).of(chosen)
    fixer = _Fixer(
        chosen, selector, decisions.of_labels({label.casefold(): label for label in chosen.emotions} | chosen.synonyms)
    )
    for file in inputs.files:
        fixer.add_file(file)
    fixer.check_decisions()
    # Several valid systems are refused only if they have to be written.
    if out is not None or fixer.changes or fixer.refusals:
        fixer.refuse_conflicts()
    for findings in inputs.findings:
        fixer.add_container(findings)

    files = sorted(fixer.files, key=lambda file: (file.spec.split, file.spec.track, file.spec.language))
    target = Path(out) if out is not None else default_folder(Path(given[0]))
    paths = output_paths(target, [file.spec for file in files])
    changes = fixer.changes
    if paths == [target]:  # a single file is not in a track folder
        changes = [change for change in changes if not change.code or entry(change.code).name not in FOLDER_CHANGES]
    unchanged = bool(files) and not changes and not fixer.refusals
    is_wanted = not unchanged and not all(isinstance(own, FrameFile) for own in given)
    outputs = list(zip(files, paths, strict=True)) if out is not None or is_wanted else []
    failed = _validate_outputs([file for file, _ in outputs], chosen, selector)
    if failed:
        outputs = []
    inputs_on_disk = [
        *(Path(own) for own in given if not isinstance(own, FrameFile)),
        *(file.path for file in inputs.files),
    ]
    check_free([(path, file.output) for file, path in outputs], inputs_on_disk, force)
    for fixed, path in outputs:
        write_if_changed(path, fixed.output)
    return FixReport(
        paths=tuple(os.fspath(path) for path in given),
        out=str(target) if outputs else "",
        written=tuple(WrittenFile(file.source.display_name, str(path), file.spec) for file, path in outputs),
        changes=tuple(changes),
        refusals=(*fixer.refusals, *failed),
        unchanged=unchanged,
        notes=(
            *fixer.doubts,
            *(
                f"{path.name} is not an official name: the official scorers look for {file.spec.file_name}"
                for file, path in outputs
                if path.name != file.spec.file_name
            ),
        ),
        predictions=() if failed else tuple(file.predictions for file in files),
    )


@dataclass(frozen=True)
class _FixedFile:
    """A complete part of an input file, as a new prediction file.

    Attributes:
        copy: the content of the input file if nothing in it has to be fixed, which may have no line break at its end.
    """

    source: InputFile
    spec: FileSpec
    labels: NDArray[np.int8]
    body: bytes
    copy: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def predictions(self) -> Predictions:
        """The labels of the new file."""
        name = self.source.display_name
        return Predictions(self.spec, self.labels, name, (self.spec.release,), texts=self.texts)

    @property
    def output(self) -> bytes:
        """The content of the new file."""
        return self.copy or self.body


class _Fixer:
    """The fixed files, changes and refusals of some input files."""

    def __init__(self, task: Task, selector: Selector, decisions: Decisions) -> None:
        self.task, self.selector, self.decisions = task, selector, decisions
        self.ids, self.texts = KnownIds(task), KnownTexts(task)
        self.files: list[_FixedFile] = []
        self.changes: list[Change] = []
        self.refusals: list[Refusal] = []
        self.doubts: list[str] = []
        self._labels: dict[str, tuple[str, ...]] = {}
        self._values: dict[tuple[str, ...], None] = {}

    def add_file(self, file: InputFile) -> None:
        """Fix one input file."""
        try:
            checked = self._check(file)
        except InputError as error:
            if file.display_name == file.container:
                raise
            self.refusals.append(Refusal(file.display_name, why=error.message))
            return
        parts = checked.report.parts
        selected = [part for part in parts if self.selector.matches(part.spec)]
        before = len(self.files)
        mixed = [problem for problem in self._unfixable(checked)[0] if entry(problem.code).name == "mixed-files"]
        for part in selected:
            self._labels[file.display_name] = part.spec.emotions
            self._values[part.spec.values] = None
            if not mixed or part.is_complete:
                self._add_part(file, checked, part)
        if mixed:
            # One problem says which parts are not complete.
            self.refusals.append(Refusal(file.display_name, "", tuple(mixed), {mixed[0].code: 1}))
        if not selected:
            problems, counts = self._unfixable(checked)
            places = ", ".join(part.spec.place for part in parts)
            why = f"the file has the rows of {places}, which the options do not select" if parts else ""
            self.refusals.append(Refusal(file.display_name, "", () if parts else problems, counts, why))
        if len(self.files) > before:
            changes = [
                change
                for findings in checked.findings
                for change in _changes(findings, lambda code: self._done(code, checked))
            ]
            self.changes += changes
            # A frame is not in the layout of the files of another task.
            if not changes and (not isinstance(file.path, FrameFile) or self.task.layout == DEFAULT_LAYOUT):
                self.files[before] = replace(self.files[before], copy=_content(file))
            # The new file has neither the texts nor the names.
            problems = tuple(problem for findings in checked.findings for problem in findings.problems)
            self.doubts += Report(self.task.key, (checked.report,), problems).doubts
            self.doubts += self._unused(checked.report)

    def _unused(self, report: FileReport) -> list[str]:
        """Return notes on the decisions that a file did not need."""
        names = {entry(code).name for code in report.counts}
        unused = []
        if self.decisions.ids_from is not None and "no-ids" not in names:
            unused.append(f"--ids-from was not used for {report.file}: its rows have ids")
        if self.decisions.order and names.isdisjoint(WITH_ORDER):
            unused.append(f"--order was not used for {report.file}: its columns have names")
        return unused

    def check_decisions(self) -> None:
        """Refuse decisions that are for none of the files, or not for all of their labels."""
        if self._labels:
            self.decisions.check(self._labels, [*self._values])

    def add_container(self, findings: Findings) -> None:
        """Add the problems of a folder or zip itself."""
        errors = {code: n for code, n in findings.counts.items() if code[0] == "E" and not entry(code).repair}
        if errors:
            problems = tuple(problem for problem in findings.problems if problem.code in errors)
            self.refusals.append(Refusal(findings.file, "", problems, errors))
        places = [file.spec for file in self.files]
        if len(places) == len({*places}) > 0:
            self.changes += _changes(findings, lambda code: entry(code).repair)

    def refuse_conflicts(self) -> None:
        """Refuse different files for the same place, such as two systems; keep one of several identical files."""
        groups: dict[FileSpec, list[_FixedFile]] = {}
        for file in self.files:
            groups.setdefault(file.spec, []).append(file)
        self.files = []
        for spec, files in groups.items():
            names = [file.source.display_name for file in files]
            if len({file.body for file in files}) > 1:
                why = (
                    f"{len(names)} files are for {spec.place} and differ: {listed(names)}. Fix the one that you "
                    "choose; semeval-emo score and compare take all of them, semeval-emo ensemble combines them"
                )
                self.refusals.append(Refusal(names[0], spec.place, why=why))
                self.changes = [change for change in self.changes if change.file not in names]
                self.doubts = [doubt for doubt in self.doubts if doubt.partition(": ")[0] not in names]
                continue
            self.files.append(files[0])
            if not any(change.done == DUPLICATE_REMOVED and change.file in names for change in self.changes):
                problem = entry("two-files" if files[0].source.member else "same-place")
                self.changes += [Change(name, problem.code, DUPLICATE_REMOVED, 1) for name in names[1:]]

    def _check(self, file: InputFile) -> CheckedFile:
        parser = partial(LenientLabelParser, decisions=self.decisions)
        return check(file, self.task, self.selector, self.ids, self.texts, parser, self.decisions)

    def _add_part(self, file: InputFile, checked: CheckedFile, part: Part) -> None:
        """Add one part of a file: fixed, or refused with the problems that prevent it."""
        problems, counts = self._unfixable(checked)
        fatal = {code for code in counts if entry(code).name not in PART_ERRORS}
        names = {"id", part.spec.layout.predictions.id}
        fatal |= {p.code for p in problems if entry(p.code).name == "missing-column" and p.column in names}
        rows = [checked.rows.get(text_id, (0, None))[1] for text_id in part.spec.ids]
        if not fatal and None not in rows:
            labels = np.array(rows, dtype=np.int8)
            texts = texts_for(part.spec, checked.texts, self.texts)
            body = prediction_bytes(part.spec, labels, texts)
            self.files.append(_FixedFile(file, part.spec, labels, body, texts=texts))
            return
        first, last = part.lines
        is_main = part.spec == checked.report.parts[0].spec

        def is_reason(problem: Problem) -> bool:
            error = entry(problem.code)
            if problem.code in fatal or error.name in MIXTURES:
                return problem.code in fatal
            if problem.line is None or error.place == PLACES["3"]:
                return is_main
            return first <= problem.line <= last

        problems = tuple(filter(is_reason, problems))
        counts = {code: n for code, n in counts.items() if code in {problem.code for problem in problems}}
        why = "" if problems else self._reason(checked, part)
        self.refusals.append(Refusal(file.display_name, part.spec.place, problems, counts, why))

    @staticmethod
    def _reason(checked: CheckedFile, part: Part) -> str:
        """Return why a part is refused if the example problems are all in other parts."""
        if not part.has_columns:
            return f"the file has not every column of this part: {', '.join(part.spec.header)}"
        if part.rows < part.spec.rows:
            return f"only {part.rows:,} of {part.spec.rows:,} rows are present; missing rows are never filled in"
        lines = [checked.rows[text_id][0] for text_id in part.spec.ids if checked.rows[text_id][1] is None]
        first = min(lines, default=part.lines[0])
        return f"{plural(len(lines), 'row')} of this part without valid labels, the first on line {first}"

    @staticmethod
    def _unfixable(checked: CheckedFile) -> tuple[tuple[Problem, ...], dict[str, int]]:
        """Return the errors of a file that are not fixed."""
        # Several files for one place: `refuse_conflicts` refuses them if they differ.
        done = {*checked.report.repairs, entry("two-files").code}
        counts = {code: n for code, n in checked.report.counts.items() if code[0] == "E" and code not in done}
        problems = [problem for findings in checked.findings for problem in findings.problems if problem.code in counts]
        return tuple(in_order(problems)), counts

    @staticmethod
    def _done(code: str, checked: CheckedFile) -> str:
        """Return what was done about a problem of a file of which at least one part was written; empty if nothing."""
        problem = entry(code)
        if problem.name == "two-files":
            return DUPLICATE_REMOVED
        if problem.name in MIXTURES | SPARE_COLUMNS:
            return problem.repair
        return checked.report.repairs.get(code, "")


def fix_cell(
    text: str, contents: CellContents, decisions: Decisions = NOTHING_DECIDED, label: str = "", problem: str = ""
) -> int | None:
    """Return the label that a cell stands for, or None if it is ambiguous.

    Args:
        contents: what is known of the other cells.
        problem: the name of the cell's problem if that is known.

    >>> contents = CellContents(("0", "1"))
    >>> [fix_cell(text, contents) for text in ("1.0", "True", " 0 ", "01", "１", "1e0", "1,0")]
    [1, 1, 0, 1, 1, 1, 1]
    >>> [fix_cell(text, contents) for text in ("", "nan", "2", "-1", "0.7", "yes", "1_0")]
    [None, None, None, None, None, None, None]
    >>> fix_cell("0.7", contents, Decisions(thresholds=0.5)), fix_cell("yes", contents, Decisions(words={"yes": 1}))
    (1, 1)
    """
    values, stripped = contents.values, text.strip()
    problem = problem or ("" if stripped in values else contents.problem(label, text))
    if not problem:
        return int(stripped)
    if problem not in fixable_cells(values, decisions):
        return None
    if problem == "text-cell":
        mapped = decisions.words.get(stripped.casefold() or BLANK, -1)
        return mapped if str(mapped) in values else None
    if problem == "boolean-cell":
        return int(stripped.casefold() in TRUE_WORDS)
    bare = remove_invisible(text) if problem == "hidden-character" else stripped
    if problem in ("hidden-character", "number-form"):
        return int(bare)
    number = number_of(remove_invisible(text))
    if number is None or problem == "float-cell":
        return None if number is None else int(number)
    # 42% has been divided already.
    return decisions.label_of(number * 100 if "%" in text and decisions.scores == "percent" else number, label, values)


class LenientLabelParser(LabelParser):
    """A `LabelParser` that reports the same problems, but also returns the labels of cells that can be fixed.

    >>> findings = Findings("pred_eng.csv")
    >>> LenientLabelParser(("joy", "fear"), ("0", "1"), findings).parse(3, ("1.0", "True"))
    (1, 1)
    """

    def __init__(
        self,
        emotions: Sequence[str],
        values: Sequence[str],
        findings: Findings,
        decisions: Decisions = NOTHING_DECIDED,
    ) -> None:
        super().__init__(emotions, values, findings)
        self.decisions, self.mapped = decisions, decisions.words
        self._fixed: dict[tuple[str, str], int | None] = {}
        self._looked = False
        self._converts = False

    def parse(self, line: int, cells: tuple[str, ...]) -> Labels | None:
        """Return the labels of one row, or None if a cell is ambiguous."""
        if not self._looked and (self.decisions != NOTHING_DECIDED or not self._numbers.keys() >= {*cells}):
            self._look()
        parsed = super().parse(line, cells)
        if parsed is not None or REPORTED in cells:
            return parsed
        labels: list[int] = []
        for cell in zip(self.emotions, cells, strict=True):
            if cell not in self._fixed:
                if len(self._fixed) > CACHE_SIZE:
                    self._fixed.clear()
                problem = "" if cell[1].strip(" \t") in self._numbers else self._problem(*cell)
                self._fixed[cell] = fix_cell(cell[1], self.contents, self.decisions, cell[0], problem)
            label = self._fixed[cell]
            if label is None:
                return None
            labels.append(label)
        return tuple(labels)

    def _look(self) -> None:
        """Learn from the first rows what the cells are, and whether even 0 and 1 have to be converted."""
        self._looked = True
        for cells in {*self.first_rows()}:
            for label, text in zip(self.emotions, cells, strict=True):
                if text not in self.allowed and text != REPORTED:
                    self.contents.learn(label, text)
        self._converts = self.contents.has_numbers and self.decisions.converts_numbers(self.allowed)
        if self._converts:
            self._numbers = {}
        self._numbers = {text: label for text, label in self._numbers.items() if text not in self.decisions.words}

    def _problem(self, label: str, text: str) -> str:
        words = self.decisions.words
        word = text.strip().casefold()
        if word in words or (not word and BLANK in words and self.has_own_cells):
            return "text-cell"
        problem = super()._problem(label, text)
        if self._converts and problem in NUMBERS | {"hidden-character"}:
            return "score-cell" if len(self.allowed) == 2 else "fraction-cell"
        return "unmapped-word" if words and problem == "text-cell" else problem


def _changes(findings: Findings, repair: Callable[[str], str]) -> list[Change]:
    return [
        Change(findings.file, code, done, count, tuple(p for p in findings.problems if p.code == code))
        for code, count in findings.counts.items()
        if (done := repair(code))
    ]


def _content(file: InputFile) -> bytes:
    with file.open() as stream:
        return stream.read()


def _validate_outputs(files: Sequence[_FixedFile], task: Task, selector: Selector) -> list[Refusal]:
    """Write the files to a temporary folder and validate them as a submission."""
    if not files:
        return []
    with temporary_folder() as folder:
        for file, path in zip(files, official_paths([file.spec for file in files]), strict=True):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.output)
        result = read_submission(folder, release=selector.release, task=task)
    failed = [
        Refusal(file.file, "", tuple(result.report.problems_of(file.file)), file.counts)
        for file in result.report.files
        if not file.valid
    ]
    if not failed and len(result.predictions) != len(files):
        why = f"{plural(len(files), 'file')} fixed, but only {len(result.predictions)} can be read"
        failed = [Refusal(str(folder), why=why)]
    return failed
