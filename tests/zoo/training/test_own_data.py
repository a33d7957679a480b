"""`zoo train RECIPE --data FILE` on texts and labels of one's own."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from semeval_emo.data import load_gold

EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(split: str = "train", track: str = "a", count: int | None = None) -> list[list[object]]:
    gold = load_gold(track, "eng", split, source="sample")
    return [[text, *labels] for text, labels in zip(gold.texts, gold.labels.tolist(), strict=True)][:count]


def write(path: str, body: Sequence[Sequence[object]], header: Sequence[str] = ("text", *EMOTIONS)) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t" if path.endswith(".tsv") else ",").writerows([header, *body])
    return Path(path)


def train(cli, *words: object, recipe: str = "constant-all"):
    return cli("zoo", "train", recipe, *words)


def sizes(name: str = "my") -> list[int]:
    splits = [Path(f"runs/own-{name}/data/track_a/{split}/own.csv") for split in ("train", "dev", "test")]
    return [len(list(csv.DictReader(path.open(encoding="utf-8", newline="")))) for path in splits]


def test_one_command_trains_scores_and_shows_the_split(cli):
    write("my.csv", rows())
    code, out, err = train(cli, "--data", "my.csv", recipe="tfidf-logreg")
    assert code == 0
    assert "Your own split of my.csv: 240 texts, 5 labels\n" in err
    assert "stored in runs/own-my." in err
    assert "your own split" in out.splitlines()[0] and "test macro F1" in out and "rank" not in out
    assert sum(sizes()) == 240 and sizes()[1:] == pytest.approx([36, 36], abs=2)


def test_the_same_file_gives_the_same_split_and_another_is_refused(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    before = Path("runs/own-my/task.toml").read_text("utf-8")
    write("elsewhere/my.csv", rows()[::-1])
    assert "is already finished" in train(cli, "--data", "elsewhere/my.csv").err
    assert Path("runs/own-my/task.toml").read_text("utf-8") == before
    write("my.csv", rows(count=200))
    code, _, err = train(cli, "--data", "my.csv")
    assert code == 2 and "my.csv is not what runs/own-my was made of" in err and "--fresh" in err
    assert train(cli, "--data", "my.csv", "--fresh").code == 0
    assert sum(sizes()) == 200


def test_copies_of_a_text_stay_in_one_split(cli):
    body = rows()
    write("my.csv", [*body, *([f"  {str(text).upper()}", *labels] for text, *labels in body[:60])])
    assert train(cli, "--data", "my.csv").code == 0
    by_split = [
        {row["text"].strip().lower() for row in csv.DictReader(path.read_text("utf-8").splitlines())}
        for path in Path("runs/own-my/data/track_a").glob("*/own.csv")
    ]
    assert sum(map(len, by_split)) == len(set.union(*by_split)) == 240


def test_given_splits_are_used_as_they_are(cli):
    for split, name in (("train", "train"), ("dev", "validation"), ("test", "test")):
        write(f"mine/{name}.tsv", rows(split, count=50))
    code, _, err = train(cli, "--data", "mine")
    assert code == 0 and "as given" in err and sizes("mine") == [50, 50, 50]


def test_train_only_and_train_with_test_work(cli):
    write("one/train.csv", rows())
    assert train(cli, "--data", "one").code == 0 and sum(sizes("one")) == 240
    write("two/train.csv", rows())
    write("two/test.csv", rows("test"))
    code, _, err = train(cli, "--data", "two")
    assert code == 0 and "There is no dev split: 36 texts as dev are taken from train." in err
    assert sizes("two") == [204, 36, 200]


def test_a_column_of_splits_and_a_test_split_without_labels(cli):
    body = [[*row, "train"] for row in rows()] + [[*row, "val"] for row in rows("dev")]
    body += [[text, *[""] * 5, "test"] for text, *_ in rows("test")]
    write("my.csv", body, ("text", *EMOTIONS, "split"))
    code, out, err = train(cli, "--data", "my.csv")
    assert code == 0 and sizes() == [240, 60, 200]
    assert "The test split has no labels, so it is predicted but not scored." in err
    assert "The test labels are not available" in out


def test_names_of_labels_and_degrees(cli):
    body = [
        [i, text, json.dumps([name for name, label in zip(EMOTIONS, labels, strict=True) if label])]
        for i, (text, *labels) in enumerate(rows())
    ]
    write("names.csv", body, ("id", "sentence", "labels"))
    code, _, err = train(cli, "--data", "names.csv")
    assert code == 0 and "Texts from column 'sentence'." in err and sum(sizes("names")) == 240
    write("degrees.csv", rows(track="b"))
    assert train(cli, "--data", "degrees.csv").code == 0
    code, out, _ = train(cli, "--data", "degrees.csv", recipe="tfidf-ridge")
    assert code == 0 and "test Pearson r" in out


def test_thirty_rows_work_and_fewer_than_twenty_are_refused(cli):
    write("few.csv", rows(count=30))
    code, out, err = train(cli, "--data", "few.csv", recipe="tfidf-logreg")
    assert code == 0 and "so its scores are uncertain" in err and "folds macro F1" in out
    write("none.csv", rows(count=12))
    code, _, err = train(cli, "--data", "none.csv")
    assert code == 3 and "none.csv has 12 texts to split" in err


def test_a_label_without_train_texts_is_named(cli):
    write("my.csv", [[*row, 0, int(i == 7)] for i, row in enumerate(rows())], ("text", *EMOTIONS, "pride", "awe"))
    code, _, err = train(cli, "--data", "my.csv", recipe="tfidf-logreg")
    assert code == 0 and "No text has the label pride." in err


def test_copies_between_given_splits_are_named(cli):
    for split in ("train", "dev", "test"):
        write(f"mine/{split}.csv", rows("train", count=60))
    assert "60 of 60 test texts are also in train" in train(cli, "--data", "mine").err


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("e5-cross", "is trained on other languages of the task"),
        ("tfidf-ridge", "predicts degrees, and the labels are 0 and 1"),
    ],
)
def test_recipes_that_need_more_are_refused_with_those_that_work(recipe: str, why: str, cli):
    write("my.csv", rows())
    code, _, err = train(cli, "--data", "my.csv", recipe=recipe)
    assert code == 2 and why in err
    fix = err.splitlines()[-1]
    assert "tfidf-logreg" in fix and "constant-all" in fix and "cross" not in fix and "tfidf-ridge" not in fix


def test_a_missing_file_and_several_languages_are_refused(cli):
    assert "There is no file or folder no.csv." in train(cli, "--data", "no.csv").err
    write("my.csv", rows())
    assert "has the texts of one language" in train(cli, "--data", "my.csv", "--language", "all").err


def test_the_language_names_the_files(cli):
    write("my.csv", rows())
    assert train(cli, "--data", "my.csv", "--language", "deu").code == 0
    assert Path("runs/own-my/constant-all/deu/track_a/pred_deu.csv").is_file()


def test_words_are_labels_and_other_columns_are_named(cli):
    body = [[*(["yes", "no"][not label] for label in labels), text, len(str(text)), "web"] for text, *labels in rows()]
    write("my.csv", body, (*EMOTIONS, "sentence", "length", "source"))
    code, _, err = train(cli, "--data", "my.csv")
    assert code == 0 and "Not used: 'length', 'source'." in err and "240 texts, 5 labels" in err


def test_numbers_of_classes_need_names(cli):
    body = [[text, labels.index(1) if 1 in labels else 5] for text, *labels in rows()]
    write("my.csv", body, ("text", "label"))
    code, _, err = train(cli, "--data", "my.csv")
    assert code == 3 and "my.csv: the column 'label' has the numbers 0, 1, 2, 3, 4, 5, not names of labels." in err
    assert "--order NAME,NAME,..." in err
    assert "and --order has 2 names" in train(cli, "--data", "my.csv", "--order", "a,b").err
    code, _, err = train(cli, "--data", "my.csv", "--order", ",".join((*EMOTIONS, "none")))
    assert code == 0 and "240 texts, 5 labels" in err
    write("vectors.csv", [[text, json.dumps(labels)] for text, *labels in rows()], ("text", "labels"))
    assert train(cli, "--data", "vectors.csv", "--order", ",".join(EMOTIONS)).code == 0
    first = Path("runs/own-vectors/data/track_a/train/own.csv").read_text("utf-8").splitlines()[0]
    assert first == "id,text," + ",".join(EMOTIONS)


def test_the_only_file_of_a_folder_and_labels_that_cannot_be_columns(cli):
    write("kaggle/emotions_v2.txt", rows())
    assert train(cli, "--data", "kaggle").code == 0
    write("odd.csv", rows(), ("text", "a;b", *EMOTIONS[1:]))
    code, _, err = train(cli, "--data", "odd.csv")
    assert code == 3 and "odd.csv does not make a task: the emotion 'a;b'" in err


def test_a_removed_data_folder_names_the_command_that_writes_it(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    shutil.rmtree("runs/own-my/data")
    code, _, err = cli("zoo", "evaluate", "runs/own-my")
    assert code == 3 and "The texts of 'Your own split of my.csv' are missing" in err and "--data" in err
    train(cli, "--data", "my.csv")
    assert cli("zoo", "evaluate", "runs/own-my").code == 0


def test_several_runs_of_a_folder_are_listed(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    train(cli, "--data", "my.csv", recipe="constant-majority")
    code, _, err = cli("zoo", "predict", "runs/own-my", "What a day!")
    assert code == 2 and "runs/own-my has 2 runs: runs/own-my/constant-all/own" in err


def test_folders_without_splits_and_options_for_languages_are_refused(cli):
    write("d/a.csv", rows())
    write("d/b.csv", rows())
    code, _, err = train(cli, "--data", "d")
    assert code == 3 and "d has 2 tables, and none of them is called train." in err
    write("t/test.csv", rows())
    assert "t has no train split." in train(cli, "--data", "t").err
    write("my.csv", rows())
    code, _, err = train(cli, "--data", "my.csv", "--jobs", "2")
    assert code == 2 and "Data of your own are trained in one run, without --jobs." in err


def test_a_model_of_own_data_is_evaluated_on_another_task_with_one_language(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    code, out, _ = cli("zoo", "evaluate", "runs/own-my", "--data", "sample")
    assert code == 0 and "English (eng)" in out
    # Another program's file of this name is no task.
    Path("task.toml").write_text("[tool]\n", "utf-8")
    assert cli("validate", "runs/own-my/constant-all/own/track_a").code == 0


def test_degrees_copies_with_other_labels_and_names_with_dots_are_said(cli):
    body = [[number, *row] for number, row in enumerate(rows(track="b"))]
    write(
        "my.csv",
        [*body, [len(body), body[0][1], *(3 - int(value) for value in body[0][2:])]],
        ("Nr.", "text", *EMOTIONS),
    )
    err = train(cli, "--data", "my.csv").err
    assert "Track a has degrees above 0 as 1; --track b has the degrees." in err
    assert "1 text has different labels in different rows." in err and "Not used: 'Nr.'.\n" in err


def test_a_track_that_own_labels_do_not_have_is_left_out_not_the_recipe(cli):
    write("my.csv", rows())
    for track, why in (("b", "the labels are 0 and 1, not degrees"), ("c", "they are for track a")):
        code, _, err = train(cli, "--data", "my.csv", "--track", track)
        assert code == 2 and err.endswith(
            f"error: Your own data cannot be used for track {track}: {why}.\n  fix: leave out --track\n"
        )


def test_the_folder_of_an_own_task_is_a_task_and_has_no_leaderboard(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    shutil.copy("runs/own-my/constant-all/own/track_a/pred_own.csv", "pred_x.csv")
    score = cli("score", "pred_x.csv", "--task", "runs/own-my")
    assert score.code == 0 and "your own split" in score.out
    assert "fix: semeval-emo fix pred_x.csv --task runs/own-my -o fixed" in score.err
    shutil.move("runs", "moved")
    for command in ("score", "validate", "fix"):
        code, out, err = cli(command, "pred_x.csv")
        assert (code, out) == (2, "")
        assert err == (
            "error: pred_x.csv has ids of own-my, a task that was made of own data; where it is, is not known.\n"
            "  fix: name the folder of its runs, such as --task runs/own-my\n"
        )
    assert cli("score", "pred_x.csv", "--task", "moved/own-my").code == 0
    shutil.move("moved", "runs")
    assert "your own split" in cli("zoo", "results", "runs").out
    code, _, err = cli("leaderboard", "place", "runs/own-my/constant-all/own/track_a/pred_own.csv")
    assert code == 2 and "The leaderboard has no score of your own split to compare with." in err


def test_thresholds_name_labels_with_capitals(cli):
    write("my.csv", rows(), ("text", "Wut", "Angst", "Freude", "Trauer", "Ärger"))
    train(cli, "--data", "my.csv", recipe="tfidf-logreg")
    run = "runs/own-my/tfidf-logreg/own"
    shown = cli("zoo", "predict", run, "Oh no.", "--thresholds", "Wut=0.001,ärger=1")
    assert shown.code == 0 and "Wut 0." in shown.out and "Ärger 0." not in shown.out
    values = ("--threshold", "Wut=0.001,Freude=0.4,other=0.9")
    files = [f"{run}/test/prob_own.csv"] * 2
    shutil.copy(files[1], "prob_own.csv")
    mean = cli("ensemble", files[0], "prob_own.csv", "--method", "mean", *values, "-o", "both", "--task", "runs/own-my")
    assert mean.code == 0, mean.err


def test_predictions_are_not_written_under_the_name_of_another_format(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    code, _, err = cli("zoo", "predict", "runs/own-my/constant-all/own", "my.csv", "-o", "my.xlsx")
    assert code == 2 and not Path("my.xlsx").exists()
    assert err == "error: my.xlsx would be no xlsx file.\n  fix: name it .csv, .jsonl or .parquet\n"


def test_the_gold_labels_of_own_data_are_no_predictions(cli):
    write("my.csv", rows())
    train(cli, "--data", "my.csv")
    code, out, err = cli("score", "runs")
    assert code == 0 and "identical" not in err and "not read as predictions" not in err
    assert out.startswith("macro F1 0.") and "File: runs/own-my/constant-all/own/track_a/pred_own.csv" in out


def test_vectors_of_labels(cli):
    body = rows(count=60)
    write("my.csv", [[text, str(list(labels))] for text, *labels in body], header=("text", "labels"))
    # Two names for five numbers: these are not numbers of classes.
    for order in ([], ["--order", "anger,fear"]):
        code, _, err = train(cli, "--data", "my.csv", *order)
        assert code == 3
        assert "has 5 numbers in each text" in err
    assert train(cli, "--data", "my.csv", "--order", ",".join(EMOTIONS)).code == 0
    write("degrees.csv", [[text, str([3 * label for label in labels])] for text, *labels in body], ("text", "labels"))
    assert train(cli, "--data", "degrees.csv", "--order", ",".join(EMOTIONS), "--track", "b").code == 0
    for name, track, value in (("my", "a", 1), ("degrees", "b", 3)):
        stored: dict[str, list[int]] = {}
        for path in Path(f"runs/own-{name}/data/track_{track}").glob("*/own.csv"):
            with path.open(encoding="utf-8") as handle:
                for row in csv.DictReader(handle):
                    stored[row["text"]] = [int(row[emotion]) for emotion in EMOTIONS]
        assert stored == {text: [value * label for label in labels] for text, *labels in body}
