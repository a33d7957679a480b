"""Tables of bundles: what was built, and what a check found."""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.bundle.build import Bundle
from semeval_emo.data.task_check import TaskProblem
from semeval_emo.report.table import Column, Table
from semeval_emo.report.tasks import problem_rows
from semeval_emo.text import plural


def bundle_tables(bundle: Bundle) -> list[Table]:
    """Return the phases and the leaderboard of a bundle."""
    done = "unchanged" if bundle.was_there else "written"
    notes = (f"{bundle.out}: {done}.", f"Docker image: {bundle.image}.", *bundle.notes)
    phases = Table(
        f"Phases of {bundle.task}, track {bundle.track}",
        (Column("phase"), Column("start"), Column("end"), Column("languages", "int"), Column("texts", "int"),
         Column("gold labels")),
        tuple(
            (phase.split, phase.start, phase.end, len(phase.languages), phase.rows, phase.gold)
            for phase in bundle.phases
        ),
        notes,
    )  # fmt: skip
    columns = (Column("key"), Column("title"), Column("better"))
    rows = tuple((one.key, one.title, "lower" if one.lower_is_better else "higher") for one in bundle.columns)
    return [phases, Table("Leaderboard", columns, rows)]


def check_table(path: str, problems: Sequence[TaskProblem]) -> Table:
    """Return what the check of a bundle found."""
    errors = sum(problem.level == "error" for problem in problems)
    return Table(f"{path}: {plural(errors, 'error')}", *problem_rows(problems))
