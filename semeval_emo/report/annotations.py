"""Workflow commands of GitHub Actions: problems and scores as annotations of the files of a repository.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the others, so that no more are written here.
A value from a file cannot end its annotation or begin another command: line ends and separators are escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from semeval_emo.report.submission import by_code, examples_left
from semeval_emo.submission import FileReport, Problem, Report, Severity, entry
from semeval_emo.text import listed, plural, printable

if TYPE_CHECKING:
    from semeval_emo.scoring import Scores

MOST = 10
"""The most annotations of one level that GitHub shows for a step."""
ERROR, WARNING, NOTICE = "error", "warning", "notice"
_LONGEST = 1000


def annotation(level: str, message: str, title: str = "", file: str = "", line: int | None = None) -> str:
    r"""Return one workflow command.

    Args:
        level: ``error``, ``warning`` or ``notice``.
        file: path in the repository; that of the zip for a file in a zip.

    >>> annotation("error", "100%, wrong\n::error::x", "E311 order", "track_a/pred_eng.csv", 3)
    '::error title=E311 order,file=track_a/pred_eng.csv,line=3::100%25, wrong%0A::error::x'
    """
    places = {"title": title, "file": file, "line": str(line) if line else ""}
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in places.items() if value)
    return f"::{level}{f' {properties}' if properties else ''}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{more}" else c for c in text)


def validation_annotations(report: Report) -> str:
    """Return an annotation for each problem of each file, at its first line, and one notice with the verdict.

    Problems of a kind in one file are one annotation. If that makes too many, those of a kind in all files are one, and
    the last one says how many kinds are left out.
    """
    groups = [
        (file, code, problems) for file in report.files for code, problems in by_code(report.problems_of(file.file))
    ]
    lines: list[str] = []
    for severity in Severity:
        own = [group for group in groups if entry(group[1]).severity is severity]
        level = ERROR if severity is Severity.error else WARNING
        wrong = [
            annotation(level, f"{outcome.message}.", f"{outcome.scorer}, track {outcome.track}")
            for outcome in report.official
            if outcome.is_wrong and level == WARNING
        ]
        lines += _at_most([*wrong, *_problems(level, own, MOST - len(wrong))], level, "more kinds of problems")
    files = plural(sum(file.kind == "predictions" for file in report.files), "file")
    counts = f"{plural(report.errors, 'error')} and {plural(report.warnings, 'warning')}"
    verdict = f"{'Valid' if report.valid else 'Not valid'}: {files}, with {counts}."
    return "\n".join([*lines, annotation(NOTICE, verdict, "semeval-emo validate")])


def _problems(level: str, groups: Sequence[tuple[FileReport, str, list[Problem]]], most: int) -> list[str]:
    """Return an annotation for each problem of each file, or for each problem of all files if those are too many."""
    if len(groups) <= most:
        return [_problem(level, *group) for group in groups]
    kinds: dict[str, list[tuple[FileReport, str, list[Problem]]]] = {}
    for group in groups:
        kinds.setdefault(group[1], []).append(group)
    return [_problem(level, *first, [file.file for file, _, _ in others]) for first, *others in kinds.values()]


def _problem(level: str, file: FileReport, code: str, problems: Sequence[Problem], others: Sequence[str] = ()) -> str:
    problem = entry(code)
    parts = [f"{first.message}." for first in problems[:1]]
    parts += [f"{more}."] if (more := examples_left(file.counts.get(code, 1), problems[:1])) else []
    parts.append(f"{'auto-fix (semeval-emo fix)' if code in file.repairs else 'fix'}: {problems[0].fix}.")
    if others:
        names = [printable(name, 100) for name in others]
        parts.append(f"The same in {plural(len(others), 'more file')}: {listed(names, 5)}.")
    container, _, member = file.file.partition("!")
    if member:
        parts.insert(0, f"{printable(member, 100)}:")
    message = printable(" ".join(parts), _LONGEST)
    line = None if member else problems[0].line
    return annotation(level, message, f"{code} {problem.title}", container, line)


def score_annotations(scores: Scores, missed: Sequence[str] = ()) -> str:
    """Return a notice for each score, or for each mean if there are many files, and an error for each failure.

    Args:
        missed: the sentences of ``--fail-under``.
    """
    from semeval_emo.scoring import METRICS

    errors = [annotation(ERROR, f"{line}.", "score below the limit") for line in missed]
    errors += [
        annotation(ERROR, "not scored: semeval-emo validate shows why.", "semeval-emo score", name.partition("!")[0])
        for name in scores.refused
    ]
    errors += [annotation(ERROR, reason, "no gold labels") for reason in scores.without_gold]
    warnings = [annotation(WARNING, text, "semeval-emo score") for text in scores.warnings]
    notices = [
        annotation(
            NOTICE,
            f"{METRICS[card.metric].title} {card.score:.4f} ({card.spec.place})",
            "semeval-emo score",
            card.file.partition("!")[0],
        )
        for card in scores.cards
    ]
    if len(notices) > MOST and scores.averages:
        notices = [
            annotation(
                NOTICE,
                f"mean {METRICS[mean.metric].title} {mean.submitted[mean.metric]:.4f} over "
                f"{plural(len(mean.languages), 'language')} (release {mean.release} track {mean.track} {mean.split})",
                "semeval-emo score",
            )
            for mean in scores.averages
        ]
    levels = ((errors, ERROR, "more errors"), (warnings, WARNING, "more warnings"), (notices, NOTICE, "more scores"))
    return "\n".join(line for lines, level, rest in levels for line in _at_most(lines, level, rest))


def _at_most(lines: Sequence[str], level: str, rest: str) -> list[str]:
    """Return at most `MOST` annotations, of which the last one counts those that are left out."""
    if len(lines) <= MOST:
        return [*lines]
    left = len(lines) - MOST + 1
    return [*lines[: MOST - 1], annotation(level, f"{left} {rest}: the log has all of them.", "semeval-emo")]
