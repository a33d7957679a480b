"""Checks prediction files, and reads those that are clean enough to score.

Owns `validate` and `read_submission`; both go through the same checks, so what validates can be
scored.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from dataclasses import replace

from semeval_emo.errors import InputError
from semeval_emo.submission import identify
from semeval_emo.submission.check import Checked, check, peek_ids
from semeval_emo.submission.problem import Findings, Problem, entry
from semeval_emo.submission.result import FileReport, Predictions, Report, Submission, report_of
from semeval_emo.submission.rows import Ids
from semeval_emo.submission.sources import InputFile, InputFiles, find_files
from semeval_emo.task import Selector, Task, load_task

Path = str | os.PathLike[str]


def validate(
    paths: Path | Sequence[Path],
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
) -> Report:
    r"""Checks prediction files: every problem of every file in one pass.

    Args:
        paths: files, folders or zips; one or several.
        track, language, split: what the files should be; by default ids, names and folders say.
        release: the release of the data that was predicted; the task's default (the competition).
        task: a task or its name; by default ids say.

    Raises:
        InputError: a path does not exist or cannot be read.
        UsageError: an unknown track, language, split, release or task.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pred_eng.csv"
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> _ = path.write_text("\n".join([",".join(spec.header), *(f"{one},1,0,0,0,2" for one in spec.ids)]) + "\n")
    >>> report = validate(path)
    >>> report.valid, report.problems[0].message
    (False, "'2' is not 0 or 1")
    """
    return _examine(paths, Selector(task, track, language, split, release), keep=False)[1]


def read_submission(
    paths: Path | Sequence[Path],
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
) -> Submission:
    """Reads the predictions of files, folders or zips, and the report of what is wrong with them.

    Only what can be read without guessing becomes `Predictions`. Errors that leave the labels certain
    (a name, a byte order mark, the order of columns) do no harm here, though official scorers stop at
    them; the catalogue says which do not (`Entry.scorable`). Of a file that mixes tracks each complete
    part becomes one, or only the one that `track` names.

    Args:
        paths, track, language, split, release, task: as for `validate`.

    Raises:
        InputError, UsageError: as for `validate`.

    >>> from semeval_emo.data.sample import sample_folder
    >>> read = read_submission(sample_folder() / "predictions" / "strong" / "track_a")
    >>> read.predictions[0].values.shape, read.report.valid
    ((200, 5), True)
    """
    predictions, report = _examine(paths, Selector(task, track, language, split, release), keep=True)
    return Submission(tuple(predictions), report)


def here(otherwise: str = "") -> tuple[str, list[str]]:
    """The prediction files of this folder and of the ``track_x`` folders in it, by their official names.

    Args:
        otherwise: a folder to look into, at any depth, where this one has none.

    Returns:
        Where they were found, in words, and their paths.

    Raises:
        InputError: there is none.
    """
    places: dict[str, tuple[str, ...]] = {"this folder": ("pred_*.csv", "track_*/pred_*.csv")}
    if otherwise:
        places[f"{otherwise}/"] = (f"{otherwise}/**/pred_*.csv",)
    for where, patterns in places.items():
        found = sorted(str(p) for pattern in patterns for p in pathlib.Path().glob(pattern) if p.is_file())
        if found:
            return where, found
    raise InputError(
        f"No path given, and there is no pred_*.csv in {' nor in '.join(places)}.",
        "give a path: a prediction file, a folder or a zip",
    )


def _examine(paths: Path | Sequence[Path], selector: Selector, keep: bool) -> tuple[list[Predictions], Report]:
    listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    chosen, sources = gather(listed, selector.task)
    selector = selector.of(chosen)
    ids = Ids(chosen)
    files: list[FileReport] = []
    problems: list[Problem] = []
    checks: list[tuple[InputFile, Checked]] = []
    made: list[list[Predictions]] = []
    for findings in sources.findings:
        if findings.counts:
            files.append(FileReport(findings.file, "container", counts=dict(findings.counts)))
            problems += findings.problems
    for source in sources.files:
        try:
            checked = check(source, chosen, selector, ids)
        except InputError as error:
            if len(listed) == 1 and source.member is None and os.fspath(listed[0]) == source.display_name:
                raise
            checked = _unreadable(source, error)
        made.append(_predictions(checked, selector) if keep else [])
        checks.append((source, replace(checked, kept={})))
    predictions: list[Predictions] = []
    for checked, own in zip(_without_twins(checks), made, strict=True):
        files.append(checked.file)
        problems += [problem for findings in checked.findings for problem in findings.problems]
        predictions += own if any(part.is_scorable for part in checked.file.parts) else []
    return predictions, report_of(chosen.key, files, problems)


def gather(paths: Sequence[Path], task: Task | str | None) -> tuple[Task, InputFiles]:
    """Finds the files, and the task that their ids belong to where none was named."""
    named = load_task(task)
    sources = find_files(paths, named)
    if task is None:
        for source in sources.files[:20]:
            try:
                found = identify.task_of(peek_ids(source))
            except InputError:
                continue
            if found is not None:
                return (named, sources) if found is named else (found, find_files(paths, found))
    return named, sources


def _without_twins(checks: Sequence[tuple[InputFile, Checked]]) -> list[Checked]:
    """Reports files of one zip whose ids turn out to be those of the same file of the task.

    Folders on disk may hold several systems side by side, under names that say no language; a zip is one submission.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for at, (source, checked) in enumerate(checks):
        for part in checked.file.parts[:1] if source.member else ():
            groups.setdefault((source.container, part.spec.place), []).append(at)
    result = [checked for _, checked in checks]
    for (_, place), same in groups.items():
        for at in same:
            one = result[at]
            twin = next((other for other in same if other != at), at)
            if twin == at or entry("two-files").code in one.file.counts:
                continue
            found = Findings(one.file.file)
            found.add("two-files", value=checks[at][0].base, other=checks[twin][0].display_name, language=place)
            parts = tuple(replace(part, is_scorable=False) for part in one.file.parts)
            file = replace(one.file, counts=one.file.counts | found.counts, parts=parts)
            result[at] = replace(one, file=file, findings=(*one.findings, found))
    return result


def _unreadable(source: InputFile, error: InputError) -> Checked:
    found = Findings(source.display_name)
    found.add("unreadable", value=source.base, why=error.message)
    return Checked(FileReport(source.display_name, counts=dict(found.counts)), (found,), {})


def _predictions(checked: Checked, selector: Selector) -> list[Predictions]:
    import numpy as np

    wanted = [part for part in checked.file.parts if part.is_scorable and selector.matches(part.spec)]
    return [
        Predictions(
            spec=part.spec,
            values=np.array([checked.kept[one][1] for one in part.spec.ids], dtype=np.int8),
            path=checked.file.file,
            releases=part.releases,
        )
        for part in wanted
    ]
