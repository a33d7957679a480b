"""Tasks from TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.data.pin import pin
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring.metrics import INTENSITY_METRICS, LABEL_METRICS, METRICS
from semeval_emo.task import load_task, task_files
from semeval_emo.task.load import HERE
from semeval_emo.task.model import METRICS_OF_INTENSITIES, METRICS_OF_LABELS

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
    toml.write_text(SMALL + pin(data, load_task(tmp_path / "tasks/../tasks/moods.toml")).toml + "\n", encoding="utf-8")
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


def with_files(*lines: str, **replaced: str) -> str:
    """The small task with some of its text replaced, and with files."""
    body = SMALL
    for old, new in replaced.items():
        assert TEXT[old] in body
        body = body.replace(TEXT[old], new)
    return body + "\n".join(lines)


TEXT = {
    "prefix": '"{language}:{split}:{track}:"',
    "width": "width = 2",
    "values": '["0", "1"]',
    "metric": '"macro_f1"',
    "track": "[tracks.a]",
    "emotions": '["glee", "gloom"]',
    "language": 'aa = ["Aaish", "Made-up", "Latin"]',
    "title": '"Moods of made-up towns"',
    "published": "2026-01-01",
    "release": "[releases.one]",
}
ROWS = '"a/aa/test" = { rows = 3 }'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (with_files('"a/aa/test" = { rows = 2000000000 }'), "one track a aa test has 2,000,000,000 rows"),
        (with_files('"a/aa/test" = { rows = 0 }'), "one track a aa test has 0 rows, expected 1 to 1,000,000"),
        (with_files('"a/aa/test" = { rows = true }'), "the id numbers of one track a aa test are not integers"),
        (with_files('"a/aa/test" = { rows = 1.0 }'), "the id numbers of one track a aa test are not integers"),
        (with_files('"a/aa/test" = {}'), "one track a aa test has neither rows nor blocks"),
        (with_files('"a/aa/test" = 3'), "'releases.one.files.a/aa/test' is an integer, expected a table"),
        (with_files('"a/aa/test" = { rows = 1, texts = 1234567890123456 }'), "test.texts' is an integer, expected"),
        (
            with_files(f'"a/aa/test" = {{ blocks = [["x", 2, 1, {10**6}], ["y", 2, 1, 2]] }}'),
            "one track a aa test has 1,000,002 rows, expected 1 to 1,000,000",
        ),
        (with_files('"a/aa/test" = { blocks = [["x", 2, 1]] }'), "a block of one track a aa test is not a prefix"),
        (with_files('"a/aa/test" = { blocks = [[]] }'), "a block of one track a aa test is not a prefix"),
        (with_files('"a/aa/test" = { blocks = [["x", 999999999, 1, 2]] }'), "are not a width, a first, a last"),
        (with_files('"a/aa/test" = { blocks = [["x", 2, 1, 5, 9]] }'), "are not a width, a first, a last"),
        (with_files('"a/aa/test" = { blocks = [["x", 2, 1, 5, 2, 2]] }'), "are not a width, a first, a last"),
        (with_files('"a/aa/test" = { blocks = [["x", 2, 1, 5], ["x", 2, 5, 9]] }'), "have an id twice"),
        (with_files(f'"a/aa/test" = {{ blocks = [["{"x" * 201}", 2, 1, 5]] }}'), "expected 200 characters at most"),
        (with_files(ROWS, width="width = 999999999"), "'ids.width' is 999,999,999, expected 0 to 64"),
        (with_files(ROWS, width=f"width = 0x{'f' * 9999}"), "an integer has more than 64 bits"),
        (
            with_files(ROWS, prefix='"{0.__class__}"'),
            "the prefix of ids has '{0.__class__}', expected {track}, {language}, {split} or no braces",
        ),
        (with_files(ROWS, prefix='"{id!r:>999999999}"'), "the prefix of ids has '{id!r:>999999999}'"),
        (with_files(ROWS, prefix='"{language:>999999999}"'), "the prefix of ids has '{language:>999999999}'"),
        (with_files(ROWS, prefix='"{track"'), "the prefix of ids has '{track'"),
        (with_files(ROWS, prefix='"track}"'), "the prefix of ids has '}'"),
        (with_files(ROWS, prefix='"{language_{split}"'), "the prefix of ids has '{language_'"),
        (with_files(ROWS, prefix='"{}"'), "the prefix of ids has '{}'"),
        (with_files(ROWS, prefix=f'"{"x" * 201}"'), "'ids.prefix' has 201 characters, expected 200 at most"),
        (with_files(ROWS, metric='"accuracy"'), "the metric of track a is 'accuracy', expected one of macro_f1, "),
        (with_files(ROWS, metric='"pearson"'), "the metric of track a is 'pearson', expected one of macro_f1, "),
        (with_files(ROWS, metric='"jacard"'), "the metric of track a is 'jacard', did you mean 'jaccard'?"),
        (with_files(ROWS, metric='"f1"'), "the metric of track a is 'f1', expected one of macro_f1, "),
        (with_files(ROWS, metric='["macro_f1", "jacard"]'), "is 'jacard', did you mean 'jaccard'?"),
        (with_files(ROWS, metric='["jaccard", "jaccard"]'), "'metric' of track a has one metric twice or none"),
        (with_files(ROWS, metric="[]"), "'metric' of track a has one metric twice or none"),
        (with_files(ROWS, metric="[1]"), "'tracks.a.metric[0]' is an integer, expected text"),
        (with_files(ROWS, metric="1"), "'tracks.a.metric' is an integer, expected text"),
        (with_files(ROWS, metric='"jaccard"\nweights = { bb = 2 }'), "of track a names undefined languages: bb"),
        (with_files(ROWS, metric='"jaccard"\nweights = { aa = 0 }'), "has a weight that is not a positive number"),
        (with_files(ROWS, metric='"jaccard"\nweights = { aa = "2" }'), "'tracks.a.weights.aa' is text, expected a"),
        (with_files(ROWS, title='"x"\nneutral = "calm"'), "'neutral' is 'calm', which is not an emotion of the task"),
        (with_files(ROWS, values='["0", "1", "2"]'), "is 'macro_f1', expected one of pearson, spearman, mae"),
        (with_files(ROWS, values='["0", "2"]'), "the values of track a are 0, 2, expected 0, 1 and so on up to 100"),
        (with_files(ROWS, values='["0"]'), "the values of track a are 0, expected 0, 1 and so on"),
        (with_files(ROWS, values='["٠", "١"]'), "the values of track a are not integers as text"),
        (with_files(ROWS, values="[0, 1]"), "'tracks.a.values[0]' is an integer, expected text"),
        (with_files(ROWS, track="[tracks.A]"), "the track 'A' has an invalid key, expected lower-case letters and"),
        (with_files(ROWS, track="[tracks.track_a]"), "the track 'track_a' has an invalid key"),
        (with_files(ROWS, track='[tracks."../a"]'), "the track '../a' has an invalid key"),
        (with_files(ROWS, language='"../aa" = ["A", "B", "C"]'), "the language '../aa' has an invalid key"),
        (with_files(ROWS, language='aa = ["A"]'), "the language 'aa' has 1 value, expected its name, family and"),
        (with_files(ROWS, language='aa = "Aaish"'), "'languages.aa' is text, expected a list"),
        (with_files(ROWS, emotions='["glee", "glee"]'), "the emotion 'glee' occurs twice"),
        (with_files(ROWS, emotions='["glee", "a,b"]'), "the emotion 'a,b' occurs twice, or cannot be the name of"),
        (with_files(ROWS, emotions='["glee", "id"]'), "the emotion 'id' occurs twice, or cannot be the name of"),
        (with_files(ROWS, emotions="[]"), "it needs a track, a language, and 1 to 100 emotions"),
        (with_files(ROWS, title='"a\\u001b[31m"'), "'title' is not one line of at most 1,000 printable characters"),
        (with_files(ROWS, published="true"), "'published' is true or false, expected text"),
        (with_files(ROWS, release='[releases.one]\nbase = "two"'), "has the base 'two', which is not a release before"),
        (with_files(ROWS, release='[releases.one]\nhub = { q = "x/y" }'), "with 'q', which is not a track"),
        (with_files(ROWS, release="[releases.one]\npools = { q = ['a'] }"), "release one pools 'q', which is not"),
        (with_files(ROWS, release="[releases.one]\nsigns = { rows = 3 }"), "'releases.one.signs.rows' is an integer"),
        (with_files(ROWS, release="[releases.one]\nleaves_out = 'aa'"), "'releases.one.leaves_out' is text, expected"),
        (with_files(ROWS).replace('"aa"', "[]"), "the alias 'qaa' refers to an undefined language"),
        (with_files(ROWS).replace('"aa"', '["aa", "bb"]'), "the alias 'qaa' refers to an undefined language"),
        (with_files(ROWS) + '\n[synonyms]\njoy = ["fun"]', "'joy' has synonyms and is not an emotion of the task"),
        (with_files(ROWS) + '\n[synonyms]\nglee = "fun"', "'synonyms.glee' is text, expected a list"),
        (with_files(ROWS) + '\n[synonyms]\nglee = ["GLOOM"]', "the synonym 'GLOOM' is an emotion, or cannot be the"),
        (with_files(ROWS) + '\n[synonyms]\nglee = ["a,b"]', "the synonym 'a,b' is an emotion, or cannot be the name"),
        (with_files(ROWS) + '\n[synonyms]\nglee = ["odd"]\ngloom = ["Odd"]', "'Odd' is a synonym of glee and of gloom"),
        (with_files(ROWS).replace("aliases =", "emotions_by = 3\naliases ="), "'emotions_by' is an integer, expected"),
        ("a = 1" + "0" * 5000, "is not valid TOML: Exceeds the limit (4300 digits)"),
        ("a = " + "[" * 10_000, "is not valid TOML: it is nested deeper than 50 levels"),
        ("a" + ".a" * 50_000 + " = 1", "is not valid TOML: a key has more than 50 parts"),
    ],
)  # fmt: skip
def test_a_task_file_with_a_wrong_value_names_it(tmp_path: Path, body: str, message: str):
    path = tmp_path / "broken.toml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_task(path)
    assert message in caught.value.message


def test_a_task_may_have_other_splits(tmp_path: Path, capsys):
    data = write_town(tmp_path / "data")
    (data / "track_a/test").rename(data / "track_a/test2")
    for path in (data / "track_a/test2").iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(":test:", ":test2:"), encoding="utf-8")
    toml = tmp_path / "moods.toml"
    toml.write_text('splits = ["dev", "test2"]\n' + SMALL, encoding="utf-8")
    toml.write_text(toml.read_text(encoding="utf-8") + pin(data, load_task(toml)).toml + "\n", encoding="utf-8")
    assert [spec.place for spec in load_task(toml).specs()] == ["one track a aa dev", "one track a aa test2"]
    lines = ["id,glee,gloom", *(f"aa:test2:a:{n:02d},{n % 2},{int(n > 1)}" for n in (1, 2, 3))]
    (tmp_path / "pred_aa.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ["score", str(tmp_path / "pred_aa.csv"), "--task", str(toml), "--gold", str(data), "--split"]
    assert main([*arguments, "test2"]) == 0
    assert "|split:test2|" in capsys.readouterr().out
    assert main([*arguments, "test"]) == 2
    assert "There is no split 'test'." in capsys.readouterr().err
    toml.write_text(toml.read_text(encoding="utf-8").replace('"dev", "test2"', '"dev"'), encoding="utf-8")
    with pytest.raises(UsageError, match="does not name a track, a language and a split of it"):
        load_task(toml)


def test_a_release_that_multiplies_its_files_is_refused(tmp_path: Path):
    codes = [f"l{n}" for n in range(300)]
    body = with_files(*(f'"a/{code}/test" = {{ rows = 3 }}' for code in codes)).replace(
        TEXT["language"], "\n".join(f'{code} = ["A", "B", "C"]' for code in ["aa", *codes])
    )
    for n in range(100):
        base = "one" if n == 0 else f"r{n - 1}"
        body += f'\n[releases.r{n}]\nbase = "{base}"\ntitle = ""\npublished = "now"\nsource = ""\n'
    path = tmp_path / "many.toml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(UsageError, match="it has more than 20,000 files"):
        load_task(path)


def test_a_task_file_that_is_not_utf8_is_refused(tmp_path: Path):
    path = tmp_path / "broken.toml"
    path.write_bytes(SMALL.encode("utf-16"))
    with pytest.raises(InputError) as caught:
        load_task(path)
    assert caught.value.message == f"The task file {path} is not UTF-8: byte 0 cannot be decoded."
    with pytest.raises(InputError, match="cannot be read"):
        load_task("a\0.toml")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    with pytest.raises(InputError, match="cannot be read"):
        load_task(tmp_path / "loop.toml")


def test_a_broken_file_does_not_stop_the_other_tasks(towns, capsys):
    (towns / "tasks" / "a-broken.toml").write_text("= broken")
    (towns / "tasks" / "latin.toml").write_bytes(b"title = '\xe9'")
    (towns / "tasks" / "folder.toml").mkdir()
    path = towns / "pred_aa.csv"
    path.write_text("id,glee,gloom\naa:test:a:01,1,0\naa:test:a:02,0,1\naa:test:a:03,1,0\n", encoding="utf-8")
    assert main(["validate", str(path)]) == 0
    err = capsys.readouterr().err
    note = (
        f"note: a task of $SEMEVAL_EMO_TASKS is left out. The task file {towns}/tasks/a-broken.toml is not valid TOML: "
    )
    assert err.startswith(note)
    assert err.count("note: ") == 3
    assert main(["leaderboard", "check"]) == 0
    assert main(["data", "check", str(towns / "data"), "-q"]) == 0
    capsys.readouterr()
    assert main(["validate", str(path), "--task", "a-broken"]) == 2
    assert capsys.readouterr().err.startswith(
        f"error: The task file {towns}/tasks/a-broken.toml is not valid TOML: Invalid statement"
    )


@pytest.mark.parametrize("command", ["validate", "fix", "score", "compare"])
def test_a_task_without_files_checks_nothing(command, towns, capsys):
    """A task file before `data pin`: its table of files is empty."""
    path = towns / "pred_aa.csv"
    path.write_text("id,glee,gloom\naa:test:a:01,1,0\n", encoding="utf-8")
    toml = towns / "empty.toml"
    toml.write_text(SMALL, encoding="utf-8")
    paths = [str(path)] * (2 if command == "compare" else 1)
    assert main([command, *paths, "--task", str(toml)]) == 2
    assert capsys.readouterr().err.startswith(
        "error: Moods of made-up towns has no files, so no prediction file can be checked.\n"
        "  fix: write the output of `semeval-emo data pin FOLDER` under [releases.NAME.files] of its task file\n"
    )


def test_a_release_without_files_names_an_id_of_another(towns, capsys):
    path = towns / "pred_aa.csv"
    path.write_text("id,glee,gloom\nx,1,0\n", encoding="utf-8")
    toml = towns / "two.toml"
    body = (towns / "tasks" / "moods.toml").read_text(encoding="utf-8")
    toml.write_text(body + '[releases.two]\ntitle = "Two"\npublished = 2026-01-01\nsource = "x"\n', encoding="utf-8")
    assert main(["validate", str(path), "--task", str(toml), "--release", "two"]) == 1
    assert "aa:dev:a:01" in capsys.readouterr().out


def test_the_metrics_of_a_task_are_those_of_the_scorer():
    for metrics, of_scorer in ((METRICS_OF_LABELS, LABEL_METRICS), (METRICS_OF_INTENSITIES, INTENSITY_METRICS)):
        assert metrics == tuple(name for name in of_scorer if not METRICS[name].per_emotion)


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
