"""Why a submission is not scored, and its problems as a participant reads them: for the program and the starting kit.

Nothing here needs another package than NumPy, as the starting kit has no other.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from semeval_emo.bundle.phase import BundlePhase
from semeval_emo.report.submission import validation_text
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorer import incomplete
from semeval_emo.submission import Report
from semeval_emo.submission.ids import SUBSET
from semeval_emo.task import FileSpec
from semeval_emo.text import listed, plural, wrap

WIDTH = 100


def refusals(
    phase: BundlePhase,
    report: Report,
    refused: Iterable[str],
    scored: Sequence[FileSpec],
    specs: Sequence[FileSpec],
    metric: str,
) -> list[str]:
    """Return why a submission must have no score, as sentences; empty if it can be scored.

    Args:
        refused: the files that are not scored (`semeval_emo.scoring.scorer.refused_files`).
        scored: the files of the task that can be scored.
        specs: all files of the phase.
        metric: the official metric of its track.
    """
    reasons = []
    for file in refused:
        rows = incomplete(file, report)
        reasons.append(f"{file} is not scored: " + (f"it has {rows}." if rows else "its problems are below."))
    if not reasons and not scored:
        places = [f"{file.file} has the ids of {part.spec.place}" for file in report.files for part in file.parts]
        reasons.append(
            f"No file has the ids of this phase, which is track {phase.track}, {phase.split}"
            + (f": {listed(places)}." if places else ".")
        )
    missing = missing_languages(scored, specs)
    if not reasons and missing and METRICS[metric].lower_is_better:
        reasons.append(
            f"Predictions are missing for {listed(missing, 5)}, and a mean of {METRICS[metric].title} needs all of "
            f"{plural(len(specs), 'language')}."
        )
    return reasons


def missing_languages(scored: Iterable[FileSpec], specs: Iterable[FileSpec]) -> list[str]:
    """Return the languages of a phase without predictions."""
    found = {spec.language for spec in scored}
    return [spec.language for spec in specs if spec.language not in found]


def missing_note(scored: Sequence[FileSpec], specs: Sequence[FileSpec]) -> list[str]:
    """Return a sentence on the languages without predictions, if there are any."""
    missing = missing_languages(scored, specs)
    if not missing:
        return []
    return [
        f"Predictions are missing for {plural(len(missing), 'language')} of {len(specs)}: "
        f"{listed(missing, len(missing))}. In a mean over all languages they count as 0."
    ]


def for_participants(report: Report) -> Report:
    """Return a report without remedies that need the gold labels, and without other scorers of the task."""
    problems = (replace(problem, fix=problem.fix.replace(SUBSET, "")) for problem in report.problems)
    return replace(report, problems=tuple(problems), official=())


def log_text(report: Report, path: str, lines: Sequence[str]) -> str:
    """Return sentences and the problems of the files, for a log.

    Args:
        path: of the submission, for the command that fixes it.
    """
    told = "\n".join(row for line in lines for row in wrap("", line, WIDTH, 0))
    problems = validation_text(report, width=WIDTH, verdict=False)
    fixable = any(file.repairs for file in report.files)
    last = f"What is marked auto-fix is done by: semeval-emo fix {shlex.quote(path)}" if fixable else ""
    return "\n\n".join(filter(None, (told, problems, last)))
