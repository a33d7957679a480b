"""The scoring program of a bundle: what it does with the submission that Codabench's worker has unpacked.

The worker runs ``score.py``, which has no other code than to find this package, to print and to exit.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from semeval_emo.bundle.columns import ScoreColumn, column_values, score_columns
from semeval_emo.bundle.phase import GOLD, PHASE_FILE, BundlePhase
from semeval_emo.bundle.refusals import for_participants, log_text, missing_note, refusals
from semeval_emo.errors import EmoError, InputError, InvalidSubmission, ReleaseMismatch, UnverifiedGold, UsageError
from semeval_emo.files import make_folder, write_file
from semeval_emo.report.contents import Contents, System
from semeval_emo.report.html.report import results_page
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.scoring.scorecard import Scores
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import Report, validate
from semeval_emo.submission.archive import MOST_BYTES
from semeval_emo.submission.packing import archive_name, zip_bytes
from semeval_emo.task import TASK_FILE, FileSpec, Task, load_task
from semeval_emo.temporary import temporary_folder

WORKER_FILES = ("metadata",)
"""What the worker adds to the submission."""
SCORES, PAGE = "scores.json", "detailed_results.html"
FAILED = "This submission has failed: it has no scores and is not on the leaderboard."
BROKEN = "The scoring program has failed. This is not about your submission: please tell the organisers."
INVALID, ERROR = 1, 2
"""Exit codes: the submission cannot be scored; the reference data or the program are at fault."""


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
    phase, task = BundlePhase.read(reference / PHASE_FILE), load_task(reference / TASK_FILE)
    specs = phase.specs(task)
    name, paths = Path(archive_name(specs[:1])).name, _paths(submission)
    size = sum(path.stat().st_size for path in paths.values())
    if size > MOST_BYTES:
        why = f"It has {size:,} bytes, the limit is {MOST_BYTES:,}."
        return _failed(name, task, Report(task.key, (), ()), [why])
    body = zip_bytes({inner: path.read_bytes() for inner, path in paths.items()})
    with temporary_folder() as folder, contextlib.chdir(folder):
        write_file(Path(name), body)
        return _evaluate(name, phase, task, specs, reference / GOLD)


def _paths(folder: Path) -> dict[str, Path]:
    """Return the files of a submission by their paths in the zip; a link could lead to the gold labels."""
    found = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            inner = path.relative_to(folder).as_posix()
            if inner not in WORKER_FILES and path.is_file() and not path.is_symlink():
                # Bytes of a name that are not UTF-8.
                found[inner.encode("utf-8", "replace").decode("utf-8")] = path
    return found


def _evaluate(name: str, phase: BundlePhase, task: Task, specs: Sequence[FileSpec], gold: Path) -> ProgramResult:
    scores: Scores | None = None
    mismatch: list[str] = []
    try:
        scores = score(
            name, source=gold, task=task, strict=False, unverified_gold=phase.unverified_gold, **phase.address
        )
    except UnverifiedGold as error:
        # Its message may have gold labels.
        raise InputError("The gold labels of the reference data are not those of the task.") from error
    except ReleaseMismatch as error:
        mismatch = [error.message]
    except InvalidSubmission:
        pass  # No file is of this phase, or there is none: `refusals` says so.
    if scores is not None and scores.without_gold:
        raise InputError(" ".join(scores.without_gold))
    report = scores.report if scores is not None else None
    report = for_participants(report or validate(name, task=task, **phase.address))
    scored = [card.spec for card in scores.cards] if scores is not None else []
    refused = scores.refused if scores is not None else ()
    reasons = mismatch or refusals(phase, report, refused, scored, specs, task.track(phase.track).metric)
    if scores is None or reasons:
        return _failed(name, task, report, reasons)
    # A file with a single text has no interval.
    with contextlib.suppress(UsageError):
        scores = with_intervals(scores, source=gold, task=task)
    columns = score_columns(task, phase.track, [spec.language for spec in specs])
    values = column_values(columns, scores.cards, specs)
    # JSON has no such numbers, and Codabench refuses them.
    unfit = [key for key, value in values.items() if not math.isfinite(value)]
    if unfit:
        return _failed(name, task, report, [f"{', '.join(unfit)} cannot be computed for these predictions."])
    notes = [*scores.warnings, *missing_note(scored, specs), *report.doubts]
    return ProgramResult(
        0,
        results_page(_contents(name, task, report, scores), notes),
        _score_lines(columns, values),
        log_text(report, name, notes) if notes or report.counts else "",
        values,
    )


def _failed(name: str, task: Task, report: Report, reasons: Sequence[str]) -> ProgramResult:
    lines = [FAILED, *reasons]
    page = results_page(_contents(name, task, report, None), lines)
    return ProgramResult(INVALID, page, err=log_text(report, name, lines))


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
