"""`task new` writes a task file from a folder of data."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.new_task import draft_task
from semeval_emo.data.sample import sample_folder
from semeval_emo.task import DEFAULT_LAYOUT, Task, load_task


def same_files(new: Task, shipped: Task) -> None:
    """Assert that two tasks have the same files, but for the names of tracks: the ids in order, and all hashes."""
    tracks = dict(zip(new.tracks, shipped.tracks, strict=True))
    specs = {spec.key._replace(track=tracks[spec.track]): spec for spec in new.specs()}
    others = {spec.key: spec for spec in shipped.specs(shipped.default_release)}
    assert specs.keys() == others.keys()
    for key, spec in specs.items():
        other = others[key]
        assert spec.ids == other.ids and spec.emotions == other.emotions and spec.values == other.values
        assert (spec.texts_hash, spec.texts_sample) == (other.texts_hash, other.texts_sample)
        # Labels that the organisers have published elsewhere are not in the data.
        assert spec.labels_hash in ("", other.labels_hash)


@pytest.mark.parametrize("name", ["semeval-2026-polar", "semeval-2018-ec", "goemotions"])
def test_a_shipped_task_is_found_in_its_files(name: str, data_dir: Path, tmp_path: Path, cli):
    toml = tmp_path / "mine.toml"
    made = cli("task", "new", data_dir / "other-tasks" / name, "-o", toml)
    assert made.code == 0, made.err
    assert f"Written: {toml} and " in made.err
    new, shipped = load_task(toml), load_task(name)
    assert new.key == "mine" and new.emotions == shipped.emotions and set(new.languages) == set(shipped.languages)
    same_files(new, shipped)
    assert new.layout.data == shipped.layout.data
    blank = {spec.key[1:] for spec in new.specs() if not spec.labels_hash}
    assert (
        blank
        == {
            "semeval-2026-polar": {("deu", "test"), ("eng", "test")},
            "semeval-2018-ec": {("en", "test")},
            "goemotions": set(),
        }[name]
    )
    # All that is left to do is to check the guesses.
    checked = cli("task", "check", toml, data_dir / "other-tasks" / name, "--format", "json")
    problems = json.loads(checked.out)["problems"]
    assert checked.code == 0 and {problem["level"] for problem in problems} == {"guess"}
    wheres = [problem["where"] for problem in problems]
    assert "title" in wheres and "emotions" in wheres and "[languages]" in wheres
    assert "tracks.2.metric" in wheres or "tracks.a.metric" in wheres


def test_all_tracks_and_languages_of_brighter_are_found(data_dir: Path, tmp_path: Path, cli):
    toml = tmp_path / "mine.toml"
    done = cli("task", "new", data_dir / "brighter-2025", "-o", toml, "--format", "json")
    assert done.code == 0, done.err
    new, shipped = load_task(toml), load_task("task11")
    same_files(new, shipped)
    assert new.layout.data == shipped.layout.data and new.languages == shipped.languages
    assert (new.id_prefix, new.id_width) == (shipped.id_prefix, shipped.id_width)
    for key, track in shipped.tracks.items():
        assert (new.track(key).values, new.track(key).metric) == (track.values, track.metric)
        assert new.track(key).trains_on == track.trains_on
    left = json.loads(done.out)["left_out"]
    assert [Path(file["file"]).name for file in left] == ["ron_track1_test.csv"]


def test_the_real_submission_of_another_task_is_valid(data_dir: Path, tmp_path: Path, cli):
    """The layout of predictions is that of the submission beside the data."""
    folder, toml = data_dir / "other-tasks/semeval-2018-ec", tmp_path / "mine.toml"
    assert cli("task", "new", folder, "-o", toml).code == 0
    assert load_task(toml).layout.predictions == load_task("semeval-2018-ec").layout.predictions
    valid = cli("validate", folder / "E-C_en_pred.txt", "--task", toml)
    assert valid.code == 0 and "valid, 3,259 rows of release 1 track a en test" in valid.out


@pytest.mark.parametrize(
    ("case", "track", "rows"), [("33-polar-2026", "2", (40, 20)), ("34-semeval2018-ec", "ec", (30, 12))]
)
def test_the_files_of_people(case: str, track: str, rows: tuple[int, int], shared_dir: Path, tmp_path: Path, cli):
    folder, toml = shared_dir / "cases" / case, tmp_path / "mine.toml"
    done = cli("task", "new", folder, "-o", toml)
    assert done.code == 0 and "pred_eng.csv" in done.out
    task = load_task(toml)
    assert {spec.key: spec.rows for spec in task.specs()} == {
        (track, "eng", "train"): rows[0],
        (track, "eng", "dev"): rows[1],
    }
    assert task.layout == load_task("task11").layout
    # Without a test file, no command that needs one is suggested.
    assert done.err.rstrip().endswith(f"Next: semeval-emo task check {toml} {folder / 'data'}")
    scored = cli("score", folder / "pred_eng.csv", "--task", toml)
    assert scored.code == 0 and "macro F1" in scored.out


def test_the_sample_is_found_in_its_files(tmp_path: Path, cli):
    toml = tmp_path / "again.toml"
    assert cli("task", "new", "sample", "-o", toml).code == 0
    new, shipped = load_task(toml), load_task("sample")
    same_files(new, shipped)
    assert (new.id_prefix, new.id_width) == (shipped.id_prefix, shipped.id_width)
    assert new.layout == shipped.layout
    assert [track.metric for track in new.tracks.values()] == ["macro_f1", "pearson"]
    assert not (tmp_path / "ids").exists()
    assert draft_task(sample_folder(), toml).text == toml.read_text()


TEXTS = ["the cat is on the mat", "and it is for you", "i have my day", "what was that for"]
LABELS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)]
NAMES = ("calm", "glee", "gloom")


def table(
    split: str, cells: Callable[[tuple[int, ...]], list[object]], columns: str, count: int = 8
) -> list[list[object]]:
    """A header and rows of ids, texts and labels."""
    rows = [(f"{split}-{n}", f"{TEXTS[n % 4]} {n}", LABELS[n % 4]) for n in range(1, count + 1)]
    return [columns.split(","), *([row_id, text, *cells(labels)] for row_id, text, labels in rows)]


def in_columns(labels: tuple[int, ...]) -> list[object]:
    return list(labels)


def named(labels: tuple[int, ...]) -> list[str]:
    return [name for name, label in zip(NAMES, labels, strict=True) if label]


def write(path: Path, rows: list[list[object]], **dialect: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n", **dialect).writerows(rows)
    return path


def usual(folder: Path, *names: str, columns: str = "id,text,calm,glee,gloom") -> Path:
    """Write files of 0 and 1, each with ids of its own."""
    for name in names:
        write(folder / name, table(name.replace("/", "-"), in_columns, columns))
    return folder


def made(cli, folder: Path, tmp_path: Path, *options: str) -> tuple[Task, str]:
    """Write a task file, check that it is without errors, and return the task and its text."""
    toml = tmp_path / "new.toml"
    shown = cli("task", "new", folder, "-o", toml, *options)
    assert shown.code == 0, shown.err
    checked = json.loads(cli("task", "check", toml, folder, "--format", "json").out)
    assert checked["valid"] and "error" not in {problem["level"] for problem in checked["problems"]}
    return load_task(toml), toml.read_text()


def gold_labels(task: Task, split: str = "dev") -> list[list[int]]:
    spec = task.specs(split=split)[0]
    return load_gold(spec.track, spec.language, split, task=task).labels.tolist()


@pytest.mark.parametrize(
    ("cells", "columns", "layout"),
    [
        (lambda own: [", ".join(named(own))], "id,text,emotions", {"labels": "names"}),
        (lambda own: [str(named(own))], "id,text,labels", {"labels": "names"}),
        (lambda own: ["|".join(named(own))], "ID,Tweet,category",
         {"labels": "names", "separator": "|", "id": "ID", "text": "Tweet"}),
        (lambda own: [";".join(str(n) for n, x in enumerate(own) if x)], "id,sentence,label",
         {"labels": "indices", "separator": ";", "text": "sentence"}),
        (in_columns, "tweet_id,Tweet,calm,glee,gloom", {"id": "tweet_id", "text": "Tweet"}),
    ],
)  # fmt: skip
def test_the_columns_of_labels_are_found(cells, columns: str, layout: dict[str, str], tmp_path: Path, cli):
    for split in ("train", "val", "test"):
        write(tmp_path / f"data/{split}.csv", table(split, cells, columns))
    (tmp_path / "data/labels.txt").write_text("\n".join(NAMES))
    task, text = made(cli, tmp_path / "data", tmp_path)
    default = DEFAULT_LAYOUT.data
    expected = {"file": "{split}.csv", **{key: getattr(default, key) for key in ("id", "text", "labels", "separator")}}
    assert {key: getattr(task.layout.data, key) for key in expected} == expected | layout
    assert task.emotions == NAMES and list(task.languages) == ["eng"]
    assert gold_labels(task) == [list(LABELS[n % 4]) for n in range(1, 9)]
    assert "no name of a file says the track: check" in text
    # A file of names is left out only if it was not used.
    left_out = [Path(name).name for name, _ in draft_task(tmp_path / "data", tmp_path / "again.toml").left_out]
    assert left_out == ([] if task.layout.data.labels == "indices" else ["labels.txt"])


def test_a_model_is_trained_and_its_file_scored_without_an_edit(tmp_path: Path, cli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split in ("train", "dev", "test"):
        write(Path(f"data/X_{split}_en.tsv"), table(split, in_columns, "ID,Text,calm,glee,gloom", 24), delimiter="\t")
    write(Path("data/X_en_predictions.tsv"), table("test", in_columns, "ID,Text,calm,glee,gloom"), delimiter="\t")
    shown = cli("task", "new", "data", "-o", "x.toml")
    assert "Next: semeval-emo task check x.toml data\n" in shown.err
    following = shown.err.rpartition("Next: semeval-emo ")[2].split()
    assert following == ["zoo", "train", "tfidf-logreg", "--task", "x.toml", "--track", "a", "--language", "en"]
    trained = cli(*following, "--quiet")
    assert trained.code == 0, trained.err
    predictions = next(Path("runs/x").glob("*/en/*/X_en_predictions.tsv"))
    assert predictions.read_text().splitlines()[0] == "ID\tText\tcalm\tglee\tgloom"
    assert cli("validate", predictions, "--task", "x.toml").code == 0
    scored = cli("score", predictions, "--task", "x.toml")
    assert scored.code == 0 and "macro F1 1.0000 · track A · English (en) · test" in scored.out
    # The folder of runs has the lists of ids too.
    assert cli("zoo", "evaluate", predictions.parents[1], "--split", "dev").code == 0


def test_names_of_files_say_tracks_languages_and_splits(tmp_path: Path, cli):
    splits = ("trial", "train", "dev", "test", "test2")
    folder = usual(tmp_path / "data", *(f"in/Subtask1_{code}_{split}.csv" for split in splits for code in ("en", "zz")))
    folder = usual(folder, "in/notes_1.csv", "in/README.txt")
    task, text = made(cli, folder, tmp_path)
    assert task.splits == splits and list(task.tracks) == ["1"] and list(task.languages) == ["en", "zz"]
    assert task.layout.data.file == "Subtask{track}_{language}_{split}.csv"
    assert {spec.key for spec in task.specs()} == {("1", code, split) for code in ("en", "zz") for split in splits}
    assert 'zz = ["zz", "", "Latin"]  # guess: its name and family: check' in text
    assert (tmp_path / "new.toml").parent / task.layout.data.file != task.data == folder / "in"
    left = json.loads(cli("task", "new", folder, "-o", tmp_path / "new.toml", "--format", "json").out)["left_out"]
    assert [(Path(file["file"]).name, file["why"]) for file in left] == [
        ("notes_1.csv", "its name is not of the form in/Subtask{track}_{language}_{split}.csv"),
        ("README.txt", "its name is not of the form in/Subtask{track}_{language}_{split}.csv"),
    ]


def test_codes_with_regions_and_capitals(tmp_path: Path, cli):
    codes = ("ENG", "pt-BR", "zh_CN")
    folder = usual(tmp_path / "data", *(f"Track_A/{split}/{code}.csv" for split in ("Train", "Dev") for code in codes))
    task, _ = made(cli, folder, tmp_path)
    assert list(task.languages) == ["eng", "pt-br", "zh_cn"] and list(task.tracks) == ["a"]
    assert task.languages["zh_cn"].script == "Han"
    assert len(task.specs()) == 6


@pytest.mark.parametrize(
    ("names", "form", "keys"),
    [
        (("A/ita_train.csv", "B/ita_train.csv"), "{track}/{language}_{split}.csv", {("a", "ita"), ("b", "ita")}),
        (("track_b/train/ita.csv",), "track_{track}/{split}/{language}.csv", {("b", "ita")}),
        (
            ("data_to_en_train.csv", "data_to_it_train.csv"),
            "data_to_{language}_{split}.csv",
            {("a", "en"), ("a", "it")},
        ),
        (("train/english.csv", "train/Tamil.csv"), "{split}/{language}.csv", {("a", "english"), ("a", "tamil")}),
        (("semeval2027-task7-train.csv",), "semeval2027-task7-{split}.csv", {("a", "eng")}),
        (("task_b_train.csv", "task_c_train.csv"), "task_{track}_{split}.csv", {("b", "eng"), ("c", "eng")}),
    ],
)
def test_forms_of_names(names: tuple[str, ...], form: str, keys: set[tuple[str, str]], tmp_path: Path, cli):
    task, _ = made(cli, usual(tmp_path / "data", *names), tmp_path)
    assert task.layout.data.file == form
    assert {spec.key for spec in task.specs()} == {(*key, "train") for key in keys}


def test_parquet_files_of_the_hub(tmp_path: Path, cli):
    pandas = pytest.importorskip("pandas", reason="left out: needs pandas")
    pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    for split in ("train", "validation"):
        header, *rows = table(split, in_columns, "tweet_id,Tweet,calm,glee,gloom")
        path = tmp_path / f"data/track_a/eng/{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pandas.DataFrame(rows, columns=header).to_parquet(path)
    task, _ = made(cli, tmp_path / "data", tmp_path)
    assert task.layout.data.file == "track_{track}/{language}/{split}-00000-of-00001.parquet"
    assert gold_labels(task) == [list(LABELS[n % 4]) for n in range(1, 9)]


def test_ids_that_several_splits_share_are_a_note(tmp_path: Path, cli):
    for split in ("train", "dev"):
        write(tmp_path / f"data/{split}.csv", table("x", in_columns, "id,text,calm,glee,gloom"))
    made(cli, tmp_path / "data", tmp_path)
    noted = json.loads(cli("task", "check", tmp_path / "new.toml", "--format", "json").out)["problems"]
    assert "8 ids of it are also in a/eng/train" in {problem["message"] for problem in noted}


def test_labels_that_are_published_elsewhere(tmp_path: Path, cli):
    """Blank, marked, absent or in a file of their own; zeros are doubtful."""
    folder = usual(tmp_path / "data", "E_en_train.csv", "E_en_dev.csv", "E_en_test-gold.csv")
    rows = [row[:2] + ["NONE"] * 3 for row in table("E_en_test-gold.csv", in_columns, "id,text,calm,glee,gloom")[1:]]
    header = ["id", "text", "calm", "glee", "gloom"]
    write(folder / "E_en_test.csv", [header, *rows])
    task, _ = made(cli, folder, tmp_path)
    assert len(task.specs()) == 3 and task.spec("a", "en", "test").labels_hash
    assert gold_labels(task, "test")[0] == list(LABELS[1])

    (folder / "E_en_test-gold.csv").unlink()
    for name, body in {
        "NONE": [header, *rows],
        "-1": [header, *([*row[:2], -1, -1, -1] for row in rows)],
        "": [header[:2], *(row[:2] for row in rows)],
    }.items():
        write(folder / "E_en_test.csv", body)
        task, text = made(cli, folder, tmp_path, "--force")
        assert not task.spec("a", "en", "test").labels_hash and task.spec("a", "en", "dev").labels_hash
        assert task.layout.data.blank == name
    write(folder / "E_en_test.csv", [header, *([*row[:2], 0, 0, 0] for row in rows)])
    _, text = made(cli, folder, tmp_path, "--force")
    assert "no text of E_en_test.csv has a label: are they published: check" in text


def test_degrees_and_a_track_that_trains_on_another(tmp_path: Path, cli):
    folder = usual(tmp_path / "data", *(f"track_a/{split}/eng.csv" for split in ("train", "dev", "test")))
    usual(folder, *(f"track_c/{split}/eng.csv" for split in ("dev", "test")))
    for split in ("train", "dev"):
        degrees = table(f"b-{split}", lambda own: [5 * value for value in own], "id,text,calm,glee,gloom")
        write(folder / f"track_b/{split}/eng.csv", degrees)
    task, _ = made(cli, folder, tmp_path)
    assert {key: (track.values, track.metric, track.trains_on) for key, track in task.tracks.items()} == {
        "a": (("0", "1"), "macro_f1", "a"),
        "b": (("0", "1", "2", "3", "4", "5"), "pearson", "b"),
        "c": (("0", "1"), "macro_f1", "a"),
    }
    assert task.layout.data == DEFAULT_LAYOUT.data


def test_keys_that_the_data_cannot_say_are_examples_which_are_valid(tmp_path: Path, cli):
    for code in ("en", "de"):
        rows = [["id", "text", "labels"], ["a", "One", "calm|glee"], ["b", "Two", "neutral"], ["c", "Three", "glee"]]
        write(tmp_path / f"data/{code}_test.tsv", [[f"{code}{row[0]}" if at else row[0], *row[1:]]
              for at, row in enumerate(rows)], delimiter="\t")  # fmt: skip
    _, text = made(cli, tmp_path / "data", tmp_path)
    examples = (
        "# label_noun = ",
        "# neutral = ",
        "# weights = ",
        "# labels = ",
        "# separator = ",
        "# [layout.predictions]",
    )
    lines = text.splitlines()
    assert all(sum(line.startswith(example) for line in lines) == 1 for example in examples)
    toml = tmp_path / "own.toml"
    toml.write_text("\n".join(line.removeprefix("# ") if line.startswith(examples) else line for line in lines) + "\n")
    own = load_task(toml)
    assert (own.neutral, own.label_noun, own.track("a").weights) == ("neutral", "emotion", {"de": 2})
    assert (own.layout.predictions.labels, own.layout.predictions.separator) == ("names", "|")


def test_the_model_for_degrees_is_trained_by_the_next_command(tmp_path: Path, cli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split in ("train", "dev", "test"):
        degrees = table(split, lambda own: [4 * value for value in own], "id,text,joy/fun,self harm,gloom", 24)
        write(Path(f"data/{split}_en.csv"), degrees, delimiter=";")
    shown = cli("task", "new", "data", "-o", "x.toml")
    following = shown.err.rpartition("Next: semeval-emo ")[2].split()
    trained = cli(*following, "--quiet")
    assert trained.code == 0 and "test Pearson r" in trained.out, trained.err
    # The recipe selects by Pearson's r; dev and test have the official metric of the task.
    toml = Path("x.toml").read_text()
    Path("x.toml").write_text(toml.replace('"pearson"', '"mae"').replace('key = "x"', 'key = "y"'))
    run = json.loads(cli(*following, "--format", "json").out)
    assert next(iter(run["dev"])) == "mae" and "pearson" in run["dev"]
    every = json.loads(
        cli("zoo", "train", "tfidf-ridge", "--task", "x.toml", "--language", "all", "--format", "json").out
    )
    assert every["mean"]["dev"] == pytest.approx(run["dev"]["mae"])
    shown = cli("zoo", "results", *map(str, Path("runs/y").glob("*/en"))).out
    assert f" {run['dev']['mae']:.4f} " in shown
    told = cli("task", "show", "x.toml").err
    assert "Next: semeval-emo validate pred_en.csv --task x.toml\n" in told
    assert f"Next: semeval-emo {' '.join(following)}\n" in told


def test_languages_with_other_labels(tmp_path: Path, cli):
    folder = usual(tmp_path / "data", *(f"track_a/{split}/eng.csv" for split in ("train", "dev")))
    for split in ("train", "dev"):
        two = table(f"fra-{split}", lambda own: [own[0], own[2]], "id,text,calm,gloom")
        write(folder / f"track_a/{split}/fra.csv", two)
    task, text = made(cli, folder, tmp_path)
    assert task.emotions == NAMES and 'fra = ["calm", "gloom"]' in text
    assert task.spec("a", "fra", "dev").emotions == ("calm", "gloom")


def test_other_columns_are_named_and_not_guessed(tmp_path: Path, cli):
    columns = "id,text,comment,valence,topic,calm,glee,gloom"
    rows = table("train", lambda own: ["so what", sum(own) * 4, "sport", *own], columns)
    task, text = made(cli, write(tmp_path / "data/train.csv", rows).parent, tmp_path)
    assert task.emotions == NAMES
    assert (
        "# Other columns: comment (1 different value), valence (numbers from 4 to 8), topic (1 different value). "
        "Add a label to `emotions`."
    ) in text


def test_one_file_is_a_task_of_one_split(tmp_path: Path, cli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    usual(Path("data"), "reviews.csv", "others.csv")
    shown = cli("task", "new", "data/reviews.csv")
    task = load_task("reviews.toml")
    assert task.splits == ("train",) and [spec.key for spec in task.specs()] == [("a", "eng", "train")]
    assert shown.err.endswith("Next: semeval-emo zoo train tfidf-logreg --data data/reviews.csv\n")
    assert "no name of a file says the split: check" in Path("reviews.toml").read_text()
    assert cli("task", "check", "reviews.toml", "data").code == 0


def test_a_file_that_differs_is_replaced_only_with_force(tmp_path: Path, cli):
    folder, toml = usual(tmp_path / "data", "train.csv", "dev.csv"), tmp_path / "new.toml"
    assert cli("task", "new", folder, "-o", toml).code == 0
    before = toml.read_bytes()
    assert cli("task", "new", folder, "-o", toml, "--quiet").err == "" and toml.read_bytes() == before
    toml.write_bytes(before + b"# mine\n")
    refused = cli("task", "new", folder, "-o", toml)
    assert refused.code == 2 and f"{toml} exists and differs." in refused.err and toml.read_bytes() != before
    assert cli("task", "new", folder, "-o", toml, "--force").code == 0 and toml.read_bytes() == before
    # The task file is written last: without its lists of ids it would not work.
    rows = table("x", in_columns, "id,text,calm,glee,gloom", 40)
    rows[1:] = [[f"q{n * 37 % 101}", *row[1:]] for n, row in enumerate(rows[1:])]
    write(folder / "train.csv", rows)
    other = tmp_path / "ids/late/a-eng-train.txt.gz"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"other ids")
    refused = cli("task", "new", folder, "-o", tmp_path / "late.toml")
    assert refused.code == 2 and f"{other} exists and differs." in refused.err
    assert not (tmp_path / "late.toml").exists()
    refused = cli("task", "new", folder, "-o", tmp_path / "late")
    assert refused.code == 2 and "does not end in .toml" in refused.err


HEADER = "id,text,calm,glee\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "There is no table of texts in data: it has no file."),
        ({"README.md": "Hello", "a.jsonl": "{}"}, "There is no table of texts in data: it has README.md, a.jsonl."),
        ({"pred_eng.csv": "id,calm\n1,0\n"}, "There is no table of texts in data: it has pred_eng.csv."),
        ({"train.csv": "just a text\nand another\n"},
         "data/train.csv is not a table of ids and texts: it has one column only."),
        ({"train.csv": HEADER + "1,a b, c,1,0\n2,c d,0,1\n"},
         "data/train.csv is not a table of ids and texts: line 2 has 5 cells separated by ',', and the first line 4."),
        ({"train.csv": HEADER + "1,a b,1,0\n1,c d,0,1\n"}, "data/train.csv line 3 has the id '1' of line 2 again."),
        ({"train.csv": "text,calm\na b,1\na b,0\n"},
         "data/train.csv has no column 'id': its header is text,calm, and no column has a different word in each row."),
        ({"train.csv": "id,calm\n1,0\n2,1\n"}, "data/train.csv has no column 'text': its header is id,calm."),
        ({"train.csv": HEADER}, "data/train.csv has no rows below its header."),
        ({"train.csv": "id,text,labels\n1,a b,none\n2,c d,none\n"}, "No text of data/train.csv has a label."),
        ({"{1}.csv": HEADER + "1,a b,1,0\n"}, "data/{1}.csv has a name that a layout cannot say."),
        ({"train.csv": "id,text\n1,a b\n2,c d\n"}, "data/train.csv has no labels: its header is id,text."),
        ({"train.csv": "1,a b,1,0\n2,c d,0,1\n"},
         "data/train.csv has no header, and which of its 4 columns has the ids, the texts and the labels is not"),
        ({"train.csv": "id,text,label\n1,a b,3\n2,c d,0\n"},
         "data/train.csv has labels as numbers up to 3, and no file names them."),
        ({"train.csv": "id,text,calm\n1,a b,1.0\n2,c d,0.0\n"},
         "data/train.csv line 2: the label 'calm' is '1.0', which is read as 1."),
        ({"train.csv": HEADER + "1,a b,1,\n2,c d,0,1\n"}, "the label 'glee' is blank, which does not mean 0."),
        ({"train.csv": HEADER + "1,a b,1,0\n2,c d,0,1\n", "dev.csv": "id,text,calm,joy\n3,a b,1,0\n4,c d,0,1\n"},
         "The dev and train files of und disagree on their labels: only one of them has glee, joy."),
        ({"train.csv": HEADER + "1,a b,1,0\n2,c d,0,1\n", "dev.csv": "id;text;calm;glee\n3;a b;1;0\n"},
         "data/train.csv and data/dev.csv are written differently (delimiter: ',' and ';')."),
        ({"train.csv": HEADER + "1,a b,1,0\n2,c d,0,1\n", "dev.csv": "id,text,labels\n3,a b,calm\n4,c d,glee\n"},
         "data/dev.csv names its labels in one column, and data/train.csv has a column for each."),
        ({"all.csv": "id,text,split,calm\n1,a b,train,0\n2,c d,dev,1\n"},
         "data/all.csv has several splits, which its column 'split' names: dev, train."),
        ({"train.csv": "id,text,lang,calm\n1,a b,eng,0\n2,c d,deu,1\n"},
         "data/train.csv has several languages, which its column 'lang' names: deu, eng."),
        ({"my_a.csv": HEADER + "1,a b,1,0\n", "my_b.csv": HEADER + "2,a b,1,0\n"},
         "The names of 2 tables in data name neither splits, languages nor tracks: my_a.csv, my_b.csv."),
        ({"train.csv": b"PK\x03\x04..."}, "data/train.csv is a zip archive, and the data files of a task are"),
        ({"train.csv": b"id,text,calm\n1,caf\xe9 b,1\n"}, "data/train.csv is not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_task_is_refused(
    files: dict[str, str | bytes], message: str, tmp_path: Path, cli, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for name, body in files.items():
        Path("data", name).write_bytes(body if isinstance(body, bytes) else body.encode())
    refused = cli("task", "new", "data", "-o", "new.toml")
    assert refused.code == 3 and message in refused.err and "\n  fix: " in refused.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
