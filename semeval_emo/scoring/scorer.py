"""Score prediction files: read them, load the gold of their release, join both and compute every metric."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from semeval_emo.errors import InputError, InvalidSubmission, ReleaseMismatch, UsageError
from semeval_emo.scoring.arrays import array_systems, arrays_of, one_of
from semeval_emo.scoring.metric_values import ROUNDINGS, score_arrays
from semeval_emo.scoring.metrics import CODABENCH, CONSTANT_IS_0
from semeval_emo.scoring.pair import PairedLabels, join
from semeval_emo.scoring.scorecard import UNDEFINED, Scorecard, Scores, averages
from semeval_emo.tables.frames import FrameFile, Thresholds, frame_file, input_files, is_frame, kind_of
from semeval_emo.task import ARRAYS, FileSpec, Selector, Task, find_task, load_task
from semeval_emo.text import plural

if TYPE_CHECKING:
    from semeval_emo.data import Gold
    from semeval_emo.submission import Predictions, Report

Path = str | os.PathLike[str]
LOG = logging.getLogger("semeval_emo")

OTHER_TEXTS = "other-texts"
# Warnings on files that are scored: some or all of their texts may not be those of the release.
DOUBTS = ("some-other-texts", "early-release")  # Problems whose lines are left out; the labels of the others are read.
_LEAVES_ROWS_OUT = ("duplicate-id", "repeated-header", "blank-line", "above-header")
# How many files an error message lists.
_LISTED = 4


def score(
    predictions: Any = None,
    gold: Any = None,
    *,
    emotions: Sequence[str] | None = None,
    threshold: Thresholds | None = None,
    y_pred: Any = None,
    y_true: Any = None,
    source: Path | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    rule: str = "",
    rounding: str = "",
    strict: bool = True,
    unverified_gold: bool = False,
    subset: bool = False,
) -> Scores:
    """Score prediction files against the gold labels of their release.

    Files are scored if their problems leave the labels unambiguous (column order, mixed tracks, blank
    lines); `Scores.report` lists the problems. Other files are refused.

    Args:
        predictions: files, folders or zips, or `Predictions` objects; or labels in memory of shape (texts, emotions):
            lists, NumPy arrays, tensors, frames without ids, columns of data sets; or several of them by name.
        gold: gold labels for predictions of one language; None loads them from `source`. For labels in memory, the
            gold labels of the same texts in the same order.
        emotions: names of the columns of labels in memory; by default those of a frame, else ``label_0`` and so on.
        threshold: converts probabilities in memory to labels: 1 from this value on; one number, or one by emotion.
        y_pred, y_true: other names of `predictions` and `gold`, for calls in either order.
        source: as in `load_gold`: a folder, ``hub``, ``sample`` or None.
        track, language, split: what the files contain; by default inferred from ids, file names and
            folders. For a file with several tracks, `track` selects the part to score.
        release: the release that was predicted; by default the task's default release, else the
            release of the given gold if the files match it.
        task: the task or its name; inferred from ids by default.
        rule: the official scorer of the task that defines Pearson r of a constant column, one of `metrics.RULES`; by
            default it is 0, or 1 if both columns are constant and equal.
        rounding: the official scorer of the task to round like, ``organisers`` or ``codabench``.
        strict: False scores the files that can be scored and lists the others in `Scores.refused`
            and `Scores.without_gold` instead of raising an error.
        unverified_gold: True accepts gold with the ids of a release but other labels (`Scores.warnings`).
        subset: True scores files of which rows are missing by the rows that are there. Such a score is not
            official (`Scorecard.subset`).

    Raises:
        InvalidSubmission: a file with ambiguous labels (with `strict`), or no labels to score.
        ReleaseMismatch: predictions and gold belong to different releases.
        UnverifiedGold: the gold has the ids of a release, but other labels, such as predictions.
        InputError: a file is missing, or the gold labels are missing or blank.
        UsageError: an unknown name.

    >>> import tempfile, pathlib
    >>> from semeval_emo.data import load_gold
    >>> from semeval_emo.submission import write_predictions
    >>> gold = load_gold("a", "eng", source="sample")
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pred_eng.csv"
    >>> write_predictions(gold.spec, gold.labels, path)
    >>> score(path, source="sample").cards[0].score
    1.0
    >>> round(score([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"]).card.score, 4)
    0.8333
    """
    predictions, gold = one_of(predictions, y_pred, "y_pred"), one_of(gold, y_true, "y_true")
    if rounding not in ("", *ROUNDINGS):
        raise UsageError(f"There is no rounding '{rounding}'.", f"use one of {', '.join(ROUNDINGS)}")
    systems = arrays_of(predictions, gold, emotions)
    if systems:
        intensity = None if track is None else load_task(task).track(track).is_intensity
        given, gold, task = array_systems(systems, gold, emotions, threshold=threshold, intensity=intensity)
        paths: list[Path] = []
    else:
        paths, given = _split(predictions, threshold)
        gold, source = gold_or_source(gold, source)
    if given:
        loaded = _with_gold(LoadedPredictions(tuple(given)), gold, source, task, strict, unverified_gold)
    else:
        selector = Selector(task, track, language, split, release)
        loaded = _load(paths, gold, source, selector, strict, unverified_gold, subset)
    if loaded.refused and strict:
        raise InvalidSubmission(*_refusal(loaded.refused, loaded.report, paths))
    if not loaded.predictions and not loaded.refused:
        raise InvalidSubmission(*_no_labels(loaded.report))
    if strict:
        # Callers that are not strict show the problems of the report.
        for note in (*rows_left_out(loaded.report), *(loaded.report.doubts if loaded.report else ())):
            LOG.info(note)
    pairs = [(join(file, loaded.gold[file.spec.place]), task_of(file.spec, task)) for file in loaded.predictions]
    for own_task in {own_task.key: own_task for _, own_task in pairs if own_task.key != ARRAYS}.values():
        _check_scorer("rule", rule, [scorer.rule for scorer in own_task.scorers.values()], own_task)
        _check_scorer("rounding", rounding, [scorer.rounding for scorer in own_task.scorers.values()], own_task)
    cards = [score_pair(pair, own_task, rule) for pair, own_task in pairs]
    means = averages(cards, pairs[0][1]) if pairs else ()
    if rounding:
        cards, means = [card.rounded(rounding) for card in cards], tuple(mean.rounded(rounding) for mean in means)
    return Scores(tuple(cards), means, loaded.report, loaded.refused, loaded.note, loaded.without_gold)


def _check_scorer(option: str, name: str, known: Sequence[str], task: Task) -> None:
    """Refuse a rule or rounding of an official scorer that the task does not have."""
    if name and name not in known:
        others = [other for other in known if other]
        raise UsageError(
            f"{task.title} has no official scorer with the {option} '{name}'.",
            f"use one of {', '.join(others)}" if others else f"leave out --{option}",
        )


def score_pair(pair: PairedLabels, task: Task, rule: str = "") -> Scorecard:
    """Return the scorecard of one file.

    Args:
        task: defines the track's official metric.
        rule: as for `score`.
    """
    track, spec = task.track(pair.spec.track), pair.spec
    if not rule:
        is_named = any(scorer.rule == CODABENCH for scorer in task.scorers.values())
        rule = CODABENCH if is_named else CONSTANT_IS_0
    metrics = score_arrays(
        pair.gold, pair.predicted, spec.emotions, values=len(spec.values),
        rule=CODABENCH if rule == CONSTANT_IS_0 else rule, empty=spec.empty,
    )  # fmt: skip
    constant: tuple[str, ...] = ()
    if track.is_intensity:
        is_constant = (np.ptp(pair.gold, axis=0) == 0) | (np.ptp(pair.predicted, axis=0) == 0)
        constant = tuple(name for name, flag in zip(spec.emotions, is_constant, strict=True) if flag)
    return Scorecard(
        file=pair.file,
        gold=pair.source,
        spec=spec,
        release=pair.release,
        metric=track.metric,
        official=track.metrics,
        metrics=metrics,
        gold_hash=pair.gold_hash,
        prediction_hash=pair.prediction_hash,
        rule=rule if track.is_intensity else UNDEFINED,
        constant=constant,
        note=pair.note,
        unverified=pair.unverified,
        identical=pair.identical,
        subset=pair.subset,
        pair=pair,
    )


def task_of(spec: FileSpec, task: Task | str | None = None) -> Task:
    """Return the given task, or else the known task that the file belongs to."""
    return _task(spec.task, task)


def _task(key: str, task: Task | str | None) -> Task:
    if task is not None:
        return load_task(task)
    return find_task(key) or load_task()


@dataclass(frozen=True)
class LoadedPredictions:
    """Predictions with the gold of each `FileSpec.place`."""

    predictions: tuple[Predictions, ...]
    report: Report | None = None
    refused: tuple[str, ...] = ()
    gold: dict[str, Gold] = field(default_factory=dict)
    note: str = ""
    without_gold: tuple[str, ...] = ()


def _split(predictions: Any, threshold: Thresholds | None) -> tuple[list[Path], list[Predictions]]:
    """Return the files and frames, and the `Predictions` objects, of the argument.

    Raises:
        InputError: it is something else.
    """
    from semeval_emo.submission import Predictions

    items = list(predictions) if isinstance(predictions, list | tuple) else [predictions]
    objects = [item for item in items if isinstance(item, Predictions)]
    if len(objects) == len(items):
        return [], objects
    if objects:
        raise UsageError("Paths and predictions are mixed in one call.", "pass one or the other")
    return input_files(predictions, as_labels=True, threshold=threshold), []


def gold_or_source(gold: Any, source: Any) -> tuple[Gold | None, Any]:
    """Return gold labels in memory, or else where they are read from: a path, a frame, or several frames.

    Raises:
        InputError: the gold labels are something else.
        UsageError: there are two.
    """
    from semeval_emo.data import Gold

    if gold is None or isinstance(gold, Gold):
        return gold, source
    if source is not None:
        raise UsageError("Gold labels are given twice.", "leave out `source`, which says where to read them")
    several = isinstance(gold, Mapping) or (isinstance(gold, list | tuple) and all(map(is_frame, gold)))
    if not (several or isinstance(gold, str | os.PathLike) or is_frame(gold)):
        raise InputError(
            f"y_true is {kind_of(gold)}, and y_pred has ids.",
            "pass gold labels with ids too: a path, a frame with an id column, or load_gold(track, language)",
        )
    if is_frame(gold):
        return None, frame_file("gold frame", gold, as_labels=True)
    return None, tuple(input_files(gold, as_labels=True)) if several else gold


def _with_gold(
    loaded: LoadedPredictions,
    gold: Gold | None,
    source: Path | None,
    task: Task | str | None,
    strict: bool,
    unverified_gold: bool,
) -> LoadedPredictions:
    """Load the gold of each place once.

    Args:
        strict: False moves predictions without gold to `without_gold`, unless none has gold.

    Raises:
        InputError: gold is missing or blank.
        ReleaseMismatch: the gold belongs to another release, or is unverified.
    """
    from semeval_emo.data.gold import gold_for, verified

    by_place: dict[str, Gold] = {}
    missing: dict[str, InputError] = {}
    for spec in dict.fromkeys(file.whole or file.spec for file in loaded.predictions):
        try:
            by_place[spec.place] = (
                gold_for(spec, task_of(spec, task), source, unverified_gold=unverified_gold)
                if gold is None
                else verified(gold, task_of(gold.spec, task), unverified_gold)
            )
        except InputError as error:
            missing[spec.place] = error
    if missing and (strict or not by_place):
        raise next(iter(missing.values()))
    return replace(
        loaded,
        predictions=tuple(file for file in loaded.predictions if file.spec.place in by_place),
        gold=by_place,
        without_gold=tuple(
            f"{file.path} is NOT scored: {missing[file.spec.place].message}"
            for file in loaded.predictions
            if file.spec.place in missing
        ),
    )


def _load(
    paths: list[Path],
    gold: Gold | None,
    source: Path | None,
    selector: Selector,
    strict: bool,
    unverified_gold: bool,
    subset: bool,
) -> LoadedPredictions:
    """Read files as the given release, or else as the release of the given gold."""
    from semeval_emo.data.sources import source_near
    from semeval_emo.submission import read_submission

    def read(release: str | None) -> LoadedPredictions:
        keywords = replace(selector, release=release).keywords
        golds = () if gold is None else (gold,)
        submission = read_submission(paths, **keywords, source=source, gold=golds, subset=subset)
        report = submission.report
        return LoadedPredictions(submission.predictions, report, refused_files(report, selector, subset))

    task = selector.task
    first, mismatch = read(selector.release), None
    known = source_near(paths[0]) if source is None and gold is None else source
    try:
        complete = _with_gold(first, gold, known, task, strict, unverified_gold)
        if not first.refused:
            return complete
    except ReleaseMismatch as error:
        mismatch = error
    if selector.release is None and (source is not None or gold is not None):
        for other in _other_releases(first, task):
            try:
                loaded = _with_gold(read(other), gold, source, task, True, unverified_gold)
            except (ReleaseMismatch, InputError):
                continue
            if loaded.predictions and not loaded.refused:
                return replace(loaded, note=f"Read as release {other}, the release of the gold labels.")
    if mismatch is not None:
        raise mismatch
    return complete


def _other_releases(loaded: LoadedPredictions, task: Task | str | None) -> list[str]:
    """Return the releases of the files' task other than its default one."""
    own_task = _task(loaded.report.task if loaded.report else "", task)
    return [
        name for name, release in own_task.releases.items() if name != own_task.default_release and not release.refused
    ]


def refused_files(report: Report, selector: Selector, subset: bool = False) -> tuple[str, ...]:
    """Return the files with no scorable part among those requested, and folders and zips with unreadable members.

    Args:
        subset: parts of which rows are missing are scored too.
    """
    from semeval_emo.submission import entry

    selector = replace(selector, release=None).of(_task(report.task, selector.task))
    refused = []
    for file in report.files:
        if file.kind == "container":
            if any(code.startswith("E") and not entry(code).scorable for code in file.counts):
                refused.append(file.file)
            continue
        requested = [part for part in file.parts if selector.matches(part.spec)]
        if (requested or not file.parts) and not any(
            part.is_scorable or (subset and part.is_subset) for part in requested
        ):
            refused.append(file.file)
    return tuple(refused)


def rows_left_out(report: Report | None) -> tuple[str, ...]:
    """Return one sentence per file that is read without some of its lines, such as duplicate rows."""
    from semeval_emo.submission import entry

    notes = []
    for file in report.files if report else ():
        kinds = [(entry(code), count) for code, count in file.counts.items()]
        listed = [f"{own.title} ({count:,})" for own, count in kinds if own.name in _LEAVES_ROWS_OUT and own.scorable]
        if listed:
            notes.append(f"Lines of {file.file} are left out: {', '.join(listed)}; `semeval-emo validate` names them.")
    return tuple(notes)


def _no_labels(report: Report | None) -> tuple[str, str]:
    """Return the error message and its fix for files of another track, language or split."""
    parts = [f"{file.file} is {part.spec.place}" for file in report.files for part in file.parts] if report else []
    if not parts:
        return "There are no predictions to score.", "name a file such as pred_eng.csv, a folder or a zip"
    more = f" and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
    return (
        f"There are no labels to score for the selected track, language or split: {'; '.join(parts[:_LISTED])}{more}.",
        "change the option or leave it out",
    )


def incomplete(file: str, report: Report | None) -> str:
    """Return which rows a file has, if they can be scored as a subset; else an empty string."""
    own = next((one for one in report.files if one.file == file), None) if report else None
    parts = [part for part in own.parts if part.is_subset] if own else []
    if not parts:
        return ""
    more = f" and rows of {plural(len(parts) - 1, 'other file')} of the task" if len(parts) > 1 else ""
    return f"{parts[0].rows:,} of {parts[0].spec.rows:,} rows of {parts[0].spec.place}{more}"


def _refusal(refused: Sequence[str], report: Report | None, paths: Sequence[Path]) -> tuple[str, str]:
    """Return the error message and its fix for files whose labels are ambiguous."""
    from semeval_emo.submission import entry

    fix = f"semeval-emo validate {refused[0]}"
    if any(isinstance(path, FrameFile) for path in paths):
        fix = "semeval_emo.validate(frame) lists the problems, and semeval_emo.fix(frame) fixes what is certain"
    for problem in report.problems if report else ():
        if problem.file in refused and entry(problem.code).name == OTHER_TEXTS:
            return f"{problem.file} is not scored: {problem.message}.", fix
    if len(refused) == 1 and (rows := incomplete(refused[0], report)):
        if any(isinstance(path, FrameFile) for path in paths):
            fix = "pass subset=True to score the rows that are there"
        return f"{refused[0]} is not scored: it has {rows}; only `score --subset` (subset=True) scores these.", fix
    if len(refused) == 1:
        return f"{refused[0]} is not scored: its problems make the labels ambiguous.", fix
    more = f" and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
    files = ", ".join(refused[:_LISTED]) + more
    return f"{len(refused)} files are not scored: their problems make the labels ambiguous: {files}.", fix
