"""A file of another task is one problem, and nothing in it is renamed or deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data.sample import sample_folder
from semeval_emo.submission import validate
from semeval_emo.task import load_task

IDS = ("eng_67ae", "eng_cea0", "eng_f776")


def write(folder: Path, header: str, ids: tuple[str, ...] = IDS) -> Path:
    path = folder / "pred_eng.csv"
    width = header.count(",")
    path.write_text("\n".join([header, *(",".join([text_id, *"1" * width]) for text_id in ids)]) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "remedy"),
    [
        ("id,political,religious,other", "--task semeval-2026-polar"),
        ("ID,political", "--task: task11, "),
        ("id,awe,bliss,joy", "--task: task11, "),
        ("id,anger,love,trust,joy", "--task semeval-2018-ec"),
        ("id,text,political,other", "--task semeval-2026-polar"),
    ],
)
def test_a_file_of_another_task_is_one_problem(header: str, remedy: str, tmp_path: Path, cli):
    path = write(tmp_path, header)
    report = validate(path)
    assert (report.counts, report.problems[0].value) == ({"E430": 1}, IDS[0])
    assert "none of the ids or columns is this task's: the first id is 'eng_67ae'" in report.problems[0].message
    assert remedy in report.problems[0].fix
    before = path.read_bytes()
    code, out, _ = cli("fix", path, "-o", tmp_path / "fixed")
    assert (code, "Nothing was written." in out, path.read_bytes()) == (1, True, before)
    _, out, _ = cli("validate", path)
    assert "organisers" not in out


LABELS = "awe,bliss,joy"
OTHER = """
key = "feelings"
title = "Feelings 2018"
default_release = "1"
emotions = [{labels}]
ids = {{ prefix = "{prefix}", width = 5 }}
[tracks.ec]
title = "Feelings"
values = ["0", "1"]
metric = "jaccard"
averaging = "mean over texts"
[languages]
eng = ["English", "Indo-European", "Latin"]
[releases.1]
title = "First"
published = 2018-02-01
source = "made up"
[releases.1.files]
"ec/eng/test" = {{ rows = 4000 }}
"""


@pytest.fixture
def feelings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known task with ids such as felt-00001."""
    make_feelings(tmp_path, monkeypatch, "felt-")


def make_feelings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    (tmp_path / "tasks").mkdir()
    text = OTHER.format(prefix=prefix, labels=", ".join(f'"{label}"' for label in LABELS.split(",")))
    (tmp_path / "tasks" / "feelings.toml").write_text(text)
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", str(tmp_path / "tasks"))


@pytest.mark.usefixtures("feelings")
def test_the_known_task_of_a_file_is_named_by_its_ids_or_columns(tmp_path: Path, cli):
    path = write(tmp_path, f"id,{LABELS}", ("felt-00001", "felt-00002"))
    code, out, _ = cli("validate", path, "--task", "task11")
    shown = " ".join(out.split())
    assert code == 1 and "; 1 error " in shown
    assert "none of the ids or columns is this task's: the first id is 'felt-00001'" in shown
    assert "Feelings 2018 has such ids fix: check it as a file of that task: semeval-emo validate" in shown
    assert f"{path.name} --task feelings" in shown
    # Without --task its task is recognised.
    assert validate(path).task == "feelings"
    by_columns = validate(write(tmp_path, f"id,{LABELS}"))
    assert (by_columns.counts, "Feelings 2018 has such columns" in by_columns.problems[0].message) == (
        {"E430": 1},
        True,
    )


@pytest.mark.usefixtures("feelings")
def test_the_names_of_columns_are_no_problem_of_a_file_of_another_task(tmp_path: Path):
    toml = tmp_path / "mine.toml"
    own = OTHER.format(prefix="mine-", labels='"calm", "glee"').replace("feelings", "mine")
    toml.write_text(own + '[layout.predictions]\nid = "comment_id"\n')
    path = write(tmp_path, f"id,{LABELS}", ("felt-00001", "felt-00002"))
    assert validate(path, task=load_task(toml)).counts == {"E430": 1}


@pytest.mark.usefixtures("feelings")
def test_ids_of_a_known_task_in_cells_without_a_header(tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    path.write_text("quite a text,1 3,felt-00001\nanother one,2,felt-00002\n")
    report = validate(path, task="task11")
    assert (report.counts, report.problems[0].value) == ({"E430": 1}, "felt-00001")


def test_a_file_of_the_sample_under_task_11_is_one_problem():
    report = validate(sample_folder() / "predictions" / "strong" / "track_a" / "pred_eng.csv", task="task11")
    assert report.counts == {"E430": 1}
    assert report.problems[0].message.startswith("none of the ids is this task's: the first id is 'sample_eng_test_a_")


def test_the_submission_of_semeval_2018(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_feelings(tmp_path, monkeypatch, "2018-En-")
    path = data_dir / "other-tasks" / "semeval-2018-ec" / "E-C_en_pred.txt"
    if not path.is_file():
        pytest.skip("left out: needs real files of other tasks")
    report = validate(path, task="task11")
    assert (report.counts, report.files[0].rows) == ({"E430": 1}, 3259)
    assert "none of the ids or columns is this task's" in report.problems[0].message
    assert " has such ids" in report.problems[0].message


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        ("id,anger,fear,joy,sadness,surprise", IDS),
        ("id,anger,fear,joy,sadness,surprise,run", IDS),
        ("id,angry,joy,run", IDS),
        ("id,political,other", load_task().spec("a", "eng", "dev").ids[:3]),
        ("id,political,other", tuple(i.upper() for i in load_task().spec("a", "eng", "dev").ids[:3])),
    ],
)
def test_a_file_of_this_task_is_checked_as_always(header: str, ids: tuple[str, ...], tmp_path: Path):
    assert "E430" not in validate(write(tmp_path, header, ids)).counts


@pytest.mark.parametrize(
    "lines",
    [
        ("a,b,c", "1,2,3", "4,5,6"),
        ("text,label,score", "hello there,positive,0.9", "bye,negative,0.2"),
        ("sentence,prediction", "I am here,anticipation", "no,trust"),
        ("x1,hello,1", "x2,bye,0"),
        ("Run 3 our best", "x1,1,0", "x2,0,0"),
        ("Some prose, in lines.", "No table.", "Another line, with, commas."),
        ("One line of prose",),
    ],
)
def test_a_file_without_ids_or_labels_of_any_task_is_one_problem(lines: tuple[str, ...], tmp_path: Path, cli):
    path = tmp_path / "pred_eng.csv"
    path.write_text("\n".join(lines) + "\n")
    report = validate(path)
    assert report.counts == {"E430": 1}
    assert report.problems[0].message == (
        f"none of the ids or columns is this task's: the first line is '{lines[0]}'; SemEval-2025 Task 11 (BRIGHTER) "
        "has ids like eng_test_track_a_00001 below the header id,anger,fear,joy,sadness,surprise"
    )
    _, out, _ = cli("fix", path, "-o", tmp_path / "fixed")
    assert "Nothing was written." in out


def test_ids_of_no_task_beside_words_are_one_problem(tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    path.write_text("id,airline,sentiment\ntweet-a,Virgin,neutral\ntweet-b,United,positive\n")
    report = validate(path)
    assert report.counts == {"E430": 1}
    assert "the first id is 'tweet-a', and the columns are airline, sentiment; " in report.problems[0].message


@pytest.mark.parametrize(
    "header", ["anger,fear,joy,sadness,surprise", "text,anger,joy", "anger_prob,joy_prob", "happy,sad,run"]
)
def test_columns_of_this_task_without_ids_are_checked_as_always(header: str, tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    width = header.count(",")
    path.write_text("\n".join([header, *[",".join(["1"] * (width + 1))] * 3]) + "\n")
    assert "E430" not in validate(path).counts


# ---- folders and zips of files in the layout of another task

EC_NAME = "E-C_en_pred.txt"


def ec_folder(folder: Path) -> Path:
    """Write the predictions of E-c's test file in its layout, with made-up texts."""
    task = load_task("semeval-2018-ec")
    spec = task.spec("ec", "en", "test")
    lines = ["\t".join(["ID", "Tweet", *spec.emotions])]
    lines += ["\t".join([text_id, "words", *"01000000100"]) for text_id in spec.ids]
    folder.mkdir()
    (folder / EC_NAME).write_text("\n".join(lines) + "\n")
    return folder


def test_a_folder_in_the_layout_of_another_task_is_read_as_that_task(
    tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch
):
    folder = ec_folder(tmp_path / "mine")
    code, out, _ = cli("validate", folder)
    assert (code, f"{EC_NAME}: valid, 3,259 rows of 2018 track ec en test" in out) == (0, True)
    code, out, _ = cli("fix", folder, "-o", tmp_path / "fixed")
    assert (code, (tmp_path / "fixed" / EC_NAME).read_bytes()) == (0, (folder / EC_NAME).read_bytes())
    assert cli("pack", folder, "-o", tmp_path / "mine.zip")[0] == 0
    assert validate(tmp_path / "mine.zip").task == "semeval-2018-ec"
    # Without a path, files of that name are found.
    monkeypatch.chdir(folder)
    code, out, err = cli("validate")
    assert (code, f"checking the prediction files of this folder: {EC_NAME}" in err) == (0, True)


@pytest.mark.parametrize("command", ["validate", "fix", "pack", "score"])
def test_a_folder_of_another_task_than_the_named_one_is_one_problem(command: str, tmp_path: Path, cli):
    folder = ec_folder(tmp_path / "mine")
    report = validate(folder, task="task11")
    assert (report.counts, report.official) == ({"E430": 1}, ())
    assert report.problems[0].message == (
        f"no file inside is named pred_<language>.csv: it contains {EC_NAME}; SemEval-2018 Task 1 E-c "
        "(Affect in Tweets) has files named E-C_<language>_pred.txt"
    )
    assert report.problems[0].fix.endswith(f"semeval-emo validate {folder} --task semeval-2018-ec")
    code, out, err = cli(command, folder, "--task", "task11")
    assert code == 1
    assert "SemEval-2018 Task 1 E-c (Affect in Tweets) has files named" in " ".join((out + err).split())


def test_many_files_of_another_task_are_one_problem(tmp_path: Path, cli):
    spec = load_task("semeval-2026-polar").spec("2", "eng", "dev")
    lines = [",".join(["id", *spec.emotions]), *(f"{text_id},1,0,0,0,1" for text_id in spec.ids)]
    for at in range(6):
        (tmp_path / f"pred_eng{at}.csv").write_text("\n".join(lines) + "\n")
    report = validate(tmp_path, task="task11")
    assert report.counts == {"E430": 1}
    (problem,) = report.problems
    assert problem.file == str(tmp_path)
    assert problem.message.startswith("all 6 files, such as pred_eng0.csv: none of the ids or columns is this task's: ")
    assert problem.fix == (
        f"check the files as those of that task: semeval-emo validate {tmp_path} --task semeval-2026-polar"
    )
    assert cli("score", tmp_path, "--task", "task11").code == 1
    # One file of this task among them: each is reported by itself.
    own = load_task().spec("a", "eng", "dev")
    own_lines = [",".join(own.header), *(f"{text_id},1,0,0,0,1" for text_id in own.ids)]
    (tmp_path / "pred_eng.csv").write_text("\n".join(own_lines) + "\n")
    assert validate(tmp_path, task="task11").counts["E430"] == 6


def test_names_of_another_layout_without_its_ids_are_one_problem(tmp_path: Path):
    (tmp_path / EC_NAME).write_text("ID\tTweet\tanger\nq1\twords\t1\n")
    report = validate(tmp_path)
    assert (report.task, report.counts) == ("semeval-2025-task-11", {"E430": 1})
    (tmp_path / EC_NAME).rename(tmp_path / "notes.txt")
    assert validate(tmp_path).counts == {"E111": 1}


def test_an_ensemble_names_the_task_of_its_members(tmp_path: Path, cli):
    for name in ("one", "two"):
        ec_folder(tmp_path / name)
    code, _, err = cli("ensemble", tmp_path / "one", tmp_path / "two", "--task", "task11", "-o", tmp_path / "voted")
    assert code == 1
    assert f"{tmp_path / 'one'} is of another task: no file inside is named pred_<language>.csv" in err
    assert f"semeval-emo validate {tmp_path / 'one'} --task semeval-2018-ec" in err
