"""What is said beside scores: files scored in spite of problems, files refused, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from semeval_emo.scoring.scorecard import Scores
from semeval_emo.submission import FileReport, Problem, Report, entry

# Kinds of problem that are told of a file; `validate` tells the rest.
SHOWN = 4


def notes(scores: Scores) -> list[str]:
    """Everything that a person must know before reading the figures, a paragraph each."""
    found = [scores.note] if scores.note else []
    if scores.report is None:
        return found
    scored = {card.file for card in scores.cards}
    for file in scores.report.files:
        if file.file in scores.refused:
            found.append(
                _paragraph(file, scores.report, "NOT scored, because its labels cannot be read with certainty")
            )
        elif file.file in scored and not file.valid:
            found.append(
                _paragraph(file, scores.report, "scored by names and ids, but official scorers want it otherwise")
            )
    return found


def _paragraph(file: FileReport, report: Report, verdict: str) -> str:
    """One file: the verdict, the first example of each kind of error, and the command that tells or mends more."""
    errors = {code: count for code, count in file.counts.items() if code.startswith("E")}
    first: dict[str, Problem] = {}
    for problem in report.of(file.file):
        if problem.code in errors:
            first.setdefault(problem.code, problem)
    # What stops a file from being scored is told before what merely displeases.
    order = sorted(first, key=lambda code: (entry(code).scorable, code[1:]))
    lines = [f"{file.file}: {verdict}."]
    for code in order[:SHOWN]:
        where = f" line {first[code].line}" if first[code].line else ""
        often = f" ({errors[code]:,} times)" if errors[code] > 1 else ""
        lines.append(f"  {code}{where}: {first[code].message}{often}")
    if len(order) > SHOWN:
        lines.append(f"  and {len(order) - SHOWN} more kinds")
    name = shlex.quote(file.file.partition("!")[0])
    mends = any(entry(code).mended for code in errors)
    lines.append(f"  fix: semeval-emo fix {name} -o fixed" if mends else f"  see: semeval-emo validate {name}")
    return "\n".join(lines)


def next_step(scores: Scores, paths: Sequence[str]) -> str:
    """The command that a person would type next; empty where there is none."""
    if not scores.cards:
        return ""
    languages = {(card.spec.track, card.spec.language) for card in scores.cards}
    if len(languages) < len(scores.cards):
        return f"semeval-emo compare {' '.join(map(shlex.quote, paths))}"
    if len(paths) == 1:
        return f"semeval-emo leaderboard place {shlex.quote(paths[0])}"
    return ""
