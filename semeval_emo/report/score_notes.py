"""Text of scores: notes on files with problems, tables with signatures, and the next command."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path, PurePath

from semeval_emo.errors import EmoError, InputError
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.parse import ShapeError, member, read_json
from semeval_emo.report import scores as report
from semeval_emo.report.formats import render
from semeval_emo.report.submission import examples_left, fix_options
from semeval_emo.report.table import Table
from semeval_emo.scoring.scorecard import Scorecard, Scores
from semeval_emo.scoring.scorer import OTHER_TEXTS, incomplete, task_of
from semeval_emo.submission import FileReport, Problem, Report, entry
from semeval_emo.task import Task
from semeval_emo.text import BOLD, listed, painted, plural

# How many problems and files are listed; `validate` shows all.
SHOWN = 4
LEFT_OUT = "left-out"
REFUSED = "NOT scored, because of ambiguous labels"
OTHER = "NOT scored, because its texts are not those of the release"
INCOMPLETE = "NOT scored completely, because some files cannot be read"
MISSING = "missing-id"
SUBSET = "NOT scored, because rows are missing"
SCORED = "scored, but not in the format of the official scorers"


def notes(scores: Scores, width: int = 80, options: Sequence[str] = ()) -> list[str]:
    """Return notes on the files: those with problems, refused or left out; one wrapped paragraph each.

    Args:
        options: words that select files, such as ``--task sample``, for the commands that are named.
    """
    return [
        "\n".join(
            textwrap.fill(line, width, subsequent_indent=" " * 4, break_long_words=False, break_on_hyphens=False)
            for line in paragraph.splitlines()
        )
        for paragraph in _paragraphs(scores, options)
    ]


def _paragraphs(scores: Scores, options: Sequence[str]) -> list[str]:
    paragraphs = [note for note in (scores.note, *scores.without_gold) if note]
    if scores.report is None:
        return paragraphs
    paragraphs += [
        f"{problem.file}: {problem.message}."
        for problem in scores.report.problems
        if entry(problem.code).name == LEFT_OUT
    ]
    scored = {card.file for card in scores.cards}
    # Their warning says that rows are missing.
    subsets = {card.file for card in scores.cards if card.subset}
    doubts: dict[str, list[str]] = {}
    for name, _, doubt in (line.partition(": ") for line in scores.report.doubts):
        if name in scored:
            doubts.setdefault(doubt, []).append(name)
    paragraphs += [f"{_subject(names)}: {doubt}" for doubt, names in doubts.items()]
    # Files with the same problems share a paragraph.
    by_problems: dict[tuple[str, tuple[str, ...]], list[FileReport]] = {}
    for file in scores.report.files:
        errors = tuple(sorted((code for code in file.counts if code.startswith("E")), key=_severity))
        if file.file in subsets:
            errors = tuple(code for code in errors if entry(code).name != MISSING)
        if file.file in scores.refused:
            verdict = INCOMPLETE if file.kind == "container" else REFUSED
            if any(entry(code).name == OTHER_TEXTS for code in errors):
                verdict = OTHER
            elif incomplete(file.file, scores.report):
                verdict = SUBSET
            by_problems.setdefault((verdict, errors), []).append(file)
        elif file.file in scored and errors:
            by_problems.setdefault((SCORED, errors), []).append(file)
    for (verdict, errors), files in by_problems.items():
        details = (
            _one_file(files[0], scores, scores.report, errors, options)
            if len(files) == 1
            else _several_files(files, errors, options)
        )
        subject = _subject([file.file for file in files])
        paragraphs.append("\n".join([f"{subject}: {verdict}.", *details]))
    return paragraphs


def _subject(files: Sequence[str]) -> str:
    names = [PurePath(file).name for file in files]
    return files[0] if len(files) == 1 else f"{len(files)} files ({listed(names, SHOWN)})"


def _severity(code: str) -> tuple[bool, str]:
    """Return a sort key with the errors that prevent scoring first."""
    return entry(code).scorable, code[1:]


def _one_file(
    file: FileReport, scores: Scores, report: Report, errors: Sequence[str], selected: Sequence[str]
) -> list[str]:
    """Return the first example of each error, and the command that fixes it or shows more."""
    first: dict[str, Problem] = {}
    for problem in report.problems_of(file.file):
        first.setdefault(problem.code, problem)
    lines = []
    for code in errors[:SHOWN]:
        where = f" line {first[code].line}" if first[code].line else ""
        more = examples_left(file.counts[code], [first[code]])
        lines.append(f"  {code}{where}: {first[code].message}{f' {more}' if more else ''}")
    name = shlex.join([*file.paths, *selected])
    scored = [card.spec.place for card in scores.cards if card.file == file.file]
    if incomplete(file.file, report) and not scored:
        return [*lines, *_rest(errors), f"  score the rows that are there: semeval-emo score {name} --subset"]
    if scored and (left := [part.spec.place for part in file.parts if part.spec.place not in scored]):
        lines.append(f"  NOT scored: {listed(left)}")
    options = shlex.join(fix_options(report.problems_of(file.file), file.unfixed))
    if file.unfixed and not options:
        hint = f"  see: semeval-emo validate {name}"
    else:
        example = " (the options are examples)" if options else ""
        hint = f"  fix: semeval-emo fix {name}{' ' + options if options else ''} -o fixed{example}"
    return [*lines, *_rest(errors), hint]


def _several_files(files: Sequence[FileReport], errors: Sequence[str], selected: Sequence[str]) -> list[str]:
    """Return the titles of the errors that several files share."""
    lines = [f"  {code}: {entry(code).title}" for code in errors[:SHOWN]]
    return [*lines, *_rest(errors), f"  see: semeval-emo validate {shlex.join([*files[0].paths, *selected])}"]


def _rest(errors: Sequence[str]) -> list[str]:
    return [f"  and {plural(len(errors) - SHOWN, 'more error type')}"] if len(errors) > SHOWN else []


def next_step(scores: Scores, paths: Sequence[str], task: Task | str | None = None) -> list[str]:
    """Return the words of the command that usually comes next; empty if there is none."""
    if len({card.spec.place for card in scores.cards}) < len(scores.cards):
        return ["compare", *paths]
    if run := _run_without_predictions(scores):
        return ["zoo", "tune", run]
    # Leaderboards have test scores of the release of the competition.
    comparable = [
        card.spec.split == "test" and card.release == task_of(card.spec, task).default_release for card in scores.cards
    ]
    if len(paths) == 1 and comparable and all(comparable):
        return ["leaderboard", "place", *paths] if _has_leaderboard(scores.cards[0]) else ["analyse", *paths]
    return []


def _has_leaderboard(card: Scorecard) -> bool:
    """Return whether the leaderboard has scores that a score can be compared with."""
    try:
        return bool(Leaderboard.load(task_of(card.spec)).place(card))
    except EmoError:
        return False


def _run_without_predictions(scores: Scores) -> str:
    """Return the run folder of a file that predicts nothing; empty if no run can be tuned to predict something."""
    cards = scores.cards
    if len(cards) != 1 or len(cards[0].metrics.never_predicted) < len(cards[0].metrics.emotions):
        return ""
    run = Path(cards[0].file).parent.parent
    try:
        state = read_json(run / "run.json")
        return str(run) if member(member(state, "constant", dict, {}), "separable", bool, False) else ""
    except (InputError, ShapeError):
        return ""


def _tables(scores: Scores, task: Task | str | None, per_emotion: bool) -> list[Table]:
    own_task = task_of(scores.cards[0].spec, task)
    tables = report.tables(scores, own_task, per_emotion)
    if any(card.intervals for card in scores.cards):
        from semeval_emo.report import score_intervals

        tables += score_intervals.tables(scores, own_task)
    return tables


def score_text(scores: Scores, task: Task | str | None, per_emotion: bool, width: int | None, colour: bool) -> str:
    """Return the scores as plain text, the official score first; signatures are lines of their own at the end."""
    body = render(_tables(scores, task, per_emotion), "text", width=width, colour=colour)
    headline, dot, rest = body.partition(report.DOT)
    return "\n".join([painted(headline, BOLD, on=colour) + dot + rest, "", *report.signatures(scores)])


def signed_tables(scores: Scores, task: Task | str | None, per_emotion: bool) -> list[Table]:
    """Return the tables of scores with their signatures as notes."""
    return report.signed(_tables(scores, task, per_emotion), scores)


def score_csv(scores: Scores) -> Table:
    """Return all scores as one table with a row per metric."""
    table = report.long_table(scores)
    if any(card.intervals for card in scores.cards):
        from semeval_emo.report import score_intervals

        return score_intervals.with_intervals(table, scores)
    return table
