"""The table of runs that were submitted to a cluster."""

from __future__ import annotations

from semeval_emo.report.table import Column, Table
from semeval_emo.text import plural
from semeval_emo.zoo.training.cluster import JobArray


def table(array: JobArray) -> Table:
    """Return one row per recipe and random seed: how many runs were submitted, and how many were left out."""
    columns = (
        Column("runs", "name"), Column("submitted", "int"), Column("finished", "int"), Column("in training", "int"),
    )  # fmt: skip
    parts = (array.submitted, array.finished, array.in_training)
    rows = tuple(
        (str(folder), *(sum(outcome.folder.path.parent == folder for outcome in part) for part in parts))
        for folder in array.folders
    )
    if not array.job:
        return Table("No jobs: every run is finished or in training", columns, rows)
    title = f"Job array {array.job}: {plural(array.jobs, 'job')}"
    return Table(title, columns, rows, (f"Logs: {array.logs}",))
