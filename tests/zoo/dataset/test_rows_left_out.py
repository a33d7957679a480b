"""Whatever reads data names the rows that it leaves out, or refuses."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from cross_task import make_cross
from toy_task import make_toy

from semeval_emo.data import load_gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError
from semeval_emo.zoo.dataset.splits import data_hash

NEW = ["extra_1,A very new text,0,0,1,0,0", "extra_2,Another one,1,0,0,0,0"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


@pytest.fixture
def sample(folder: Path) -> Path:
    """A copy of the sample, whose hashes the task has."""
    shutil.copytree(sample_folder(), folder / "data", ignore=shutil.ignore_patterns("*.py", "*.toml", "__pycache__"))
    return folder / "data"


def append(path: Path, lines: list[str]) -> None:
    path.write_text(path.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")


def body(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()[1:]


def test_texts_added_to_a_known_train_file_are_refused_with_the_remedy(sample: Path, cli):
    path = sample / "track_a/train/eng.csv"
    append(path, NEW)
    seen = (
        "data/track_a/train/eng.csv has the 240 rows of release 1 track a eng train and 2 more, with ids that are not "
        "of the task (first: extra_1). They would be left out."
    )
    fix = "move these rows to a file of their own, and train on both: --set 'data.extra=[\"FILE.csv\"]'"
    with pytest.raises(InputError) as refused:
        load_gold("a", "eng", "train", source="data", task="sample")
    assert (refused.value.message, refused.value.fix) == (seen, fix)
    words = ("zoo", "train", "tfidf-logreg", "--data", "data", "--task", "sample")
    assert cli(*words) == (3, "", f"error: {seen}\n  fix: {fix}\n")
    # A single file, and --unverified-gold, change nothing.
    with pytest.raises(InputError, match="2 more"):
        load_gold("a", "eng", "train", source=path, task="sample", unverified_gold=True)


def test_the_remedy_trains_on_both_and_the_hash_says_so(sample: Path, folder: Path, cli):
    header = (sample / "track_a/train/eng.csv").read_text("utf-8").splitlines()[0]
    (folder / "more.csv").write_text("\n".join([header, *NEW]) + "\n", "utf-8")
    words = ("zoo", "train", "tfidf-logreg", "--data", "data", "--task", "sample", "-f", "json")
    plain, both = (json.loads(cli(*words, *more).out) for more in ((), ("--set", 'data.extra=["more.csv"]')))
    states = [json.loads((Path(one["folder"]) / "run.json").read_text("utf-8")) for one in (plain, both)]
    assert set(states[1]["data"]) - set(states[0]["data"]) == {"more.csv"}
    train = load_gold("a", "eng", "train", source="data", task="sample")
    assert states[0]["data"]["train"] == states[1]["data"]["train"] == data_hash(train)
    probabilities = [(Path(one["folder"]) / "test/prob_eng.csv").read_text("utf-8") for one in (plain, both)]
    assert probabilities[0] != probabilities[1]


def test_columns_of_added_data_that_are_not_used_are_named(folder: Path, cli):
    lines = ["id,text,anger,disgust,fear,joy,sadness,surprise", "extra_1,A very new text,0,1,0,1,0,0"]
    (folder / "more.csv").write_text("\n".join(lines) + "\n", "utf-8")
    words = ("zoo", "train", "tfidf-logreg", "--data", "sample", "--set", 'data.extra=["more.csv"]')
    note = "Not used from more.csv: disgust; release 1 track a eng test has no such label."
    assert f"\n{note}\n" in cli(*words).out
    (state,) = Path("runs").rglob("run.json")
    assert note in json.loads(state.read_text("utf-8"))["data_notes"]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_texts_added_to_an_evaluation_split_are_refused(split: str, sample: Path, cli):
    append(sample / f"track_a/{split}/eng.csv", NEW)
    code, out, err = cli("zoo", "train", "tfidf-logreg", "--data", "data", "--task", "sample")
    assert (code, out) == (3, "") and f"rows of release 1 track a eng {split} and 2 more" in err
    assert err.endswith("  fix: move these rows to a file of their own\n")


def test_rows_of_other_files_of_the_task_are_named(sample: Path, cli):
    append(sample / "track_a/train/eng.csv", body(sample / "track_a/dev/eng.csv"))
    note = "60 rows of data/track_a/train/eng.csv are left out: they belong to release 1 track a eng dev."
    gold = load_gold("a", "eng", "train", source="data", task="sample")
    assert (len(gold), gold.note) == (240, note)
    words = ("zoo", "train", "tfidf-logreg", "--data", "data", "--task", "sample")
    assert f"\n{note}\n" in cli(*words).out
    result = json.loads(cli(*words, "-f", "json").out)
    assert result["notes"] == [note]
    assert json.loads((Path(result["folder"]) / "run.json").read_text("utf-8"))["data_notes"] == [note]
    # So does a series, also for runs that are not read again.
    for more in ((), ("--only-missing",)):
        series = (*words, "--jobs", "1", *more)
        assert f"\n{note}\n" in cli(*series).out
        assert json.loads(cli(*series, "-f", "json").out)["languages"][0]["notes"] == [note]


def test_score_names_the_rows_of_the_gold_file_that_it_leaves_out(sample: Path, folder: Path, cli):
    gold = load_gold("a", "eng", "test", source="data", task="sample")
    rows = [
        ",".join([i, *map(str, [*row[:4], 1 - row[4]])]) for i, row in zip(gold.ids, gold.labels.tolist(), strict=True)
    ]
    (folder / "pred_eng.csv").write_text("\n".join([",".join(gold.spec.header), *rows]) + "\n", "utf-8")
    append(sample / "track_a/test/eng.csv", body(sample / "track_a/train/eng.csv"))
    note = "240 rows of data/track_a/test/eng.csv are left out: they belong to release 1 track a eng train."
    out = cli("score", "pred_eng.csv", "--gold", "data").out
    assert f"\n{note}\n" in out
    (card,) = json.loads(cli("score", "pred_eng.csv", "--gold", "data", "-f", "json").out)["scorecards"]
    assert (card["note"], card["texts"]) == (note, 200)


def test_rows_without_an_id_are_refused(sample: Path):
    append(sample / "track_a/train/eng.csv", [",Without an id,0,0,1,0,0"])
    with pytest.raises(InputError, match=r"and 1 more, with ids that are not of the task \(first: a blank id\)"):
        load_gold("a", "eng", "train", source="data", task="sample")


def test_a_task_without_hashes_refuses_them_too(folder: Path):
    toml = make_toy(folder)
    append(folder / "data/track_a/train/xaa.csv", NEW)
    with pytest.raises(InputError, match="has the 240 rows of release 1 track a xaa train and 2 more"):
        load_gold("a", "xaa", "train", source="data", task=toml)
    with pytest.raises(InputError, match="and 2 more"):
        load_gold("a", "xaa", "train", source="data", task=toml, unverified_gold=True)


def test_rows_that_occur_twice_are_refused(sample: Path):
    path = sample / "track_a/train/eng.csv"
    append(path, body(path)[4:5])
    with pytest.raises(InputError, match="has the id 'sample_eng_train_a_0005' twice"):
        load_gold("a", "eng", "train", source="data", task="sample")


def test_a_file_below_that_cannot_be_read_is_named(sample: Path):
    """Without this, the message would be that there is no such file."""
    (sample / "track_a/train/eng.csv").write_bytes(b"id,text\n\xff")
    with pytest.raises(InputError, match=r"data/track_a/train/eng.csv.* not UTF-8"):
        load_gold("a", "eng", "train", source=".", task="sample")


def test_check_and_stats_name_the_file(sample: Path, cli):
    append(sample / "track_a/train/eng.csv", NEW)
    why = "it has the 240 rows of release 1, and 2 more (first: extra_1)"
    out = " ".join(cli("data", "check", "data", "--task", "sample").out.split())
    assert f"track_a/train/eng.csv: of no known release {why}" in out
    code, out, err = cli("data", "stats", "data", "--language", "eng", "--task", "sample")
    assert code == 0
    assert f"Left out: 1 file, of no known release (first: data/track_a/train/eng.csv: {why}).\n" in err
    result = json.loads(cli("data", "stats", "data", "--language", "eng", "--task", "sample", "-f", "json").out)
    assert [(one["file"], one["state"], one["detail"]) for one in result["left_out"]] == [
        ("data/track_a/train/eng.csv", "unknown", why)
    ]
    code, _, err = cli("data", "stats", "data", "--split", "train", "--track", "a", "--task", "sample")
    assert code == 3 and err.startswith("error: There are no labels of track a train.")


def test_other_csv_files_of_a_data_folder_are_counted(sample: Path, cli):
    for name in ("mine.csv", "notes.csv"):
        (sample / name).write_text("id,text\nx,Not of the task\n", "utf-8")
    said = "left out: 2 CSV files of data, whose first id is not of Built-in sample (made-up texts, not SemEval) "
    for words in (("check", "data"), ("stats", "data"), ("list", "data")):
        assert f"{said}(first: mine.csv)\n" in cli("data", *words, "--task", "sample").err
    (folder,) = json.loads(cli("data", "check", "data", "--task", "sample", "-f", "json").out)["folders"]
    assert folder["ignored"] == ["data/mine.csv", "data/notes.csv"]


def test_pin_names_the_files_that_it_leaves_out(sample: Path, cli):
    shutil.copy(sample / "track_a/test/eng.csv", sample / "track_a/test/xyz.csv")
    shutil.copy(sample / "track_a/test/eng.csv", sample / "other.csv")
    text = (sample / "other.csv").read_text("utf-8")
    (sample / "other.csv").write_text(text.replace("sample_eng", "stranger"), "utf-8")
    code, out, err = cli("data", "pin", "data", "--task", "sample")
    assert (code, len(out.splitlines())) == (0, 6)
    assert err.splitlines() == [
        "left out: data/track_a/test/xyz.csv has no language or no ids of the task",
        "left out: data/other.csv has no language or no ids of the task",
    ]


def test_a_sample_of_the_source_texts_is_named(folder: Path, cli):
    toml = make_cross(folder)
    words = ("--track", "c", "--language", "xcc", "--task", toml, "--data", "data", "--set", "data.most=50")
    out = cli("zoo", "train", "tfidf-cross", *words).out
    assert [line for line in out.splitlines() if "data.most" in line] == [
        "50 texts of each of 2 files are used, drawn at random (data.most)."
    ]
    out = cli(
        "zoo",
        "train",
        "tfidf-cross",
        *words,
        "--set",
        'data.sources=["xaa"]',
        "--set",
        "select.split=dev",
        "--set",
        "threshold.split=dev",
    ).out
    assert "50 of 240 texts of data/track_a/train/xaa.csv are used, drawn at random (data.most)." in out


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("t.csv", "id,text\na,Oh\n\n\nb,No\n", 2),
        ("t.jsonl", '{"id": "a", "text": "Oh"}\n\n{"id": "b", "text": "No"}\n \n', 2),
        ("t.csv", "id,text\na,Oh\nb,No\n", 0),
    ],
)
def test_blank_lines_among_texts_to_predict_are_counted(name: str, content: str, lines: int, folder: Path, cli):
    cli("zoo", "train", "constant-all", "--data", "sample")
    (folder / name).write_text(content, "utf-8")
    code, out, err = cli("zoo", "predict", "runs/sample/constant-all/eng", name)
    assert (code, len(out.splitlines())) == (0, 3)
    said = f"{lines} blank lines of {name} left out: only lines with a text are predicted.\n"
    assert err.endswith(said) if lines else "blank" not in err


def test_lines_of_prediction_files_that_are_left_out_are_named(folder: Path, cli):
    gold = load_gold("a", "eng", source="sample")
    rows = [",".join([i, *map(str, row)]) for i, row in zip(gold.ids, (1 - gold.labels).tolist(), strict=True)]
    (folder / "a.csv").write_text("\n".join([",".join(gold.spec.header), *rows, rows[-1], ""]) + "\n", "utf-8")
    (folder / "b.csv").write_text("\n".join([",".join(gold.spec.header), *rows]) + "\n", "utf-8")
    note = "Lines of a.csv are left out: a duplicate row (1), a blank line (1); `semeval-emo validate` names them."
    assert note in " ".join(cli("compare", "a.csv", "b.csv", "--resamples", "1000").out.split())
    assert note in json.loads(cli("compare", "a.csv", "b.csv", "--resamples", "1000", "-f", "json").out)["notes"]
    for words in (("leaderboard", "place"), ("analyse",)):
        assert f"{note}\n" in cli(*words, "a.csv").err
    assert "sample_eng_test_a_0200 is already on line 201" in " ".join(cli("score", "a.csv").err.split())


def test_compare_names_the_split_of_a_file_that_it_leaves_out(folder: Path, cli):
    for name, splits in (("a.csv", ("test", "dev")), ("b.csv", ("test",))):
        golds = [load_gold("a", "eng", split, source="sample") for split in splits]
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(golds[0].spec.header)
            for gold in golds:
                writer.writerows([i, *row] for i, row in zip(gold.ids, (1 - gold.labels).tolist(), strict=True))
    out = cli("compare", "a.csv", "b.csv", "--resamples", "1000").out
    assert "Left out, because not every system predicted it: eng dev." in " ".join(out.split())
