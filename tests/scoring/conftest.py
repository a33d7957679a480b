"""A task with official scorers whose data are those of the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.task import load_task, task_files

SCORERS = ("organisers-2025", "codabench-2026")


@pytest.fixture
def official_sample(tmp_path: Path) -> str:
    """The file of a task: the sample with the rules and roundings of Task 11's scorers."""
    own = [load_task().scorers[key] for key in SCORERS]
    tables = (
        f'[scorers.{one.key}]\ntitle = "{one.title}"\nrounding = "{one.rounding}"\nrule = "{one.rule}"\n' for one in own
    )
    path = tmp_path / "official" / "sample.toml"
    path.parent.mkdir()
    path.write_text("\n".join([task_files()["sample"].read_text(encoding="utf-8"), *tables]), encoding="utf-8")
    return str(path)
