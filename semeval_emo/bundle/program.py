"""The scoring program of a bundle: what it does with the submission that Codabench's worker has unpacked.

The worker runs ``score.py``, which has no other code than to find this package, to print and to exit.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shlex
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from semeval_emo.bundle.columns import ScoreColumn, column_values, score_columns
from semeval_emo.bundle.phase import GOLD, BundlePhase
from semeval_emo.errors import EmoError, InputError, InvalidSubmission, ReleaseMismatch, UsageError
from semeval_emo.files import make_folder, write_file
from semeval_emo.report.contents import Contents, System
from semeval_emo.report.html.report import results_page
from semeval_emo.report.submission import validation_text
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import incomplete, score
from semeval_emo.submission import Report, validate
from semeval_emo.submission.ids import SUBSET
from semeval_emo.submission.packing import archive_name, zip_bytes
from semeval_emo.task import TASK_FILE, FileSpec, Task, load_task
from semeval_emo.temporary import temporary_folder
from semeval_emo.text import listed, plural, wrap

WORKER_FILES = ("metadata",)
"""What the worker adds to the submission."""
SCORES, PAGE = "scores.json", "detailed_results.html"
FAILED = "This submission has failed: it has no scores and is not on the leaderboard."
BROKEN = "The scoring program has failed. This is not about your submission: please tell the organisers."
INVALID, ERROR = 1, 2
"""Exit codes: the submission cannot be scored; the reference data or the program are at fault."""
WIDTH = 100


@dataclass(frozen=True)
class ProgramResult:
    """What the program writes, prints and returns.

    Attributes:
        exit_code: 0, `INVALID` or `ERROR`; Codabench shows a submission as failed unless it is 0.
        scores: the contents of ``scores.json``; empty if the submission has failed.
        page: the contents of ``detailed_results.html``.
        out, err: for stdout and stderr.
    """

    exit_code: int
    page: str
    out: str = ""
    err: str = ""
    scores: dict[str, float] = field(default_factory=dict)


def run(inputs: str, output: str) -> ProgramResult:
    """Score a submission as Codabench's worker lays it out, and write the results.

    Args:
        inputs: the folder with the reference data in ``ref`` and the submission in ``res``.
        output: the folder for ``scores.json`` and ``detailed_results.html``.

    Raises:
        InputError: a result cannot be written.
    """
    try:
        result = evaluate(Path(inputs, "res"), Path(inputs, "ref"))
    except Exception as error:
        # Whatever it is: a participant must see that there is no score, and why.
        why = str(error) if isinstance(error, EmoError) else traceback.format_exc()
        result = ProgramResult(ERROR, _plain_page(BROKEN, why), err=f"{BROKEN}\n\n{why}")
    folder = Path(output)
    make_folder(folder)
    write_file(folder / PAGE, result.page)
    if result.scores:
        write_file(folder / SCORES, json.dumps(result.scores, indent=2) + "\n")
    return result


def evaluate(submission: Path, reference: Path) -> ProgramResult:
    """Score the files of a submission.

    They are packed into a zip again, so that the participant sees the same problems as with ``semeval-emo validate``.

    Args:
        submission: the folder with the unpacked submission.
        reference: the folder with the reference data.

    Raises:
        EmoError: the reference data are wrong.
    """
    reference = reference.resolve()
    phase, task = BundlePhase.read(reference), load_task(reference / TASK_FILE)
    specs = phase.specs(task)
    name, body = Path(archive_name(specs[:1])).name, zip_bytes(_files(submission))
    with temporary_folder() as folder, contextlib.chdir(folder):
        write_file(Path(name), body)
        return _evaluate(name, phase, task, specs, reference / GOLD)


def _files(folder: Path) -> dict[str, bytes]:
    """Return the files of a submission by their paths in the zip."""
    found = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            inner = path.relative_to(folder).as_posix()
            if inner not in WORKER_FILES and path.is_file():
                # Bytes of a name that are not UTF-8.
                found[inner.encode("utf-8", "replace").decode("utf-8")] = path.read_bytes()
    return found


def _evaluate(name: str, phase: BundlePhase, task: Task, specs: Sequence[FileSpec], gold: Path) -> ProgramResult:
    scores: Scores | None = None
    try:
        scores = score(
            name, source=gold, task=task, strict=False, unverified_gold=phase.unverified_gold, **phase.address
        )
        if scores.without_gold:
            raise InputError(" ".join(scores.without_gold))
        reasons = _reasons(scores, task.track(phase.track).metric, [spec.language for spec in specs])
    except ReleaseMismatch as error:
        reasons = [error.message]
    except InvalidSubmission:
        reasons = []
    report = scores.report if scores is not None else None
    if report is None:
        report = validate(name, task=task, release=phase.release)
    report = _for_participants(report)
    if scores is None and not reasons:
        reasons = _of_another_phase(phase, report)
    if scores is None or reasons:
        return _failed(name, task, report, reasons)
    # A file with a single text has no interval.
    with contextlib.suppress(UsageError):
        scores = with_intervals(scores, source=gold, task=task)
    languages = [spec.language for spec in specs]
    columns = score_columns(task, phase.track, languages)
    values = column_values(columns, {card.spec.language: card for card in scores.cards}, languages)
    # JSON has no such numbers, and Codabench refuses them.
    unfit = [key for key, value in values.items() if not math.isfinite(value)]
    if unfit:
        return _failed(name, task, report, [f"{', '.join(unfit)} cannot be computed for these predictions."])
    notes = _notes(scores, report, languages)
    return ProgramResult(
        0,
        results_page(_contents(name, task, report, scores), notes),
        _score_lines(columns, values),
        _text(report, name, notes) if notes or report.counts else "",
        values,
    )


def _reasons(scores: Scores, metric: str, languages: Sequence[str]) -> list[str]:
    """Return why there must be no score, as sentences; empty if the submission can be scored."""
    reasons = []
    for file in scores.refused:
        rows = incomplete(file, scores.report)
        reasons.append(f"{file} is not scored: " + (f"it has {rows}." if rows else "its problems are below."))
    missing = _missing(scores.cards, languages)
    if not reasons and missing and METRICS[metric].lower_is_better:
        reasons.append(
            f"Predictions are missing for {listed(missing, 5)}, and a mean of {METRICS[metric].title} needs all of "
            f"{plural(len(languages), 'language')}."
        )
    return reasons


def _of_another_phase(phase: BundlePhase, report: Report) -> list[str]:
    """Return that no file is of this phase, and what the files are."""
    places = [f"{file.file} has the ids of {part.spec.place}" for file in report.files for part in file.parts]
    return [
        f"No file has the ids of this phase, which is track {phase.track}, {phase.split}"
        + (f": {listed(places)}." if places else ".")
    ]


def _for_participants(report: Report) -> Report:
    """Return a report without remedies that need the gold labels."""
    problems = (replace(problem, fix=problem.fix.replace(SUBSET, "")) for problem in report.problems)
    return replace(report, problems=tuple(problems))


def _missing(cards: Sequence[Scorecard], languages: Sequence[str]) -> list[str]:
    scored = {card.spec.language for card in cards}
    return [code for code in languages if code not in scored]


def _notes(scores: Scores, report: Report, languages: Sequence[str]) -> list[str]:
    """Return what a participant should know although the submission is scored."""
    missing = _missing(scores.cards, languages)
    notes = list(scores.warnings)
    if missing:
        notes.append(
            f"Predictions are missing for {plural(len(missing), 'language')} of {len(languages)}: "
            f"{listed(missing, len(languages))}. In a mean over all languages they count as 0."
        )
    return [*notes, *report.doubts]


def _failed(name: str, task: Task, report: Report, reasons: Sequence[str]) -> ProgramResult:
    lines = [FAILED, *reasons]
    page = results_page(_contents(name, task, report, None), lines)
    return ProgramResult(INVALID, page, err=_text(report, name, lines))


def _text(report: Report, name: str, lines: Sequence[str]) -> str:
    """Return sentences and the problems of the files, for a log."""
    told = "\n".join(row for line in lines for row in wrap("", line, WIDTH, 0))
    problems = validation_text(report, width=WIDTH, verdict=False)
    fixable = any(file.repairs for file in report.files)
    last = f"What is marked auto-fix is done by: semeval-emo fix {shlex.quote(name)}" if fixable else ""
    return "\n\n".join(filter(None, (told, problems, last)))


def _contents(name: str, task: Task, report: Report, scores: Scores | None) -> Contents:
    """Return the contents of the page."""
    systems = (System(name, scores.cards),) if scores is not None else ()
    refused = scores.refused if scores is not None else ()
    return Contents((name,), task, report, refused, systems, scores, None, {}, {}, ())


def _score_lines(columns: Sequence[ScoreColumn], values: dict[str, float]) -> str:
    """Return the values of the leaderboard, one on each line."""
    shown = [(column.title, f"{values[column.key]:.{column.decimals}f}") for column in columns if column.key in values]
    width = max(len(title) for title, _ in shown)
    return "\n".join(f"{title:<{width}}  {value}" for title, value in shown)


def _plain_page(title: str, text: str) -> str:
    """Return a page without templates, for an error of the program itself."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body><h1>{escape(title)}</h1>\n<pre>{escape(text)}</pre></body></html>\n"
    )
