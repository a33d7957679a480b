"""Prediction files in the layouts of other tasks: recognised, checked, fixed, written and packed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semeval_emo import ensemble, fix, pack, score, validate
from semeval_emo.submission import entry, read_submission, schema
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import FileSpec, Task, load_task

LABELS = ["off topic", "joy", "fear"]
TEXTS = ["Oh, well", 'so "that" is it', '"quoted', "a; b | c", "#no 🙂", "1", "last"]
# By name: [layout.predictions].
LAYOUTS = {
    "tabs": 'file = "E-C_{language}_pred.txt"\ndelimiter = "\\t"\nquotes = false\nid = "ID"\ntext = "Tweet"',
    "semicolons": 'file = "out/{track}-{language}.csv"\ndelimiter = ";"\nid = "tweet_id"\ntext = "sentence"',
    "names": 'file = "answer.csv"\nlabels = "names"\nseparator = "|"',
    "quoted-names": 'file = "{language}/answer.csv"\nlabels = "names"\ntext = "text"',
    "named-none": 'file = "answer.csv"\nlabels = "names"\nseparator = "|"\nno_label = "none"',
    "indices": (
        'file = "pred.{language}.tsv"\ndelimiter = "\\t"\nquotes = false\nlabels = "indices"\ntext = "text"\n'
        'columns = ["text", "labels", "id"]'
    ),
    "bare": 'file = "subtask_{track}/{language}.csv"\ncolumns = ["id", "off topic", "joy", "fear"]',
}


@pytest.fixture
def make_task(tmp_path: Path) -> Callable[[str], Task]:
    """Return a small task with one of the layouts."""

    def make(name: str) -> Task:
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f"""key = "layout-{name}"
title = "A task"
default_release = "1"
emotions = {LABELS}
ids = {{ prefix = "t_{{language}}_{{split}}_", width = 3 }}
[layout]
archive = "answers-{{track}}.zip"
[layout.predictions]
{LAYOUTS[name]}
[tracks.x]
title = "Labels"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[languages]
En = ["English", "", "Latin"]
de = ["German", "", "Latin"]
[releases.1]
title = "First"
published = 2026-01-01
source = "none"
[releases.1.files]
"x/En/dev" = {{ rows = 7 }}
"x/En/test" = {{ rows = 7 }}
"x/de/test" = {{ rows = 4 }}
""",
            encoding="utf-8",
        )
        return load_task(path)

    return make


def labels_of(spec: FileSpec) -> np.ndarray:
    return np.array([[row & 1, row >> 1 & 1, row >> 2 & 1] for row in range(spec.rows)])


def texts_of(spec: FileSpec) -> dict[str, str]:
    return dict(zip(spec.ids, TEXTS, strict=False))


def write(spec: FileSpec, folder: Path, body: bytes | str | None = None, name: str = "") -> Path:
    """Write a prediction file, by default a valid one, under its official name."""
    path = folder / (name or spec.layout.predictions.path(spec.key))
    path.parent.mkdir(parents=True, exist_ok=True)
    body = prediction_bytes(spec, labels_of(spec), texts_of(spec)) if body is None else body
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def codes(report) -> list[str]:
    return sorted({problem.code for problem in report.problems})


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_written_file_is_valid_and_reads_back(name, make_task, tmp_path):
    task = make_task(name)
    spec = task.spec("x", "En", "test")
    path = write(spec, tmp_path / "in")
    submission = read_submission(path, task=task)
    assert (submission.report.valid, codes(submission.report)) == (True, [])
    (predictions,) = submission.predictions
    assert predictions.values.tolist() == labels_of(spec).tolist()
    if spec.layout.predictions.text:
        assert predictions.texts == texts_of(spec)
    assert fix(path, task=task).unchanged
    again = fix(path, tmp_path / "out", task=task)
    assert Path(again.written[0].path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_folder_is_found_and_packed_in_the_layout(name, make_task, tmp_path):
    task = make_task(name)
    specs = [task.spec("x", "En", "test"), task.spec("x", "de", "test")]
    if "{language}" not in task.layout.predictions.file:
        specs.pop()
    for spec in specs:
        write(spec, tmp_path / "in")
    (tmp_path / "in" / "readme.md").write_text("# A title")
    report = validate(tmp_path / "in", task=task)
    assert (report.valid, len([file for file in report.files if file.parts])) == (True, len(specs))
    assert {*codes(report)} <= {"W517"}  # a label is the same in all four rows of one language
    packed = pack(tmp_path / "in", tmp_path / "a.zip", task=task)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {*archive.namelist()} == {spec.layout.predictions.path(spec.key) for spec in specs}
        for spec in specs:
            path = spec.layout.predictions.path(spec.key)
            assert archive.read(path) == (tmp_path / "in" / path).read_bytes()
    assert packed.ok and validate(tmp_path / "a.zip", task=task).valid


def test_the_archive_has_the_name_of_the_layout(make_task, tmp_path, monkeypatch):
    task = make_task("tabs")
    write(task.spec("x", "En", "test"), tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    assert pack("in", task=task).out == "answers-x.zip"


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_in_the_usual_shape_is_fixed_and_scored(name, make_task, tmp_path):
    """Each difference is a problem; the labels are certain."""
    task = make_task(name)
    spec = task.spec("x", "En", "test")
    rows = [",".join(map(str, [text_id, *row])) for text_id, row in zip(spec.ids, labels_of(spec), strict=True)]
    path = write(spec, tmp_path, "\n".join([",".join(["id", *LABELS]), *rows]), "pred_En.csv")
    report = validate(path, task=task)
    expected = {
        "tabs": ["E202", "E307", "E332", "E346"],
        "semicolons": ["E201", "E307", "E332", "E346"],
        "names": ["E202", "E348"],
        "named-none": ["E202", "E348"],
        "quoted-names": ["E202", "E346", "E348"],
        "indices": ["E202", "E307", "E346", "E347", "E348"],
        "bare": ["E201", "E347"],
    }
    assert codes(report) == expected[name]
    fixed = fix(path, tmp_path / "out", task=task)
    written = tmp_path / "out" / spec.layout.predictions.path(spec.key)
    assert fixed.written[0].path == str(written)
    assert written.read_bytes() == prediction_bytes(spec, labels_of(spec))
    assert score(path, pd.read_csv(path), task=task, unverified_gold=True).cards[0].score == 1


def test_names_and_codes_are_matched_ignoring_case(make_task, tmp_path):
    task = make_task("tabs")
    spec = task.spec("x", "En", "test")
    for name in ("E-C_EN_pred.txt", "e-c_en_PRED.TXT"):
        assert codes(validate(write(spec, tmp_path, name=name), task=task)) == []
    report = validate(write(spec, tmp_path, name="E-C_En_pred.tsv"), task=task)
    assert [(p.code, p.message, p.fix) for p in report.problems] == [
        ("E202", "the name 'E-C_En_pred.tsv' does not end in '_pred.txt'", "rename it to E-C_En_pred.txt")
    ]


def test_what_differs_is_said_in_the_words_of_the_layout(make_task, tmp_path):
    task = make_task("tabs")
    spec = task.spec("x", "En", "test")
    body = prediction_bytes(spec, labels_of(spec), texts_of(spec)).decode()
    path = write(
        spec, tmp_path, body.replace(" | c", "").replace('"', "").replace("\t", "|").replace("ID|Tweet|", "id|Text|", 1)
    )
    assert sorted((problem.message, problem.fix) for problem in validate(path, task=task).problems) == [
        (
            "cells are separated by '|', not by tabs",
            "write the file with tabs (in pandas: to_csv(..., sep='\\t'))",
        ),
        (
            "columns have other names: 'id' as ID, 'Text' as Tweet",
            "rename the columns; the header should be ID Tweet off topic joy fear (separated by tabs)",
        ),
    ]
    lines = body.splitlines()
    moved = ["\t".join([*line.split("\t")[1::-1], *line.split("\t")[2:]]) for line in lines]
    path = write(spec, tmp_path, "\n".join(moved))
    (problem,) = validate(path, task=task).problems
    assert problem.message == (
        "the columns are Tweet ID off topic joy fear; expected ID Tweet off topic joy fear (separated by tabs)"
    )
    assert fix(path, tmp_path / "out", task=task).written
    assert (tmp_path / "out" / "E-C_En_pred.txt").read_text() == body
    path = write(spec, tmp_path, "\n".join(lines[1:]))
    assert codes(validate(path, task=task)) == ["E319"]


def test_a_text_without_labels_has_the_word_of_the_layout(make_task, tmp_path):
    task = make_task("named-none")
    spec = task.spec("x", "En", "test")
    valid = prediction_bytes(spec, labels_of(spec)).decode()
    assert valid.splitlines()[1] == "t_En_test_001,none"
    assert validate(write(spec, tmp_path, valid), task=task).valid
    # An empty cell can be a missing answer.
    (problem,) = validate(write(spec, tmp_path, valid.replace(",none", ",", 1)), task=task).problems
    assert (problem.code, problem.line) == (entry("blank-answer").code, 2)


def test_labels_in_one_cell_in_another_form(make_task, tmp_path):
    task = make_task("names")
    spec = task.spec("x", "En", "test")
    valid = prediction_bytes(spec, labels_of(spec)).decode()
    assert valid.splitlines()[3:5] == ["t_En_test_003,joy", "t_En_test_004,off topic|joy"]
    path = write(spec, tmp_path, valid.replace("off topic|joy", '"Joy, off_topic"', 1))
    (problem,) = validate(path, task=task).problems
    assert (problem.code, problem.line) == ("E349", 5)
    assert (
        problem.message == "the labels are 'Joy, off_topic'; expected names as the task spells them, separated by '|'"
    )
    fix(path, tmp_path / "out", task=task)
    assert (tmp_path / "out" / "answer.csv").read_text() == valid
    (problem,) = validate(write(spec, tmp_path, valid.replace("|joy", "|hope", 1)), task=task).problems
    assert problem.message == "'hope' is not a label of this file; expected off topic, joy, fear"


def test_texts_are_kept_and_missing_ones_are_blank_where_no_data_are_at_hand(make_task, tmp_path):
    task = make_task("semicolons")
    spec = task.spec("x", "En", "test")
    body = prediction_bytes(spec, labels_of(spec), texts_of(spec)).decode()
    path = write(spec, tmp_path, body.replace("tweet_id;sentence", "Tweet_ID;text", 1))
    (problem,) = validate(path, task=task).problems
    assert problem.message == "columns have other names: 'Tweet_ID' as tweet_id, 'text' as sentence"
    fix(path, tmp_path / "out", task=task)
    assert (tmp_path / "out" / "out" / "x-En.csv").read_text() == body
    frame = pd.DataFrame(labels_of(spec), columns=LABELS).assign(id=spec.ids)[["id", *LABELS]]
    report = fix(frame, tmp_path / "frame.csv", task=task)
    assert report.written and codes(validate(tmp_path / "frame.csv", task=task)) == ["E204"]
    assert pd.read_csv(tmp_path / "frame.csv", sep=";")["sentence"].isna().all()


@pytest.mark.parametrize("name", LAYOUTS)
def test_frames_have_the_names_of_the_layout_or_the_usual_ones(name, make_task):
    task = make_task(name)
    spec = task.spec("x", "En", "test")
    layout = spec.layout.predictions
    usual = pd.DataFrame(labels_of(spec), columns=LABELS)
    usual.insert(0, "id", spec.ids)
    own = usual.rename(columns={"id": layout.id})
    if layout.text:
        own.insert(1, layout.text, list(texts_of(spec).values()))
    for frame in (usual, own):
        assert codes(validate({"En": frame}, task=task)) == []
        schema(task=task, track="x", language="En").validate(frame)


def test_an_ensemble_keeps_the_texts(make_task, tmp_path):
    task = make_task("tabs")
    spec = task.spec("x", "En", "test")
    paths = [write(spec, tmp_path / name) for name in "abc"]
    ensemble(paths, tmp_path / "out", task=task)
    assert (tmp_path / "out" / "E-C_En_pred.txt").read_bytes() == paths[0].read_bytes()


def test_the_real_submission_of_semeval_2018_is_valid_in_its_own_format(shared_dir, tmp_path):
    source = shared_dir / "data" / "other-tasks" / "semeval-2018-ec" / "E-C_en_pred.txt"
    lines = source.read_text(encoding="utf-8").splitlines()
    ids, labels = [line.split("\t")[0] for line in lines[1:]], lines[0].split("\t")[2:]
    path = tmp_path / "ec.toml"
    path.write_text(
        f"""key = "ec"
title = "E-c"
default_release = "1"
emotions = {labels}
ids = {{ prefix = "2018-{{language}}-", width = 5 }}
[layout.predictions]
{LAYOUTS["tabs"]}
[tracks.ec]
title = "Emotions of tweets"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[languages]
en = ["English", "", "Latin"]
[releases.1]
title = "First"
published = 2018-01-01
source = "none"
[releases.1.files]
"ec/en/test" = {{ ids = {ids} }}
""",
        encoding="utf-8",
    )
    task = load_task(path)
    report = validate(source, task=task)
    assert (report.valid, codes(report), report.files[0].rows) == (True, [], len(ids))
    assert fix(source, tmp_path / "out", task=task).unchanged
    assert (tmp_path / "out" / "E-C_en_pred.txt").read_bytes() == source.read_bytes()
    pack(source, tmp_path / "ec.zip", task=task)
    with zipfile.ZipFile(tmp_path / "ec.zip") as archive:
        assert archive.read("E-C_en_pred.txt") == source.read_bytes()
    # As CSV with the usual names, from a spreadsheet.
    frame = pd.read_csv(source, sep="\t", quoting=3, keep_default_na=False)
    frame.rename(columns={"ID": "id", "Tweet": "text"}).to_csv(tmp_path / "pred_en.csv", index=False)
    assert codes(validate(tmp_path / "pred_en.csv", task=task)) == ["E202", "E307", "E332"]
    fix(tmp_path / "pred_en.csv", tmp_path / "again", task=task)
    assert (tmp_path / "again" / "E-C_en_pred.txt").read_bytes() == source.read_bytes()
