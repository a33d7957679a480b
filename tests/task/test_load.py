"""Tasks from TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.data.pin import pin
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import load_task, task_files
from semeval_emo.task.load import HERE

SMALL = """
key = "moods"
title = "Moods of made-up towns"
default_release = "one"
emotions = ["glee", "gloom"]
ids = { prefix = "{language}:{split}:{track}:", width = 2 }
aliases = { qaa = "aa" }
[tracks.a]
title = "Which moods"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[languages]
aa = ["Aaish", "Made-up", "Latin"]
[releases.one]
title = "One"
published = 2026-01-01
source = "this test"
[releases.one.files]
"""


def write_town(folder: Path) -> Path:
    """Two texts for dev and three for test, in the official layout."""
    for split, count in (("dev", 2), ("test", 3)):
        path = folder / f"track_a/{split}/aa.csv"
        path.parent.mkdir(parents=True)
        lines = [f"aa:{split}:a:{n:02d},Town {split} {n},{n % 2},{int(n > 1)}" for n in range(1, count + 1)]
        path.write_text("\n".join(["id,text,glee,gloom", *lines]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def towns(tmp_path: Path, monkeypatch) -> Path:
    """A folder of tasks with one TOML file, and its data."""
    data = write_town(tmp_path / "data")
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    toml = tasks / "moods.toml"
    toml.write_text(SMALL, encoding="utf-8")
    toml.write_text(SMALL + pin(data, load_task(tmp_path / "tasks/../tasks/moods.toml")) + "\n", encoding="utf-8")
    load_task.__globals__["_load"].cache_clear()
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", str(tasks))
    return tmp_path


def test_the_default_task_comes_first():
    assert next(iter(task_files())) == "task11"
    assert load_task() is load_task("task11")
    assert load_task().key == "semeval-2025-task-11"


def test_a_toml_file_defines_a_task(towns, capsys):
    """A task of $SEMEVAL_EMO_TASKS: load gold, identify by ids, check data, validate and score predictions."""
    task = load_task("moods")
    gold = load_gold("a", "aa", source=towns / "data", task=task)
    assert (gold.ids, gold.releases) == (("aa:test:a:01", "aa:test:a:02", "aa:test:a:03"), ("one",))
    assert gold.labels.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert task.hint("qaa") == "this task calls Aaish 'aa', not 'qaa'"
    assert main(["data", "check", str(towns / "data"), "-q"]) == 0
    assert "Release one (One): all 2 files, identified by their hashes." in capsys.readouterr().out
    path = towns / "pred_aa.csv"
    path.write_text("id,glee,gloom\naa:test:a:01,1,0\naa:test:a:02,0,1\naa:test:a:03,1,0\n", encoding="utf-8")
    assert main(["validate", str(path)]) == 0
    capsys.readouterr()
    assert main(["score", str(path), "--task", "moods", "--gold", str(towns / "data"), "-f", "csv"]) == 0
    assert "0.83" in capsys.readouterr().out


def test_a_task_may_be_given_by_path(towns):
    assert load_task(towns / "tasks/moods.toml").title == "Moods of made-up towns"
    assert load_task(str(towns / "tasks/moods.toml")) is load_task("moods")


def test_an_unknown_task_gets_a_suggestion(towns):
    with pytest.raises(UsageError) as caught:
        load_task("mood")
    assert (caught.value.message, caught.value.fix) == ("There is no task 'mood'.", "did you mean 'moods'?")


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (None, InputError, "cannot be read: No such file"),
        ("key = ", UsageError, "is not valid TOML"),
        ('key = "x"', UsageError, "does not describe a task: the key 'tracks' is missing"),
        (
            SMALL.replace('title = "Which moods"', ""),
            UsageError,
            "does not describe a task: the key 'title' is missing.",
        ),
        (
            SMALL + '"a/aa/test" = { rows = "3" }',
            UsageError,
            "the id numbers of one track a aa test are not integers",
        ),
        (SMALL + '"a/aa" = { rows = 3 }', UsageError, "'a/aa' is not of the form track/language/split"),
        (
            SMALL + '"a/bb/test" = { rows = 3 }',
            UsageError,
            "a/bb/test does not name a track, a language and a split of it",
        ),
        (
            SMALL + '"a/aa/tset" = { rows = 3 }',
            UsageError,
            "a/aa/tset does not name a track, a language and a split of it",
        ),
        (SMALL + '"z/aa/test" = { rows = 3 }', UsageError, "the key 'z' is missing"),
        (SMALL.replace('= "one"', '= "two"'), UsageError, "the default release 'two' is not among its releases"),
        (SMALL.replace('qaa = "aa"', 'qaa = "ab"'), UsageError, "the alias 'qaa' refers to an undefined language"),
        (SMALL.replace('["0", "1"]', '["no", "yes"]'), UsageError, "the values of track a are not integers"),
        (
            SMALL.replace("[languages]", 'trains_on = "q"\n[languages]'),
            UsageError,
            "trains on 'q', which is not a track",
        ),
        (
            SMALL.replace("[tracks.a]", '[emotions_by]\naa = ["joy"]\n[tracks.a]') + '"a/aa/test" = { rows = 3 }',
            UsageError,
            "the emotions of one track a aa test are not emotions of the task",
        ),
    ],
)
def test_an_invalid_task_file_is_reported(tmp_path, body, error, message):
    path = tmp_path / "broken.toml"
    if body is not None:
        path.write_text(body, encoding="utf-8")
    with pytest.raises(error) as caught:
        load_task(path)
    assert message in caught.value.message


@pytest.mark.parametrize("name", ["task11", "sample"])
def test_shipped_tasks_use_only_names_that_they_define(name):
    raw = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    task = load_task(name)
    assert task.default_release in task.releases
    assert not task.release().refused
    for release in task.releases.values():
        for (track, language, split), spec in release.specs.items():
            assert (spec.track, spec.language, spec.split) == (track, language, split)
            assert track in raw["tracks"] and language in raw["languages"]
            assert spec.rows > 0 and len(spec.id_set) == spec.rows
            assert set(spec.emotions) <= set(task.emotions) and spec.emotions
            assert all(len(h) in (0, 16) for h in (spec.texts_hash, spec.labels_hash))
    assert all(t.trains_on in task.tracks for t in task.tracks.values())


def test_the_example_in_the_documentation_is_valid(tmp_path):
    page = (HERE.parents[1] / "docs/add-a-task.md").read_text(encoding="utf-8")
    path = tmp_path / "moods-2027.toml"
    path.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    task = load_task(path)
    assert task.spec("a", "tur", "test").ids[0] == "tur_test_a_0001"
    assert task.hint("tr") == "this task calls Turkish 'tur', not 'tr'"
