"""Prediction files: find, read, check, explain, fix and pack them.

Names that need numpy or pandera are imported on first use; checking a file needs neither.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from semeval_emo.submission.problem import Entry, Findings, Problem, Severity, catalogue, entry
from semeval_emo.submission.read import read_submission, validate
from semeval_emo.submission.result import FileReport, Part, Predictions, Report, Submission
from semeval_emo.submission.scorers.outcome import OfficialOutcome

if TYPE_CHECKING:
    from semeval_emo.submission.combine import EnsembleReport, ensemble
    from semeval_emo.submission.fix_report import FixReport
    from semeval_emo.submission.frames import schema
    from semeval_emo.submission.packing import PackReport, pack
    from semeval_emo.submission.probabilities import Probabilities, read_probabilities
    from semeval_emo.submission.repair import fix
    from semeval_emo.submission.write import write_predictions, write_probabilities

_LAZY = {
    "EnsembleReport": "combine",
    "FixReport": "fix_report",
    "PackReport": "packing",
    "Probabilities": "probabilities",
    "ensemble": "combine",
    "fix": "repair",
    "pack": "packing",
    "read_probabilities": "probabilities",
    "schema": "frames",
    "write_predictions": "write",
    "write_probabilities": "write",
}

__all__ = [
    "EnsembleReport",
    "Entry",
    "FileReport",
    "Findings",
    "FixReport",
    "OfficialOutcome",
    "PackReport",
    "Part",
    "Predictions",
    "Probabilities",
    "Problem",
    "Report",
    "Severity",
    "Submission",
    "catalogue",
    "ensemble",
    "entry",
    "fix",
    "pack",
    "read_probabilities",
    "read_submission",
    "schema",
    "validate",
    "write_predictions",
    "write_probabilities",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'semeval_emo.submission' has no attribute '{name}'")
    return getattr(importlib.import_module(f"semeval_emo.submission.{_LAZY[name]}"), name)
