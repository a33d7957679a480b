"""Prediction files: found, read, checked, explained, repaired, packed."""

from semeval_emo.submission.problem import Entry, Findings, Problem, Severity, catalogue, entry
from semeval_emo.submission.read import read_submission, validate
from semeval_emo.submission.result import FileReport, Part, Predictions, Report, Submission

__all__ = [
    "Entry",
    "FileReport",
    "Findings",
    "Part",
    "Predictions",
    "Problem",
    "Report",
    "Severity",
    "Submission",
    "catalogue",
    "entry",
    "read_submission",
    "validate",
]
