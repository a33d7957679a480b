"""`task list` and `task show`."""

from __future__ import annotations

import json
from pathlib import Path

from semeval_emo.task import task_files


def test_the_known_tasks_are_listed(cli, tmp_path: Path, monkeypatch):
    shipped = ["task11", "goemotions", "sample", "semeval-2018-ec", "semeval-2026-polar"]
    listed = cli("task", "list")
    assert listed.code == 0 and list(task_files()) == shipped
    assert [line.split()[0] for line in listed.out.splitlines()[3:]] == shipped
    row = next(line for line in listed.out.splitlines() if line.startswith("goemotions"))
    assert row.split() == ["goemotions", "GoEmotions", "emotions", "1", "28", "macro", "F1"]
    # A task of the user's own is listed too.
    (tmp_path / "moods.toml").write_text(Path(task_files()["sample"]).read_text().replace('"sample"', '"moods"'))
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", str(tmp_path))
    names = [task["name"] for task in json.loads(cli("task", "list", "--format", "json").out)["tasks"]]
    assert names == [*shipped, "moods"]


def test_a_task_shows_its_files_as_they_are_written(cli):
    shown = cli("task", "show", "semeval-2018-ec")
    assert shown.code == 0
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "en English 6,838 886 3,259" in lines
    assert any(line.startswith("predictions E-C_en_pred.txt ID⇥Tweet⇥anger⇥anticipation") for line in lines)
    assert "2018-En-01559⇥A text⇥0⇥0⇥0⇥0⇥0⇥0⇥0⇥0⇥0⇥0⇥0" in lines
    assert "Predictions are packed as E-C.zip." in lines
    assert "semeval-emo validate E-C_en_pred.txt" in shown.err
    numbers = cli("task", "show", "goemotions").out
    assert "A text⇥0⇥eecwqtt" in numbers

    payload = json.loads(cli("task", "show", "sample", "--format", "json").out)
    assert payload["tracks"]["b"] == {"title": "Emotion intensity", "metric": "pearson", "values": ["0", "1", "2", "3"]}
    assert payload["layout"]["predictions"]["file"] == "track_{track}/pred_{language}.csv"
    assert payload["files"][0] == {"release": "1", "track": "a", "language": "eng", "split": "train", "rows": 240}


def test_an_unknown_task_is_a_usage_error(cli):
    refused = cli("task", "show", "goemotion")
    assert refused.code == 2 and "There is no task 'goemotion'." in refused.err
    assert "did you mean 'goemotions'?" in refused.err
