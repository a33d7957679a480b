"""How a system looks that was taken into a folder: a line a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from semeval_emo.leaderboard.submitted import BuildInfo, SubmittedFile
from semeval_emo.report.results import overlap_words
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.inference.submit import SubmitReport


def tables(report: SubmitReport) -> list[Table]:
    """What was taken from runs."""
    rows = [
        (
            one.file.track.upper(), one.file.language, one.file.recipe, one.file.dev, one.file.score,
            *(one.file.interval or (None, None)), one.file.selected_on, one.how,
        )
        for one in report.taken
    ]  # fmt: skip
    columns = (
        Column("track"), Column("language"), Column("recipe", "name"), Column("dev", "score"), Column("test", "score"),
        Column("low", "score"), Column("high", "score"), Column("chosen on"), Column(""),
    )  # fmt: skip
    metrics = " and ".join(dict.fromkeys(METRICS[one.file.metric].title for one in report.taken))
    notes = [f"dev, test: {metrics}; low, high: 95 % interval of test (bootstrap over texts)."]
    notes += overlap_words([(one.file.language, one.file.overlap, one.file.without) for one in report.taken])
    makings = dict.fromkeys(one.file.made for one in report.taken)
    notes += [_making(made) for made in makings]
    return [Table(f"{report.system.name}: {report.system.title}", columns, tuple(rows), tuple(notes))]


def _making(made: BuildInfo) -> str:
    commit = f"commit {made.commit}" if made.commit else "commit not recorded"
    return f"Made by {commit}, {made.machine or 'machine not recorded'}."


def to_dict(report: SubmitReport) -> dict[str, Any]:
    """What was taken as JSON has it."""

    def file(one: SubmittedFile) -> dict[str, Any]:
        return asdict(one) | {"path": str(report.system.path / one.name)}

    return {
        "schema": "semeval-emo/zoo-submit/1",
        "system": report.system.name,
        "title": report.system.title,
        "folder": str(report.system.path),
        "taken": [file(one.file) | {"how": one.how} for one in report.taken],
        "files": len(report.system.files),
        "left": list(report.left),
    }
