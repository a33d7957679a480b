"""The check of the starting kit: whether a submission can be scored, and in which phase."""

from __future__ import annotations

from pathlib import Path

from semeval_emo.bundle.phase import BundlePhase
from semeval_emo.bundle.refusals import for_participants, log_text, missing_note, refusals
from semeval_emo.errors import EmoError
from semeval_emo.scoring.scorer import refused_files
from semeval_emo.submission import read_submission
from semeval_emo.task import TASK_FILE, Selector, Task, load_task
from semeval_emo.text import plural


def check_submission(path: str, folder: str) -> tuple[bool, str]:
    """Return whether a zip or folder can be scored, and its problems as text.

    Args:
        folder: of the task, with the file `TASK_FILE` and those of the phases.
    """
    try:
        task = load_task(Path(folder, TASK_FILE))
        phases = sorted(
            map(BundlePhase.read, Path(folder).glob("*.json")), key=lambda own: task.splits.index(own.split)
        )
        results = [_check(path, phase, task) for phase in phases]
    except EmoError as error:
        return False, f"error: {error}"
    # The phase that has most of its files in the submission.
    _, valid, text = max(results, key=lambda result: result[0])
    return valid, text


def _check(path: str, phase: BundlePhase, task: Task) -> tuple[int, bool, str]:
    """Return the number of files of a phase, whether the submission can be scored in it, and the text."""
    selector = Selector(task, phase.track, None, phase.split, phase.release)
    submission = read_submission(path, task=task, **phase.address)
    report, specs = for_participants(submission.report), phase.specs(task)
    scored = [own.spec for own in submission.predictions]
    reasons = refusals(phase, report, refused_files(report, selector), scored, specs, task.track(phase.track).metric)
    found = sum(selector.matches(part.spec) for file in report.files for part in file.parts)
    last = "It cannot be scored." if reasons else f"It can be scored in the phase {phase.split}: "
    if not reasons:
        last += f"{plural(len(scored), 'file')} of {len(specs)}."
    lines = [*reasons, *([] if reasons else missing_note(scored, specs))]
    return found, not reasons, f"{log_text(report, path, lines)}\n\n{last}"
