"""Check prediction files, and read those that can be scored.

`validate` and `read_submission` run the same checks, so a valid file can be scored.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission.check import CheckedFile, check, peek_ids
from semeval_emo.submission.identify import ALL_FILES, ONE_FILE, task_of
from semeval_emo.submission.problem import Findings, Problem, entry, in_order
from semeval_emo.submission.result import FileReport, Predictions, Report, Submission
from semeval_emo.submission.rows import KnownIds
from semeval_emo.submission.scorers.official import Labels, official
from semeval_emo.submission.scorers.outcome import LabelsById
from semeval_emo.submission.sources import InputFile, InputFiles, find_files
from semeval_emo.submission.texts import KnownTexts
from semeval_emo.tables.frames import input_files, one_file
from semeval_emo.task import PIN_FILES, FileSpec, Selector, Task, known_tasks, load_task
from semeval_emo.text import listed

if TYPE_CHECKING:
    from semeval_emo.data import Gold

Path = str | os.PathLike[str]
# Ids that `zoo train --data` makes, and the key of their task.
_OWN_ID = re.compile(r"(own-.+)_(?:train|dev|test)_[ab]_\d{5}")


def validate(
    paths: Any,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    gold: Any = None,
    unverified_gold: bool = False,
) -> Report:
    r"""Check prediction files and report every problem of every file.

    Args:
        paths: one or several files, folders or zips; or data frames with an ``id`` column or index, also by name, such
            as ``{"eng": frame}``. A frame is checked like the CSV file that ``frame.to_csv(path, index=False)`` writes,
            as `schema` does; its first row is line 2.
        track, language, split: what the files must be; by default, inferred from ids, names and folders.
        release: the release of the data; by default, the task's (the competition).
        task: a task or its name; by default, the task that the ids belong to.
        gold: gold labels, as the `source` of `semeval_emo.score`, for the scores that the official scorers would print
            (``Report.official``); by default, only what they would do is determined.
        unverified_gold: as for `semeval_emo.score`.

    Raises:
        InputError: a path does not exist or cannot be read.
        UnverifiedGold: the gold has the ids of a release, but other labels, such as predictions.
        UsageError: an unknown track, language, split, release or task.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pred_eng.csv"
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> _ = path.write_text("\n".join([",".join(spec.header), *(f"{i},1,0,0,0,2" for i in spec.ids)]) + "\n")
    >>> report = validate(path)
    >>> report.valid, report.problems[0].message
    (False, "'2' is not 0 or 1")
    """
    selector = Selector(task, track, language, split, release)
    gold = None if gold is None else one_file(gold, "gold frame")
    return _read(paths, selector, with_predictions=False, gold=gold, unverified_gold=unverified_gold).report


def read_submission(
    paths: Any,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    source: Path | None = None,
    gold: Sequence[Gold] = (),
    subset: bool = False,
) -> Submission:
    """Read the predictions of files, folders or zips, and report their problems.

    A file is read if its labels are certain, even if the official scorers would reject it for its name,
    a byte order mark or the order of its columns (`Entry.scorable`). A file that mixes tracks gives
    predictions for each complete part, or only for the one that `track` selects.

    Args:
        paths, track, language, split, release, task: as for `validate`.
        source: gold labels, as in `load_gold`; if a file has kept a column of texts, they are compared with its texts.
        gold: gold labels in memory, which are used first.
        subset: also read files of which rows are missing (`Predictions.whole`).

    Raises:
        InputError, UsageError: as for `validate`.

    >>> from semeval_emo.data.sample import sample_folder
    >>> submission = read_submission(sample_folder() / "predictions" / "strong" / "track_a")
    >>> submission.predictions[0].values.shape, submission.report.valid
    ((200, 5), True)
    """
    selector = Selector(task, track, language, split, release)
    return _read(paths, selector, with_predictions=True, gold=source, golds=gold, subset=subset)


def find_predictions(otherwise: str = "", task: Task | str | None = None) -> tuple[str, list[str]]:
    """Find the prediction files of the current folder and of its ``track_x`` folders by their official names.

    Args:
        otherwise: a folder to search, at any depth, if the current folder has none.
        task: the task whose layout has the names; by default, the default task, then the other known ones.

    Returns:
        The place in words, and the paths.

    Raises:
        InputError: there is none.
    """
    usual = load_task(task).layout.predictions
    layouts = chain([usual], (one.layout.predictions for _, one in known_tasks()) if task is None else ())
    for layout in layouts:
        name, path = (re.sub(r"\{\w+\}", "*", form) for form in (layout.name, layout.file))
        places: dict[str, tuple[str, ...]] = {"this folder": tuple(dict.fromkeys((name, path)))}
        if otherwise:
            places[f"{otherwise}/"] = (f"{otherwise}/**/{name}",)
        for place, patterns in places.items():
            paths = sorted(str(p) for pattern in patterns for p in pathlib.Path().glob(pattern) if p.is_file())
            if paths:
                return place, paths
    wanted = re.sub(r"\{\w+\}", "*", usual.name)
    raise InputError(
        f"No path given, and there is no {wanted} in this folder{f' nor in {otherwise}/' if otherwise else ''}.",
        "give a path: a prediction file, a folder or a zip",
    )


def resolve_sources(
    paths: Sequence[Path], task: Task | str | None, ids_from: Path | None = None
) -> tuple[Task, InputFiles]:
    """Find the prediction files and their task: the given one, or the one that their ids belong to.

    Args:
        ids_from: a file with the ids of prediction files that have none.

    Raises:
        UsageError: the task has no files, or the ids are of own data whose task is not known.
        InputError: as in `find_files`.
    """
    resolved = load_task(task)
    if not resolved.specs():
        raise UsageError(
            f"{resolved.title} has no files, so no prediction file can be checked.",
            PIN_FILES,
        )
    sources = find_files(paths, resolved)
    if task is None:
        if not sources.files:
            resolved, sources = _in_another_layout(paths, resolved, sources)
        own_ids: dict[str, str] = {}
        for source in sources.files[:20]:
            try:
                ids = peek_ids(source)
                own_task = task_of(ids, source.path)
            except InputError:
                continue
            own_ids |= {match[1]: source.display_name for match in map(_OWN_ID.fullmatch, ids) if match}
            if own_task is not None:
                if own_task is not resolved:
                    resolved, sources = own_task, find_files(paths, own_task)
                break
        else:
            own_task = None
            if ids_from is not None:
                from semeval_emo.submission.row_ids import read_id_source

                own_task = task_of(read_id_source(ids_from, KnownIds(resolved)).ids)
            if own_task is not None:
                resolved, sources = own_task, find_files(paths, own_task)
            elif own_ids:
                key, name = next(iter(own_ids.items()))
                raise UsageError(
                    f"{name} has ids of {key}, a task that was made of own data; where it is, is not known.",
                    f"name the folder of its runs, such as --task runs/{key}",
                )
    if len(sources.files) < 2:
        return resolved, sources
    # Imported late, as above: most often there is one file with ids.
    from semeval_emo.submission.joining import join_files

    return resolved, replace(sources, files=join_files(sources.files, resolved))


def _in_another_layout(paths: Sequence[Path], task: Task, sources: InputFiles) -> tuple[Task, InputFiles]:
    """Return the known task in whose layout folders and zips have prediction files, and these; else the given ones."""
    if any(
        {entry(name).code for name in ("no-predictions", "other-task")} & {*each.counts} for each in sources.findings
    ):
        for _, other in known_tasks():
            files = find_files(paths, other) if other.layout.predictions != task.layout.predictions else None
            if files and any(_is_of(other, file) for file in files.files[:20]):
                return other, files
    return task, sources


def _is_of(task: Task, source: InputFile) -> bool:
    with contextlib.suppress(InputError):
        own_task = task_of(peek_ids(source), source.path)
        return own_task is not None and own_task.key == task.key
    return False


def _read(
    paths: Any,
    selector: Selector,
    with_predictions: bool,
    gold: Path | None = None,
    unverified_gold: bool = False,
    golds: Sequence[Gold] = (),
    subset: bool = False,
) -> Submission:
    paths = input_files(paths)
    task, sources = resolve_sources(paths, selector.task)
    selector = selector.of(task)
    known_ids, known_texts = KnownIds(task), KnownTexts(task, gold, golds)
    checks: list[tuple[InputFile, CheckedFile]] = []
    predictions: list[list[Predictions]] = []
    for source in sources.files:
        try:
            checked = check(source, task, selector, known_ids, known_texts)
        except InputError as error:
            if len(paths) == 1 and source.member is None and os.fspath(paths[0]) == source.display_name:
                raise
            checked = _unreadable(source, error)
        predictions.append(_predictions(checked, selector, subset) if with_predictions else [])
        # Memory does not grow with the number of files.
        checks.append((source, replace(checked, rows={}, texts={})))
    _report_same_places(checks, sources.findings)
    files: list[FileReport] = []
    problems: list[Problem] = []
    foreign = _of_another_task(checks)
    for findings in (foreign.get(each.file, each) for each in sources.findings):
        if findings.counts:
            counts = dict(findings.counts)
            done = {code: repair for code in counts if (repair := entry(code).repair)}
            files.append(FileReport(findings.file, "container", counts=counts, repairs=done))
            problems += findings.problems
    scorable: list[Predictions] = []
    for (source, _), checked, own_predictions in zip(
        checks, _with_duplicates_reported(checks), predictions, strict=True
    ):
        if source.container in foreign:
            continue
        files.append(checked.report)
        problems += [problem for findings in checked.findings for problem in findings.problems]
        if any(part.is_scorable or (subset and part.is_subset) for part in checked.report.parts):
            scorable += own_predictions
    report = Report(task.key, tuple(files), tuple(in_order(problems)), scorers=tuple(task.scorers))
    if report.shared_places:
        # `fix` does not move the files of several systems into one folder.
        kept = [replace(file, repairs={}) if file.kind == "container" else file for file in report.files]
        report = replace(report, files=tuple(kept))
    if not with_predictions:
        # The official scorers get the files as they are.
        reports = [(source, checked.report) for source, checked in checks if not source.joined]
        unverified: dict[str, None] = {}
        labels = _labels(gold, task, unverified_gold, unverified)
        # They are for files of the task only. The catalogue is not read for a valid file.
        found = [file.counts for _, file in reports] or [each.counts for each in sources.findings]
        is_foreign = bool(found) and all(each and entry("other-task").code in each for each in found)
        outcomes = () if is_foreign else official(paths, sources.findings, reports, task, selector, labels)
        report = replace(
            report,
            official=outcomes,
            unverified_gold=tuple(unverified),
        )
    return Submission(tuple(scorable), report)


def _labels(gold: Path | None, task: Task, accept: bool, unverified: dict[str, None]) -> Labels | None:
    """Return a function that loads the gold labels of a file, by id, and adds the warnings on unverified ones."""
    if gold is None:
        return None
    from semeval_emo.data.gold import gold_for

    def load(spec: FileSpec) -> LabelsById:
        labels = gold_for(spec, task, gold, unverified_gold=accept)
        if labels.unverified:
            unverified[labels.unverified] = None
        return dict(zip(labels.ids, labels.labels.tolist(), strict=True))

    return load


def _of_another_task(checks: Sequence[tuple[InputFile, CheckedFile]]) -> dict[str, Findings]:
    """Return one problem for each folder or zip whose files, two or more, are all of one other task."""
    groups: dict[str, list[tuple[InputFile, list[Problem]]]] = {}
    for source, checked in checks:
        if source.container != source.display_name:
            problems = [problem for findings in checked.findings for problem in findings.problems]
            groups.setdefault(source.container, []).append((source, problems))
    found: dict[str, Findings] = {}
    for container, files in groups.items():
        first, problems = files[0]
        if len(files) < 2 or not problems or problems[0].code != entry("other-task").code:
            continue
        fixes = {
            problem.fix.replace(shlex.quote(source.display_name), shlex.quote(container))
            for source, own in files
            for problem in own
        }
        if all(len(own) == 1 and own[0].code == problems[0].code for _, own in files) and len(fixes) == 1:
            message = f"all {len(files)} files, such as {first.base}: {problems[0].message}"
            found[container] = Findings(container)
            found[container].counts = {problems[0].code: 1}
            found[container].problems = [
                replace(problems[0], file=container, message=message, fix=fixes.pop().replace(ONE_FILE, ALL_FILES))
            ]
    return found


def _report_same_places(checks: Sequence[tuple[InputFile, CheckedFile]], findings: Sequence[Findings]) -> None:
    """Report the files of one folder that have the ids of the same file of the task, once for each folder and place."""
    groups: dict[tuple[str, str, str], list[InputFile]] = {}
    for source, checked in checks:
        if source.member is None and source.container != source.display_name:
            for part in checked.report.parts[:1]:
                folder = str(pathlib.PurePath(source.display_name).parent)
                groups.setdefault((source.container, folder, part.spec.place), []).append(source)
    own = {each.file: each for each in findings}
    for (container, folder, place), files in groups.items():
        if len(files) > 1 and container in own:
            names = [file.base for file in files]
            own[container].add(
                "same-place", files=len(files), place=place, names=listed(names), folder=shlex.quote(folder)
            )


def _with_duplicates_reported(checks: Sequence[tuple[InputFile, CheckedFile]]) -> list[CheckedFile]:
    """Report files of one zip that have the ids of the same file of the task.

    A zip is one submission. A folder may hold the files of several systems, so its files are not compared.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for at, (source, checked) in enumerate(checks):
        for part in checked.report.parts[:1] if source.member else ():
            groups.setdefault((source.container, part.spec.place), []).append(at)
    result = [checked for _, checked in checks]
    for (_, place), positions in groups.items():
        for at in positions:
            checked = result[at]
            other = next((position for position in positions if position != at), None)
            if other is None or entry("two-files").code in checked.report.counts:
                continue
            findings = Findings(checked.report.file)
            findings.add("two-files", value=checks[at][0].base, other=checks[other][0].display_name, language=place)
            parts = tuple(replace(part, is_scorable=False, is_subset=False) for part in checked.report.parts)
            report = replace(checked.report, counts=checked.report.counts | findings.counts, parts=parts)
            result[at] = replace(checked, report=report, findings=(*checked.findings, findings))
    return result


def _unreadable(source: InputFile, error: InputError) -> CheckedFile:
    findings = Findings(source.display_name)
    findings.add("unreadable", value=source.base, why=error.message)
    return CheckedFile(FileReport(source.display_name, counts=dict(findings.counts)), (findings,), {})


def _predictions(checked: CheckedFile, selector: Selector, subset: bool) -> list[Predictions]:
    import numpy as np

    predictions = []
    for part in checked.report.parts:
        if selector.matches(part.spec) and (part.is_scorable or (subset and part.is_subset)):
            spec, whole = part.spec, None
            if not part.is_scorable:
                spec, whole = spec.only(checked.rows), spec
            labels = np.array([checked.rows[text_id][1] for text_id in spec.ids], dtype=np.int8)
            texts = checked.texts if spec.layout.predictions.text else {}
            predictions.append(Predictions(spec, labels, checked.report.file, part.releases, whole, texts))
    return predictions
