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
    assert payload["tracks"]["b"] == {
        "title": "Emotion intensity",
        "metric": "pearson",
        "metrics": ["pearson"],
        "values": ["0", "1", "2", "3"],
    }
    assert payload["layout"]["predictions"]["file"] == "track_{track}/pred_{language}.csv"
    assert payload["files"][0] == {"release": "1", "track": "a", "language": "eng", "split": "train", "rows": 240}


def test_an_unknown_task_is_a_usage_error(cli):
    refused = cli("task", "show", "goemotion")
    assert refused.code == 2 and "There is no task 'goemotion'." in refused.err
    assert "did you mean 'goemotions'?" in refused.err


HEAD = """
key = "moods"
title = "Moods"
default_release = "1"
emotions = ["calm", "glee", "gloom"]
emotions_by = { en = ["calm", "glee"] }
ids = { prefix = "{split}-", width = 1 }
[tracks.x]
title = "Which moods"
values = ["0", "1"]
metric = "jaccard"
averaging = "mean over texts"
[languages]
en = ["English", "Indo-European", "Latin"]
fi = ["Finnish", "Uralic", "Latin"]
[releases.1]
title = "First"
published = 2026-01-01
source = "this test"
[releases.1.files]
"""


def test_what_a_task_file_leaves_out_is_listed(cli, tmp_path: Path):
    toml, data = tmp_path / "moods.toml", tmp_path / "data"
    toml.write_text(HEAD)
    empty = cli("task", "check", toml)
    assert empty.code == 1 and "no release has a file" in empty.out
    toml.write_text(f'{HEAD}"x/en/dev" = {{ rows = 2 }}\n"x/en/test" = {{ rows = 1, ids = "no.gz", ids_hash = "0" }}\n')
    found = json.loads(cli("task", "check", toml, "--format", "json").out)
    assert not found["valid"]
    said = [(one["where"], one["level"], one["message"]) for one in found["problems"]]
    assert said[:4] == [
        ("[languages]", "error", "no file has fi"),
        ("emotions", "error", "no file has gloom"),
        ("[tracks.x]", "note", "there is no train file for en"),
        ("[releases.1]", "note", "no hash of the texts of x/en/dev, x/en/test: a file is recognised by its ids or "
         "labels only"),
    ]  # fmt: skip
    assert said[4][:2] == ("release 1 track x en test", "error") and "no.gz cannot be read" in said[4][2]

    path = data / "track_x/dev/en.csv"
    path.parent.mkdir(parents=True)
    path.write_text("id,text,calm,glee\ndev-1,Hello,1,0\ndev-2,Hi,0,1\n")
    (data / "track_x/test").mkdir()
    (data / "track_x/test/en.csv").write_text("id,text,calm,glee\ntest-1,Hello,1,0\n")
    toml.write_text(f'{HEAD}"x/en/dev" = {{ rows = 3 }}\n"x/en/test" = {{ rows = 1 }}\n')
    compared = json.loads(cli("task", "check", toml, data, "--format", "json").out)
    about_data = [(one["where"], one["message"]) for one in compared["problems"][4:]]
    # The file lies where it is expected, so it is not missing too.
    assert about_data == [(str(path), "2 rows; known row counts: 3 (1)")]


def test_the_shipped_tasks_have_no_problem(cli):
    for name in task_files():
        checked = cli("task", "check", name)
        assert checked.code == 0, checked.out
    assert cli("task", "check", "goemotions").out == "GoEmotions: no problems found.\n"
