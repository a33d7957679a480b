"""Combine the prediction files or the probability files of several systems into one prediction file for each place."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.errors import InvalidSubmission, UsageError
from semeval_emo.submission.fix_report import WrittenFile
from semeval_emo.submission.outputs import check_free, output_paths, write_if_changed
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.problem import entry
from semeval_emo.submission.read import read_submission, resolve_sources
from semeval_emo.submission.result import Predictions
from semeval_emo.submission.texts import KnownTexts, texts_for
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.tables import Decisions
from semeval_emo.tables.decided_values import thresholds_of
from semeval_emo.tables.frames import FrameFile, input_files
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import FileSpec, Selector, Task, load_task
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

VOTE, MEAN = METHODS = ("vote", "mean")
LOW, HIGH, FIRST = TIES = ("low", "high", "first")
DEFAULT_THRESHOLD = 0.5
DEFAULT_FOLDER = "ensemble"
# How many files an error message lists.
_LISTED = 4


@dataclass(frozen=True)
class CombinedFile(WrittenFile):
    """A new file.

    Attributes:
        members: the files that it was made from.
        differing: number of labels that are not the same in all of them.
        ties: number of labels that a vote did not decide.
    """

    members: tuple[str, ...]
    differing: int
    ties: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return super().to_dict() | {"members": list(self.members), "differing": self.differing, "ties": self.ties}


@dataclass(frozen=True)
class EnsembleReport(Result):
    """The result of `ensemble`.

    Attributes:
        method: ``vote`` or ``mean``.
        thresholds: of the mean; None for a vote.
        ties: the rule for ties; empty if there is none.
        out: the file or folder that was written; empty if nothing was.
        predictions: the labels of the new files.
    """

    method: str
    thresholds: float | Mapping[str, float] | None
    ties: str
    out: str
    files: tuple[CombinedFile, ...]
    notes: tuple[str, ...] = ()
    predictions: tuple[Predictions, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/ensemble/1``."""
        return {
            "schema": "semeval-emo/ensemble/1", "method": self.method, "thresholds": self.thresholds,
            "ties": self.ties or None, "out": self.out, "files": [file.to_dict() for file in self.files],
            "notes": list(self.notes),
        }  # fmt: skip

    def to_frame(self) -> DataFrame:
        """Return a row for each new file."""
        return frame_of((file.to_dict() for file in self.files), ("path", "source"))


@dataclass(frozen=True)
class _Member:
    """The labels or probabilities of one file, shape (n, L), and its texts where prediction files have them."""

    path: str
    spec: FileSpec
    values: NDArray[Any]
    texts: Mapping[str, str] = field(default_factory=dict)


def ensemble(
    paths: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    method: str = VOTE,
    ties: str = "",
    threshold: float | str | os.PathLike[str] | Mapping[str, float] | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    force: bool = False,
) -> EnsembleReport:
    """Combine the files of several systems by a vote over their labels, or by the mean of their probabilities.

    A vote gives each text the label that more than half of the files have; on intensity tracks, the median of their
    labels. An even number of files can be tied: half of them are below a label, half are at it or above.

    Args:
        paths: two or more files, folders or zips of predictions; for ``mean``, probability files or folders of
            ``prob_*.csv``. Every system must have predicted the same files of the task. Also data frames.
        out: a ``.csv`` file, or a folder for files in the official layout; by default the folder ``ensemble``, and
            nothing for data frames: `EnsembleReport.predictions` has the result in memory.
        method: ``vote`` or ``mean``.
        ties: what a tie becomes: ``low``, ``high``, or nearest to the label of the ``first`` file. By default a tie
            is an error.
        threshold: of ``mean``: the label is 1 from this mean on; one number, one for each emotion, or a file of them.
            By default 0.5.
        track, language, split, release, task: as for `validate`; they select files.
        force: replace existing files that differ.

    Raises:
        UsageError: an invalid option; fewer than two files of a place; OUT must not be written.
        InputError: a file cannot be read.
        InvalidSubmission: a file is not valid, or a vote is tied.

    >>> import tempfile
    >>> from semeval_emo.data.sample import sample_folder
    >>> folder = sample_folder() / "predictions"
    >>> systems = [folder / name / "track_a" / "pred_eng.csv" for name in ("strong", "weak")]
    >>> report = ensemble(systems, Path(tempfile.mkdtemp()) / "pred_eng.csv", ties="low")
    >>> report.files[0].ties == report.files[0].differing > 0
    True
    """
    if method not in METHODS:
        raise UsageError(f"There is no method '{method}'.", f"use one of {', '.join(METHODS)}")
    if ties not in ("", *TIES):
        raise UsageError(f"There is no rule '{ties}' for ties.", f"use one of {', '.join(TIES)}")
    if threshold is not None and method == VOTE:
        raise UsageError("A vote takes labels and has no threshold.", "use --method mean for probabilities")
    limits_of = Decisions(thresholds=thresholds_of(threshold) or DEFAULT_THRESHOLD)
    given = input_files(paths)
    _check_named_once(given)
    selector = Selector(task, track, language, split, release)
    members = _predictions(given, selector) if method == VOTE else _probabilities(given, selector)
    groups = _by_place(members)
    specs = [group[0].spec for group in groups]
    limits_of = limits_of.of_labels({label.casefold(): label for spec in specs for label in spec.emotions})
    if method == MEAN:
        limits_of.check({spec.place: spec.emotions for spec in specs}, [spec.values for spec in specs])
    in_memory = out is None and all(isinstance(path, FrameFile) for path in given)
    target = Path(out) if out is not None else Path(DEFAULT_FOLDER)
    outputs = output_paths(target, specs)
    files, bodies, predictions = [], [], []
    for path, spec, group in zip(outputs, specs, groups, strict=True):
        if method == VOTE:
            labels, tied = _vote([member.values for member in group], ties)
            _check_ties(tied, ties, spec)
            own = [member.values for member in group]
        else:
            limits = np.array([limits_of.threshold_of(emotion) for emotion in spec.emotions])
            labels, tied = _mean(group, limits)
            own = [(member.values >= limits).astype(np.int8) for member in group]
        differing = int(np.any(np.stack(own) != own[0], axis=0).sum())
        names = tuple(member.path for member in group)
        files.append(CombinedFile(", ".join(names), str(path), spec, names, differing, int(tied.sum())))
        texts = _texts(spec, group, task)
        bodies.append(prediction_bytes(spec, labels, texts))
        predictions.append(Predictions(spec, labels, str(path), (spec.release,), texts=texts))
    written = [] if in_memory else list(zip(outputs, bodies, strict=True))
    check_free(written, [Path(member.path) for member in members], force)
    for path, body in written:
        write_if_changed(path, body)
    return EnsembleReport(
        method=method,
        thresholds=limits_of.thresholds if method == MEAN else None,
        ties=ties if method == VOTE else "",
        out="" if in_memory else str(target),
        files=tuple(files),
        notes=tuple(note for group in groups for note in _notes(group)),
        predictions=tuple(predictions),
    )


def _texts(spec: FileSpec, members: Sequence[_Member], task: Task | str | None) -> Mapping[str, str]:
    """Return the texts of a new file: those of the first member that has some, else those of the data."""
    if not spec.layout.predictions.text:
        return {}
    own = next((member.texts for member in members if member.texts), {})
    return texts_for(spec, own, KnownTexts(load_task(spec.task if task is None else task)))


def _check_named_once(paths: Sequence[str | os.PathLike[str]]) -> None:
    counts = Counter(Path(path).resolve() for path in paths)
    for path in paths:
        if not isinstance(path, FrameFile) and counts[Path(path).resolve()] > 1:
            raise UsageError(f"{os.fspath(path)} is named {counts[Path(path).resolve()]} times.", "name each file once")


def _predictions(paths: Sequence[str | os.PathLike[str]], selector: Selector) -> list[_Member]:
    """Read prediction files.

    Raises:
        InvalidSubmission: a file has no certain labels.
    """
    task, _ = resolve_sources(paths, selector.task)
    selector = selector.of(task)
    submission = read_submission(paths, **selector.keywords)
    report = submission.report
    scorable = {predictions.path for predictions in submission.predictions}
    foreign = next((problem for problem in report.problems if problem.code == entry("other-task").code), None)
    if foreign is not None:
        raise InvalidSubmission(f"{foreign.file} is of another task: {foreign.message}.", foreign.fix)
    for file in report.files:
        selected = not file.parts or any(selector.matches(part.spec) for part in file.parts)
        if file.kind == "predictions" and selected and file.file not in scorable:
            codes = [code for code in file.counts if code[0] == "E" and not entry(code).scorable]
            names = {entry(code).name for code in codes}
            if "fraction-cell" in names:
                remedy = "for the mean of probabilities use --method mean"
            elif any(isinstance(path, FrameFile) for path in paths):
                remedy = "semeval_emo.validate(frame) lists its problems"
            else:
                remedy = f"semeval-emo {'validate' if file.unfixed else 'fix'} {file.file.partition('!')[0]}"
            problem = next((one for one in report.problems_of(file.file) if one.code in codes), None)
            what = f": {problem.message}" if problem else ""
            raise InvalidSubmission(f"{file.file} has no certain labels{what}.", remedy)
    return [_Member(one.path, one.spec, one.values, one.texts) for one in submission.predictions]


def _probabilities(paths: Sequence[str | os.PathLike[str]], selector: Selector) -> list[_Member]:
    """Read probability files, and those named ``prob_*.csv`` in folders.

    Raises:
        InvalidSubmission: a file is not a valid probability file, or none has a probability between 0 and 1.
    """
    files: list[Path] = []
    for path in (given if isinstance(given, Path) else Path(given) for given in paths):
        inside = sorted(path.rglob("prob_*.csv")) if path.is_dir() else [path]
        if not inside:
            raise InvalidSubmission(
                f"{path} has no prob_*.csv.", "name the probability files; --method vote takes labels"
            )
        files += inside
    keywords = selector.keywords
    if selector.task is not None:
        keywords["task"] = load_task(selector.task)
    members = [
        _Member(one.path, one.spec, one.values) for one in (read_probabilities(file, **keywords) for file in files)
    ]
    for member in members:
        if len(member.spec.values) > 2:
            raise InvalidSubmission(
                f"{member.path} is {member.spec.place}, whose labels are {member.spec.values[0]} to "
                f"{member.spec.values[-1]}, not probabilities.",
                "use --method vote, the median of the labels",
            )
        if np.isin(member.values, (0, 1)).all():
            raise InvalidSubmission(
                f"{member.path} has labels, not probabilities: every cell is 0 or 1.", "use --method vote"
            )
    return members


def _by_place(members: Sequence[_Member]) -> list[list[_Member]]:
    """Return the members of each place.

    Raises:
        UsageError: a place has fewer than two, or not as many as the others.
    """
    groups: dict[FileSpec, list[_Member]] = {}
    for member in members:
        groups.setdefault(member.spec, []).append(member)
    counts = Counter(map(len, groups.values()))
    usual = counts.most_common(1)[0][0] if counts else 0
    if len(counts) > 1:
        spec, few = next((spec, group) for spec, group in groups.items() if len(group) != usual)
        names = ", ".join(member.path for member in few[:_LISTED])
        raise UsageError(
            f"Every system must have predicted the same files: {spec.place} has {plural(len(few), 'file')} ({names}), "
            f"others have {usual}.",
            "name the files of one place, or select it with --track, --language or --split",
        )
    if usual < 2:
        places = "; ".join(f"{group[0].path} is {spec.place}" for spec, group in list(groups.items())[:_LISTED])
        raise UsageError(
            f"An ensemble needs at least two files of the same place{f': {places}' if places else ''}.",
            "name the files of two systems or more",
        )
    return list(groups.values())


def _vote(members: Sequence[NDArray[Any]], ties: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the median of the labels, and where it is between two labels.

    >>> labels, tied = _vote([np.array([[1, 0, 3]]), np.array([[0, 0, 1]])], "high")
    >>> labels.tolist(), tied.tolist()
    ([[1, 0, 2]], [[True, False, False]])
    """
    median = np.median(np.stack(members), axis=0)
    low, high = np.floor(median), np.ceil(median)
    chosen = {HIGH: high, FIRST: np.clip(members[0], low, high)}.get(ties, low)
    return chosen.astype(np.int8), low != high


def _check_ties(tied: NDArray[np.bool_], ties: str, spec: FileSpec) -> None:
    if tied.any() and not ties:
        row, column = np.argwhere(tied)[0]
        raise InvalidSubmission(
            f"The vote is tied for {plural(int(tied.sum()), 'label')} of {spec.place}, the first is "
            f"{spec.emotions[column]} of {spec.ids[row]}.",
            "name an odd number of files, or decide with --ties low, --ties high or --ties first (as the first file)",
        )


def _mean(members: Sequence[_Member], limits: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    mean = np.mean([member.values for member in members], axis=0)
    # The mean of 0.4 and 0.6 can be a little less than 0.5.
    labels = (np.round(mean, 12) >= limits).astype(np.int8)
    return labels, np.zeros(labels.shape, dtype=bool)


def _notes(members: Sequence[_Member]) -> list[str]:
    """Return which files are equal, so that they count twice."""
    notes = []
    for at, member in enumerate(members):
        same = next((other for other in members[:at] if np.array_equal(other.values, member.values)), None)
        if same is not None:
            notes.append(f"{member.path} has the same values as {same.path}: they count twice")
    return notes
