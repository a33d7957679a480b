"""The check of the starting kit: what it says about a submission, without scores."""

from __future__ import annotations

from dataclasses import replace

from semeval_emo.errors import EmoError
from semeval_emo.report.submission import validation_text
from semeval_emo.submission import validate
from semeval_emo.task import TASK_FILE, load_task


def check_submission(path: str, folder: str) -> tuple[bool, str]:
    """Return whether a zip or folder is valid, and its problems as text.

    Args:
        folder: of the task, with the file `TASK_FILE`.
    """
    try:
        report = validate(path, task=load_task(f"{folder}/{TASK_FILE}"))
    except EmoError as error:
        return False, f"error: {error}"
    # What other scorers of the task would do does not matter: the competition has this one.
    return report.valid, validation_text(replace(report, official=()), [path])
